"""Settings: environment over file over defaults, and refusals that name the setting, never its value."""

import base64
import hmac
from collections.abc import Mapping
from pathlib import Path

import pytest

from bridge import bootstrap
from bridge.adapters.crm.facts import Fields
from bridge.adapters.http import Http
from bridge.adapters.mail.folder import FolderMailer
from bridge.assembly.crms import crm, fields_of
from bridge.assembly.desks import Outside, desk
from bridge.assembly.mailers import mailer
from bridge.assembly.presences import roster
from bridge.config import CRMS, DESKS, Settings, SettingsRefused, read_settings
from bridge.ports import Heard, HookCall, Site

CANARY = "hunter2-canary"
LINEAR_TEAM = "6d0f6a4e-5a76-4f0c-8d3b-2f1f3b8f9c01"


def read(environ: Mapping[str, str], folder: Path, toml: str | None = None) -> Settings:
    file = folder / "bridge.toml"
    if toml is not None:
        file.write_text(toml, "utf-8")
    return read_settings(environ, file)


def refusal(environ: Mapping[str, str], folder: Path, toml: str | None = None) -> str:
    with pytest.raises(SettingsRefused) as refused:
        read(environ, folder, toml)
    assert CANARY not in str(refused.value)
    assert refused.value.__cause__ is None
    return str(refused.value)


def test_it_runs_with_nothing_set(tmp_path: Path) -> None:
    settings = read({}, tmp_path)
    assert settings.database_url.get_secret_value() == "sqlite:///bridge.db"
    assert settings.bind == "127.0.0.1:8765"
    assert (settings.crm, settings.desk, settings.responder) == ("none", "builtin", "none")
    assert settings.mail.get_secret_value() == "folder:mail"
    bootstrap.build(settings).close()


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///bridge.db",
        "sqlite:////srv/bridge.db",
        "postgresql+psycopg://user:p@ss:w/rd@db.example:5432/bridge?sslmode=require",
        "postgresql+psycopg://user@[::1]:5432/bridge",
        "postgresql+psycopg://user@/bridge?host=/run/postgresql",
        "postgresql+psycopg://db.example",
    ],
)
def test_an_address_of_a_database_is_taken_as_it_is(tmp_path: Path, url: str) -> None:
    assert read({"BRIDGE_DATABASE_URL": url}, tmp_path).database_url.get_secret_value() == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "bridge.db",
        "sqlite://",
        f"mysql://{CANARY}@db.example/bridge",
        "postgresql+psycopg:///bridge",
        f"postgresql+psycopg://user:{CANARY}@db.example:port/bridge",
        f"postgresql+psycopg://user:{CANARY}@[::1]:/bridge",
    ],
)
def test_what_is_no_address_of_a_database_is_refused(tmp_path: Path, url: str) -> None:
    assert refusal({"BRIDGE_DATABASE_URL": url}, tmp_path) == (
        "wrong setting: database_url: expected sqlite:///FILE or postgresql+psycopg://user:password@host/name "
        "(set by BRIDGE_DATABASE_URL)"
    )


def test_the_environment_wins_over_the_file_over_the_default(tmp_path: Path) -> None:
    settings = read({"BRIDGE_TICK": "3"}, tmp_path, "tick = 4\nthreads = 5\n")
    assert (settings.tick, settings.threads, settings.workers) == (3.0, 5, 1)


def test_what_is_not_ours_in_the_environment_is_left_alone(tmp_path: Path) -> None:
    read({"HOME": "/", "BRIDGES_X": "1", "bridge_x": "1"}, tmp_path)


@pytest.mark.parametrize(
    "name", ["BRIDGE_DATABSE_URL", "BRIDGE_", "BRIDGE_SITES", "BRIDGE_BIND_FILE", "BRIDGE_CRM_FILE"]
)
def test_an_unknown_name_is_refused_and_named(tmp_path: Path, name: str) -> None:
    assert f"unknown setting {name}" in refusal({name: CANARY}, tmp_path)


def test_an_unknown_name_in_the_file_is_refused_and_named(tmp_path: Path) -> None:
    said = refusal({}, tmp_path, f'databse_url = "{CANARY}"')
    assert said == "unknown setting 'databse_url' in bridge.toml: did you mean database_url?"
    said = refusal({}, tmp_path, f'{"unheard_of"} = "{CANARY}"')
    assert said == "unknown setting 'unheard_of' in bridge.toml: docs/settings.md has the names"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("HUBSPOT_TOKEN", "did you mean hubspot_token?"),
        ("BRIDGE_HUBSPOT_TOKEN", "did you mean hubspot_token?"),
        ("hubspot_token_file", "only the environment names a file of it: BRIDGE_HUBSPOT_TOKEN_FILE"),
    ],
)
def test_a_variables_name_in_the_file_is_answered_with_where_it_belongs(tmp_path: Path, name: str, hint: str) -> None:
    assert refusal({}, tmp_path, f'{name} = "{CANARY}"') == f"unknown setting {name!r} in bridge.toml: {hint}"


def test_an_unknown_name_in_the_environment_is_answered_with_the_one_that_may_be_meant(tmp_path: Path) -> None:
    said = refusal({"BRIDGE_BND": CANARY}, tmp_path)
    assert said == "unknown setting BRIDGE_BND: did you mean BRIDGE_BIND?"


WRONG = {
    "BRIDGE_CRM": "expected none, file:PATH, hubspot, pipedrive, salesforce, woocommerce, zendesk or http",
    "BRIDGE_CRM_FIELDS": "expected fact=field,...",
    "BRIDGE_CRM_CURRENCY": "crm_currency",
    "BRIDGE_SALESFORCE_VERSION": "salesforce_version",
    "BRIDGE_DESK": "expected one of builtin, zendesk, freshdesk, hubspot, linear, chatwoot, intercom, zammad",
    "BRIDGE_MAIL": "expected folder:PATH",
    "BRIDGE_MAIL_FROM": "mail_from: expected one e-mail address, such as Shop <support@shop.example>",
    "BRIDGE_PRESENCE": "expected api, zendesk, freshdesk, chatwoot or intercom",
    "BRIDGE_PRESENCE_QUEUES": "expected group=queue,...",
    "BRIDGE_PRESENCE_POLL": "presence_poll",
    "BRIDGE_CHATWOOT_ACCOUNT": "chatwoot_account",
    "BRIDGE_BIND": "wrong setting: bind: expected HOST:PORT, such as 127.0.0.1:8765",
    "BRIDGE_PUBLIC_URL": "wrong setting: public_url: expected http://... or https://...",
    "BRIDGE_WORKERS": "workers",
    "BRIDGE_TICK": "tick",
    "BRIDGE_LOG_LEVEL": "wrong setting: log_level: expected debug, info, warning or error",
    "BRIDGE_CLOCK": "wrong setting: clock: expected system or file:PATH",
    "BRIDGE_RESPONDER": "expected none, claude, openai or scripted:PATH",
}


@pytest.mark.parametrize(("name", "said"), WRONG.items(), ids=WRONG)
def test_a_wrong_value_is_refused_without_being_repeated(tmp_path: Path, name: str, said: str) -> None:
    assert said in refusal({name: CANARY}, tmp_path)


@pytest.mark.parametrize(("name", "value"), [
    ("bind", "127.0.0.1:0"), ("bind", "127.0.0.1:65536"), ("bind", "8765"), ("bind", "unix:bridge.sock"),
    ("public_url", "shop.example"), ("public_url", "https://ann:secret@shop.example"), ("public_url", "https://"),
    ("public_url", "https://shop.example/?a=1"), ("public_url", "https://shop.example/a b"),
    ("public_url", "https://shop.example/bridge"),
])  # fmt: skip
def test_an_address_that_nobody_could_call_is_refused(tmp_path: Path, name: str, value: str) -> None:
    assert f"wrong setting: {name}: expected " in refusal({f"BRIDGE_{name.upper()}": value}, tmp_path)


@pytest.mark.parametrize("name", [
    "hubspot_url", "pipedrive_url", "salesforce_url", "woocommerce_url", "zendesk_url", "freshdesk_url", "zammad_url",
    "chatwoot_url", "intercom_url", "linear_url", "claude_url", "openai_url", "webhook_url", "slack_webhook_url",
    "teams_webhook_url",
])  # fmt: skip
def test_an_address_of_another_system_without_its_scheme_is_refused(tmp_path: Path, name: str) -> None:
    said = refusal({}, tmp_path, f'{name} = "{CANARY}.example"')
    assert said == f"wrong setting: {name}: expected an address that starts with https://"
    assert refusal({}, tmp_path, f'{name} = "https://a.example/{CANARY} b"') == said
    read({}, tmp_path, f'{name} = "http://127.0.0.1:8080/{CANARY}"')
    read({}, tmp_path, f'{name} = ""')


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("bind = 8765", "bind: expected text, in quotes"),
        (f"hubspot_token = {10**7}", "hubspot_token: expected text, in quotes"),
        (f'threads = "{CANARY}"', "threads: expected a whole number"),
        ("threads = 2.5", "threads: expected a whole number"),
        ("threads = [2]", "threads: expected a whole number"),
        (f'tick = "{CANARY}"', "tick: expected a number"),
        ("threads = 1", "threads: expected at least 2"),
        ("threads = 257", "threads: expected at most 256"),
        ("crm_budget = 0", "crm_budget: expected more than 0"),
        (f'sites = "{CANARY}"', "sites: expected a section, such as [sites.shop]"),
        (f'[sites]\nshop = "{CANARY}"', "sites.shop: expected a section, such as [sites.shop]"),
    ],
)
def test_what_is_expected_instead_is_said_in_an_owners_words(tmp_path: Path, line: str, said: str) -> None:
    assert refusal({}, tmp_path, line) == f"wrong setting: {said}"


def test_a_wrong_value_from_the_environment_is_not_looked_for_in_the_file(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text(CANARY, "utf-8")
    given = {"BRIDGE_BIND": "", "BRIDGE_MAIL_FILE": str(tmp_path / "mail")}
    mail, bind, threads = refusal(given, tmp_path, 'bind = "127.0.0.1:8765"\nthreads = 1').split("; ")
    assert mail.startswith("wrong setting: mail: ")
    assert mail.endswith(" (set by BRIDGE_MAIL_FILE)")
    assert bind.startswith("wrong setting: bind: ")
    assert bind.endswith(" (set by BRIDGE_BIND)")
    assert threads == "wrong setting: threads: expected at least 2"


@pytest.mark.parametrize("sender", ["", "support@shop.example", "Käthe's Shop <support@shop.example>"])
def test_a_sender_is_an_address_that_may_have_a_name(tmp_path: Path, sender: str) -> None:
    assert read({"BRIDGE_MAIL_FROM": sender}, tmp_path).mail_from == sender


@pytest.mark.parametrize(
    "name", ["crm_currency", "crm_url", "hooks_url", "freshdesk_id_field", "linear_team", "claude_version"]
)
def test_what_is_expected_is_said_in_words_and_never_as_a_pattern(tmp_path: Path, name: str) -> None:
    said = refusal({f"BRIDGE_{name.upper()}": f"?{CANARY} "}, tmp_path)
    assert said.startswith(f"wrong setting: {name}: not of the form that docs/settings.md says: ")
    assert "^" not in said


@pytest.mark.parametrize(("name", "value"), [
    ("BRIDGE_WORKERS", "0"), ("BRIDGE_WORKERS", "33"), ("BRIDGE_THREADS", "1"), ("BRIDGE_TICK", "0"),
    ("BRIDGE_CRM_BUDGET", "0"), ("BRIDGE_CRM_BUDGET", "6"), ("BRIDGE_TICK", "nan"), ("BRIDGE_TICK", "inf"),
    ("BRIDGE_CRM_CACHE", "-1"), ("BRIDGE_PRESENCE_POLL", "4"), ("BRIDGE_PRESENCE_POLL", "121"),
])  # fmt: skip
def test_a_number_outside_its_bounds_is_refused(tmp_path: Path, name: str, value: str) -> None:
    assert name.removeprefix("BRIDGE_").lower() in refusal({name: value}, tmp_path)


# ------------------------------------------------------------------------------------------------- secrets


def test_a_secret_may_stand_in_a_file_and_loses_its_line_break(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{CANARY}\n", "utf-8")
    settings = read({"BRIDGE_ZENDESK_TOKEN_FILE": str(tmp_path / "token")}, tmp_path)
    assert settings.zendesk_token.get_secret_value() == CANARY


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "sqlite:///elsewhere.db"),
        ("MAIL", "folder:elsewhere"),
        ("HUBSPOT_TOKEN", CANARY),
        ("PIPEDRIVE_TOKEN", CANARY),
        ("SALESFORCE_CLIENT_SECRET", CANARY),
        ("WOOCOMMERCE_KEY", CANARY),
        ("WOOCOMMERCE_SECRET", CANARY),
        ("CRM_SECRET", CANARY),
        ("ZENDESK_TOKEN", CANARY),
        ("FRESHDESK_TOKEN", CANARY),
        ("CHATWOOT_TOKEN", CANARY),
        ("INTERCOM_TOKEN", CANARY),
    ],
)
def test_every_secret_may_stand_in_a_file(tmp_path: Path, name: str, value: str) -> None:
    (tmp_path / "secret").write_text(value, "utf-8")
    settings = read({f"BRIDGE_{name}_FILE": str(tmp_path / "secret")}, tmp_path)
    assert getattr(settings, name.lower()).get_secret_value() == value


def test_a_secrets_file_that_is_not_there_is_named_by_its_setting(tmp_path: Path) -> None:
    said = refusal({"BRIDGE_ZENDESK_TOKEN_FILE": str(tmp_path / CANARY)}, tmp_path)
    assert said == "the file that BRIDGE_ZENDESK_TOKEN_FILE names cannot be read: No such file or directory"


def test_an_empty_secrets_file_is_no_secret_that_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("\n")
    said = refusal({"BRIDGE_SLACK_WEBHOOK_URL_FILE": str(tmp_path / "url")}, tmp_path)
    assert said == "the file that BRIDGE_SLACK_WEBHOOK_URL_FILE names is empty"


def test_a_secrets_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes(b"\xff\xfe\x00")
    assert "cannot be read" in refusal({"BRIDGE_ZENDESK_TOKEN_FILE": str(tmp_path / "token")}, tmp_path)


def test_settings_that_are_shown_hide_their_secrets(tmp_path: Path) -> None:
    settings = read(
        {
            "BRIDGE_DATABASE_URL": f"postgresql+psycopg://u:{CANARY}@h/d",
            "BRIDGE_MAIL": f"smtp://u:{CANARY}@h:25",
            "BRIDGE_HUBSPOT_TOKEN": CANARY,
            "BRIDGE_ZENDESK_TOKEN": CANARY,
        },
        tmp_path,
    )
    assert CANARY not in repr(settings) + str(settings) + settings.model_dump_json()


# ------------------------------------------------------------------------------------------------- the file


def test_a_file_that_the_environment_names_has_to_be_there(tmp_path: Path) -> None:
    assert "no configuration file" in refusal({"BRIDGE_CONFIG": str(tmp_path / "gone.toml")}, tmp_path)


def test_a_file_that_cannot_be_read_is_refused_with_what_is_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "loop.toml").symlink_to("loop.toml")
    for name, why in ((".", "Is a directory"), ("loop.toml", "Too many levels of symbolic links")):
        path = tmp_path / name
        said = f"the configuration file {path} cannot be read: {why}"
        assert refusal({"BRIDGE_CONFIG": str(path)}, tmp_path) == said
        with pytest.raises(SettingsRefused, match=why):
            read_settings({}, path)


def test_an_empty_name_of_the_file_is_none(tmp_path: Path) -> None:
    """As a compose file writes it whose variable is not set."""
    assert read({"BRIDGE_CONFIG": ""}, tmp_path, "tick = 3").tick == 3


def test_the_environment_may_name_another_file(tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text("tick = 7", "utf-8")
    assert read({"BRIDGE_CONFIG": str(tmp_path / "other.toml")}, tmp_path, "tick = 3").tick == 7


@pytest.mark.parametrize("content", [b"tick = ", b"\xff\xfe", b"[sites\n"])
def test_a_file_that_is_no_toml_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bridge.toml").write_bytes(content)
    assert "is not TOML" in refusal({}, tmp_path)


def test_what_is_no_toml_is_said_with_its_line_and_column(tmp_path: Path) -> None:
    said = refusal({}, tmp_path, f"tick = 2\ndesk = {CANARY}\n")
    cure = "text stands in quotes, and each name and section but once"
    assert said == f"{tmp_path / 'bridge.toml'} is not TOML (at line 2, column 8): {cure}"


def test_a_site_has_its_own_settings_and_everybodys_for_the_rest(tmp_path: Path) -> None:
    settings = read({}, tmp_path, 'desk = "zendesk"\n[sites.shop]\ncrm = "hubspot"\nhubspot_token = "t"\n')
    shop, other = settings.for_site("shop"), settings.for_site("other")
    assert (shop.crm, shop.desk) == ("hubspot", "zendesk")
    assert (other.crm, other.desk) == ("none", "zendesk")
    assert shop.hubspot_token.get_secret_value() == "t"


@pytest.mark.parametrize(
    "line", [f'crm = "{CANARY}"', f'{"databse"} = "{CANARY}"', f'database_url = "{CANARY}"', "crm = 7"]
)
def test_a_fault_in_a_sites_section_names_the_section(tmp_path: Path, line: str) -> None:
    settings = read({}, tmp_path, f"[sites.shop]\n{line}\n")
    with pytest.raises(SettingsRefused, match=r"sites\.shop") as refused:
        settings.for_site("shop")
    assert CANARY not in str(refused.value)


def test_what_is_everybodys_is_sent_out_of_a_sites_section(tmp_path: Path) -> None:
    settings = read({}, tmp_path, '[sites.shop]\nbind = "x"\ncrmm = "x"\n')
    with pytest.raises(SettingsRefused) as refused:
        settings.for_site("shop")
    assert str(refused.value) == (
        "'bind' is the same for every site: move it above [sites.shop]; "
        "unknown setting 'crmm' in [sites.shop] of bridge.toml: did you mean crm?"
    )


def test_a_site_that_is_no_section_is_refused(tmp_path: Path) -> None:
    assert "sites" in refusal({}, tmp_path, 'sites = "shop"')
    assert "sites" in refusal({}, tmp_path, '[sites]\nshop = "x"')


# ------------------------------------------------------------------------------------------------- putting together


@pytest.mark.parametrize("given", [
    {"BRIDGE_ALLOW_PRIVATE_UPSTREAMS": "not a host and port"}, {"BRIDGE_ALLOW_PRIVATE_UPSTREAMS": "127.0.0.1"},
])  # fmt: skip
def test_a_list_of_private_upstreams_that_cannot_be_read_is_refused(tmp_path: Path, given: dict[str, str]) -> None:
    with pytest.raises(SettingsRefused, match="BRIDGE_ALLOW_PRIVATE_UPSTREAMS"):
        bootstrap.build(read(given, tmp_path))


@pytest.mark.parametrize("written", [f"{CANARY}#", f"{CANARY}/", f"{CANARY}?"])
def test_a_mail_password_that_has_to_be_written_otherwise_is_refused_with_how(tmp_path: Path, written: str) -> None:
    settings = read({"BRIDGE_MAIL": f"smtp://user:{written}x@mail.example:587"}, tmp_path)
    with pytest.raises(SettingsRefused) as refused:
        mailer(settings)
    assert str(refused.value).endswith("; in user and password # is written %23, / is %2F and ? is %3F")
    assert CANARY not in str(refused.value)


NEEDED = {
    "zendesk": "BRIDGE_ZENDESK_URL and BRIDGE_ZENDESK_TOKEN",
    "freshdesk": "BRIDGE_FRESHDESK_URL and BRIDGE_FRESHDESK_TOKEN",
    "chatwoot": "BRIDGE_CHATWOOT_ACCOUNT and BRIDGE_CHATWOOT_TOKEN",
    "intercom": "BRIDGE_INTERCOM_TOKEN",
}


@pytest.mark.parametrize(("helpdesk", "needed"), NEEDED.items(), ids=NEEDED)
def test_a_helpdesk_that_cannot_be_asked_is_refused_and_what_it_needs_is_named(
    tmp_path: Path, helpdesk: str, needed: str
) -> None:
    settings = read({"BRIDGE_PRESENCE": helpdesk, f"BRIDGE_{helpdesk.upper()}_URL": ""}, tmp_path)
    with pytest.raises(SettingsRefused, match=f"BRIDGE_PRESENCE={helpdesk} needs {needed}$"):
        roster(settings, Http)


DESKS_NEED = {
    "zendesk": "BRIDGE_ZENDESK_URL and BRIDGE_ZENDESK_TOKEN",
    "freshdesk": "BRIDGE_FRESHDESK_URL and BRIDGE_FRESHDESK_TOKEN",
    "zammad": "BRIDGE_ZAMMAD_URL, BRIDGE_ZAMMAD_TOKEN and BRIDGE_ZAMMAD_CUSTOMER",
    "hubspot": "BRIDGE_HUBSPOT_TOKEN",
    "linear": "BRIDGE_LINEAR_TOKEN and BRIDGE_LINEAR_TEAM",
    "chatwoot": "BRIDGE_CHATWOOT_ACCOUNT, BRIDGE_CHATWOOT_TOKEN and BRIDGE_CHATWOOT_INBOX",
    "intercom": "BRIDGE_INTERCOM_TOKEN, BRIDGE_INTERCOM_TICKET_TYPE and BRIDGE_INTERCOM_ADMIN",
    "email": "BRIDGE_DESK_EMAIL",
    "webhook": "BRIDGE_WEBHOOK_URL and BRIDGE_WEBHOOK_SECRET",
}


def outside(tmp_path: Path) -> Outside:
    return Outside(Http, FolderMailer(tmp_path), "support@shop.example")


@pytest.mark.parametrize("name", DESKS)
def test_a_desk_that_cannot_be_asked_is_refused_and_what_it_needs_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsRefused, match=f"BRIDGE_DESK={name} needs {DESKS_NEED[name]}$"):
        desk(read({"BRIDGE_DESK": name}, tmp_path), outside(tmp_path))


@pytest.mark.parametrize("group", ["7290143", ":1", "7290143:"])
def test_a_queue_of_hubspot_that_names_no_pipeline_and_stage_is_refused(tmp_path: Path, group: str) -> None:
    given = {"BRIDGE_DESK": "hubspot", "BRIDGE_HUBSPOT_TOKEN": "t", "BRIDGE_DESK_QUEUES": f"billing={group}"}
    with pytest.raises(SettingsRefused, match="pipeline:stage"):
        desk(read(given, tmp_path), outside(tmp_path))


def test_a_team_of_linear_that_is_no_uuid_is_refused(tmp_path: Path) -> None:
    assert "linear_team" in refusal({"BRIDGE_LINEAR_TEAM": "SUP"}, tmp_path)
    given = {"BRIDGE_DESK": "linear", "BRIDGE_LINEAR_TOKEN": "t", "BRIDGE_LINEAR_TEAM": LINEAR_TEAM}
    assert (
        desk(read({**given, "BRIDGE_DESK_QUEUES": f"billing={LINEAR_TEAM}"}, tmp_path), outside(tmp_path)) is not None
    )
    with pytest.raises(SettingsRefused, match="UUIDs"):
        desk(read({**given, "BRIDGE_DESK_QUEUES": "billing=SUP"}, tmp_path), outside(tmp_path))


HOOKED = {
    "the plugin's": ("", "https://shop.example/wp-json/escalation-bridge/v1/hooks/hubspot"),
    "another": ("https://hooks.example/x", "https://hooks.example/x"),
}


@pytest.mark.parametrize(("given", "called"), HOOKED.values(), ids=HOOKED)
def test_a_helpdesk_signs_the_plugins_address_unless_another_is_set(tmp_path: Path, given: str, called: str) -> None:
    own = {"BRIDGE_DESK": "hubspot", "BRIDGE_HUBSPOT_TOKEN": "t", "BRIDGE_HUBSPOT_WEBHOOK_SECRET": "s"}
    settings = read({**own, "BRIDGE_HOOKS_URL": given}, tmp_path)
    made = bootstrap.SystemsOf(settings)(Site("shop", "https://shop.example/", "UTC", "")).desk
    assert made is not None
    signature = base64.b64encode(hmac.digest(b"s", f"POST{called}[]1000".encode(), "sha256")).decode()
    headers = {"x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": "1000"}
    assert made.hear(HookCall(headers, b"[]", 1000)) == Heard()


CRMS_NEED = {
    "hubspot": "BRIDGE_HUBSPOT_TOKEN",
    "pipedrive": "BRIDGE_PIPEDRIVE_TOKEN",
    "salesforce": "BRIDGE_SALESFORCE_URL, BRIDGE_SALESFORCE_CLIENT_ID and BRIDGE_SALESFORCE_CLIENT_SECRET",
    "woocommerce": "BRIDGE_WOOCOMMERCE_URL, BRIDGE_WOOCOMMERCE_KEY and BRIDGE_WOOCOMMERCE_SECRET",
    "zendesk": "BRIDGE_ZENDESK_URL and BRIDGE_ZENDESK_TOKEN",
    "http": "BRIDGE_CRM_URL and BRIDGE_CRM_SECRET",
}


@pytest.mark.parametrize("name", CRMS)
def test_a_crm_that_cannot_be_asked_is_refused_and_what_it_needs_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsRefused, match=f"BRIDGE_CRM={name} needs {CRMS_NEED[name]}$"):
        crm(read({"BRIDGE_CRM": name}, tmp_path), Http)


@pytest.mark.parametrize(
    "wrong", ["tier", "plan=x", "tier=a b", "tier=a'", "tier=a,", ",", "tier=a,tier", "tier=(SELECT)"]
)
def test_fields_of_a_crm_that_cannot_be_read_are_refused(tmp_path: Path, wrong: str) -> None:
    assert "expected fact=field,..." in refusal({"BRIDGE_CRM_FIELDS": wrong}, tmp_path)


@pytest.mark.parametrize("field", ["Account..Tier__c", "1st", "Account:Tier", "a-b"])
def test_a_field_that_would_change_a_query_of_salesforce_is_refused_and_named(tmp_path: Path, field: str) -> None:
    access = {"URL": "https://x", "CLIENT_ID": "i", "CLIENT_SECRET": "s"}
    given = {f"BRIDGE_SALESFORCE_{name}": value for name, value in access.items()}
    settings = read({**given, "BRIDGE_CRM": "salesforce", "BRIDGE_CRM_FIELDS": f"tier={field}"}, tmp_path)
    with pytest.raises(SettingsRefused, match=r"BRIDGE_CRM_FIELDS: .* is no field of Salesforce"):
        crm(settings, Http)


def test_fields_that_are_not_named_keep_their_defaults_and_an_empty_one_is_not_asked_for() -> None:
    defaults = Fields("tier", "billing_status", "sla", "sla_minutes_left")
    assert fields_of("tier = plan, sla=", defaults) == Fields("plan", "billing_status", "", "sla_minutes_left")
    assert fields_of("", defaults) == defaults


@pytest.mark.parametrize("wrong", ["https://x/y?key=1", "https://x/y#z", "https://x/ y"])
def test_an_address_of_ones_own_has_no_query(tmp_path: Path, wrong: str) -> None:
    assert "crm_url" in refusal({"BRIDGE_CRM_URL": wrong}, tmp_path)


@pytest.mark.parametrize("wrong", ["web", "a@b.example, c@d.example", "Web <web@shop.example>"])
def test_zammads_customer_for_visitors_without_an_address_has_one_address(tmp_path: Path, wrong: str) -> None:
    given = {"BRIDGE_DESK": "zammad", "BRIDGE_ZAMMAD_URL": "https://x", "BRIDGE_ZAMMAD_TOKEN": "t"}
    with pytest.raises(SettingsRefused, match="BRIDGE_ZAMMAD_CUSTOMER: expected one e-mail address"):
        desk(read({**given, "BRIDGE_ZAMMAD_CUSTOMER": wrong}, tmp_path), outside(tmp_path))


WRONG_NAMES = {
    "BRIDGE_ZAMMAD_PRIORITIES": ["urgent", "urgent=", "low=1 low", "urgent=a=b"],
    "BRIDGE_ZAMMAD_ID_ATTRIBUTE": ["Escalation", "escalation id", "1st"],
    "BRIDGE_FRESHDESK_ID_FIELD": ["escalation_id", "cf_", "cf_Id"],
    "BRIDGE_FRESHDESK_SOLVED": ["six", "6;7", "6,"],
}


@pytest.mark.parametrize(("name", "wrong"), [(name, one) for name, many in WRONG_NAMES.items() for one in many])
def test_names_that_a_helpdesk_cannot_have_are_refused(tmp_path: Path, name: str, wrong: str) -> None:
    assert name.removeprefix("BRIDGE_").lower() in refusal({name: wrong}, tmp_path)


def test_sites_may_ask_different_helpdesks(tmp_path: Path) -> None:
    toml = 'presence = "intercom"\nintercom_token = "t"\n[sites.shop]\npresence = "chatwoot"\nchatwoot_account = "4"\n'
    settings = read({"BRIDGE_CHATWOOT_TOKEN": "t"}, tmp_path, f'{toml}presence_queues = "7=billing, 9=vip,7=vip"\n')
    shop, other = (roster(settings.for_site(name), Http) for name in ("shop", "other"))
    assert shop is not None
    assert other is not None
    assert (shop.presences.name, other.presences.name) == ("chatwoot", "intercom")
    assert (shop.queues, other.queues) == ({"7": ("billing", "vip"), "9": ("vip",)}, {})


@pytest.mark.parametrize("wrong", ["7", "7=", "=billing", "7=billing,", "7=9", "7:billing", "7=billing=vip", ",", " "])
def test_groups_without_a_queue_are_refused(tmp_path: Path, wrong: str) -> None:
    assert "expected group=queue" in refusal({"BRIDGE_PRESENCE_QUEUES": wrong}, tmp_path)
