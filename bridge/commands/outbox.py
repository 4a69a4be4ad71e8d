"""The outbox: what is not delivered yet, and what a person may do about it."""

from collections.abc import Callable

import click

from bridge.bootstrap import Assembly
from bridge.commands.common import MOST, Ordered, as_json, opened, print_json, print_rows, readable
from bridge.domain.instants import to_rfc3339
from bridge.ports import Tx

OPEN_STATES = ("due", "leased", "unknown", "parked")


@click.group(cls=Ordered)
def outbox() -> None:
    """Tickets and mail on their way to other systems."""


@outbox.command("list")
@click.option("--all", "everything", is_flag=True, help="What was sent, too.")
@as_json
def outbox_list(*, everything: bool, as_json: bool) -> None:
    """List what is not delivered yet; parked rows wait for you."""
    states = (*OPEN_STATES, "sent") if everything else OPEN_STATES
    with opened() as assembly, assembly.bridge.store.read() as tx:
        rows = tx.work.outbox(states, MOST)
    if as_json:
        print_json([readable(row) for row in rows])
        return
    shown = [
        (r["id"], r["state"], r["kind"], r["target"], str(r["attempts"]), to_rfc3339(r["due_at"]), r["error"] or "")
        for r in rows
    ]
    head = ("ROW", "STATE", "KIND", "TO", "TRIES", "NEXT TRY", "LAST ERROR")
    print_rows(head, shown, nothing="Everything is delivered.")


@outbox.command("retry")
@click.argument("row", metavar="ID")
def outbox_retry(row: str) -> None:
    """Send a parked or waiting row again, at the next tick."""
    change(lambda assembly, tx: tx.work.retry(row, assembly.bridge.clock.now()), row, "sent or being sent")
    click.echo(f"{row} is due now.")


@outbox.command("park")
@click.argument("row", metavar="ID")
def outbox_park(row: str) -> None:
    """Stop trying a row until it is retried."""
    change(lambda _, tx: tx.work.park(row), row, "sent, parked or being sent")
    click.echo(f"{row} is parked.")


def change(do: Callable[[Assembly, Tx], bool], row: str, otherwise: str) -> None:
    """Change a row of the outbox, or say why it cannot be."""
    with opened() as assembly, assembly.bridge.store.write() as tx:
        done = do(assembly, tx)
    if not done:
        raise click.ClickException(f"there is no row {row!r}, or it is {otherwise}; see bridge outbox list --all")
