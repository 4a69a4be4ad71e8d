"""Every helpdesk as a fake vendor of our own, made from its contract.

`tests/integration/test_each_desk.py` holds each adapter to the same story; what is peculiar to a vendor stands in
`tests/contract/test_<vendor>.py`.
"""

from support.desks.chatwoot import ChatwootDesk
from support.desks.freshdesk import FreshdeskDesk
from support.desks.hubspot import HubSpotDesk
from support.desks.intercom import IntercomDesk
from support.desks.linear import LinearDesk
from support.desks.vendor import DeskVendor
from support.desks.zammad import ZammadDesk
from support.desks.zendesk import ZendeskDesk

DESKS: tuple[type[DeskVendor], ...] = (
    ZendeskDesk,
    FreshdeskDesk,
    HubSpotDesk,
    LinearDesk,
    ChatwootDesk,
    IntercomDesk,
    ZammadDesk,
)
