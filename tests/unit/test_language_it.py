"""What Italian visitors and bots write, and how it is read; a sample of each side, to be read by people."""

import pytest

from bridge.domain.signals import measure_message, measure_reply

OFFER = measure_reply("Non posso farlo io. Vuole che la metta in contatto con un collega?", language="it")


@pytest.mark.parametrize(
    "text",
    [
        "Buongiorno, vorrei parlare con un operatore.",
        "passami qualcuno in carne e ossa",
        "mi fate richiamare?",
        "c'è un umano da qualche parte?",
        "operatore grazie",
        "voglio essere ricontattata per telefono",
        "non voglio parlare con un robot",
        "non riesco a parlare con nessuno, datemi una persona vera",
        "volevo sapere se posso parlare con una persona per il mio ordine",
        "si può parlare con una persona o no",
        "sarebbe così gentile da passarmi un addetto?",
        "vorrei parlare con il mio consulente",
        "se non mi passate qualcuno disdico",
        "vorrei fermare la macchina e parlare con qualcuno",
    ],
)
def test_a_request_for_a_person_is_seen(text: str) -> None:
    assert measure_message(text, language="it").asks_human


@pytest.mark.parametrize(
    "text",
    [
        "Non c'è bisogno di passarmi un operatore.",
        "no, niente telefonate grazie",
        "sei una persona vera o un bot?",
        "l'operatore mi ha detto che arrivava oggi",
        "devo parlare con qualcuno per disdire?",
        "qualcuno mi ha rubato la carta",
        "un tavolo per due persone",
        "nessuno mi chiami prima di lunedì",
        "prenotare un appuntamento per il vaccino",
        "operatore no grazie",
        "scrivi più umano per favore",
    ],
)
def test_a_refusal_or_a_look_alike_is_no_request(text: str) -> None:
    assert not measure_message(text, language="it").asks_human


@pytest.mark.parametrize(("answer", "taken"), [("sì grazie", True), ("va bene", True), ("no va bene così", False)])
def test_the_bots_offer_is_taken_or_declined(answer: str, taken: bool) -> None:
    assert bool(measure_message(answer, language="it", previous=OFFER).asks_human) is taken


@pytest.mark.parametrize(
    "text", ["ancora niente, da lunedì", "ve l'ho già detto due volte", "sono molto delusa", "Non ne posso più"]
)
def test_displeasure_gets_points(text: str) -> None:
    assert measure_message(text, language="it").negative > 0


@pytest.mark.parametrize(
    "text", ["ho perso la carta, come la blocco?", "purtroppo non ho lo scontrino", "è arrivato rotto, lo cambiate?"]
)
def test_a_named_problem_is_not_displeasure(text: str) -> None:
    assert measure_message(text, language="it").negative == 0


@pytest.mark.parametrize("text", ["siete una banda di ladri", "andate a quel paese"])
def test_an_insult_counts_alone(text: str) -> None:
    assert measure_message(text, language="it").extreme


@pytest.mark.parametrize(
    ("text", "failed"),
    [
        ("Mi dispiace, non posso aiutarla con questa richiesta.", True),
        ("Non ho capito, può riformulare?", True),
        ("Non verrà addebitato due volte.", False),
        ("Se non trova la mail, controlli nello spam.", False),
    ],
)
def test_a_reply_that_could_not_do_it(text: str, failed: bool) -> None:
    assert measure_reply(text, language="it").failed is failed


@pytest.mark.parametrize(
    ("text", "lists"),
    [
        ("esce fumo dalla presa", {"safety"}),
        ("ho avuto un'emergenza in famiglia, sposto il volo", set()),
        ("passo alla concorrenza", {"churn"}),
        ("cambio indirizzo perché trasloco", set()),
        ("ne parlerò col mio avvocato", {"legal"}),
        ("quanto dura la garanzia legale?", set()),
    ],
)
def test_word_lists_know_a_threat_from_its_words(text: str, lists: set[str]) -> None:
    assert set(measure_message(text, language="it").lists) == lists
