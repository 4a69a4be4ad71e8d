"""Who says good day first is no more displeased for it, and neither leaves nor is in danger."""

import pytest
from quality.data import ordinary_messages

from bridge.domain.signals import measure_message

GREETINGS = {
    "en": ["Hello", "Hi there", "Good morning", "Good afternoon", "Dear team"],
    "es": ["Hola", "Buenos días", "Buenas tardes", "Estimados"],
    "de": ["Hallo", "Guten Tag", "Guten Morgen", "Moin", "Sehr geehrte Damen und Herren"],
    "fr": ["Bonjour", "Bonsoir", "Salut", "Madame, Monsieur", "Cher Monsieur"],
    "pt": ["Olá", "Bom dia", "Boa tarde", "Oi", "Prezado senhor"],
    "it": ["Ciao", "Buongiorno", "Buon pomeriggio", "Salve", "Gentili signori"],
    "nl": ["Hallo", "Goedemorgen", "Goede dag", "Hoi", "Beste"],
    "pl": ["Dzień dobry", "Dzien dobry", "Dobry wieczór", "Witam", "Hej", "Szanowni Państwo"],
}
NINTH = 9
"""Of the ordinary messages so many are left out for one that is tried."""
SAYS = {
    "fr": ["les courses sont arrivées sans votre menu", "urgence familiale, je dois changer la date"],
    "pt": ["a luz está verde ou vermelha?", "e a lâmpada?", "de nada, boa estadia!", "não precisa fazer mais nada."],
    "it": ["mai avuto problemi col primo, ne prendo un altro", "perso l'autobus, vale sul prossimo?"],
    "de": ["ist da Milch drin?", "zum Pflegegrad meiner Schwester habe ich Fragen"],
    "nl": ["ik ben op zoek naar een lamp", "is er korting op de tafel?", "waar vind ik de handleiding?"],
    "pl": [
        "na świadectwie córki jest błąd w nazwisku",
        "na kiedy będzie paczka?",
        "wzięłam zły rozmiar",
        "czekałam na kuriera wczoraj, będzie dzisiaj?",
        "czy mieści się w windzie?",
    ],
}
"""What was heard in these with a greeting, and is not in them."""


def more(greeting: str, text: str, language: str) -> bool:
    """Whether more is heard in a text where a greeting stands in front."""
    alone, greeted = (measure_message(one, language=language) for one in (text, f"{greeting}, {text}"))
    return greeted.negative > alone.negative or not greeted.lists.keys() <= alone.lists.keys()


@pytest.mark.parametrize("language", GREETINGS)
def test_with_a_greeting_in_front_no_more_is_heard(language: str) -> None:
    greetings = GREETINGS[language]
    greeted = tuple(greeting.split()[0] for greeting in greetings)  # who greets twice knocks at the door
    ordinary = [text for text in ordinary_messages(language)[::NINTH] if not text.startswith(greeted)]
    assert len(ordinary) > 40
    for text in (*SAYS.get(language, ()), *ordinary):
        assert [greeting for greeting in greetings if more(greeting, text, language)] == [], text
