"""What does not arrive is told, and the telling ends by itself."""

from collections.abc import Callable

from support.sidecar import AFTER_HOURS, SHOP, Sidecar, in_process

from bridge.domain.health import Alarm
from bridge.ports import Fault, NotDone, Rejected
from bridge.service.watch_outbox import watch_outbox

Fresh = Callable[[], str]
ASKING = "I want to talk to a human."


def hand_over(it: Sidecar) -> None:
    chat = it.chat()
    chat.start()
    assert chat.says(ASKING)["state"] == "escalated"


def standing(it: Sidecar) -> dict[str, Alarm]:
    watch_outbox(it.bridge)
    return {alarm.kind: alarm for alarm in it.alarms()}


def the_ticket(it: Sidecar) -> str:
    return next(str(row["id"]) for row in it.outbox() if row["kind"] == "ticket")


def test_a_parked_row_raises_one_alarm_that_says_what_to_do_and_ends_with_it(sidecar_on_each: Sidecar) -> None:
    it = sidecar_on_each
    it.desk.fault = Rejected("http 422")
    hand_over(it)
    it.work()
    first = standing(it)["outbox_parked"]
    assert "1 for fake (http 422)" in first.text
    assert "bridge outbox retry --all --target fake" in first.text
    hand_over(it)
    it.work()
    second = standing(it)["outbox_parked"]
    assert (second.id, second.detail) == (first.id, {"rows": 2})
    assert "2 for fake" in second.text
    it.desk.fault = None
    with it.bridge.store.write() as tx:
        assert len(tx.work.retry_all(it.clock.at)) == 2
    it.work()
    assert standing(it) == {}


def test_a_row_that_is_given_up_ends_the_alarm_and_takes_its_notes_along(sidecar: Sidecar) -> None:
    sidecar.desk.fault = Rejected("http 422")
    chat = sidecar.chat()
    chat.start()
    chat.says(ASKING)
    chat.says("It was blue")
    sidecar.work()
    assert "outbox_parked" in standing(sidecar)
    with sidecar.bridge.store.write() as tx:
        assert tx.work.drop(the_ticket(sidecar))
        assert not tx.work.drop("nothing")
    sidecar.clock.advance(hours=1)
    sidecar.work()
    assert "outbox_parked" not in standing(sidecar)
    assert {row["kind"] for row in sidecar.outbox()} == {"mail"}


def test_what_has_waited_for_a_quarter_of_an_hour_raises_an_alarm_until_it_has_arrived(
    sidecar_on_each: Sidecar,
) -> None:
    it = sidecar_on_each
    it.desk.fault = NotDone("refused", fault=Fault.SYSTEM)
    hand_over(it)
    it.work()
    it.clock.advance(minutes=14, seconds=59)
    assert "outbox_late" not in standing(it)
    it.clock.advance(seconds=1)
    late = standing(it)["outbox_late"]
    assert "1 for fake (refused)" in late.text
    assert "the oldest since 2026-11-02T15:00:00Z" in late.text
    it.desk.fault = None
    it.work()
    assert standing(it) == {}


def test_an_alarm_about_a_helpdesk_for_which_nothing_waits_any_more_ends(sidecar: Sidecar) -> None:
    sidecar.desk.fault = NotDone("refused", fault=Fault.SYSTEM)
    for _ in range(5):
        hand_over(sidecar)
    sidecar.work()
    assert "upstream_down:fake" in standing(sidecar)
    with sidecar.bridge.store.write() as tx:
        for row in [row for row in sidecar.outbox() if row["state"] == "due"]:
            assert tx.work.park(row["id"])
    assert "upstream_down:fake" not in standing(sidecar)


def test_mails_that_are_held_back_are_sent_by_a_person_who_names_them_and_by_no_other(fresh_sqlite: Fresh) -> None:
    with in_process(fresh_sqlite(), at=AFTER_HOURS) as night:
        for _ in range(5):
            chat = night.chat()
            chat.start("claimed", email="ann@example.org")
            chat.says(ASKING)
        night.clock.set("2026-11-02T14:00:00Z")
        night.work()
        held = [row for row in night.outbox() if row["state"] == "parked"]
        assert len(held) == 3
        assert "3 for mail (held back" in standing(night)["outbox_parked"].text
        with night.bridge.store.write() as tx:
            assert tx.work.retry_all(night.clock.at) == []
            assert tx.work.retry(held[0]["id"], night.clock.at) == (SHOP.id, "mail")


def test_stats_and_metrics_say_which_system_takes_nothing(sidecar: Sidecar) -> None:
    sidecar.desk.fault = NotDone("timeout", fault=Fault.SYSTEM)
    for _ in range(5):
        hand_over(sidecar)
    sidecar.work()
    found = {one["target"]: one for one in sidecar.team.caller.ask("GET", "/v1/stats")["upstreams"]}
    assert found["fake"] == {
        "target": "fake", "paused": True, "failures": 5, "failing_since": "2026-11-02T15:00:00Z", "cause": "timeout",
    }  # fmt: skip
    assert not found["mail"]["paused"]
    with sidecar.app.test_client() as client:
        text = client.get("/metrics").get_data(as_text=True)
    assert 'bridge_upstreams_paused{target="fake"} 1.0' in text
    assert 'bridge_upstreams_paused{target="mail"} 0.0' in text
