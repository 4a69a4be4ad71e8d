"""Signed calls: who may speak for a site, and the signature under every answer.

The scheme is itsdangerous' `Signer` over a canonical text, so that a few lines of PHP agree with it byte for byte.
"""

import hashlib
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from itsdangerous import Signer

from bridge.clock import machine_now
from bridge.ports import Scope, Store

REQUEST_SALT = "bridge.request.v1"
RESPONSE_SALT = "bridge.response.v1"
MOST_SKEW_S = 300
"""Seconds by which the two clocks may differ."""
SECRETS_TTL_S = 2.0
"""Seconds for which a process trusts the secrets that it has read."""

_NONCE = re.compile(r"[A-Za-z0-9_-]{16,128}")
_TIME = re.compile(r"[0-9]{1,12}")
_SITE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


class Unauthorized(Exception):  # noqa: N818
    """Site, nonce or signature is missing or wrong. Which of them is nobody's business."""


class Stale(Exception):  # noqa: N818
    """The signature is right, but the clocks differ by more than five minutes."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A call whose signature is right. `secret` signs the answer."""

    site: str
    scope: Scope
    nonce: str
    secret: str


@dataclass(frozen=True, slots=True)
class SignedHeaders:
    """The four headers, as they came."""

    site: str
    timestamp: str
    nonce: str
    signature: str


def canonical_request(method: str, target: str, timestamp: str, nonce: str, body: bytes) -> bytes:
    """The text that is signed; `target` is path and query exactly as in the request line."""
    parts = ("v1", method, target, timestamp, nonce, hashlib.sha256(body).hexdigest())
    return "\n".join(parts).encode("utf-8", "surrogateescape")


def canonical_response(status: int, nonce: str, body: bytes) -> bytes:
    """The text that is signed under an answer."""
    return "\n".join(("v1", str(status), nonce, hashlib.sha256(body).hexdigest())).encode()


def signer(secrets: Sequence[str], salt: str) -> Signer:
    """The signer for secrets, oldest first; the newest signs, every one verifies."""
    return Signer([_key(one, salt) for one in secrets], key_derivation="none", digest_method=hashlib.sha256)


@lru_cache(maxsize=256)
def _key(secret: str, salt: str) -> bytes:
    """What itsdangerous derives from a secret and a salt; it would do so anew at each signature."""
    return Signer(secret, salt=salt, key_derivation="hmac", digest_method=hashlib.sha256).derive_key()


def sign_request(secret: str, method: str, target: str, timestamp: int, nonce: str, body: bytes) -> str:
    """What a caller puts into `X-Bridge-Signature`."""
    text = canonical_request(method, target, str(timestamp), nonce, body)
    return signer([secret], REQUEST_SALT).get_signature(text).decode()


def sign_response(secret: str, status: int, nonce: str, body: bytes) -> str:
    """What goes into the answer's `X-Bridge-Signature`."""
    return _answer_signer(secret).get_signature(canonical_response(status, nonce, body)).decode()


@lru_cache(maxsize=256)
def _answer_signer(secret: str) -> Signer:
    """It keeps nothing of what it signs; making one costs more than the signature."""
    return signer([secret], RESPONSE_SALT)


@dataclass(frozen=True, slots=True)
class _Key:
    scope: Scope
    secret: str
    signer: Signer


class Gatekeeper:
    """Tells who is calling. Secrets are read from the store and trusted for `SECRETS_TTL_S` seconds."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._keys: dict[str, tuple[float, list[_Key]]] = {}

    def caller(self, headers: SignedHeaders, method: str, target: str, body: bytes) -> Caller:
        """Who made the call, judged by its signature alone; the time comes after, see `check_time`.

        Raises:
            Unauthorized: site, nonce or signature is missing or wrong.
        """
        if not (
            _NONCE.fullmatch(headers.nonce) and _TIME.fullmatch(headers.timestamp) and _SITE.fullmatch(headers.site)
        ):
            raise Unauthorized
        text = canonical_request(method, target, headers.timestamp, headers.nonce, body)
        signature = headers.signature.encode("utf-8", "surrogateescape")
        for key in self._keys_of(headers.site):
            if key.signer.verify_signature(text, signature):
                return Caller(headers.site, key.scope, headers.nonce, key.secret)
        raise Unauthorized

    def _keys_of(self, site: str) -> list[_Key]:
        now = time.monotonic()
        known = self._keys.get(site)
        if known and known[0] > now:
            return known[1]
        with self._store.read() as tx:
            stored = tx.sites.secrets(site, machine_now())
        newest_first = list(reversed(stored))
        usual_first = sorted(newest_first, key=lambda one: one.scope is not Scope.CHAT)
        keys = [_Key(one.scope, one.secret, signer([one.secret], REQUEST_SALT)) for one in usual_first]
        if keys:  # unknown names are not kept, or anybody could fill the memory
            self._keys[site] = (now + SECRETS_TTL_S, keys)
        else:
            self._keys.pop(site, None)
        return keys


def check_time(timestamp: str, now: float) -> None:
    """Refuse a call from another time. Whole seconds are compared: more does not stand in the header.

    Raises:
        Stale: the clocks differ by more than five minutes.
    """
    if abs(int(now) - int(timestamp)) > MOST_SKEW_S:
        raise Stale
