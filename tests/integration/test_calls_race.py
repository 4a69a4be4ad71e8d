"""The last seats of a time for a call, wanted by two hundred customers at once, in several processes."""

import random
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from itertools import repeat
from multiprocessing import get_context

from pydantic import SecretStr
from support.sidecar import SHOP, AtOnce, SetClock, Sidecar

from bridge import bootstrap
from bridge.config import Settings
from bridge.domain.instants import HOUR, MINUTE, from_rfc3339
from bridge.domain.values import Millis
from bridge.ports import StoreBusy
from bridge.service.book_call import SlotTaken
from bridge.service.context import Bridge
from bridge.service.take_contact import Contact, take_contact

CUSTOMERS = 200
PROCESSES = 4
THREADS = 8
SEATS = 7
TEN = from_rfc3339("2026-11-03T15:00:00Z")


def customers(it: Sidecar, number: int) -> list[str]:
    """Sessions that wait for a person, each of another customer."""

    def one(user: int) -> str:
        chat = it.chat()
        chat.verified(str(user))
        assert chat.says("I want to talk to a human")["state"] == "escalated"
        return chat.id

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(one, range(number)))


def tries(bridge: Bridge, session: str, start: Millis) -> str:
    """How a customer's attempt ends; a database that is busy is asked again, as its answer says."""
    while True:
        try:
            take_contact(bridge, SHOP.id, session, Contact(phone="+1 555 0100"), start, lambda _tx: None)
        except StoreBusy:
            continue
        except SlotTaken:
            return "taken"
        return "booked"


def share(url: str, at: Millis, sessions: list[str], start: Millis) -> list[str]:
    """One process: its customers, so many at a time."""
    clock = SetClock()
    clock.at = at
    assembly = bootstrap.build(Settings(database_url=SecretStr(url)), clock=clock, deliver_at_once=False)
    try:
        bridge = replace(assembly.bridge, background=AtOnce())
        with ThreadPoolExecutor(THREADS) as pool:
            return list(pool.map(tries, repeat(bridge), sessions, repeat(start)))
    finally:
        assembly.close()


def race(it: Sidecar, start: Millis) -> list[str]:
    """Every customer tries the same time, in several processes at once."""
    sessions = customers(it, CUSTOMERS)
    parts = range(PROCESSES)
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        ends = pool.map(
            share,
            repeat(it.url),
            repeat(it.clock.at),
            [sessions[part::PROCESSES] for part in parts],
            repeat(start),
        )
        return [end for part in ends for end in part]


def calls_at_once(it: Sidecar) -> int:
    """The most calls that take place at one instant."""
    with it.bridge.store.read() as tx:
        booked = tx.callbacks.booked(SHOP.id, TEN - 12 * HOUR, TEN + 12 * HOUR)
    return max(sum(one.starts_at <= call.starts_at < one.ends_at for one in booked) for call in booked)


def test_the_last_seats_are_booked_exactly_as_often_as_there_are_seats(sidecar_on_each: Sidecar) -> None:
    it = sidecar_on_each
    it.change_policy("ladder: [live, email]", f"ladder: [live, callback, email]\n    callbacks: {{capacity: {SEATS}}}")
    ends = race(it, TEN)
    assert Counter(ends) == {"booked": SEATS, "taken": CUSTOMERS - SEATS}
    assert calls_at_once(it) == SEATS


def test_customers_who_move_their_calls_at_once_never_overbook_a_time(sidecar_on_each: Sidecar) -> None:
    it = sidecar_on_each
    it.change_policy(
        "ladder: [live, email]", "ladder: [live, callback, email]\n    callbacks: {slot: 10m, capacity: 2}"
    )
    sessions = customers(it, 12)
    wanted = random.Random(7)
    moves = [(session, TEN + 10 * MINUTE * wanted.randrange(4)) for _ in range(8) for session in sessions]
    with ThreadPoolExecutor(THREADS) as pool:
        ends = Counter(pool.map(tries, repeat(it.bridge), *zip(*moves, strict=True)))
    assert ends["booked"] > len(sessions)
    assert ends["taken"] > 0
    assert calls_at_once(it) == 2
