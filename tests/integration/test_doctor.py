"""`bridge doctor`: green where everything works, and for each thing that does not a line that says what to do."""

import json
import os
import sqlite3
import time
import zoneinfo
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from support.contractcheck import Fault, Loopback, answers_garbage, answers_late, drops_before, refuses
from support.crms import PipedriveCrm
from support.desks.zendesk import ZendeskDesk
from support.helpdesks import FreshdeskPeople, Person
from support.loopback import http_answer, listening, says
from support.models import MESSAGES, claude_vendor, trouble
from support.sidecar import SHOP, Sidecar, free_port
from support.smtp_server import Script
from support.terminal import Terminal, as_somebody_else

import bridge
from bridge import bootstrap
from bridge.clock import machine_now
from bridge.config import Settings
from bridge.domain.health import Alarm
from bridge.domain.passages import Page
from bridge.domain.relevance import pieces
from bridge.domain.values import Json
from bridge.ports import DatabaseFacts, NotDone, OutcomeUnknown, Rejected, Site
from bridge.service import diagnostic_checks
from bridge.service.diagnose import Light, Look, Result, green, look_at_all
from bridge.service.manage_sites import add_site
from bridge.service.troubleshooting import CURES, ExternalSystem, cure
from bridge.store.database_facts import file_system
from bridge.zone_data import in_use

PLUGIN = json.dumps({"namespace": "escalation-bridge/v1", "routes": {}}).encode()
NO_ROUTE = b'{"code":"rest_no_route","message":"No route was found","data":{"status":404}}'
TICKETS = "GET /api/v2/tickets"
SECRETS = ("token-that-nobody-may-see", "hunter2")


TAKES_PASSWORDS = {"EHLO": "250-test\r\n250 AUTH PLAIN LOGIN"}


@dataclass
class World:
    """Everything that a site stands on, and how `bridge doctor` sees it."""

    run: Terminal
    folder: Path
    env: pytest.MonkeyPatch
    crm: PipedriveCrm = field(default_factory=PipedriveCrm)
    desk: ZendeskDesk = field(default_factory=ZendeskDesk)
    people: FreshdeskPeople = field(default_factory=FreshdeskPeople)
    smtp: Script = field(default_factory=lambda: Script(TAKES_PASSWORDS))
    stack: ExitStack = field(default_factory=ExitStack)

    def set(self, values: Mapping[str, str]) -> None:
        for name, value in values.items():
            self.env.setenv(f"BRIDGE_{name.upper()}", value)

    def wordpress(self, answer: bytes) -> str:
        """The address of a site that always answers so."""
        return f"http://127.0.0.1:{self.stack.enter_context(listening(says(answer))).port}"

    def site(self, name: str, url: str) -> None:
        where = ("--url", url, "--timezone", "Europe/Berlin", "--team-email", "team@shop.example")
        assert self.run("site", "add", name, *where).code == 0

    def write(self, do: Any) -> None:
        assembly = bootstrap.build(Settings(database_url=SecretStr(f"sqlite:///{self.folder / 'bridge.db'}")))
        try:
            with assembly.bridge.store.write() as tx:
                do(tx)
        finally:
            assembly.close()

    def beat(self, ago: float = 0.0) -> None:
        self.write(lambda tx: tx.ops.beat("scheduler", machine_now() - round(ago * 1000)))

    def examined(self, *options: str) -> tuple[int, list[Json]]:
        self.beat()
        ended = self.run("doctor", "--json", *options)
        assert not any(secret in ended.out for secret in SECRETS)
        return ended.code, json.loads(ended.out)

    def bad(self, about: str, *options: str, light: str = "red") -> tuple[str, str]:
        """What is said of the one thing that is not green, and what to do."""
        code, lines = self.examined(*options)
        wrong = [line for line in lines if line["light"] != "green"]
        assert {line["about"] for line in wrong} == {about}, wrong
        assert code == int(light == "red")
        found = next(line for line in wrong if line["light"] == light)
        return found["said"], found["do"]


@pytest.fixture
def world(run: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Everything works."""
    with ExitStack() as stack:
        made = World(run, tmp_path, monkeypatch, stack=stack)
        made.people.people = [Person(7, "Zoe")]
        servers = {vendor: stack.enter_context(Loopback(vendor)) for vendor in (made.crm, made.desk, made.people)}
        for vendor, server in servers.items():
            made.set(vendor.settings(server.base_url))
        health = json.dumps({"status": "ok", "version": bridge.__version__}).encode()
        sidecar = stack.enter_context(listening(says(http_answer(200, health, "Content-Type: application/json"))))
        mail = stack.enter_context(listening(made.smtp))
        made.set(
            {
                "bind": f"127.0.0.1:{sidecar.port}",
                "mail": f"smtp://robot:hunter2@127.0.0.1:{mail.port}?starttls=never",
                "zendesk_token": SECRETS[0],
                "allow_private_upstreams": ",".join(server.endpoint for server in servers.values()),
            }
        )
        made.site("shop", made.wordpress(http_answer(200, PLUGIN, f"Date: {formatdate(usegmt=True)}")))
        yield made


# -- all of it ---------------------------------------------------------------------------------------------------------


def test_where_everything_works_all_is_green_and_it_ends_with_0(world: World) -> None:
    code, lines = world.examined()
    assert [line for line in lines if line["light"] != "green"] == []
    assert code == 0
    assert {line["about"] for line in lines if line["site"] == "shop"} == {
        "WordPress", "policy", "CRM", "helpdesk", "presence", "responder",
        "mail", "team mail", "outbox", "alarms"}  # fmt: skip
    assert world.desk.problems() == world.crm.problems() == world.people.problems() == []
    assert world.desk.state.tickets == []
    assert not [command for command in world.smtp.commands if command.startswith(("RCPT", "DATA"))]


def test_the_screen_is_one_line_a_thing_under_its_site_and_a_word_at_the_end(world: World) -> None:
    world.beat()
    shown = world.run("doctor")
    assert shown.code == 0
    assert shown.out.endswith("Everything works.\n")
    assert "\nshop\n" in shown.out
    assert "\n  ok    helpdesk   Zendesk answers\n" in shown.out
    assert f"\n  ok    zones      {in_use(zoneinfo.TZPATH).version}, from " in shown.out
    world.desk.plan(TICKETS, refuses(401))
    shown = world.run("doctor")
    assert shown.code == 1
    assert "\n  FAIL  helpdesk   Zendesk: http 401\n" in shown.out
    assert " -> BRIDGE_ZENDESK_TOKEN is wrong, has run out, " in shown.out
    assert shown.out.endswith("1 of 18 does not work.\n")


def test_a_test_mail_is_sent_only_where_it_is_asked_for(world: World) -> None:
    code, lines = world.examined("--send", "owner@example.org")
    assert code == 0
    assert {"site": "shop", "about": "test mail", "light": "green", "do": ""}.items() <= lines[-1].items()
    assert "RCPT TO:<owner@example.org>" in world.smtp.commands
    assert b"test of Escalation Bridge" in world.smtp.messages[0]


def test_a_test_mail_into_a_folder_is_sent_to_nobody(world: World) -> None:
    world.set({"mail": "folder:mail"})
    _, lines = world.examined("--send", "owner@example.org")
    assert (lines[-1]["light"], lines[-1]["said"]) == ("yellow", "written into the folder mail, and sent to nobody")


def test_a_test_mail_needs_an_address(world: World) -> None:
    told = world.run("doctor", "--send", "owner")
    assert told.code == 2
    assert "expected one e-mail address" in told.err


def test_a_package_that_is_missing_is_named_with_where_it_is_installed_from() -> None:
    def look(_: float) -> list[Result]:
        raise ModuleNotFoundError(name="psycopg")

    ((said, do),) = [(one.result.said, one.result.do) for one in look_at_all([Look("database", look)], 5.0)]
    assert said == "the Python package psycopg is missing"
    assert do == "for PostgreSQL, in the checkout: /opt/bridge/bin/pip install -c requirements-lock.txt '.[postgres]'"


def test_a_test_mail_that_is_refused_says_so(world: World) -> None:
    world.smtp.replies = {**TAKES_PASSWORDS, "RCPT": "550 nobody here"}
    assert world.bad("test mail", "--send", "nobody@example.org")[0] == "it was not sent: smtp 550"


def test_team_mail_to_a_mailbox_that_was_only_derived_is_worth_a_look_until_somebody_names_one(world: World) -> None:
    address = world.wordpress(http_answer(200, PLUGIN, f"Date: {formatdate(usegmt=True)}"))
    world.run("site", "set", "shop", "--url", address, "--team-email", "support@127.0.0.1")
    said, do = world.bad("team mail", light="yellow")
    assert said == "it goes to support@127.0.0.1, as long as nobody says otherwise"
    assert do == "if nobody reads there: bridge site set shop --team-email ADDRESS"
    assert not any("team@" in line["said"] for line in world.examined()[1])  # a real mailbox may be a person's
    policy = world.run("policy", "show").out
    first = policy.replace("  support:\n", "  support:\n    email: team@shop.example\n", 1)
    another = "  other: {hours: office, respond_within: {normal: 4h}, ladder: [email]%s}\n  support:\n"
    for mailbox, light in (("", "yellow"), (", email: team@shop.example", "green")):
        (world.folder / "policy.yaml").write_text(first.replace("  support:\n", another % mailbox, 1))
        assert world.run("policy", "put", "policy.yaml").code == 0
        assert [one["light"] for one in world.examined()[1] if one["about"] == "team mail"] == [light]


# -- what is set -------------------------------------------------------------------------------------------------------


def test_a_wrong_setting_is_the_one_line_that_is_said(world: World) -> None:
    world.set({"tick": "hunter2"})
    ended = world.run("doctor", "--json")
    (line,) = json.loads(ended.out)
    assert (ended.code, line["light"]) == (1, "red")
    assert line["said"].startswith("wrong setting: tick: ")


def test_a_system_without_its_token_is_named_and_the_rest_is_looked_at(world: World) -> None:
    world.set({"zendesk_token": ""})
    said, do = world.bad("helpdesk")
    assert said == "BRIDGE_DESK=zendesk needs BRIDGE_ZENDESK_URL and BRIDGE_ZENDESK_TOKEN"
    assert "docs/settings.md" in do


def test_a_section_of_no_site_and_secrets_that_all_may_read_are_worth_a_look(world: World) -> None:
    file = world.folder / "bridge.toml"
    file.write_text('freshdesk_token = "x"\n[sites.shpo]\ncrm = "none"\n')
    file.chmod(0o644)
    code, lines = world.examined()
    assert code == 0
    assert {line["about"]: line["do"] for line in lines if line["light"] == "yellow"} == {
        "settings": "chmod 600 bridge.toml", "sites": "bridge site list names them"}  # fmt: skip


def test_a_fault_in_a_sites_section_is_said_once(world: World) -> None:
    (world.folder / "bridge.toml").write_text('[sites.shop]\nbind = "127.0.0.1:1"\n')
    said, do = world.bad("settings")
    assert said == "'bind' is the same for every site: move it above [sites.shop]"
    assert "docs/settings.md" in do


def test_a_policy_file_that_up_would_refuse_is_red(world: World) -> None:
    file = world.folder / "tab.yaml"
    world.set({"policy": str(file)})
    assert world.bad("policy file")[0] == "the file that BRIDGE_POLICY names cannot be read: No such file or directory"
    file.write_text("rules:\n\t- name: x\n")
    said, do = world.bad("policy file")
    assert said.startswith("tab.yaml, line 2: ")
    assert do == f"correct it until bridge policy check {file} takes it"
    world.run("init", "--timezone", "UTC")
    world.set({"policy": str(world.folder / "policy.yaml")})
    code, lines = world.examined()
    assert code == 0
    assert {"about": "policy file", "said": "policy.yaml can be used"}.items() <= next(
        line for line in lines if line["about"] == "policy file"
    ).items()


def test_a_section_of_a_site_that_is_not_looked_at_is_no_fault(world: World) -> None:
    world.site("other", "http://127.0.0.1:1")
    (world.folder / "bridge.toml").write_text("[sites.other]\ndesk_rate = 5\n", "utf-8")
    (sites,) = [line["said"] for line in world.examined("--site", "shop")[1] if line["about"] == "sites"]
    assert sites == "2: other, shop"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('mail = "smtp://"', ["BRIDGE_MAIL: "]),
        ('desk = "zendesk"\ncrm = "hubspot"', ["BRIDGE_CRM=hubspot needs", "BRIDGE_DESK=zendesk needs"]),
        ('desk = "zendesk"\n[sites.new]\ndesk = "builtin"', []),
    ],
)
def test_what_no_site_could_be_served_with_is_said_before_there_is_one(
    run: Terminal, tmp_path: Path, text: str, said: list[str]
) -> None:
    (tmp_path / "bridge.toml").write_text(text, "utf-8")
    run("migrate")
    lines = json.loads(run("doctor", "--json").out)
    red = [line["said"] for line in lines if (line["about"], line["light"]) == ("settings", "red")]
    assert [line[: len(start)] for line, start in zip(red, said, strict=True)] == said


def test_the_number_of_variables_is_said(run: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRIDGE_TICK", "3")
    assert "and 1 variable BRIDGE_*" in run("doctor").out


def test_an_unknown_site_is_an_error(world: World) -> None:
    assert "there is no site 'shpo'" in world.run.fails("doctor", "--site", "shpo")


def test_one_site_can_be_looked_at_alone(world: World) -> None:
    world.site("other", "http://127.0.0.1:1")
    assert {line["site"] for line in world.examined("--site", "shop")[1]} == {"", "shop"}


# -- the database ------------------------------------------------------------------------------------------------------


def test_without_a_database_nothing_is_made_and_the_first_step_is_named(run: Terminal, tmp_path: Path) -> None:
    ended = run("doctor")
    assert ended.code == 1
    assert f"no bridge.toml in {tmp_path}, and 0 variables BRIDGE_*" in ended.out
    assert f"there is no database {tmp_path / 'bridge.db'}; settings are read in the current folder\n" in ended.out
    assert ended.out.count(" -> ") == 1
    assert "-> cd to where bridge.toml is, or bridge init and bridge site add NAME --url URL\n" in ended.out
    assert "bridge migrate" not in ended.out
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_this_user_may_not_write_is_said_once(shop: Terminal, tmp_path: Path) -> None:
    with as_somebody_else(tmp_path) as user:
        ended = shop("doctor")
    assert ended.code == 1
    assert f"bridge.db: this user ({user}) may not write it, or its folder {tmp_path}\n" in ended.out
    assert ended.out.count(" -> ") == 1
    assert "-> chown both to the user that runs the bridge\n" in ended.out


def test_a_database_that_cannot_be_reached_is_said(world: World) -> None:
    world.set({"database_url": f"postgresql+psycopg://robot:hunter2@127.0.0.1:{free_port()}/bridge"})
    ended = world.run("doctor", "--json")
    lines = json.loads(ended.out)
    assert ended.code == 1
    assert {line["about"] for line in lines if line["light"] == "red"} == {"database", "schema"}
    assert "hunter2" not in ended.out


def test_postgresql_is_looked_at_over_its_own_word(world: World, fresh_postgres: Any) -> None:
    world.set({"database_url": fresh_postgres(), "threads": "2"})
    lines = json.loads(world.run("doctor", "--json").out)
    (line,) = [line for line in lines if line["about"] == "database"]
    assert line["light"] == "red"  # the server of the tests does not wait for its disk, and says so
    assert line["said"].endswith("with fsync, full_page_writes, synchronous_commit off")


GOOD_FILE = DatabaseFacts(
    "sqlite", "3.40.1", 5_000_000, {"journal_mode": "wal", "synchronous": "2"}, file_system="ext4", free=2 * 10**10
)
GOOD_SERVER = DatabaseFacts(
    "postgresql", "15.4", 5_000_000, {"fsync": "on", "pg_is_in_recovery": "false"}, connections_free=90,
    round_trip_ms=0.4, ahead=0.01,
)  # fmt: skip


def changed(facts: DatabaseFacts, **more: Any) -> DatabaseFacts:
    from dataclasses import replace  # noqa: PLC0415 - used here alone

    return replace(facts, **more)


@pytest.mark.parametrize(
    ("facts", "light", "said"),
    [
        (GOOD_FILE, Light.GREEN, "each commit is on the disk"),
        (changed(GOOD_FILE, file_system="nfs4"), Light.RED, "network or user file system (nfs4)"),
        (changed(GOOD_FILE, file_system="cifs"), Light.RED, "network or user file system (cifs)"),
        (changed(GOOD_FILE, file_system="fuse.sshfs"), Light.RED, "network or user file system (fuse.sshfs)"),
        (changed(GOOD_FILE, file_system="tmpfs"), Light.RED, "gone at the next start"),
        (changed(GOOD_FILE, file_system="overlay"), Light.YELLOW, "container's own layer"),
        (changed(GOOD_FILE, options={"journal_mode": "wal", "synchronous": "1"}), Light.RED, "synchronous 1"),
        (changed(GOOD_FILE, options={"journal_mode": "delete", "synchronous": "2"}), Light.RED, "journal delete"),
        (changed(GOOD_FILE, free=5 * 10**8), Light.YELLOW, "500.0 MB free"),
        (changed(GOOD_FILE, free=10**6), Light.RED, "1.0 MB free"),
        (GOOD_SERVER, Light.GREEN, "a round trip in 0.4 ms"),
        (changed(GOOD_SERVER, version="12.9"), Light.YELLOW, "PostgreSQL 12.9"),
        (changed(GOOD_SERVER, options={"synchronous_commit": "off"}), Light.RED, "synchronous_commit off"),
        (changed(GOOD_SERVER, options={"pg_is_in_recovery": "true"}), Light.RED, "standby"),
        (changed(GOOD_SERVER, connections_free=20), Light.YELLOW, "20 connections are free"),
        (changed(GOOD_SERVER, ahead=-70.0), Light.YELLOW, "70 s ahead of that of the database server"),
        (changed(GOOD_SERVER, ahead=400.0), Light.RED, "400 s behind that of the database server"),
    ],
)
def test_a_database_is_judged_by_what_it_says_of_itself(facts: DatabaseFacts, light: Light, said: str) -> None:
    results = diagnostic_checks.look_at_database(facts, connections=64)
    worst = max(results, key=lambda one: list(Light).index(one.light))
    assert worst.light is light
    assert any(said in one.said for one in results if one.light is light)
    assert all(bool(one.do) is (one.light is not Light.GREEN) for one in results)


def test_the_file_system_is_that_of_the_nearest_mount(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/vda / ext4 rw 0 0\nserver:/x /srv nfs4 rw 0 0\n/dev/vdb /srv/my\\040disk xfs rw 0 0\nbroken line\n"
    )
    assert file_system(Path("/var/lib/bridge.db"), mounts) == "ext4"
    assert file_system(Path("/srv/bridge.db"), mounts) == "nfs4"
    assert file_system(Path("/srv/my disk/a/bridge.db"), mounts) == "xfs"
    assert file_system(Path("/srv/bridge.db"), tmp_path / "none") == "unknown"


# -- processes and work ------------------------------------------------------------------------------------------------


def test_a_scheduler_on_a_clock_far_ahead_is_not_called_silent_for_a_negative_time(world: World) -> None:
    world.beat(ago=-7230)
    (line,) = [line for line in json.loads(world.run("doctor", "--json").out) if line["about"] == "scheduler"]
    assert line["light"] == "red"
    assert line["said"] == "by this clock its last sign of life comes in 2 hours"
    assert "NTP" in line["do"]


def test_a_scheduler_that_is_silent_or_was_never_there_is_red(world: World) -> None:
    def said() -> str:
        lines = json.loads(world.run("doctor", "--json").out)
        (line,) = [line for line in lines if line["about"] == "scheduler"]
        assert line["light"] == "red"
        assert "bridge up" in line["do"]
        return str(line["said"])

    assert said() == "it has never run"
    world.beat(ago=7200)
    assert said() == "its last sign of life is 2 hours old"


def test_a_sidecar_that_does_not_answer_or_is_of_another_release_is_worth_a_look(world: World) -> None:
    world.set({"bind": f"127.0.0.1:{free_port()}"})
    assert "refused" in world.bad("sidecar", light="yellow")[0]
    old = world.wordpress(http_answer(200, b'{"status": "ok", "version": "0.0.9"}'))
    world.set({"bind": old.removeprefix("http://")})
    assert "another release" in world.bad("sidecar", light="yellow")[0]


def test_what_is_not_delivered_is_green_at_first_red_later_and_parked_rows_wait_for_somebody(sidecar: Sidecar) -> None:
    def looked() -> list[tuple[str, str]]:
        return [(one.light.value, one.said) for one in diagnostic_checks.look_at_outbox(sidecar.bridge, SHOP)]

    assert looked() == [("green", "everything is delivered")]
    for fault in (Rejected("http 422"), OutcomeUnknown("timeout"), None):
        chat = sidecar.chat()
        chat.start()
        chat.says("I want to talk to a human")
        sidecar.desk.fault = fault
        if fault:
            sidecar.work()
    parked = ("yellow", "parked, and waiting for you: 1")
    assert looked() == [parked, ("green", "on the way: 3, 1 of them with an unknown outcome")]
    sidecar.clock.advance(minutes=40)
    assert looked() == [parked, ("red", "not delivered: 3, the oldest for 40 minutes")]


def test_rows_of_another_site_hide_nothing_of_this_one(
    sidecar_on_each: Sidecar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diagnostic_checks, "MOST_COUNTED", 1)
    it = sidecar_on_each
    other = Site("other", "https://other.example", "UTC", "team@other.example")
    for pairing in (add_site(it.bridge, other, "http://bridge"), it.pairing):
        chat = it.chat(pairing=pairing)
        chat.start()
        chat.says("I want to talk to a human")
        it.clock.advance(minutes=10)
    assert [one.said for one in diagnostic_checks.look_at_outbox(it.bridge, SHOP)] == ["on the way: 2"]
    (found,) = diagnostic_checks.look_at_outbox(it.bridge, other)
    assert found.said.startswith("not delivered: 2, the oldest for 20 minutes")


def test_an_alarm_that_stands_is_shown(world: World) -> None:
    alarm = Alarm("alm_1", "promise_broken", "Three customers wait longer than promised.", {}, machine_now())
    world.write(lambda tx: tx.alarms.start("shop", alarm))
    assert world.bad("alarms", light="yellow")[0] == "Three customers wait longer than promised."


def test_a_policy_with_an_error_is_red(world: World) -> None:
    world.write(lambda tx: tx.policies.put("shop", "rules: nonsense", "somebody", 1))
    said, do = world.bad("policy")
    assert said.startswith("version 2: error: ")
    assert "bridge policy put" in do


def test_a_mail_server_without_tls_is_not_said_to_have_a_bad_certificate(world: World) -> None:
    port = world.stack.enter_context(listening(world.smtp)).port
    world.set({"mail": f"smtp://robot:hunter2@127.0.0.1:{port}?starttls=required"})
    said, do = world.bad("mail")
    assert said.endswith(": no starttls")
    assert "?starttls=never in a network you trust" in do
    port = world.stack.enter_context(listening(lambda link: link.sendall(b"220 mail ESMTP\r\n"))).port
    world.set({"mail": f"smtps://robot:hunter2@127.0.0.1:{port}"})
    said, do = world.bad("mail")
    assert said.endswith(": tls")
    assert do.endswith("; or that port speaks no TLS")


# -- WordPress ---------------------------------------------------------------------------------------------------------


def test_a_site_that_has_ended_is_not_expected_to_answer(world: World) -> None:
    world.site("old", "http://127.0.0.1:1")
    assert world.examined()[0] == 1
    assert world.run("site", "revoke", "old", "--everything").code == 0
    said, do = world.bad("WordPress", light="yellow")
    assert said == "no pairing code of it is good: it cannot call"
    assert do == "nothing, if the site has ended; else bridge site rotate old"


@pytest.mark.parametrize(
    ("answer", "said", "do"),
    [
        (http_answer(404, NO_ROUTE), "the plugin is not active there", "activate Escalation Bridge under Plugins"),
        (http_answer(404, b"<h1>Not found</h1>"), "refuses: http 404", "something else answers there"),
        (http_answer(301, b"", "Location: https://www.shop.example/"), "refuses: http 301", "WordPress Address"),
        (http_answer(403, b"{}"), "refuses: http 403", "something blocks WordPress's REST API"),
        (http_answer(503, b"maintenance"), "does not answer: http 503", "the fault is on their side"),
        (http_answer(200, b"<h1>Coming soon</h1>"), "does not answer: not json", "something else answers there"),
    ],
)
def test_each_way_in_which_a_site_is_not_ready_has_its_cure(world: World, answer: bytes, said: str, do: str) -> None:
    world.site("second", world.wordpress(answer))
    found = world.bad("WordPress")
    assert said in found[0]
    assert do in found[1]


def test_a_site_without_pretty_permalinks_is_found_all_the_same(world: World) -> None:
    def talk(connection: Any) -> None:
        asked = connection.recv(65_536)
        page = http_answer(404, b"<h1>Not found</h1>") if b"/wp-json/" in asked else http_answer(200, PLUGIN)
        connection.sendall(page)

    world.site("plain", f"http://127.0.0.1:{world.stack.enter_context(listening(talk)).port}")
    assert world.examined()[0] == 0


def test_a_site_whose_name_leads_nowhere_is_red(world: World) -> None:
    world.site("second", "https://no-such-host.invalid")
    assert "cannot look names up" in world.bad("WordPress")[1]


def test_a_site_with_a_port_that_is_none_is_red(world: World) -> None:
    world.site("second", "https://shop.example")  # as a release before this one took them
    with closing(sqlite3.connect(world.folder / "bridge.db")) as database, database:
        database.execute("UPDATE site SET url = 'https://shop.example:8O' WHERE id = 'second'")
    said, do = world.bad("WordPress")
    assert said == "https://shop.example:8O refuses: bad address"
    assert "check the address of the site" in do


@pytest.mark.parametrize(("ahead", "light"), [(100, "yellow"), (-400, "red")])
def test_a_clock_that_differs_from_wordpress_is_said(world: World, ahead: float, light: str) -> None:
    date = formatdate(time.time() + ahead, usegmt=True)
    world.site("second", world.wordpress(http_answer(200, PLUGIN, f"Date: {date}")))
    said, do = world.bad("WordPress", light=light)
    assert f"{'behind' if ahead > 0 else 'ahead of'} that of WordPress" in said
    assert "NTP" in do


# -- what a site uses --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "said", "do"),
    [
        (refuses(401), "Zendesk: http 401", "BRIDGE_ZENDESK_TOKEN is wrong"),
        (refuses(403), "Zendesk: http 403", "docs/helpdesks.md says what it needs"),
        (refuses(429, "3"), "Zendesk: http 429", "wait a minute"),
        (refuses(500), "Zendesk: http 500", "their status page"),
        (answers_garbage(), "Zendesk: not json", "check BRIDGE_ZENDESK_URL"),
        (answers_late(9), "Zendesk: timeout", "slower than this look"),
    ],
)
def test_each_way_in_which_a_helpdesk_fails_has_its_cure(world: World, fault: Fault, said: str, do: str) -> None:
    world.desk.plan(TICKETS, fault)
    found = world.bad("helpdesk")
    assert found[0] == said
    assert do in found[1]


def test_an_address_in_the_own_network_says_what_to_allow(world: World) -> None:
    world.set({"zendesk_url": "https://127.0.0.1:9"})
    said, do = world.bad("helpdesk")
    assert said == "Zendesk: private address"
    assert "add 127.0.0.1:9 to BRIDGE_ALLOW_PRIVATE_UPSTREAMS" in do


@pytest.mark.parametrize("address", ["https://shop.zendesk.com:8O", "https://shop.zendesk.com:99999", "https://[fe80"])
def test_an_address_that_is_none_is_red_and_the_rest_is_looked_at(world: World, address: str) -> None:
    world.set({"zendesk_url": address})
    said, do = world.bad("helpdesk")
    assert said == "Zendesk: bad address"
    assert "check BRIDGE_ZENDESK_URL" in do


def test_an_own_crm_at_an_address_that_is_none_is_red(world: World) -> None:
    world.set({"crm": "http", "crm_url": "https://[fe80", "crm_secret": "s" * 32})
    assert world.bad("CRM")[0].endswith(": bad address")


def test_a_crm_that_fails_is_red_and_one_that_lacks_a_field_is_worth_a_look(world: World) -> None:
    world.set({"crm_fields": "tier=nonsense"})
    assert "nonsense" in world.bad("CRM", light="yellow")[0]
    world.crm.plan("GET /organizationFields", refuses(401))
    world.crm.plan("GET /personFields", refuses(401))
    said, do = world.bad("CRM")
    assert said == "Pipedrive: http 401"
    assert "BRIDGE_PIPEDRIVE_TOKEN" in do


def test_a_file_of_customers_that_is_not_there_is_named_with_its_path(world: World) -> None:
    world.set({"crm": "file:customers.csv"})
    said, do = world.bad("CRM")
    assert said == f"the file {Path.cwd() / 'customers.csv'}: file: No such file or directory"
    assert do.startswith("check the path")


def test_a_roster_that_fails_is_red_and_an_empty_one_worth_a_look(world: World) -> None:
    world.people.people = []
    assert world.bad("presence", light="yellow")[0] == "Freshdesk names nobody of the team"
    world.people.plan(world.people.listing, drops_before(), drops_before())
    assert world.bad("presence")[0] == "Freshdesk: dropped"


@pytest.mark.parametrize(
    ("replies", "said", "do"),
    [
        ({"AUTH": "535 no"}, "smtp 535", "BRIDGE_MAIL is wrong"),
        ({"MAIL": "553 not yours"}, "smtp 553", "BRIDGE_MAIL_FROM"),
        ({"greeting": "421 busy"}, "smtp 421", "cannot just now"),
        ({"EHLO": "250 test"}, "no log-in offered", "take user and password out"),
    ],
)
def test_each_way_in_which_mail_fails_has_its_cure(world: World, replies: dict[str, str], said: str, do: str) -> None:
    world.smtp.replies = {**TAKES_PASSWORDS, **replies}
    found = world.bad("mail")
    assert found[0] == f"no mail could leave: {said}"
    assert do in found[1]


def test_a_model_is_asked_for_one_word_and_a_script_is_read(world: World) -> None:
    vendor = claude_vendor("Hi", content=[{"type": "text", "text": "Hi"}], stop_reason="max_tokens")
    server = world.stack.enter_context(Loopback(vendor))
    allowed = f"{os.environ['BRIDGE_ALLOW_PRIVATE_UPSTREAMS']},{server.endpoint}"
    world.set({"responder": "claude", "claude_url": server.base_url, "allow_private_upstreams": allowed})
    assert world.bad("responder")[0] == "BRIDGE_RESPONDER=claude needs BRIDGE_CLAUDE_TOKEN"
    world.set({"claude_token": "hunter2"})
    assert world.bad("responder", light="yellow")[1].startswith("switch Answers on under Settings")
    page = Page("12", "page", "https://shop.example/returns", "Returns", "en", "digest", 0)
    world.write(lambda tx: tx.pages.put("shop", page, pieces("Returns", "You can return anything within 30 days.")))
    assert world.examined()[0] == 0
    assert len(vendor.calls) == 2
    vendor.plan(MESSAGES, refuses(401))
    said, do = world.bad("responder")
    assert said == "Claude: http 401"
    assert do.startswith("BRIDGE_CLAUDE_TOKEN is wrong, has run out, ")
    vendor.on(MESSAGES, lambda _request: (404, trouble("not_found_error", "model: claude-haiku-5-5")))
    said, do = world.bad("responder")
    assert said == "Claude: no such model"
    assert "BRIDGE_CLAUDE_MODEL" in do
    vendor.on(MESSAGES, lambda _request: (404, trouble("not_found_error", "Not Found")))
    assert world.bad("responder")[1].endswith("check BRIDGE_CLAUDE_URL")
    (world.folder / "script.yaml").write_text("- {ask: [x]}", "utf-8")
    world.set({"responder": "scripted:script.yaml"})
    assert world.bad("responder")[0].startswith("the script that BRIDGE_RESPONDER names: line 1: answer")


def test_a_folder_of_mails_is_worth_a_look_and_red_where_nothing_can_be_written(world: World) -> None:
    world.set({"mail": "folder:mails"})
    assert world.bad("mail", light="yellow")[0] == "mails are written into the folder mails, and sent to nobody"
    assert list((world.folder / "mails").iterdir()) == []
    world.set({"mail": "folder:bridge.db/x"})
    assert "Not a directory" in world.bad("mail")[0]


# -- how it looks ------------------------------------------------------------------------------------------------------


@pytest.mark.alone
def test_what_hangs_is_red_and_holds_up_nobody_else() -> None:
    def hang(_budget: float) -> list[Result]:
        time.sleep(3)
        return [green("at last")]

    began = time.monotonic()
    lines = look_at_all([Look("a", hang), Look("b", lambda _: [green("well")])], 0.6)
    assert time.monotonic() - began < 2
    assert [(line.about, line.result.light.value) for line in lines] == [("a", "red"), ("b", "green")]


def test_a_look_that_breaks_costs_no_other_and_tells_no_secret() -> None:
    def broken(_budget: float) -> list[Result]:
        raise KeyError("hunter2")

    def refused(_budget: float) -> list[Result]:
        raise NotDone("refused")

    first, second = look_at_all([Look("a", broken), Look("b", refused)], 1)
    assert first.result.said == "KeyError, a fault of ours"
    assert second.result.said == "refused"


def test_every_cure_is_a_whole_phrase_also_where_little_is_known() -> None:
    for detail in ("http 401", "http 404", "http 418", "private address", "refused", "name not resolved"):
        for upstream in (
            ExternalSystem("X"),
            ExternalSystem("X", ("BRIDGE_X_TOKEN",), "BRIDGE_X_URL", "x:443", "docs/x.md"),
        ):
            said = cure(upstream, detail)
            assert len(said) > 20
            assert "  " not in said
    assert len(CURES) == len({pattern for pattern, _ in CURES})
