"""A helpdesk whose look-up lags: nothing is proven by it before its list is sure to hold what was last sent."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from support.sidecar import FakeDesk, Sidecar, with_systems

from bridge.domain.instants import MINUTE
from bridge.ports import NotDone, OutcomeUnknown, TicketRef
from bridge.service.leases import LEASE

LAG = timedelta(minutes=4)
SETTLE = timedelta(minutes=5)


@dataclass
class LaggingDesk(FakeDesk):
    """Lists a ticket four minutes after it was made. Each of `script` is what happens to one send."""

    clock: object = None
    script: list[str] = field(default_factory=list)
    made_at: list[int] = field(default_factory=list)

    def create(self, external_id: str, body: str) -> TicketRef:
        happens = self.script.pop(0) if self.script else "made"
        if happens == "dropped":
            raise OutcomeUnknown("dropped")
        self.made_at.append(self.clock.now())  # type: ignore[attr-defined]
        made = super().create(external_id, body)
        if happens == "answer lost":
            raise OutcomeUnknown("timeout")
        if happens == "killed":
            raise KeyboardInterrupt
        return made

    def find(self, external_id: str, body: str) -> TicketRef | None:
        listed = [at for at in self.made_at if self.clock.now() - at > LAG.total_seconds() * 1000]  # type: ignore[attr-defined]
        return super().find(external_id, body) if listed else None


@pytest.fixture
def desk(sidecar: Sidecar) -> LaggingDesk:
    return LaggingDesk(clock=sidecar.clock, settle=SETTLE)


@pytest.fixture
def shop(sidecar: Sidecar, desk: LaggingDesk) -> Sidecar:
    made = with_systems(sidecar, desk=desk)
    chat = made.chat()
    chat.verified()
    chat.says("I want to talk to a human.")
    return made


def work_on(shop: Sidecar, minutes: int = 30) -> None:
    for _ in range(minutes):
        shop.work()
        shop.clock.advance(seconds=60)


@pytest.mark.parametrize(
    "script", [["answer lost"], ["dropped", "answer lost"], ["dropped", "dropped", "answer lost"]], ids=str
)
def test_however_often_the_outcome_was_unknown_there_is_one_ticket(
    shop: Sidecar, desk: LaggingDesk, script: list[str]
) -> None:
    desk.script = [*script]
    work_on(shop)
    assert len(desk.tickets) == 1
    assert [row["state"] for row in shop.outbox() if row["kind"] == "ticket"] == ["sent"]


def test_a_process_that_dies_in_a_later_send_makes_no_second_ticket(shop: Sidecar, desk: LaggingDesk) -> None:
    desk.script = ["dropped", "killed"]
    with pytest.raises(KeyboardInterrupt):
        work_on(shop)
    shop.clock.at += LEASE + MINUTE
    work_on(shop)
    assert len(desk.tickets) == 1


def test_a_send_that_surely_did_nothing_is_not_waited_for(shop: Sidecar, desk: LaggingDesk) -> None:
    desk.fault = NotDone("refused")
    shop.work()
    desk.fault = None
    shop.clock.advance(seconds=61)
    shop.work()
    assert len(desk.tickets) == 1
