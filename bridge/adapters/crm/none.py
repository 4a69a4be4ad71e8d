"""No CRM: what the setting `none` stands for. It is never asked; the look-up is `skipped`."""

from bridge.domain.customer import Account
from bridge.domain.values import Visitor


class NoCrm:
    """A CRM that knows nobody."""

    name = "none"

    def account(self, visitor: Visitor, *, budget: float) -> Account | None:  # noqa: ARG002 - the port's shape
        """Know nobody."""
        return None
