"""The sidecar for tests: in this process, with every part real but the outside, or as the processes that users run.

with in_process(url) as sidecar:            # the app, a clock that is set, fakes in place of CRM, desk and mail
    chat = sidecar.chat()
    chat.start()
with running_sidecar(folder, url) as live:  # gunicorn, started by `bridge serve`
    live.chat().start()
"""

import json
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager, suppress
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, Self

import requests
from flask import Flask
from pydantic import SecretStr
from support.forked import Forked

from bridge import bootstrap
from bridge.config import Settings
from bridge.domain import judging
from bridge.domain.customer import Account
from bridge.domain.health import Alarm
from bridge.domain.instants import from_rfc3339
from bridge.domain.packet import Ticket
from bridge.domain.rendering import render_ticket
from bridge.domain.values import Json, Millis, Visitor
from bridge.ports import (
    Crm,
    Desk,
    DeskNews,
    Filed,
    Heard,
    HookCall,
    HookRefused,
    Mail,
    Scope,
    Site,
    Store,
    Strategy,
    TicketRef,
)
from bridge.service.context import Bridge, Systems
from bridge.service.deliver import deliver_due
from bridge.service.manage_policy import accept, put_policy
from bridge.service.manage_sites import Pairing, add_site
from bridge.service.watch_promises import follow_up_due
from bridge.web.app import Parts, over, routed
from bridge.web.signing import sign_request, sign_response

IN_HOURS = "2026-11-02T15:00:00Z"
"""Monday, ten in the morning in New York: the shipped policy's team is in."""
AFTER_HOURS = "2026-11-01T02:00:00Z"
"""Saturday night there, hours before the clocks go back; the team is in again on Monday at 14:00 UTC."""
SHOP = Site("shop", "https://shop.example", "America/New_York", "team@shop.example")
READY_WITHIN = 60.0


# ------------------------------------------------------------------------------------------------ what is put in place


class SetClock:
    """A clock that stands still until it is set."""

    def __init__(self, at: str = IN_HOURS) -> None:
        self.at: Millis = from_rfc3339(at)

    def now(self) -> Millis:
        return self.at

    def set(self, at: str) -> None:
        self.at = from_rfc3339(at)

    def advance(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0) -> None:
        self.at += round((seconds + 60 * minutes + 3600 * hours) * 1000)


Answering = Callable[[Visitor], Account | None]


@dataclass
class FakeCrm:
    """Knows the accounts it is given, or does what `answer` says."""

    accounts: dict[str, Account] = field(default_factory=dict)
    answer: Answering | None = None
    asked: list[str | None] = field(default_factory=list)
    name: str = "fake"

    def account(self, visitor: Visitor, *, budget: float) -> Account | None:  # noqa: ARG002 - the port's shape
        self.asked.append(visitor.email)
        return self.answer(visitor) if self.answer else self.accounts.get(visitor.email or "")


@dataclass
class FakeMailer:
    """Keeps what it is handed; raises what `fault` holds instead, while it holds something."""

    mails: list[Mail] = field(default_factory=list)
    fault: Exception | None = None
    name: str = "fake"

    def send(self, mail: Mail) -> None:
        if self.fault:
            raise self.fault
        self.mails.append(mail)

    def check(self, sender: str, *, budget: float) -> None:  # noqa: ARG002 - the port's shape
        if self.fault:
            raise self.fault

    def to(self, address: str) -> list[Mail]:
        return [mail for mail in self.mails if mail.to == address]


@dataclass
class FakeDesk:
    """A desk that keeps tickets by external id; raises what `fault` holds instead, while it holds something."""

    tickets: list[tuple[str, str]] = field(default_factory=list)
    notes: list[tuple[str, str, str]] = field(default_factory=list)
    looked_for: list[str] = field(default_factory=list)
    fault: Exception | None = None
    told: list[DeskNews] = field(default_factory=list)
    strategy: Strategy = Strategy.LOOKUP_FIRST
    key_window: Any = None
    settle: timedelta = timedelta(0)
    name: str = "fake"

    def render(self, ticket: Ticket) -> str:
        return render_ticket(ticket)

    def create(self, external_id: str, body: str) -> TicketRef:
        if self.fault:
            raise self.fault
        self.tickets.append((external_id, body))
        return TicketRef(f"T{len(self.tickets)}", f"https://desk.example/{len(self.tickets)}")

    def private_note(self, ticket: Ticket) -> str | None:  # noqa: ARG002 - the port's shape
        return None

    def find(self, external_id: str, body: str) -> TicketRef | None:  # noqa: ARG002 - the port's shape
        self.looked_for.append(external_id)
        found = next((n for n, (known, _) in enumerate(self.tickets, 1) if known == external_id), None)
        return TicketRef(f"T{found}") if found else None

    def complete(self, ref: str, body: str) -> None:
        pass

    def append(self, ref: str, note_id: str, text: str) -> None:
        if self.fault:
            raise self.fault
        self.notes.append((ref, note_id, text))

    def has_note(self, ref: str, note_id: str) -> bool:
        return any((ref, note_id) == (known, one) for known, one, _ in self.notes)

    def hear(self, call: HookCall) -> Heard:  # noqa: ARG002 - the port's shape
        raise HookRefused

    def check(self, *, budget: float) -> list[str]:  # noqa: ARG002 - the port's shape
        return []

    def news(self, filed: Sequence[Filed], *, budget: float) -> list[DeskNews]:  # noqa: ARG002 - the port's shape
        if self.fault:
            raise self.fault
        asked = {one.escalation_id for one in filed}
        return [one for one in self.told if one.escalation_id in asked]


# --------------------------------------------------------------------------------------------------------- who calls


@dataclass(frozen=True)
class Answer:
    """What came back; `nonce` is that of the call."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    nonce: str

    @property
    def json(self) -> Json:
        return json.loads(self.body)

    @property
    def slug(self) -> str:
        """The problem's name, from a document that is one."""
        assert self.headers["Content-Type"] == "application/problem+json", self.body
        assert self.json["status"] == self.status
        return str(self.json["type"]).removeprefix("urn:escalation-bridge:problem:")


Transport = Callable[[str, str, bytes, Mapping[str, str]], tuple[int, Mapping[str, str], bytes]]
"""Method, target, body and headers to status, headers and body."""


@dataclass(frozen=True)
class Caller:
    """Signs calls as the plugin does, and holds every answer to its signature."""

    transport: Transport
    secret: str
    site: str = SHOP.id

    def send(self, method: str, target: str, body: Json = None, **how: Any) -> Answer:
        """One call. `raw` replaces the body's bytes; `headers` are added; `at`, `nonce`, `secret`, `site` replace."""
        raw = how.get("raw", b"" if body is None else json.dumps(body).encode())
        nonce, at = how.get("nonce") or secrets.token_urlsafe(16), how.get("at", int(time.time()))
        secret = how.get("secret", self.secret)
        headers = {
            "X-Bridge-Site": how.get("site", self.site),
            "X-Bridge-Timestamp": str(at),
            "X-Bridge-Nonce": nonce,
            "X-Bridge-Signature": sign_request(secret, method, target, at, nonce, raw),
            **({"Content-Type": "application/json"} if raw else {}),
            **how.get("headers", {}),
        }
        status, said, answer = self.transport(method, target, raw, headers)
        if "X-Bridge-Signature" in said:
            assert said["X-Bridge-Signature"] == sign_response(secret, status, nonce, answer)
        return Answer(status, said, answer, nonce)

    def ask(self, method: str, target: str, body: Json = None) -> Json:
        """A call that has to work."""
        answer = self.send(method, target, body)
        assert answer.status in (200, 201), (answer.status, answer.body)
        return answer.json


def new_session_id() -> str:
    return f"ses_{secrets.token_urlsafe(16)}"


@dataclass
class Chat:
    """One visitor's chat, as the plugin leads it."""

    caller: Caller
    id: str = field(default_factory=new_session_id)
    turns: int = 0

    def start(self, identity: str = "anonymous", *, user_id: str | int | None = None, email: str | None = None,
              name: str | None = None, **more: Any) -> Json:  # fmt: skip
        who = {"identity": identity, "user_id": user_id, "email": email, "name": name}
        visitor = {key: value for key, value in who.items() if value is not None}
        return self.caller.ask("POST", "/v1/sessions", {"session_id": self.id, "visitor": visitor, **more})

    def verified(self, user: str = "7", **more: Any) -> Json:
        """Start as the logged-in user of that number."""
        return self.start("verified", user_id=user, email=f"user{user}@example.org", name=f"User {user}", **more)

    def says(self, text: str, turn_id: str | None = None) -> Json:
        """The visitor writes."""
        self.turns += 1
        body = {"turn_id": turn_id or f"t{self.turns}", "text": text}
        return self.caller.ask("POST", f"/v1/sessions/{self.id}/turns", body)

    def bot(self, text: str, turn_id: str | None = None, **signals: Any) -> Json:
        """The bot has produced a reply to the latest turn, or to the named one."""
        target = f"/v1/sessions/{self.id}/turns/{turn_id or f't{self.turns}'}/reply"
        return self.caller.ask("PUT", target, {"text": text, **signals})

    def events(self, after: int = 0) -> Json:
        return self.caller.ask("GET", f"/v1/sessions/{self.id}/events?after={after}")

    def lines(self, after: int = 0) -> list[tuple[str, str]]:
        """Kind and text of each event."""
        return [(event["kind"], event["text"]) for event in self.events(after)["events"]]

    def slots(self) -> Json:
        return self.caller.ask("GET", f"/v1/sessions/{self.id}/slots")

    def contact(self, **how: str) -> Json:
        return self.caller.ask("POST", f"/v1/sessions/{self.id}/contact", how)

    def close(self) -> Json:
        return self.caller.ask("POST", f"/v1/sessions/{self.id}/close", {})


ADA: Json = {"id": "3", "name": "Ada"}


@dataclass(frozen=True)
class Team:
    """The people, as wp-admin speaks for them."""

    caller: Caller

    def list(self, state: str = "active") -> list[Json]:
        found: list[Json] = self.caller.ask("GET", f"/v1/escalations?state={state}&limit=100")["escalations"]
        return found

    def the_one(self) -> Json:
        """The only escalation that there ever was."""
        (found,) = self.list("all")
        return found

    def read(self, escalation: str) -> Json:
        return self.caller.ask("GET", f"/v1/escalations/{escalation}")

    def does(self, what: str, escalation: str, agent: Json = ADA, **more: Any) -> Json:
        return self.caller.ask("POST", f"/v1/escalations/{escalation}/{what}", {"agent": agent, **more})

    def is_there(self, agent: Json = ADA, *, available: bool = True, **more: Any) -> Json:
        body = {"available": available, "name": agent["name"], **more}
        return self.caller.ask("PUT", f"/v1/agents/{agent['id']}/presence", body)


# --------------------------------------------------------------------------------------------------- in this process


@dataclass
class Sidecar:
    """The product in this process."""

    app: Flask
    bridge: Bridge
    clock: SetClock
    crm: FakeCrm
    desk: FakeDesk
    mailer: FakeMailer
    url: str
    pairing: Pairing

    def caller(self, scope: Scope = Scope.CHAT, pairing: Pairing | None = None) -> Caller:
        paired = pairing or self.pairing
        secret = paired.chat_secret if scope is Scope.CHAT else paired.admin_secret
        return Caller(self.transport, secret, paired.site)

    def chat(self, session_id: str | None = None, pairing: Pairing | None = None) -> Chat:
        return Chat(self.caller(pairing=pairing), session_id or new_session_id())

    @property
    def team(self) -> Team:
        return Team(self.caller(Scope.ADMIN))

    def transport(self, method: str, target: str, body: bytes, headers: Mapping[str, str]) -> Any:
        return through(self.app)(method, target, body, headers)

    def put_policy(self, document: str, site: str = SHOP.id) -> None:
        accepted = accept(self.bridge, document)
        with self.bridge.store.write() as tx:
            put_policy(self.bridge, tx, site, accepted, "test")
        self.bridge.policies.forget()

    def change_policy(self, old: str, new: str) -> None:
        """Replace a part of the policy in force, which has to be there."""
        with self.bridge.store.read() as tx:
            known = tx.policies.current(SHOP.id)
        assert known is not None
        assert old in known.document
        self.put_policy(known.document.replace(old, new))

    def work(self) -> None:
        """What the scheduler does, until nothing is due any more."""
        for _ in range(50):
            if follow_up_due(self.bridge) + deliver_due(self.bridge) == 0:
                return
        raise AssertionError("there is always more due")

    def alarms(self) -> list[Alarm]:
        """Those of the shop that stand."""
        with self.bridge.store.read() as tx:
            return tx.alarms.standing(SHOP.id)

    def alarm_kinds(self) -> list[str]:
        return [alarm.kind for alarm in self.alarms()]

    def alarm_texts(self) -> dict[str, str]:
        """What each says, by its kind."""
        return {alarm.kind: alarm.text for alarm in self.alarms()}

    def outbox(self) -> list[Json]:
        with self.bridge.store.read() as tx:
            return tx.work.outbox(("due", "leased", "unknown", "sent", "parked"), 1000)


def through(app: Flask) -> Transport:
    """Calls of an app in this process."""

    def send(method: str, target: str, body: bytes, headers: Mapping[str, str]) -> Any:
        with app.test_client() as client:
            answer = client.open(
                target, method=method, data=body, headers=dict(headers), environ_overrides={"RAW_URI": target}
            )
            return answer.status_code, dict(answer.headers), answer.get_data()

    return send


@contextmanager
def in_process(
    url: str,
    *,
    at: str = IN_HOURS,
    with_crm: bool = True,
    with_desk: bool = True,
    known: Pairing | None = None,
    **changes: Any,
) -> Iterator[Sidecar]:
    """The app over a migrated database, with one site: a new one, or that of the pairing where it is there already.

    Keyword arguments replace parts of the `Bridge`, which takes no pauses.
    """
    judging.warm()  # as `bridge serve` does before it answers
    settings = Settings(database_url=SecretStr(url))
    clock, crm, desk, mailer = SetClock(at), FakeCrm(), FakeDesk(), FakeMailer()
    assembly = bootstrap.build(settings, clock=clock, deliver_at_once=False)
    systems = Systems(crm if with_crm else None, desk if with_desk else None, mailer, "support@shop.example")
    bridge = replace(assembly.bridge, **{"systems": lambda _site: systems, "pause": lambda _seconds: None, **changes})
    try:
        pairing = known or add_site(bridge, SHOP, "http://127.0.0.1:8765")
        app = app_over(Parts(bridge, lambda: bootstrap.schema_fault(settings)))
        yield Sidecar(app, bridge, clock, crm, desk, mailer, url, pairing)
    finally:
        assembly.close()


def with_systems(sidecar: Sidecar, *, crm: Crm | None = None, desk: Desk | None = None) -> Sidecar:
    """The same sidecar with other systems, and an app of its own."""
    systems = Systems(crm, desk, sidecar.mailer, "support@shop.example")
    return remade(sidecar, systems=lambda _site: systems)


def remade(sidecar: Sidecar, **parts: Any) -> Sidecar:
    """The same sidecar with other parts of the `Bridge`, and an app of its own."""
    bridge = replace(sidecar.bridge, **parts)
    return replace(sidecar, app=app_over(Parts(bridge, lambda: None)), bridge=bridge)


def app_over(parts: Parts) -> Flask:
    """As `create_app`, but that the routes, which take longer to compile than most tests to use, are those of all."""
    app = copy(_routed())
    app.extensions = {}
    return over(parts, app)


_routed = cache(routed)


class AtOnce(Executor):
    """Runs what it is given before it returns: background work without a thread."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        from concurrent.futures import Future  # noqa: PLC0415 - used here alone

        done: Future[Any] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - the future carries it
            done.set_exception(error)
        return done


# ------------------------------------------------------------------------------------------------- as real processes


@dataclass
class Live:
    """A sidecar in processes of its own, and the scheduler beside it where one is started."""

    folder: Path
    url: str
    env: dict[str, str]
    pairing: Pairing
    process: Forked | None = None
    under: tuple[str, ...] = ()
    """Another program that runs each of them."""

    @property
    def log(self) -> str:
        return (self.folder / "sidecar.log").read_text("utf-8", "replace")

    def caller(self, scope: Scope = Scope.CHAT) -> Caller:
        secret = self.pairing.chat_secret if scope is Scope.CHAT else self.pairing.admin_secret
        return Caller(over_http(self.url), secret, self.pairing.site)

    def chat(self, session_id: str | None = None) -> Chat:
        return Chat(self.caller(), session_id or new_session_id())

    @property
    def team(self) -> Team:
        return Team(self.caller(Scope.ADMIN))

    def serve(self) -> Self:
        """Start the sidecar and wait until it answers."""
        self.process = self.spawn("sidecar.log", "bridge.cli", "serve")
        ends = time.monotonic() + READY_WITHIN
        while time.monotonic() < ends and self.process.poll() is None:
            with suppress(requests.ConnectionError, requests.Timeout):
                if requests.get(f"{self.url}/healthz", timeout=5).ok:
                    return self
            time.sleep(0.03)
        raise AssertionError(f"the sidecar does not answer: {self.log[-2000:]}")

    def spawn(self, log: str, module: str, *arguments: str, under: Sequence[str] = ()) -> Forked:
        """Start a module of the product in a process group of its own, `under` another program where one is given."""
        return Forked((module, *arguments), self.folder, self.env, self.folder / log, under or self.under)

    def kill(self) -> None:
        """SIGKILL to arbiter and workers alike: nothing is tidied up."""
        if self.process:
            kill_group(self.process)
            self.process = None

    def stop(self) -> None:
        """An orderly end."""
        if self.process:
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
            self.kill()


def kill_group(process: "Forked | subprocess.Popen[Any]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def over_http(base: str) -> Transport:
    """A connection of its own for each caller."""
    session = requests.Session()
    session.trust_env = False

    def send(method: str, target: str, body: bytes, headers: Mapping[str, str]) -> Any:
        answer = session.request(method, base + target, data=body or None, headers=dict(headers), timeout=30)
        return answer.status_code, answer.headers, answer.content

    return send


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


def prepare_live(folder: Path, url: str, **settings: str) -> Live:
    """Settings, schema and a site for processes to come; keyword arguments are settings without `BRIDGE_`."""
    folder.mkdir(parents=True, exist_ok=True)
    own = {name: value for name, value in os.environ.items() if not name.startswith("BRIDGE_")}
    address = f"127.0.0.1:{free_port()}"
    given = {"database_url": url, "bind": address, "mail": f"folder:{folder / 'mail'}", "tick": "0.2", **settings}
    ours = Settings(database_url=SecretStr(url))
    bootstrap.migrate(ours)
    assembly = bootstrap.build(ours)
    try:
        pairing = add_site(assembly.bridge, SHOP, f"http://{address}")
    finally:
        assembly.close()
    env = {**own, **{f"BRIDGE_{name.upper()}": value for name, value in given.items()}}
    return Live(folder, f"http://{address}", env, pairing)


@contextmanager
def looking(live: Live) -> Iterator[Store]:
    """The database of processes, seen from here: for a look again and again, which must cost them little."""
    assembly = bootstrap.build(Settings(database_url=SecretStr(live.env["BRIDGE_DATABASE_URL"])))
    try:
        yield assembly.bridge.store
    finally:
        assembly.close()


@contextmanager
def running_sidecar(folder: Path, url: str, **settings: str) -> Iterator[Live]:
    """gunicorn with `bridge serve`, until the end of the block."""
    live = prepare_live(folder, url, **settings)
    try:
        yield live.serve()
    finally:
        live.stop()
