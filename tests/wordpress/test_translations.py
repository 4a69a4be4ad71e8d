"""The plugin in other languages: the files agree with the code and with each other, and WordPress speaks by them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from babel.messages.catalog import Catalog, Message
from installation import Installation
from loopback import direct_session
from machine import core_or_skip, suites
from team import team_of
from wordpress_site import PLUGINS, Site

sys.path.insert(0, str(PLUGINS))
import translations

LOCALES = sorted(translations.PLURALS)
PLACEHOLDER = re.compile(r"%(?:\d\$)?[sd]|%%")


def forms(text: str | tuple[str, ...] | list[str]) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


def texts_of(catalog: Catalog) -> list[Message]:
    return [message for message in catalog if message.id]


@pytest.fixture(scope="module", params=LOCALES)
def locale(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def catalog(locale: str) -> Catalog:
    return translations.read(translations.LANGUAGES / f"{translations.DOMAIN}-{locale}.po", locale)


# The files


@pytest.mark.skipif(shutil.which("xgettext") is None, reason="gettext is not installed (tests/install_system.sh does)")
def test_a_rebuild_changes_no_file_and_finds_nothing_untranslated(tmp_path: Path) -> None:
    shutil.copytree(translations.LANGUAGES, tmp_path, dirs_exist_ok=True)
    assert translations.rebuild(tmp_path) == {locale: [] for locale in translations.PLURALS}
    rebuilt = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert rebuilt == {path.name: path.read_bytes() for path in translations.LANGUAGES.iterdir()}


def test_every_text_is_translated_and_nothing_is_fuzzy(catalog: Catalog) -> None:
    assert len(texts_of(catalog)) > 290
    assert [message.id for message in texts_of(catalog) if not all(forms(message.string))] == []
    assert [message.id for message in texts_of(catalog) if message.fuzzy] == []


def test_placeholders_are_those_of_the_english(catalog: Catalog) -> None:
    for message in texts_of(catalog):
        for text in forms(message.string):
            assert sorted(PLACEHOLDER.findall(text)) == sorted(PLACEHOLDER.findall(forms(message.id)[-1])), text


def test_a_plural_has_as_many_forms_as_its_language(locale: str, catalog: Catalog) -> None:
    several = [message for message in texts_of(catalog) if not isinstance(message.id, str)]
    assert several
    assert {len(message.string) for message in several} == {3 if locale == "pl_PL" else 2}


def test_no_line_begins_with_a_mark_that_french_sets_off_by_a_space() -> None:
    french = translations.read(translations.LANGUAGES / f"{translations.DOMAIN}-fr_FR.po", "fr_FR")
    texts = [text for message in texts_of(french) for text in forms(message.string)]
    assert [text for text in texts if re.search(" [?!:;»]|« ", text)] == []
    assert any("\u00a0:" in text for text in texts)


def test_a_text_with_placeholders_tells_translators_what_they_are() -> None:
    template = translations.read(translations.LANGUAGES / f"{translations.DOMAIN}.pot")
    for message in texts_of(template):
        if PLACEHOLDER.search(forms(message.id)[0]):
            assert any(comment.startswith("translators:") for comment in message.auto_comments), message.id


def test_the_desk_has_words_for_every_rule_of_the_shipped_policy() -> None:
    policy = yaml.safe_load((PLUGINS.parent / "bridge/data/policy.yaml").read_text("utf-8"))
    desk = (PLUGINS / "escalation-bridge/includes/Admin.php").read_text("utf-8")
    words = desk.partition("function reason_label")[2].partition("$shipped")[0]
    assert re.findall(r"'([\w-]+)'\s*=>", words) == [rule["name"] for rule in policy["rules"]]


def test_scripts_take_their_words_from_php() -> None:
    for script in (PLUGINS / "escalation-bridge/assets").glob("*.js"):
        code = re.sub(r"/\*.*?\*/|//[^\n]*", "", script.read_text("utf-8"), flags=re.DOTALL)
        assert re.findall(r"""['"`]([A-Z][a-z]+ [a-z][^'"`]*)['"`]""", code) == [], script.name


# WordPress


def install(file: Path, texts: str = "") -> None:
    """A translation where WordPress keeps those of its own."""
    file.parent.mkdir(exist_ok=True)
    source = f'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n{texts}'
    subprocess.run(["msgfmt", f"--output-file={file}", "-"], input=source, text=True, check=True)


@contextmanager
def speaking(site: Site, locale: str) -> Iterator[Site]:
    """The site in another language, of which WordPress itself has no text."""
    languages = site.content / "languages"
    install(languages / f"{locale}.mo")
    site.set_option("WPLANG", locale)
    try:
        yield site
    finally:
        site.set_option("WPLANG", "")
        shutil.rmtree(languages)


@pytest.fixture(scope="module", params=suites())
def of_any_age(request: pytest.FixtureRequest, require_wordpress: None, plugin_zip: Path) -> Iterator[Site]:
    """A site of each WordPress: 6.1 reads .mo, later ones read .l10n.php."""
    with Site(core_or_skip(request.param), plugins=[plugin_zip]).running() as site:
        yield site


def said(site: Site, *texts: str) -> list[str]:
    code = "echo wp_json_encode( array_map( fn( $text ) => __( $text, 'escalation-bridge' ), $texts ) );"
    found: list[str] = json.loads(site.php_eval(code, texts=texts))
    return found


@pytest.mark.wordpress
@pytest.mark.parametrize(
    ("locale", "words"),
    [("de_DE", "Verbindung testen"), ("de_CH", "Verbindung testen"), ("es_MX", "Probar la conexión"),
     ("pt_BR", "Testar a conexão"), ("pt_AO", "Testar a ligação"), ("fr_CA", "Tester la connexion"),
     ("sv_SE", "Test the connection")],
)  # fmt: skip
def test_a_locale_that_we_lack_reads_the_nearest_one(of_any_age: Site, locale: str, words: str) -> None:
    with speaking(of_any_age, locale):
        assert said(of_any_age, "Test the connection") == [words]
    assert of_any_age.debug_log("escalation-bridge") == []


RATES = """
    $of = fn( $n ) => EscalationBridge\\Stats::rate_text( array( 'now' => array( 'sessions' => $n, 'rate' => 0.5 ) ) );
    echo wp_json_encode( array_map( $of, $numbers ) );"""


@pytest.mark.wordpress
def test_polish_counts_in_its_own_forms(of_any_age: Site) -> None:
    with speaking(of_any_age, "pl_PL"):
        one, few, many = json.loads(of_any_age.php_eval(RATES, numbers=[1, 3, 12]))
    assert [words.split()[-1] for words in (one, few, many)] == ["rozmowy", "rozmów", "rozmów"]


@pytest.mark.wordpress
def test_one_word_has_the_form_of_its_place(of_any_age: Site) -> None:
    both = """
        echo wp_json_encode( array(
            __( 'Resolved', 'escalation-bridge' ),
            _x( 'Resolved', 'state of one escalation', 'escalation-bridge' ),
        ) );"""
    with speaking(of_any_age, "es_ES"):
        assert json.loads(of_any_age.php_eval(both)) == ["Resueltas", "Resuelta"]


@pytest.mark.wordpress
def test_the_list_of_plugins_and_the_settings_page_are_german(of_any_age: Site) -> None:
    with speaking(of_any_age, "de_DE") as site, site.login() as owner:
        plugins = owner.get(f"{site.url}/wp-admin/plugins.php", timeout=60).text
        settings = owner.get(f"{site.url}/wp-admin/options-general.php?page=escalation-bridge", timeout=60).text
    assert "Entscheidet, wann die KI in Ihrem Chat aufhört" in plugins
    for words in ("Kopplungscode", "Nicht verbunden", "Wo der Chat erscheint", "Auf allen Seiten", "Begrüßung"):
        assert words in settings
    assert "Pairing code" not in settings


@pytest.mark.wordpress
def test_a_translation_that_the_owner_installed_goes_first(of_any_age: Site) -> None:
    with speaking(of_any_age, "de_DE") as site:
        own = site.content / "languages/plugins/escalation-bridge-de_DE.mo"
        install(own, 'msgid "Queue"\nmsgstr "Schlange"\n')
        assert said(site, "Queue") == ["Schlange"]


@pytest.mark.wordpress
def test_widget_and_site_health_are_german(installed: Installation) -> None:
    run = """
        $tests = EscalationBridge\\Health::add_tests( array() )['async'];
        echo wp_json_encode( $tests['escbridge_answers']['async_direct_test']() );"""
    with speaking(installed.site, "de_DE") as site, direct_session() as guest:
        page = guest.get(site.url, timeout=30).text
        config = json.loads(re.findall(r'id="escbridge-config"[^>]*>\s*(\{.*?\})\s*</script>', page)[0])
        found = json.loads(site.php_eval(run))
    assert config["greeting"] == "Guten Tag! Wie können wir Ihnen helfen?"
    assert (config["text"]["open"], config["text"]["person"]) == ("Chat öffnen", "Mit einem Menschen sprechen")
    assert (found["status"], found["label"]) == ("good", "Escalation Bridge antwortet")
    assert "Verbunden: Version" in found["description"]


@pytest.mark.wordpress
def test_why_somebody_was_handed_over_is_german_and_what_was_weighed_stays_as_in_the_packet(
    installed: Installation,
) -> None:
    site = installed.site
    site.php_eval("escbridge_turn( 'a-conversation-of-mine', 'visitor', 'I want to talk to a human' );")
    one = team_of(installed).list()[0]
    with speaking(site, "de_DE"), site.login() as owner:
        where = f"{site.url}/wp-admin/admin.php?page=escbridge-escalations"
        listed, opened = (owner.get(where + more, timeout=60).text for more in ("", f"&escalation={one['id']}"))
    assert "Hat um einen Menschen gebeten" in listed
    assert "explicit_request" not in listed
    assert "Hat um einen Menschen gebeten" in opened
    assert "explicit_request: " in opened
    assert re.search("zendesk · (wird gesendet|gesendet)", opened)
