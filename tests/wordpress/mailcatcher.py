"""An SMTP server that keeps every message in a ledger instead of delivering it, and a page that lists them.

    with MailCatcher(folder / "mail.jsonl").running() as catcher:
        ...                                   # BRIDGE_MAIL=f"smtp://{catcher.address}"
        assert [mail.subject for mail in catcher.mails()] == ["..."]

From a terminal: python mailcatcher.py LEDGER
"""

import fcntl
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email import message_from_string, policy
from email.message import EmailMessage
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from loopback import free_port

ACCEPTED = "250 OK"


@dataclass(frozen=True, slots=True)
class Mail:
    """One message as it came in; `raw` is the whole of it, `answer` what the sender was told."""

    at: str
    sender: str
    recipients: tuple[str, ...]
    raw: str
    answer: str = ACCEPTED

    @property
    def message(self) -> EmailMessage:
        parsed = message_from_string(self.raw, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    @property
    def subject(self) -> str:
        return str(self.message.get("Subject", ""))

    @property
    def text(self) -> str:
        body = self.message.get_body(preferencelist=("plain", "html"))
        return str(body.get_content()) if body else ""


def read_ledger(ledger: Path) -> list[Mail]:
    """List the messages of a ledger, oldest first, refused ones included."""
    if not ledger.exists():
        return []
    with ledger.open() as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        rows = [json.loads(line) for line in file]
    return [Mail(**{**row, "recipients": tuple(row["recipients"])}) for row in rows]


def append_to_ledger(ledger: Path, mail: Mail) -> None:
    with ledger.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # several catchers, in several processes, may share a ledger
        file.write(json.dumps(asdict(mail)) + "\n")


class MailCatcher:
    """The server, on a free loopback port of its own.

    Args:
        ledger: file with one JSON object a line; kept when the catcher stops.
        answer: decides what a sender is told, e.g. `lambda mail: "451 try later"`; asked before the ledger is written.
    """

    def __init__(self, ledger: Path, *, answer: Callable[[Mail], str] = lambda _: ACCEPTED) -> None:
        self.ledger = ledger
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self._answer = answer

    @contextmanager
    def running(self) -> Iterator[Self]:
        controller = Controller(self, hostname="127.0.0.1", port=self.port, ready_timeout=30)
        controller.start()
        try:
            yield self
        finally:
            controller.stop()

    def mails(self) -> list[Mail]:
        """List what was accepted, oldest first."""
        return [mail for mail in read_ledger(self.ledger) if mail.answer.startswith("2")]

    def wait_for(self, count: int, *, timeout_s: float = 10) -> list[Mail]:
        """Return the accepted mails as soon as there are that many.

        Raises:
            TimeoutError: there were fewer when the time was up.
        """
        ends = time.monotonic() + timeout_s
        while len(mails := self.mails()) < count:
            if time.monotonic() > ends:
                raise TimeoutError(f"{len(mails)} mails instead of {count} after {timeout_s} s")
            time.sleep(0.02)
        return mails

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        raw = envelope.content or b""
        mail = Mail(
            at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            sender=envelope.mail_from or "",
            recipients=tuple(envelope.rcpt_tos),
            raw=raw if isinstance(raw, str) else raw.decode(errors="replace"),
        )
        answer = self._answer(mail)
        append_to_ledger(self.ledger, Mail(mail.at, mail.sender, mail.recipients, mail.raw, answer))
        return answer


# The page

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Mail ({count})</title>
<meta http-equiv="refresh" content="5"><style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem }}
article {{ border-top: 1px solid #bbb; padding: .5rem 0 }} h2 {{ font-size: 1.1rem; margin: 0 }}
pre {{ white-space: pre-wrap; overflow-wrap: anywhere }} small {{ color: #555 }}
</style><h1>Mail</h1>{articles}</html>"""
ARTICLE = """<article><h2>{subject}</h2><small>{at} · from {sender} · to {recipients} · {answer}</small>
<pre>{text}</pre></article>"""


def page(mails: list[Mail]) -> str:
    """Write the list as HTML, newest first; a message is text from strangers, so all of it is escaped."""
    articles = (
        ARTICLE.format(
            subject=escape(mail.subject or "(no subject)"),
            at=escape(mail.at),
            sender=escape(mail.sender),
            recipients=escape(", ".join(mail.recipients)),
            answer=escape(mail.answer),
            text=escape(mail.text),
        )
        for mail in reversed(mails)
    )
    return PAGE.format(count=len(mails), articles="".join(articles) or "<p>Nothing yet.</p>")


@contextmanager
def inbox(ledger: Path) -> Iterator[str]:
    """Serve the page on a free loopback port; yields its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = page(read_ledger(ledger)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep the terminal quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    ledger = Path(sys.argv[1])
    with ExitStack() as stack:
        catcher = stack.enter_context(MailCatcher(ledger).running())
        address = stack.enter_context(inbox(ledger))
        print(json.dumps({"smtp": catcher.address, "inbox": address}), flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
