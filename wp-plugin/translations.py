"""Rebuild the plugin's translations: the template from the code, each language's .po from it, and what WordPress reads.

python wp-plugin/translations.py        needs Debian's gettext; prints what is still to be translated

Nothing is lost: a text that left the code stays in its .po as a comment. The same code gives the same files.
"""

from __future__ import annotations

import re
import subprocess
import sys
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

PLUGIN = Path(__file__).resolve().parent / "escalation-bridge"
LANGUAGES = PLUGIN / "languages"
DOMAIN = PLUGIN.name
KEYWORDS = ("__:1", "_e:1", "_n:1,2", "_x:1,2c", "esc_html__:1", "esc_html_e:1", "esc_attr__:1", "esc_attr_e:1")
HEADER_FIELDS = ("Plugin Name", "Description")
"""WordPress shows them in its list of plugins, translated."""
TWO, FRENCH = "nplurals=2; plural=(n != 1);", "nplurals=2; plural=(n > 1);"
POLISH = "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);"
PLURALS = {
    "de_DE": TWO, "es_ES": TWO, "fr_FR": FRENCH, "it_IT": TWO, "nl_NL": TWO, "pl_PL": POLISH, "pt_BR": FRENCH,
    "pt_PT": TWO,
}  # fmt: skip
"""As WordPress itself counts in these languages."""
HEADER = """\
# Texts of the plugin Escalation Bridge. This file has the plugin's licence: GPL-2.0-or-later.
msgid ""
msgstr ""
"Project-Id-Version: Escalation Bridge\\n"
"Language: {locale}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural}\\n"
"X-Domain: escalation-bridge\\n"

"""
FOR_PHP = """\
<?php
/**
 * Made by wp-plugin/translations.py from the .po beside it; WordPress 6.5 and later read this one.
 *
 * @package EscalationBridge
 */

declare(strict_types=1);

defined( 'ABSPATH' ) || exit;

return array(
	'domain'       => {domain},
	'language'     => {locale},
	'plural-forms' => {plural},
	'messages'     => array(
{messages}	),
);
"""


def rebuild(folder: Path = LANGUAGES) -> dict[str, list[str]]:
    """Write all files into a folder that holds the .po files; the texts that each language lacks."""
    texts = template()
    (folder / f"{DOMAIN}.pot").write_bytes(written(texts, "", TWO))
    return {locale: _rebuild(folder, locale, texts) for locale in PLURALS}


def _rebuild(folder: Path, locale: str, texts: Catalog) -> list[str]:
    source = folder / f"{DOMAIN}-{locale}.po"
    known = read(source, locale) if source.exists() else Catalog(locale)
    known.update(texts, no_fuzzy_matching=True)
    source.write_bytes(written(known, locale, PLURALS[locale]))
    _run("msgfmt", "--check-format", "--no-hash", f"--output-file={source.with_suffix('.mo')}", source)
    source.with_suffix(".l10n.php").write_text(for_php(known, locale), "utf-8")
    return [_key(message) for message in known if message.id and not all(_forms(message))]


def template() -> Catalog:
    """Every text of the code, in the order of the files."""
    sources = sorted(path.relative_to(PLUGIN) for path in PLUGIN.rglob("*.php") if path.parent != LANGUAGES)
    found = _run(
        "xgettext", "--language=PHP", "--from-code=UTF-8", "--add-comments=translators", "--add-location=file",
        "--output=-", "--keyword", *(f"--keyword={word}" for word in KEYWORDS), *sources,
    )  # fmt: skip
    catalog = Catalog()
    for name in HEADER_FIELDS:
        _add(catalog, Message(_of_header(name), auto_comments=[f"{name}, in the plugin's header"]))
    for message in read_po(BytesIO(found.replace(b"nplurals=INTEGER; plural=EXPRESSION;", TWO.encode()))):
        _add(catalog, message)
    return catalog


def _run(*command: str | Path) -> bytes:
    return subprocess.run(command, cwd=PLUGIN, stdout=subprocess.PIPE, check=True).stdout  # noqa: S603 - gettext's tools


def _of_header(name: str) -> str:
    found = re.search(rf"^ \* {name}:\s+(.+)$", (PLUGIN / f"{DOMAIN}.php").read_text("utf-8"), re.MULTILINE)
    if found is None:
        raise ValueError(f"the plugin's header has no {name}")
    return found[1].strip()


def _add(catalog: Catalog, message: Message) -> None:
    if message.id:
        catalog[message.id] = message


def read(source: Path, locale: str | None = None) -> Catalog:
    """The texts of a .po; of the template without a locale."""
    with source.open("rb") as file:
        return read_po(file, locale=locale)


def written(catalog: Catalog, locale: str, plural: str) -> bytes:
    """A catalogue as a .po, with our header instead of one that names dates and tools."""
    for message in catalog:
        message.flags -= {"python-format"}
    body = BytesIO()
    write_po(body, catalog, width=0, omit_header=True)
    return HEADER.format(locale=locale, plural=plural).encode() + body.getvalue()


def for_php(catalog: Catalog, locale: str) -> str:
    """A catalogue as WordPress reads it fastest: a PHP array, the forms of a plural joined by a NUL."""
    rows = [
        f"\t\t{_placed(message)} => {_joined(message)},\n" for message in catalog if message.id and all(_forms(message))
    ]
    return FOR_PHP.format(
        domain=quoted(DOMAIN), locale=quoted(locale), plural=quoted(PLURALS[locale]), messages="".join(rows)
    )


def _placed(message: Message) -> str:
    known = quoted(_key(message))
    return f'{quoted(message.context)} . "\\4" . {known}' if message.context else known


def _joined(message: Message) -> str:
    return ' . "\\0" . '.join(map(quoted, _forms(message)))


def quoted(text: str) -> str:
    """A text as a PHP literal."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _forms(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def main() -> int:
    """Rebuild in place; 1 while a text is not translated."""
    lacking = rebuild()
    for locale, texts in lacking.items():
        sys.stdout.writelines(f"{locale}: {text}\n" for text in texts)
    return int(any(lacking.values()))


if __name__ == "__main__":
    sys.exit(main())
