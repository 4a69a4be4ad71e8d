"""Settings of the form `name=value,...`, which their validators have let in."""

from collections.abc import Iterator


def pairs_of(text: str) -> Iterator[tuple[str, str]]:
    """Each name with its value, without the spaces around them; a name may come several times."""
    for pair in text.split(","):
        name, equals, value = pair.partition("=")
        if equals:
            yield name.strip(), value.strip()
