"""`bridge replay`: recorded conversations, judged again, under the policy in force or one that is tried."""

import json
import os
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import click

from bridge import bootstrap
from bridge.commands.backtests import tell
from bridge.commands.common import (
    as_json,
    of_site,
    opened,
    print_json,
    read_document,
    settings_now,
    the_site,
    words_for,
)
from bridge.domain import backtest
from bridge.domain.backtest import Difference, Tally
from bridge.domain.findings import read_policy
from bridge.domain.policy import Policy
from bridge.domain.replay import BadLine, Outcome, read_line, unknown_keys
from bridge.domain.replay import replay as judge_again
from bridge.service import manage_policy

BAD_LINES = 20
"""Bad lines that are named."""
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Named:
    """A policy and what to call it."""

    name: str
    policy: Policy


@dataclass(slots=True)
class Run:
    """One pass over a record: what it is judged with, and what it came to."""

    tried: Named
    present: Named | None
    tally: Tally = field(default_factory=Tally)
    difference: Difference = field(default_factory=Difference)
    bad: list[tuple[int, str]] = field(default_factory=list)
    ignored: set[str] = field(default_factory=set)

    def take(self, number: int, line: bytes) -> Outcome | None:
        """The decision on a line; None where it is bad, and once one was: then the rest is only checked."""
        try:
            conversation = read_line(line)
        except BadLine as error:
            self.bad.append((number, str(error)))
            return None
        if self.bad:
            return None
        self.ignored |= unknown_keys(conversation)
        outcome = judge_again(self.tried.policy, conversation)
        self.tally.add(outcome)
        if self.present:
            self.difference.add(judge_again(self.present.policy, conversation), outcome)
        return outcome


file_path = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.option("--input", "source", type=file_path, required=True, help="Conversations, one JSON object a line.")
@click.option("--output", type=file_path, required=True, help="Where the decisions go, one JSON object a line.")
@click.option("--policy", "file", type=file_path, help="A file to try, in place of the policy in force.")
@of_site
@as_json
def replay(source: Path, output: Path, file: Path | None, site_id: str | None, *, as_json: bool) -> None:
    """Judge recorded conversations again and say what changes."""
    run = Run(*policies_of(file, site_id))
    with source.open("rb") as lines, in_place_of(output) as out:
        write_decisions(run, lines, out)
        if run.bad:
            raise click.ClickException(bad_lines(source, run.bad))
    if run.ignored:
        click.echo(f"Passed over, for nothing reads it: {', '.join(sorted(run.ignored))}", err=True)
    difference = run.difference if run.present else None
    against = run.present.name if run.present else None
    if as_json:
        report = backtest.as_json(run.tally, difference)
        print_json({"policy": run.tried.name, "present_policy": against, **report})
        return
    click.echo(tell(run.tally, difference, tried=run.tried.name, present=against), nl=False)


def write_decisions(run: Run, lines: BinaryIO, out: BinaryIO) -> None:
    """Judge every line that is not blank, in order, with a progress bar where somebody watches."""
    with progress(lines) as advance:
        for number, line in enumerate(lines, 1):
            text = line.removeprefix(BYTE_ORDER_MARK) if number == 1 else line
            outcome = run.take(number, text) if text.strip() else None
            if outcome:
                out.write(json.dumps(outcome.as_json(), ensure_ascii=False).encode() + b"\n")
            advance(len(line))


@contextmanager
def progress(lines: BinaryIO) -> Iterator[Callable[[int], None]]:
    """What moves the bar by so many bytes; without a terminal it moves nothing."""
    about = os.fstat(lines.fileno())
    if not sys.stderr.isatty() or not stat.S_ISREG(about.st_mode):
        yield lambda _: None
        return
    steps = max(1, about.st_size // 200)
    with click.progressbar(length=about.st_size, label="Judging", file=sys.stderr, update_min_steps=steps) as bar:
        yield bar.update


@contextmanager
def in_place_of(output: Path) -> Iterator[BinaryIO]:
    """A file beside the output that takes its place once it is whole; after an error there is nothing of it."""
    target = output.resolve()
    if not target.parent.is_dir():
        raise click.ClickException(f"{output.parent}: there is no such folder")
    if target.exists() and not target.is_file():
        raise click.ClickException(f"{output} is not a file that can be replaced")
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as out:
            yield out
        Path(name).replace(target)
    finally:
        with suppress(FileNotFoundError):
            Path(name).unlink()


def bad_lines(source: Path, bad: list[tuple[int, str]]) -> str:
    """Each bad line with its number and why; nothing was written."""
    named = [f"{source}, line {number}: {why}" for number, why in bad[:BAD_LINES]]
    more = [f"and {len(bad) - BAD_LINES} more"] if len(bad) > BAD_LINES else []
    return "\n".join([*named, *more])


def policies_of(file: Path | None, site_id: str | None) -> tuple[Named, Named | None]:
    """The policy to judge with, and the one to compare it with.

    A file is judged with whatever the database is like: where there is no policy in force, nothing is compared.
    """
    if file is None:
        return in_force(site_id) or Named("the shipped policy", read_policy(manage_policy.shipped_document())), None
    tried = Named(str(file), read_policy(read_document(file)))
    try:
        return tried, in_force(site_id)
    except Exception as error:
        if site_id:
            raise
        why = error.format_message() if isinstance(error, click.ClickException) else words_for(error)
        click.echo(f"Not compared with a policy in force: {why}", err=True)
        return tried, None


def in_force(site_id: str | None) -> Named | None:
    """The site's policy; None where nothing was ever set up here."""
    if site_id is None and bootstrap.no_database(settings_now()):
        return None
    with opened() as assembly, assembly.bridge.store.read() as tx:
        if site_id is None and not tx.sites.all():
            return None
        site = the_site(tx, site_id)
        found = manage_policy.current_policy(tx, site.id)
        return Named(f"version {found.version} of {site.id}", read_policy(found.document))
