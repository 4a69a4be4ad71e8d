"""A script of questions and answers: what fits, what does not, and what is refused with its line."""

import re
from pathlib import Path

import pytest

from bridge.adapters.responder.scripted import Scripted, ScriptRefused
from bridge.assembly.responders import responder
from bridge.config import SettingsRefused, SiteSettings
from bridge.domain.answering import Answer, Question

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "responder.md").read_text("utf-8")
DOCUMENTED = re.findall(r"```yaml\n(.*?)```", DOCUMENT, re.DOTALL)[0]


def says(text: str, script: str = DOCUMENTED) -> Answer:
    return Scripted(script).answer(Question(text=text), budget=1)


@pytest.mark.parametrize("text", ["When are you open?", "WHEN   ARE YOU OPEN", "so, when are you open on Friday"])
def test_a_phrase_fits_where_its_words_stand_in_the_message_whatever_their_case(text: str) -> None:
    answer = says(text)
    assert answer.text == "We are here Monday to Friday, from nine to five."
    assert (answer.confidence, answer.answered) == (1.0, True)


def test_accents_make_no_difference() -> None:
    assert says("a que hora abren", "- {ask: [qué hora], answer: A las nueve.}").text == "A las nueve."


def test_an_entry_says_how_sure_it_is_and_what_it_took_the_message_for() -> None:
    answer = says("Can I return this?")
    assert (answer.confidence, answer.intent) == (0.9, "return_item")
    assert answer.sources == ("https://shop.example/returns",)


@pytest.mark.parametrize("text", ["What about refunds?", "returning", "open when are you", ""])
def test_what_does_not_fit_gets_the_else_and_is_unsure(text: str) -> None:
    answer = says(text)
    assert answer.text.startswith("I only know about")
    assert (answer.confidence, answer.answered) == (0.0, False)


def test_without_an_else_there_is_nothing_to_show() -> None:
    assert not says("Hello", "- {ask: [x], answer: y}").usable


def test_the_longest_phrase_that_fits_counts_and_of_equal_ones_the_first() -> None:
    script = "- {ask: [order], answer: one}\n- {ask: [my order], answer: two}\n- {ask: [your order], answer: three}"
    assert says("where is my order", script).text == "two"
    assert says("my order, your order", script).text == "two"


@pytest.mark.parametrize(("script", "said"), [
    ("- ask: [a]\n  answer: b\n- ask: []\n  answer: c", "line 3: ask"), ("- answer: b", "line 1: ask"),
    ("- ask: [a]\n  answer: b\n  answr: c", "line 1: answr"), ("ask: [a]", "line 1: expected a list"), ("", "line 1:"),
    ("- ask: [a\n", "line"), ("- ask: [a]\n  answer: b\n  confidence: 2", "line 1: confidence"), ("- x", "line 1:"),
    ("- else: 7", "line 1: else"), ("- {ask: [a], answer: b, sources: x}", "line 1: sources"),
])  # fmt: skip
def test_a_script_that_cannot_be_used_is_refused_with_its_line(script: str, said: str) -> None:
    with pytest.raises(ScriptRefused, match=re.escape(said)):
        Scripted(script)


def test_a_script_is_named_by_the_settings_and_its_fault_is_one_of_theirs(tmp_path: Path) -> None:
    path = tmp_path / "script.yaml"
    own = SiteSettings(responder=f"scripted:{path}")
    with pytest.raises(SettingsRefused, match="cannot be read"):
        responder(own, pytest.fail)
    path.write_text("- ask: 3", "utf-8")
    with pytest.raises(SettingsRefused, match="BRIDGE_RESPONDER names: line 1"):
        responder(own, pytest.fail)
    path.write_text(DOCUMENTED, "utf-8")
    assert isinstance(responder(own, pytest.fail), Scripted)


@pytest.mark.parametrize(("chosen", "needed"), [("claude", "BRIDGE_CLAUDE_TOKEN"), ("openai", "BRIDGE_OPENAI_MODEL")])
def test_a_model_that_lacks_a_setting_is_refused_with_its_name(chosen: str, needed: str) -> None:
    with pytest.raises(SettingsRefused, match=needed):
        responder(SiteSettings(responder=chosen), pytest.fail)
