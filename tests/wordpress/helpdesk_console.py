"""A Zendesk of our own to click through: its API for the sidecar, and a page on which Zoe works its tickets.

What she does there is told to the shop as Zendesk would tell it: by a signed call to the plugin's address for hooks.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qsl

from loopback import direct_session
from support.contractcheck import Loopback
from support.desks.vendor import DeskVendor, FiledTicket
from support.desks.zendesk import ZendeskDesk

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Helpdesk ({count})</title>
<meta name="viewport" content="width=device-width"><style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem }}
article {{ border: 1px solid #bbb; border-radius: .5rem; padding: 0 1rem 1rem; margin: 1rem 0 }}
h2 {{ font-size: 1.1rem }} pre {{ white-space: pre-wrap; overflow-wrap: anywhere; padding: .5rem; margin: .5rem 0 }}
.private {{ background: #fff6d6 }} .public {{ background: #eef3ff }}
form {{ display: flex; gap: .5rem; flex-wrap: wrap }}
input {{ flex: 1 1 14rem; padding: .4rem }} button {{ padding: .4rem .8rem }} small {{ color: #555 }}
</style><h1>Helpdesk</h1><p>Blue is what the customer can read, yellow is for the team alone.
<a href="/">Look again</a></p>{articles}</html>"""
ARTICLE = """<article><h2>#{ref} {subject}</h2><small>{external_id}</small>{texts}<form method="post">
<input type="hidden" name="ref" value="{ref}"><button name="does" value="takes">Take it</button>
<input name="text" aria-label="Answer" placeholder="An answer for the customer">
<button name="does" value="says">Answer</button><button name="does" value="solves">Solve</button></form></article>"""


class Console:
    """The page: the tickets as they are, and what Zoe does to them."""

    def __init__(self, vendor: DeskVendor) -> None:
        self.vendor = vendor
        self.hooks_url = ""
        """Where the shop takes the helpdesk's calls; known once the shop is there."""

    def page(self) -> str:
        """The tickets as HTML, newest first; what is in them came from strangers, so all of it is escaped."""
        filed = self.vendor.filed()
        articles = "".join(map(article, reversed(filed)))
        return PAGE.format(count=len(filed), articles=articles or "<p>No ticket yet.</p>")

    def act(self, does: str, ref: str, text: str) -> None:
        """Do to a ticket what its form says, and tell the shop."""
        if does == "says" and text.strip():
            self.vendor.says(ref, text)
        elif does == "takes":
            self.vendor.takes(ref)
        elif does == "solves":
            self.vendor.solves(ref)
        self._tell(ref)

    def _tell(self, ref: str) -> None:
        hook = self.vendor.hook(ref, time.time())
        if hook and self.hooks_url:
            with direct_session() as http:
                http.post(self.hooks_url, data=hook.body, headers=hook.headers, timeout=30)


def article(ticket: FiledTicket) -> str:
    """One ticket."""
    subject, *public = ticket.public
    shown = [("public", text) for text in public] + [("private", text) for text in ticket.private]
    texts = "".join(f'<pre class="{kind}">{escape(text)}</pre>' for kind, text in shown)
    ref, external_id = escape(ticket.ref), escape(ticket.external_id)
    return ARTICLE.format(ref=ref, external_id=external_id, subject=escape(subject), texts=texts)


@contextmanager
def helpdesk() -> Iterator[tuple[Console, Loopback, str]]:
    """The console, the API, and the address of the page, on free loopback ports."""
    console = Console(ZendeskDesk())
    with Loopback(console.vendor) as api, _served(console) as address:
        yield console, api, address


@contextmanager
def _served(console: Console) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(200, console.page().encode())

        def do_POST(self) -> None:
            form = dict(parse_qsl(self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()))
            console.act(form.get("does", ""), form["ref"], form.get("text", ""))
            self._answer(303, b"")

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Location", "/")
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep the terminal quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
