"""Questions and answers in a YAML file: for tests, for demonstrations, and for sites whose visitors ask few things.

A list of entries with `ask` (words or phrases), `answer`, and where wanted `confidence`, `intent` and `sources`; one
entry may be `else`, what is said to everything else. A phrase fits where its words stand in the message, one after the
other, whatever their case and accents; of several the longest counts, and of equally long ones the first.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from bridge.domain import lexicon
from bridge.domain.answering import Answer, Question
from bridge.domain.judging import LONGEST_REPLY

LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
LARGEST_BYTES: Final = 1024 * 1024
"""Characters of a script."""

Text = Annotated[str, Field(min_length=1, max_length=LONGEST_REPLY)]
Words = Annotated[str, Field(min_length=1, max_length=200)]


class ScriptRefused(ValueError):  # noqa: N818 - it names what happened
    """A script cannot be used; the message says in which line, and why."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, strict=True)


class _Entry(_Strict):
    ask: Annotated[list[Words], Field(min_length=1)]
    answer: Text
    confidence: Annotated[float, Field(ge=0, le=1, strict=False)] = 1.0
    intent: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    sources: Annotated[list[str], Field(max_length=10)] = []


class _Else(_Strict):
    otherwise: Annotated[Text, Field(alias="else")]


_ENTRY, _ELSE = TypeAdapter(_Entry), TypeAdapter(_Else)


@dataclass(frozen=True, slots=True)
class Line:
    """The words of a phrase, folded, and what is answered to them."""

    words: tuple[str, ...]
    answer: Answer


class Scripted:
    """Answers from a script.

    Args:
        document: YAML text.

    Raises:
        ScriptRefused: the script cannot be used; the message says in which line, and why.
    """

    name = "scripted"

    def __init__(self, document: str) -> None:
        entries = list(_entries(document))
        self._lines = [line for entry in entries if isinstance(entry, _Entry) for line in _lines(entry)]
        others = [entry.otherwise for entry in entries if isinstance(entry, _Else)]
        self._other = Answer(text=others[0] if others else "", confidence=0.0, answered=False)

    def answer(self, question: Question, *, budget: float) -> Answer:  # noqa: ARG002 - reading does not wait
        """See `bridge.ports.Responder`. What nothing fits, and no `else` answers, has an empty answer."""
        said = _folded(question.text)
        fitting = (line for line in self._lines if _stands_in(line.words, said))
        best = max(fitting, key=lambda line: len(line.words), default=None)
        return best.answer if best else self._other

    def check(self, *, budget: float) -> list[str]:  # noqa: ARG002 - the port's shape
        """See `bridge.ports.Responder`. What is wrong with a script was said when it was read."""
        return []


def _entries(document: str) -> Iterator[_Entry | _Else]:
    if len(document) > LARGEST_BYTES:
        raise ScriptRefused("it is longer than a million characters")
    try:
        root, value = yaml.compose(document, Loader=LOADER), yaml.load(document, Loader=LOADER)  # noqa: S506 - a safe loader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise ScriptRefused(f"line {mark.line + 1 if mark else 1}: this is not YAML") from None
    if not isinstance(value, list) or root is None:
        raise ScriptRefused("line 1: expected a list of entries with ask and answer")
    for node, entry in zip(root.value, value, strict=True):
        yield _entry(entry, node.start_mark.line + 1)


def _entry(value: Any, line: int) -> _Entry | _Else:
    kind: TypeAdapter[Any] = _ELSE if isinstance(value, dict) and "else" in value else _ENTRY
    try:
        found: _Entry | _Else = kind.validate_python(value)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the entry"
        raise ScriptRefused(f"line {line}: {where}: {first['msg']}") from None
    return found


def _lines(entry: _Entry) -> Iterator[Line]:
    answer = Answer(
        text=entry.answer,
        confidence=entry.confidence,
        intent=entry.intent,
        answered=True,
        sources=tuple(entry.sources),
    )
    return (Line(_folded(phrase), answer) for phrase in entry.ask)


def _folded(text: str) -> tuple[str, ...]:
    return tuple(word for word in lexicon.read(text).words if word != lexicon.STOP)


def _stands_in(words: tuple[str, ...], said: tuple[str, ...]) -> bool:
    return any(said[at : at + len(words)] == words for at in range(len(said) - len(words) + 1)) if words else False
