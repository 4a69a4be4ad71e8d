"""A page's text is cut at paragraphs and sentences into passages that carry their heading."""

from bridge.domain.passages import LONGEST_PASSAGE, LONGEST_TEXT, heading_of, split

SENTENCE = "The parcel leaves our house on the day after the order has come in. "


def test_paragraphs_stand_together_while_there_is_room() -> None:
    assert split("One.\n\nTwo.\r\n\r\n  Three.\n") == ["One.\n\nTwo.\n\nThree."]


def test_a_heading_stands_above_each_passage_up_to_the_next_one() -> None:
    text = f"Before.\n\n# Costs\n\n{SENTENCE * 20}\n\n# Times\nTwo days."
    passages = split(text)
    assert passages[0] == "Before."
    assert [heading_of(one) for one in passages] == ["", "Costs", "Costs", "Times"]
    assert passages[-1] == "# Times\nTwo days."


def test_a_long_paragraph_is_cut_at_the_ends_of_sentences_and_nothing_is_lost() -> None:
    passages = split(SENTENCE * 100)
    assert all(len(one) <= LONGEST_PASSAGE and one.endswith("come in.") for one in passages)
    assert " ".join(passages) == (SENTENCE * 100).strip()


def test_a_sentence_without_end_is_cut_at_words_and_a_word_without_end_anyway() -> None:
    passages = split("many words " * 500)
    assert all(len(one) <= LONGEST_PASSAGE for one in passages)
    assert " ".join(passages) == ("many words " * 500).strip()
    assert "".join(split("x" * 5000)) == "x" * 5000


def test_what_is_longer_than_a_page_may_be_is_not_read() -> None:
    assert sum(map(len, split("x" * (LONGEST_TEXT + 1)))) == LONGEST_TEXT


def test_headings_alone_and_empty_texts_make_no_passage() -> None:
    assert split("") == split(" \n\n \n") == split("# One\n\n# Two") == []


def test_a_page_of_one_paragraph_stays_within_what_a_model_is_given() -> None:
    assert max(map(len, split(f"# {'h' * 500}\n\n{SENTENCE * 50}"))) <= LONGEST_PASSAGE + 125
