"""The `bridge` command. It reads settings, calls a use case, prints; what it decides is which words to print."""

import os
import sys
from collections.abc import Sequence
from signal import SIGINT, pthread_kill
from threading import Timer, get_ident
from typing import TYPE_CHECKING, NoReturn

import click

from bridge import __version__
from bridge.commands.groups import Late, Place

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

PLACES = {
    "init": Place("beginning:init", "Write bridge.toml and policy.yaml to start from."),
    "up": Place("running:up", "Start sidecar and scheduler, until Ctrl-C."),
    "serve": Place("running:serve", "Start the sidecar alone, without python -m scheduler."),
    "migrate": Place("beginning:migrate", "Bring the database to this release's schema."),
    "demo": Place("running:demo", "Play three conversations through the real thing."),
    "doctor": Place("doctor:doctor", "Look at everything the bridge stands on, and say what to do."),
    "site": Place("sites:site", "WordPress sites and their pairing codes."),
    "policy": Place("policies:policy", "The document that says when a person takes over."),
    "replay": Place("replay:replay", "Judge recorded conversations again and say what changes."),
    "stats": Place("stats:stats", "Say how many conversations escalate, why, and what moved it."),
    "label": Place("stats:label", "Label an ESCALATION needed or unneeded, a session missed."),
    "propose": Place("propose:propose_threshold", "Propose a threshold that fits the labels better."),
    "calibrate": Place("calibrate:calibrate_ratings", "Say what a responder's ratings of itself are worth."),
    "explain": Place("looking:explain_session", "Say why a SESSION went as it did, turn by turn."),
    "hours": Place("promises:hours", "Show a week of a queue's staffed hours as a picture."),
    "promise": Place("promises:promise", "Print what would be promised at an INSTANT with nobody there."),
    "due": Place("looking:due", "List what the scheduler has given up, and what it will do next, in its order."),
    "outbox": Place("outbox:outbox", "Tickets and mail on their way to other systems."),
    "pages": Place("pages:pages", "The pages that a responder answers from."),
    "db": Place("databases:db", "The database: move it, copy it."),
    "privacy": Place("privacy:privacy", "What is stored about one person: to show them, or to erase."),
    "purge": Place("privacy:purge", "Delete conversations that are over and too old to be kept."),
}
"""Where in `bridge.commands` each command is, and its first sentence, in the order of the list."""


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
