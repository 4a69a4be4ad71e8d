"""Sites, their secrets and nonces, and the versions of their policies."""

from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, exists, func, insert, or_, select, update

from bridge.domain.values import Millis
from bridge.ports import PolicyMark, PolicyVersion, Scope, Site, SiteSecret
from bridge.store.compiled_statement import CompiledStatement
from bridge.store.tables import nonce, policy_version, site, site_secret
from bridge.store.upsert import Upsert


class SiteStatements:
    """Built once: executing a ready statement costs a third of building it."""

    def __init__(self, upsert: Upsert, dialect: str) -> None:
        own = site_secret.c.site == bindparam("site_id")
        self.add = upsert(site).on_conflict_do_nothing().returning(site.c.id)
        self.change = update(site).where(site.c.id == bindparam("site_id"))
        self.get = select(site).where(site.c.id == bindparam("site_id"))
        self.all = select(site).order_by(site.c.id)
        self.add_secret = insert(site_secret)
        self.hold = select(site.c.id).where(site.c.id == bindparam("site_id")).with_for_update()
        columns = (site_secret.c.scope, site_secret.c.secret, site_secret.c.created_at)
        holds = or_(site_secret.c.until_at.is_(None), site_secret.c.until_at > bindparam("at"))
        self.secrets = select(*columns).where(own, holds).order_by(site_secret.c.id)
        newest = select(func.max(site_secret.c.id)).where(own).group_by(site_secret.c.scope)
        self.drop_all = delete(site_secret).where(own)
        longer = or_(site_secret.c.until_at.is_(None), site_secret.c.until_at > bindparam("until"))
        former = site_secret.c.created_at < bindparam("before")
        self.end_old = update(site_secret).where(own, former, longer).values(until_at=bindparam("until"))
        self.drop_old = delete(site_secret).where(own, site_secret.c.id.not_in(newest))
        self.keep_nonce = CompiledStatement(upsert(nonce).on_conflict_do_nothing().returning(nonce.c.nonce), dialect)
        heard = exists().where(nonce.c.site == site.c.id, nonce.c.seen_at >= bindparam("since"))
        self.silent = self.all.where(~heard)
        self.purge_nonces = delete(nonce).where(nonce.c.seen_at < bindparam("before"))
        mine = policy_version.c.site == bindparam("site_id")
        self.policy = select(policy_version).where(mine).order_by(policy_version.c.version.desc()).limit(1)
        self.policy_at = select(policy_version).where(mine, policy_version.c.version == bindparam("number"))
        by_author = policy_version.c.author == bindparam("of_author")
        self.last_policy_by = self.policy.where(by_author)
        marked = select(policy_version.c.version, policy_version.c.author, policy_version.c.created_at).where(mine)
        self.policy_marks = marked.order_by(policy_version.c.version.desc()).limit(bindparam("most"))
        self.put_policy = insert(policy_version)


class Sites:
    """See `bridge.ports.Sites`."""

    def __init__(self, connection: Connection, statements: SiteStatements) -> None:
        self._c = connection
        self._s = statements

    def add(self, new: Site, secrets: dict[Scope, str], at: Millis) -> bool:
        row = {"id": new.id, "url": new.url, "timezone": new.timezone, "team_email": new.team_email, "created_at": at}
        if not self._c.execute(self._s.add, row).first():
            return False
        for scope, secret in secrets.items():
            self.add_secret(new.id, scope, secret, at)
        return True

    def change(self, changed: Site) -> None:
        row = {"url": changed.url, "timezone": changed.timezone, "team_email": changed.team_email}
        self._c.execute(self._s.change, {**row, "site_id": changed.id})

    def get(self, site_id: str) -> Site | None:
        row = self._c.execute(self._s.get, {"site_id": site_id}).first()
        return _site(row) if row else None

    def all(self) -> list[Site]:
        return [_site(row) for row in self._c.execute(self._s.all)]

    def hold(self, site_id: str) -> None:
        self._c.execute(self._s.hold, {"site_id": site_id})

    def secrets(self, site_id: str, at: Millis) -> list[SiteSecret]:
        rows = self._c.execute(self._s.secrets, {"site_id": site_id, "at": at})
        return [SiteSecret(Scope(row.scope), row.secret, row.created_at) for row in rows]

    def add_secret(self, site_id: str, scope: Scope, secret: str, at: Millis) -> None:
        row = {"site": site_id, "scope": scope.value, "secret": secret, "created_at": at}
        self._c.execute(self._s.add_secret, row)

    def drop_secrets(self, site_id: str, *, keep_newest: bool) -> int:
        statement = self._s.drop_old if keep_newest else self._s.drop_all
        return self._c.execute(statement, {"site_id": site_id}).rowcount

    def end_secrets(self, site_id: str, before: Millis, until: Millis) -> int:
        ends = {"site_id": site_id, "before": before, "until": until}
        return self._c.execute(self._s.end_old, ends).rowcount

    def keep_nonce(self, site_id: str, value: str, at: Millis) -> bool:
        row = {"site": site_id, "nonce": value, "seen_at": at}
        return self._s.keep_nonce.first(self._c, row) is not None

    def purge_nonces(self, before: Millis) -> int:
        return self._c.execute(self._s.purge_nonces, {"before": before}).rowcount

    def silent(self, since: Millis) -> list[Site]:
        return [_site(row) for row in self._c.execute(self._s.silent, {"since": since})]


def _site(row: Row[Any]) -> Site:
    return Site(row.id, row.url, row.timezone, row.team_email)


class Policies:
    """See `bridge.ports.Policies`."""

    def __init__(self, connection: Connection, statements: SiteStatements) -> None:
        self._c = connection
        self._s = statements

    def current(self, site_id: str) -> PolicyVersion | None:
        row = self._c.execute(self._s.policy, {"site_id": site_id}).first()
        return PolicyVersion(row.version, row.document, row.author, row.created_at) if row else None

    def get(self, site_id: str, version: int) -> PolicyVersion | None:
        row = self._c.execute(self._s.policy_at, {"site_id": site_id, "number": version}).first()
        return PolicyVersion(row.version, row.document, row.author, row.created_at) if row else None

    def last_by(self, site_id: str, author: str) -> PolicyVersion | None:
        row = self._c.execute(self._s.last_policy_by, {"site_id": site_id, "of_author": author}).first()
        return PolicyVersion(row.version, row.document, row.author, row.created_at) if row else None

    def marks(self, site_id: str, limit: int) -> list[PolicyMark]:
        rows = self._c.execute(self._s.policy_marks, {"site_id": site_id, "most": limit})
        return [PolicyMark(row.version, row.author, row.created_at) for row in rows]

    def put(self, site_id: str, document: str, author: str, at: Millis) -> int:
        known = self.current(site_id)
        version = known.version + 1 if known else 1
        row = {"site": site_id, "version": version, "document": document, "author": author, "created_at": at}
        self._c.execute(self._s.put_policy, row)
        return version
