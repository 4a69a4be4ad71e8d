"""What several use cases refuse a call with. An error of one use case alone stands in its module."""

from bridge.ports import BridgeError


class SiteUnknown(BridgeError):  # noqa: N818 - it names what it is, as those below do
    """There is no such site."""


class SessionUnknown(BridgeError):  # noqa: N818
    """This site has no such session."""


class TurnUnknown(BridgeError):  # noqa: N818
    """This session has no such turn."""


class TurnContradicted(BridgeError):  # noqa: N818
    """The same turn was sent before with another body; nothing was changed."""


class EscalationUnknown(BridgeError):  # noqa: N818
    """This site has no such escalation."""
