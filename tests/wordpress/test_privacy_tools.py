"""Tools > Export and Erase Personal Data of a real WordPress, beside a real sidecar: as the owner's page calls them."""

import html
import json
import re
import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
import requests
from installation import Installation, eventually
from pairing import php_sees
from team import A_PERSON, clear_the_desk, team_of
from test_rest import Visitor, without_sidecar
from wordpress_site import Site

pytestmark = pytest.mark.wordpress

ANNA = "anna@example.test"
SECRET_WORDS = "Where is my zanzibar teapot?"


@pytest.fixture
def owner(installed: Installation) -> Iterator[requests.Session]:
    with installed.site.login() as owner:
        yield owner


@pytest.fixture
def anna(installed: Installation) -> Iterator[Visitor]:
    """A customer who is logged in; nobody waits for an answer afterwards."""
    installed.site.add_user("anna", "anna-pass", email=ANNA)
    with installed.site.login("anna", "anna-pass") as http:
        yield Visitor(installed.site, http)
    clear_the_desk(installed)
    team_of(installed).caller.ask("POST", "/v1/privacy/erase", {"email": ANNA, "force": True})


def conversations(anna: Visitor, number: int) -> None:
    for _ in range(number):
        anna.begin()
        anna.says(SECRET_WORDS)


REQUEST = """
    $_COOKIE[ LOGGED_IN_COOKIE ] = urldecode( $cookie );
    wp_set_current_user( 1 );
    $id = (string) wp_create_user_request( $email, $what . '_personal_data', array(), 'confirmed' );
    echo wp_json_encode( array( 'id' => $id, 'action' => $action, 'security' => wp_create_nonce( "$action-$id" ) ) );"""
ACTIONS = {"export": "wp-privacy-export-personal-data", "remove": "wp-privacy-erase-personal-data"}


def request_for(site: Site, owner: requests.Session, email: str, what: str) -> dict[str, str]:
    """A request that the person has confirmed, with what the page of the tool sends for it."""
    cookie = next(one.value for one in owner.cookies if one.name.startswith("wordpress_logged_in_"))
    made = site.php_eval(REQUEST, cookie=cookie, email=email, what=what, action=ACTIONS[what])
    found: dict[str, str] = json.loads(made)
    return found


def place_of_ours(site: Site, which: str) -> int:
    """The number by which the tool calls our exporter or eraser."""
    names = json.loads(
        site.php_eval("echo wp_json_encode( array_keys( apply_filters( $filter, array() ) ) );", filter=which)
    )
    place: int = names.index("escalation-bridge") + 1
    return place


def exported(site: Site, owner: requests.Session, email: str) -> tuple[list[dict[str, Any]], str]:
    """What each page of our exporter answers, and the report that the person gets."""
    ours = place_of_ours(site, "wp_privacy_personal_data_exporters")
    total = int(site.php_eval("echo count( apply_filters( 'wp_privacy_personal_data_exporters', array() ) );"))
    form, pages, report = request_for(site, owner, email, "export"), [], ""
    for exporter in range(1, total + 1):
        page, done = 1, False
        while not done:
            answer = call(site, owner, {**form, "exporter": str(exporter), "page": str(page), "sendAsEmail": "false"})
            assert answer["success"], answer
            done, report = answer["data"]["done"], answer["data"].get("url", report)
            pages += [answer["data"]] if exporter == ours else []
            page += 1
    with zipfile.ZipFile(BytesIO(owner.get(report, timeout=60).content)) as archive:
        return pages, archive.read("index.html").decode()


def erased(site: Site, owner: requests.Session, email: str) -> dict[str, Any]:
    form = request_for(site, owner, email, "remove")
    ours = place_of_ours(site, "wp_privacy_personal_data_erasers")
    answer = call(site, owner, {**form, "eraser": str(ours), "page": "1"})
    assert answer["success"], answer
    done: dict[str, Any] = answer["data"]
    assert done["done"] is True
    return done


def call(site: Site, owner: requests.Session, form: dict[str, str]) -> dict[str, Any]:
    answer = owner.post(f"{site.url}/wp-admin/admin-ajax.php", data=form, timeout=60)
    found: dict[str, Any] = answer.json()
    return found


# Export


def test_the_report_holds_all_conversations_of_a_person_page_by_page(
    installed: Installation, anna: Visitor, owner: requests.Session
) -> None:
    limits = "add_filter( 'escbridge_limits', fn( $all ) => array_map( fn() => array( 999, 60 ), $all ) );"
    unlimited = installed.site.content / "mu-plugins" / "no-limits.php"
    unlimited.write_text(f"<?php {limits}")
    try:
        conversations(anna, 22)
    finally:
        unlimited.unlink()
    pages, report = exported(installed.site, owner, ANNA)
    assert [
        len({item["item_id"] for item in page["data"] if item["item_id"].startswith("ses_")}) for page in pages
    ] == [20, 2]
    words = html.unescape(report)
    assert words.count(f"Visitor: {SECRET_WORDS}") == 22
    assert "You said: " in words
    assert "Conversations in the chat" in words
    assert "look before you hand it over" in words
    assert '"identity": "verified"' in words
    assert "What the CRM told the chat" in words, "the export file of the CRM knows Anna"


def test_somebody_without_a_conversation_gets_an_empty_report(installed: Installation, owner: requests.Session) -> None:
    pages, report = exported(installed.site, owner, "nobody@example.test")
    assert [page["data"] for page in pages] == [[]]
    assert "Conversations in the chat" not in report


def test_without_the_sidecar_the_export_fails_with_the_cause_and_is_not_taken_for_empty(
    installed: Installation, owner: requests.Session
) -> None:
    form = request_for(installed.site, owner, ANNA, "export")
    ours = place_of_ours(installed.site, "wp_privacy_personal_data_exporters")
    with without_sidecar(installed):
        answer = call(installed.site, owner, {**form, "exporter": str(ours), "page": "1", "sendAsEmail": "false"})
    assert answer["success"] is False
    assert "Is the sidecar running" in answer["data"][0]["message"]


# Erase


def test_the_eraser_erases_at_the_sidecar_and_names_the_ticket_as_a_task(
    installed: Installation, anna: Visitor, owner: requests.Session
) -> None:
    anna.begin()
    anna.says(SECRET_WORDS)
    anna.says(A_PERSON)
    team = team_of(installed)
    ticket = eventually(lambda: next(one for one in team.list() if one["session_id"] == anna.id)["ticket"]["ref"])
    clear_the_desk(installed)
    done = erased(installed.site, owner, ANNA)
    assert (done["items_removed"], done["items_retained"]) == (True, True)
    assert re.fullmatch(rf"To do in zendesk: erase the ticket {ticket} http\S+ there\.", done["messages"][0])
    assert team.caller.ask("POST", "/v1/privacy/export", {"email": ANNA})["sessions"] == []
    again = erased(installed.site, owner, ANNA)
    assert again["items_removed"] is False


def test_who_is_owed_an_answer_is_not_erased_and_the_owner_reads_what_to_do(
    installed: Installation, anna: Visitor, owner: requests.Session
) -> None:
    anna.begin()
    anna.says(A_PERSON)
    done = erased(installed.site, owner, ANNA)
    assert (done["items_removed"], done["items_retained"]) == (False, True)
    assert "somebody still owes this person an answer (esc_" in done["messages"][0]
    assert len(team_of(installed).caller.ask("POST", "/v1/privacy/export", {"email": ANNA})["sessions"]) == 1


def test_without_the_sidecar_everything_is_retained_and_the_cause_is_told(
    installed: Installation, anna: Visitor, owner: requests.Session
) -> None:
    conversations(anna, 1)
    with without_sidecar(installed):
        done = erased(installed.site, owner, ANNA)
    assert (done["items_removed"], done["items_retained"]) == (False, True)
    assert "so they are as they were" in done["messages"][0]
    assert len(team_of(installed).caller.ask("POST", "/v1/privacy/export", {"email": ANNA})["sessions"]) == 1


# Who and what else


def test_a_site_that_is_not_paired_has_nothing_to_export_or_erase(installed: Installation) -> None:
    run = """
        $both = array( EscalationBridge\\Privacy::export( $email ), EscalationBridge\\Privacy::erase( $email ) );
        echo wp_json_encode( $both );"""
    with php_sees(installed.site, ESCBRIDGE_PAIRING=None):
        export, erase = json.loads(installed.site.php_eval(run, email=ANNA))
    assert export == {"data": [], "done": True}
    assert erase == {"items_removed": False, "items_retained": False, "messages": [], "done": True}


def test_an_editor_may_neither_export_nor_erase(installed: Installation, owner: requests.Session) -> None:
    site = installed.site
    site.add_user("eve", "eve-pass", role="editor")
    export, erase = (request_for(site, owner, ANNA, what) for what in ("export", "remove"))
    with site.login("eve", "eve-pass") as editor:
        assert call(site, editor, {**export, "exporter": "1", "page": "1"})["success"] is False
        assert call(site, editor, {**erase, "eraser": "1", "page": "1"})["success"] is False


def test_the_privacy_guide_suggests_what_to_say_of_the_chat(installed: Installation, owner: requests.Session) -> None:
    guide = owner.get(f"{installed.site.url}/wp-admin/options-privacy.php?tab=policyguide", timeout=60).text
    assert "Our chat is answered by an assistant and, where needed, by our team." in guide
    assert "The chat sets no cookie" in guide
