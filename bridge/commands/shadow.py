"""The shadow policy: tried on live traffic, acting on none of it."""

import time
from pathlib import Path

import click

from bridge.commands.common import as_json, of_site, opened, policy_file, read_document, the_site
from bridge.commands.groups import Ordered
from bridge.commands.runs import cores, jobs_option, judge_stored, print_report, print_speed
from bridge.domain.finding import of_file
from bridge.domain.instants import to_rfc3339
from bridge.service import manage_policy, shadow_policy


@click.group(cls=Ordered)
def shadow() -> None:
    """A policy that is tried on live traffic and acts on none of it."""


@shadow.command("set")
@policy_file
@of_site
@click.option("--author", default="cli", show_default=True, help="Who is to be named beside it.")
def shadow_set(file: Path, site_id: str | None, author: str) -> None:
    """Try a policy file from now on."""
    document = read_document(file)
    with opened() as assembly:
        with of_file(str(file)):
            accepted = manage_policy.accept(assembly.bridge, document)
        with assembly.bridge.store.write() as tx:
            target = the_site(tx, site_id)
            kept = shadow_policy.set_shadow(assembly.bridge, tx, target.id, accepted, author)
    for finding in accepted.findings:
        click.echo(str(finding), err=True)
    click.echo(f"Tried on {target.id} since {to_rfc3339(kept.since)}. Later: bridge policy shadow report")


@shadow.command("show")
@of_site
def shadow_show(site_id: str | None) -> None:
    """Print the policy that is tried."""
    with opened() as assembly, assembly.bridge.store.read() as tx:
        found = shadow_policy.read_shadow(tx, the_site(tx, site_id).id)
    click.echo(found.document, nl=not found.document.endswith("\n"))
    click.echo(f"# tried since {to_rfc3339(found.since)}, set by {found.author}", err=True)


@shadow.command("off")
@of_site
def shadow_off(site_id: str | None) -> None:
    """Try it no longer."""
    with opened() as assembly, assembly.bridge.store.write() as tx:
        target = the_site(tx, site_id)
        shadow_policy.drop_shadow(tx, target.id)
    click.echo(f"{target.id} has no shadow policy any more.")


@shadow.command("report")
@jobs_option
@of_site
@as_json
def shadow_report(jobs: int | None, site_id: str | None, *, as_json: bool) -> None:
    """Say what it would have done with the conversations since it was set."""
    began = time.monotonic()
    with opened() as assembly:
        with assembly.bridge.store.read() as tx:
            target = the_site(tx, site_id).id
            report, found = shadow_policy.begin_report(assembly.bridge, tx, target)
        judge_stored(report, found, None, jobs or cores())
    since = to_rfc3339(found.since)
    if not as_json:
        click.echo(f"Tried on {target} since {since}.")
    print_report(report, as_json=as_json, since=since)
    print_speed(report.tally.sessions, time.monotonic() - began)
