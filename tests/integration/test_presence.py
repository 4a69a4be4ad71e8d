"""Presence from the helpdesk: asked over real HTTP, kept as rows for a while, and what a decision makes of them."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest
import structlog
from support.contractcheck import Loopback, answers_garbage, answers_late, refuses
from support.helpdesks import HELPDESKS, FreshdeskPeople, Helpdesk, Person, ZendeskPeople
from support.sidecar import SHOP, Sidecar, app_over
from support.waiting import until

from bridge.adapters.http import Http
from bridge.assembly.presences import roster as roster_of
from bridge.config import SiteSettings
from bridge.domain.escalation import Presence
from bridge.ports import Scope, Site
from bridge.service.manage_sites import add_site
from bridge.service.poll_presence import PresencePoll
from bridge.web.app import Parts

ASKING = "I want to talk to a human."
EVERY = 30.0
ADA = Person(11, "Ada Okoye", groups=(7,))


def with_helpdesk(sidecar: Sidecar, server: Loopback, helpdesk: Helpdesk, queues: str = "") -> Sidecar:
    """The same sidecar, whose site asks this helpdesk; and an app of its own."""
    own = SiteSettings.model_validate({"presence_queues": queues, **helpdesk.settings(server.base_url)})
    roster = roster_of(own, partial(Http, allow=[server.endpoint]))
    systems = replace(sidecar.bridge.systems(SHOP), roster=roster)
    bridge = replace(sidecar.bridge, systems=lambda _site: systems)
    return replace(sidecar, bridge=bridge, app=app_over(Parts(bridge, lambda: None)))


def the_channel(sidecar: Sidecar, user: str = "1") -> str:
    """The way on which a chat of this user is handed over now."""
    chat = sidecar.chat()
    chat.verified(user)
    channel: str = chat.says(ASKING)["escalation"]["channel"]
    return channel


def present(sidecar: Sidecar) -> list[Presence]:
    with sidecar.bridge.store.read() as tx:
        return tx.people.present(SHOP.id, sidecar.clock.now())


def alarms(sidecar: Sidecar) -> list[tuple[str, str]]:
    return [(alarm.kind, alarm.text) for alarm in sidecar.alarms()]


@pytest.fixture(params=HELPDESKS, ids=lambda kind: kind.name)
def helpdesk(request: pytest.FixtureRequest) -> Helpdesk:
    made: Helpdesk = request.param()
    made.people = [ADA]
    return made


@pytest.fixture
def freshdesk() -> FreshdeskPeople:
    made = FreshdeskPeople()
    made.people = [ADA]
    return made


@pytest.fixture
def server(freshdesk: FreshdeskPeople) -> Iterator[Loopback]:
    with Loopback(freshdesk) as running:
        yield running


@pytest.fixture
def it(sidecar: Sidecar, server: Loopback, freshdesk: FreshdeskPeople) -> Sidecar:
    """A sidecar whose site asks Freshdesk."""
    return with_helpdesk(sidecar, server, freshdesk)


# -------------------------------------------------------------------------------------------- from answer to decision


def test_who_is_there_takes_the_chat_and_who_was_there_too_long_ago_does_not(
    sidecar_on_each: Sidecar, helpdesk: Helpdesk
) -> None:
    with Loopback(helpdesk) as server:
        asking = with_helpdesk(sidecar_on_each, server, helpdesk)
        assert the_channel(asking, "1") == "email"
        PresencePoll(asking.bridge, EVERY)()
        assert [one.agent.id for one in present(asking)] == [f"{helpdesk.name}:11"]
        assert the_channel(asking, "2") == "live"
    asking.clock.advance(seconds=3 * EVERY - 1)
    assert the_channel(asking, "3") == "live"
    asking.clock.advance(seconds=1)
    assert the_channel(asking, "4") == "email"
    assert helpdesk.problems() == []


def test_a_turn_asks_nobody(it: Sidecar, freshdesk: FreshdeskPeople) -> None:
    the_channel(it)
    it.work()
    assert freshdesk.calls == []


@pytest.mark.parametrize("people", [[], [replace(ADA, there=False)], [Person(12, "Ben", there=False)]])
def test_who_is_gone_is_gone_with_the_next_answer(
    sidecar_on_each: Sidecar, server: Loopback, freshdesk: FreshdeskPeople, people: list[Person]
) -> None:
    asking = with_helpdesk(sidecar_on_each, server, freshdesk)
    poll = PresencePoll(asking.bridge, EVERY)
    poll()
    freshdesk.people = people
    asking.clock.advance(seconds=EVERY)
    poll()
    assert present(asking) == []
    assert the_channel(asking) == "email"


def test_wp_admin_is_believed_beside_the_helpdesk(it: Sidecar, freshdesk: FreshdeskPeople) -> None:
    it.team.is_there({"id": "3", "name": "Ben"})
    PresencePoll(it.bridge, EVERY)()
    assert {one.agent.id for one in present(it)} == {"3", "freshdesk:11"}
    freshdesk.people = []
    it.clock.advance(seconds=EVERY)
    PresencePoll(it.bridge, EVERY)()
    assert [one.agent.id for one in present(it)] == ["3"]


SERVED = {
    "": "live",
    "7=support": "live",
    "7=billing, 7=support": "live",
    "7=billing": "email",
    "8=support": "email",
}


@pytest.mark.parametrize(("queues", "channel"), SERVED.items(), ids=SERVED)
def test_a_group_serves_the_queues_that_it_is_given(
    sidecar: Sidecar, helpdesk: Helpdesk, queues: str, channel: str
) -> None:
    with Loopback(helpdesk) as server:
        asking = with_helpdesk(sidecar, server, helpdesk, queues)
        PresencePoll(asking.bridge, EVERY)()
    assert the_channel(asking) == channel


@pytest.mark.parametrize(("room", "channel"), [((3, 2), "live"), ((3, 3), "email"), ((3, 9), "email")])
def test_hands_that_are_full_in_zendesk_are_full(sidecar: Sidecar, room: tuple[int, int], channel: str) -> None:
    zendesk = ZendeskPeople()
    zendesk.people = [replace(ADA, room=room)]
    with Loopback(zendesk) as server:
        asking = with_helpdesk(sidecar, server, zendesk)
        PresencePoll(asking.bridge, EVERY)()
    assert the_channel(asking) == channel


def test_names_that_no_database_takes_are_made_ones_that_it_does(
    sidecar_on_each: Sidecar, server: Loopback, freshdesk: FreshdeskPeople
) -> None:
    freshdesk.people = [Person(1, "\x00"), Person(2, "A\x00d\ud83da\n" + "x" * 500), Person(2**62, "Zażółć 🙏")]
    asking = with_helpdesk(sidecar_on_each, server, freshdesk)
    PresencePoll(asking.bridge, EVERY)()
    names = {one.agent.id: one.agent.name for one in present(asking)}
    assert names == {
        "freshdesk:1": "1",
        "freshdesk:2": "Ada" + "x" * 117,
        f"freshdesk:{2**62}": "Zażółć 🙏",
    }


# ------------------------------------------------------------------------------------------------- when it fails


def test_silence_for_five_minutes_is_one_alarm_that_the_next_good_answer_ends(
    it: Sidecar, freshdesk: FreshdeskPeople
) -> None:
    poll = PresencePoll(it.bridge, EVERY)
    freshdesk.chance = lambda _request: refuses(401)
    for _ in range(10):
        poll()
        assert alarms(it) == []
        it.clock.advance(seconds=EVERY)
    poll()
    it.clock.advance(seconds=EVERY)
    poll()
    (kind, text), *more = alarms(it)
    assert more == []
    assert kind == "presence:freshdesk"
    assert text.startswith("Freshdesk has not said for 5 minutes who of the team is there (http 401).")
    freshdesk.chance = lambda _request: None
    poll()
    assert alarms(it) == []
    assert len(present(it)) == 1


def test_the_alarm_says_why_the_helpdesk_is_silent_now(it: Sidecar, freshdesk: FreshdeskPeople) -> None:
    poll = PresencePoll(it.bridge, EVERY)
    for status in (401, 500):
        freshdesk.chance = lambda _request: refuses(status)  # noqa: B023
        poll()
        it.clock.advance(minutes=5)
        poll()
        ((_, text),) = alarms(it)
        assert f"(http {status})" in text


def test_one_bad_answer_takes_nobody_away(it: Sidecar, freshdesk: FreshdeskPeople) -> None:
    poll = PresencePoll(it.bridge, EVERY)
    poll()
    freshdesk.plan(freshdesk.listing, answers_garbage(), refuses(500))
    for _ in range(2):
        it.clock.advance(seconds=EVERY)
        poll()
    assert the_channel(it) == "live"


def test_a_failure_is_counted_in_the_log_without_a_name_or_a_token(it: Sidecar, freshdesk: FreshdeskPeople) -> None:
    freshdesk.chance = lambda _request: refuses(500)
    poll = PresencePoll(it.bridge, EVERY)
    with structlog.testing.capture_logs() as lines:
        poll()
        poll()
    assert [(line["event"], line["cause"], line["in_a_row"]) for line in lines] == [
        ("presence.failed", "http 500", 1),
        ("presence.failed", "http 500", 2),
    ]
    assert all(line.keys() == {"event", "log_level", "site", "helpdesk", "cause", "in_a_row"} for line in lines)


@pytest.mark.parametrize(("wait", "until"), [("45", 45), ("86400", 600)])
def test_a_wait_that_the_helpdesk_names_is_kept_up_to_ten_minutes(
    it: Sidecar, freshdesk: FreshdeskPeople, wait: str, until: int
) -> None:
    freshdesk.plan(freshdesk.listing, refuses(429, wait))
    poll = PresencePoll(it.bridge, EVERY)
    poll()
    it.clock.advance(seconds=until - 1)
    poll()
    assert len(freshdesk.calls) == 1
    it.clock.advance(seconds=1)
    poll()
    assert len(freshdesk.calls) == 2
    assert len(present(it)) == 1


def test_a_clock_that_is_set_back_stops_no_poll(it: Sidecar, freshdesk: FreshdeskPeople) -> None:
    poll = PresencePoll(it.bridge, EVERY)
    poll()
    it.clock.advance(hours=-1)
    freshdesk.plan(freshdesk.listing, refuses(429, "600"))
    poll()
    it.clock.advance(hours=-1)
    poll()
    assert len(freshdesk.calls) == 3


def test_an_alarm_about_a_helpdesk_that_is_not_asked_any_more_ends(it: Sidecar, freshdesk: FreshdeskPeople) -> None:
    poll = PresencePoll(it.bridge, EVERY)
    freshdesk.chance = lambda _request: refuses(401)
    poll()
    it.clock.advance(minutes=5)
    poll()
    assert len(alarms(it)) == 1
    without = replace(it.bridge.systems(SHOP), roster=None)
    PresencePoll(replace(it.bridge, systems=lambda _site: without), EVERY)()
    assert alarms(it) == []


def test_a_queue_that_the_policy_does_not_have_is_an_alarm_until_it_has(
    sidecar: Sidecar, server: Loopback, freshdesk: FreshdeskPeople
) -> None:
    asking = with_helpdesk(sidecar, server, freshdesk, "7=support,7=suport,9=billing")
    poll = PresencePoll(asking.bridge, EVERY)
    poll()
    named = "BRIDGE_PRESENCE_QUEUES names what is no queue of the policy: billing, suport."
    assert alarms(asking) == [("presence:queues", named)]
    fewer = with_helpdesk(sidecar, server, freshdesk, "7=support,7=suport")
    fewer.clock.advance(seconds=EVERY)
    PresencePoll(fewer.bridge, EVERY)()
    assert alarms(fewer) == [("presence:queues", named.replace("billing, ", ""))]
    right = with_helpdesk(sidecar, server, freshdesk, "7=support")
    right.clock.advance(seconds=EVERY)
    PresencePoll(right.bridge, EVERY)()
    assert alarms(right) == []


def test_two_schedulers_ask_once(it: Sidecar, freshdesk: FreshdeskPeople) -> None:
    first, second = PresencePoll(it.bridge, EVERY), PresencePoll(it.bridge, EVERY)
    for _ in range(3):
        first()
        second()
        it.clock.advance(seconds=EVERY)
    assert len(freshdesk.calls) == 3


def test_nobody_is_asked_once_it_is_to_stop(it: Sidecar, freshdesk: FreshdeskPeople) -> None:
    stop = threading.Event()
    stop.set()
    PresencePoll(it.bridge, EVERY, stop)()
    assert freshdesk.calls == []


def test_a_helpdesk_that_answers_late_keeps_no_other_site_waiting(it: Sidecar, server: Loopback) -> None:
    other = Site("other", "https://other.example", "UTC", "team@other.example")
    add_site(it.bridge, other, "http://x")
    slow = FreshdeskPeople()
    slow.plan(slow.listing, answers_late(2))
    with Loopback(slow) as slow_server:
        late = with_helpdesk(it, slow_server, slow).bridge.systems(SHOP)
        quick = it.bridge.systems(SHOP)
        poll = PresencePoll(replace(it.bridge, systems=lambda site: quick if site == other else late), EVERY)
        polling = threading.Thread(target=poll)
        polling.start()
        until(lambda: people_of(it, other.id) == ["freshdesk:11"], "the helpdesk that answers")
        assert polling.is_alive()
        polling.join()


def people_of(sidecar: Sidecar, site: str) -> list[str]:
    with sidecar.bridge.store.read() as tx:
        return [one.agent.id for one in tx.people.present(site, sidecar.clock.now())]


# ------------------------------------------------------------------------------------------------- seen from outside


def metric(sidecar: Sidecar) -> list[str]:
    with sidecar.app.test_client() as client:
        text = client.get("/metrics").get_data(as_text=True)
    return [line for line in text.splitlines() if line.startswith("bridge_presence_age_seconds")]


def test_the_age_of_the_last_good_answer_is_a_metric(it: Sidecar, freshdesk: FreshdeskPeople) -> None:
    assert metric(it) == []
    poll = PresencePoll(it.bridge, EVERY)
    poll()
    freshdesk.chance = lambda _request: refuses(500)
    it.clock.advance(seconds=EVERY)
    poll()
    assert metric(it) == ['bridge_presence_age_seconds{site="shop"} 30.0']


def test_a_standing_alarm_is_read_by_the_owner(it: Sidecar, freshdesk: FreshdeskPeople) -> None:
    freshdesk.chance = lambda _request: refuses(403)
    poll = PresencePoll(it.bridge, EVERY)
    poll()
    it.clock.advance(minutes=5)
    poll()
    stats = it.caller(Scope.ADMIN).ask("GET", "/v1/stats")
    assert [alarm["kind"] for alarm in stats["alarms"]] == ["presence:freshdesk"]
    assert stats["alarms"][0]["detail"] == {"helpdesk": "freshdesk", "cause": "http 403", "in_a_row": 2}
