"""Which words of a question count, and what they find, in the languages of a site and its visitors."""

import pytest

from bridge.domain.answering import Passage
from bridge.domain.relevance import (
    MOST_FORMS,
    MOST_WORDS,
    Candidate,
    Term,
    asked_words,
    best,
    page_words,
    readings,
    stem,
    telling,
)


@pytest.mark.parametrize(
    "forms",
    [
        "shipping ships ship",
        "delivery deliveries delivered delivering",
        "return returns returned returning",
        "size sizes",
        "versand versandkosten versandart",
        "lieferung lieferungen lieferzeit liefert",
        "rechnung rechnungen",
        "envio envios enviar enviamos",
        "devolucion devoluciones",
        "spedizione spedizioni",
        "retourner retours retour",
        "bezorging bezorgen",
        "wysylka wysylki wysylke",
    ],
)
def test_the_forms_of_a_word_have_one_stem(forms: str) -> None:
    assert len({stem(word) for word in forms.split()}) == 1


@pytest.mark.parametrize("pair", ["return refund", "ship shop", "order offer", "preis praxis", "pago pedido"])
def test_words_of_another_sense_keep_their_own(pair: str) -> None:
    one, other = pair.split()
    assert stem(one) != stem(other)


@pytest.mark.parametrize(
    ("text", "language", "words"),
    [
        ("Hello, could you please tell me how long shipping takes?", "en", ["ship"]),
        ("Wie lange dauert der Versand?", "de", ["versan"]),
        ("¿Cuánto tarda el envío?", "es", ["envi"]),
        ("Je voudrais un remboursement", "fr", ["rembou"]),
        ("I don't know what's the women's size", "en", ["women", "size"]),
        ("order 10233", "en", ["order", "10233"]),
        ("hello", "en", []),
        ("???", "en", []),
    ],
)
def test_a_question_is_what_is_left_without_its_small_words(text: str, language: str, words: list[str]) -> None:
    assert asked_words(text, language) == words


def test_the_small_words_of_another_language_do_count() -> None:
    assert asked_words("car rental", "en") == ["car", "rental"]


def test_no_more_than_twelve_words_are_looked_for() -> None:
    assert len(asked_words(" ".join(f"word{n}x" for n in range(99)), "en")) == MOST_WORDS


def test_a_page_is_found_by_the_words_of_its_title_heading_and_text_the_first_two_marked() -> None:
    assert page_words("Returns", "# Costs\nFree for you.") == sorted(
        ["return", "=return", "cost", "=cost", "free", "for", "you"]
    )


def found(asked: list[str], *texts: tuple[str, str], counts: dict[str, int], passages: int = 10) -> list[str]:
    candidates = [Candidate(Passage(title, "https://shop.example/", text), "en") for title, text in texts]
    terms = [Term(word, {word: 1.0}, 1.0) for word in asked]
    return [one.title for one in best([terms], counts, passages, candidates, language="en", limit=5)]


def test_one_word_in_passing_of_two_is_too_little_and_both_are_enough() -> None:
    about = ("About us", "We roast coffee in Berlin.")
    assert found(["weathe", "berlin"], about, counts={"berlin": 1}) == []
    assert found(["roast", "berlin"], about, counts={"berlin": 1, "roast": 1}) == ["About us"]


def test_one_word_of_the_title_is_enough_for_several() -> None:
    assert found(["ship", "norway", "cost"], ("Shipping", "By parcel."), counts={"ship": 2}) == ["Shipping"]


def test_a_word_that_stands_everywhere_tells_next_to_nothing() -> None:
    page = ("Welcome", "To our shop.")
    assert found(["shop", "penguin"], page, counts={"shop": 10}) == []
    assert found(["shop", "penguin"], ("Shop", "Our shop."), counts={"shop": 1}) == ["Shop"]


def test_the_rarer_word_ranks_first() -> None:
    texts = (("Cups", "A cup and a shipping box."), ("Boxes", "A cup, engraved."))
    assert found(["cup", "engrav"], *texts, counts={"cup": 9, "engrav": 1})[0] == "Boxes"


def test_candidates_are_looked_for_by_the_rarer_words_until_there_are_enough() -> None:
    counts = {"ship": 40_000, "=ship": 300, "norway": 2, "cost": 2_600}
    assert list(telling(counts, 45_000)) == ["norway", "=ship", "cost"]
    assert list(telling({"ship": 40_000}, 45_000)) == ["ship"]


def forms(text: str, language: str, way: int = 0) -> list[dict[str, float]]:
    """What stands for each thing that is asked for, in one reading of the question."""
    return [dict(term.forms) for term in readings(text, language)[way]]


def test_an_everyday_word_finds_what_asks_for_the_same_a_little_less_surely() -> None:
    (asked,) = forms("delivery?", "en")
    assert asked[stem("delivery")] == 1.0
    assert 0 < asked[stem("shipping")] < 1
    assert {stem("porto"), stem("versand")} <= forms("porto", "de")[0].keys()


def test_a_phrase_is_read_as_one_thing_and_word_by_word_as_well() -> None:
    plain, joined = readings("money back", "en")
    assert [term.word for term in plain] == ["mone", "back"]
    assert [next(iter(term.forms)) for term in joined] == ["refund"]
    assert len(readings("shipping", "en")) == 1


def test_the_parts_of_a_long_german_word_are_looked_for_too() -> None:
    assert "offnun" in forms("Ladenöffnungszeiten", "de")[0]
    assert "staffe" in forms("mengenstaffel", "de")[0]
    assert len(forms("Ladenöffnungszeiten", "en")[0]) == 1


def test_who_asks_for_the_price_of_something_else_has_asked_for_something_else() -> None:
    page = ("Shipping", "# Costs\nFree from 50 euros.")
    counts = {"cost": 1, "=cost": 1, "ship": 1}
    candidates = [Candidate(Passage(page[0], "https://shop.example/", page[1]), "en")]

    def titles(question: str) -> list[str]:
        asked = readings(question, "en")
        return [one.title for one in best(asked, counts, 10, candidates, language="en", limit=5)]

    assert titles("what does a cinema ticket cost") == []
    assert titles("what does shipping cost") == ["Shipping"]
    assert titles("costs?") == ["Shipping"]


@pytest.mark.parametrize("language", ["en", "de", "xx"])
def test_no_more_words_are_looked_for_than_a_search_bears(language: str) -> None:
    everything = "delivery return refund exchange hours size pay card voucher discount account repair jobs contact"
    for way in readings(everything, language):
        assert sum(len(term.forms) for term in way) <= MOST_FORMS
        assert all(term.forms.get(term.word, 1.0) == 1.0 for term in way)
