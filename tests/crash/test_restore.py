"""R24: the database is restored from an older copy. What the helpdesk has by then is found, and not made again."""

import shutil
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from support.contractcheck import InProcess
from support.sidecar import FakeDesk, Sidecar, in_process, with_systems
from support.zendesk_server import ZendeskVendor

from bridge import bootstrap
from bridge.adapters.desk.zendesk import Zendesk
from bridge.adapters.http import Http
from bridge.config import Settings
from bridge.ports import Desk, NotDone, OutcomeUnknown, Strategy, TicketRef


@dataclass
class KeyedDesk(FakeDesk):
    """Answers a second call of the same key with the first ticket, until it has forgotten the key."""

    strategy: Strategy = Strategy.NATIVE_KEY
    key_window: timedelta = timedelta(minutes=105)
    forgetful: bool = False
    sent: list[str] = field(default_factory=list)

    def create(self, external_id: str, body: str) -> TicketRef:
        known = None if self.forgetful else super().find(external_id, body)
        self.sent.append(external_id)
        return known or super().create(external_id, body)


def escalate(sidecar: Sidecar, desk: FakeDesk, fault: Exception | None, *, work: bool = True) -> str:
    chat = sidecar.chat()
    chat.start()
    number = str(chat.says("I want to talk to a human")["escalation"]["id"])
    desk.fault = fault
    if work:
        sidecar.work()
    desk.fault = None
    return number


def restore(copy: Path, url: str) -> None:
    """As the document says: the copy in the file's place, and none of the files beside it."""
    file = Path(url.removeprefix("sqlite:///"))
    for beside in ("-wal", "-shm"):
        Path(f"{file}{beside}").unlink(missing_ok=True)
    shutil.copy(copy, file)


@pytest.mark.parametrize("hours", [1, 30])
@pytest.mark.parametrize("kind", [FakeDesk, KeyedDesk])
def test_r24_a_ticket_that_the_desk_has_is_not_made_again_after_a_restore(
    fresh_sqlite: object, tmp_path: Path, kind: type[FakeDesk], hours: int
) -> None:
    url, desk = fresh_sqlite(), kind()  # type: ignore[operator]
    with in_process(url) as running:
        sidecar = with_systems(running, desk=desk)
        numbers = [
            escalate(sidecar, desk, None),
            escalate(sidecar, desk, NotDone("http 429", retry_after=3600)),
            escalate(sidecar, desk, OutcomeUnknown("timeout")),
            escalate(sidecar, desk, None, work=False),
        ]
        bootstrap.backup_database(Settings(database_url=SecretStr(url)), tmp_path / "copy.db")
        sidecar.clock.advance(minutes=61)
        sidecar.work()
        assert sorted(one for one, _ in desk.tickets) == sorted(numbers)
        first = {mail.message_id for mail in running.mailer.mails}
    restore(tmp_path / "copy.db", url)
    if isinstance(desk, KeyedDesk):
        desk.forgetful = hours > 2
    with in_process(url, known=running.pairing) as again:
        sidecar = with_systems(again, desk=desk)
        sidecar.clock.advance(hours=hours, minutes=5)
        sidecar.work()
        sidecar.clock.advance(hours=1, minutes=5)
        sidecar.work()
        assert sorted(one for one, _ in desk.tickets) == sorted(numbers)
        tickets = [row for row in sidecar.outbox() if row["kind"] == "ticket"]
        assert {row["escalation_id"] for row in tickets if row["state"] == "sent"} == set(numbers)
        assert len({row["ref"] for row in tickets}) == len(numbers)
        repeated = {mail.message_id for mail in again.mailer.mails} & first
        assert len(repeated) <= 1  # the one that was not sent when the copy was made: SMTP can be asked about nothing


def test_r24_a_look_up_that_fails_after_a_restore_makes_no_ticket_and_is_made_again(sidecar: Sidecar) -> None:
    desk = FakeDesk()
    with_desk = with_systems(sidecar, desk=desk)
    number = escalate(with_desk, desk, None, work=False)
    desk.tickets.append((number, "{}"))  # as a time that is forgotten has left it
    sidecar.clock.advance(hours=3)
    desk.find = lambda *_: (_ for _ in ()).throw(NotDone("http 503"))  # type: ignore[method-assign]
    with_desk.work()
    del desk.find
    assert len(desk.tickets) == 1
    sidecar.clock.advance(minutes=1)  # by now the row is not late any more, and is in doubt all the same
    with_desk.work()
    assert [one for one, _ in desk.tickets] == [number]
    assert {row["state"] for row in with_desk.outbox() if row["kind"] == "ticket"} == {"sent"}


def test_r24_zendesk_is_asked_for_a_ticket_whose_key_it_has_forgotten(sidecar: Sidecar) -> None:
    vendor = ZendeskVendor()
    zendesk: Desk = Zendesk(Http(transport=InProcess(vendor)), base_url="https://x.zendesk.com", token="t")
    with_desk = with_systems(sidecar, desk=zendesk)
    number = escalate(with_desk, FakeDesk(), None, work=False)
    (row,) = [one for one in with_desk.outbox() if one["kind"] == "ticket"]
    vendor.state.tickets.append(
        {"id": 77, "external_id": row["external_id"], "key": None, "made_at": 0.0, "asked": {"subject": "x"}}
    )
    sidecar.clock.advance(hours=3)
    with_desk.work()
    assert [str(ticket["external_id"]) for ticket in vendor.state.tickets] == [number]
    (row,) = [one for one in with_desk.outbox() if one["kind"] == "ticket"]
    assert (row["state"], row["ref"]) == ("sent", "77")
