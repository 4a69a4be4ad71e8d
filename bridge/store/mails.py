"""What keeps mails from being too many: each once, and few to an address that nobody verified."""

from sqlalchemy import Connection, bindparam, select

from bridge.domain.values import Millis
from bridge.store.tables import mail_slot, outbox
from bridge.store.upsert import Upsert


class MailStatements:
    """Built once, see `SiteStatements`."""

    def __init__(self, upsert: Upsert) -> None:
        self.posted = select(outbox.c.id).where(
            outbox.c.target == "mail", outbox.c.external_id == bindparam("of_external_id")
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
        row = {"site": site, "address": address, "slot": slot, "taken_at": at, "at": at, "free_since": free_since}
        return self._c.execute(self._s.take, row).first() is not None
