"""What a site may be called, and where its team is."""

import pytest

from bridge.domain.hours import is_zone
from bridge.ports import Site
from bridge.service.manage_policy import default_document
from bridge.service.manage_sites import SiteRefused, check_site


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
