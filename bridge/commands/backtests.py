"""A backtest in words."""

from collections.abc import Iterator

from bridge.domain.backtest import Change, Difference, Tally
from bridge.domain.health import ALARMS, HEALTHY, Band, Health
from bridge.domain.replay import Outcome

SAID = {
    Band.TOO_LOW: f"ALARM: below {ALARMS[0]:.0%}. Customers who need a person may not get one.",
    Band.HEALTHY: "That is healthy.",
    Band.HIGH: f"Above the healthy band; an alarm above {ALARMS[1]:.0%}.",
    Band.TOO_HIGH: f"ALARM: above {ALARMS[1]:.0%}. The team gets what the bot could have done.",
}
UNSURE = " The interval reaches beyond it: more conversations would make it sure."


def tell(tally: Tally, difference: Difference | None, *, tried: str, present: str | None) -> str:
    """The report for a person.

    Args:
        tally: under the policy that was judged with.
        difference: to the present policy, if there is one to compare with.
        tried: what to call the policy that was judged with.
        present: what to call the present one.
    """
    lines = [f"{tally.sessions} conversations, judged with {tried}.", *_rate(tally.health), *_rules(tally)]
    if difference:
        lines += ["", *_difference(difference, present or "the present policy")]
    return "".join(f"{printable(line)}\n" for line in lines)


def printable(line: str) -> str:
    """A line without what would steer a terminal: ids and reasons hold what strangers wrote."""
    return "".join(char if char.isprintable() else "?" for char in line)


def _rate(found: Health | None) -> Iterator[str]:
    if found is None:
        return
    yield f"{found.escalated} escalate: {_percents(found)}. Healthy is {HEALTHY[0]:.0%} to {HEALTHY[1]:.0%}."
    yield SAID[found.band] + ("" if found.sure else UNSURE)


def _percents(found: Health) -> str:
    return f"{found.rate:.1%} (95% interval {found.low:.1%} to {found.high:.1%})"


def _rules(tally: Tally) -> Iterator[str]:
    for rule, count, reasons in tally.by_rule():
        yield ""
        yield f"{rule}: {count}"
        for reason, often in reasons:
            yield f"  {often} x {reason}"


def _difference(difference: Difference, name: str) -> Iterator[str]:
    now = difference.present.health
    yield f"Against {name}" + (f", under which {now.escalated} escalate, {_percents(now)}:" if now else ":")
    yield from _change("newly escalated", difference.newly)
    yield from _change("no longer escalated", difference.no_longer)
    yield from _change("other queue or priority", difference.elsewhere)


def _change(what: str, change: Change) -> Iterator[str]:
    yield f"  {what}: {change.count}"
    for present, tried in change.examples:
        yield f"    {tried.session_id}: {_brief(present)} -> {_brief(tried)}"


def _brief(outcome: Outcome) -> str:
    if not outcome.escalated:
        return "the bot goes on"
    return f"{outcome.rule} at turn {outcome.turn} ({outcome.priority}, {outcome.queue})"
