"""What a visitor types, and what a shop or an agent calls itself, is text wherever it is shown: no script of it runs.

In a real browser, in wp-admin and in the visitor's own chat. Mails: see `tests/browser/test_letters_seen.py`.
"""

from typing import Any

import pytest
from installation import Installation
from playwright.sync_api import Browser, BrowserContext, Page, expect
from support.sidecar import Caller, Chat, over_http
from team import A_PERSON, lines_of, newest_escalation, team_of
from visiting import open_chat, say

pytestmark = [pytest.mark.wordpress, pytest.mark.browser]

PAYLOADS = (
    "<script>window.ran = 1</script>",
    "<img src=x onerror='window.ran=2'>",
    "<svg/onload=window.ran=3>",
    "'\"><details open ontoggle=window.ran=4>",
    "\" autofocus onfocus='window.ran=5' x=\"",
    "</textarea></script><script>window.ran=6</script>",
    "javascript:window.ran=7//",
    "{{constructor.constructor('window.ran=8')()}}",
    "<a href='javascript:window.ran=9'>click</a>",
    "<iframe srcdoc='<script>top.ran=10</script>'></iframe>",
    "&lt;img src=x onerror=window.ran=11&gt;",
    "[x](javascript:window.ran=12)",
)
EVERY = " ".join(PAYLOADS)
SHORT = "<svg/onload=window.ran=20>"
LINKS = "[...document.links].filter(link => /^(javascript|data|vbscript):/i.test(link.href)).length"


def hostile_customer(installed: Installation) -> dict[str, Any]:
    """Whatever another system or a visitor may name has markup in it; the escalation that came of it."""
    chat = Chat(Caller(over_http(installed.sidecar.url), installed.pairing["chat_secret"]))
    order: dict[str, Any] = {"id": SHORT, "total": 9.5, "currency": "USD", "status": SHORT, "created_at": SHORT}
    chat.start(
        "verified",
        user_id="<b onclick=window.ran=21>",
        email="o'reilly@example.org",
        name=PAYLOADS[1] + SHORT,
        page_url=f"https://shop.example/?q={PAYLOADS[3].replace(' ', '%20')}",
        shop={"currency": "USD", "lifetime_value": 1, "orders": [order]},
    )
    chat.says(EVERY, "t-1")
    chat.bot(EVERY, "t-1", intent=SHORT)
    chat.says(f"{A_PERSON} {EVERY}", "t-2")
    chat.contact(phone="+1 555 0100", name=PAYLOADS[0])
    return newest_escalation(installed)


def ran_nothing(page: Page) -> None:
    for summary in page.locator("details:not([open]) > summary").all():
        summary.click()
    assert page.evaluate("window.ran") is None
    assert page.evaluate(LINKS) == 0


def test_s10_nothing_that_a_visitor_or_a_shop_names_runs_in_wp_admin(
    installed: Installation, owner: BrowserContext
) -> None:
    escalation = hostile_customer(installed)
    team_of(installed).does("claim", escalation["id"], {"id": "9", "name": SHORT})
    team_of(installed).does("reply", escalation["id"], {"id": "9", "name": SHORT}, text=EVERY, reply_id="markup-1")
    page = owner.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    desk = f"{installed.site.url}/wp-admin/admin.php?page=escbridge-escalations"
    for address in (desk, f"{desk}&escalation={escalation['id']}", f"{installed.site.url}/wp-admin/index.php"):
        page.goto(address)
        ran_nothing(page)
    page.goto(f"{desk}&escalation={escalation['id']}")
    expect(page.get_by_text(PAYLOADS[0]).first).to_be_visible()
    assert not [url for url in asked if url.endswith("/x")]


def test_s10_nothing_that_an_agent_or_the_visitor_writes_runs_in_the_chat(
    installed: Installation, browser: Browser, owner: BrowserContext
) -> None:
    visitor = browser.new_context(timezone_id="America/New_York")
    chat = open_chat(visitor, installed.site)
    say(chat, f"{A_PERSON} {EVERY}")
    expect(lines_of(chat, "promise")).to_be_visible()
    agent = {"id": "9", "name": PAYLOADS[1] + SHORT}
    team_of(installed).does("reply", newest_escalation(installed)["id"], agent, text=EVERY, reply_id="markup-1")
    expect(lines_of(chat, "agent")).to_contain_text("<script>")
    ran_nothing(chat)
    chat.reload()
    expect(lines_of(chat, "me")).to_contain_text("<script>")
    ran_nothing(chat)
    visitor.close()
