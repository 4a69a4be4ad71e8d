"""What the plugin directory's checks look for, as far as it can be told without WordPress; and the plugin's budgets."""

from __future__ import annotations

import gzip
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = ROOT / "wp-plugin" / "escalation-bridge"
ECHO_BOT = ROOT / "wp-plugin" / "echo-bot" / "echo-bot.php"
VECTORS = ROOT / "tests" / "vectors" / "signing-vectors.json"
PHP_TESTS = Path(__file__).resolve().parent / "php"
SLUG = "escalation-bridge"
KIB = 1024

PHP = shutil.which("php")
needs_php = pytest.mark.skipif(PHP is None, reason="php is not installed")

PLUGIN_FILES = sorted(PLUGIN.rglob("*.php"))
CODE_FILES = [path for path in PLUGIN_FILES if path.name != "index.php"]
TRANSLATE = r"(?:esc_html|esc_attr)?_[_e]"
ids = [str(path.relative_to(PLUGIN)) for path in CODE_FILES]


def header() -> dict[str, str]:
    text = (PLUGIN / "escalation-bridge.php").read_text(encoding="utf-8")
    return {name: value.strip() for name, value in re.findall(r"^ \* ([A-Z][A-Za-z ]+?):\s+(.+)$", text, re.MULTILINE)}


def readme() -> str:
    return (PLUGIN / "readme.txt").read_text(encoding="utf-8")


def readme_field(name: str) -> str:
    found = re.search(rf"^{name}:\s*(.+)$", readme(), re.MULTILINE)
    assert found, f"readme.txt has no {name}"
    return found[1].strip()


def without_comments(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    return re.sub(r"/\*.*?\*/|(?<![:'\"])//[^\n]*", "", text, flags=re.DOTALL)


def run_php(*arguments: str) -> subprocess.CompletedProcess[str]:
    assert PHP
    return subprocess.run([PHP, *arguments], capture_output=True, text=True, timeout=60, check=False)


@needs_php
@pytest.mark.parametrize("path", [*PLUGIN_FILES, ECHO_BOT, *sorted(PHP_TESTS.glob("*.php"))], ids=lambda p: p.name)
def test_every_php_file_parses(path: Path) -> None:
    checked = run_php("-l", str(path))
    assert checked.returncode == 0, checked.stdout + checked.stderr


@needs_php
def test_signatures_and_tokens_are_those_of_the_vectors() -> None:
    if not VECTORS.exists():
        pytest.skip("tests/vectors/signing-vectors.json is missing")
    checked = run_php(str(PHP_TESTS / "signing_vectors.php"), str(VECTORS))
    assert checked.returncode == 0, checked.stderr
    assert int(checked.stdout) >= 20


@needs_php
def test_only_a_whole_and_sound_pairing_code_is_taken() -> None:
    checked = run_php(str(PHP_TESTS / "pairing_code.php"))
    assert (checked.returncode, checked.stdout) == (0, "ok\n"), checked.stderr


@pytest.mark.parametrize("path", CODE_FILES, ids=ids)
def test_direct_access_ends_before_anything_runs(path: Path) -> None:
    preamble = r"^(<\?php|declare\(.*|namespace .*|use .*|)\s*$"
    code = re.sub(preamble, "", without_comments(path), flags=re.MULTILINE).lstrip()
    constant = "WP_UNINSTALL_PLUGIN" if path.name == "uninstall.php" else "ABSPATH"
    assert code.startswith(f"defined( '{constant}' ) || exit;")


@pytest.mark.parametrize("path", CODE_FILES, ids=ids)
def test_types_are_strict(path: Path) -> None:
    assert "declare(strict_types=1);" in path.read_text(encoding="utf-8")


FORBIDDEN = {
    "eval and processes": r"\b(eval|proc_open|shell_exec|exec|system|passthru|popen)\s*\(",
    "debug output and limits": r"\b(error_log|var_dump|print_r|ini_set|set_time_limit)\s*\(",
    "a transport of its own": r"\bcurl_\w+\s*\(|\bfile_get_contents\s*\(|\bfsockopen\s*\(",
    "parse_url": r"(?<!wp_)\bparse_url\s*\(",
    "an unsafe redirect": r"\bwp_redirect\s*\(",
    "the database": r"\$wpdb|\bmysqli?_",
    "writing files": r"\bfile_put_contents\s*\(|\bfopen\s*\(|\bfwrite\s*\(",
    "heredoc": r"<<<",
    "backticks": r"`",
    "short tags": r"<\?(?!php)",
    "loopback": r"localhost|127\.0\.0\.1|\[?::1\]|\.local\b",
    "a model provider": r"api\.(openai|anthropic)\.|generativelanguage\.googleapis",
    "literal script or style tags": r"<(script|style)\b",
    "remote files": r"(src|href)=[\"']https?://",
    "an updater": r"pre_set_site_transient_update_plugins|Update URI",
    "no permission check": r"__return_true",
    "syntax after PHP 7.4": r"\bmatch\s*\(|(?<!')\breadonly\b|\benum \w|\?->|#\[",
    "functions after PHP 7.4": r"\bstr_(contains|starts_with|ends_with)\s*\(",
}


@pytest.mark.parametrize("path", CODE_FILES, ids=ids)
@pytest.mark.parametrize("what", FORBIDDEN)
def test_nothing_forbidden_is_used(path: Path, what: str) -> None:
    if (path.name, what) == ("uninstall.php", "the database"):
        return  # it finds its own rows by their prefix, and no function of WordPress lists them
    assert not re.search(FORBIDDEN[what], without_comments(path))


@pytest.mark.parametrize("path", CODE_FILES, ids=ids)
def test_texts_are_literals_of_our_domain(path: Path) -> None:
    code = without_comments(path)
    calls = re.findall(rf"\b{TRANSLATE}\(", code)
    literal = re.findall(rf"\b{TRANSLATE}\(\s*'(?:[^'\\]|\\.)+',\s*'{SLUG}'\s*\)", code)
    assert len(calls) == len(literal)


OF_OTHERS = {"the_content", "wpml_post_language_details", "settings_errors"}
"""Hooks that are asked for what only their owners know."""


def test_hooks_options_and_transients_carry_our_prefix() -> None:
    code = "".join(without_comments(path) for path in CODE_FILES)
    calls = "apply_filters|do_action|[gs]et_transient|delete_transient|add_option|update_option"
    names = re.findall(rf"\b(?:{calls})\(\s*'([^']+)'", code)
    assert names
    assert [name for name in names if not name.startswith("escbridge_") and name not in OF_OTHERS] == []


def test_every_option_has_the_prefix_by_which_it_is_removed_with_the_plugin() -> None:
    code = "".join(without_comments(path) for path in CODE_FILES)
    names = re.findall(r"const (?:\w*OPTION|\w*LOCK)\s+= '(\w+)'", code)
    assert len(names) >= 7
    assert [name for name in names if not name.startswith("escbridge_")] == []


def test_settings_are_sanitised() -> None:
    code = "".join(without_comments(path) for path in CODE_FILES)
    assert code.count("register_setting(") == code.count("'sanitize_callback'") == 1


def test_posts_are_guarded_by_a_nonce() -> None:
    for path in CODE_FILES:
        if "$_POST" in without_comments(path):
            assert re.search(r"check_admin_referer\(|wp_verify_nonce\(", path.read_text(encoding="utf-8"))


def test_header_is_complete_and_true() -> None:
    fields = header()
    assert fields["Plugin Name"] == "Escalation Bridge"
    assert re.fullmatch(r"\d+\.\d+(\.\d+)?", fields["Version"])
    assert fields["Text Domain"] == SLUG
    assert (PLUGIN / fields["Domain Path"].strip("/")).is_dir()
    assert fields["License"] == "GPL-2.0-or-later"
    assert not {"Update URI", "Network", "Requires Plugins"} & fields.keys()


def test_versions_are_one() -> None:
    text = (PLUGIN / "escalation-bridge.php").read_text(encoding="utf-8")
    version = header()["Version"]
    assert f"define( 'ESCBRIDGE_VERSION', '{version}' );" in text
    assert readme_field("Stable tag") == version
    assert f"= {version} =" in readme()


def test_readme_agrees_with_the_header() -> None:
    assert readme().startswith(f"=== {header()['Plugin Name']} ===")
    for name in ("Requires at least", "Requires PHP", "License"):
        assert readme_field(name) == header()[name]
    assert len(readme_field("Tags").split(",")) <= 5
    assert len(readme().encode()) < 10 * KIB
    assert "== External services ==" in readme()


def test_short_description_fits() -> None:
    paragraph = readme().split("\n\n")[1]
    assert 0 < len(paragraph) <= 150


@pytest.mark.parametrize(
    ("names", "most"),
    [(["launcher.js"], 2 * KIB), (["launcher.js", "chat.js"], 12 * KIB), (["chat.css"], 3 * KIB)],
    ids=["launcher", "scripts", "styles"],
)
def test_assets_keep_their_budget(names: list[str], most: int) -> None:
    files = [(PLUGIN / "assets" / name).read_bytes() for name in names]
    assert sum(len(gzip.compress(file, 9, mtime=0)) for file in files) <= most


def luminance(colour: str) -> float:
    digits = colour if len(colour) == 6 else "".join(digit * 2 for digit in colour)
    shares = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_what_has_the_focus_and_where_one_writes_stand_out_on_every_ground() -> None:
    """WCAG 1.4.11: three to one. A theme's ground may be any: the ring there must do on white and on black."""
    style = (PLUGIN / "assets" / "chat.css").read_text(encoding="utf-8")
    sets = style.split("@media (prefers-color-scheme: dark)")
    light, dark = (dict(re.findall(r"--([\w-]+): var\(--escbridge-[\w-]+, #(\w+)\)", one)) for one in sets)
    dark = light | dark
    grounds = ("paper", "ground", "bot", "agent", "promise")
    found = {
        (name, ground, scheme["paper"]): contrast(scheme[name], scheme[ground])
        for scheme in (light, dark)
        for name, on in (("focus", grounds), ("soft", ("paper", "ground")), ("on-accent", ("accent",)))
        for ground in on
    }
    assert re.search(r"^\.text a \{[^}]*outline-color: currentColor", style, re.MULTILINE), "also in one's own bubble"
    assert re.search(r"^\.composer \{[^}]*border: 1px solid var\(--soft\)", style, re.MULTILINE)
    for name in ("launcher.js", "call.css"):
        ring = re.search(r":focus-visible ?\{ ?outline: ?3px solid [^#]*#(\w+)", (PLUGIN / "assets" / name).read_text())
        assert ring, name
        found |= {(name, ground): contrast(ring[1], ground) for ground in ("fff", "000")}
    assert {what: round(value, 2) for what, value in found.items() if value < 3} == {}


@pytest.mark.parametrize("name", ["launcher.js", "chat.js", "block.js", "admin.js"])
def test_scripts_write_text_never_markup(name: str) -> None:
    code = (PLUGIN / "assets" / name).read_text(encoding="utf-8")
    assert not re.search(r"\.innerHTML|\.outerHTML|insertAdjacentHTML|document\.write|\beval\(|jQuery|\$\(", code)


def test_zip_holds_the_allowed_files_and_is_reproducible(tmp_path: Path) -> None:
    outputs = [tmp_path / "one.zip", tmp_path / "two.zip"]
    for output in outputs:
        command = [sys.executable, str(ROOT / "wp-plugin" / "build_zip.py"), str(output)]
        printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert printed.strip() == str(output)
    assert outputs[0].read_bytes() == outputs[1].read_bytes()
    with zipfile.ZipFile(outputs[0]) as archive:
        names = archive.namelist()
    assert all(name.startswith(f"{SLUG}/") for name in names)
    assert {f"{SLUG}/{path.relative_to(PLUGIN)}" for path in PLUGIN_FILES} <= set(names)
    assert {Path(name).suffix for name in names} <= {".php", ".js", ".css", ".txt", ".pot", ".po", ".mo"}
