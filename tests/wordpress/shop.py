"""A whole installation: WordPress with plugin and echo bot, paired with a running sidecar, and a mail catcher."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mailcatcher import MailCatcher
from sidecar import Sidecar
from wordpress_site import ECHO_BOT, Site, build_plugin_zip


@dataclass(frozen=True, slots=True)
class Shop:
    """Its parts, all running; `chat_secret` and `admin_secret` are the site's own, for signed calls to the sidecar."""

    site: Site
    sidecar: Sidecar
    mail: MailCatcher
    chat_secret: str
    admin_secret: str


@contextmanager
def running_shop(
    core: Path,
    folder: Path,
    *,
    bridge: Path | None = None,
    env: Mapping[str, str] | None = None,
    upstreams: Sequence[str] = (),
) -> Iterator[Shop]:
    """Start the parts in the order in which they need each other, end them in the opposite one.

    Args:
        core: from `wordpress_core`.
        folder: for the sidecar's database and log, the mail ledger and the plugin's zip.
        bridge: the program.
        env: further BRIDGE_* settings.
        upstreams: HOST:PORT of what the sidecar may call on this machine, beside the mail server.
    """
    with MailCatcher(folder / "mail.jsonl").running() as mail:
        site = Site(core, plugins=[build_plugin_zip(folder), ECHO_BOT], env={"ESCBRIDGE_TEST_SMTP": mail.address})
        try:
            sidecar = Sidecar(folder, smtp=mail.address, env=env, upstreams=upstreams, program=bridge)
            pairing = sidecar.add_site("shop", site.url)
            site.env["ESCBRIDGE_PAIRING"] = pairing["pairing_code"]
            with sidecar.running():
                site.start()
                yield Shop(site, sidecar, mail, pairing["chat_secret"], pairing["admin_secret"])
        finally:
            site.stop()
