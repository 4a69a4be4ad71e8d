"""S01: any bytes for the four headers, the target and the body: a stranger is refused, and nothing breaks."""

import time
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.sidecar import SHOP, Sidecar, in_process

from bridge.web.signing import sign_request

NAMES = ("Site", "Timestamp", "Nonce", "Signature")
TARGET, NONCE = "/v1/sessions", "n" * 22
BODY = b'{"session_id": "ses_0123456789abcdef", "visitor": {"identity": "anonymous"}}'
WIRE = st.one_of(
    st.binary(max_size=200),
    st.binary(min_size=1, max_size=4).map(lambda some: some * 3000),
    st.text("abcXYZ019-_=.:, ", max_size=60).map(str.encode),
)
"""What may stand on a wire: bytes of every kind, long runs of few, and texts that are nearly right."""


@pytest.fixture(scope="module")
def served(fresh_sqlite: Callable[[], str]) -> Iterator[Sidecar]:
    with in_process(fresh_sqlite()) as sidecar:
        yield sidecar


def answered(sidecar: Sidecar, method: str, target: bytes, headers: dict[str, bytes], body: bytes) -> tuple[int, Any]:
    """Status and headers of a call that comes as gunicorn hands it over: latin-1 for whatever the bytes were."""
    said: list[Any] = []
    path, _, query = target.partition(b"?")
    environ = {
        "REQUEST_METHOD": method,
        "RAW_URI": target.decode("latin-1"),
        "PATH_INFO": path.decode("latin-1"),
        "QUERY_STRING": query.decode("latin-1"),
        "SERVER_NAME": "bridge",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
        "wsgi.url_scheme": "http",
        **{f"HTTP_X_BRIDGE_{name.upper()}": value.decode("latin-1") for name, value in headers.items()},
    }
    b"".join(sidecar.app.wsgi_app(environ, lambda status, head, *_: said.extend((int(status[:3]), dict(head)))))
    return said[0], said[1]


def rightly_signed(sidecar: Sidecar) -> dict[str, bytes]:
    now = int(time.time())
    signature = sign_request(sidecar.pairing.chat_secret, "POST", TARGET, now, NONCE, BODY)
    return {name: str(value).encode() for name, value in zip(NAMES, (SHOP.id, now, NONCE, signature), strict=True)}


@settings(max_examples=1000, deadline=None)
@given(st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, WIRE)), WIRE, WIRE)
def test_s01_headers_of_any_bytes_are_refused(
    served: Sidecar, some: dict[str, bytes], more: bytes, body: bytes
) -> None:
    for target in (TARGET.encode(), TARGET.encode() + b"?" + more, b"/v1/sessions/" + more, more):
        status, headers = answered(served, "POST", target, some, body)
        assert status in (401, 404, 405)
        assert status == 401 or target != TARGET.encode()
        assert "X-Bridge-Signature" not in headers


@settings(max_examples=1000, deadline=None)
@given(st.data())
def test_s01_one_part_of_any_bytes_spoils_a_right_signature(served: Sidecar, data: st.DataObject) -> None:
    headers, target, body = rightly_signed(served), TARGET.encode(), BODY
    what = data.draw(st.sampled_from([*NAMES, "target", "body"]))
    new = data.draw(WIRE)
    if what == "target":
        target += b"?" + new
    elif what == "body":
        body = new
    else:
        headers[what] = new
    status, said = answered(served, "POST", target, headers, body)
    assert (status, "X-Bridge-Signature" in said) == (401, False), (what, new)


def test_the_call_that_is_spoiled_is_a_right_one(served: Sidecar) -> None:
    status, said = answered(served, "POST", TARGET.encode(), rightly_signed(served), BODY)
    assert (status, "X-Bridge-Signature" in said) == (201, True)
