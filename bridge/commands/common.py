"""What several commands share: the database opened, the site that is meant, what is printed, and words for errors."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import click

from bridge import bootstrap, logs
from bridge.bootstrap import Assembly
from bridge.clock import clock_of
from bridge.config import Settings, read_settings
from bridge.domain.instants import to_rfc3339
from bridge.domain.policy_check import PolicyRefused
from bridge.domain.values import Json, Millis
from bridge.ports import BridgeError, Site, StoreBusy, StoreUnreachable, Tx
from bridge.service.context import known_site
from bridge.service.diagnose import FOR_POSTGRESQL, missing
from bridge.service.errors import SessionUnknown, SiteUnknown

STANDARD = Path("-")
"""Standard input, or standard output."""
MOST = 500
"""Rows that a list shows."""

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
policy_file = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
of_site = click.option("--site", "site_id", metavar="NAME", help="Which site; needed when there are several.")


def words_for(error: Exception) -> str:
    """One line for a person, without any value that was set."""
    said = next((words(error) for kind, words in WORDS.items() if isinstance(error, kind)), None)
    library = type(error).__module__.partition(".")[0]
    said = said or OF_LIBRARY.get(library)
    return said or f"{type(error).__name__}, a fault of ours; BRIDGE_LOG_LEVEL=debug shows where"


WORDS: dict[type[Exception], Callable[[Any], str]] = {
    SiteUnknown: lambda error: f"there is no site {error.args[0]!r}; bridge site list names them",
    SessionUnknown: lambda error: f"there is no session {error.args[0]!r}",
    StoreUnreachable: str,
    StoreBusy: lambda _: "the database cannot be reached, or cannot take a write just now",
    BridgeError: str,
    PolicyRefused: str,
    ModuleNotFoundError: lambda error: f"{missing(error)}; {FOR_POSTGRESQL}",
    OSError: lambda error: f"{error.filename or 'a file'}: {os.strerror(error.errno or 0)}",
}
"""The first kind that fits speaks."""

OF_LIBRARY = {
    "sqlalchemy": "BRIDGE_DATABASE_URL cannot be used",
    "alembic": "the database has the schema of another release",
}
"""By the package that an error comes from: only the store may know its kinds."""


def settings_now() -> Settings:
    """The settings of this call, with logs kept to what matters to a person at a terminal."""
    settings = read_settings()
    logs.configure("warning" if settings.log_level == "info" else settings.log_level)
    bootstrap.add_languages(settings)
    return settings


def now() -> Millis:
    """The present instant, on the clock that the settings name."""
    return clock_of(settings_now().clock).now()


@contextmanager
def opened(*, migrate: bool = False) -> Iterator[Assembly]:
    """The assembled product, on a database that can be used.

    Args:
        migrate: bring the schema in first, so that a bare machine will do.
    """
    settings = settings_now()
    if migrate:
        bootstrap.migrate(settings)
    elif fault := bootstrap.schema_fault(settings):
        raise click.ClickException(str(fault))
    assembly = bootstrap.build(settings, deliver_at_once=False)
    try:
        yield assembly
    finally:
        assembly.close()


def is_standard_output(output: Path) -> bool:
    """Whether this is what standard output writes to, by whatever name."""
    if output == STANDARD:
        return True
    with suppress(OSError):
        return os.path.samestat(output.stat(), os.fstat(sys.stdout.fileno()))
    return False


def print_json(value: Json, *, err: bool = False) -> None:
    """JSON as scripts and people read it."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2), err=err)


def print_rows(head: tuple[str, ...], rows: Sequence[tuple[str, ...]], *, nothing: str) -> None:
    """Rows under a head, in columns as wide as they need."""
    if not rows:
        click.echo(nothing)
        return
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in (head, *rows):
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def the_site(tx: Tx, site_id: str | None) -> Site:
    """The named site, or the only one.

    Raises:
        ClickException: none is named and there is not exactly one.
        SiteUnknown: there is none of this name.
    """
    if site_id:
        return known_site(tx, site_id)
    sites = tx.sites.all()
    if not sites:
        raise click.ClickException("there is no site yet: bridge site add NAME --url URL")
    if len(sites) > 1:
        raise click.ClickException(f"say which site with --site: {', '.join(site.id for site in sites)}")
    return sites[0]


def public_url(settings: Settings) -> str:
    """The address under which WordPress reaches the sidecar.

    Raises:
        ClickException: it listens on a socket file, and no address is set.
    """
    address = settings.public_url or settings.local_address
    if address.startswith("unix:"):
        raise click.ClickException(
            "set BRIDGE_PUBLIC_URL: WordPress cannot call the socket file that BRIDGE_BIND names"
        )
    return address


def read_document(file: Path) -> str:
    """A policy file's text."""
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError:
        raise click.ClickException(f"{file} is not UTF-8 text") from None


def readable(row: dict[str, Any]) -> Json:
    """A row with its instants as text; leases are nobody's business."""
    instants = ("due_at", "created_at", "first_sent_at")
    kept = {name: value for name, value in row.items() if not name.startswith("lease")}
    return {n: to_rfc3339(v) if n in instants and v is not None else v for n, v in kept.items()}
