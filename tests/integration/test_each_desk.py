"""Every helpdesk, over real HTTP: one ticket whatever is lost, all that the visitor says later, and what people do."""

import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest
from support.contractcheck import Fault, Loopback, answers_garbage, drops_after, drops_before, fails_after, refuses
from support.desks import DESKS
from support.desks.vendor import SECRET, DeskVendor, FiledTicket
from support.sidecar import SHOP, AtOnce, Chat, FakeMailer, Sidecar, app_over, with_systems

from bridge.adapters.http import Http
from bridge.assembly.desks import Outside, desk, hooks_url_of
from bridge.config import SiteSettings
from bridge.service.ask_desks import Desks
from bridge.web.app import Parts

ASKING = "I want to talk to a human."
LATER = 6 * 60


@pytest.fixture(params=DESKS, ids=lambda kind: kind.name)
def vendor(request: pytest.FixtureRequest) -> DeskVendor:
    made: DeskVendor = request.param()
    return made


@pytest.fixture
def working(sidecar: Sidecar, vendor: DeskVendor) -> Iterator[Sidecar]:
    """The sidecar whose site uses this helpdesk, at the present time: helpdesks stamp by their own clocks."""
    with Loopback(vendor) as server:
        own = SiteSettings.model_validate(vendor.settings(server.base_url))
        made = with_systems(sidecar, desk=desk(own, outside(server.endpoint, hooks_url_of(own, SHOP))))
        bridge = replace(made.bridge, background=AtOnce())
        sidecar.clock.at = round(time.time() * 1000)
        yield replace(made, bridge=bridge, app=app_over(Parts(bridge, lambda: None)))
    assert vendor.problems() == []


def outside(endpoint: str, hooks_url: str) -> Outside:
    return Outside(partial(Http, allow=[endpoint]), FakeMailer(), "support@shop.example", hooks_url)


def hand_over(sidecar: Sidecar) -> Chat:
    """A logged-in customer who has been handed over; nothing is sent yet."""
    chat = sidecar.chat()
    chat.verified()
    chat.says("My parcel number 4711 is lost <b>again</b>")
    assert chat.says(ASKING)["state"] == "escalated"
    return chat


def the_ticket(vendor: DeskVendor) -> FiledTicket:
    (ticket,) = vendor.filed()
    return ticket


def work_later(sidecar: Sidecar, times: int = 6) -> None:
    """What the scheduler does now, and after each wait."""
    for _ in range(times):
        sidecar.work()
        sidecar.clock.advance(seconds=LATER)


def ask(sidecar: Sidecar) -> None:
    Desks(sidecar.bridge).ask_all()


def states(sidecar: Sidecar) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in sidecar.outbox():
        found.setdefault(row["kind"], []).append(row["state"])
    return found


# -------------------------------------------------------------------------------------------------------- one ticket


def test_the_ticket_is_filed_once_with_its_packet_for_the_team_alone(working: Sidecar, vendor: DeskVendor) -> None:
    hand_over(working)
    working.work()
    ticket = the_ticket(vendor)
    packet = ticket.private[0]
    assert ticket.external_id == working.team.list()[0]["id"]
    assert "4711" in packet
    said_last = packet.index("4711", packet.index("CONVERSATION"))
    assert packet.index("SUMMARY") < packet.index("REASON") < packet.index("CONVERSATION") < said_last
    assert not any("4711" in text or "SUMMARY" in text for text in ticket.public)
    assert working.team.read(ticket.external_id)["ticket"]["ref"] == ticket.ref


FAULTS = {
    "refused": drops_before(), "throttled": refuses(429, "1"), "down": refuses(503),
    "answer lost": drops_after(), "made, then 500": fails_after(500), "answer HTML": answers_garbage(),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_whatever_is_lost_there_is_one_ticket(working: Sidecar, vendor: DeskVendor, fault: object) -> None:
    vendor.plan(vendor.create, fault, fault)
    hand_over(working)
    work_later(working)
    ticket = the_ticket(vendor)
    assert len([text for text in ticket.private if "CONVERSATION" in text]) == 1
    assert states(working)["ticket"] == ["sent"]


def test_what_is_refused_is_parked_and_harms_nobody_else(working: Sidecar, vendor: DeskVendor) -> None:
    vendor.plan(vendor.create, refuses(422))
    hand_over(working)
    working.work()
    assert states(working)["ticket"] == ["parked"]
    other = working.chat()
    other.verified("8")
    other.says(ASKING)
    working.work()
    assert sorted(states(working)["ticket"]) == ["parked", "sent"]


# ------------------------------------------------------------------------------------------------- what comes later


def test_what_the_visitor_writes_later_joins_the_ticket_in_order(working: Sidecar, vendor: DeskVendor) -> None:
    chat = hand_over(working)
    chat.says("First, it was blue")
    working.clock.advance(seconds=1)
    chat.says("Second, it was <i>heavy</i>")
    work_later(working, 2)
    chat.says("Third, it is urgent")
    work_later(working, 2)
    private = the_ticket(vendor).private
    places = [next(n for n, text in enumerate(private) if word in text) for word in ("blue", "heavy", "urgent")]
    assert places == sorted(places)
    assert len(set(places)) == 3
    assert "The visitor wrote" in private[places[0]]
    assert not any("blue" in text for text in the_ticket(vendor).public)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_note_arrives_once_whatever_is_lost(working: Sidecar, vendor: DeskVendor, fault: Fault) -> None:
    chat = hand_over(working)
    work_later(working, 2)
    vendor.plan(vendor.append, fault, fault)
    chat.says("It was blue")
    work_later(working)
    assert len([text for text in the_ticket(vendor).private if "blue" in text]) == 1


def test_notes_wait_for_a_ticket_that_cannot_be_filed_yet(working: Sidecar, vendor: DeskVendor) -> None:
    vendor.plan(vendor.create, refuses(503), refuses(503))
    chat = hand_over(working)
    chat.says("It was blue")
    working.work()
    assert vendor.filed() == []
    work_later(working)
    assert len([text for text in the_ticket(vendor).private if "blue" in text]) == 1


# ------------------------------------------------------------------------------------------------- what people do


def test_a_persons_answer_is_shown_and_keeps_the_promise(working: Sidecar, vendor: DeskVendor) -> None:
    chat = hand_over(working)
    working.work()
    ref = the_ticket(vendor).ref
    vendor.takes(ref)
    vendor.remarks(ref, "Colleagues, see the depot")
    vendor.customer_says(ref, "Hello?")
    vendor.says(ref, "Your parcel is in Leeds.")
    ask(working)
    ask(working)
    assert [text for kind, text in chat.lines() if kind == "agent"] == ["Your parcel is in Leeds."]
    escalation = working.team.list()[0]
    assert escalation["commitment"]["state"] == "kept"
    assert escalation["state"] == "claimed"


def test_what_is_solved_there_is_over_here_and_the_bot_stays_mute(working: Sidecar, vendor: DeskVendor) -> None:
    chat = hand_over(working)
    working.work()
    vendor.takes(the_ticket(vendor).ref)
    vendor.solves(the_ticket(vendor).ref)
    ask(working)
    assert chat.events()["state"] == "closed"
    assert chat.says("And now?")["action"] == "say"


def test_what_we_wrote_ourselves_is_no_news(working: Sidecar, vendor: DeskVendor) -> None:
    chat = hand_over(working)
    chat.says("It was blue")
    work_later(working, 2)
    before = chat.lines()
    ask(working)
    assert chat.lines() == before
    assert working.team.list()[0]["commitment"]["state"] == "pending"


# ---------------------------------------------------------------------------------------------- the helpdesk's calls


def call(sidecar: Sidecar, vendor: DeskVendor, ref: str, *, at: float | None = None, secret: str = SECRET) -> int:
    hook = vendor.hook(ref, time.time() if at is None else at, secret)
    if hook is None:
        pytest.skip(f"{vendor.name} makes no calls")
    with sidecar.app.test_client() as client:
        answer = client.post(f"/v1/hooks/{SHOP.id}/{vendor.name}", data=hook.body, headers=hook.headers)
    return answer.status_code


def test_its_call_has_the_ticket_asked_about_at_once(working: Sidecar, vendor: DeskVendor) -> None:
    chat = hand_over(working)
    working.work()
    ref = the_ticket(vendor).ref
    vendor.takes(ref)
    vendor.says(ref, "Your parcel is in Leeds.")
    assert call(working, vendor, ref) == 202
    assert call(working, vendor, ref) == 202
    assert [text for kind, text in chat.lines() if kind == "agent"] == ["Your parcel is in Leeds."]
    assert working.team.list()[0]["commitment"]["state"] == "kept"


def test_a_call_that_is_forged_or_old_changes_nothing(working: Sidecar, vendor: DeskVendor) -> None:
    hand_over(working)
    working.work()
    ref = the_ticket(vendor).ref
    vendor.takes(ref)
    asked = len(vendor.calls)
    assert call(working, vendor, ref, secret="guessed") == 401
    if vendor.stamps_its_calls:
        assert call(working, vendor, ref, at=time.time() - 400) == 401
    assert len(vendor.calls) == asked
    assert working.team.list()[0]["state"] == "open"


def test_a_call_about_a_ticket_that_is_not_ours_asks_nothing(working: Sidecar, vendor: DeskVendor) -> None:
    hand_over(working)
    working.work()
    asked = len(vendor.calls)
    assert call(working, vendor, "424242") == 200
    assert len(vendor.calls) == asked


def test_the_settings_are_found_right(working: Sidecar) -> None:
    system = working.bridge.systems(SHOP).desk
    assert system is not None
    assert system.check(budget=5) == []
