"""Mails in a real browser: nothing that a visitor wrote runs, nothing is fetched, and a phone's width is enough."""

import os
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext
from support import chromium
from support.letters import every_mail

from bridge.ports import Mail

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}
PAYLOADS = (
    "<script>window.ran = 1</script>",
    "<img src=//elsewhere.example/x onerror='window.ran = 2'>",
    "<svg/onload=window.ran=3>",
    "</p></div></body><iframe srcdoc='<script>top.ran = 4</script>'></iframe>",
    "\" autofocus onfocus='window.ran = 5' x=\"",
    "<style>@import '//elsewhere.example/y';</style>",
    "javascript:window.ran=6",
    "&lt;script&gt;window.ran = 7&lt;/script&gt;",
    "W" * 300,
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = chromium.installed()
    if program is None:
        reason = "no Chromium here (tests/install_system.sh installs it)"
        pytest.fail(reason) if os.environ.get("ESCBRIDGE_REQUIRE_WORDPRESS") == "1" else pytest.skip(reason)
    with chromium.running(program) as running:
        yield running


@pytest.fixture(scope="module")
def mails(fresh_sqlite: Callable[[], str]) -> dict[str, Mail]:
    """From a visitor who writes every payload, and is called so too."""
    return every_mail(fresh_sqlite(), asking=" ".join(PAYLOADS) + " I want to talk to a human.", name=PAYLOADS[1])


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport=PHONE)
    yield made
    made.close()


def test_no_script_of_a_visitor_runs_and_nothing_is_fetched(context: BrowserContext, mails: dict[str, Mail]) -> None:
    asked: list[str] = []
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    for mail in mails.values():
        page.set_content(mail.html or "")
        assert page.evaluate("window.ran") is None
    page.set_content(mails["team.new"].html or "")
    assert PAYLOADS[0] in page.inner_text("body")
    assert asked == []


@pytest.mark.parametrize("colors", ["light", "dark"])
def test_every_mail_fits_a_phone_and_can_be_read_in_the_light_and_in_the_dark(
    browser: Browser, mails: dict[str, Mail], colors: str
) -> None:
    context = browser.new_context(viewport=PHONE, color_scheme=colors)
    page = context.new_page()
    for kind, mail in mails.items():
        page.set_content(mail.html or "")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], kind
        assert page.evaluate(LOWEST_CONTRAST) >= 4.5, kind
    context.close()


LOWEST_CONTRAST = """() => {
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  const canvas = dark ? [18, 18, 18] : [255, 255, 255];
  const parse = text => { const n = text.match(/[\\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
  const over = (top, under) => under.map((c, i) => top[i] * top[3] + c * (1 - top[3]));
  const light = rgb => {
    const [r, g, b] = rgb.map(c => c / 255).map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ancestors = node => node.parentElement ? [...ancestors(node.parentElement), node] : [node];
  const contrast = node => {
    const path = ancestors(node), style = path.map(one => getComputedStyle(one));
    const ground = style.reduce((under, one) => over(parse(one.backgroundColor), under), canvas);
    const opacity = style.reduce((all, one) => all * Number(one.opacity), 1);
    const ink = parse(getComputedStyle(node).color);
    const shown = over([...ink.slice(0, 3), ink[3] * opacity], ground);
    const [high, low] = [light(shown), light(ground)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  };
  const written = [...document.body.querySelectorAll('*')].filter(
    node => [...node.childNodes].some(child => child.nodeType === 3 && child.data.trim()));
  return Math.min(...written.map(contrast));
}"""
