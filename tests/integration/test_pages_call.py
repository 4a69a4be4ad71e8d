"""`PUT /v1/pages` and `bridge pages`: what the site has published becomes known, once, and goes when it is gone."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import create_engine, insert
from support.pages import fill
from support.sidecar import Sidecar, in_process
from support.terminal import Terminal

from bridge import bootstrap
from bridge.config import read_settings
from bridge.domain.values import Json
from bridge.service.index_pages import MOST_PAGES
from bridge.store.tables import page as pages


@pytest.fixture
def sidecar(database: str) -> Iterator[Sidecar]:
    with in_process(database) as running:
        yield running


def page(number: str, title: str = "Shipping", **changes: Any) -> Json:
    sent = {
        "id": number,
        "kind": "page",
        "url": f"https://shop.example/{number}/",
        "title": title,
        "text": "# Costs\n\nShipping is free from 50 euros.",
        "language": "en-US",
        "modified_at": "2026-11-02T15:00:00Z",
    }
    return sent | changes


def put(sidecar: Sidecar, **body: Any) -> Json:
    return sidecar.team.caller.ask("PUT", "/v1/pages", body)


def found(sidecar: Sidecar, text: str) -> list[str]:
    with sidecar.bridge.store.read() as tx:
        return [passage.title for passage in tx.pages.search("shop", text, "en", 5)]


def test_what_is_sent_is_found_and_sending_it_again_changes_nothing(sidecar: Sidecar) -> None:
    both = [page("1"), page("2", "Returns", text="Send it back within 30 days.")]
    assert put(sidecar, pages=both) == {"stored": 2, "unchanged": 0, "removed": 0, "pages": 2, "missing": []}
    assert put(sidecar, pages=both) == {"stored": 0, "unchanged": 2, "removed": 0, "pages": 2, "missing": []}
    assert found(sidecar, "What does shipping cost?") == ["Shipping"]
    assert found(sidecar, "Can I send it back?") == ["Returns"]


def test_a_change_takes_the_place_of_what_was_there(sidecar: Sidecar) -> None:
    put(sidecar, pages=[page("1")])
    changed = put(sidecar, pages=[page("1", "Engraving", text="We engrave cups.")])
    assert (changed["stored"], changed["pages"]) == (1, 1)
    assert found(sidecar, "What does shipping cost?") == []
    assert found(sidecar, "Do you engrave cups?") == ["Engraving"]


def test_what_is_gone_is_forgotten_and_what_only_names_stays(sidecar: Sidecar) -> None:
    put(sidecar, pages=[page("1"), page("2", "Returns"), page("3", "Payment")])
    assert put(sidecar, gone=["3", "never"])["removed"] == 1
    told = put(sidecar, only=["1", "4"])
    assert (told["removed"], told["pages"], told["missing"]) == (1, 1, ["4"])
    told = put(sidecar, only=[])
    assert (told["removed"], told["pages"]) == (1, 0)


def test_a_page_may_be_older_than_our_calendar(sidecar: Sidecar) -> None:
    """WordPress takes the day that is set for a new post as that of its last change, in an archive a day long ago."""
    assert put(sidecar, pages=[page("1", modified_at="1889-05-06T10:00:00Z")])["stored"] == 1


def test_a_page_of_another_host_is_refused_with_its_place_and_nothing_is_changed(sidecar: Sidecar) -> None:
    sent = [page("1"), page("2", url="https://evil.example/")]
    answer = sidecar.team.caller.send("PUT", "/v1/pages", {"pages": sent})
    assert (answer.status, answer.slug) == (422, "invalid-body")
    assert answer.json["errors"][0]["pointer"] == "/pages/1/url"
    assert put(sidecar)["pages"] == 0
    assert put(sidecar, pages=[page("1", url="https://www.shop.example/1/")])["pages"] == 1


@pytest.mark.parametrize("home", ["https://staging.shop.example", "https://shop.example/staging/", "https://[shop"])
def test_a_copy_of_the_site_neither_changes_nor_takes_away_what_is_known_of_the_site(
    sidecar: Sidecar, home: str
) -> None:
    put(sidecar, pages=[page("1")])
    admin, theirs = sidecar.team.caller, quote(home, safe="")
    for changes in ({"only": []}, {"gone": ["1"]}, {"pages": [page("2", url="https://staging.shop.example/2/")]}):
        answer = admin.send("PUT", f"/v1/pages?home={theirs}", changes)
        assert (answer.status, answer.slug) == (409, "other-address")
    assert put(sidecar)["pages"] == 1


@pytest.mark.parametrize("home", ["https://shop.example", "http://www.shop.example:8080/", "https://SHOP.example"])
def test_the_site_itself_is_known_by_host_and_folder(sidecar: Sidecar, home: str) -> None:
    asked = f"/v1/pages?home={quote(home, safe='')}"
    assert sidecar.team.caller.ask("PUT", asked, {"pages": [page("1")]})["pages"] == 1


@pytest.mark.parametrize("url", [
    "https://evil.example\\@shop.example/", "https://shop.example\\@evil.example/", "https://shop.example/\\evil.example",
    "https://ann@shop.example/", "https://ann:secret@shop.example/", "https://@shop.example/",
    "https://shop.example/\x85", "https:///shop.example/", "https://[shop.example/",
])  # fmt: skip
def test_an_address_that_a_browser_may_read_otherwise_is_not_taken_for_the_sites_own(
    sidecar: Sidecar, url: str
) -> None:
    answer = sidecar.team.caller.send("PUT", "/v1/pages", {"pages": [page("1", url=url)]})
    assert (answer.status, answer.slug) == (422, "invalid-body")
    assert answer.json["errors"][0]["pointer"] == "/pages/0/url"


def test_an_at_sign_in_the_path_of_a_page_is_nothing_unusual(sidecar: Sidecar) -> None:
    assert put(sidecar, pages=[page("1", url="https://shop.example:8443/@anna/?mail=a@b.example")])["stored"] == 1


@pytest.mark.parametrize(
    "body",
    [
        {"pages": [page("1", url="javascript:alert(1)")]},
        {"pages": [page("1", text="x" * 100_001)]},
        {"pages": [page("1", text="a\x00b")]},
        {"pages": [page("1", modified_at="yesterday")]},
        {"pages": [page(str(n)) for n in range(51)]},
        {"gone": [""]},
        {"all": True},
    ],
)
def test_what_does_not_fit_is_refused(sidecar: Sidecar, body: Json) -> None:
    answer = sidecar.team.caller.send("PUT", "/v1/pages", body)
    assert (answer.status, answer.slug) == (422, "invalid-body")
    assert put(sidecar)["pages"] == 0


def test_the_chat_secret_does_not_open_this_call(sidecar: Sidecar) -> None:
    answer = sidecar.chat().caller.send("PUT", "/v1/pages", {"pages": [page("1")]})
    assert (answer.status, answer.slug) == (403, "wrong-scope")


def test_a_site_has_no_more_than_five_thousand_pages(sidecar: Sidecar, database: str) -> None:
    row = {"site": "shop", "kind": "page", "url": "u", "title": "t", "digest": "d", "modified_at": 1}
    engine = create_engine(database)
    with engine.begin() as connection:
        connection.execute(insert(pages), [row | {"id": str(n)} for n in range(MOST_PAGES)])
    engine.dispose()
    answer = sidecar.team.caller.send("PUT", "/v1/pages", {"pages": [page("one more")]})
    assert (answer.status, answer.slug) == (422, "too-many-pages")
    assert put(sidecar, pages=[page("one more")], gone=["7"])["pages"] == MOST_PAGES


def test_a_site_without_a_responder_says_so(sidecar: Sidecar) -> None:
    assert sidecar.team.caller.ask("GET", "/v1/health")["responder"] is False


def test_an_owner_sees_what_is_known_and_what_a_question_finds(shop: Terminal) -> None:
    assert "No page is known." in shop("pages", "list").out
    assembly = bootstrap.build(read_settings(), deliver_at_once=False)
    with assembly.bridge.store.write() as tx:
        fill(tx.pages, "shop")
    assembly.close()
    assert "Shipping and delivery" in shop("pages", "list").out
    assert "https://shop.example/en/1/" in shop("pages", "search", "What does shipping cost?").out
    assert "Nothing" in shop("pages", "search", "Do you repair espresso machines?").out
    assert json.loads(shop("pages", "list", "--json").out)["pages"][0]["kind"] == "page"
    passages = json.loads(shop("pages", "search", "Versandkosten", "--language", "de", "--json").out)["passages"]
    assert passages[0]["title"] == "Versand und Lieferung"
