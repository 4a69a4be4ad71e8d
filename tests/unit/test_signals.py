import time
from importlib.resources import files

import pytest

from bridge.domain import languages
from bridge.domain.signals import (
    CONTENT_WORDS,
    MessageSignals,
    ReplySignals,
    TurnSignals,
    content_words,
    dump,
    language_of,
    load,
    measure_message,
    measure_reply,
)

OFFER = measure_reply("I cannot do that. Would you like me to transfer you to a human agent?", language="en")


def asks(text: str, language: str = "en", previous: ReplySignals | None = None) -> bool:
    return measure_message(text, language=language, previous=previous).asks_human is not None


REQUESTS = {
    "en": [
        "I want to talk to a human",
        "can i speak with someone please",
        "Let me talk to your manager!",
        "connect me to an agent",
        "Please transfer me.",
        "please escalate this issue",
        "put me through to customer service",
        "agent",
        "Human please",
        "live agent",
        "get me a real person",
        "is there somebody else I could speak to about this?",
        "Isn't there a supervisor who might help?",
        "I need human help",
        "how do I reach a human?",
        "call me back",
        "I want someone to call me",
        "stop the bot",
        "I don't want to talk to a bot",
        "I don't want a bot, I want a human",
        "this does not help can you get me an agent",
        "I don't need anything else, just connect me to an agent",
        "why won't you connect me to an agent",
        "this is not working agent please",
        "No, and I want to talk to a human",
        "that's not helpful and i want to talk to a human",
        "Could the garage foreman call me before he touches the gearbox?",
        "can you get the front desk for me",
        "Can I ask who I should speak to regarding a bereavement?",
        "if nobody rings me today I'm going to the ombudsman",
        "have u got ppl working there or just bots",
        "could i be transferred",
        "custmer servce rep",
    ],
    "es": [
        "Quiero hablar con un agente",
        "¿Puedo hablar con alguien?",
        "pásame con una persona",
        "comuniqueme con un representante",
        "prefiero que me atienda una persona",
        "no quiero hablar con un robot",
        "can I talk to a human?",
    ],
    "de": [
        "Ich möchte mit einem Mitarbeiter sprechen",
        "ich moechte mit einem mitarbeiter sprechen",
        "Kann ich mit jemandem reden?",
        "Stellen Sie mich bitte durch",
        "kann mich jemand zurückrufen",
        "Ich will nicht mit einem Bot reden",
        "Mitarbeiter bitte",
    ],
    "fr": [
        "Je veux parler à un conseiller",
        "J’aimerais parler à quelqu’un",
        "passez-moi un humain",
        "un conseiller svp",
        "je voudrais parler a une vraie personne",
        "je ne veux pas parler à un robot",
    ],
}

TRAPS = {
    "en": [
        "please don't transfer me to an agent",
        "there is no need to connect me with a human",
        "I'd rather not talk to an agent",
        "can we solve this without an agent?",
        "I don't think it is necessary for you, right now, to transfer me to an agent",
        "are you a real person?",
        "am I talking to a bot?",
        "are you an AI or a real person",
        "I'm not a robot",
        "find someone else",
        "someone stole my card",
        "do I have to talk to somebody for this?",
        "the agent said it would be here today",
        "I was talking to an agent yesterday",
        "I need a travel agent in Rome",
        "my manager approved the order",
        "a ticket for two people",
        "who is your supervisor",
        "a transfer to someone is pending",
        "call me John",
        "nobody called me back",
        "before you connect me to anyone, answer this: is it covered",
        "stop transferring me to other people",
        "who can use my gift card",
        "any person over 65 gets a discount?",
        "",
        "?!",
    ],
    "es": ["no quiero hablar con un agente", "¿eres una persona real?", "busco un agente inmobiliario"],
    "de": [
        "Ich möchte nicht mit einem Mitarbeiter sprechen",
        "Bist du ein echter Mensch?",
        "Muss ich mit jemandem sprechen?",
    ],
    "fr": ["Je ne veux pas parler à un conseiller", "Êtes-vous une vraie personne ?", "personne ne répond"],
}


@pytest.mark.parametrize(("language", "text"), [(code, text) for code, texts in REQUESTS.items() for text in texts])
def test_a_request_for_a_person_is_seen(language: str, text: str) -> None:
    assert asks(text, language)


@pytest.mark.parametrize(("language", "text"), [(code, text) for code, texts in TRAPS.items() for text in texts])
def test_a_refusal_or_a_look_alike_is_no_request(language: str, text: str) -> None:
    assert not asks(text, language)


INSISTING = [
    "agent", "AGENT", "agent!", "agent,", "human", "representative", "real person", "speak to agent",
    "I want to speak to a human", "agent please",
]  # fmt: skip


@pytest.mark.parametrize("times", [1, 3, 8, 40])
@pytest.mark.parametrize("said", INSISTING)
def test_who_says_it_again_and_again_asks_no_less(said: str, times: int) -> None:
    assert asks(" ".join([said] * times))


@pytest.mark.parametrize("times", [1, 4, 15])
@pytest.mark.parametrize("before", ["help", "thanks", "thank you", "please", "PLEASE", "help me"])
@pytest.mark.parametrize("request_", ["I want a human", "GIVE ME A HUMAN", "I need to speak to someone"])
def test_what_is_said_again_and_again_beside_it_takes_nothing_from_a_request(
    before: str, request_: str, times: int
) -> None:
    assert asks(f"{' '.join([before] * times)} {request_}")
    assert asks(f"{request_} {'👍' * times}")


@pytest.mark.parametrize(("said", "language"), [("Mensch", "de"), ("Mitarbeiter", "de"), ("agente", "es")])
def test_insisting_is_understood_in_other_languages(said: str, language: str) -> None:
    assert asks(" ".join([said] * 9), language)


@pytest.mark.parametrize(
    "text",
    [
        "I WANT TO TALK TO A HUMAN",
        "i  want   to talk  to a human 😡😡",
        "i want to talk to a humna",
        "I need a representitive",
        "speak to an agnet",
        "humannnn pleaseee",
        "“I want to talk to a human”",
        "hello.i want to talk to a human.thanks",
    ],
)
def test_spelling_case_blanks_and_emoji_do_not_lose_a_request(text: str) -> None:
    assert asks(text)


@pytest.mark.parametrize("text", ["I expect a refund", "what a manage page", "urgent please"])
def test_real_words_near_a_person_word_are_left_alone(text: str) -> None:
    assert not asks(text)


@pytest.mark.parametrize(
    "text",
    [
        *("yes", "Sure!", "ok please", "That would be helpful.", "Yes, please. I bought it in May and still have it."),
        "yes please get them to check, it is a blue towel with a shark hood and my goggles are in the pocket of it",
    ],
)
def test_a_yes_to_the_bots_offer_is_a_request(text: str) -> None:
    assert asks(text, previous=OFFER)
    assert not asks(text)


@pytest.mark.parametrize(
    "text",
    [
        *("No, that's okay", "no thanks", "not now", "yes but please don't", "What is the price?"),
        "ok thanks, the parcel that I was waiting for since Monday has come by now so please don't bother any of them",
    ],
)
def test_anything_but_a_yes_to_the_offer_is_none(text: str) -> None:
    assert not asks(text, previous=OFFER)


def test_a_word_that_declines_in_english_and_consents_in_the_visitors_language_consents() -> None:
    offer = measure_reply("Czy połączyć Pana z konsultantem?", language="pl")
    taken = [measure_message(text, language="pl", previous=offer).asks_human for text in ("no", "No jasne", "no dawaj")]
    declined = [
        measure_message(text, language="pl", previous=offer).asks_human for text in ("nie", "no nie", "no thanks")
    ]
    assert all(taken)
    assert declined == [None, None, None]


@pytest.mark.parametrize(
    "text", ["nee laat maar", "laat maar", "Dank u, maar dat is niet nodig", "dat is echt niet nodig"]
)
def test_never_mind_in_dutch_takes_up_no_offer(text: str) -> None:
    offer = measure_reply("Zal ik u doorverbinden met een collega?", language="nl")
    assert measure_message(text, language="nl", previous=offer).asks_human is None


@pytest.mark.parametrize(
    "text", ["doe maar", "dat is goed", "dat zou fijn zijn", "laat maar komen", "laat hem maar bellen"]
)
def test_a_dutch_yes_takes_up_an_offer(text: str) -> None:
    offer = measure_reply("Zal ik u doorverbinden met een collega?", language="nl")
    assert measure_message(text, language="nl", previous=offer).asks_human


def test_where_in_brazilian_is_no_authority() -> None:
    assert "legal" not in measure_message("cadê meu pacote", language="pt").lists
    assert "legal" in measure_message("vou denunciar vocês ao CADE", language="pt").lists


def test_a_yes_to_a_later_question_of_the_same_reply_is_no_request() -> None:
    reply = measure_reply(
        "I can transfer you to an agent if needed. Could you please provide your user ID?", language="en"
    )
    assert not reply.offers_human
    assert not asks("Sure, it's mia_li_3668", previous=reply)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", 'getting this when i export: "FATAL: worker killed, please contact your administrator"'),
        ("es", "me llegó un sms que dice 'su cuenta será bloqueada, llame urgentemente a un agente', ¿es vuestro?"),
        ("de", "Meine Frau sagte: „Ich will mit einem Menschen reden!“, aber mir reicht die Sendungsnummer."),
        ("fr", "reçu un mail « dernier avis, appelez immédiatement notre huissier » c'est vous ?"),
        ("pt", "Traduza para inglês a frase 'Há alguém que me possa atender?'"),
        ("nl", "In mijn chatbot wil ik dat de zin 'geef me een medewerker' herkend wordt."),
        ("pl", "dostałem smsa „zadzwoń natychmiast do komornika”, to od was?"),
    ],
)
def test_what_somebody_else_is_quoted_with_is_no_request(language: str, text: str) -> None:
    assert measure_message(text, language=language).asks_human is None


@pytest.mark.parametrize(
    "text",
    [
        'I said "talk to a human"',
        '"I want to talk to a human"',
        'the app says "please try again later" all the time, can i talk to someone',
        "don't you get it, I want an agent, it's the third time",
    ],
)
def test_a_request_beside_a_quotation_or_of_nothing_else_is_one(text: str) -> None:
    assert measure_message(text, language="en").asks_human


def test_the_matched_words_are_given() -> None:
    assert measure_message("Well, I must talk to a human now.", language="en").asks_human == "talk to a human"


@pytest.mark.parametrize(
    "text", ["no", "unfortunately I don't have it", "please cancel my order", "my parcel is lost", "ok"]
)
def test_a_mild_no_or_a_named_problem_is_not_displeasure(text: str) -> None:
    assert measure_message(text, language="en").negative == 0


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("I am disappointed", 1),
        ("this is horrible", 2),
        ("my order still hasn't arrived", 0.75),
        ("it still hasn't arrived, for weeks now nobody answers", 1.5),
        ("I am disappointed, this is the third time", 1.75),
        ("I am not disappointed", 0),
        ("not bad service", 0),
    ],
)
def test_points_of_a_message(text: str, points: float) -> None:
    message = measure_message(text, language="en")
    assert message.negative == points
    assert not message.extreme


@pytest.mark.parametrize(
    "text", ["fuck you", "This is HORRIBLE!!!", "THIS IS A DISGUSTING COMPANY", "worst and most disgusting scam"]
)
def test_a_furious_line_is_extreme(text: str) -> None:
    assert measure_message(text, language="en").extreme


def test_displeasure_that_is_told_from_all_sides_is_extreme() -> None:
    assert measure_message("useless, and it still hasn't arrived, for weeks now nobody answers", language="en").extreme


@pytest.mark.parametrize("text", ["my parcel never arrived", "I was charged twice", "the app keeps crashing"])
def test_what_goes_wrong_is_a_trouble(text: str) -> None:
    assert measure_message(text, language="en").trouble


@pytest.mark.parametrize("text", ["I'd like a refund", "please cancel my order", "what's on my invoice?"])
def test_a_wish_or_a_question_is_no_trouble(text: str) -> None:
    assert not measure_message(text, language="en").trouble


def test_an_unknown_language_has_no_mood_but_keeps_the_rest() -> None:
    message = measure_message("this is horrible, I want to talk to a human, my lawyer will write", language="")
    assert message.negative == 0
    assert message.asks_human
    assert "legal" in message.lists


def test_german_articles_are_not_read_as_english_violence() -> None:
    assert measure_message("die Lieferung war da", language="de").negative == 0


@pytest.mark.parametrize("code", ["es", "de", "fr"])
def test_other_languages_have_moods_of_their_own(code: str) -> None:
    angry = {"es": "Es una vergüenza", "de": "Das ist eine Frechheit", "fr": "C'est inadmissible"}
    assert measure_message(angry[code], language=code).negative == 2
    assert measure_message(angry[code], language="en").negative == 0


@pytest.mark.parametrize(
    "text", ["thanks", "Thank you so much!", "that works", "it works now", "great, that solved it", "all set"]
)
def test_thanks_and_settled_things_are_progress(text: str) -> None:
    assert measure_message(text, language="en").progress


@pytest.mark.parametrize(
    "text", ["it's not solved", "thanks for nothing, useless", "yes", "where is it?", "it still doesn't work"]
)
def test_what_is_not_settled_is_no_progress(text: str) -> None:
    assert not measure_message(text, language="en").progress


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("churn", "I will never buy from you again"),
        ("churn", "I'm switching to a competitor"),
        ("legal", "you will hear from my lawyer"),
        ("legal", "I will take you to court"),
        ("safety", "the charger caught fire"),
        ("safety", "I want to kill myself"),
        ("safety", "it smells of gas"),
        ("complaint", "I want to file a complaint"),
        ("fraud", "my card was stolen"),
    ],
)
def test_word_lists(name: str, text: str) -> None:
    assert name in measure_message(text, language="en").lists


@pytest.mark.parametrize(
    "text",
    [
        "I need an operator manual for the excavator",
        "I want a human hair wig",
        "I need a representative sample of the fabric",
        "I need a human anatomy model",
        "Can I get a person-sized box?",
        "I'd like to be a sales representative for you",
        "I need an operator's licence, where do I apply?",
        "how do I open a support ticket",
        "I opened a ticket last week",
        "I need to raise a purchase order",
        "can you open the ticket I bought for the concert",
    ],
)
def test_what_is_named_after_a_person_asks_for_none(text: str) -> None:
    assert measure_message(text, language="en").asks_human is None


@pytest.mark.parametrize(
    "text",
    [
        "can you raise a ticket for me",
        "open a support ticket please",
        "I want to open a ticket",
        "I need a human, the operator manual did not help",
    ],
)
def test_a_ticket_is_for_a_person(text: str) -> None:
    assert measure_message(text, language="en").asks_human


@pytest.mark.parametrize(
    "text",
    [
        "my emergency contact changed",
        "is the Fire TV stick in stock?",
        "I had a family emergency",
        "ship it to the hospital",
        "fire him",
    ],
)
def test_safety_traps(text: str) -> None:
    assert "safety" not in measure_message(text, language="en").lists


@pytest.mark.parametrize(
    ("text", "issue"),
    [
        ("I was charged twice on invoice #8821", "invoice #8821"),
        ("order 10233 is late", "order 10233"),
        ("my Order number is W4923227.", "Order W4923227"),
        ("no order, customer'invoice 8821", "invoice 8821"),
        ("I have an order", None),
        ("order in May", None),
        ("call 555 123", None),
    ],
)
def test_the_document_that_a_message_names(text: str, issue: str | None) -> None:
    assert measure_message(text, language="en").issue == issue


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("I was charged twice", "an incorrect charge"),
        ("my order still hasn't arrived", "a missing delivery"),
        ("I'd like a refund", "a refund request"),
        ("cancel my subscription", "a cancellation"),
        ("I can't log in to my account", "a login problem"),
        ("the screen is broken", "a damaged or wrong item"),
        ("what time is it", None),
    ],
)
def test_what_the_visitor_reports(text: str, topic: str | None) -> None:
    assert measure_message(text, language="en").topic == topic


def test_content_words_leave_out_what_has_no_content_and_are_bounded() -> None:
    assert content_words("Yes, where is my BLUE  jacket, please?", language="en") == "blue jacket"
    assert len(content_words("jacket " * 500, language="en").split()) == CONTENT_WORDS


@pytest.mark.parametrize(
    ("text", "failed"),
    [
        ("I'm sorry, I can't help with that.", True),
        ("", True),
        ("  ", True),
        ("I didn't understand that.", True),
        ("I could not find any results", True),
        ("Please contact our support team", True),
        ("Your order ships tomorrow.", False),
        ("Yes, that is possible.", False),
    ],
)
def test_a_reply_that_could_not_do_it(text: str, failed: bool) -> None:
    assert measure_reply(text, language="en").failed is failed


def test_what_the_host_says_of_a_reply_is_kept() -> None:
    values = {"fraud_score": 0.9, "vip": True, "broken": float("nan")}
    reply = measure_reply(
        "Hello.", language="en", confidence=0.4, intent="x", intent_matched=False, failed=True, values=values
    )
    assert (reply.confidence, reply.intent, reply.intent_matched, reply.failed) == (0.4, "x", False, True)
    assert reply.values == {"fraud_score": 0.9, "vip": True}


def test_a_replys_text_is_cut() -> None:
    assert len(measure_reply("word " * 2000, language="en").text) <= 200


@pytest.mark.parametrize(
    ("locale", "code"), [("en-US", "en"), ("EN", "en"), ("de_AT.UTF-8", "de"), ("xx", ""), ("", ""), (None, "")]
)
def test_language_of_a_locale(locale: str | None, code: str) -> None:
    assert language_of(locale) == code


def test_empty_signals_are_stored_in_few_bytes() -> None:
    turn = TurnSignals(3, 1000, MessageSignals())
    assert dump(turn) == [3, 1000, []]
    assert load(dump(turn)) == turn


@pytest.mark.parametrize(
    "text",
    [
        "a " * 10_000,
        '"' * 20_000,
        "talk to " * 3000,
        "not " * 5000,
        "i want " * 3000,
        "order number " * 2000,
        "é" * 20_000,
    ],
)
def test_no_text_makes_measuring_run_long(text: str) -> None:
    measure_message("warm", language="en")
    started = time.process_time()
    measure_message(text, language="en", previous=OFFER)
    measure_reply(text, language="en")
    assert time.process_time() - started < 0.25


@pytest.mark.parametrize("code", sorted(languages.codes()))
def test_a_language_folder_is_whole(code: str) -> None:
    speech = languages.language(code)
    assert speech.sets["yes"]
    assert speech.sets["bare"]
    assert speech.stop_words
    unquoted = {"true", "false"} & set().union(*speech.sets.values())
    assert not unquoted, "`yes` and `no` must be quoted in YAML"


def test_every_language_states_its_source() -> None:
    root = files("bridge").joinpath("data", "languages")
    assert all(root.joinpath(code, "SOURCE").is_file() for code in languages.codes())


def test_of_two_phrases_that_begin_at_one_word_the_longer_is_what_was_asked() -> None:
    """The shorter one, `want to talk to a`, would leave out whom, and with that the trap that lies in it."""
    assert measure_message("I want to talk to a human", language="en").asks_human == "want to talk to a human"


@pytest.mark.parametrize("code", sorted(languages.codes()))
@pytest.mark.parametrize("text", ["I want to talk to a human", "Can I speak to a real person?", "stop the bot, please"])
def test_a_request_in_english_is_one_beside_every_language(code: str, text: str) -> None:
    assert measure_message(text, language=code).asks_human


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Shall I send you the tracking link?"),
        ("en", "Would you like me to show you our returns page?"),
        ("en", "I'm sorry, I do not know. Perhaps you could look at our page about shipping and returns."),
        ("en", "Shall I connect your account now?"),
        ("de", "Soll ich Ihnen den Link zur Sendungsverfolgung schicken?"),
        ("de", "Möchten Sie unseren Newsletter abonnieren?"),
        ("es", "¿Lo añado a la cesta?"),
        ("fr", "Voulez-vous que je vérifie l'état de votre commande ?"),
        ("it", "Vuole che lo ripeta?"),
        ("nl", "Zal ik dat even voor je opzoeken?"),
        ("pl", "Czy mam sprawdzić status zamówienia?"),
        ("pt", "Quer reservar uma mesa para dois?"),
    ],
)
def test_a_yes_to_an_offer_of_a_thing_asks_for_nobody(language: str, text: str) -> None:
    reply = measure_reply(text, language=language)
    assert not reply.offers_human
    yes = {"en": "yes please", "de": "ja bitte", "es": "sí", "fr": "oui", "it": "sì", "nl": "ja graag", "pl": "tak"}
    assert not asks(yes.get(language, "sim"), language, previous=reply)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Kind of you, but I'd sooner carry on here"),
        ("de", "Das ist nett, aber ich komme schon zurecht"),
        ("de", "Im Moment nicht, danke"),
        ("pt", "Agradeço imenso, mas eu resolvo sozinho"),
        ("pt", "Obrigada, fica para outra vez"),
        ("it", "Grazie lo stesso, me la cavo da solo"),
        ("nl", "Op dit moment niet, bedankt"),
        ("pl", "Bardzo miło, ale wolę zostać tutaj"),
    ],
)
def test_thanks_for_an_offer_that_is_declined_take_it_up_no_more_than_a_plain_no_does(language: str, text: str) -> None:
    assert measure_message(text, language=language, previous=OFFER).asks_human is None


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Thanks, that would be a great help"),
        ("de", "Das ist nett, dafür wäre ich dankbar"),
        ("pt", "Agradeço muito, pode passar"),
        ("it", "Grazie, mi farebbe comodo"),
        ("nl", "Heel graag, dank u"),
        ("pl", "Bardzo miło, chętnie skorzystam"),
    ],
)
def test_thanks_for_an_offer_that_is_taken_up_are_a_request(language: str, text: str) -> None:
    assert measure_message(text, language=language, previous=OFFER).asks_human


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("es", "Puedo prescindir del operador"),
        ("de", "Ich verzichte auf ein Gespräch mit einem Mitarbeiter"),
        ("de", "Auf einen Berater kann ich verzichten"),
        ("fr", "Je peux me passer d'un humain"),
        ("it", "Posso fare a meno dell'operatore"),
    ],
)
def test_who_can_do_without_a_person_asks_for_none(language: str, text: str) -> None:
    assert not asks(text, language)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("fr", "pouvez-vous me passer un humain"),
        ("de", "Verbinden Sie mich bitte mit einem Menschen"),
        ("it", "mi passi un operatore"),
    ],
)
def test_who_is_to_be_put_through_asks_for_one(language: str, text: str) -> None:
    assert asks(text, language)


@pytest.mark.parametrize(
    "text", ["gestern sprach ich mit einem mitarbeiter", "Wir telefonierten letzte Woche schon mit einem Berater"]
)
def test_who_tells_of_a_talk_that_was_asks_for_none(text: str) -> None:
    assert not asks(text, "de")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Can I talk to the AI in Spanish?"),
        ("en", "can I speak to Alexa through this device"),
        ("en", "do you have live chat agents on weekends?"),
        ("de", "Habt ihr am Wochenende einen Live-Chat?"),
        ("es", "¿tienen chat en vivo los domingos?"),
        ("fr", "Avez-vous un chat en direct ?"),
        ("pt", "Vocês têm chat ao vivo aos domingos?"),
        ("it", "Avete una chat dal vivo la domenica?"),
        ("nl", "Hebben jullie live chat in het weekend?"),
        ("pl", "Czy macie czat na żywo w weekend?"),
        ("en", "the label please"),
        ("en", "ok, returns please"),
        ("de", "das Etikett bitte"),
        ("fr", "l'étiquette svp"),
    ],
)
def test_whether_there_is_a_chat_or_what_a_machine_can_do_asks_for_nobody(language: str, text: str) -> None:
    assert not asks(text, language)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Open Settings, then API keys. Did that answer your question? If not, I can look up another article."),
        ("en", "Webhooks are under Settings. Did this help? If not, I can show you more options."),
        ("en", "You can see it under Orders. If you don't see it, look into your spam folder."),
        ("de", "Es steht unter Einstellungen. Hat das geholfen? Wenn nicht, kann ich weitere Artikel suchen."),
        ("es", "Está en Ajustes. ¿Le ha servido? Si no, puedo buscar otro artículo."),
        ("fr", "C'est dans les paramètres. Cela vous a aidé ? Sinon, je peux chercher un autre article."),
        ("pt", "Está nas definições. Isso ajudou? Se não, posso procurar outro artigo."),
        ("it", "È nelle impostazioni. È stato utile? Se no, posso cercare un altro articolo."),
        ("nl", "Het staat bij instellingen. Heeft dit geholpen? Zo niet, dan kan ik een ander artikel zoeken."),
        ("pl", "To jest w ustawieniach. Czy to pomogło? Jeśli nie, mogę poszukać innego artykułu."),
    ],
)
def test_what_a_reply_says_for_the_case_of_a_no_did_not_fail(language: str, text: str) -> None:
    assert not measure_reply(text, language=language).failed


def test_an_offer_for_the_case_of_a_no_is_stored() -> None:
    reply = measure_reply("Did it help? If not, I can transfer you to a specialist.", language="en")
    assert (reply.offers_human, reply.offers_otherwise) == (False, True)
    turn = TurnSignals(1, 1, MessageSignals(), reply)
    assert load(dump(turn)) == turn
    assert load([1, 1, [], ["hello", False, True]]).reply == ReplySignals("hello", offers_human=True)


SETTLED = [
    ("en", "What a nightmare, but all sorted now, cheers"),
    ("en", "This was so annoying!! fixed it, ty"),
    ("de", "So ein Ärger, aber jetzt läuft alles wieder"),
    ("es", "estaba furiosa pero ya funciona, gracias"),
    ("fr", "j'étais furieuse mais ça marche, merci"),
    ("it", "che incubo, ma ora è risolto"),
    ("nl", "wat een nachtmerrie, maar het is opgelost"),
    ("pl", "byłam wściekła ale już działa, dzięki"),
    ("pt", "que pesadelo, mas deu certo"),
]


@pytest.mark.parametrize(("language", "text"), SETTLED)
def test_displeasure_that_is_told_as_over_is_progress(language: str, text: str) -> None:
    found = measure_message(text, language=language)
    assert (found.negative, found.extreme, found.progress) == (0, False, True)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "You people are idiots and you say it is fixed"),
        ("en", "pathetic, and you think this is solved?"),
        ("en", "I am fed up, when will this be fixed"),
        ("en", "absolutely terrible, get it fixed"),
        ("en", "Useless. Brilliant, thanks."),
        ("en", "it worked yesterday but now this useless app is broken again"),
        ("de", "so ein Mist, es geht jetzt wieder nicht"),
        ("de", "eine Frechheit, und Sie behaupten, das ist jetzt erledigt"),
        ("de", "Schrecklich, ich will das jetzt gelöst haben"),
        ("es", "vergonzoso, decís que ya está arreglado"),
        ("fr", "scandaleux, vous dites que c'est réglé"),
        ("it", "pessimo, lo voglio risolto"),
        ("nl", "belachelijk, jullie zeggen dat het nu werkt"),
        ("pl", "skandal, mówicie że już działa"),
        ("pt", "palhaçada, não funciona"),
    ],
)
def test_who_only_hears_or_wants_that_it_is_settled_is_displeased(language: str, text: str) -> None:
    found = measure_message(text, language=language)
    assert found.negative > 0
    assert not found.progress


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "I don't want a refund, I want the right size"),
        ("en", "my refund arrived, thanks, now how do I change my address?"),
        ("de", "Ich will keine Erstattung, ich will die richtige Größe"),
        ("es", "no quiero un reembolso, quiero la talla correcta"),
        ("fr", "je ne veux pas de remboursement, je veux la bonne taille"),
        ("it", "non voglio un rimborso, voglio la taglia giusta"),
        ("nl", "ik wil geen terugbetaling, ik wil de juiste maat"),
        ("pl", "nie chcę zwrotu pieniędzy, chcę dobry rozmiar"),
        ("pt", "não quero reembolso, quero o tamanho certo"),
    ],
)
def test_what_is_turned_down_or_settled_is_not_what_a_message_is_about(language: str, text: str) -> None:
    assert measure_message(text, language=language).topic != "a refund request"


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("you have not refunded me", "a refund request"),
        ("why can't I get a refund", "a refund request"),
        ("my parcel finally arrived but it is broken", "a damaged or wrong item"),
        ("I am blind and your checkout does not work with my screen reader", "a technical problem"),
        ("the checkout was declined", "a failed payment"),
    ],
)
def test_what_is_denied_is_reported_all_the_same(text: str, topic: str) -> None:
    assert measure_message(text, language="en").topic == topic


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "who is in charge there?"),
        ("de", "Wer ist bei euch der Chef?"),
        ("fr", "qui est votre patron ?"),
        ("pt", "quem é o vosso chefe?"),
        ("es", "¿tenéis agentes en Sevilla?"),
        ("pt", "tô falando com robô ou com gente?"),
        ("pt", "então põe uma observação"),
        ("pt", "coloca uma observação"),
    ],
)
def test_who_asks_about_people_or_for_a_thing_asks_for_nobody(language: str, text: str) -> None:
    assert not asks(text, language)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "who is your boss? put me through"),
        ("de", "Wer ist der Chef? Verbinden Sie mich"),
        ("pt", "quem é o teu chefe? põe-no em linha"),
        ("es", "¿tienen agentes en línea?"),
        ("pt", "coloca alguém"),
        ("pt", "põe uma pessoa"),
        ("pt", "Preciso falar com alguém para cancelar?"),
    ],
)
def test_who_wants_somebody_put_on_asks_for_one(language: str, text: str) -> None:
    assert asks(text, language)


def test_a_sentence_that_says_what_the_visitor_can_do_did_not_fail() -> None:
    reply = "Je kunt je bestelling volgen onder Mijn bestellingen."
    assert not measure_reply(reply, language="nl").failed
    assert measure_reply("Ik kan je bestelling niet vinden.", language="nl").failed


@pytest.mark.parametrize(
    ("language", "text", "said"),
    [
        ("fr", "Où est l'agent ?", "Où est l'agent"),
        ("fr", "avez-vous un conseiller ?", "avez-vous un conseiller"),
        ("de", "Für mich bitte Mitarbieter!!", "Für mich bitte Mitarbieter"),
        ("pl", "Chcę rozmawiać z człowiekiem", "Chcę rozmawiać z człowiekiem"),
        ("en", "Talk to a hu\u202eman", "Talk to a hu man"),
        ("en", "AGENT please", "AGENT please"),
        ("de", "Ich möchte mit einem <b>Mitarbeiter</b> sprechen", "möchte mit einem b Mitarbeiter"),
        ("en", "½ talk to a human", "talk to a human"),
        ("en", "№ talk to a HUMAN", "talk to a human"),
    ],
)
def test_a_request_is_quoted_as_it_was_written_but_for_signs(language: str, text: str, said: str) -> None:
    assert said in (measure_message(text, language=language).asks_human or "")


def test_what_is_kept_of_a_message_is_as_it_was_written() -> None:
    angry = measure_message("C’est INADMISSIBLE, ça ne m’aide pas du tout", language="fr")
    assert angry.weighed == "INADMISSIBLE, ne m’aide pas"
    assert measure_message("Zamówienie nr 123456 nie dotarło", language="pl").issue == "Zamówienie 123456"
    listed = measure_message("Das geht an meinen ANWALT", language="de").lists
    assert "ANWALT" in listed["legal"]
    offer = measure_reply("Voulez-vous que je vous mette en relation avec un conseiller ?", language="fr")
    assert measure_message("Très volontiers, oui !", language="fr", previous=offer).asks_human == "Très volontiers oui"
    assert measure_message("👍", language="fr", previous=offer).asks_human == "👍"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "no, I meant the green one"),
        ("de", "nein, ich meinte den blauen"),
        ("es", "no, me refería al azul"),
        ("fr", "non, je voulais dire le bleu"),
        ("pt", "não, eu quis dizer o azul"),
        ("it", "no, intendevo quello blu"),
        ("nl", "nee, ik bedoelde de blauwe"),
        ("pl", "nie, chodziło mi o niebieski"),
        ("en", "no, the other one please"),
        ("de", "nein, den anderen bitte"),
        ("es", "no, el otro por favor"),
        ("fr", "non, l'autre svp"),
        ("pt", "não, o outro por favor"),
        ("it", "no, l'altro per favore"),
        ("nl", "nee, de andere graag"),
        ("pl", "nie, ten drugi proszę"),
        ("en", "excellent, that is what I needed"),
    ],
)
def test_who_puts_right_what_is_meant_is_neither_displeased_nor_asks_for_a_person(language: str, text: str) -> None:
    measured = measure_message(text, language=language)
    assert (measured.negative, measured.asks_human) == (0, None)


@pytest.mark.parametrize("text", ["nein, jemand anderen bitte", "nein, einen anderen Mitarbeiter bitte"])
def test_another_person_is_one(text: str) -> None:
    assert measure_message(text, language="de").asks_human


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Is there anything else?"),
        ("de", "Kann ich sonst noch etwas für Sie tun?"),
        ("es", "¡De nada!"),
        ("es", "¿Algo más?"),
        ("fr", "Puis-je vous aider pour autre chose ?"),
        ("pt", "Mais alguma coisa?"),
        ("pt", "Posso ajudar em mais alguma coisa?"),
        ("it", "Sì, alla reception."),
        ("nl", "Kan ik nog iets voor u doen?"),
        ("pl", "Czy mogę jeszcze w czymś pomóc?"),
    ],
)
def test_what_every_bot_says_at_the_end_is_no_failure(language: str, text: str) -> None:
    assert not measure_reply(text, language=language).failed


def test_the_words_of_a_phrase_of_displeasure_are_kept() -> None:
    assert "useless" in measure_message("this is useless", language="en").weighed


def test_what_is_stored_is_read_back_whatever_was_left_out() -> None:
    turn = TurnSignals(7, 9, MessageSignals(words="a b", issue="order #1"), ReplySignals("no", failed=True))
    assert dump(turn) == [7, 9, ["a b", 0.0, False, False, None, {}, "order #1"], ["no", True]]
    assert load(dump(turn)) == turn


SHOWN = {
    "en": [
        "oh never mind then",
        "I give up",
        "already told you that",
        "please answer my question",
        "that has nothing to do with it",
    ],
    "es": ["bueno, pues nada", "mira, déjalo", "me rindo", "que ya lo he probado", "responda a mi pregunta"],
    "de": [
        "ach lassen wirs",
        "dann halt nicht",
        "hab ich ja schon gesagt",
        "das ist nicht die Frage",
        "beantworten Sie meine Frage",
    ],
    "fr": ["bon tant pis", "j'abandonne", "je l'ai déjà dit", "rien à voir avec ça", "répondez à ma question"],
    "pt": ["tá, deixa quieto", "esquece isso", "já falei que fiz", "não perguntei isso", "desisto então"],
    "it": ["niente, lasciamo stare", "come non detto", "l'ho già fatto", "risponda alla domanda", "mi arrendo"],
    "nl": ["nou ja, dan niet", "ik geef het op", "al gedaan hoor", "geef gewoon antwoord", "ik heb het over de prijs"],
    "pl": ["dobra, nieważne", "poddaję się", "przecież już pisałem", "nie o to pytam", "odpowiedz na moje pytanie"],
}
"""What people say who give up, have said or done it already, or were answered something else."""
GOING_ON = {
    "en": ["never mind the bag, is the belt in stock?", "leave it at the door please"],
    "es": ["déjelo en la puerta", "da igual el color"],
    "de": ["lassen Sie es beim Nachbarn", "wie gesagt, danke!"],
    "fr": ["laissez-le devant la porte", "tant mieux"],
    "pt": ["deixa na portaria", "pode responder por e-mail"],
    "it": ["lasci il pacco al portiere", "va bene così"],
    "nl": ["laat het maar bezorgen", "dan kom ik morgen"],
    "pl": ["dobra, to o piątej", "nie rozumiem instrukcji"],
}


@pytest.mark.parametrize("code", SHOWN)
def test_displeasure_that_is_only_shown_is_a_sign_and_no_more(code: str) -> None:
    shown = [measure_message(text, language=code) for text in SHOWN[code]]
    assert [text for text, m in zip(SHOWN[code], shown, strict=True) if m.negative < 0.75] == []
    assert [text for text, m in zip(SHOWN[code], shown, strict=True) if m.extreme] == []
    assert [text for text in GOING_ON[code] if measure_message(text, language=code).negative] == []


STAFF = {
    "en": [
        ("Who runs the store in Hull?", "Put me through to the store in Hull"),
        ("can an Operator edit orders?", "an operator please"),
    ],
    "es": [
        ("¿Quién dirige la tienda de Lugo?", "Páseme con la tienda de Lugo"),
        ("¿hay oficina de prensa?", "un agente por favor"),
    ],
    "de": [
        ("Wer ist der Marktleiter in Jena?", "Verbinden Sie mich mit dem Marktleiter"),
        ("Habt ihr eine Pressestelle?", "einen Mitarbeiter bitte"),
    ],
    "fr": [
        ("Qui dirige le magasin de Pau ?", "Passez-moi le directeur du magasin"),
        ("Avez-vous un service presse ?", "un conseiller svp"),
    ],
    "pt": [
        ("Quem cuida da loja de Faro?", "Quero falar com o gerente da loja"),
        ("têm assessoria de imprensa?", "um atendente por favor"),
    ],
    "it": [
        ("Chi dirige il negozio di Pisa?", "Mi passi il direttore del negozio"),
        ("avete un ufficio stampa?", "un operatore per favore"),
    ],
    "nl": [
        ("Wie leidt de winkel in Gent?", "Verbind me door met de bedrijfsleider"),
        ("wanneer zit er iemand aan de balie?", "een medewerker graag"),
    ],
    "pl": [
        ("Kto prowadzi oddział w Gdyni?", "Proszę połączyć z kierownikiem"),
        ("macie biuro prasowe?", "konsultant proszę"),
    ],
}
"""Who holds a post, and when it is staffed; and beside each a request for a person."""


@pytest.mark.parametrize("code", STAFF)
def test_a_question_about_staff_asks_for_nobody(code: str) -> None:
    heard = [
        tuple(measure_message(text, language=code).asks_human is not None for text in pair) for pair in STAFF[code]
    ]
    assert heard == [(False, True), (False, True)]
