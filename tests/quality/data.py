"""What is measured on: the phrases of this folder, and a folder of labelled data that BRIDGE_QUALITY_DATA names.

Those data belong to others and are not part of the project. Their texts are printed for reading, and stored nowhere.
"""

import csv
import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

VARIABLE: Final = "BRIDGE_QUALITY_DATA"
PHRASES: Final = Path(__file__).with_name("phrases")
OUR_READINGS: Final = Path(__file__).with_name("readings.csv")
"""Rows that `intents/readings.csv` does not name and we read as requests: they ask to be called back."""
CLAIMS: Final = Path(__file__).with_name("claims")
ORDINARY: Final = Path(__file__).with_name("ordinary")
CONVERSATIONS: Final = Path(__file__).with_name("conversations")
CONVERSATION_SETS: Final = ("practice", "held_out", "signs", "signs_held_out")
SEARCH: Final = Path(__file__).with_name("search")
SEARCH_SETS: Final = ("practice", "held_out")
PHRASE_SETS: Final = ("practice", "check", "held_out")
CLAIM_SETS: Final = ("practice", "held_out", "subjects", "subjects_held_out")
LANGUAGES: Final = ("en", "es", "de", "fr", "pt", "it", "nl", "pl")
TWEET_LANGUAGES: Final = ("en", "es", "de", "fr", "pt", "it")
INTENT_FILES: Final = {"clinc150": "clinc150_train_val", "banking77": "banking77_train", "hint3": "hint3_train"}
DIALOGUE_FILES: Final = ("tau_airline", "tau_retail")

_HANDLE_OR_LINK: Final = re.compile(r"@\w+|https?://\S+|www\.\S+|<\w+>")

Session = dict[str, Any]
"""A line of `bridge replay --input`."""
Key = tuple[str, str]
"""A phrase file's set and language."""
Phrases = dict[str, Any]
"""A phrase file: each key a list of texts, or of an offer and the answer to it."""


class Missing(Exception):  # noqa: N818 - it names what it is
    """What rows are measured on is not here; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Message:
    """A single message of a visitor, what it is about, and one reader's reading of it, "" where it is ordinary."""

    text: str
    intent: str
    reading: str


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A whole conversation, and what one reader says of it; turns count from 0."""

    session: Session
    calm: bool
    asks_at: int | None
    refuses_at: tuple[int, ...]

    @property
    def turns(self) -> list[dict[str, Any]]:
        return list(self.session["turns"])


@dataclass(frozen=True, slots=True)
class Labelled:
    """A conversation of ours; `person`: the turns, first and last, within which somebody should take over."""

    session: Session
    kind: str
    person: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Tweet:
    """A text without handles and links; `negative`: it complains, or was labelled negative."""

    text: str
    negative: bool
    domain: str = ""

    @property
    def stray(self) -> bool:
        """Whether it was picked at random and speaks to no company."""
        return self.domain.startswith("random_")


@dataclass(frozen=True, slots=True)
class Data:
    """The folder of labelled data."""

    folder: Path

    def intents(self, name: str) -> list[Message]:
        """The messages of one of INTENT_FILES, in order."""
        file = f"{INTENT_FILES[name]}.csv"
        rows = self._rows(f"intents/{file}")
        readings = [*self._rows("intents/readings.csv"), *read_rows(OUR_READINGS)]
        read = {int(row["row"]): row["reading"] for row in readings if row["file"] == file}
        return [Message(row["text"], row["intent"], read.get(index, "")) for index, row in enumerate(rows)]

    def dialogues(self) -> list[Dialogue]:
        """The dialogues of both trades."""
        return [dialogue for name in DIALOGUE_FILES for dialogue in self._dialogues(name)]

    def complaints(self) -> list[Tweet]:
        """Tweets to companies, complaints and others."""
        rows = self._rows("sentiment/complaint_tweets.csv")
        return [Tweet(cleaned(row["text"]), row["complaint"] == "1", row["domain"]) for row in rows]

    def tweets(self, language: str) -> list[Tweet]:
        """Tweets in one of TWEET_LANGUAGES."""
        rows = self._rows(f"sentiment/umsab_{language}.csv")
        return [Tweet(cleaned(row["text"]), row["label"] == "0") for row in rows]

    def _dialogues(self, name: str) -> Iterator[Dialogue]:
        labels = {row["session_id"]: row for row in self._rows(f"dialogues/{name}_labels.csv")}
        with (self.folder / f"dialogues/{name}.jsonl").open(encoding="utf-8") as lines:
            for line in lines:
                session = json.loads(line)
                label = labels[session["session_id"]]
                asks, refuses = label["asks_human_turn"], label.get("refuses_transfer_turns", "")
                yield Dialogue(
                    session=session,
                    calm=label["calm"] == "1",
                    asks_at=int(asks) if asks else None,
                    refuses_at=tuple(map(int, refuses.split(";"))) if refuses else (),
                )

    def _rows(self, name: str) -> list[dict[str, str]]:
        return read_rows(self.folder / name)


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file with a header."""
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def development_data() -> Data:
    """The folder that the environment names.

    Raises:
        Missing: it names none.
        SystemExit: it names one that is not there.
    """
    named = os.environ.get(VARIABLE)
    if not named:
        raise Missing(f"set {VARIABLE}")
    folder = Path(named)
    if not folder.is_dir():
        raise SystemExit(f"{VARIABLE}: there is no folder {folder}")
    return Data(folder)


def phrases(sets: Sequence[str] = PHRASE_SETS) -> dict[Key, Phrases]:
    """The phrase files of these sets, by set and language.

    Raises:
        Missing: there is none.
    """
    paths = {(kind, code): PHRASES / kind / f"{code}.yaml" for kind in sets for code in LANGUAGES}
    found = {key: yaml.safe_load(path.read_text(encoding="utf-8")) for key, path in paths.items() if path.is_file()}
    if not found:
        raise Missing("no phrase file in tests/quality/phrases")
    return found


def replies() -> dict[Key, Phrases]:
    """Sentences of bots by set and language: `claims` promise what nothing bears out, `others` do not."""
    keys = [(kind, code) for kind in CLAIM_SETS for code in LANGUAGES]
    return {key: yaml.safe_load((CLAIMS / key[0] / f"{key[1]}.yaml").read_text(encoding="utf-8")) for key in keys}


def conversations() -> dict[Key, list[Labelled]]:
    """Our labelled conversations, by set and language."""
    keys = [(kind, code) for kind in CONVERSATION_SETS for code in LANGUAGES]
    return {key: _conversations(*key) for key in keys}


def _conversations(kind: str, code: str) -> list[Labelled]:
    written = yaml.safe_load((CONVERSATIONS / kind / f"{code}.yaml").read_text(encoding="utf-8"))
    return [
        Labelled(
            session=session(f"{code} {one['kind']} {index}", *(said(*turn) for turn in one["turns"]), locale=code),
            kind=one["kind"],
            person=tuple(one["person"]) if "person" in one else None,
        )
        for index, one in enumerate(written)
    ]


def ordinary_messages(code: str) -> list[str]:
    """What visitors of a shop ask of each thing that it sells, and what else they say."""
    own = yaml.safe_load((ORDINARY / f"{code}.yaml").read_text(encoding="utf-8"))
    return [*(asked.format(thing) for asked in own["asked"] for thing in own["things"]), *own["messages"]]


def shop_pages() -> dict[str, dict[str, list[str]]]:
    """The pages of a made-up shop: by language and key, the title and the text of each."""
    return _search("pages")


def short_questions(kind: str) -> dict[str, dict[str, list[str]]]:
    """What visitors type, by language and by the key of the page that answers; `nothing` where none does.

    Args:
        kind: one of SEARCH_SETS.
    """
    return _search(kind)


def _search(name: str) -> Any:
    return yaml.safe_load((SEARCH / f"{name}.yaml").read_text(encoding="utf-8"))


def cleaned(text: str) -> str:
    """A tweet without the names and links in it."""
    return " ".join(_HANDLE_OR_LINK.sub(" ", text).split())


def said(visitor: str, bot: str | None = None) -> dict[str, Any]:
    """A turn of a session."""
    return {"visitor": visitor, "bot": None if bot is None else {"text": bot}}


def session(name: str, *turns: dict[str, Any], locale: str | None = "en") -> Session:
    """A session of these turns."""
    return {"session_id": name, "locale": locale, "turns": list(turns)}
