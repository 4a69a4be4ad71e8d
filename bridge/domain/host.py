"""What a host can feed the triggers with: its bot's replies and what comes with them, and a CRM."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final, Self

from bridge.domain.signals import ReplySignals

NOTHING: Final = "none"
"""In place of inputs: the bot's replies are not sent at all."""
SIGNAL: Final = "signal:"
_SAID: Final = {"reply": "reply", "confidence": "confidence", "intent": "intent_matched"}


@dataclass(frozen=True, slots=True)
class Host:
    """A host, as far as it is known.

    `bot` holds the inputs (see `triggers.inputs_of`) that come from the bot, `crm` says whether there is one; None
    where that is not known. `replies` is how many recorded replies `bot` was read from, None where somebody said it.
    """

    bot: frozenset[str] | None = None
    crm: bool | None = None
    replies: int | None = None

    @classmethod
    def of_record(cls, replies: Collection[ReplySignals], *, crm: bool) -> Self:
        """The host that sent these replies, the last of a site that has taken turns."""
        fed = {name for reply in replies for name in _fed_by(reply)}
        return cls(frozenset(fed), crm, len(replies))

    def lacks(self, needed: str) -> str | None:
        """Why an input is absent here; None where it is fed, or not known to be absent."""
        if needed == "crm":
            return "no CRM is configured" if self.crm is False else None
        if needed == "orders" or self.bot is None or needed in self.bot:
            return None
        what = f"signal {needed.removeprefix(SIGNAL)}" if needed.startswith(SIGNAL) else _SAID[needed]
        if self.replies is None:
            return f"the bot sends no {what}"
        if needed == "reply" or not self.replies:
            return "no reply of the bot has come yet"
        seen = f"last {self.replies} replies" if self.replies > 1 else "one reply so far"
        return f"no {what} came with the {seen}"


def bot_inputs(names: Iterable[str]) -> frozenset[str]:
    """What a bot sends, from the names that people write: any of them means that its replies are sent.

    Raises:
        ValueError: another name.
    """
    named = {name.strip() for name in names} - {"", NOTHING}
    for name in named:
        if name not in _SAID and not name.removeprefix(SIGNAL):
            raise ValueError("a signal has a name: signal:NAME")
        if name not in _SAID and not name.startswith(SIGNAL):
            raise ValueError(f"expected {', '.join(_SAID)}, {SIGNAL}NAME, or {NOTHING}")
    return frozenset(named | {"reply"} if named else ())


def _fed_by(reply: ReplySignals) -> Iterable[str]:
    yield "reply"
    if reply.confidence is not None:
        yield "confidence"
    if reply.intent_matched is not None:
        yield "intent"
    yield from (f"{SIGNAL}{name}" for name in reply.values)
