"""`make search`: how long the search of a site's pages takes, on SQLite and on PostgreSQL.

    make search SEARCH="[--pages N]"

The pages are made-up words as rare as those of a language, with everyday words of a shop among them. A question is
asked fifteen times; printed are the median and the longest in milliseconds.
"""

import argparse
import random
import time
from collections.abc import Iterator
from statistics import median
from tempfile import TemporaryDirectory

from support.postgres import postgres_server

from bridge.domain.passages import Page
from bridge.domain.relevance import Piece, pieces
from bridge.ports import Scope, Site
from bridge.store import migrate as schema
from bridge.store.database import Database
from bridge.store.sql import SqlStore

SHOP = Site("shop", "https://shop.example", "UTC", "team@shop.example")
EVERYDAY = (
    *("shipping", "delivery", "return", "refund", "order", "invoice", "paypal", "switzerland"),
    *("warranty", "size", "color", "customer", "account", "password", "price"),
)
OTHERS = 20_000
TIMES = 15
AT_ONCE = 50
DIFFERENT = 400
"""Texts that are cut and read; each is the text of several pages."""


def main() -> None:
    """Print a table for each kind of database."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pages", type=int, default=5_000)
    number = parser.parse_args().pages
    dice = random.Random("pages")
    words = ["".join(dice.choices("bcdfghklmprvz", k=5)) for _ in range(OTHERS)]
    texts = [_page(dice, words) for _ in range(min(DIFFERENT, number))]
    for url in _databases():
        print(f"\n{url.partition(':')[0].partition('+')[0]}, {number:,} pages")
        store = _filled(url, texts, number)
        for question in _questions(words):
            took, found = _asked(store, question)
            print(f"{median(took):8.1f} ms, at most {max(took):6.1f}; {found} passages: {question[:60]}")
        store.close()


def _databases() -> Iterator[str]:
    with TemporaryDirectory() as folder:
        yield f"sqlite:///{folder}/pages.db"
    with postgres_server() as server:
        yield server.create()


def _page(dice: random.Random, words: list[str]) -> tuple[str, list[Piece]]:
    title = " ".join(dice.choices(EVERYDAY, k=2))
    chances = [1 / (n + 5) for n in range(len(words))]
    paragraphs = []
    for _ in range(9):
        said = dice.choices(words, chances, k=105)
        said[10], said[50] = dice.choices(EVERYDAY, k=2)
        paragraphs.append(" ".join(said) + ".")
    return title, pieces(title, "\n\n".join(paragraphs))


def _filled(url: str, texts: list[tuple[str, list[Piece]]], number: int) -> SqlStore:
    schema.migrate(url)
    store = SqlStore(Database(url))
    with store.write() as tx:
        tx.sites.add(SHOP, {Scope.CHAT: "c" * 43, Scope.ADMIN: "a" * 43}, 1)
    for start in range(0, number, AT_ONCE):
        with store.write() as tx:
            for n in range(start, min(start + AT_ONCE, number)):
                title, own = texts[n % len(texts)]
                tx.pages.put(SHOP.id, Page(str(n), "page", f"{SHOP.url}/{n}/", title, "en", "d", 1), own)
    return store


def _questions(words: list[str]) -> list[str]:
    return [
        "Do you ship to Switzerland?",
        "How long does delivery take?",
        "money back?",
        "can I return my order and get a refund to paypal, and what does the warranty say about color and size?",
        f"what about {' and '.join(words[:3])}",
        "penguins",
        words[5_000],
        " ".join(words[:12]),
    ]


def _asked(store: SqlStore, question: str) -> tuple[list[float], int]:
    took: list[float] = []
    found = 0
    for _ in range(TIMES):
        with store.read() as tx:
            began = time.perf_counter()
            found = len(tx.pages.search(SHOP.id, question, "en", 5))
            took.append((time.perf_counter() - began) * 1000)
    return took, found


if __name__ == "__main__":
    main()
