"""The team's own word on its hours: closed or open from now on, whatever the calendar says."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import click

from bridge.commands.common import as_json, of_site, opened, print_json, print_rows, the_site
from bridge.commands.groups import OfOptions
from bridge.domain.closures import Command
from bridge.domain.instants import from_datetime, from_rfc3339
from bridge.domain.queues import read_duration
from bridge.domain.values import Json, Millis
from bridge.ports import Site
from bridge.service.command_hours import (
    Aftermath,
    BadSpan,
    CommandUnknown,
    Order,
    command_hours,
    revoke_command,
    see_to_waiting,
    show_command,
)
from bridge.service.context import Bridge
from bridge.service.explain import local_time
from bridge.service.read_hours import read_hours, tell_feed

LONGEST_TEXT = 200


def read_moment(_: click.Context, option: click.Parameter, text: str | None) -> datetime | None:
    """A date and time from an option's text."""
    try:
        return None if text is None else datetime.fromisoformat(text)
    except ValueError:
        expected = "expected a date and time, such as 2026-12-24T14:00, on the site's clock or with a zone"
        raise click.BadParameter(expected, param=option) from None


def instant_of(moment: datetime | None, site: Site) -> Millis | None:
    """The instant; one without a zone is meant on the site's own clock."""
    if moment is None:
        return None
    return from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(site.timezone)))


def read_span(_: click.Context, option: click.Parameter, text: str | None) -> Millis | None:
    """A length of time from an option's text."""
    if text is None:
        return None
    try:
        length: Millis = read_duration(text)
    except ValueError:
        length = 0
    if not length:
        raise click.BadParameter("expected a length of time such as 90m, 3h or 2d", param=option)
    return length


def commanding(command: Callable[..., None]) -> Callable[..., None]:
    """What closing and opening have in common."""
    options = (
        click.option("--queue", help="One queue's name; without it, every queue."),
        click.option("--from", "from_", metavar="INSTANT", callback=read_moment, help="When it begins.  [now]"),
        click.option("--until", metavar="INSTANT", callback=read_moment, help="When it ends.  [the end of the day]"),
        click.option("--for", "lasts", metavar="LENGTH", callback=read_span, help="In place of --until, such as 3h."),
        click.option("--why", required=True, help="The reason, for the team alone."),
        click.option("--author", default="cli", show_default=True, help="Who is to be named beside it."),
        of_site,
        as_json,
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command("close", cls=OfOptions)
@commanding
def hours_close(**given: Json) -> None:
    """Close by command, from the next decision on; live chats that nobody took are promised an answer another way."""
    order_hours(open_=False, **given)


@click.command("open", cls=OfOptions)
@commanding
def hours_open(**given: Json) -> None:
    """Open by command, from the next decision on; nothing is sent by itself."""
    order_hours(open_=True, **given)


def order_hours(
    *,
    open_: bool,
    queue: str | None,
    from_: datetime | None,
    until: datetime | None,
    lasts: Millis | None,
    why: str,
    author: str,
    site_id: str | None,
    as_json: bool,
) -> None:
    """Put a command in force, see to who is waiting, and say what came of it."""
    if until is not None and lasts is not None:
        raise click.UsageError("--until and --for are two ends: name one of them, or none for the end of the day")
    with opened() as assembly:
        with assembly.bridge.store.read() as tx:
            meant = the_site(tx, site_id)
        now = assembly.bridge.clock.now()
        begins, ends = instant_of(from_, meant), instant_of(until, meant)
        if lasts is not None:
            ends = (begins if begins is not None else now) + lasts
            if ends <= now:
                raise click.ClickException("--from and --for: that is over already")
        order = Order(open_, queue, begins, ends, one_line(why, "--why"), one_line(author, "--author"))
        site, command = put_in_force(assembly.bridge, site_id, order, end="--for" if lasts else "--until")
        after = see_to_waiting(assembly.bridge, site.id, command)
    if as_json:
        print_json({"command": show_command(command, now), "fell": after.fell, "late": after.late})
    else:
        tell(site, command, after)


def put_in_force(bridge: Bridge, site_id: str | None, order: Order, *, end: str) -> tuple[Site, Command]:
    """The command, and the site that it is about; `end` is the option that says when it ends."""
    try:
        with bridge.store.write() as tx:
            site = the_site(tx, site_id)
            return site, command_hours(bridge, tx, site.id, order)
    except BadSpan as error:
        option = end if error.field == "until" else f"--{error.field}"
        raise click.ClickException(f"{option}: {error}") from None


def tell(site: Site, command: Command, after: Aftermath) -> None:
    """Say what holds now, and what it meant for those who were waiting."""
    who = f"queue {command.queue}" if command.queue else "every queue"
    begins, ends = (local_time(at, site.timezone) for at in (command.from_, command.until))
    click.echo(f"{'Open' if command.open else 'Closed'}: {who} of {site.id}, from {begins} until {ends}.")
    click.echo(f"To take it back: bridge hours revoke {command.id}")
    if after.fell:
        click.echo(f"Live chats that nobody had taken, now promised an answer another way: {after.fell}.")
    if after.late:
        click.echo(f"Promises due in time that is closed now: {after.late}. They stay, so somebody has to keep them.")


def one_line(text: str, option: str) -> str:
    """A text of one line, from 1 to 200 characters."""
    if not text.isprintable() or not 1 <= len(text) <= LONGEST_TEXT:
        raise click.BadParameter(f"expected one line of 1 to {LONGEST_TEXT} characters", param_hint=option)
    return text


@click.command("list", cls=OfOptions)
@of_site
@as_json
def hours_list(site_id: str | None, *, as_json: bool) -> None:
    """List what is commanded, and how the feeds of closures stand."""
    with opened() as assembly, assembly.bridge.store.read() as tx:
        site = the_site(tx, site_id)
        found = read_hours(assembly.bridge, tx, site.id)
    if as_json:
        print_json(found)
        return
    shown = [
        (
            one["id"],
            "open" if one["open"] else "closed",
            one["queue"] or "every queue",
            *(local_time(from_rfc3339(one[end]), site.timezone) for end in ("from", "until")),
            one["author"],
            one["why"],
        )
        for one in found["commands"]
    ]
    print_rows(("ID", "", "QUEUE", "FROM", "UNTIL", "BY", "WHY"), shown, nothing="Nothing is commanded.")
    for feed in found["feeds"]:
        click.echo(tell_feed(feed))


@click.command("revoke")
@click.argument("command", metavar="ID")
@of_site
def hours_revoke(command: str, site_id: str | None) -> None:
    """End a command before its time."""
    try:
        with opened() as assembly, assembly.bridge.store.write() as tx:
            revoke_command(assembly.bridge, tx, the_site(tx, site_id).id, command)
    except CommandUnknown:
        fault = f"no closing or opening {command!r} is in force; bridge hours list names those that are"
        raise click.ClickException(fault) from None
    click.echo(f"{command} is revoked.")
