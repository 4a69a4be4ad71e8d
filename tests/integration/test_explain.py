"""`explain` over conversations that went on: handed over twice, and joined from another tab."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge import bootstrap
from bridge.config import read_settings
from bridge.domain.escalation import Agent
from bridge.domain.values import Identity, Visitor
from bridge.ports import Site
from bridge.service import manage_sites, work_ticket
from bridge.service.context import Bridge, open_case
from bridge.service.explain import explain, shorten, tell
from bridge.service.start_session import Start, start_session
from bridge.service.take_turn import Message, SessionUnknown, take_turn

FIRST, SECOND = "first-tab-of-a-visitor", "second-tab-of-a-visitor"
ANN = Agent("1", "Ann")


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Bridge]:
    environ = {"BRIDGE_DATABASE_URL": f"sqlite:///{tmp_path}/bridge.db", "BRIDGE_MAIL": f"folder:{tmp_path}/mail"}
    settings = read_settings(environ, tmp_path / "none.toml")
    bootstrap.migrate(settings)
    assembly = bootstrap.build(settings, deliver_at_once=False)
    site = Site("shop", "https://shop.example", "Europe/Berlin", "team@shop.example")
    manage_sites.add_site(assembly.bridge, site, "http://127.0.0.1:8765")
    yield assembly.bridge
    assembly.close()


def begin(product: Bridge, session: str) -> None:
    visitor = Visitor(identity=Identity.VERIFIED, user_id="7", email="dana@example.com", name="Dana")
    start_session(product, "shop", Start(session, visitor), lambda _: None)


def write(product: Bridge, session: str, turn: str, text: str) -> str | None:
    """The escalation that the visitor's message led to, or waits for."""
    with product.store.write() as tx:
        verdict = take_turn(product, tx, "shop", session, Message(turn, text))
    return verdict["escalation"] and str(verdict["escalation"]["id"])


def told(product: Bridge, session: str) -> str:
    with product.store.read() as tx:
        return " ".join(tell(explain(tx, "shop", session), "Europe/Berlin").split())


def test_an_unknown_session_is_said_to_be_unknown(product: Bridge) -> None:
    with product.store.read() as tx, pytest.raises(SessionUnknown):
        explain(tx, "shop", FIRST)


def test_a_session_in_which_nothing_was_said(product: Bridge) -> None:
    begin(product, FIRST)
    assert told(product, FIRST).endswith("Nothing was said. No rule decided, so the bot went on.")


def test_both_escalations_of_a_session_that_was_given_back_in_between(product: Bridge) -> None:
    begin(product, FIRST)
    first = write(product, FIRST, "t1", "I want to talk to a human.")
    assert first
    with product.store.write() as tx:
        work_ticket.release(open_case(product, tx, "shop"), first, ANN)
    second = write(product, FIRST, "t2", "I want to talk to a human, again.")
    assert second not in (None, first)
    text = told(product, FIRST)
    assert f"Handed to a person: {first}, released" in text
    assert f"Handed to a person: {second}, open" in text
    assert "claimed by Ann" in text


def test_a_second_tab_is_said_to_have_joined(product: Bridge) -> None:
    begin(product, FIRST)
    standing = write(product, FIRST, "t1", "I want to talk to a human.")
    begin(product, SECOND)
    assert f"Joined the customer's open escalation: {standing}, open" in told(product, SECOND)


def test_long_messages_are_shortened_to_one_line() -> None:
    assert shorten(" a\n b ") == "a b"
    assert len(shorten("word " * 100)) <= 160
    assert shorten("word " * 100).endswith("…")
