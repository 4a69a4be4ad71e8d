"""The database, by aggregate, as the use cases see it: each protocol beside its values. `Tx` has them all."""

from bridge.ports.store.alarms import Alarms
from bridge.ports.store.answers import Answers
from bridge.ports.store.callbacks import Callbacks
from bridge.ports.store.escalations import TEAM_NOTE, AgentReply, Escalations, Urgency
from bridge.ports.store.hours import Hours
from bridge.ports.store.labels import Labels
from bridge.ports.store.mails import Mails
from bridge.ports.store.ops import CachedAccount, Lookups, Ops
from bridge.ports.store.pages import Pages
from bridge.ports.store.people import People
from bridge.ports.store.policies import Policies, PolicyMark, PolicyVersion, ShadowPolicy, Shadows
from bridge.ports.store.privacy import Aged, Privacy
from bridge.ports.store.records import Place, Records
from bridge.ports.store.repairs import EscalationCheck, LockedSession, Repairs
from bridge.ports.store.sessions import Sessions
from bridge.ports.store.sites import Scope, Sites, SiteSecret
from bridge.ports.store.stats import Counted, Stats
from bridge.ports.store.transaction import Store, Tx
from bridge.ports.store.upstreams import Upstreams
from bridge.ports.store.work import Undelivered, Undone, Work

__all__ = [
    "TEAM_NOTE",
    "Aged",
    "AgentReply",
    "Alarms",
    "Answers",
    "CachedAccount",
    "Callbacks",
    "Counted",
    "EscalationCheck",
    "Escalations",
    "Hours",
    "Labels",
    "LockedSession",
    "Lookups",
    "Mails",
    "Ops",
    "Pages",
    "People",
    "Place",
    "Policies",
    "PolicyMark",
    "PolicyVersion",
    "Privacy",
    "Records",
    "Repairs",
    "Scope",
    "Sessions",
    "ShadowPolicy",
    "Shadows",
    "SiteSecret",
    "Sites",
    "Stats",
    "Store",
    "Tx",
    "Undelivered",
    "Undone",
    "Upstreams",
    "Urgency",
    "Work",
]
