"""No false promise: what a reply may not say, in eight languages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from quality import data

from bridge.domain.claims import Kind, claims
from bridge.domain.languages import claim_speech

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
    book = claim_speech(code).book
    buckets = [*book._words.values(), *book._stems.values()]
    phrases = [phrase for bucket in buckets for own in bucket.values() for phrase in own]
    assert {phrase.group.partition(":")[2] for phrase in phrases} >= {kind.value for kind in Kind}


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


def test_a_claim_before_a_question_is_one() -> None:
    assert claims("I've refunded you, is there anything else?", "en")
    assert claims("Te he pasado con un agente. ¿Algo más?", "es")


@pytest.mark.parametrize("locale", ["en", "de", "", "xx"])
def test_a_claim_is_found_whatever_language_the_model_chose(locale: str) -> None:
    assert claims("Ich habe Ihnen den Betrag erstattet.", locale)
    assert claims("Utworzyłem dla Pani zgłoszenie.", locale)


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
