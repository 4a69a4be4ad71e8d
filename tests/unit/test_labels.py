import pytest

from bridge.domain.labels import Label, Precision, Score, Verdict, precision_by_rule, score


def label(rule: str | None, verdict: Verdict) -> Label:
    return Label("s", "e" if rule else None, verdict, "Ada", 1, rule)


def test_precision_is_the_share_of_needed_by_rule_the_most_labelled_first() -> None:
    said = [
        *(label("b", Verdict.NEEDED) for _ in range(3)),
        label("b", Verdict.UNNEEDED),
        label("a", Verdict.UNNEEDED),
        label(None, Verdict.MISSED),
    ]
    assert precision_by_rule(said) == [Precision("b", 3, 1), Precision("a", 0, 1)]
    assert precision_by_rule(said)[0].share == 0.75
    assert precision_by_rule(said)[0].interval == pytest.approx((0.3006, 0.9544), abs=5e-5)


def test_without_labels_no_rule_has_a_precision() -> None:
    assert precision_by_rule([]) == []


@pytest.mark.parametrize(
    ("verdict", "wants"), [(Verdict.NEEDED, True), (Verdict.MISSED, True), (Verdict.UNNEEDED, False)]
)
def test_needed_and_missed_want_a_person_and_unneeded_does_not(verdict: Verdict, wants: bool) -> None:
    assert label("r", verdict).wants_a_person is wants


def test_a_score_counts_what_is_found_wrong_and_missed() -> None:
    found = score([(True, True), (True, True), (True, False), (False, True), (False, False)])
    assert found == Score(found=2, wrong=1, missed=1)
    assert found.f1 == pytest.approx(2 / 3)


@pytest.mark.parametrize("nothing", [Score(), Score(wrong=3), Score(missed=3)])
def test_where_nothing_is_found_the_score_is_0(nothing: Score) -> None:
    assert nothing.f1 == 0.0
