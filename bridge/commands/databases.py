"""The database itself: moved to another kind, and copied while it is in use."""

from functools import partial
from pathlib import Path

import click

from bridge import bootstrap
from bridge.commands.common import as_json, print_json, print_rows, settings_now
from bridge.commands.groups import Ordered
from bridge.commands.runs import progress


@click.group(cls=Ordered)
def db() -> None:
    """The database: move it, copy it."""


@db.command("copy")
@click.option(
    "--to",
    "target",
    metavar="URL",
    required=True,
    help="An empty database, such as postgresql+psycopg://bridge@db.internal/bridge or sqlite:///new.db.",
)
@click.option("--from", "source", metavar="URL", help="Else that of the settings.")
@as_json
def db_copy(target: str, source: str | None, *, as_json: bool) -> None:
    """Copy all of one database into an empty one, and compare."""
    copied = bootstrap.copy_database(settings_now(), source, target, partial(progress, label="Copying"))
    if as_json:
        print_json([{"table": one.table, "rows": one.rows, "digest": one.digest} for one in copied])
        return
    rows = [(one.table, f"{one.rows:,}", one.digest[:16]) for one in copied if one.rows]
    print_rows(("TABLE", "ROWS", "DIGEST"), rows, nothing="The source is empty.")
    click.echo("\nEverything was copied, and reads the same in both. Set BRIDGE_DATABASE_URL to the target for every")
    click.echo("sidecar and scheduler, and start none of them on the source any more.")


@db.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def db_backup(file: Path) -> None:
    """Copy a SQLite database into a file while it is in use."""
    if not file.parent.is_dir():
        raise click.ClickException(f"{file.parent}: there is no such folder")
    size = bootstrap.backup_database(settings_now(), file)
    click.echo(f"{file}: {size:,} bytes, checked.")
