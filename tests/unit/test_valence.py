"""How words sound where no phrase speaks: the files, and what is measured with them."""

from pathlib import Path

import pytest

from bridge.domain import languages
from bridge.domain.customer import Customer
from bridge.domain.signals import MessageSignals, TurnSignals, measure_message
from bridge.domain.situation import Situation
from bridge.domain.triggers import NegativeTrajectory
from bridge.domain.valence import Valence, read_strengths


def test_a_word_goes_before_a_stem_and_a_longer_stem_before_a_shorter() -> None:
    valence = Valence({"rude*": -2, "rudest": -3, "rudeb*": 0, "slow": -1})
    assert [valence.strength(word) for word in ("rudely", "rudest", "rudebeckia", "slow", "slowly", "rud")] == [
        *(-2, -3, 0, -1, 0, 0)
    ]


def test_a_file_has_a_strength_and_its_words_a_line() -> None:
    lines = ["# how it sounds", "", "-2\tlousy rude*", "1.5\tnice  y'all"]
    assert read_strengths(lines) == {"lousy": -2, "rude*": -2, "nice": 1.5, "y'all": 1.5}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("-2 lousy", "a strength, a tab and words are needed"),
        ("-2\t", "a strength, a tab and words are needed"),
        ("bad\tlousy", "'bad' is no number"),
        ("-4\tlousy", "-4 is not between -3 and 3"),
        ("nan\tlousy", "nan is not between -3 and 3"),
        ("-2\tnot|bad", "'not|bad' is no single word"),
        ("-2\tbad*", "'bad*' is too short: four letters at least stand before a `*`"),
        ("-2\tnice", "'nice' is in an earlier line, too"),
    ],
)
def test_a_line_that_cannot_be_used_is_named_by_its_number(line: str, said: str) -> None:
    with pytest.raises(ValueError, match=r"^line 3: ") as refused:
        read_strengths(["# ours", "1\tnice", line])
    assert str(refused.value) == f"line 3: {said}"


# -- in a message ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "points", "weighed"),
    [
        ("a lousy evening", 0.75, "lousy"),
        ("rather slow today", 0.5, "slow"),
        ("rather slow, and strange", 0.75, "slow, strange"),
        ("that was not a good evening", 0.75, "not a good"),
        ("that was not a bad evening", 0.0, ""),
        ("a lousy evening with lovely people", 0.0, ""),
        ("where is my invoice?", 0.0, ""),
    ],
)
def test_words_that_sound_bad_are_mild_points(text: str, points: float, weighed: str) -> None:
    message = measure_message(text, language="en")
    assert (message.negative, message.weighed, message.extreme) == (points, weighed, False)


def test_where_a_phrase_speaks_words_add_nothing() -> None:
    alone, beside = (
        measure_message(text, language="en") for text in ("I am disappointed", "I am disappointed, a grim day")
    )
    assert alone.negative == beside.negative == 1
    assert beside.weighed == "disappointed"


def test_thanks_stay_thanks_beside_a_word_that_sounds_bad() -> None:
    message = measure_message("Thanks, that works, stupid printer", language="en")
    assert message.progress
    assert message.weighed == ""


@pytest.mark.parametrize(
    "text",
    [
        "I want to cancel my order and get a refund",
        "there is an error, my payment was declined",
        "my card was stolen, is this fraud?",
        "the parcel is lost or damaged",
        "sorry to bother you, please help",
    ],
)
def test_what_a_support_chat_is_about_sounds_neither_good_nor_bad(text: str) -> None:
    assert measure_message(text, language="en").negative == 0


def test_no_text_has_more_than_mild_points_from_words_alone() -> None:
    assert measure_message("lousy " * 600, language="en").negative == 0.75
    assert len(measure_message("lousy " * 600, language="en").weighed) <= 80


def test_an_unknown_language_sounds_of_nothing() -> None:
    assert measure_message("a lousy evening", language="") == MessageSignals(words="lousy evening")


@pytest.mark.parametrize("code", sorted(languages.codes()))
def test_every_language_says_how_its_words_sound(code: str) -> None:
    strengths = languages._strengths(code).values()
    assert sum(strength < 0 for strength in strengths) >= 500
    assert sum(strength > 0 for strength in strengths) >= 230


@pytest.mark.parametrize(
    ("code", "text", "weighed"),
    [
        ("de", "alles so trostlos hier", "trostlos"),
        ("en", "what a nuisance", "nuisance"),
        ("es", "una espera tediosa", "tediosa"),
        ("fr", "une attente morose", "morose"),
        ("it", "un'attesa desolante", "desolante"),
        ("nl", "wat een saaie dag", "saaie"),
        ("pl", "co za nuda", "nuda"),
        ("pt", "um tédio de espera", "tédio"),
    ],
)
def test_each_language_hears_a_bad_word(code: str, text: str, weighed: str) -> None:
    assert measure_message(text, language=code).weighed == weighed


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("de", "Guten Tag, die Lieferung war da, aber die Rechnung ist schon storniert"),
        ("de", "Mein Paket ist verloren oder kaputt, bitte um Erstattung"),
        ("es", "Buenos días, quería devolver el pedido, llegó roto y es urgente"),
        ("fr", "Bonjour, pourriez-vous annuler ma commande, le colis est perdu"),
        ("it", "Buongiorno, vorrei annullare l'ordine, il pacco è rotto"),
        ("nl", "Goedemorgen, mijn pakket is bezorgd maar kapot, graag geld terug"),
        ("pl", "Dzień dobry, podłączyłem drukarkę, ale paczka jest pusta"),
        ("pt", "Bom dia, gostaria de cancelar, mas o pedido veio quebrado"),
    ],
)
def test_a_named_problem_has_no_sound_in_any_language(code: str, text: str) -> None:
    assert measure_message(text, language=code).negative == 0


def test_a_comma_ends_what_a_negator_turns_round() -> None:
    assert measure_message("no problem, happy evening", language="en").negative == 0


def test_the_reason_names_the_words_that_weighed() -> None:
    turns = tuple(
        TurnSignals(seq, seq, measure_message(text, language="en"))
        for seq, text in enumerate(["a lousy evening", "where is my invoice?", "that was not good"])
    )
    situation = Situation(turns, 3, "default", 0.5, ("standard",), Customer(tier="standard"))
    firing = NegativeTrajectory(points=1.5).fires(situation)
    assert firing is not None
    assert firing.why.endswith("1.5 points over 2 messages, at or above 1.5 (lousy; not good)")


# -- an owner's file ---------------------------------------------------------------------------------------------------


def write(folder: Path, code: str, text: str) -> None:
    (folder / code).mkdir()
    (folder / code / "valence.tsv").write_text(text, encoding="utf-8")


def test_an_owner_says_how_words_sound_and_goes_before_what_is_shipped(own_languages: Path) -> None:
    write(own_languages, "en", "0\tlousy\n-2\twobbly\n")
    languages.add(own_languages)
    found = [measure_message(text, language="en").weighed for text in ("a lousy wobbly thing", "a rude thing", "slow")]
    assert found == ["wobbly", "rude", "slow"]


def test_an_owners_language_may_bring_how_its_words_sound(own_languages: Path) -> None:
    write(own_languages, "sv", "-2\tusel*\n")
    languages.add(own_languages)
    assert measure_message("Det är uselt", language="sv").weighed == "uselt"


def test_a_slip_in_an_owners_file_is_named_with_its_line(own_languages: Path) -> None:
    write(own_languages, "sv", "-2\tusel*\n-9\tdålig\n")
    with pytest.raises(languages.LanguageRefused, match=r"^sv: valence\.tsv, line 2: -9 is not between -3 and 3$"):
        languages.add(own_languages)
    assert "sv" not in languages.codes()
