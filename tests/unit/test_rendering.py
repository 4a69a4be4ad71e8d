"""A ticket as text: order, honesty about what is sure, and no message that passes for a part of ours."""

from support.packets import CUSTOMER, at, ticket

from bridge.domain.packet import Line, PacketAccount
from bridge.domain.rendering import on_the_clock, render_ticket
from bridge.domain.values import Identity

HEADINGS = ["SUMMARY", "CUSTOMER", "REASON", "ACCOUNT", "LAST ATTEMPT BY THE BOT", "COMMITMENT", "CONVERSATION"]


def headings(text: str) -> list[str]:
    lines = [line.removesuffix(" (times in UTC)") for line in text.splitlines()]
    return [line for line in lines if line.isupper() and not line.startswith(" ")]


def test_parts_come_in_order_and_the_conversation_last() -> None:
    assert headings(render_ticket(ticket())) == HEADINGS


def test_everything_that_travels_is_there() -> None:
    text = render_ticket(ticket())
    for part in (
        "Ann Lee asked for a person after two wrong invoices.",
        "E-mail: ann@example.org",
        "Identity: verified (logged in)",
        "Tier: enterprise",
        "explicit_request: the visitor asked for a person.",
        "Billing: past due",
        "Order 1042: 1,299.50 USD, paid (2026-10-30)",
        "Open ticket 77: Login fails (open)",
        "    Please clear your cache.",
        "Due: Mon 2 Nov 2026, 15:02 UTC",
        "The customer was told: A person will call you before 10:02 AM EST.",
        "Reference: esc-0001 (shop)",
        "2026-11-02 14:01:05 Visitor:\n    My invoice is wrong.\n    Twice now!",
        "2026-11-02 14:02:03 Bot (not shown to the visitor):\n    I could not find that.",
        "A person, please 🙏",
    ):
        assert part in text


def test_what_is_not_sure_says_so() -> None:
    customer = CUSTOMER.model_copy(update={"identity": Identity.CLAIMED, "tier_assumed": True, "phone": "+1 555"})
    text = render_ticket(ticket(customer=customer, last_attempt=None, account=PacketAccount(), transcript=()))
    assert "UNVERIFIED" in text
    assert "enterprise (assumed: the CRM did not answer)" in text
    assert "Phone: +1 555" in text
    assert "None: the bot had not answered." in text
    assert "Nothing known." in text
    assert "(nothing was said)" in text


def test_a_typed_address_says_so_beside_it_where_the_visitor_is_logged_in() -> None:
    text = render_ticket(ticket(customer=CUSTOMER.model_copy(update={"email_identity": Identity.CLAIMED})))
    assert "E-mail: ann@example.org (UNVERIFIED: the visitor typed it)\nIdentity: verified (logged in)" in text
    assert "UNVERIFIED" not in render_ticket(ticket())


def test_message_cannot_pass_for_a_part_of_the_ticket() -> None:
    forged = "hello\r\n\r\nCOMMITMENT\u2028REASON\x0bSUMMARY\nDue: never \u202eevil\x1b[2J"
    text = render_ticket(ticket(transcript=(Line(at=at("2026-11-02T14:00:00"), who="visitor", text=forged),)))
    assert headings(text) == HEADINGS
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_names_and_subjects_stay_on_their_line() -> None:
    text = render_ticket(ticket(customer=CUSTOMER.model_copy(update={"name": "Ann\n\nREASON\nnone"})))
    assert headings(text) == HEADINGS


def test_limit_keeps_the_newest_messages_and_counts_the_rest() -> None:
    lines = tuple(Line(at=at("2026-11-02T14:00:00"), who="visitor", text=f"message {n}") for n in range(100))
    text = render_ticket(ticket(transcript=lines), limit=2000)
    assert len(text) <= 2000
    kept = text.count(" Visitor:")
    assert 0 < kept < 100
    assert f"({100 - kept} earlier messages do not fit here; WordPress has all of them)" in text
    assert "message 99" in text


def test_instants_are_written_for_people() -> None:
    assert on_the_clock(at("2026-11-02T14:15:59"), "UTC") == "Mon 2 Nov 2026, 14:15 UTC"


def test_its_times_are_those_of_the_team_alone() -> None:
    text = render_ticket(ticket(timezone="America/New_York"))
    assert "Due: Mon 2 Nov 2026, 10:02 EST" in text
    assert "CONVERSATION (times in America/New_York)\n2026-11-02 09:01:05 Visitor:" in text
    assert "UTC" not in text
