"""What a site may be called, where its team is, and that nobody guesses its secrets and ids."""

import base64
from collections.abc import Callable

import pytest

from bridge.domain.wall_clock import is_zone
from bridge.ports import Site
from bridge.service.context import new_id
from bridge.service.manage_policy import default_document
from bridge.service.manage_sites import SiteRefused, check_site, new_secret


def site(zone: str) -> Site:
    return Site("shop", "https://shop.example", zone, "team@shop.example")


@pytest.mark.parametrize(
    "zone",
    [
        *("America", "Etc", "Factory", "localtime", "posixrules", "right/UTC", "tzdata.zi"),
        *("", " ", "UTC+2", "europe/berlin", "Europe/Berlin ", "../UTC", "/etc/localtime", "a" * 300, "\x00"),
    ],
)
def test_a_zone_that_no_calendar_can_go_by_is_refused(zone: str) -> None:
    with pytest.raises(SiteRefused, match=r"^unknown time zone; use a name such as Europe/Berlin$"):
        check_site(site(zone))


@pytest.mark.parametrize("zone", ["Europe/Berlin", "UTC", "Etc/GMT+5", "America/Argentina/Buenos_Aires", "US/Eastern"])
def test_a_zone_that_is_taken_is_one_that_the_shipped_policy_can_go_by(zone: str) -> None:
    check_site(site(zone))
    assert is_zone(zone)
    assert zone in default_document(zone)


@pytest.mark.parametrize(
    ("make", "bits"), [(lambda: new_id("esc").removeprefix("esc_"), 128), (new_secret, 256)], ids=["ids", "secrets"]
)
def test_ids_have_128_random_bits_and_secrets_256(make: Callable[[], str], bits: int) -> None:
    made = [make() for _ in range(200)]
    numbers = [int.from_bytes(base64.urlsafe_b64decode(one + "=" * (-len(one) % 4))) for one in made]
    assert len(set(made)) == len(made)
    assert all(number.bit_length() <= bits for number in numbers)
    assert [n for n in range(bits) if len({number >> n & 1 for number in numbers}) == 1] == []
