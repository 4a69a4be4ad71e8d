"""The policy: checked, shown, put in force."""

import sys
from pathlib import Path

import click

from bridge.commands.common import Ordered, as_json, of_site, opened, print_json, read_document, the_site
from bridge.domain.findings import check_policy, read_policy
from bridge.domain.instants import to_rfc3339
from bridge.domain.policy import Policy
from bridge.ports import PolicyVersion, Tx
from bridge.service import manage_policy


@click.group(cls=Ordered)
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


def policy_in_force(site_id: str | None) -> Policy:
    """The site's policy."""
    with opened() as assembly, assembly.bridge.store.read() as tx:
        return read_policy(version_of(tx, the_site(tx, site_id).id, None).document)
