"""Microsoft Teams: a card to one channel, by a workflow that is triggered by a webhook. Its address is its secret.

https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook
"""

import json

from bridge.adapters.http import Http
from bridge.domain.mail_body import flat
from bridge.domain.values import Json
from bridge.ports import Notice

TEXT_LIMIT = 600
"""Characters of one part; a message may have 28 KB."""
CARD_TYPE = "application/vnd.microsoft.card.adaptive"


class Teams:
    """A channel in Teams.

    Args:
        http: carries the calls.
        url: the workflow's address, a secret.
        budget_s: seconds for one call.
    """

    name = "teams"

    def __init__(self, http: Http, *, url: str, budget_s: float = 15.0) -> None:
        self._http = http
        self._url = url
        self._budget_s = budget_s

    def render(self, notice: Notice) -> str:
        """See `bridge.ports.Notifier`. Visitors' words stand in text runs, in which no Markdown is read."""
        card = {
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "type": "AdaptiveCard",
            "version": "1.4",
            "body": [_run(notice.headline, weight="Bolder"), _run(notice.summary), _run(notice.promise)],
            "actions": [{"type": "Action.OpenUrl", "title": "Open in WordPress", "url": notice.url}],
        }
        message = {"type": "message", "attachments": [{"contentType": CARD_TYPE, "contentUrl": None, "content": card}]}
        return json.dumps(message, ensure_ascii=False)

    def send(self, body: str) -> None:
        """See `bridge.ports.Notifier`. A workflow answers 202 with nothing, an older connector 200 with `1`."""
        self._http.post(self._url, body, headers={}, budget_s=self._budget_s)


def _run(text: str, **style: str) -> Json:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": flat(text)[:TEXT_LIMIT], **style}]}
