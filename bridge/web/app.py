"""The sidecar: a Flask app made by a factory."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus

import structlog
from flask import Flask, Response, g
from werkzeug.exceptions import HTTPException

from bridge.ports import BridgeError, StoreBusy, Unusable
from bridge.service.context import Bridge
from bridge.service.watch_health import Rates
from bridge.web import problems
from bridge.web.admin import admin
from bridge.web.backtests import backtests
from bridge.web.callbacks import callbacks
from bridge.web.hooks import hooks
from bridge.web.hours import hours
from bridge.web.ops import counts, ops
from bridge.web.pages import pages
from bridge.web.privacy import privacy
from bridge.web.problems import Problem
from bridge.web.secret_renewal import renewal
from bridge.web.sessions import chat
from bridge.web.signed_calls import ADMIN_LIMIT, answer, identify
from bridge.web.signing import Gatekeeper, Unauthorized, sign_response
from bridge.web.stats import stats

log = structlog.get_logger()

PROBLEM_OF_STATUS = {
    404: problems.NOT_FOUND,
    405: problems.METHOD_NOT_ALLOWED,
    413: problems.TOO_LARGE,
    415: problems.MEDIA_TYPE,
}


@dataclass(frozen=True, slots=True)
class Parts:
    """What the app is made of."""

    bridge: Bridge
    schema_fault: Callable[[], Unusable | None]


def create_app(parts: Parts) -> Flask:
    """The app over an assembled product. Opens nothing: the first request does."""
    return over(parts, routed())


def over(parts: Parts, app: Flask) -> Flask:
    """The given app, which stands on nothing yet, over an assembled product."""
    app.extensions["bridge"] = parts.bridge
    app.extensions["gatekeeper"] = Gatekeeper(parts.bridge.store)
    app.extensions["counts"] = counts(parts.bridge)
    app.extensions["rates"] = Rates(parts.bridge)
    app.extensions["schema_fault"] = parts.schema_fault
    return app


def routed() -> Flask:
    """The app with all its calls, over nothing yet."""
    app = Flask("bridge", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = ADMIN_LIMIT
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.url_map.merge_slashes = False  # or a doubled slash would be answered by a redirect, in HTML and unsigned
    for blueprint in (chat, callbacks, admin, hours, hooks, stats, backtests, privacy, renewal, pages, ops):
        app.register_blueprint(blueprint)
    app.before_request(structlog.contextvars.clear_contextvars)
    app.after_request(sign)
    app.register_error_handler(Problem, show)
    app.register_error_handler(BridgeError, of_bridge)
    app.register_error_handler(HTTPException, of_http)
    app.register_error_handler(Exception, of_fault)
    return app


def sign(response: Response) -> Response:
    """Sign the answer to an authentic call with the secret that verified it."""
    caller = g.pop("caller", None)
    if caller is not None:
        signature = sign_response(caller.secret, response.status_code, caller.nonce, response.get_data())
        response.headers["X-Bridge-Signature"] = signature
    return response


def show(problem: Problem) -> Response:
    """A problem as an answer."""
    response = answer(problem.body(), problem.status)
    response.mimetype = problems.CONTENT_TYPE
    response.headers.update(problem.headers)
    # most problems are made once: each raise would add its frames for good, and with them the call's own bytes
    problem.__traceback__ = problem.__context__ = None
    return response


def of_bridge(error: BridgeError) -> Response:
    """An error that the product names."""
    known = next(
        (problems.PROBLEM_OF_ERROR[kind] for kind in type(error).__mro__ if kind in problems.PROBLEM_OF_ERROR), None
    )
    if known is None:
        return of_fault(error)
    if isinstance(error, StoreBusy):
        log.warning("store.busy", cause=type(error.__cause__).__name__)
    return show(known)


def of_http(error: HTTPException) -> Response:
    """An error that Flask names. An authentic call is told in a signed answer, too, that there is nothing to call."""
    if error.code in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
        with suppress(Unauthorized, HTTPException, StoreBusy):
            identify(ADMIN_LIMIT)
    known = PROBLEM_OF_STATUS.get(error.code or 500) or Problem("bad-request", "The request cannot be read.", 400)
    response = show(known)
    for name, value in error.get_headers():
        if name == "Allow":
            response.headers[name] = value
    return response


def of_fault(error: Exception) -> Response:
    """Anything else is a fault of ours: loud in the log, quiet in the answer."""
    log.error("request.failed", exc_info=error)
    return show(problems.INTERNAL)
