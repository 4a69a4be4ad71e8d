"""What a rule asks for: triggers by name, combined by `any`, `all`, `at_least` so many `of`, and `not`."""

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from bridge.domain.queues import Name
from bridge.domain.values import Frozen


class Any_(Frozen):  # noqa: N801 - `Any` is typing's
    """One of them is enough."""

    any: Annotated[tuple["Condition", ...], Field(min_length=1, max_length=50)]


class All(Frozen):
    """All of them are needed."""

    all: Annotated[tuple["Condition", ...], Field(min_length=1, max_length=50)]


class AtLeast(Frozen):
    """At least so many of them."""

    at_least: Annotated[int, Field(ge=1, le=50)]
    of: Annotated[tuple["Condition", ...], Field(min_length=1, max_length=50)]


class Not(Frozen):
    """It must not hold."""

    not_: Annotated["Condition", Field(alias="not")]


def _kind(value: Any) -> str | None:
    if isinstance(value, str):
        return "trigger"
    keys = (
        value.keys()
        if isinstance(value, Mapping)
        else {"not" if k == "not_" else k for k in getattr(value, "model_fields_set", ())}
    )
    return next((kind for kind in ("any", "all", "at_least", "not") if kind in keys), None)


Condition = Annotated[
    Annotated[Name, Tag("trigger")]
    | Annotated[Any_, Tag("any")]
    | Annotated[All, Tag("all")]
    | Annotated[AtLeast, Tag("at_least")]
    | Annotated[Not, Tag("not")],
    Discriminator(
        _kind,
        custom_error_type="condition",
        custom_error_message="expected a trigger's name, or one of any, all, at_least (with of), not",
    ),
]


def holds(condition: Condition, fired: Callable[[str], bool]) -> bool:
    """Whether a condition holds, given which triggers have fired."""
    match condition:
        case str():
            return fired(condition)
        case Any_():
            return any(holds(part, fired) for part in condition.any)
        case All():
            return all(holds(part, fired) for part in condition.all)
        case AtLeast():
            return sum(holds(part, fired) for part in condition.of) >= condition.at_least
        case Not():
            return not holds(condition.not_, fired)


def names(condition: Condition, *, negated: bool = False) -> Iterator[tuple[str, bool]]:
    """Every trigger that a condition names, with whether it stands under an odd number of `not`."""
    match condition:
        case str():
            yield condition, negated
        case Not():
            yield from names(condition.not_, negated=not negated)
        case Any_(any=parts) | All(all=parts) | AtLeast(of=parts):
            for part in parts:
                yield from names(part, negated=negated)
