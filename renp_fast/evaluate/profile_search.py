"""From the best of the nuisance points to the best between them: a local least-squares search.

What a search finds is one more nuisance point, which the kernels take like any other. Every point of the scan is
searched by itself, from its own best nuisance point, so that its bits depend on nothing else.
"""

import itertools
import math
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from renp_fast.evaluate.event_forms import Rows
from renp_fast.evaluate.nuisance_points import events, orderings, with_values
from renp_fast.kernels.likelihood import profiles
from renp_fast.kernels.likelihood.crossings import NOT_CONVERGED
from renp_fast.kernels.likelihood.separations import CHI2, EVENTS, FACTOR, STATUS, fill_separations
from renp_fast.kernels.types import Array
from renp_fast.physics.oscillation import best_fit
from renp_fast.scan_file.scan import Scan

# A result has settled when a search moves it by less than this part of it
SETTLED = 1e-9
MOST_SEARCHES = 30


class Search:
    """Searches between the nuisance points of one point of a scan.

    Attributes
    ----------
    rows : Rows
        The nuisance points, with one mediator; what is found stands at the end.
    """

    def __init__(self, truth: Scan, powers: int, rows: Rows, expected: Array) -> None:
        self.truth = truth
        self.powers = powers
        self.rows = rows
        self.expected = expected
        self.forms = [form for form in truth.profile if form.name != "ordering"]
        self.moving = [i for i, form in enumerate(self.forms) if form.continuous]
        self.first = 1 if truth.others else 0  # the Standard Model stands before the truth then
        self.grid_rows = len(rows.priors)
        self.found: list[tuple[Any, list[Any]]] = []

    def improve(self, coupling: float, free: bool = False, factor: float = 1.0) -> bool:
        """Search from the nuisance point with the least ``factor`` times chi^2 plus prior, and add what is better.

        Chi^2 is that at ``coupling``, or the least over all couplings if ``free``.
        """
        residuals = self._residuals(self.rows, coupling, free)
        costs = factor * np.sum(residuals * residuals, axis=1) + self.rows.priors
        best = int(np.argmin(costs))
        if not self.moving or not math.isfinite(costs[best]):
            return False
        ordering, values = self._place(best)
        there, cost = self._searched(ordering, values, coupling, free, factor)
        if not cost < costs[best]:
            return False
        self.found.append((ordering, there))
        new = self._row(ordering, there)
        forms, levels, yields, priors = (np.concatenate(pair) for pair in zip(self.rows[:4], new[:4], strict=True))
        self.rows = Rows(forms, levels, yields, priors, self.rows.mediators)
        return True

    def _searched(
        self, ordering: Any, values: list[Any], coupling: float, free: bool, factor: float
    ) -> tuple[list[Any], float]:
        """Where the search from some values ends, and what it costs there."""
        from scipy.optimize import least_squares

        forms = [self.forms[i] for i in self.moving]
        low, high = np.transpose([form.coordinates for form in forms])
        start = [form.coordinate(values[i], ordering) for i, form in zip(self.moving, forms, strict=True)]

        def at(x: Array) -> tuple[list[Any], list[float]]:
            there, pulls = list(values), []
            for i, form, coordinate in zip(self.moving, forms, x, strict=True):
                there[i], pull = form.at(float(coordinate), ordering)
                pulls.append(pull)
            return there, pulls

        def residuals(x: Array) -> Array:
            there, pulls = at(x)
            own = self._residuals(self._row(ordering, there), coupling, free)[0]
            return np.concatenate([math.sqrt(factor) * own, pulls])

        found = least_squares(
            residuals,
            start,
            bounds=(low, high),
            x_scale=high - low,
            xtol=1e-12,
            ftol=1e-12,
            gtol=1e-12,
        )
        return at(found.x)[0], 2.0 * float(found.cost)

    def _residuals(self, rows: Rows, coupling: float, free: bool) -> Array:
        """Signed roots of the deviances, (rows, triggers)."""
        residuals = np.empty((len(rows.priors), self.expected.size))
        profiles.fill_residuals(
            rows.forms, rows.levels, rows.yields, rows.mediators[0], self.expected, coupling, free, residuals
        )
        return residuals

    def _place(self, row: int) -> tuple[Any, list[Any]]:
        """Ordering and values of the nuisance parameters of a row: the truth, a point of the grid, or one found."""
        if row >= self.grid_rows:
            return self.found[row - self.grid_rows]
        if row == self.first:
            ordering = self.truth.values["ordering"]
            known = best_fit(self.truth.values["oscillation"], ordering) | dict(self.truth.values)
            return ordering, [known[form.name] for form in self.forms]
        lengths = [form.length for form in self.forms]
        number, point = divmod(row - self.first - 1, math.prod(lengths))
        ordering = orderings(self.truth)[number]
        places = np.unravel_index(point, lengths)
        return ordering, [form.entries(ordering)[i][0] for form, i in zip(self.forms, places, strict=True)]

    def _row(self, ordering: Any, values: list[Any]) -> Rows:
        """The row of a nuisance point."""
        named = {form.name: value for form, value in zip(self.forms, values, strict=True)}
        prior = sum(form.cost(value, ordering) for form, value in zip(self.forms, values, strict=True))
        scan = with_values(self.truth, {"ordering": ordering, **named})
        return Rows(*events(scan, self.powers, ()), np.array([prior]), self.rows.mediators)


def searches(truth: Scan, powers: int, rows: Rows, expected: Iterable[Array]) -> Iterator[Search]:
    """A search for every mediator of a tile and the events expected with it."""
    for mediator, events_there in zip(rows.mediators, expected, strict=True):
        yield Search(truth, powers, Rows(*rows[:4], mediator[np.newaxis]), np.ascontiguousarray(events_there))


def refined_chi2(search: Search) -> float:
    """Chi^2 at the mediator's coupling."""
    search.improve(search.rows.mediators[0, 0])
    values = np.empty(1)
    profiles.fill_profiled_chi2(*search.rows, values)
    return float(values[0])


def refined_limits(search: Search, threshold: float, result: Array) -> None:
    """Limits and intervals of a point, as `profiles.fill_profiled_limits` writes them, searched at both limits."""
    profiles.fill_profiled_limits(*search.rows, threshold, result[np.newaxis])
    for side in (profiles.POSITIVE, profiles.NEGATIVE):
        for searches in itertools.count():
            limit = result[side]
            if math.isnan(limit) or not search.improve(limit):
                break
            profiles.fill_profiled_limits(*search.rows, threshold, result[np.newaxis])
            if abs(result[side] - limit) <= SETTLED * abs(limit):
                break
            if searches == MOST_SEARCHES:
                result[side], result[profiles.POSITIVE_STATUS + side] = math.nan, NOT_CONVERGED
                break


def refined_separation(search: Search, question: tuple[float, bool, bool], result: Array) -> None:
    """Separation of a point, as `likelihood.separations.fill_separations` writes it, searched at both exposures."""
    expected, coupling, free = search.expected[np.newaxis], search.rows.mediators[0, 0], question[1]
    search.improve(coupling, free)
    result[FACTOR] = 0.0
    for searches in itertools.count():
        factor = result[FACTOR]
        fill_separations(*search.rows, expected, question, result[np.newaxis])
        settled = abs(result[FACTOR] - factor) <= SETTLED * result[FACTOR]
        if settled or not math.isfinite(result[FACTOR]) or not search.improve(coupling, free, result[FACTOR]):
            break
        if searches == MOST_SEARCHES:
            result[[CHI2, FACTOR, EVENTS]], result[STATUS] = math.nan, NOT_CONVERGED
            break
