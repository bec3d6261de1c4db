"""From the nuisance points of a grid to the best between them.

What a search finds are more nuisance points, which the kernels take like any other. Every cell of the space of nuisance
parameters (`search_space`) is searched from its best few valleys, down to the bottom (`descent`). Every point of the
scan is searched by itself, so that its bits depend on nothing else.
"""

import itertools
import math
from collections.abc import Iterable, Iterator

import numpy as np

from renp_fast.evaluate.descent import Question, descend, pull
from renp_fast.evaluate.event_forms import Rows
from renp_fast.evaluate.nuisance_points import Events
from renp_fast.evaluate.search_space import Branch, Cell, cells
from renp_fast.kernels.likelihood import profiles
from renp_fast.kernels.likelihood.crossings import NOT_CONVERGED, TERMS
from renp_fast.kernels.likelihood.searched_rows import fill_row_terms
from renp_fast.kernels.likelihood.separations import CHI2, EVENTS, FACTOR, STATUS, fill_separations
from renp_fast.kernels.types import Array, IntArray
from renp_fast.scan_file.scan import Scan

# A result has settled when a search moves it by less than this part of it
SETTLED = 1e-10
MOST_SEARCHES = 30
# Valleys of a cell that are gone down, at least and at most, and of all cells together unless each has the least number
LEAST_VALLEYS, MOST_VALLEYS, ALL_VALLEYS = 3, 10, 60
# What counts as better, and as so much better that it is yet to be seen what else is: by this part of the cost
BETTER, MUCH_BETTER = 1e-12, 1e-7


class Ground:
    """What all points of a scan with the same nuisance points have in common: the cells, and events at their points.

    There are no cells where there is nothing to search.

    Attributes
    ----------
    rows : Rows
        The nuisance points of the grid, the truth before them.
    """

    def __init__(self, truth: Scan, powers: int, rows: Rows) -> None:
        first = 2 if truth.others else 1  # the Standard Model stands before the truth then
        moving = any(form.continuous for form in truth.profile)
        self.cells = [Spot(cell, first, rows) for cell in cells(truth, powers)] if moving else []
        self.rows = rows


class Spot:
    """A cell, its points, which of them are neighbours, and their events."""

    def __init__(self, cell: Cell, first: int, rows: Rows) -> None:
        self.branch, self.points = cell.branch, cell.points
        self.moving = np.array([form.continuous for form in cell.branch.forms], dtype=bool)
        grid = first + cell.grid
        own = cell.branch.events(cell.points[len(grid) :])
        self.events: Events = tuple(  # type: ignore[assignment]
            np.concatenate([table[grid], more]) for table, more in zip(rows[:3], own, strict=True)
        )
        self.priors = (pull(cell.branch.pulls, self.points) ** 2).sum(axis=1)
        self.priors[: len(grid)][np.isinf(rows.priors[grid])] = math.inf
        self.neighbours = _neighbours(self.points[:, self.moving], cell.branch.turns[self.moving])

    def valleys(self, costs: Array, most: int) -> IntArray:
        """Points that none of their neighbours is better than, the best first."""
        low = costs <= costs[self.neighbours].min(axis=1)
        order = np.flatnonzero(low & np.isfinite(costs))
        found: IntArray = order[np.argsort(costs[order], kind="stable")][:most]
        return found


class Search:
    """Searches between the nuisance points of one point of a scan.

    Attributes
    ----------
    rows : Rows
        The nuisance points, with one mediator; what is found stands at the end.
    """

    def __init__(self, ground: Ground, mediator: Array, expected: Array) -> None:
        self.ground, self.expected = ground, expected
        self.rows = Rows(*ground.rows[:4], mediator[np.newaxis])
        self._terms = [self._terms_of(spot.events) for spot in ground.cells]
        self._row_terms = self._terms_of(self.rows[:3])
        self._found: list[tuple[Branch, Array]] = []

    def improve(self, question: Question) -> bool:
        """Search for nuisance points that cost less than all so far, and add them; whether there are any.

        First from what was found before, and if that is hardly better from everywhere.
        """
        least = self._least(question)
        if not self.ground.cells:
            return False
        near = bool(self._found) and self._add(self._near(question), least)
        if near and self._least(question) < least - MUCH_BETTER * abs(least):
            return True
        return self._add(self._everywhere(question), self._least(question)) or near

    def _least(self, question: Question) -> float:
        """The least cost of all rows."""
        return float(self._costs(self._row_terms, self.rows.priors, question).min())

    def _near(self, question: Question) -> list[tuple[Branch, Array, Array]]:
        """Where the search from the best of the points found before ends."""
        first = len(self.ground.rows.priors)
        costs = self._costs(self._row_terms[first:], self.rows.priors[first:], question)
        branch, point = self._found[int(np.argmin(costs))]
        return [(branch, *self._down(branch, point[np.newaxis], question))]

    def _everywhere(self, question: Question) -> Iterator[tuple[Branch, Array, Array]]:
        """Where searches from the best few valleys of all cells end."""
        spots = self.ground.cells
        most = max(LEAST_VALLEYS, min(MOST_VALLEYS, ALL_VALLEYS // len(spots)))
        starts: dict[int, list[Array]] = {}
        for spot, terms in zip(spots, self._terms, strict=True):
            valleys = spot.valleys(self._costs(terms, spot.priors, question), most)
            starts.setdefault(id(spot.branch), []).append(spot.points[valleys])
        for branch in {id(spot.branch): spot.branch for spot in spots}.values():
            first = np.concatenate(starts[id(branch)])
            if len(first):  # else no point of the branch allows the counts at all
                yield branch, *self._down(branch, first, question)

    def _down(self, branch: Branch, starts: Array, question: Question) -> tuple[Array, Array]:
        def terms_at(points: Array) -> Array:
            return self._terms_of(branch.events(points))

        return descend(terms_at, question, branch.pulls, starts, *branch.bounds(starts))

    def _add(self, ends: Iterable[tuple[Branch, Array, Array]], least: float) -> bool:
        """Add where searches have ended, if that is better than the least cost so far."""
        better = False
        for branch, points, costs in ends:
            good = costs < least - BETTER * abs(least)
            if not good.any():
                continue
            better = True
            new = branch.events(points[good])
            priors = (pull(branch.pulls, points[good]) ** 2).sum(axis=1)
            self._found += [(branch, point) for point in points[good]]
            self._row_terms = np.concatenate([self._row_terms, self._terms_of(new)])
            forms, levels, yields, costs = (
                np.concatenate(pair) for pair in zip(self.rows[:4], (*new, priors), strict=True)
            )
            self.rows = Rows(forms, levels, yields, costs, self.rows.mediators)
        return better

    def _terms_of(self, events: Events) -> Array:
        terms = np.empty((len(events[0]), self.expected.size, TERMS))
        fill_row_terms(*events, self.rows.mediators[0], self.expected, terms)
        return terms

    def _costs(self, terms: Array, priors: Array, question: Question) -> Array:
        costs: Array = question.of(terms)[0] + priors
        return costs


def _neighbours(points: Array, turns: Array) -> IntArray:
    """Numbers of the nearest points of each point, (points, k)."""
    from scipy.spatial import cKDTree

    n = points.shape[1]
    if n == 0:
        return np.arange(len(points))[:, np.newaxis]
    periodic = np.isfinite(turns)
    boxes = np.where(periodic, turns, 0.0)
    wrapped = np.where(periodic, np.mod(points, np.where(periodic, turns, 1.0)), points)
    wrapped = np.where(periodic & (wrapped >= boxes), 0.0, wrapped)
    count = min(len(points), 2 * n + 3)
    nearest = np.asarray(cKDTree(wrapped, boxsize=boxes).query(wrapped, count)[1], dtype=np.int64)
    return nearest.reshape(len(points), count)


def searches(truth: Scan, powers: int, rows: Rows, expected: Iterable[Array]) -> Iterator[Search]:
    """A search for every mediator of a tile and the events expected with it."""
    ground = Ground(truth, powers, rows)
    for mediator, events_there in zip(rows.mediators, expected, strict=True):
        yield Search(ground, mediator, np.ascontiguousarray(events_there))


def refined_chi2(search: Search) -> float:
    """Chi^2 at the mediator's coupling."""
    search.improve(Question(search.rows.mediators[0, 0]))
    values = np.empty(1)
    profiles.fill_profiled_chi2(*search.rows, values)
    return float(values[0])


def refined_limits(search: Search, threshold: float, result: Array) -> None:
    """Limits and intervals of a point, as `profiles.fill_profiled_limits` writes them, searched at all their ends."""

    def fill() -> None:
        profiles.fill_profiled_limits(*search.rows, threshold, result[np.newaxis])

    fill()
    if result[profiles.COUNT] == 0.0 and search.improve(Question(0.0)):
        fill()
    settled: list[float] = []
    for _ in range(MOST_SEARCHES * (result.size - profiles.INTERVALS)):
        edges = result[profiles.INTERVALS :]
        edges = edges[np.isfinite(edges)]
        new = [edge for edge in edges if all(abs(edge - old) > SETTLED * abs(old) for old in settled)]
        if not new:
            return
        settled.append(new[0])
        if search.improve(Question(new[0])):
            fill()
    for side in (profiles.POSITIVE, profiles.NEGATIVE):
        result[side], result[profiles.POSITIVE_STATUS + side] = math.nan, NOT_CONVERGED


def refined_separation(search: Search, question: tuple[float, bool, bool], result: Array) -> None:
    """Separation of a point, as `likelihood.separations.fill_separations` writes it, searched at both exposures."""
    expected, coupling, free = search.expected[np.newaxis], search.rows.mediators[0, 0], question[1]
    search.improve(Question(coupling, free))
    result[FACTOR] = 0.0
    for searches in itertools.count():
        factor = result[FACTOR]
        fill_separations(*search.rows, expected, question, result[np.newaxis])
        settled = abs(result[FACTOR] - factor) <= SETTLED * result[FACTOR]
        if settled or not math.isfinite(result[FACTOR]) or not search.improve(Question(coupling, free, result[FACTOR])):
            break
        if searches == MOST_SEARCHES:
            result[[CHI2, FACTOR, EVENTS]], result[STATUS] = math.nan, NOT_CONVERGED
            break
