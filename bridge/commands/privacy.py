"""A person's own data: to be shown or erased, and what is too old for anybody."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from bridge.bootstrap import Assembly
from bridge.commands.closing import read_span
from bridge.commands.common import as_json, is_standard_output, of_site, opened, print_json, print_rows, the_site
from bridge.commands.groups import OfOptions, Ordered
from bridge.domain.forgetting import Person
from bridge.domain.instants import DAY
from bridge.domain.values import Json, Millis
from bridge.service import purge as purging
from bridge.service.privacy import EscalationOpen, erase, export

PAUSE_S = 0.03
"""Seconds after each transaction in which a visitor's turn finds the database free."""

ERASED = {
    "sessions": "session",
    "turns": "turn",
    "events": "event",
    "escalations": "escalation",
    "replies": "answer",
    "messages": "message",
}
"""What each number of an erasure counts."""

NOBODY = "Nobody is stored under that: is it the address, or the number in WordPress, that they wrote under?"
NOBODY_STORED = 3
"""How a command about a person ends where nothing is stored of them: a script must not take it for done."""


@click.group(cls=Ordered)
def privacy() -> None:
    """What is stored about one person: to show them, or to erase."""


def about_a_person(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say whom a request is about."""
    options = (
        of_site,
        click.option("--email", metavar="A", help="Their address, in any case of letters."),
        click.option("--user-id", metavar="N", type=click.IntRange(1), help="Their number in WordPress."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def person_of(email: str | None, user_id: int | None) -> Person:
    """The person that the options name.

    Raises:
        UsageError: they name nobody.
    """
    if not email and not user_id:
        raise click.UsageError("say whom: --email, --user-id or both")
    return Person(email, str(user_id) if user_id else None)


def end_if_nobody(found: Json) -> None:
    """An empty answer may come of a wrong spelling."""
    if not found:
        click.echo(NOBODY, err=True)
        sys.exit(NOBODY_STORED)


@privacy.command("export", cls=OfOptions)
@about_a_person
@click.option("--output", metavar="F", type=click.Path(path_type=Path, dir_okay=False), help="A file.  [standard out]")
def privacy_export(site_id: str | None, email: str | None, user_id: int | None, output: Path | None) -> None:
    """Write everything that is stored about a person as one JSON document."""
    person = person_of(email, user_id)
    with opened() as assembly:
        document = whole_export(assembly, site_id, person)
    if output is None or is_standard_output(output):
        print_json(document)
    else:
        output.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", "utf-8")
        written = len(document["sessions"])
        click.echo(f"{_counted(written, 'session')} {'is' if written == 1 else 'are'} in {output}.")
    end_if_nobody(document["sessions"] or document["crm"])


def whole_export(assembly: Assembly, site_id: str | None, person: Person) -> Json:
    """All pages as one document."""
    with assembly.bridge.store.read() as tx:
        site = the_site(tx, site_id).id
        pages = [export(assembly.bridge, tx, site, person)]
        while after := pages[-1]["next_after"]:
            pages.append(export(assembly.bridge, tx, site, person, after))
    sessions = [session for page in pages for session in page["sessions"]]
    crm = {known["email"]: known for page in pages for known in page["crm"]}
    document: Json = {**pages[0], "sessions": sessions, "crm": list(crm.values())}
    del document["next_after"]
    return document


@contextmanager
def unless_forced() -> Iterator[None]:
    """What stands in the way is said with the option that ends it."""
    try:
        yield
    except EscalationOpen as error:
        said = f"the escalation {error.escalation_id} is active: resolve it first, or end it with --force"
        raise click.ClickException(said) from None


@privacy.command("erase", cls=OfOptions)
@about_a_person
@click.option("--force", is_flag=True, help="End the escalations that are active, instead of refusing.")
@as_json
def privacy_erase(site_id: str | None, email: str | None, user_id: int | None, *, force: bool, as_json: bool) -> None:
    """Erase a person for good, and list the tickets that are to be erased in the helpdesk."""
    person = person_of(email, user_id)
    with unless_forced(), opened() as assembly, assembly.bridge.store.write() as tx:
        done = erase(assembly.bridge, tx, the_site(tx, site_id).id, person, force=force)
    found = any(done["removed"].values())
    if as_json:
        print_json({"found": found, **done})
    else:
        tell_erased(done)
    end_if_nobody(found)


def tell_erased(done: Json) -> None:
    """Say what is gone, and what a person has to erase."""
    removed = done["removed"]
    counted = ", ".join(_counted(removed[what], one) for what, one in ERASED.items())
    click.echo(f"Erased: {counted}, {removed['cancelled']} of them not sent yet.")
    if done["tasks"]:
        click.echo("\nErase in the helpdesk, by hand:")
        rows = [(task["desk"], task["ref"] or f"perhaps: look for {task['external_id']}", task["url"] or "")
                for task in done["tasks"]]  # fmt: skip
        print_rows(("DESK", "TICKET", "ADDRESS"), rows, nothing="")


@click.command(cls=OfOptions)
@click.option("--older-than", metavar="LENGTH", callback=read_span, help="Such as 400d.  [BRIDGE_RETENTION_DAYS]")
@click.option("--dry-run", is_flag=True, help="Only say how many there are.")
def purge(older_than: Millis | None, *, dry_run: bool) -> None:
    """Delete conversations that are over and too old to be kept."""
    with opened() as assembly:
        length = older_than or assembly.settings.retention_days * DAY
        if not length:
            raise click.ClickException("BRIDGE_RETENTION_DAYS is 0, for ever: say --older-than")
        if dry_run:
            click.echo(f"{_counted(purging.count_aged(assembly.bridge, length), 'session')} would be deleted.")
            return
        deleted = purging.purge(assembly.bridge, length, pause)
        click.echo(f"{_counted(deleted, 'session')} {'is' if deleted == 1 else 'are'} deleted.")
        purging.purge_stale(assembly.bridge, pause)


def pause() -> bool:
    """Leave others their turn, and go on."""
    time.sleep(PAUSE_S)
    return False


def _counted(number: int, one: str) -> str:
    return f"1 {one}" if number == 1 else f"{number} {one}s"
