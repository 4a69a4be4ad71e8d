"""`explain` over conversations that went on: handed over twice, joined from another tab, and judged again."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge import bootstrap
from bridge.config import read_settings
from bridge.domain.customer import Customer, Fetch
from bridge.domain.escalation import Agent
from bridge.domain.judging import Reply
from bridge.domain.shipped_policy import shipped_document
from bridge.domain.values import Identity, Visitor
from bridge.ports import Site
from bridge.service import manage_policy, manage_sites, work_ticket
from bridge.service.context import Bridge, open_case
from bridge.service.errors import SessionUnknown
from bridge.service.explain import explain, tell
from bridge.service.record_reply import record_reply
from bridge.service.start_session import Start, start_session
from bridge.service.take_turn import Message, take_turn
from bridge.service.verify_decisions import verify

FIRST, SECOND = "first-tab-of-a-visitor", "second-tab-of-a-visitor"
ANN = Agent("1", "Ann")


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Bridge]:
    environ = {"BRIDGE_DATABASE_URL": f"sqlite:///{tmp_path}/bridge.db", "BRIDGE_MAIL": f"folder:{tmp_path}/mail"}
    settings = read_settings(environ, tmp_path / "none.toml")
    bootstrap.migrate(settings)
    assembly = bootstrap.build(settings, deliver_at_once=False)
    site = Site("shop", "https://shop.example", "Europe/Berlin", "team@shop.example")
    manage_sites.add_site(assembly.bridge, site, "http://127.0.0.1:8765")
    yield assembly.bridge
    assembly.close()


def begin(product: Bridge, session: str, locale: str | None = None) -> None:
    visitor = Visitor(identity=Identity.VERIFIED, user_id="7", email="dana@example.com", name="Dana")
    start_session(product, "shop", Start(session, visitor, locale), lambda _: None)


def write(product: Bridge, session: str, turn: str, text: str) -> str | None:
    """The escalation that the visitor's message led to, or waits for."""
    with product.store.write() as tx:
        verdict = take_turn(product, tx, "shop", session, Message(turn, text))
    return verdict["escalation"] and str(verdict["escalation"]["id"])


def told(product: Bridge, session: str) -> str:
    with product.store.read() as tx:
        return " ".join(tell(explain(tx, "shop", session), "Europe/Berlin").split())


def test_an_unknown_session_is_said_to_be_unknown(product: Bridge) -> None:
    with product.store.read() as tx, pytest.raises(SessionUnknown):
        explain(tx, "shop", FIRST)


def test_a_session_in_which_nothing_was_said(product: Bridge) -> None:
    begin(product, FIRST)
    assert told(product, FIRST).endswith("Nothing was said. No rule decided, so the bot went on.")


def test_both_escalations_of_a_session_that_was_given_back_in_between(product: Bridge) -> None:
    begin(product, FIRST)
    first = write(product, FIRST, "t1", "I want to talk to a human.")
    assert first
    with product.store.write() as tx:
        work_ticket.release(open_case(product, tx, "shop"), first, ANN)
    second = write(product, FIRST, "t2", "I want to talk to a human, again.")
    assert second not in (None, first)
    text = told(product, FIRST)
    assert f"Handed to a person: {first}, released" in text
    assert f"Handed to a person: {second}, open" in text
    assert "claimed by Ann" in text


def test_a_second_tab_is_said_to_have_joined(product: Bridge) -> None:
    begin(product, FIRST)
    standing = write(product, FIRST, "t1", "I want to talk to a human.")
    begin(product, SECOND)
    assert f"Joined the customer's open escalation: {standing}, open" in told(product, SECOND)


# -- why not earlier ---------------------------------------------------------------------------------------------------


def answer(product: Bridge, session: str, turn: str, text: str = "Let me see what I can find.", **said: Any) -> None:
    with product.store.write() as tx:
        record_reply(product, tx, "shop", session, turn, Reply(text, **said))


def test_what_came_nearest_is_told_where_no_rule_decided(product: Bridge) -> None:
    begin(product, FIRST)
    write(product, FIRST, "t1", "Where is my parcel?")
    answer(product, FIRST, "t1", confidence=0.2)
    write(product, FIRST, "t2", "I want to talk to a human.")
    text = told(product, FIRST)
    assert "no rule decided; nearest was two-signs: 1 of 2 (unsure); lacks one of displeased, going_round," in text
    assert text.count("nearest was") == 1
    with product.store.read() as tx:
        first, second = explain(tx, "shop", FIRST)["turns"]
    assert first["judged"]["nearest"] is None
    assert first["bot"]["judged"]["nearest"]["rule"] == "two-signs"
    assert second["judged"]["nearest"] is None


def test_what_fired_already_with_the_message_is_not_told_again_with_the_reply(product: Bridge) -> None:
    begin(product, FIRST)
    write(product, FIRST, "t1", "My lawyer will hear of it.")
    answer(product, FIRST, "t1", confidence=0.9)
    write(product, FIRST, "t2", "Where is my parcel?")
    answer(product, FIRST, "t2", "It is on its way to your house.", confidence=0.9)
    text = told(product, FIRST)
    assert text.count("legal: words of the list legal") == 1
    assert text.count("nothing more fired with the reply") == 1


def test_the_policy_version_that_judged_tells_what_was_nearest_not_the_one_in_force(product: Bridge) -> None:
    begin(product, FIRST)
    write(product, FIRST, "t1", "Where is my parcel?")
    answer(product, FIRST, "t1", confidence=0.2)
    put(product, shipped_document().replace("name: two-signs", "name: a-pair"))
    assert "nearest was two-signs" in told(product, FIRST)


def put(product: Bridge, document: str) -> None:
    accepted = manage_policy.accept(product, document)
    with product.store.write() as tx:
        manage_policy.put_policy(product, tx, "shop", accepted, "test")


# -- judged again ------------------------------------------------------------------------------------------------------


def checked(product: Bridge, session: str) -> list[tuple[int | None, str, bool]]:
    with product.store.read() as tx:
        return [(one.turn, one.of, one.same) for one in verify(tx, "shop", session)]


def test_every_stored_decision_comes_out_again_byte_for_byte(product: Bridge) -> None:
    begin(product, FIRST)
    write(product, FIRST, "t1", "Where is my parcel?")
    answer(product, FIRST, "t1", confidence=0.2, intent="billing_question", signals=(("mood", 0.5),))
    write(product, FIRST, "t2", "I want to talk to a human.")
    write(product, FIRST, "t3", "Hello?")
    same = [(1, "message", True), (1, "reply", True), (2, "message", True), (2, "escalation", True)]
    assert checked(product, FIRST) == same
    put(product, shipped_document().replace("confidence: 0.55", "confidence: 0.1").replace("two-signs", "a-pair"))
    assert checked(product, FIRST) == same


ALPHABET = [letter * 6 for letter in "abcdefghijklmnopqrstuvwxyz"]


def test_a_decision_in_a_long_session_sees_no_more_than_the_window(product: Bridge) -> None:
    begin(product, FIRST)
    for n in range(1, 18):
        write(product, FIRST, f"t{n}", " ".join(3 * ALPHABET[n : n + 3]))
        answer(product, FIRST, f"t{n}", " ".join(2 * ALPHABET[n + 3 : n + 6]), confidence=0.9, failed=n in (1, 5))
    assert len(checked(product, FIRST)) == 34
    assert all(same for _, _, same in checked(product, FIRST))


def test_a_reply_that_came_late_was_not_seen_before(product: Bridge) -> None:
    begin(product, FIRST)
    write(product, FIRST, "t1", "Where is my parcel?")
    time.sleep(0.002)
    write(product, FIRST, "t2", "Do you know it?")
    time.sleep(0.002)
    answer(product, FIRST, "t1", confidence=0.1, failed=True)
    assert checked(product, FIRST) == [(1, "message", True), (2, "message", True), (1, "reply", True)]


def test_a_session_that_was_given_back_starts_without_its_signals(product: Bridge) -> None:
    begin(product, FIRST)
    write(product, FIRST, "t0", "Where is my parcel?")
    first = write(product, FIRST, "t1", "I want to talk to a human.")
    assert first
    with product.store.write() as tx:
        work_ticket.release(open_case(product, tx, "shop"), first, ANN)
    write(product, FIRST, "t2", "Where is my parcel?")
    answer(product, FIRST, "t2", confidence=0.2)
    write(product, FIRST, "t3", "I want to talk to a human, again.")
    found = checked(product, FIRST)
    assert [of for _, of, _ in found].count("escalation") == 2
    assert all(same for _, _, same in found)


def test_a_reply_to_a_turn_before_the_hand_over_that_comes_after_the_release_decides_nothing(product: Bridge) -> None:
    begin(product, FIRST)
    write(product, FIRST, "t0", "Where is my parcel?")
    first = write(product, FIRST, "t1", "I want to talk to a human.")
    assert first
    with product.store.write() as tx:
        work_ticket.release(open_case(product, tx, "shop"), first, ANN)
    answer(product, FIRST, "t0", confidence=0.2, failed=True)
    assert all(same for _, _, same in checked(product, FIRST))


def test_a_session_that_joined_another_tabs_escalation_is_judged_again_too(product: Bridge) -> None:
    begin(product, FIRST)
    begin(product, SECOND)
    write(product, SECOND, "s1", "Where is my parcel?")
    standing = write(product, FIRST, "t1", "I want to talk to a human.")
    assert standing
    write(product, SECOND, "s2", "Where is my parcel?")
    with product.store.write() as tx:
        work_ticket.release(open_case(product, tx, "shop"), standing, ANN)
    time.sleep(0.002)
    write(product, SECOND, "s3", "Where is my parcel now?")
    assert checked(product, SECOND) == [(1, "message", True), (3, "message", True)]


def test_customer_data_that_came_late_do_not_change_what_was_judged_before(product: Bridge) -> None:
    begin(product, FIRST)
    with product.store.write() as tx:
        session = tx.sessions.get("shop", FIRST)
        assert session
        late = Customer(fetch=Fetch.FAILED, cause="too late", tier="enterprise", tier_assumed=True)
        tx.sessions.set_customer(replace(session, customer=late))
    write(product, FIRST, "t1", "Where is my parcel?")
    with product.store.write() as tx:
        tx.sessions.set_customer(replace(session, customer=Customer(fetch=Fetch.FOUND, tier="business")))
    write(product, FIRST, "t2", "Do you know it?")
    assert checked(product, FIRST) == [(1, "message", True), (2, "message", True)]


@pytest.mark.parametrize("locale", ["de_DE", None])
def test_an_owners_phrase_in_the_visitors_language_hands_over_and_the_decision_is_made_again(
    product: Bridge, locale: str | None
) -> None:
    own = "triggers:\n  refund: {type: words, words: [mein Geld zurück]}\n"
    rule = "rules:\n  - {name: refund, when: refund, priority: high}\n"
    put(product, shipped_document().replace("triggers:\n", own, 1).replace("rules:\n", rule, 1))
    begin(product, FIRST, locale=locale)
    assert write(product, FIRST, "t1", "Geld zurücknehmen? So nicht.") is None
    assert write(product, FIRST, "t2", "Ich will mein Geld zurück")
    assert checked(product, FIRST) == [(1, "message", True), (2, "message", True), (2, "escalation", True)]


def test_a_stored_decision_that_was_changed_is_found(product: Bridge) -> None:
    begin(product, FIRST)
    write(product, FIRST, "t1", "Where is my parcel?")
    answer(product, FIRST, "t1", confidence=0.2)
    with product.store.write() as tx:
        session, (turn,) = tx.sessions.get("shop", FIRST), tx.sessions.turns("shop", FIRST)
        assert session
        assert turn.reply_trace
        tx.sessions.keep_reply(session, replace(turn, reply_trace=turn.reply_trace.replace("0.2", "0.3")))
    assert checked(product, FIRST) == [(1, "message", True), (1, "reply", False)]


def test_an_unknown_session_cannot_be_judged_again(product: Bridge) -> None:
    with product.store.read() as tx, pytest.raises(SessionUnknown):
        verify(tx, "shop", FIRST)
