"""Logs: one JSON line an event on standard error, ours and those of the libraries alike.

No line holds a message's text, a name, an address or a secret; tracebacks come without local variables.
"""

import logging
import re
import sys
from typing import Any

import structlog
from structlog.processors import ExceptionRenderer, JSONRenderer, TimeStamper
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, Processor

from bridge.config import SettingsRefused

SHARED: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    TimeStamper(fmt="iso", utc=True),
)
DETAILS = re.compile(r"\n(DETAIL|CONTEXT):[^\n]*")
"""What PostgreSQL adds to an error: the values of the row that it is about."""


def without_values(_logger: Any, _name: str, event: EventDict) -> EventDict:
    """A database's error says which rule a row breaks, and not what stands in it."""
    for error in event.get("exception", ()):
        error["exc_value"] = DETAILS.sub("", error["exc_value"])
    return event


LAST: tuple[Processor, ...] = (
    ExceptionRenderer(ExceptionDictTransformer(show_locals=False, max_frames=30)),
    without_values,
    JSONRenderer(ensure_ascii=False, default=str),
)


def without_frames(_logger: Any, _name: str, event: EventDict) -> EventDict:
    """Settings that are refused say what to do; where in the code they were would bury it."""
    error = sys.exc_info()[1] if event.get("exc_info") is True else event.get("exc_info")
    if isinstance(error, SettingsRefused):
        event["exc_info"], event["why"] = None, str(error)
    return event


def configure(level: str) -> None:
    """Have this process log from a level on.

    Args:
        level: `debug`, `info`, `warning` or `error`.
    """
    least = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*SHARED, without_frames, *LAST],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=_to_stderr,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    strip = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*SHARED, structlog.stdlib.add_logger_name], processors=[strip, *LAST]
    )
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=max(least, logging.WARNING), force=True)


def _to_stderr(*_names: Any) -> structlog.WriteLogger:
    """Looked up at each use: a test or a supervisor may have put another stream in its place."""
    return structlog.WriteLogger(sys.stderr)
