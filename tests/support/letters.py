"""One of each mail that the product sends, made by the product itself."""

from support.sidecar import AFTER_HOURS, IN_HOURS, Chat, Sidecar, in_process

from bridge.domain.customer import Account
from bridge.domain.instants import from_rfc3339
from bridge.ports import Mail
from bridge.service.chat_events import first_session
from bridge.service.context import open_case
from bridge.service.customer_mails import Link, post
from bridge.service.verdicts import say_due

ASKING = {
    "en": "I was charged twice for order 1042. I want to talk to a human.",
    "de": "Meine Bestellung 1042 wurde doppelt abgebucht. Ich möchte mit einem Menschen sprechen.",
}
ANSWER = "Hello Ann,\n\nyou paid twice. I have sent the second payment back; it will reach you by Thursday.\n\nAda"
INVITATION = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"
CALLS = (
    *("callback_booked", "callback_moved", "callback_reminder"),
    *("callback_cancelled", "callback_missed", "callback_withdrawn"),
)
CALL = from_rfc3339("2026-11-03T15:30:00Z")
TIERS = ("enterprise", "free", "business", "standard", "enterprise")


def every_mail(url: str, language: str = "en", *, asking: str = "", name: str = "Ann Lee") -> dict[str, Mail]:
    """By kind (`customer.follow_up`, `team.new`, `digest`): of each the first one.

    Args:
        url: of a fresh, migrated database.
        language: in which the customers write and are answered.
        asking: what they write, if not one of `ASKING`.
        name: of the first of them.
    """
    with in_process(url, at=AFTER_HOURS) as it:
        sent: dict[str, Mail] = {}
        chats = [escalated(it, number, asking or ASKING[language], language, name) for number in range(len(TIERS))]
        kinds = [work(it), give_contact(it, chats[-1]), at_opening(it), answer(it), calls(it), break_promises(it)]
        for mails in kinds:
            for mail in mails:
                sent.setdefault(kind_of(mail), mail)
        return sent


def kind_of(mail: Mail) -> str:
    """`customer.follow_up` of `<esc_....customer.follow_up.cmt_...@shop.escalation-bridge>`."""
    parts = mail.message_id.strip("<>").partition("@")[0].split(".")
    return "digest" if parts[0] == "digest" else ".".join(parts[1:3])


def escalated(it: Sidecar, number: int, asking: str, language: str, name: str) -> Chat:
    """A customer of each tier who asks for a person; the last one is nobody that we know."""
    chat = it.chat()
    who = name if number == 0 else f"Customer {number}"
    email = f"customer{number}@example.org"
    it.crm.accounts[email] = Account(tier=TIERS[number], billing_status="past due", sla="4 h response")
    if number == len(TIERS) - 1:
        chat.start(locale=language)
    else:
        chat.start("verified", user_id=str(number), email=email, name=who, locale=language, timezone="Europe/Berlin")
    chat.says("hello")
    chat.bot("Hello! How can I help?")
    assert chat.says(asking)["state"] == "escalated"
    it.clock.advance(minutes=7)
    return chat


def work(it: Sidecar) -> list[Mail]:
    """Whatever is sent by now and was not before."""
    known = len(it.mailer.mails)
    it.work()
    return it.mailer.mails[known:]


def give_contact(it: Sidecar, chat: Chat) -> list[Mail]:
    chat.contact(email="visitor@example.org", phone="+1 555 0100")
    return work(it)


def at_opening(it: Sidecar) -> list[Mail]:
    it.clock.set("2026-11-02T14:00:00Z")
    return work(it)


def answer(it: Sidecar) -> list[Mail]:
    first = it.team.list()[-1]["id"]
    it.team.does("reply", first, text=ANSWER, reply_id="r1")
    return work(it)


def break_promises(it: Sidecar) -> list[Mail]:
    it.clock.set("2026-11-02T17:52:00Z")
    warned = work(it)
    for at in ("2026-11-02T21:00:00Z", "2026-11-03T21:00:00Z", "2026-11-04T21:00:00Z", "2026-11-05T21:00:00Z"):
        it.clock.set(at)
        warned += work(it)
    return warned


def calls(it: Sidecar) -> list[Mail]:
    """The mails about booked calls."""
    it.clock.set(IN_HOURS)
    number = it.team.list()[-2]["id"]
    with it.bridge.store.write() as tx:
        case = open_case(it.bridge, tx, it.pairing.site)
        escalation = tx.escalations.get(case.site.id, number)
        assert escalation is not None
        session = first_session(case, escalation)
        promise = escalation.commitment.text
        when = say_due(case.policy, session, CALL, "America/New_York", case.at)
        values = {"when": when, "phone": "+1 555 0100", "promise": promise}
        for call in CALLS:
            over = call in CALLS[3:]
            link = Link("link_book" if over else "link_call", "https://shop.example/?escbridge-call=signed")
            post(case, escalation, session, call, "cal_1", values, link=link, invite=lambda _: INVITATION)
    return work(it)
