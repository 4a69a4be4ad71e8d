"""Looking: at why a conversation went as it did, what would be promised, what is due."""

import sys
from pathlib import Path

import click

from bridge.commands.common import (
    MOST,
    as_json,
    of_site,
    opened,
    print_json,
    print_rows,
    read_document,
    readable,
    the_site,
)
from bridge.commands.policies import policy_in_force
from bridge.domain import commitment as promises
from bridge.domain import messages, routing
from bridge.domain.findings import read_policy
from bridge.domain.instants import HOUR, from_rfc3339, to_rfc3339
from bridge.domain.policy import Policy
from bridge.domain.values import Json, Priority
from bridge.service.explain import explain, local_time, tell
from bridge.service.take_turn import SessionUnknown
from bridge.service.verify import Checked, verify


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


@click.command("promise")
@click.option("--queue", required=True, help="The queue's name in the policy.")
@click.option("--priority", required=True, type=click.Choice([one.value for one in Priority]))
@click.option("--tier", help="The customer's tier.")
@click.option("--at", "at_text", metavar="INSTANT", required=True, help="Such as 2026-10-31T21:00:00-04:00.")
@of_site
@click.option("--policy", "file", type=click.Path(dir_okay=False, path_type=Path), help="A file, in place of a site's.")
def promise(queue: str, priority: str, tier: str | None, at_text: str, site_id: str | None, file: Path | None) -> None:
    """Print what would be promised at an INSTANT, nobody present."""
    at = instant(at_text)
    document = read_policy(read_document(file)) if file else policy_in_force(site_id)
    known(queue, list(document.queues), "queue")
    tier = tier or document.default_tier
    known(tier, list(document.tiers), "tier")
    print_json(promised(document, queue, tier, Priority(priority), at))


def promised(document: Policy, name: str, tier: str, priority: Priority, at: int) -> Json:
    """The promise of a queue, in English, as nobody is present."""
    queue = document.queues[name].for_tier(tier)
    staffing = routing.Staffing(name, queue, document.hours[queue.hours], free=False)
    route = routing.route(staffing, priority, at)
    due = promises.say_when(route.due_at, calendar_zone=route.timezone, visitor_zone=None, locale="en", now=at)
    text = messages.text(document.messages, "en", "after_hours", due=due)
    at_due = to_rfc3339(route.due_at)
    return {"channel": route.channel.value, "due_at": at_due, "timezone": route.timezone, "text": text}


def known(name: str, names: list[str], what: str) -> None:
    """Refuse a name that the policy does not have."""
    if name not in names:
        raise click.ClickException(f"there is no {what} {name!r}; known: {', '.join(names)}")


def instant(text: str) -> int:
    """An instant from text."""
    try:
        return from_rfc3339(text)
    except (ValueError, OverflowError):
        hint = "with a zone, such as 2026-10-31T21:00:00-04:00"
        raise click.BadParameter(f"expected a date and time {hint}", param_hint="--at") from None


@click.command()
@click.option("--hours", type=click.FloatRange(0, 24 * 366), default=24.0, show_default=True, help="How far ahead.")
@as_json
def due(hours: float, *, as_json: bool) -> None:
    """List what the scheduler will do next."""
    with opened() as assembly, assembly.bridge.store.read() as tx:
        until = assembly.bridge.clock.now() + round(hours * HOUR)
        rows = tx.work.due(until, MOST)
        zones = {one.id: one.timezone for one in tx.sites.all()}
    if as_json:
        print_json([readable(row) for row in rows])
        return
    shown = [
        (local_time(r["due_at"], zones.get(r["site"], "")), r["kind"], r["site"], r["escalation_id"]) for r in rows
    ]
    print_rows(("DUE", "WHAT", "SITE", "ESCALATION"), shown, nothing=f"Nothing is due within {hours:g} hours.")
