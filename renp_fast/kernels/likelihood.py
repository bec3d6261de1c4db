"""Poisson likelihood of event numbers."""

import math

import numpy as np

from renp_fast.kernels.jit import inner, kernel
from renp_fast.kernels.simd import fma, look_up, scale_to_one

LN2 = math.log(2.0)
# Adding it rounds a number to the next j/16, with j in the last bits; this is also the order of the tables of 16
GRID = 1.5 * 2.0**48
_SIXTEENTHS = (0, 1, 2, 3, 4, 5, 6, 7, -8, -7, -6, -5, -4, -3, -2, -1)
# 1/(1 + j/16), and j/16 - ln(1 + j/16) for |j/16| < 3/8, which is all that occurs
INVERSES = np.array([16.0 / (16.0 + j) for j in _SIXTEENTHS])
EXCESSES = np.zeros(16)
EXCESSES[1:4] = 0.0018753781835651575, 0.007216964343616545, 0.01564974307334078
EXCESSES[4:7] = 0.026856448685790246, 0.04056628451635824, 0.056546268881465384
EXCESSES[-5:-2] = 0.06219344944141069, 0.03768207245178093, 0.0201393647782445
EXCESSES[-2:] = 0.008531392624522623, 0.0020385211375711716
# (r - ln(1 + r))/r^2 for |r| < 1/27 to 2^-53
C0, C1, C2, C3, C4 = 0.5, -0.333333333333322, 0.2499999999999896, -0.20000000011027141, 0.1666666667677521
C5, C6, C7, C8 = -0.1428568535289625, 0.12499973477461156, -0.11139218397222445, 0.10025765595362868


@inner
def excess_of_some(t: float) -> float:
    """Excess t - ln(1 + t) for t > -1, of a number or vector; NaN for NaN and infinity, anything for t <= -1.

    With 1 + t = 2^k (1 + u), the sixteenth c next to u and r = (u - c)/(1 + c) it is
    (t - u - k ln 2) + [c - ln(1 + c)] + r (c + [r - ln(1 + r)]/r). For small t all but the last bracket are exact
    zeros, so nothing cancels.
    """
    k, scale = scale_to_one(1.0 + t)
    u = fma(scale, t, scale - 1.0)
    y = u + GRID
    c = y - GRID
    r = (u - c) * look_up(INVERSES, y)
    series = fma(r, fma(r, fma(r, fma(r, C8, C7), C6), C5), C4)
    series = fma(r, fma(r, fma(r, fma(r, series, C3), C2), C1), C0)
    return fma(k, -LN2, t - u) + fma(r, fma(r, series, c), look_up(EXCESSES, y))  # type: ignore[no-any-return]


@kernel
def excess(t: float) -> float:
    """Excess t - ln(1 + t); infinite for t <= -1 and for infinity."""
    return math.inf if t <= -1.0 or t == math.inf else excess_of_some(t)


@kernel
def poisson_chi2(expected: float, change: float) -> float:
    """2 [N - N0 + N0 ln(N0/N)] for N0 = ``expected`` and N = N0 + ``change``, without cancellation for small changes.

    The logarithm is absent for N0 = 0; the result is infinite for N = 0 < N0 and for infinite N.
    """
    t = change / expected
    if expected == 0.0 or t == math.inf:
        return 2.0 * change
    return 2.0 * expected * excess(t)
