"""The `bridge` command as its users meet it: what it prints, and that every error is one line."""

import base64
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import click
import pytest
from support.sidecar import free_port
from support.terminal import Ended, Terminal, as_somebody_else

import bridge
from bridge import bootstrap, scaffold, serve
from bridge.cli import PLACES, cli
from bridge.commands.groups import LONGEST
from bridge.config import Settings, read_settings
from bridge.domain.judging import Reply
from bridge.domain.values import Identity, Visitor
from bridge.ports import Site
from bridge.service.record_reply import record_reply
from bridge.service.start_session import Start, start_session
from bridge.service.take_turn import Message, take_turn

SESSION = "session-of-a-visitor"
README = Path(__file__).parents[2] / "README.md"


# -- finding one's way -------------------------------------------------------------------------------------------------


def test_help_names_every_command_with_a_whole_sentence(run: Terminal) -> None:
    shown = run("--help").out
    context = click.Context(cli)
    for name in cli.list_commands(context):
        assert f"  {name} " in shown
        command = cli.get_command(context, name)
        assert command
        assert command.get_short_help_str(LONGEST) == PLACES[name].sentence
    assert "..." not in shown.replace("[ARGS]...", "")  # no sentence is cut short
    assert "bridge demo" in shown


@pytest.mark.parametrize("group", ["site", "policy", "policy shadow", "hours", "outbox", "db", "privacy", "pages"])
def test_no_groups_help_is_cut_short_on_a_narrow_terminal(
    run: Terminal, monkeypatch: pytest.MonkeyPatch, group: str
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert "..." not in run(*group.split(), "--help").out.replace("[ARGS]...", "")


def test_what_starts_both_processes_loads_nothing_of_theirs() -> None:
    code = "import sys; from bridge.cli import cli; cli.get_command(None, 'up'); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "bridge.up" in loaded
    assert not {"sqlalchemy", "requests", "flask", "apscheduler"}.intersection(loaded)


def test_help_is_shown_without_the_commands_being_loaded() -> None:
    code = "import sys; from bridge.cli import cli; cli(['--help'], standalone_mode=False); print(*sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not {"pydantic", "sqlalchemy", "bridge.config"}.intersection(shown.split())


def test_it_knows_its_version(run: Terminal) -> None:
    assert bridge.__version__ in run("--version").out


def test_wrong_usage_ends_with_2(run: Terminal) -> None:
    assert run("site", "add", "shop").code == 2
    assert run("nonsense").code == 2
    assert run("promise", "--queue", "q", "--priority", "urgent", "--at", "2026-10-31T21:00:00").code == 2


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("privacy", "export", "anna@example.org"), "--email"),
        (("privacy", "erase", "7"), "--user-id"),
        (("policy", "show", "3"), "--version"),
        (("promise", "support"), "--queue"),
        (("purge", "400d"), "--older-than"),
        (("replay", "record.jsonl"), "--input"),
        (("stats", "shop"), "--site"),
    ],
)
def test_a_word_that_stands_alone_is_answered_with_the_options_it_may_belong_to(
    run: Terminal, words: tuple[str, ...], meant: str
) -> None:
    ended = run(*words)
    assert ended.code == 2
    said = ended.err.splitlines()[-1]
    assert said.startswith(f"Error: {words[-1]!r} stands alone; an option says what it is: ")
    assert meant in said
    assert "--json" not in said  # a switch takes no word


def test_a_command_that_is_mistyped_is_answered_with_those_that_may_be_meant(run: Terminal) -> None:
    """That of the first level, too, whose commands are not imported before they are called."""
    for mistyped, meant in ((["sites"], "'site'"), (["outbox", "lst"], "'list'")):
        _, _, suggested = run(*mistyped).err.partition("Did you mean ")
        assert meant in suggested


@pytest.mark.parametrize(
    "command", ["site list", "policy show", "explain x", "outbox list", "due", "site rotate x", "outbox park x"]
)
def test_without_a_database_it_says_where_it_looked_and_what_to_do(run: Terminal, tmp_path: Path, command: str) -> None:
    assert run.fails(*command.split()) == (
        f"Error: there is no database {tmp_path / 'bridge.db'}; settings are read in the current folder: "
        "cd to where bridge.toml is, or bridge init and bridge site add NAME --url URL"
    )


@pytest.mark.parametrize("command", ["site list", "migrate", "site add new --url https://new.example"])
def test_a_database_that_this_user_may_not_write_is_named_with_its_folder(
    shop: Terminal, tmp_path: Path, command: str
) -> None:
    with as_somebody_else(tmp_path) as user:
        said = shop.fails(*command.split())
    assert said == (
        f"Error: bridge.db: this user ({user}) may not write it, or its folder {tmp_path}: "
        "chown both to the user that runs the bridge"
    )


@pytest.mark.parametrize("command", ["migrate", "site list", "serve"])
def test_a_folder_in_place_of_a_database_is_called_so(
    run: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("BRIDGE_DATABASE_URL", f"sqlite:///{tmp_path}")
    assert run.fails(*command.split()) == (
        f"Error: {tmp_path} is a folder, not a database: name a file in it in BRIDGE_DATABASE_URL"
    )


def test_a_wrong_setting_is_named_and_its_value_is_not(run: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRIDGE_MAIL", "smpt://user:hunter2@mail.example")
    assert run.fails("due").startswith("Error: wrong setting: mail: ")
    monkeypatch.setenv("BRIDGE_MAIL", "folder:x")
    monkeypatch.setenv("BRIDGE_DATABASE_URL", "hunter2")
    assert run.fails("migrate").startswith("Error: wrong setting: database_url: ")
    monkeypatch.setenv("BRIDGE_DATABSE_URL", "hunter2")
    assert "BRIDGE_DATABSE_URL" in run.fails("migrate")


def test_a_database_of_a_newer_release_is_left_alone(shop: Terminal, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "bridge.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    assert shop.fails("migrate").startswith(
        "Error: the database has schema 9999 of a newer release, and this one works"
    )
    assert "a schema is never taken back" in shop.fails("site", "list")


# -- setting up --------------------------------------------------------------------------------------------------------


def test_init_writes_both_files_and_never_over_anything(run: Terminal, tmp_path: Path) -> None:
    assert run("init", "--timezone", "Europe/Berlin").code == 0
    assert "timezone: Europe/Berlin" in (tmp_path / "policy.yaml").read_text()
    (tmp_path / "policy.yaml").write_text("mine")
    again = run("init", "--dir", str(tmp_path), "--timezone", "Asia/Tokyo")
    assert again.code == 0
    assert "\npolicy.yaml keeps its own time zone. Next:\n" in again.out
    assert "Tokyo" not in again.out
    assert again.out.count("is there already") == 2
    assert (tmp_path / "policy.yaml").read_text() == "mine"


def test_what_init_names_next_is_the_whole_way_to_a_chat_that_works(run: Terminal) -> None:
    told = run("init", "--timezone", "Europe/Berlin").out
    steps = ["bridge site add NAME", "bridge up", "bridge doctor", "bridge policy put policy.yaml"]
    assert sorted(steps, key=told.index) == steps
    assert "public_url" in told[: told.index("bridge up")]


def test_a_second_site_at_the_address_of_another_is_added_with_a_word(run: Terminal) -> None:
    assert "shop.example already" not in run("site", "add", "shop", "--url", "https://shop.example").out
    twin = run("site", "add", "twin", "--url", "https://shop.example/")
    assert twin.code == 0
    assert (
        "Site shop is at https://shop.example already; if WordPress is the same, one of them is too many." in twin.out
    )


def test_the_written_configuration_is_the_defaults_with_or_without_its_comments(run: Terminal, tmp_path: Path) -> None:
    run("init", "--timezone", "UTC")
    written = (tmp_path / "bridge.toml").read_text()
    assert read_settings({}, tmp_path / "bridge.toml") == Settings()
    (tmp_path / "all.toml").write_text(written.replace("#: ", "").partition("[sites")[0])
    assert read_settings({}, tmp_path / "all.toml") == Settings()
    assert set(tomllib.loads((tmp_path / "all.toml").read_text())) == set(Settings.model_fields) - {"sites"}


def test_the_written_policy_can_be_used(run: Terminal) -> None:
    run("init", "--timezone", "Europe/Berlin")
    assert run("policy", "check", "policy.yaml").code == 0


def test_init_refuses_a_zone_that_does_not_exist(run: Terminal, tmp_path: Path) -> None:
    assert "Mars/Base" in run.fails("init", "--timezone", "Mars/Base")
    assert not (tmp_path / "policy.yaml").exists()


@pytest.mark.parametrize(
    ("tz", "link", "zone"),
    [
        ("Europe/Berlin", "Asia/Tokyo", "Europe/Berlin"),
        (":Europe/Berlin", "Asia/Tokyo", "Europe/Berlin"),
        ("", "Asia/Tokyo", "Asia/Tokyo"),
        ("JST-9", "Asia/Tokyo", "Asia/Tokyo"),
        ("", None, "UTC"),
    ],
)
def test_the_machines_zone_is_that_of_tz_or_localtime_else_utc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tz: str, link: str | None, zone: str
) -> None:
    monkeypatch.setenv("TZ", tz)
    if link:
        target = tmp_path / "zoneinfo" / link
        target.parent.mkdir(parents=True)
        target.touch()
        (tmp_path / "localtime").symlink_to(target)
    assert scaffold.machine_zone(tmp_path / "localtime") == zone


def test_a_code_that_leads_to_this_machine_alone_says_so(run: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    said = run("site", "add", "shop", "--url", "https://shop.example").out
    assert "The code leads to http://127.0.0.1:8765, so WordPress has to run on this machine" in said
    assert "set public_url in bridge.toml, or BRIDGE_PUBLIC_URL, then: bridge site rotate shop" in said
    monkeypatch.setenv("BRIDGE_PUBLIC_URL", "https://bridge.shop.example")
    assert "has to run" not in run("site", "add", "other", "--url", "https://other.example").out


def test_a_site_can_be_added_on_a_bare_machine_and_its_pairing_code_holds_what_the_plugin_needs(run: Terminal) -> None:
    made = json.loads(run("site", "add", "shop", "--url", "https://shop.example:8443/x", "--json").out)
    assert set(made) == {"site", "chat_secret", "admin_secret", "pairing_code"}
    prefix, _, code = made["pairing_code"].partition(".")
    inside = json.loads(base64.urlsafe_b64decode(code + "=" * (-len(code) % 4)))
    assert prefix == "esc1"
    assert inside == {"url": "http://127.0.0.1:8765", **{k: made[k] for k in ("site", "chat_secret", "admin_secret")}}
    (found,) = json.loads(run("site", "list", "--json").out)
    assert found["team_email"] == "support@shop.example"


def test_the_pairing_code_names_the_public_address(run: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRIDGE_PUBLIC_URL", "https://bridge.shop.example")
    made = json.loads(run("site", "add", "shop", "--url", "https://shop.example", "--json").out)
    code = made["pairing_code"].partition(".")[2]
    assert json.loads(base64.urlsafe_b64decode(code + "=="))["url"] == "https://bridge.shop.example"


def test_the_readme_sets_the_public_address_before_the_code_that_carries_it(run: Terminal) -> None:
    """In `bridge.toml`: what a shell exports is gone when a supervisor, or another shell, runs the next command."""
    install = README.read_text("utf-8").partition("## Install")[2]
    line = re.search(r"^# echo '(.+)' >> bridge\.toml$", install, re.MULTILINE)
    assert line
    assert install.index("bridge init") < line.start() < install.index("bridge site add")
    run("init")
    with Path("bridge.toml").open("a", encoding="utf-8") as settings:
        settings.write(f"{line[1]}\n")
    made = json.loads(run("site", "add", "shop", "--url", "https://shop.example", "--json").out)
    code = made["pairing_code"].partition(".")[2]
    assert json.loads(base64.urlsafe_b64decode(code + "=="))["url"] == "https://bridge.shop.example"


@pytest.mark.parametrize(
    ("bind", "address"),
    [
        ("0.0.0.0:80", "http://127.0.0.1:80"),
        ("[::]:80", "http://[::1]:80"),
        ("10.0.0.7:80", "http://10.0.0.7:80"),
        ("unix:/run/bridge.sock", None),
    ],
)
def test_without_a_public_address_the_pairing_code_names_what_can_be_called_from_here(
    run: Terminal, monkeypatch: pytest.MonkeyPatch, bind: str, address: str | None
) -> None:
    monkeypatch.setenv("BRIDGE_BIND", bind)
    if address is None:
        assert "BRIDGE_PUBLIC_URL" in run.fails("site", "add", "shop", "--url", "https://shop.example", "--json")
        return
    made = json.loads(run("site", "add", "shop", "--url", "https://shop.example", "--json").out)
    code = made["pairing_code"].partition(".")[2]
    assert json.loads(base64.urlsafe_b64decode(code + "=="))["url"] == address


def test_what_it_writes_is_its_owners_alone(shop: Terminal, tmp_path: Path) -> None:
    assert (tmp_path / "bridge.db").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("BRIDGE_POLICY", "none.yaml", "BRIDGE_POLICY"),
        ("BRIDGE_POLICY", "bridge.toml", "bridge.toml, line"),
        ("BRIDGE_DESK", "zendesk", "site new: BRIDGE_DESK=zendesk needs"),
        ("BRIDGE_RESPONDER", "claude", "site new: BRIDGE_RESPONDER=claude needs"),
        ("BRIDGE_MAIL", "smtp://", "site new: BRIDGE_MAIL"),
    ],
)
def test_no_site_is_added_that_could_not_be_served(
    run: Terminal, monkeypatch: pytest.MonkeyPatch, setting: str, value: str, said: str
) -> None:
    """Else its pairing code would be lost, or its first hand-over an error."""
    Path("bridge.toml").write_text("", "utf-8")
    run("migrate")
    monkeypatch.setenv(setting, value)
    assert said in run.fails("site", "add", "new", "--url", "https://new.example")
    monkeypatch.delenv(setting)
    assert run("site", "list", "--json").out == "[]\n"


def test_a_site_is_added_once(shop: Terminal) -> None:
    assert "bridge site rotate" in shop.fails("site", "add", "shop", "--url", "https://shop.example")


@pytest.mark.parametrize(
    "wrong",
    [
        ["Shop!", "--url", "https://shop.example"],
        ["shop", "--url", "shop.example"],
        ["shop", "--url", "https://[::1"],
        ["shop", "--url", "https://shop.example:0"],
        ["shop", "--url", "https://shop.example:http"],
        ["shop", "--url", "https://shop.example:70000"],
        ["shop", "--url", "https://shop example"],
        ["shop", "--url", "https://shop.example", "--timezone", "Mars/Base"],
        ["shop", "--url", "https://shop.example", "--team-email", "a@b.example, c@d.example"],
    ],
)
def test_a_site_that_could_not_work_is_refused_before_anything_is_made(
    run: Terminal, tmp_path: Path, wrong: list[str]
) -> None:
    run.fails("site", "add", *wrong)
    assert not (tmp_path / "bridge.db").exists()


@pytest.mark.parametrize(
    "more", ["/wp-admin", "/blog/wp-admin/index.php", "/wp-login.php", "/?p=1", "/#top", "?", "/my shop"]
)
def test_an_address_that_is_not_a_sites_front_one_is_refused_as_an_address(run: Terminal, more: str) -> None:
    """Not as the mailbox that is derived from it."""
    said = run.fails("site", "add", "shop", "--url", f"https://shop.example{more}")
    assert said.startswith("Error: that is not a site's front address: ")
    assert said.endswith("; give it as https://shop.example")


def test_an_address_with_a_password_is_refused_without_it(run: Terminal) -> None:
    said = run.fails("site", "add", "shop", "--url", "https://ann:hunter2@shop.example")
    assert said == "Error: that is not a site's front address: it has a user; give it as https://shop.example"


def test_blanks_around_an_address_are_taken_away(run: Terminal) -> None:
    added = run("site", "add", "shop", "--url", " https://shop.example ", "--timezone", "UTC")
    assert added.out.startswith("Site shop added. Time zone UTC, team mail to support@shop.example.\n")


def test_codes_are_rotated_and_revoked(shop: Terminal) -> None:
    fresh = json.loads(shop("site", "rotate", "shop", "--json").out)
    assert fresh["pairing_code"].startswith("esc1.")
    assert shop("site", "revoke", "shop").out.startswith("2 secrets dropped, the newest still works")
    assert shop("site", "revoke", "shop", "--everything").out.startswith("2 secrets dropped, none is left")
    assert "there is no site 'nope'" in shop.fails("site", "rotate", "nope")
    assert "there is no site 'nope'" in shop.fails("site", "revoke", "nope")


def test_what_a_site_was_given_is_changed_and_nothing_else(shop: Terminal) -> None:
    shop("site", "add", "other", "--url", "https://other.example", "--timezone", "UTC")
    known = {one["id"]: one for one in json.loads(shop("site", "list", "--json").out)}
    said = shop("site", "set", "shop", "--team-email", "help@shop.example").out
    assert said == "Site shop: team mail went to support@shop.example, now help@shop.example.\n"
    changed = {one["id"]: one for one in json.loads(shop("site", "list", "--json").out)}
    assert changed == {**known, "shop": {**known["shop"], "team_email": "help@shop.example"}}


def test_a_site_that_moves_keeps_its_pairing_code_and_hears_what_else_names_the_old_address(shop: Terminal) -> None:
    said = shop("site", "set", "shop", "--url", " https://new.example ", "--timezone", "Europe/Berlin").out
    assert said.splitlines() == [
        "Site shop: its address was https://shop.example, now https://new.example.",
        "Site shop: its time zone was America/New_York, now Europe/Berlin.",
        "The pairing code stays as it is.",
        "Team mail goes to support@shop.example as before; --team-email changes it.",
        "Staffed hours keep the zones that the policy names: bridge policy show",
    ]


def test_what_is_so_already_is_said_to_be(shop: Terminal) -> None:
    said = shop("site", "set", "shop", "--url", "https://shop.example", "--timezone", "America/New_York").out
    assert said == "Nothing to change: site shop is so already.\n"


def test_a_script_reads_what_a_site_was_and_is(shop: Terminal) -> None:
    was = {"url": "https://shop.example", "timezone": "America/New_York", "team_email": "support@shop.example"}
    told = json.loads(shop("site", "set", "shop", "--timezone", "UTC", "--json").out)
    assert told == {"site": "shop", "was": was, "now": {**was, "timezone": "UTC"}}


@pytest.mark.parametrize(
    "wrong",
    [
        ["--url", "shop.example"],
        ["--url", "https://shop.example/wp-admin"],
        ["--url", ""],
        ["--timezone", "Mars/Base"],
        ["--timezone", ""],
        ["--team-email", "a@b.example, c@d.example"],
        ["--team-email", ""],
        ["--team-email", "help@shop.example", "--timezone", "UTC+2"],
    ],
)
def test_a_site_is_not_made_one_that_could_not_work(shop: Terminal, wrong: list[str]) -> None:
    known = shop("site", "list").out
    said = shop.fails("site", "set", "shop", *wrong)
    if all(wrong[1::2]):  # `add` derives what is empty
        given = [] if "--url" in wrong else ["--url", "https://shop.example"]
        assert said == shop.fails("site", "add", "new", *given, *wrong)
    assert shop("site", "list").out == known


def test_a_change_of_no_site_or_of_nothing_is_refused(shop: Terminal) -> None:
    assert "there is no site 'nope'" in shop.fails("site", "set", "nope", "--timezone", "UTC")
    nothing = shop("site", "set", "shop")
    assert nothing.code == 2
    assert "Error: say what to change: --url, --timezone or --team-email" in nothing.err


def test_a_process_that_runs_goes_by_the_changed_site(run: Terminal) -> None:
    """Its systems are made once for a site; a mail's sender and the helpdesk's way back are parts of them."""
    run("site", "add", "shop", "--url", "https://shop.example")
    assembly = bootstrap.build(read_settings())

    def site_now() -> Site:
        with assembly.bridge.store.read() as tx:
            (site,) = tx.sites.all()
        return site

    try:
        assert assembly.bridge.systems(site_now()).sender == "support@shop.example"
        run("site", "set", "shop", "--url", "https://new.example")
        assert assembly.bridge.systems(site_now()).sender == "support@new.example"
        assert assembly.bridge.systems(site_now()) is assembly.bridge.systems(site_now())
    finally:
        assembly.close()


# -- policy ------------------------------------------------------------------------------------------------------------


def test_findings_come_one_a_line_and_errors_end_with_1(run: Terminal, tmp_path: Path) -> None:
    run("init", "--timezone", "UTC")
    broken = (tmp_path / "policy.yaml").read_text().replace("when: in_danger", "when: in_dangr")
    (tmp_path / "broken.yaml").write_text(broken)
    ended = run("policy", "check", "broken.yaml")
    assert ended.code == 1
    (line,) = ended.out.splitlines()
    assert line.startswith("error: line ")
    assert "in_dangr" in line
    found = json.loads(run("policy", "check", "broken.yaml", "--json").out)
    assert found["valid"] is False
    assert found["findings"][0]["path"] == "/rules/0/when"


def test_a_file_that_cannot_be_read_is_one_line(shop: Terminal, tmp_path: Path) -> None:
    assert shop.fails("policy", "check", "gone.yaml") == "Error: gone.yaml: No such file or directory"
    (tmp_path / "latin").write_bytes(b"\xff\xfe")
    assert shop.fails("policy", "put", "latin") == "Error: latin is not UTF-8 text"


def test_a_policy_is_put_in_force_as_a_version_and_read_back(shop: Terminal, tmp_path: Path) -> None:
    first = shop("policy", "show").out
    (tmp_path / "new.yaml").write_text(first.replace("urgent: 15m", "urgent: 20m"))
    assert shop("policy", "put", "new.yaml", "--author", "Ann").out == "Version 2 is in force on shop.\n"
    shown = shop("policy", "show")
    assert "urgent: 20m" in shown.out
    assert "version 2, by Ann" in shown.err
    assert shop("policy", "show", "--version", "1").out == first
    assert "no version 7" in shop.fails("policy", "show", "--version", "7")


def test_a_policy_with_an_error_is_refused_and_nothing_changes(shop: Terminal, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("rules: []")
    ended = shop("policy", "put", "bad.yaml")
    assert ended.code == 1
    assert "/rules" in ended.err
    assert "Traceback" not in ended.err
    assert all(line.removeprefix("Error: ").startswith("bad.yaml, line ") for line in ended.err.splitlines())
    assert "version 1" in shop("policy", "show").err


def put(shop: Terminal, tmp_path: Path, minutes: int, author: str) -> str:
    """Another policy in force: urgent answers within so many minutes."""
    document = shop("policy", "show", "--version", "1").out.replace("urgent: 15m", f"urgent: {minutes}m")
    (tmp_path / f"{minutes}.yaml").write_text(document)
    assert shop("policy", "put", f"{minutes}.yaml", "--author", author).code == 0
    return document


def test_the_versions_are_listed_newest_first_with_author_and_time(shop: Terminal, tmp_path: Path) -> None:
    put(shop, tmp_path, 20, "Ann")
    put(shop, tmp_path, 25, "Bob")
    head, *rows = shop("policy", "list").out.splitlines()
    assert head.split() == ["VERSION", "PUT", "BY"]
    assert [row.split()[0] for row in rows] == ["3", "2", "1"]
    assert ["in force" in row for row in rows] == [True, False, False]
    assert "Bob" in rows[0]
    assert rows[0].rstrip().endswith("in force")
    listed = json.loads(shop("policy", "list", "--json").out)
    assert [(one["version"], one["author"], one["in_force"]) for one in listed] == [
        (3, "Bob", True),
        (2, "Ann", False),
        (1, "shipped", False),
    ]
    assert listed[0]["created_at"].endswith("Z")


def changes(shown: str) -> list[str]:
    return [line for line in shown.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]


def within(minutes: int) -> str:
    return f"    respond_within: {{urgent: {minutes}m, high: 1h, normal: 4h}}"


def test_what_changed_between_two_versions_is_shown_line_by_line(shop: Terminal, tmp_path: Path) -> None:
    put(shop, tmp_path, 20, "Ann")
    put(shop, tmp_path, 25, "Bob")
    last = shop("policy", "diff").out
    assert last.splitlines()[:2] == ["--- version 2", "+++ version 3"]
    assert changes(last) == [f"-{within(20)}", f"+{within(25)}"]
    assert changes(shop("policy", "diff", "1").out) == [f"-{within(15)}", f"+{within(25)}"]
    assert changes(shop("policy", "diff", "3", "1").out) == [f"-{within(25)}", f"+{within(15)}"]
    assert changes(shop("policy", "diff", "--file", "20.yaml").out) == [f"-{within(25)}", f"+{within(20)}"]
    assert changes(shop("policy", "diff", "1", "--file", "20.yaml").out) == [f"-{within(15)}", f"+{within(20)}"]
    same = shop("policy", "diff", "2", "--file", "20.yaml")
    assert (same.code, same.out, same.err) == (0, "", "version 2 and 20.yaml say the same.\n")
    assert "no version 9" in shop.fails("policy", "diff", "9")
    assert shop("policy", "diff", "1", "2", "--file", "20.yaml").code == 2


def test_a_first_version_has_nothing_before_it_to_be_compared_with(shop: Terminal) -> None:
    assert shop("policy", "diff").err == "version 1 is the only one: there is none before it to compare with.\n"


def test_a_version_is_put_in_force_again_as_a_new_one(shop: Terminal, tmp_path: Path) -> None:
    put(shop, tmp_path, 20, "Ann")
    put(shop, tmp_path, 25, "Bob")
    ended = shop("policy", "rollback", "--author", "Cleo")
    assert ended.out == "Version 4, by Cleo, rolled back to 2, is in force on shop.\n"
    assert "urgent: 20m" in shop("policy", "show").out
    assert shop("policy", "rollback", "1").code == 0
    assert "urgent: 15m" in shop("policy", "show").out
    authors = [one["author"] for one in json.loads(shop("policy", "list", "--json").out)]
    assert authors == ["cli, rolled back to 1", "Cleo, rolled back to 2", "Bob", "Ann", "shipped"]
    assert "no version 9" in shop.fails("policy", "rollback", "9")


def test_the_first_version_has_none_to_go_back_to(shop: Terminal) -> None:
    assert shop.fails("policy", "rollback") == "Error: shop has no version before 1"


# -- what a host feeds -------------------------------------------------------------------------------------------------


def paths(ended: Ended) -> list[str]:
    return [finding["path"] for finding in json.loads(ended.out)["findings"]]


def test_a_check_says_what_the_named_host_cannot_feed(run: Terminal) -> None:
    run("init", "--timezone", "UTC")
    assert paths(run("policy", "check", "policy.yaml", "--json")) == []
    assert paths(run("policy", "check", "policy.yaml", "--no-crm", "--json")) == ["/triggers/big_account"]
    said = run("policy", "check", "policy.yaml", "--bot", "reply", "--crm")
    assert said.code == 0
    assert "/triggers/unsure: it cannot fire here: the bot sends no confidence" in said.out
    assert run("policy", "check", "policy.yaml", "--bot", "confidense").code == 2


def test_a_check_beside_a_site_knows_its_crm_and_what_its_bot_has_sent(
    talked: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    talked("init", "--timezone", "UTC")
    found = json.loads(talked("policy", "check", "policy.yaml", "--json").out)["findings"]
    assert {one["path"]: one["message"] for one in found} == {
        "/triggers/not_understood": "it cannot fire here: no intent_matched came with the one reply so far",
        "/triggers/big_account": "it cannot fire here: no CRM is configured",
    }
    monkeypatch.setenv("BRIDGE_CRM", "file:customers.csv")
    assert paths(talked("policy", "check", "policy.yaml", "--json", "--site", "shop")) == ["/triggers/not_understood"]
    assert paths(talked("policy", "check", "policy.yaml", "--bot", "intent,confidence", "--json")) == []


def test_a_check_of_no_one_site_asks_nothing_of_a_host(shop: Terminal) -> None:
    shop("site", "add", "other", "--url", "https://other.example")
    shop("init", "--timezone", "UTC")
    assert paths(shop("policy", "check", "policy.yaml", "--json")) == []
    assert "there is no site 'x'" in shop.fails("policy", "check", "policy.yaml", "--site", "x")


def test_a_check_goes_on_where_the_site_cannot_be_asked(run: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    run("init", "--timezone", "UTC")
    monkeypatch.setenv("BRIDGE_DATABASE_URL", "postgresql+psycopg://nobody@127.0.0.1:1/none")
    ended = run("policy", "check", "policy.yaml")
    assert ended.code == 0
    assert ended.err.startswith("What the site feeds is not known: ")


def test_with_several_sites_it_asks_which(shop: Terminal) -> None:
    shop("site", "add", "other", "--url", "https://other.example")
    assert shop.fails("policy", "show") == "Error: say which site with --site: other, shop"
    assert shop("policy", "show", "--site", "other").code == 0
    assert "there is no site 'x'" in shop.fails("policy", "show", "--site", "x")


def test_a_promise_can_be_asked_for_any_instant(shop: Terminal) -> None:
    ask = ("promise", "--queue", "support", "--priority", "urgent", "--at", "2026-10-31T21:00:00-04:00")
    expected = {
        "channel": "email",
        "due_at": "2026-11-02T14:15:00Z",
        "timezone": "America/New_York",
        "text": "A support agent will contact you before 9:15 AM EST on Monday, November 2.",
    }
    assert json.loads(shop(*ask).out) == expected
    assert "no queue 'sales'" in shop.fails("promise", "--queue", "sales", *ask[3:])
    assert "no tier 'gold'" in shop.fails(*ask, "--tier", "gold")


def test_a_promise_can_be_asked_of_a_file_without_any_database(run: Terminal) -> None:
    run("init", "--timezone", "Europe/Berlin")
    ask = ("promise", "--queue", "support", "--priority", "urgent", "--at", "2026-10-31T21:00:00Z")
    assert json.loads(run(*ask, "--policy", "policy.yaml").out)["timezone"] == "Europe/Berlin"


# -- looking -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def talked(shop: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """With a conversation that was handed over on a Saturday night, and written on to."""
    monkeypatch.setenv("BRIDGE_CLOCK", f"file:{tmp_path}/clock")
    (tmp_path / "clock").write_text(str(1793494800 - time.time()))  # 2026-10-31T21:00:00-04:00
    assembly = bootstrap.build(read_settings(), deliver_at_once=False)
    product = assembly.bridge
    visitor = Visitor(identity=Identity.VERIFIED, user_id="7", email="dana@example.com", name="Dana")
    start_session(product, "shop", Start(SESSION, visitor), lambda _: None)
    with product.store.write() as tx:
        take_turn(product, tx, "shop", SESSION, Message("t1", "Where is my order?"))
        record_reply(product, tx, "shop", SESSION, "t1", Reply("On its way.", confidence=0.9, intent="order_status"))
    with product.store.write() as tx:
        take_turn(product, tx, "shop", SESSION, Message("t2", "I want to talk to a human being, please. " + "x" * 300))
    with product.store.write() as tx:
        take_turn(product, tx, "shop", SESSION, Message("t3", "Are you there?"))
        record_reply(product, tx, "shop", SESSION, "t3", Reply("Yes, I am."))
    assembly.close()
    return shop


def test_explain_tells_turn_by_turn_what_happened_and_why(talked: Terminal) -> None:
    told = talked("explain", SESSION).out
    assert all(len(line) <= 100 for line in told.splitlines())
    flat = " ".join(told.split())
    for part in (
        "Session session-of-a-visitor on shop: escalated",
        "tier standard (the CRM was not asked)",
        "Turn 1, Sat 31 Oct 2026, 21:00",
        '"On its way." (90% sure, intent order_status)',
        "wants_a_person: the visitor asked for a person",
        "=> rule explicit_request decided (policy version 1)",
        "waits for a person; only kept for the team",
        "came after the hand-off, so it was dropped",
        "queue support, priority normal, by email",
        '"A support agent will contact you before 1:00 PM EST on Monday, November 2."',
        ": pending",
    ):
        assert part in flat
    assert "x" * 200 not in told


def test_explain_gives_scripts_the_same_as_json(talked: Terminal) -> None:
    found = json.loads(talked("explain", SESSION, "--site", "shop", "--json").out)
    assert [turn["n"] for turn in found["turns"]] == [1, 2, 3]
    assert found["turns"][1]["judged"]["rule"] == "explicit_request"
    assert found["turns"][2]["bot"] == {**found["turns"][2]["bot"], "shown": False, "judged": None}
    (escalation,) = found["escalations"]
    assert escalation["commitments"][0]["state"] == "pending"
    assert talked.fails("explain", "nothing-like-that") == "Error: there is no session 'nothing-like-that'"


def test_explain_judges_again_and_says_whether_the_same_comes_out(talked: Terminal, tmp_path: Path) -> None:
    ended = talked("explain", SESSION, "--verify")
    assert (ended.code, ended.out) == (0, "4 decisions judged again, 4 the same byte for byte.\n")
    found = json.loads(talked("explain", SESSION, "--verify", "--json").out)
    assert found["same"] is True
    assert found["decisions"][-1] == {"turn": 2, "of": "escalation", "same": True}
    with sqlite3.connect(tmp_path / "bridge.db") as database:
        database.execute("UPDATE turn SET trace = replace(trace, 'standard', 'business') WHERE seq = 1")
    database.close()
    ended = talked("explain", SESSION, "--verify")
    assert ended.code == 1
    assert ended.out.splitlines() == [
        "Turn 1, message: judged again, it is not what is stored.",
        "4 decisions judged again, 3 the same byte for byte.",
    ]
    assert talked("explain", SESSION, "--verify", "--json").code == 1


def test_somebody_who_still_waits_for_an_answer_is_erased_by_force_alone(talked: Terminal) -> None:
    said = talked.fails("privacy", "erase", "--user-id", "7")
    assert said.endswith(" is active: resolve it first, or end it with --force")
    erased = talked("privacy", "erase", "--user-id", "7", "--force")
    assert erased.out.startswith("Erased: 1 session, ")
    assert (erased.code, talked("privacy", "erase", "--user-id", "7").code) == (0, 3)


def test_due_lists_what_the_scheduler_will_do(talked: Terminal) -> None:
    assert talked("due", "--hours", "1").out == "Nothing is due within 1 hours.\n"
    rows = json.loads(talked("due", "--hours", "48", "--json").out)
    assert [row["kind"] for row in rows] == ["opening", "warn", "promise"]
    assert rows[0]["due_at"] == "2026-11-02T14:00:00Z"
    assert [(row["tier"], row["priority"], row["late_s"]) for row in rows] == [("standard", "normal", 0)] * 3
    head, first, *_ = talked("due", "--hours", "48").out.splitlines()
    assert head.split() == ["DUE", "LATE", "WHAT", "FOR", "SITE", "REFERENCE"]
    reference = rows[0]["escalation_id"][4:12]
    assert " ".join(first.split()) == f"Mon 2 Nov 09:00 EST opening standard, normal shop {reference}"


def test_a_list_of_what_is_due_that_is_cut_says_so(talked: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.commands.looking.MOST", 2)
    listed = talked("due", "--hours", "48").out.splitlines()
    assert len(listed) == 4
    assert listed[-1] == "More is due after these."
    as_json = talked("due", "--hours", "48", "--json")
    assert len(json.loads(as_json.out)) == 2
    assert as_json.err == "More is due after these.\n"


def give_up(folder: Path) -> None:
    with sqlite3.connect(folder / "bridge.db") as database:
        database.execute("UPDATE follow_up SET state = 'failed', attempts = 12 WHERE kind = 'opening'")
    database.close()


def test_a_follow_up_that_was_given_up_is_listed_and_is_due_again_when_it_is_retried(
    talked: Terminal, tmp_path: Path
) -> None:
    give_up(tmp_path)
    head, names, row, *_ = talked("due", "--hours", "1").out.splitlines()
    assert head == "Given up, and not done before somebody sees to it (bridge outbox retry ROW, or --all):"
    assert names.split() == ["ROW", "WHAT", "FOR", "SITE", "REFERENCE"]
    (found,) = [one for one in json.loads(talked("due", "--json").out) if one["state"] == "failed"]
    assert row.split()[:2] == [found["id"], "opening"]
    assert talked("outbox", "retry", found["id"]).out == f"{found['id']} is due now.\n"
    assert found["id"] in talked.fails("outbox", "retry", found["id"])
    give_up(tmp_path)
    assert talked("outbox", "retry", "--all", "--target", "mail").out == "1 are due now.\n"  # the mail
    assert talked("outbox", "retry", "--all").out == "2 are due now.\n"
    assert "Given up" not in talked("due").out


def test_the_outbox_is_listed_parked_and_retried(talked: Terminal) -> None:
    (row,) = json.loads(talked("outbox", "list", "--json").out)
    assert "payload" not in row
    assert row["age_s"] >= 0
    assert talked("outbox", "park", row["id"]).out == f"{row['id']} is parked.\n"
    assert "\n1 parked, for mail of shop: not tried yet (the oldest is " in talked("outbox", "list").out
    assert row["id"] in talked.fails("outbox", "park", row["id"])
    assert talked("outbox", "retry", row["id"]).out == f"{row['id']} is due now.\n"
    assert "\n1 waiting, for mail of shop: not tried yet" in talked("outbox", "list").out
    assert "Everything is delivered." in talked("outbox", "list", "--target", "zendesk").out
    for command in (["list"], ["retry", "--all"]):
        unknown = talked("outbox", *command, "--target", "zendsk")
        assert unknown.code == 2
        assert "'mail'" in unknown.err
        assert "'zendesk'" in unknown.err
    assert "nothing" in talked.fails("outbox", "retry", "nothing")


def post_also(folder: Path, *, target: str, state: str, later: int) -> None:
    """Another row like the one that is there."""
    with sqlite3.connect(folder / "bridge.db") as database:
        database.execute(
            """INSERT INTO outbox (site, id, escalation_id, kind, target, external_id, payload, due_at, state, attempts,
                open_sends, created_at) SELECT site, :id, escalation_id, kind, :target, :id, payload, due_at + :later,
                :state, attempts, open_sends, created_at FROM outbox ORDER BY due_at LIMIT 1""",
            {"id": f"{target}-{state}-{later}", "target": target, "state": state, "later": later},
        )
    database.close()


def test_an_outbox_that_is_cut_says_so_and_hides_nothing_that_waits_for_a_person(
    talked: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.commands.outbox.MOST", 2)
    for later in range(1, 4):
        post_also(tmp_path, target="mail", state="due", later=later)
        post_also(tmp_path, target="mail", state="sent", later=-later)
    post_also(tmp_path, target="zendesk", state="parked", later=9)
    for options in ((), ("--all",)):
        listed = talked("outbox", "list", *options).out
        assert "\n1 parked, for zendesk of shop: " in listed
        assert "\nat least 1 waiting, for mail of shop: not tried yet (the oldest is at least " in listed
        assert listed.endswith("\nThere is more: --site and --target narrow the list.\n")
    as_json = talked("outbox", "list", "--json")
    assert [row["state"] for row in json.loads(as_json.out)] == ["parked", "due"]
    assert as_json.err == "There is more: --site and --target narrow the list.\n"
    alone = talked("outbox", "list", "--target", "zendesk")
    assert "zendesk-parked-9" in alone.out
    assert "There is more" not in alone.out
    assert talked("outbox", "list", "--site", "shop", "--target", "zendesk").out == alone.out
    assert talked.fails("outbox", "list", "--site", "shpo").startswith("Error: there is no site 'shpo'")


def test_what_was_sent_is_listed_last_and_the_newest_first(talked: Terminal, tmp_path: Path) -> None:
    for later in (1, 2):
        post_also(tmp_path, target="mail", state="sent", later=later)
    (waiting,) = json.loads(talked("outbox", "list", "--json").out)
    listed = talked("outbox", "list", "--all").out
    found = [listed.index(row) for row in (waiting["id"], "mail-sent-2", "mail-sent-1")]
    assert found == sorted(found)


def test_the_outbox_is_retried_as_a_whole_or_by_where_it_goes_and_rows_are_given_up(talked: Terminal) -> None:
    (row,) = json.loads(talked("outbox", "list", "--json").out)
    assert talked("outbox", "retry", "--all", "--target", "zendesk").out == "There is nothing to send again.\n"
    assert talked("outbox", "retry", "--all", "--target", "mail").out == "1 are due now.\n"
    assert "say which" in talked.fails("outbox", "retry")
    assert "say which" in talked.fails("outbox", "retry", row["id"], "--all")
    assert "not parked" in talked.fails("outbox", "drop", row["id"])
    talked("outbox", "park", row["id"])
    assert talked("outbox", "drop", row["id"]).out == f"{row['id']} is given up.\n"
    assert talked("outbox", "list", "--all").out == "Everything is delivered.\n"


# -- running -----------------------------------------------------------------------------------------------------------


def environ_of(folder: Path, **extra: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BRIDGE_")}
    return {**kept, "BRIDGE_BIND": f"127.0.0.1:{free_port()}", "BRIDGE_TICK": "0.2", **extra}


def is_ready(address: str) -> bool:
    try:
        with urlopen(f"http://{address}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


@pytest.mark.parametrize("workers", ["1", "3"])
def test_up_starts_both_on_a_bare_machine_and_ends_both_when_asked(tmp_path: Path, workers: str) -> None:
    environ = environ_of(tmp_path, BRIDGE_WORKERS=workers)
    command = (sys.executable, "-m", "bridge.cli", "up")
    with (tmp_path / "log").open("wb") as log:
        running = subprocess.Popen(command, cwd=tmp_path, env=environ, stdout=log, stderr=log)
    try:
        ends = time.monotonic() + 60
        while not is_ready(environ["BRIDGE_BIND"]):
            assert running.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < ends, (tmp_path / "log").read_text()
            time.sleep(0.1)
        running.send_signal(signal.SIGTERM)
        assert running.wait(30) == 0
    finally:
        if running.poll() is None:
            running.kill()
            running.wait()
    assert not is_ready(environ["BRIDGE_BIND"])
    assert "scheduler.stopped" in (tmp_path / "log").read_text()


@pytest.mark.parametrize(
    "command", ["policy put tab.yaml", "policy shadow set tab.yaml", "replay --input x --policy tab.yaml"]
)
def test_a_fault_of_a_policy_is_said_once_with_file_and_line(shop: Terminal, tmp_path: Path, command: str) -> None:
    (tmp_path / "tab.yaml").write_text("rules:\n\t- name: x\n")
    (tmp_path / "x").touch()
    assert shop.fails(*command.split()).startswith("Error: tab.yaml, line 2: /: ")


@pytest.mark.parametrize("bind", ["127.0.0.1:{port}", "unix:{folder}/bridge.sock"])
def test_up_starts_nothing_where_something_listens_already(
    run: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bind: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.socket(socket.AF_UNIX) as too:
        too.bind(str(tmp_path / "bridge.sock"))
        too.listen()
        address = bind.format(port=taken.getsockname()[1], folder=tmp_path)
        monkeypatch.setenv("BRIDGE_BIND", address)
        said = run.fails("up")
    assert said == (
        f"Error: {address} is taken: a bridge may be running already (bridge doctor says so), or set another bind"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["bridge.sock"]


@pytest.mark.parametrize(
    ("bind", "why"),
    [
        ("192.0.2.1:8765", "Cannot assign requested address"),
        ("unix:{folder}", "what is there is no socket"),
        ("unix:{folder}/gone/bridge.sock", "this user cannot make files in {folder}/gone"),
    ],
)
@pytest.mark.parametrize("command", ["up", "serve"])
def test_an_address_that_cannot_be_listened_on_is_said_in_one_line(
    run: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bind: str, why: str, command: str
) -> None:
    bind, why = bind.format(folder=tmp_path), why.format(folder=tmp_path)
    monkeypatch.setattr(serve, "ADDRESS_TIMEOUT_S", 0)
    monkeypatch.setenv("BRIDGE_BIND", bind)
    assert run.fails(command) == f"Error: {bind} is no place to listen: {why}; set another bind"


def test_the_sidecar_alone_waits_a_moment_for_its_address_and_then_says_who_may_have_it(
    run: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "ADDRESS_TIMEOUT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        monkeypatch.setenv("BRIDGE_BIND", address)
        began = time.monotonic()
        said = run.fails("serve")
    assert time.monotonic() - began >= 0.2
    assert said.startswith(f"Error: {address} is taken: a bridge may be running already")


def test_up_stops_everything_when_a_part_cannot_start(tmp_path: Path) -> None:
    environ = environ_of(tmp_path, BRIDGE_POLICY=str(tmp_path / "gone.yaml"))
    command = (sys.executable, "-m", "bridge.cli", "up")
    ended = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert "Error: the file that BRIDGE_POLICY names cannot be read" in ended.stderr
    assert "the sidecar ended (exit code 1), so everything was stopped" in ended.stderr
