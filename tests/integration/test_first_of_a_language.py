"""Whoever is the first to speak a language waits for it, and nobody else does."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event

from support.sidecar import in_process

from bridge.service.language_reading import LanguageReading

PATIENCE_S = 0.1


def test_while_a_language_is_read_its_first_visitor_waits_and_others_are_answered(
    fresh_sqlite: Callable[[], str],
) -> None:
    there = Event()

    def read(code: str) -> None:
        assert code != "pt" or there.wait(30)

    with (
        ThreadPoolExecutor(2) as readers,
        ThreadPoolExecutor(1) as visitor,
        in_process(fresh_sqlite(), languages=LanguageReading(readers, read, PATIENCE_S)) as sidecar,
    ):
        try:
            first, other = sidecar.chat(), sidecar.chat()
            first.verified(locale="pt-BR")
            answered = visitor.submit(first.says, "Onde está o meu pedido?")
            other.verified(locale="en")
            assert other.says("Where is my order?")["action"] == "answer"
            assert not answered.done()
        finally:
            there.set()
        assert answered.result(30)["action"] == "answer"
