"""A signed call, from the raw bytes to the parsed body, and its operation in the API's description.

The order is that of trust: signature, clock, scope, schema; the nonce is kept in the transaction of the effect.
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Concatenate, Generic, TypeVar, overload

from flask import Response, current_app, g, request
from pydantic import ValidationError
from pydantic_core import from_json, to_json

from bridge.clock import machine_now
from bridge.domain.policy_check import PolicyRefused
from bridge.domain.values import Json
from bridge.ports import Scope, Tx
from bridge.service.context import Bridge
from bridge.service.manage_policy import Accepted, accept
from bridge.service.manage_sites import check_home
from bridge.web import problems
from bridge.web.signing import Caller, Gatekeeper, SignedHeaders, Stale, Unauthorized, check_time
from bridge.web.wire import Wire, unprintable

Model = TypeVar("Model", bound=Wire)
Body = TypeVar("Body", bound=Wire | None)

CHAT_LIMIT = 64 * 1024
"""Bytes of a body of the chat scope."""
ADMIN_LIMIT = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Operation:
    """What the API's description says of a call."""

    scope: Scope | None
    model: type[Wire] | None
    summary: str
    answer: str
    of_home: bool


@dataclass(frozen=True, slots=True)
class Call(Generic[Body]):
    """An authentic call: who makes it, with what. `body` is None where the call takes none."""

    bridge: Bridge
    site: str
    scope: Scope
    nonce: str
    body: Body
    secret: str = field(repr=False)

    @contextmanager
    def write(self) -> Iterator[Tx]:
        """The transaction of the call's effect, its nonce kept in it.

        Raises:
            Problem: the nonce has been used.
        """
        with self.bridge.store.write(together=self.scope is Scope.CHAT) as tx:
            self.keep_nonce(tx)
            yield tx

    def accept(self, document: str) -> Accepted:
        """A policy that came with the call.

        Raises:
            Problem: it has an error.
        """
        try:
            return accept(self.bridge, document)
        except PolicyRefused as error:
            raise problems.refused_policy(error) from None

    def keep_nonce(self, tx: Tx) -> None:
        """Use the nonce up.

        Raises:
            Problem: it has been used.
        """
        if not tx.sites.keep_nonce(self.site, self.nonce, machine_now()):
            raise problems.REPLAYED


def operation(view: Callable[..., Any]) -> Operation | None:
    """What was said of a view by `signed`."""
    found: Operation | None = getattr(view, "operation", None)
    return found


View = Callable[..., Response]


@overload
def signed(
    scope: Scope | None, *, answer: str = "Verdict", of_home: bool = False
) -> Callable[[Callable[Concatenate[Call[None], ...], Response]], View]: ...


@overload
def signed(
    scope: Scope | None, model: type[Model], *, answer: str = "Verdict", of_home: bool = False
) -> Callable[[Callable[Concatenate[Call[Model], ...], Response]], View]: ...


def signed(
    scope: Scope | None, model: type[Wire] | None = None, *, answer: str = "Verdict", of_home: bool = False
) -> Callable[[View], View]:
    """Let a view be called with a `Call`, if the request proves who makes it.

    Args:
        scope: the secret that is needed; None takes either.
        model: the schema of the body; None for calls without one.
        answer: the name of the answer's schema in the API's description.
        of_home: a copy of the site must not make it in the site's place: `home` says where the caller is.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def call(**path: str) -> Response:
            authentic = _authentic(scope, model, of_home=of_home)
            if any(unprintable(part) for part in path.values()):
                raise problems.NOT_FOUND  # no id holds a control character, and PostgreSQL cannot even look for a NUL
            return view(authentic, **path)

        summary = (view.__doc__ or "").strip().splitlines()[0].rstrip(".")
        call.operation = Operation(scope, model, summary, answer, of_home)  # type: ignore[attr-defined]
        return call

    return decorate


def identify(limit: int) -> tuple[Caller, bytes]:
    """Who calls, by the signature alone, and the body, of so many bytes at most; from here on the answer is signed.

    Raises:
        Unauthorized: site, nonce or signature is missing or wrong.
    """
    gatekeeper: Gatekeeper = current_app.extensions["gatekeeper"]
    request.max_content_length = limit
    raw = request.get_data(cache=True)
    headers = SignedHeaders(
        *(request.headers.get(f"X-Bridge-{name}", "") for name in ("Site", "Timestamp", "Nonce", "Signature"))
    )
    target = request.environ.get("RAW_URI") or request.full_path.removesuffix("?")
    g.caller = gatekeeper.caller(headers, request.method, target, raw)
    return g.caller, raw


def _authentic(scope: Scope | None, model: type[Wire] | None, *, of_home: bool) -> "Call[Any]":
    bridge: Bridge = current_app.extensions["bridge"]
    try:
        caller, raw = identify(CHAT_LIMIT if scope is Scope.CHAT else ADMIN_LIMIT)
    except Unauthorized:
        raise problems.UNAUTHORIZED from None
    try:
        check_time(request.headers["X-Bridge-Timestamp"], time.time())
    except Stale:
        raise problems.stale(int(time.time())) from None
    if scope is not None and caller.scope is not scope:
        raise problems.FORBIDDEN_SCOPE
    if of_home and (home := request.args.get("home")):
        with bridge.store.read() as tx:
            check_home(tx, caller.site, home)
    body = parse(model, raw) if model else None
    return Call(bridge, caller.site, caller.scope, caller.nonce, body, caller.secret)


def parse(model: type[Model], raw: bytes) -> Model:
    """The body, checked.

    Raises:
        Problem: it is no JSON, or does not fit.
    """
    if raw and (
        request.mimetype != "application/json" or request.headers.get("Content-Encoding", "identity") != "identity"
    ):
        raise problems.MEDIA_TYPE
    try:
        return model.model_validate_json(raw or b"{}")
    except ValidationError as error:
        if error.errors(include_input=False, include_url=False, include_context=False)[0]["type"] == "json_invalid":
            raise problems.NOT_JSON from None
        raise problems.invalid(error, from_json(raw or b"{}")) from None


def whole_number(name: str, text: str, least: int, most: int) -> int:
    """A parameter of the address that is a whole number, in no more digits than the largest one has.

    Raises:
        Problem: it is none, or out of bounds.
    """
    if not re.fullmatch(rf"[0-9]{{1,{len(str(most))}}}", text) or not least <= int(text) <= most:
        raise problems.bad_query(name, f"expected {least} to {most}")
    return int(text)


def answer(body: Json, status: int = 200) -> Response:
    """A JSON answer, never to be cached."""
    response = Response(to_json(body), status=status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
