"""Booked calls, whatever happens in whatever order: seats, promises and calendars always agree."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, ClassVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from icalendar import Calendar
from support.sidecar import SHOP, Answer, Chat, Sidecar, in_process

from bridge.domain.callback import Callback, CallState
from bridge.domain.escalation import ACTIVE, CommitmentState, Escalation
from bridge.domain.instants import HOUR, MINUTE, from_rfc3339, to_rfc3339
from bridge.domain.values import Channel
from bridge.ports import Tx
from bridge.service.call_links import link_to
from bridge.service.context import open_case
from bridge.service.deliver import deliver_due

TUESDAY = from_rfc3339("2026-11-03T15:00:00Z")
SLOTS = [to_rfc3339(TUESDAY + 30 * MINUTE * number) for number in range(3)]
CAPACITY = 2
AGENT = {"id": "3", "name": "Ada"}
customers = st.integers(0, 9)
slots = st.sampled_from(SLOTS)


class Calls(RuleBasedStateMachine):
    """Customers and agents over the product in this process."""

    fresh: ClassVar[Callable[[], str]]

    @initialize()
    def opens(self) -> None:
        self.stack = ExitStack()
        self.it: Sidecar = self.stack.enter_context(in_process(type(self).fresh(), with_desk=False))
        self.it.change_policy(
            "ladder: [live, email]", f"ladder: [live, callback, email]\n    callbacks: {{capacity: {CAPACITY}}}"
        )
        self.chats: list[tuple[Chat, str]] = []
        self.last_sequence: dict[str, int] = {}

    def teardown(self) -> None:
        if hasattr(self, "stack"):
            self.stack.close()

    # -- what happens --------------------------------------------------------------------------------------------------

    @precondition(lambda self: len(self.chats) < 5)
    @rule()
    def a_customer_asks_for_a_person(self) -> None:
        chat = self.it.chat()
        chat.verified(str(len(self.chats)))
        self.chats.append((chat, chat.says("I want to talk to a human")["escalation"]["id"]))

    @precondition(lambda self: self.chats)
    @rule(who=customers, slot=slots)
    def books_in_the_chat(self, who: int, slot: str) -> None:
        chat, _ = self.of(who)
        body = {"phone": "+1 555 0100", "callback_slot": slot}
        self.expects(chat.caller.send("POST", f"/v1/sessions/{chat.id}/contact", body), "slot-taken")

    @precondition(lambda self: self.chats)
    @rule(who=customers, slot=slots, action=st.sampled_from(["book", "reschedule", "confirm", "cancel"]))
    def follows_the_link(self, who: int, slot: str, action: str) -> None:
        chat, escalation = self.of(who)
        with self.it.bridge.store.read() as tx:
            found = link_to(open_case(self.it.bridge, tx, SHOP.id), escalation)
        assert found is not None
        wish = {"action": action, **({"slot": slot} if action in ("book", "reschedule") else {})}
        answer = chat.caller.send("POST", f"/v1/calls/{found.partition('escbridge_call=')[2]}", wish)
        self.expects(answer, "slot-taken", "call-changed", "invalid-body")

    @precondition(lambda self: self.chats)
    @rule(who=customers, what=st.sampled_from(["claim", "called", "resolve", "release"]))
    def an_agent_works(self, who: int, what: str) -> None:
        _, escalation = self.of(who)
        path = f"/v1/escalations/{escalation}/{what}"
        self.expects(self.it.team.caller.send("POST", path, {"agent": AGENT}), "escalation-closed")

    @precondition(lambda self: self.chats)
    @rule(who=customers, number=st.integers(0, 10**6))
    def an_agent_writes(self, who: int, number: int) -> None:
        _, escalation = self.of(who)
        body = {"agent": AGENT, "text": "Hello", "reply_id": f"r{number}"}
        path = f"/v1/escalations/{escalation}/reply"
        self.expects(self.it.team.caller.send("POST", path, body), "escalation-closed")

    @rule(minutes=st.sampled_from([1, 20, 90, 60 * 20]), works=st.booleans())
    def time_passes(self, minutes: int, works: bool) -> None:
        self.it.clock.advance(minutes=minutes)
        if works:
            self.it.work()

    # -- what holds ----------------------------------------------------------------------------------------------------

    @invariant()
    def no_time_is_overbooked(self) -> None:
        booked = self.calls_of_the_queue()
        for call in booked:
            assert sum(one.starts_at <= call.starts_at < one.ends_at for one in booked) <= CAPACITY
        assert len({(one.starts_at, one.seat) for one in booked}) == len(booked)

    @invariant()
    def a_booked_call_is_the_standing_promise(self) -> None:
        for escalation, call in self.known():
            if call and call.state is CallState.BOOKED:
                promise = escalation.commitment
                assert escalation.state in ACTIVE
                assert (promise.id, promise.state) == (call.commitment_id, CommitmentState.PENDING)
                assert (promise.due_at, promise.channel) == (call.starts_at, Channel.CALLBACK)

    @invariant()
    def nobody_waits_without_a_promise_or_an_answer(self) -> None:
        for escalation, _ in self.known():
            if escalation.state in ACTIVE:
                pending = escalation.commitment.state is CommitmentState.PENDING
                assert pending or escalation.answered_at is not None

    @invariant()
    def every_change_has_a_number_of_its_own(self) -> None:
        for escalation, call in self.known():
            if call:
                assert call.sequence >= self.last_sequence.get(escalation.id, 0)
                self.last_sequence[escalation.id] = call.sequence

    @invariant()
    def both_calendars_show_what_is_booked(self) -> None:
        for address in ("team@shop.example", "user%s@example.org"):
            shown = self.calendar(address)
            for escalation, call in self.known():
                if call and call.state in (CallState.BOOKED, CallState.CANCELLED):
                    expected = call.starts_at if call.state is CallState.BOOKED else None
                    assert shown[f"{call.id}@shop.escalation-bridge"] == expected, (address, escalation.id)

    # -- looking -------------------------------------------------------------------------------------------------------

    def of(self, who: int) -> tuple[Chat, str]:
        return self.chats[who % len(self.chats)]

    def expects(self, answer: Answer, *refusals: str) -> None:
        assert answer.status == 200 or answer.slug in refusals, answer.body

    def known(self) -> list[tuple[Escalation, Callback | None]]:
        with self.it.bridge.store.read() as tx:
            return [self.pair(tx, escalation) for _, escalation in self.chats]

    def pair(self, tx: Tx, number: str) -> tuple[Escalation, Callback | None]:
        escalation = tx.escalations.get(SHOP.id, number)
        assert escalation is not None
        return escalation, tx.callbacks.latest(SHOP.id, number)

    def calls_of_the_queue(self) -> list[Callback]:
        with self.it.bridge.store.read() as tx:
            return tx.callbacks.booked(SHOP.id, TUESDAY - 24 * HOUR, TUESDAY + 24 * HOUR)

    def calendar(self, address: str) -> dict[str, int | None]:
        """What a calendar shows that has taken every invitation in its order: the start of each call, if any."""
        addresses = {address % number for number in range(9)} if "%s" in address else {address}
        shown: dict[str, int | None] = {}
        newest: dict[str, int] = {}
        for entry in self.invitations(addresses):
            uid, sequence = str(entry["UID"]), int(entry["SEQUENCE"])
            if sequence > newest.get(uid, -1):
                newest[uid] = sequence
                cancelled = str(entry["STATUS"]) == "CANCELLED"
                shown[uid] = None if cancelled else round(entry["DTSTART"].dt.timestamp() * 1000)
        return shown

    def invitations(self, addresses: set[str]) -> list[Any]:
        deliver_due(self.it.bridge, limit=1000)
        found = [mail.invitation for mail in self.it.mailer.mails if mail.invitation and mail.to in addresses]
        return [entry for text in found for entry in Calendar.from_ical(text).walk("VEVENT")]


def test_calls_stay_right_whatever_happens(fresh_sqlite: Callable[[], str]) -> None:
    Calls.fresh = staticmethod(fresh_sqlite)
    run_state_machine_as_test(Calls, settings=settings(max_examples=15, stateful_step_count=20, deadline=None))
