"""`bridge stats`, `bridge label` and `bridge propose` as their users meet them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.terminal import Terminal

from bridge import bootstrap
from bridge.config import read_settings
from bridge.domain.escalation import Agent
from bridge.domain.judging import Reply
from bridge.domain.values import Identity, Visitor
from bridge.service import work_ticket
from bridge.service.context import Bridge, open_case
from bridge.service.record_reply import record_reply
from bridge.service.start_session import Start, start_session
from bridge.service.take_turn import Message, take_turn

ASKS = "I want to talk to a human"
ANN = Agent("1", "Ann")
UNSURE_DECIDES = "rules:\n  - {name: unsure-alone, when: unsure, priority: normal}\n"


@dataclass
class Product:
    """What the sidecar would have stored."""

    bridge: Bridge
    sessions: int = 0

    def begin(self, **more: str) -> str:
        self.sessions += 1
        session = f"session-of-visitor-{self.sessions:03}"
        start_session(self.bridge, "shop", Start(session, Visitor(identity=Identity.ANONYMOUS), **more), lambda _: None)
        return session

    def says(self, session: str, turn: str, text: str, reply: Reply | None = None) -> str | None:
        """The escalation that it led to, or waits for."""
        with self.bridge.store.write() as tx:
            verdict = take_turn(self.bridge, tx, "shop", session, Message(turn, text))
            if reply:
                verdict = record_reply(self.bridge, tx, "shop", session, turn, reply)
        return verdict["escalation"] and str(verdict["escalation"]["id"])

    def unsure(self, confidence: float) -> tuple[str, str | None]:
        """A conversation whose bot was so sure of its one answer."""
        session = self.begin()
        return session, self.says(session, "t1", "where is my parcel?", Reply("It is on its way.", confidence))


@pytest.fixture
def product(shop: Terminal) -> Iterator[Product]:
    assembly = bootstrap.build(read_settings(), deliver_at_once=False)
    yield Product(assembly.bridge)
    assembly.close()


# -- stats -------------------------------------------------------------------------------------------------------------


def test_on_a_new_site_there_is_nothing_to_tell(shop: Terminal) -> None:
    told = shop("stats").out
    assert told.startswith("shop, the last 7 days until ")
    assert "No conversation began.\nThe scheduler was never seen: nobody keeps the promises." in told
    assert told.endswith("\n\nPromises: none\nDelivery: none\nLabels: none\n")


def test_one_screen_says_rate_rules_promises_and_labels(shop: Terminal, product: Product) -> None:
    for _ in range(3):
        product.says(product.begin(), "t1", "hello")
    escalation = product.says(product.begin(), "t1", ASKS)
    assert shop("label", str(escalation), "needed").out == f"Escalation {escalation} is labelled needed.\n"
    assert shop("label", "--session", "session-of-visitor-001", "missed").out == (
        "Session session-of-visitor-001 is labelled missed.\n"
    )
    told = shop("stats").out
    assert "1 of 4 conversations escalated, 25.0% (95% interval 4.6% to 69.9%). Healthy is 15% to 30%." in told
    assert "\nToo few to tell.\nThe 7 days before: no conversation.\n" in told
    assert "\nrule              escalated  of all sessions\nexplicit_request          1  25.0%, before -\n" in told
    assert "\ntrigger that had fired  escalated  of all sessions\nwants_a_person                  1  25.0%\n" in told
    assert "\nflow     escalated  sessions\ndefault          1  of 4: 25.0%\n" in told
    assert "\ntier      escalated  sessions\nstandard          1  of 4: 25.0%\n" in told
    assert "\nPromises: 1 pending\nDelivery: 1 due\nLabels: 1 needed, 1 missed\n" in told
    assert "  explicit_request: right in 1 of 1, 100% (21% to 100%)\n" in told
    assert told.endswith("  missed: session-of-visitor-001\n")
    assert max(map(len, told.splitlines())) <= 120


def test_json_holds_the_same(shop: Terminal, product: Product) -> None:
    product.says(product.begin(), "t1", ASKS)
    found = json.loads(shop("stats", "--days", "1", "--json").out)
    assert (found["days"], found["now"]["escalated"], found["by_rule"][0]["rule"]) == (1, 1, "explicit_request")


@pytest.mark.parametrize("days", ["0", "91", "x"])
def test_days_that_are_none_are_wrong_usage(shop: Terminal, days: str) -> None:
    assert shop("stats", "--days", days).code == 2


@pytest.mark.parametrize("command", ["stats", "label esc_1 needed", "propose"])
def test_without_a_database_it_says_what_to_do(run: Terminal, command: str) -> None:
    assert run.fails(*command.split()).startswith("Error: there is no database /")


# -- label -------------------------------------------------------------------------------------------------------------


def test_the_last_label_wins(shop: Terminal, product: Product) -> None:
    escalation = str(product.says(product.begin(), "t1", ASKS))
    shop("label", escalation, "needed")
    said = json.loads(shop("label", escalation, "unneeded", "--json").out)
    assert (said["escalation_id"], said["verdict"], said["author"]) == (escalation, "unneeded", "command line")
    labels = json.loads(shop("stats", "--json").out)["labels"]
    assert (labels["needed"], labels["unneeded"]) == (0, 1)


def test_what_cannot_be_labelled_is_said_in_one_line(shop: Terminal, product: Product) -> None:
    session = product.begin()
    product.says(session, "t1", ASKS)
    assert shop.fails("label", "esc_x", "needed") == "Error: This site has no such escalation."
    assert shop.fails("label", "--session", "nobody", "missed") == "Error: there is no session 'nobody'"
    assert shop.fails("label", "--session", "-nobody", "missed") == "Error: there is no session '-nobody'"
    handed_over = "Error: The session was handed to a person, so nothing was missed in it."
    assert shop.fails("label", "--session", session, "missed") == handed_over


@pytest.mark.parametrize(
    "words", ["esc_1", "esc_1 missed", "esc_1 perhaps", "--session s needed", "--session s esc_1 missed", "missed"]
)
def test_words_that_are_no_label_are_wrong_usage(shop: Terminal, words: str) -> None:
    ended = shop("label", *words.split())
    assert ended.code == 2
    assert "expected ESCALATION needed, ESCALATION unneeded, or --session ID missed" in ended.err


# -- propose -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def by_confidence(shop: Terminal, product: Product, tmp_path: Path) -> Product:
    """Where the bot's doubt alone decides, below 0.55."""
    document = shop("policy", "show").out
    head, _, rest = document.partition("rules:\n")
    changed = head + UNSURE_DECIDES + rest[rest.index("\n# Who answers") :]
    (tmp_path / "own.yaml").write_text(changed, "utf-8")
    assert shop("policy", "put", "own.yaml").code == 0
    product.bridge.policies.forget()
    return product


def labelled(shop: Terminal, product: Product, confidence: float, sessions: int, verdict: str) -> None:
    for _ in range(sessions):
        session, escalation = product.unsure(confidence)
        words = ("--session", session, verdict) if verdict == "missed" else (str(escalation), verdict)
        assert shop("label", *words).code == 0


def test_under_20_labels_it_says_how_many_are_missing(shop: Terminal, by_confidence: Product) -> None:
    labelled(shop, by_confidence, 0.5, 19, "needed")
    assert shop.fails("propose").startswith("Error: 19 labelled conversations; 20 are needed")
    told = shop("propose", "--json")
    assert told.code == 1
    found = json.loads(told.out)
    assert (found["labels"], found["least_labels"], found["proposal"]) == (19, 20, None)


def test_the_threshold_that_finds_what_was_missed_is_proposed_with_its_backtest_and_not_applied(
    shop: Terminal, by_confidence: Product
) -> None:
    labelled(shop, by_confidence, 0.5, 12, "needed")
    labelled(shop, by_confidence, 0.58, 8, "missed")
    by_confidence.unsure(0.59)
    for _ in range(9):
        by_confidence.unsure(0.9)
    before = shop("policy", "show").out
    told = shop("propose").out
    assert "20 labelled conversations. version 2 of shop: F1 0.75 (12 of 20 handed over rightly, 0 without" in told
    assert "Proposed: thresholds/confidence 0.55 -> 0.6. F1 1.00 (20 of 20 handed over rightly, 0 without need)" in told
    assert "now:\nthresholds: {confidence: 0.55}\nand then:\nthresholds: {confidence: 0.6}\n" in told
    assert "30 conversations, judged with the proposal." in told
    assert "21 escalate: 70.0%" in told
    assert "under which 12 escalate, 40.0%" in told
    assert "newly escalated: 9" in told
    assert shop("policy", "show").out == before
    found = json.loads(shop("propose", "--json").out)["proposal"]
    assert (found["path"], found["from"], found["to"]) == ("/thresholds/confidence", 0.55, 0.6)
    assert before.split("\n")[found["line"] - 1] == found["before"]
    assert found["backtest"]["difference"]["newly_escalated"]["count"] == 9
    Path("tried.yaml").write_text(before.replace(found["before"], found["after"]), "utf-8")
    assert shop("policy", "check", "tried.yaml").code == 0


def test_a_threshold_may_also_be_lowered_where_nobody_was_needed(shop: Terminal, by_confidence: Product) -> None:
    labelled(shop, by_confidence, 0.3, 10, "needed")
    labelled(shop, by_confidence, 0.52, 10, "unneeded")
    found = json.loads(shop("propose", "--json").out)
    assert (found["proposal"]["from"], found["proposal"]["to"]) == (0.55, 0.5)
    assert found["present"] == {"f1": 0.666667, "found": 10, "wrong": 10, "missed": 0}
    assert found["proposal"]["backtest"]["difference"]["no_longer_escalated"]["count"] == 10


def test_where_the_labels_agree_with_the_policy_nothing_is_proposed(shop: Terminal, by_confidence: Product) -> None:
    labelled(shop, by_confidence, 0.3, 20, "needed")
    assert shop("propose").out.endswith("No other value of a single threshold does better.\n")


def test_a_session_is_judged_again_by_the_label_of_its_first_escalation_alone(shop: Terminal, product: Product) -> None:
    session = product.begin()
    first = str(product.says(session, "t1", ASKS))
    with product.bridge.store.write() as tx:
        work_ticket.release(open_case(product.bridge, tx, "shop"), first, ANN)
    second = str(product.says(session, "t2", ASKS))
    assert second != first
    shop("label", second, "unneeded")
    assert json.loads(shop("propose", "--json").out)["labels"] == 0
    shop("label", first, "needed")
    assert json.loads(shop("propose", "--json").out)["present"]["found"] == 1


def test_a_labelled_session_in_which_nothing_was_judged_teaches_nothing(shop: Terminal, product: Product) -> None:
    shop("label", "--session", product.begin(), "missed")
    assert json.loads(shop("propose", "--json").out)["labels"] == 0


def test_a_policy_in_which_a_newer_release_finds_an_error_is_still_proposed_for(
    shop: Terminal, by_confidence: Product
) -> None:
    refused = shop("policy", "show").out.replace("when: unsure", "when: {any: [unsure, fraud]}")
    refused = refused.replace("triggers:\n", "triggers:\n  fraud: {type: words, list: fraud}\n")
    with by_confidence.bridge.store.write() as tx:
        tx.policies.put("shop", refused, "an older release", by_confidence.bridge.clock.now())
    by_confidence.bridge.policies.forget()
    labelled(shop, by_confidence, 0.3, 10, "needed")
    labelled(shop, by_confidence, 0.52, 10, "unneeded")
    assert json.loads(shop("propose", "--json").out)["proposal"]["to"] == 0.5
