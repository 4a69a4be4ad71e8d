"""The API's description (OpenAPI 3.1), made from the routes and the schemas that check the bodies."""

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml
from flask import Flask
from pydantic.json_schema import models_json_schema

import bridge as package
from bridge.domain.values import Json
from bridge.web import problems, wire
from bridge.web.signed_calls import Operation, operation

SIGNED = ["X-Bridge-Site", "X-Bridge-Timestamp", "X-Bridge-Nonce", "X-Bridge-Signature"]
PATTERNS = {"session": wire.SESSION_ID, "turn_id": wire.TURN_ID}
LONGEST = {"token": 400}
"""Of the parameters in a path that may be longer than an id."""
HOME = {"in": "query", "required": False, "name": "home", "schema": {"type": "string", "maxLength": 2000}}
QUERY = {
    "chat.events": [{"name": "after", "schema": {"type": "integer", "minimum": 0, "maximum": 2**31 - 1}}],
    "admin.policy": [{"name": "version", "schema": {"type": "integer", "minimum": 1, "maximum": 999_999_999}}],
    "admin.escalations": [
        {
            "name": "state",
            "schema": {"enum": ["open", "claimed", "resolved", "released", "active", "all"], "default": "active"},
        },
        {"name": "limit", "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 50}},
        {"name": "before", "schema": {"type": "string", "maxLength": 64}},
        {"name": "order", "schema": {"enum": ["newest", "due"], "default": "newest"}},
    ],
    "stats.read": [{"name": "days", "schema": {"type": "integer", "minimum": 1, "maximum": 90, "default": 7}}],
}
STATUSES = {
    401: "not signed as it has to be",
    403: "another scope's secret",
    404: "not found",
    409: "a used nonce, or a contradiction with what is stored",
    413: "too large",
    415: "not application/json",
    422: "does not fit",
    503: "the database cannot take it now",
}


def describe(app: Flask) -> Json:
    """The document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Escalation Bridge",
            "version": package.__version__,
            "description": "Signed calls between a WordPress site and its sidecar.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "paths": _paths(app),
        "components": {"schemas": _schemas(app), "securitySchemes": _security_schemes()},
    }


def _paths(app: Flask) -> Json:
    paths: dict[str, Any] = {}
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        path = re.sub(r"<(\w+)>", r"{\1}", rule.rule)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            view = app.view_functions[rule.endpoint]
            paths.setdefault(path, {})[method.lower()] = _operation(rule.endpoint, path, operation(view), view.__doc__)
    return paths


def _operation(endpoint: str, path: str, known: Operation | None, doc: str | None) -> Json:
    summary = known.summary if known else (doc or "").strip().rstrip(".")
    described: dict[str, Any] = {"operationId": endpoint.replace(".", "_"), "summary": summary}
    if parameters := [*_parameters(endpoint, path), *([HOME] if known and known.of_home else [])]:
        described["parameters"] = parameters
    if known is None:
        return {**described, "responses": _unsigned(endpoint)}
    if known.model:
        described["requestBody"] = {"required": True, "content": _json(known.model.__name__)}
    created = {"201": {"description": "made", "content": _json(known.answer)}} if endpoint == "chat.start" else {}
    described["responses"] = {"200": {"description": "ok", "content": _json(known.answer)}, **created, **_refusals()}
    described["security"] = [{key: [] for key in (name.removeprefix("X-Bridge-").lower() for name in SIGNED)}]
    return described


def _unsigned(endpoint: str) -> Json:
    """The answers of a call that is not signed by us."""
    if endpoint != "hooks.take_call":
        return {"200": {"description": "ok"}, "503": {"description": "not ready"}}
    taken = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Heard"}}}}
    about = {"200": "about no ticket of this site", "202": "its tickets are asked about"}
    refused = {
        status: answer for status, answer in _refusals().items() if status in {"400", "401", "404", "413", "503"}
    }
    return {**{status: {"description": text, **taken} for status, text in about.items()}, **refused}


def _parameters(endpoint: str, path: str) -> Iterator[Json]:
    for name in re.findall(r"{(\w+)}", path):
        schema = {"type": "string", "minLength": 1, "maxLength": LONGEST.get(name, wire.LONGEST_ID)}
        if name in PATTERNS:
            schema["pattern"] = PATTERNS[name]
        yield {"name": name, "in": "path", "required": True, "schema": schema}
    for query in QUERY.get(endpoint, []):
        yield {"in": "query", "required": False, **query}


def _json(schema: str) -> Json:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def _refusals() -> Json:
    content = {problems.CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    refused = {400: "not JSON", **STATUSES}
    return {str(status): {"description": text, "content": content} for status, text in refused.items()}


def _security_schemes() -> Json:
    return {name.removeprefix("X-Bridge-").lower(): {"type": "apiKey", "in": "header", "name": name} for name in SIGNED}


def bodies(app: Flask) -> frozenset[type[wire.Wire]]:
    """The schemas of all bodies that are taken."""
    taken = (operation(view) for view in app.view_functions.values())
    return frozenset(known.model for known in taken if known and known.model)


def _schemas(app: Flask) -> Json:
    return json.loads(_schemas_text(bodies(app)))


@cache
def _schemas_text(taken: frozenset[type[wire.Wire]]) -> str:
    models: list[tuple[type[wire.Wire], Literal["validation"]]] = [(model, "validation") for model in taken]
    _, definitions = models_json_schema(models, ref_template="#/components/schemas/{model}")
    answers = yaml.safe_load((files("bridge") / "data" / "answers.yaml").read_text("utf-8"))
    return json.dumps({**definitions["$defs"], **answers})
