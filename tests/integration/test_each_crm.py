"""Session start with each CRM over real HTTP: found with its tier; failing, the highest tier, one cause, in time."""

import time
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs
from support.contractcheck import Loopback, answers_garbage, answers_late, drops_before, refuses
from support.crms import CRMS, CrmVendor, Known
from support.sidecar import SHOP, Sidecar, with_systems

from bridge.adapters.http import Http
from bridge.domain.customer import Customer, Fetch
from bridge.domain.values import Json

SOON = 1.3
"""Seconds within which a session has to start, whatever the CRM does: its budget is one."""
USERS = ("7", "8", "9")
"""Each is looked up once: one of three starts has to be in time, for the machine may be busy with something else."""


@pytest.fixture(params=CRMS, ids=lambda kind: kind.name)
def crm(request: pytest.FixtureRequest) -> CrmVendor:
    made: CrmVendor = request.param()
    made.customers = [Known(email=f"user{user}@example.org") for user in USERS]
    return made


def start(sidecar: Sidecar, crm: CrmVendor, user: str) -> tuple[Customer, Json, float]:
    """The customer as stored, the one line about the look-up, and the seconds that the start took."""
    with Loopback(crm) as server:
        asked = crm.crm(Http(allow=[server.endpoint]), server.base_url)
        chat = with_systems(sidecar, crm=asked).chat()
        with capture_logs() as logs:
            began = time.monotonic()
            chat.verified(user)
            took = time.monotonic() - began
    with sidecar.bridge.store.read() as tx:
        session = tx.sessions.get(SHOP.id, chat.id)
    assert session is not None
    [line] = [line for line in logs if line["event"] == "crm.fetched"]
    return session.customer, line, took


def test_a_customer_is_found_with_the_tier_that_the_crm_says(sidecar: Sidecar, crm: CrmVendor) -> None:
    def found(user: str) -> float:
        customer, line, took = start(sidecar, crm, user)
        assert (customer.fetch, customer.tier, customer.tier_assumed) == (Fetch.FOUND, "business", False)
        assert (line["crm"], line["result"], line["cause"]) == (crm.name, "found", None)
        return took

    assert any(found(user) <= SOON for user in USERS)
    assert crm.problems() == []


def test_somebody_unknown_has_the_default_tier(sidecar: Sidecar, crm: CrmVendor) -> None:
    customer, line, _ = start(sidecar, crm, "10")
    assert (customer.fetch, customer.tier, customer.tier_assumed) == (Fetch.NOT_FOUND, "standard", False)
    assert line["result"] == "not_found"


FAILURES: dict[str, tuple[Callable[[CrmVendor], object], str]] = {
    "an error of its own": (lambda crm: crm.plan(crm.first, refuses(500)), "http 500"),
    "no permission": (lambda crm: crm.plan(crm.first, refuses(403)), "http 403"),
    "too many calls": (lambda crm: crm.throttle("9"), "http 4"),
    "a dropped connection": (lambda crm: crm.plan(crm.first, drops_before(), drops_before()), "dropped"),
    "a page of HTML": (lambda crm: crm.plan(crm.first, answers_garbage()), "not json"),
    "another shape": (lambda crm: crm.on(crm.first, lambda _request: (200, {"a": 1})), "malformed"),
    "an answer that takes two seconds": (lambda crm: crm.plan(crm.first, answers_late(2)), "too late"),
}


@pytest.mark.parametrize(("fail", "cause"), FAILURES.values(), ids=FAILURES)
def test_a_crm_that_fails_means_the_highest_tier_with_its_cause_and_in_time(
    sidecar: Sidecar, crm: CrmVendor, fail: Callable[[CrmVendor], object], cause: str
) -> None:
    def failed(user: str) -> float:
        fail(crm)
        customer, line, took = start(sidecar, crm, user)
        assert (customer.fetch, customer.tier_assumed, line["result"]) == (Fetch.FAILED, True, "failed")
        assert customer.tier == "enterprise"
        assert line["cause"].startswith(cause)
        assert f"user{user}" not in str(line)
        return took

    assert any(failed(user) <= SOON for user in USERS)
