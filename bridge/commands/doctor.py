"""`bridge doctor`: one screen that says what works, what does not, and what to do about it."""

import sys
from collections.abc import Sequence
from itertools import groupby

import click

from bridge import bootstrap
from bridge.commands.common import as_json, of_site, print_json
from bridge.commands.groups import OfOptions
from bridge.domain.addresses import mailbox
from bridge.service.diagnose import Line

MARKS = {"green": ("ok", "green"), "yellow": ("look", "yellow"), "red": ("FAIL", "red")}


def read_address(_: click.Context, option: click.Parameter, text: str | None) -> str | None:
    """An e-mail address from an option's text."""
    if text is not None and mailbox(text) is None:
        raise click.BadParameter("expected one e-mail address", param=option)
    return text


@click.command(cls=OfOptions)
@click.option("--send", "to", metavar="ADDRESS", callback=read_address, help="Really send a test mail there.")
@of_site
@as_json
def doctor(to: str | None, site_id: str | None, *, as_json: bool) -> None:
    """Look at everything the bridge stands on, and say what to do."""
    lines = bootstrap.examine(site_id, to)
    if as_json:
        print_json([_plain(line) for line in lines])
    else:
        show(lines)
    sys.exit(int(any(line.result.light == "red" for line in lines)))


def show(lines: Sequence[Line]) -> None:
    """The screen: what all sites share, then site by site."""
    width = max(len(line.about) for line in lines)
    for site, found in groupby(lines, lambda line: line.site):
        if site:
            click.secho(f"\n{site}", bold=True)
        about = ""
        for line in found:
            mark, colour = MARKS[line.result.light]
            name = line.about if line.about != about else ""
            about = line.about
            click.echo(f"  {click.style(mark.ljust(4), fg=colour)}  {name.ljust(width)}  {line.result.said}")
            if line.result.do:
                click.echo(f"  {' ' * (width + 6)}  -> {line.result.do}")
    click.echo(f"\n{summary(lines)}")


def summary(lines: Sequence[Line]) -> str:
    """What it all comes to."""
    red, yellow = (sum(line.result.light == light for line in lines) for light in ("red", "yellow"))
    look = f"{yellow} {'is' if yellow == 1 else 'are'} worth a look."
    if red:
        return f"{red} of {len(lines)} {'does' if red == 1 else 'do'} not work" + (f", and {look}" if yellow else ".")
    return f"Everything works; {look}" if yellow else "Everything works."


def _plain(line: Line) -> dict[str, str]:
    found = line.result
    return {"site": line.site, "about": line.about, "light": found.light, "said": found.said, "do": found.do}
