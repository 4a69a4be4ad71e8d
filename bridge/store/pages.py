"""The site's own pages, in passages, and the full-text index over them: FTS5 on SQLite, a GIN index on PostgreSQL.

Both hold the same words, those of `bridge.domain.relevance`, and are asked for whole words only: nothing that a visitor
types is read as an expression of a database. What is found is judged there as well, so both find the same.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    Float,
    Integer,
    Select,
    Text,
    bindparam,
    cast,
    column,
    delete,
    func,
    insert,
    literal_column,
    select,
    table,
    true,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.sql.expression import FromClause

from bridge.domain.answering import Passage
from bridge.domain.passages import Page
from bridge.domain.relevance import CANDIDATES, Candidate, Piece, best, marked, readings, telling
from bridge.store.tables import PASSAGE_INDEX, page, passage, passage_word
from bridge.store.upsert import Upsert

FTS5 = table(PASSAGE_INDEX, column("rowid"), column(PASSAGE_INDEX))
EVERY_PASSAGE = "@"
"""What stands for a word that every passage has, where words are counted."""
PAGE_FIELDS = ("kind", "url", "title", "language", "digest", "modified_at")


class PageStatements:
    """Built once, see `SiteStatements`."""

    def __init__(self, upsert: Upsert, dialect: str) -> None:
        site: Any = bindparam("of_site", type_=Text)
        put = upsert(page)
        self.put = put.on_conflict_do_update(
            index_elements=["site", "id"], set_={name: put.excluded[name] for name in PAGE_FIELDS}
        )
        self.add = insert(passage)
        these: Any = bindparam("ids", expanding=True)
        theirs = (passage.c.site == site, passage.c.page_id.in_(these))
        self.empty = delete(passage).where(*theirs).returning(passage.c.words)
        self.drop = delete(page).where(page.c.site == site, page.c.id.in_(these))
        self.all = select(page).where(page.c.site == site).order_by(page.c.title, page.c.id)
        self.known = select(page.c.id, page.c.digest).where(page.c.site == site)
        self.count = select(func.count()).where(page.c.site == site)
        changed = _given(dialect)
        more = upsert(passage_word).from_select(
            ["site", "word", "passages"],
            select(site, changed.c.key, cast(changed.c.value, Integer)).where(true()).order_by(changed.c.key),
        )
        self.count_on = more.on_conflict_do_update(
            index_elements=["site", "word"], set_={"passages": passage_word.c.passages + more.excluded.passages}
        )
        self.uncounted = delete(passage_word).where(passage_word.c.site == site, passage_word.c.passages == 0)
        words: Any = bindparam("words", expanding=True)
        self.counts = select(passage_word.c.word, passage_word.c.passages).where(
            passage_word.c.site == site, passage_word.c.word.in_(words)
        )
        self.candidates = _candidates(*(_found_with_fts5() if dialect == "sqlite" else _found_with_gin()))


def _given(dialect: str) -> Any:
    """Words with a number each, as rows of `key` and `value`."""
    given = bindparam("given", type_=Text)
    rows = func.json_each(given) if dialect == "sqlite" else func.json_each_text(cast(given, JSON))
    return rows.table_valued("key", "value")


def _found_with_fts5() -> tuple[Any, FromClause, ColumnElement[int]]:
    """The words that are asked for, each joined with the passages that have it, and the passage's number."""
    asked = _given("sqlite")
    both = '"@' + bindparam("of_site", type_=Text) + '" AND "' + asked.c.key + '"'
    return asked, asked.join(FTS5, FTS5.c[PASSAGE_INDEX].op("MATCH")(both)), FTS5.c.rowid


def _found_with_gin() -> tuple[Any, FromClause, ColumnElement[int]]:
    """Likewise."""
    asked = _given("postgresql")
    words = func.array_to_tsvector(func.string_to_array(passage.c.words, literal_column("' '")))
    has = words.op("@@")(cast("'" + asked.c.key + "'", TSQUERY))
    return asked, asked.join(passage, (passage.c.site == bindparam("of_site")) & has), passage.c.id


def _candidates(asked: Any, found: FromClause, number: ColumnElement[int]) -> Select[Any]:
    """The passages that have most of what is asked for, by weight."""
    told = func.sum(cast(asked.c.value, Float))
    most = (
        select(number.label("id"), told.label("told"))
        .select_from(found)
        .group_by(number)
        .order_by(told.desc(), number)
        .limit(CANDIDATES)
        .subquery("most")
    )
    return (
        select(page.c.title, page.c.url, page.c.language, passage.c.text)
        .select_from(most)
        .join(passage, (passage.c.id == most.c.id) & (passage.c.site == bindparam("of_site")))
        .join(page, (page.c.site == passage.c.site) & (page.c.id == passage.c.page_id))
        .order_by(most.c.told.desc(), most.c.id)
    )


class Pages:
    """See `bridge.ports.Pages`."""

    def __init__(self, connection: Connection, statements: PageStatements) -> None:
        self._c = connection
        self._s = statements

    def put(self, site: str, new: Page, pieces: Sequence[Piece]) -> None:
        self._c.execute(self._s.put, {"site": site, "id": new.id, **{name: getattr(new, name) for name in PAGE_FIELDS}})
        change = Counter(_every_word(one.words for one in pieces))
        change.subtract(self._empty(site, [new.id]))
        rows = [
            {"site": site, "page_id": new.id, "n": n, "text": one.text, "words": one.words}
            for n, one in enumerate(pieces)
        ]
        if rows:
            self._c.execute(self._s.add, rows)
        self._count_on(site, change)

    def drop(self, site: str, ids: Collection[str]) -> int:
        change: Counter[str] = Counter()
        change.subtract(self._empty(site, ids))
        self._count_on(site, change)
        return self._c.execute(self._s.drop, {"of_site": site, "ids": list(ids)}).rowcount

    def keep_only(self, site: str, ids: Collection[str]) -> int:
        return self.drop(site, self.known(site).keys() - set(ids))

    def known(self, site: str) -> dict[str, str]:
        return {row.id: row.digest for row in self._c.execute(self._s.known, {"of_site": site})}

    def all(self, site: str) -> list[Page]:
        rows = self._c.execute(self._s.all, {"of_site": site})
        return [Page(row.id, *(getattr(row, name) for name in PAGE_FIELDS)) for row in rows]

    def count(self, site: str) -> int:
        return self._c.execute(self._s.count, {"of_site": site}).scalar_one()

    def search(self, site: str, text: str, language: str, limit: int) -> list[Passage]:
        asked = readings(text, language)
        stems = dict.fromkeys(form for terms in asked for term in terms for form in term.forms)
        values = {"of_site": site, "words": [EVERY_PASSAGE, *marked(stems)]}
        counts = {row.word: row.passages for row in self._c.execute(self._s.counts, values)}
        passages = counts.pop(EVERY_PASSAGE, 0)
        if not counts:
            return []
        told = json.dumps(telling(counts, passages))
        rows = self._c.execute(self._s.candidates, {"of_site": site, "given": told})
        candidates = [Candidate(Passage(row.title, row.url, row.text), row.language) for row in rows]
        return best(asked, counts, passages, candidates, language=language, limit=limit)

    def _empty(self, site: str, ids: Collection[str]) -> Iterable[str]:
        """Drop the passages of these pages; the words that each of them had."""
        gone = self._c.execute(self._s.empty, {"of_site": site, "ids": list(ids)})
        return list(_every_word(row.words for row in gone))

    def _count_on(self, site: str, change: Counter[str]) -> None:
        """In the order of the words, so that nobody waits for somebody who waits for them."""
        changed = {word: more for word, more in change.items() if more}
        if changed:
            self._c.execute(self._s.count_on, {"of_site": site, "given": json.dumps(changed)})
        if min(changed.values(), default=0) < 0:
            self._c.execute(self._s.uncounted, {"of_site": site})


def _every_word(passages: Iterable[str]) -> Iterator[str]:
    for words in passages:
        yield EVERY_PASSAGE
        yield from words.split(" ")
