"""What people did to tickets in a helpdesk that has to be asked about each of them."""

from collections.abc import Callable, Iterable
from typing import TypeVar

import structlog

from bridge.adapters.deadline import Deadline
from bridge.ports import AdapterError, DeskNews, Fault

NEWS_LIMIT = 10_000
"""Characters of a person's answer in a helpdesk that the chat shows."""

T = TypeVar("T")

log = structlog.get_logger()


def news_of_each(
    tickets: Iterable[T], of_one: Callable[[T], Iterable[DeskNews]], deadline: Deadline, known: Iterable[DeskNews] = ()
) -> list[DeskNews]:
    """What people did to each ticket, oldest first, as far as the time goes.

    A ticket that cannot be read keeps nobody else's news away, and the end of the time none that were heard before it.

    Args:
        tickets: those to ask about, in this order.
        of_one: asks about one.
        deadline: after it none is begun.
        known: news of them that had not to be asked for one by one.

    Raises:
        AdapterError: no ticket could be read.
    """
    news = list(known)
    heard, failed = False, None
    for ticket in tickets:
        if not deadline.left():
            break
        try:
            news += of_one(ticket)
            heard = True
        except AdapterError as error:
            failed = failed or error
            log.warning("desk.ticket_not_read", cause=error.detail)
            if error.fault is not Fault.CALL:
                break
    if failed and not heard and (deadline.left() or not news):
        raise failed
    return sorted(news, key=lambda one: one.at)
