"""What people do in a browser: log in, open the chat, write; and the dialogue that story and pictures show."""

from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect
from wordpress_site import Site

DESKTOP = {"width": 1280, "height": 820}
TUESDAY_MORNING = "2026-11-03T10:00:00"
SATURDAY_NIGHT, LEASES_OVER = "2026-10-31T21:00:00", "2026-10-31T21:03:00"
MONDAY_OPENING, MONDAY_LATER, ANSWERED = "2026-11-02T09:00:01", "2026-11-02T09:10:00", "2026-11-02T09:12:30"
PROMISE = "A support agent will contact you before 9:15 AM EST on Monday, November 2."
QUESTION = "Hello, do you ship to Canada?"
COMPLAINT = "I was charged twice on invoice #8821. Please correct that."
SCRIPT = {
    QUESTION: {"text": "Yes, we do. It takes four to six days.", "confidence": 0.93, "intent": "shipping"},
    COMPLAINT: {"text": "Your invoice looks correct to me.", "confidence": 0.41, "intent": "billing_dispute"},
}


def log_in(
    browser: Browser, site: Site, user: str = "anna", password: str = "anna-pass", size: Any = DESKTOP
) -> BrowserContext:
    context = browser.new_context(viewport=size, timezone_id="America/New_York")
    page = context.new_page()
    sign_in(page, site, user, password)
    page.close()
    return context


def sign_in(page: Page, site: Site, user: str, password: str) -> None:
    page.goto(f"{site.url}/wp-login.php")
    # its script puts the cursor there 0.2 s after the page: what is being written into the other field would go along
    expect(page.locator("#user_login")).to_be_focused()
    page.fill("#user_login", user)
    page.fill("#user_pass", password)
    page.click("#wp-submit")
    page.wait_for_url("**/wp-admin/**")


def open_chat(context: BrowserContext, site: Site) -> Page:
    page = context.new_page()
    page.goto(site.url)
    unfold(page)
    return page


def unfold(page: Page) -> None:
    page.click("button.launcher")
    expect(page.locator("textarea#message")).to_be_visible()


def say(page: Page, text: str) -> None:
    page.fill("textarea#message", text)
    page.press("textarea#message", "Enter")
