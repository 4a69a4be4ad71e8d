from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from bridge.domain import spoken_language
from bridge.domain.customer import Account, Customer, Fetch, OpenTicket, Order
from bridge.domain.signals import (
    WINDOW,
    MessageSignals,
    ReplySignals,
    TurnSignals,
    language_of,
    measure_message,
    measure_reply,
)
from bridge.domain.situation import Firing, Situation
from bridge.domain.triggers import Trigger, inputs_of

ADAPTER: TypeAdapter[Trigger] = TypeAdapter(Trigger)
TIERS = ("free", "standard", "enterprise")
MINUTE = 60_000
SAME = "please restart the device and try again"

Turn = tuple[MessageSignals, ReplySignals | None]


def trigger(**fields: Any) -> Trigger:
    return ADAPTER.validate_python(fields)


def situation(*turns: Turn, minutes: tuple[int, ...] = (), count: int | None = None, **fields: Any) -> Situation:
    """A session of these turns, one a minute unless `minutes` says when."""
    at = minutes or tuple(range(len(turns)))
    signals = tuple(TurnSignals(i, at[i] * MINUTE, m, r) for i, (m, r) in enumerate(turns))
    customer = fields.pop("customer", Customer(tier="standard"))
    threshold = fields.pop("confidence_threshold", 0.75)
    return Situation(signals[-WINDOW:], count or len(turns), "default", threshold, TIERS, customer)


def says(text: str = "where is it", reply: ReplySignals | None = None) -> Turn:
    return measure_message(text, language="en"), reply


def feels(points: float = 0, *, progress: bool = False, extreme: bool = False) -> Turn:
    return MessageSignals(negative=points, progress=progress, extreme=extreme), None


def replied(**fields: Any) -> Turn:
    return MessageSignals(), ReplySignals(**fields)


def said_by_bot(text: str, language: str = "en") -> Turn:
    return MessageSignals(), measure_reply(text, language=language)


def fired(s: Situation, **fields: Any) -> Firing | None:
    return trigger(**fields).fires(s)


def test_human_requested_names_the_words() -> None:
    firing = fired(situation(says("I must talk to a human")), type="human_requested")
    assert firing == Firing("talk to a human", None, 'the visitor asked for a person: "talk to a human"')


def test_human_requested_looks_at_this_message_only() -> None:
    assert fired(situation(says("talk to a human"), says("ok")), type="human_requested") is None


def test_confidence_below_the_flows_threshold() -> None:
    firing = fired(situation(replied(confidence=0.41)), type="confidence_below")
    assert firing == Firing(0.41, 0.75, "the bot was 41% sure, below the 75% the topic needs")


@pytest.mark.parametrize("confidence", [0.75, 0.9, None])
def test_a_sure_bot_or_one_that_does_not_say_is_not_unsure(confidence: float | None) -> None:
    assert fired(situation(replied(confidence=confidence)), type="confidence_below") is None


def test_confidence_below_its_own_threshold_also_without_a_flows() -> None:
    s = situation(replied(confidence=0.5), confidence_threshold=None)
    assert fired(s, type="confidence_below") is None
    assert fired(s, type="confidence_below", below=0.6)
    assert fired(s, type="confidence_below", below=0.5) is None


def test_what_is_just_below_a_threshold_reads_below_it() -> None:
    firing = fired(situation(replied(confidence=0.74999)), type="confidence_below")
    assert firing
    assert "74.9% sure, below the 75%" in firing.why


def test_an_old_unsure_reply_does_not_fire_again_at_the_next_message() -> None:
    assert fired(situation(replied(confidence=0.1), says()), type="confidence_below") is None
    assert fired(situation(replied(confidence=0.1), replied(confidence=0.9)), type="confidence_below") is None


def test_confidence_below_several_times_counts_earlier_replies() -> None:
    s = situation(replied(confidence=0.1), replied(confidence=0.9), replied(confidence=0.2), says())
    assert fired(s, type="confidence_below", times=2)
    assert fired(s, type="confidence_below", times=3) is None
    assert fired(s, type="confidence_below", times=2, within_turns=3) is None
    named = fired(s, type="confidence_below", times=2)
    assert named == Firing(0.2, 0.75, "the bot was 20% sure, below the 75% the topic needs, 2 times")


@pytest.mark.parametrize("window", [{"within_turns": 2}, {"within_minutes": 1}])
def test_a_window_of_its_own_keeps_an_unsure_reply_in_sight(window: dict[str, int]) -> None:
    unsure = replied(confidence=0.1)
    assert fired(situation(unsure, says()), type="confidence_below", **window)
    assert fired(situation(unsure, says(), says()), type="confidence_below", **window) is None


def test_negative_trajectory_needs_two_lines_and_the_points() -> None:
    assert fired(situation(feels(1), feels(1)), type="negative_trajectory")
    assert fired(situation(feels(2), feels(), feels(0.75)), type="negative_trajectory")
    assert fired(situation(feels(1), feels(0.75)), type="negative_trajectory") is None
    assert fired(situation(feels(3.5)), type="negative_trajectory") is None


def test_fewer_messages_may_be_asked_for() -> None:
    firing = fired(situation(feels(1)), type="negative_trajectory", points=1, messages=1)
    assert firing
    assert firing.why == "the visitor's displeasure adds up: 1 points in one message, at or above 1"
    assert fired(situation(feels(1), feels(1)), type="negative_trajectory", messages=3) is None


def test_a_trouble_weighs_half_a_point_beside_displeasure_and_nothing_alone() -> None:
    trouble = MessageSignals(trouble=True), None
    assert fired(situation(trouble, feels(1)), type="negative_trajectory", points=1.5)
    assert fired(situation(feels(1), trouble), type="negative_trajectory", points=1.5)
    assert fired(situation(trouble, feels(0.95)), type="negative_trajectory", points=1.5) is None
    assert fired(situation(*[trouble] * 6), type="negative_trajectory", points=1.5) is None


def test_an_extreme_line_counts_alone() -> None:
    assert fired(situation(feels(2, extreme=True)), type="negative_trajectory")
    assert fired(situation(feels(2, extreme=True), feels()), type="negative_trajectory") is None


def test_the_present_message_must_carry_points_itself() -> None:
    assert fired(situation(feels(2), feels(2), feels()), type="negative_trajectory") is None


def test_progress_takes_a_point_away_and_never_goes_below_nothing() -> None:
    thanks = feels(progress=True)
    assert fired(situation(feels(1), thanks, feels(1)), type="negative_trajectory") is None
    assert fired(situation(feels(2), thanks, feels(1)), type="negative_trajectory")
    assert fired(situation(thanks, thanks, thanks, feels(1), feels(1)), type="negative_trajectory")


def test_displeasure_before_progress_that_wiped_it_out_is_no_second_line() -> None:
    assert fired(situation(feels(1), feels(progress=True), feels(2)), type="negative_trajectory") is None


def test_displeasure_is_reported_with_the_latest_of_the_words_that_sounded_bad() -> None:
    first, last = ((MessageSignals(negative=1, weighed=word * 100), None) for word in ("a", "z"))
    firing = fired(situation(first, feels(), last), type="negative_trajectory")
    assert firing
    assert firing.why.endswith(f"at or above 2 ({'a' * 18}; {'z' * 100})")


def test_negative_trajectory_forgets_what_left_the_window() -> None:
    assert fired(situation(feels(1), *[feels()] * 4, feels(1)), type="negative_trajectory")
    s = situation(feels(1), *[feels()] * 5, feels(1))
    assert fired(s, type="negative_trajectory") is None
    assert fired(s, type="negative_trajectory", within_turns=7)
    assert fired(s, type="negative_trajectory", within_turns=7, within_minutes=5) is None


def test_visitor_repeats() -> None:
    s = situation(says("where is my blue jacket order"), says("my blue jacket order, where is it?"))
    firing = fired(s, type="visitor_repeats")
    assert firing == Firing(100, 75, "the visitor says the same again (100% alike)")


def test_visitor_repeats_knows_the_message_just_before_in_a_long_conversation() -> None:
    again = says("where is my blue jacket order")
    assert fired(situation(says(), says(), again, again), type="visitor_repeats")
    assert fired(situation(says(), again, says(), again), type="visitor_repeats")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("yes please", "yes please"),
        ("thank you", "thank you"),
        ("blue jacket", "blue jacket"),
        ("blue jacket", "blue jacket order"),
    ],
)
def test_short_answers_are_no_repetition(first: str, second: str) -> None:
    assert fired(situation(says(first), says(second)), type="visitor_repeats") is None


def test_another_question_is_no_repetition() -> None:
    s = situation(says("where is my blue jacket order"), says("can the red shoes ship to Canada"))
    assert fired(s, type="visitor_repeats") is None


def test_visitor_repeats_looks_at_the_last_messages_only() -> None:
    again = says("where is my blue jacket order")
    s = situation(again, says(), says(), again)
    assert fired(s, type="visitor_repeats") is None
    assert fired(s, type="visitor_repeats", within_turns=3)


def test_visitor_repeats_looks_back_by_minutes_as_well() -> None:
    again, other = says("my parcel from hamburg is missing"), says("the tracking page shows nothing useful")
    s = situation(again, other, other, again, minutes=(0, 5, 6, 10))
    assert fired(s, type="visitor_repeats", within_minutes=10)
    assert fired(s, type="visitor_repeats", within_minutes=9) is None
    assert fired(s, type="visitor_repeats", within_minutes=10, within_turns=2) is None
    assert fired(situation(again, *[other] * (WINDOW - 2), again), type="visitor_repeats", within_minutes=WINDOW)


def test_bot_repeats() -> None:
    assert fired(situation(replied(text=SAME), replied(text=SAME)), type="bot_repeats")
    assert fired(situation(*[replied(text="your order ships tomorrow")] * 2), type="bot_repeats")
    assert fired(situation(replied(text=SAME), replied(text="your order ships tomorrow")), type="bot_repeats") is None
    assert fired(situation(replied(text=SAME), replied(text=SAME)), type="bot_repeats", times=3) is None
    assert (
        fired(situation(replied(text="you are welcome"), replied(text="you are welcome")), type="bot_repeats") is None
    )
    other = replied(text="your order ships tomorrow, I think")
    assert fired(situation(other, replied(text=SAME), replied(text=SAME)), type="bot_repeats")
    assert fired(situation(replied(text=SAME), other, replied(text=SAME)), type="bot_repeats")
    thanked = replied(text="you are welcome")
    assert fired(situation(other, thanked, thanked), type="bot_repeats") is None
    assert fired(situation(thanked, other, thanked), type="bot_repeats") is None
    assert fired(situation(replied(text=SAME), replied(text=SAME), other), type="bot_repeats") is None


def talk(language: str, *lines: tuple[str, str]) -> Situation:
    said = ((measure_message(one, language=language), measure_reply(other, language=language)) for one, other in lines)
    return situation(*said)


BESIDE = {
    "en": [
        ("is the tent waterproof?", "The tent weighs two kilos."),
        ("ok and is it waterproof", "Two kilos is what it weighs with its bag."),
        ("waterproof or not?", "Shipping is free from 50 pounds on."),
    ],
    "es": [
        ("¿la tienda tiene probador?", "La tienda abre a las diez."),
        ("sí, pero ¿hay probador?", "Abre a las diez de la mañana."),
        ("el probador", "El envío es gratis desde 50 euros."),
    ],
    "de": [
        ("ist das Zelt wasserdicht?", "Das Zelt wiegt zwei Kilo."),
        ("und ist es wasserdicht?", "Mit Tasche wiegt es zwei Kilo."),
        ("wasserdicht oder nicht", "Der Versand ist ab 50 Euro frei."),
    ],
    "fr": [
        ("la tente est imperméable ?", "La tente pèse deux kilos."),
        ("d'accord mais imperméable ?", "Deux kilos, c'est son poids avec le sac."),
        ("imperméable ou pas", "La livraison est offerte dès 50 euros."),
    ],
    "pt": [
        ("a barraca é impermeável?", "A barraca pesa dois quilos."),
        ("tá, mas é impermeável?", "Dois quilos é o peso com a bolsa."),
        ("impermeável ou não", "O frete é grátis acima de 50 reais."),
    ],
    "it": [
        ("la tenda è impermeabile?", "La tenda pesa due chili."),
        ("sì ma è impermeabile?", "Due chili è il peso con la borsa."),
        ("impermeabile o no", "La spedizione è gratis da 50 euro."),
    ],
    "nl": [
        ("is de tent waterdicht?", "De tent weegt twee kilo."),
        ("ja maar is hij waterdicht?", "Met tas weegt hij twee kilo."),
        ("waterdicht of niet", "Verzending is gratis vanaf 50 euro."),
    ],
    "pl": [
        ("czy namiot jest wodoodporny?", "Namiot waży dwa kilo w torbie."),
        ("ale wodoodporny?", "Dwa kilo waży namiot z torbą."),
        ("a wodoodporny?", "Dostawa jest darmowa od 200 zł."),
    ],
}
"""Somebody comes back twice to a word that no answer has."""
TAKEN_UP = [
    # something else of the same thing, each time
    ("is the tent waterproof?", "Up to two metres of water."),
    ("is the tent light?", "Two kilos with its bag."),
    ("can I wash the tent?", "With cold water and no soap."),
]


@pytest.mark.parametrize("code", BESIDE)
def test_passed_over_is_what_comes_back_in_every_language(code: str) -> None:
    s = talk(code, *BESIDE[code])
    assert fired(s, type="passed_over", at_least=2)
    assert fired(talk(code, *BESIDE[code][:2]), type="passed_over")
    assert fired(talk(code, *BESIDE[code][:1]), type="passed_over") is None
    assert fired(s, type="passed_over", at_least=2, within_turns=1) is None


def test_passed_over_is_silent_where_the_talk_goes_on() -> None:
    assert fired(talk("en", *TAKEN_UP), type="passed_over") is None
    asked = talk(
        "en", ("my tent leaks", "Which tent do you have there?"), ("it leaks, the tent", "Is it the blue one?")
    )
    assert fired(asked, type="passed_over") is None
    number = talk(
        "en", ("order 44127, when?", "It comes to you tomorrow."), ("44127 is it", "It comes to you tomorrow.")
    )
    assert fired(number, type="passed_over") is None
    thanks = talk(
        "en", ("is it waterproof?", "It weighs two kilos, sir."), ("thanks, waterproof I see", "Have a good day then.")
    )
    assert fired(thanks, type="passed_over") is None
    long = f"The tent weighs two kilos and comes with {', '.join(['pegs and poles'] * 7)}."
    assert fired(talk("en", ("is it waterproof?", long), ("but waterproof?", long)), type="passed_over") is None


CIRCLING = [
    ("the code does nothing", "Enter the code in the field and press Apply."),
    ("i did", "To use a code, enter it in the field and press Apply."),
]


def test_bot_circles_once_the_visitor_writes_on() -> None:
    asks = says("and now?")
    circled = talk("en", *CIRCLING)
    assert fired(circled, type="bot_circles") is None
    turns = [(turn.message, turn.reply) for turn in circled.turns]
    assert fired(situation(*turns, asks), type="bot_circles") == Firing(
        1, 1, "the bot came back to its own answer once"
    )
    assert fired(situation(*turns, asks), type="bot_circles", times=2) is None
    assert fired(situation(*turns, says("thank you")), type="bot_circles") is None
    assert fired(situation(*turns, asks, asks, asks), type="bot_circles", within_turns=3) is None


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("and in green?", "Yes, the shelf comes in green."),
        ("how much is it?", "Yes, the shelf comes for 40 euros."),
        ("and when?", "In the meantime we would be glad to tell you more."),
        ("in red please", "Is it that the shelf comes in blue?"),
    ],
)
def test_an_answer_that_takes_something_up_is_no_circle(asked: str, answered: str) -> None:
    first = ("is there a shelf in blue?", "Yes, the shelf comes in blue.")
    assert fired(talk("en", first, (asked, answered), ("well", "")), type="bot_circles") is None


def test_bot_repeats_is_still_known_when_the_next_message_is_judged_alone() -> None:
    assert fired(situation(replied(text=SAME), replied(text=SAME), says()), type="bot_repeats")
    assert fired(situation(says()), type="bot_repeats") is None


def test_intent_failures_count_only_what_the_bot_says_it_missed() -> None:
    missed = replied(intent_matched=False)
    assert fired(situation(missed, replied(intent_matched=True), missed), type="intent_failures")
    assert fired(situation(missed, missed, says()), type="intent_failures")
    assert fired(situation(missed), type="intent_failures") is None
    assert fired(situation(replied(), replied()), type="intent_failures") is None
    assert fired(situation(missed, *[replied()] * 3, missed), type="intent_failures", within_turns=2) is None


@pytest.mark.parametrize(("count", "said"), [(1, "once"), (2, "2 times"), (3, "3 times")])
def test_a_reason_says_how_often(count: int, said: str) -> None:
    missed, failed = replied(intent_matched=False), replied(failed=True)
    not_understood = fired(situation(*[missed] * count), type="intent_failures", at_least=1)
    assert not_understood == Firing(count, 1, f"the bot did not understand the visitor {said}")
    assert fired(situation(*[failed] * count), type="bot_failed") == Firing(count, 1, f"the bot could not help {said}")


def test_a_reported_failure_is_told_from_one_that_was_read() -> None:
    read, reported = replied(failed=True), replied(failed=True, down=True)
    assert fired(situation(read), type="bot_failed")
    assert fired(situation(read), type="bot_failed", reported=True) is None
    assert fired(situation(reported), type="bot_failed", reported=True)


def test_a_failure_that_offers_a_person_or_says_why_is_no_dead_end() -> None:
    offers = ("offers_human", "offers_otherwise")
    for offered in (*(replied(failed=True, **{name: True}) for name in offers), replied(failed=True, offers_place=2)):
        assert fired(situation(offered), type="bot_failed")
        assert fired(situation(offered), type="bot_failed", dead_ends=True) is None
    assert fired(situation(replied(failed=True)), type="bot_failed", dead_ends=True)
    explained = said_by_bot("I cannot do that. " + "It was a basic fare, which the airline never changes. " * 4)
    assert fired(situation(explained), type="bot_failed")
    assert fired(situation(explained), type="bot_failed", dead_ends=True) is None


@pytest.mark.parametrize(("text", "words"), [
    ("Let me transfer you to a human agent… One moment please.", "Let me transfer you to a human"),
    ("I've created a support ticket for you.", "I've created a support ticket"),
    ("A colleague will call you back shortly.", "colleague will call you"),
    ("Thanks! You will receive an answer within 24 hours.", "You will receive an answer within"),
    ("I have escalated this to our support team.", "I have escalated"),
    ("Someone from our team will be in touch soon.", "team will be in touch"),
    ("I'm connecting you with a specialist now.", "I'm connecting you with a specialist"),
    ("We will get back to you by e-mail.", "will get back to you"),
])  # fmt: skip
def test_bot_promised_names_the_words(text: str, words: str) -> None:
    assert fired(situation(said_by_bot(text)), type="bot_promised") == Firing(
        words, None, f'the bot promised a person: "{words}"'
    )


@pytest.mark.parametrize("text", [
    "Would you like me to transfer you to a human agent?", "You can create a ticket under Help > Contact.",
    "I cannot transfer you to an agent.", "If you write to us, we will get back to you within 24 hours.",
    "Your parcel will arrive within 24 hours.", "I have refunded 20 USD to your card.",
    "I recommend transferring you to a human agent. Shall I?", "To transfer you to a human I need your order number.",
    "I recommend contacting a human agent.", "The courier will call you before the delivery.",
    "I have found your ticket for the concert.", "Our team is available from nine to five.",
    "I will not transfer you before you have logged in.", "Please wait while I look up your order.",
])  # fmt: skip
def test_bot_promised_is_silent_where_no_person_is_promised(text: str) -> None:
    assert fired(situation(said_by_bot(text)), type="bot_promised") is None


COMING = {
    "en": (
        "Your conversation has been handed over to a human representative.",
        "I've gone ahead and opened a support ticket for you.",
        "We'll reply to your message within one business day.",
        "You'll be contacted by our support team soon.",
        "I'm going to escalate this to my supervisor.",
        "An advisor will join the chat momentarily.",
        "I've scheduled a callback for you.",
        "Just a second, grabbing a colleague for you.",
    ),
    "de": (
        "Wir rufen Sie morgen Vormittag zurück.",
        "Ich verbinde Sie jetzt mit einem Mitarbeiter.",
        "Einen Moment bitte, ich leite Sie weiter.",
        "Sie werden jetzt an unseren Kundenservice weitergeleitet.",
        "Ich habe Ihr Anliegen an das zuständige Team weitergegeben.",
        "Ich habe ein Ticket für dich erstellt.",
        "Ein Kollege ruft dich in Kürze zurück.",
        "Sie erhalten innerhalb von 24 Stunden eine Antwort.",
        "Wir melden uns so schnell wie möglich bei Ihnen.",
        "Ein Mitarbeiter wird sich bei Ihnen melden.",
    ),
    "es": (
        "Le paso con un agente.",
        "Un momento, te transfiero con un compañero.",
        "Voy a transferirle a un asesor humano.",
        "He escalado su caso al equipo de soporte.",
        "Hemos abierto un ticket con su solicitud.",
        "Un asesor se pondrá en contacto con usted en breve.",
        "Recibirá una respuesta en un plazo de 24 horas.",
        "Nos pondremos en contacto contigo lo antes posible.",
        "Un compañero te llamará mañana.",
    ),
    "fr": (
        "Je vous mets en relation avec un conseiller.",
        "Un instant, je vous transfère à un collègue.",
        "Je vais te mettre en contact avec un agent.",
        "J'ai transmis votre demande à notre équipe.",
        "J'ai ouvert un ticket pour vous.",
        "Un conseiller vous rappellera dans la journée.",
        "Vous recevrez une réponse sous 24 heures.",
        "Nous reviendrons vers vous dans les plus brefs délais.",
        "Notre service client vous contactera rapidement.",
    ),
    "it": (
        "La metto in contatto con un operatore.",
        "Un attimo, ti passo un collega.",
        "La trasferisco subito al nostro servizio clienti.",
        "Ho inoltrato la sua richiesta al reparto competente.",
        "Ho aperto un ticket per te.",
        "Un nostro operatore la ricontatterà al più presto.",
        "Riceverà una risposta entro 24 ore.",
        "Ti risponderemo entro domani.",
        "Un collega ti richiamerà oggi pomeriggio.",
    ),
    "nl": (
        "Ik verbind u door met een medewerker.",
        "Een ogenblik, ik zet je door naar een collega.",
        "U wordt nu doorverbonden met een medewerker.",
        "Ik heb uw vraag doorgestuurd naar ons team.",
        "Ik heb een ticket voor je aangemaakt.",
        "Een collega belt u zo snel mogelijk terug.",
        "Je krijgt binnen 24 uur antwoord.",
        "We nemen zo snel mogelijk contact met u op.",
        "Een medewerker zal contact met je opnemen.",
        "Ik zal u doorverbinden met een collega.",
    ),
    "pl": (
        "Łączę Pana z konsultantem.",
        "Chwileczkę, przełączam Cię do konsultanta.",
        "Zaraz połączę Panią z naszym pracownikiem.",
        "Przekazałem Twoje zgłoszenie do odpowiedniego działu.",
        "Utworzyłam zgłoszenie w tej sprawie.",
        "Konsultant skontaktuje się z Panem wkrótce.",
        "Odpowiedź otrzymasz w ciągu 24 godzin.",
        "Odezwiemy się do Ciebie jak najszybciej.",
        "Nasz pracownik oddzwoni jutro rano.",
    ),
    "pt": (
        "Vou transferir você para um atendente.",
        "Um momento, estou a passar a conversa a um colega.",
        "Você será transferido para um de nossos atendentes.",
        "Encaminhei o seu pedido para a equipa responsável.",
        "Abri um chamado para você.",
        "Um colega vai ligar-lhe em breve.",
        "Receberá uma resposta no prazo de 24 horas.",
        "Entraremos em contato com você o mais rápido possível.",
        "Um atendente entrará em contacto consigo.",
    ),
}


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in COMING.items() for text in texts])
def test_bot_promised_is_heard_in_every_language(code: str, text: str) -> None:
    assert fired(situation(said_by_bot(text, code)), type="bot_promised")


NOBODY_COMES = {
    "en": (
        "I can't promise that a colleague will call you.",
        "Make sure the courier calls you.",
        "We answer e-mails within 24 hours.",
        "The phone case is made of leather.",
        "Your refund will be processed by our billing department.",
        "You can reach a human by phone.",
    ),
    "de": (
        "Ich habe Ihnen den Link zum Support geschickt.",
        "Ich kann nicht versprechen, dass ein Kollege Sie anruft.",
        "Soll ich Sie mit einem Mitarbeiter verbinden?",
        "Ich kann Sie leider nicht weiterleiten.",
        "Sie können unter Hilfe ein Ticket erstellen.",
        "Wenn Sie uns schreiben, melden wir uns innerhalb von 24 Stunden.",
        "Ihr Paket wird morgen geliefert.",
        "Der Kurier ruft Sie vor der Zustellung an.",
        "Ich habe die Rückerstattung veranlasst.",
        "Ich empfehle, einen Mitarbeiter zu kontaktieren.",
        "Einen Moment, ich sehe in Ihrer Bestellung nach.",
        "Unser Team ist montags bis freitags erreichbar.",
        "Sie erhalten Ihre Ware innerhalb von 3 Tagen.",
    ),
    "es": (
        "Le he enviado el enlace al soporte.",
        "No puedo prometer que un agente le llamará.",
        "¿Quiere que le pase con un agente?",
        "No puedo transferirle a un agente.",
        "Puede abrir un ticket en la sección de ayuda.",
        "Si nos escribe, le responderemos en 24 horas.",
        "Su pedido llegará mañana.",
        "El repartidor le llamará antes de la entrega.",
        "He procesado su reembolso.",
        "Le recomiendo contactar con un agente.",
        "Un momento, voy a buscar su pedido.",
        "Nuestro equipo está disponible de nueve a cinco.",
        "Recibirá su pedido en un plazo de 3 días.",
    ),
    "fr": (
        "J'ai envoyé le lien vers le support.",
        "Je ne peux pas garantir qu'un agent vous rappellera.",
        "Je vous passe le lien du support.",
        "Voulez-vous que je vous mette en relation avec un conseiller ?",
        "Je ne peux pas vous transférer à un agent.",
        "Vous pouvez ouvrir un ticket dans la rubrique Aide.",
        "Si vous nous écrivez, nous vous répondrons sous 24 heures.",
        "Votre colis arrivera demain.",
        "Le livreur vous appellera avant la livraison.",
        "J'ai effectué votre remboursement.",
        "Je vous recommande de contacter un conseiller.",
        "Un instant, je regarde votre commande.",
        "Notre équipe est disponible du lundi au vendredi.",
        "Vous recevrez votre commande sous 3 jours.",
    ),
    "it": (
        "Ho inviato il link all'assistenza.",
        "Non posso garantire che un operatore la chiamerà.",
        "Vuole che la metta in contatto con un operatore?",
        "Non posso trasferirla a un operatore.",
        "Può aprire un ticket nella sezione Aiuto.",
        "Se ci scrive, le risponderemo entro 24 ore.",
        "Il suo pacco arriverà domani.",
        "Il corriere la chiamerà prima della consegna.",
        "Ho effettuato il rimborso.",
        "Le consiglio di contattare un operatore.",
        "Un attimo, controllo il suo ordine.",
        "Il nostro team è disponibile dalle nove alle diciassette.",
        "Riceverà il suo ordine entro 3 giorni.",
    ),
    "nl": (
        "Ik heb u de link naar de klantenservice gestuurd.",
        "Ik kan niet beloven dat een collega u belt.",
        "Wilt u dat ik u doorverbind met een medewerker?",
        "Ik kan u niet doorverbinden met een medewerker.",
        "U kunt een ticket aanmaken via Help.",
        "Als u ons mailt, krijgt u binnen 24 uur antwoord.",
        "Uw pakket wordt morgen bezorgd.",
        "De koerier belt u voor de bezorging.",
        "Ik heb het bedrag teruggestort.",
        "Ik raad aan contact op te nemen met een medewerker.",
        "Een ogenblik, ik zoek uw bestelling op.",
        "Ons team is bereikbaar van negen tot vijf.",
        "U krijgt uw bestelling binnen drie dagen.",
    ),
    "pl": (
        "Przesłałem link do działu pomocy.",
        "Nie mogę obiecać, że konsultant zadzwoni.",
        "Czy połączyć Pana z konsultantem?",
        "Nie mogę połączyć Pani z konsultantem.",
        "Możesz utworzyć zgłoszenie w zakładce Pomoc.",
        "Jeśli do nas napiszesz, odpowiemy w ciągu 24 godzin.",
        "Twoja paczka dotrze jutro.",
        "Kurier zadzwoni do Pana przed dostawą.",
        "Zleciłem zwrot pieniędzy.",
        "Polecam skontaktować się z konsultantem.",
        "Chwileczkę, sprawdzam Twoje zamówienie.",
        "Nasz zespół jest dostępny od dziewiątej do siedemnastej.",
        "Zamówienie otrzymasz w ciągu trzech dni.",
    ),
    "pt": (
        "Enviei o link para o suporte.",
        "Não posso prometer que um colega ligará.",
        "Quer que eu transfira você para um atendente?",
        "Não posso transferir você para um atendente.",
        "Você pode abrir um chamado na seção Ajuda.",
        "Se nos escrever, responderemos em 24 horas.",
        "A sua encomenda chega amanhã.",
        "O estafeta vai ligar-lhe antes da entrega.",
        "Processei o seu reembolso.",
        "Recomendo entrar em contato com um atendente.",
        "Um momento, vou procurar o seu pedido.",
        "A nossa equipa está disponível das nove às cinco.",
        "Receberá a sua encomenda em três dias.",
    ),
}


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in NOBODY_COMES.items() for text in texts])
def test_bot_promised_is_silent_in_every_language_where_no_person_is_promised(code: str, text: str) -> None:
    assert fired(situation(said_by_bot(text, code)), type="bot_promised") is None


def test_bot_promised_looks_at_the_present_reply_only() -> None:
    s = situation(said_by_bot("A colleague will call you back shortly."), says("thanks"))
    assert fired(s, type="bot_promised") is None


def test_visitor_repeats_counts_how_often_the_same_was_said_before() -> None:
    again = says(SAME)
    assert fired(situation(again, again), type="visitor_repeats", at_least=2) is None
    firing = fired(situation(again, says(), again, again), type="visitor_repeats", at_least=2)
    assert firing == Firing(100, 75, "the visitor says the same 3 times (100% alike)")
    long_ago = situation(again, again, says(), says(), again)
    assert fired(long_ago, type="visitor_repeats", at_least=2, within_turns=3) is None


def test_bot_failed() -> None:
    failed = replied(failed=True)
    assert fired(situation(failed), type="bot_failed")
    assert fired(situation(replied()), type="bot_failed") is None
    assert fired(situation(failed, replied()), type="bot_failed", at_least=2) is None
    assert fired(situation(failed, failed, minutes=(0, 90)), type="bot_failed", at_least=2, within_minutes=60) is None
    assert fired(situation(failed, failed, minutes=(0, 60)), type="bot_failed", at_least=2, within_minutes=60)


@pytest.mark.parametrize(
    ("tier", "holds"), [("free", False), ("standard", True), ("enterprise", True), ("unheard", False)]
)
def test_tier_at_least(tier: str, holds: bool) -> None:
    s = situation(says(), customer=Customer(tier=tier))
    assert bool(fired(s, type="tier_at_least", tier="standard")) is holds


def test_an_assumed_tier_says_so() -> None:
    s = situation(says(), customer=Customer(tier="enterprise", tier_assumed=True, fetch=Fetch.FAILED))
    firing = fired(s, type="tier_at_least", tier="enterprise")
    assert firing
    assert "assumed" in firing.why


def buyer(**fields: Any) -> Situation:
    return situation(says(), customer=Customer(tier="standard", account=Account(**fields)))


def test_order_value_takes_the_highest_order_in_that_currency() -> None:
    orders = tuple(
        Order(id=f"{i}", total=total, currency=currency, status="paid")
        for i, (total, currency) in enumerate([(20, "USD"), (1249.5, "USD"), (9000, "JPY")])
    )
    firing = fired(buyer(orders=orders), type="order_value_at_least", amount=500, currency="USD")
    assert firing == Firing(1249.5, 500, "order 1 is worth 1,249.50 USD, at or above 500")
    assert fired(buyer(orders=orders), type="order_value_at_least", amount=1300, currency="USD") is None
    assert fired(buyer(orders=orders), type="order_value_at_least", amount=1, currency="EUR") is None
    assert fired(buyer(), type="order_value_at_least", amount=1, currency="USD") is None


def test_words_of_a_list() -> None:
    s = situation(says("I will never buy from you again"))
    assert fired(s, type="words", list="churn")
    assert fired(s, type="words", list="legal") is None


def test_words_of_the_owner_are_whole_words_in_any_case() -> None:
    s = situation(says("Is BLACK Friday over?"))
    assert fired(s, type="words", words=["black friday"])
    assert fired(s, type="words", words=["black fri"]) is None


def heard_in(locale: str | None, text: str) -> Situation:
    """A session of one message, measured as a live one is."""
    return situation((measure_message(text, language=language_of(locale or spoken_language.guess(text))), None))


@pytest.mark.parametrize(
    ("locale", "phrase", "text"),
    [
        ("de_DE", "mein Geld zurück", "Ich will mein Geld zurück"),
        ("de_DE", "kündige den Vertrag", "Ich kündige diesen Vertrag!"),
        ("es_ES", "devolver mi dinero", "Quiero devolver mi dinero"),
        ("fr_FR", "résilier mon contrat", "Je veux résilier mon contrat"),
        ("fr_FR", "remboursement de l'acompte", "Je demande le remboursement de mon acompte"),
        ("it_IT", "annullare il mio ordine", "Vorrei annullare il mio ordine"),
        ("nl_NL", "mijn geld terug", "Ik wil mijn geld terug"),
        ("pl_PL", "zwrot moich pieniędzy", "Chcę zwrot moich pieniędzy"),
        ("pt_BR", "cancelar o meu contrato", "Quero cancelar o meu contrato"),
        ("de_DE", "cancel my contract", "Please cancel my contract"),
        ("en_US", "cancel my contract", "I want to cancel my contract"),
        ("en_US", "mein Geld zurück", "mein Geld zurück"),
        (None, "mein Geld zurück", "Ich will mein Geld zurück"),
        (None, "mein Geld zurück", "mein Geld zurück bitte"),
        (None, "cancel my contract", "I want to cancel my contract"),
    ],
)
def test_words_of_the_owner_are_found_whatever_small_words_the_language_of_the_session_has(
    locale: str | None, phrase: str, text: str
) -> None:
    firing = fired(heard_in(locale, text), type="words", words=["nothing like it", phrase])
    assert firing == Firing(phrase, None, f'the visitor wrote "{phrase}"')


@pytest.mark.parametrize(
    ("locale", "phrase", "text"),
    [
        ("en_US", "man down", "the server went down"),  # `man` is small in German, and means something here
        ("en_US", "die hard", "this is hard"),
        ("de_DE", "nicht mehr", "ja"),  # nothing of it is left in German, nor of the message
        ("de_DE", "nicht mehr", "Ich will das nicht mehr, mein Geld zurück"),
    ],
)
def test_words_of_the_owner_keep_their_small_words_of_other_languages(locale: str, phrase: str, text: str) -> None:
    assert fired(heard_in(locale, text), type="words", words=[phrase]) is None


@pytest.mark.parametrize(
    ("bound", "value", "holds"),
    [
        ({"at_least": 0.8}, 0.8, True),
        ({"at_least": 0.8}, 0.79, False),
        ({"below": 0.3}, 0.29, True),
        ({"below": 0.3}, 0.3, False),
        ({"equals": "angry"}, "angry", True),
        ({"equals": "angry"}, "calm", False),
        ({"equals": True}, True, True),
        ({"equals": True}, 1.0, False),
        ({"equals": 0}, 0.0, True),
        ({"at_least": 0.5}, "high", False),
        ({"at_least": 0.5}, True, False),
    ],
)
def test_a_hosts_own_signal(bound: dict[str, Any], value: Any, holds: bool) -> None:
    assert bool(fired(situation(replied(values={"x": value})), type="signal", name="x", **bound)) is holds


@pytest.mark.parametrize(
    ("value", "said"), [(True, "x is true"), (False, "x is false"), ("angry", "x is angry"), (2.0, "x is 2")]
)
def test_a_reason_writes_a_hosts_value_as_people_do(value: Any, said: str) -> None:
    s = situation(replied(values={"x": value}))
    assert fired(s, type="signal", name="x", equals=value) == Firing(value, value, said)


def test_an_absent_signal_does_not_fire() -> None:
    assert fired(situation(says()), type="signal", name="x", below=1) is None
    assert fired(situation(replied(values={"x": 0.0}), says()), type="signal", name="x", below=1) is None


def test_sla_at_risk() -> None:
    assert fired(buyer(sla_minutes_left=60), type="sla_at_risk", minutes_left=60)
    assert fired(buyer(sla_minutes_left=61), type="sla_at_risk", minutes_left=60) is None
    assert fired(buyer(), type="sla_at_risk", minutes_left=60) is None


@pytest.mark.parametrize(
    ("left", "said"), [(1, "due in 1 minutes"), (0, "0 minutes past"), (-1, "1 minutes past"), (-5, "5 minutes past")]
)
def test_a_reason_says_whether_the_service_level_is_near_or_past(left: int, said: str) -> None:
    firing = fired(buyer(sla_minutes_left=left), type="sla_at_risk", minutes_left=60)
    assert firing == Firing(left, 60, f"the service level is {said}")


AMOUNTS: dict[str, Any] = {"type": "order_value_at_least", "amounts": {"USD": 500, "EUR": 450}}


def orders(*worth: tuple[float, str]) -> Situation:
    return buyer(orders=tuple(Order(id=str(i), total=t, currency=c, status="paid") for i, (t, c) in enumerate(worth)))


@pytest.mark.parametrize(
    ("worth", "holds"),
    [
        ([(500, "USD")], True),
        ([(499.99, "USD"), (449.99, "EUR")], False),
        ([(100, "USD"), (450, "EUR")], True),
        ([(9000, "JPY")], False),
        ([], False),
    ],
)
def test_the_highest_order_of_each_currency_stands_against_its_own_amount(
    worth: list[tuple[float, str]], *, holds: bool
) -> None:
    assert bool(fired(orders(*worth), **AMOUNTS)) is holds


def test_an_order_value_in_several_currencies_names_the_order_that_reached() -> None:
    firing = fired(orders((20, "USD"), (1200, "EUR"), (460, "EUR")), **AMOUNTS)
    assert firing == Firing(1200, 450, "order 1 is worth 1,200 EUR, at or above 450")


def spoke(text: str, *subjects: str, language: str = "en", earlier: tuple[str, ...] = ()) -> Situation:
    """A customer with an open ticket of each subject, numbered from 1, who writes this."""
    tickets = tuple(OpenTicket(id=str(i), subject=subject, status="open") for i, subject in enumerate(subjects, 1))
    turns = [(measure_message(said, language=language), None) for said in (*earlier, text)]
    return situation(*turns, customer=Customer(tier="standard", account=Account(open_tickets=tickets)))


def test_an_open_ticket_counts_when_it_is_about_this() -> None:
    s = spoke("the blender still leaks", "Delivery address", "Blender leaks at the bottom")
    assert fired(s, type="open_ticket") == Firing(
        "2", None, 'the open ticket 2 is about this: both speak of "blender leaks"'
    )


def test_an_open_ticket_about_something_else_does_not_count_unless_any_will_do() -> None:
    s = spoke("can I change my password", "Blender leaks")
    assert fired(s, type="open_ticket") is None
    assert fired(s, type="open_ticket", about="any") == Firing("1", None, "the customer has the open ticket 1")
    both = spoke("can I change my password", "Blender leaks", "Delivery address")
    assert fired(both, type="open_ticket", about="any") == Firing("1", None, "the customer has the open ticket 1")
    assert fired(buyer(), type="open_ticket", about="any") is None
    assert fired(buyer(), type="open_ticket") is None


@pytest.mark.parametrize(
    ("text", "subject", "language"),
    [
        ("I need help with a problem with my order", "Help: problem with an order", "en"),
        ("Ich habe eine Frage zu meiner Bestellung", "Frage zur Bestellung", "de"),
        ("Tengo una consulta sobre mi pedido", "Consulta sobre un pedido", "es"),
        ("J'ai un problème avec ma commande", "Problème de commande", "fr"),
        ("Tenho uma dúvida sobre a minha encomenda", "Dúvida sobre encomenda", "pt"),
        ("Ho un problema con il mio ordine", "Richiesta: problemi con un ordine", "it"),
        ("Ik heb een vraag over mijn bestelling", "Vraag over bestelling", "nl"),
        ("Mam pytanie, chodzi o zamówienie", "Pytanie: zamówienie", "pl"),
        ("the two parcels", "2 of 3 are missing", "en"),
        ("only 12 arrived", "12 of 20 are missing", "en"),
        ("die Sendung war nicht da", "Die Maschine war kaputt", ""),
        ("hello", "", "en"),
    ],
)
def test_words_that_stand_in_every_ticket_say_nothing_of_what_it_is_about(
    text: str, subject: str, language: str
) -> None:
    assert fired(spoke(text, subject, language=language), type="open_ticket") is None


@pytest.mark.parametrize("text", ["what about invoice #8821?", "Rechnung 8821 stimmt nicht", "it is 8821"])
def test_a_ticket_that_names_the_same_document_number_is_about_this(text: str) -> None:
    firing = fired(spoke(text, "Inv. 8821: wrong total"), type="open_ticket")
    assert firing
    assert '"8821"' in firing.why
    assert fired(spoke(text, "Inv. 8822: wrong total"), type="open_ticket") is None


def test_a_document_number_counts_however_late_it_stands_in_a_long_message() -> None:
    long = " ".join(f"word{n}" for n in range(60)) + " invoice #8821"
    assert fired(spoke(long, "No. 8821"), type="open_ticket")
    assert fired(spoke(f"{long}b", "No. 8821b"), type="open_ticket")
    assert fired(spoke(long, "Where is the invoice?"), type="open_ticket") is None


@pytest.mark.parametrize(("text", "subject"), [("the tv is dark", "TV broken"), ("where is 882", "882 not delivered")])
def test_a_short_word_and_a_number_of_three_digits_can_be_what_a_ticket_is_about(text: str, subject: str) -> None:
    assert fired(spoke(text, subject), type="open_ticket")


def test_what_was_said_earlier_in_the_window_counts_for_a_ticket_too() -> None:
    assert fired(spoke("yes, that one", "Blender leaks", earlier=("my blender is broken",)), type="open_ticket")


@pytest.mark.parametrize(
    ("text", "subject", "language"),
    [("wo bleibt die rückgabe", "Rückgabe Schuhe", "de"), ("la devolucion no llega", "Devolución pendiente", "es")],
)
def test_a_subject_is_compared_without_accents_and_case(text: str, subject: str, language: str) -> None:
    assert fired(spoke(text, subject, language=language), type="open_ticket")


def test_turns_without_resolution_count_from_the_last_progress() -> None:
    calm, thanks = feels(), feels(progress=True)
    assert fired(situation(calm, calm, calm), type="turns_without_resolution", turns=3)
    assert fired(situation(calm, calm), type="turns_without_resolution", turns=3) is None
    assert fired(situation(calm, calm, thanks, calm), type="turns_without_resolution", turns=3) is None
    assert fired(situation(*[calm] * 12, count=40), type="turns_without_resolution", turns=12)


def test_crm_unavailable_is_not_not_found() -> None:
    failed = situation(says(), customer=Customer(tier="enterprise", fetch=Fetch.FAILED, cause="timeout"))
    absent = situation(says(), customer=Customer(tier="standard", fetch=Fetch.NOT_FOUND))
    assert fired(failed, type="crm_unavailable")
    assert fired(absent, type="crm_unavailable") is None


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "unheard_of"},
        {"type": "human_requested", "extra": 1},
        {"type": "confidence_below", "below": 1.1},
        {"type": "bot_failed", "at_least": 0},
        {"type": "bot_failed", "within_turns": WINDOW + 1},
        {"type": "words"},
        {"type": "words", "list": "churn", "words": ["a b"]},
        {"type": "words", "list": "unheard_of"},
        {"type": "words", "words": ["yes"]},
        {"type": "words", "words": ["refund", "yes"]},
        {"type": "signal", "name": "x"},
        {"type": "signal", "name": "x", "at_least": 1, "below": 2},
        {"type": "order_value_at_least", "amount": 5, "currency": "dollars"},
        {"type": "order_value_at_least"},
        {"type": "order_value_at_least", "amount": 5},
        {"type": "order_value_at_least", "currency": "USD"},
        {"type": "order_value_at_least", "amount": 5, "currency": "USD", "amounts": {"USD": 5}},
        {"type": "order_value_at_least", "amount": 5, "amounts": {"USD": 5}},
        {"type": "order_value_at_least", "currency": "USD", "amounts": {"USD": 5}},
        {"type": "order_value_at_least", "amounts": {}},
        {"type": "order_value_at_least", "amounts": {"usd": 5}},
        {"type": "order_value_at_least", "amounts": {"USD": 0}},
        {"type": "open_ticket", "about": "everything"},
    ],
)
def test_a_trigger_that_makes_no_sense_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        trigger(**fields)


@pytest.mark.parametrize(
    ("fields", "inputs"),
    [
        ({"type": "human_requested"}, set()),
        ({"type": "negative_trajectory"}, set()),
        ({"type": "confidence_below"}, {"confidence"}),
        ({"type": "intent_failures"}, {"intent"}),
        ({"type": "bot_repeats"}, {"reply"}),
        ({"type": "tier_at_least", "tier": "free"}, {"crm"}),
        ({"type": "order_value_at_least", "amount": 1, "currency": "USD"}, {"orders"}),
        ({"type": "order_value_at_least", "amounts": {"USD": 1}}, {"orders"}),
        ({"type": "open_ticket"}, {"crm"}),
        ({"type": "signal", "name": "fraud_score", "at_least": 0.8}, {"signal:fraud_score"}),
    ],
)
def test_inputs_that_a_host_must_feed(fields: dict[str, Any], inputs: set[str]) -> None:
    assert inputs_of(trigger(**fields)) == inputs
