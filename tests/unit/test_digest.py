"""The team's mail at an opening: who goes first, and how it stays readable."""

from dataclasses import replace
from typing import Any

from support.packets import at, ticket

from bridge.domain.digest import MOST_LISTED, Item, digest, headline, in_order
from bridge.domain.escalation import Agent, Commitment, CommitmentState, Escalation, EscalationState
from bridge.domain.mail_body import plain
from bridge.domain.values import Channel, Priority

TIERS = ("free", "standard", "enterprise")
NOW = at("2026-11-02T14:00:00")
URL = "https://shop.example/wp-admin/admin.php?page=escbridge-escalations"


def waiting(name: str, tier: str = "standard", **changes: Any) -> Escalation:
    known = ticket(name)
    customer = known.packet.customer.model_copy(update={"tier": tier, "name": f"Customer {name}"})
    promise = Commitment(
        f"cmt_{name}", name, Channel.EMAIL, at("2026-11-02T18:00:00"), "America/New_York", "2026-11-02T13:00",
        f"We answer {name} before 1 PM.", CommitmentState.PENDING, at("2026-11-01T02:00:00"),
    )  # fmt: skip
    made = Escalation(
        site="shop", id=name, session_id="s", customer_key=None, state=EscalationState.OPEN, rule="r", reason="why",
        priority=Priority.NORMAL, queue="general", channel=Channel.EMAIL, policy_version=1,
        packet=known.packet.model_copy(update={"customer": customer}), trace="{}",
        decided_at=at("2026-11-01T02:00:00"), claimed_by=None, answered_at=None, commitment=promise,
    )  # fmt: skip
    return replace(made, **changes)


def text_of(*shown: Escalation, rest: tuple[Escalation, ...] = ()) -> str:
    items = [Item(one, "ann@example.org", f"{URL}&escalation={one.id}") for one in shown]
    return plain(digest("general", items, rest, at=NOW, url=URL))


def test_the_highest_tier_goes_first_then_the_priority_then_the_oldest() -> None:
    late, early = at("2026-11-01T03:00:00"), at("2026-11-01T01:00:00")
    ordered = [
        waiting("a", "enterprise", priority=Priority.HIGH, decided_at=late),
        waiting("b", "enterprise", decided_at=early),
        waiting("c", "enterprise"),
        waiting("d", "standard", priority=Priority.URGENT, decided_at=late),
        waiting("e", "standard", priority=Priority.HIGH, decided_at=early),
        waiting("f", "free", priority=Priority.URGENT, decided_at=early),
        waiting("g", "a-tier-of-an-earlier-policy", priority=Priority.URGENT, decided_at=early),
    ]
    for shuffled in (ordered[::-1], ordered[3:] + ordered[:3]):
        assert [one.id for one in in_order(TIERS, shuffled)] == [one.id for one in ordered]


def test_each_is_shown_with_what_was_promised_by_when_and_where_to_answer() -> None:
    text = text_of(waiting("a", "enterprise", priority=Priority.URGENT))
    for part in (
        "1. Customer a: enterprise, urgent",
        f"{URL}&escalation=a",
        "Ann Lee asked for a person after two wrong invoices.",
        "They were told: We answer a before 1 PM.",
        "Answer before: 1:00 PM EST",
        "Reach them at: ann@example.org",
        "Waiting since: 10:00 PM EDT on Saturday, October 31",
    ):
        assert part in text
    assert "overdue" not in text
    assert "Taken by" not in text


def test_what_is_due_already_says_so() -> None:
    one = waiting("a")
    assert "(overdue)" in text_of(replace(one, commitment=replace(one.commitment, due_at=NOW)))


def test_who_has_taken_it_is_named() -> None:
    assert "Taken by: Ada" in text_of(waiting("a", claimed_by=Agent("3", "Ada")))


def test_a_customer_without_name_and_address_is_reached_in_the_chat() -> None:
    one = waiting("a")
    nobody = one.packet.customer.model_copy(update={"name": None, "email": None})
    item = Item(replace(one, packet=one.packet.model_copy(update={"customer": nobody})), "", URL)
    text = plain(digest("general", [item], (), at=NOW, url=URL))
    assert "1. A visitor without a name: standard, normal" in text
    assert "Reach them at: the chat; no address is known" in text


def test_an_assumed_tier_says_so() -> None:
    one = waiting("a", "enterprise")
    assumed = one.packet.customer.model_copy(update={"tier_assumed": True})
    text = text_of(replace(one, packet=one.packet.model_copy(update={"customer": assumed})))
    assert "enterprise (assumed: the CRM did not answer), normal" in text


def test_of_many_the_first_are_shown_and_the_rest_counted_by_tier() -> None:
    everyone = [waiting(f"{number:03}", "standard" if number < 260 else "free") for number in range(300)]
    text = text_of(*everyone[:MOST_LISTED], rest=tuple(everyone[MOST_LISTED:]))
    assert "You are in. 300 customers wait for you in the queue general" in text
    assert f"{MOST_LISTED}. Customer 049" in text
    assert "Customer 050" not in text
    assert text.endswith("Behind them, 250 customers wait: 210 standard, 40 free. WordPress lists them all.")
    assert len(text) < 30_000


def test_the_subject_says_how_many_wait_and_where() -> None:
    assert headline("general", [waiting("a")]) == "Waiting [general] 1 customer"
    assert headline("general", [waiting("a"), waiting("b")]) == "Waiting [general] 2 customers"
