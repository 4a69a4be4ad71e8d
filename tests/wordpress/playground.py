"""A real shop to click through (`make wordpress`): WordPress with the plugin and the echo bot, the sidecar with its
scheduler, and a mail catcher, all on free loopback ports. Ctrl-C ends everything and leaves nothing behind.

    python playground.py [--suite bookworm|trixie|sid] [--check]

BRIDGE_* variables of the caller (BRIDGE_POLICY, BRIDGE_RESPONDER, ...) reach the sidecar.
"""

import argparse
import signal
import subprocess
import sys
import uuid
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests
from loopback import direct_session
from mailcatcher import inbox
from scratch_mariadb import DatabaseError
from shop import running_shop
from sidecar import BRIDGE, SidecarError
from wordpress_core import SUITES, CoreUnavailableError, wordpress_core
from wordpress_site import Site, SiteError, missing_for_wordpress

INSTALL_SYSTEM = Path(__file__).parents[1] / "install_system.sh"

WELCOME = """
  The shop     {shop}/
               customer anna / anna-pass, or a guest in a private window
  The team     {shop}/wp-admin/    admin / admin-pass
  The mail     {inbox}    everything the shop and the bridge send
  The sidecar  {sidecar}    log: {log}

  Try: log in as anna, open the chat, say hello, then ask for a person; read what is promised, and until when.
  In another browser log in as admin, take the conversation and answer; anna sees it. Ctrl-C ends it all.
"""


class PlaygroundError(RuntimeError):
    """A visitor would not get what a shop should give."""


def check(site: Site) -> None:
    """Make one visit as a guest's browser would: the front page, a session, one harmless turn."""
    with direct_session() as guest:
        guest.headers["Origin"] = site.url
        front = guest.get(f"{site.url}/", timeout=30)
        if front.status_code != requests.codes.ok:
            raise PlaygroundError(f"the front page answers {front.status_code}")
        sessions = site.rest("escalation-bridge/v1/sessions")
        session = _post(guest, sessions, {"page_url": f"{site.url}/", "locale": "en_US"})
        guest.headers["X-Escbridge-Token"] = session["token"]
        turn = {"client_turn_id": str(uuid.uuid4()), "message": "Hello, when does my order arrive?"}
        answer = _post(guest, f"{sessions}/{session['session_id']}/turns", turn)
    if log := site.debug_log(only="escalation-bridge"):
        raise PlaygroundError(f"the plugin wrote to debug.log: {log[0]}")
    if answer.get("state") != "open":
        raise PlaygroundError(f"a harmless message was not simply answered: {answer}")


def _post(guest: requests.Session, url: str, body: dict[str, str]) -> dict[str, Any]:
    answer = guest.post(url, json=body, timeout=30)
    if not answer.ok:
        raise PlaygroundError(f"POST {url} answers {answer.status_code}: {answer.text[:500]}")
    value: dict[str, Any] = answer.json()
    return value


def play(options: argparse.Namespace, folder: Path) -> None:
    core = wordpress_core(options.suite)
    with running_shop(core, folder, bridge=options.bridge) as shop, inbox(shop.mail.ledger) as mail:
        shop.site.add_user("anna", "anna-pass")
        if options.check:
            check(shop.site)
            print(f"WordPress {shop.site.version}: the front page and a guest's turn are answered")
            return
        addresses = {"shop": shop.site.url, "inbox": mail, "sidecar": shop.sidecar.url, "log": shop.sidecar.log}
        print(WELCOME.format(**addresses), flush=True)
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
    parser.add_argument("--check", action="store_true", help="boot, make one visit, stop")
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
