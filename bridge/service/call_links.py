"""The signed links of mails, behind which a customer books, confirms, moves or cancels a call.

A link holds the escalation and what it is good for, and nothing personal. It is signed with the newest secret of the
site's chat scope, and holds as long as that secret does.
"""

import re
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from itsdangerous import BadData, TimestampSigner, URLSafeTimedSerializer

from bridge.domain.instants import DAY, SECOND, from_datetime
from bridge.domain.values import Millis
from bridge.ports import BridgeError, Scope
from bridge.service.context import Case

SALT = "bridge.call.v1"
PURPOSE = "call"
LINK_LIFE = 90 * DAY
"""A link outlives every call, for none is booked further ahead than 30 days."""

_TOKEN = re.compile(r"[A-Za-z0-9_.-]{40,400}")


class LinkInvalid(BridgeError):  # noqa: N818
    """This link is none of ours, or too old."""


def link_to(case: Case, escalation_id: str) -> str | None:
    """The address for a mail; None where every secret of the site was revoked."""
    keys = _keys(case)
    if not keys:
        return None
    token = _serializer(keys, case.at).dumps({"escalation": escalation_id, "for": PURPOSE})
    return f"{case.site.url.rstrip('/')}/?escbridge_call={token}"


def escalation_behind(case: Case, token: str) -> str:
    """The escalation that a link leads to.

    Raises:
        LinkInvalid: the link is none of this site's, or is too old.
    """
    keys = _keys(case)
    if not keys or not _TOKEN.fullmatch(token):
        raise LinkInvalid
    try:
        held, made = _serializer(keys, case.at).loads(token, return_timestamp=True)
    except BadData:
        raise LinkInvalid from None
    if held["for"] != PURPOSE or case.at - from_datetime(made) > LINK_LIFE:
        raise LinkInvalid
    return str(held["escalation"])


def _keys(case: Case) -> list[str]:
    return [one.secret for one in case.tx.sites.secrets(case.site.id, case.at) if one.scope is Scope.CHAT]


class _Signer(TimestampSigner):
    """Takes the product's clock. It does not judge the age: a clock that was set back would make a link of tomorrow."""

    def __init__(self, *arguments: Any, at: Millis, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._at = at

    def get_timestamp(self) -> int:
        return self._at // SECOND


def _serializer(keys: Sequence[str], at: Millis) -> URLSafeTimedSerializer:
    how = {"at": at, "key_derivation": "hmac", "digest_method": sha256}
    return URLSafeTimedSerializer(list(keys), salt=SALT, signer=_Signer, signer_kwargs=how)
