"""The customer messages: complete in each language, the owner's in front, no promise without its instant."""

import re

import pytest

from bridge.domain import messages

LANGUAGES = ("en", "de", "es", "fr", "it", "nl", "pl", "pt")
NAMES = ("due", "promise", "reference", "text", "agent", "when", "phone", "site")
VALUES = {name: name.upper() for name in NAMES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_every_message_and_each_holds_what_it_must(language: str) -> None:
    assert set(messages.shipped(language)) == set(messages.KEYS)
    for key, template in messages.shipped(language).items():
        messages.check(key, template)
        assert len(template) <= 600
        assert "  " not in template


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_language_repeats_anothers_wording(language: str) -> None:
    for other in LANGUAGES:
        if other != language:
            assert not set(messages.shipped(language).values()) & set(messages.shipped(other).values())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", messages.KEYS)
def test_every_message_can_be_said_and_no_brace_is_left(language: str, key: str) -> None:
    said = messages.text({}, language, key, **VALUES)
    assert said
    assert not re.search(r"[{}]", said)


def test_the_after_hours_promise_in_english() -> None:
    said = messages.text({}, "en", "after_hours", due="9:15 AM EST on Monday, November 2")
    assert said == "A support agent will contact you before 9:15 AM EST on Monday, November 2."


def test_the_waiting_message_repeats_the_standing_promise_word_by_word() -> None:
    promise = messages.text({}, "en", "after_hours", due="noon")
    said = messages.text({}, "en", "waiting", promise=promise)
    assert said == "Your message was added to your request. A support agent will contact you before noon."


def test_the_owners_wording_goes_first_then_the_language_then_english() -> None:
    owned = {"en": {"after_hours": "By {due}!"}, "sv": {"after_hours": "Senast {due}."}}
    assert messages.text(owned, "en", "after_hours", due="noon") == "By noon!"
    assert messages.text(owned, "sv", "after_hours", due="noon") == "Senast noon."
    assert messages.text(owned, "de", "after_hours", due="noon").endswith("bis noon.")
    assert messages.text(owned, "ja", "after_hours", due="noon") == "By noon!"
    assert messages.text(owned, "sv", "resolved") == messages.shipped("en")["resolved"]


def test_a_region_goes_before_its_language() -> None:
    owned = {"pt-BR": {"resolved": "Feito"}, "pt": {"resolved": "Pronto"}}
    assert messages.text(owned, "pt_BR", "resolved") == "Feito"
    assert messages.text(owned, "pt_PT", "resolved") == "Pronto"


def test_a_wording_whose_value_is_not_there_is_passed_over() -> None:
    owned = {"en": {"waiting": "Thanks. We are back before {due}."}}
    assert messages.text(owned, "en", "waiting", promise="P.") == "Your message was added to your request. P."
    assert messages.text(owned, "en", "waiting", promise="P.", due="noon") == "Thanks. We are back before noon."


def test_a_value_is_put_in_as_it_is() -> None:
    said = messages.text({}, "en", "mail_reply", text=r"{agent} \1 {due.__class__}", agent="Ann", reference="r")
    assert r"{agent} \1 {due.__class__}" in said


def test_a_subject_is_one_line() -> None:
    said = messages.text({}, "en", "mail_subject", reference="1\r\nBcc: all@example.org")
    assert said == "Your request 1 Bcc: all@example.org"


def test_a_missing_value_is_named() -> None:
    with pytest.raises(ValueError, match=r"after_hours needs a value for \{due\}"):
        messages.text({}, "en", "after_hours")


@pytest.mark.parametrize(("key", "hint"), [("after_hour", "did you mean after_hours"), ("zzz", "known are: escal")])
def test_an_unknown_key_is_refused_with_a_hint(key: str, hint: str) -> None:
    with pytest.raises(ValueError, match=hint):
        messages.text({}, "en", key)
    with pytest.raises(ValueError, match=hint):
        messages.check(key, "text")


@pytest.mark.parametrize(
    ("key", "template", "fault"),
    [
        ("after_hours", "We will be in touch.", r"\{due\} is missing"),
        ("waiting", "Thanks.", r"\{promise\} or \{due\} is missing"),
        ("after_hours", "Before {due}, {name}.", "not known"),
        ("after_hours", "Before {due} {}.", "not known"),
        ("after_hours", "{0}: before {due}.", "not known"),
        ("after_hours", "Before {due}, {due!r:>10}.", "not known"),
        ("resolved", "Done, {agent.name}.", "known are: none"),
        ("resolved", "Done {due}.", "known are: none"),
        ("resolved", "  ", "empty"),
        ("after_hours", "x" * 400 + " {due}", "may come to 601 characters, and 600 fit"),
        ("broken", "{due} {due} {due} {due}", "may come to 803"),
        ("waiting", "{promise}{promise}{promise}{promise}", "2000 fit"),
        ("mail_subject", "x" * 393 + "{reference}", "400 fit"),
        ("mail_reply", "{text}\n{text}", "12000 fit"),
    ],
)
def test_an_owners_faulty_message_is_found(key: str, template: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        messages.check(key, template)


VIP = {"en": {"vip": "Ada calls you before {due}."}, "de": {"vip": "Ada ruft Sie an, bis {due}."}}


@pytest.mark.parametrize(
    ("owned", "locale", "said_in"),
    [
        (VIP, "de_DE", "de_DE"),
        (VIP, "en-GB", "en-GB"),
        (VIP, "fr", "en"),
        (VIP, None, "en"),
        ({"de": VIP["de"]}, "fr", None),
        ({"de": VIP["de"]}, "de-AT", "de-AT"),
        ({"de": {"after_hours": "Bis {due}."}}, "de", None),
        ({}, "en", None),
    ],
)
def test_an_owners_own_message_is_said_in_the_visitors_language_else_in_english_else_not(
    owned: messages.Messages, locale: str | None, said_in: str | None
) -> None:
    assert messages.locale_of_own(owned, locale, "vip") == said_in


def test_an_owners_own_message_is_said_with_its_instant() -> None:
    assert messages.text(VIP, "de", "vip", due="Montag") == "Ada ruft Sie an, bis Montag."


@pytest.mark.parametrize(
    ("template", "fault"),
    [
        ("We call you.", r"\{due\} is missing"),
        ("By {due}, {agent}.", "known are: {due}"),
        (" ", "empty"),
        ("By {due}" + "!" * 400, "600 fit"),
    ],
)
def test_an_owners_own_message_must_hold_the_instant_and_nothing_unknown(template: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        messages.check("vip", template, own=("vip",))


def test_an_owners_own_message_that_no_rule_names_is_no_message() -> None:
    messages.check("vip", "By {due}.", own=("vip",))
    with pytest.raises(ValueError, match="no such message"):
        messages.check("vip", "By {due}.")


def test_faults_are_listed_with_their_path() -> None:
    owned = {"en": {"after_hours": "Soon.", "resolved": "Done."}, "es": {"after_hour": "x"}}
    found = list(messages.faults(owned))
    assert [path for path, _, _ in found] == ["en/after_hours", "es/after_hour"]
    assert all(what and hint for _, what, hint in found)


@pytest.mark.parametrize(
    ("locale", "language", "dates"),
    [
        ("pt_BR", "pt", "pt_BR"),
        ("de_DE_formal", "de", "de_DE_formal"),
        ("en-GB", "en", "en-GB"),
        ("ja", "en", "en"),
        ("sv_SE", "sv", "sv_SE"),
        (None, "en", "en"),
        ("", "en", "en"),
        ("../..", "en", "en"),
    ],
)
def test_message_and_date_are_in_one_language(locale: str | None, language: str, dates: str) -> None:
    owned = {"sv": {"resolved": "Klart."}}
    assert messages.language_for(owned, locale) == language
    assert messages.locale_for(owned, locale) == dates
