"""Slack's incoming webhooks: a message to one channel. Its address is its secret.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
"""

import json

from bridge.adapters.http import Http
from bridge.domain.mail_body import flat
from bridge.ports import Notice, OutcomeUnknown

TEXT_LIMIT = 600
"""Characters of one part; Slack takes 3,000 in a section."""


class Slack:
    """A channel in Slack.

    Args:
        http: carries the calls.
        url: the webhook's address, a secret.
        budget_s: seconds for one call.
    """

    name = "slack"

    def __init__(self, http: Http, *, url: str, budget_s: float = 10.0) -> None:
        self._http = http
        self._url = url
        self._budget_s = budget_s

    def render(self, notice: Notice) -> str:
        """See `bridge.ports.Notifier`. Visitors' words are plain text, in which Slack reads neither marks nor names."""
        parts = [_plain(notice.headline), _plain(notice.summary), _plain(notice.promise)]
        link = {"type": "section", "text": {"type": "mrkdwn", "text": f"<{_escaped(notice.url)}|Open in WordPress>"}}
        return json.dumps({"text": _escaped(notice.headline), "blocks": [*parts, link]}, ensure_ascii=False)

    def send(self, body: str) -> None:
        """See `bridge.ports.Notifier`. Slack answers `ok`, and in plain text."""
        reply = self._http.post(self._url, body, headers={}, budget_s=self._budget_s)
        if reply.body.strip() != b"ok":
            raise OutcomeUnknown("malformed")


def _plain(text: str) -> dict[str, object]:
    return {"type": "section", "text": {"type": "plain_text", "text": flat(text)[:TEXT_LIMIT], "emoji": False}}


def _escaped(text: str) -> str:
    """The three characters by which Slack's own markup begins.

    https://docs.slack.dev/messaging/formatting-message-text#escaping
    """
    return flat(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
