"""Sites and their pairing codes."""

import click

from bridge import bootstrap, scaffold
from bridge.commands.common import as_json, opened, print_json, print_rows, public_url
from bridge.commands.groups import Ordered
from bridge.ports import Site
from bridge.service import manage_policy, manage_sites


@click.group(cls=Ordered)
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
    url = url.strip()
    manage_sites.check_address(url)  # before the mailbox that is derived from it
    mailbox = team_email or manage_sites.guessed_mailbox(url)
    new = Site(name, url, timezone or scaffold.machine_zone(), mailbox)
    manage_sites.check_site(new)
    with opened(migrate=True) as assembly:
        bootstrap.make_systems_of(assembly, new)
        bootstrap.import_policy_file(assembly)  # what it refuses is refused before there is a site
        twins = manage_sites.sites_at(assembly.bridge, new.url)
        made = manage_sites.add_site(assembly.bridge, new, public_url(assembly.settings))
        bootstrap.import_policy_file(assembly)
    if as_json:
        print_json(made.as_json())
        return
    click.echo(f"Site {name} added. Time zone {new.timezone}, team mail to {mailbox}.")
    for twin in twins:
        click.echo(f"Site {twin.id} is at {twin.url} already; if WordPress is the same, one of them is too many.")
    if not assembly.settings.public_url:
        click.echo(
            f"The code leads to {public_url(assembly.settings)}, so WordPress has to run on this machine; "
            f"if it does not, set public_url in bridge.toml, or BRIDGE_PUBLIC_URL, then: bridge site rotate {name}"
        )
    print_pairing(made)


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


NAMED = {"url": "its address was", "timezone": "its time zone was", "team_email": "team mail went to"}
"""What may be changed of a site, and how it is said."""


@site.command("set")
@click.argument("name")
@click.option("--url", help="The site's address, such as https://shop.example.")
@click.option("--timezone", metavar="ZONE", help="The team's time zone.")
@click.option("--team-email", metavar="ADDRESS", help="Where the team reads mail.")
@as_json
def site_set(name: str, url: str | None, timezone: str | None, team_email: str | None, *, as_json: bool) -> None:
    """Change what a site was given; its pairing code stays."""
    asked = {"url": url if url is None else url.strip(), "timezone": timezone, "team_email": team_email}
    given = {field: value for field, value in asked.items() if value is not None}
    if not given:
        raise click.UsageError("say what to change: --url, --timezone or --team-email")
    with opened() as assembly:
        was, now = manage_sites.change_site(assembly.bridge, name, **given)
    if as_json:
        print_json({"site": name, "was": _given(was), "now": _given(now)})
        return
    if was == now:
        click.echo(f"Nothing to change: site {name} is so already.")
    for field in (one for one in NAMED if getattr(was, one) != getattr(now, one)):
        click.echo(f"Site {name}: {NAMED[field]} {getattr(was, field)}, now {getattr(now, field)}.")
    tell_what_stays(was, now)


def tell_what_stays(was: Site, now: Site) -> None:
    """What one may believe to have changed along with it."""
    if was.url != now.url:
        click.echo("The pairing code stays as it is.")
        if was.team_email == now.team_email:
            click.echo(f"Team mail goes to {now.team_email} as before; --team-email changes it.")
    if was.timezone != now.timezone:
        click.echo("Staffed hours keep the zones that the policy names: bridge policy show")


def _given(one: Site) -> dict[str, str]:
    return {field: getattr(one, field) for field in NAMED}


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
