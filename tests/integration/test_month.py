"""A month of hand-overs with outages of scheduler and mail: the report of promises is what a bystander saw."""

import logging
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import structlog
from support.month import BEGINS, Customer, Month, fate
from support.sidecar import in_process

from bridge.domain.instants import to_rfc3339
from bridge.service.customer_mails import HELD_BACK_REASON

pytestmark = pytest.mark.timeout(1200)  # a month is played before the first test

CUSTOMERS = int(os.environ.get("BRIDGE_TEST_MONTH", "500"))
SEED = int(os.environ.get("BRIDGE_TEST_SEED", "20261126"))

MEMORY = Path("/dev/shm")


@pytest.fixture(scope="module")
def month(fresh_sqlite: Callable[[], str]) -> Iterator[Month]:
    """The month, over a database in memory where that can be had: what a power cut leaves is shown elsewhere."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    print(f"seed {SEED}, {CUSTOMERS} customers")
    with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        copy = shutil.copy(fresh_sqlite().removeprefix("sqlite:///"), folder)
        with in_process(f"sqlite:///{copy}", at=to_rfc3339(BEGINS)) as sidecar:
            played = Month(sidecar, SEED, CUSTOMERS)
            played.play()
            yield played
            played.close()
    structlog.reset_defaults()


def all_of(month: Month) -> list[Customer]:
    return list(month.customers.values())


def every_line(customer: Customer) -> list[tuple[str, str]]:
    """What the chat was told, page after page."""
    lines: list[tuple[str, str]] = []
    while more := customer.chat.lines(len(lines)):
        lines += more
    return lines


def test_the_report_of_promises_is_what_a_bystander_saw(month: Month) -> None:
    truth = Counter(fate(one, index) for one in all_of(month) for index in range(len(one.promises)))
    stats = month.it.team.caller.ask("GET", "/v1/stats?days=60")
    print(dict(truth), dict(month.seen))
    assert {state: stats["commitments"][state] for state in ("kept", "broken", "replaced", "pending")} == {
        state: truth[state] for state in ("kept", "broken", "replaced", "pending")
    }


def test_it_was_a_month_in_which_everything_happened(month: Month) -> None:
    """A month without broken promises, outages or fallen chats would prove nothing."""
    truth = Counter(fate(one, index) for one in all_of(month) for index in range(len(one.promises)))
    assert min(truth["kept"], truth["broken"], truth["replaced"]) > CUSTOMERS / 20
    assert len(month.customers) == CUSTOMERS
    assert set(month.seen) == {"live", "callback", "email", "booked"}
    assert max(len(one.promises) for one in all_of(month)) > 3


def test_each_message_of_a_customer_counts_once(month: Month) -> None:
    for customer in all_of(month):
        told = month.it.team.read(customer.escalation)["conversation"]
        assert [line["text"] for line in told if line["who"] == "visitor"] == customer.wrote


def test_each_customer_heard_every_promise_once_and_in_order(month: Month) -> None:
    for customer in all_of(month):
        promised = [text for kind, text in every_line(customer) if kind == "commitment"]
        assert len(promised) == len(customer.promises)
        assert len(set(promised)) == len(promised)


def test_every_mail_went_out_once_whatever_was_down_or_waits_for_a_person_with_its_reason(month: Month) -> None:
    month.it.mailer.fault = None
    month.it.clock.advance(hours=2)
    month.it.work()
    sent = Counter(mail.message_id for mail in month.it.mailer.mails)
    assert [known for known, times in sent.items() if times > 1] == []
    with month.it.bridge.store.read() as tx:
        waiting = tx.work.outbox(("due", "leased", "unknown", "parked"), 100)
    assert {row["error"] for row in waiting} <= {HELD_BACK_REASON}
    assert len(waiting) < len(sent) / 10
