"""Mails as they leave: both parts alike, safe whatever a visitor wrote, one digest an opening, few to a stranger."""

import email
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
import structlog
from pydantic import SecretStr
from support.letters import CALLS, INVITATION, every_mail
from support.loopback import listening
from support.reading import Reader, words_of
from support.sidecar import ADA, AFTER_HOURS, SHOP, Chat, Sidecar, in_process
from support.smtp_server import Script

from bridge import bootstrap
from bridge.adapters.mail.message import build
from bridge.adapters.mail.smtp import Server, SmtpMailer
from bridge.config import Settings
from bridge.domain.customer import Account
from bridge.domain.instants import DAY, MINUTE, from_rfc3339
from bridge.domain.values import Json
from bridge.ports import Mail, Rejected
from bridge.service.context import Bridge
from bridge.service.customer_mails import HELD_BACK_REASON, MAILS_PER_DAY
from bridge.service.watch_promises import follow_up_due
from bridge.store.database import Database
from bridge.store.sql import SqlStore

ASKING = "I want to talk to a human."
OPENING = "2026-11-02T14:00:00Z"
TEAM = "team@shop.example"
KINDS = {
    *(f"customer.{kind}" for kind in ("follow_up", "broken", "reply", *CALLS)),
    *(f"team.{kind}" for kind in ("new", "warn", "broken", "alarm", "contact")),
    "digest",
}
HOSTILE = '<script>alert(1)</script><img src=x onerror=alert(2)> " onmouseover="alert(3)'
INJECTION = "Please help\r\nBcc: eve@example.org\r\n\r\n<b>body</b> I want to talk to a human."
HEADERS = {
    "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Content-Language",
    "Auto-Submitted", "X-Auto-Response-Suppress", "MIME-Version", "Content-Type",
}  # fmt: skip


@pytest.fixture(scope="module")
def mails(fresh_sqlite: Callable[[], str]) -> dict[str, Mail]:
    return every_mail(fresh_sqlite())


@pytest.fixture(scope="module")
def hostile(fresh_sqlite: Callable[[], str]) -> dict[str, Mail]:
    """The same, from a visitor who means harm."""
    return every_mail(fresh_sqlite(), asking=f"{HOSTILE} {INJECTION}", name=HOSTILE)


@pytest.fixture
def night(fresh_sqlite: Callable[[], str]) -> Iterator[Sidecar]:
    with in_process(fresh_sqlite(), at=AFTER_HOURS) as running:
        yield running


@pytest.fixture
def night_on_each(database: str) -> Iterator[Sidecar]:
    with in_process(database, at=AFTER_HOURS) as running:
        yield running


@pytest.fixture
def store(database: str) -> Iterator[SqlStore]:
    opened = SqlStore(Database(database))
    with opened.write() as tx:
        tx.sites.add(SHOP, {}, 0)
    yield opened
    opened.close()


def parsed(mail: Mail) -> EmailMessage:
    found = email.message_from_bytes(bytes(build(mail)), policy=default)
    assert isinstance(found, EmailMessage)
    return found


def asks(it: Sidecar, number: int, tier: str = "standard", **more: Any) -> Chat:
    """A verified customer of a tier asks for a person."""
    address = f"user{number}@example.org"
    it.crm.accounts[address] = Account(tier=tier)
    chat = it.chat()
    chat.verified(str(number), **more)
    assert chat.says(ASKING)["state"] == "escalated"
    return chat


def claims(it: Sidecar, address: str) -> Chat:
    """Somebody types an address and asks for a person."""
    chat = it.chat()
    chat.start("claimed", email=address)
    verdict = chat.says(ASKING)
    assert verdict["escalation"]["commitment"]["text"] in verdict["say"]
    return chat


def digests(it: Sidecar) -> list[Mail]:
    return [mail for mail in it.mailer.to(TEAM) if mail.subject.startswith("Waiting")]


# ----------------------------------------------------------------------------------------------- what a mail is made of


def test_the_story_sends_every_kind_of_mail(mails: dict[str, Mail]) -> None:
    assert set(mails) == KINDS


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_text_and_html_hold_the_same_words(mails: dict[str, Mail], kind: str) -> None:
    message = parsed(mails[kind])
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    assert [word.rstrip(":") for word in Reader(html.get_content()).words] == [
        word.rstrip(":") for word in words_of(text.get_content())
    ]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_link_of_the_html_stands_in_the_text(mails: dict[str, Mail], kind: str) -> None:
    links = Reader(mails[kind].html or "").links
    assert links
    assert all(f"{link}\n" in mails[kind].text for link in links)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_mail_says_that_a_machine_sent_it_and_in_which_language(mails: dict[str, Mail], kind: str) -> None:
    message = parsed(mails[kind])
    assert (message["Auto-Submitted"], message["X-Auto-Response-Suppress"]) == ("auto-generated", "All")
    assert message["Content-Language"] == "en"
    assert "shop.example sends this" in mails[kind].text


@pytest.mark.parametrize("kind", sorted(kind for kind in KINDS if kind.startswith("customer.")))
def test_a_customers_mail_names_its_reference_and_can_be_answered(mails: dict[str, Mail], kind: str) -> None:
    reference = mails[kind].message_id[5:13]
    assert f"Your reference: {reference}" in mails[kind].text
    assert mails[kind].subject == f"Your request {reference}"
    assert mails[kind].reply_to == TEAM


@pytest.mark.parametrize("kind", [f"customer.{call}" for call in CALLS])
def test_an_invitation_goes_along(mails: dict[str, Mail], kind: str) -> None:
    message = parsed(mails[kind])
    (file,) = message.iter_attachments()
    assert file.get_content() == INVITATION.encode()
    assert "https://shop.example/?escbridge-call=signed" in Reader(mails[kind].html or "").links


def test_mails_of_one_escalation_are_one_thread_for_the_customer_and_one_for_the_team(night: Sidecar) -> None:
    asks(night, 7)
    night.clock.set(OPENING)
    night.work()
    night.clock.set("2026-11-02T18:00:00Z")
    night.work()
    ours = [parsed(mail) for mail in night.mailer.to("user7@example.org")]
    assert len(ours) == 2
    assert len({message["References"] for message in ours}) == 1
    new, broken = [parsed(m) for m in night.mailer.to(TEAM) if not m.subject.startswith("Waiting")]
    assert new["References"] is None
    assert broken["References"] == broken["In-Reply-To"] == new["Message-ID"]


def test_a_mail_is_in_the_customers_language_and_says_so(fresh_sqlite: Callable[[], str]) -> None:
    sent = every_mail(fresh_sqlite(), "de")
    follow_up = sent["customer.follow_up"]
    assert parsed(follow_up)["Content-Language"] == "de"
    assert Reader(follow_up.html or "").root["lang"] == "de"
    assert "Chat öffnen" in follow_up.text
    assert parsed(sent["digest"])["Content-Language"] == "en"


def test_a_wording_of_the_owners_is_both_text_and_html(night: Sidecar) -> None:
    follow_up = "Ahoy & hello,\n\n{promise}\n\n<Harbour> team"
    own = "\nmessages: " + json.dumps({"en": {"mail_follow_up": follow_up, "link_chat": "Come aboard"}})
    with night.bridge.store.read() as tx:
        known = tx.policies.current("shop")
    assert known is not None
    night.put_policy(known.document + own)
    asks(night, 7)
    night.clock.set(OPENING)
    night.work()
    (mail,) = night.mailer.to("user7@example.org")
    assert mail.text.startswith("Ahoy & hello,\n\n    A support agent will contact you before")
    assert "<Harbour> team" in mail.text
    assert "Come aboard" in Reader(mail.html or "").seen
    assert "&lt;Harbour&gt; team" in (mail.html or "")


def test_the_person_in_charge_hears_when_nobody_answers_at_all(night: Sidecar) -> None:
    night.put_policy(TWO_QUEUES.replace("email: vip@shop.example", "in_charge: boss@shop.example, promises: 2"))
    asks(night, 1, "business")
    for day in (2, 3, 4, 5):
        night.clock.set(f"2026-11-0{day}T21:00:00Z")
        night.work()
    assert {mail.subject.split(" [")[0] for mail in night.mailer.to("boss@shop.example")} == {
        "ALARM: promise broken again"
    }


# --------------------------------------------------------------------------------------------- what visitors may write


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_markup_from_a_visitor_is_shown_and_makes_no_element(hostile: dict[str, Mail], kind: str) -> None:
    read = Reader(hostile[kind].html or "")
    tags = {tag for tag, _ in read.elements}
    assert tags <= {"html", "head", "meta", "title", "style", "body", "div", "p", "br", "a", "span", "blockquote", "h2"}
    assert not any(name.startswith("on") for _, attributes in read.elements for name in attributes)
    assert all(link.startswith("https://shop.example") for link in read.links)


def test_the_team_reads_what_the_visitor_wrote_as_it_was_written(hostile: dict[str, Mail]) -> None:
    assert HOSTILE in hostile["team.new"].text
    assert "".join(HOSTILE.split()) in "".join(Reader(hostile["team.new"].html or "").words)


@pytest.mark.parametrize("kind", sorted(kind for kind in KINDS if kind.startswith("customer.")))
def test_a_mail_to_a_customer_repeats_nothing_that_a_visitor_wrote(hostile: dict[str, Mail], kind: str) -> None:
    """Whoever typed somebody else's address cannot have us send them anything."""
    for part in ("alert(", "eve@example.org", "Please help"):
        assert part not in hostile[kind].text + hostile[kind].subject


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_line_breaks_from_a_visitor_make_no_header_and_no_recipient(hostile: dict[str, Mail], kind: str) -> None:
    message = parsed(hostile[kind])
    assert set(message.keys()) <= HEADERS
    assert len(message["To"].addresses) == 1
    script = Script()
    with listening(script) as server:
        SmtpMailer(Server.parse(f"smtp://127.0.0.1:{server.port}")).send(hostile[kind])
        script.finished.wait(2)
    assert [c for c in script.commands if c.startswith("RCPT")] == [f"RCPT TO:<{hostile[kind].to}>"]


# --------------------------------------------------------------------------------------------------- the digest


def test_at_an_opening_the_team_gets_one_mail_in_order(night_on_each: Sidecar) -> None:
    it = night_on_each
    for number, tier in enumerate(("free", "standard", "business", "standard"), 1):
        asks(it, number, tier)
        it.clock.advance(minutes=1)
    it.work()
    it.clock.set(OPENING)
    it.work()
    (mail,) = digests(it)
    assert mail.subject.endswith("] 4 customers")
    names = [line.split(":")[0] for line in mail.text.splitlines() if line[:1].isdigit()]
    assert names == ["1. User 3", "2. User 2", "3. User 4", "4. User 1"]
    for number in range(1, 5):
        assert len(it.mailer.to(f"user{number}@example.org")) == 1


def test_who_was_answered_before_the_opening_is_not_in_it_and_gets_nothing(night: Sidecar) -> None:
    asks(night, 1)
    asks(night, 2)
    first = next(one for one in night.team.list() if one["customer"]["name"] == "User 1")
    night.team.does("resolve", first["id"])
    night.clock.set(OPENING)
    night.work()
    (mail,) = digests(night)
    assert "User 2" in mail.text
    assert "User 1" not in mail.text
    assert night.mailer.to("user1@example.org") == []


def test_an_opening_with_nobody_left_sends_nothing(night: Sidecar) -> None:
    asks(night, 1)
    night.team.does("resolve", night.team.list()[0]["id"])
    night.work()
    known = list(night.mailer.mails)
    night.clock.set(OPENING)
    night.work()
    assert night.mailer.mails == known


def test_who_gave_an_address_in_the_meantime_is_in_it_with_that_address(night: Sidecar) -> None:
    chat = night.chat()
    chat.start()
    chat.says(ASKING)
    chat.contact(email="ann@example.org", phone="+1 555 0100")
    night.clock.set(OPENING)
    night.work()
    (mail,) = digests(night)
    assert "Reach them at: ann@example.org, +1 555 0100 (UNVERIFIED: the visitor typed it)" in mail.text


def test_a_scheduler_that_slept_over_the_opening_sends_it_once_and_says_what_is_overdue(night: Sidecar) -> None:
    asks(night, 1)
    asks(night, 2)
    night.clock.set("2026-11-03T20:00:00Z")
    for _ in range(3):
        night.work()
    (mail,) = digests(night)
    assert mail.text.count("(overdue)") == 2


def test_two_queues_with_one_calendar_get_a_mail_each(night: Sidecar) -> None:
    night.put_policy(TWO_QUEUES)
    asks(night, 1, "business")
    asks(night, 2)
    night.clock.set(OPENING)
    night.work()
    told = {mail.to: mail for mail in night.mailer.mails if mail.subject.startswith("Waiting")}
    assert set(told) == {"vip@shop.example", TEAM}
    assert "User 1" in told["vip@shop.example"].text
    assert "User 2" not in told["vip@shop.example"].text


TWO_QUEUES = """
rules: [{name: asks, when: wants, priority: normal}]
triggers: {wants: {type: human_requested}}
queues:
  vip: {hours: office, tiers: [business], respond_within: {normal: 1h}, email: vip@shop.example}
  general: {hours: office, respond_within: {normal: 4h}}
hours: {office: {timezone: America/New_York, week: {mon-fri: ["09:00-17:00"]}}}
"""


def test_every_opening_has_its_own(night: Sidecar) -> None:
    asks(night, 1)
    night.clock.set(OPENING)
    night.work()
    night.clock.set("2026-11-03T02:00:00Z")
    asks(night, 2)
    night.clock.set("2026-11-03T14:00:00Z")
    night.work()
    first, second = digests(night)
    assert ("User 1" in first.text, "User 2" in first.text) == (True, False)
    assert ("User 1" in second.text, "User 2" in second.text) == (False, True)


def test_three_hundred_who_wait_are_one_readable_mail(fresh_sqlite: Callable[[], str]) -> None:
    with in_process(fresh_sqlite(), at=AFTER_HOURS, with_desk=False) as it:
        for number in range(300):
            asks(it, number, "business" if number < 10 else "standard")
        it.clock.set(OPENING)
        it.work()
        (mail,) = digests(it)
        assert mail.subject.endswith("] 300 customers")
        assert mail.text.count("Answer before:") == 50
        assert "Behind them, 250 customers wait: 250 standard." in mail.text
        assert len(bytes(build(mail))) < 100_000  # Gmail cuts a mail there
        assert len([one for one in it.mailer.mails if "follow_up" in one.message_id]) == 300


@contextmanager
def second_scheduler(it: Sidecar) -> Iterator[Bridge]:
    """Another process' view of the same database, with the same outside."""
    assembly = bootstrap.build(Settings(database_url=SecretStr(it.url)), clock=it.clock, deliver_at_once=False)
    yield replace(assembly.bridge, systems=it.bridge.systems)
    assembly.close()


def drain(bridge: Bridge) -> None:
    while follow_up_due(bridge, limit=5):
        pass


def test_two_schedulers_at_once_make_one_digest(fresh_postgres: Callable[[], str]) -> None:
    with in_process(fresh_postgres(), at=AFTER_HOURS) as it, second_scheduler(it) as other:
        for number in range(40):
            asks(it, number)
        it.clock.set(OPENING)
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(drain, (it.bridge, other, it.bridge, other)))
        it.work()
        (mail,) = digests(it)
        assert mail.subject.endswith("] 40 customers")
        assert len([one for one in it.mailer.mails if "follow_up" in one.message_id]) == 40


# ------------------------------------------------------------------------------- an address that nobody verified


def held(it: Sidecar) -> list[Json]:
    return [row for row in it.outbox() if row["error"] == HELD_BACK_REASON]


def test_a_strangers_address_gets_few_mails_a_day_and_every_session_its_promise(night_on_each: Sidecar) -> None:
    it = night_on_each
    for number in range(40):
        claims(it, ("victim@example.org", "Victim@Example.org", "victim+x@example.org")[number % 3])
    for at in (OPENING, "2026-11-02T18:00:00Z", "2026-11-02T23:00:00Z"):
        it.clock.set(at)
        it.work()
    assert len(to_victim(it)) == MAILS_PER_DAY - 1
    for one in it.team.list()[:5]:
        it.team.does("reply", one["id"], text="Was it you?", reply_id="r1")
    it.work()
    assert len(to_victim(it)) == MAILS_PER_DAY
    assert "Was it you?" in to_victim(it)[-1].text


def to_victim(it: Sidecar) -> list[Mail]:
    return [mail for mail in it.mailer.mails if "victim" in mail.to.casefold()]


def test_further_openings_before_the_same_promise_take_no_further_mail_from_the_customer(night: Sidecar) -> None:
    windows = '["09:00-10:00", "11:00-12:00", "13:00-17:00"]'
    night.change_policy('week: {mon-fri: ["09:00-17:00"]}', f"week: {{mon-fri: {windows}}}")
    claims(night, "ann@example.org")
    for opening in (OPENING, "2026-11-02T16:00:01Z", "2026-11-02T18:00:01Z", "2026-11-03T18:30:00Z"):
        night.clock.set(opening)
        night.work()
    assert [mail.message_id.split(".")[1:3] for mail in night.mailer.to("ann@example.org")] == [
        ["customer", "follow_up"], ["customer", "broken"],
    ]  # fmt: skip
    assert held(night) == []


def test_what_is_held_back_is_logged_and_waits_for_a_person(night: Sidecar) -> None:
    for _ in range(5):
        claims(night, "victim@example.org")
    night.clock.set(OPENING)
    with structlog.testing.capture_logs() as logs:
        night.work()
    waiting = held(night)
    assert [row["state"] for row in waiting] == ["parked"] * (5 - MAILS_PER_DAY + 1)
    said = [line for line in logs if line["event"] == "mail.held_back"]
    assert {line["escalation"] for line in said} == {row["escalation_id"] for row in waiting}
    assert "victim@" not in json.dumps(said)
    with night.bridge.store.write() as tx:
        assert tx.work.retry(waiting[0]["id"], night.clock.now())
    night.work()
    assert len(night.mailer.to("victim@example.org")) == MAILS_PER_DAY


def test_a_slot_is_free_again_after_a_day_and_not_a_moment_earlier(store: SqlStore) -> None:
    with store.write() as tx:
        assert [tx.mails.take_slot("shop", "a", 0, at, at - DAY) for at in (5, 5 + DAY - 1, 5 + DAY, 6 + DAY)] == [
            True,
            False,
            True,
            False,
        ]
        assert tx.mails.take_slot("shop", "b", 0, 6, 6 - DAY)
        assert tx.mails.take_slot("shop", "a", 1, 6, 6 - DAY)


def test_a_slot_that_a_clock_which_was_ahead_has_taken_counts_as_taken_now(store: SqlStore) -> None:
    ahead = 60 * DAY
    with store.write() as tx:
        assert tx.mails.take_slot("shop", "a", 0, ahead, ahead - DAY)
        assert tx.mails.take_slot("shop", "b", 0, ahead, ahead - DAY)
        taken = [tx.mails.take_slot("shop", "a", 0, at, at - DAY) for at in (DAY, 2 * DAY - 1, 2 * DAY)]
        assert taken == [False, False, True]
        assert not tx.mails.take_slot("shop", "b", 0, ahead + 1, ahead + 1 - DAY)


def test_clocks_that_differ_by_minutes_free_no_slot_early(store: SqlStore) -> None:
    with store.write() as tx:
        assert tx.mails.take_slot("shop", "a", 0, DAY + 5 * MINUTE, 5 * MINUTE)
        assert not tx.mails.take_slot("shop", "a", 0, DAY, 0)
        assert not tx.mails.take_slot("shop", "a", 0, 2 * DAY, DAY)
        assert tx.mails.take_slot("shop", "a", 0, 2 * DAY + 5 * MINUTE, DAY + 5 * MINUTE)


def test_a_slot_is_taken_by_one_of_many_at_once(store: SqlStore) -> None:
    def take(_: int) -> bool:
        with store.write() as tx:
            return tx.mails.take_slot("shop", "a", 0, 5, 5 - DAY)

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(take, range(8))) == 1


def test_a_logged_in_customer_is_mailed_whatever_was_sent(night: Sidecar) -> None:
    for number in range(5):
        chat = night.chat()
        chat.start("verified", user_id=str(number), email="family@example.org")
        chat.says(ASKING)
    night.clock.set(OPENING)
    night.work()
    assert len(night.mailer.to("family@example.org")) == 5
    assert held(night) == []


def test_an_address_that_logged_in_customers_typed_gets_few_mails_too(night_on_each: Sidecar) -> None:
    it = night_on_each
    for number in range(5):
        chat = it.chat()
        chat.start("verified", user_id=str(number))
        chat.contact(email="victim@example.org")
        chat.says(ASKING)
    it.clock.set(OPENING)
    it.work()
    assert len(to_victim(it)) == MAILS_PER_DAY - 1
    assert len(held(it)) == 5 - MAILS_PER_DAY + 1


# ---------------------------------------------------------------------------------- an address that takes no mail


def test_the_team_hears_once_of_a_customer_whose_address_takes_no_mail(
    night_on_each: Sidecar, monkeypatch: pytest.MonkeyPatch
) -> None:
    it, send = night_on_each, night_on_each.mailer.send

    def refuses(mail: Mail) -> None:
        if mail.to == "user7@example.org":
            raise Rejected("smtp 550")
        send(mail)

    monkeypatch.setattr(it.mailer, "send", refuses)
    chat = it.chat()
    chat.verified("7")
    escalation = chat.says(ASKING)["escalation"]["id"]
    it.clock.at = from_rfc3339(OPENING)
    it.work()
    it.team.does("reply", escalation, text="Your order left today.", reply_id="r1")
    it.work()
    it.work()
    assert [row["error"] for row in it.outbox() if row["state"] == "parked"] == ["smtp 550"] * 2
    (told,) = [mail for mail in it.mailer.to(TEAM) if mail.subject.startswith("Mail refused [")]
    assert "user7@example.org" in told.text
    assert any("takes no mail" in note for _, _, note in it.desk.notes)


# -------------------------------------------------------------------------------------------------------- contact


def test_an_address_is_asked_for_once_and_promised_all_the_same(night: Sidecar) -> None:
    chat = night.chat()
    chat.start()
    question = "Please leave your e-mail address"
    first = chat.says(ASKING)
    assert first["say"].count(question) == 1
    assert first["escalation"]["commitment"]["due_at"] == "2026-11-02T18:00:00Z"
    for text in ("hello?", "anyone?"):
        waiting = chat.says(text)
        assert question not in waiting["say"]
        assert waiting["escalation"]["needs_contact"] is True
    assert not any(question in text for _, text in chat.lines())


@pytest.mark.parametrize(
    "body",
    [{}, {"email": "ann"}, {"email": "a@b.example, c@d.example"}, {"email": "a@b.example\r\nBcc: c@d.example"},
     {"phone": "call me"}, {"phone": "1 55\n0"}, {"phone": "1"}, {"name": "Ann"}, {"email": "a@b.example", "x": 1}],
)  # fmt: skip
def test_what_is_no_address_and_no_number_is_refused_and_changes_nothing(night: Sidecar, body: Json) -> None:
    chat = night.chat()
    chat.start()
    chat.says(ASKING)
    answer = chat.caller.send("POST", f"/v1/sessions/{chat.id}/contact", body)
    assert (answer.status, answer.slug) == (422, "invalid-body")
    customer = night.team.list()[0]["customer"]
    assert (customer["email"], customer["phone"]) == (None, None)


def test_the_next_mails_go_to_the_address_that_was_given(night: Sidecar) -> None:
    chat = night.chat()
    chat.start()
    chat.says(ASKING)
    chat.contact(email="ann@example.org")
    night.clock.set(OPENING)
    night.work()
    night.team.does("reply", night.team.list()[0]["id"], text="Solved.", reply_id="r1")
    night.work()
    kinds = [mail.message_id.split(".")[2] for mail in night.mailer.to("ann@example.org")]
    assert kinds == ["follow_up", "reply"]


def test_an_address_that_was_given_in_a_second_tab_is_used_too(night: Sidecar) -> None:
    first, second = night.chat(), night.chat()
    for chat in (first, second):
        chat.start("verified", user_id="7")
    first.says(ASKING)
    second.contact(email="ann@example.org")
    night.clock.set(OPENING)
    night.work()
    assert len(night.mailer.to("ann@example.org")) == 1


def test_later_mails_to_the_team_name_the_address_that_was_given(night: Sidecar) -> None:
    chat = night.chat()
    chat.start()
    chat.says(ASKING)
    chat.contact(phone="+1 555 0100")
    night.clock.set("2026-11-02T18:00:00Z")
    night.work()
    broken = next(mail for mail in night.mailer.to(TEAM) if mail.subject.startswith("Promise broken"))
    assert "The customer can be reached at: +1 555 0100 (UNVERIFIED: the visitor typed it)" in broken.text


def test_the_answer_waits_in_the_chat_of_who_left_no_address_and_comes_back_a_day_later(night: Sidecar) -> None:
    chat = night.chat()
    chat.start()
    seen = chat.says(ASKING)["last_event"]
    night.clock.set(OPENING)
    night.work()
    number = night.team.list()[0]["id"]
    night.team.does("claim", number)
    night.team.does("reply", number, text="Here is your answer.", reply_id="r1", agent=ADA)
    night.work()
    assert [mail.to for mail in night.mailer.mails] == [TEAM, TEAM]
    night.clock.advance(hours=24)
    again = night.chat(chat.id)
    verdict = again.start()
    assert (verdict["state"], verdict["action"]) == ("escalated", "say")
    assert ("agent", "Here is your answer.") in again.lines(seen)
