"""`bridge propose`: the one threshold that would serve the labels better, with its backtest. It changes nothing."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import click

from bridge.commands.backtests import printable, tell
from bridge.commands.common import as_json, of_site, opened, print_json, the_site
from bridge.commands.groups import OfOptions
from bridge.commands.runs import progress
from bridge.domain import backtest
from bridge.domain.backtest import Named
from bridge.domain.labels import Score
from bridge.domain.values import Json
from bridge.ports import PolicyVersion
from bridge.service import manage_policy
from bridge.service.propose_threshold import LEAST_LABELS, Material, Proposal, Sample, propose, read_material, scores
from bridge.service.replay_sessions import named_in_force


@dataclass(frozen=True, slots=True)
class Finding:
    """What there is to say: the labels, how the policy in force does by them, and the proposal, if there is one."""

    site: str
    version: int
    name: str
    """What to call the policy in force."""
    labels: int
    """Labelled conversations that can be judged again."""
    present: Score
    proposal: Proposal | None


@click.command("propose", cls=OfOptions)
@of_site
@as_json
def propose_threshold(site_id: str | None, *, as_json: bool) -> None:
    """Propose a threshold that fits the labels better.

    It is shown with its backtest and the line of the policy to change. Nothing is changed.
    """
    with opened() as assembly:
        with assembly.bridge.store.read() as tx:
            site = the_site(tx, site_id).id
            policy = named_in_force(assembly.bridge, tx, site)
            stored = manage_policy.current_policy(tx, site)
        found = find(site, policy, stored, read_material(assembly.bridge, site))
    enough = found.labels >= LEAST_LABELS
    if as_json:
        print_json(shown(found))
        sys.exit(0 if enough else 1)
    if not enough:
        raise click.ClickException(
            f"{found.labels} labelled conversations; {LEAST_LABELS} are needed before a threshold can be proposed: "
            "say of more of them whether a person was needed, in wp-admin or with bridge label"
        )
    click.echo("".join(f"{line}\n" for line in told(found)), nl=False)


def find(site: str, policy: Named, stored: PolicyVersion, material: Material) -> Finding:
    """Judge the labelled conversations, and look for a better number where there are enough of them."""
    labels = len(material.samples)
    (present,) = scores([policy.policy], material.samples)
    enough = labels >= LEAST_LABELS
    proposal = propose(policy, stored.document, material, shown_on_a_terminal) if enough else None
    return Finding(site, stored.version, policy.name, labels, present, proposal)


def shown_on_a_terminal(samples: Sequence[Sample]) -> Iterator[Sample]:
    """A progress bar where somebody watches."""
    with progress(len(samples)) as advance:
        for sample in samples:
            yield sample
            advance(1)


def shown(found: Finding) -> Json:
    """For scripts."""
    return {
        "site": found.site,
        "policy_version": found.version,
        "labels": found.labels,
        "least_labels": LEAST_LABELS,
        "present": _score(found.present),
        "proposal": _proposal(found.proposal) if found.proposal else None,
    }


def _score(score: Score) -> Json:
    return {"f1": round(score.f1, 6), "found": score.found, "wrong": score.wrong, "missed": score.missed}


def _proposal(proposal: Proposal) -> Json:
    turned, edit = proposal.turned, proposal.turned.edit
    return {
        "path": f"/{turned.knob.name}",
        "from": turned.knob.value,
        "to": turned.value,
        "line": edit.line,
        "before": edit.before,
        "after": edit.after,
        "score": _score(proposal.score),
        "backtest": backtest.as_json(proposal.report),
    }


def told(found: Finding) -> Iterator[str]:
    """For a person."""
    yield f"{found.labels} labelled conversations. {found.name}: {_told_score(found.present)}"
    if found.proposal is None:
        yield "No other value of a single threshold does better."
        return
    yield from _told_proposal(found.proposal)


def _told_score(score: Score) -> str:
    wanted = score.found + score.missed
    return f"F1 {score.f1:.2f} ({score.found} of {wanted} handed over rightly, {score.wrong} without need)."


def _told_proposal(proposal: Proposal) -> Iterator[str]:
    turned, edit = proposal.turned, proposal.turned.edit
    yield f"Proposed: {turned.knob.name} {turned.knob.value:g} -> {turned.value:g}. {_told_score(proposal.score)}"
    yield ""
    if edit.before is None:
        yield f"A new line {edit.line} of the policy:"
    else:
        yield f"Line {edit.line} of the policy, now:"
        yield printable(edit.before.rstrip())
        yield "and then:"
    yield printable(edit.after.rstrip())
    yield ""
    yield "What that would have done to the newest conversations:"
    yield ""
    yield tell(proposal.report).rstrip("\n")
    yield ""
    yield "Nothing was changed. bridge policy show > policy.yaml, change the line, then bridge policy put policy.yaml."
