"""The files of the languages: what stands in the folders of each, joined.

A language's phrases are needed once, to be compiled; what is looked up in any language at any time is its sketch.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, Any, Final, TypeVar

import yaml

if TYPE_CHECKING:
    from functools import _lru_cache_wrapper

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
OWNERS: Final = {"request": "own_request"}
"""Groups that no weight speaks against: an owner's phrases, English beside another language."""
_CLAIMS_FILE: Final = "claims.yaml"
_MESSAGES_FILE: Final = "messages.yaml"
_APART: Final = frozenset({_CLAIMS_FILE, _MESSAGES_FILE})
"""Files that are documents of their own, each read when it is first asked for."""
_UNSKETCHED: Final = frozenset({"moods.yaml", "replies.yaml", "senses.yaml", "topics.yaml"})
"""Shipped files that nothing of a sketch stands in: most of the time that reading a language takes."""
DANGER: Final = "safety"
"""The word list of who may be in danger."""
_DOCUMENTS_KEPT: Final = 2
"""Of all languages they would take some megabytes in every process; two are compiled at a time: one, and English."""
_SKETCHED: Final[tuple[str, ...]] = (
    "stop",
    "bare",
    "classes",
    "yes",
    "accept",
    "decline",
    "elision",
    "also",
    "compounds",
)


class LanguageRefused(ValueError):  # noqa: N818 - it names what happened
    """A folder of language data cannot be used; the message says where and why."""


folders: Final[list[Traversable]] = [files("bridge").joinpath("data", "languages")]
"""Where languages are read from: the shipped ones first, then those that an owner added."""


T = TypeVar("T")
_kept: Final[list[Any]] = []


def remembered(most: int | None = None) -> "Callable[[Callable[..., T]], _lru_cache_wrapper[T]]":
    """Keep what a function makes of the files until they are read anew: of the `most` recent calls, or of all."""

    def keep(function: Callable[..., T]) -> "_lru_cache_wrapper[T]":
        known = lru_cache(maxsize=most)(function)
        _kept.append(known)
        return known

    return keep


def forget() -> None:
    """Read everything anew from now on."""
    for known in _kept:
        known.cache_clear()


def codes_in(folder: Traversable) -> set[str]:
    """The languages that have a folder in this one."""
    return {entry.name for entry in folder.iterdir() if entry.is_dir() and re.fullmatch("[a-z]{2,3}", entry.name)}


@remembered()
def codes() -> frozenset[str]:
    """The languages that have a folder."""
    return frozenset(code for folder in folders for code in codes_in(folder))


@remembered()
def sketch_of(code: str) -> dict[str, Any]:
    """Of a language's document what tells it from others, how it is spelt, and the names of its word lists.

    The list of danger is there whole: it is heard whatever the language of a conversation.
    """
    document = _merged(code, unread=_UNSKETCHED)
    sketched = {key: document[key] for key in _SKETCHED if key in document}
    lists = {name: own if name == DANGER else () for name, own in document.get("lists", {}).items()}
    return {**sketched, "lists": lists}


@remembered(_DOCUMENTS_KEPT)
def document_of(code: str) -> dict[str, Any]:
    """A language's folders as one mapping; what stands under a key in several is joined."""
    return _merged(code)


@remembered()
def claim_document(code: str) -> dict[str, Any]:
    """What a language says of claims."""
    return _merged(code, _CLAIMS_FILE)


@remembered()
def message_document(code: str) -> dict[str, Any]:
    """What a customer reads in a language that has a folder."""
    return _merged(code, _MESSAGES_FILE)


def _merged(code: str, apart: str | None = None, unread: Collection[str] = ()) -> dict[str, Any]:
    """All files of the language but those apart, or that one of them; of the shipped ones without the `unread`."""
    merged: dict[str, Any] = {}
    for folder in folders:
        for key, value in _entries(folder, code, apart, unread if folder is folders[0] else ()):
            own = key if folder is folders[0] else OWNERS.get(key, key)
            merged[own] = _joined(merged[own], value) if own in merged else value
    return merged


def _entries(folder: Traversable, code: str, apart: str | None, unread: Collection[str]) -> Iterator[tuple[str, Any]]:
    for entry in _files_in(folder, code):
        if (entry.name if entry.name in _APART else None) == apart and entry.name not in unread:
            yield from _read_file(entry).items()


def files_of(code: str) -> list[Traversable]:
    """All files of a language, the shipped ones first."""
    return [entry for folder in folders for entry in _files_in(folder, code)]


def _files_in(folder: Traversable, code: str) -> list[Traversable]:
    own = folder.joinpath(code)
    return sorted(own.iterdir(), key=lambda entry: entry.name) if own.is_dir() else []


def _read_file(entry: Traversable) -> Mapping[str, Any]:
    try:
        if entry.name.endswith(".yaml"):
            found = yaml.load(entry.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - a safe one
            return found if isinstance(found, dict) else {}
        if entry.name.endswith(".txt"):
            lines = entry.read_text(encoding="utf-8").splitlines()
            return {entry.name[:-4]: [line.strip() for line in lines if line.strip() and not line.startswith("#")]}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise LanguageRefused(f"{entry.name}: {error}") from None
    return {}


def _joined(one: Any, other: Any) -> Any:
    """Lists one after the other, mappings key by key; anything else is replaced."""
    if isinstance(one, dict) and isinstance(other, dict):
        return {**one, **{key: _joined(one[key], value) if key in one else value for key, value in other.items()}}
    return [*one, *other] if isinstance(one, list) and isinstance(other, list) else other
