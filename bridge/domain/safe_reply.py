"""What of a model's reply is shown: plain text, and of addresses and telephone numbers only those of its passages."""

import html
import re
import unicodedata
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from bridge.domain.answering import Passage
from bridge.domain.hosts import bare_host, host_of
from bridge.domain.telephones import same_number, telephones

LONGEST_SHOWN: Final = 2000
"""Characters of a reply that a visitor reads."""
_READ: Final = 8 * LONGEST_SHOWN

_TAG: Final = re.compile(r"<[A-Za-z/!?][^<>]*(?:>|$)")
_IMAGE: Final = re.compile(r"!\[[^\[\]]*\](?:\([^()]*\)|\[[^\[\]]*\])")
_MARKED_LINK: Final = re.compile(r"\[([^\[\]]*)\](?:\(\s*<?([^()\s>]*)>?[^()]*\)|\[[^\[\]]*\])")
_DEFINED_LINK: Final = re.compile(r"(?m)^\s{0,3}\[[^\[\]]+\]:.*$")
_EMPHASIS: Final = re.compile(r"\*{1,3}(?=\S)|(?<=\S)\*{1,3}|(?<!\w)_{1,3}(?=\w)|(?<=\w)_{1,3}(?!\w)|`+|~~")
_HEADING: Final = re.compile(r"(?m)^\s{0,3}(?:#{1,6}\s+|>\s?|(?:[-*_]\s*){3,}$|\|?[\s:|-]*-{3}[\s:|-]*$)")
_BULLET: Final = re.compile(r"(?m)^(\s*)[*+]\s+")
_ADDRESS: Final = re.compile(
    r"(?P<mail>[\w.+-]{1,64}@[\w-]+(?:[.。][\w-]+)+)"
    r"|(?P<link>\w[\w+.-]{0,20}:\s?//\S*|(?:javascript|data|mailto|vbscript|file|tel|sms|ftp|blob):\S*)"
    r"|(?P<host>(?<![\w-])(?<!\w[.。])(?:[\w-]+[.。])+(?-i:[a-z]{2,24}|[A-Z]{2,24})(?![\w-])(?:[/:?#]\S*)?)",
    re.IGNORECASE,
)
_DIGITS: Final = re.compile(r"(?P<number>\+?\(?\d(?:[^\w\n,;]{0,3}\d){5,16})")
_PASSES: Final = 3
"""What is left where something was taken out may be looked at again, so often."""
_CLOSING: Final = ".,;:!?)]}>\"'»”’。"
_EMPTY_BRACKETS: Final = re.compile(r"\(\s*\)|\[\s*\]|<\s*>|\"\s*\"|'\s*'")
_SPACE_BEFORE: Final = re.compile(r"[ \t]+(?=[.,;!?](?:\s|$))")
_SENTENCE_END: Final = re.compile(r"[.!?…。](?=\s|$)")


def safe_reply(text: str, passages: Iterable[Passage], asked: str = "") -> str:
    """The reply as the visitor may read it: plain, at most 2,000 characters; empty where nothing is left.

    An address that no passage has is taken out, and the rest of the reply stays: to withhold all of it would count as a
    failure, so that a text with a link in it could bring a decision about. So is a mail address and a telephone number
    that stands in no passage, and not in what the visitor wrote.

    Args:
        text: what the model said.
        passages: what it was given.
        asked: what the visitor wrote.
    """
    known = _Known(passages, asked)
    plain = _unmarked(tidy(text[:_READ]), known)
    for _ in range(_PASSES):
        before, plain = plain, _without_numbers(_ADDRESS.sub(lambda found: _kept(found, known), plain), known)
        if plain == before:
            break
    plain = _SPACE_BEFORE.sub("", _EMPTY_BRACKETS.sub("", plain))
    return shortened(tidy(plain), LONGEST_SHOWN)


def tidy(text: str) -> str:
    """The text without controls, direction marks and invisible characters; no more than one empty line in a row."""
    lines = "".join(map(_visible, unicodedata.normalize("NFC", text.replace("\r\n", "\n")))).split("\n")
    squeezed = "\n".join(" ".join(line.split()) for line in lines)
    return re.sub(r"\n{3,}", "\n\n", squeezed).strip()


def one_line(text: str, limit: int) -> str:
    """The tidy text as one line of at most `limit` characters."""
    return shortened(" ".join(tidy(text).split()), limit)


def shortened(text: str, limit: int) -> str:
    """At most `limit` characters: up to the end of a sentence in the second half, else of a word, with an ellipsis."""
    if len(text) <= limit:
        return text
    head = text[: limit - 2]
    ends = [found.end() for found in _SENTENCE_END.finditer(head)]
    if ends and ends[-1] > limit // 2:
        return head[: ends[-1]]
    return (head[: head.rfind(" ")] if " " in head else head).rstrip() + " …"


def same_address(url: str) -> str:
    """An address in the form in which two are compared: no fragment, no closing slash, the host in lower case."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme.lower()}://{parts.netloc.lower()}{parts.path.rstrip('/')}{query}"


class _Known:
    """The addresses and numbers that may be shown."""

    def __init__(self, passages: Iterable[Passage], asked: str) -> None:
        passages = list(passages)
        said = "\n".join([*(f"{passage.title}\n{passage.text}" for passage in passages), asked])
        self.mails = {found["mail"].lower() for found in _ADDRESS.finditer(said) if found["mail"]}
        self.numbers = [found["number"] for found in _DIGITS.finditer(said)]
        self.urls = {same_address(passage.url) for passage in passages if passage.url}
        self.hosts = set(map(host_of, self.urls)) - {""}

    def has(self, url: str) -> bool:
        return same_address(url) in self.urls

    def has_host(self, host: str) -> bool:
        return bare_host(host) in self.hosts

    def has_mail(self, address: str) -> bool:
        return address.lower() in self.mails

    def has_number(self, number: str) -> bool:
        return any(same_number(number, own) for own in self.numbers)


def _visible(char: str) -> str:
    if char == "\n" or not char.isspace():
        return char if char == "\n" or unicodedata.category(char)[0] != "C" else ""
    return "\n" if char in "\u2028\u2029\v\f\r\x85" else " "


def _unmarked(text: str, known: _Known) -> str:
    """Without HTML and Markdown; a marked link is its words, with its address behind them where that is known."""
    for _ in range(3):
        plain = _TAG.sub(" ", html.unescape(text))
        if plain == text:
            break
        text = plain
    text = _DEFINED_LINK.sub("", _IMAGE.sub("", text))
    text = _MARKED_LINK.sub(lambda found: _words_of(found, known), text)
    return _EMPHASIS.sub("", _BULLET.sub(r"\1- ", _HEADING.sub("", text)))


def _words_of(found: re.Match[str], known: _Known) -> str:
    words, url = found[1], found[2] or ""
    return f"{words} ({url})" if known.has(url) and not known.has(words) else words


def _kept(found: re.Match[str], known: _Known) -> str:
    """The address where it may be shown, else what closes the sentence behind it."""
    whole = found[0]
    address = whole.rstrip(_CLOSING) if "(" not in whole else whole
    behind = whole[len(address) :]
    if found["mail"]:
        allowed = known.has_mail(address)
    elif found["link"]:
        allowed = known.has(address)
    else:
        host, rest = re.match(r"([^/:?#]*)(.*)", address, re.DOTALL).groups()  # type: ignore[union-attr]
        allowed = (
            known.has_host(host) if not rest else any(known.has(f"{way}://{address}") for way in ("https", "http"))
        )
    return whole if allowed else behind


def _without_numbers(text: str, known: _Known) -> str:
    """The text without telephone numbers that may not be shown."""
    for found in reversed(list(telephones(text))):
        if not known.has_number(found["number"]):
            text = text[: found.start("number")] + text[found.end("number") :]
    return text
