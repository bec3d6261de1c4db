"""Poisson likelihood of event numbers."""

import math
from decimal import Decimal

import numpy as np

from renp_fast.kernels.simd.bit_tables import TABLE_CENTRES, look_up, scale_to_one
from renp_fast.kernels.simd.jit import kernel
from renp_fast.kernels.simd.tracing import traced
from renp_fast.kernels.simd.vectors import fma, select

# ln 2 times 2^-52, for exponents times 2^52
LN2 = math.log(2.0) * 2.0**-52
# For the centres c of the table about 1/(1 + c), in so few bits that d = 1 - 1/(1 + c) is exact; d; and d + ln(1 - d)
INVERSES = np.round(256.0 / (1.0 + TABLE_CENTRES)) / 256.0
SHIFTS = 1.0 - INVERSES
EXCESSES = np.array([float(Decimal(d) + (1 - Decimal(d)).ln()) for d in SHIFTS.tolist()])
# Changes below these lie in the interval of 1, and need no power of 2 (`simd.bit_tables.TABLE_CENTRES`)
NEAR_ZERO, FEW = 0.0155, 0.328
# (r - ln(1 + r))/r^2 for |r| < 1/27 to 2^-53
C0, C1, C2, C3, C4 = 0.5, -0.333333333333322, 0.2499999999999896, -0.20000000011027141, 0.1666666667677521
C5, C6, C7, C8 = -0.1428568535289625, 0.12499973477461156, -0.11139218397222445, 0.10025765595362868


@traced
def excess_near_zero(r: float) -> float:
    """Excess r - ln(1 + r) for |r| < 1/27."""
    r2 = r * r
    series = fma(r2, C8, fma(r, C7, C6))
    series = fma(r2, series, fma(r, C5, C4))
    series = fma(r2, series, fma(r, C3, C2))
    return r2 * fma(r2, series, fma(r, C1, C0))


@traced
def excess_from_table(u: float, place: float, rest: float) -> float:
    """Excess of u plus ``rest`` for 1 + u as of `scale_to_one`, which gives the place.

    With the entry d of the table next to u/(1 + u), r = u - d (1 + u) is small, and the excess of u is that of r and
    d + ln(1 - d) + d u.
    """
    d = look_up(SHIFTS, place)
    r = fma(u, look_up(INVERSES, place), -d)
    return (rest + fma(u, d, look_up(EXCESSES, place))) + excess_near_zero(r)


@traced
def excess_of_few(t: float) -> float:
    """The same bits as `excess_of_some`, for |t| < 21/64."""
    place, _, _ = scale_to_one(1.0 + t)
    return excess_from_table(t, place, 0.0)


@traced
def excess_of_some(t: float) -> float:
    """Excess t - ln(1 + t) for t > -1; NaN for NaN and for t <= -1, no finite number for infinity.

    With 1 + t = 2^k (1 + u) it is t - u - k ln 2 and the excess of u. For small t that is all exact zeros, but for the
    excess near zero: nothing cancels.
    """
    place, k, scale = scale_to_one(1.0 + t)
    u = fma(scale, t, scale - 1.0)
    return excess_from_table(u, place, select(t <= -1.0, math.nan, fma(k, -LN2, t - u)))


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
