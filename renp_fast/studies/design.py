"""The design of an experiment: the trigger energies, and the division of a total exposure among them."""

import itertools
import math
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize

from renp_fast.errors import InputError
from renp_fast.kernels.types import Array
from renp_fast.scan_file.scan import Scan
from renp_fast.scan_file.schema import COUNTING
from renp_fast.studies.counts import with_values
from renp_fast.studies.division import Division
from renp_fast.studies.fisher import Information
from renp_fast.studies.goals import Achieved, Goal, Limit, Separation
from renp_fast.studies.triggers import DIGITS, Sections, sections_of

APART_EV = 1e-6
ROUNDS = 14
SETTLED = 1e-8  # gain of two rounds, as a part of the figure of merit, from which on the energies stay
SMALLEST_SHARE = 1e-4
LOSS = 1e-6  # of the figure of merit that fewer triggers may cost


@dataclass(frozen=True)
class Experiment:
    """Triggers and what they achieve: energies in eV, exposures in days."""

    energies: Array
    days: Array
    achieved: Achieved


@dataclass(frozen=True)
class Design:
    """The best experiment, and what it is compared with.

    Attributes
    ----------
    goal : Goal
    reference, best : Experiment
    gain : float
        Figure of merit of the best experiment over that of the reference: the ratio of the exposures needed, or of the
        limits, or, for a determinant, of the exposures at which both experiments have the same.
    energies, sensitivity : ndarray
        The candidates, and what each would add as a part of the best experiment's: at most 1.
    accuracy : float
        No division among the candidates is better by more than this part.
    settled : float
        What the last two refinements of the energies brought at most, as a part.
    """

    goal: Goal
    reference: Experiment
    best: Experiment
    gain: float
    energies: Array
    sensitivity: Array
    accuracy: float
    settled: float


def design(
    scan: Scan,
    parameters: tuple[str, ...] = (),
    triggers: int | None = None,
    lowest: float | None = None,
    highest: float | None = None,
    apart: float = APART_EV,
) -> Design:
    """Find the trigger energies and the division of the scan's total exposure that are best.

    What for, the scan says: for its limit, its separation, or, with ``parameters``, the determinant of their Fisher
    matrix. At several points of a scan the worst counts.

    Parameters
    ----------
    scan : Scan
        One that counts events; its triggers and exposures are the reference.
    parameters : tuple of str
        Numeric keys of the scan file.
    triggers : int, optional
        The most triggers; as many as are useful by default.
    lowest, highest : float, optional
        Range of the energies in eV: by default from 0 to the last threshold.
    apart : float
        Least distance in eV of an energy from all thresholds, next to which the rates are not smooth.

    Returns
    -------
    Design

    Raises
    ------
    InputError
        If there is nothing to design: the message names what, and what is allowed.
    """
    check(scan)
    scan = with_values(scan, {"background_per_day": _background(scan)})
    goal, days = goal_of(scan, parameters), _exposures(scan)
    sections = sections_of(scan, lowest, highest, apart)
    reference = _experiment(goal, np.array(scan.triggers), days)
    energies, found, settled = _refined(goal, sections, reference)
    best = _consolidated(goal, sections, energies, found, float(days.sum()))
    if triggers is not None and best.energies.size > triggers:
        best = _fewer(goal, sections, energies, best, triggers)
    gain = _merit(goal, best) / m if (m := _merit(goal, reference)) > 0.0 else np.inf
    return Design(goal, reference, best, gain, energies, found.sensitivity, found.bound / found.value - 1.0, settled)


def check(scan: Scan) -> None:
    """Raise InputError for a scan whose experiment cannot be designed."""
    if scan.observable not in COUNTING:
        raise InputError(f"{scan.file}: observable: {scan.observable} counts no events; allowed: {', '.join(COUNTING)}")
    for key, given, why in (
        ("method", scan.toys, "toys"),
        ("[profile] refine", scan.refine or (scan.alternative and scan.alternative.refine), "true"),
        ("[axes] exposure_days", scan.axis("exposure_days"), "an axis, but the total exposure is divided"),
    ):
        if given:
            raise InputError(f"{scan.file}: {key}: got {why}; allowed for a design: leave it out")


def goal_of(scan: Scan, parameters: tuple[str, ...]) -> Goal:
    """What the scan is to be designed for."""
    if parameters:
        if scan.observable == "separation" or scan.profile:
            raise InputError(f"{scan.file}: --parameters: allowed without [alternative] and [profile]")
        return Information(scan, parameters)
    if scan.observable == "separation":
        return Separation(scan)
    if scan.observable == "limit" and len(scan.interactions) > 1:
        raise InputError(
            f"{scan.file}: observable: got limit, but the best experiment would exclude the other interactions by "
            "themselves; allowed for a design with several: separation, or --parameters"
        )
    if scan.observable == "limit":
        return Limit(scan)
    raise InputError(
        f"{scan.file}: observable: got {scan.observable!r}; allowed for a design: limit, separation, or --parameters"
    )


def _exposures(scan: Scan) -> Array:
    days = np.broadcast_to(np.asarray(scan.values["exposure_days"], dtype=np.float64), len(scan.triggers))
    if not days.sum() > 0.0:
        raise InputError(f"{scan.file}: [experiment] exposure_days: got 0; allowed for a design: above 0 at a trigger")
    return days.copy()


def _background(scan: Scan) -> Any:
    given = {*np.atleast_1d(scan.values.get("background_per_day", 0.0)).tolist()}
    if len(given) > 1:
        raise InputError(
            f"{scan.file}: [experiment] background_per_day: got {len(given)} values; allowed for a design: one number, "
            "for all energies"
        )
    return given.pop()


def _experiment(goal: Goal, energies: Array, days: Array) -> Experiment:
    return Experiment(energies, days, goal.achieved(goal.table(energies), days))


def _merit(goal: Goal, experiment: Experiment) -> float:
    return goal.merit(goal.table(experiment.energies), experiment.days)


def _refined(goal: Goal, sections: Sections, reference: Experiment) -> tuple[Array, Division, float]:
    """Candidates, ever closer around the chosen ones, their division, and the gain of the last rounds."""
    energies = sections.within(np.concatenate([sections.candidates(), reference.energies]))
    total, gains, before = reference.days.sum(), [np.inf, np.inf], 0.0
    start = np.full(energies.size, total / energies.size)
    for _ in range(ROUNDS):
        table = goal.table(energies)
        found = goal.divide(table, start)
        merit = goal.merit(table, found.days)
        if not merit > 0.0:
            raise InputError("no exposure reaches the goal, at whatever energies; allowed: one that can be reached")
        gains.append(merit / before - 1.0 if before else np.inf)
        before = merit
        chosen = found.days > SMALLEST_SHARE * total
        finer = sections.finer(energies, chosen)
        if max(gains[-2:]) < SETTLED or finer.size == energies.size:
            break
        start = np.zeros(finer.size)
        start[np.searchsorted(finer, energies)] = found.days
        energies = finer
    return energies, found, float(max(gains[-2:]))


def _consolidated(goal: Goal, sections: Sections, energies: Array, found: Division, total: float) -> Experiment:
    """The chosen energies, neighbours of them made one, and exposures in round shares."""
    chosen = np.flatnonzero(found.days > SMALLEST_SHARE * total)
    apart = [
        k
        for k in range(1, chosen.size)
        if chosen[k] - chosen[k - 1] > 1
        or sections.number(energies[chosen[k]]) != sections.number(energies[chosen[k - 1]])
    ]
    groups = np.split(chosen, apart)
    separate = _rounded(goal, energies[chosen], found.days[chosen], total)
    middles = np.array([np.average(energies[group], weights=found.days[group]) for group in groups])
    merged = _rounded(goal, middles, np.array([found.days[group].sum() for group in groups]), total)
    return merged if _merit(goal, merged) > (1.0 - LOSS) * _merit(goal, separate) else separate


def _rounded(goal: Goal, energies: Array, days: Array, total: float) -> Experiment:
    """The experiment that is told and written: energies to 1e-9 eV, shares to 1e-6."""
    shares = (days / days.sum()).round(6)
    shares[np.argmax(shares)] += 1.0 - shares.sum()
    return _experiment(goal, energies.round(DIGITS), np.array([float(f"{share * total:.9g}") for share in shares]))


def _fewer(goal: Goal, sections: Sections, energies: Array, best: Experiment, triggers: int) -> Experiment:
    """The best experiment of so many triggers: the best of those of the larger one, or of all for one, then moved."""
    total = float(best.days.sum())
    pool = [(w,) for w in energies] if triggers == 1 else itertools.combinations(best.energies, triggers)
    chosen = max((np.array(each) for each in pool), key=lambda each: _divided(goal, each, total)[0])
    first, last = sections.ends[[sections.number(w) - 1 for w in chosen]].T
    widths = last - first

    def loss(places: Array) -> float:
        return -math.log(max(_divided(goal, first + places * widths, total)[0], sys.float_info.min))

    moved = minimize(
        loss,
        (chosen - first) / widths,
        method="Nelder-Mead",
        bounds=[(0.0, 1.0)] * triggers,
        options={"xatol": 1e-6, "fatol": 1e-9},
    )
    ends = first + moved.x * widths
    return _rounded(goal, ends, _divided(goal, ends, total)[1], total)


def _divided(goal: Goal, energies: Array, total: float) -> tuple[float, Array]:
    """The figure of merit of the best division among a few energies, and that division."""
    table = goal.table(energies)
    days = np.full(energies.size, total / energies.size)
    if energies.size > 1:
        days = goal.divide(table, days).days
    return goal.merit(table, days), days
