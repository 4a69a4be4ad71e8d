"""Chromium without a window: which there is here, and one for pages that need no WordPress."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium-headless-shell", "chromium", "google-chrome")
"""The first has the same engine and no windows around its pages, whose drawing takes as long as most tests."""
ARGS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")  # root has no sandbox


def installed() -> str | None:
    """The program's path, if there is one here."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def running(program: str) -> Iterator[Browser]:
    """A browser for the length of a with block."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGS))
        try:
            yield browser
        finally:
            browser.close()
