"""The one place that knows all parts: puts the product together from its settings."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bridge.adapters.closure_feed import FeedReader
from bridge.adapters.http import Http
from bridge.assembly.crms import crm
from bridge.assembly.desks import Outside, desk, hooks_url_of, rates
from bridge.assembly.mailers import mailer, sender_of
from bridge.assembly.notifiers import RATE, notifiers
from bridge.assembly.presences import roster
from bridge.assembly.responders import Assistants
from bridge.assembly.wordpress import wordpress
from bridge.clock import SystemClock, clock_of, steady_now
from bridge.config import Settings, SettingsRefused, checked_database_url, policy_document, read_settings
from bridge.domain import judging, languages
from bridge.domain.finding import of_file
from bridge.domain.language_files import LanguageRefused
from bridge.ports import Clock, Site, Unusable
from bridge.service.answer_turn import answer_turn
from bridge.service.context import Bridge, PolicyBook, Systems
from bridge.service.diagnose import Line, red
from bridge.service.heartbeat import Heartbeat
from bridge.service.language_reading import LanguageReading
from bridge.service.leases import Leases
from bridge.service.manage_policy import import_policy
from bridge.service.responder_threads import ResponderThreads
from bridge.store import migrate as schema
from bridge.store.backup import backup
from bridge.store.copy import Copied, Progress, copy
from bridge.store.database import Database
from bridge.store.sql import SqlStore

BACKGROUND_THREADS = 24
LOOKUP_THREADS = 16
"""Calls of a CRM at once. Their own: a helpdesk that hangs must not make them late, and every customer of the highest
tier."""
LANGUAGE_THREADS = 8
"""As many as there are languages."""


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
    lookups = ThreadPoolExecutor(LOOKUP_THREADS, thread_name_prefix="crm")
    askers = ThreadPoolExecutor(settings.responder_at_once, thread_name_prefix="answer")
    readers = ThreadPoolExecutor(LANGUAGE_THREADS, thread_name_prefix="language")
    bridge = Bridge(
        store=store,
        clock=ticking,
        policies=PolicyBook(),
        systems=systems,
        background=background,
        lookups=lookups,
        closures=FeedReader(systems.http()),
        crm_wait=settings.crm_budget,
        crm_cache_ms=settings.crm_cache * 1000,
        deliver_at_once=deliver_at_once,
        leases=Leases(ticking, machine, steady_now),
        heartbeat=Heartbeat(machine, round(settings.tick * 1000)),
        languages=LanguageReading(readers, judging.warm),
        asking=ResponderThreads(answer_turn, askers, seats=settings.threads // 2, wait=settings.responder_wait),
        assistants=Assistants(settings, partial(systems.http, seats=settings.responder_at_once)),
    )

    def close() -> None:
        askers.shutdown(wait=True, cancel_futures=True)  # what is owed still, the scheduler answers
        lookups.shutdown(wait=True, cancel_futures=True)
        background.shutdown(wait=True, cancel_futures=True)
        readers.shutdown(wait=True, cancel_futures=True)
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
    except LanguageRefused as error:
        raise SettingsRefused(f"BRIDGE_LANGUAGES: {error}") from None


def migrate(settings: Settings) -> None:
    """Bring the database to the schema of this release."""
    schema.migrate(settings.database_url.get_secret_value())


def schema_fault(settings: Settings) -> Unusable | None:
    """Why the database cannot be used as it is, or None."""
    return schema.pending(settings.database_url.get_secret_value())


def no_database(settings: Settings) -> bool:
    """Whether there is no database at all: nothing was ever set up here."""
    return schema.absent(settings.database_url.get_secret_value())


def copy_database(settings: Settings, source: str | None, target: str, progress: Progress) -> list[Copied]:
    """Copy all of a database, that of the settings or another one, into an empty one.

    Raises:
        SettingsRefused: an address is none of a database.
        CopyRefused: the databases cannot be copied as they are; the message says why.
    """
    return copy(checked_database_url(source or settings.database_url.get_secret_value()),
                checked_database_url(target), progress)  # fmt: skip


def backup_database(settings: Settings, target: Path) -> int:
    """Copy the database, a SQLite file, while it is in use; returns the copy's bytes.

    Raises:
        BackupRefused: it is no SQLite file, cannot be read, or the target cannot be replaced; the message says which.
        OSError: the target's folder cannot be written.
    """
    return backup(settings.database_url.get_secret_value(), target)


def import_policy_file(assembly: Assembly) -> None:
    """Make the file that `BRIDGE_POLICY` names the policy of every site, where it is not so already.

    Raises:
        SettingsRefused: the file cannot be read.
        PolicyRefused: its document has an error.
    """
    if not assembly.settings.policy:
        return
    name, document = policy_document(assembly.settings)
    with of_file(name):
        import_policy(assembly.bridge, document, f"file {name}")


def make_systems(assembly: Assembly) -> None:
    """See that each site's systems can be made, before anything is done for one.

    Raises:
        SettingsRefused: they lack a setting; it names the site.
    """
    with assembly.bridge.store.read() as tx:
        sites = tx.sites.all()
    for site in sites:
        make_systems_of(assembly, site)


def make_systems_of(assembly: Assembly, site: Site) -> None:
    """See that a site's systems can be made.

    Raises:
        SettingsRefused: they lack a setting; it names the site.
    """
    try:
        assembly.bridge.systems(site)
        assembly.bridge.assistants(site.id)
    except SettingsRefused as error:
        raise SettingsRefused(f"site {site.id}: {error}") from None


def examine(site_id: str | None, test_mail_to: str | None) -> list[Line]:
    """Look at everything that this machine's settings name.

    Args:
        site_id: the one site that is looked at; None for all of them.
        test_mail_to: where a test mail is really sent, for each of them.

    Raises:
        SiteUnknown: there is no such site.
    """
    from bridge.assembly.doctor import Doctor  # noqa: PLC0415 - what no sidecar and no scheduler needs

    try:
        settings = read_settings()
        assembly = build(settings, deliver_at_once=False)
        systems = SystemsOf(settings)
    except SettingsRefused as error:
        return [Line("", "settings", red(str(error), "correct it: docs/settings.md has every setting"))]
    try:
        return Doctor(settings, systems.http, systems.allowed).examine(assembly.bridge, site_id, test_mail_to)
    finally:
        assembly.close()


class SystemsOf:
    """The systems of each site, made from its settings when it is first asked for, and anew when it was changed."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._made: dict[Site, Systems] = {}
        self.allowed = frozenset(filter(None, (part.strip() for part in settings.allow_private_upstreams.split(","))))
        self.http = partial(Http, allow=self.allowed)
        """Makes what speaks HTTP to one system."""
        try:
            self.http()
        except ValueError as error:
            raise SettingsRefused(f"BRIDGE_ALLOW_PRIVATE_UPSTREAMS: {error}") from None

    def __call__(self, site: Site) -> Systems:
        known = self._made.get(site)
        return known or self._made.setdefault(site, self._make(site))

    def _make(self, site: Site) -> Systems:
        own = self._settings.for_site(site.id)
        mails, sender = mailer(own), sender_of(own, site)
        channels = notifiers(own, self.http)
        helpdesk = desk(own, Outside(self.http, mails, sender, hooks_url_of(own, site)))
        return Systems(
            crm=crm(own, self.http),
            desk=helpdesk,
            mailer=mails,
            sender=sender,
            roster=roster(own, self.http),
            notifiers=channels,
            wordpress=wordpress(site, self.allowed)[0],
            rates={**rates(own, helpdesk), **dict.fromkeys((one.name for one in channels), RATE)},
        )
