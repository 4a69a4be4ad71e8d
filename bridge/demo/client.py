"""A small client of the sidecar's API: it signs every call and checks the signature under every answer."""

import hmac
import json
import secrets
import time
from dataclasses import dataclass
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

from bridge.domain.values import Json
from bridge.web.signing import sign_request, sign_response

TIMEOUT = 10.0
OPENER = build_opener(ProxyHandler({}))
"""The sidecar is on this machine: no proxy of the environment."""


class CallFailed(RuntimeError):  # noqa: N818
    """The sidecar was not reached, refused the call, or the answer is not signed by it."""


@dataclass(frozen=True, slots=True)
class Client:
    """Calls for one site, with one of its secrets."""

    base: str
    site: str
    secret: str

    def __call__(self, method: str, target: str, body: Json = None) -> Json:
        """The answer to a signed call.

        Raises:
            CallFailed: the sidecar was not reached, refused the call, or its answer is not signed by it.
        """
        raw = b"" if body is None else json.dumps(body).encode()
        nonce = secrets.token_urlsafe(18)
        headers = self._headers(method, target, nonce, raw)
        request = Request(self.base + target, data=raw or None, method=method, headers=headers)  # noqa: S310 - http
        try:
            with OPENER.open(request, timeout=TIMEOUT) as answer:
                status, signature, content = answer.status, answer.headers.get("X-Bridge-Signature", ""), answer.read()
        except HTTPError as error:
            raise CallFailed(f"{method} {target}: {error.code} {_detail(error.read())}") from None
        except (URLError, OSError) as error:
            raise CallFailed(f"{method} {target}: {error}") from None
        if not hmac.compare_digest(signature, sign_response(self.secret, status, nonce, content)):
            raise CallFailed(f"{method} {target}: the answer is not signed by the sidecar")
        return json.loads(content)

    def _headers(self, method: str, target: str, nonce: str, raw: bytes) -> dict[str, str]:
        now = int(time.time())
        return {
            "Content-Type": "application/json",
            "X-Bridge-Site": self.site,
            "X-Bridge-Timestamp": str(now),
            "X-Bridge-Nonce": nonce,
            "X-Bridge-Signature": sign_request(self.secret, method, target, now, nonce, raw),
        }


def _detail(content: bytes) -> str:
    try:
        problem = json.loads(content)
    except ValueError:
        return "without a reason"
    return f"{problem.get('title', '')} {problem.get('detail', '')}".strip()
