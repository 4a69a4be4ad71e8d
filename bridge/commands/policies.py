"""The policy: checked, shown, put in force."""

import sys
from dataclasses import replace
from difflib import unified_diff
from pathlib import Path

import click

from bridge import bootstrap
from bridge.commands.common import (
    as_json,
    now,
    of_site,
    opened,
    policy_file,
    print_json,
    print_rows,
    read_document,
    settings_now,
    the_site,
    words_for,
)
from bridge.commands.groups import OfOptions, Ordered
from bridge.commands.shadow import shadow
from bridge.domain.finding import of_file
from bridge.domain.host import Host, bot_inputs
from bridge.domain.instants import from_rfc3339, to_rfc3339
from bridge.domain.policy_check import check_policy
from bridge.domain.values import Json
from bridge.ports import PolicyVersion, Site
from bridge.service import manage_policy
from bridge.service.explain import local_time


@click.group(cls=Ordered)
def policy() -> None:
    """The document that says when a person takes over."""


version_number = click.IntRange(1, 999_999_999)


@policy.command("check")
@policy_file
@click.option("--bot", metavar="LIST", help="What the bot sends: reply,confidence,intent,signal:NAME, or none.")
@click.option("--crm/--no-crm", default=None, help="Whether there is a CRM.")
@of_site
@as_json
def policy_check(file: Path, bot: str | None, site_id: str | None, *, crm: bool | None, as_json: bool) -> None:
    """Say what is wrong with a policy file, and change nothing.

    What is not said of the host is taken from the site's settings and its last turns, where there is a site.
    """
    document = read_document(file)
    host = Host() if bot is not None and crm is not None else known_host(site_id)
    host = replace(host, bot=inputs(bot), replies=None) if bot is not None else host
    host = replace(host, crm=crm) if crm is not None else host
    checked, found = check_policy(document, now=now(), host=host)
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


def inputs(bot: str) -> frozenset[str]:
    """What `--bot` names."""
    try:
        return bot_inputs(bot.split(","))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--bot") from None


def known_host(site_id: str | None) -> Host:
    """The host as the site shows it; an unknown one where nothing was ever set up here, or no one site is meant."""
    if site_id is None and bootstrap.no_database(settings_now()):
        return Host()
    try:
        with opened() as assembly, assembly.bridge.store.read() as tx:
            sites = tx.sites.all()
            if site_id is None and len(sites) != 1:
                return Host()
            return manage_policy.host_of(assembly.bridge, tx, the_site(tx, site_id).id)
    except Exception as error:
        if site_id:
            raise
        why = error.format_message() if isinstance(error, click.ClickException) else words_for(error)
        click.echo(f"What the site feeds is not known: {why}", err=True)
        return Host()


@policy.command("list")
@of_site
@as_json
def policy_list(site_id: str | None, *, as_json: bool) -> None:
    """List the versions of the policy, newest first."""
    with opened() as assembly, assembly.bridge.store.read() as tx:
        site = the_site(tx, site_id)
        versions = manage_policy.list_versions(tx, site.id)
    if as_json:
        print_json(versions)
        return
    rows = [
        (str(one["version"]), local(one, site), one["author"], "in force" if one["in_force"] else "")
        for one in versions
    ]
    print_rows(("VERSION", "PUT", "BY", ""), rows, nothing="There is no version.")


def local(version: Json, site: Site) -> str:
    """When a version was put, on the team's clock."""
    return local_time(from_rfc3339(version["created_at"]), site.timezone)


@policy.command("show", cls=OfOptions)
@of_site
@click.option("--version", "number", type=version_number, help="An earlier version.")
def policy_show(site_id: str | None, number: int | None) -> None:
    """Print the policy in force."""
    with opened() as assembly, assembly.bridge.store.read() as tx:
        found = manage_policy.policy_version(tx, the_site(tx, site_id).id, number)
    click.echo(found.document, nl=not found.document.endswith("\n"))
    made = to_rfc3339(found.created_at)
    click.echo(f"# version {found.version}, by {found.author}, {made}", err=True)


@policy.command("diff")
@click.argument("first", type=version_number, required=False)
@click.argument("second", type=version_number, required=False)
@click.option("--file", type=click.Path(dir_okay=False, path_type=Path), help="A file, in place of the second version.")
@of_site
def policy_diff(first: int | None, second: int | None, file: Path | None, site_id: str | None) -> None:
    """Print what changes from a FIRST version to a SECOND.

    Without SECOND it is the version in force, without both the one before is compared with it; a --file is compared
    with FIRST, or with the version in force.
    """
    if file and second is not None:
        raise click.UsageError("two versions and a file are three: name a version and a file, or two versions")
    with opened() as assembly, assembly.bridge.store.read() as tx:
        site = the_site(tx, site_id)
        current = manage_policy.current_policy(tx, site.id)
        if first is None and file is None and current.version == 1:
            click.echo("version 1 is the only one: there is none before it to compare with.", err=True)
            return
        before = first or (current.version if file else current.version - 1)
        old = named(manage_policy.policy_version(tx, site.id, before))
        new = (str(file), read_document(file)) if file else named(manage_policy.policy_version(tx, site.id, second))
    lines = list(unified_diff(old[1].splitlines(), new[1].splitlines(), old[0], new[0], lineterm=""))
    for line in lines:
        click.echo(line)
    if not lines:
        click.echo(f"{old[0]} and {new[0]} say the same.", err=True)


def named(version: PolicyVersion) -> tuple[str, str]:
    """What to call a version, and its document."""
    return f"version {version.version}", version.document


@policy.command("rollback")
@click.argument("version", type=version_number, required=False)
@of_site
@click.option("--author", default="cli", show_default=True, help="Who is to be named beside the version.")
def policy_rollback(version: int | None, site_id: str | None, author: str) -> None:
    """Put an earlier VERSION in force again, as a new one; by default the one before."""
    with opened() as assembly:
        with assembly.bridge.store.read() as tx:
            site = the_site(tx, site_id)
        now = manage_policy.roll_back(assembly.bridge, site.id, version, author)
    click.echo(f"Version {now.version}, by {now.author}, is in force on {site.id}.")


@policy.command("put")
@policy_file
@of_site
@click.option("--author", default="cli", show_default=True, help="Who is to be named beside the version.")
def policy_put(file: Path, site_id: str | None, author: str) -> None:
    """Put a policy file in force, as a new version."""
    document = read_document(file)
    with opened() as assembly:
        with of_file(str(file)):
            accepted = manage_policy.accept(assembly.bridge, document)
        with assembly.bridge.store.write() as tx:
            target = the_site(tx, site_id)
            version = manage_policy.put_policy(assembly.bridge, tx, target.id, accepted, author)
    for finding in accepted.findings:
        click.echo(str(finding), err=True)
    click.echo(f"Version {version} is in force on {target.id}.")


policy.add_command(shadow)
