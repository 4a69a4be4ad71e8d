"""What the demo prints: colours on a terminal, plain text elsewhere, 100 characters wide."""

import os
import sys
import textwrap

WIDTH = 100
LABEL = 14
BOLD, DIM, GREEN, YELLOW, MAGENTA, CYAN = "1", "2", "32", "33", "35", "36"
SPEAKER_COLOURS = {"Bot": CYAN, "Bridge": YELLOW, "Scheduler": MAGENTA}


def colourful() -> bool:
    """Whether standard output is a terminal that wants colours."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def paint(text: str, colour: str) -> str:
    """The text in a colour, where there are colours."""
    return f"\033[{colour}m{text}\033[0m" if colourful() else text


def title(text: str) -> None:
    """The name of a conversation."""
    print(f"\n{paint(f'== {text} ' + '=' * (WIDTH - len(text) - 4), BOLD)}")


def clock(text: str) -> None:
    """What the clock on the wall says now."""
    print(paint(f"\n   [{text}]", DIM))


def line(label: str, text: str, colour: str = "") -> None:
    """A label and a text beside it, wrapped under itself; a text of several lines keeps them."""
    margin = " " * LABEL
    wrapped: list[str] = []
    for part in text.splitlines() or [""]:
        wrapped += textwrap.wrap(part, WIDTH - LABEL, break_on_hyphens=False) or [""]
    head = paint(f"{label:<{LABEL}}", colour or BOLD) if label else margin
    print(head + f"\n{margin}".join(wrapped))


def says(who: str, text: str, remark: str = "") -> None:
    """Somebody says something in the chat."""
    line(who, f'"{text}"', SPEAKER_COLOURS.get(who, GREEN))
    if remark:
        note(remark)


def note(text: str) -> None:
    """A remark under a line."""
    print(textwrap.indent(paint(textwrap.fill(text, WIDTH - LABEL, break_on_hyphens=False), DIM), " " * LABEL))


def text(paragraph: str) -> None:
    """A paragraph of plain words."""
    print(textwrap.fill(paragraph, WIDTH, break_on_hyphens=False))
