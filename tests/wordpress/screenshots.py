"""Pictures of every page that people see, for the documentation and for a look at them: `make screenshots`.

They come from a real WordPress, a real sidecar and a real browser, at desktop and phone width.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from installation import Installation
from machine import chromium, chromium_args
from playwright.sync_api import Browser, Page, sync_playwright
from visiting import COMPLAINT, LEASES_OVER, QUESTION, SATURDAY_NIGHT, SCRIPT, log_in, open_chat, say
from wordpress_core import wordpress_core

DESKTOP, PHONE = {"width": 1280, "height": 820}, {"width": 390, "height": 844}
ADMIN_PAGES = {
    "wp-admin-list": "admin.php?page=escbridge-escalations",
    "wp-admin-settings": "options-general.php?page=escalation-bridge",
}


def main(out: Path) -> None:
    """Take all pictures into a folder."""
    out.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir="/tmp") as folder,
        Installation(wordpress_core("trixie"), Path(folder)).running() as shop,
    ):
        shop.site.set_option("blogname", "Harbour & Pine")
        shop.site.set_option("escbridge_echo_script", json.dumps(SCRIPT))
        shop.move_clock_to(SATURDAY_NIGHT)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=list(chromium_args))
            for name, size in (("anna", DESKTOP), ("ben", PHONE)):
                shop.site.add_user(name, f"{name}-pass", email=f"{name}@example.test")
                chat(browser, shop, name, dict(size), out)
            shop.move_clock_to(LEASES_OVER)
            wp_admin(browser, shop, out)
            browser.close()
    print(f"pictures are in {out}")


def chat(browser: Browser, shop: Installation, user: str, size: dict[str, int], out: Path) -> None:
    """The chat at the moment of escalation."""
    context = log_in(browser, shop.site, user, f"{user}-pass", size)
    page = open_chat(context, shop.site)
    say(page, QUESTION)
    page.locator(".item.bot").get_by_text("four to six days").wait_for()
    say(page, COMPLAINT)
    if user == "ben":  # nobody's valued customer asks for a person
        say(page, "Please let me talk to a human.")
    page.locator(".item.promise").wait_for()
    take(page, out / ("escalation.png" if size == DESKTOP else "escalation-phone.png"))
    context.close()


def wp_admin(browser: Browser, shop: Installation, out: Path) -> None:
    """The pages of the team and of the owner, at both widths."""
    for suffix, size in (("", DESKTOP), ("-phone", PHONE)):
        context = log_in(browser, shop.site, "admin", "admin-pass", dict(size))
        page = context.new_page()
        for name, path in ADMIN_PAGES.items():
            page.goto(f"{shop.site.url}/wp-admin/{path}")
            take(page, out / f"{name}{suffix}.png")
        page.goto(f"{shop.site.url}/wp-admin/{ADMIN_PAGES['wp-admin-list']}")
        page.locator("table").get_by_role("link", name="anna").first.click()
        page.get_by_role("button", name="Resolve").wait_for()
        take(page, out / f"wp-admin-detail{suffix}.png")
        context.close()


def take(page: Page, path: Path) -> None:
    """A picture, once the page has come to rest."""
    page.wait_for_timeout(600)
    page.screenshot(path=path, full_page="wp-admin" in path.name)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", nargs="?", type=Path, default=Path("build/screenshots"))
    sys.exit(main(parser.parse_args().out))
