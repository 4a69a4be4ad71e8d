"""Mail by SMTP, with every outcome named.

Until the message's text is under way nothing has happened; after that the server's own word counts, and without it the
outcome is unknown.
"""

import ipaddress
import re
import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

from bridge.adapters.deadline import Deadline, Lines
from bridge.adapters.mail.message import build, envelope_sender, recipient, sender_address
from bridge.ports import AdapterError, BridgeError, Fault, Mail, NotDone, OutcomeUnknown, Rejected

_T = TypeVar("_T")

_OK, _GO_ON, _LATER, _CLOSING, _NEVER = 200, 354, 400, 421, 500


class BadMailUrl(BridgeError):  # noqa: N818
    """The mail address is not smtp://[user:password@]host[:port][?starttls=never|required] or smtps://..."""


class Security(StrEnum):
    """How the connection is protected."""

    TLS = "tls"
    """From the first byte (smtps)."""
    REQUIRED = "required"
    """STARTTLS with a checked certificate, or no mail."""
    OFFERED = "offered"
    """STARTTLS if there is any, certificate unchecked: for a server on this machine."""
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail is handed over."""

    host: str
    port: int
    security: Security
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read a setting such as `smtp://user:pass@mail.example.org:587`.

        Raises:
            BadMailUrl: it is none. The error does not repeat it.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
            query = parse_qs(parts.query, strict_parsing=bool(parts.query))
        except ValueError:
            raise BadMailUrl from None
        starttls = query.pop("starttls", [None])[0]
        known = parts.scheme in {"smtp", "smtps"} and starttls in {None, "never", "required"}
        if not host or not known or query or parts.path not in {"", "/"}:
            raise BadMailUrl
        security = _security(parts.scheme, host, starttls)
        user, password = unquote(parts.username or "") or None, unquote(parts.password or "")
        return cls(host, port or _port(security, user), security, user, password)


def _security(scheme: str, host: str, starttls: str | None) -> Security:
    if scheme == "smtps":
        return Security.TLS
    if starttls is not None:
        return Security(starttls)
    return Security.OFFERED if _is_loopback(host) else Security.REQUIRED


def _port(security: Security, user: str | None) -> int:
    if security is Security.TLS:
        return 465
    return 587 if user else 25


def _is_loopback(host: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host.lower() == "localhost"


class SmtpMailer:
    """Hands mails to an SMTP server, one connection a mail.

    Args:
        server: where, and how protected.
        budget_s: seconds for one mail, from look-up to the server's last word.
        context: for TLS; the system's certificates by default.
    """

    name = "smtp"

    def __init__(self, server: Server, *, budget_s: float = 30.0, context: ssl.SSLContext | None = None) -> None:
        self._server = server
        self._budget_s = budget_s
        self._context = context
        self._lines = Lines(4)

    def send(self, mail: Mail) -> None:
        """See `bridge.ports.Mailer`."""
        letter = _Letter(envelope_sender(mail), recipient(mail), bytes(build(mail)))
        self._lines.call(Deadline(self._budget_s), lambda deadline: self._deliver(letter, deadline))

    def check(self, sender: str, *, budget: float) -> None:
        """See `bridge.ports.Mailer`."""
        address = sender_address(sender)
        self._lines.call(Deadline(budget), lambda deadline: self._try(address, deadline))

    def _try(self, sender: str, deadline: Deadline) -> None:
        client = _before_data(lambda: self._connect(sender, deadline))
        try:
            _before_data(lambda: self._introduce(client, sender))
        finally:
            _leave(client)

    def _deliver(self, letter: "_Letter", deadline: Deadline) -> None:
        client = _before_data(lambda: self._connect(letter.sender, deadline))
        try:
            _before_data(lambda: self._introduce(client, letter.sender))
            _before_data(lambda: _address(client, letter.recipient))
            deadline.sending()
            _hand_over(client, letter.content, deadline)
        finally:
            _leave(client)

    def _connect(self, sender: str, deadline: Deadline) -> smtplib.SMTP:
        server, timeout = self._server, deadline.left() + 1  # the deadline cuts first; smtplib hides time-outs
        name = sender.rpartition("@")[2]  # given, so that nothing looks up this machine's own name
        if server.security is Security.TLS:
            context = self._context or _context(checked=True)
            return _watched_tls(deadline)(server.host, server.port, name, timeout=timeout, context=context)
        return _watched(deadline)(server.host, server.port, name, timeout=timeout)

    def _introduce(self, client: smtplib.SMTP, sender: str) -> None:
        client.ehlo_or_helo_if_needed()
        self._protect(client)
        if self._server.user is not None:
            client.login(self._server.user, self._server.password or "")
        _expect(client.docmd(f"MAIL FROM:<{sender}>")[0])

    def _protect(self, client: smtplib.SMTP) -> None:
        security = self._server.security
        if security in {Security.TLS, Security.NEVER}:
            return
        if client.has_extn("starttls"):
            client.starttls(context=self._context or _context(checked=security is Security.REQUIRED))
            client.ehlo()
        elif security is Security.REQUIRED:
            raise Rejected("no starttls", fault=Fault.SYSTEM)


@dataclass(frozen=True, slots=True)
class _Letter:
    sender: str
    recipient: str
    content: bytes = field(repr=False)


def _address(client: smtplib.SMTP, recipient: str) -> None:
    _expect(client.docmd(f"RCPT TO:<{recipient}>")[0])
    _expect(client.docmd("DATA")[0], _GO_ON)


def _watched(deadline: Deadline) -> type[smtplib.SMTP]:
    class Client(smtplib.SMTP):
        def getreply(self) -> tuple[int, bytes]:
            deadline.hold(self.sock)
            return super().getreply()

    return Client


def _watched_tls(deadline: Deadline) -> type[smtplib.SMTP_SSL]:
    class Client(smtplib.SMTP_SSL):
        def getreply(self) -> tuple[int, bytes]:
            deadline.hold(self.sock)
            return super().getreply()

    return Client


def _context(*, checked: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not checked:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _before_data(step: Callable[[], "_T"]) -> "_T":
    """Do a step before the text leaves: whatever fails here, no mail has been sent."""
    try:
        return step()
    except BridgeError:
        raise
    except smtplib.SMTPResponseException as error:
        failure: AdapterError = _refusal(error.smtp_code, Fault.SYSTEM)  # of the greeting or the log-in
    except ssl.SSLError:
        failure = NotDone("tls", fault=Fault.SYSTEM)
    except smtplib.SMTPNotSupportedError:
        failure = Rejected("no log-in offered", fault=Fault.SYSTEM)
    except UnicodeEncodeError:  # smtplib writes user and password in ASCII; all else that it is given is ASCII already
        failure = Rejected("log-in not ascii", fault=Fault.SYSTEM)
    except TimeoutError:
        failure = NotDone("timeout", fault=Fault.SYSTEM)
    except socket.gaierror:
        failure = NotDone("name not resolved", fault=Fault.SYSTEM)
    except (OSError, smtplib.SMTPException):
        failure = NotDone("refused", fault=Fault.SYSTEM)
    raise failure


def _expect(code: int, wanted: int | None = None) -> None:
    if code != wanted and not (wanted is None and _OK <= code < _OK + 100):
        raise _refusal(code)


def _refusal(code: int, fault: Fault = Fault.CALL) -> AdapterError:
    """A refusal of one mail, unless the server says that it is closing, or speaks to whoever connects."""
    kind = Rejected if code >= _NEVER else NotDone
    return kind(f"smtp {code}", fault=Fault.SYSTEM if code == _CLOSING else fault)


def _hand_over(client: smtplib.SMTP, content: bytes, deadline: Deadline) -> None:
    try:
        client.send(_dotted(content))
        code = client.getreply()[0]
    except TimeoutError:
        failure: AdapterError = OutcomeUnknown("timeout", fault=Fault.SYSTEM)
    except (OSError, smtplib.SMTPException):
        failure = OutcomeUnknown("dropped", fault=Fault.SYSTEM)
    else:
        if _OK <= code < _OK + 100:
            return
        known = code >= _LATER
        failure = _refusal(code) if known else OutcomeUnknown("smtp: no reply")
        if known:
            deadline.not_sending()
    raise failure


def _dotted(content: bytes) -> bytes:
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", content)
    return re.sub(rb"(?m)^\.", b"..", lines).removesuffix(b"\r\n") + b"\r\n.\r\n"


def _leave(client: smtplib.SMTP) -> None:
    """Say goodbye without waiting for the reply: a slow one must not turn a mail that was taken into an unknown one."""
    with suppress(OSError, smtplib.SMTPException):
        client.putcmd("QUIT")
    client.close()
