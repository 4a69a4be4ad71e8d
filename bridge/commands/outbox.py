"""The outbox: what is not delivered yet, and what a person may do about it."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

import click

from bridge.bootstrap import Assembly
from bridge.commands.common import MOST, as_json, opened, print_json, print_rows, readable, the_site
from bridge.commands.groups import Ordered
from bridge.config import DESKS
from bridge.domain.escalation import UNDELIVERED_ROWS, OutboxState
from bridge.domain.instants import SECOND, in_words
from bridge.domain.upstream import Upstream
from bridge.domain.values import Json, Millis
from bridge.ports import Tx
from bridge.service.breaker import NAMES, named, try_again
from bridge.service.watch_outbox import cause_of

STANDS = (OutboxState.PARKED, "waiting", OutboxState.SENT)
"""How a group of rows may stand, in the order of the list; those in any other state are waiting."""

TARGETS = sorted({*DESKS, *NAMES})
of_target = click.option("--target", metavar="NAME", type=click.Choice(TARGETS),
                         help="Only what goes there: the helpdesk's name, or mail.")  # fmt: skip


@click.group(cls=Ordered)
def outbox() -> None:
    """Tickets and mail on their way to other systems."""


@outbox.command("list")
@click.option("--all", "everything", is_flag=True, help="What was sent, too.")
@click.option("--site", "site_id", metavar="NAME", help="Only what is of this site.")
@of_target
@as_json
def outbox_list(site_id: str | None, target: str | None, *, everything: bool, as_json: bool) -> None:
    """List what is not delivered yet, by what stands in its way; parked rows wait for you."""
    states = (*UNDELIVERED_ROWS, OutboxState.SENT) if everything else UNDELIVERED_ROWS
    with opened() as assembly, assembly.bridge.store.read() as tx:
        now = assembly.bridge.clock.now()
        of = the_site(tx, site_id).id if site_id else None
        found = tx.work.outbox(states, MOST + 1, site=of, target=target)
        upstreams = tx.upstreams.all()
    rows, more = found[:MOST], found[MOST:]
    if as_json:
        print_json([{**readable(row), "age_s": _age(row, now) // SECOND} for row in rows])
    else:
        for line in _upstream_lines(upstreams, now):
            click.echo(line)
        _print_groups(rows, more, now)
    if more:
        click.echo("There is more: --site and --target narrow the list.", err=as_json)


def _print_groups(rows: Sequence[Json], more: Sequence[Json], now: Millis) -> None:
    """Print the rows by what stands in their way. What is left out stands as `more` does."""
    cut = {_stands(row) for row in more}
    if not rows:
        click.echo("Everything is delivered.")
    for group, alike in groupby(sorted(rows, key=_group), key=_group):
        _print_group(group, list(alike), now, "at least " if group[0] in cut else "")
    if more:
        click.echo()


def _stands(row: Json) -> int:
    return STANDS.index(row["state"] if row["state"] in STANDS else "waiting")


def _group(row: Json) -> tuple[int, str, str, str]:
    """What rows are listed under: how they stand, where they go, why."""
    cause = "" if row["state"] == OutboxState.SENT else cause_of(row["error"])
    return _stands(row), row["site"], row["target"], cause


def _print_group(group: tuple[int, str, str, str], rows: Sequence[Json], now: Millis, at_least: str) -> None:
    stands, site, target, cause = group
    why = f": {cause}" if cause else ""
    oldest = in_words(max(_age(row, now) for row in rows))
    number = f"{at_least}{len(rows)} {STANDS[stands]}"
    click.echo(f"\n{number}, for {target} of {site}{why} (the oldest is {at_least}{oldest} old)")
    print_rows(("ROW", "STATE", "KIND", "TRIES", "AGE", "NEXT TRY"), [_cells(row, now) for row in rows], nothing="")


def _cells(row: Json, now: Millis) -> tuple[str, ...]:
    return row["id"], row["state"], row["kind"], str(row["attempts"]), in_words(_age(row, now)), _next_try(row, now)


def _age(row: Json, now: Millis) -> Millis:
    return max(0, now - int(row["created_at"]))


def _next_try(row: Json, now: Millis) -> str:
    if row["state"] in (OutboxState.PARKED, OutboxState.SENT):
        return ""
    if row["state"] == OutboxState.LEASED:
        return "just now"
    return f"in {in_words(row['due_at'] - now)}" if row["due_at"] > now else "when its turn comes"


def _upstream_lines(upstreams: Sequence[Upstream], now: Millis) -> Iterator[str]:
    for one in upstreams:
        where = f"{named(one.target)} of {one.site}"
        if one.paused and one.failing_since is not None:
            since, probe = in_words(now - one.failing_since), in_words(one.paused_until - now)
            told = f"{one.failures} failures in a row, the last one {one.cause}"
            yield f"{where} has taken nothing for {since}: {told}. The next probe goes in {probe}."
        elif one.next_at - now > SECOND:
            left = in_words(one.next_at - now)
            yield f"{where} takes the next row in {left}: it asked for that, or its budget is used up."


@outbox.command("retry")
@click.argument("row", metavar="[ID]", required=False)
@click.option("--all", "everything", is_flag=True,
              help="Every parked, waiting or given-up row but mails that are held back.")  # fmt: skip
@of_target
def outbox_retry(row: str | None, target: str | None, *, everything: bool) -> None:
    """Send a parked or waiting row again, or do a follow-up that was given up, at the next tick."""
    if bool(row) is everything or (row and target):
        raise click.ClickException("say which: an ID, or --all, if need be with --target NAME")
    if row:
        change(_retry_one(row), row, "done or under way")
        click.echo(f"{row} is due now.")
        return
    with opened() as assembly, assembly.bridge.store.write() as tx:
        gone = tx.work.retry_all(assembly.bridge.clock.now(), target=target)
        for where in sorted(set(gone)):
            try_again(tx, *where)
        number = len(gone) + (0 if target else tx.work.try_given_up(assembly.bridge.clock.now()))
    click.echo(f"{number} are due now." if number else "There is nothing to send again.")


def _retry_one(row: str) -> Callable[[Assembly, Tx], bool]:
    def do(assembly: Assembly, tx: Tx) -> bool:
        now = assembly.bridge.clock.now()
        where = tx.work.retry(row, now)
        if where:
            try_again(tx, *where)
        return where is not None or tx.work.try_given_up(now, follow_up=row) == 1

    return do


@outbox.command("park")
@click.argument("row", metavar="ID")
def outbox_park(row: str) -> None:
    """Stop trying a row until it is retried."""
    change(lambda _, tx: tx.work.park(row), row, "sent, parked or being sent")
    click.echo(f"{row} is parked.")


@outbox.command("drop")
@click.argument("row", metavar="ID")
def outbox_drop(row: str) -> None:
    """Give up a parked row for good; it is never sent."""
    change(lambda _, tx: tx.work.drop(row), row, "not parked")
    click.echo(f"{row} is given up.")


def change(do: Callable[[Assembly, Tx], bool], row: str, otherwise: str) -> None:
    """Change a row of the outbox, or say why it cannot be."""
    with opened() as assembly, assembly.bridge.store.write() as tx:
        done = do(assembly, tx)
    if not done:
        raise click.ClickException(f"there is no row {row!r}, or it is {otherwise}; see bridge outbox list --all")
