"""Slack and Teams: a word that there is something to do, in which nothing that a visitor wrote can call anybody."""

import json
from typing import Any

import pytest
from support.contractcheck import OpenApi, read_request
from support.contracts import CARRIED

from bridge.adapters.deadline import Deadline
from bridge.adapters.http import Call, Http, Reply
from bridge.adapters.notice.slack import TEXT_LIMIT, Slack
from bridge.adapters.notice.teams import CARD_TYPE, Teams
from bridge.ports import AdapterError, NotDone, Notice, OutcomeUnknown, Rejected

SLACK_URL = "https://hooks.slack.com/services/T0/B0/secret-of-slack"
TEAMS_URL = "https://prod.example.logic.azure.com/workflows/secret-of-teams"
TRICK = "<!channel> <https://evil.example|Click> @here *bold* [x](https://evil.example)\n> & more"
NOTICE = Notice(
    why="Due soon", summary=TRICK, queue="billing", priority="urgent", promise="Before 9:15 AM EST tomorrow",
    url="https://shop.example/wp-admin/admin.php?page=escbridge-escalations&escalation=esc_1",
)  # fmt: skip


class Channel:
    """Answers every call the same, and keeps the calls."""

    def __init__(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.reply = Reply(status, headers or {}, body)
        self.calls: list[Call] = []

    def __call__(self, call: Call, deadline: Deadline) -> Reply:
        deadline.sending()
        self.calls.append(call)
        return self.reply


def slack(channel: Channel) -> Slack:
    return Slack(Http(transport=channel), url=SLACK_URL)


def teams(channel: Channel) -> Teams:
    return Teams(Http(transport=channel), url=TEAMS_URL)


def test_slack_is_sent_what_its_contract_takes() -> None:
    channel = Channel(200, b"ok")
    notifier = slack(channel)
    notifier.send(notifier.render(NOTICE))
    (call,) = channel.calls
    contract = OpenApi(CARRIED / "slack" / "slack-incoming-webhook.own.openapi.json")
    assert contract.request_problems(read_request(call.method, call.url, call.headers, call.body)) == []


def test_slack_takes_what_a_visitor_wrote_as_plain_text() -> None:
    body = json.loads(slack(Channel(200, b"ok")).render(NOTICE))
    texts = [block["text"] for block in body["blocks"]]
    marked = [text["text"] for text in texts if text["type"] == "mrkdwn"]
    assert any("Click" in text["text"] for text in texts)
    assert not any("Click" in text or "channel" in text for text in (*marked, body["text"]))
    assert marked == [f"<{NOTICE.url.replace('&', '&amp;')}|Open in WordPress>"]


def test_the_queue_cannot_call_the_channel_either() -> None:
    assert "<!channel>" not in json.loads(slack(Channel(200, b"ok")).render(_with(queue="<!channel>")))["text"]


def test_teams_takes_what_a_visitor_wrote_as_runs_of_text() -> None:
    body = json.loads(teams(Channel(202, b"")).render(NOTICE))
    (attachment,) = body["attachments"]
    assert attachment["contentType"] == CARD_TYPE
    blocks = attachment["content"]["body"]
    assert {block["type"] for block in blocks} == {"RichTextBlock"}
    assert {run["type"] for block in blocks for run in block["inlines"]} == {"TextRun"}
    assert attachment["content"]["actions"] == [
        {"type": "Action.OpenUrl", "title": "Open in WordPress", "url": NOTICE.url}
    ]


@pytest.mark.parametrize("made", [slack, teams])
def test_a_part_is_cut_where_the_channel_would_refuse_it(made: Any) -> None:
    body = made(Channel(200, b"ok")).render(_with(summary="x" * 5000))
    assert "x" * TEXT_LIMIT in body
    assert "x" * (TEXT_LIMIT + 1) not in body


@pytest.mark.parametrize("answer", [(200, b"1"), (202, b""), (200, b"")])
def test_every_good_answer_of_teams_is_one(answer: tuple[int, bytes]) -> None:
    teams(Channel(*answer)).send("{}")


OUTCOMES = {
    "gone": (404, b"no_service", {}, Rejected, None),
    "refused": (400, b"invalid_payload", {}, Rejected, None),
    "too many": (429, b"", {"retry-after": "30"}, NotDone, 30.0),
    "down": (503, b"", {}, OutcomeUnknown, None),
}


@pytest.mark.parametrize("made", [slack, teams])
@pytest.mark.parametrize(("status", "body", "headers", "kind", "wait"), OUTCOMES.values(), ids=OUTCOMES)
def test_each_outcome_has_its_name_and_tells_no_secret(
    made: Any, status: int, body: bytes, headers: dict[str, str], kind: type[AdapterError], wait: float | None
) -> None:
    with pytest.raises(kind) as error:
        made(Channel(status, body, headers)).send("{}")
    assert error.value.retry_after == wait
    assert "secret" not in str(error.value)


def test_a_page_in_place_of_slack_is_no_success() -> None:
    with pytest.raises(OutcomeUnknown):
        slack(Channel(200, b"<html>log in</html>")).send("{}")


def _with(**changes: str) -> Notice:
    return Notice(**{**{name: getattr(NOTICE, name) for name in NOTICE.__slots__}, **changes})
