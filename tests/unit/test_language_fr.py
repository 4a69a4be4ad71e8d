"""What French visitors and bots write, and how it is read; a sample of each side, to be read by people."""

import pytest

from bridge.domain.signals import measure_message, measure_reply

OFFER = measure_reply("Je ne peux pas le faire. Souhaitez-vous qu'un conseiller vous rappelle ?", language="fr")


@pytest.mark.parametrize(
    "text",
    [
        "Pourriez-vous me mettre en relation avec un conseiller ?",
        "je veux parler a quelqun",
        "passez-moi votre responsable",
        "y a quelqu’un ?",
        "rappelez-moi au 01 02 03 04 05",
        "faut que je parle à un humain",
        "un conseiller svp",
        "marre de parler à un robot",
        "j'arrive pas à joindre quelqu'un",
        "je voulais savoir si je peux parler à une personne pour ma commande",
        "qu'un conseiller m'appelle au 06 12 34 56 78",
        "le pharmacien peut me rappeler ?",
        "vous pouvez me faire appeler par quelqu'un ?",
        "passez-moi la comptabilité",
        "je dois absolument parler à quelqu'un",
    ],
)
def test_a_request_for_a_person_is_seen(text: str) -> None:
    assert measure_message(text, language="fr").asks_human


@pytest.mark.parametrize(
    "text",
    [
        "pas besoin de me passer un conseiller",
        "je veux pas qu'on me rappelle",
        "est-ce que je parle à un robot ?",
        "le conseiller m'a dit que c'était réglé",
        "pouvez-vous me conseiller un modèle ?",
        "rappelez-moi le montant de la facture",
        "une table pour quatre personnes",
        "il y a une erreur sur ma facture",
        "quand a lieu la mise en service ?",
        "j'ai besoin d'aide pour un retour",
        "je voudrais échanger un billet",
    ],
)
def test_a_refusal_or_a_look_alike_is_no_request(text: str) -> None:
    assert not measure_message(text, language="fr").asks_human


@pytest.mark.parametrize(
    ("answer", "taken"), [("oui demain matin", True), ("je veux bien", True), ("non ça ira", False)]
)
def test_the_bots_offer_is_taken_or_declined(answer: str, taken: bool) -> None:
    assert bool(measure_message(answer, language="fr", previous=OFFER).asks_human) is taken


@pytest.mark.parametrize(
    "text", ["toujours rien depuis lundi", "je vous ai déjà donné le numéro", "très déçue", "c'est n'importe quoi"]
)
def test_displeasure_gets_points(text: str) -> None:
    assert measure_message(text, language="fr").negative > 0


@pytest.mark.parametrize(
    "text", ["j'ai perdu ma carte", "malheureusement je n'ai plus le ticket", "vous livrez toujours en Suisse ?"]
)
def test_a_named_problem_is_not_displeasure(text: str) -> None:
    assert measure_message(text, language="fr").negative == 0


@pytest.mark.parametrize("text", ["bande de voleurs", "allez vous faire voir"])
def test_an_insult_counts_alone(text: str) -> None:
    assert measure_message(text, language="fr").extreme


@pytest.mark.parametrize(
    ("text", "failed"),
    [
        ("Désolé, je n'ai pas compris votre demande.", True),
        ("Veuillez contacter le service client.", True),
        ("Vous ne serez pas débité deux fois.", False),
        ("Pas de problème, c'est annulé.", False),
    ],
)
def test_a_reply_that_could_not_do_it(text: str, failed: bool) -> None:
    assert measure_reply(text, language="fr").failed is failed


@pytest.mark.parametrize(
    ("text", "lists"),
    [
        ("de la fumée sort de la prise", {"safety"}),
        ("urgence familiale, je dois décaler mon vol", set()),
        ("je passe à la concurrence", {"churn"}),
        ("comment changer de forfait ?", set()),
        ("vous recevrez une lettre de mon avocat", {"legal"}),
        ("quel est le nom du représentant légal ?", set()),
    ],
)
def test_word_lists_know_a_threat_from_its_words(text: str, lists: set[str]) -> None:
    assert set(measure_message(text, language="fr").lists) == lists
