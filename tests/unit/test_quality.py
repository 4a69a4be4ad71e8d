"""The arithmetic behind `make quality`, and the goals that our own phrases are held to."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import product
from pathlib import Path
from random import Random

import pytest
from quality import data, figures, invariants, report, rows
from quality.data import Dialogue, Key, Missing, Phrases, Tweet, said, session
from quality.figures import Confusion, Estimate
from quality.rows import Row, at_least, at_most

CONFUSION = Confusion(found=30, missed=10, false=20, passed=140)


def row(value: float, goal: rows.Goal | None, *texts: str) -> Row:
    return Row("a.row", 40, rows.PERCENT, Estimate(value, value - 1, value + 1), goal, texts)


# -- arithmetic --------------------------------------------------------------------------------------------------------


def test_precision_recall_f1_and_the_false_rate_are_what_their_names_say() -> None:
    assert figures.precision(CONFUSION) == 0.6
    assert figures.recall(CONFUSION) == 0.75
    assert figures.f1(CONFUSION) == pytest.approx(2 * 0.6 * 0.75 / (0.6 + 0.75))
    assert figures.false_rate(CONFUSION) == 0.125


def test_macro_f1_is_the_mean_over_both_classes() -> None:
    other = 2 * 140 / (2 * 140 + 10 + 20)
    assert figures.macro_f1(CONFUSION) == pytest.approx((figures.f1(CONFUSION) + other) / 2)


def test_where_nothing_is_found_nothing_divides_by_zero() -> None:
    nothing = Confusion(0, 0, 0, 0)
    measures = (figures.precision, figures.recall, figures.f1, figures.macro_f1, figures.false_rate)
    assert [measure(nothing) for measure in measures] == [0.0] * 5


def test_auc_counts_the_pairs_that_are_in_order_and_half_of_the_equal_ones() -> None:
    dice = Random(1)
    wanted, unwanted = ([dice.choice((0, 0.75, 1, 2)) for _ in range(n)] for n in (40, 60))
    in_order = sum((w > u) + (w == u) / 2 for w in wanted for u in unwanted)
    assert figures.auc(Counter(wanted), Counter(unwanted)) == pytest.approx(in_order / (40 * 60))


def test_auc_of_separate_scores_is_one_and_of_the_same_score_a_half() -> None:
    assert figures.auc(Counter([2.0, 3.0]), Counter([0.0, 1.0])) == 1.0
    assert figures.auc(Counter([1.0, 1.0]), Counter([1.0])) == 0.5


def test_a_percentile_is_the_value_that_a_share_does_not_exceed() -> None:
    values = [float(n) for n in range(1, 201)]
    assert figures.percentile(values, 0.99) == 198
    assert figures.percentile(values, 0.5) == 100
    assert figures.percentile([7.0], 0.99) == 7


def test_the_interval_of_a_share_is_that_of_resampling_its_cases() -> None:
    found = figures.of_share("any", 30, 200)
    dice = Random(2)
    drawn = sorted(sum(dice.choices([1] * 30 + [0] * 170, k=200)) / 200 for _ in range(2000))
    assert found.value == 0.15
    assert found.low == pytest.approx(drawn[50], abs=0.011)
    assert found.high == pytest.approx(drawn[1949], abs=0.011)


def test_a_large_sample_has_an_interval_too() -> None:
    found = figures.of_share("any", 20, 30_000)
    assert 0 < found.low < found.value < found.high < 0.002


@pytest.mark.parametrize("hits", [0, 50])
def test_where_all_cases_agree_the_interval_is_a_point(hits: int) -> None:
    assert figures.of_share("any", hits, 50) == Estimate(hits / 50, hits / 50, hits / 50)


def test_the_same_row_has_the_same_interval_and_another_row_one_of_its_own() -> None:
    assert figures.of_share("one", 311, 2000) == figures.of_share("one", 311, 2000)
    intervals = {figures.of_share(name, 311, 2000).high for name in ("one", "two", "three", "four")}
    assert len(intervals) > 1


def test_an_interval_encloses_what_it_is_of() -> None:
    scores = [0.0] * 60 + [1.0] * 30 + [2.0] * 10
    of_two = figures.of_confusion("any", figures.f1, CONFUSION), figures.of_auc("any", scores[30:], scores)
    for found in (*of_two, figures.of_sample("any", rows.mean, scores)):
        assert found.low < found.value < found.high


# -- rows --------------------------------------------------------------------------------------------------------------


def test_a_goal_is_met_at_its_bound() -> None:
    assert [row(value, at_most(2)).verdict for value in (1.9, 2, 2.1)] == ["met", "met", "missed"]
    assert [row(value, at_least(95)).verdict for value in (94.9, 95)] == ["missed", "met"]
    assert row(50, None).verdict == "no goal"


def test_a_wish_that_does_not_come_true_is_no_missed_goal() -> None:
    assert row(3, at_most(2)).missed
    assert not row(3, at_most(2, wish=True)).missed
    assert row(3, at_most(2, wish=True)).verdict == "missed"


def test_errors_and_what_was_found_are_shares_of_the_same_cases() -> None:
    (wrong,) = rows.errors("wrong", ["one"], 40)
    (found,) = rows.recall("found", ["one"], 40)
    assert (wrong.estimate.value, found.estimate.value) == (2.5, 97.5)
    assert wrong.texts == found.texts == ("one",)
    assert list(rows.errors("none", [], 0)) == []


def test_units_scale_a_share() -> None:
    values = [next(rows.errors("x", ["a", "b"], 400, unit)).estimate.value for unit in (rows.PER_THOUSAND, rows.COUNT)]
    assert values == [5, 2]


def test_the_json_has_every_number_and_no_text() -> None:
    written = report.as_json([row(3, at_most(2), "what somebody wrote")], {"calm": "set a variable"})
    assert "what somebody wrote" not in written
    assert '"verdict": "missed"' in written
    assert '"calm": "set a variable"' in written


def test_a_listed_text_is_one_line_that_steers_no_terminal() -> None:
    assert report.listing(row(3, None, "two\nlines\x1b[2J")).splitlines()[1:] == ["a.row, 1:", "  two lines?[2J"]


def test_the_markdown_table_has_a_line_for_each_row() -> None:
    lines = report.markdown([row(3, at_most(2))]).splitlines()
    assert lines[2] == "| a.row | 40 | 3.00 | 2.00 to 4.00 | % | <= 2 | missed |"
    assert len({line.count("|") for line in lines}) == 1


# -- sessions ----------------------------------------------------------------------------------------------------------


def test_a_cut_session_has_the_first_turns_and_a_name_of_its_own() -> None:
    whole = session("s", said("one", "a"), said("two"), said("three"))
    short = invariants.cut(whole, 1)
    assert short["turns"] == [said("one", "a")]
    assert short["session_id"] != whole["session_id"]
    assert invariants.with_turn(short, "yes")["turns"] == [said("one", "a"), said("yes")]
    assert len(whole["turns"]) == 3


def test_threads_are_made_alike_on_every_run_and_of_one_kind() -> None:
    tweets = [
        Tweet(f"{domain} {kind} {n}", negative=kind == "bad", domain=domain)
        for domain in ("food", "cars", "random_tweet")
        for kind in ("bad", "good")
        for n in range(7)
    ]
    made = rows.thread_sessions(tweets, negative=True)
    assert made == rows.thread_sessions(tweets, negative=True)
    assert [[turn["visitor"].rsplit(" ", 1)[0] for turn in one["turns"]] for one in made] == [
        *[["cars bad"] * 3] * 2,
        *[["food bad"] * 3] * 2,
    ]


def test_handles_and_links_go_from_a_tweet() -> None:
    assert data.cleaned("@shop  my order\nhttps://x.example/1?a=b <url> is late") == "my order is late"


def test_a_spelling_changes_the_letters_and_not_the_words() -> None:
    spelt = {how: spell("può è") for how, spell in invariants.SPELLINGS.items()}
    assert spelt["no accents"] == "puo e"
    assert spelt["upper case"] == "PUÒ È"
    assert spelt["doubled spaces"].split() == ["può", "è"]
    assert "può è" in spelt["emoji"]


def test_without_the_variable_the_labelled_data_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(data.VARIABLE, raising=False)
    with pytest.raises(Missing, match=f"set {data.VARIABLE}"):
        data.development_data()


def test_a_variable_that_names_no_folder_is_said_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(data.VARIABLE, str(tmp_path / "none"))
    with pytest.raises(SystemExit, match="there is no folder"):
        data.development_data()


# -- the product -------------------------------------------------------------------------------------------------------


def test_odd_texts_and_locales_are_read_without_an_error() -> None:
    (found,) = invariants.odd_input()
    assert (found.estimate.value, found.texts) == (0, ())


def test_a_request_that_is_not_seen_and_a_trap_that_is_are_counted_and_named() -> None:
    offer = "Would you like me to connect you with a human agent?"
    own: Phrases = {
        "requests": ["I want to talk to a human", "where is my order"],
        "acceptances": [{"offer": offer, "answer": "yes please"}, {"offer": "Which order is it?", "answer": "yes"}],
        "traps": ["are you a real person?", "agent please"],
        "refusals": ["no need to connect me with an agent"],
        "declined_offers": [{"offer": offer, "answer": "no thanks"}],
    }
    found, taken = rows.request_own({("practice", "en"): own})
    assert (found.name, found.n, found.estimate.value) == ("request_own.practice.en.recall", 4, 50)
    assert found.texts == ("where is my order", "yes")
    assert (taken.name, taken.n, taken.texts) == ("request_own.practice.en.traps", 4, ("agent please",))


def test_what_is_measured_in_other_phrases_is_counted_by_their_key() -> None:
    own: Phrases = {
        "upset": ["this is ridiculous", "where is my order"],
        "calm": ["this is ridiculous", "good morning", "thanks"],
        "failed_replies": ["Sorry, I did not understand that."],
        "churn_traps": ["can I switch my plan"],
    }
    found = {row.name.removeprefix("words_own.practice.en."): row for row in rows.words_own({("practice", "en"): own})}
    assert {name: round(row.estimate.value) for name, row in found.items()} == {
        "upset": 50,
        "calm": 33,
        "failed_replies": 100,
        "churn_traps": 0,
    }
    assert (found["upset"].texts, found["calm"].texts) == (("where is my order",), ("this is ridiculous",))


def test_a_turn_of_a_dialogue_is_judged_after_the_reply_before_it() -> None:
    dialogue = Dialogue(session("s", said("one", "a"), said("two", "b"), said("three")), False, None, ())
    assert rows.after_reply(dialogue, 1)["turns"] == [said("", "a"), said("two")]
    assert rows.after_reply(dialogue, 0)["turns"] == [said("one")]


@pytest.fixture
def phrases() -> dict[Key, Phrases]:
    try:
        return data.phrases()
    except Missing as missing:
        pytest.skip(str(missing))


def test_every_language_has_requests_and_traps_enough_and_none_in_two_sets(phrases: dict[Key, Phrases]) -> None:
    assert phrases.keys() == set(product(data.PHRASE_SETS, data.LANGUAGES))
    assert all(len(own["requests"]) >= 40 and len(own["traps"]) >= 25 for own in phrases.values())
    for code in data.LANGUAGES:
        practice, check, held_out = (set(phrases[kind, code]["requests"]) for kind in data.PHRASE_SETS)
        assert not practice & held_out
        assert not check & practice


def held_out(
    phrases: dict[Key, Phrases], measure: Callable[[Mapping[Key, Phrases]], Iterable[Row]]
) -> dict[str, float]:
    """What is measured in the held-out phrases, by the names of the rows."""
    own = {key: texts for key, texts in phrases.items() if key[0] == "held_out"}
    return {row.name: row.estimate.value for row in measure(own)}


REACHED = {
    "en": (93, 3),
    "es": (95, 7),
    "de": (91, 8),
    "fr": (93, 6),
    "pt": (92, 7),
    "it": (91, 3),
    "nl": (92, 8),
    "pl": (94, 10),
}
"""Percent of the held-out requests that are seen, at least, and of the traps, at most: below what was measured, so that
a change of the data may cost a phrase or two. The goals are higher; `make quality` says what is missing."""


@pytest.mark.slow
def test_what_was_reached_on_phrases_that_nobody_wrote_patterns_for_is_not_lost(phrases: dict[Key, Phrases]) -> None:
    found = held_out(phrases, rows.request_own)
    for code, (seen, misled) in REACHED.items():
        assert found[f"request_own.held_out.{code}.recall"] >= seen
        assert found[f"request_own.held_out.{code}.traps"] <= misled


HEARD = {
    "en": (56, 5),
    "es": (62, 10),
    "de": (54, 7),
    "fr": (56, 8),
    "pt": (58, 5),
    "it": (56, 8),
    "nl": (36, 3),
    "pl": (48, 5),
}
"""Percent of the held-out upset messages in which displeasure is heard, at least, and of the calm ones, at most."""


@pytest.mark.slow
def test_what_was_reached_on_upset_messages_is_not_lost(phrases: dict[Key, Phrases]) -> None:
    found = held_out(phrases, rows.words_own)
    for code, (heard, mistaken) in HEARD.items():
        assert found[f"words_own.held_out.{code}.upset"] >= heard
        assert found[f"words_own.held_out.{code}.calm"] <= mistaken


@pytest.mark.slow
def test_our_own_requests_are_seen_however_they_are_spelt(phrases: dict[Key, Phrases]) -> None:
    assert [(row.name, row.estimate.value, row.texts) for row in invariants.invariants_own(phrases) if row.missed] == []
