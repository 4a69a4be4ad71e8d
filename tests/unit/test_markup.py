"""HTML for helpdesks, and the text of what people write in it."""

import pytest

from bridge.adapters.markup import as_html, as_text, tag

FOREIGN = "<b>bold</b> & <a href='https://evil.example'>x</a> {{ticket.requester.email}} {% if 1 %}\n    set in\n"


def test_what_a_visitor_wrote_is_no_tag_entity_or_placeholder() -> None:
    markup = as_html(FOREIGN)
    assert markup.count("<") == len(["<div>", "<br>", "<br>", "</div>"])
    assert "{" not in markup
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; " in markup


def test_lines_and_what_is_set_in_look_the_same() -> None:
    assert as_html("a\n    b  c") == "<div>a<br>\n\u00a0\u00a0\u00a0\u00a0b  c</div>"


def test_text_survives_the_way_there_and_back() -> None:
    assert as_text(as_html(FOREIGN)) == "\n".join(" ".join(line.split()) for line in FOREIGN.split("\n")).strip()


TEXTS = {
    "<p>Hello</p><p>Ann,<br>it is <b>there</b>.</p>": "Hello\nAnn,\nit is there.",
    "<div>Yes</div><div><br></div><div>No</div>": "Yes\n\nNo",
    "one &amp; two&nbsp;&lt;three&gt;": "one & two <three>",
    "<ul><li>a</li><li>b</li></ul>": "a\nb",
    "<style>p {color: red}</style><script>alert(1)</script>Hello": "Hello",
    'Hello<div class="freshdesk_quote"><blockquote>Earlier <div>mail</div></blockquote></div>': "Hello",
    'Hello<div data-signature="true">--<br>Zoe <div>Sales</div></div> again': "Hello again",
    "Hello <blockquote><p>unclosed</blockquote>there": "Hello there",
    "Hello <img src=x> there": "Hello there",
    "<blockquote>Nothing else</blockquote>": "Nothing else",
    "never closed <blockquote>at all": "never closed",
    "": "",
    "<div></div>": "",
    "a < b": "a < b",
}


@pytest.mark.parametrize(("markup", "text"), TEXTS.items())
def test_an_answer_is_read_without_what_it_quotes(markup: str, text: str) -> None:
    assert as_text(markup) == text


@pytest.mark.parametrize(
    ("text", "label"), [("queue-Billing & Co", "queue-billing-co"), ("by-live", "by-live"), ("é", "")]
)
def test_a_tag_is_what_every_helpdesk_takes(text: str, label: str) -> None:
    assert tag(text) == label
