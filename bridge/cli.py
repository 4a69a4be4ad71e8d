"""The `bridge` command. It reads settings, calls a use case, prints; what it decides is which words to print."""

import os
import sys
from collections.abc import Sequence
from signal import SIGINT, pthread_kill
from threading import Timer, get_ident
from typing import TYPE_CHECKING, NoReturn

import click

from bridge import __version__
from bridge.commands.groups import Late

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

PLACES = {
    "init": "beginning:init",
    "up": "running:up",
    "serve": "running:serve",
    "migrate": "beginning:migrate",
    "demo": "running:demo",
    "doctor": "doctor:doctor",
    "site": "sites:site",
    "policy": "policies:policy",
    "replay": "replay:replay",
    "stats": "stats:stats",
    "label": "stats:label",
    "propose": "propose:propose_threshold",
    "calibrate": "calibrate:calibrate_ratings",
    "explain": "looking:explain_session",
    "hours": "promises:hours",
    "promise": "promises:promise",
    "due": "looking:due",
    "outbox": "outbox:outbox",
    "pages": "pages:pages",
    "db": "databases:db",
    "privacy": "privacy:privacy",
    "purge": "privacy:purge",
}
"""Where in `bridge.commands` each command is, in the order of the list."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line, the process' own or the given one; every error is one line on standard error."""
    os.umask(0o077)
    sys.unraisablehook = interrupt_again
    try:
        code = cli.main(arguments, prog_name="bridge", standalone_mode=False)
    except click.Abort:
        click.echo("stopped", err=True)
        code = 130
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except Exception as error:
        from bridge.commands.common import words_for  # noqa: PLC0415 - a command that ends well does without

        if os.environ.get("BRIDGE_LOG_LEVEL") == "debug":
            raise
        click.echo(f"Error: {words_for(error)}", err=True)
        code = 1
    sys.exit(code if isinstance(code, int) else 0)


def interrupt_again(lost: "UnraisableHookArgs") -> None:
    """Python drops a Ctrl-C that falls into a callback of its memory management: it comes once more, a moment later."""
    if lost.exc_type is KeyboardInterrupt:
        Timer(0.05, pthread_kill, (get_ident(), SIGINT)).start()
    else:
        sys.__unraisablehook__(lost)


@click.group(
    cls=Late, places=PLACES, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="bridge")
def cli() -> None:
    """Escalation Bridge decides when a chat's AI stops, who takes over and what the customer is promised.

    \b
    To see it work:    bridge demo
    To set it up:      bridge init, then bridge site add NAME --url URL, then bridge up
    To understand it:  bridge explain SESSION

    Settings come from BRIDGE_* in the environment, or from bridge.toml in the current folder.
    """  # noqa: D301 - click reads \b as "leave these lines as they are"


if __name__ == "__main__":
    main()
