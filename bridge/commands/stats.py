"""How the decisions go: the numbers of a site, what people say of them, and what would serve their word better."""

from collections.abc import Iterator, Sequence
from typing import Final

import click

from bridge.commands.backtests import in_words, printable
from bridge.commands.common import as_json, of_site, opened, print_json, the_site
from bridge.commands.groups import OfOptions
from bridge.domain.health import HEALTHY, WINDOW_DAYS, Band, Move, move_text
from bridge.domain.instants import from_rfc3339
from bridge.domain.labels import Verdict
from bridge.domain.values import Json
from bridge.service.explain import local_time
from bridge.service.label_decisions import label_escalation, label_session, show_label
from bridge.service.read_stats import LONGEST_DAYS, read_stats

AUTHOR: Final = "command line"


@click.command(cls=OfOptions)
@of_site
@click.option(
    "--days", type=click.IntRange(1, LONGEST_DAYS), default=WINDOW_DAYS, show_default=True, help="Today included."
)
@as_json
def stats(site_id: str | None, days: int, *, as_json: bool) -> None:
    """Say how many conversations escalate, why, and what moved it."""
    with opened() as assembly, assembly.bridge.store.read() as tx:
        found = read_stats(assembly.bridge, tx, the_site(tx, site_id), days)
    if as_json:
        print_json(found)
        return
    click.echo(tell(found), nl=False)


def tell(found: Json) -> str:
    """The numbers on one screen."""
    zone = found["timezone"]
    lines = [
        f"{found['site']}, the last {found['days']} days until {_local(found['now']['until'], zone)}",
        *_rate(found),
        *_scheduler(found["scheduler"], zone),
        *(f"ALARM since {_local(one['raised_at'], zone)}: {one['text']}" for one in found["alarms"]),
        *_table("day", "sessions", [_group("day", one) for one in found["by_day"]]),
        *_table("rule", "of all sessions", [_rule(one) for one in found["by_rule"]]),
        *_table("trigger that had fired", "of all sessions", [_trigger(one) for one in found["by_trigger"]]),
        *_table("flow", "sessions", [_group("flow", one) for one in found["by_flow"]]),
        *_table("tier", "sessions", [_group("tier", one) for one in found["by_tier"]]),
        "",
        f"Promises: {_counts(found['commitments'])}",
        f"Delivery: {_counts(found['delivery'])}",
        *_labels(found["labels"]),
    ]
    return "".join(f"{printable(line)}\n" for line in lines)


def _scheduler(found: Json, zone: str) -> Iterator[str]:
    if not found["alive"]:
        seen = f"was last seen {_local(found['last_beat'], zone)}" if found["last_beat"] else "was never seen"
        yield f"The scheduler {seen}: nobody keeps the promises. Start python -m scheduler."


def _rate(found: Json) -> Iterator[str]:
    now, before = found["now"], found["before"]
    if not now["sessions"]:
        yield "No conversation began."
        return
    yield f"{_share(now)}. Healthy is {HEALTHY[0]:.0%} to {HEALTHY[1]:.0%}."
    yield in_words(Band(now["band"]), sure=now["sure"])
    yield f"The {found['days']} days before: {_share(before) if before['sessions'] else 'no conversation'}."
    if found["moved"]:
        yield move_text(Move(**found["moved"]))


def _share(window: Json) -> str:
    low, high = window["interval"]
    counted = f"{window['escalated']} of {window['sessions']} conversations escalated"
    return f"{counted}, {window['rate']:.1%} (95% interval {low:.1%} to {high:.1%})"


def _table(name: str, of: str, rows: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    """A small table under a line of its own, or nothing."""
    if not rows:
        return
    width = max(len(name), *(len(row[0]) for row in rows))
    yield ""
    yield f"{name.ljust(width)}  escalated  {of}"
    for row in rows:
        yield f"{row[0].ljust(width)}  {row[1]:>9}  {row[2]}"


def _group(what: str, one: Json) -> tuple[str, str, str]:
    return one[what], str(one["escalated"]), f"of {one['sessions']}: {one['rate']:.1%}"


def _rule(one: Json) -> tuple[str, str, str]:
    return one["rule"], str(one["escalated"]), f"{_part(one['share'])}, before {_part(one['before'])}"


def _trigger(one: Json) -> tuple[str, str, str]:
    return one["trigger"], str(one["escalated"]), _part(one["share"])


def _part(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"


def _counts(states: Json) -> str:
    return ", ".join(f"{n} {state}" for state, n in states.items() if n) or "none"


def _labels(labels: Json) -> Iterator[str]:
    yield f"Labels: {_counts({verdict.value: labels[verdict] for verdict in Verdict})}"
    for one in labels["by_rule"]:
        low, high = one["interval"]
        of = one["needed"] + one["unneeded"]
        yield f"  {one['rule']}: right in {one['needed']} of {of}, {one['precision']:.0%} ({low:.0%} to {high:.0%})"
    for one in labels["missed_sessions"]:
        yield f"  missed: {one['session_id']}"


def _local(instant: str, zone: str) -> str:
    return local_time(from_rfc3339(instant), zone)


@click.command()
@click.argument("what", nargs=-1, required=True, metavar="[ESCALATION] VERDICT")
@click.option("--session", metavar="ID", help="A session that should have been handed over: VERDICT is missed.")
@of_site
@as_json
def label(what: tuple[str, ...], session: str | None, site_id: str | None, *, as_json: bool) -> None:
    """Label an ESCALATION needed or unneeded, a session missed."""
    escalation, verdict = read_label(what, session)
    with opened() as assembly, assembly.bridge.store.write() as tx:
        site, now = the_site(tx, site_id).id, assembly.bridge.clock.now()
        if session:
            said = label_session(tx, site, session, AUTHOR, now)
        else:
            said = label_escalation(tx, site, escalation, verdict, AUTHOR, now)
    if as_json:
        print_json(show_label(said))
        return
    thing = f"Session {said.session_id}" if session else f"Escalation {said.escalation_id}"
    click.echo(f"{thing} is labelled {said.verdict}.")


def read_label(what: tuple[str, ...], session: str | None) -> tuple[str, Verdict]:
    """The escalation, empty where a session is meant, and what is said of it.

    Raises:
        UsageError: the words are no label.
    """
    match what:
        case ("missed",) if session:
            return "", Verdict.MISSED
        case (escalation, "needed" | "unneeded" as verdict) if not session:
            return escalation, Verdict(verdict)
    raise click.UsageError("expected ESCALATION needed, ESCALATION unneeded, or --session ID missed")
