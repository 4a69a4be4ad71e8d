"""A letter says the same as text and as HTML, and nothing that others wrote gets out of its place."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.reading import Reader, words_of

from bridge.domain import mail_body
from bridge.domain.mail_body import Action, Block, Facts, Highlight, MailBody, Paragraph, Quote, Section, worded

URL = "https://shop.example/x?a=1&b=%22"
BLOCKS: tuple[Block, ...] = (
    Paragraph("Hello,\nyour call is booked."),
    Highlight("We call you before 9:15 AM EST on Monday, November 2."),
    Action("Move the call", URL),
    Quote("It hurts.\nPlease help!", caption="2026-11-02 14:01:05 Visitor"),
    Section("CUSTOMER", (Facts((("Name", "Ann Lee"), ("Tier", "enterprise"))), Paragraph("Nothing more.")), URL),
)
LETTER = MailBody("en", BLOCKS, "shop.example sends this.\nYour reference: abc")


def html_of(*blocks: Block, language: str = "en", footer: str = "The end.") -> Reader:
    return Reader(mail_body.as_html(MailBody(language, blocks, footer), "Subject"))


def test_a_letter_as_text() -> None:
    assert mail_body.as_text(LETTER) == (
        "Hello,\nyour call is booked.\n\n"
        "    We call you before 9:15 AM EST on Monday, November 2.\n\n"
        f"Move the call:\n{URL}\n\n"
        "2026-11-02 14:01:05 Visitor:\n    It hurts.\n    Please help!\n\n"
        f"CUSTOMER\n{URL}\nName: Ann Lee\nTier: enterprise\nNothing more.\n\n"
        "-- \nshop.example sends this.\nYour reference: abc\n"
    )


def test_text_and_html_say_the_same_words_in_the_same_order() -> None:
    read = Reader(mail_body.as_html(LETTER, "Subject"))
    assert [word.rstrip(":") for word in read.words] == [
        word.rstrip(":") for word in words_of(mail_body.as_text(LETTER))
    ]


TEXTS = st.text(st.characters(codec="utf-8"), max_size=40)
SOME_BLOCKS = st.one_of(
    st.builds(Paragraph, TEXTS),
    st.builds(Highlight, TEXTS),
    st.builds(Quote, TEXTS, TEXTS),
    st.builds(Facts, st.lists(st.tuples(TEXTS, TEXTS), max_size=3).map(tuple)),
)


@given(st.lists(SOME_BLOCKS, max_size=6).map(tuple), TEXTS)
def test_whatever_is_written_reads_the_same_in_both_and_makes_no_element(
    blocks: tuple[Block, ...], footer: str
) -> None:
    letter = MailBody("en", blocks, footer)
    read = Reader(mail_body.as_html(letter, footer))
    text = mail_body.as_text(letter).replace("\n-- \n", "\n", 1)
    assert [word.rstrip(":") for word in read.words if word != ":"] == [
        word.rstrip(":") for word in text.split() if word != ":"
    ]
    ours = {"html", "head", "meta", "title", "style", "body", "div", "p", "br", "blockquote", "span"}
    assert {tag for tag, _ in read.elements} <= ours


HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)">"\'><a href="javascript:alert(3)">x</a>&lt;b&gt;'


@pytest.mark.parametrize(
    "block",
    [
        Paragraph(HOSTILE),
        Highlight(HOSTILE),
        Quote(HOSTILE, HOSTILE),
        Facts(((HOSTILE, HOSTILE),)),
        Action(HOSTILE, URL),
        Section(HOSTILE, (), URL),
    ],
)
def test_markup_in_a_text_is_shown_and_not_obeyed(block: Block) -> None:
    read = html_of(block, footer=HOSTILE)
    assert "".join(HOSTILE.split()) in "".join(read.words)
    assert not {"script", "img"} & {tag for tag, _ in read.elements}
    assert set(read.links) <= {URL}
    assert not any(name.startswith("on") for _, attributes in read.elements for name in attributes)


def test_an_address_stays_inside_its_attribute() -> None:
    url = 'https://shop.example/"onmouseover="alert(1)'
    assert html_of(Action("Go", url), Section("There", (), url)).links == [url, url]


def test_nothing_is_fetched_from_elsewhere() -> None:
    html = mail_body.as_html(LETTER, "Subject")
    assert re.findall(r"\b(?:src|srcset|background|poster)=|url\(|@import|<link", html) == []


@pytest.mark.parametrize(
    ("language", "tag", "direction", "start"),
    [("en", "en", "ltr", "left"), ("pt_br", "pt-br", "ltr", "left"), ("ar", "ar", "rtl", "right"),
     ("he_il", "he-il", "rtl", "right")],
)  # fmt: skip
def test_a_letter_is_read_in_the_direction_of_its_language(language: str, tag: str, direction: str, start: str) -> None:
    read = html_of(Highlight("Promise"), language=language)
    assert (read.root["lang"], read.root["dir"]) == (tag, direction)
    (style,) = [
        str(attributes["style"])
        for _, attributes in read.elements
        if "border-" in str(attributes.get("style")) and "#2f6fb5" in str(attributes["style"])
    ]
    assert f"border-{start}:4px" in style


def test_a_name_of_a_language_cannot_leave_its_attribute() -> None:
    assert html_of(language='x" onload="alert(1)').root == {"lang": 'x" onload="alert(1)', "dir": "ltr"}


def test_what_others_wrote_has_its_own_direction() -> None:
    read = html_of(Quote("שלום"), Facts((("Name", "שלום"),)))
    assert sum(attributes.get("dir") == "auto" for _, attributes in read.elements) == 2


def test_tricks_of_direction_and_control_characters_are_left_out() -> None:
    letter = MailBody("en", (Quote("a\u202eb\x1b[2Jc\x00"), Facts((("Name", "x\u2066y\r\nz"),))), "end")
    for part in (mail_body.as_text(letter), mail_body.as_html(letter, "S")):
        assert not re.search(r"[\x00\x1b\u202e\u2066\r]", part)
        assert "x y z" in part


def test_a_quoted_line_cannot_pass_for_one_of_ours() -> None:
    text = mail_body.as_text(MailBody("en", (Quote("hello\r\n\r\n-- \nCUSTOMER\u2028Tier: enterprise"),), "end"))
    assert [line for line in text.splitlines() if line and not line.startswith("    ")] == ["-- ", "end"]


def test_a_paragraph_that_is_only_a_promise_an_instant_or_an_answer_is_set_off() -> None:
    template = "Hello,\n\n{promise}\n\nAt {when}:\n \n{when}\n\n{text}\n\nBye.\nUs\n"
    assert worded(template, {"promise": "P {when}", "when": "W", "text": "T\n\n{promise}"}) == (
        Paragraph("Hello,"),
        Highlight("P {when}"),
        Paragraph("At W:"),
        Highlight("W"),
        Quote("T\n\n{promise}"),
        Paragraph("Bye.\nUs"),
    )
