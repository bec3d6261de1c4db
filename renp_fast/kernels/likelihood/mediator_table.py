"""What is known of eight mediators side by side: one flat table, a vector for each column and trigger."""

import math

from renp_fast.kernels.likelihood.poisson import excess_of_some
from renp_fast.kernels.simd.jit import inner
from renp_fast.kernels.simd.vectors import LANES, select
from renp_fast.kernels.types import Array

# Re x, |x|^2, Im x of the strength x for coupling 1; the same times g, g^2, g; the sizes of the first and last of these
BY_REAL, BY_SQUARE, BY_IMAGINARY = 0, 1, 2
FACTORS, REAL_SIZE, IMAGINARY_SIZE = 3, 6, 7
# Constant, linear and square change of the row that is looked at; the least and the most linear change of all rows;
# and 2/3 of the inverse root of the expected events
TERMS, LEAST_LINEAR, MOST_LINEAR, GAUGE = 8, 11, 12, 13
COLUMNS = 14
# Rows of the table of counts: expected events; their inverse, and the inverse of their root, or 0 if there are none
COUNT, INVERSE, INVERSE_ROOT = 0, 1, 2


@inner
def place_of(column: int, k: int, n: int, lane: int) -> int:
    """Where the flat ``known`` holds a column for trigger k of n and a mediator."""
    return LANES * (column * n + k) + lane


@inner
def lesser(a: float, b: float) -> float:
    """The lesser of two."""
    return select(a <= b, a, b)


@inner
def greater(a: float, b: float) -> float:
    """The greater of two."""
    return select(a <= b, b, a)


@inner
def half_deviance(change: float, k: int, counts: Array) -> float:
    """Half the deviance of a change at trigger k."""
    if counts[COUNT, k] > 0.0:
        t = change * counts[INVERSE, k]
        return counts[COUNT, k] * select(t <= -1.0, math.inf, excess_of_some(t))  # type: ignore[no-any-return]
    return change
