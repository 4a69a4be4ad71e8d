"""A replay is repeatable, does not look ahead, and says what the live path would have done."""

import json
import random
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from support.sidecar import SHOP, Chat, Sidecar

from bridge.domain.backtest import Judged
from bridge.domain.customer import Account, Order
from bridge.domain.instants import DAY, MINUTE, from_rfc3339, to_rfc3339
from bridge.domain.policy_check import read_policy
from bridge.domain.replay import Outcome, read_line, replay
from bridge.domain.shipped_policy import shipped_document
from bridge.domain.values import Json, Visitor
from bridge.ports import AdapterError
from bridge.service.judge_record import Line, Panel, judge_record
from bridge.service.replay_sessions import StoredSessions
from bridge.service.verify_decisions import verify

START = from_rfc3339("2026-11-02T15:00:00Z")
VISITOR = (
    *("I want to talk to a human", "no, I do not want to talk to a human", "yes", "yes please", "thanks, that works"),
    *("I was charged twice for invoice #8821", "I was charged twice, why do you not fix it", "this is ridiculous"),
    *("You are useless and I have had enough of this!!!", "where is my order 1234", "Where is my order 1234 please"),
    *("I will cancel my subscription", "my lawyer will write to you", "the charger is on fire", "return label", "hm"),
    *(
        "Ich möchte mit einem Menschen sprechen",
        "Quiero hablar con una persona",
        "أين طلبي",
    ),
)
BOT = (
    *("", "I am sorry, I could not find an answer to that.", "Our return window is 30 days.", "Which order is it?"),
    *("Would you like me to connect you with a human agent?", "Möchten Sie mit einem Mitarbeiter sprechen?"),
)
LOCALES = (None, "en_US", "de_DE", "es", "fr-FR", "xx")
CUSTOMERS: tuple[Json, ...] = (
    None,
    {"fetch": "not_found"},
    {"fetch": "failed"},
    {"fetch": "found", "tier": "enterprise"},
    {"fetch": "found", "tier": "free"},
    {"fetch": "found", "orders": [{"id": "1", "total": 900.5, "currency": "USD", "status": "paid"}]},
)


def tried_document() -> str:
    """The shipped policy, and triggers of the kinds that it does without."""
    document: dict[str, Any] = yaml.safe_load(shipped_document())
    document["triggers"] |= {
        "scored": {"type": "signal", "name": "fraud_score", "at_least": 0.8},
        "stuck_now": {"type": "bot_failed", "at_least": 2, "within_minutes": 4},
        "nobody_knows": {"type": "crm_unavailable"},
        "long": {"type": "turns_without_resolution", "turns": 5},
    }
    document["rules"] += [
        {"name": "score", "when": "scored", "priority": "urgent", "queue": "vip"},
        {"name": "stuck", "when": "stuck_now", "priority": "high", "flows": ["billing", "returns"]},
        {"name": "unknown-and-long", "when": {"all": ["nobody_knows", "long"]}, "priority": "high"},
    ]
    document["queues"]["vip"] = {**document["queues"]["support"], "tiers": ["enterprise"]}
    return json.dumps(document)


DOCUMENT = tried_document()
POLICY = read_policy(DOCUMENT)

replies = st.fixed_dictionaries(
    {"text": st.sampled_from(BOT)},
    optional={
        "confidence": st.sampled_from([0.1, 0.5, 0.7, 0.9]),
        "intent": st.sampled_from(["billing_question", "return_item", "other"]),
        "intent_matched": st.booleans(),
        "failed": st.booleans(),
        "signals": st.sampled_from([{"fraud_score": 0.9}, {"fraud_score": 0.2}, {"other": "x"}]),
    },
)
turns = st.fixed_dictionaries({"visitor": st.sampled_from(VISITOR) | st.text(max_size=60), "bot": st.none() | replies})
conversations = st.fixed_dictionaries(
    {
        "session_id": st.just("s"),
        "turns": st.lists(turns, max_size=15),
        "locale": st.sampled_from(LOCALES),
        "customer": st.sampled_from(CUSTOMERS),
    }
)


def play(conversation: Json) -> Outcome:
    return replay(POLICY, read_line(json.dumps(conversation).encode()))


@given(conversations)
@settings(max_examples=150, deadline=None)
def test_a_cut_conversation_agrees_with_the_full_one(conversation: Json) -> None:
    whole = play(conversation)
    for length in range(len(conversation["turns"])):
        cut = play({**conversation, "turns": conversation["turns"][:length]})
        assert cut == (whole if whole.turn is not None and whole.turn < length else Outcome("s"))


@given(conversations)
@settings(max_examples=100, deadline=None)
def test_two_runs_agree(conversation: Json) -> None:
    assert play(conversation) == play(conversation)


SHIPPED = read_policy(shipped_document())
ASKS = ("I want to talk to a human", "agent please", "Can I speak to a real person?")


def under_the_shipped(conversation: Json) -> Outcome:
    return replay(SHIPPED, read_line(json.dumps(conversation).encode()))


@given(conversations, st.integers(0, 15), st.sampled_from(ASKS), st.none() | replies)
@settings(max_examples=150, deadline=None)
def test_a_request_for_a_person_put_anywhere_never_undoes_a_hand_over_and_always_leads_to_one(
    conversation: Json, at: int, asks: str, bot: Json
) -> None:
    turns = conversation["turns"]
    place = min(at, len(turns))
    asked = {**conversation, "turns": [*turns[:place], {"visitor": asks, "bot": bot}, *turns[place:]]}
    before, after = under_the_shipped(conversation), under_the_shipped(asked)
    sooner = before.turn is not None and before.turn < place
    assert after == before if sooner else after.turn == place


@given(conversations, conversations)
@settings(max_examples=100, deadline=None)
def test_whatever_is_said_later_never_changes_an_earlier_decision(first: Json, second: Json) -> None:
    before = under_the_shipped(first)
    after = under_the_shipped({**first, "turns": [*first["turns"], *second["turns"]]})
    assert after == before if before.escalated else after.turn is None or after.turn >= len(first["turns"])


@given(st.lists(conversations, max_size=6))
@settings(max_examples=30, deadline=None)
def test_a_chunk_has_an_answer_for_each_line_in_order(drawn: list[Json]) -> None:
    panel = Panel(POLICY, None)
    lines = [Line(n, json.dumps({**one, "session_id": str(n)}).encode()) for n, one in enumerate(drawn, 1)]
    broken = [*lines, Line(len(lines) + 1, b"{"), *lines]
    answers = [one for answer in judge_record(broken, panel, jobs=1) for one in answer.lines]
    assert [isinstance(one, Judged) for one in answers] == [True] * len(drawn) + [False] + [True] * len(drawn)
    assert answers[: len(drawn)] == answers[len(drawn) + 1 :]
    assert [one.tried.session_id for one in answers if isinstance(one, Judged)] == 2 * [
        str(one.number) for one in lines
    ]


# -- the live path -----------------------------------------------------------------------------------------------------


def made_up(seed: int) -> Json:
    """A conversation as a site would have had it; the same for the same seed."""
    dice = random.Random(seed)
    at, taken = START, []
    for _ in range(dice.randint(1, 9)):
        at += dice.randint(0, 6 * MINUTE)
        bot: Json = {"text": dice.choice(BOT)}
        more = {"confidence": dice.random(), "intent": dice.choice(["billing_question", "return_item", "other"])}
        more |= {"intent_matched": dice.random() < 0.7, "failed": dice.random() < 0.1}
        more |= {"signals": {"fraud_score": round(dice.random(), 3)}}
        bot |= {key: value for key, value in more.items() if dice.random() < 0.3}
        said = dice.choice(VISITOR[3:] if dice.random() < 0.9 else VISITOR)
        taken.append({"visitor": said, "bot": bot if dice.random() < 0.85 else None, "at": to_rfc3339(at)})
    session = {"session_id": f"recorded-session-{seed}", "turns": taken, "locale": dice.choice(LOCALES)}
    return {**session, "customer": dice.choice(CUSTOMERS), "flow": dice.choice([None, "billing", "returns", "none"])}


def lived(sidecar: Sidecar, conversation: Json, user: int) -> Outcome:
    """What the sidecar makes of the same conversation, turn by turn."""
    chat = begun(sidecar, conversation, user)
    for index, turn in enumerate(conversation["turns"]):
        sidecar.clock.set(turn["at"])
        verdict = chat.says(turn["visitor"])
        if verdict["state"] == "open" and turn["bot"] is not None:
            verdict = chat.bot(**turn["bot"])
        if verdict["state"] == "escalated":
            found = sidecar.team.read(verdict["escalation"]["id"])
            kept = (found["rule"], found["reason"], found["priority"], found["queue"])
            return Outcome(conversation["session_id"], index, *kept)
    return Outcome(conversation["session_id"])


def begun(sidecar: Sidecar, conversation: Json, user: int) -> Chat:
    chat = sidecar.chat(conversation["session_id"])
    asked = {key: conversation[key] for key in ("locale", "flow") if conversation[key] is not None}
    customer = conversation["customer"]
    if customer is None:
        chat.start(**asked)
        return chat
    sidecar.crm.answer = lambda visitor: looked_up(customer, visitor)
    chat.verified(str(user), **asked)
    return chat


def looked_up(customer: Json, _: Visitor) -> Account | None:
    if customer["fetch"] == "failed":
        raise AdapterError("down")
    if customer["fetch"] == "not_found":
        return None
    return Account(tier=customer.get("tier"), orders=tuple(Order(**order) for order in customer.get("orders", ())))


@pytest.mark.parametrize("seed", range(4))
def test_a_replay_says_what_the_live_path_does_and_judging_again_says_the_same(sidecar: Sidecar, seed: int) -> None:
    sidecar.put_policy(DOCUMENT)
    came_to = []
    for number in range(40):
        conversation = made_up(1000 * seed + number)
        came_to.append(play(conversation))
        assert lived(sidecar, conversation, user=number + 1) == came_to[-1]
        with sidecar.bridge.store.read() as tx:
            again = verify(tx, SHOP.id, conversation["session_id"])
        assert all(one.same for one in again)
        assert len(again) >= len(conversation["turns"][: came_to[-1].turn])
    rules = {one.rule for one in came_to}
    assert None in rules
    assert len(rules) >= 4  # enough of both kinds for the agreement to mean something
    assert from_database(sidecar) == came_to


def from_database(sidecar: Sidecar) -> list[Outcome]:
    """What the stored sessions come to, in the order of the seeds, a later page of them included."""
    stored = StoredSessions(sidecar.bridge, SHOP.id, START, START + DAY)
    found = {one.session_id: replay(POLICY, one) for one in stored.conversations()}
    assert stored.silent == 0
    return [found[name] for name in sorted(found, key=lambda name: int(name.rpartition("-")[2]))]
