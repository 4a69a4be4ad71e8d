"""Runs the product: `bridge replay` as a process of its own, and its measuring and judging in this one."""

import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import yaml
from quality.data import Session

from bridge.domain import judging, languages, signals
from bridge.domain.policy import Policy
from bridge.domain.policy_check import read_policy
from bridge.domain.replay import Conversation, begin, instants, read_line
from bridge.domain.shipped_policy import shipped_document

BRIDGE: Final = Path(sys.executable).with_name("bridge")
REQUEST_RULE: Final = "explicit_request"
CONVERSATION_TRIGGERS: Final = (
    *("human_requested", "words", "negative_trajectory", "visitor_repeats", "bot_repeats", "bot_failed"),
    "turns_without_resolution",
)
"""Types of trigger that need nothing but what was said."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A line of `bridge replay --output`."""

    session_id: str
    turn: int | None
    rule: str | None
    reason: str | None

    @property
    def escalated(self) -> bool:
        return self.turn is not None

    @property
    def requested(self) -> bool:
        """Whether an explicit request decided."""
        return self.rule == REQUEST_RULE


def replay(sessions: Sequence[Session], policy: str | None = None) -> list[Decision]:
    """What `bridge replay` decides on the sessions, in their order, under the shipped policy or another document.

    Raises:
        RuntimeError: it failed, or left a session out.
    """
    found = decisions(replayed(sessions, policy))
    if [one.session_id for one in found] != [one["session_id"] for one in sessions]:
        raise RuntimeError("bridge replay did not answer each session in its order")
    return found


def decisions(written: bytes) -> list[Decision]:
    """What `bridge replay` wrote."""
    lines = map(json.loads, written.splitlines())
    return [Decision(one["session_id"], one["turn"], one["rule"], one["reason"]) for one in lines]


def replayed(sessions: Iterable[Session], policy: str | None = None) -> bytes:
    """The bytes that `bridge replay` writes; it runs in an empty folder and without settings.

    Raises:
        RuntimeError: it failed; the message is its own.
    """
    with TemporaryDirectory(prefix="quality-") as name:
        folder = Path(name)
        with (folder / "in.jsonl").open("w", encoding="utf-8") as out:
            out.writelines(json.dumps(one) + "\n" for one in sessions)
        command = [str(BRIDGE), "replay", "--input", "in.jsonl", "--output", "out.jsonl"]
        if policy is not None:
            (folder / "policy.yaml").write_text(policy, encoding="utf-8")
            command += ["--policy", "policy.yaml"]
        settings = {key: value for key, value in os.environ.items() if not key.startswith("BRIDGE_")}
        ended = subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True, check=False)
        if ended.returncode:
            raise RuntimeError(f"bridge replay ended with {ended.returncode}: {ended.stderr.strip()}")
        return (folder / "out.jsonl").read_bytes()


def conversation_triggers() -> list[str]:
    """The names of the shipped policy's triggers that the words of a conversation alone can make fire."""
    triggers = yaml.safe_load(shipped_document())["triggers"]
    return [name for name, trigger in triggers.items() if trigger["type"] in CONVERSATION_TRIGGERS]


def alone(trigger: str) -> str:
    """The shipped policy, with one rule: this trigger decides."""
    document: dict[str, Any] = yaml.safe_load(shipped_document())
    document["rules"] = [{"name": "alone", "when": trigger, "priority": "normal"}]
    return yaml.safe_dump(document, sort_keys=False)


def costs_us(sessions: Iterable[Session]) -> list[tuple[float, float]]:
    """CPU for each visitor's message and for the reply to it, in dialogues that nothing ends; all languages loaded."""
    for code in sorted(languages.codes()):
        languages.language(code)
    policy = read_policy(shipped_document())
    recorded = [read_line(json.dumps(one).encode()) for one in sessions]
    gc.collect()
    gc.freeze()  # as `bridge serve` does: what is loaded is not looked through again and again
    return [cost for conversation in recorded for cost in _costs_us(policy, conversation)]


def _costs_us(policy: Policy, conversation: Conversation) -> Iterator[tuple[float, float]]:
    judged = begin(policy, conversation)
    for turn, at in zip(conversation.turns, instants(conversation.turns), strict=True):
        began = time.process_time_ns()
        judged = judging.hear(policy, judged, turn.visitor, at)
        judging.judge(policy, judged)
        heard = time.process_time_ns()
        if turn.bot:
            judged = judging.answer(policy, judged, judged.turns, turn.bot.value())
            judging.judge(policy, judged)
        yield (heard - began) / 1000, (time.process_time_ns() - heard) / 1000


def content_words(text: str, locale: str) -> int:
    """How many words of a message carry content."""
    return len(signals.content_words(text, language=signals.language_of(locale)).split())


def points(text: str, locale: str) -> float:
    """The displeasure that is measured in a message."""
    return signals.measure_message(text, language=signals.language_of(locale)).negative


def lists(text: str, locale: str) -> frozenset[str]:
    """The word lists that a message hits."""
    return frozenset(signals.measure_message(text, language=signals.language_of(locale)).lists)


def progress(text: str, locale: str) -> bool:
    """Whether a message is read as thanks, or as something settled."""
    return signals.measure_message(text, language=signals.language_of(locale)).progress


def offers(reply: str, locale: str) -> bool:
    """Whether a bot's reply is read as an offer of a person."""
    return signals.measure_reply(reply, language=signals.language_of(locale)).offers_human


def failed(reply: str, locale: str) -> bool:
    """Whether a bot's reply is read as one that could not help."""
    return signals.measure_reply(reply, language=signals.language_of(locale)).failed
