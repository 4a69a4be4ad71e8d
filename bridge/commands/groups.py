"""Groups of commands."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, NamedTuple

import click

from bridge.memory import loading

LONGEST = 200
"""Characters of a sentence about a command."""


class OfOptions(click.Command):
    """A command that takes options alone: a word by itself is answered with those that it may have been meant for."""

    allow_extra_args = True

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does, which would say of such a word only that it did not expect it."""
        words = super().parse_args(ctx, args)
        if words:
            ctx.fail(f"{words[0]!r} stands alone; an option says what it is: {', '.join(_options(self))}")
        return words


def _options(command: click.Command) -> Iterator[str]:
    """The names of its options that take a value."""
    return (one.opts[0] for one in command.params if isinstance(one, click.Option) and not one.is_flag)


class Ordered(click.Group):
    """A group whose commands are listed in the order in which they are defined, each with its whole first sentence."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """As click does, which cuts sentences to the width of the terminal."""
        listed = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        with formatter.section("Commands"):
            formatter.write_dl([(name, one.get_short_help_str(LONGEST)) for name, one in listed.items() if one])

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(self.commands)


class OrderedWithOptions(Ordered):
    """A group that does something by itself: a word that is none of its commands may have been meant for an option."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, which would name neither the commands nor the options."""
        word = args[0]
        if not word.startswith("-") and self.get_command(ctx, word) is None:
            commands, options = ", ".join(self.list_commands(ctx)), ", ".join(_options(self))
            ctx.fail(f"{word!r} is none of its commands ({commands}); an option says what it is: {options}")
        return super().resolve_command(ctx, args)


class Place(NamedTuple):
    """Where a command is, as `module:name` in this package, and its first sentence."""

    name: str
    sentence: str


class Late(Ordered):
    """A group that imports a command when it is called: `bridge up` need not know how a policy is tried.

    Args:
        places: each command's place, under the name by which it is called, in the list's order.
    """

    def __init__(self, *args: Any, places: Mapping[str, Place], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.commands = {name: click.Command(name) for name in places}  # by these names click suggests what is meant
        self._places = places

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        """Without a look at the commands: to import them all takes some seconds."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, place.sentence) for name, place in self._places.items()])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in self._places:
            return None
        module, _, name = self._places[cmd_name].name.partition(":")
        with loading():
            command: click.Command = getattr(import_module(f".{module}", __package__), name)
        return command
