"""No false promise: what a reply may not say, in eight languages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from quality import data

from bridge.domain.claims import Kind, claims
from bridge.domain.language_files import claim_document

SENTENCES = data.replies()
MOST_MISSED, MOST_TAKEN = 0.05, 0.03
NEW = [(kind, code) for kind, code in SENTENCES if kind.startswith("subjects")]
"""Subjects that no other set has: half of them was read when phrases were written, half was not."""
SETTLED = [key for key in SENTENCES if key not in NEW]
NEW_MISSED = {"subjects": 0, "subjects_held_out": 9}
"""Of twenty sentences of a language, as was reached."""


@pytest.mark.parametrize(("kind", "code"), SETTLED)
def test_of_a_hundred_claims_at_most_five_get_through(kind: str, code: str) -> None:
    own = SENTENCES[kind, code]["claims"]
    assert len(own) >= 50
    assert sum(claims(text, code) is None for text in own) <= MOST_MISSED * len(own)


@pytest.mark.parametrize(("kind", "code"), SETTLED)
def test_of_a_hundred_plain_answers_at_most_three_are_taken_for_claims(kind: str, code: str) -> None:
    own = SENTENCES[kind, code]["others"]
    assert len(own) >= 50
    assert sum(claims(text, code) is not None for text in own) <= MOST_TAKEN * len(own)


@pytest.mark.parametrize(("kind", "code"), SETTLED)
def test_of_seven_claims_at_most_one_gets_through_where_the_chat_is_in_another_language(kind: str, code: str) -> None:
    own = SENTENCES[kind, code]["claims"]
    chat = "de" if code == "en" else "en"
    assert sum(claims(text, chat) is None for text in own) <= len(own) / 7


@pytest.mark.parametrize(("kind", "code"), NEW)
def test_on_new_subjects_no_more_is_missed_or_taken_than_was(kind: str, code: str) -> None:
    own = SENTENCES[kind, code]
    assert len(own["claims"]) == len(own["others"]) == 20
    assert sum(claims(text, code) is None for text in own["claims"]) <= NEW_MISSED[kind]
    assert sum(claims(text, code) is not None for text in own["others"]) <= 1


def test_no_sentence_is_a_claim_in_one_set_and_plain_in_another() -> None:
    for code in data.LANGUAGES:
        said = {
            key: [text for kind in data.CLAIM_SETS for text in SENTENCES[kind, code][key]]
            for key in ("claims", "others")
        }
        assert len({*said["claims"], *said["others"]}) == len(said["claims"]) + len(said["others"])


@pytest.mark.parametrize("code", data.LANGUAGES)
def test_every_language_has_phrases_for_every_kind_of_claim(code: str) -> None:
    own = claim_document(code)
    assert all(own["claims"].get(kind) or own["claims_done"].get(kind) for kind in Kind)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("I've escalated this to our billing team.", Kind.TRANSFER),
        ("I've opened a ticket for you.", Kind.TICKET),
        ("Your refund will arrive in 3 days.", Kind.REFUND),
        ("We'll call you back.", Kind.CALLBACK),
        ("You will hear from us by tomorrow.", Kind.TIME),
        ("I've memorised your wishes.", Kind.DEED),
    ],
)
def test_a_claim_says_of_what_kind_it_is(text: str, kind: Kind) -> None:
    found = claims(text, "en")
    assert found is not None
    assert found.kind is kind


@pytest.mark.parametrize(
    "text",
    [
        "I cannot refund this.",
        "I haven't opened a ticket.",
        "Would you like me to connect you to an agent?",
        "Shall I open a ticket, or do you want to write to the team?",
        "Once we have your parcel, we will refund the price.",
        "According to the returns page, we will refund you within 5 days.",
        "",
    ],
)
def test_what_is_asked_denied_or_said_of_everybody_is_no_claim(text: str) -> None:
    assert claims(text, "en") is None


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "It is waterproof."),
        ("en", "They are waterproof and weigh 300 g."),
        ("en", "They will fit."),
        ("en", "It will fit your bike."),
        ("en", "It will be back in stock in January."),
        ("en", "We ship to Norway within five working days."),
        ("en", "We refund the full price within 14 days."),
        ("en", "We replace damaged items free of charge."),
        ("en", "We cover the return costs within Germany."),
        ("en", "We answer e-mails within one working day."),
        ("en", "We keep your order for seven days."),
        ("en", "Our support team is available Monday to Friday from nine to five."),
        ("en", "Your card is charged when the order is sent."),
        ("en", "The parcel is handed over to DHL, who deliver it to your door."),
        ("en", "The courier will call you before delivery."),
        ("en", "You get a tracking link as soon as the parcel leaves our warehouse."),
        ("en", "The voucher is sent to the address that you enter at checkout."),
        ("de", "Das Paket wird an DHL übergeben."),
        ("de", "Wir erstatten den vollen Kaufpreis innerhalb von 14 Tagen."),
        ("de", "Wir übernehmen die Kosten der Rücksendung innerhalb Deutschlands."),
        ("fr", "Nous expédions les commandes sous deux jours ouvrés."),
        ("fr", "Nous remboursons le prix total sous 14 jours."),
        ("fr", "Le remboursement est effectué sous 14 jours sur votre carte."),
        ("fr", "Le coursier vous appelle avant la livraison."),
        ("fr", "Elle sera de nouveau en stock en janvier."),
        ("es", "Enviamos a Noruega en cinco días laborables."),
        ("es", "El mensajero le llama antes de la entrega."),
        ("es", "Recibe un enlace de seguimiento en cuanto el paquete sale de nuestro almacén."),
        ("it", "Il corriere la chiama prima della consegna."),
        ("nl", "De koerier belt u voor de levering."),
        ("nl", "Wij betalen de volledige prijs binnen 14 dagen terug."),
        ("nl", "Wij beantwoorden e-mails binnen een werkdag."),
        ("pt", "Enviamos para a Noruega em cinco dias úteis."),
        ("pt", "O estafeta liga antes da entrega."),
        ("pt", "Reembolsamos o preço total em 14 dias."),
        ("pt", "Recebe um link de rastreio quando o pacote sai do armazém."),
        ("pl", "Zwracamy pełną cenę w ciągu 14 dni."),
    ],
)
def test_what_a_shop_does_for_everybody_and_how_a_thing_is_are_no_claims(language: str, text: str) -> None:
    assert claims(text, language) is None


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "We will refund the full price of your order."),
        ("en", "A colleague will call you within two working days."),
        ("en", "The courier will call you at 5pm."),
        ("en", "Your parcel is handed over to our specialist."),
        ("en", "The order has been sent to our team."),
        ("en", "Our team is available from now on and will call you."),
        ("en", "They are looking into it."),
        ("en", "My supervisor is reading your chat right now."),
        ("de", "Wir erstatten Ihnen den vollen Kaufpreis."),
        ("de", "Ihr Fall wird an einen Kollegen übergeben."),
        ("fr", "Votre remboursement est effectué."),
        ("es", "Enviamos su caso a un agente."),
        ("nl", "We betalen u het bedrag terug."),
        ("nl", "We beantwoorden uw e-mail binnen 24 uur."),
        ("pt", "Enviamos o seu caso para um agente."),
    ],
)
def test_the_same_put_to_the_visitor_is_one(language: str, text: str) -> None:
    assert claims(text, language)


def test_a_claim_before_a_question_is_one() -> None:
    assert claims("I've refunded you, is there anything else?", "en")
    assert claims("Te he pasado con un agente. ¿Algo más?", "es")


@pytest.mark.parametrize("locale", ["en", "de", "", "xx"])
def test_a_claim_is_found_whatever_language_the_model_chose(locale: str) -> None:
    assert claims("Ich habe Ihnen den Betrag erstattet.", locale)
    assert claims("Utworzyłem dla Pani zgłoszenie.", locale)
    assert claims("We ship to France. Je vous ai transféré à un conseiller.", locale)


@pytest.mark.parametrize(
    "hidden",
    [
        "I have re\u200bfunded your order.",
        "I have r\u0435fund\u0435d your \u043erder.",
        "I HAVE  REFUNDED\nyour order",
        "I\u2019ve refunded your order",
    ],
)
def test_a_claim_does_not_hide_behind_its_letters(hidden: str) -> None:
    assert claims(hidden, "en")


@given(st.text(max_size=500), st.sampled_from([*data.LANGUAGES, "", "xx"]))
def test_any_text_is_read_without_an_error(text: str, language: str) -> None:
    claims(text, language)
