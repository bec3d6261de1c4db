"""Designs of experiments as text: for a terminal, as Markdown, as JSON."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from renp_fast.kernels.types import Array
from renp_fast.scan_file.scan import Scan
from renp_fast.studies.design import Design
from renp_fast.studies.division import TOLERANCE


@dataclass(frozen=True)
class Designed:
    """A design with the scan it is for, and the scan file and the picture made of it."""

    scan: Scan
    design: Design
    file: Path
    figure: Path


def terminal(found: Sequence[Designed]) -> str:
    """The designs for a terminal."""
    lines: list[str] = []
    for each in found:
        made = each.design
        lines += [*([""] if lines else []), title(each)]
        lines += [f"    counts     {goal_words(each)}"]
        for name, experiment in (("reference", made.reference), ("designed", made.best)):
            lines.append(f"    {name:10} {_figure(each, experiment.achieved.figure)}")
            lines.append(f"               {triggers_words(experiment.energies, experiment.days)}")
            lines += [f"               {key} = {value:.4g}" for key, value in experiment.achieved.others.items()]
        lines.append(f"    gain       {_gain(made.gain)}")
        lines.append(
            f"    accuracy   no division among {made.energies.size} energies is better by more than "
            f"{max(made.accuracy, TOLERANCE):.1g}; the last refinements of the energies brought "
            f"{max(made.settled, TOLERANCE):.1g} or less"
        )
    return "\n".join(lines)


def markdown(found: Sequence[Designed]) -> str:
    """The designs as a Markdown table."""
    rows = ["| experiment | what counts | reference | designed | gain | designed triggers (share of the exposure) |"]
    rows.append("|---|---|---|---|---|---|")
    for each in found:
        made = each.design
        cells = [title(each), goal_words(each)]
        cells += [_figure(each, experiment.achieved.figure) for experiment in (made.reference, made.best)]
        cells += [_gain(made.gain), triggers_words(made.best.energies, made.best.days)]
        rows.append(f"| {' | '.join(cells)} |")
    references = dict.fromkeys(
        triggers_words(each.design.reference.energies, each.design.reference.days) for each in found
    )
    return f"{_escaped(rows)}\n\nReference: {'; or '.join(references)}. Designed: the same exposure in all.\n"


def _escaped(rows: Sequence[str]) -> str:
    return "\n".join(rows).replace("_", r"\_").replace("^", r"\^")


def as_json(found: Sequence[Designed]) -> str:
    """The designs, machine-readable; a number that is not finite is null."""
    rows = []
    for each in found:
        made = each.design
        rows.append(
            {
                "scan": each.scan.file,
                "designed": str(each.file),
                "figure": str(each.figure),
                "counts": made.goal.name,
                "unit": made.goal.unit,
                "gain": _finite(made.gain),
                "accuracy": _finite(made.accuracy),
                "settled": _finite(made.settled),
                "experiments": {
                    name: {
                        "trigger_eV": experiment.energies.tolist(),
                        "exposure_days": experiment.days.tolist(),
                        "value": _finite(experiment.achieved.figure),
                        **{key: _finite(value) for key, value in experiment.achieved.others.items()},
                    }
                    for name, experiment in (("reference", made.reference), ("designed", made.best))
                },
            }
        )
    return json.dumps(rows)


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def title(each: Designed) -> str:
    """What is designed."""
    name = each.scan.title or each.file.stem
    return f"{name}, one for all {each.scan.points} points" if each.scan.points > 1 else name


def goal_words(each: Designed) -> str:
    """What counts."""
    level = f"{100.0 * each.scan.confidence_level:g} % CL"
    if each.scan.observable == "separation":
        return f"total exposure that separates, {level}"
    if each.scan.observable == "limit" and each.design.goal.name == "limit":
        return f"limit, the weaker sign, {level}"
    return each.design.goal.name


def triggers_words(energies: Array, days: Array) -> str:
    """Energies with their shares."""
    shares = days / days.sum()
    if np.allclose(shares, shares[0]) and shares.size > 1:
        return f"{', '.join(f'{w:.9g}' for w in energies)} eV, {days[0]:g} days at each"
    return f"{', '.join(f'{w:.9g} eV ({100.0 * share:.3g} %)' for w, share in zip(energies, shares, strict=True))}"


def _figure(each: Designed, value: float) -> str:
    if not np.isfinite(value):
        return "never"
    unit = each.design.goal.unit
    return f"{float(f'{value:.3g}'):g}{'' if unit == '1' else f' {unit}'}"


def _gain(value: float) -> str:
    return f"{value:.3g}" if np.isfinite(value) else "unbounded"
