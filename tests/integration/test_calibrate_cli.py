"""`bridge calibrate` as its users meet it: a part of the policy from labels, and an honest error before and after."""

import json
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from support.responders import Told, answering
from support.sidecar import SHOP, Sidecar
from support.terminal import Terminal

from bridge.domain.answering import Answer
from bridge.domain.calibration import Sample
from bridge.domain.labels import Label, Verdict
from bridge.service.calibrate import read_samples


def written(folder: Path, labels: int) -> str:
    """Ratings of a model that is right half as often as it says."""
    dice = Random(5)
    said = [round(dice.uniform(0.5, 1.0), 2) for _ in range(labels)]
    lines = [json.dumps({"confidence": rating, "correct": dice.random() < rating**4}) for rating in said]
    (folder / "ratings.jsonl").write_text("\n".join(lines), "utf-8")
    return str(folder / "ratings.jsonl")


def test_what_is_printed_is_a_part_of_a_policy_that_is_accepted(shop: Terminal, tmp_path: Path) -> None:
    ended = shop("calibrate", "--input", written(tmp_path, 300))
    assert ended.code == 0
    head, _, rest = ended.out.partition("For the policy:\n")
    assert head.startswith("300 labelled replies, ")
    part = rest.partition("\n\n")[0]
    (tmp_path / "own.yaml").write_text(f"{part}\n{shop('policy', 'show').out}", "utf-8")
    assert shop("policy", "check", "own.yaml").code == 0


def test_the_error_is_less_afterwards_and_scripts_get_the_numbers(shop: Terminal, tmp_path: Path) -> None:
    found = json.loads(shop("calibrate", "--input", written(tmp_path, 300), "--json").out)
    assert found["labels"] == 300
    assert found["after"]["ece"] < found["before"]["ece"] / 2
    assert found["after"]["brier"] < found["before"]["brier"]
    assert found["calibration"] == sorted(found["calibration"])


def test_too_few_labels_are_refused_in_one_sentence(shop: Terminal, tmp_path: Path) -> None:
    assert "49 labelled replies; 50 are needed" in shop.fails("calibrate", "--input", written(tmp_path, 49))
    assert "0 labelled replies; 50 are needed" in shop.fails("calibrate")


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"confidence": 2, "correct": true}', '{"confidence": 0.5, "correct": "yes"}']
)
def test_a_bad_line_is_named_and_not_repeated(shop: Terminal, tmp_path: Path, line: str) -> None:
    (tmp_path / "bad.jsonl").write_text(f'{{"confidence": 0.5, "correct": true}}\n{line}\n', "utf-8")
    assert shop.fails("calibrate", "--input", "bad.jsonl").startswith("Error: line 2: expected")


def rated(it: Sidecar, model: Told, confidence: float) -> str:
    model.says = Answer(text="Until ten.", confidence=confidence, answered=True)
    chat = it.chat()
    chat.start(locale="en")
    chat.says("How long are you open?")
    return chat.id


def test_a_labelled_conversation_counts_with_its_last_rating(fresh_sqlite: Callable[[], str]) -> None:
    model = Told()
    with answering(fresh_sqlite(), model) as it:
        sessions = {rated(it, model, rating): said for rating, said in ((0.9, Verdict.MISSED), (0.8, Verdict.UNNEEDED))}
        rated(it, model, 0.7)
        with it.bridge.store.write() as tx:
            for session, said in sessions.items():
                tx.labels.put(SHOP.id, Label(session, None, said, "Ada", it.clock.now()))
        it.clock.advance(minutes=1)
        assert set(read_samples(it.bridge, SHOP.id)) == {Sample(0.9, correct=False), Sample(0.8, correct=True)}
