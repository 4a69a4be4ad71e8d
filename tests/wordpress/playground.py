"""A real shop to click through (`make wordpress`): WordPress with the plugin and the echo bot, the sidecar with its
scheduler, a helpdesk and a mail catcher, all on free loopback ports. Ctrl-C ends everything and leaves nothing behind.

    python playground.py [--suite bookworm|trixie|sid] [--check]

BRIDGE_* variables of the caller (BRIDGE_POLICY, BRIDGE_RESPONDER, ...) reach the sidecar; the helpdesk is ours.
"""

import argparse
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import requests
from helpdesk_console import Console, helpdesk
from loopback import direct_session
from mailcatcher import inbox
from scratch_mariadb import DatabaseError
from shop import running_shop
from sidecar import BRIDGE, SidecarError
from wordpress_core import SUITES, CoreUnavailableError, wordpress_core
from wordpress_site import Site, SiteError, missing_for_wordpress

Found = TypeVar("Found")

ANSWER = "Your parcel is at the depot, and will be with you tomorrow."
PATIENCE_S = 20
INSTALL_SYSTEM = Path(__file__).parents[1] / "install_system.sh"

WELCOME = """
  The shop     {shop}/
               customer anna / anna-pass, or a guest in a private window
  The team     {shop}/wp-admin/    admin / admin-pass
  The helpdesk {helpdesk}    a Zendesk of our own: the ticket, and its team
  The mail     {inbox}    everything the shop and the bridge send
  The sidecar  {sidecar}    log: {log}

  Try: log in as anna, open the chat, say hello, then ask for a person; read what is promised, and until when.
  In the helpdesk take the ticket and answer, or in another browser as admin; anna sees it. Ctrl-C ends it all.
"""


class PlaygroundError(RuntimeError):
    """A visitor would not get what a shop should give."""


def check(site: Site, console: Console) -> None:
    """Make one visit as a guest's browser would: the front page, a harmless turn, a request that is answered."""
    with direct_session() as guest:
        guest.headers["Origin"] = site.url
        front = guest.get(f"{site.url}/", timeout=30)
        if front.status_code != requests.codes.ok:
            raise PlaygroundError(f"the front page answers {front.status_code}")
        sessions = site.rest("escalation-bridge/v1/sessions")
        session = _post(guest, sessions, {"page_url": f"{site.url}/", "locale": "en_US"})
        guest.headers["X-Escbridge-Token"] = session["token"]
        here = f"{sessions}/{session['session_id']}"
        answer = _says(guest, here, "Hello, when does my order arrive?")
        if answer.get("state") != "open":
            raise PlaygroundError(f"a harmless message was not simply answered: {answer}")
        if _says(guest, here, "I want to talk to a human").get("state") != "escalated":
            raise PlaygroundError("a request for a person was not handed over")
        ticket = _within("a ticket in the helpdesk", lambda: next(iter(console.vendor.filed()), None))
        console.act("says", ticket.ref, ANSWER)
        _within("the helpdesk's answer in the chat", lambda: ANSWER in _lines(guest, here) or None)
    if log := site.debug_log(only="escalation-bridge"):
        raise PlaygroundError(f"the plugin wrote to debug.log: {log[0]}")


def _says(guest: requests.Session, here: str, text: str) -> dict[str, Any]:
    return _post(guest, f"{here}/turns", {"client_turn_id": str(uuid.uuid4()), "message": text})


def _lines(guest: requests.Session, here: str) -> list[str]:
    return [event["text"] for event in _post(guest, f"{here}/events", {"after": 0})["events"]]


def _within(what: str, look: Callable[[], Found | None]) -> Found:
    ends = time.monotonic() + PATIENCE_S
    while (found := look()) is None:
        if time.monotonic() > ends:
            raise PlaygroundError(f"waited {PATIENCE_S} seconds in vain for {what}")
        time.sleep(0.2)
    return found


def _post(guest: requests.Session, url: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = guest.post(url, json=body, timeout=30)
    if not answer.ok:
        raise PlaygroundError(f"POST {url} answers {answer.status_code}: {answer.text[:500]}")
    value: dict[str, Any] = answer.json()
    return value


def play(options: argparse.Namespace, folder: Path) -> None:
    core = wordpress_core(options.suite)
    with helpdesk() as (console, api, page):
        desk = {f"BRIDGE_{name.upper()}": value for name, value in console.vendor.settings(api.base_url).items()}
        with (
            running_shop(core, folder, bridge=options.bridge, env=desk, upstreams=[api.endpoint]) as shop,
            inbox(shop.mail.ledger) as mail,
        ):
            console.hooks_url = shop.site.rest(f"escalation-bridge/v1/hooks/{console.vendor.name}")
            shop.site.add_user("anna", "anna-pass")
            if options.check:
                check(shop.site, console)
                print(f"WordPress {shop.site.version}: a guest is answered, and the helpdesk's answer is in the chat")
                return
            where = {"shop": shop.site.url, "inbox": mail, "helpdesk": page}
            print(WELCOME.format(**where, sidecar=shop.sidecar.url, log=shop.sidecar.log), flush=True)
            signal.pause()


def _leave(number: int, _frame: object) -> None:
    """Unwind once; a second Ctrl-C does not interrupt the tidying up."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    sys.exit(128 + number)


def main() -> None:
    parser = argparse.ArgumentParser(description="A real WordPress shop with Escalation Bridge, to click through.")
    parser.add_argument("--suite", choices=SUITES, default="trixie", help="whose WordPress (Debian's)")
    parser.add_argument("--bridge", type=Path, default=BRIDGE, help="the bridge program")
    parser.add_argument("--check", action="store_true", help="boot, make one visit, have it answered, stop")
    options = parser.parse_args()
    subprocess.run([INSTALL_SYSTEM], check=False)
    if missing := missing_for_wordpress():
        sys.exit(f"WordPress cannot run here, missing: {', '.join(missing)}")
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, _leave)
    try:
        with TemporaryDirectory(prefix="escb-play-", dir="/tmp") as folder:
            play(options, Path(folder))
    except (PlaygroundError, SidecarError, SiteError, DatabaseError, CoreUnavailableError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
