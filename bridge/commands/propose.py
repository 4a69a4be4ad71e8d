"""`bridge propose`: the one threshold that would serve the labels better, with its backtest. It changes nothing."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import click

from bridge.commands.backtests import printable, tell
from bridge.commands.common import as_json, of_site, opened, print_json, the_site
from bridge.domain import backtest
from bridge.domain.findings import read_policy
from bridge.domain.labels import Score
from bridge.domain.values import Json
from bridge.ports import PolicyVersion
from bridge.service import manage_policy
from bridge.service.propose_threshold import LEAST_LABELS, Material, Proposal, Turned, propose, read_material, score_of


@dataclass(frozen=True, slots=True)
class Finding:
    """What there is to say: the labels, how the policy in force does by them, and the proposal, if there is one."""

    site: str
    policy: PolicyVersion
    material: Material
    present: Score
    proposal: Proposal | None

    @property
    def labels(self) -> int:
        """Labelled conversations that can be judged again."""
        return len(self.material.samples)


@click.command("propose")
@of_site
@as_json
def propose_threshold(site_id: str | None, *, as_json: bool) -> None:
    """Propose a threshold that fits the labels better.

    It is shown with its backtest and the line of the policy to change. Nothing is changed.
    """
    with opened() as assembly, assembly.bridge.store.read() as tx:
        site = the_site(tx, site_id).id
        policy = manage_policy.current_policy(tx, site)
        material = read_material(tx, site, assembly.bridge.clock.now())
    found = find(site, policy, material)
    if as_json:
        print_json(shown(found))
        return
    click.echo("".join(f"{line}\n" for line in told(found)), nl=False)


def find(site: str, policy: PolicyVersion, material: Material) -> Finding:
    """Judge the labelled conversations, and look for a better number where there are enough of them."""
    present = score_of(read_policy(policy.document), material.samples)
    enough = len(material.samples) >= LEAST_LABELS
    return Finding(
        site, policy, material, present, propose(policy.document, material, shown_on_a_terminal) if enough else None
    )


def shown_on_a_terminal(turned: Sequence[Turned]) -> Iterator[Turned]:
    """A progress bar where somebody watches."""
    if not sys.stderr.isatty():
        yield from turned
        return
    with click.progressbar(turned, label="Trying", file=sys.stderr) as bar:
        yield from bar


def shown(found: Finding) -> Json:
    """For scripts."""
    return {
        "site": found.site,
        "policy_version": found.policy.version,
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
        "backtest": backtest.as_json(proposal.tally, proposal.difference),
    }


def told(found: Finding) -> Iterator[str]:
    """For a person."""
    if found.labels < LEAST_LABELS:
        yield f"{found.labels} labelled conversations; {LEAST_LABELS} are needed before a threshold can be proposed."
        yield "Say of more of them whether a person was needed: in wp-admin, or with bridge label."
        return
    name = f"version {found.policy.version} of {found.site}"
    yield f"{found.labels} labelled conversations. {name}: {_told_score(found.present)}"
    if found.proposal is None:
        yield "No other value of a single threshold does better."
        return
    yield from _told_proposal(found.proposal, name)


def _told_score(score: Score) -> str:
    wanted = score.found + score.missed
    return f"F1 {score.f1:.2f} ({score.found} of {wanted} handed over rightly, {score.wrong} without need)."


def _told_proposal(proposal: Proposal, name: str) -> Iterator[str]:
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
    yield tell(proposal.tally, proposal.difference, tried="the proposal", present=name).rstrip("\n")
    yield ""
    yield "Nothing was changed. bridge policy show > policy.yaml, change the line, then bridge policy put policy.yaml."
