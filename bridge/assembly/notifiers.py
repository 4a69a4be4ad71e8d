"""The channels that the team watches, made from a site's settings."""

from collections.abc import Callable, Iterator

from bridge.adapters.http import Http
from bridge.adapters.notice.slack import Slack
from bridge.adapters.notice.teams import Teams
from bridge.config import SiteSettings
from bridge.ports import Notifier

RATE = 40
"""Notices a minute that a channel gets: Slack takes about one a second."""


def notifiers(own: SiteSettings, http: Callable[[], Http]) -> tuple[Notifier, ...]:
    """Those whose addresses are set."""
    return tuple(_made(own, http))


def _made(own: SiteSettings, http: Callable[[], Http]) -> Iterator[Notifier]:
    if slack := own.slack_webhook_url.get_secret_value():
        yield Slack(http(), url=slack)
    if teams := own.teams_webhook_url.get_secret_value():
        yield Teams(http(), url=teams)
