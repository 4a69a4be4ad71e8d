"""Backtests over the API: the site's own sessions judged again, what a policy would change, and the shadow policy."""

import json
import threading
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
import yaml
from support.sidecar import SHOP, Answer, Caller, Sidecar

from bridge.domain import replay
from bridge.domain.backtest import Backtest, Named
from bridge.domain.instants import DAY
from bridge.domain.policy_check import PolicyRefused, read_policy
from bridge.domain.shipped_policy import shipped_document
from bridge.domain.values import Json
from bridge.ports import Scope, ShadowPolicy
from bridge.service.replay_sessions import TIME_LIMIT_S, ReplayTooLong, StoredSessions, judge_here

ASKING = "I want to talk to a human"
CALMER = shipped_document().replace("when: wants_a_person", "when: {all: [wants_a_person, going_round]}")


def stricter() -> str:
    """The shipped policy, and one failure of the bot is enough."""
    document = yaml.safe_load(shipped_document())
    document["triggers"]["failed_once"] = {"type": "bot_failed", "at_least": 1}
    document["rules"].append({"name": "failed", "when": "failed_once", "priority": "normal"})
    return json.dumps(document)


STRICTER = stricter()


def admin(sidecar: Sidecar) -> Caller:
    return sidecar.caller(Scope.ADMIN)


def asked(sidecar: Sidecar, **body: Json) -> Json:
    return admin(sidecar).ask("POST", "/v1/replay", body)


def refused(sidecar: Sidecar, **body: Json) -> Answer:
    answer = admin(sidecar).send("POST", "/v1/replay", body)
    assert answer.status == 422
    return answer


def stored(sidecar: Sidecar, most: int | None = None) -> StoredSessions:
    now = sidecar.clock.now()
    return StoredSessions(sidecar.bridge, SHOP.id, now - DAY, now + 1, most)


def one(sidecar: Sidecar) -> Any:
    (found,) = stored(sidecar).conversations()
    return found


def outcome(sidecar: Sidecar) -> replay.Outcome:
    with sidecar.bridge.store.read() as tx:
        policy = sidecar.bridge.policies.current(tx, SHOP.id).document
    return replay.replay(policy, one(sidecar))


def chatted(sidecar: Sidecar, *said: str, bot: str = "Which order is it?") -> str:
    """One session, a minute after the last; the bot answers until it may not."""
    sidecar.clock.advance(minutes=1)
    chat = sidecar.chat()
    chat.start(locale="en_US")
    for text in said:
        if chat.says(text)["action"] == "answer":
            chat.bot(bot)
    return chat.id


def conversation(name: str, *said: str) -> Json:
    return {"session_id": name, "locale": "en", "turns": [{"visitor": text} for text in said]}


# -- a stored session is what was judged live --------------------------------------------------------------------------


def test_a_reply_that_came_after_the_next_message_is_judged_where_it_came(sidecar: Sidecar) -> None:
    sidecar.put_policy(STRICTER)
    chat = sidecar.chat()
    chat.start(locale="en_US")
    chat.says("where is my order?")
    sidecar.clock.advance(seconds=2)
    chat.says("hello?")
    sidecar.clock.advance(seconds=2)
    lived = chat.bot("", turn_id="t1")["escalation"]["id"]
    sidecar.clock.advance(seconds=2)
    chat.says("anybody?")
    found = sidecar.team.read(lived)
    assert (outcome(sidecar).turn, outcome(sidecar).rule) == (1, found["rule"])
    assert [turn.visitor for turn in one(sidecar).turns] == ["where is my order?", "hello?"]


def test_what_the_bot_said_after_the_lock_and_after_a_release_is_left_out(sidecar: Sidecar) -> None:
    chat = sidecar.chat()
    chat.start(locale="en_US")
    escalation = chat.says(ASKING)["escalation"]["id"]
    sidecar.clock.advance(minutes=1)
    chat.bot("Here is what I found.")
    chat.says("hello?")
    sidecar.team.does("release", escalation)
    sidecar.clock.advance(minutes=1)
    chat.says("and now?")
    (turn,) = one(sidecar).turns
    assert (turn.visitor, turn.bot) == (ASKING, None)
    assert one(sidecar).handed_over is True


def test_sessions_in_which_nothing_was_judged_are_only_counted(sidecar: Sidecar) -> None:
    sidecar.chat().start()
    first, second = sidecar.chat(), sidecar.chat()
    first.verified("7", locale="en_US")
    first.says(ASKING)
    second.verified("7", locale="en_US")  # joins the open escalation
    second.says("it is me again")
    assert (asked(sidecar)["sessions"], asked(sidecar)["left_out"]) == (1, 2)


def test_a_session_that_another_one_took_along_is_cut_short(sidecar: Sidecar) -> None:
    first, second = sidecar.chat(), sidecar.chat()
    first.verified("7", locale="en_US")
    second.verified("7", locale="en_US")
    first.says("where is my order?")
    second.says(ASKING)
    found = list(stored(sidecar).conversations())
    assert [(one.handed_over, len(one.turns)) for one in found] == [(True, 1), (True, 1)]
    assert asked(sidecar)["cut_short"] == 1


@pytest.mark.parametrize(
    ("label", "page", "said", "kept"),
    [
        ("returns", None, "hello", "returns"),
        ("returns", "https://shop.example/account", "hello", "returns"),
        (None, "https://shop.example/account", "hello", None),
        (None, None, "a question about my invoice", None),
        ("default", None, "hello", None),
        (None, None, "hello", None),
    ],
)
def test_a_hosts_own_label_is_kept_and_what_page_or_words_explain_is_not(
    sidecar: Sidecar, label: str | None, page: str | None, said: str, kept: str | None
) -> None:
    document = yaml.safe_load(shipped_document())
    document["flows"]["account"] = {"match": {"pages": ["/account"]}}
    sidecar.put_policy(json.dumps(document))
    chat = sidecar.chat()
    chat.start(locale="en_US", **{k: v for k, v in {"flow": label, "page_url": page}.items() if v})
    chat.says(said)
    assert one(sidecar).flow == kept
    assert one(sidecar).page_url == page


def test_documents_in_which_a_newer_release_finds_an_error_still_judge_what_they_judged(sidecar: Sidecar) -> None:
    document = yaml.safe_load(shipped_document())
    document["triggers"]["stolen"] = {"type": "words", "list": "fraud"}
    document["rules"].insert(0, {"name": "stolen", "when": "stolen", "priority": "high"})
    older = json.dumps(document)
    with pytest.raises(PolicyRefused):
        read_policy(older)
    with sidecar.bridge.store.write() as tx:
        tx.policies.put(SHOP.id, older, "an older release", sidecar.clock.now())
        tx.shadows.put(SHOP.id, ShadowPolicy(older, "an older release", sidecar.clock.now()))
    sidecar.bridge.policies.forget()
    chatted(sidecar, "my card was stolen, and now this invoice")
    assert (outcome(sidecar).rule, one(sidecar).flow) == ("stolen", None)
    assert reported(sidecar)["rules"][0]["rule"] == "stolen"


def test_of_many_sessions_only_the_newest_are_read_the_oldest_of_them_first(sidecar_on_each: Sidecar) -> None:
    named = [chatted(sidecar_on_each, "hello") for _ in range(4)]
    assert [found.session_id for found in stored(sidecar_on_each, most=2).conversations()] == named[2:]
    assert [found.session_id for found in stored(sidecar_on_each, most=9).conversations()] == named
    assert [found.session_id for found in stored(sidecar_on_each).conversations()] == named


# -- POST /v1/replay ---------------------------------------------------------------------------------------------------


def test_the_sites_own_sessions_are_judged_and_compared(sidecar_on_each: Sidecar) -> None:
    sidecar = sidecar_on_each
    asking = chatted(sidecar, "hello", ASKING)
    chatted(sidecar, "thanks, that works")
    found = asked(sidecar, policy=CALMER)
    assert (found["sessions"], found["escalated"], found["cut_short"]) == (2, 0, 1)
    assert (found["policy"], found["present_policy"]) == ("the policy that was sent", "version 1 of shop")
    difference = found["difference"]
    assert (difference["present"]["escalated"], difference["newly_escalated"]["count"]) == (1, 0)
    (example,) = difference["no_longer_escalated"]["examples"]
    assert (example["session_id"], example["present"]["turn"], example["present"]["visitor"]) == (asking, 1, ASKING)
    assert difference["present"]["load"][0]["queue"] == "support"


def test_without_a_policy_the_one_in_force_judges_alone(sidecar: Sidecar) -> None:
    chatted(sidecar, ASKING)
    found = asked(sidecar)
    assert (found["policy"], found["present_policy"], found["difference"]) == ("version 1 of shop", None, None)
    assert (found["escalated"], found["newest_only"]) == (1, False)


def test_older_sessions_are_judged_when_they_are_asked_for(sidecar: Sidecar) -> None:
    chatted(sidecar, ASKING)
    sidecar.clock.advance(hours=24 * 8)
    assert asked(sidecar)["sessions"] == 0
    assert asked(sidecar, days=9)["sessions"] == 1


def test_conversations_that_are_sent_along_are_judged_in_place_of_the_sites_own(sidecar: Sidecar) -> None:
    chatted(sidecar, "thanks")
    found = asked(sidecar, sessions=[conversation("a", ASKING), {**conversation("b", "hello"), "calm": 1}])
    assert (found["sessions"], found["escalated"], found["left_out"]) == (2, 1, 0)
    assert (found["passed_over"], found["span"]) == (["calm"], None)
    assert asked(sidecar, sessions=[])["rate"] is None


def test_another_sites_sessions_are_not_seen(sidecar: Sidecar) -> None:
    chatted(sidecar, ASKING)
    found = StoredSessions(sidecar.bridge, "another", 0, sidecar.clock.now() + 1)
    assert (list(found.conversations()), found.total()) == ([], 0)


def test_a_policy_with_errors_is_refused_with_its_findings(sidecar: Sidecar) -> None:
    answer = refused(sidecar, policy=shipped_document().replace("when: in_danger", "when: nonsense"))
    assert answer.slug == "invalid-policy"
    assert answer.json["errors"][0]["pointer"] == "/rules/0/when"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (
            {"sessions": [conversation("a", "hi"), {"session_id": "hunter2", "turns": [{}]}]},
            "/sessions/1/turns/0/visitor",
        ),
        ({"sessions": [{"session_id": "a", "turns": [{"visitor": "x", "at": "hunter2"}]}]}, "/sessions/0/turns/0/at"),
        ({"sessions": [conversation("hunter2", "hi")] * 1001}, "/sessions"),
        ({"days": 91}, "/days"),
        ({"days": 7, "sessions": []}, ""),
    ],
)
def test_a_record_that_does_not_fit_is_refused_where_it_does_not(sidecar: Sidecar, body: Json, pointer: str) -> None:
    answer = refused(sidecar, **body)
    assert answer.slug == "invalid-body"
    assert answer.json["errors"][0]["pointer"] == pointer
    assert b"hunter2" not in answer.body


def test_a_chats_secret_does_not_do(sidecar: Sidecar) -> None:
    assert sidecar.caller().send("POST", "/v1/replay", {}).slug == "wrong-scope"


def test_turns_are_taken_while_a_replay_is_judged(sidecar: Sidecar) -> None:
    chat = sidecar.chat()
    chat.start(locale="en_US")
    sessions = [conversation(str(n), *["I was charged twice for invoice 8821"] * 2) for n in range(600)]
    judging = threading.Thread(target=lambda: asked(sidecar, sessions=sessions))
    judging.start()
    taken = 0
    while judging.is_alive():
        chat.says("hello")
        taken += judging.is_alive()
    judging.join()
    assert taken > 3  # with a transaction held, the first would wait until it ends


def test_judging_ends_when_its_time_is_up() -> None:
    seconds = count(0, TIME_LIMIT_S / 3)
    report = Backtest(Named("it", read_policy(shipped_document())))

    def endless() -> Iterator[replay.Conversation]:
        while True:
            yield replay.read_line(json.dumps(conversation("a", "hello")).encode())

    with pytest.raises(ReplayTooLong):
        judge_here(report, endless(), timer=lambda: next(seconds))
    assert report.tally.sessions == 3


# -- the shadow policy -------------------------------------------------------------------------------------------------


def set_shadow(sidecar: Sidecar, document: str) -> Json:
    return admin(sidecar).ask("PUT", "/v1/policy/shadow", {"document": document, "author": "Ada"})


def reported(sidecar: Sidecar) -> Json:
    return admin(sidecar).ask("GET", "/v1/policy/shadow/report")


def test_a_shadow_policy_is_kept_read_and_taken_away(sidecar_on_each: Sidecar) -> None:
    sidecar = sidecar_on_each
    kept = set_shadow(sidecar, CALMER)
    assert kept == {"author": "Ada", "since": "2026-11-02T15:00:00Z", "findings": []}
    assert admin(sidecar).ask("GET", "/v1/policy/shadow")["document"] == CALMER
    assert admin(sidecar).ask("DELETE", "/v1/policy/shadow") == {"removed": True}
    for method, target in (("GET", ""), ("GET", "/report"), ("DELETE", "")):
        answer = admin(sidecar).send(method, f"/v1/policy/shadow{target}")
        assert (answer.status, answer.slug) == (404, "shadow-not-found")


def test_a_shadow_policy_acts_on_nothing(sidecar: Sidecar) -> None:
    set_shadow(sidecar, CALMER)
    chat = sidecar.chat()
    chat.start(locale="en_US")
    assert chat.says(ASKING)["state"] == "escalated"
    assert admin(sidecar).ask("GET", "/v1/policy")["version"] == 1


def test_its_report_is_about_the_sessions_since_it_was_set(sidecar: Sidecar) -> None:
    chatted(sidecar, ASKING)
    sidecar.clock.advance(minutes=1)
    set_shadow(sidecar, STRICTER)
    sidecar.clock.advance(minutes=1)
    failing = chatted(sidecar, "where is my order?", bot="I am sorry, I could not find an answer to that.")
    chatted(sidecar, "hello", ASKING)
    found = reported(sidecar)
    assert (found["policy"], found["present_policy"]) == ("the shadow policy", "version 1 of shop")
    assert (found["sessions"], found["escalated"], found["difference"]["present"]["escalated"]) == (2, 2, 1)
    (example,) = found["difference"]["newly_escalated"]["examples"]
    assert (example["session_id"], example["tried"]["rule"]) == (failing, "failed")
    assert found["since"] == "2026-11-02T15:02:00Z"


def test_what_a_hand_over_cut_short_for_it_is_counted(sidecar: Sidecar) -> None:
    set_shadow(sidecar, CALMER)
    chatted(sidecar, ASKING)
    chatted(sidecar, "hello")
    found = reported(sidecar)
    assert (found["escalated"], found["cut_short"]) == (0, 1)


def test_the_same_document_again_goes_on_and_another_begins_anew(sidecar: Sidecar) -> None:
    since = set_shadow(sidecar, CALMER)["since"]
    sidecar.clock.advance(hours=1)
    assert set_shadow(sidecar, CALMER)["since"] == since
    assert set_shadow(sidecar, STRICTER)["since"] > since


def test_a_shadow_policy_with_errors_is_refused_and_the_one_before_stays(sidecar: Sidecar) -> None:
    set_shadow(sidecar, CALMER)
    answer = admin(sidecar).send("PUT", "/v1/policy/shadow", {"document": "rules: []"})
    assert (answer.status, answer.slug) == (422, "invalid-policy")
    assert admin(sidecar).ask("GET", "/v1/policy/shadow")["document"] == CALMER
