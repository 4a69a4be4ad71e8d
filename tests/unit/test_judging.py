import sys
from types import FrameType
from typing import Any

import pytest

from bridge.domain import judging, spoken_language
from bridge.domain.judging import Reply
from bridge.domain.policy_check import read_policy
from bridge.domain.replay import Conversation, begin
from bridge.domain.session import Session
from bridge.domain.shipped_policy import shipped_document
from bridge.domain.signals import WINDOW

POLICY = read_policy(shipped_document())


def session(locale: str | None = "en") -> Session:
    return begin(POLICY, Conversation(session_id="s", locale=locale, turns=()))


def long_session(turns: int) -> Session:
    one = session()
    for n in range(turns):
        one = judging.hear(POLICY, one, f"and what does model number {n} weigh with its box?", n * 60_000)
        one = judging.answer(POLICY, one, one.turns, Reply(f"Model {n} weighs {n} kilograms with its box.", 0.9))
    return one


def lines_run(judged: Session) -> int:
    """How many lines of the product a judgement runs through: what time is, without the clock's noise."""
    count = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace if "bridge" in frame.f_code.co_filename else None

    judging.judge(POLICY, judged)  # what is made once is there
    sys.settrace(trace)
    try:
        judging.judge(POLICY, judged)
    finally:
        sys.settrace(None)
    return count


def test_a_judgement_costs_the_same_in_the_thousandth_turn_as_when_the_window_was_just_full() -> None:
    full, long = long_session(WINDOW), long_session(1000)
    assert len(long.window) == len(full.window) == WINDOW
    assert lines_run(long) == lines_run(full) > 100


UNABLE = {
    "en": ["I don't have details about single rooms.", "I'm not able to check this.", "I don't have that information."],
    "de": ["Das weiß ich leider nicht.", "Darauf habe ich keinen Zugriff.", "Das kann ich nicht beantworten."],
    "es": ["No lo sé.", "No tengo acceso a esos datos.", "No puedo responder a esa pregunta."],
    "fr": ["Je ne sais pas.", "Je n'ai pas accès à ces données.", "Je ne peux pas répondre à cette question."],
    "pt": ["Não sei.", "Não tenho acesso a esses dados.", "Não posso responder a essa pergunta."],
    "it": ["Non lo so.", "Non ho accesso a questi dati.", "Non posso rispondere a questa domanda."],
    "nl": ["Dat weet ik niet.", "Daar heb ik geen toegang toe.", "Die vraag kan ik niet beantwoorden."],
    "pl": ["Nie wiem.", "Nie mam dostępu do tych danych.", "Nie mogę odpowiedzieć na to pytanie."],
}
"""What a bot says that cannot help, in words of its own each time."""


def decided(locale: str, replies: list[str]) -> list[str | None]:
    """The rule that decides after each of these replies to somebody who calmly asks for one thing after another."""
    one, rules = session(locale), list[str | None]()
    for n, reply in enumerate(replies):
        one = judging.hear(POLICY, one, f"XK{n}?", n * 60_000)
        one = judging.answer(POLICY, one, one.turns, Reply(reply))
        rule = judging.judge(POLICY, one).rule
        rules.append(rule.name if rule else None)
    return rules


@pytest.mark.parametrize(("locale", "replies"), UNABLE.items())
def test_a_bot_that_cannot_help_three_times_gets_somebody_who_can(locale: str, replies: list[str]) -> None:
    assert decided(locale, replies) == [None, None, "going-nowhere"]
    assert decided(locale, [replies[0], "12.", "24.", *replies[1:]])[-1] is None


def test_while_the_bot_offers_a_person_each_time_it_is_for_the_visitor_to_take_one() -> None:
    offered = [f"{unable} Would you like to talk to a human agent?" for unable in UNABLE["en"]]
    assert decided("en", offered) == [None, None, None]


def test_a_session_without_a_locale_takes_that_of_its_first_clear_message() -> None:
    unclear = judging.hear(POLICY, session(None), "ok", 0)
    assert unclear.locale is None
    told = judging.hear(POLICY, unclear, "Ich habe meine Bestellung noch nicht und weiß nicht, wo sie ist", 1)
    assert told.locale == "de"
    angry = judging.hear(POLICY, told, "Das ist eine Frechheit", 2)
    assert angry.window[-1].message.negative == 2
    assert judging.hear(POLICY, angry, "I would like to know where my order is", 3).locale == "de"


def test_a_locale_that_was_given_stays() -> None:
    text = "Ich habe meine Bestellung noch nicht und weiß nicht, wo sie ist"
    assert judging.hear(POLICY, session("en-US"), text, 0).locale == "en-US"


REQUESTS = [
    ("es", "quiero hablar con una persona"),
    ("es", "pasame con alguien"),
    ("de", "ICH WILL MIT EINEM MENSCHEN SPRECHEN"),
    ("de", "mitarbeiter bitte"),
    ("fr", "je veux parler a quelqu'un"),
    ("fr", "un humain svp"),
    ("pt", "quero um operador"),
    ("pt", "me passa pra alguem"),
    ("it", "voglio parlare con una persona"),
    ("it", "mi fai parlare con un addetto"),
    ("nl", "kan ik iemand spreken"),
    ("nl", "medewerker graag"),
    ("pl", "polacz mnie z kims"),
    ("pl", "konsultant prosze"),
    ("en", "can someone from billing contact me"),
]


@pytest.mark.parametrize("locale", [None, "en", "de", "sv"])
@pytest.mark.parametrize(("language", "text"), REQUESTS)
def test_a_request_is_heard_whatever_the_language_of_the_site(locale: str | None, language: str, text: str) -> None:
    assert judging.hear(POLICY, session(locale), text, 0).window[-1].message.asks_human


@pytest.mark.parametrize("locale", [None, "en", "de"])
@pytest.mark.parametrize(
    "text",
    [
        "non mi serve un operatore",
        "no hace falta que me llame nadie",
        "ich brauche keinen mitarbeiter",
        "a qué hora abre atención al cliente",
        "ma soeur a parlé à un conseiller et elle a eu 10%",
        "where do i find the human rights policy",
        "call contact aj",
        "put a hold on my bank account",
    ],
)
def test_what_asks_for_nobody_asks_for_nobody_on_a_site_in_another_language(locale: str | None, text: str) -> None:
    assert judging.hear(POLICY, session(locale), text, 0).window[-1].message.asks_human is None


def test_an_offer_and_its_acceptance_in_another_language_than_the_sites_are_heard() -> None:
    asked = judging.hear(POLICY, session("en"), "où est mon colis", 0)
    offered = judging.answer(POLICY, asked, 1, Reply("Je n'ai pas trouvé. Voulez-vous que je vous passe un collègue ?"))
    assert offered.window[-1].reply
    assert offered.window[-1].reply.offers_human
    taken = judging.hear(POLICY, offered, "Volontiers, si cela ne vous dérange pas", 1)
    assert taken.window[-1].message.asks_human


def offered(locale: str | None) -> Session:
    asked = judging.hear(POLICY, session(locale), "hello", 0)
    reply = "Would you like me to transfer you to a human agent?"
    return judging.answer(POLICY, asked, 1, Reply(reply))


@pytest.mark.parametrize("locale", [None, "en", "de"])
@pytest.mark.parametrize(
    "text", ["Oui, s'il vous plaît", "sí, gracias", "ja gerne", "Sì grazie, resto in linea", "Jasne, czekam", "claro"]
)
def test_a_yes_in_the_visitors_own_language_takes_up_an_offer(locale: str | None, text: str) -> None:
    assert judging.hear(POLICY, offered(locale), text, 1).window[-1].message.asks_human


@pytest.mark.parametrize("locale", [None, "en", "de"])
@pytest.mark.parametrize(
    "text",
    [
        "no",
        "no thanks",
        "Agradeço, mas não será necessário",
        "Magari un'altra volta",
        "Por ahora no",
        "quizá más tarde",
        "Może innym razem",
        "wolę dalej tutaj",
    ],
)
def test_a_polite_no_in_the_visitors_own_language_takes_up_none(locale: str | None, text: str) -> None:
    assert judging.hear(POLICY, offered(locale), text, 1).window[-1].message.asks_human is None


def test_displeasure_is_read_in_the_language_that_a_message_is_clearly_written_in() -> None:
    text = "Das ist eine Frechheit, ich habe es schon dreimal gesagt"
    assert judging.hear(POLICY, session("en"), text, 0).window[-1].message.negative >= 1
    assert judging.hear(POLICY, session("sv"), text, 0).window[-1].message.negative == 0


@pytest.mark.parametrize("locale", ["en-US", "de", "sv", None])
@pytest.mark.parametrize(
    "text",
    [
        "je veux mourir",
        "quiero morirme",
        "me quiero suicidar",
        "ich will sterben",
        "vi ammazzo tutti",
        "chcę się zabić",
        "I want to kill myself",
    ],
)
def test_danger_is_seen_whatever_the_language_of_the_site(locale: str | None, text: str) -> None:
    assert "safety" in judging.hear(POLICY, session(locale), text, 0).window[-1].message.lists


@pytest.mark.parametrize("locale", ["en-US", "de", "fr"])
@pytest.mark.parametrize(
    "text",
    [
        "ciao, quando arriva il pacco?",
        "se non arriva oggi, annullo l'ordine",
        "¿la bomba de agua está en el almacén?",
        "la bombe de peinture est dans votre entrepôt ?",
        "de brandblusser, is die in het magazijn?",
        "czy bomba do kąpieli jest wegańska?",
        "can you spell out the word special for me",
    ],
)
def test_what_is_no_danger_is_none_on_a_site_in_another_language(locale: str, text: str) -> None:
    assert "safety" not in judging.hear(POLICY, session(locale), text, 0).window[-1].message.lists


@pytest.mark.parametrize("locale", ["en", "de"])
def test_an_ordinary_message_is_heard_in_the_sites_language_alone(locale: str) -> None:
    text = {"en": "my american saving bank was stolen", "de": "Wo ist mein Paket und wann kommt es an?"}[locale]
    assert spoken_language.heard_in(text, locale) == (locale,)


@pytest.mark.parametrize("when", ["displeased", "{not: displeased}"])
def test_while_nothing_fired_a_rule_decides_only_where_it_turns_a_part_round(when: str) -> None:
    rule = f"  - {{name: first, when: {when}, priority: normal}}\n"
    document = shipped_document().replace("rules:\n", f"rules:\n{rule}", 1)
    policy = read_policy(document)
    calm = judging.hear(policy, session(), "hello", 0)
    decided = judging.judge(policy, calm).rule
    assert (decided is None) is (when == "displeased")


@pytest.mark.parametrize(
    ("locale", "text", "told_in"),
    [
        ("en-US", "quiero hablar con una persona, por favor, no me entiende nadie", "es"),
        ("en", "me voy a matar", "es"),
        ("de", "I want to kill myself, please help me", "en"),
        ("fr", "mitarbeiter", "de"),
        (None, "me voy a matar", "es"),
        (None, "Mitarbeiter", "de"),
        (None, "un humano", "es"),
        (None, "agent", None),
        ("en", "agente", "en"),
        ("pt-BR", "quero falar com alguém", "pt-BR"),
        ("sv", "me voy a matar", "sv"),
        ("en", "¿Cuándo llega mi pedido? Lo necesito para mañana", "es"),
        ("en", "hola, where is my parcel?", "en"),
    ],
)
def test_a_decision_is_told_in_the_language_of_the_message_that_led_to_it(
    locale: str | None, text: str, told_in: str | None
) -> None:
    heard = judging.hear(POLICY, session(locale), text, 0)
    assert judging.spoken(heard) == told_in
    assert heard.locale == locale, "what is judged later is judged as it would have been"
