"""The `bridge` command. It reads settings, calls a use case, prints; what it decides is which words to print."""

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from bridge import __version__
from bridge.commands import (
    calibrate,
    closing,
    databases,
    doctor,
    looking,
    outbox,
    pages,
    policies,
    privacy,
    promises,
    propose,
    replay,
    running,
    shadow,
    sites,
    stats,
)
from bridge.commands.common import Ordered, words_for


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


policies.policy.add_command(shadow.shadow)
for command in (closing.hours_close, closing.hours_open, closing.hours_list, closing.hours_revoke):
    promises.hours.add_command(command)
for command in (
    *(running.init, running.up, running.serve, running.migrate, running.demo, doctor.doctor),
    *(sites.site, policies.policy, replay.replay),
    *(stats.stats, stats.label, propose.propose_threshold, calibrate.calibrate_ratings),
    *(looking.explain_session, promises.hours, promises.promise, looking.due, outbox.outbox),
    *(pages.pages, databases.db, privacy.privacy, privacy.purge),
):
    cli.add_command(command)


if __name__ == "__main__":
    main()
