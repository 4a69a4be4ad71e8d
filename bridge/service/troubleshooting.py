"""What an owner can do about each way in which another system does not do what we ask."""

import re
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExternalSystem:
    """Another system, as its owner knows it.

    `secrets` and `address` are names of settings; `endpoint` is the `host:port` that is called. Each may be empty.
    """

    name: str
    secrets: tuple[str, ...] = ()
    address: str = ""
    endpoint: str = ""
    more: str = ""
    """The document that says which permissions are needed."""


def cure(upstream: ExternalSystem, detail: str) -> str:
    """What to do about a failed call. `detail` is that of an `AdapterError`."""
    found = next((words for pattern, words in CURES if re.fullmatch(pattern, detail)), _unknown)
    return found(upstream)


def _token(upstream: ExternalSystem) -> str:
    more = f"; {upstream.more} says what it needs" if upstream.more else ""
    return f"{_named(upstream.secrets)} is wrong, has run out, or may not do what is needed{more}"


def _address(upstream: ExternalSystem) -> str:
    return f"something else answers there, or it has moved: check {upstream.address or 'its address'}"


def _listed(upstream: ExternalSystem) -> str:
    return (
        f"if this address in your own network is meant, add {upstream.endpoint or 'its host:port'} to "
        "BRIDGE_ALLOW_PRIVATE_UPSTREAMS; else check " + (upstream.address or "its address")
    )


def _named(settings: tuple[str, ...]) -> str:
    return " or ".join(settings) or "the secret"


def _unknown(upstream: ExternalSystem) -> str:
    return f"look at {upstream.name}'s own log or status page, and look again"


def _fixed(text: str) -> Callable[[ExternalSystem], str]:
    return lambda _: text


CURES: tuple[tuple[str, Callable[[ExternalSystem], str]], ...] = (
    (r"http 40[13]|smtp 53\d", _token),
    (r"http 3\d\d|http 404|http 410|not json|malformed.*|bad address|compressed answer", _address),
    (r"http 402", _fixed("the account has no credit left, or its bill is not paid: see its billing page")),
    (
        r"no such model",
        _fixed("BRIDGE_CLAUDE_MODEL or BRIDGE_OPENAI_MODEL names none that it has, or that this account may use"),
    ),
    (r"http 429", _fixed("too many calls: wait a minute, and see what else uses this account")),
    (r"http 5\d\d", _fixed("the fault is on their side: see their status page or log, and look again")),
    (
        r"name not resolved",
        lambda one: (
            f"the host name in {one.address or 'its address'} does not exist, or this machine cannot look "
            "names up: try getent hosts"
        ),
    ),
    (r"private address|not https", _listed),
    (r"refused", _fixed("nothing listens there: is it running, is the port right, does a firewall refuse?")),
    (r"connect timeout|timeout|no time left", _fixed("it is slower than this look, or a firewall swallows the calls")),
    (r"dropped", _fixed("the connection is cut: a proxy or firewall between, or it has just been restarted")),
    (
        r"tls",
        _fixed(
            "the certificate is not one that this machine trusts, or is for another name; or that port speaks no TLS"
        ),
    ),
    (
        r"no starttls",
        _fixed("this port offers no TLS: smtps:// if another does, ?starttls=never in a network you trust"),
    ),
    (r"no log-in offered", _fixed("this server wants no password: take user and password out of BRIDGE_MAIL")),
    (r"log-in not ascii", _fixed("user and password in BRIDGE_MAIL can only be sent in ASCII: set such a password")),
    (r"sender .*|smtp 55\d|smtp 50\d", _fixed("the server does not take mail from this sender: set BRIDGE_MAIL_FROM")),
    (r"smtp 4\d\d", _fixed("the mail server says that it cannot just now: see its log, and look again")),
    (r"folder: .*|file: .*|file too large", _fixed("check the path, and that the user who runs the bridge may use it")),
    (
        r"no such field",
        _fixed("BRIDGE_CRM_FIELDS names a field that there is not; docs/crm.md says how fields are named"),
    ),
)
"""The first pattern that fits the whole detail counts."""
