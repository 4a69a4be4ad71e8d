"""What a mail says, once: blocks that are written out as plain text and as HTML, so that both parts hold the same.

The text indents what others wrote, so that no message can pass for a part of ours. The HTML is one column without
pictures, scripts or anything from elsewhere; it leaves text and page in the reader's own colours, light or dark, and
everything in it is escaped.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from types import MappingProxyType

from bridge.domain import messages

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_INDENT = "    "
_ALONE = re.compile(r"\{(promise|due|when|text)\}")
_RIGHT_TO_LEFT = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Our own words; a line break in them stays one."""

    text: str


@dataclass(frozen=True, slots=True)
class Highlight:
    """What the reader must not miss: a promise, an instant."""

    text: str


@dataclass(frozen=True, slots=True)
class Quote:
    """Somebody else's words, with who said them and when, if that has to be said."""

    text: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values, one a line."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Action:
    """A web address to follow, with what happens there."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Section:
    """Blocks under a title, which may lead to a web address."""

    title: str
    blocks: "tuple[Block, ...]"
    url: str | None = None


Block = Paragraph | Highlight | Quote | Facts | Action | Section


@dataclass(frozen=True, slots=True)
class MailBody:
    """A whole mail: its blocks, and at its end who sends it and why.

    Args:
        language: such as `de` or `pt_br`; it says which way it is read, too.
        blocks: in the order in which they are read.
        footer: set smaller.
    """

    language: str
    blocks: tuple[Block, ...]
    footer: str

    @property
    def tag(self) -> str:
        """The language as HTML and mail headers write it: `pt-br`."""
        return self.language.replace("_", "-")


def worded(template: str, values: Mapping[str, str]) -> tuple[Block, ...]:
    """The blocks of a message: its paragraphs. One that is nothing but a promise, an instant or an answer is set off.

    Args:
        template: from `messages.wording`; an empty line parts its paragraphs.
        values: for its placeholders.
    """
    parts = re.split(r"\n\s*\n", template.strip())
    return tuple(_worded(part.strip(), values) for part in parts)


def _worded(part: str, values: Mapping[str, str]) -> Block:
    alone = _ALONE.fullmatch(part)
    if alone is None:
        return Paragraph(messages.fill(part, values))
    value = values[alone[1]]
    return Quote(value) if alone[1] == "text" else Highlight(value)


# -- as text -----------------------------------------------------------------------------------------------------------


def as_text(body: MailBody) -> str:
    """The body as plain text."""
    return f"{plain(body.blocks)}\n\n-- \n{clean(body.footer)}\n"


def plain(blocks: Iterable[Block]) -> str:
    """Blocks as plain text, an empty line between them."""
    return "\n\n".join(plain_block(block) for block in blocks)


def plain_block(block: Block) -> str:
    """One block as plain text."""
    match block:
        case Paragraph(text):
            return clean(text)
        case Highlight(text):
            return indented(text)
        case Quote(text, caption):
            return f"{flat(caption)}:\n{indented(text)}" if caption else indented(text)
        case Facts(rows):
            return "\n".join(f"{flat(name)}: {flat(value)}" for name, value in rows)
        case Action(label, url):
            return f"{flat(label)}:\n{url}"
        case Section(title, blocks, url):
            return "\n".join([flat(title), *([url] if url else []), *map(plain_block, blocks)])


def clean(text: str) -> str:
    """Without control characters and tricks of direction; line breaks are those of text."""
    return _CONTROL.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))


def flat(text: str) -> str:
    """As one line."""
    return " ".join(_CONTROL.sub(" ", text).split())


def indented(text: str) -> str:
    """Every line set in by four spaces."""
    return "\n".join(f"{_INDENT}{line}" for line in clean(text).splitlines()) or _INDENT


# -- as HTML -----------------------------------------------------------------------------------------------------------

_FONT = "font:16px/1.5 -apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
_COLUMN = f"max-width:600px;margin:0 auto;padding:24px 18px;overflow-wrap:break-word;word-break:break-word;{_FONT}"
_LINE = "1px solid rgba(128,128,128,.4)"
_STYLES: Mapping[str, str] = MappingProxyType(
    {
        "p": "margin:0 0 16px",
        "promise": "margin:0 0 16px;padding:14px 16px;background:rgba(47,111,181,.13);font-size:17px;font-weight:600;"
        "border-{start}:4px solid #2f6fb5",
        "quote": "margin:0 0 16px;padding:2px 14px;border-{start}:3px solid #8a8f98",
        "caption": "margin:0 0 2px;font-size:13px;opacity:.75",
        "facts": "margin:0 0 16px",
        "name": "opacity:.75",
        "action": "margin:0 0 20px",
        "button": "display:inline-block;padding:11px 20px;border-radius:6px;background:#2563a8;color:#ffffff;"
        "font-weight:600;text-decoration:none",
        "section": f"margin:0 0 8px;padding:14px 0 0;border-top:{_LINE}",
        "title": "margin:0 0 8px;font-size:14px;font-weight:700",
        "link": "color:inherit",
        "footer": f"margin:24px 0 0;padding:14px 0 0;border-top:{_LINE};font-size:13px;opacity:.75",
    }
)


def as_html(body: MailBody, subject: str) -> str:
    """The body as an HTML page of its own, with the mail's subject as its title."""
    right = body.language.split("_")[0] in _RIGHT_TO_LEFT
    styles = {name: style.replace("{start}", "right" if right else "left") for name, style in _STYLES.items()}
    content = "\n".join(_html(block, styles) for block in body.blocks)
    head = f'<html lang="{escape(body.tag)}" dir="{"rtl" if right else "ltr"}">'
    return f"""<!DOCTYPE html>
{head}
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>{escape(flat(subject))}</title>
<style>:root {{ color-scheme: light dark; }}</style>
</head>
<body style="margin:0;padding:0">
<div style="{escape(_COLUMN)}">
{content}
{_p(styles["footer"], _lines(body.footer))}
</div>
</body>
</html>
"""


def _html(block: Block, styles: Mapping[str, str]) -> str:
    match block:
        case Paragraph(text):
            return _p(styles["p"], _lines(text))
        case Highlight(text):
            return _p(styles["promise"], _lines(text))
        case Quote():
            return _html_quote(block, styles)
        case Facts(rows):
            return _p(styles["facts"], "<br>\n".join(_html_fact(*row, styles) for row in rows))
        case Action(label, url):
            return _p(styles["action"], f'<a href="{escape(url)}" style="{styles["button"]}">{_line(label)}</a>')
        case Section():
            return _html_section(block, styles)


def _html_quote(quote: Quote, styles: Mapping[str, str]) -> str:
    caption = _p(styles["caption"], f"{_line(quote.caption)}:") if quote.caption else ""
    return f'{caption}<blockquote dir="auto" style="{styles["quote"]}">{_lines(quote.text)}</blockquote>'


def _html_fact(name: str, value: str, styles: Mapping[str, str]) -> str:
    return f'<span style="{styles["name"]}">{_line(name)}:</span> <span dir="auto">{_line(value)}</span>'


def _html_section(section: Section, styles: Mapping[str, str]) -> str:
    title = _line(section.title)
    linked = f'<a href="{escape(section.url)}" style="{styles["link"]}">{title}</a>' if section.url else title
    blocks = "\n".join(_html(block, styles) for block in section.blocks)
    return f'<div style="{styles["section"]}"><h2 style="{styles["title"]}">{linked}</h2>\n{blocks}</div>'


def _p(style: str, html: str) -> str:
    return f'<p style="{style}">{html}</p>'


def _line(text: str) -> str:
    return escape(flat(text))


def _lines(text: str) -> str:
    return "<br>\n".join(escape(line) for line in clean(text).splitlines())
