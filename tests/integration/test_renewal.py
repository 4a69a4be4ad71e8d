"""A site renews its own secrets: no call is refused in between, and what is old ends."""

import logging

import pytest
from support.sidecar import SHOP, Caller, Chat, Sidecar

from bridge.ports import Scope, Site
from bridge.service.manage_sites import OLD_SECRET_GRACE, RENEWAL_IN_HAND, add_site, revoke, settle_secrets
from bridge.web import secret_renewal, signing

pytestmark = pytest.mark.usefixtures("no_memory")

OTHER = Site("other", "https://other.example", "UTC", "team@other.example")


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The machine's clock as it is read for the ends of secrets; its one element is the time."""
    now = [signing.machine_now()]
    for module in (secret_renewal, signing):
        monkeypatch.setattr(module, "machine_now", lambda: now[0])
    return now


def renewed(sidecar: Sidecar, old: Caller) -> tuple[Caller, Caller]:
    """Callers for chat and admin with fresh secrets, which are not settled yet."""
    issued = old.ask("POST", "/v1/secrets/renew", {})
    return (
        Caller(old.transport, issued["chat_secret"]),
        Caller(old.transport, issued["admin_secret"]),
    )


def works(caller: Caller) -> bool:
    return caller.send("GET", "/v1/health").status == 200


def test_old_and_new_hold_until_the_new_is_settled_and_the_old_for_ten_minutes_more(
    sidecar: Sidecar, machine: list[int]
) -> None:
    chat, admin = sidecar.caller(), sidecar.caller(Scope.ADMIN)
    new_chat, new_admin = renewed(sidecar, admin)
    machine[0] += 365 * 24 * 3600 * 1000
    assert all(map(works, (chat, admin, new_chat, new_admin)))
    assert new_admin.ask("POST", "/v1/secrets/settle", {}) == {"ended": 2, "grace_s": 600}
    machine[0] += OLD_SECRET_GRACE - 1
    assert all(map(works, (chat, admin, new_chat, new_admin)))
    machine[0] += 1
    assert [works(one) for one in (chat, admin, new_chat, new_admin)] == [False, False, True, True]


def test_a_copy_of_the_site_renews_nothing_and_ends_nothing(sidecar: Sidecar, machine: list[int]) -> None:
    admin = sidecar.caller(Scope.ADMIN)
    refused = admin.send("POST", "/v1/secrets/renew?home=https%3A%2F%2Fstaging.shop.example", {})
    assert (refused.status, refused.slug) == (409, "other-address")
    assert "chat_secret" not in refused.json
    assert works(admin)


def test_to_settle_again_or_with_the_old_secret_ends_nothing(sidecar: Sidecar, machine: list[int]) -> None:
    admin = sidecar.caller(Scope.ADMIN)
    _, new_admin = renewed(sidecar, admin)
    assert admin.ask("POST", "/v1/secrets/settle", {})["ended"] == 0
    assert new_admin.ask("POST", "/v1/secrets/settle", {})["ended"] == 2
    machine[0] += 1000
    assert new_admin.ask("POST", "/v1/secrets/settle", {})["ended"] == 0, "the end that is set is not put off"


def test_a_second_renewal_waits_until_the_first_is_stored_or_a_minute_is_over(
    sidecar: Sidecar, machine: list[int]
) -> None:
    admin = sidecar.caller(Scope.ADMIN)
    _, first = renewed(sidecar, admin)
    refused = admin.send("POST", "/v1/secrets/renew", {})
    assert (refused.status, refused.slug) == (409, "renewal-in-hand")
    _, second = renewed(sidecar, first)
    machine[0] += RENEWAL_IN_HAND + 1
    _, third = renewed(sidecar, admin)  # nobody ever used the second
    third.ask("POST", "/v1/secrets/settle", {})
    machine[0] += OLD_SECRET_GRACE
    assert [works(one) for one in (admin, first, second, third)] == [False, False, False, True]


def test_another_sites_secrets_stay_as_they_are(sidecar: Sidecar, machine: list[int]) -> None:
    pairing = add_site(sidecar.bridge, OTHER, "http://x")
    admin = sidecar.caller(Scope.ADMIN)
    other = Caller(admin.transport, pairing.admin_secret, OTHER.id)
    _, new_admin = renewed(sidecar, admin)
    new_admin.ask("POST", "/v1/secrets/settle", {})
    machine[0] += OLD_SECRET_GRACE
    assert works(other)
    assert other.send("GET", "/v1/health", site=SHOP.id).status == 401


def test_the_chat_secret_renews_nothing(sidecar: Sidecar) -> None:
    for step in ("renew", "settle"):
        assert sidecar.caller().send("POST", f"/v1/secrets/{step}", {}).slug == "wrong-scope"


def test_no_secret_is_logged(sidecar: Sidecar, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    new_chat, new_admin = renewed(sidecar, sidecar.caller(Scope.ADMIN))
    new_admin.ask("POST", "/v1/secrets/settle", {})
    assert new_chat.secret not in caplog.text
    assert new_admin.secret not in caplog.text


def test_a_conversation_goes_on_under_the_new_secret(sidecar: Sidecar) -> None:
    chat = Chat(sidecar.caller())
    chat.start()
    new_chat, _ = renewed(sidecar, sidecar.caller(Scope.ADMIN))
    chat.caller = new_chat
    assert chat.says("Hello")["action"] == "answer"


def test_a_secret_that_was_revoked_meanwhile_settles_nothing(sidecar: Sidecar) -> None:
    admin = sidecar.caller(Scope.ADMIN)
    revoke(sidecar.bridge, SHOP.id, everything=True)
    with sidecar.bridge.store.write() as tx, pytest.raises(Exception, match=SHOP.id):
        settle_secrets(tx, SHOP.id, admin.secret, 0)
