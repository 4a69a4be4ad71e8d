"""Setting up: the first files, and the schema."""

from pathlib import Path

import click

from bridge import bootstrap, scaffold
from bridge.commands.common import settings_now
from bridge.domain.wall_clock import is_zone


@click.command()
@click.option("--timezone", metavar="ZONE", help="Your team's time zone, such as Europe/Berlin; else this machine's.")
@click.option("--dir", "folder", type=click.Path(file_okay=False, path_type=Path), default=".", help="Where to write.")
def init(timezone: str | None, folder: Path) -> None:
    """Write bridge.toml and policy.yaml to start from."""
    zone = timezone or scaffold.machine_zone()
    if not is_zone(zone):
        raise click.ClickException(f"there is no time zone {zone!r}; use a name such as Europe/Berlin")
    new = False
    for path, new in scaffold.write_files(folder, zone):  # the policy is the last
        click.echo(f"{path}: {'written' if new else 'is there already, left as it is'}")
    hours = f"The policy's staffed hours are in {zone}" if new else f"{scaffold.POLICY_FILE} keeps its own time zone"
    click.echo(f"\n{hours}. Next:")
    click.echo("  bridge site add NAME --url https://your-site    gives the pairing code for WordPress; if that is on")
    click.echo("                                                  another machine, first set public_url in bridge.toml")
    click.echo("  bridge up                                       starts sidecar and scheduler")
    click.echo("  bridge doctor                                   says what works, and what to do about the rest")
    click.echo("  bridge policy put policy.yaml                   makes your changes to the policy count")


@click.command()
def migrate() -> None:
    """Bring the database to this release's schema."""
    bootstrap.migrate(settings_now())
    click.echo("The database is up to date.")
