"""Judging a record from the command line: what is written, what moves the bar, and what is printed at the end."""

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import click

from bridge.commands.backtests import tell
from bridge.commands.common import is_standard_output, print_json
from bridge.domain import backtest
from bridge.domain.backtest import Backtest, Judged
from bridge.domain.replay import Outcome
from bridge.domain.values import Json
from bridge.service.judge_record import Bad, Line, Panel, judge_record
from bridge.service.replay_sessions import StoredSessions

Write = Callable[[Outcome], object]
Advance = Callable[[int], object]


@dataclass(slots=True)
class Run:
    """One pass over a record: what it comes to, what could not be read, and what a person should know of it."""

    report: Backtest
    bad: list[tuple[int, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def judge(self, lines: Iterable[Line], write: Write, advance: Advance, jobs: int) -> None:
        """Judge every line, in order; once one was bad, the rest is still read to name what else is."""
        tried, present = self.report.tried, self.report.present
        panel = Panel(tried.policy, present.policy if present else None)
        with closing(judge_record(self._marked(lines), panel, jobs=jobs)) as answers:
            for answer in answers:
                for judged in answer.lines:
                    self._take(judged, write)
                advance(answer.size)

    def _take(self, judged: Judged | Bad | None, write: Write) -> None:
        if isinstance(judged, Bad):
            self.bad.append((judged.number, judged.why))
        elif judged and not self.bad:
            self.report.add(judged)
            write(judged.tried)

    def _marked(self, lines: Iterable[Line]) -> Iterator[Line]:
        for line in lines:
            yield replace(line, only_read=True) if self.bad else line


jobs_option = click.option(
    "--jobs", type=click.IntRange(1, 64), help="Processes that judge; 1: this one alone.  [default: one a core]"
)


def judge_stored(report: Backtest, found: StoredSessions, output: Path | None, jobs: int) -> Backtest:
    """The report on stored sessions."""
    run = Run(report)
    with written(output) as write, progress(found.total()) as advance:
        run.judge(stored_lines(found), write, advance, jobs)
        if run.bad:
            raise click.ClickException(f"a stored session cannot be judged again: {run.bad[0][1]}")
    if found.silent:
        click.echo(f"Left out: {found.silent} sessions in which nothing was judged", err=True)
    return run.report


def stored_lines(found: StoredSessions) -> Iterator[Line]:
    """Stored sessions as the lines of a record."""
    for number, conversation in enumerate(found.records(), 1):
        yield Line(number, json.dumps(conversation).encode(), 1)


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def print_report(report: Backtest, *, as_json: bool, err: bool = False, **more: Json) -> None:
    """The report in words, or for scripts; on standard error where the decisions are on standard output."""
    if as_json:
        print_json({**more, **backtest.as_json(report)}, err=err)
    else:
        click.echo(tell(report), nl=False, err=err)


def print_speed(conversations: int, seconds: float) -> None:
    """How fast it went, beside what a script reads."""
    click.echo(
        f"Judged in {seconds:.1f} s: {conversations / max(seconds, 0.001):,.0f} conversations a second.", err=True
    )


# -- what goes in and out ----------------------------------------------------------------------------------------------


@contextmanager
def progress(length: int, label: str = "Judging") -> Iterator[Advance]:
    """What moves the bar; without a terminal, or a length, it moves nothing."""
    if not sys.stderr.isatty() or not length:
        yield lambda _: None
        return
    steps = max(1, length // 200)
    with click.progressbar(length=length, label=label, file=sys.stderr, update_min_steps=steps) as bar:
        yield bar.update


@contextmanager
def written(output: Path | None) -> Iterator[Write]:
    """What writes a decision; without an output nothing is written."""
    with written_to(output) if output else nullcontext() as out:
        yield lambda outcome: out and out.write(json.dumps(outcome.as_json(), ensure_ascii=False).encode() + b"\n")


@contextmanager
def written_to(output: Path) -> Iterator[BinaryIO]:
    """What takes the output's place, or is printed, once it is whole."""
    if not is_standard_output(output):
        with in_place_of(output) as out:
            yield out
        return
    whole = BytesIO()
    yield whole
    sys.stdout.buffer.write(whole.getvalue())


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
