"""Conversations as a table: a row a message, as a spreadsheet or a chat's export has them."""

from typing import Any

import pytest

from bridge.domain.csv_record import BadRow, CsvRecord, read_csv_record
from bridge.domain.replay import AN_INSTANT

HEADER = "session_id,who,text"


def sheet(*rows: str, header: str = HEADER, end: str = "\n") -> CsvRecord:
    text = end.join((header, *rows)) + end
    return read_csv_record(text.encode().splitlines(keepends=True))


def turns(found: CsvRecord, session: str = "a") -> Any:
    return [(turn["visitor"], turn["bot"] and turn["bot"]["text"]) for turn in found.conversations[session]["turns"]]


def faults(*rows: str, header: str = HEADER) -> list[tuple[int, str]]:
    return sheet(*rows, header=header).bad


# -- what rows are taken for -------------------------------------------------------------------------------------------


def test_a_visitors_row_begins_a_turn_and_the_bots_row_answers_it() -> None:
    found = sheet("a,visitor,hello", "a,bot,hi", "a,visitor,where is it", "a,visitor,my order")
    assert turns(found) == [("hello", "hi"), ("where is it", None), ("my order", None)]
    assert found.bad == []


def test_rows_of_a_conversation_may_stand_apart_and_keep_their_order() -> None:
    found = sheet("a,visitor,one", "b,visitor,uno", "a,bot,first", "b,bot,primo", "a,visitor,two")
    assert turns(found) == [("one", "first"), ("two", None)]
    assert turns(found, "b") == [("uno", "primo")]
    assert list(found.conversations) == ["a", "b"]
    assert found.lines == {"a": 2, "b": 3}


def test_several_rows_of_the_bot_are_one_reply_whose_last_word_about_itself_counts() -> None:
    header = "session_id,who,text,confidence,failed"
    found = sheet("a,visitor,hm,,", "a,bot,One moment.,0.9,yes", "a,bot,I cannot.,0.2,", header=header)
    (turn,) = found.conversations["a"]["turns"]
    assert turn["bot"] == {"text": "One moment.\nI cannot.", "confidence": 0.2, "failed": True}


def test_a_bots_row_before_any_of_the_visitor_is_dropped_and_counted() -> None:
    found = sheet("a,bot,Welcome!", "a,bot,Ask me.", "a,visitor,hello")
    assert turns(found) == [("hello", None)]
    assert found.dropped == 2


def test_every_column_finds_its_place() -> None:
    header = "at,locale,flow,session_id,who,text,confidence,intent,intent_matched,failed"
    rows = (
        "2026-11-02T15:00:00Z,de_DE,billing,a,visitor,hallo,,,,",
        ",fr,returns,a,bot,ja,0.5,greeting,false,NO",
        "1793631600000,,,a,Visitor,bye,,,,",
    )
    found = sheet(*rows, header=header).conversations["a"]
    assert (found["locale"], found["flow"]) == ("de_DE", "billing")
    assert [turn["at"] for turn in found["turns"]] == [1793631600000, 1793631600000]
    bot = {"text": "ja", "confidence": 0.5, "intent": "greeting", "intent_matched": False, "failed": False}
    assert found["turns"][0]["bot"] == bot


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_commas_semicolons_and_tabs_part_columns(mark: str) -> None:
    header = mark.join(("session_id", "who", "text", "confidence"))
    rows = (mark.join(("a", "visitor", "well", "")), mark.join(("a", "bot", '"a; b, c\td"', '"0,4"')))
    found = sheet(*rows, header=header, end="\r\n")
    assert turns(found) == [("well", "a; b, c\td")]
    assert found.conversations["a"]["turns"][0]["bot"]["confidence"] == 0.4


def test_a_byte_order_mark_capitals_spaces_and_blank_rows_are_no_fault() -> None:
    found = read_csv_record([b"\xef\xbb\xbf Session_ID , WHO ,Text\r\n", b"\r\n", b",,\n", b'a, visitor ," hi "\n'])
    assert turns(found) == [(" hi ", None)]
    assert found.bad == []


def test_a_quoted_text_may_hold_line_breaks_and_quotes() -> None:
    found = sheet('a,visitor,"one', 'two ""three"""', "a,visitor,next", "b,nobody,x")
    assert turns(found) == [('one\ntwo "three"', None), ("next", None)]
    assert [number for number, _ in found.bad] == [5]


def test_an_empty_text_is_a_message_that_says_nothing() -> None:
    assert turns(sheet("a,visitor,", "a,bot,")) == [("", "")]


def test_columns_that_nothing_reads_are_named() -> None:
    assert sheet("a,visitor,hi,7,x", header=f"{HEADER},mood,confidense").unknown == {"mood", "confidense"}


# -- what is refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (",visitor,hi,,,,", "session_id: it is empty"),
        ("a,agent,hi,,,,", "who: expected visitor or bot"),
        ("a,visitor,hi", "it has 3 columns, the header 7"),
        ("a,visitor,hi,2026-11-02 15:00:00,,,", f"at: {AN_INSTANT}"),
        ("a,bot,hi,soon,,,", f"at: {AN_INSTANT}"),
        ("a,bot,hi,,87,,", "confidence: expected a number from 0 to 1"),
        ("a,bot,hi,,nan,,", "confidence: expected a number from 0 to 1"),
        ("a,bot,hi,,high,,", "confidence: expected a number from 0 to 1"),
        ("a,bot,hi,,,maybe,", "failed: expected true or false"),
        ("a,bot,hi,,,,maybe", "intent_matched: expected true or false"),
    ],
)
def test_a_row_that_cannot_be_read_says_why_and_where(row: str, said: str) -> None:
    header = f"{HEADER},at,confidence,failed,intent_matched"
    assert faults("a,visitor,hello,,,,", row, header=header) == [(3, said)]


def test_text_that_is_not_utf8_is_named() -> None:
    found = read_csv_record([HEADER.encode() + b"\n", b"a,visitor,caf\xe9\n", b"a,visitor,tea\n"])
    assert found.bad == [(2, "not UTF-8 text")]


def test_a_quote_that_nobody_closes_is_named_where_it_opens() -> None:
    assert [number for number, _ in faults("a,visitor,hi", 'a,visitor,"never closed', "a,visitor,lost")] == [3]


@pytest.mark.parametrize("header", ["", "hello", "session_id,who", "a,visitor,hi"])
def test_without_the_needed_columns_nothing_is_read(header: str) -> None:
    with pytest.raises(BadRow, match=r"the header has no column .*; known: session_id, who, text, at, "):
        sheet("a,visitor,hi", header=header)


def test_an_empty_file_has_no_header() -> None:
    with pytest.raises(BadRow, match="no column session_id, who, text"):
        read_csv_record([])
