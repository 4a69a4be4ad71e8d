"""What is kept of words is bounded."""

from bridge.domain.memo import WORDS_KEPT, Memo, memoized


def test_a_word_is_asked_about_once() -> None:
    asked: list[str] = []

    def measured(word: str) -> int:
        asked.append(word)
        return len(word)

    length = memoized(measured)
    assert [length("agent"), length("agent"), length("me")] == [5, 5, 2]
    assert asked == ["agent", "me"]


def test_of_any_number_of_words_no_more_are_kept_than_there_is_room_for() -> None:
    known = Memo(len)
    for number in range(WORDS_KEPT + 10):
        assert known[f"{number:08}"] == 8
        assert len(known) <= WORDS_KEPT
