"""Every mail that the product sends, as its readers see it: `make letters`.

HTML and text of each, and pictures at desktop and phone width, in the light and in the dark.
"""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser
from pydantic import SecretStr
from support import chromium
from support.letters import ASKING, every_mail

from bridge import bootstrap, logs
from bridge.config import Settings

Colors = Literal["dark", "light"]
SIZES: dict[str, tuple[int, Colors]] = {"desktop": (1280, "light"), "phone": (390, "light"), "dark": (390, "dark")}


def main(out: Path) -> str | None:
    """Write all of them into a folder; the reason why not, if there are no pictures."""
    out.mkdir(parents=True, exist_ok=True)
    logs.configure("CRITICAL")
    program = chromium.installed()
    pages = [page for language in ASKING for page in written(out, language)]
    if program is None:
        return "no Chromium here: the letters are written, and there are no pictures of them"
    with chromium.running(program) as browser:
        take(browser, pages)
    print(f"{len(pages)} letters are in {out}")
    return None


def written(out: Path, language: str) -> list[Path]:
    """The letters of one language as files; returns the HTML ones."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/bridge.db"
        bootstrap.migrate(Settings(database_url=SecretStr(url)))
        mails = every_mail(url, language)
    for kind, mail in mails.items():
        (out / f"{language}.{kind}.txt").write_text(f"Subject: {mail.subject}\n\n{mail.text}", "utf-8")
        (out / f"{language}.{kind}.html").write_text(mail.html or "", "utf-8")
    return [out / f"{language}.{kind}.html" for kind in mails]


def take(browser: Browser, pages: list[Path]) -> None:
    """The pictures of all letters."""
    for name, (width, colors) in SIZES.items():
        size = {"width": width, "height": 700}
        context = browser.new_context(viewport=size, color_scheme=colors, java_script_enabled=False)
        opened = context.new_page()
        for page in pages:
            opened.goto(page.resolve().as_uri())
            opened.screenshot(path=page.with_suffix(f".{name}.png"), full_page=True)
        context.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", nargs="?", type=Path, default=Path("build/letters"))
    sys.exit(main(parser.parse_args().out))
