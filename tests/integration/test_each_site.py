"""What is wrong with one site stops no other: neither settings that cannot be used nor a slip of an adapter."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from threading import Event

import pytest
from sqlalchemy import update
from structlog.testing import capture_logs
from support.sidecar import AFTER_HOURS, SHOP, FakeDesk, Sidecar, in_process

from bridge.domain.instants import HOUR
from bridge.ports import BridgeError, DeskNews, Filed, Site
from bridge.service.ask_desks import Desks
from bridge.service.context import Bridge, Systems
from bridge.service.deliver import deliver_due
from bridge.service.each_site import on_its_own
from bridge.service.keep_wall_times import keep_wall_times
from bridge.service.manage_sites import add_site
from bridge.service.poll_presence import PresencePoll, presence_ages
from bridge.service.reconcile import Reconciler
from bridge.service.wake_sites import wake_silent_sites
from bridge.store.database import migration_engine
from bridge.store.tables import commitment, follow_up

ASKING = "I want to talk to a human."
BAD = "aaa"
"""It comes before the other one in every order."""


class Refused(BridgeError):  # noqa: N818
    """Settings that cannot be used."""


@dataclass
class Watched(FakeDesk):
    """A helpdesk that counts how often it was asked for news."""

    asked: int = 0
    slip: bool = False

    def news(self, filed: Sequence[Filed], *, budget: float) -> list[DeskNews]:  # noqa: ARG002 - the port's shape
        self.asked += 1
        if self.slip:
            raise KeyError("comments")
        return []


@dataclass
class Two:
    """A product with two sites, an escalation on each."""

    it: Sidecar
    desks: dict[str, Watched] = field(default_factory=lambda: {BAD: Watched(), SHOP.id: Watched()})
    refused: bool = True

    def systems(self, site: Site) -> Systems:
        if site.id == BAD and self.refused:
            raise Refused("BRIDGE_ZENDESK_TOKEN is missing")
        return Systems(self.it.crm, self.desks[site.id], self.it.mailer, "support@shop.example")

    @property
    def product(self) -> Bridge:
        return replace(self.it.bridge, systems=self.systems)


@pytest.fixture
def two(fresh_sqlite: Callable[[], str]) -> Iterator[Two]:
    with in_process(fresh_sqlite(), at=AFTER_HOURS) as it:
        other = add_site(it.bridge, replace(SHOP, id=BAD), "http://127.0.0.1:8765")
        for pairing in (other, it.pairing):
            chat = it.chat(pairing=pairing)
            chat.start()
            assert chat.says(ASKING)["state"] == "escalated"
        while deliver_due(it.bridge, limit=5):
            pass
        yield Two(it)


def changed(two: Two, statement: object) -> None:
    engine = migration_engine(two.it.url)
    with engine.begin() as connection:
        connection.execute(statement)  # type: ignore[call-overload]
    engine.dispose()


def test_a_desk_whose_settings_cannot_be_used_or_that_has_a_slip_keeps_no_other_one_from_being_asked(two: Two) -> None:
    round_of = Desks(two.product)
    round_of.ask_all()
    assert two.desks[SHOP.id].asked == 1
    two.refused, two.desks[BAD].slip = False, True
    round_of.ask_all()
    assert (two.desks[BAD].asked, two.desks[SHOP.id].asked) == (1, 2)


def test_the_rows_of_one_site_are_mended_whatever_is_wrong_with_another(two: Two) -> None:
    changed(two, follow_up.delete())
    Reconciler(two.product)()
    with two.it.bridge.store.read() as tx:
        mended = {site: [one.unwatched for one in tx.repairs.page(site, "", 10)] for site in (BAD, SHOP.id)}
    assert mended == {BAD: [True], SHOP.id: [False]}


def test_the_promises_of_one_site_keep_their_wall_time_whatever_is_wrong_with_another(two: Two) -> None:
    changed(two, update(commitment).values(due_at=commitment.c.due_at + HOUR))
    assert keep_wall_times(two.product) == 1
    two.refused = False
    assert keep_wall_times(two.product) == 1


def test_presence_its_age_and_the_waking_of_sites_go_on_too(two: Two) -> None:
    PresencePoll(two.product, 30.0)()
    assert presence_ages(two.product) == {}
    wake_silent_sites(two.product, Event())


def test_what_has_a_name_is_told_by_it_and_anything_else_with_its_trace() -> None:
    with capture_logs() as logs:
        with on_its_own("shop", "ask_desks"):
            raise Refused("BRIDGE_ZENDESK_TOKEN is missing")
        with on_its_own("shop", "ask_desks"):
            raise KeyError("comments")
    named, other = logs
    assert (named["cause"], "exc_info" in named) == ("BRIDGE_ZENDESK_TOKEN is missing", False)
    assert (other["log_level"], other["exc_info"]) == ("error", True)
