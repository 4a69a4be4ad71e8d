"""`bridge replay`: recorded conversations, judged again, under the policy in force or one that is tried."""

import json
import os
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import BinaryIO
from zoneinfo import ZoneInfo

import click

from bridge import bootstrap
from bridge.commands.common import (
    STANDARD,
    as_json,
    is_standard_output,
    of_site,
    opened,
    read_document,
    settings_now,
    the_site,
    words_for,
)
from bridge.commands.groups import OfOptions
from bridge.commands.runs import (
    Run,
    cores,
    jobs_option,
    judge_stored,
    print_report,
    print_speed,
    progress,
    written,
)
from bridge.domain.backtest import Backtest, Named
from bridge.domain.csv_record import BadRow, read_csv_record
from bridge.domain.finding import of_file
from bridge.domain.instants import DAY, from_datetime
from bridge.domain.policy_check import read_policy
from bridge.domain.shipped_policy import shipped_document
from bridge.domain.values import Millis
from bridge.service.judge_record import Line
from bridge.service.replay_sessions import StoredSessions, named_in_force

file_path = click.Path(dir_okay=False, path_type=Path)
BAD_LINES = 20
"""Bad lines that are named."""
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
DAYS = 30
"""Days of stored sessions that are judged, unless somebody asks for others."""


@click.command(cls=OfOptions)
@click.option("--input", "source", type=file_path, help="Conversations: JSON, one a line, or CSV, one message a row.")
@click.option("--format", "kind", type=click.Choice(["jsonl", "csv"]), help="Of the input; else by the file's ending.")
@click.option("--from-database", "stored", is_flag=True, help="Judge the site's own sessions instead of a file.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Sessions from this day on, on the site's clock.")
@click.option("--days", type=click.IntRange(1, 3660), help=f"So many days from --since on, or the last.  [{DAYS}]")
@click.option("--output", type=file_path, help="Where the decisions go, one JSON object a line.")
@click.option("--policy", "file", type=file_path, help="A file to try, in place of the policy in force.")
@jobs_option
@of_site
@as_json
def replay(
    source: Path | None,
    kind: str | None,
    since: datetime | None,
    days: int | None,
    output: Path | None,
    file: Path | None,
    jobs: int | None,
    site_id: str | None,
    *,
    stored: bool,
    as_json: bool,
) -> None:
    """Judge recorded conversations again and say what changes."""
    if bool(source) is stored:
        raise click.UsageError("say what is judged: --input FILE, or --from-database")
    if source is None and kind:
        raise click.UsageError("--format is said of a file")
    if source and (since or days):
        raise click.UsageError("--since and --days are said of the database")
    began = time.monotonic()
    if source:
        report = judge_file(source, kind, output, policies_of(file, site_id), jobs or cores())
    else:
        window = Window(since.date() if since else None, days)
        report = judge_site(site_id, window, output, file, jobs or cores())
    print_report(report, as_json=as_json, err=output is not None and is_standard_output(output))
    print_speed(report.tally.sessions, time.monotonic() - began)


# -- a file ------------------------------------------------------------------------------------------------------------


def judge_file(
    source: Path, kind: str | None, output: Path | None, judges: tuple[Named, Named | None], jobs: int
) -> Backtest:
    """The report on a file's conversations; the decisions are written once all are made."""
    run = Run(Backtest(*judges))
    read = read_csv if (kind or source.suffix.lower().lstrip(".")) == "csv" else read_jsonl
    with read_from(source) as lines, written(output) as write, progress(about(lines)) as advance:
        run.judge(read(lines, run), write, advance, jobs)
        if run.bad:
            raise click.ClickException(bad_lines(source, run.bad))
    unknown = run.report.unknown
    if unknown:
        click.echo(f"Passed over, for nothing reads it: {', '.join(sorted(unknown))}", err=True)
    for note in run.notes:
        click.echo(note, err=True)
    return run.report


def read_from(source: Path) -> AbstractContextManager[BinaryIO]:
    """A file's lines, or those of standard input."""
    return nullcontext(sys.stdin.buffer) if source == STANDARD else source.open("rb")


def about(lines: BinaryIO) -> int:
    """Bytes to come; 0 where nobody knows."""
    found = os.fstat(lines.fileno())
    return found.st_size if stat.S_ISREG(found.st_mode) else 0


def read_jsonl(lines: BinaryIO, _: Run) -> Iterator[Line]:
    """A conversation from each line that is not blank."""
    for number, line in enumerate(lines, 1):
        text = line.removeprefix(BYTE_ORDER_MARK) if number == 1 else line
        if text.strip():
            yield Line(number, text, len(line))


def read_csv(lines: BinaryIO, run: Run) -> Iterator[Line]:
    """The conversations of a table; rows of one may stand anywhere, so all are read before the first is judged."""
    try:
        sheet = read_csv_record(lines)
    except BadRow as error:
        run.bad.append((1, str(error)))
        return
    run.bad += sheet.bad
    run.report.unknown |= sheet.unknown
    if sheet.dropped:
        run.notes.append(f"Dropped, for no message of the visitor stands before them: {sheet.dropped} rows of the bot")
    size = os.fstat(lines.fileno()).st_size // max(len(sheet.conversations), 1)
    for session, conversation in sheet.conversations.items():
        yield Line(sheet.lines[session], json.dumps(conversation).encode(), size)


def bad_lines(source: Path, bad: list[tuple[int, str]]) -> str:
    """Each bad line with its number and why; nothing was written."""
    named = [f"{source}, line {number}: {why}" for number, why in sorted(bad)[:BAD_LINES]]
    more = [f"and {len(bad) - BAD_LINES} more"] if len(bad) > BAD_LINES else []
    return "\n".join([*named, *more])


# -- the database ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Window:
    """Which sessions: from a day on, so many days; the last ones where no day is named."""

    since: date | None
    days: int | None

    def instants(self, now: Millis, zone: str) -> tuple[Millis, Millis]:
        """Its beginning and its end, which is not part of it."""
        if self.since is None:
            return now - (self.days or DAYS) * DAY, now + 1
        if self.days is None:
            return midnight(self.since, zone), now + 1
        return midnight(self.since, zone), min(midnight(self.since + timedelta(days=self.days), zone), now + 1)


def midnight(day: date, zone: str) -> Millis:
    """When a day begins on the clock of a zone."""
    return from_datetime(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)))


def judge_site(site_id: str | None, window: Window, output: Path | None, file: Path | None, jobs: int) -> Backtest:
    """The report on a site's own sessions."""
    tried = named_file(file) if file else None
    with opened() as assembly:
        with assembly.bridge.store.read() as tx:
            site = the_site(tx, site_id)
            present = named_in_force(assembly.bridge, tx, site.id)
        report = Backtest(tried, present) if tried else Backtest(present)
        between = window.instants(assembly.bridge.clock.now(), site.timezone)
        return judge_stored(report, StoredSessions(assembly.bridge, site.id, *between), output, jobs)


# -- the policies ------------------------------------------------------------------------------------------------------


def policies_of(file: Path | None, site_id: str | None) -> tuple[Named, Named | None]:
    """The policy to judge with, and the one to compare it with.

    A file is judged with whatever the database is like: where there is no policy in force, nothing is compared.
    """
    if file is None:
        return in_force(site_id) or named("the shipped policy", shipped_document()), None
    tried = named_file(file)
    try:
        return tried, in_force(site_id)
    except Exception as error:
        if site_id:
            raise
        why = error.format_message() if isinstance(error, click.ClickException) else words_for(error)
        click.echo(f"Not compared with a policy in force: {why}", err=True)
        return tried, None


def named_file(file: Path) -> Named:
    """A file's policy, called by its path."""
    with of_file(str(file)):
        return named(str(file), read_document(file))


def named(name: str, document: str) -> Named:
    """A document's policy, under a name."""
    return Named(name, read_policy(document))


def in_force(site_id: str | None) -> Named | None:
    """The site's policy; None where nothing was ever set up here."""
    if site_id is None and bootstrap.no_database(settings_now()):
        return None
    with opened() as assembly, assembly.bridge.store.read() as tx:
        if site_id is None and not tx.sites.all():
            return None
        return named_in_force(assembly.bridge, tx, the_site(tx, site_id).id)
