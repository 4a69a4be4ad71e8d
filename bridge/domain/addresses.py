"""E-mail addresses, read strictly: one mailbox, nothing that a mail server could read as more."""

import re

LONGEST_ADDRESS = 254
LONGEST_LOCAL = 64

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


def mailbox(text: str) -> str | None:
    """The one address in `text` (`name@host`, domain in ASCII form), or None when it is anything else.

    No display name, list, quoting, comment, group, source route, address literal or control character gets through.
    """
    local, at, domain = text.partition("@")
    if not at or len(local) > LONGEST_LOCAL or not _LOCAL.fullmatch(local):
        return None
    try:
        ascii_domain = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    address = f"{local}@{ascii_domain}"
    fits = len(address) <= LONGEST_ADDRESS and all(_LABEL.fullmatch(label) for label in ascii_domain.split("."))
    return address if fits else None
