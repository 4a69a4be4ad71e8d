"""The `bridge` command. It reads settings, calls a use case, prints; what it decides is which words to print."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import click

from bridge import __version__, bootstrap, logs, scaffold
from bridge.bootstrap import Assembly
from bridge.config import Settings, read_settings
from bridge.domain import commitment as promises
from bridge.domain import messages, routing
from bridge.domain.findings import PolicyRefused, check_policy, read_policy
from bridge.domain.hours import is_zone
from bridge.domain.instants import HOUR, from_rfc3339, to_rfc3339
from bridge.domain.policy import Policy
from bridge.domain.values import Json, Priority
from bridge.ports import BridgeError, PolicyVersion, Site, StoreBusy, Tx
from bridge.service import manage_policy, manage_sites
from bridge.service.context import SiteUnknown
from bridge.service.explain import explain, local_time, tell
from bridge.service.take_turn import SessionUnknown
from bridge.up import up as run_both

OPEN_STATES = ("due", "leased", "unknown", "parked")
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 - said of, not listened on
"""Hosts that are no address to call, and what this machine calls in their place."""
MOST = 500
"""Rows that a list shows."""

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
of_site = click.option("--site", "site_id", metavar="NAME", help="Which site; needed when there are several.")


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line, the process' own or the given one; every error is one line on standard error."""
    os.umask(0o077)
    try:
        code = cli.main(arguments, prog_name="bridge", standalone_mode=False)
    except click.Abort:
        click.echo("stopped", err=True)
        code = 130
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except Exception as error:
        if os.environ.get("BRIDGE_LOG_LEVEL") == "debug":
            raise
        click.echo(f"Error: {words_for(error)}", err=True)
        code = 1
    sys.exit(code if isinstance(code, int) else 0)


def words_for(error: Exception) -> str:
    """One line for a person, without any value that was set."""
    said = next((words(error) for kind, words in WORDS.items() if isinstance(error, kind)), None)
    library = type(error).__module__.partition(".")[0]
    said = said or OF_LIBRARY.get(library)
    return said or f"{type(error).__name__}, a fault of ours; BRIDGE_LOG_LEVEL=debug shows where"


def _own_words(error: Any) -> str:
    return str(error) or f"{type(error).__name__}: {(type(error).__doc__ or '').partition(chr(10))[0]}"


WORDS: dict[type[Exception], Callable[[Any], str]] = {
    SiteUnknown: lambda error: f"there is no site {error.args[0]!r}; bridge site list names them",
    SessionUnknown: lambda error: f"there is no session {error.args[0]!r}",
    StoreBusy: lambda _: "the database cannot be reached, or cannot take a write just now",
    BridgeError: _own_words,
    PolicyRefused: _own_words,
    ModuleNotFoundError: lambda error: (
        f"the Python package {error.name} is missing; for PostgreSQL: pip install 'escalation-bridge[postgres]'"
    ),
    OSError: lambda error: f"{error.filename or 'a file'}: {os.strerror(error.errno or 0)}",
}
"""The first kind that fits speaks."""

OF_LIBRARY = {
    "sqlalchemy": "BRIDGE_DATABASE_URL cannot be used",
    "alembic": "the database has the schema of another release",
}
"""By the package that an error comes from: only the store may know its kinds."""


class Ordered(click.Group):
    """A group whose commands are listed in the order in which they are defined."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(self.commands)


@click.group(cls=Ordered, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="bridge")
def cli() -> None:
    """Escalation Bridge decides when a chat's AI stops, who takes over and what the customer is promised.

    \b
    To see it work:    bridge demo
    To set it up:      bridge init, then bridge site add NAME --url URL, then bridge up
    To understand it:  bridge explain SESSION

    Settings come from BRIDGE_* in the environment, or from bridge.toml in the current folder.
    """  # noqa: D301 - click reads \b as "leave these lines as they are"


def settings_now() -> Settings:
    """The settings of this call, with logs kept to what matters to a person at a terminal."""
    settings = read_settings()
    logs.configure("warning" if settings.log_level == "info" else settings.log_level)
    return settings


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
        raise click.ClickException(fault)
    assembly = bootstrap.build(settings, deliver_at_once=False)
    try:
        yield assembly
    finally:
        assembly.close()


def print_json(value: Json) -> None:
    """JSON as scripts and people read it."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


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
        found = tx.sites.get(site_id)
        if found is None:
            raise SiteUnknown(site_id)
        return found
    sites = tx.sites.all()
    if not sites:
        raise click.ClickException("there is no site yet: bridge site add NAME --url URL")
    if len(sites) > 1:
        raise click.ClickException(f"say which site with --site: {', '.join(site.id for site in sites)}")
    return sites[0]


# -- running -----------------------------------------------------------------------------------------------------------


@cli.command()
@click.option("--timezone", metavar="ZONE", help="Your team's time zone, such as Europe/Berlin; else this machine's.")
@click.option("--dir", "folder", type=click.Path(file_okay=False, path_type=Path), default=".", help="Where to write.")
def init(timezone: str | None, folder: Path) -> None:
    """Write bridge.toml and policy.yaml to start from."""
    zone = timezone or scaffold.machine_zone()
    if not is_zone(zone):
        raise click.ClickException(f"there is no time zone {zone!r}; use a name such as Europe/Berlin")
    for path, new in scaffold.write_files(folder, zone):
        click.echo(f"{path}: {'written' if new else 'is there already, left as it is'}")
    click.echo(f"\nThe policy's staffed hours are in {zone}. Next:")
    click.echo("  bridge site add NAME --url https://your-site    gives the pairing code for WordPress")
    click.echo("  bridge up                                       starts sidecar and scheduler")
    click.echo("  bridge policy put policy.yaml                   makes your changes to the policy count")


@cli.command()
def up() -> None:
    """Start sidecar and scheduler, until Ctrl-C."""
    settings = read_settings()
    click.echo(f"Sidecar on {listens_on(settings)}, scheduler beside it. Ctrl-C stops both.", err=True)
    sys.exit(run_both())


@cli.command()
def serve() -> None:
    """Start the sidecar alone, without python -m scheduler."""
    from bridge.serve import serve as run  # noqa: PLC0415 - gunicorn and Flask only where they are needed

    settings = read_settings()
    logs.configure(settings.log_level)
    run(settings)


@cli.command()
def migrate() -> None:
    """Bring the database to this release's schema."""
    bootstrap.migrate(settings_now())
    click.echo("The database is up to date.")


@cli.command()
def demo() -> None:
    """Play three conversations through the real thing."""
    command = (sys.executable, "-P", "-m", "bridge.demo")
    sys.exit(subprocess.run(command, check=False).returncode)  # noqa: S603 - our own interpreter


def listens_on(settings: Settings) -> str:
    """Where the sidecar can be reached from this machine."""
    host, colon, port = settings.bind.rpartition(":")
    if host == "unix":
        return settings.bind
    return f"http://{EVERYWHERE.get(host, host)}{colon}{port}"


def public_url(settings: Settings) -> str:
    """The address under which WordPress reaches the sidecar.

    Raises:
        ClickException: it listens on a socket file, and no address is set.
    """
    address = settings.public_url or listens_on(settings)
    if address.startswith("unix:"):
        raise click.ClickException(
            "set BRIDGE_PUBLIC_URL: WordPress cannot call the socket file that BRIDGE_BIND names"
        )
    return address


# -- sites -------------------------------------------------------------------------------------------------------------


@cli.group(cls=Ordered)
def site() -> None:
    """WordPress sites and their pairing codes."""


@site.command("add")
@click.argument("name")
@click.option("--url", required=True, help="The site's address, such as https://shop.example.")
@click.option("--timezone", metavar="ZONE", help="The team's time zone; else this machine's.")
@click.option("--team-email", metavar="ADDRESS", help="Where the team reads mail; else support@ and the site's host.")
@as_json
def site_add(name: str, url: str, timezone: str | None, team_email: str | None, *, as_json: bool) -> None:
    """Add a site and print its pairing code, once."""
    mailbox = team_email or f"support@{host_of(url)}"
    new = Site(name, url, timezone or scaffold.machine_zone(), mailbox)
    manage_sites.check_site(new)
    with opened(migrate=True) as assembly:
        made = manage_sites.add_site(assembly.bridge, new, public_url(assembly.settings))
        bootstrap.import_policy_file(assembly)
    if as_json:
        print_json(made.as_json())
        return
    click.echo(f"Site {name} added. Time zone {new.timezone}, team mail to {mailbox}.")
    print_pairing(made)


def host_of(url: str) -> str:
    """The address' host, without a port; empty where it has none, which `check_site` refuses."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        raise manage_sites.SiteRefused("a site's address starts with https:// or http:// and has a host") from None


def print_pairing(made: manage_sites.Pairing) -> None:
    """The one thing that the owner has to carry over."""
    click.echo("Paste this pairing code into WordPress, under Settings > Escalation Bridge. It is a secret:\n")
    click.echo(made.pairing_code)


@site.command("list")
@as_json
def site_list(*, as_json: bool) -> None:
    """List the sites."""
    with opened() as assembly, assembly.bridge.store.read() as tx:
        found = tx.sites.all()
        versions = {one.id: manage_policy.current_policy(tx, one.id).version for one in found}
    if as_json:
        names = ("id", "url", "timezone", "team_email")
        print_json([{**{n: getattr(one, n) for n in names}, "policy_version": versions[one.id]} for one in found])
        return
    rows = [(one.id, one.url, one.timezone, one.team_email, str(versions[one.id])) for one in found]
    nothing = "There is no site yet: bridge site add NAME --url URL"
    print_rows(("SITE", "ADDRESS", "TIME ZONE", "TEAM MAIL", "POLICY"), rows, nothing=nothing)


@site.command("rotate")
@click.argument("name")
@as_json
def site_rotate(name: str, *, as_json: bool) -> None:
    """Make a new pairing code; the old one works until revoked."""
    with opened() as assembly:
        made = manage_sites.rotate_site(assembly.bridge, name, public_url(assembly.settings))
    if as_json:
        print_json(made.as_json())
        return
    print_pairing(made)
    click.echo(f"\nOnce WordPress has it: bridge site revoke {name}")


@site.command("revoke")
@click.argument("name")
@click.option("--everything", is_flag=True, help="The newest code too: the site cannot call any more.")
def site_revoke(name: str, *, everything: bool) -> None:
    """Stop accepting a site's old pairing codes."""
    with opened() as assembly:
        gone = manage_sites.revoke(assembly.bridge, name, everything=everything)
    left = "none is left: bridge site rotate makes a new one" if everything else "the newest still works"
    click.echo(f"{gone} secrets dropped, {left}.")


# -- policy ------------------------------------------------------------------------------------------------------------


@cli.group(cls=Ordered)
def policy() -> None:
    """The document that says when a person takes over."""


policy_file = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


@policy.command("check")
@policy_file
@as_json
def policy_check(file: Path, *, as_json: bool) -> None:
    """Say what is wrong with a policy file, and change nothing."""
    checked, found = check_policy(read_document(file))
    if as_json:
        shown = [
            {"level": f.level, "path": f.path, "line": f.line, "message": f.message, "hint": f.hint} for f in found
        ]
        print_json({"valid": checked is not None, "findings": shown})
    else:
        for finding in found:
            click.echo(str(finding))
        click.echo(f"{file}: {'can be used' if checked else 'cannot be used'}", err=True)
    sys.exit(0 if checked else 1)


def read_document(file: Path) -> str:
    """A policy file's text."""
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError:
        raise click.ClickException(f"{file} is not UTF-8 text") from None


@policy.command("show")
@of_site
@click.option("--version", "number", type=click.IntRange(1), help="An earlier version.")
def policy_show(site_id: str | None, number: int | None) -> None:
    """Print the policy in force."""
    with opened() as assembly, assembly.bridge.store.read() as tx:
        found = version_of(tx, the_site(tx, site_id).id, number)
    click.echo(found.document, nl=not found.document.endswith("\n"))
    made = to_rfc3339(found.created_at)
    click.echo(f"# version {found.version}, by {found.author}, {made}", err=True)


def version_of(tx: Tx, site_id: str, number: int | None) -> PolicyVersion:
    """A version of a site's policy; the one in force where no number is given."""
    current = manage_policy.current_policy(tx, site_id)
    found = tx.policies.get(site_id, number) if number else current
    if found is None:
        raise click.ClickException(f"{site_id} has no version {number}; the newest is {current.version}")
    return found


@policy.command("put")
@policy_file
@of_site
@click.option("--author", default="cli", show_default=True, help="Who is to be named beside the version.")
def policy_put(file: Path, site_id: str | None, author: str) -> None:
    """Put a policy file in force, as a new version."""
    document = read_document(file)
    with opened() as assembly:
        accepted = manage_policy.accept(assembly.bridge, document)
        with assembly.bridge.store.write() as tx:
            target = the_site(tx, site_id)
            version = manage_policy.put_policy(assembly.bridge, tx, target.id, accepted, author)
    for finding in accepted.findings:
        click.echo(str(finding), err=True)
    click.echo(f"Version {version} is in force on {target.id}.")


# -- looking -----------------------------------------------------------------------------------------------------------


@cli.command("explain")
@click.argument("session")
@of_site
@as_json
def explain_session(session: str, site_id: str | None, *, as_json: bool) -> None:
    """Say why a SESSION went as it did, turn by turn."""
    with opened() as assembly, assembly.bridge.store.read() as tx:
        sites = [the_site(tx, site_id)] if site_id else tx.sites.all()
        where = next((one for one in sites if tx.sessions.get(one.id, session)), None)
        if where is None:
            raise SessionUnknown(session)
        found = explain(tx, where.id, session)
    if as_json:
        print_json(found)
        return
    click.echo(tell(found, where.timezone), nl=False)


@cli.command("promise")
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
    known(tier or document.default_tier, list(document.tiers), "tier")
    print_json(promised(document, queue, Priority(priority), at))


def promised(document: Policy, queue: str, priority: Priority, at: int) -> Json:
    """The promise of a queue, in English, as nobody is present."""
    route = routing.route(document, queue, priority, at, free=False)
    due = promises.say_when(route.due_at, calendar_zone=route.timezone, visitor_zone=None, locale="en", now=at)
    text = messages.text(document.messages, "en", "after_hours", due=due)
    at_due = to_rfc3339(route.due_at)
    return {"channel": route.channel.value, "due_at": at_due, "timezone": route.timezone, "text": text}


def policy_in_force(site_id: str | None) -> Policy:
    """The site's policy."""
    with opened() as assembly, assembly.bridge.store.read() as tx:
        return read_policy(version_of(tx, the_site(tx, site_id).id, None).document)


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


@cli.command()
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


def readable(row: dict[str, Any]) -> Json:
    """A row with its instants as text; leases are nobody's business."""
    instants = ("due_at", "created_at", "first_sent_at")
    kept = {name: value for name, value in row.items() if not name.startswith("lease")}
    return {n: to_rfc3339(v) if n in instants and v is not None else v for n, v in kept.items()}


# -- the outbox --------------------------------------------------------------------------------------------------------


@cli.group(cls=Ordered)
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


if __name__ == "__main__":
    main()
