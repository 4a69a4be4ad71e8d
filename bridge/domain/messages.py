"""What the customer reads: the shipped messages of the languages (`messages.yaml`), and the owner's own before them.

A message is a text with placeholders in braces. Where a message is a promise, its placeholder must stand in it, so that
no wording of an owner can lose the instant.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final

from bridge.domain import language_files
from bridge.domain.locale_tag import closest_first, tag_of

Messages = Mapping[str, Mapping[str, str]]
"""Texts by language and key, as in the policy's `messages:`."""

OWN = ("due",)
"""What a message of an owner's own must hold: it stands at the decision, so it is a promise."""

LONGEST_VALUES: Final[Mapping[str, int]] = MappingProxyType(
    {
        "due": 200,
        "when": 200,
        "promise": 600,
        "text": 10_000,
        "agent": 200,
        "phone": 80,
        "reference": 8,
        "site": 253,
    }
)
"""Characters of what stands in place of a placeholder, at most."""
_PROMISE_ROOM: Final = 600
"""Characters of a promise that a notice in the team's channel holds: there the instant must not be cut off."""
_CHAT_ROOM: Final = 2_000
_MAIL_ROOM: Final = 12_000
_SUBJECT_ROOM: Final = 400
"""Characters of a mail's subject that are sent."""

_PLACEHOLDER = re.compile(r"\{([A-Za-z_]*)\}")
_BRACES = re.compile(r"\{([^{}]*)\}")
"""What is meant as a placeholder, also in another notation, such as `{0}`."""


@dataclass(frozen=True, slots=True)
class Key:
    """One message: what it is for, the placeholders of which one must stand in it, and those that may."""

    purpose: str
    one_of: tuple[str, ...] = ()
    may: tuple[str, ...] = ()

    @property
    def known(self) -> tuple[str, ...]:
        """Every placeholder that the message can carry."""
        return (*self.one_of, *self.may)


KEYS: Mapping[str, Key] = MappingProxyType(
    {
        "escalated_live": Key("a person is free and joins the chat", ("due",)),
        "after_hours": Key("nobody can join now: who will answer, and when", ("due",)),
        "in_danger": Key("somebody may be in danger: where to get help at once, and who will answer when", ("due",)),
        "waiting": Key("the visitor writes on after the hand-off", ("promise", "due")),
        "claimed": Key("a person has taken the request", (), ("agent",)),
        "needs_contact": Key("asks once for an e-mail address"),
        "fell_through": Key("nobody picked up the chat in time: the new promise", ("due",)),
        "broken": Key("a promise was not kept: the new one", ("due",)),
        "no_answer": Key("our own responder has no answer"),
        "no_more_answers": Key("our own responder has been asked as often as it may be"),
        "released": Key("the team gave the chat back to the assistant"),
        "resolved": Key("the team is done"),
        "closed": Key("the visitor writes on in a closed conversation"),
        "call_offer": Key("after the promise of the hand-over, where a time for a call can be chosen"),
        "call_booked": Key("a call is booked or moved: when it will be", ("due",)),
        "call_cancelled": Key("the customer cancelled the call: the new promise", ("due",)),
        "call_missed": Key("a booked call did not take place: the new promise", ("due",)),
        "call_made": Key("a person has called the customer", (), ("agent",)),
        "call_over": Key("behind the link of a mail, when there is no call to change any more"),
        "call_title": Key("the title of a booked call in calendars", (), ("site",)),
        "mail_subject": Key("the subject of every mail to a customer", (), ("reference",)),
        "mail_follow_up": Key("the mail when the team opens", ("promise", "due"), ("reference",)),
        "mail_broken": Key("the mail when a promise was not kept", ("promise", "due"), ("reference",)),
        "mail_reply": Key("a person's answer, by mail", ("text",), ("agent", "reference")),
        "mail_callback_booked": Key("the mail when a call is booked", ("when",), ("phone", "reference")),
        "mail_callback_moved": Key("the mail when a booked call has a new time", ("when",), ("phone", "reference")),
        "mail_callback_reminder": Key("the mail shortly before a booked call", ("when",), ("phone", "reference")),
        "mail_callback_cancelled": Key(
            "the mail when a booked call is cancelled: the new promise", ("promise", "due"), ("when", "reference")
        ),
        "mail_callback_missed": Key(
            "the mail when a booked call did not take place: the new promise",
            ("promise", "due"),
            ("when", "reference"),
        ),
        "mail_callback_withdrawn": Key(
            "the mail when the team is done with a request before its booked call", ("when",), ("reference",)
        ),
        "mail_footer": Key("at the end of every mail to a customer: who sends it, and why", (), ("site", "reference")),
        "link_chat": Key("on the button of a mail that leads to the site and its chat"),
        "link_book": Key("on the button of a mail that leads to the times for a call"),
        "link_call": Key("on the button of a mail that leads to a booked call, to move or cancel it"),
    }
)


FOR_RULES: Final = frozenset({"in_danger"})
"""The standard messages that a rule may name; all others have their own occasions."""


def shipped(language: str) -> Mapping[str, str]:
    """The texts of a language's folders by key; none where it has no folder."""
    if language not in language_files.codes():
        return {}
    texts: Mapping[str, str] = language_files.message_document(language).get("messages", {})
    return texts


def text(messages: Messages, language: str, key: str, **values: str) -> str:
    """The message in the language, see `wording`, with its values.

    Raises:
        ValueError: no such key, or no wording can do with the values.
    """
    said = fill(wording(messages, language, key, values), values)
    return " ".join(said.split()) if key == "mail_subject" else said


def fill(template: str, values: Mapping[str, str]) -> str:
    """The template with a value for each of its placeholders."""
    return _PLACEHOLDER.sub(lambda found: values[found[1]], template)


def wording(messages: Messages, language: str, key: str, values: Collection[str]) -> str:
    """The template of a message in the language: the owner's, else the shipped one, else both again in English.

    A message of the owner's own has no shipped wording. A wording that asks for a value which is not given here is
    passed over, because the visitor has to hear something.

    Raises:
        ValueError: no such key, or no wording can do with the values.
    """
    for template in _wordings(messages, language, key):
        if all(name in values for name in _PLACEHOLDER.findall(template)):
            return template
    if key not in KEYS:
        raise ValueError(f"no such message; {_hint(key)}")
    raise ValueError(f"the message {key} needs a value for {_braced(KEYS[key].one_of)}")


def language_for(messages: Messages, locale: str | None) -> str:
    """The language to speak with a visitor of a locale: theirs where any message exists in it, else English."""
    for tag in closest_first(locale or ""):
        if shipped(tag) or any(tag_of(known) == tag for known in messages):
            return tag
    return "en"


def locale_for(messages: Messages, locale: str | None) -> str:
    """The visitor's locale where we speak its language, else `en`: for dates inside our messages."""
    return locale if locale and language_for(messages, locale) in closest_first(locale) else "en"


def locale_of_own(messages: Messages, locale: str | None, key: str) -> str | None:
    """The locale to say a message that a rule names in: the visitor's where it exists in their language, else `en`.

    None where it exists in neither: then the standard message is said.
    """
    owned = {tag_of(language) for language, texts in messages.items() if key in texts}
    for spoken in filter(None, (locale, "en")):
        if any(tag in owned or key in shipped(tag) for tag in closest_first(spoken)):
            return spoken
    return None


def faults(messages: Messages, own: Collection[str] = ()) -> Iterator[tuple[str, str, str]]:
    """What is wrong with an owner's messages: path (`en/after_hours`), the fault, and a hint.

    Args:
        messages: the owner's.
        own: the messages of their own that rules name.
    """
    for language, texts in messages.items():
        for key, template in texts.items():
            try:
                check(key, template, own)
            except ValueError as fault:
                what, _, hint = str(fault).partition("; ")
                yield f"{language}/{key}", what, hint or "docs/policy.md lists every message with its placeholders"


def check_shipped(language: str) -> None:
    """Check the messages of a language's folders.

    Raises:
        ValueError: one of them is not to be said.
    """
    for path, fault, hint in faults({language: shipped(language)}):
        raise ValueError(f"messages.yaml, {path}: {fault}; {hint}")


def check(key: str, template: str, own: Collection[str] = ()) -> None:
    """Check one message of an owner.

    Raises:
        ValueError: no such key, nothing in it, a placeholder that is not known, a promise without its placeholder, or
            more than fits where it is read. The text is the fault, a semicolon and a hint.
    """
    if key not in KEYS and key not in own:
        raise ValueError(f"no such message; {_hint(key)}")
    if not template.strip():
        raise ValueError("it is empty; leave it out for the shipped one")
    named = set(_BRACES.findall(template))
    known = KEYS[key] if key in KEYS else Key("an owner's own, said at the decision", OWN)
    if named - set(known.known):
        raise ValueError(f"a placeholder is not known here; known are: {_braced(known.known) or 'none'}")
    if known.one_of and not named & set(known.one_of):
        raise ValueError(
            f"the placeholder {_braced(known.one_of, ' or ')} is missing; "
            "without it the customer is not told what to know"
        )
    length, room = _longest(template), _room(key, known)
    if length > room:
        raise ValueError(
            f"with its placeholders filled in it may come to {length} characters, and {room} fit; "
            "say it in fewer words, and each placeholder once"
        )


def _longest(template: str) -> int:
    """Characters of the message where each of its placeholders says as much as it can."""
    own = _PLACEHOLDER.sub("", template)
    return len(own) + sum(LONGEST_VALUES[name] for name in _PLACEHOLDER.findall(template))


def _room(key: str, known: Key) -> int:
    """Characters that are shown of a message in the narrowest of the places that it goes to."""
    if known.one_of == OWN:
        return _PROMISE_ROOM
    if key == "mail_subject":
        return _SUBJECT_ROOM
    return _MAIL_ROOM if key.startswith("mail_") else _CHAT_ROOM


def _hint(key: str) -> str:
    near = get_close_matches(key[:40], KEYS, n=1)
    return f"did you mean {near[0]}?" if near else f"known are: {', '.join(KEYS)}"


def _braced(names: tuple[str, ...], joined: str = ", ") -> str:
    return joined.join(f"{{{name}}}" for name in names)


def _wordings(messages: Messages, language: str, key: str) -> Iterator[str]:
    owned = {tag_of(known): texts for known, texts in messages.items()}
    for spoken in (closest_first(language), ["en"]):
        yield from (owned[tag][key] for tag in spoken if key in owned.get(tag, {}))
        yield from (shipped(tag)[key] for tag in spoken if key in shipped(tag))
