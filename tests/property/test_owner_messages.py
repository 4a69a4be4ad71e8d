"""What an owner's message may be is what everything behind it takes: ticket, channel, mail and chat hold it whole."""

import json

from babel.localedata import locale_identifiers
from hypothesis import assume, example, given
from hypothesis import strategies as st
from support.packets import ticket

from bridge.adapters.desk.ticket_news import NEWS_LIMIT
from bridge.adapters.http import Http
from bridge.adapters.mail.message import build
from bridge.adapters.notice.slack import Slack
from bridge.adapters.notice.teams import Teams
from bridge.domain import messages
from bridge.domain.instant_in_words import say_when
from bridge.domain.instants import from_rfc3339
from bridge.domain.mail_body import flat
from bridge.domain.messages import LONGEST_VALUES
from bridge.domain.rendering import render_ticket
from bridge.domain.values import Json
from bridge.ports import Mail, Notice

OWN = "vip"
PROMISES = (OWN, *(key for key, known in messages.KEYS.items() if known.one_of == ("due",)))
CHAT_ANSWER = 65_536
"""Bytes of an answer that the plugin reads."""
NOW = from_rfc3339("2026-11-02T15:00:00Z")
ZONES = ("America/New_York", "America/Argentina/Buenos_Aires", "Pacific/Chatham", "Pacific/Kiritimati")
FAR_ZONES = (*ZONES, "America/Los_Angeles", "Pacific/Marquesas", None)
INSTANTS = tuple(map(from_rfc3339, ("2027-02-17T23:45:00Z", "2027-09-22T23:50:00Z", "2027-11-25T11:55:00Z")))
"""Days with long names, in another year."""
LONGEST = {name: "漢" * most for name, most in LONGEST_VALUES.items()}

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="{}\x00"), max_size=20)
literals = st.builds(lambda text, times: (text * times)[:600], texts, st.integers(1, 600))


def passes(key: str, template: str) -> bool:
    try:
        messages.check(key, template, own=(OWN,))
    except ValueError:
        return False
    return True


@st.composite
def accepted(draw: st.DrawFn, *keys: str) -> tuple[str, str]:
    """A key, and what an owner's text for it becomes at its longest, where the text passes the check."""
    key = draw(st.sampled_from(keys))
    known = messages.KEYS[key].known if key in messages.KEYS else ("due",)
    placeholders = st.sampled_from([f"{{{name}}}" for name in known] or [""])
    parts = (draw(literals), draw(placeholders), *draw(st.lists(literals | placeholders, max_size=4)))
    template = "".join(parts)
    assume(len(template) <= 600 and passes(key, template))
    return key, messages.text({"en": {key: template}}, "en", key, **LONGEST)


def notice_of(promise: str) -> Notice:
    return Notice("New", "A parcel is late", "support", "normal", promise, "https://shop.example/")


def parts_of_slack(promise: str) -> Json:
    return [block["text"]["text"] for block in json.loads(Slack(Http(), url="").render(notice_of(promise)))["blocks"]]


def parts_of_teams(promise: str) -> Json:
    (card,) = json.loads(Teams(Http(), url="").render(notice_of(promise)))["attachments"]
    return [block["inlines"][0]["text"] for block in card["content"]["body"]]


@given(accepted(*PROMISES))
@example((OWN, "x" * 399 + " " + LONGEST["due"]))
def test_a_promise_that_is_accepted_is_filed_and_told_to_the_team_whole(message: tuple[str, str]) -> None:
    _, promise = message
    assert flat(promise) in render_ticket(ticket(due_text=promise))
    assert flat(promise) in parts_of_slack(promise)
    assert flat(promise) in parts_of_teams(promise)


@given(accepted(OWN, *(key for key in messages.KEYS if not key.startswith("mail_"))))
def test_a_message_that_is_accepted_fits_in_what_the_chat_is_answered(message: tuple[str, str]) -> None:
    _, said = message
    answer = {"say": said, "escalation": {"commitment": {"text": "\U0001f44d" * LONGEST_VALUES["promise"]}}}
    assert len(json.dumps(answer)) < CHAT_ANSWER


@given(accepted(*(key for key in messages.KEYS if key.startswith("mail_"))))
def test_a_mail_that_is_accepted_can_be_sent_with_its_whole_subject(message: tuple[str, str]) -> None:
    key, said = message
    subject = said if key == "mail_subject" else "Your request"
    mail = build(Mail("<m@shop>", "support@shop.example", "ann@example.org", subject, said))
    assert len(bytes(mail)) < 1_000_000
    assert flat(str(mail["Subject"])) == flat(subject)


@given(
    st.sampled_from(locale_identifiers()), st.sampled_from(INSTANTS), st.sampled_from(ZONES), st.sampled_from(FAR_ZONES)
)
def test_no_instant_is_longer_than_is_reckoned_with(locale: str, due: int, zone: str, visitor: str | None) -> None:
    said = say_when(due, calendar_zone=zone, visitor_zone=visitor, locale=locale, now=NOW)
    assert len(said) <= LONGEST_VALUES["due"] == LONGEST_VALUES["when"]


def test_a_promise_and_an_answer_are_as_long_as_is_reckoned_with() -> None:
    assert LONGEST_VALUES["text"] >= NEWS_LIMIT
    assert not passes(OWN, "x" * (LONGEST_VALUES["promise"] + 1) + "{due}")
