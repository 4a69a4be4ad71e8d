"""`make probe`: sqlmap on every call of the API that takes anything, through a proxy that signs what it sends.

    make probe PROBE="[--level 1..5] [--only PATH]"

Ends with 1 where something can be injected or is answered by a 5xx, and where sqlmap misses the call that is unsafe on
purpose. Only 127.0.0.1 is called.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from probe.signing_proxy import UNSAFE, Proxy, proxied
from support.sidecar import ADA, Live, new_session_id, running_sidecar

FOUND = "sqlmap identified the following injection point"
HERE = "*"
"""Where sqlmap puts its texts: in each parameter, and behind each text of a body."""
LEFT_OUT = {"/v1/secrets/renew", "/v1/secrets/settle"}
"""They take nothing, and change what the proxy signs with."""
CLAIMED: Any = {"agent": ADA}
BODIES: dict[str, Any] = {
    "PUT /v1/agents/{agent}/presence": {"available": True, "name": "Ada", "queues": ["support"], "capacity": 3},
    "POST /v1/calls/{token}": {"action": "move", "slot": "2026-11-03T15:00:00Z", "phone": "+1 555 0100", "sequence": 0},
    "POST /v1/escalations/{escalation}/called": CLAIMED,
    "POST /v1/escalations/{escalation}/claim": CLAIMED,
    "POST /v1/escalations/{escalation}/label": {**CLAIMED, "verdict": "needed"},
    "POST /v1/escalations/{escalation}/release": CLAIMED,
    "POST /v1/escalations/{escalation}/reply": {**CLAIMED, "reply_id": "r1", "text": "Hello"},
    "POST /v1/escalations/{escalation}/resolve": {**CLAIMED, "note": "done"},
    "POST /v1/hooks/{site}/{desk}": {"id": "1"},
    "POST /v1/hours": {**CLAIMED, "open": False, "queue": "support", "for_s": 3600, "why": "ill"},
    "POST /v1/hours/{command}/revoke": CLAIMED,
    "PUT /v1/pages": {"pages": [{"id": "1", "kind": "page", "url": "https://shop.example/1/", "title": "Shipping",
                                 "text": "Free."}], "gone": ["2"]},
    "PUT /v1/policy": {"document": "rules: []", "author": "Ada"},
    "POST /v1/policy/check": {"document": "rules: []"},
    "PUT /v1/policy/shadow": {"document": "rules: []", "author": "Ada"},
    "POST /v1/privacy/erase": {"email": "nobody@example.org", "user_id": "99"},
    "POST /v1/privacy/export": {"email": "nobody@example.org", "user_id": "99", "after": ""},
    "POST /v1/replay": {"days": 1},
    "POST /v1/sessions": {"session_id": new_session_id(), "visitor": {"identity": "claimed", "email": "a@example.org",
                          "name": "Ann"}, "locale": "en-US", "timezone": "UTC", "flow": "billing",
                          "page_url": "https://shop.example/"},
    "POST /v1/sessions/{session}/close": {},
    "POST /v1/sessions/{session}/contact": {"email": "a@example.org", "phone": "+1 555 0100", "name": "Ann"},
    "POST /v1/sessions/{session}/label": {**CLAIMED, "verdict": "missed"},
    "POST /v1/sessions/{session}/turns": {"turn_id": "t9", "text": "hello"},
    "PUT /v1/sessions/{session}/turns/{turn_id}/reply": {"text": "Hi", "intent": "greeting", "signals": {"a": "b"}},
}  # fmt: skip
QUERIES = {"state": "all", "limit": "5", "before": "esc_0000000000000000", "order": "newest", "after": "0",
           "days": "7", "version": "1"}  # fmt: skip


@dataclass(frozen=True)
class Attempt:
    """One operation, with the places that are tried."""

    name: str
    method: str
    target: str
    body: Any = None

    def request(self, host: str) -> str:
        """As sqlmap reads it from a file."""
        body = "" if self.body is None else re.sub(r'"(?=[,}\]])', HERE + '"', json.dumps(self.body))
        return f"{self.method} {self.target} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n\r\n{body}"


def attempts(live: Live, paths: dict[str, str]) -> Iterator[Attempt]:
    """Every operation of the API's description that takes a parameter or a body."""
    described = requests.get(f"{live.url}/openapi.json", timeout=10).json()["paths"]
    for path, operations in described.items():
        for method, operation in operations.items():
            if not path.startswith("/v1/") or path in LEFT_OUT:
                continue
            name = f"{method.upper()} {path}"
            query = [one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"]
            target = re.sub(r"\{(\w+)\}", lambda found: paths[found[1]] + HERE, path)
            target += "?" * bool(query) + "&".join(f"{one}={QUERIES[one]}{HERE}" for one in query)
            if "requestBody" in operation:
                yield Attempt(name, method.upper(), target, BODIES[name])
            elif HERE in target:
                yield Attempt(name, method.upper(), target)


def sqlmap(attempt: Attempt, host: str, folder: Path, level: int) -> str:
    """What sqlmap says. It gets a terminal to read from, or it would wait for addresses there."""
    file = folder / "request.txt"
    file.write_bytes(attempt.request(host).encode())
    how = ["--batch", "--flush-session", "--disable-coloring", "--dbms=SQLite", "--technique=BEUT", "--time-sec=2"]
    more = [f"--level={level}", "--threads=4", "--ignore-code=401,404,409,413,422", f"--output-dir={folder / 'sqlmap'}"]
    master, terminal = os.openpty()
    try:
        done = subprocess.run(
            [str(Path(sys.executable).with_name("sqlmap")), "-r", str(file), *how, *more],
            stdin=terminal, capture_output=True, text=True, check=False,
        )  # fmt: skip
    finally:
        os.close(master)
        os.close(terminal)
    return done.stdout


def probe(live: Live, proxy: Proxy, folder: Path, level: int, only: str) -> bool:
    """Whether all is well."""
    chat, other = live.chat(), live.chat()
    chat.start()
    chat.says("hello")
    other.verified()
    escalation = str(other.says("I want to talk to a human")["escalation"]["id"])
    known = {"session": chat.id, "turn_id": "t1", "escalation": escalation, "agent": "3"}
    known |= {"token": "abc", "site": "shop", "desk": "zendesk", "command": "hcm_0"}
    wrong = []
    for attempt in (Attempt("a call that is unsafe on purpose", "GET", UNSAFE + HERE), *attempts(live, known)):
        if only not in attempt.name and attempt.target != UNSAFE + HERE:
            continue
        began, before = time.monotonic(), proxy.statuses.total()
        found = FOUND in sqlmap(attempt, proxy.host, folder, level)
        sent, took = proxy.statuses.total() - before, time.monotonic() - began
        print(f"{'INJECTED' if found else 'nothing':8}  {sent:5} calls {took:4.0f} s  {attempt.name}", flush=True)
        if found != attempt.target.startswith(UNSAFE) or not (sent or found):
            wrong.append(attempt.name)
    print(f"answered: {dict(proxy.statuses)}; wrong: {wrong}; 5xx: {proxy.broken[:5]}")
    return not wrong and not proxy.broken


def main() -> int:
    parser = argparse.ArgumentParser(prog="make probe")
    parser.add_argument("--level", type=int, default=1)
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        with running_sidecar(folder, f"sqlite:///{folder / 'bridge.db'}") as live, proxied(live) as proxy:
            return int(not probe(live, proxy, folder, given.level, given.only))


if __name__ == "__main__":
    sys.exit(main())
