"""A site from which nothing comes is asked for something, so that WordPress hands over what it keeps."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from threading import Event

import pytest
from support.loopback import http_answer, listening, read_head
from support.sidecar import SHOP, Sidecar

from bridge.assembly.wordpress import wordpress
from bridge.clock import machine_now
from bridge.domain.instants import SECOND
from bridge.ports import Site
from bridge.service.context import Systems
from bridge.service.manage_sites import add_site
from bridge.service.wake_sites import SILENT_FOR, wake_silent_sites


@dataclass
class Place:
    """A web server that keeps what it was asked for. See the answers below."""

    answer: bytes
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def talk(self, connection: socket.socket) -> None:
        self.asked.append(read_head(connection).decode().splitlines()[0])
        connection.sendall(self.answer)


PLUGIN = http_answer(200, b'{"namespace": "escalation-bridge/v1"}', "Content-Type: application/json")
AILING = http_answer(500, b"<h1>There has been a critical error on this website.</h1>")


@pytest.fixture
def places() -> Iterator[dict[str, Place]]:
    """Two sites: one that answers as a WordPress with our plugin does, one that fails."""
    well, ailing = Place(PLUGIN), Place(AILING)
    with listening(well.talk) as one, listening(ailing.talk) as two:
        well.url, ailing.url = (f"http://127.0.0.1:{listener.port}/blog/" for listener in (one, two))
        yield {SHOP.id: well, "other": ailing}


@pytest.fixture
def waking(sidecar_on_each: Sidecar, places: dict[str, Place]) -> Sidecar:
    """The product with both sites, each at its address."""
    product = sidecar_on_each.bridge
    add_site(product, replace(SHOP, id="other", url=places["other"].url), "http://127.0.0.1:8765")

    def systems(site: Site) -> Systems:
        there, _ = wordpress(replace(site, url=places[site.id].url), [])
        return replace(product.systems(site), wordpress=there)

    return replace(sidecar_on_each, bridge=replace(product, systems=systems))


def heard(sidecar: Sidecar, site: str, ago: int) -> None:
    """A signed call came from the site, milliseconds ago."""
    with sidecar.bridge.store.write() as tx:
        assert tx.sites.keep_nonce(site, f"{site}-{ago}-nonce-nonce", machine_now() - ago)


def test_each_silent_site_is_asked_whatever_another_one_answers(waking: Sidecar, places: dict[str, Place]) -> None:
    heard(waking, SHOP.id, SILENT_FOR + SECOND)
    for times in (1, 2):
        wake_silent_sites(waking.bridge, Event())
        asked = [place.asked for place in places.values()]
        assert asked == [["GET /blog/wp-json/escalation-bridge/v1 HTTP/1.1"] * times] * 2


def test_a_site_that_calls_is_left_alone(waking: Sidecar, places: dict[str, Place]) -> None:
    heard(waking, SHOP.id, SILENT_FOR - 10 * SECOND)
    wake_silent_sites(waking.bridge, Event())
    assert [len(place.asked) for place in places.values()] == [0, 1]


def test_a_site_whose_address_is_not_known_is_left_alone(sidecar: Sidecar) -> None:
    wake_silent_sites(sidecar.bridge, Event())
    with sidecar.bridge.store.read() as tx:
        assert [site.id for site in tx.sites.silent(machine_now())] == [SHOP.id]
