"""The one place that knows all parts: puts the product together from its settings."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from bridge.adapters.closures import FeedReader
from bridge.adapters.http import Http
from bridge.adapters.mail.folder import FolderMailer
from bridge.adapters.mail.smtp import BadMailUrl, Server, SmtpMailer
from bridge.assembly.crms import crm
from bridge.assembly.desks import desk, rates
from bridge.assembly.presences import roster
from bridge.clock import SystemClock, clock_of, steady_now
from bridge.config import Settings, SettingsRefused, SiteSettings
from bridge.domain import languages
from bridge.ports import Clock, Mailer, Site
from bridge.service.context import Bridge, PolicyBook, Systems
from bridge.service.heartbeat import Heartbeat
from bridge.service.leases import Leases
from bridge.service.manage_policy import import_policy
from bridge.store import migrate as schema
from bridge.store.database import Database
from bridge.store.sql import SqlStore

BACKGROUND_THREADS = 24


@dataclass(frozen=True, slots=True)
class Assembly:
    """The assembled product and what has to be shut with it."""

    settings: Settings
    bridge: Bridge
    close: Callable[[], None]


def build(settings: Settings, *, clock: Clock | None = None, deliver_at_once: bool = True) -> Assembly:
    """Put the product together. Opens no connection: the first use does.

    Raises:
        SettingsRefused: a setting names something that cannot be used.
    """
    add_languages(settings)
    store = SqlStore(Database(settings.database_url.get_secret_value(), readers=settings.threads))
    machine = SystemClock()
    ticking = clock or clock_of(settings.clock)
    systems = SystemsOf(settings)
    background = ThreadPoolExecutor(BACKGROUND_THREADS, thread_name_prefix="bridge")
    bridge = Bridge(
        store=store,
        clock=ticking,
        policies=PolicyBook(),
        systems=systems,
        background=background,
        closures=FeedReader(systems.http()),
        crm_wait=settings.crm_budget,
        crm_cache_ms=settings.crm_cache * 1000,
        deliver_at_once=deliver_at_once,
        leases=Leases(ticking, machine, steady_now),
        heartbeat=Heartbeat(machine, round(settings.tick * 1000)),
    )

    def close() -> None:
        background.shutdown(wait=True, cancel_futures=True)
        store.close()

    return Assembly(settings, bridge, close)


def add_languages(settings: Settings) -> None:
    """Read the owner's own language data, from now on and everywhere in this process.

    Raises:
        SettingsRefused: there is no such folder, or something in it cannot be read.
    """
    if not settings.languages:
        return
    folder = Path(settings.languages).resolve()
    if not folder.is_dir():
        raise SettingsRefused("BRIDGE_LANGUAGES: there is no such folder")
    try:
        languages.add(folder)
    except languages.LanguageRefused as error:
        raise SettingsRefused(f"BRIDGE_LANGUAGES: {error}") from None


def migrate(settings: Settings) -> None:
    """Bring the database to the schema of this release."""
    schema.migrate(settings.database_url.get_secret_value())


def schema_fault(settings: Settings) -> str | None:
    """Why the database cannot be used as it is, or None."""
    return schema.pending(settings.database_url.get_secret_value())


def no_database(settings: Settings) -> bool:
    """Whether there is no database at all: nothing was ever set up here."""
    return schema.absent(settings.database_url.get_secret_value())


def import_policy_file(assembly: Assembly) -> None:
    """Make the file that `BRIDGE_POLICY` names the policy of every site, where it is not so already.

    Raises:
        SettingsRefused: the file cannot be read.
        PolicyRefused: its document has an error.
    """
    if not assembly.settings.policy:
        return
    path = Path(assembly.settings.policy)
    try:
        document = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise SettingsRefused("the file that BRIDGE_POLICY names cannot be read") from None
    import_policy(assembly.bridge, document, f"file {path.name}")


class SystemsOf:
    """The systems of each site, made from its settings when it is first asked for."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._made: dict[str, Systems] = {}
        allowed = frozenset(filter(None, (part.strip() for part in settings.allow_private_upstreams.split(","))))
        self.http = partial(Http, allow=allowed)
        """Makes what speaks HTTP to one system."""
        try:
            self.http()
        except ValueError as error:
            raise SettingsRefused(f"BRIDGE_ALLOW_PRIVATE_UPSTREAMS: {error}") from None

    def __call__(self, site: Site) -> Systems:
        known = self._made.get(site.id)
        return known or self._made.setdefault(site.id, self._make(site))

    def _make(self, site: Site) -> Systems:
        own = self._settings.for_site(site.id)
        sender = own.mail_from or f"support@{urlsplit(site.url).hostname}"
        helpdesk = desk(own, self.http)
        return Systems(crm(own, self.http), helpdesk, mailer(own), sender, roster(own, self.http), rates(own, helpdesk))


def mailer(own: SiteSettings) -> Mailer:
    """The mailer that `BRIDGE_MAIL` names."""
    where = own.mail.get_secret_value()
    if where.startswith("folder:"):
        return FolderMailer(Path(where.removeprefix("folder:")))
    try:
        return SmtpMailer(Server.parse(where))
    except BadMailUrl as error:
        raise SettingsRefused(f"BRIDGE_MAIL: {error}") from None
