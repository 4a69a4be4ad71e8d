"""The policy while it is at work: versions over HTTP, a rule's own message, and a change that every process sees."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from support.sidecar import AFTER_HOURS, SHOP, Live, Sidecar, free_port, in_process, prepare_live

from bridge.domain.customer import Account
from bridge.domain.shipped_policy import shipped_document
from bridge.domain.values import Json, Visitor
from bridge.ports import Rejected, Scope
from bridge.service.context import POLICY_TTL_S
from bridge.service.explain import explain
from bridge.service.manage_policy import accept, current_policy, put_policy

OWN = """
messages:
  en: {vip: "Our key account team calls you before {due}."}
  de: {vip: "Ihre Ansprechpartnerin meldet sich bis {due}."}
"""
WITH_OWN = (
    shipped_document().replace("    when: wants_a_person\n", "    when: wants_a_person\n    message: vip\n") + OWN
)


# -- a rule's own message ----------------------------------------------------------------------------------------------


def asked(sidecar: Sidecar, locale: str, text: str) -> Json:
    chat = sidecar.chat()
    chat.verified(locale=locale)
    return chat.says(text)


@pytest.mark.parametrize("at", ["2026-11-02T15:00:00Z", AFTER_HOURS])
def test_the_customer_hears_the_rules_own_message_and_it_is_the_same_everywhere(sidecar: Sidecar, at: str) -> None:
    sidecar.clock.set(at)
    sidecar.put_policy(WITH_OWN)
    sidecar.team.is_there()
    chat = sidecar.chat()
    chat.verified(locale="en_US")
    verdict = chat.says("I want to talk to a human.")
    text = verdict["escalation"]["commitment"]["text"]
    assert text.startswith("Our key account team calls you before ")
    assert verdict["say"] == text
    assert ("commitment", text) in chat.lines()
    assert text in chat.says("hello?")["say"]
    sidecar.work()
    (ticket,) = sidecar.desk.tickets
    assert text in ticket[1]
    assert any(text in mail.text for mail in sidecar.mailer.to(SHOP.team_email))
    assert sidecar.team.read(verdict["escalation"]["id"])["commitment"]["text"] == text


def test_the_mail_at_the_opening_says_the_rules_own_message_though_it_named_tomorrow(sidecar: Sidecar) -> None:
    sidecar.clock.set("2026-11-02T03:00:00Z")  # Sunday evening there
    sidecar.put_policy(WITH_OWN)
    assert "tomorrow, Monday" in asked(sidecar, "en_US", "agent")["say"]
    sidecar.clock.set("2026-11-02T14:00:00Z")
    sidecar.work()
    (mail,) = sidecar.mailer.to("user7@example.org")
    assert "Our key account team calls you before " in mail.text
    assert "tomorrow" not in mail.text


@pytest.mark.parametrize(
    ("locale", "starts"),
    [("de_DE", "Ihre Ansprechpartnerin meldet sich bis "), ("fr_FR", "Our key account team calls you before ")],
)
def test_an_own_message_is_said_in_the_customers_language_else_in_english(
    sidecar: Sidecar, locale: str, starts: str
) -> None:
    sidecar.put_policy(WITH_OWN)
    verdict = asked(sidecar, locale, "agent")
    text = verdict["escalation"]["commitment"]["text"]
    assert text.startswith(starts)
    assert ("Monday" in text) is (locale == "fr_FR")  # the date is in the language of its sentence


def test_an_own_message_without_words_for_the_customer_leaves_the_standard_one(sidecar: Sidecar) -> None:
    sidecar.put_policy(WITH_OWN.replace('  en: {vip: "Our key account team calls you before {due}."}\n', ""))
    assert asked(sidecar, "en_US", "agent")["say"].startswith("A support agent will contact you before ")


def test_another_rule_of_the_same_policy_says_the_standard_message(sidecar: Sidecar) -> None:
    sidecar.put_policy(WITH_OWN)
    verdict = asked(sidecar, "en_US", "You are useless, I am furious!!!")
    assert verdict["say"].startswith("A support agent will contact you")


def refuse(_visitor: Visitor) -> Account | None:
    raise Rejected("http 401")


def test_a_visitor_who_only_typed_an_address_is_not_told_in_own_words_what_the_crm_knows(sidecar: Sidecar) -> None:
    when = "when: {all: [wants_a_person, big_account]}\n    message: vip\n"
    ahead = f"rules:\n  - name: vip\n    {when}    priority: urgent\n"
    sidecar.put_policy(shipped_document().replace("rules:\n", ahead) + OWN)
    sidecar.crm.answer = lambda _: Account(tier="enterprise")
    known, stranger, assumed = sidecar.chat(), sidecar.chat(), sidecar.chat()
    known.verified()
    stranger.start("claimed", email="user7@example.org")
    assert known.says("agent please")["say"].startswith("Our key account team")
    assert stranger.says("agent please")["say"].startswith("A support agent will contact you")
    sidecar.crm.answer = refuse
    assumed.start("claimed", email="user8@example.org")
    told = assumed.says("agent please")
    assert told["say"].startswith("A support agent will contact you")
    assert sidecar.team.read(told["escalation"]["id"])["rule"] == "vip"


def test_a_visitor_who_only_typed_an_address_hears_own_words_that_rest_on_what_was_said(sidecar: Sidecar) -> None:
    sidecar.put_policy(WITH_OWN)
    chat = sidecar.chat()
    chat.start("claimed", email="user7@example.org")
    assert chat.says("agent please")["say"].startswith("Our key account team")


@pytest.mark.parametrize("at", ["2026-11-02T15:00:00Z", AFTER_HOURS])
def test_a_promise_that_an_earlier_release_accepted_is_made_filed_and_renewed_however_long_it_is(
    sidecar: Sidecar, at: str
) -> None:
    long = json.dumps({"en": {"after_hours": "x" * 590 + " {due}", "broken": "y" * 590 + " {due}"}})
    with sidecar.bridge.store.write() as tx:
        tx.policies.put(SHOP.id, f"{shipped_document()}\nmessages: {long}\n", "of old", sidecar.clock.at)
    sidecar.bridge.policies.forget()
    sidecar.clock.set(at)
    verdict = asked(sidecar, "en_US", "agent")
    assert verdict["say"].startswith("x" * 590 + " ")
    sidecar.work()
    (ticket,) = sidecar.desk.tickets
    assert verdict["say"] in ticket[1]
    sidecar.clock.set(verdict["escalation"]["commitment"]["due_at"])
    sidecar.work()
    assert sidecar.team.read(verdict["escalation"]["id"])["commitment"]["text"].startswith("y" * 590 + " ")


# -- flows -------------------------------------------------------------------------------------------------------------

LANES = """
  orders:
    match: {pages: ["/my-account/orders"]}
  delivery:
    match: {words: [päckchen], intents: ["ship_*"]}
"""


def flows_of(sidecar: Sidecar, session: str) -> list[str]:
    """The flow at every judgement, message and reply in turn."""
    with sidecar.bridge.store.read() as tx:
        turns = explain(tx, SHOP.id, session)["turns"]
    return [
        judged["flow"] for turn in turns for judged in (turn["judged"], (turn["bot"] or {}).get("judged")) if judged
    ]


def test_a_session_begins_in_the_flow_of_its_page_and_changes_it_with_words_and_intents(sidecar: Sidecar) -> None:
    sidecar.put_policy(shipped_document().replace("  returns:\n", LANES.lstrip("\n") + "  returns:\n"))
    chat = sidecar.chat()
    chat.start(page_url="https://shop.example/my-account/orders/7")
    chat.says("hello")
    chat.says("WO IST MEIN PACKCHEN")
    chat.bot("Unterwegs.", intent="smalltalk")
    chat.says("and now?")
    chat.bot("Which bill?", intent="billing_question")
    chat.says("hm")
    assert flows_of(sidecar, chat.id) == ["orders", *["delivery"] * 3, "billing", "billing"]


def test_the_hosts_own_label_goes_before_the_page(sidecar: Sidecar) -> None:
    sidecar.put_policy(shipped_document().replace("  returns:\n", LANES.lstrip("\n") + "  returns:\n"))
    chat = sidecar.chat()
    chat.start(page_url="https://shop.example/my-account/orders/7", flow="returns")
    chat.says("hello")
    assert flows_of(sidecar, chat.id) == ["returns"]


# -- thresholds by tier ------------------------------------------------------------------------------------------------


def test_a_bot_has_to_be_surer_for_a_higher_tier_and_absent_confidence_never_counts(sidecar: Sidecar) -> None:
    strict = shipped_document().replace("{confidence: 0.55}", "{confidence: 0.55, tiers: {enterprise: 0.9}}")
    sidecar.put_policy(strict.replace("when: bot_down", "when: {any: [bot_down, unsure]}"))
    sidecar.crm.accounts["user8@example.org"] = Account(tier="enterprise")
    assert answered(sidecar, "7", confidence=0.8) == "open"
    assert answered(sidecar, "8") == "open"
    assert answered(sidecar, "8", confidence=0.8) == "escalated"


def answered(sidecar: Sidecar, user: str, **said: float) -> str:
    """The state of a new session after the bot's first answer."""
    chat = sidecar.chat()
    chat.verified(user)
    chat.says("Do you ship to Norway?")
    return str(chat.bot("Yes, we ship to Norway.", **said)["state"])


# -- over HTTP ---------------------------------------------------------------------------------------------------------


def test_the_versions_of_a_policy_are_listed_and_each_can_be_read(sidecar: Sidecar) -> None:
    admin = sidecar.caller(Scope.ADMIN)
    first = admin.ask("GET", "/v1/policy")["document"]
    admin.ask("PUT", "/v1/policy", {"document": first + "# more\n", "author": "Ada"})
    versions = admin.ask("GET", "/v1/policy/versions")["versions"]
    assert [(one["version"], one["author"], one["in_force"]) for one in versions] == [
        (2, "Ada", True),
        (1, "shipped", False),
    ]
    assert admin.ask("GET", "/v1/policy?version=1")["document"] == first
    assert admin.ask("GET", "/v1/policy")["version"] == 2
    assert admin.send("GET", "/v1/policy?version=3").slug == "policy-version-not-found"


def test_policies_that_are_put_at_once_become_one_version_each(sidecar_on_each: Sidecar) -> None:
    admin = sidecar_on_each.caller(Scope.ADMIN)
    first = admin.ask("GET", "/v1/policy")["document"]

    def put(number: int) -> int:
        body = {"document": f"{first}# {number}\n", "author": "Ada"}
        return sidecar_on_each.caller(Scope.ADMIN).send("PUT", "/v1/policy", body).status

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(put, range(12))) == {200}
    versions = admin.ask("GET", "/v1/policy/versions")["versions"]
    assert [one["version"] for one in versions] == list(range(13, 0, -1))


def test_a_policy_that_is_taken_back_is_in_force_nowhere(sidecar: Sidecar) -> None:
    bridge = sidecar.bridge

    def fail() -> None:
        with bridge.store.write() as tx:
            assert bridge.policies.current(tx, SHOP.id).version == 1
            document = current_policy(tx, SHOP.id).document
            put_policy(bridge, tx, SHOP.id, accept(bridge, f"{document}# more\n"), "Ada")
            bridge.policies.current(tx, SHOP.id)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with bridge.store.read() as tx:
        assert bridge.policies.current(tx, SHOP.id).version == 1


@pytest.mark.parametrize("version", ["0", "-1", "x", "", "1.5", "99999999999", "%D9%A3"])
def test_what_is_no_version_is_refused(sidecar: Sidecar, version: str) -> None:
    answer = sidecar.caller(Scope.ADMIN).send("GET", f"/v1/policy?version={version}")
    assert answer.slug == "invalid-query"


def paths(found: Json) -> list[str]:
    return [one["path"] for one in found["findings"]]


def test_a_check_says_what_the_host_cannot_feed(sidecar: Sidecar) -> None:
    admin = sidecar.caller(Scope.ADMIN)
    document = shipped_document()
    assert paths(admin.ask("POST", "/v1/policy/check", {"document": document})) == []
    without = {"document": document, "host": {"crm": False, "bot": ["reply", "intent"]}}
    assert paths(admin.ask("POST", "/v1/policy/check", without)) == [
        *("/triggers/unsure", "/triggers/stays_unsure", "/triggers/big_account")
    ]
    chat = sidecar.chat()
    chat.start()
    chat.says("Do you ship to Norway?")
    chat.bot("Yes, we do.", confidence=0.9)
    assert paths(admin.ask("POST", "/v1/policy/check", {"document": document})) == ["/triggers/not_understood"]
    unknown = admin.send("POST", "/v1/policy/check", {"document": document, "host": {"bot": ["secret-thing"]}})
    assert unknown.slug == "invalid-body"
    assert b"secret-thing" not in unknown.body


def test_without_a_crm_a_check_says_so(fresh_sqlite: Callable[[], str]) -> None:
    with in_process(fresh_sqlite(), with_crm=False) as sidecar:
        found = sidecar.caller(Scope.ADMIN).ask("POST", "/v1/policy/check", {"document": shipped_document()})
    assert paths(found) == ["/triggers/big_account"]
    assert found["findings"][0]["level"] == "warning"


# -- in every process --------------------------------------------------------------------------------------------------


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Live, Live]]:
    """Two sidecars, each in processes of its own, on one database."""
    first = prepare_live(tmp_path / "first", f"sqlite:///{tmp_path}/bridge.db")
    address = f"127.0.0.1:{free_port()}"
    (tmp_path / "second").mkdir()
    env = {**first.env, "BRIDGE_BIND": address}
    second = replace(first, folder=tmp_path / "second", url=f"http://{address}", env=env)
    try:
        yield first.serve(), second.serve()
    finally:
        first.stop()
        second.stop()


@pytest.mark.alone
def test_a_change_takes_effect_in_another_process_within_two_seconds_without_a_restart(two: tuple[Live, Live]) -> None:
    here, there = two
    chat = there.chat()
    chat.start()
    assert chat.says("Do you ship to Norway?")["action"] == "answer"  # it has read the policy by now
    calm = shipped_document().replace("    when: wants_a_person\n", "    when: {all: [wants_a_person, unsure]}\n")
    here.caller(Scope.ADMIN).ask("PUT", "/v1/policy", {"document": calm, "author": "Ada"})
    changed = time.monotonic()
    version = 1
    while version == 1:
        version = there.caller().ask("GET", "/v1/health")["policy_version"]
        assert time.monotonic() - changed < POLICY_TTL_S + 1  # the call itself may wait for the machine
        time.sleep(0.05)
    assert POLICY_TTL_S <= 2
    assert chat.says("I want to talk to a human.")["action"] == "answer"
