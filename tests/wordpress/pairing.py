"""A site with another environment or another pairing code than its own."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager

from installation import Installation
from wordpress_site import Site


@contextmanager
def php_sees(site: Site, **env: str | None) -> Iterator[None]:
    """What PHP's getenv() answers in the meantime; None for nothing."""
    former = dict(site.env)
    site.env = {name: value for name, value in {**former, **env}.items() if value is not None}
    try:
        yield
    finally:
        site.env = former


@contextmanager
def served_with(site: Site, **env: str | None) -> Iterator[None]:
    """The same for the web server, which starts anew for it."""
    with php_sees(site, **env):
        site.end_serving()
        site.serve()
        yield
    site.end_serving()
    site.serve()


def code_with(installed: Installation, **changes: str) -> str:
    """The pairing code with other contents."""
    packed = installed.pairing["pairing_code"].removeprefix("esc1.")
    known = json.loads(urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
    return f"esc1.{urlsafe_b64encode(json.dumps({**known, **changes}).encode()).decode().rstrip('=')}"
