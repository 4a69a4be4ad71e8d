"""HubSpot as a CRM, held to the contract derived from its own client package."""

import time
import urllib.parse
from typing import Any

import pytest
from support.contractcheck import (
    Fault,
    Handler,
    InProcess,
    Loopback,
    OpenApi,
    Request,
    Vendor,
    answers_garbage,
    answers_late,
    drops_before,
    fails_after,
    read_request,
    refuses,
    truncates,
)
from support.contracts import HUBSPOT, contract

from bridge.adapters.crm.facts import Fields
from bridge.adapters.crm.hubspot import HubSpot
from bridge.adapters.deadline import Deadline
from bridge.adapters.http import Call, Http, Reply
from bridge.domain.customer import Account, OpenTicket, Order
from bridge.domain.values import Identity, Visitor
from bridge.ports import AdapterError, NotDone

CONTACT = "GET /crm/v3/objects/contacts/{contactId}"
COMPANY = "GET /crm/v3/objects/companies/{companyId}"
TICKETS = "POST /crm/v3/objects/tickets/search"
DEALS = "POST /crm/v3/objects/deals/search"

ANN = Visitor(identity=Identity.VERIFIED, user_id="7", email="Ann+1@Example.org", name="Ann")
HTML_404 = Reply(404, {}, b"<html>Not found</html>")
STAMPS = {"createdAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-01T00:00:00Z"}


def record(number: str, **properties: str) -> dict[str, Any]:
    return {"id": number, "properties": properties, **STAMPS}


def links(**kinds: list[tuple[str, str]]) -> dict[str, Any]:
    return {
        kind: {"results": [{"id": number, "type": link} for number, link in found]} for kind, found in kinds.items()
    }


def page(*records: dict[str, Any]) -> dict[str, Any]:
    return {"total": len(records), "results": list(records)}


def contact(associations: dict[str, Any] | None = None, **properties: str) -> dict[str, Any]:
    return record("51", **properties) | ({"associations": associations} if associations is not None else {})


ALL_LINKS = links(
    companies=[
        ("9", "contact_to_company_unlabeled"),
        ("8", "contact_to_company"),
        ("8", "contact_to_company_unlabeled"),
    ],
    tickets=[("70", "contact_to_ticket")],
    deals=[("30", "contact_to_deal")],
)


def always(value: Any, status: int = 200) -> Handler:
    return lambda _request: (status, value)


@pytest.fixture
def vendor() -> Vendor:
    vendor = Vendor(OpenApi(contract(HUBSPOT)))
    vendor.on(CONTACT, always(contact(ALL_LINKS, firstname="Ann", lastname="Lee", tier="standard", sla="8x5")))
    vendor.on(COMPANY, always(record("8", tier="Enterprise", billing_status="past due", sla_minutes_left="45")))
    vendor.on(TICKETS, always(page(record("70", subject="Broken", hs_pipeline_stage="2"))))
    deal = record("30", amount="1299.50", deal_currency_code="eur", dealstage="closedwon", createdate="2026-10-01")
    vendor.on(DEALS, always(page(deal)))
    return vendor


def hubspot(vendor: Vendor, **settings: Any) -> HubSpot:
    return HubSpot(Http(transport=InProcess(vendor)), token="pat-x", **settings)


def test_customer_with_company_ticket_and_deal(vendor: Vendor) -> None:
    assert hubspot(vendor).account(ANN, budget=2) == Account(
        tier="Enterprise",
        name="Ann Lee",
        billing_status="past due",
        sla="8x5",
        sla_minutes_left=45,
        open_tickets=(OpenTicket(id="70", subject="Broken", status="2"),),
        orders=(Order(id="30", total=1299.5, currency="EUR", status="closedwon", created_at="2026-10-01"),),
    )
    assert vendor.problems() == []


def test_contact_is_read_by_address_and_not_searched(vendor: Vendor) -> None:
    hubspot(vendor).account(ANN, budget=2)
    first = vendor.calls[0]
    assert first.method == "GET"
    assert first.last_segment == "Ann+1@Example.org"
    assert (first.param("idProperty"), first.param("associations")) == ("email", "companies,deals,tickets")
    assert first.headers["authorization"] == "Bearer pat-x"


def test_primary_company_is_asked_for_the_tier(vendor: Vendor) -> None:
    hubspot(vendor).account(ANN, budget=2)
    assert [call.last_segment for call in vendor.calls if "/companies/" in call.path] == ["8"]


def test_searches_name_every_field_and_leave_closed_stages_out(vendor: Vendor) -> None:
    hubspot(vendor, closed_stages=("4", "99")).account(ANN, budget=2)
    bodies = {call.path.split("/")[-2]: call.json for call in vendor.calls if call.method == "POST"}
    for body in bodies.values():
        assert body.keys() == {"filterGroups", "properties", "sorts", "limit", "after"}
    ours, still_open = bodies["tickets"]["filterGroups"][0]["filters"]
    assert ours == {"propertyName": "associations.contact", "operator": "EQ", "value": "51"}
    assert still_open == {"propertyName": "hs_pipeline_stage", "operator": "NOT_IN", "values": ["4", "99"]}


def test_tier_of_the_contact_counts_where_the_company_has_none(vendor: Vendor) -> None:
    vendor.on(COMPANY, always(record("8", tier="")))
    account = hubspot(vendor).account(ANN, budget=2)
    assert account is not None
    assert account.tier == "standard"


def test_contact_without_anything_costs_one_call(vendor: Vendor) -> None:
    vendor.on(CONTACT, always(contact()))
    assert hubspot(vendor).account(ANN, budget=2) == Account()
    assert len(vendor.calls) == 1


def test_company_that_is_gone_leaves_the_contact(vendor: Vendor) -> None:
    vendor.on(COMPANY, always({"category": "OBJECT_NOT_FOUND", "message": "gone", "correlationId": "1"}, 404))
    account = hubspot(vendor).account(ANN, budget=2)
    assert account is not None
    assert account.tier == "standard"


def test_names_of_properties_are_settings(vendor: Vendor) -> None:
    vendor.on(COMPANY, always(record("8", plan_2026="business")))
    account = hubspot(vendor, fields=Fields(tier="plan_2026")).account(ANN, budget=2)
    assert account is not None
    assert account.tier == "business"
    assert "plan_2026" in (vendor.calls[0].param("properties") or "")


def test_unknown_contact_is_not_found(vendor: Vendor) -> None:
    vendor.on(CONTACT, always({"category": "OBJECT_NOT_FOUND", "message": "no", "correlationId": "1"}, 404))
    assert hubspot(vendor).account(ANN, budget=2) is None
    assert vendor.problems() == []


def test_visitor_without_address_is_nobody_and_costs_no_call(vendor: Vendor) -> None:
    assert hubspot(vendor).account(Visitor(identity=Identity.ANONYMOUS), budget=2) is None
    assert vendor.calls == []


@pytest.mark.parametrize(
    "wrong",
    [
        {}, [], None, "text", {"id": "51"}, {"id": "", "properties": {}}, {"id": "51", "properties": []},
        {"id": "51", "properties": {"tier": ["a"]}}, {"id": "51", "properties": {}, "associations": {"deals": {}}},
    ],
)  # fmt: skip
def test_contact_of_another_shape_is_malformed_and_never_not_found(vendor: Vendor, wrong: Any) -> None:
    vendor.on(CONTACT, always(wrong))
    with pytest.raises(AdapterError, match="malformed"):
        hubspot(vendor).account(ANN, budget=2)


@pytest.mark.parametrize("operation", [COMPANY, TICKETS, DEALS])
@pytest.mark.parametrize("wrong", [{}, [], {"results": [{}]}, {"id": 3}])
def test_wrong_shape_in_any_later_answer_is_malformed(vendor: Vendor, operation: str, wrong: Any) -> None:
    vendor.on(operation, always(wrong))
    with pytest.raises(AdapterError, match="malformed"):
        hubspot(vendor).account(ANN, budget=2)


@pytest.mark.parametrize(
    ("properties", "field"), [({"amount": "a lot"}, "total"), ({"amount": "1", "deal_currency_code": "€"}, "currency")]
)
def test_deal_that_cannot_be_read_is_malformed(vendor: Vendor, properties: dict[str, str], field: str) -> None:
    vendor.on(DEALS, always(page(record("30", **properties))))
    with pytest.raises(AdapterError, match=f"malformed: .*{field}"):
        hubspot(vendor).account(ANN, budget=2)


def test_deal_without_amount_is_no_order_and_without_currency_has_the_accounts(vendor: Vendor) -> None:
    vendor.on(DEALS, always(page(record("30"), record("31", amount="5"))))
    account = hubspot(vendor, currency="CHF").account(ANN, budget=2)
    assert account is not None
    assert account.orders == (Order(id="31", total=5, currency="CHF", status="unknown"),)


def test_null_properties_unknown_fields_and_control_characters_are_read_past(vendor: Vendor) -> None:
    told: Any = contact(None, firstname="A\x00n\nn") | {"news": {"a": 1}}
    told["properties"] |= {"lastname": None, "tier": None}
    vendor.on(CONTACT, always(told))
    assert hubspot(vendor).account(ANN, budget=2) == Account(name="A n n")


FAULTS = [
    refuses(401), refuses(403), refuses(429, "9"), refuses(500), refuses(503), drops_before(), fails_after(),
    answers_garbage(), truncates(), answers_late(30),
]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.kind}{fault.status or ''}")
@pytest.mark.parametrize("operation", [CONTACT, COMPANY, TICKETS, DEALS])
def test_any_fault_in_any_call_is_a_failed_look_up(vendor: Vendor, operation: str, fault: Fault) -> None:
    vendor.plan(operation, fault, fault)
    with pytest.raises(AdapterError):
        hubspot(vendor).account(ANN, budget=2)


def test_page_of_html_with_404_is_a_wrong_address_and_not_an_unknown_customer() -> None:
    crm = HubSpot(Http(transport=lambda _call, _deadline: HTML_404), token="x")
    with pytest.raises(AdapterError, match="malformed"):
        crm.account(ANN, budget=1)


@pytest.mark.parametrize("status", [429, 423, 477], ids=["too many", "locked", "being moved"])
def test_wait_that_hubspot_asks_for_is_carried(vendor: Vendor, status: int) -> None:
    vendor.plan(CONTACT, refuses(status, "9"))
    with pytest.raises(NotDone) as hit:
        hubspot(vendor).account(ANN, budget=2)
    assert hit.value.retry_after == 9


@pytest.mark.alone
def test_all_calls_together_stay_within_the_budget() -> None:
    slow = Vendor(OpenApi(contract(HUBSPOT)))
    slow.on(CONTACT, always(contact(ALL_LINKS)))
    for operation in (COMPANY, TICKETS, DEALS):
        slow.plan(operation, answers_late(3))
    slow.plan(CONTACT, answers_late(0.2))
    with Loopback(slow) as server:
        crm = HubSpot(Http(allow=[server.endpoint]), token="x", base_url=server.base_url)
        begun = time.monotonic()
        with pytest.raises(AdapterError):
            crm.account(ANN, budget=0.5)
        assert time.monotonic() - begun < 1.0


def test_over_real_sockets(vendor: Vendor) -> None:
    with Loopback(vendor) as server:
        crm = HubSpot(Http(allow=[server.endpoint]), token="x", base_url=server.base_url + "/")
        account = crm.account(ANN, budget=3)
    assert account is not None
    assert account.tier == "Enterprise"
    assert vendor.problems() == []


def test_dated_version_has_its_own_path() -> None:
    paths: list[str] = []

    def transport(call: Call, _deadline: Deadline) -> Reply:
        paths.append(urllib.parse.urlsplit(call.url).path)
        return HTML_404

    with pytest.raises(AdapterError):
        HubSpot(Http(transport=transport), token="x", version="2026-03").account(ANN, budget=1)
    assert paths == ["/crm/objects/2026-03/contacts/Ann%2B1%40Example.org"]


def _search(body: str, path: str = "/crm/v3/objects/tickets/search") -> Request:
    return read_request("POST", path, {"Content-Type": "application/json", "Authorization": "Bearer x"}, body.encode())


@pytest.mark.parametrize(
    "wrong",
    [
        _search('{"filterGroups": [{"filters": [{"propertyName": "a", "operator": "IS"}]}]}'),
        _search('{"limit": "20"}'),
        _search('{"filterGroups": [{}]}'),
        _search('{"sorts": "-created"}'),
        read_request("POST", "/crm/v3/objects/tickets/search", {"Content-Type": "application/json"}, b"{}"),
        read_request("GET", "/crm/v3/objects/people/1", {"Authorization": "Bearer x"}, b""),
    ],
)
def test_contract_refuses_wrong_requests_so_passing_means_something(wrong: Request) -> None:
    vendor = Vendor(OpenApi(contract(HUBSPOT)))
    vendor.receive(wrong)
    assert vendor.problems()
