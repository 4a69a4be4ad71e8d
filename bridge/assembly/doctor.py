"""What `bridge doctor` looks at, made from the settings: every part as the product itself would make it."""

import os
import zoneinfo
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pydantic import SecretStr

import bridge as package
from bridge.adapters.http import Http
from bridge.assembly import crms, desks, presences, responders
from bridge.assembly.mailers import mailer, sender_of
from bridge.assembly.wordpress import endpoint, wordpress
from bridge.clock import machine_now
from bridge.config import (
    CONFIG_FILE,
    PREFIX,
    SECRETS,
    Settings,
    SettingsRefused,
    SiteSettings,
    policy_document,
    variable,
)
from bridge.domain.finding import PolicyRefused, of_file
from bridge.domain.policy_check import read_policy
from bridge.ports import AdapterError, Mail, Mailer, Site, StoreUnreachable
from bridge.service import diagnostic_checks
from bridge.service.context import Bridge, new_id
from bridge.service.diagnose import Light, Line, Look, Result, green, look_at_all, red, yellow
from bridge.service.errors import SiteUnknown
from bridge.service.troubleshooting import ExternalSystem, cure
from bridge.store.database_facts import facts_of
from bridge.store.migrate import SCHEMA_HEAD, file_fault, pending
from bridge.zone_data import PACKAGED, in_use

NAMES = {
    "hubspot": "HubSpot",
    "woocommerce": "WooCommerce",
    "http": "your own address",
    "openai": "the model's server",
    "builtin": "the built-in desk",
}
"""Where a name is not the choice with a capital letter."""
DATABASE_WITHIN, REST_WITHIN = 3.0, 7.0
"""Seconds that an examination takes at most, for the database and for all the rest."""
MAKE_IT_SO = "set it in bridge.toml or the environment: docs/settings.md"

At = Callable[[float], list[Result]]


@dataclass(frozen=True, slots=True)
class Doctor:
    """Makes the looks, and looks.

    Args:
        settings: those of this process.
        http: makes what speaks HTTP to one system.
        allowed: `host:port` of upstreams in private networks.
    """

    settings: Settings
    http: Callable[[], Http]
    allowed: Collection[str] = ()

    def examine(self, bridge: Bridge, site_id: str | None, test_mail_to: str | None) -> list[Line]:
        """Look at everything, as far as the database lets us.

        Args:
            bridge: over the database that the settings name.
            site_id: the one site that is looked at; None for all of them.
            test_mail_to: where a test mail is really sent, for each of them; None for nowhere.

        Raises:
            SiteUnknown: there is no such site.
        """
        found = look_at_all(self.at_the_database(), DATABASE_WITHIN)
        if any(line.result.light is Light.RED for line in found if line.about == "schema"):
            return found  # nothing can be read
        with bridge.store.read() as tx:
            known = tx.sites.all()
        sites = [site for site in known if site_id in (None, site.id)]
        if site_id and not sites:
            raise SiteUnknown(site_id)
        looks = [*self.at_what_is_shared(bridge, known), *self.at_each(bridge, sites)]
        if test_mail_to:
            looks += [self.at_a_test_mail(site, test_mail_to) for site in sites]
        return found + look_at_all(looks, REST_WITHIN)

    def at_the_database(self) -> list[Look]:
        """Without it there is nothing else to look at."""
        return [Look("settings", self._settings), Look("database", self._database), Look("schema", self._schema)]

    def at_what_is_shared(self, bridge: Bridge, sites: Sequence[Site]) -> list[Look]:
        """The processes, and what holds for all the sites that there are."""
        shared = [
            Look("zones", lambda _: diagnostic_checks.look_at_zone_data(in_use(zoneinfo.TZPATH), PACKAGED)),
            Look("scheduler", lambda _: diagnostic_checks.look_at_scheduler(bridge, machine_now())),
        ]
        if not self.settings.bind.startswith("unix:"):
            shared.append(Look("sidecar", self._sidecar))
        shared.append(Look("sites", partial(self._sites, sites)))
        if not sites:
            shared.append(Look("settings", self._not_enough))
        if self.settings.policy:
            shared.append(Look("policy file", self._policy_file))
        return shared

    def at_each(self, bridge: Bridge, sites: Sequence[Site]) -> list[Look]:
        """Sites with their systems."""
        return [look for site in sites for look in self._of(bridge, site)]

    def at_a_test_mail(self, site: Site, to: str) -> Look:
        """A mail that is really sent."""
        return self._made(site, "test mail", lambda own: partial(_send, mailer(own), own, sender_of(own, site), to))

    # -- what all sites share ------------------------------------------------------------------------------------------

    def _settings(self, _budget: float) -> list[Result]:
        file = Path(os.environ.get(variable("config"), CONFIG_FILE))
        number = sum(name.startswith(PREFIX) for name in os.environ)
        variables = "variable" if number == 1 else "variables"
        there = file if file.exists() else f"no {CONFIG_FILE} in {Path.cwd()}"
        results = [green(f"{there}, and {number} {variables} {PREFIX}*")]
        if file.exists() and file.stat().st_mode & 0o004 and any(name in file.read_text("utf-8") for name in SECRETS):
            results.append(yellow(f"everybody on this machine may read the secrets in {file}", f"chmod 600 {file}"))
        return results + [red(fault, MAKE_IT_SO) for fault in map(self._section_fault, self.settings.sites) if fault]

    def _section_fault(self, site: str) -> str:
        """What is wrong in a site's section of the file."""
        return _fault(lambda: self.settings.for_site(site))

    def _database(self, _budget: float) -> list[Result]:
        url = self.settings.database_url.get_secret_value()
        if fault := file_fault(url):
            return [red(fault.cause, fault.cure)]
        per_process = 2 * self.settings.threads
        try:
            facts = facts_of(url)
        except StoreUnreachable as error:
            return [red(error.why.cause, error.why.cure)]
        return diagnostic_checks.look_at_database(facts, connections=per_process * (self.settings.workers + 1))

    def _schema(self, _budget: float) -> list[Result]:
        url = self.settings.database_url.get_secret_value()
        if file_fault(url):
            return [red("not looked at: see the line above", "")]
        if fault := pending(url):
            return [red(fault.cause, fault.cure)]
        return [green(f"{SCHEMA_HEAD}, this release's")]

    def _sidecar(self, budget: float) -> list[Result]:
        address = self.settings.local_address
        endpoint = address.removeprefix("http://")
        try:
            answer = Http(allow=[endpoint]).json("GET", f"{address}/healthz", budget_s=budget)
        except AdapterError as error:
            do = "start it: bridge up, or bridge serve; if it runs on another machine, this line says nothing"
            return [yellow(f"nothing answers at {endpoint}: {error.detail}", do)]
        version = answer.json.get("version") if isinstance(answer.json, dict) else None
        if version != package.__version__:
            return [yellow(f"another release answers at {endpoint}: {version}", "restart it with this release")]
        return [green(f"answers at {endpoint}, release {version}")]

    def _sites(self, sites: Sequence[Site], _budget: float) -> list[Result]:
        known = {site.id for site in sites}
        strange = sorted(self.settings.sites.keys() - known)
        results = [yellow(f"bridge.toml has a section for {name!r}, which is no site", "bridge site list names them")
                   for name in strange]  # fmt: skip
        if not sites:
            return [*results, yellow("there is none yet", "bridge site add NAME --url URL")]
        return results or [green(f"{len(sites)}: {', '.join(sorted(known))}")]

    def _not_enough(self, _budget: float) -> list[Result]:
        """What the systems of a site to come lack, by its section or, where there is none, by what all share."""
        sections = [site for site in self.settings.sites if not self._section_fault(site)]
        owns = [self.settings.for_site(site) for site in sections] or [self.settings]
        faults = dict.fromkeys(fault for own in owns for fault in map(_fault, self._makers(own)) if fault)
        return [red(fault, MAKE_IT_SO) for fault in faults]

    def _makers(self, own: SiteSettings) -> list[Callable[[], object]]:
        """What makes each of a site's systems."""
        return [
            lambda: mailer(own),
            lambda: crms.crm(own, self.http),
            lambda: desks.desk(own, desks.Outside(self.http, mailer(own), "")),
            lambda: presences.roster(own, self.http),
            lambda: responders.responder(own, self.http),
        ]

    def _policy_file(self, _budget: float) -> list[Result]:
        """What the sidecar reads at its start, and refuses to start with."""
        try:
            name, document = policy_document(self.settings)
            with of_file(name):
                read_policy(document, now=machine_now())
        except SettingsRefused as error:
            return [red(str(error), MAKE_IT_SO)]
        except PolicyRefused as error:
            first = str(error).partition("\n")[0]
            return [red(first, f"correct it until bridge policy check {self.settings.policy} takes it")]
        return [green(f"{name} can be used")]

    # -- a site --------------------------------------------------------------------------------------------------------

    def _of(self, bridge: Bridge, site: Site) -> list[Look]:
        return [
            self._wordpress(bridge, site),
            Look("policy", lambda _: diagnostic_checks.look_at_policy(bridge, site), site.id),
            self._made(site, "CRM", self._crm),
            self._made(site, "helpdesk", lambda own: self._desk(own, site)),
            self._made(site, "presence", self._presence),
            self._made(site, "responder", partial(self._responder, bridge, site)),
            self._made(site, "mail", lambda own: _mail(mailer(own), own, sender_of(own, site))),
            Look("team mail", lambda _: diagnostic_checks.look_at_team_mail(bridge, site), site.id),
            Look("outbox", lambda _: diagnostic_checks.look_at_outbox(bridge, site), site.id),
            Look("alarms", lambda _: diagnostic_checks.look_at_alarms(bridge, site), site.id),
        ]

    def _made(self, site: Site, about: str, make: Callable[[SiteSettings], At]) -> Look:
        """The look at a part, or that it cannot be made from what is set; what cannot be read, `settings` says."""
        if self._section_fault(site.id):
            return Look(about, lambda _: [], site.id)
        try:
            at = make(self.settings.for_site(site.id))
        except SettingsRefused as error:
            said = str(error)
            return Look(about, lambda _: [red(said, MAKE_IT_SO)], site.id)
        return Look(about, at, site.id)

    def _wordpress(self, bridge: Bridge, site: Site) -> Look:
        there, http = wordpress(site, self.allowed)
        upstream = ExternalSystem(site.url, address="the address of the site", endpoint=endpoint(site.url))
        at = partial(diagnostic_checks.look_at_wordpress, there, upstream, lambda: http.ahead)
        paired = partial(diagnostic_checks.look_at_pairing, bridge, site, machine_now())
        return Look("WordPress", lambda budget: paired() or at(budget), site.id)

    def _crm(self, own: SiteSettings) -> At:
        if own.crm == "none":
            return _says("none: what the shop itself knows of customers is all")
        http = self.http()
        made = crms.crm(own, lambda: http)
        assert made is not None  # noqa: S101 - "none" is above
        if own.crm.startswith("file:"):
            path = Path(own.crm.removeprefix("file:")).absolute()
            upstream = ExternalSystem(f"the file {path}", more="docs/crm.md")
        else:
            upstream = _upstream(own, own.crm, crms.NEEDS, "docs/crm.md")
        return partial(diagnostic_checks.look_at_upstream, upstream, _asks(made.check), lambda: http.ahead)

    def _desk(self, own: SiteSettings, site: Site) -> At:
        http = self.http()
        made = desks.desk(own, desks.Outside(lambda: http, mailer(own), sender_of(own, site)))
        if made is None:
            return _says("the built-in one: tickets are worked in wp-admin")
        upstream = _upstream(own, own.desk, desks.NEEDS, "docs/helpdesks.md")
        return partial(diagnostic_checks.look_at_upstream, upstream, _asks(made.check), lambda: http.ahead)

    def _presence(self, own: SiteSettings) -> At:
        http = self.http()
        made = presences.roster(own, lambda: http)
        if made is None:
            return _says("wp-admin says who is there")
        upstream = _upstream(own, own.presence, presences.NEEDS, "docs/presence.md")
        who = made.presences.who

        def ask(budget: float) -> list[str]:
            return [] if who(budget=budget) else [f"{upstream.name} names nobody of the team"]

        return partial(diagnostic_checks.look_at_upstream, upstream, ask, lambda: http.ahead)

    def _responder(self, bridge: Bridge, site: Site, own: SiteSettings) -> At:
        http = self.http()
        made = responders.responder(own, lambda: http)
        if made is None:
            return _says("none: the site's own bot answers")
        if own.responder.startswith("scripted:"):
            return _says(f"a script: {own.responder.removeprefix('scripted:')}")
        upstream = _upstream(own, own.responder, SECRETS_OF, "docs/responder.md")
        answers = partial(diagnostic_checks.look_at_upstream, upstream, _asks(made.check), lambda: http.ahead)
        return lambda budget: [*diagnostic_checks.look_at_pages(bridge, site), *answers(budget)]


def _fault(make: Callable[[], object]) -> str:
    """Why something cannot be made; empty where it can."""
    try:
        make()
    except SettingsRefused as error:
        return str(error)
    return ""


SECRETS_OF = {"claude": ("claude_token",), "openai": ("openai_token",)}
"""What each model's server lets us in by."""


def _says(text: str) -> At:
    return lambda _budget: [green(text)]


def _asks(check: Callable[..., list[str]]) -> Callable[[float], list[str]]:
    return lambda budget: check(budget=budget)


def _upstream(own: SiteSettings, chosen: str, needs: Mapping[str, Sequence[str]], more: str) -> ExternalSystem:
    needed = needs.get(chosen, ())
    secrets = tuple(variable(name) for name in needed if isinstance(getattr(own, name), SecretStr))
    field = "crm_url" if chosen == "http" else f"{chosen}_url"
    url = str(getattr(own, field, ""))
    address = variable(field) if field in SiteSettings.model_fields else ""
    return ExternalSystem(NAMES.get(chosen, chosen.capitalize()), secrets, address, endpoint(url), more)


# -- mail --------------------------------------------------------------------------------------------------------------

MAIL = ExternalSystem("the mail server", ("BRIDGE_MAIL",), "BRIDGE_MAIL")


def _mail(made: Mailer, own: SiteSettings, sender: str) -> At:
    def look(budget: float) -> list[Result]:
        try:
            made.check(sender, budget=budget)
        except AdapterError as error:
            return [red(f"no mail could leave: {error.detail}", cure(MAIL, error.detail))]
        if made.name == "folder":
            return [_to_nobody("mails are written", own)]
        return [green(f"the mail server takes mail from {sender}; --send ADDRESS sends one")]

    return look


def _to_nobody(what: str, own: SiteSettings) -> Result:
    folder = own.mail.get_secret_value().removeprefix("folder:")
    do = "set BRIDGE_MAIL to smtp://user:password@host:587, unless something else sends what lies there"
    return yellow(f"{what} into the folder {folder}, and sent to nobody", do)


def _send(made: Mailer, own: SiteSettings, sender: str, to: str, _budget: float) -> list[Result]:
    host = sender.rpartition("@")[2].rstrip(">")
    text = "This is a test of Escalation Bridge. You have asked for it, and nothing else has to be done.\n"
    mail = Mail(f"<{new_id('test')}@{host}>", sender, to, "A test of Escalation Bridge", text, sent_at=machine_now())
    try:
        made.send(mail)
    except AdapterError as error:
        return [red(f"it was not sent: {error.detail}", cure(MAIL, error.detail))]
    if made.name == "folder":
        return [_to_nobody("written", own)]
    return [green("handed over: see whether it arrives, and not among the spam")]
