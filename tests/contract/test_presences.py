"""Who is there, as four helpdesks say it: the same people from each, and every answer that is none by its name."""

from typing import Any

import pytest
from support.contractcheck import (
    Fault,
    InProcess,
    Loopback,
    Vendor,
    answers_garbage,
    answers_late,
    drops_before,
    refuses,
    truncates,
)
from support.contracts import CHATWOOTS_OWN, INTERCOMS_OWN, contract
from support.helpdesks import (
    ACCOUNT,
    HELPDESKS,
    ChatwootPeople,
    FreshdeskPeople,
    Helpdesk,
    IntercomPeople,
    Person,
    ZendeskPeople,
)

from bridge.adapters.http import Http, Reply
from bridge.adapters.presence.chatwoot import ChatwootPresences
from bridge.adapters.presence.zendesk import ZendeskPresences
from bridge.ports import AdapterError, NotDone, OutcomeUnknown, Presences, Rejected, Seen

BASE = "https://desk.example"
ADA, BEN = Person(11, "Ada Okoye", groups=(7,)), Person(12, "Ben Ray", there=False, groups=(7, 9))


@pytest.fixture(params=HELPDESKS, ids=lambda kind: kind.name)
def helpdesk(request: pytest.FixtureRequest) -> Helpdesk:
    made: Helpdesk = request.param()
    return made


def asking(vendor: Helpdesk, groups: tuple[str, ...] = ("7", "9")) -> Presences:
    return vendor.presences(Http(transport=InProcess(vendor)), BASE, groups)


def who(vendor: Helpdesk, groups: tuple[str, ...] = ("7", "9")) -> list[Seen]:
    return asking(vendor, groups).who(budget=60)


def there(seen: list[Seen]) -> set[str]:
    return {one.id for one in seen if one.available}


# ------------------------------------------------------------------------------------------------------- all of them


def test_who_is_there_is_seen_with_their_groups_and_who_is_not_is_not(helpdesk: Helpdesk) -> None:
    helpdesk.people = [ADA, BEN]
    seen = {one.id: one for one in who(helpdesk)}
    assert there(list(seen.values())) == {"11"}
    assert seen["11"].groups == ("7",)
    assert seen["11"].capacity is None
    assert helpdesk.problems() == []


def test_nobody_is_an_answer(helpdesk: Helpdesk) -> None:
    assert who(helpdesk) == []
    assert helpdesk.problems() == []


def test_names_are_those_of_the_helpdesk_where_it_says_them(helpdesk: Helpdesk) -> None:
    helpdesk.people = [ADA]
    name = "Agent 11" if helpdesk.name == "zendesk" else "Ada Okoye"
    assert [one.name for one in who(helpdesk)] == [name]


FAULTS: list[tuple[Fault, type[AdapterError], str]] = [
    (refuses(400), Rejected, "http 400"), (refuses(401), Rejected, "http 401"), (refuses(403), Rejected, "http 403"),
    (refuses(404), Rejected, "http 404"), (refuses(302), Rejected, "http 302"),
    (refuses(429, "17"), NotDone, "http 429"), (refuses(500), OutcomeUnknown, "http 500"),
    (refuses(503, "3"), OutcomeUnknown, "http 503"), (answers_garbage(), OutcomeUnknown, "not json"),
    (truncates(), OutcomeUnknown, "dropped"), (answers_late(2), OutcomeUnknown, "timeout"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("fault", "error", "detail"), FAULTS, ids=[f"{one.kind}{one.status or ''}" for one, _, _ in FAULTS]
)
@pytest.mark.parametrize("sockets", [False, True], ids=["in process", "on loopback"])
def test_an_answer_that_is_none_is_an_error_by_its_name(
    helpdesk: Helpdesk, fault: Fault, error: type[AdapterError], detail: str, *, sockets: bool
) -> None:
    helpdesk.people = [ADA]
    helpdesk.plan(helpdesk.listing, fault, fault)  # a lost connection is tried once more
    with Loopback(helpdesk) as server:
        http = Http(allow=[server.endpoint]) if sockets else Http(transport=InProcess(helpdesk))
        presences = helpdesk.presences(http, server.base_url)
        with pytest.raises(error, match=detail):
            presences.who(budget=0.5)


def test_a_lost_connection_is_tried_once_more(helpdesk: Helpdesk) -> None:
    helpdesk.people = [ADA]
    helpdesk.plan(helpdesk.listing, drops_before())
    assert there(who(helpdesk)) == {"11"}


def test_too_many_calls_name_the_wait(helpdesk: Helpdesk) -> None:
    helpdesk.plan(helpdesk.listing, refuses(429, "17"))
    with pytest.raises(NotDone) as caught:
        who(helpdesk)
    assert caught.value.retry_after == 17


@pytest.mark.parametrize("body", ["null", "7", '"here"', "{}", "[7]", '[{"id": null}]', '[{"id": "\\u0000"}]',
                                  '{"data": 7}', '{"data": [{}]}', '{"admins": null}', '{"admins": [{"id": {}}]}',
                                  '[{"id": 1, "available": "perhaps", "availability_status": []}]',
                                  '{"admins": [{"id": "1", "away_mode_enabled": "perhaps"}]}'])  # fmt: skip
def test_an_answer_of_another_shape_says_nothing_and_shows_nothing(helpdesk: Helpdesk, body: str) -> None:
    answered = Http(transport=lambda _call, _deadline: Reply(200, {}, body.encode()))
    with pytest.raises(AdapterError, match="malformed") as caught:
        helpdesk.presences(answered, BASE).who(budget=1)
    assert caught.value.__context__ is None


def test_no_time_left_is_said_before_anything_is_sent(helpdesk: Helpdesk) -> None:
    with pytest.raises(NotDone):
        asking(helpdesk).who(budget=0)
    assert helpdesk.calls == []


@pytest.mark.parametrize(
    ("vendor", "file"), [(ChatwootPeople, CHATWOOTS_OWN), (IntercomPeople, INTERCOMS_OWN)], ids=["chatwoot", "intercom"]
)
def test_the_vendors_own_description_agrees(vendor: type[Helpdesk], file: str) -> None:
    strict = vendor(contract(file))
    strict.people = [ADA, BEN]
    assert there(who(strict, groups=())) == {"11"}
    assert strict.problems() == []


# ----------------------------------------------------------------------------------------------------------- pages


@pytest.mark.parametrize(("kind", "size"), [(ZendeskPeople, 50), (FreshdeskPeople, 100)], ids=["zendesk", "freshdesk"])
@pytest.mark.parametrize("beyond", [-1, 0, 1, 150])
def test_all_pages_are_read_and_no_more(kind: type[Helpdesk], size: int, beyond: int) -> None:
    vendor = kind()
    vendor.people = [Person(number, f"P{number}") for number in range(1, size + beyond + 1)]
    assert there(who(vendor)) == {str(one.id) for one in vendor.people}
    assert len(vendor.calls) <= len(vendor.people) // size + 1
    assert vendor.problems() == []


@pytest.mark.parametrize("kind", [ZendeskPeople, FreshdeskPeople], ids=["zendesk", "freshdesk"])
def test_an_answer_without_end_is_given_up(kind: type[Helpdesk]) -> None:
    vendor = kind()
    vendor.people = [Person(number, "P") for number in range(1, 2502)]
    with pytest.raises(AdapterError, match="too many pages"):
        who(vendor)
    assert len(vendor.calls) == 20


def test_a_page_that_fails_makes_the_whole_answer_none() -> None:
    vendor = FreshdeskPeople()
    vendor.people = [Person(number, "P") for number in range(1, 151)]
    vendor.chance = lambda request: refuses(500) if request.param("page") == "2" else None
    with pytest.raises(OutcomeUnknown, match="http 500"):
        who(vendor)


@pytest.mark.parametrize("link", [None, "", "https://x/?page=2", "http://[", "/?page[after]=", "/?page[after]=\ud800"])
def test_more_pages_without_the_way_to_them_are_malformed(link: str | None) -> None:
    vendor = ZendeskPeople()
    vendor.on(vendor.listing, lambda _request: (200, {"data": [], "meta": {"has_more": True}, "links": {"next": link}}))
    with pytest.raises(AdapterError, match="malformed: no next page"):
        who(vendor)


def test_the_next_page_is_asked_of_the_address_that_was_set_and_never_of_the_one_in_the_answer() -> None:
    vendor = ZendeskPeople()
    vendor.people = [Person(number, "P") for number in range(1, 61)]
    urls: list[str] = []
    carry = InProcess(vendor)

    def watched(call: Any, deadline: Any) -> Reply:
        urls.append(call.url)
        return carry(call, deadline)

    ZendeskPresences(Http(transport=watched), base_url=BASE, token="t").who(budget=5)
    assert len(urls) == 2
    assert all(url.startswith(f"{BASE}/api/v2/agent_availabilities?") for url in urls)


# ------------------------------------------------------------------------------------------------------ one by one


def test_zendesk_room_is_what_the_support_channel_has_left() -> None:
    vendor = ZendeskPeople()
    vendor.people = [Person(1, "A", room=(4, 1)), Person(2, "B", room=(2, 2)), Person(3, "C")]
    assert [one.capacity for one in who(vendor)] == [3, 0, None]


@pytest.mark.parametrize(("status", "here"), [(3, True), (123, True), (2, False), (4, False), (5, False)])
def test_zendesk_online_for_mail_but_away_is_away(status: int, *, here: bool) -> None:
    vendor = ZendeskPeople()
    told = {"agent_id": 1, "agent_status": {"id": status, "name": "as the account calls it"}}
    row = {"type": "agent_availabilities", "id": "agent_availabilities|1", "attributes": told}
    vendor.on(vendor.listing, lambda _request: (200, {"data": [row]}))
    assert [one.available for one in who(vendor)] == [here]
    assert vendor.problems() == []


def test_zendesk_is_asked_for_those_who_are_online() -> None:
    vendor = ZendeskPeople()
    who(vendor)
    assert vendor.calls[0].param("filter[channel_status]") == "support:online"


def test_freshdesk_without_availability_is_an_error_and_not_an_empty_house() -> None:
    vendor = FreshdeskPeople()
    vendor.on(vendor.listing, lambda _request: (200, [{"id": 1, "contact": {"name": "A"}}]))
    with pytest.raises(AdapterError, match="no availability"):
        who(vendor)


def test_freshdesk_agent_who_is_deactivated_is_not_there() -> None:
    vendor = FreshdeskPeople()
    vendor.on(vendor.listing, lambda _request: (200, [{"id": 1, "available": True, "contact": {"active": False}}]))
    assert there(who(vendor)) == set()


@pytest.mark.parametrize(
    ("status", "here"), [("online", True), ("available", True), ("busy", False), ("offline", False)]
)
def test_chatwoot_busy_is_not_there(status: str, *, here: bool) -> None:
    vendor = ChatwootPeople()
    vendor.on(vendor.listing, lambda _request: (200, [{"id": 1, "availability_status": status, "confirmed": True}]))
    assert [one.available for one in who(vendor, groups=())] == [here]


def test_chatwoot_agent_who_has_not_confirmed_is_not_there() -> None:
    vendor = ChatwootPeople()
    vendor.on(vendor.listing, lambda _request: (200, [{"id": 1, "availability_status": "online", "confirmed": False}]))
    assert there(who(vendor, groups=())) == set()


def test_chatwoot_is_asked_only_for_the_teams_that_matter() -> None:
    vendor = ChatwootPeople()
    vendor.people = [ADA, Person(13, "Cy", groups=(8, 9))]
    assert [one.groups for one in who(vendor, groups=("9",))] == [(), ("9",)]
    base = f"/api/v1/accounts/{ACCOUNT}"
    assert [call.path for call in vendor.calls] == [f"{base}/agents", f"{base}/teams/9/team_members"]


def test_chatwoot_account_cannot_lead_the_call_elsewhere() -> None:
    urls: list[str] = []

    def watched(call: Any, _deadline: Any) -> Reply:
        urls.append(call.url)
        return Reply(200, {}, b"[]")

    ChatwootPresences(Http(transport=watched), base_url=BASE, account="4/../5", token="t").who(budget=1)
    assert urls == [f"{BASE}/api/v1/accounts/4%2F..%2F5/agents"]


@pytest.mark.parametrize(("seat", "away", "here"), [(True, False, True), (True, True, False), (False, False, False)])
def test_intercom_takes_an_inbox_seat_and_not_being_away(*, seat: bool, away: bool, here: bool) -> None:
    vendor = IntercomPeople()
    admin = {"type": "admin", "id": "1", "away_mode_enabled": away, "has_inbox_seat": seat}
    vendor.on(vendor.listing, lambda _request: (200, {"type": "admin.list", "admins": [None, admin]}))
    assert [one.available for one in who(vendor)] == [here]


def test_intercom_says_until_when_to_wait() -> None:
    reply = Reply(429, {"x-ratelimit-reset": "1009"}, b"{}")
    http = Http(transport=lambda _call, _deadline: reply, now=lambda: 1000.0)
    with pytest.raises(NotDone) as caught:
        IntercomPeople().presences(http, BASE).who(budget=1)
    assert caught.value.retry_after == 9


def test_a_vendor_that_is_asked_wrongly_objects_so_passing_means_something() -> None:
    vendor: Vendor = IntercomPeople()
    with pytest.raises(Rejected):
        Http(transport=InProcess(vendor)).json("GET", f"{BASE}/admins", budget_s=1)
    assert vendor.problems()
