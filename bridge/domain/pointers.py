"""JSON pointers (RFC 6901) into a document that does not fit its schema."""

from bridge.domain.values import Json


def pointer(*parts: int | str) -> str:
    """The pointer of these parts."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def pointer_of(loc: tuple[int | str, ...], document: Json, *, missing: bool = False) -> str:
    """Where in a document a fault of pydantic's is; what is missing counts as standing where it would have to.

    Among the parts of `loc` are names of the branches of unions, and a key may be called the same. So of all the ways
    that leave some parts out the longest that leads into the document is taken; of two, the one of the later parts.
    """
    ways = {"": document}
    for part in loc:
        ways |= {way + pointer(part): value[part] for way, value in ways.items() if _holds(value, part)}
    if missing:
        ways = {way: value for way, value in ways.items() if isinstance(value, dict) and loc[-1] not in value}
    found = max(reversed(ways), key=lambda way: way.count("/"), default="")
    return found + pointer(loc[-1]) if missing else found


def _holds(value: Json, part: int | str) -> bool:
    if isinstance(value, list):
        return isinstance(part, int) and part < len(value)
    return isinstance(value, dict) and part in value
