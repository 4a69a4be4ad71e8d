"""How a locale is written, by a browser, by WordPress or by an owner: `de`, `pt-BR`, `de_DE_formal`, `en_US.UTF-8`."""

import re


def is_tag(text: str) -> bool:
    """Whether the locale of a visitor can be written so."""
    return re.fullmatch(r"[a-z]{2,3}(_[a-z0-9]{2,8}){0,3}", tag_of(text)) is not None


def tag_of(locale: str) -> str:
    """The one way to write it: `pt-BR` -> `pt_br`, `en_US.UTF-8` -> `en_us`."""
    return locale.strip().split(".")[0].replace("-", "_").casefold()


def closest_first(locale: str) -> list[str]:
    """`pt_BR` -> `pt_br`, `pt`: from the closest to the widest."""
    parts = [part for part in tag_of(locale).split("_") if part][:4]
    return ["_".join(parts[:length]) for length in range(len(parts), 0, -1)]


def language_in(locale: str) -> str:
    """`pt-BR` -> `pt`, `sr@latin` -> `sr`."""
    return re.split("[_@]", tag_of(locale), maxsplit=1)[0]
