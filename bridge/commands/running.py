"""Running it: the processes, and the demo. What these need is imported where it is needed, for they start often."""

import gc
import os
import sys

import click

from bridge.config import read_settings
from bridge.up import bind_fault
from bridge.up import up as run_both


@click.command()
def up() -> None:
    """Start sidecar and scheduler, until Ctrl-C."""
    settings = read_settings()
    if fault := bind_fault(settings.bind):
        raise click.ClickException(fault)
    click.echo(f"Sidecar on {settings.local_address}, scheduler beside it. Ctrl-C stops both.", err=True)
    sys.exit(run_both())


@click.command()
def serve() -> None:
    """Start the sidecar alone, without python -m scheduler."""
    gc.disable()  # what is loaded now stays: to look through it again and again took a fifth of the start
    from bridge import logs  # noqa: PLC0415 - as said above
    from bridge.serve import serve as run  # noqa: PLC0415

    settings = read_settings()
    logs.configure(settings.log_level)
    run(settings)


@click.command()
def demo() -> None:
    """Play three conversations through the real thing."""
    os.execv(sys.executable, (sys.executable, "-P", "-m", "bridge.demo"))  # noqa: S606 - our own interpreter
