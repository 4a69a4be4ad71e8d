"""Staffed hours and what is promised by them, as their owner checks them: a week as a picture, promises ahead."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO

import click

from bridge.commands import closing, weeks
from bridge.commands.common import STANDARD, as_json, now, of_site, opened, print_json, read_document, the_site
from bridge.commands.groups import OfOptions, OrderedWithOptions
from bridge.commands.replay import BYTE_ORDER_MARK, about, bad_lines, file_path, read_from
from bridge.commands.runs import Advance, progress, written_to
from bridge.domain.calendars import Calendar
from bridge.domain.policy import Policy
from bridge.domain.policy_check import read_policy, stored_policy
from bridge.domain.promise_preview import Question, preview_promise, read_question
from bridge.domain.replay import LATEST, BadLine, instant_of
from bridge.domain.values import Json, Millis, Priority
from bridge.domain.wall_clock import local_date
from bridge.domain.week import Said, week_of
from bridge.service import manage_policy
from bridge.service.hours_in_force import HoursInForce
from bridge.service.read_hours import show_feeds, tell_feed

of_policy = click.option("--policy", "file", type=file_path, help="A file, in place of a site's.")


@dataclass(frozen=True, slots=True)
class Asked:
    """The policy that is asked, and what stands beside it where it is the one in force."""

    policy: Policy
    in_force: HoursInForce | None = None

    def calendar(self, queue: str, name: str) -> Calendar:
        """When the people of a queue are there, by its name and that of its calendar."""
        return self.in_force.calendar(queue, name) if self.in_force else self.policy.hours[name]

    def said(self, queue: str, name: str) -> list[Said]:
        """What was said beside that calendar."""
        return self.in_force.said(queue, name) if self.in_force else []

    def feed(self, name: str) -> str | None:
        """How the feed of a calendar stands, if it has one."""
        shown = show_feeds(self.policy, self.in_force.feeds) if self.in_force else []
        return next((tell_feed(one) for one in shown if one["calendar"] == name), None)


@contextmanager
def asked(file: Path | None, site_id: str | None) -> Iterator[Asked]:
    """A file's policy, or the one in force with every feed and every command that was not revoked."""
    if file:
        yield Asked(read_policy(read_document(file), now=now()))
        return
    with opened() as assembly, assembly.bridge.store.read() as tx:
        site = the_site(tx, site_id).id
        policy = stored_policy(manage_policy.current_policy(tx, site).document)
        yield Asked(policy, HoursInForce(tx, site, policy, at=0))


def known(name: str, names: list[str], what: str) -> None:
    """Refuse a name that the policy does not have."""
    if name not in names:
        raise click.ClickException(f"there is no {what} {name!r}; known: {', '.join(names)}")


# -- a week ------------------------------------------------------------------------------------------------------------


@click.group(cls=OrderedWithOptions, invoke_without_command=True)
@click.option("--queue", help="The queue's name in the policy; needed when there are several.")
@click.option("--week", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Any date of the week.  [this week]")
@click.option("--tier", help="The customer's tier, for a queue that has other hours for some.")
@of_site
@of_policy
@as_json
@click.pass_context
def hours(
    context: click.Context,
    queue: str | None,
    week: datetime | None,
    tier: str | None,
    site_id: str | None,
    file: Path | None,
    *,
    as_json: bool,
) -> None:
    """Show a week of a queue's staffed hours as a picture."""
    if context.invoked_subcommand:
        return
    with asked(file, site_id) as found:
        name, called = the_calendar(found.policy, queue, tier)
        calendar, said, feed = found.calendar(name, called), found.said(name, called), found.feed(called)
    at = now()
    days = week_of(calendar, the_day(week, calendar, at), said)
    if as_json:
        print_json({"queue": name, "calendar": called, **weeks.as_json(calendar, days, at)})
        return
    click.echo(f"Queue {name}, calendar {called}, {days[0].date} to {days[-1].date}, {calendar.timezone}\n")
    click.echo(weeks.draw(days))
    click.echo(weeks.tell_now(calendar, at))
    if feed:
        click.echo(feed)


def the_calendar(policy: Policy, queue: str | None, tier: str | None) -> tuple[str, str]:
    """The named queue, or the only one, and the name of the calendar that it has for a tier."""
    if queue is None and len(policy.queues) > 1:
        raise click.UsageError(f"say which queue with --queue: {', '.join(policy.queues)}")
    name = queue or next(iter(policy.queues))
    known(name, list(policy.queues), "queue")
    known(tier or policy.default_tier, list(policy.tiers), "tier")
    return name, policy.queues[name].for_tier(tier or policy.default_tier).hours


def the_day(week: datetime | None, calendar: Calendar, at: Millis) -> date:
    """The date that was asked for, or today's."""
    day = week.date() if week else local_date(calendar.timezone, at)
    if not FIRST <= day <= LAST:
        raise click.BadParameter(f"expected a date from {FIRST} to {LAST}", param_hint="--week")
    return day


FIRST, LAST = date(1970, 1, 1), local_date("UTC", LATEST)
"""Dates that weeks are drawn of."""


# -- a promise ---------------------------------------------------------------------------------------------------------


@click.command(cls=OfOptions)
@click.option("--queue", help="The queue's name in the policy.")
@click.option("--priority", type=click.Choice([one.value for one in Priority]))
@click.option("--tier", help="The customer's tier.")
@click.option("--at", "at_text", metavar="INSTANT", help="Such as 2026-10-31T21:00:00-04:00.")
@click.option(
    "--input", "source", type=file_path, help="Many questions: JSON, one a line, of queue, priority, tier, at."
)
@click.option("--output", type=file_path, help="Where the answers go, one a line; else they are printed.")
@of_site
@of_policy
def promise(
    queue: str | None,
    priority: str | None,
    tier: str | None,
    at_text: str | None,
    source: Path | None,
    output: Path | None,
    site_id: str | None,
    file: Path | None,
) -> None:
    """Print what would be promised at an INSTANT with nobody there."""
    if source:
        if queue or priority or tier or at_text:
            raise click.UsageError("with --input, each line says its own queue, priority, tier and at")
        with asked(file, site_id) as found:
            foretell_all(source, output or STANDARD, found)
        return
    if not (queue and priority and at_text) or output:
        raise click.UsageError("say --queue, --priority and --at, or --input FILE and --output FILE")
    at = instant(at_text)
    with asked(file, site_id) as found:
        known(queue, list(found.policy.queues), "queue")
        known(tier or found.policy.default_tier, list(found.policy.tiers), "tier")
        question = Question(queue=queue, priority=Priority(priority), tier=tier, at=at)
        print_json(preview_promise(found.policy, question, found.calendar))


def instant(text: str) -> Millis:
    """An instant from text."""
    try:
        return instant_of(text) or 0
    except ValueError:
        hint = "of the years 1970 to 2999 with a zone, such as 2026-10-31T21:00:00-04:00"
        raise click.BadParameter(f"expected a date and time {hint}", param_hint="--at") from None


# -- many promises -----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Answers:
    """What came of the lines of a file."""

    bad: list[tuple[int, str]] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)


def foretell_all(source: Path, output: Path, found: Asked) -> None:
    """Answer each line of a file; nothing is written unless every line could be answered."""
    answers = Answers()
    with read_from(source) as lines, progress(about(lines), "Promising") as advance, written_to(output) as out:
        for answer in answered(lines, found, answers, advance):
            out.write(json.dumps(answer, ensure_ascii=False).encode() + b"\n")
        if answers.bad:
            raise click.ClickException(bad_lines(source, answers.bad))
    if answers.unknown:
        click.echo(f"Passed over, for nothing reads it: {', '.join(sorted(answers.unknown))}", err=True)


def answered(lines: BinaryIO, found: Asked, answers: Answers, advance: Advance) -> Iterator[Json]:
    """The promise that each line asks for; once one was bad, the rest is only read, to name what else is."""
    for number, line in enumerate(lines, 1):
        text = line.removeprefix(BYTE_ORDER_MARK) if number == 1 else line
        advance(len(line))
        if not text.strip():
            continue
        try:
            question = read_question(text, found.policy)
        except BadLine as error:
            answers.bad.append((number, str(error)))
            continue
        answers.unknown.update(question.model_extra or ())
        if not answers.bad:
            yield preview_promise(found.policy, question, found.calendar)


for command in (closing.hours_close, closing.hours_open, closing.hours_list, closing.hours_revoke):
    hours.add_command(command)
