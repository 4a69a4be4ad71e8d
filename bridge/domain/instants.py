"""Instants: milliseconds UTC inside, RFC 3339 outside."""

from datetime import UTC, datetime, timedelta

from bridge.domain.values import Millis

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def to_datetime(at: Millis) -> datetime:
    """The instant as an aware datetime in UTC."""
    return EPOCH + at * MILLISECOND


def from_datetime(at: datetime) -> Millis:
    """The instant of an aware datetime.

    Raises:
        ValueError: the datetime is naive: whose clock it was read from is unknown.
    """
    if at.tzinfo is None:
        raise ValueError("a time without a zone is no instant")
    return (at - EPOCH) // MILLISECOND


def to_rfc3339(at: Millis) -> str:
    """`2026-11-02T14:15:00Z`; milliseconds only where there are any."""
    text = to_datetime(at).isoformat(timespec="milliseconds" if at % SECOND else "seconds")
    return text.removesuffix("+00:00") + "Z"


def from_rfc3339(text: str) -> Millis:
    """The instant of an RFC 3339 text.

    Raises:
        ValueError: not a date and time with a zone.
    """
    return from_datetime(datetime.fromisoformat(text))


def in_the_last(span: Millis, at: Millis, now: Millis) -> bool:
    """Whether what was noted at an instant is less than a span old.

    What lies in the future is not: the clock that noted it was ahead, and how old it is nobody knows.
    """
    return 0 <= now - at < span


def in_words(span: Millis) -> str:
    """A length of time in its largest unit, rounded down: `40 seconds`, `1 hour`, `3 days`."""
    units = (("day", DAY), ("hour", HOUR), ("minute", MINUTE), ("second", SECOND))
    name, unit = next(((name, unit) for name, unit in units if span >= unit), units[-1])
    number = max(span, 0) // unit
    return f"{number} {name}" if number == 1 else f"{number} {name}s"
