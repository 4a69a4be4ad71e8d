"""The visitor leaves: what of their session ends, and what stands."""

from dataclasses import replace

from bridge.domain.values import Json, State
from bridge.ports import Tx
from bridge.service.context import Bridge
from bridge.service.errors import SessionUnknown
from bridge.service.locked_session import locked_verdict
from bridge.service.verdicts import verdict


def close_session(bridge: Bridge, tx: Tx, site: str, session_id: str) -> Json:
    """The visitor leaves. An open session ends; a locked one stays locked, for the promise stands.

    Raises:
        SessionUnknown: this site has no such session.
    """
    session = tx.sessions.hold(site, session_id)
    if session is None:
        raise SessionUnknown(session_id)
    if session.state is State.OPEN:
        session = replace(session, state=State.CLOSED)
        tx.sessions.save(session)
        return verdict(session)
    return locked_verdict(tx, bridge.policies.current(tx, site), session, bridge.clock.now())
