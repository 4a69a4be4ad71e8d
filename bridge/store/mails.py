"""What keeps mails from being too many: each once, and few to an address that nobody verified."""

from sqlalchemy import Connection, bindparam, select, update

from bridge.domain.instants import HOUR
from bridge.domain.values import Millis
from bridge.store.tables import mail_slot, outbox
from bridge.store.upsert import Upsert

CLOCKS_DIFFER = HOUR
"""A slot that was taken so far ahead, or farther, was taken by a clock that was wrong."""


class MailStatements:
    """Built once, see `SiteStatements`."""

    def __init__(self, upsert: Upsert) -> None:
        self.posted = select(outbox.c.id).where(
            outbox.c.target == "mail", outbox.c.external_id == bindparam("of_external_id")
        )
        this = (mail_slot.c.site == bindparam("of_site"), mail_slot.c.address == bindparam("of_address"))
        self.pull_back = (
            update(mail_slot).where(*this, mail_slot.c.taken_at > bindparam("beyond")).values(taken_at=bindparam("at"))
        )
        # one statement, so that two who ask for the same slot at once cannot both have it
        self.take = (
            upsert(mail_slot)
            .on_conflict_do_update(
                index_elements=["site", "address", "slot"],
                set_={"taken_at": bindparam("at")},
                where=mail_slot.c.taken_at <= bindparam("free_since"),
            )
            .returning(mail_slot.c.slot)
        )


class Mails:
    """See `bridge.ports.Mails`."""

    def __init__(self, connection: Connection, statements: MailStatements) -> None:
        self._c = connection
        self._s = statements

    def posted(self, external_id: str) -> bool:
        return self._c.execute(self._s.posted, {"of_external_id": external_id}).first() is not None

    def take_slot(self, site: str, address: str, slot: int, at: Millis, free_since: Millis) -> bool:
        beyond = {"of_site": site, "of_address": address, "beyond": at + CLOCKS_DIFFER, "at": at}
        self._c.execute(self._s.pull_back, beyond)
        row = {"site": site, "address": address, "slot": slot, "taken_at": at, "at": at, "free_since": free_since}
        return self._c.execute(self._s.take, row).first() is not None
