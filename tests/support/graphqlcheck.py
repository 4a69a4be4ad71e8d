"""A GraphQL contract for `contractcheck.Vendor`: operations are named by their field, `mutation issueCreate`."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    build_schema,
    execute_sync,
    parse,
    validate,
)
from graphql.execution.values import get_variable_values
from support.contractcheck import Answered, Request


@cache
def _schema(path: Path) -> GraphQLSchema:
    return build_schema(path.read_text("utf-8"))


class GraphQl:
    """A schema at one address, and its verdicts."""

    def __init__(self, path: Path, address: str = "/graphql") -> None:
        self.schema = _schema(path)
        self._address = address

    def operation(self, request: Request) -> str | None:
        """The kind and the first field of what is asked; None for what is no question to this address."""
        if (request.method, request.path) != ("POST", self._address):
            return None
        try:
            asked = _operation(parse(request.json["query"]))
        except (GraphQLError, ValueError, KeyError):
            return None
        (field, *_) = asked.selection_set.selections
        return f"{asked.operation.value} {field.name.value}" if isinstance(field, FieldNode) else None

    def request_problems(self, request: Request) -> list[str]:
        if not request.headers.get("authorization") or request.headers.get("content-type") != "application/json":
            return ["without a key, or no JSON"]
        document = parse(request.json["query"])
        wrong = validate(self.schema, document)
        if not wrong:
            given = _operation(document).variable_definitions
            found = get_variable_values(self.schema, given, request.json["variables"])
            wrong = found if isinstance(found, list) else []
        return [error.message for error in wrong]

    def answer_problems(self, request: Request, answer: Answered) -> list[str]:
        """An answer with data has to be what the question selects, and of the types of the schema."""
        body = json.loads(answer.body)
        if not isinstance(body, dict) or "data" not in body or body.get("errors"):
            return []
        try:
            fits = self.shown(request, body["data"]) == body["data"]
        except GraphQLError as error:
            return [error.message]
        return [] if fits else ["not what was asked for"]

    def shown(self, request: Request, root: Any) -> Any:
        """Of what the vendor knows, what the question selects.

        Raises:
            GraphQLError: it does not fit the schema.
        """
        given = request.json
        result = execute_sync(self.schema, parse(given["query"]), root, variable_values=given["variables"])
        if result.errors:
            raise result.errors[0]
        return result.data


def _operation(document: DocumentNode) -> OperationDefinitionNode:
    (found,) = (one for one in document.definitions if isinstance(one, OperationDefinitionNode))
    return found
