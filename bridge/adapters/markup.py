"""Texts for helpdesks that keep HTML: ours as it is written, and what people write there as plain text."""

import re
from html import escape
from html.parser import HTMLParser

_HIDDEN = frozenset({"blockquote", "head", "script", "style", "title"})
"""What is no part of an answer: above all the earlier mails that a mail program puts under it."""
_BLOCKS = frozenset({"div", "p", "li", "tr", "ul", "ol", "table", "pre", "hr", "h1", "h2", "h3", "h4", "h5", "h6"})
_VOID = frozenset({"br", "hr", "img", "input", "link", "meta"})
_INDENT = re.compile(r"^ +", re.MULTILINE)


def as_html(text: str) -> str:
    """Plain text as HTML that looks the same. Nothing in it is a tag, an entity or a helpdesk's placeholder."""
    kept = _INDENT.sub(lambda spaces: "\u00a0" * len(spaces[0]), text)
    return "<div>" + escape(kept, quote=False).replace("{", "&#123;").replace("\n", "<br>\n") + "</div>"


def as_text(markup: str) -> str:
    """HTML as plain text, without what it quotes and the signature under it; with them where nothing else is said."""
    return _text(markup, _HIDDEN) or _text(markup, frozenset())


def tag(text: str) -> str:
    """The text as a label that every helpdesk takes: small letters, digits, hyphen and underscore."""
    return re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-")


def _text(markup: str, hidden: frozenset[str]) -> str:
    reader = _Reader(hidden)
    reader.feed(markup)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.said).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Reader(HTMLParser):
    def __init__(self, hidden: frozenset[str]) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self._hidden = hidden
        self._inside: list[str] = []
        """The hidden element, and all that is open within it."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if (self._inside or self._hides(tag, dict(attrs))) and tag not in _VOID:
            self._inside.append(tag)
        elif tag == "br" or tag in _BLOCKS:
            self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._inside:
            while self._inside.pop() != tag:
                pass
        elif tag in _BLOCKS:
            self._break(tag)

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.said.append(re.sub(r"\s+", " ", data))

    def _hides(self, tag: str, attributes: dict[str, str | None]) -> bool:
        quoted = "data-signature" in attributes or "freshdesk_quote" in (attributes.get("class") or "")
        return bool(self._hidden) and (quoted or tag in self._hidden)

    def _break(self, tag: str) -> None:
        """A `br` always begins a line; a block does where something stands on this one."""
        if not self._inside and (tag == "br" or (self.said and not self.said[-1].endswith("\n"))):
            self.said.append("\n")
