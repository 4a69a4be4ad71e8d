"""The example of the documentation, installed as it stands in a real WordPress."""

import re
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from installation import Installation
from loopback import direct_session
from team import A_PERSON, team_of
from visitor import without_sidecar

pytestmark = pytest.mark.wordpress

PAGE = Path(__file__).parents[2] / "docs" / "integrate-a-chatbot.md"
A_BOT = """<?php
function my_bot_may_ask() {
    return true;
}
function my_bot_answer( $message ) {
    return array( 'text' => "The bot says: $message", 'confidence' => 0.9 );
}
"""


def example() -> str:
    found = re.search(r"```php\n(<\?php\n// Plugin Name: .*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert found, "the page has no example"
    return found[1]


@pytest.fixture
def shop(installed: Installation, tmp_path: Path) -> Iterator[Installation]:
    """With the example as a plugin, and a bot that it asks."""
    bot = installed.site.content / "mu-plugins" / "a-bot.php"
    bot.write_text(A_BOT)
    plugin = tmp_path / "my-bot"
    plugin.mkdir()
    (plugin / "my-bot.php").write_text(example())
    installed.site.install_plugin(plugin)
    yield installed
    bot.unlink()
    assert installed.site.debug_log("my-bot") == []


def test_the_example_has_fifteen_lines_and_does_what_its_page_says(shop: Installation) -> None:
    assert len(example().splitlines()) <= 15
    chat = secrets.token_hex(8)
    with direct_session() as http:

        def says(text: str) -> str:
            body = {"chat": chat, "message": text}
            answer = http.post(shop.site.rest("my-bot/v1/ask"), json=body, timeout=30)
            return str(answer.json()["text"])

        assert says("Do you ship to Canada?") == "The bot says: Do you ship to Canada?"
        with without_sidecar(shop):
            assert says("Hello?").startswith("We cannot reach our chat right now.")
        shop.site.php_eval("delete_transient( 'escbridge_breaker' );")
        assert says(A_PERSON).startswith("A support agent will contact you before 2:")
        assert "was added to your request" in says("Are you there?")
    team = team_of(shop)
    talk = team.read(team.list()[0]["id"])["conversation"]
    assert [line["text"] for line in talk if line["who"] in {"visitor", "bot"}] == [
        "Do you ship to Canada?",
        "The bot says: Do you ship to Canada?",
        "Hello?",
        A_PERSON,
        "Are you there?",
    ]
