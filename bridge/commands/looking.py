"""Looking: at why a conversation went as it did, and what is due."""

import sys
from collections.abc import Sequence

import click

from bridge.commands.common import (
    MOST,
    as_json,
    of_site,
    opened,
    print_json,
    print_rows,
    readable,
    the_site,
)
from bridge.commands.groups import OfOptions
from bridge.domain.instants import HOUR, SECOND
from bridge.domain.queues import UNITS
from bridge.domain.values import Json, Millis
from bridge.service.errors import SessionUnknown
from bridge.service.explain import explain, short_local_time, tell
from bridge.service.verify_decisions import Checked, verify


@click.command("explain", context_settings={"ignore_unknown_options": True})  # a session's id may begin with a dash
@click.argument("session")
@click.option("--verify", "again", is_flag=True, help="Judge every stored decision again; ends with 1 if one differs.")
@of_site
@as_json
def explain_session(session: str, site_id: str | None, *, again: bool, as_json: bool) -> None:
    """Say why a SESSION went as it did, turn by turn."""
    with opened() as assembly, assembly.bridge.store.read() as tx:
        sites = [the_site(tx, site_id)] if site_id else tx.sites.all()
        where = next((one for one in sites if tx.sessions.get(one.id, session)), None)
        if where is None:
            raise SessionUnknown(session)
        if again:
            sys.exit(show_checked(verify(tx, where.id, session), as_json=as_json))
        found = explain(tx, where.id, session)
    if as_json:
        print_json(found)
        return
    click.echo(tell(found, where.timezone), nl=False)


def show_checked(checked: list[Checked], *, as_json: bool) -> int:
    """Print what came of judging again; 1 if a decision differs from what is stored, else 0."""
    differ = [one for one in checked if not one.same]
    if as_json:
        print_json({"same": not differ, "decisions": [one.as_json() for one in checked]})
        return int(bool(differ))
    for one in differ:
        click.echo(f"Turn {one.turn}, {one.of}: judged again, it is not what is stored.")
    click.echo(f"{len(checked)} decisions judged again, {len(checked) - len(differ)} the same byte for byte.")
    return int(bool(differ))


@click.command(cls=OfOptions)
@click.option("--hours", type=click.FloatRange(0, 24 * 366), default=24.0, show_default=True, help="How far ahead.")
@as_json
def due(hours: float, *, as_json: bool) -> None:
    """List what the scheduler has given up, and what it will do next, in its order."""
    with opened() as assembly, assembly.bridge.store.read() as tx:
        now = assembly.bridge.clock.now()
        given_up = tx.work.given_up(MOST)
        found = tx.work.due(now + round(hours * HOUR), MOST + 1, now=now)
        zones = {one.id: one.timezone for one in tx.sites.all()}
    rows, more = found[:MOST], found[MOST:]
    if as_json:
        every = (*given_up, *rows)
        print_json([{**readable(row), "late_s": max(0, now - row["due_at"]) // SECOND} for row in every])
    else:
        if given_up:
            _print_given_up(given_up)
        shown = [_due_row(row, zones.get(row["site"], ""), now) for row in rows]
        head = ("DUE", "LATE", "WHAT", "FOR", "SITE", "REFERENCE")
        print_rows(head, shown, nothing=f"Nothing is due within {hours:g} hours.")
    if more:
        click.echo("More is due after these.", err=as_json)


def _print_given_up(rows: Sequence[Json]) -> None:
    click.echo("Given up, and not done before somebody sees to it (bridge outbox retry ROW, or --all):")
    shown = [(row["id"], row["kind"], _whom(row), row["site"], _reference(row)) for row in rows]
    print_rows(("ROW", "WHAT", "FOR", "SITE", "REFERENCE"), shown, nothing="")
    click.echo()


def _due_row(row: Json, zone: str, now: Millis) -> tuple[str, ...]:
    late = in_units(now - row["due_at"]) if row["due_at"] <= now else ""
    return short_local_time(row["due_at"], zone), late, row["kind"], _whom(row), row["site"], _reference(row)


def _whom(row: Json) -> str:
    return f"{row['tier'][:12]}, {row['priority']}"


def _reference(row: Json) -> str:
    """The one that the customer's mails name."""
    return str(row["escalation_id"][4:12])


def in_units(ms: Millis) -> str:
    """A length of time in its largest unit: `40s`, `5m`, `3h`, `2d`."""
    name, unit = next(((name, unit) for name, unit in reversed(UNITS.items()) if ms >= unit), ("s", SECOND))
    return f"{ms // unit}{name}"
