"""Setting up and running: the first files, the processes, the schema, the demo."""

import subprocess
import sys
from pathlib import Path

import click

from bridge import bootstrap, logs, scaffold
from bridge.commands.common import listens_on, settings_now
from bridge.config import read_settings
from bridge.domain.hours import is_zone
from bridge.up import up as run_both


@click.command()
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


@click.command()
def up() -> None:
    """Start sidecar and scheduler, until Ctrl-C."""
    settings = read_settings()
    click.echo(f"Sidecar on {listens_on(settings)}, scheduler beside it. Ctrl-C stops both.", err=True)
    sys.exit(run_both())


@click.command()
def serve() -> None:
    """Start the sidecar alone, without python -m scheduler."""
    from bridge.serve import serve as run  # noqa: PLC0415 - gunicorn and Flask only where they are needed

    settings = read_settings()
    logs.configure(settings.log_level)
    run(settings)


@click.command()
def migrate() -> None:
    """Bring the database to this release's schema."""
    bootstrap.migrate(settings_now())
    click.echo("The database is up to date.")


@click.command()
def demo() -> None:
    """Play three conversations through the real thing."""
    command = (sys.executable, "-P", "-m", "bridge.demo")
    sys.exit(subprocess.run(command, check=False).returncode)  # noqa: S603 - our own interpreter
