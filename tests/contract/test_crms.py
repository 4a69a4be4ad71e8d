"""Customers, as five CRMs tell of them: the same person from each, and every answer that is none by its name."""

import logging
import re
import time
from typing import Any

import pytest
import requests
from support.contractcheck import (
    Fault,
    InProcess,
    Loopback,
    OpenApi,
    Request,
    Sent,
    Vendor,
    answers_garbage,
    answers_late,
    drops_after,
    drops_before,
    fails_after,
    read_request,
    refuses,
    truncates,
)
from support.contracts import HUBSPOT_PROPERTIES, WOOCOMMERCES_OWN, contract
from support.crms import CRMS, CrmVendor, Known, OwnEndpoint, PipedriveCrm, SalesforceCrm, WooCommerceShop, ZendeskUsers

from bridge.adapters.crm import salesforce
from bridge.adapters.crm.endpoint import EndpointCrm, sign
from bridge.adapters.crm.facts import Fields
from bridge.adapters.crm.hubspot import HubSpot
from bridge.adapters.crm.salesforce import Access, Salesforce
from bridge.adapters.http import Http, Reply
from bridge.domain.customer import Account, Order
from bridge.domain.values import Identity, Visitor
from bridge.ports import AdapterError, Crm, NotDone, OutcomeUnknown, Rejected

BASE = "https://crm.example"
HTML_404 = Reply(404, {}, b"<html>Not found</html>")


def visitor(email: str | None = "ann+1@example.org") -> Visitor:
    return Visitor(identity=Identity.VERIFIED, user_id="7", email=email)


def asking(vendor: CrmVendor, **more: str) -> Crm:
    return vendor.crm(Http(transport=InProcess(vendor)), BASE, **more)


def told(vendor: CrmVendor, email: str | None = "ann+1@example.org", **more: str) -> Account | None:
    return asking(vendor, **more).account(visitor(email), budget=5)


def known(vendor: CrmVendor, **more: str) -> Account:
    account = told(vendor, **more)
    assert account is not None
    return account


@pytest.fixture(params=CRMS, ids=lambda kind: kind.name)
def crm(request: pytest.FixtureRequest) -> CrmVendor:
    made: CrmVendor = request.param()
    return made


# ------------------------------------------------------------------------------------------------------- all of them


def test_a_customer_is_told_with_tier_billing_and_service_level(crm: CrmVendor) -> None:
    account = known(crm)
    assert (account.name, account.tier, account.billing_status) == ("Ann Lee", "business", "past due")
    assert (account.sla, account.sla_minutes_left) == ("24x7", 45)
    assert crm.problems() == []


def test_orders_and_open_tickets_come_along_where_there_are_any(crm: CrmVendor) -> None:
    account = known(crm, crm_currency="EUR")
    orders = [(order.id, order.total, order.currency) for order in account.orders]
    assert orders == ([("30", 1299.5, "EUR")] if crm.has_orders else [])
    tickets = [(ticket.id, ticket.subject, ticket.status) for ticket in account.open_tickets]
    assert tickets == ([("500", "Broken", "New")] if crm.has_tickets else [])


def test_a_customer_of_whom_nothing_is_known_is_found_all_the_same(crm: CrmVendor) -> None:
    crm.customers = [Known(tier=None, billing_status=None, sla=None, sla_minutes_left=None, bought=None, trouble=None)]
    account = known(crm)
    assert (account.tier, account.orders, account.open_tickets) == (None, (), ())
    assert crm.problems() == []


def test_somebody_whom_the_crm_does_not_know_is_nobody(crm: CrmVendor) -> None:
    assert told(crm, "ben@example.org") is None
    assert crm.problems() == []


def test_a_visitor_without_address_is_nobody_and_costs_no_call(crm: CrmVendor) -> None:
    assert told(crm, None) is None
    assert crm.calls == []


@pytest.mark.parametrize("other", ["joann@example.org", "ann@example.org.example", "ann@example.orgs"])
def test_an_address_that_only_looks_alike_is_another_person(crm: CrmVendor, other: str) -> None:
    crm.customers = [Known(email=other)]
    assert told(crm, "ann@example.org") is None
    crm.customers = [Known(email=other), Known(email="Ann@Example.org", tier="gold")]
    account = told(crm, "ann@example.org")
    assert account is not None
    assert account.tier == "gold"


@pytest.mark.parametrize(
    "odd", ["jörg@example.de", "x@müller.de", "a@-b.de", "ann@localhost", "ann@", "a b@example.org"]
)
def test_an_address_that_a_crm_does_not_take_for_one_is_nobodys(crm: CrmVendor, odd: str) -> None:
    assert told(crm, odd) is None


def test_a_look_up_costs_at_most_three_calls_once_it_has_begun(crm: CrmVendor) -> None:
    asked = asking(crm)
    asked.account(visitor(), budget=5)
    crm.calls.clear()
    asked.account(visitor(), budget=5)
    assert len(crm.calls) <= (4 if crm.name == "pipedrive" else 3)


FAULTS: list[tuple[Fault, type[AdapterError]]] = [
    (refuses(400), Rejected), (refuses(401), Rejected), (refuses(403), Rejected), (refuses(429, "9"), NotDone),
    (refuses(500), OutcomeUnknown), (refuses(503), OutcomeUnknown), (fails_after(502), OutcomeUnknown),
    (drops_before(), OutcomeUnknown), (drops_after(), OutcomeUnknown), (truncates(), OutcomeUnknown),
    (answers_late(30), OutcomeUnknown), (answers_garbage(), OutcomeUnknown),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "kind"), FAULTS, ids=[f"{fault.kind}{fault.status or ''}" for fault, _ in FAULTS])
def test_any_fault_in_any_call_is_a_failed_look_up_and_never_nobody(
    crm: CrmVendor, fault: Fault, kind: type[AdapterError]
) -> None:
    known(crm)
    operations = {operation for call in crm.calls if (operation := crm.contract.operation(call))}
    for operation in operations:
        again = type(crm)()
        again.plan(operation, fault, fault)
        with pytest.raises(kind):
            told(again)


@pytest.mark.parametrize("wrong", [{}, None, "text", 7, [None], {"success": True, "data": []}, {"users": {}}])
def test_an_answer_of_another_shape_is_malformed_and_never_nobody(crm: CrmVendor, wrong: Any) -> None:
    crm.on(crm.first, lambda _request: (200, wrong))
    with pytest.raises(AdapterError, match="malformed"):
        told(crm)


def test_a_page_of_html_with_404_is_a_wrong_address_and_never_nobody(crm: CrmVendor) -> None:
    with pytest.raises(AdapterError):
        crm.crm(Http(transport=lambda _call, _deadline: HTML_404), BASE).account(visitor(), budget=1)


def test_an_answer_that_is_too_large_is_a_failed_look_up(crm: CrmVendor) -> None:
    crm.on(crm.first, lambda _request: (200, {"padding": "x" * 3_000_000}))
    with Loopback(crm) as server:
        asked = crm.crm(Http(allow=[server.endpoint]), server.base_url)
        with pytest.raises(OutcomeUnknown, match="answer too large"):
            asked.account(visitor(), budget=10)


def test_the_wait_that_is_asked_for_is_read_in_the_vendors_own_words(crm: CrmVendor) -> None:
    crm.throttle("9")
    with pytest.raises(NotDone) as hit:
        told(crm)
    assert hit.value.retry_after == (None if crm.name == "salesforce" else 9)


def test_a_service_level_that_is_no_number_is_malformed_and_not_repeated(crm: CrmVendor) -> None:
    crm.customers = [Known(sla_minutes_left="canary")]  # type: ignore[arg-type]
    with pytest.raises(AdapterError, match="malformed") as raised:
        told(crm)
    assert "canary" not in str(raised.value)


@pytest.mark.alone
def test_over_real_sockets_within_the_budget(crm: CrmVendor) -> None:
    with Loopback(crm) as server:
        asked = crm.crm(Http(allow=[server.endpoint]), server.base_url + "/" if crm.name != "http" else server.base_url)
        account = asked.account(visitor(), budget=3)
        crm.plan(crm.first, answers_late(3))
        began = time.monotonic()
        with pytest.raises(AdapterError):
            asked.account(visitor(), budget=0.3)
        assert time.monotonic() - began < 0.8
    assert account is not None
    assert account.tier == "business"
    assert crm.problems() == []


def test_an_address_in_the_open_is_refused_before_anything_is_sent(crm: CrmVendor) -> None:
    with pytest.raises(Rejected, match="not https"):
        crm.crm(Http(), "http://crm.example").account(visitor(), budget=1)


def test_nothing_of_the_customer_and_no_secret_stands_in_the_log(
    crm: CrmVendor, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), Loopback(crm) as server:
        crm.crm(Http(allow=[server.endpoint]), server.base_url).account(visitor("ann+1@example.org"), budget=3)
    assert not re.search(r"ann|example\.org|Bearer|secret|ck_1", caplog.text, re.IGNORECASE)


def test_a_mapping_that_fits_has_nothing_to_report(crm: CrmVendor) -> None:
    assert asking(crm).check(budget=5) == []
    assert crm.problems() == []


@pytest.mark.parametrize("kind", CRMS[:-1], ids=lambda kind: kind.name)
def test_a_field_that_does_not_exist_is_reported_by_name(kind: type[CrmVendor]) -> None:
    assert any("nonsense" in sentence for sentence in asking(kind(), crm_fields="tier=nonsense").check(budget=5))


@pytest.mark.parametrize("fault", [refuses(401), refuses(500), drops_before()])
def test_a_check_that_cannot_be_made_is_an_error_and_not_a_clean_bill(crm: CrmVendor, fault: Fault) -> None:
    crm.chance = lambda _request: fault
    with pytest.raises(AdapterError):
        asking(crm).check(budget=5)


def test_a_hit_that_the_contract_does_not_know_fails_so_that_passing_means_something(crm: CrmVendor) -> None:
    crm.receive(read_request("GET", "/elsewhere", {}, b""))
    assert crm.problems()


# --------------------------------------------------------------------------------------------------------- Pipedrive


def test_pipedrive_is_asked_for_an_exact_address_and_for_the_mapped_fields_only() -> None:
    crm = PipedriveCrm()
    known(crm)
    search, *later = crm.calls
    assert (search.param("exact_match"), search.param("fields")) == ("true", "email")
    assert search.headers["x-api-token"] == "t"
    keys = {call.param("custom_fields") for call in later if "/deals" not in call.path}
    assert keys == {",".join(crm.fields.values())}


def test_pipedrives_organization_costs_no_call_when_no_field_is_mapped() -> None:
    crm = PipedriveCrm()
    assert known(crm, crm_fields="").tier is None
    assert [call for call in crm.calls if "/organizations/" in call.path] == []


def test_a_person_of_pipedrive_who_is_gone_is_nobody_and_an_organization_that_is_gone_leaves_the_person() -> None:
    gone = (404, {"success": False, "error": "not found"})
    crm = PipedriveCrm()
    crm.on("GET /organizations/{id}", lambda _request: gone)
    assert known(crm).name == "Ann Lee"
    crm.on("GET /persons/{id}", lambda _request: gone)
    assert told(crm) is None


def test_pipedrive_that_says_no_success_with_200_has_failed() -> None:
    crm = PipedriveCrm()
    crm.on(crm.first, lambda _request: (200, {"success": False, "data": {"items": []}}))
    with pytest.raises(AdapterError, match="malformed"):
        told(crm)


@pytest.mark.parametrize(
    ("value", "tier"),
    [("business", "business"), ({"id": 1, "label": "gold"}, "gold"), ([{"id": 1, "label": "gold"}], "gold"), ([], None),
     ({"value": 5, "currency": "EUR"}, "5"), (None, None), (12, "12")],
)  # fmt: skip
def test_every_kind_of_custom_field_is_read_as_people_see_it(value: Any, tier: str | None) -> None:
    crm = PipedriveCrm()
    key = crm.fields["tier"]
    crm.on(
        "GET /organizations/{id}",
        lambda _request: (200, {"success": True, "data": {"id": 1, "custom_fields": {key: value}}}),
    )
    assert known(crm).tier == tier


def test_a_field_of_pipedrive_that_is_named_by_its_label_is_reported_with_its_key() -> None:
    crm = PipedriveCrm()
    crm.on(
        "GET /personFields",
        lambda _request: (200, {"success": True, "data": [{"field_code": "ab12", "field_name": "Tier"}]}),
    )
    said = " ".join(asking(crm, crm_fields="tier=tier").check(budget=5))
    assert "ab12" in said


def test_pipedrive_without_a_field_for_the_tier_is_reported() -> None:
    assert asking(PipedriveCrm(), crm_fields="").check(budget=5) == ["BRIDGE_CRM_FIELDS names no field for the tier."]


# -------------------------------------------------------------------------------------------------------- Salesforce


def test_salesforces_token_is_fetched_once_and_used_again() -> None:
    crm = SalesforceCrm()
    asked = asking(crm)
    for _ in range(3):
        asked.account(visitor(), budget=5)
    assert crm.tokens == 1
    assert {call.headers["authorization"] for call in crm.calls if call.method == "GET"} == {"Bearer 00D!1"}


def test_a_refused_token_is_fetched_anew_once() -> None:
    crm = SalesforceCrm()
    asked = asking(crm)
    asked.account(visitor(), budget=5)
    crm.refused = {"Bearer 00D!1"}
    assert asked.account(visitor(), budget=5) is not None
    assert crm.tokens == 2
    crm.refused = {"Bearer 00D!2", "Bearer 00D!3"}
    with pytest.raises(Rejected, match="http 401"):
        asked.account(visitor(), budget=5)
    assert crm.tokens == 3


def test_a_check_with_tokens_that_are_always_refused_is_an_error_and_not_a_clean_bill() -> None:
    crm = SalesforceCrm()
    crm.refused = {"Bearer 00D!1", "Bearer 00D!2"}
    with pytest.raises(Rejected, match="http 401"):
        asking(crm).check(budget=5)


def test_a_token_is_fetched_anew_when_its_life_is_over() -> None:
    crm, now = SalesforceCrm(), [0.0]
    http = Http(transport=InProcess(crm))
    access = Access(http, BASE, "id", "s&t=1", clock=lambda: now[0])
    asked = Salesforce(http, base_url=BASE, access=access, fields=Fields(**crm.fields))
    for now[0], tokens in ((0.0, 1), (salesforce.TOKEN_LIFE_S - 1, 1), (salesforce.TOKEN_LIFE_S, 2)):
        asked.account(visitor(), budget=5)
        assert crm.tokens == tokens


def test_credentials_that_salesforce_refuses_are_a_failed_look_up() -> None:
    crm = SalesforceCrm()
    with pytest.raises(Rejected, match="http 401"):
        told(crm, salesforce_client_secret="other")


@pytest.mark.parametrize(
    "email", ["o'hara@example.org", "a\\'b@example.org", "x' OR Name LIKE '%@example.org", "a\\@example.org"]
)
def test_an_address_with_quotes_stays_a_value(email: str) -> None:
    crm = SalesforceCrm()
    assert told(crm, email) is None
    crm.customers = [Known(email=email)]
    account = told(crm, email)
    assert account is not None
    assert account.name == "Ann Lee"


def test_of_several_contacts_with_one_address_the_first_with_a_tier_counts() -> None:
    crm = SalesforceCrm()
    crm.customers = [Known(tier=None, name="Old"), Known(tier="gold", name="New"), Known(tier="free", name="Newer")]
    assert (known(crm).tier, known(crm).name) == ("gold", "New")


def test_a_field_that_salesforce_does_not_have_fails_the_look_up_and_says_so() -> None:
    with pytest.raises(Rejected, match="no such field"):
        told(SalesforceCrm(), crm_fields="tier=Account.Plan__c")


def test_an_object_that_salesforces_user_may_not_read_is_reported() -> None:
    crm = SalesforceCrm()

    def forbidden(request: Request) -> tuple[int, Any]:
        hidden = "FROM Case " in (request.param("q") or "")
        return (400, [{"message": "not supported", "errorCode": "INVALID_TYPE"}]) if hidden else crm.query(request)

    crm.on(crm.first, forbidden)
    assert asking(crm).check(budget=5) == ["The app's user may not read the object Case in Salesforce."]


def test_a_field_in_another_case_is_malformed_and_not_empty() -> None:
    crm = SalesforceCrm()
    crm.on(
        crm.first,
        lambda _request: (
            200,
            {
                "totalSize": 1,
                "done": True,
                "records": [{"Id": "1", "Email": "ann+1@example.org", "Account": {"Tier__c": "gold"}}],
            },
        ),
    )
    with pytest.raises(AdapterError, match=r"malformed: account\.tier__c"):
        told(crm, crm_fields="tier=account.tier__c,billing_status=,sla=,sla_minutes_left=")


def test_a_contact_without_account_has_no_tier_and_no_orders() -> None:
    crm = SalesforceCrm()
    alone = {"Id": "1", "Email": "ann+1@example.org", "Account": None, "AccountId": None, "Cases": None}
    crm.on(crm.first, lambda _request: (200, {"totalSize": 1, "done": True, "records": [alone]}))
    assert told(crm, crm_fields="tier=Account.Tier__c,billing_status=,sla=,sla_minutes_left=") == Account()


# ------------------------------------------------------------------------------------------------------- WooCommerce


def test_a_guest_who_has_bought_is_found_by_the_orders_and_has_no_tier() -> None:
    crm = WooCommerceShop()
    crm.customers, crm.guests = [], [Known(), Known(email="joann+1@example.org", bought=5)]
    account = known(crm)
    assert (account.tier, account.name, [order.total for order in account.orders]) == (None, "Ann Lee", [1299.5])
    assert crm.problems() == []


def test_every_role_is_looked_among_and_states_of_plug_ins_are_taken_as_they_are() -> None:
    crm = WooCommerceShop()
    assert [order.status for order in known(crm).orders] == ["on-route"]
    assert crm.calls[0].param("role") == "all"


def test_the_role_is_the_tier_unless_a_field_is_named() -> None:
    assert known(WooCommerceShop(), crm_fields="").tier == "customer"


def test_what_is_still_a_cart_is_no_order() -> None:
    crm = WooCommerceShop()
    order = {"id": 1, "total": "5", "currency": "EUR", "status": "checkout-draft", "customer_id": 1, "billing": {}}
    crm.on(crm.orders, lambda _request: (200, [order, {**order, "id": 2, "status": "failed"}]))
    assert known(crm).orders == (Order(id="2", total=5, currency="EUR", status="failed"),)


def test_a_shop_is_asked_for_a_domain_of_other_letters_as_it_keeps_it() -> None:
    crm = WooCommerceShop()
    crm.customers = [Known(email="ann@xn--mller-kva.de", tier="gold")]
    account = told(crm, "ann@müller.de")
    assert account is not None
    assert account.tier == "gold"


@pytest.mark.parametrize("wrong", [{"role": "No such role."}, {}, None], ids=str)
def test_a_shop_that_refuses_something_else_than_the_address_has_failed(wrong: Any) -> None:
    crm = WooCommerceShop()
    refusal = {"code": "rest_invalid_param", "message": "Invalid.", "data": {"status": 400, "params": wrong}}
    crm.on(crm.first, lambda _request: (400, refusal))
    with pytest.raises(Rejected, match="http 400"):
        told(crm)


class WooCommercesOwn(WooCommerceShop):
    """The same shop, held to the description that is derived from the vendor's own documentation."""

    def receive(self, request: Request) -> Sent:
        return super().receive(read_request(request.method, self._short(request), request.headers, request.body))

    def _short(self, request: Request) -> str:
        query = "&".join(f"{name}={value.replace('+', '%2B')}" for name, value in request.query)
        return f"{request.path.removeprefix('/wp-json/wc/v3')}?{query}"


def test_requests_fit_the_description_that_is_derived_from_woocommerces_documentation() -> None:
    crm = WooCommercesOwn(contract(WOOCOMMERCES_OWN))
    crm.on("GET /customers", crm.listing)
    crm.on("GET /orders", crm.bought)
    known(crm)
    asking(crm).check(budget=5)
    assert [problem for problem in crm.problems() if problem.startswith("request")] == []


# ----------------------------------------------------------------------------------------------------------- Zendesk


def test_what_zendesks_organization_says_comes_before_what_the_user_says() -> None:
    crm = ZendeskUsers()
    both = {"organization": {"id": 1, "organization_fields": {"tier": "gold", "sla": None}}}
    crm.on("GET /api/v2/organizations/{organization_id}", lambda _request: (200, both))
    assert known(crm).tier == "gold"


def test_an_organization_of_zendesk_that_is_gone_leaves_the_user() -> None:
    crm = ZendeskUsers()
    crm.on("GET /api/v2/organizations/{organization_id}", lambda _request: (404, {"error": "RecordNotFound"}))
    assert known(crm).tier == "business"


def test_a_user_of_zendesk_who_writes_from_a_further_address_of_theirs_is_known() -> None:
    crm = ZendeskUsers()
    crm.further = {"Ann@Home.example": crm.customers[0]}
    account = told(crm, "ann@home.example")
    assert account is not None
    assert account.tier == "business"
    assert crm.problems() == []


def test_a_user_whom_zendesks_search_found_by_something_else_is_another_person() -> None:
    crm = ZendeskUsers()
    crm.further = {"joann@home.example": crm.customers[0]}
    assert told(crm, "ann@home.example") is None
    crm.on("GET /api/v2/users/{user_id}/identities", lambda _request: (404, {"error": "RecordNotFound"}))
    assert told(crm, "joann@home.example") is None


def test_of_several_users_that_zendesk_finds_none_is_looked_at_further() -> None:
    crm = ZendeskUsers()
    crm.customers = [Known(email="ann@home.example.org"), Known(email="ann@home.examples")]
    assert told(crm, "ann@home.example") is None
    assert len(crm.calls) == 1


# ---------------------------------------------------------------------------------------------- an address of one's own


def test_the_signature_of_the_documents_example() -> None:
    assert sign("shared secret", "/customer?email=ann%40example.org", 1764000000) == (
        "v1=da226694ceb7bf9f3131805d521fecfe3a78fce3081a60fd2df3f74bd770cf3a"
    )


def test_an_endpoint_that_tells_of_somebody_else_has_failed() -> None:
    crm = OwnEndpoint()
    crm.on(crm.first, lambda _request: (200, {"email": "ben@example.org", "tier": "enterprise"}))
    with pytest.raises(AdapterError, match="malformed: answered about another address"):
        told(crm)


def test_nobody_is_404_with_or_without_a_body() -> None:
    for body in (b"", b"{}", b'{"error": "unknown"}'):
        http = Http(transport=lambda _call, _deadline, body=body: Reply(404, {}, body))
        assert EndpointCrm(http, url=f"{BASE}/customer", secret="s").account(visitor(), budget=1) is None


@pytest.mark.parametrize("url", [BASE, f"{BASE}/", f"{BASE}/a/b%20c", f"{BASE}/~x/y.php"])
def test_what_is_signed_is_what_is_sent(url: str) -> None:
    seen: list[tuple[str, dict[str, str]]] = []

    def transport(call: Any, _deadline: Any) -> Reply:
        seen.append((call.url, dict(call.headers)))
        return Reply(404, {}, b"")

    EndpointCrm(Http(transport=transport), url=url, secret="s", now=lambda: 1764000000.9).account(visitor(), budget=1)
    [(sent, headers)] = seen
    prepared = requests.Request("GET", sent).prepare()  # what goes into the request line
    assert headers["X-Bridge-Signature"] == sign("s", prepared.path_url, 1764000000)
    assert headers["X-Bridge-Timestamp"] == "1764000000"


def test_an_endpoint_that_looks_at_no_signature_is_reported() -> None:
    crm = OwnEndpoint()
    crm.verify = lambda _request: True
    [sentence] = asking(crm).check(budget=5)
    assert "signature" in sentence


def test_an_endpoint_that_knows_everybody_is_reported() -> None:
    crm = OwnEndpoint()
    crm.customers = [Known(email="nobody@example.invalid")]
    [sentence] = asking(crm).check(budget=5)
    assert "404" in sentence


# ----------------------------------------------------------------------------------------------------------- HubSpot


def test_a_property_that_hubspot_does_not_have_is_reported_by_name() -> None:
    vendor = Vendor(OpenApi(contract(HUBSPOT_PROPERTIES)))
    asked = HubSpot(Http(transport=InProcess(vendor)), token="t", fields=Fields("tier", "plan_2026"))
    [sentence] = asked.check(budget=5)
    assert "plan_2026" in sentence
    assert vendor.problems() == []
