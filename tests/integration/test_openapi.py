"""The API against its own description: generated calls, fitting or not, are answered as described, never by a 5xx."""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from http import HTTPStatus
from importlib.resources import files
from io import BytesIO
from typing import Any
from urllib.parse import quote

import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from openapi_spec_validator import validate
from pydantic.json_schema import models_json_schema
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from support.sidecar import SHOP, Sidecar, in_process

from bridge.web.openapi import bodies
from bridge.web.signing import sign_request

SESSION = "ses_0123456789abcdef"
CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]
MOST_CALLS = 15
ADMIN = (
    "/v1/escalations",
    "/v1/policy",
    "/v1/agents",
    "/v1/stats",
    "/v1/replay",
    "/v1/hours",
    "/v1/privacy",
    "/v1/secrets",
)


class Signing:
    """Signs whatever comes for the site, as a well-behaved client would, and puts known ids in place of most others."""

    def __init__(self, sidecar: Sidecar) -> None:
        self._app = sidecar.app.wsgi_app
        self._pairing = sidecar.pairing
        self._calls = 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(body)
        path = environ["PATH_INFO"].encode("latin-1")
        query = environ.get("QUERY_STRING", "")
        target = quote(path) + (f"?{query}" if query else "")
        admin = target.startswith(ADMIN) or target.endswith("/label")
        secret = self._pairing.admin_secret if admin else self._pairing.chat_secret
        self._calls += 1
        now, nonce = int(time.time()), f"nonce-{self._calls:020}"
        environ |= {
            "RAW_URI": target,
            "HTTP_X_BRIDGE_SITE": SHOP.id,
            "HTTP_X_BRIDGE_TIMESTAMP": str(now),
            "HTTP_X_BRIDGE_NONCE": nonce,
            "HTTP_X_BRIDGE_SIGNATURE": sign_request(secret, environ["REQUEST_METHOD"], target, now, nonce, body),
        }
        found: Iterable[bytes] = self._app(environ, start_response)
        return found


@pytest.fixture(
    scope="module", params=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["fitting", "not fitting"]
)
def mode(request: pytest.FixtureRequest) -> GenerationMode:
    found: GenerationMode = request.param
    return found


@pytest.fixture(scope="module")
def generated(mode: GenerationMode, fresh_sqlite: Callable[[], str]) -> list[schemathesis.Case[Any]]:
    """A dozen calls of each operation, for both kinds of database: to make one takes longer than to answer it twice."""
    with in_process(fresh_sqlite()) as sidecar, sidecar.app.test_client() as client:
        described = schemathesis.openapi.from_dict(client.get("/openapi.json").get_json())
    made: list[schemathesis.Case[Any]] = []
    for found in described.get_all_operations():
        assert isinstance(found, Ok)
        made += calls_of(found.ok(), mode)
    return made


def calls_of(operation: Any, mode: GenerationMode) -> list[schemathesis.Case[Any]]:
    made: list[schemathesis.Case[Any]] = []

    @settings(
        max_examples=15,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def make(case: schemathesis.Case[Any]) -> None:
        made.append(case)

    with suppress(Unsatisfiable):  # a call without parameters and body cannot be made wrong
        make()
    return made


def test_every_generated_call_is_answered_as_described(
    sidecar_on_each: Sidecar, mode: GenerationMode, generated: list[schemathesis.Case[Any]]
) -> None:
    sidecar = sidecar_on_each
    chat = sidecar.chat(SESSION)
    chat.start()
    chat.says("hello")
    signing = Signing(sidecar)
    seen: Counter[str] = Counter()
    for case in generated:
        for name in KNOWN.keys() & case.path_parameters.keys():
            if len(str(case.body)) % 3:
                case.path_parameters[name] = KNOWN[name](sidecar)
        with sidecar.bridge.store.write() as tx:
            tx.ops.beat("scheduler", time.time_ns() // 1_000_000)  # "readyz" would rightly be a 503 without it
        answer = case.call(app=signing)
        case.validate_response(answer, checks=CHECKS)
        if answer.status_code >= HTTPStatus.BAD_REQUEST and case.path.startswith("/v1"):
            assert answer.headers["content-type"] == ["application/problem+json"]
        seen[f"{case.method} {case.path} {answer.status_code // 100}xx"] += 1
    if mode is GenerationMode.POSITIVE:
        worked = {call.rpartition(" ")[0] for call in seen if call.endswith("2xx")}
        assert len(worked) >= MOST_CALLS, f"too few of the calls were let in to say anything: {sorted(seen.items())}"
    else:
        refused = {call.rpartition(" ")[0] for call in seen if call.endswith("4xx")}
        assert len(refused) >= MOST_CALLS, f"too few of the calls were refused to say anything: {sorted(seen.items())}"


def an_escalation(sidecar: Sidecar) -> str:
    """An active escalation's id; a new one where the last was closed."""
    for known in sidecar.team.list():
        return str(known["id"])
    chat = sidecar.chat()
    chat.start()
    return str(chat.says("I want to talk to a human")["escalation"]["id"])


KNOWN: dict[str, Callable[[Sidecar], str]] = {
    "session": lambda _sidecar: SESSION, "turn_id": lambda _sidecar: "t1", "escalation": an_escalation
}  # fmt: skip


def test_no_answer_is_described_twice(sidecar: Sidecar) -> None:
    described = yaml.compose((files("bridge") / "data" / "answers.yaml").read_text("utf-8"))
    assert isinstance(described, yaml.MappingNode)
    names = Counter([*(name.value for name, _ in described.value), *(body.__name__ for body in bodies(sidecar.app))])
    assert [name for name, times in names.items() if times > 1] == []


def test_whatever_may_be_left_out_of_a_body_may_be_null(sidecar: Sidecar) -> None:
    _, described = models_json_schema([(body, "validation") for body in bodies(sidecar.app)])
    strict = [
        f"{name}.{field}"
        for name, schema in described["$defs"].items()
        for field, takes in schema.get("properties", {}).items()
        if field not in schema.get("required", ()) and takes.keys() & {"anyOf", "type", "$ref"}
        if {"type": "null"} not in takes.get("anyOf", ())
    ]
    assert strict == []


def test_the_description_is_openapi(sidecar: Sidecar) -> None:
    with sidecar.app.test_client() as client:
        validate(client.get("/openapi.json").get_json())
