"""Pictures of every page that people see, for the documentation and for a look at them: `make screenshots`.

They come from a real WordPress, a real sidecar and a real browser, at desktop and phone width, light and dark.
"""

import argparse
import json
import re
import sys
import tempfile
from pathlib import Path

from installation import Installation, eventually
from machine import chromium, chromium_args
from playwright.sync_api import Browser, Page, sync_playwright
from shop import running_shop
from support.reading_model import reading_model
from visiting import COMPLAINT, LEASES_OVER, QUESTION, SATURDAY_NIGHT, SCRIPT, log_in, open_chat, say
from wordpress_core import wordpress_core

A_PERSON = "I was charged twice. Can somebody call me about it?"
SHIPPING = {"post_title": "Shipping", "post_content": "<p>Shipping is free from 50 euros.</p>"}
DESKTOP, PHONE = {"width": 1280, "height": 820}, {"width": 390, "height": 844}
ADMIN_PAGES = {
    "wp-admin-list": "admin.php?page=escbridge-escalations",
    "wp-admin-settings": "options-general.php?page=escalation-bridge",
    "wp-admin-dashboard": "index.php",
    "wp-admin-health": "site-health.php",
    "wp-admin-debug": "site-health.php?tab=debug",
}


def main(out: Path) -> None:
    """Take all pictures into a folder."""
    out.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir="/tmp") as folder,
        Installation(wordpress_core("trixie"), Path(folder)).running() as shop,
    ):
        shop.site.set_option("blogname", "Harbour & Pine")
        shop.site.set_option("echo_bot_script", json.dumps(SCRIPT))
        shop.move_clock_to(SATURDAY_NIGHT)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=list(chromium_args))
            for name, size in (("anna", DESKTOP), ("ben", PHONE)):
                shop.site.add_user(name, f"{name}-pass", email=f"{name}@example.test")
                chat(browser, shop, name, dict(size), out)
            offer_calls(shop)
            for name, size in (("carla", DESKTOP), ("dan", PHONE)):
                shop.site.add_user(name, f"{name}-pass", email=f"{name}@example.test")
                calls(browser, shop, name, dict(size), out)
            shop.move_clock_to(LEASES_OVER)
            wp_admin(browser, shop, out)
            answers(browser, Path(folder) / "answers", out)
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
        page.locator(".item.bot").get_by_text("looks correct").wait_for()
        say(page, "Please let me talk to a human.")
    page.locator(".item.promise").wait_for()
    take(page, out / ("escalation.png" if size == DESKTOP else "escalation-phone.png"))
    context.close()


def offer_calls(shop: Installation) -> None:
    """Put a policy in force whose queue makes calls."""
    policy = shop.folder / "policy.yaml"
    policy.write_text(shop.sidecar.command("policy", "show").replace("[live, email]", "[live, callback, email]"))
    shop.sidecar.command("policy", "put", str(policy))


def calls(browser: Browser, shop: Installation, user: str, size: dict[str, int], out: Path) -> None:
    """A time for a call is chosen in the chat; then the page behind the link of the mail about it."""
    suffix = "" if size == DESKTOP else "-phone"
    context = log_in(browser, shop.site, user, f"{user}-pass", size)
    page = open_chat(context, shop.site)
    say(page, A_PERSON)
    page.get_by_role("button", name="Choose a time for a call").click()
    page.locator(".times input").nth(2).press("Space")  # by key: the pinned line would shift what a mouse aims at
    take(page, out / f"call-picker{suffix}.png")
    page.fill(".call input[type=tel]", "+1 212 555 0134")
    page.get_by_role("button", name="Book this call").click()
    page.get_by_role("button", name="Choose another time").wait_for()
    take(page, out / f"call-booked{suffix}.png")
    page.get_by_role("button", name="Close chat").last.click()
    page.goto(link_in_mail(shop, f"{user}@example.test"))
    take(page, out / f"call-page{suffix}.png")
    page.get_by_role("link", name="Cancel the call").click()
    take(page, out / f"call-page-cancel{suffix}.png")
    context.close()


def link_in_mail(shop: Installation, address: str) -> str:
    """Where the newest mail about a call leads to."""
    pattern = r"http\S+escbridge_call=[\w.-]+"
    found = eventually(lambda: [link for mail in shop.mails_to(address) for link in re.findall(pattern, mail.text)])
    return str(found[-1])


def answers(browser: Browser, folder: Path, out: Path) -> None:
    """The sidecar's own responder, answering from a page with its link."""
    folder.mkdir()
    with reading_model() as address:
        env = {
            "BRIDGE_RESPONDER": "openai",
            "BRIDGE_OPENAI_MODEL": "reading",
            "BRIDGE_OPENAI_URL": f"http://{address}",
        }
        with running_shop(wordpress_core("trixie"), folder, env=env, upstreams=[address]) as shop:
            shop.site.php_eval(
                "update_option('escbridge_settings', array('knowledge' => true) + EscalationBridge\\Settings::all());"
            )
            page = {"post_type": "page", "post_status": "publish", **SHIPPING}
            shop.site.php_eval("wp_set_current_user(1); wp_insert_post($page);", page=page)
            for name, size in (("answer", DESKTOP), ("answer-phone", PHONE)):
                context = browser.new_context(viewport=dict(size))
                window = open_chat(context, shop.site)
                say(window, "Is shipping free?")
                window.locator(".item.bot").last.get_by_role("link").wait_for()
                take(window, out / f"{name}.png")
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
        page.locator(".escbridge-hours summary").click()
        take(page, out / f"wp-admin-hours{suffix}.png")
        for name, customer in (("wp-admin-detail", "anna"), ("wp-admin-call", "carla")):
            page.goto(f"{shop.site.url}/wp-admin/{ADMIN_PAGES['wp-admin-list']}")
            page.locator("table").get_by_role("link", name=customer).first.click()
            page.get_by_role("button", name="Resolve").wait_for()
            take(page, out / f"{name}{suffix}.png")
        context.close()


def take(page: Page, path: Path) -> None:
    """A picture, once the page has come to rest; of what is for visitors another one for those who prefer the dark."""
    whole = path.name.startswith(("wp-admin", "call-page"))
    page.wait_for_timeout(600)
    page.screenshot(path=path, full_page=whole)
    if not path.name.startswith("wp-admin"):
        page.emulate_media(color_scheme="dark")
        page.wait_for_timeout(300)
        page.screenshot(path=path.with_stem(f"{path.stem}-dark"), full_page=whole)
        page.emulate_media(color_scheme="light")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", nargs="?", type=Path, default=Path("build/screenshots"))
    sys.exit(main(parser.parse_args().out))
