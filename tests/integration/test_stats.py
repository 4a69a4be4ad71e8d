"""How the decisions go, over the API and in the scheduler: rate and band, alarms, labels, metrics."""

import math
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from structlog.testing import capture_logs
from support.sidecar import IN_HOURS, Answer, Chat, SetClock, Sidecar, in_process

from bridge import bootstrap
from bridge.config import Settings
from bridge.domain.values import Json
from bridge.ports import Scope, Site
from bridge.service.context import Bridge
from bridge.service.manage_sites import add_site
from bridge.service.watch_health import watch_health
from bridge.store.database import migration_engine
from scheduler.ticks import Ticks

ASKS = "I want to talk to a human"
ADA: Json = {"id": "3", "name": "Ada"}


def converse(sidecar: Sidecar, sessions: int, text: str = "hello", **start: str) -> list[Chat]:
    """So many conversations of one message."""
    chats = [sidecar.chat() for _ in range(sessions)]
    for chat in chats:
        chat.start(**start)
        chat.says(text)
    return chats


def escalation_of(chat: Chat) -> str:
    return str(chat.events()["escalation"]["id"])


def read(sidecar: Sidecar, query: str = "") -> Json:
    return sidecar.caller(Scope.ADMIN).ask("GET", f"/v1/stats{query}")


def say(sidecar: Sidecar, target: str, verdict: str, agent: Json = ADA) -> Answer:
    return sidecar.caller(Scope.ADMIN).send("POST", f"/v1/{target}/label", {"agent": agent, "verdict": verdict})


def label(sidecar: Sidecar, target: str, verdict: str, agent: Json = ADA) -> Json:
    answer = say(sidecar, target, verdict, agent)
    assert answer.status == 200, answer.body
    return answer.json


def both_windows(sidecar: Sidecar) -> None:
    """Ten days ago 10 of 50 asked for a person; since then 20 of 50 did."""
    sidecar.clock.set("2026-10-23T15:00:00Z")
    converse(sidecar, 40)
    converse(sidecar, 10, ASKS)
    sidecar.clock.set(IN_HOURS)
    converse(sidecar, 30)
    converse(sidecar, 20, ASKS)


# -- the numbers -------------------------------------------------------------------------------------------------------


def test_the_rate_of_both_windows_and_the_rule_that_moved_it(sidecar_on_each: Sidecar) -> None:
    both_windows(sidecar_on_each)
    found = read(sidecar_on_each)
    assert (found["site"], found["timezone"], found["days"]) == ("shop", "America/New_York", 7)
    now, before = found["now"], found["before"]
    assert (now["since"], now["until"]) == ("2026-10-27T04:00:00Z", IN_HOURS)
    assert (now["sessions"], now["escalated"], now["rate"], now["band"], now["sure"]) == (
        50,
        20,
        0.4,
        "too_high",
        False,
    )
    assert now["interval"] == [0.276084, 0.538186]
    assert (before["since"], before["until"]) == ("2026-10-20T04:00:00Z", "2026-10-27T03:59:59.999Z")
    assert (before["sessions"], before["escalated"], before["band"]) == (50, 10, "healthy")
    assert found["moved"] == {"rule": "explicit_request", "before": 0.2, "now": 0.4}
    assert found["by_rule"] == [{"rule": "explicit_request", "escalated": 20, "share": 0.4, "before": 0.2}]
    assert found["by_trigger"] == [{"trigger": "wants_a_person", "escalated": 20, "share": 0.4}]


def test_the_numbers_by_day_flow_and_tier_add_up(sidecar_on_each: Sidecar) -> None:
    sidecar = sidecar_on_each
    sidecar.clock.set("2026-10-31T03:59:00Z")
    converse(sidecar, 2, ASKS, flow="billing")
    sidecar.clock.set("2026-10-31T04:00:00Z")
    converse(sidecar, 3, flow="returns")
    sidecar.clock.set(IN_HOURS)
    converse(sidecar, 1, ASKS)
    found = read(sidecar)
    assert [(one["day"], one["sessions"], one["escalated"]) for one in found["by_day"]] == [
        ("2026-10-30", 2, 2),
        ("2026-10-31", 3, 0),
        ("2026-11-02", 1, 1),
    ]
    assert [(one["flow"], one["sessions"], one["escalated"]) for one in found["by_flow"]] == [
        ("billing", 2, 2),
        ("default", 1, 1),
        ("returns", 3, 0),
    ]
    assert [(one["tier"], one["sessions"], one["escalated"], one["rate"]) for one in found["by_tier"]] == [
        ("standard", 6, 3, 0.5)
    ]
    assert (found["now"]["sessions"], found["now"]["escalated"], found["now"]["band"]) == (6, 3, "too_few")


def test_what_became_of_promises_and_deliveries_of_these_days(sidecar: Sidecar) -> None:
    first, second, _ = converse(sidecar, 3, ASKS)
    sidecar.team.does("resolve", escalation_of(first))
    sidecar.team.does("release", escalation_of(second))
    found = read(sidecar)
    assert found["commitments"] == {"pending": 1, "kept": 1, "broken": 0, "replaced": 1}
    # a ticket and a mail each, and a note on how two of them ended
    assert found["delivery"] == {"due": 8, "leased": 0, "unknown": 0, "sent": 0, "parked": 0, "cancelled": 0}
    assert Counter(row["kind"] for row in sidecar.outbox()) == {"ticket": 3, "mail": 3, "note": 2}
    sidecar.work()
    assert read(sidecar)["delivery"]["sent"] >= 6
    converse(sidecar, 1, ASKS)
    given_up = sidecar.outbox()[0]["id"]
    with sidecar.bridge.store.write() as tx:
        assert tx.work.park(given_up)
        assert tx.work.drop(given_up)
    assert (read(sidecar)["delivery"]["cancelled"], sum(read(sidecar)["delivery"].values())) == (1, 10)
    sidecar.clock.advance(hours=24 * 7)
    assert sum(read(sidecar)["commitments"].values()) == 0


def test_who_waits_or_is_being_helped_is_counted_however_long_ago_it_began(sidecar_on_each: Sidecar) -> None:
    other = add_site(
        sidecar_on_each.bridge, Site("other", "https://other.example", "UTC", "t@other.example"), "http://x"
    )
    foreign = sidecar_on_each.chat(pairing=other)
    foreign.start()
    foreign.says(ASKS)
    first, second, _ = converse(sidecar_on_each, 3, ASKS)
    sidecar_on_each.team.does("resolve", escalation_of(first))
    sidecar_on_each.team.does("claim", escalation_of(second))
    sidecar_on_each.clock.advance(hours=24 * 30)
    assert read(sidecar_on_each)["active"] == 2


def test_a_session_in_which_nothing_was_said_does_not_count(sidecar: Sidecar) -> None:
    sidecar.chat().start()
    found = read(sidecar)
    assert (found["now"]["sessions"], found["now"]["rate"], found["now"]["band"]) == (0, None, "too_few")
    assert (found["by_day"], found["by_rule"], found["moved"]) == ([], [], None)


def test_a_session_that_only_joined_its_customers_escalation_does_not_count(sidecar_on_each: Sidecar) -> None:
    sidecar = sidecar_on_each
    other, asking, late = sidecar.chat(), sidecar.chat(), sidecar.chat()
    other.verified()
    other.says("hello")
    asking.verified()
    asking.says(ASKS)
    late.verified()
    late.says("are you there?")
    found = read(sidecar)["now"]
    assert (found["sessions"], found["escalated"]) == (1, 1)


def test_a_session_that_was_handed_over_twice_counts_once_by_the_first_rule(sidecar_on_each: Sidecar) -> None:
    sidecar = sidecar_on_each
    (chat,) = converse(sidecar, 1, ASKS)
    sidecar.team.does("release", escalation_of(chat))
    sidecar.clock.advance(minutes=5)
    assert chat.says("the charger is on fire")["state"] == "escalated"
    found = read(sidecar)
    assert (found["now"]["sessions"], found["now"]["escalated"]) == (1, 1)
    assert [(one["rule"], one["escalated"]) for one in found["by_rule"]] == [("explicit_request", 1)]
    assert [one["trigger"] for one in found["by_trigger"]] == ["wants_a_person"]


def test_a_session_counts_where_it_began_and_not_where_it_was_handed_over(sidecar: Sidecar) -> None:
    sidecar.clock.set("2026-10-27T03:30:00Z")
    (chat,) = converse(sidecar, 1)
    sidecar.clock.set(IN_HOURS)
    chat.says(ASKS)
    found = read(sidecar)
    assert (found["before"]["sessions"], found["before"]["escalated"], found["now"]["sessions"]) == (1, 1, 0)
    assert found["by_trigger"] == []


def test_no_number_crosses_between_sites(sidecar: Sidecar) -> None:
    other = add_site(sidecar.bridge, Site("other", "https://other.example", "UTC", "t@other.example"), "http://x")
    chat = sidecar.chat(pairing=other)
    chat.start()
    chat.says(ASKS)
    found = read(sidecar)
    assert (found["now"]["sessions"], found["by_trigger"], sum(found["commitments"].values())) == (0, [], 0)
    foreign = say(sidecar, f"escalations/{escalation_of(chat)}", "needed")
    assert (foreign.status, foreign.slug) == (404, "escalation-not-found")
    assert say(sidecar, f"sessions/{chat.id}", "missed").slug == "session-not-found"


@pytest.mark.parametrize("days", ["0", "91", "-1", "x", "", "1.5", "7" * 5000, "%D9%A7"])
def test_days_that_are_none_are_refused(sidecar: Sidecar, days: str) -> None:
    answer = sidecar.caller(Scope.ADMIN).send("GET", f"/v1/stats?days={days}")
    assert (answer.status, answer.slug) == (422, "invalid-query")


@pytest.mark.parametrize("days", [1, 90])
def test_a_window_may_have_1_to_90_days(sidecar: Sidecar, days: int) -> None:
    converse(sidecar, 1)
    found = read(sidecar, f"?days={days}")
    assert (found["days"], found["now"]["sessions"]) == (days, 1)


def test_the_chat_secret_reads_and_labels_nothing(sidecar: Sidecar) -> None:
    (chat,) = converse(sidecar, 1)
    caller = sidecar.caller(Scope.CHAT)
    assert caller.send("GET", "/v1/stats").slug == "wrong-scope"
    body = {"agent": ADA, "verdict": "missed"}
    assert caller.send("POST", f"/v1/sessions/{chat.id}/label", body).slug == "wrong-scope"


# -- labels ------------------------------------------------------------------------------------------------------------


def test_the_last_label_of_an_escalation_wins_and_is_shown_with_it(sidecar_on_each: Sidecar) -> None:
    sidecar = sidecar_on_each
    (chat,) = converse(sidecar, 1, ASKS)
    escalation = escalation_of(chat)
    assert sidecar.team.read(escalation)["label"] is None
    label(sidecar, f"escalations/{escalation}", "unneeded")
    sidecar.clock.advance(minutes=1)
    said = label(sidecar, f"escalations/{escalation}", "needed", {"id": "4", "name": "Ben"})
    assert said == {
        "session_id": chat.id,
        "escalation_id": escalation,
        "verdict": "needed",
        "author": "Ben (4)",
        "labelled_at": "2026-11-02T15:01:00Z",
    }
    assert sidecar.team.read(escalation)["label"] == said
    labels = read(sidecar)["labels"]
    assert (labels["needed"], labels["unneeded"], labels["missed"]) == (1, 0, 0)


def test_labels_give_each_rule_a_precision_and_list_what_was_missed(sidecar_on_each: Sidecar) -> None:
    sidecar = sidecar_on_each
    asking = converse(sidecar, 4, ASKS)
    for chat, verdict in zip(asking, ("needed", "needed", "needed", "unneeded"), strict=True):
        label(sidecar, f"escalations/{escalation_of(chat)}", verdict)
    (missed,) = converse(sidecar, 1)
    label(sidecar, f"sessions/{missed.id}", "missed")
    found = read(sidecar)["labels"]
    assert found["by_rule"] == [
        {"rule": "explicit_request", "needed": 3, "unneeded": 1, "precision": 0.75, "interval": [0.300642, 0.954413]}
    ]
    assert [one["session_id"] for one in found["missed_sessions"]] == [missed.id]


def test_a_resolved_escalation_can_be_labelled(sidecar: Sidecar) -> None:
    (chat,) = converse(sidecar, 1, ASKS)
    escalation = escalation_of(chat)
    sidecar.team.does("resolve", escalation)
    assert label(sidecar, f"escalations/{escalation}", "needed")["verdict"] == "needed"


def handed_over(sidecar: Sidecar) -> str:
    return converse(sidecar, 1, ASKS)[0].id


def given_back(sidecar: Sidecar) -> str:
    (chat,) = converse(sidecar, 1, ASKS)
    sidecar.team.does("release", escalation_of(chat))
    return chat.id


def joined(sidecar: Sidecar) -> str:
    first, second = sidecar.chat(), sidecar.chat()
    first.verified()
    first.says(ASKS)
    second.verified()
    return second.id


@pytest.mark.parametrize("how", [handed_over, given_back, joined])
def test_a_session_that_escalated_cannot_be_missed(sidecar_on_each: Sidecar, how: Callable[[Sidecar], str]) -> None:
    answer = say(sidecar_on_each, f"sessions/{how(sidecar_on_each)}", "missed")
    assert (answer.status, answer.slug) == (409, "session-escalated")
    assert read(sidecar_on_each)["labels"]["missed"] == 0


@pytest.mark.parametrize(
    ("target", "verdict", "slug"),
    [
        ("escalations/esc_nobody", "needed", "escalation-not-found"),
        ("sessions/ses_0123456789abcdef", "missed", "session-not-found"),
        ("escalations/esc_nobody", "missed", "invalid-body"),
        ("sessions/ses_0123456789abcdef", "needed", "invalid-body"),
        ("escalations/esc_nobody", "NEEDED", "invalid-body"),
    ],
)
def test_a_label_that_does_not_fit_is_refused(sidecar: Sidecar, target: str, verdict: str, slug: str) -> None:
    assert say(sidecar, target, verdict).slug == slug


# -- the alarm ---------------------------------------------------------------------------------------------------------


def test_a_surely_unhealthy_rate_raises_one_alarm_and_its_end_clears_it(sidecar_on_each: Sidecar) -> None:
    sidecar = sidecar_on_each
    converse(sidecar, 50, ASKS)
    with capture_logs() as logged:
        watch_health(sidecar.bridge)
        watch_health(sidecar.bridge)
    (alarm,) = read(sidecar)["alarms"]
    assert (alarm["kind"], alarm["raised_at"]) == ("rate_too_high", IN_HOURS)
    assert alarm["text"].startswith("50 of 50 conversations of the last 7 days were handed over: 100.0%")
    assert [line for line in logged if line["event"] == "health.alarm"] == [
        {
            "event": "health.alarm",
            "log_level": "warning",
            "site": "shop",
            "kind": "rate_too_high",
            "sessions": 50,
            "escalated": 50,
            "rate": 1.0,
            "low": 0.928652,
            "high": 1.0,
            "moved": None,
        }
    ]
    converse(sidecar, 100)
    with capture_logs() as logged:
        watch_health(sidecar.bridge)
        watch_health(sidecar.bridge)
    assert read(sidecar)["alarms"] == []
    assert [line["event"] for line in logged] == ["health.cleared"]


def test_an_alarm_stands_while_there_are_too_few_sessions_to_tell(sidecar: Sidecar) -> None:
    converse(sidecar, 50, ASKS)
    watch_health(sidecar.bridge)
    sidecar.clock.advance(hours=24 * 30)
    converse(sidecar, 10)
    watch_health(sidecar.bridge)
    assert [one["kind"] for one in read(sidecar)["alarms"]] == ["rate_too_high"]


def test_a_rate_that_falls_from_too_high_to_too_low_changes_the_alarm(sidecar: Sidecar) -> None:
    converse(sidecar, 50, ASKS)
    watch_health(sidecar.bridge)
    sidecar.clock.advance(hours=24 * 30)
    converse(sidecar, 50)
    watch_health(sidecar.bridge)
    assert [one["kind"] for one in read(sidecar)["alarms"]] == ["rate_too_low"]


def test_an_alarming_rate_that_is_not_sure_raises_nothing(sidecar: Sidecar) -> None:
    both_windows(sidecar)
    watch_health(sidecar.bridge)
    assert read(sidecar)["alarms"] == []


@pytest.fixture
def schedulers(sidecar_on_each: Sidecar) -> Iterator[list[Bridge]]:
    """Several processes' worth of the product on the sidecar's database."""
    with ExitStack() as stack:
        settings = Settings(database_url=SecretStr(sidecar_on_each.url))
        made = [bootstrap.build(settings, clock=SetClock(), deliver_at_once=False) for _ in range(4)]
        for one in made:
            stack.callback(one.close)
        yield [one.bridge for one in made]


def test_several_schedulers_raise_one_alarm_and_one_of_them_says_so(
    sidecar_on_each: Sidecar, schedulers: list[Bridge]
) -> None:
    converse(sidecar_on_each, 50, ASKS)
    together = threading.Barrier(len(schedulers))
    failed: list[BaseException] = []

    def watch(bridge: Bridge) -> None:
        try:
            together.wait()
            watch_health(bridge)
        except BaseException as error:  # noqa: BLE001 - told to the test
            failed.append(error)

    threads = [threading.Thread(target=watch, args=(bridge,)) for bridge in schedulers]
    with capture_logs() as logged:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failed == []
    assert len(read(sidecar_on_each)["alarms"]) == 1
    assert [line["event"] for line in logged] == ["health.alarm"]


# -- metrics -----------------------------------------------------------------------------------------------------------


def metrics(sidecar: Sidecar) -> dict[str, float]:
    with sidecar.app.test_client() as client:
        answer = client.get("/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    text = answer.get_data(as_text=True)
    lines = (line.rpartition(" ") for line in text.splitlines() if line and not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}


def test_the_rate_with_its_interval_and_the_alarms_are_metrics(sidecar_on_each: Sidecar) -> None:
    converse(sidecar_on_each, 50, ASKS)
    watch_health(sidecar_on_each.bridge)
    found = metrics(sidecar_on_each)
    assert found['bridge_escalation_sessions{site="shop"}'] == 50
    assert found['bridge_escalation_rate{site="shop"}'] == 1.0
    assert found['bridge_escalation_rate_low{site="shop"}'] == pytest.approx(0.9286, abs=1e-4)
    assert found['bridge_escalation_rate_high{site="shop"}'] == 1.0
    assert found['bridge_alarms{site="shop"}'] == 1


def test_a_rate_of_too_few_is_no_metric(sidecar: Sidecar) -> None:
    converse(sidecar, 1, ASKS)
    found = metrics(sidecar)
    assert found['bridge_escalation_sessions{site="shop"}'] == 1
    assert found['bridge_alarms{site="shop"}'] == 0
    assert [name for name in found if name.startswith("bridge_escalation_rate")] == []


SLOW_TURNS = """
    ALTER TABLE turn RENAME TO kept_turn;
    CREATE VIEW turn AS SELECT * FROM kept_turn WHERE (SELECT pg_sleep(1)) IS NOT NULL
"""
"""Whoever counts turns takes their time, as among very many."""


def test_a_scrape_shows_former_counts_where_they_take_long_and_what_is_seen_now_at_once(
    fresh_postgres: Callable[[], str],
) -> None:
    with in_process(fresh_postgres()) as it:
        converse(it, 2, ASKS)
        found = metrics(it)
        assert (found["bridge_turns"], found['bridge_sessions{state="escalated"}']) == (2, 2)
        assert found["bridge_scheduler_age_seconds"] == math.inf
        converse(it, 1)
        Ticks(it.bridge).beat()
        engine = migration_engine(it.url)
        with engine.begin() as connection:
            connection.execute(text(SLOW_TURNS))
        engine.dispose()
        found = metrics(it)
        assert (found["bridge_turns"], found['bridge_sessions{state="escalated"}']) == (2, 2)
        assert found["bridge_scheduler_age_seconds"] < 60


def test_a_scrape_does_not_read_the_sessions_again_and_sees_alarms_at_once(sidecar: Sidecar) -> None:
    assert metrics(sidecar)['bridge_alarms{site="shop"}'] == 0
    converse(sidecar, 50, ASKS)
    watch_health(sidecar.bridge)
    found = metrics(sidecar)
    assert found['bridge_escalation_sessions{site="shop"}'] == 0
    assert found['bridge_alarms{site="shop"}'] == 1
    assert found['bridge_sessions{state="escalated"}'] == 50
