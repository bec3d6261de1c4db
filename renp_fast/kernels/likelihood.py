"""Poisson likelihood of event numbers."""

import math

from renp_fast.kernels.jit import kernel


@kernel
def poisson_chi2(expected: float, change: float) -> float:
    """2 [N - N0 + N0 ln(N0/N)] for N0 = ``expected`` and N = N0 + ``change``, without cancellation for small changes.

    The logarithm is absent for N0 = 0; the result is infinite for N = 0 < N0 and for infinite N. With
    t = change/N0 and v = t/(2 + t) it is 2 N0 (t - ln(1 + t)) = 2 N0 [t v - 2 (v^3/3 + v^5/5 + ...)].
    """
    t = change / expected
    if expected == 0.0 or t == math.inf:
        return 2.0 * change
    if t <= -1.0:
        return math.inf
    if math.fabs(t) > 0.1:
        return 2.0 * expected * (t - math.log1p(t))
    v = t / (2.0 + t)
    v2 = v * v
    series = 1.0 / 3.0 + v2 * (1.0 / 5.0 + v2 * (1.0 / 7.0 + v2 * (1.0 / 9.0 + v2 * (1.0 / 11.0 + v2 / 13.0))))
    return 2.0 * expected * (t * v - 2.0 * v * v2 * series)
