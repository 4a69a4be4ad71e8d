"""What the site's own pages answer: the same on each kind of database, in each language, and never another site's."""

from collections.abc import Iterator
from contextlib import nullcontext

import pytest
from support.pages import fill

from bridge.domain.passages import Page
from bridge.domain.relevance import pieces
from bridge.ports import Scope, Site, Tx
from bridge.store.copy import copy
from bridge.store.database import Database
from bridge.store.sql import SqlStore

SHOP = Site("shop", "https://shop.example", "UTC", "team@shop.example")
OTHER = Site("shop-2", "https://other.example", "UTC", "team@other.example")


@pytest.fixture
def store(database: str) -> Iterator[SqlStore]:
    """Two sites, the first with pages in eight languages."""
    made = SqlStore(Database(database, wait=2.0, readers=4))
    with made.write() as tx:
        for n, site in enumerate((SHOP, OTHER)):
            assert tx.sites.add(site, {Scope.CHAT: f"{n}c" * 22, Scope.ADMIN: f"{n}a" * 22}, 1)
        fill(tx.pages, SHOP.id)
    yield made
    made.close()


def found(store: SqlStore, text: str, language: str = "en", *, site: str = SHOP.id, limit: int = 5) -> list[str]:
    """The titles of what is found, the best first."""
    with store.read() as tx:
        return [passage.title for passage in tx.pages.search(site, text, language, limit)]


def put(tx: Tx, site: Site, new: Page, text: str) -> None:
    tx.pages.put(site.id, new, pieces(new.title, text))


def page(number: str, title: str, language: str | None = "en", digest: str = "d") -> Page:
    return Page(number, "page", f"https://shop.example/{number}/", title, language, digest, 1)


ASKED = [
    ("en", "How long does shipping take?", "Shipping and delivery"),
    ("en", "Do you ship to Switzerland?", "Shipping and delivery"),
    ("en", "Can I return my order?", "Returns and refunds"),
    ("en", "How can I get my money back?", "Returns and refunds"),
    ("en", "Can I pay with PayPal?", "Payment"),
    ("de", "Was kostet die Lieferung nach Österreich?", "Versand und Lieferung"),
    ("de", "Wie hoch sind die VERSANDKOSTEN", "Versand und Lieferung"),
    ("de", "Wie sind eure Öffnungszeiten?", "Über uns"),
    ("es", "¿Puedo devolver un artículo?", "Devoluciones y reembolsos"),
    ("fr", "Comment retourner un article ?", "Retours et remboursements"),
    ("it", "Come posso restituire un articolo?", "Resi e rimborsi"),
    ("nl", "Verzenden jullie naar België?", "Verzending en levering"),
    ("pl", "Czy wysyłacie do Czech?", "Wysyłka i dostawa"),
    ("pt", "Como posso devolver um artigo?", "Devoluções e reembolsos"),
]
UNRELATED = [
    ("en", "What is the weather in Berlin tomorrow?"),
    ("en", "Do you repair espresso machines?"),
    ("en", "what is the capital of France?"),
    ("en", "hello"),
    ("de", "Darf ich meinen Hund mitbringen?"),
    ("de", "Repariert ihr Espressomaschinen?"),
    ("es", "¿Quién ganó el partido?"),
    ("fr", "Puis-je venir avec mon chien ?"),
    ("it", "Chi ha vinto la partita?"),
    ("nl", "Wie heeft de wedstrijd gewonnen?"),
    ("pl", "Czy mogę przyjść z psem?"),
    ("pt", "Posso levar o meu cão?"),
]


@pytest.mark.parametrize(("language", "text", "title"), ASKED)
def test_a_question_finds_the_page_that_is_about_it(store: SqlStore, language: str, text: str, title: str) -> None:
    assert found(store, text, language)[:1] == [title]


@pytest.mark.parametrize(("language", "text"), UNRELATED)
def test_a_question_about_something_else_finds_nothing(store: SqlStore, language: str, text: str) -> None:
    assert found(store, text, language) == []


def test_no_question_finds_a_page_of_another_site(store: SqlStore) -> None:
    assert found(store, "Do you ship to Switzerland?", site=OTHER.id) == []
    with store.write() as tx:
        put(tx, OTHER, page("1", "Shipping to Switzerland"), "We do not ship to Switzerland.")
    assert found(store, "Do you ship to Switzerland?", site=OTHER.id) == ["Shipping to Switzerland"]
    assert "Shipping to Switzerland" not in found(store, "Do you ship to Switzerland?", limit=99)


@pytest.mark.parametrize(
    "text",
    [
        '"shipping" OR "payment*"',
        "shipping NEAR(returns, 5)",
        "title:shipping AND NOT delivery",
        "shipping, delivery'::tsquery; DROP TABLE page; --",
        "shipping & !delivery | (returns:*)",
        'ship\x00ping " ) ( * ^ \\ % _ {shipping} @shop =shipping',
        "shipping \ud800 🙏",
    ],
)
def test_what_a_database_would_take_for_an_expression_is_only_words(store: SqlStore, text: str) -> None:
    assert "Shipping and delivery" in found(store, text)


def test_a_page_that_is_put_again_is_found_by_its_new_words_alone(store: SqlStore) -> None:
    with store.write() as tx:
        put(tx, SHOP, page("9", "Gift wrapping"), "We wrap presents in paper.")
        put(tx, SHOP, page("9", "Engraving", digest="new"), "We engrave names into cups.")
        assert tx.pages.known(SHOP.id)["9"] == "new"
    assert found(store, "Do you offer gift wrapping?") == []
    assert found(store, "Do you engrave cups?") == ["Engraving"]


def test_pages_that_are_gone_are_not_found(store: SqlStore) -> None:
    with store.write() as tx:
        put(tx, OTHER, page("en-1", "Engraving"), "We engrave cups.")
        before = tx.pages.count(SHOP.id)
        assert tx.pages.drop(SHOP.id, ["en-1", "never there"]) == 1
        assert tx.pages.count(SHOP.id) == before - 1
    assert "Shipping and delivery" not in found(store, "Do you ship to Switzerland?")
    with store.write() as tx:
        assert tx.pages.keep_only(SHOP.id, ["en-2", "not there yet"]) == before - 2
        assert list(tx.pages.known(SHOP.id)) == ["en-2"]
        assert tx.pages.keep_only(SHOP.id, []) == 1
    assert found(store, "Can I return my order?") == []
    assert found(store, "Do you engrave cups?", site=OTHER.id) == ["Engraving"]


def test_a_word_of_the_title_tells_more_than_one_in_passing(store: SqlStore) -> None:
    with store.write() as tx:
        tx.pages.keep_only(SHOP.id, [])
        put(tx, SHOP, page("1", "News"), "Our warranty, our people and our cups have been in the paper.")
        put(tx, SHOP, page("2", "Warranty"), "Two years, for everything that we sell.")
    assert found(store, "warranty") == ["Warranty", "News"]


def test_of_two_alike_the_page_in_the_visitors_language_comes_first(store: SqlStore) -> None:
    with store.write() as tx:
        put(tx, SHOP, page("1", "Espresso Grande", "en"), "Espresso Grande, 12 euros.")
        put(tx, SHOP, page("2", "Espresso Grande", "de"), "Espresso Grande, 12 Euro.")
    with store.read() as tx:
        for language, url in (("de", "https://shop.example/2/"), ("en", "https://shop.example/1/")):
            assert tx.pages.search(SHOP.id, "Espresso Grande", language, 1)[0].url == url


def test_a_passage_carries_its_heading_and_where_it_can_be_read(store: SqlStore) -> None:
    with store.read() as tx:
        (best,) = tx.pages.search(SHOP.id, "Was kosten die Versandkosten?", "de", 1)
    assert best.url == "https://shop.example/de/1/"
    assert best.text.startswith("# Versandkosten\nAb 50 Euro")


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_copy_of_the_database_finds_the_same(
    store: SqlStore, database: str, request: pytest.FixtureRequest, kind: str
) -> None:
    target: str = request.getfixturevalue(f"fresh_{kind}")()
    before = {text: found(store, text, language) for language, text, _ in ASKED}
    store.close()
    copy(database, target, lambda _rows: nullcontext(lambda _row: None))
    copied = SqlStore(Database(target))
    try:
        assert {text: found(copied, text, language) for language, text, _ in ASKED} == before
        with copied.write() as tx:
            put(tx, SHOP, page("9", "Engraving"), "We engrave cups.")
            assert tx.pages.drop(SHOP.id, ["de-1"]) == 1
        assert found(copied, "Do you engrave cups?") == ["Engraving"]
        assert found(copied, "Versandkosten", "de") == []
    finally:
        copied.close()
