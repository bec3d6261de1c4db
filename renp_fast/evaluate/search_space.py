"""The space of the nuisance parameters of a point of a scan, as a search sees it.

Nuisance parameters with labels, such as the ordering, make branches. In each of them a point is a row of coordinates:
of lists their numbers, which stay, and of ranges what goes from 0 to 1, round and round if a range of a phase holds a
whole period.
"""

import itertools
import math
from typing import Any, NamedTuple

import numpy as np

from renp_fast.evaluate.descent import pull
from renp_fast.evaluate.nuisance_points import Events, events, orderings, whole, with_values
from renp_fast.kernels.types import Array, IntArray
from renp_fast.physics.oscillation import best_fit
from renp_fast.physics.phases import HALF_TURN, phase_periods
from renp_fast.scan_file.axes import Axis
from renp_fast.scan_file.profile import ProfileForm
from renp_fast.scan_file.scan import Scan

# Points of the space's own, for each coordinate, and the most of all branches and entries of lists together
OWN_POINTS, MOST_POINTS = 64, 4096
# A range that lacks less than this part of a period holds all of it
WHOLE = 1e-9


class Branch:
    """All nuisance points of the same labels.

    Attributes
    ----------
    scan : Scan
        With these labels.
    forms : tuple of ProfileForm
        The nuisance parameters with numbers.
    pulls : ndarray
        (3, n), as of `evaluate.descent.descend`.
    turns : ndarray
        The part of the range of each coordinate that is a period, or infinity.
    """

    def __init__(self, truth: Scan, labels: dict[str, Any], forms: tuple[ProfileForm, ...], powers: int) -> None:
        self.scan = with_values(truth, labels, without=[form.name for form in forms])
        self.forms, self.powers = forms, powers
        self.ordering = self.scan.values["ordering"]
        ends = [form.coordinates if form.continuous else (0.0, 1.0) for form in forms]
        self._low = np.array([low for low, _ in ends])
        self._length = np.array([high - low for low, high in ends])
        # Where widths above and below differ, the coordinate is that in which the prior is given: no kink of the events
        self._weighed = np.array([form.flat is None for form in forms], dtype=bool)
        widths = np.array([form.widths(self.ordering) for form in forms]).reshape(-1, 2)
        both = widths.sum(axis=1)
        steepness = np.where(self._weighed, 0.5 * self._length * both / widths.T, 0.0)
        self.pulls = np.array([np.where(self._weighed, widths[:, 0] / both, 0.0), *steepness])
        periods = [_period(self.scan, form) for form in forms]
        self.turns: Array = np.array(periods) / self._length
        self.turns[self.turns > 1.0 + WHOLE] = math.inf

    def unit(self, form: int, coordinates: Array) -> Array:
        """Coordinates of the space of a parameter, from its own."""
        if self._weighed[form]:
            middle, below, above = self.pulls[:, form]
            return np.asarray(middle + coordinates / np.where(coordinates > 0.0, above, below))
        units: Array = (coordinates - self._low[form]) / self._length[form]
        return units

    def events(self, points: Array) -> Events:
        """Forms, levels and yields of points (points, n)."""
        own = np.where(self._weighed, pull(self.pulls, points), self._low + self._length * points)
        values = {form.name: form.values(own[:, i], self.ordering) for i, form in enumerate(self.forms)}
        axis = Axis("nuisance", np.arange(len(points), dtype=np.float64), "", "", values)
        scan = with_values(self.scan, {}, (axis,), without=())
        return events(scan, self.powers, whole(scan))

    def bounds(self, points: Array) -> tuple[Array, Array]:
        """Bounds of a search from points."""
        moving = np.array([form.continuous for form in self.forms])
        free = np.isfinite(self.turns)
        low = np.where(free, -math.inf, np.where(moving, 0.0, points))
        return low, np.where(free, math.inf, np.where(moving, 1.0, points))


class Cell(NamedTuple):
    """All nuisance points of a branch with the same entries of lists: which grid points they are, and more of its own.

    Attributes
    ----------
    branch : Branch
    grid : ndarray
        Numbers of the grid points.
    points : ndarray
        Of these and then of its own points, (points, n).
    """

    branch: Branch
    grid: IntArray
    points: Array


def cells(truth: Scan, powers: int) -> list[Cell]:
    """All cells of the space."""
    forms = [form for form in truth.profile if form.name != "ordering"]
    shape = [form.length for form in forms]
    fixed = [i for i, form in enumerate(forms) if not form.continuous]
    places = np.indices(shape).reshape(len(shape), -1) if shape else np.zeros((0, 1), dtype=np.int64)
    entries = list(itertools.product(*(range(shape[i]) for i in fixed)))
    number = np.zeros(places.shape[1], dtype=np.int64)
    for i in fixed:
        number = number * shape[i] + places[i]
    order = np.argsort(number, kind="stable").reshape(len(entries), -1)
    found, every = [], orderings(truth)
    branches: dict[Any, Branch] = {}
    numbered = tuple(form for form in forms if not form.labelled)
    for start, ordering in enumerate(every):
        for entry, grid in zip(entries, order, strict=True):
            labels = {"ordering": ordering} | {
                forms[i].name: forms[i].entries(ordering)[k][0]
                for i, k in zip(fixed, entry, strict=True)
                if forms[i].labelled
            }
            key = (ordering, *(k for i, k in zip(fixed, entry, strict=True) if forms[i].labelled))
            if key not in branches:
                branches[key] = Branch(truth, labels, numbered, powers)
            branch = branches[key]
            columns = [
                branch.unit(column, _coordinates(form)[places[i, grid]])
                for column, (i, form) in enumerate((i, form) for i, form in enumerate(forms) if not form.labelled)
            ]
            points = np.column_stack(columns) if columns else np.zeros((len(grid), 0))
            own = _own_points(branch, points[0], len(entries) * len(every))
            points = np.concatenate([points, *_truth_point(truth, labels, branch, points[0]), own])
            found.append(Cell(branch, grid + start * places.shape[1], points))
    return found


def _coordinates(form: ProfileForm) -> Array:
    """Coordinates of the points of a parameter with numbers."""
    if not form.continuous:
        assert form.flat is not None
        return np.array([value for value, _ in form.entries("normal")], dtype=np.float64)
    if form.length == 1:
        return np.zeros(1)  # the centre of a prior
    return np.linspace(*form.coordinates, form.length)


def _own_points(branch: Branch, like: Array, among: int) -> Array:
    """Points spread evenly over the ranges, the rest as in ``like``: those of a sequence of irrational steps."""
    moving = [i for i, form in enumerate(branch.forms) if form.continuous]
    count = max(4, min(OWN_POINTS * len(moving), MOST_POINTS // among)) if moving else 0
    points = np.tile(like, (count, 1))
    root = 2.0
    for _ in range(60):  # root^(n + 1) = root + 1
        root = (1.0 + root) ** (1.0 / (len(moving) + 1))
    for place, i in enumerate(moving):
        points[:, i] = (0.5 + np.arange(1, count + 1) * root ** -(place + 1.0)) % 1.0
    return points


def _truth_point(truth: Scan, labels: dict[str, Any], branch: Branch, like: Array) -> list[Array]:
    """The truth, or what is nearest to it in the ranges, if labels and lists hold it."""
    known = best_fit(truth.values["oscillation"], branch.ordering) | dict(truth.values)
    if any(known.get(name) != label for name, label in labels.items()):
        return []
    if any(form.name not in known for form in branch.forms):
        return []
    values = [known[form.name] for form in branch.forms]
    units = [
        branch.unit(i, np.array(form.coordinate(value, branch.ordering)))
        for i, (form, value) in enumerate(zip(branch.forms, values, strict=True))
    ]
    lists = [i for i, form in enumerate(branch.forms) if not form.continuous]
    point = np.array(units).reshape(1, -1)
    return [point] if (point[0, lists] == like[lists]).all() else []


def _period(scan: Scan, form: ProfileForm) -> float:
    """The period of a phase without prior, or infinity."""
    if form.flat is None or form.flat.rule != "linear" or not form.continuous:
        return math.inf
    if form.name == "delta_cp_deg":
        return HALF_TURN
    if form.name not in ("alpha21_deg", "alpha31_deg"):
        return math.inf
    return max(_phase_period(each, form.name) for each in (scan, *scan.others))


def _phase_period(scan: Scan, name: str) -> float:
    values = scan.values
    periods = phase_periods(
        values["kind"],
        values.get("chirality", "none"),
        values.get("texture", "universal"),
        values["nature"],
        values.get("spin_average", "isotropic"),
        values.get("longitudinal") == "on",
    )
    return periods[name]
