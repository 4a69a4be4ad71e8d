"""A helpdesk calls: something happened to these tickets. They are asked about at once.

Should that fail, or this process end, nothing is lost: the scheduler asks about every ticket in turn.
"""

from bridge.ports import BridgeError, Desk, DeskActivity, HookCall, Site
from bridge.service.ask_desks import ask, take
from bridge.service.context import Bridge

MOST_TICKETS = 100
"""Tickets of one call that are asked about at once."""


class DeskUnknown(BridgeError):  # noqa: N818
    """There is no such site, or it has no such helpdesk."""


def desk_of(bridge: Bridge, site_id: str, name: str) -> tuple[Site, Desk]:
    """The site and its helpdesk of this name. Anybody may ask: which of the two is missing is not said.

    Raises:
        DeskUnknown: there is no such site, or it has no such helpdesk.
    """
    with bridge.store.read() as tx:
        site = tx.sites.get(site_id)
    desk = bridge.systems(site).desk if site else None
    if site is None or desk is None or desk.name != name:
        raise DeskUnknown
    return site, desk


def hear(bridge: Bridge, site: Site, desk: DeskActivity, call: HookCall) -> int:
    """Let what an authentic call says have its effect; returns how many of our tickets it is about.

    Raises:
        HookRefused: it is not the helpdesk's.
        StoreBusy: some of it may not have been taken; the helpdesk may call again.
    """
    heard = desk.hear(call)
    taken = sum(take(bridge, site, news) for news in heard.news)
    with bridge.store.read() as tx:
        filed = tx.escalations.filed_as(site.id, desk.name, heard.refs[:MOST_TICKETS]) if heard.refs else []
    if filed:
        bridge.background.submit(ask, bridge, site, desk, filed)
    return taken + len(filed)
