"""Alarms that tell how things stand: raised, said anew as that changes, and ended where there is nothing to tell."""

from collections.abc import Mapping, Sequence

import structlog

from bridge.domain.health import Alarm
from bridge.ports import Tx
from bridge.service.context import Bridge

log = structlog.get_logger()


def raise_or_restate(tx: Tx, site: str, alarm: Alarm) -> bool:
    """Raise the alarm, or say the standing one anew; returns whether it was raised now."""
    raised = tx.alarms.start(site, alarm)
    if not raised:
        tx.alarms.restate(site, alarm)
    return raised


def standing_texts(tx: Tx, site: str) -> dict[str, str]:
    """What the alarms that stand say, by kind."""
    return {alarm.kind: alarm.text for alarm in tx.alarms.standing(site)}


def tell(
    bridge: Bridge, site: str, told: Sequence[Alarm], standing: Mapping[str, str], *, raised: str, ended: str
) -> None:
    """Bring a site's alarms to what is to be told; nothing is written where they say so already.

    Args:
        bridge: the product.
        site: its id.
        told: of each kind what is to be said; one with no text ends it.
        standing: from `standing_texts`.
        raised: what the log calls it that one is raised.
        ended: what the log calls it that one has ended.
    """
    changed = [alarm for alarm in told if alarm.text != standing.get(alarm.kind, "")]
    if changed:
        with bridge.store.write() as tx:
            for alarm in changed:
                if alarm.text and raise_or_restate(tx, site, alarm):
                    log.warning(raised, site=site, kind=alarm.kind, **alarm.detail)
                elif not alarm.text and tx.alarms.clear(site, alarm.kind, alarm.raised_at):
                    log.info(ended, site=site, kind=alarm.kind)
