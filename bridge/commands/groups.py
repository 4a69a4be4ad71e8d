"""Groups of commands."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click


class Ordered(click.Group):
    """A group whose commands are listed in the order in which they are defined."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(self.commands)


class Late(click.Group):
    """A group that imports a command when it is called: `bridge up` need not know how a policy is tried.

    Args:
        places: each command's `module:name`, under the name by which it is called, in the order of the list.
    """

    def __init__(self, *args: Any, places: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._places = places

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(self._places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in self._places:
            return None
        module, _, name = self._places[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command
