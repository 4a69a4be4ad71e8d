"""`bridge calibrate`: what the responder's ratings of itself are worth, as a part of the policy. It changes nothing."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import click
from pydantic import Field, ValidationError

from bridge.commands.common import as_json, of_site, opened, print_json, the_site
from bridge.commands.groups import OfOptions
from bridge.commands.replay import BYTE_ORDER_MARK, file_path
from bridge.domain.calibration import Calibration, Error, Sample, TooFewLabels, calibrate
from bridge.domain.values import Frozen, Json
from bridge.service.calibrate import read_samples


class Line(Frozen):
    """A line of `--input`."""

    confidence: Annotated[float, Field(ge=0, le=1, strict=True)]
    correct: Annotated[bool, Field(strict=True)]


@click.command("calibrate", cls=OfOptions)
@click.option("--input", "file", type=file_path, help='Ratings from elsewhere: {"confidence": 0.9, "correct": true}.')
@of_site
@as_json
def calibrate_ratings(file: Path | None, site_id: str | None, *, as_json: bool) -> None:
    """Say what a responder's ratings of itself are worth.

    They become probabilities by what the team says of past conversations. A part of the policy is printed, with the
    error of the ratings before and after. Nothing is changed.
    """
    samples = _from_file(file) if file else _from_labels(site_id)
    try:
        found = calibrate(samples)
    except TooFewLabels as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        print_json(shown(found))
        return
    click.echo("".join(f"{line}\n" for line in told(found)), nl=False)


def _from_labels(site_id: str | None) -> list[Sample]:
    with opened() as assembly:
        with assembly.bridge.store.read() as tx:
            site = the_site(tx, site_id).id
        return read_samples(assembly.bridge, site)


def _from_file(file: Path) -> list[Sample]:
    return [
        _sample(line, n)
        for n, line in enumerate(file.read_bytes().removeprefix(BYTE_ORDER_MARK).splitlines(), 1)
        if line.strip()
    ]


def _sample(line: bytes, number: int) -> Sample:
    try:
        read = Line.model_validate_json(line)
    except ValidationError:
        wanted = 'expected {"confidence": a number from 0 to 1, "correct": true or false}'
        raise click.ClickException(f"line {number}: {wanted}") from None
    return Sample(read.confidence, read.correct)


def shown(found: Calibration) -> Json:
    """For scripts."""
    return {
        "labels": found.labels,
        "right": found.right,
        "before": _error(found.before),
        "after": _error(found.after),
        "calibration": found.points if found.helps else None,
    }


def _error(error: Error) -> Json:
    return {"ece": round(error.ece, 4), "brier": round(error.brier, 4)}


def told(found: Calibration) -> Iterator[str]:
    """For a person."""
    yield f"{found.labels} labelled replies, {found.right} of them right ({found.right / found.labels:.0%})."
    yield f"Before: expected calibration error {found.before.ece:.3f}, Brier score {found.before.brier:.3f}."
    yield f"After:  expected calibration error {found.after.ece:.3f}, Brier score {found.after.brier:.3f}."
    yield "After is cross-validated: of labels that the map was not fitted to."
    yield ""
    if not found.helps:
        yield "A map does no better than the ratings themselves. None is proposed."
        return
    yield "For the policy:"
    yield "responder:"
    yield f"  calibration: {json.dumps(found.points)}"
    yield ""
    yield "Nothing was changed. bridge policy show > policy.yaml, put it in, then bridge policy put policy.yaml."
