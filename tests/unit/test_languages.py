from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.domain import languages
from bridge.domain.learned import Recognizer, Vocabulary, Weight, features, read_weights
from bridge.domain.phrases import Phrasing
from bridge.domain.signals import language_of, measure_message, measure_reply


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder of an owner; its languages are forgotten afterwards."""
    yield tmp_path
    if tmp_path in languages._folders:
        languages._folders.remove(tmp_path)
    languages._forget()


def write(folder: Path, code: str, **files: str) -> None:
    (folder / code).mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / code / name.replace("_", ".")).write_text(text, encoding="utf-8")


# -- an owner's languages ----------------------------------------------------------------------------------------------


def test_an_owner_adds_phrases_to_a_shipped_language(folder: Path) -> None:
    text = "please fetch the wizard"
    assert measure_message(text, language="en").asks_human is None
    write(folder, "en", ours_yaml='request: ["fetch the wizard"]\n')
    languages.add(folder)
    assert measure_message(text, language="en").asks_human == "fetch the wizard"
    assert measure_message("talk to a human", language="en").asks_human


def test_what_an_owner_asks_to_be_heard_is_not_weighed_against(folder: Path) -> None:
    text = "what are the hours of your store manager on sundays"
    assert measure_message(text, language="en").asks_human is None
    write(folder, "en", ours_yaml='request: ["hours of your store manager"]\n')
    languages.add(folder)
    assert measure_message(text, language="en").asks_human == "hours of your store manager"


def test_an_owner_brings_a_language(folder: Path) -> None:
    assert language_of("sv-SE") == ""
    write(
        folder,
        "sv",
        language_yaml='"yes": [ja]\nbare: ["människa"]\n',
        requests_yaml='request: ["prata med en människa"]\n',
        stop_txt="och\natt\ndet\n",
        negative_txt="usel|urusel\n",
    )
    languages.add(folder)
    assert language_of("sv-SE") == "sv"
    message = measure_message("Urusel service, jag vill prata med en människa", language="sv")
    assert message.asks_human
    assert message.negative == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("reqest: [a b]", "there is no key 'reqest'; did you mean request?"),
        ('request: ["a ^ b"]', "`^` stands only before it"),
        ('request: ["{nobody} a"]', "nobody"),
        ("request: [a", "ours.yaml"),
    ],
)
def test_a_slip_in_an_owners_folder_is_named_and_nothing_has_changed(folder: Path, text: str, said: str) -> None:
    write(folder, "xx", ours_yaml=text)
    with pytest.raises(languages.LanguageRefused, match=r"(?s).") as refused:
        languages.add(folder)
    assert said in str(refused.value)
    assert "xx" not in languages.codes()
    assert measure_message("talk to a human", language="en").asks_human


# -- a session without a locale ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("I would like to know where my order is and when it will be here", "en"),
        ("Ich habe meine Bestellung noch nicht und weiß nicht, wo sie ist", "de"),
        ("Quiero saber dónde está mi pedido y cuándo me lo van a entregar", "es"),
        ("Je voudrais savoir où est ma commande et quand elle sera chez moi", "fr"),
        ("Ik wil graag weten waar mijn bestelling is en wanneer het hier is", "nl"),
        ("Chciałbym wiedzieć, gdzie jest moje zamówienie i kiedy do mnie przyjdzie", "pl"),
        ("Eu gostaria de saber onde está o meu pedido e quando ele vai chegar", "pt"),
        ("Vorrei sapere dove è il mio ordine e quando mi sarà consegnato", "it"),
        ("ok", ""),
        ("", ""),
        ("1234 5678", ""),
        ("注文はどこですか", ""),
    ],
)
def test_the_language_of_a_text_is_guessed_where_it_is_clear(text: str, code: str) -> None:
    assert languages.guess(text) == code


# -- what is learned ---------------------------------------------------------------------------------------------------


NO_WORDS = Vocabulary({}, {})


def weight_of(sentence: str, *weights: Weight, vocabulary: Vocabulary = NO_WORDS) -> float | None:
    return Recognizer("request", weights, vocabulary).weigh(sentence.split())


def test_a_sentence_is_weighed_by_its_words_and_by_pairs_of_near_ones() -> None:
    weights = Weight("request", "", "", -1), Weight("request", "b", "", 0.75), Weight("request", "a", "b", 0.5)
    assert weight_of("a b", *weights) == 0.25
    assert weight_of("b a", *weights) == -0.25
    assert weight_of("a x x b", *weights) == 0.25
    assert weight_of("a x x x b", *weights) == -0.25


def test_the_weights_of_another_kind_do_not_count() -> None:
    assert weight_of("a", Weight("request", "", "", -1), Weight("accept", "a", "", 5)) == -1


def test_what_words_stand_for_is_weighed_in_either_order_and_past_other_words() -> None:
    speech = Vocabulary({}, {"mensch*": "&person", "will": "&wish"})
    weights = Weight("request", "", "", -1), Weight("request", "&person", "&wish", 2)
    assert weight_of("ich will jetzt doch endlich einen menschen", *weights, vocabulary=speech) == 1
    assert weight_of("menschen will ich", *weights, vocabulary=speech) == 1
    assert weight_of("ich will", *weights, vocabulary=speech) == -1


def test_of_several_beginnings_of_a_word_the_longest_decides_and_the_word_itself_before_them() -> None:
    speech = Vocabulary({}, {"call*": "&call", "callou*": "&rude", "calls": "&past"})
    assert [speech.sense(word) for word in ("calling", "callous", "calls", "cal")] == ["&call", "&rude", "&past", ""]


def test_a_sentence_without_a_cue_is_not_looked_at() -> None:
    weights = Weight("request", "", "", 1), Weight("request", "", "cue", 0)
    assert weight_of("a cue", *weights) == 1
    assert weight_of("a", *weights) is None


def test_what_was_not_learned_is_recognised_nowhere() -> None:
    assert weight_of("talk to a human") is None


def test_a_sentence_is_learned_from_as_it_is_weighed() -> None:
    speech = Vocabulary({"someone": "{somebody}"}, {"get": "&fetch", "some*": "&somebody"})
    found = features(["get", "someone", "42"], speech)
    assert set(found) >= {("get", ""), ("get", "{somebody}"), ("^", "get"), ("{number}", "$"), ("someo*", "")}
    assert set(found) >= {("=someone", ""), ("&fetch", ""), ("&fetch", "&somebody"), ("&$", "&somebody")}
    weights = [Weight("request", first, second, 1) for first, second in set(found)]
    total = weight_of("get someone 42", Weight("request", "", "", 0), *weights, vocabulary=speech)
    assert total == len(found)


def test_a_line_of_weights_has_four_fields() -> None:
    assert read_weights(["# a comment", "", "offer\ta\tb\t0.50"]) == [Weight("offer", "a", "b", 0.5)]
    with pytest.raises(ValueError, match="unpack"):
        read_weights(["offer\ta\tb"])


def test_every_shipped_language_has_learned_all_kinds() -> None:
    for code in languages.codes():
        assert {one.kind for one in languages._weights(code)} == {"request", "offer", "accept", "failed"}


def test_a_request_by_example_does_not_override_a_refusal() -> None:
    assert measure_message("please do not connect me with one of your colleagues", language="en").asks_human is None


def test_a_learned_offer_is_taken_up_with_a_plain_yes() -> None:
    offer = measure_reply("Shall I let one of my colleagues from billing know?", language="en")
    assert offer.offers_human
    assert measure_message("yes please", language="en", previous=offer).asks_human


def test_a_class_is_kept_once_however_many_phrases_hold_it() -> None:
    phrasing = Phrasing({"classes": {"person": ["agent", "human"]}})
    one, other, third = phrasing.compiled("request", ["get a? {person}", "want {person}"])
    assert one.slots[-1] is other.slots[-1] is third.slots[-1]
    assert one.slots[-1].words == {"agent", "human"}
