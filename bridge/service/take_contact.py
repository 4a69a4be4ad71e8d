"""What a visitor gives to be reached by, and the time for a call that they chose with it."""

from collections.abc import Callable

from bridge.domain.values import Json, Millis
from bridge.ports import StoreBusy, Tx
from bridge.service import deliver
from bridge.service.book_call import book_in_chat
from bridge.service.context import Bridge, open_case
from bridge.service.converse import Contact, keep_contact


class NotBooked(StoreBusy):
    """The database could not take the call in time; how the visitor can be reached is stored, and may come again."""


def take_contact(
    bridge: Bridge, site: str, session_id: str, given: Contact, slot: Millis | None, keep_nonce: Callable[[Tx], None]
) -> Json:
    """Keep how the visitor can be reached, then book the slot that they chose; the verdict says what holds now.

    Args:
        bridge: the product.
        site: whose visitor.
        session_id: which conversation.
        given: how they can be reached.
        slot: when the call begins; None where none was chosen.
        keep_nonce: uses the call's nonce up, in the transaction that keeps the address.

    Raises:
        SessionUnknown, StoreBusy: nothing was stored.
        SlotTaken, PhoneMissing, NotBooked: the call was not booked, all else is stored.
    """
    with bridge.store.write(together=True) as tx:
        keep_nonce(tx)
        verdict = keep_contact(bridge, tx, site, session_id, given)
    if slot is None:
        return verdict
    try:
        return _book(bridge, site, session_id, slot)
    except StoreBusy as error:
        raise NotBooked from error.__cause__


def _book(bridge: Bridge, site: str, session_id: str, slot: Millis) -> Json:
    """In a transaction of its own: a time that is taken must not cost the address."""
    with bridge.store.write() as tx:
        verdict = book_in_chat(open_case(bridge, tx, site), session_id, slot)
        deliver.soon(bridge, tx)
    return verdict
