"""What is stored about one person: shown whole, erased whole, nobody else's touched; and what is too old, purged."""

import json
import logging
import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from bench import seed
from sqlalchemy import Engine, select, text
from support.races import Crossing
from support.sidecar import ADA, AFTER_HOURS, SHOP, Answer, Chat, Sidecar, in_process, remade
from support.terminal import Terminal
from support.waiting import until

from bridge.domain.customer import Account, OpenTicket
from bridge.domain.escalation import Agent
from bridge.domain.health import Alarm
from bridge.domain.instants import DAY
from bridge.domain.values import Identity, Json, Visitor
from bridge.ports import AgentReply, Scope, Site
from bridge.service import desk_news
from bridge.service.context import open_case
from bridge.service.manage_sites import add_site
from bridge.service.purge import count_aged, purge, purge_stale
from bridge.service.verify_decisions import verify
from bridge.store import migrate as schema
from bridge.store.database import migration_engine
from bridge.store.privacy import PrivacyStatements
from bridge.store.tables import metadata

ASKS = "I want to talk to a human about my zanzibar teapot"
MAIL = "Quilla.Marchbanks@example.org"
CANARIES = (
    "quilla",
    "marchbanks",
    "zanzibar",
    "5550177",
    "555 0177",
    "oystercatcher",
    "ord-90210",
    "teapot",
    "user:77",
)
OTHER = Site("other", "https://other.example", "UTC", "team@other.example")
OPENING = "2026-11-02T14:00:01Z"
LONG = 400 * DAY
NOBODY = "Nobody is stored under that: is it the address, or the number in WordPress, that they wrote under?\n"


def rows(url: str) -> dict[str, set[str]]:
    """Every row of every table, as text."""
    engine = migration_engine(url)
    with engine.connect() as connection:
        found = {
            table.name: {repr(tuple(row)) for row in connection.execute(select(table))}
            for table in metadata.sorted_tables
        }
    engine.dispose()
    return found


def hits(url: str) -> list[tuple[str, str]]:
    """Where a canary is found."""
    return [
        (table, canary)
        for table, found in rows(url).items()
        for row in found
        for canary in CANARIES
        if canary in row.casefold()
    ]


def quilla(it: Sidecar, chat: Chat | None = None) -> Chat:
    """A logged-in customer who has left everything that can be left."""
    it.crm.accounts[MAIL] = Account(tier="business", name="Quilla M", open_tickets=(
        OpenTicket(id="1", subject="oystercatcher", status="open"),))  # fmt: skip
    chat = chat or it.chat()
    order = {"id": "ord-90210", "total": 700, "currency": "USD", "status": "paid"}
    chat.start("verified", user_id="77", email=MAIL, name="Quilla Marchbanks", locale="en_US",
               page_url="https://shop.example/zanzibar", shop={"currency": "USD", "orders": [order]})  # fmt: skip
    chat.says("Where is my zanzibar teapot?")
    chat.bot("Your zanzibar teapot is on its way, Quilla.", confidence=0.2)
    assert chat.says(ASKS)["state"] == "escalated"
    chat.contact(phone="+1 555 0177", name="Quilla Marchbanks")
    chat.says("My oystercatcher is broken as well")
    return chat


def somebody(it: Sidecar, **more: Any) -> Chat:
    chat = it.chat(**more)
    chat.verified("8")
    chat.says("I want to talk to a human")
    return chat


def asks(it: Sidecar, what: str, **body: Any) -> Answer:
    return it.caller(Scope.ADMIN).send("POST", f"/v1/privacy/{what}", body)


def resolved(it: Sidecar) -> None:
    """The team answers Quilla, and is done."""
    (one,) = [one for one in it.team.list() if one["customer"]["email"] == MAIL]
    it.team.does("reply", one["id"], reply_id="r1", text="Dear Quilla, the teapot is sent again.")
    it.team.does("resolve", one["id"], note="Quilla Marchbanks gets a teapot by post.")


# -- export ------------------------------------------------------------------------------------------------------------


def test_an_export_holds_everything_that_is_stored_of_a_person_and_nothing_of_another(sidecar_on_each: Sidecar) -> None:
    it = sidecar_on_each
    chat = quilla(it)
    somebody(it)
    it.work()
    resolved(it)
    it.work()
    escalation = it.team.list("resolved")[0]["id"]
    it.caller(Scope.ADMIN).ask("POST", f"/v1/escalations/{escalation}/label", {"agent": ADA, "verdict": "needed"})
    found = asks(it, "export", email=MAIL.upper()).json
    (session,) = found["sessions"]
    assert session["id"] == chat.id
    assert session["phone"] == "+1 555 0177"
    assert session["shop"]["orders"][0]["id"] == "ord-90210"
    assert [turn["text"] for turn in session["turns"]][:2] == ["Where is my zanzibar teapot?", ASKS]
    assert session["turns"][0]["reply"]["text"] == "Your zanzibar teapot is on its way, Quilla."
    assert "Dear Quilla, the teapot is sent again." in [event["text"] for event in session["events"]]
    (handed,) = session["escalations"]
    assert handed["packet"]["customer"]["email"] == MAIL
    assert {reply["text"]: reply["shown"] for reply in handed["replies"]} == {
        "Dear Quilla, the teapot is sent again.": True,
        "Quilla Marchbanks gets a teapot by post.": False,
    }
    assert handed["promises"]
    assert {mail["to"] for mail in handed["mails"]} >= {SHOP.team_email}
    assert [label["verdict"] for label in session["labels"]] == ["needed"]
    assert found["crm"][0]["account"]["open_tickets"][0]["subject"] == "oystercatcher"
    assert "user8@example.org" not in json.dumps(found)
    assert found["next_after"] is None


def test_an_export_by_user_finds_the_same_and_a_long_one_comes_in_pages(sidecar: Sidecar) -> None:
    known = set()
    for _ in range(25):
        chat = sidecar.chat()
        chat.verified("77")
        known.add(chat.id)
    first = asks(sidecar, "export", user_id="77").json
    second = asks(sidecar, "export", user_id="77", after=first["next_after"]).json
    assert (len(first["sessions"]), len(second["sessions"]), second["next_after"]) == (20, 5, None)
    assert {session["id"] for page in (first, second) for session in page["sessions"]} == known
    assert asks(sidecar, "export", user_id="78").json["sessions"] == []


def test_a_typed_address_is_found_in_any_case_and_the_one_typed_last_counts(sidecar_on_each: Sidecar) -> None:
    chat = sidecar_on_each.chat()
    chat.start()
    chat.contact(email="First@example.org")
    chat.contact(email="Quilla@Example.org")
    assert [s["id"] for s in asks(sidecar_on_each, "export", email="qUILLA@example.ORG").json["sessions"]] == [chat.id]
    assert asks(sidecar_on_each, "export", email="first@example.org").json["sessions"] == []


def test_an_address_that_a_logged_in_visitor_typed_leads_to_no_other_session_of_theirs(
    sidecar_on_each: Sidecar,
) -> None:
    it = sidecar_on_each
    typed, other = it.chat(), it.chat()
    typed.start("verified", user_id="77")
    typed.contact(email="victim@example.org")
    other.start("verified", user_id="77")
    (found,) = asks(it, "export", email="victim@example.org").json["sessions"]
    assert (found["id"], found["visitor"]["identity"], found["visitor"]["email_identity"]) == (
        typed.id, "verified", "claimed",
    )  # fmt: skip
    by_user = asks(it, "export", user_id="77").json["sessions"]
    assert {session["id"] for session in by_user} == {typed.id, other.id}


@pytest.mark.parametrize("body", [{}, {"email": "no address"}, {"user_id": ""}, {"email": MAIL, "all": True}])
def test_a_request_about_nobody_is_refused(sidecar: Sidecar, body: Json) -> None:
    for what in ("export", "erase"):
        assert asks(sidecar, what, **body).slug == "invalid-body"


def test_the_chat_s_secret_may_ask_for_neither(sidecar: Sidecar) -> None:
    for what in ("export", "erase"):
        assert sidecar.caller().send("POST", f"/v1/privacy/{what}", {"email": MAIL}).slug == "wrong-scope"


# -- erase -------------------------------------------------------------------------------------------------------------


def test_s20_after_an_erasure_nothing_of_the_person_is_in_any_row_or_log(
    sidecar_on_each: Sidecar, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    it = sidecar_on_each
    caplog.set_level(logging.DEBUG)
    quilla(it)
    it.work()
    resolved(it)
    it.work()
    quilla(it)  # a second one, of which nothing is sent yet
    resolved(it)
    assert {table for table, _ in hits(it.url)} >= {"session", "turn", "event", "escalation", "agent_reply", "outbox",
                                                    "crm_cache"}  # fmt: skip
    done = asks(it, "erase", email=MAIL.lower()).json
    assert hits(it.url) == []
    assert done["removed"]["sessions"] == done["removed"]["escalations"] == 2
    assert done["removed"]["turns"] == 6
    assert done["removed"]["cancelled"] > 0
    (task,) = done["tasks"]  # the second one's ticket was never sent
    assert (task["desk"], task["external_id"]) == ("fake", it.desk.tickets[0][0])
    assert task["ref"]
    it.work()
    assert hits(it.url) == []
    logged = (caplog.text + "".join(capfd.readouterr())).casefold()
    assert [canary for canary in CANARIES if canary in logged] == []
    assert asks(it, "export", email=MAIL, user_id="77").json["sessions"] == []


def test_an_erasure_leaves_every_row_of_others_as_it_was(sidecar_on_each: Sidecar) -> None:
    it = sidecar_on_each
    pairing = add_site(it.bridge, OTHER, "http://127.0.0.1:8765")
    neighbour = it.chat(pairing=pairing)
    neighbour.start("verified", user_id="77", email=MAIL, name="Quilla of the other site")
    neighbour.says("I want to talk to a human")
    somebody(it)
    it.work()
    before = rows(it.url)
    quilla(it)
    it.work()
    resolved(it)
    asks(it, "erase", email=MAIL)
    after = rows(it.url)
    counts = ("nonce", "upstream", "heartbeat", "crm_tally")
    kept = {name: found for name, found in before.items() if name not in counts}
    assert {name: found - after[name] for name, found in kept.items()} == {name: set() for name in kept}


def test_the_figures_and_what_the_team_reads_survive_an_erasure(sidecar_on_each: Sidecar) -> None:
    it = sidecar_on_each
    chat = quilla(it)
    it.work()
    resolved(it)
    before = it.caller(Scope.ADMIN).ask("GET", "/v1/stats")
    asks(it, "erase", user_id="77")
    after = it.caller(Scope.ADMIN).ask("GET", "/v1/stats")
    assert after.pop("delivery")["due"] == 0
    assert before.pop("delivery")["due"] > 0
    assert after == before
    (listed,) = it.team.list("resolved")
    assert (listed["summary"], listed["customer"]["email"]) == ("Erased on request.", None)
    assert it.team.read(listed["id"])["packet"]["transcript"] == []
    with it.bridge.store.read() as tx:
        assert verify(tx, SHOP.id, chat.id) == []
    assert chat.events()["state"] == "closed"


def test_what_an_erased_session_has_added_to_another_s_ticket_is_erased_and_the_rest_of_it_stays(
    sidecar_on_each: Sidecar,
) -> None:
    it = sidecar_on_each
    first, typed = it.chat(), it.chat()
    first.start("verified", user_id="42")
    first.says("I want to talk to a human about the umbrella")
    it.work()
    typed.start("verified", user_id="42")
    typed.contact(email=MAIL, name="Quilla Marchbanks")
    assert typed.says(ASKS)["state"] == "escalated"
    typed.contact(phone="+1 555 0177")
    typed.says("My oystercatcher is broken as well")
    it.work()
    typed.says("Zanzibar, as I said")  # not sent yet
    first.says("And where is the umbrella stand?")
    (active,) = it.team.list()
    others = {row for row in rows(it.url)["outbox"] if "umbrella stand" in row}
    done = asks(it, "erase", email=MAIL).json
    assert hits(it.url) == []
    assert done["removed"]["messages"] > done["removed"]["cancelled"] == 1
    assert [(task["desk"], task["escalation_id"]) for task in done["tasks"]] == [("fake", active["id"])]
    assert others <= rows(it.url)["outbox"]
    assert others
    assert [one["id"] for one in it.team.list()] == [active["id"]]


def test_an_active_escalation_stands_in_the_way_until_it_is_forced(sidecar_on_each: Sidecar) -> None:
    it = sidecar_on_each
    quilla(it)
    (active,) = it.team.list()
    refused = asks(it, "erase", email=MAIL)
    assert (refused.status, refused.slug, refused.json["escalation_id"]) == (409, "escalation-open", active["id"])
    assert hits(it.url) != []
    assert asks(it, "erase", email=MAIL, force=True).status == 200
    assert hits(it.url) == []
    it.work()
    assert (it.team.list(), it.desk.tickets, it.mailer.mails, hits(it.url)) == ([], [], [], [])


def test_a_ticket_whose_outcome_is_unknown_is_a_task_too(sidecar: Sidecar) -> None:
    quilla(sidecar)
    with sidecar.bridge.store.write() as tx:
        assert tx.work.claim_outbox("died", sidecar.clock.now(), sidecar.clock.now() + 1, 100)
    (task,) = asks(sidecar, "erase", email=MAIL, force=True).json["tasks"]
    assert (task["desk"], task["ref"]) == ("fake", None)
    assert task["external_id"]


def test_the_mail_about_all_who_waited_for_an_opening_is_emptied_with_one_of_them(database: str) -> None:
    with in_process(database, at=AFTER_HOURS) as it:
        first = somebody(it)
        quilla(it)
        it.work()
        it.clock.set(OPENING)
        it.work()
        digests = [mail for mail in it.mailer.to(SHOP.team_email) if "digest." in mail.message_id]
        assert any("teapot" in mail.text for mail in digests)
        assert asks(it, "erase", user_id="77", force=True).status == 200
        assert hits(it.url) == []
        assert [one["session_id"] for one in it.team.list()] == [first.id]


def test_the_mail_of_an_earlier_opening_is_emptied_too(database: str) -> None:
    with in_process(database, at=AFTER_HOURS) as it:
        it.change_policy('["09:00-17:00"]', '["09:00-11:00", "12:00-17:00"]')
        somebody(it)
        it.clock.advance(seconds=5)
        later = it.chat()
        later.start("verified", user_id="77", email=MAIL, name="Quilla Marchbanks")
        later.says(ASKS)
        it.work()
        it.clock.set(OPENING)
        it.work()
        assert any("digest." in mail.message_id and "teapot" in mail.text for mail in it.mailer.mails)
        assert asks(it, "erase", user_id="77", force=True).status == 200
        assert hits(it.url) == []


def test_by_an_address_that_was_replaced_after_the_hand_over_all_of_it_is_found(sidecar_on_each: Sidecar) -> None:
    it = sidecar_on_each
    other = it.chat()
    other.start("claimed", email="quillaXmarchbanks@example.org")
    other.says("I want to talk to a human")
    chat = it.chat()
    chat.start("claimed", email="Quilla_Marchbanks@example.org")
    chat.says(ASKS)
    chat.contact(email="teapot@example.org")
    it.work()
    asked = "quilla_marchbanks@example.org"
    assert [one["id"] for one in asks(it, "export", email=asked).json["sessions"]] == [chat.id]
    assert asks(it, "erase", email=asked, force=True).json["removed"]["sessions"] == 1
    assert {canary for table, canary in hits(it.url)} == {"quilla", "marchbanks"}  # the other one's
    assert "quilla_marchbanks" not in str(rows(it.url)).casefold()


def test_who_is_erased_takes_along_what_the_crm_said_of_their_former_address(sidecar_on_each: Sidecar) -> None:
    it = sidecar_on_each
    it.crm.accounts[MAIL] = Account(tier="business", name="Quilla M")
    chat = it.chat()
    chat.start("claimed", email=MAIL)
    chat.says("I want to talk to a human")
    chat.contact(email="ada@example.org")
    asks(it, "erase", email="ada@example.org", force=True)
    assert hits(it.url) == []


def test_a_promise_that_is_ended_by_force_is_neither_kept_nor_broken(sidecar: Sidecar) -> None:
    quilla(sidecar)
    asks(sidecar, "erase", email=MAIL, force=True)
    told = sidecar.caller(Scope.ADMIN).ask("GET", "/v1/stats")["commitments"]
    assert (told["pending"], told["kept"], told["broken"], told["replaced"]) == (0, 0, 0, 1)


def test_to_erase_again_finds_nothing_and_harms_nothing(sidecar: Sidecar) -> None:
    quilla(sidecar)
    asks(sidecar, "erase", email=MAIL, force=True)
    again = asks(sidecar, "erase", email=MAIL, user_id="77").json
    assert (set(again["removed"].values()), again["tasks"]) == ({0}, [])


def test_what_is_sent_again_after_an_erasure_is_answered_as_closed_and_nothing_of_it_is_stored(
    sidecar_on_each: Sidecar,
) -> None:
    it = sidecar_on_each
    chat = quilla(it)
    it.work()
    (one,) = it.team.list()
    asks(it, "erase", email=MAIL, force=True)
    before, told = rows(it.url), len(it.desk.notes)
    verdicts = [
        chat.says("Where is my zanzibar teapot?", "t1"),
        chat.bot("Your zanzibar teapot is on its way, Quilla.", "t1", confidence=0.2),
        chat.bot("About a turn that never came again, Quilla.", "t2"),
        chat.contact(email=MAIL, phone="+1 555 0177", name="Quilla Marchbanks"),
        chat.close(),
        chat.start("verified", user_id="77", email=MAIL, name="Quilla Marchbanks", locale="en_US"),
        chat.start("anonymous"),
    ]
    closed = "This conversation is closed. Please start a new one if you need us again."
    assert [(said["state"], said["action"], said["say"]) for said in verdicts] == [("closed", "say", closed)] * 7
    assert hits(it.url) == []
    after = rows(it.url)
    assert {name: after[name] for name in before if name != "nonce"} == {
        name: found for name, found in before.items() if name != "nonce"
    }
    said = [line["who"] for line in it.team.read(one["id"])["conversation"]]
    assert set(said) == {"system"}
    it.work()
    assert len(it.desk.notes) == told


def test_what_the_helpdesk_tells_of_an_erased_escalation_is_not_stored(sidecar_on_each: Sidecar) -> None:
    it = sidecar_on_each
    quilla(it)
    it.work()
    (one,) = it.team.list()
    asks(it, "erase", email=MAIL, force=True)
    answer = AgentReply("fake:m1", Agent("fake:1", "Zoe"), "Dear Quilla, here is your teapot.", it.clock.now())
    with it.bridge.store.write() as tx:
        desk_news.answered(open_case(it.bridge, tx, SHOP.id), one["id"], answer)
    assert hits(it.url) == []


def in_files(file: Path) -> set[str]:
    """The canaries that the bytes of a SQLite database hold, those of its log among them."""
    found = b"".join(one.read_bytes() for one in file.parent.glob(f"{file.name}*")).lower()
    return {canary for canary in CANARIES if canary.encode() in found}


def test_what_was_erased_is_in_no_byte_of_the_files(sidecar: Sidecar) -> None:
    file = Path(sidecar.url.removeprefix("sqlite:///"))
    quilla(sidecar)
    assert in_files(file) >= {"quilla", "teapot", "555 0177"}
    asks(sidecar, "erase", email=MAIL, force=True)
    assert in_files(file) == set()


def test_an_erasure_is_through_although_somebody_reads_for_long(sidecar: Sidecar) -> None:
    quilla(sidecar)
    with sidecar.bridge.store.read() as tx:
        tx.sites.all()
        assert asks(sidecar, "erase", email=MAIL, force=True).status == 200
    assert hits(sidecar.url) == []


# -- purge -------------------------------------------------------------------------------------------------------------


def never() -> bool:
    return False


def faults(url: str) -> list[Any]:
    """Rows that refer to nothing. PostgreSQL cannot have any."""
    if not url.startswith("sqlite"):
        return []
    engine = migration_engine(url)
    with engine.connect() as connection:
        found = list(connection.execute(text("PRAGMA foreign_key_check")))
    engine.dispose()
    return found


def test_a_purge_takes_what_is_old_and_over_and_leaves_what_is_active_or_young(sidecar_on_each: Sidecar) -> None:
    it = sidecar_on_each
    quilla(it)
    it.work()
    resolved(it)
    active, quiet, lively = somebody(it), it.chat(), it.chat()
    for chat in (quiet, lively):
        chat.start()
        chat.says("Hello, my teapot")
    it.clock.advance(hours=24 * 401)
    lively.says("Hello again")
    young = it.chat()
    young.start()
    assert count_aged(it.bridge, LONG) == 2
    assert purge(it.bridge, LONG, never) == 2
    assert count_aged(it.bridge, LONG) == 0
    with it.bridge.store.read() as tx:
        assert all(tx.sessions.get(SHOP.id, chat.id) for chat in (active, lively, young))
        assert tx.sessions.get(SHOP.id, quiet.id) is None
    purge_stale(it.bridge, never)
    assert {canary for table, canary in hits(it.url) if table != "outbox"} <= {"teapot"}  # what the lively one said
    assert faults(it.url) == []


def test_a_purge_takes_alarms_that_ended_long_ago_and_leaves_those_that_stand(sidecar_on_each: Sidecar) -> None:
    it = sidecar_on_each
    with it.bridge.store.write() as tx:
        for kind in ("ended", "stands"):
            tx.alarms.start(SHOP.id, Alarm(kind, kind, "Look at it.", {}, it.clock.now()))
        tx.alarms.clear(SHOP.id, "ended", it.clock.now())
    purge(it.bridge, LONG, never)
    assert len(rows(it.url)["alarm"]) == 2
    it.clock.advance(hours=24 * 401)
    purge(it.bridge, LONG, never)
    (left,) = rows(it.url)["alarm"]
    assert "stands" in left


def test_a_purge_ends_where_it_is_told_to_and_goes_on_from_there(sidecar: Sidecar) -> None:
    for _ in range(25):
        sidecar.chat().start()
    sidecar.clock.advance(hours=24 * 401)
    assert purge(sidecar.bridge, LONG, lambda: True) == 10
    assert purge(sidecar.bridge, LONG, never) == 15


SLOW_EVENTS = """
    ALTER TABLE event RENAME TO kept_event;
    CREATE VIEW event AS SELECT * FROM kept_event WHERE (SELECT pg_sleep(0.4)) IS NOT NULL
"""
"""Whoever looks for events takes their time, as among very many."""


def test_who_is_answered_while_the_purge_looks_at_their_session_is_not_purged(
    fresh_postgres: Callable[[], str],
) -> None:
    url = fresh_postgres()
    with in_process(url) as it:
        chat = somebody(it)
        it.team.does("release", it.team.list()[0]["id"])
        it.clock.advance(hours=24 * 401)
        engine = migration_engine(url)
        with engine.begin() as connection:
            connection.execute(text(SLOW_EVENTS))
        purging = threading.Thread(target=purge, args=(it.bridge, LONG, never))
        purging.start()
        until(lambda: looks_again(engine), "it to have found the session aged, and to look again")
        answered = chat.caller.send("POST", f"/v1/sessions/{chat.id}/turns", {"turn_id": "t2", "text": "Hello again"})
        purging.join()
        with it.bridge.store.read() as tx:
            kept = tx.sessions.get(SHOP.id, chat.id) is not None
        engine.dispose()
        assert answered.status == (200 if kept else 404)


def looks_again(engine: Engine) -> bool:
    """Whether somebody looks for events who has locked rows."""
    asleep = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND backend_xid IS NOT NULL"
    with engine.connect() as connection:
        return bool(connection.execute(text(asleep)).scalar())


def test_a_decision_that_is_labelled_while_it_is_purged_is_unknown(fresh_postgres: Callable[[], str]) -> None:
    with in_process(fresh_postgres()) as it, ThreadPoolExecutor(1) as another:
        chat = somebody(it)
        escalation = it.team.list()[0]["id"]
        it.team.does("release", escalation)
        it.clock.advance(hours=24 * 401)
        said = {"agent": ADA, "verdict": "needed"}
        store = Crossing(it.bridge.store, it.url)
        caller = remade(it, store=store).caller(Scope.ADMIN)
        with it.bridge.store.write() as tx:
            assert tx.privacy.purge(SHOP.id, it.clock.now() - LONG, [chat.id]) == 1
            answer = another.submit(caller.send, "POST", f"/v1/escalations/{escalation}/label", said)
            store.until_it_waits(answer)  # it finds the escalation still, and waits for its session
        assert (answer.result().status, answer.result().slug) == (404, "escalation-not-found")


@pytest.mark.alone
def test_r17_a_turn_is_answered_in_time_while_20_000_sessions_are_purged(fresh_sqlite: Callable[[], str]) -> None:
    url = fresh_sqlite()
    with in_process(url) as it:
        known = it.chat()
        known.start()
        for number in range(10):
            known.says(f"Where is parcel {number}?")
        assert seed.sessions(Path(url.removeprefix("sqlite:///")), SHOP.id, 20_000) >= 20_000
        it.clock.advance(hours=24 * 401)
        chat = it.chat()
        chat.start()
        stop = threading.Event()
        purging = threading.Thread(target=purge, args=(it.bridge, LONG, lambda: stop.wait(0.03)))
        purging.start()
        took = [timed(chat) for _ in range(100)]
        stop.set()
        purging.join()
        assert count_aged(it.bridge, LONG) < 20_000
        assert max(took) < 0.2, f"{max(took):.3f} s"


def timed(chat: Chat) -> float:
    began = time.perf_counter()
    chat.says("Where is my order?")
    took = time.perf_counter() - began
    time.sleep(0.01)
    return took


# -- what is looked for, and how ---------------------------------------------------------------------------------------


def test_people_and_what_goes_with_them_are_found_over_indexes(fresh_sqlite: Callable[[], str]) -> None:
    made = PrivacyStatements()
    looked = [made.sessions, made.escalations, made.labels, made.calls, made.mails, made.tickets, made.aged]
    engine = migration_engine(fresh_sqlite())
    with engine.connect() as connection:
        for statement in (*looked, *made.empty_session.values(), *made.empty_escalation.values()):
            asked = re.sub(r"__\[POSTCOMPILE_\w+\]", "?", str(statement.compile(engine)))
            values = (None,) * asked.count("?")  # a plan is made without a look at them
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}", values)]
            assert [line for line in plan if line.startswith("SCAN")] == [], statement
    engine.dispose()


CLAIMED = Visitor(identity=Identity.CLAIMED, email=MAIL)
OLD_SESSION = """
    INSERT INTO session (site, id, state, visitor, customer, flow, "window", turns, last_event, digest, started_at)
    VALUES ('shop', :id, 'open', :visitor, '{}', 'default', '', 0, 0, '', 1)
"""


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_those_who_wrote_before_the_upgrade_are_found_after_it(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    if kind == "postgres":
        url = request.getfixturevalue("postgres").create()
    engine = migration_engine(url)
    with engine.begin() as connection:
        schema.alone(connection)
        command.upgrade(schema.config(connection), "0003")
        connection.execute(
            text("INSERT INTO site VALUES ('shop', 'https://shop.example', 'UTC', 'team@shop.example', 1)")
        )
        for number, visitor in enumerate((CLAIMED, Visitor(identity=Identity.ANONYMOUS))):
            row = {"id": f"s{number}", "visitor": visitor.model_dump_json()}
            connection.execute(text(OLD_SESSION), row)
    schema.migrate(url)
    with engine.connect() as connection:
        assert list(connection.execute(text("SELECT email FROM session ORDER BY id")).scalars()) == [MAIL.lower(), None]
    engine.dispose()


# -- the command line --------------------------------------------------------------------------------------------------


def test_the_command_line_exports_erases_and_purges(shop: Terminal) -> None:
    assert "say whom" in shop("privacy", "export").err
    shown = shop("privacy", "export", "--user-id", "77")
    assert json.loads(shown.out)["sessions"] == []
    assert (shown.code, shown.err) == (3, NOBODY)
    assert shop("privacy", "export", "--user-id", "Quilla").code == 2
    written = shop("privacy", "export", "--email", MAIL, "--output", "out.json")
    assert (written.code, written.err) == (3, NOBODY)
    assert json.loads(Path("out.json").read_text("utf-8"))["person"]["email"] == MAIL
    assert json.loads(shop("privacy", "export", "--email", MAIL, "--output", "-").out)["person"]["email"] == MAIL
    as_json = shop("privacy", "erase", "--email", MAIL, "--json")
    assert as_json.code == 3
    told = json.loads(as_json.out)
    assert (told["found"], told["tasks"]) == (False, [])
    erased = shop("privacy", "erase", "--email", MAIL)
    assert erased.out.startswith("Erased: 0 sessions")
    assert (erased.code, erased.err) == (3, NOBODY)
    assert shop("purge", "--dry-run").out == "0 sessions would be deleted.\n"
    assert shop("purge", "--older-than", "30d").out == "0 sessions are deleted.\n"
