"""What a backtest comes to: load on the queues, what is shown of a change, and records that end at a hand-over."""

import json
from typing import Any

from bridge.commands.backtests import tell
from bridge.domain.backtest import Backtest, Named, as_json, judge
from bridge.domain.instants import HOUR, MINUTE, from_rfc3339, to_rfc3339
from bridge.domain.policy import Policy
from bridge.domain.policy_check import read_policy
from bridge.domain.replay import SHORT, read_line
from bridge.domain.values import Json

ASKING = "I want to talk to a human"
MONDAY = from_rfc3339("2026-11-02T14:00:00Z")
"""Nine in the morning in New York: the team comes."""


def policy(queue: str = "team", **more: Json) -> Policy:
    """Whoever asks for a person goes to a queue that is staffed in the office's hours."""
    document = {
        "triggers": {"asks": {"type": "human_requested"}},
        "rules": [{"name": "asked", "when": "asks", "priority": "normal"}],
        "queues": {queue: {"hours": "office", "respond_within": {"normal": "1h"}, "ladder": ["email"]}},
        "hours": {"office": {"timezone": "America/New_York", "week": {"mon-fri": ["09:00-17:00"]}}},
        **more,
    }
    return read_policy(json.dumps(document))


NOBODY = policy(triggers={"asks": {"type": "words", "words": ["xyzzy"]}})


def conversation(number: int, *said: str, at: int | None = None, **more: Any) -> Any:
    turns = [{"visitor": text, "at": None if at is None else at + n * MINUTE} for n, text in enumerate(said)]
    line = {"session_id": str(number), "locale": "en", "turns": turns, **more}
    return read_line(json.dumps(line).encode())


def backtest(*conversations: Any, tried: Policy, present: Policy | None = None) -> Backtest:
    report = Backtest(Named("tried", tried), Named("present", present) if present else None)
    for one in conversations:
        report.add(judge(one, tried, present))
    return report


# -- load --------------------------------------------------------------------------------------------------------------


def week() -> list[Any]:
    """Four ask: three on Monday after ten in New York, one in the night to Tuesday; the last only thanks."""
    asked = [conversation(n, ASKING, at=MONDAY + HOUR + n * MINUTE) for n in range(3)]
    at_night = conversation(3, ASKING, at=MONDAY + 15 * HOUR)
    return [*asked, at_night, conversation(4, "thanks", at=MONDAY + 104 * HOUR)]


def test_the_load_is_what_comes_by_hours_in_which_the_queue_is_open() -> None:
    (load,) = backtest(*week(), tried=policy()).loads
    assert (load.queue, load.escalated, load.while_closed) == ("team", 4, 1)
    assert load.open_hours == 39  # from ten on Monday, and four whole days
    assert load.per_open_hour == 4 / 39


def test_the_peak_is_an_hour_of_the_week_on_the_queues_own_clock() -> None:
    (load,) = backtest(*week(), tried=policy()).loads
    assert (str(load.peak), load.peak.count) == ("Monday 10:00", 3)


def test_of_several_peaks_the_earliest_in_the_week_is_named() -> None:
    sunday, monday = MONDAY - 20 * HOUR, MONDAY
    report = backtest(*[conversation(n, ASKING, at=at) for n, at in enumerate((sunday, monday))], tried=policy())
    assert str(report.loads[0].peak) == "Monday 09:00"


def test_a_queue_that_is_never_open_in_the_span_has_no_rate() -> None:
    report = backtest(conversation(1, ASKING, at=MONDAY - 40 * HOUR), tried=policy())
    assert report.loads[0].per_open_hour is None
    assert "team: 1, and it was not open in that time" in tell(report)


def test_less_than_an_open_hour_makes_no_rate() -> None:
    arrivals = [conversation(n, ASKING, at=MONDAY + n * HOUR // 10) for n in (1, 2)]
    assert "team: 2 in 0.1 open hours\n" in tell(backtest(*arrivals, tried=policy()))


def test_without_instants_the_report_says_so() -> None:
    report = backtest(conversation(1, ASKING), tried=policy())
    assert (report.loads, as_json(report)["span"]) == ([], None)
    assert "Load on the queues: no instants recorded." in tell(report)


def test_instants_that_lie_decades_apart_make_no_load() -> None:
    report = backtest(conversation(1, ASKING, at=0), conversation(2, ASKING, at=MONDAY), tried=policy())
    assert report.loads == []
    assert "too long a time" in tell(report)


def test_the_load_stands_beside_that_of_the_present_policy() -> None:
    report = backtest(*week(), tried=policy(), present=policy())
    shown = as_json(report)
    assert shown["load"] == shown["difference"]["present"]["load"]
    assert shown["load"][0]["peak"] == {"day": "monday", "hour": 10, "count": 3}
    assert shown["span"] == [to_rfc3339(MONDAY + HOUR), to_rfc3339(MONDAY + 104 * HOUR)]
    assert "team: 4 in 39.0 open hours, 0.10 an hour (now 4 in 39.0 open hours, 0.10 an hour)" in tell(report)


# -- what is shown of a change -----------------------------------------------------------------------------------------


def test_an_example_shows_the_message_that_led_to_it_and_why() -> None:
    report = backtest(conversation(1, "hello", ASKING), tried=policy(), present=NOBODY)
    (example,) = as_json(report)["difference"]["newly_escalated"]["examples"]
    assert (example["session_id"], example["present"]) == ("1", None)
    assert (example["tried"]["turn"], example["tried"]["visitor"]) == (1, ASKING)
    assert f'      visitor: "{ASKING}"\n      asked: the visitor asked' in tell(report)


def test_what_is_no_longer_escalated_shows_the_message_that_led_to_it_before() -> None:
    report = backtest(conversation(1, ASKING), tried=NOBODY, present=policy())
    (example,) = as_json(report)["difference"]["no_longer_escalated"]["examples"]
    assert (example["tried"], example["present"]["visitor"]) == (None, ASKING)
    assert f'visitor: "{ASKING}"' in tell(report)


def test_another_queue_is_a_change() -> None:
    report = backtest(conversation(1, ASKING), tried=policy("other"), present=policy())
    assert as_json(report)["difference"]["other_queue_or_priority"]["count"] == 1


def test_a_long_message_is_shortened_and_stands_on_one_line() -> None:
    report = backtest(conversation(1, f"{ASKING}.\n\n" + "so long " * 100), tried=policy(), present=NOBODY)
    shown = as_json(report)["difference"]["newly_escalated"]["examples"][0]["tried"]["visitor"]
    assert len(shown) <= SHORT
    assert shown.startswith(f"{ASKING}. so long")
    assert shown.endswith("…")


# -- where a person took over ------------------------------------------------------------------------------------------


def test_a_record_that_ends_at_a_hand_over_before_the_tried_policy_decides_is_counted() -> None:
    ended = conversation(1, "hello", handed_over=True)
    report = backtest(ended, conversation(2, "hello"), conversation(3, ASKING, handed_over=True), tried=policy())
    assert (report.cut_short, as_json(report)["cut_short"]) == (1, 1)
    assert "1 end where a person took over, undecided until then" in tell(report)


def test_nothing_is_said_of_it_where_there_is_none() -> None:
    assert "took over" not in tell(backtest(conversation(1, ASKING, handed_over=True), tried=policy()))
