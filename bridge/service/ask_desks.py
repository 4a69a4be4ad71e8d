"""Asking the helpdesks what people did to our tickets, where no webhook tells us."""

from collections.abc import Callable, Sequence
from random import sample

import structlog

from bridge.ports import AdapterError, DeskActivity, DeskNews, Filed, Site, StoreBusy
from bridge.service.context import Bridge, open_case
from bridge.service.desk_news import take_news
from bridge.service.each_site import on_its_own
from bridge.service.errors import EscalationUnknown

log = structlog.get_logger()

TICKETS_PER_CALL = 25
"""Tickets of a site that are asked about at a time; the next time it is the turn of those behind them."""
CALL_BUDGET_S = 20.0
"""Seconds for one site."""


class Desks:
    """Goes round the tickets of active escalations, a page a site at each call, until `stop` says so."""

    def __init__(self, bridge: Bridge, stop: Callable[[], bool] = lambda: False) -> None:
        self._bridge = bridge
        self._stop = stop
        self._after: dict[str, str] = {}

    def ask_all(self) -> None:
        """Ask each site's helpdesk; one that does not answer is asked again when its turn comes."""
        with self._bridge.store.read() as tx:
            sites = tx.sites.all()
        for site in sites:
            if self._stop():
                return
            with on_its_own(site.id, "ask_desks"):
                self._ask(site)

    def _ask(self, site: Site) -> None:
        desk = self._bridge.systems(site).desk
        if desk is None:
            return
        filed = self._next_page(site.id, desk.name)
        if not filed:
            return
        ask(self._bridge, site, desk, filed)

    def _next_page(self, site: str, desk: str) -> list[Filed]:
        with self._bridge.store.read() as tx:
            filed = tx.escalations.filed(site, desk, self._after.get(site, ""), TICKETS_PER_CALL)
        self._after[site] = filed[-1].escalation_id if len(filed) == TICKETS_PER_CALL else ""
        return filed


def ask(bridge: Bridge, site: Site, desk: DeskActivity, filed: Sequence[Filed]) -> None:
    """Ask a helpdesk about these tickets, and let what it tells have its effect."""
    try:
        shuffled = sample(filed, len(filed))  # so that it is never the same ones that do not fit
        news = desk.news(shuffled, budget=CALL_BUDGET_S)
    except AdapterError as error:
        log.warning("desk.not_read", site=site.id, desk=desk.name, cause=error.detail)
        return
    for one in news:
        try:
            take(bridge, site, one)
        except StoreBusy:
            log.warning("desk.news_wait", site=site.id, escalation=one.escalation_id, kind=one.kind.value)


def take(bridge: Bridge, site: Site, news: DeskNews) -> bool:
    """Let one thing that a helpdesk told have its effect; False where it is about no escalation of this site.

    Raises:
        StoreBusy: nothing was taken.
    """
    try:
        with bridge.store.write() as tx:
            take_news(open_case(bridge, tx, site.id), news)
    except EscalationUnknown:
        return False
    return True
