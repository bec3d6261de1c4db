"""Axes of a scan: from what the file says to values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from renp_fast.kernels.types import Array
from renp_fast.physics.domains import is_number, shown

FORMS = (
    "a list of values, { linear = [a, b], points = n } or { log = [a, b], points = n } with a < b and 1 <= n <= 1e8 "
    "(and a > 0 for log)"
)
THRESHOLD_FORM = "or { thresholds = [a, b], points = n }"
MOST_POINTS = 100_000_000
# Share of the points of a thresholds axis that is spread evenly, and the distance, as a part of the range, from which
# the rest thins out logarithmically around each threshold
EVEN_SHARE = 0.5
CORE = 1e-5


@dataclass(frozen=True)
class AxisForm:
    """An axis as the scan file gives it: ``rule`` is values, linear, log or thresholds."""

    name: str
    rule: str
    entries: tuple[Any, ...]
    points: int

    def canonical(self) -> Any:
        """The form as plain JSON values, equal for axes of equal values."""
        if self.rule == "values":
            return list(self.entries)
        return {self.rule: list(self.entries), "points": self.points}


@dataclass(frozen=True)
class Axis:
    """A named axis with its values: float64, or labels (strings, or matrices for textures).

    ``together`` holds the parameters of a list of points, which vary along it in place of the one it is named after.
    """

    name: str
    values: tuple[Any, ...] | Array
    unit: str
    long_name: str
    together: Mapping[str, Array] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.values)

    @property
    def numeric(self) -> bool:
        """Whether the values are numbers rather than labels."""
        return isinstance(self.values, np.ndarray)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of what varies along it."""
        return tuple(self.together) or (self.name,)

    def along(self, name: str) -> tuple[Any, ...] | Array:
        """Values of one of its parameters."""
        return self.together.get(name, self.values)


def parse_form(name: str, given: Any, numeric: bool, energies: bool) -> AxisForm:
    """Check the form of an axis, not yet the domain of its values.

    Raises
    ------
    ValueError
        With what is allowed, if the form is wrong.
    """
    allowed = (FORMS + (f" {THRESHOLD_FORM}" if energies else "")) if numeric else "a list of different values"
    if isinstance(given, list):
        if not given:
            raise ValueError(f"empty axis; allowed: {allowed}")
        return AxisForm(name, "values", tuple(given), len(given))
    rules = ["linear", "log", *(["thresholds"] if energies else [])] if numeric else []
    if not isinstance(given, dict) or len(given) != 2 or "points" not in given or not set(given) & set(rules):
        raise ValueError(f"got {shown(given)}; allowed: {allowed}")
    (rule,) = set(given) - {"points"}
    ends, points = given[rule], given["points"]
    if isinstance(points, bool) or not isinstance(points, int) or not 1 <= points <= MOST_POINTS:
        raise ValueError(f"points: got {shown(points)}; allowed: {allowed}")
    if not isinstance(ends, list) or len(ends) != 2 or not all(is_number(end) for end in ends):
        raise ValueError(f"{rule}: got {shown(ends)}; allowed: {allowed}")
    low, high = float(ends[0]), float(ends[1])
    if low > high or (low == high and points > 1):
        raise ValueError(f"{rule}: empty range {shown(ends)}; allowed: {allowed}")
    if rule == "log" and low <= 0.0:
        raise ValueError(f"log: got {shown(ends)}; allowed: {allowed}")
    return AxisForm(name, rule, (low, high), points)


def axis_values(form: AxisForm, thresholds: Array | None = None) -> Array:
    """Values of a numeric axis, in increasing order except for lists.

    ``thresholds`` are the energies around which a thresholds axis is refined.
    """
    if form.rule == "values":
        return np.array(form.entries, dtype=np.float64)
    low, high = form.entries
    if form.points == 1:
        return np.array([low])
    too_many = f"{form.points} different points do not fit between {low!r} and {high!r}; allowed: fewer"
    if (high - low) / (form.points - 1) < 0.25 * np.spacing(max(abs(low), abs(high))):  # known before they are made
        raise ValueError(too_many)
    if form.rule == "linear":
        values = np.linspace(low, high, form.points)
    elif form.rule == "log":
        values = np.geomspace(low, high, form.points)
    else:
        assert thresholds is not None
        values = refined(low, high, form.points, thresholds)
    if not (np.diff(values) > 0.0).all():
        raise ValueError(too_many)
    return values


def refined(low: float, high: float, points: int, thresholds: Array) -> Array:
    """Exactly ``points`` increasing values from ``low`` to ``high``, closer together near each threshold.

    They are the quantiles of a density, half of it even, half falling off as the inverse distance from the
    thresholds: at each of these I(omega) has a square-root kink.
    """
    inside = np.unique(thresholds[(thresholds > low) & (thresholds < high)])
    if inside.size > 1000:  # they lie so close by then that every tenth or so does the same
        inside = inside[np.linspace(0, inside.size - 1, 1000).astype(int)]
    width = high - low
    if inside.size == 0:
        return np.linspace(low, high, points)
    distances = np.concatenate([[0.0], np.geomspace(1e-3 * CORE * width, width, 60)])
    around = (inside[:, np.newaxis, np.newaxis] + distances * np.array([[-1.0], [1.0]])).ravel()
    knots = np.unique(np.concatenate([np.linspace(low, high, 2000), around[(around > low) & (around < high)]]))
    share = EVEN_SHARE * (knots - low) / width
    for threshold in inside:
        offset = _log_distance(knots, threshold, width)
        share += (1.0 - EVEN_SHARE) / inside.size * (offset - offset[0]) / (offset[-1] - offset[0])
    values: Array = np.interp(np.linspace(0.0, 1.0, points), share / share[-1], knots)
    values[0], values[-1] = low, high
    return values


def _log_distance(x: Array, centre: float, width: float) -> Array:
    return np.asarray(np.sign(x - centre) * np.log1p(np.abs(x - centre) / (CORE * width)))
