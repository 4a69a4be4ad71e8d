"""A backtest in words."""

from collections.abc import Iterator

from bridge.domain.backtest import Backtest, Change, Load, Tally
from bridge.domain.health import ALARMS, HEALTHY, Band, Health
from bridge.domain.instants import to_rfc3339
from bridge.domain.replay import Outcome

SAID = {
    Band.TOO_FEW: "Too few to tell.",
    Band.TOO_LOW: f"Below {ALARMS[0]:.0%}: customers who need a person may not get one.",
    Band.HEALTHY: "That is healthy.",
    Band.HIGH: f"Above the healthy band; an alarm above {ALARMS[1]:.0%}.",
    Band.TOO_HIGH: f"Above {ALARMS[1]:.0%}: the team gets what the bot could have done.",
}
UNSURE = " The interval reaches beyond it: more conversations would make it sure."


def tell(report: Backtest) -> str:
    """The report for a person."""
    lines = [
        f"{report.tally.sessions} conversations, judged with {report.tried.name}.",
        *_rate(report.tally.health),
        *_cut_short(report.cut_short),
        *_rules(report.tally),
        *_load(report),
        *_difference(report),
    ]
    return "".join(f"{printable(line)}\n" for line in lines)


def printable(line: str) -> str:
    """A line without what would steer a terminal: ids, messages and reasons hold what strangers wrote."""
    return "".join(char if char.isprintable() else "?" for char in line)


def in_words(band: Band, *, sure: bool) -> str:
    """What it means that a rate lies in this band."""
    return SAID[band] + ("" if sure or band is Band.TOO_FEW else UNSURE)


def _rate(found: Health | None) -> Iterator[str]:
    if found is None:
        return
    yield f"{found.escalated} escalate: {_percents(found)}. Healthy is {HEALTHY[0]:.0%} to {HEALTHY[1]:.0%}."
    yield ("ALARM. " if found.band.alarming else "") + in_words(found.band, sure=found.sure)


def _percents(found: Health) -> str:
    return f"{found.rate:.1%} (95% interval {found.low:.1%} to {found.high:.1%})"


def _cut_short(count: int) -> Iterator[str]:
    if count:
        yield (
            f"{count} end where a person took over, undecided until then: "
            "what the bot would have said afterwards was never said."
        )


def _rules(tally: Tally) -> Iterator[str]:
    for rule, count, reasons in tally.by_rule():
        yield ""
        yield f"{rule}: {count}"
        for reason, often in reasons:
            yield f"  {often} x {reason}"


def _load(report: Backtest) -> Iterator[str]:
    if not report.tally.escalated:
        return
    yield ""
    if report.span is None:
        yield "Load on the queues: no instants recorded."
        return
    first, last = map(to_rfc3339, report.span)
    yield f"Load on the queues, {first} to {last}:"
    if not report.loads:
        yield "  too long a time to count open hours over."
    now = {load.queue: load for load in report.present_loads}
    for load in report.loads:
        yield f"  {load.queue}: {_hourly(load)}" + (f" (now {_hourly(now[load.queue])})" if load.queue in now else "")
        yield f"    {load.while_closed} of them while it is closed; most on {load.peak}: {load.peak.count}"


def _hourly(load: Load) -> str:
    if load.per_open_hour is None:
        return f"{load.escalated}, and it was not open in that time"
    rate = f", {load.per_open_hour:.2f} an hour" if load.open_hours >= 1 else ""  # of a shorter time it says nothing
    return f"{load.escalated} in {load.open_hours:.1f} open hours{rate}"


def _difference(report: Backtest) -> Iterator[str]:
    if report.present is None:
        return
    difference = report.difference
    now = difference.present.health
    yield ""
    yield f"Against {report.present.name}" + (
        f", under which {now.escalated} escalate, {_percents(now)}:" if now else ":"
    )
    yield from _change("newly escalated", difference.newly)
    yield from _change("no longer escalated", difference.no_longer)
    yield from _change("other queue or priority", difference.elsewhere)


def _change(what: str, change: Change) -> Iterator[str]:
    yield f"  {what}: {change.count}"
    for present, tried in change.examples:
        yield f"    {tried.session_id}: {_brief(present)} -> {_brief(tried)}"
        led = tried if tried.escalated else present
        yield f'      visitor: "{led.said}"'
        yield f"      {led.reason}"


def _brief(outcome: Outcome) -> str:
    if not outcome.escalated:
        return "the bot goes on"
    return f"{outcome.rule} at turn {outcome.turn} ({outcome.priority}, {outcome.queue})"
