import json
import re
import subprocess
import sys
from importlib.resources.abc import Traversable
from pathlib import Path

import pytest

from bridge.domain import judging, language_files, languages, messages, spoken_language
from bridge.domain.instant_in_words import say_when
from bridge.domain.instants import DAY, from_rfc3339
from bridge.domain.learned import (
    SENSE,
    TYPICAL,
    Recognizer,
    Vocabulary,
    Weight,
    Weights,
    by_kind,
    damping,
    features,
    read_weights,
)
from bridge.domain.phrases import Phrasing
from bridge.domain.signals import language_of, measure_message, measure_reply

TOMORROW = from_rfc3339("2026-11-02T08:00:00Z")


def write(folder: Path, code: str, **files: str) -> None:
    (folder / code).mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / code / name.replace("_", ".")).write_text(text, encoding="utf-8")


# -- an owner's languages ----------------------------------------------------------------------------------------------


def test_an_owner_adds_phrases_to_a_shipped_language(own_languages: Path) -> None:
    text = "please fetch the wizard"
    assert measure_message(text, language="en").asks_human is None
    write(own_languages, "en", ours_yaml='request: ["fetch the wizard"]\n')
    languages.add(own_languages)
    assert measure_message(text, language="en").asks_human == "fetch the wizard"
    assert measure_message("talk to a human", language="en").asks_human


def test_what_an_owner_asks_to_be_heard_is_not_weighed_against(own_languages: Path) -> None:
    text = "what are the hours of your store manager on sundays"
    assert measure_message(text, language="en").asks_human is None
    write(own_languages, "en", ours_yaml='request: ["hours of your store manager"]\n')
    languages.add(own_languages)
    assert measure_message(text, language="en").asks_human == "hours of your store manager"


def test_an_owner_brings_a_language(own_languages: Path) -> None:
    assert language_of("sv-SE") == ""
    write(
        own_languages,
        "sv",
        language_yaml='"yes": [ja]\nbare: ["människa"]\n',
        requests_yaml='request: ["prata med en människa"]\n',
        stop_txt="och\natt\ndet\n",
        negative_txt="usel|urusel\n",
    )
    languages.add(own_languages)
    assert language_of("sv-SE") == "sv"
    message = measure_message("Urusel service, jag vill prata med en människa", language="sv")
    assert message.asks_human
    assert message.negative == 1


def test_an_owner_brings_what_customers_read_in_a_new_language_and_rewords_a_shipped_one(own_languages: Path) -> None:
    assert messages.language_for({}, "sv-SE") == "en"
    when = {
        "on_a_date": "{date} kl. {time} {zone}",
        "on_a_near_day": "{day}, {date}, kl. {time} {zone}",
        "today": "i dag",
        "tomorrow": "i morgon",
        "for_you": "{there} hos dig",
    }
    document = {"messages": {"after_hours": "Vi hör av oss före {due}."}, "when": when}
    write(own_languages, "sv", messages_yaml=json.dumps(document))
    write(own_languages, "de", messages_yaml='messages: {resolved: "Erledigt."}\nwhen: {tomorrow: "am Folgetag"}\n')
    languages.add(own_languages)
    assert messages.language_for({}, "sv-SE") == "sv"
    assert messages.text({}, "sv-SE", "after_hours", due="i dag") == "Vi hör av oss före i dag."
    assert messages.text({}, "sv", "resolved") == messages.text({}, "en", "resolved")
    assert messages.text({}, "de", "resolved") == "Erledigt."
    zones = {"calendar_zone": "Europe/Stockholm", "visitor_zone": "Europe/London"}
    said = {locale: say_when(TOMORROW, **zones, locale=locale, now=TOMORROW - DAY) for locale in ("sv", "de")}
    assert said["sv"] == "i morgon, måndag 2 november, kl. 09:00 CET (08:00 GMT hos dig)"
    assert said["de"].startswith("am Folgetag, Montag, 2. November, 09:00 Uhr ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            'messages: {after_hours: "Vi hör av oss."}',
            "messages.yaml, sv/after_hours: the placeholder {due} is mis",
        ),
        ('messages: {resolvd: "Klart."}', "messages.yaml, sv/resolvd: no such message; did you mean resolved?"),
        ('mesages: {resolved: "Klart."}', "there is no key 'mesages'; did you mean messages?"),
        ('when: {today: "i dag"}', "`when` needs a text for on_a_date that holds {date} {time} {zone}"),
        ('when: {idag: "i dag"}', "`when` has no 'idag'; known are: on_a_date, on_a_near_day, today"),
    ],
)
def test_a_message_of_an_owners_language_that_cannot_be_said_is_named(
    own_languages: Path, text: str, said: str
) -> None:
    write(own_languages, "sv", messages_yaml=text)
    with pytest.raises(languages.LanguageRefused) as refused:
        languages.add(own_languages)
    assert said in str(refused.value)
    assert messages.shipped("sv") == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("reqest: [a b]", "there is no key 'reqest'; did you mean request?"),
        ('request: ["a ^ b"]', "`^` stands only before it"),
        ('request: ["{nobody} a"]', "nobody"),
        ("request: [a", "ours.yaml"),
    ],
)
def test_a_slip_in_an_owners_folder_is_named_and_nothing_has_changed(own_languages: Path, text: str, said: str) -> None:
    write(own_languages, "xx", ours_yaml=text)
    with pytest.raises(languages.LanguageRefused, match=r"(?s).") as refused:
        languages.add(own_languages)
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
    assert spoken_language.guess(text) == code


# -- what is learned ---------------------------------------------------------------------------------------------------


NO_WORDS = Vocabulary({}, {})


def weight_of(sentence: str, *lines: Weight, vocabulary: Vocabulary = NO_WORDS) -> float | None:
    """With the lines of senses as the shared ones."""
    parted = ([one for one in lines if one.first.startswith(SENSE) is sense] for sense in (False, True))
    own, shared = (by_kind(part).get("request", Weights()) for part in parted)
    return Recognizer(own, shared, vocabulary).weigh(sentence.split())


def test_a_sentence_is_weighed_by_its_words_and_by_pairs_of_near_ones() -> None:
    weights = Weight("request", "", "", -1), Weight("request", "b", "", 0.75), Weight("request", "a", "b", 0.5)
    assert weight_of("a b", *weights) == -1 + damping(2) * 1.25
    assert weight_of("b a", *weights) == -1 + damping(2) * 0.75
    assert weight_of("a x x b", *weights) == -1 + damping(4) * 1.25
    assert weight_of("a x x x b", *weights) == -1 + damping(5) * 0.75


def test_in_a_longer_sentence_all_counts_less() -> None:
    weights = Weight("request", "", "", -1), Weight("request", "a", "", 1)
    assert [weight_of("a" + " x" * more, *weights) for more in (0, 30)] == [-1 + damping(1), -1 + damping(31)]
    assert damping(1) > damping(TYPICAL) == 1 > damping(31)


def test_the_weights_of_another_kind_do_not_count() -> None:
    assert weight_of("a", Weight("request", "", "", -1), Weight("accept", "a", "", 5)) == -1


def test_what_words_stand_for_is_weighed_in_either_order_and_past_other_words() -> None:
    speech = Vocabulary({}, {"mensch*": "&person", "will": "&wish"})
    weights = Weight("request", "", "", -1), Weight("request", "&person", "&wish", 2)
    assert weight_of("ich will jetzt doch endlich einen menschen", *weights, vocabulary=speech) == -1 + damping(7) * 2
    assert weight_of("menschen will ich", *weights, vocabulary=speech) == -1 + damping(3) * 2
    assert weight_of("ich will", *weights, vocabulary=speech) == -1


def test_three_senses_one_after_the_other_weigh_in_their_order() -> None:
    speech = Vocabulary({}, {"get": "&fetch", "me": "&me", "someone": "&somebody"})
    weights = Weight("request", "", "", -1), Weight("request", "&fetch&me&somebody", "", 2)
    assert weight_of("get me now someone", *weights, vocabulary=speech) == -1 + damping(4) * 2
    assert weight_of("someone get me", *weights, vocabulary=speech) == -1


def test_where_a_sentence_weighs_too_little_its_phrases_do_not_count() -> None:
    assert by_kind([Weight("request", "?", "", -1.5)])["request"].doubt == -1.5
    text, speech = "can I transfer my vouchers to another person", languages.language("en")
    assert "request" in {hit.group for hit in speech.message.find(speech.read(text))}
    assert measure_message(text, language="en").asks_human is None


def test_of_several_beginnings_of_a_word_the_longest_decides_and_the_word_itself_before_them() -> None:
    speech = Vocabulary({}, {"call*": "&call", "callou*": "&rude", "calls": "&past"})
    assert [speech.sense(word) for word in ("calling", "callous", "calls", "cal")] == ["&call", "&rude", "&past", ""]


def test_an_ending_tells_what_a_word_stands_for_where_no_beginning_does() -> None:
    speech = Vocabulary({}, {"*techniker": "&person", "*niker": "&kin", "heiz*": "&cost"})
    words = ("netztechniker", "mechaniker", "heiztechniker", "technikerin")
    assert [speech.sense(word) for word in words] == ["&person", "&kin", "&cost", ""]


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
    assert set(found) >= {("*eone", ""), ("&^&fetch&somebody", ""), ("&fetch&somebody&$", "")}
    weights = [Weight("request", first, second, 1) for first, second in set(found)]
    total = weight_of("get someone 42", Weight("request", "", "", 0), *weights, vocabulary=speech)
    assert total == pytest.approx(damping(3) * len(found))


def test_a_line_of_weights_has_four_fields() -> None:
    assert list(read_weights(["# a comment", "\n", "offer\ta\tb\t0.50\n"])) == [Weight("offer", "a", "b", 0.5)]
    with pytest.raises(ValueError, match="unpack"):
        list(read_weights(["offer\ta\tb"]))


def test_every_shipped_language_has_learned_all_kinds() -> None:
    for code in languages.codes():
        assert languages._weights(code).keys() == languages._shared_weights().keys() == {*languages.LEARNED}


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


def test_what_a_ticket_is_about_is_read_without_compiling_a_language() -> None:
    code = (
        "from bridge.domain import customer_triggers, languages\n"
        "assert customer_triggers._subject('La lampe et die Lampe for the garden') == ('lampe', 'garden')\n"
        "assert languages.language.cache_info().currsize <= 1"  # that of no language in particular
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_of_a_language_that_nobody_writes_no_phrases_are_kept() -> None:
    judging.warm()
    assert language_files.document_of.cache_info().currsize <= 2
    assert languages.list_names() >= {"safety", "churn", "legal"}
    assert all("request" not in language_files.sketch_of(code) for code in languages.codes())


def test_nothing_of_a_sketch_stands_in_a_file_that_is_not_read_for_it() -> None:
    whole = {code: language_files.document_of(code) for code in languages.codes()}
    for code, document in whole.items():
        sketch = language_files.sketch_of(code)
        assert sketch["lists"].keys() == document["lists"].keys()
        assert sketch["lists"]["safety"] == document["lists"]["safety"]
        assert {key: document[key] for key in language_files._SKETCHED if key in document} == {
            key: value for key, value in sketch.items() if key != "lists"
        }


@pytest.mark.parametrize("file", [
    file for code in language_files.codes() for file in language_files.files_of(code) if file.name.endswith(".yaml")
], ids=str)  # fmt: skip
def test_no_key_of_a_language_stands_twice_in_a_file_where_the_first_would_count_for_nothing(file: Traversable) -> None:
    keys = re.findall(r"^(\w+):", file.read_text("utf-8"), re.MULTILINE)
    assert len(keys) == len(set(keys)) > 0
