"""What is to be said about a policy that fits the schema: names that lead nowhere, parts that can never have a say."""

from collections.abc import Collection, Iterable, Iterator
from fnmatch import fnmatchcase
from itertools import chain
from typing import Final

from bridge.domain import languages, messages
from bridge.domain.calibration import rises
from bridge.domain.conditions import All, Any_, AtLeast, Condition, Not, holds, names
from bridge.domain.customer_triggers import TierAtLeast
from bridge.domain.finding import Finding, error, unknown, warning
from bridge.domain.host import Host
from bridge.domain.lexicon import fold
from bridge.domain.locale_tag import is_tag
from bridge.domain.policy import Flow, Match, Policy, Rule, Thresholds
from bridge.domain.queue_review import review_queues
from bridge.domain.reachable_rules import can_hold, holds_always, unreachable
from bridge.domain.triggers import ConfidenceBelow, Trigger, Words, inputs_of
from bridge.domain.values import Millis

DEFAULT_FLOW: Final = "default"
"""Every session begins in it unless something names another; it need not be defined."""
FRAUD: Final = "fraud"
COUNT_KEYS: Final = ("times", "at_least", "messages")
"""What a trigger with a window calls that which has to stand so often in it."""


def review(policy: Policy, now: Millis, host: Host) -> Iterator[Finding]:
    """Every finding, without its line.

    Args:
        policy: fits the schema.
        now: the instant from which "no opening within a year" is looked for.
        host: who will feed the triggers, as far as that is known.
    """
    yield from _tiers(policy)
    yield from _flows(policy)
    yield from _triggers(policy)
    yield from _beyond_reach(policy)
    yield from _rules(policy)
    yield from review_queues(policy, now)
    yield from _responder(policy)
    for language in policy.messages:
        if not is_tag(language):
            hint = "name it as browsers do: en, de, pt_BR"
            yield warning(f"/messages/{language}", "no visitor speaks it: it is no language's code", hint)
    for path, fault, hint in messages.faults(policy.messages, policy.own_messages):
        yield error(f"/messages/{path}", fault, hint)
    yield from _fed(policy, host)


# -- tiers and flows ---------------------------------------------------------------------------------------------------


def _tiers(policy: Policy) -> Iterator[Finding]:
    folded = [tier.casefold() for tier in policy.tiers]  # as a CRM's are compared
    for n, tier in enumerate(policy.tiers):
        if folded[n] in folded[:n]:
            yield error(f"/tiers/{n}", f"the tier {tier!r} stands twice", "name each once, from low to high")
    for path, tier in _named_tiers(policy):
        if tier not in policy.tiers:
            yield unknown(path, "tier", tier, policy.tiers)


def _named_tiers(policy: Policy) -> Iterator[tuple[str, str]]:
    """Every place that names a tier."""
    yield "/default_tier", policy.default_tier
    yield from _tiers_of("/thresholds", policy.thresholds)
    for name, flow in policy.flows.items():
        yield from _tiers_of(f"/flows/{name}/thresholds", flow.thresholds)
    for name, trigger in policy.triggers.items():
        if isinstance(trigger, TierAtLeast):
            yield f"/triggers/{name}/tier", trigger.tier
    for index, rule in enumerate(policy.rules):
        yield from ((f"/rules/{index}/tiers/{n}", tier) for n, tier in enumerate(rule.tiers))
    for name, queue in policy.queues.items():
        yield from ((f"/queues/{name}/tiers/{n}", tier) for n, tier in enumerate(queue.tiers))
        yield from ((f"/queues/{name}/by_tier/{tier}", tier) for tier in queue.by_tier)


def _tiers_of(path: str, thresholds: Thresholds) -> Iterator[tuple[str, str]]:
    return ((f"{path}/tiers/{tier}", tier) for tier in thresholds.tiers)


def _flows(policy: Policy) -> Iterator[Finding]:
    earlier: dict[str, Flow] = {}
    for name, flow in policy.flows.items():
        if name != DEFAULT_FLOW:
            yield from _way_in(f"/flows/{name}", flow.match, earlier)
        earlier[name] = flow


def _way_in(path: str, match: Match, earlier: dict[str, Flow]) -> Iterator[Finding]:
    """Whether anything leads into a flow: the first flow that matches wins, so an earlier one may take it all."""
    ways = {"intents": match.intents, "words": match.words, "pages": match.pages}
    given = {kind: kept for kind, way in ways.items() if (kept := [one for one in way if one.strip()])}
    if not given:
        hint = "give it a match: intents, words or pages; or send its name as `flow` at session start"
        yield warning(path, "nothing leads to it but a host that names it", hint)
        return
    taken = {kind: by for kind, wanted in given.items() if (by := _takers(kind, wanted, earlier))}
    hint = "the first flow that matches wins; put the narrower one first"
    if len(taken) == len(given):
        owners = ", ".join(dict.fromkeys(chain.from_iterable(taken.values())))
        yield error(f"{path}/match", f"no one can enter it: all that leads to it leads to {owners}", hint)
        return
    for kind, found in taken.items():
        yield warning(f"{path}/match/{kind}", f"all of them lead to {', '.join(found)}", hint)


def _takers(kind: str, wanted: Iterable[str], earlier: dict[str, Flow]) -> list[str]:
    """The earlier flows that together take all of what is wanted; none where something is left."""
    found = [next((name for name, flow in earlier.items() if _takes(flow.match, kind, one)), None) for one in wanted]
    return [] if None in found else list(dict.fromkeys(filter(None, found)))


def _takes(match: Match, kind: str, wanted: str) -> bool:
    if kind == "words":
        return bool(match.pattern and match.pattern.search(fold(wanted)))
    if kind == "pages":
        return any(_wider(f"*{page}*", f"*{wanted}*") for page in match.pages)
    return any(_wider(intent, wanted) for intent in match.intents)


def _wider(pattern: str, narrower: str) -> bool:
    """Whether a pattern matches all that a narrower one does; False where that cannot be told by looking."""
    literal = set("*?[").isdisjoint(narrower)
    only_stars = "[" not in narrower and set("?[").isdisjoint(pattern)
    return pattern in ("*", narrower) or ((literal or only_stars) and fnmatchcase(narrower, pattern))


# -- triggers and rules ------------------------------------------------------------------------------------------------


def _triggers(policy: Policy) -> Iterator[Finding]:
    """Triggers without a rule, and phrases that are never found.

    Where a rule names a trigger that there is not, that is told first: it may be the one without a rule.
    """
    used = {name for rule in policy.rules for name, _ in names(rule.when)}
    for name in policy.triggers:
        if name not in used and used <= policy.triggers.keys():
            yield warning(f"/triggers/{name}", "no rule asks for it", "name it in a rule's `when`, or take it out")
    for name in sorted(_of_everybody(policy)):
        hint = "name a higher tier, or take it out"
        yield warning(f"/triggers/{name}/tier", f"it always fires: {policy.tiers[0]!r} is the lowest tier", hint)
    for name, trigger in policy.triggers.items():
        if isinstance(trigger, Words):
            yield from _mute_phrases(f"/triggers/{name}/words", trigger.words or ())


def _mute_phrases(path: str, phrases: Iterable[str]) -> Iterator[Finding]:
    """Phrases that can never be found in conversations of some language, where all their words are small ones."""
    for n, phrase in enumerate(phrases):
        if mute := languages.mute_in(phrase):
            hint = "add a word that means something by itself, unless you serve nobody in that language"
            yield warning(f"{path}/{n}", f"it has no content words in {', '.join(mute)}: it never fires there", hint)


def _beyond_reach(policy: Policy) -> Iterator[Finding]:
    """Thresholds that nothing is below, and counts that no window of theirs holds: each turn counts once."""
    for name, trigger in policy.triggers.items():
        if isinstance(trigger, ConfidenceBelow) and trigger.below == 0:
            yield error(f"/triggers/{name}/below", "it never fires: no confidence is below 0", "such as 0.5")
        window: int = getattr(trigger, "within_turns", None) or 0
        for key in COUNT_KEYS if window else ():
            often: int = getattr(trigger, key, 0)
            if often > window:
                where = key if key in trigger.model_fields_set else "within_turns"
                said = f"it never comes to {often} within {window} turn{'s' * (window > 1)}"
                yield error(f"/triggers/{name}/{where}", said, "widen within_turns, or ask for fewer")


def _rules(policy: Policy) -> Iterator[Finding]:
    for index, rule in enumerate(policy.rules):
        path = f"/rules/{index}"
        for trigger in dict.fromkeys(name for name, _ in names(rule.when)):
            if trigger not in policy.triggers:
                yield unknown(f"{path}/when", "trigger", trigger, policy.triggers)
        if rule.queue and rule.queue not in policy.queues:
            yield unknown(f"{path}/queue", "queue", rule.queue, policy.queues)
        for n, flow in enumerate(rule.flows):
            if flow not in policy.flows and flow != DEFAULT_FLOW:
                yield unknown(f"{path}/flows/{n}", "flow", flow, policy.flows)
        yield from _own_message(f"{path}/message", rule.message, policy)
        yield from _twice(policy, index)
        yield from _doubled(f"{path}/when", rule.when)
    yield from _unreachable(policy)
    yield from _fraud_alone(policy)


def _own_message(path: str, key: str | None, policy: Policy) -> Iterator[Finding]:
    if key is None or key in messages.FOR_RULES:
        return
    if key in messages.KEYS:
        hint = "the standard messages have their own occasions; give yours a name of its own"
        yield error(path, f"the message {key!r} is a standard message", hint)
        return
    owned = dict.fromkeys(own for texts in policy.messages.values() for own in texts if own not in messages.KEYS)
    if key not in owned:
        yield unknown(path, "message", key, owned)


def _twice(policy: Policy, index: int) -> Iterator[Finding]:
    name = policy.rules[index].name
    if any(earlier.name == name for earlier in policy.rules[:index]):
        hint = "give each its own name"
        yield error(f"/rules/{index}/name", f"the rule {name!r} stands twice", hint)


def _doubled(path: str, condition: Condition) -> Iterator[Finding]:
    """Parts that stand twice beside each other: a count takes the one for two."""
    for below, parts in _groups(path, condition):
        seen: set[Condition] = set()
        for n, part in enumerate(parts):
            if part in seen:
                yield error(f"{below}/{n}", f"{_called(part)} stands twice", "name it once")
            seen.add(part)


def _groups(path: str, condition: Condition) -> Iterator[tuple[str, tuple[Condition, ...]]]:
    """The parts of every any, all and at_least in a condition, and where they stand."""
    match condition:
        case Not():
            yield from _groups(f"{path}/not", condition.not_)
            return
        case Any_():
            below, parts = f"{path}/any", condition.any
        case All():
            below, parts = f"{path}/all", condition.all
        case AtLeast():
            below, parts = f"{path}/of", condition.of
        case _:
            return
    yield below, parts
    for n, part in enumerate(parts):
        yield from _groups(f"{below}/{n}", part)


def _called(part: Condition) -> str:
    return f"the trigger {part!r}" if isinstance(part, str) else "a condition"


def _unreachable(policy: Policy) -> Iterator[Finding]:
    """Rules that can never decide; and of the others, conditions that are beside their own opposite or always hold."""
    always = _of_everybody(policy)
    dead = dict(unreachable(policy.rules, always))
    for index, rule in enumerate(policy.rules):
        if index not in dead:
            path = f"/rules/{index}/when"
            yield from list(_opposites(path, rule.when)) or _unconditional(path, rule, always)
        elif earlier := dead[index]:
            hint = "the first rule that holds decides; put the narrower one first"
            said = f"it can never decide: whenever it holds, {earlier.name!r} has decided"
            yield error(f"/rules/{index}", said, hint)
        else:
            hint = "its condition contradicts itself, or asks for more triggers than it names"
            yield error(f"/rules/{index}/when", "it can never hold", hint)


def _unconditional(path: str, rule: Rule, always: frozenset[str]) -> Iterator[Finding]:
    if not rule.flows and not rule.tiers and holds_always(rule.when, always):
        hint = "ask for something that not every conversation shows"
        yield warning(path, "it holds for every conversation: the bot never has a say", hint)


def _of_everybody(policy: Policy) -> frozenset[str]:
    """The triggers that fire for every customer."""
    lowest = policy.tiers[0]
    return frozenset(n for n, one in policy.triggers.items() if isinstance(one, TierAtLeast) and one.tier == lowest)


def _opposites(path: str, condition: Condition) -> Iterator[Finding]:
    """Parts beside their own opposite: where all are needed nothing is ever enough, elsewhere one always holds."""
    for below, parts in _groups(path, condition):
        opposed = {part.not_ for part in parts if isinstance(part, Not)}
        for both in (f"{_called(part)} and its opposite" for part in parts if part in opposed):
            if below.endswith("/all"):
                yield error(below, f"{both} never hold together", "take one of them out")
            else:
                yield warning(below, f"{both} stand side by side: one of them always holds", "take them out")


def _fraud_alone(policy: Policy) -> Iterator[Finding]:
    """Words of fraud are what a customer asks about, not a sign that the bot has failed."""
    fraud = {name for name, trigger in policy.triggers.items() if isinstance(trigger, Words) and trigger.list == FRAUD}
    for index, rule in enumerate(policy.rules):
        asked = fraud.intersection(name for name, _ in names(rule.when))
        alone = any(holds(rule.when, said.__contains__) for said in (asked, *({name} for name in asked)))
        if alone and not holds(rule.when, frozenset().__contains__):
            hint = "ask for another sign beside them, such as unsure or big_account"
            yield error(f"/rules/{index}/when", "words of fraud alone decide it, and many ask about fraud", hint)


# -- the responder -----------------------------------------------------------------------------------------------------


def _responder(policy: Policy) -> Iterator[Finding]:
    own = policy.responder
    if not rises(own.calibration):
        hint = "bridge calibrate prints one that rises"
        yield error("/responder/calibration", "a higher rating must not be worth less", hint)
    for n, fact in enumerate(own.facts):
        if fact in own.facts[:n]:
            yield warning(f"/responder/facts/{n}", f"{fact} stands twice", "name it once")


# -- what this host feeds ----------------------------------------------------------------------------------------------


def _fed(policy: Policy, host: Host) -> Iterator[Finding]:
    """Triggers whose input never comes from this host, and the rules that therefore never decide."""
    silent = {name: why for name, trigger in policy.triggers.items() if (why := _silence(policy, trigger, host))}
    hint = "let the host feed it, or take it out"
    for name, why in silent.items():
        yield warning(f"/triggers/{name}", f"it cannot fire here: {why}", hint)
    for index, rule in enumerate(policy.rules):
        if why := _never(policy, rule, silent, host):
            yield warning(f"/rules/{index}", f"it can never decide here: {why}", hint)


def _silence(policy: Policy, trigger: Trigger, host: Host) -> str | None:
    """Why the trigger cannot fire here. Without a CRM every customer has the default tier, which may be enough."""
    if isinstance(trigger, TierAtLeast) and _reaches(policy.default_tier, trigger.tier, policy.tiers):
        return None
    return next(filter(None, map(host.lacks, sorted(inputs_of(trigger)))), None)


def _reaches(tier: str, wanted: str, tiers: tuple[str, ...]) -> bool:
    return tier in tiers and wanted in tiers and tiers.index(tier) >= tiers.index(wanted)


def _never(policy: Policy, rule: Rule, silent: dict[str, str], host: Host) -> str:
    if host.crm is False and rule.tiers and policy.default_tier not in rule.tiers:
        return f"{host.lacks('crm')}, so everybody has the tier {policy.default_tier}"
    return "; ".join(_reasons(rule, silent))


def _reasons(rule: Rule, silent: dict[str, str]) -> Collection[str]:
    """Why a rule that could hold elsewhere does not here; nothing where it still can."""
    asked = dict.fromkeys(silent[name] for name, _ in names(rule.when) if name in silent)
    return () if not asked or can_hold(rule.when, without=silent) else asked
