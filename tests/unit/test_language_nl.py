import pytest

from bridge.domain.signals import measure_message, measure_reply

OFFER = measure_reply("Dat kan ik niet wijzigen. Zal ik u doorverbinden met een collega?", language="nl")


@pytest.mark.parametrize(
    "text",
    [
        "Zou u mij kunnen doorverbinden met een adviseur?",
        "kan er iemand van de winkel naar kijken",
        "ik wil uw leidinggevende spreken",
        "bel me terug aub",
        "ik praat niet meer met een robot, geef me een mens",
        "medewerker graag",
        "Kan de garagist mij bellen voor hij aan de versnellingsbak begint?",
        "wie moet ik bellen om dit geregeld te krijgen",
        "als niemand mij vandaag belt ga ik naar de geschillencommissie",
        "waarom krijg ik geen mens te spreken",
        "geef me iemand anders",
    ],
)
def test_a_request_for_a_person_is_seen(text: str) -> None:
    assert measure_message(text, language="nl").asks_human


@pytest.mark.parametrize(
    "text",
    [
        "u hoeft mij niet door te verbinden",
        "liever zonder medewerker oplossen",
        "Praat ik hier met een echt persoon?",
        "Moet ik daarvoor de klantenservice bellen?",
        "de medewerker zei dat het morgen komt",
        "hoe wijzig ik de contactpersoon op mijn account",
        "chat ik nu met een mens?",
        "moet er een monteur langskomen voor glasvezel",
        "met wie kan ik de taxi delen",
        "ik wil mijn belafspraak verzetten",
    ],
)
def test_a_refusal_or_a_look_alike_is_no_request(text: str) -> None:
    assert measure_message(text, language="nl").asks_human is None


@pytest.mark.parametrize(
    "text", ["graag", "doe maar", "dat zou fijn zijn", "ja hoor, na zes uur", "waarom niet", "als het geen moeite is"]
)
def test_an_offer_is_taken_up(text: str) -> None:
    assert OFFER.offers_human
    assert measure_message(text, language="nl", previous=OFFER).asks_human


def test_an_offer_is_declined() -> None:
    assert measure_message("nee bedankt, het lukt al", language="nl", previous=OFFER).asks_human is None


@pytest.mark.parametrize(
    ("text", "least"),
    [
        ("Ik ben erg teleurgesteld", 1),
        ("al drie weken hoor ik niets van jullie", 0.75),
        ("nu moet ik het voor de derde keer uitleggen", 0.75),
        ("Schandalig, jullie zijn gewoon oplichters", 2),
    ],
)
def test_displeasure_has_points(text: str, least: float) -> None:
    assert measure_message(text, language="nl").negative >= least


@pytest.mark.parametrize(
    "text",
    [
        "Helaas ben ik de factuur kwijt",
        "Is de aanbieding nog steeds geldig?",
        "Ik ben niet teleurgesteld",
        "het is hier slecht weer, ik kom later",
    ],
)
def test_a_named_problem_has_none(text: str) -> None:
    assert measure_message(text, language="nl").negative == 0


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("churn", "dan ga ik wel naar de concurrent"),
        ("legal", "ik geef dit aan mijn advocaat"),
        ("safety", "er komt rook uit het stopcontact"),
    ],
)
def test_word_lists(name: str, text: str) -> None:
    assert name in measure_message(text, language="nl").lists


def test_a_reply_that_gave_up_and_one_that_did_not() -> None:
    assert measure_reply("Daar heb ik helaas geen informatie over.", language="nl").failed
    assert not measure_reply("Uw pakket komt morgen tussen 9 en 12 uur.", language="nl").failed
