"""A row was taken by the other side, and the database cannot note it yet: it is noted when it can, not sent again."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from structlog.testing import capture_logs
from support.sidecar import SHOP, FakeMailer, Sidecar

from bridge.domain.escalation import OutboxKind
from bridge.domain.instants import MINUTE
from bridge.ports import AdapterError, Mail, NotDone, StoreBusy, Tx
from bridge.service import deliver
from bridge.service.leases import LEASE


@dataclass
class FullDisk:
    """The store, whose next writes after a mail was taken fail as on a full disk: undone, then `StoreBusy`."""

    store: Any
    taken: Any
    failures: int

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    @contextmanager
    def write(self, *, together: bool = False) -> Iterator[Tx]:
        if self.failures and self.taken():
            self.failures -= 1
            raise StoreBusy
        with self.store.write(together=together) as tx:
            yield tx


@pytest.fixture
def handed_over(sidecar: Sidecar) -> Sidecar:
    chat = sidecar.chat()
    chat.verified()
    chat.says("I want to talk to a human.")
    return sidecar


def full_after_a_mail(sidecar: Sidecar, failures: int) -> Sidecar:
    store = FullDisk(sidecar.bridge.store, lambda: sidecar.mailer.mails, failures)
    return replace(sidecar, bridge=replace(sidecar.bridge, store=store))  # type: ignore[arg-type]


def test_a_mail_that_was_taken_is_noted_when_the_disk_has_room_again(
    handed_over: Sidecar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "NOTE_RETRY_S", 0.01)
    shop = full_after_a_mail(handed_over, failures=3)
    shop.work()
    shop.clock.at += LEASE + MINUTE
    shop.work()
    names = [mail.message_id for mail in shop.mailer.mails]
    assert len(names) == len(set(names))
    assert {row["state"] for row in shop.outbox()} == {"sent"}


def test_where_it_never_can_the_row_is_left_to_its_lease(handed_over: Sidecar, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliver, "NOTE_RETRY_S", 0.01)
    monkeypatch.setattr(deliver, "LEASE", 600)  # milliseconds
    shop = full_after_a_mail(handed_over, failures=1_000)
    with pytest.raises(StoreBusy):
        shop.work()
    assert "leased" in {row["state"] for row in shop.outbox()}


@pytest.mark.parametrize(("fault", "level"), [(None, "info"), (NotDone("refused"), "warning")])
def test_who_has_lost_the_lease_meanwhile_says_so_and_leaves_the_row_to_the_new_holder(
    handed_over: Sidecar, fault: AdapterError | None, level: str
) -> None:
    shop, store = handed_over, handed_over.bridge.store

    class Slow(FakeMailer):
        def send(self, mail: Mail) -> None:
            with store.write() as tx:
                late = shop.clock.at + LEASE + 1
                assert row.id in [one.id for one in tx.work.claim_outbox("another", late, late + LEASE, 9)]
            super().send(mail)

    systems = replace(shop.bridge.systems(SHOP), mailer=Slow(fault=fault))
    with store.write() as tx:
        claimed = tx.work.claim_outbox("me", shop.clock.at, shop.clock.at + LEASE, 9)
    row = next(one for one in claimed if one.kind is OutboxKind.MAIL)
    with capture_logs() as lines:
        deliver.deliver(replace(shop.bridge, systems=lambda _site: systems), "me", row)
    assert [(line["state"], line["log_level"]) for line in lines if line["event"] == "outbox.tried"] == [
        ("lease_lost", level)
    ]
    assert [one["lease_owner"] for one in shop.outbox() if one["id"] == row.id] == ["another"]
