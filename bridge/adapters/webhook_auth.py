"""What helpdesks' calls to us have in common: a keyed digest over what was sent, and an instant that is not old."""

import base64
import hmac
from typing import Literal, TypeAlias

from bridge.domain.instants import MINUTE, SECOND, from_rfc3339
from bridge.domain.values import Millis
from bridge.ports import HookRefused

CLOCK_WINDOW = 5 * MINUTE
"""Milliseconds by which a call may be older or newer than our clock says."""

Spelling: TypeAlias = Literal["hex", "base64"]


def verify(
    secret: str, signed: bytes, signature: str, *, digest: str = "sha256", spelling: Spelling = "base64"
) -> None:
    """Refuse what was not signed with the secret.

    Args:
        secret: shared with the helpdesk; an empty one verifies nothing.
        signed: the bytes that the helpdesk says it signs.
        signature: as it came; anything may stand there.
        digest: the hash that the HMAC is made with.
        spelling: how the signature is written.

    Raises:
        HookRefused: it was not, or there is no secret.
    """
    if not secret:
        raise HookRefused
    made = hmac.new(secret.encode(), signed, digest).digest()
    expected = made.hex().encode() if spelling == "hex" else base64.b64encode(made)
    if not hmac.compare_digest(expected, signature.strip().encode("utf-8", "surrogatepass")):
        raise HookRefused


def same_secret(secret: str, given: str) -> None:
    """Refuse a call that does not carry the secret itself, for a helpdesk that signs nothing.

    Raises:
        HookRefused: it does not, or there is no secret.
    """
    if not secret or not hmac.compare_digest(secret.encode(), given.encode("utf-8", "surrogatepass")):
        raise HookRefused


def fresh(said: Millis | None, at: Millis, *, window: Millis = CLOCK_WINDOW) -> None:
    """Refuse a call whose instant is missing, or lies further away than the window.

    Raises:
        HookRefused: it is.
    """
    if said is None or abs(at - said) > window:
        raise HookRefused


def of_rfc3339(text: str) -> Millis | None:
    """An instant such as `2026-11-02T15:00:00Z`; None where it is none."""
    try:
        return from_rfc3339(text)
    except ValueError:
        return None


def of_seconds(text: str) -> Millis | None:
    """An instant in whole seconds since 1970; None where it is none."""
    return int(text) * SECOND if text.isascii() and text.isdecimal() and len(text) <= 12 else None  # noqa: PLR2004


def of_milliseconds(text: str) -> Millis | None:
    """An instant in milliseconds since 1970; None where it is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 15 else None  # noqa: PLR2004
