"""The best division of a total exposure among candidates, for a figure of merit that is concave in the exposures.

Kelley's cutting planes (J. SIAM 8, 703, 1960): each slope bounds the figure from above everywhere, and a linear
programme over all bounds so far gives both the next division to look at and an upper limit of what any division can
reach. So the result comes with its distance from the best one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.optimize import linprog

from renp_fast.kernels.types import Array

TOLERANCE = 1e-7  # of the figure of merit
MOST_ROUNDS = 300


class Cuts(NamedTuple):
    """A concave figure of merit at some exposures, and upper bounds ``offsets + slopes @ days`` of it everywhere.

    The figure is the least of the bounds there; no bounds where it is zero and has no slope.
    """

    value: float
    offsets: Array
    slopes: Array


@dataclass(frozen=True)
class Division:
    """A division of a total exposure.

    Attributes
    ----------
    days : ndarray
        Exposure of each candidate.
    value, bound : float
        The figure of merit, and what no division among the candidates exceeds.
    sensitivity : ndarray
        What each candidate would add if it had all exposure, as a part of ``bound``: at most 1, where it has some 1.
    """

    days: Array
    value: float
    bound: float
    sensitivity: Array


def best_division(merit: Callable[[Array], Cuts], total: float, start: Array) -> Division:
    """The division of ``total`` for which the figure of merit is largest.

    Parameters
    ----------
    merit : callable
        From exposures (candidates,) to `Cuts`; concave, and not negative.
    total : float
    start : ndarray
        Exposures to begin with; the figure is above zero there, or zero everywhere.
    """
    offsets, slopes = np.empty(0), np.empty((0, start.size))
    best, days, bound, sensitivity, query = 0.0, start, np.inf, np.zeros(start.size), start
    for _ in range(MOST_ROUNDS):
        found = merit(query)
        while found.slopes.size == 0 and not np.array_equal(query, days):
            query = 0.5 * (query + days) if np.abs(query - days).max() > 1e-9 * total else days
            found = merit(query)
        if found.value > best:
            best, days = found.value, query
        offsets, slopes = np.append(offsets, found.offsets), np.append(slopes, total * found.slopes, axis=0)
        unit = best or float(np.abs(slopes).max(initial=0.0)) or 1.0
        solved = _programme(offsets / unit, slopes / unit)
        if solved is None:
            break
        bound, shares, weights = solved
        sensitivity = weights @ (offsets[:, np.newaxis] + slopes) / (unit * bound) if bound > 0.0 else sensitivity
        bound, query = unit * bound, total * shares
        if not bound - best > TOLERANCE * best:
            break
    return Division(days, best, max(bound, best), sensitivity)


def _programme(offsets: Array, slopes: Array) -> tuple[float, Array, Array] | None:
    """The largest t with t <= offsets + slopes @ shares, the shares, and the weights of the bounds that hold it.

    None if the programme could not be solved; what is known so far then stands.
    """
    bounds, candidates = slopes.shape
    solved = linprog(
        np.append(np.zeros(candidates), -1.0),
        A_ub=np.hstack([-slopes, np.ones((bounds, 1))]),
        b_ub=offsets,
        A_eq=np.append(np.ones(candidates), 0.0)[np.newaxis],
        b_eq=[1.0],
        bounds=[(0.0, None)] * candidates + [(None, None)],
        method="highs-ds",
    )
    if solved.x is None:
        return None
    shares = np.maximum(solved.x[:-1], 0.0)
    return float(solved.x[-1]), shares / shares.sum(), -solved.ineqlin.marginals
