"""On which occasions the team is told of a request, and in which words."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why the team gets a mail. `name` is what ids are made of, and stays as it is: it tells a repeat.

    `in_charge`: the person in charge gets it, where the queue names one. `in_channel`: the channels that the team
    watches are told as well.
    """

    name: str
    subject: str
    text: str
    in_charge: bool = False
    in_channel: bool = False


NEW = Occasion("new", "New", "A conversation was handed to the team. The customer was told:", in_channel=True)
WARN = Occasion("warn", "Due soon", "A promise is about to be due. The customer was told:", in_channel=True)
LAST_RUNG = Occasion(
    "last_rung",
    "Due soon",
    "A promise is about to be due, and nobody has taken it. The customer was told:",
    in_charge=True,
)
BROKEN = Occasion("broken", "Promise broken", "Nobody answered in time. The customer was now told:", in_channel=True)
LEFT = Occasion(
    "left",
    "Promise broken",
    "Who had taken it did not answer in time and is not seen here: anybody may take it. The customer was now told:",
    in_channel=True,
)
ALARM = Occasion(
    "alarm",
    "ALARM: promise broken again",
    "Nobody answers this customer. They were now told:",
    in_charge=True,
    in_channel=True,
)
CONTACT = Occasion("contact", "Contact given", "The customer said how they can be reached. They were told:")
REFUSED = Occasion(
    "refused",
    "Mail refused",
    "The customer's address takes no mail: what we write does not arrive. Reach them in the chat, or by phone. "
    "They were told:",
    in_channel=True,
)
LATE = Occasion(
    "late",
    "Written after the end",
    "The customer wrote once more after this request was over. Their chat told them that it has ended.",
)

CALL_BOOKED = Occasion("callback_booked", "Call booked", "The customer has booked a call. They were told:")
CALL_MOVED = Occasion("callback_moved", "Call moved", "The customer has moved the call. They were told:")
CALL_CANCELLED = Occasion(
    "callback_cancelled", "Call cancelled", "The customer has cancelled the call. They were told:"
)
CALL_WITHDRAWN = Occasion(
    "callback_withdrawn", "Call cancelled", "The request is settled, so its call is cancelled. It was:"
)
CALL_NEAR = Occasion(
    "callback_reminder", "Call soon", "The time of a call is near. Mark it as called afterwards. It is:"
)
CALL_CLOSED_OVER = Occasion(
    "callback_closed",
    "Call in closed time",
    "The hours have changed, and nobody is in at the time of this call. The customer still counts on it: call them "
    "then, or agree on another time. It is:",
    in_channel=True,
)
CALL_OVER = Occasion(
    "callback_over",
    "Was it called?",
    "The time of this call is over. Mark it as called, or the customer is told that it was missed. It was:",
)
