"""What a visitor gives to be reached by, and the time for a call that they chose with it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from bridge.domain.occasions import CONTACT
from bridge.domain.session import Session
from bridge.domain.values import Identity, Json, Millis, State
from bridge.ports import StoreBusy, Tx
from bridge.service import deliver, team_mails
from bridge.service.book_call import book_in_chat
from bridge.service.context import Bridge, open_case
from bridge.service.errors import SessionUnknown
from bridge.service.locked_session import locked_verdict, standing_escalation
from bridge.service.verdicts import verdict


@dataclass(frozen=True, slots=True)
class Contact:
    """How the customer says they can be reached; validated by the web layer."""

    email: str | None = None
    phone: str | None = None
    name: str | None = None


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
        kept = keep_contact(bridge, tx, site, session_id, given)
    if slot is None:
        return kept
    try:
        return _book(bridge, site, session_id, slot)
    except StoreBusy as error:
        raise NotBooked from error.__cause__


def _book(bridge: Bridge, site: str, session_id: str, slot: Millis) -> Json:
    """In a transaction of its own: a time that is taken must not cost the address."""
    with bridge.store.write() as tx:
        booked = book_in_chat(open_case(bridge, tx, site), session_id, slot)
        deliver.soon(bridge, tx)
    return booked


def keep_contact(bridge: Bridge, tx: Tx, site_id: str, session_id: str, contact: Contact) -> Json:
    """Keep what the visitor typed. An address of WordPress's is not replaced by a typed one.

    Raises:
        SessionUnknown: this site has no such session.
    """
    session = tx.sessions.hold(site_id, session_id)
    if session is None:
        raise SessionUnknown(session_id)
    if session.erased:
        return locked_verdict(tx, bridge.policies.current(tx, site_id), session, bridge.clock.now())
    changed = _with_contact(session, contact)
    tx.sessions.save(changed)
    case = open_case(bridge, tx, site_id)
    standing = standing_escalation(tx, changed)
    if standing and changed != session and changed.state is State.ESCALATED:
        team_mails.tell(case, standing, CONTACT, str(case.at))
    return locked_verdict(tx, case.current, changed, case.at) if changed.locked else verdict(changed)


def _with_contact(session: Session, contact: Contact) -> Session:
    visitor = session.visitor
    if visitor.identity is not Identity.VERIFIED:
        typed = contact.email or visitor.email
        visitor = visitor.model_copy(
            update={
                "identity": Identity.CLAIMED if typed else visitor.identity,
                "email": typed,
                "name": contact.name or visitor.name,
            }
        )
    elif contact.email and not (visitor.email and visitor.vouched_for):
        visitor = visitor.model_copy(update={"email": contact.email, "email_identity": Identity.CLAIMED})
    return replace(session, visitor=visitor, phone=contact.phone or session.phone)
