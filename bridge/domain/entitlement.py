"""What a promise goes by. A typed address may be anybody's: it moves its customer up at the team, and promises no more.

So who tries an address reads the same as who tries another, and learns of nobody that they are a customer.
"""

from bridge.domain.escalation import Escalation
from bridge.domain.policy import Policy
from bridge.domain.values import Identity, Priority


def tier_of(policy: Policy, escalation: Escalation) -> str:
    """The tier that queues, hours and promises go by: where an address was typed, that of a customer nobody knows."""
    customer = escalation.packet.customer
    typed = customer.identity is Identity.CLAIMED and not customer.tier_assumed
    return policy.default_tier if typed else customer.tier


def priority_of(policy: Policy, escalation: Escalation) -> Priority:
    """The priority that promises go by: where an address was typed, that of the rule alone."""
    if escalation.packet.customer.identity is not Identity.CLAIMED:
        return escalation.priority
    rule = policy.rule_named(escalation.rule)
    return rule.priority if rule else Priority.NORMAL
