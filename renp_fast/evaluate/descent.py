"""Down from many starting points at once to the least of chi^2 plus prior nearby, within bounds.

Newton's method in coordinates whose ranges have length 1. Event numbers are differentiated by
central differences, and chi^2 by the event numbers exactly: so stiff valleys cost no accuracy. All starting points
move together, since a call that computes event numbers costs as much as a hundred of them; hence no minimiser of SciPy.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from renp_fast.kernels.likelihood.crossings import CONSTANT_CHANGE, EXPECTED, LINEAR_CHANGE, SQUARE_CHANGE, TERMS
from renp_fast.kernels.likelihood.searched_rows import fill_row_chi2
from renp_fast.kernels.types import Array

# Of the unit range of a coordinate: distance of central differences, and the longest step
CLOSE, LONGEST = 1e-5, 0.25
# Parts of a Newton step that are tried
PARTS = 0.5 ** np.array([0.0, 1.0, 2.0, 4.0, 7.0, 12.0])
MOST_STEPS = 80
# A step that promises less than this part of the cost, or this at all, is the last
SETTLED, NOTHING = 1e-13, 1e-18
# Curvature less than this part of the largest counts as this
FLATTEST = 1e-13


class Question(NamedTuple):
    """What is to be least: ``factor`` times chi^2 at ``coupling``, or at the best one if ``free``, and the prior."""

    coupling: float
    free: bool = False
    factor: float = 1.0

    def of(self, terms: Array) -> tuple[Array, Array]:
        """``factor`` times chi^2 of rows of terms (rows, triggers, 5), and the couplings it is for."""
        chi2, couplings = np.empty(len(terms)), np.empty(len(terms))
        fill_row_chi2(terms, self.coupling, self.free, chi2, couplings)
        return self.factor * chi2, couplings


class Slope(NamedTuple):
    """First and second derivatives of the cost at points: (points, n) and (points, n, n)."""

    first: Array
    second: Array


def descend(
    terms_at: Callable[[Array], Array], question: Question, pulls: Array, start: Array, low: Array, high: Array
) -> tuple[Array, Array]:
    """Where the ways down from starting points end, and what the cost is there.

    Parameters
    ----------
    terms_at : function
        From points (points, n) to terms of their events (points, triggers, 5), as of `likelihood.searched_rows`.
    question : Question
    pulls : ndarray
        (3, n): the prior costs the sum of (u - pulls[0])^2 over the coordinates u, times pulls[1]^2 below and
        pulls[2]^2 above.
    start, low, high : ndarray
        (points, n); infinite bounds of what is periodic.
    """
    points = np.clip(start, low, high)
    terms = terms_at(points)
    costs, couplings = _costs(terms, points, pulls, question)
    going = np.flatnonzero(np.isfinite(costs))
    for _ in range(MOST_STEPS):
        if not going.size:
            break
        here, least, most = points[going], low[going], high[going]
        slope = _slope(terms_at, question, pulls, (here, terms[going], couplings[going]), least, most)
        step, promised = _newton(slope, here, least, most)
        tried = np.clip(here + PARTS[:, np.newaxis, np.newaxis] * step, least, most)
        every = tried.reshape(-1, here.shape[1])
        new_terms = terms_at(every)
        new_costs, new_couplings = _costs(new_terms, every, pulls, question)
        best = np.argmin(new_costs.reshape(len(PARTS), -1), axis=0) * going.size + np.arange(going.size)
        better = new_costs[best] < costs[going]
        taken, moved = best[better], going[better]
        points[moved], terms[moved] = every[taken], new_terms[taken]
        costs[moved], couplings[moved] = new_costs[taken], new_couplings[taken]
        going = going[better & (promised > SETTLED * costs[going] + NOTHING)]
    return points, costs


def _costs(terms: Array, points: Array, pulls: Array, question: Question) -> tuple[Array, Array]:
    costs, couplings = question.of(terms)
    return costs + (pull(pulls, points) ** 2).sum(axis=1), couplings


def pull(pulls: Array, points: Array) -> Array:
    """Roots of what the priors cost at points, with signs."""
    pulled: Array = (points - pulls[0]) * _steepness(pulls, points)
    return pulled


def _steepness(pulls: Array, points: Array) -> Array:
    steepness: Array = np.where(points > pulls[0], pulls[2], pulls[1])
    return steepness


def _newton(slope: Slope, points: Array, low: Array, high: Array) -> tuple[Array, Array]:
    """Newton steps, downwards where the cost is not convex, and what they promise.

    A coordinate whose step would pass a bound goes just there, and the others do what is best then: in a stiff valley
    a step that is merely cut off at a bound leads uphill.
    """
    first, second = slope
    fixed: NDArray[np.bool_] = (low == high) | ((points <= low) & (first > 0.0)) | ((points >= high) & (first < 0.0))
    step = np.zeros_like(points)
    for _ in range(points.shape[1] + 1):
        rest = np.where(fixed, 0.0, first + (second @ step[:, :, np.newaxis])[:, :, 0])
        step = np.where(fixed, step, _free_step(rest, second, fixed))
        reached = np.clip(points + step, low, high)
        passing = ~fixed & (points + step != reached)
        if not passing.any():
            break
        fixed = np.logical_or(fixed, passing)
        step = np.where(fixed, reached - points, 0.0)
    longest = np.abs(step).max(axis=1, keepdims=True)
    return step * np.minimum(1.0, LONGEST / np.maximum(longest, LONGEST)), np.abs((first * step).sum(axis=1))


def _free_step(first: Array, second: Array, fixed: NDArray[np.bool_]) -> Array:
    """Newton steps of the coordinates that are not fixed."""
    bends, along = np.linalg.eigh(np.where(fixed[:, :, np.newaxis] | fixed[:, np.newaxis, :], 0.0, second))
    sizes = np.abs(bends)
    sizes = np.maximum(sizes, FLATTEST * sizes.max(axis=1, keepdims=True))
    parts = (first[:, np.newaxis, :] @ along)[:, 0]
    lengths = np.divide(parts, sizes, out=np.zeros_like(parts), where=sizes > 0.0)
    step: Array = -(along @ lengths[:, :, np.newaxis])[:, :, 0]
    return step


def _slope(
    terms_at: Callable[[Array], Array],
    question: Question,
    pulls: Array,
    here: tuple[Array, Array, Array],
    low: Array,
    high: Array,
) -> Slope:
    """Derivatives of the cost at points, of which terms and couplings are known too."""
    points, terms, couplings = here
    rises, bends, mixed = _differences(terms_at, points, couplings, low, high)
    g = couplings[:, np.newaxis]
    expected = terms[..., EXPECTED]
    steep = terms[..., LINEAR_CHANGE] + 2.0 * g * terms[..., SQUARE_CHANGE]
    change = terms[..., CONSTANT_CHANGE] + g * (terms[..., LINEAR_CHANGE] + g * terms[..., SQUARE_CHANGE])
    # Derivatives of a deviance by its event number
    number = np.where(expected > 0.0, expected + change, 1.0)
    by_number = 2.0 * question.factor * np.where(expected > 0.0, change / number, 1.0)
    twice = 2.0 * question.factor * expected / number**2
    first = np.einsum("pk,pki->pi", by_number, rises)
    second = np.einsum("pk,pkij->pij", by_number, bends) + np.einsum("pk,pki,pkj->pij", twice, rises, rises)
    if question.free:  # the best coupling moves along
        across = np.einsum("pk,pki->pi", by_number, mixed) + np.einsum("pk,pk,pki->pi", twice, steep, rises)
        own = (by_number * 2.0 * terms[..., SQUARE_CHANGE] + twice * steep**2).sum(axis=1)[:, np.newaxis, np.newaxis]
        outer = across[:, :, np.newaxis] * across[:, np.newaxis, :]
        second -= np.divide(outer, own, out=np.zeros_like(outer), where=own > 0.0)
    steep_prior = _steepness(pulls, points)
    first += 2.0 * steep_prior * pull(pulls, points)
    second += 2.0 * steep_prior[:, :, np.newaxis] ** 2 * np.eye(points.shape[1])
    sound = np.isfinite(first).all(axis=1) & np.isfinite(second).all(axis=(1, 2))
    first[~sound], second[~sound] = 0.0, 0.0
    return Slope(first, second)


def _differences(
    terms_at: Callable[[Array], Array], points: Array, couplings: Array, low: Array, high: Array
) -> tuple[Array, Array, Array]:
    """Derivatives of event numbers by the coordinates, first and second, and by a coordinate and the coupling.

    Of shapes (points, triggers, n), (points, triggers, n, n), (points, triggers, n). Central differences stay within
    the bounds; second derivatives make up for that.
    """
    count, n = points.shape
    free = np.flatnonzero((low < high).any(axis=0))
    room = np.minimum(CLOSE, np.where(np.isfinite(high - low), 0.5 * (high - low), np.inf))
    middle = np.clip(points, low + room, high - room)
    pairs = [(i, j) for place, i in enumerate(free) for j in free[place + 1 :]]
    offsets = np.zeros((1 + 2 * free.size + 2 * len(pairs), n))
    for place, i in enumerate(free):
        offsets[1 + 2 * place, i], offsets[2 + 2 * place, i] = 1.0, -1.0
    for place, (i, j) in enumerate(pairs):
        row = 1 + 2 * free.size + 2 * place
        offsets[row, [i, j]], offsets[row + 1, [i, j]] = 1.0, -1.0
    terms = terms_at((middle[:, np.newaxis] + offsets * room[:, np.newaxis]).reshape(-1, n))
    terms = terms.reshape(count, len(offsets), -1, TERMS)
    g = couplings[:, np.newaxis, np.newaxis]
    steep = terms[..., LINEAR_CHANGE] + 2.0 * g * terms[..., SQUARE_CHANGE]
    change = terms[..., CONSTANT_CHANGE] + g * (terms[..., LINEAR_CHANGE] + g * terms[..., SQUARE_CHANGE])
    triggers = change.shape[2]
    rises, mixed = np.zeros((count, triggers, n)), np.zeros((count, triggers, n))
    bends = np.zeros((count, triggers, n, n))
    distance = np.where(room > 0.0, room, 1.0)[:, np.newaxis, :]
    for place, i in enumerate(free):
        up, down = 1 + 2 * place, 2 + 2 * place
        rises[..., i] = (change[:, up] - change[:, down]) / (2.0 * distance[..., i])
        mixed[..., i] = (steep[:, up] - steep[:, down]) / (2.0 * distance[..., i])
        bends[..., i, i] = (change[:, up] - 2.0 * change[:, 0] + change[:, down]) / distance[..., i] ** 2
    own = {i: 1 + 2 * place for place, i in enumerate(free)}
    for place, (i, j) in enumerate(pairs):
        row = 1 + 2 * free.size + 2 * place
        alone = change[:, own[i]] + change[:, own[i] + 1] + change[:, own[j]] + change[:, own[j] + 1]
        both = change[:, row] + change[:, row + 1] + 2.0 * change[:, 0] - alone
        bends[..., i, j] = bends[..., j, i] = both / (2.0 * distance[..., i] * distance[..., j])
    rises += np.einsum("pkij,pj->pki", bends, points - middle)
    return rises, bends, mixed
