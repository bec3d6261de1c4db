"""Where a chi^2 crosses a threshold as a function of the coupling.

At trigger k the event number differs from the Standard Model's N0_k by a polynomial in the coupling g,
change_k(g) = a_k + b_k g + c_k g^2 with c_k >= 0, and chi^2 is the sum of the deviances plus a prior. Between the
vertices and the zeros of these polynomials every deviance is monotonic; so the sum of its values at the ends of an
interval bounds chi^2 inside, and bisection finds the first crossing for certain, however the deviances oppose. Where
chi^2 nearly touches the threshold, a bound of its second derivative says sooner that it does not.

`terms` (triggers, 4) holds N0_k, a_k, b_k, c_k. The coupling runs from 0 upwards; the other sign is b -> -b.
"""

import math

import numpy as np

from renp_fast.kernels.likelihood.poisson import poisson_chi2
from renp_fast.kernels.simd.jit import kernel
from renp_fast.kernels.types import Array

# Status of a limit; 0 is left for "not done"
FOUND, UNREACHABLE, POLE, NOT_CONVERGED = 1, 2, 3, 4
EXPECTED, CONSTANT_CHANGE, LINEAR_CHANGE, SQUARE_CHANGE = 0, 1, 2, 3
UP, DOWN = 1.0, -1.0
MOST_STEPS = 2000
LARGEST_COUPLING = 1e100


@kernel
def deviance(terms: Array, k: int, g: float) -> float:
    """Deviance of trigger k at coupling g."""
    return poisson_chi2(terms[k, 0], terms[k, 1] + g * (terms[k, 2] + g * terms[k, 3]))


@kernel
def chi2_at(terms: Array, prior: float, g: float) -> float:
    """Chi^2 at coupling g."""
    total = prior
    for k in range(terms.shape[0]):
        total += deviance(terms, k, g)
    return total


@kernel
def bound_beyond(terms: Array, prior: float, g: float) -> float:
    """A lower bound of chi^2 at all couplings beyond ``g``: the deviances that can only rise from there on."""
    total = prior
    for k in range(terms.shape[0]):
        a, b, c = terms[k, 1], terms[k, 2], terms[k, 3]
        if b + 2.0 * c * g >= 0.0 and a + g * (b + g * c) >= 0.0:
            total += deviance(terms, k, g)
    return total


@kernel
def turning_points(terms: Array, points: Array) -> int:
    """Write where a deviance turns, for g > 0 and in increasing order, into ``points`` (3 triggers); their number."""
    count = 0
    for k in range(terms.shape[0]):
        a, b, c = terms[k, 1], terms[k, 2], terms[k, 3]
        if c <= 0.0:
            continue
        candidates = (-0.5 * b / c, -1.0, -1.0)
        discriminant = b * b - 4.0 * a * c
        if discriminant > 0.0:
            q = -0.5 * (b + math.copysign(math.sqrt(discriminant), b))
            candidates = (candidates[0], q / c, a / q if q != 0.0 else -1.0)
        for point in candidates:
            if 0.0 < point < LARGEST_COUPLING:
                place = count
                while place > 0 and points[place - 1] > point:
                    points[place] = points[place - 1]
                    place -= 1
                points[place] = point
                count += 1
    return count


@kernel
def refined_crossing(terms: Array, target: float, low: float, high: float) -> float:
    """The one crossing of chi^2 = ``target`` between low and high, of which chi^2 lies on different sides.

    Chandrupatla's method (Adv. Eng. Softw. 28, 145, 1997): bisection unless inverse quadratic interpolation is safe.
    """
    a, b, c = low, high, low
    fa, fb = chi2_at(terms, 0.0, a) - target, chi2_at(terms, 0.0, b) - target
    fc = fa
    share = 0.5
    for _ in range(200):
        x = a + share * (b - a)
        fx = chi2_at(terms, 0.0, x) - target
        if (fx > 0.0) == (fa > 0.0):
            c, fc = a, fa
        else:
            c, b, fc, fb = b, a, fb, fa
        a, fa = x, fx
        best = a if math.fabs(fa) < math.fabs(fb) else b
        room = 2.3e-16 * math.fabs(best) / math.fabs(b - a) if b != a else 1.0
        if room > 0.5 or fa == 0.0:
            return a if fa == 0.0 else best
        share = 0.5
        xi, phi = (a - b) / (c - b), (fa - fb) / (fc - fb)
        if phi * phi < xi and (1.0 - phi) * (1.0 - phi) < 1.0 - xi:
            guess = fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
            if room <= guess <= 1.0 - room:
                share = guess
            elif math.isfinite(guess):
                share = room if guess < room else 1.0 - room
    return math.nan


@kernel
def bend(terms: Array, p: float, q: float, direction: float) -> float:
    """How much chi^2 can be bent in a direction between two neighbouring couplings, for certain at most.

    That is the greatest of -(second derivative) upwards, and of the second derivative downwards, of which a deviance
    has 2 [N'' (1 - N0/N) + N0 N'^2/N^2]; no turning point may lie between p and q. Chi^2 lies beyond the chord between
    p and q by no more than (q - p)^2/8 times that.
    """
    total = 0.0
    for k in range(terms.shape[0]):
        N0, a, b, c = terms[k, EXPECTED], terms[k, CONSTANT_CHANGE], terms[k, LINEAR_CHANGE], terms[k, SQUARE_CHANGE]
        first, last = a + p * (b + p * c), a + q * (b + q * c)
        rise, later = math.fabs(b + 2.0 * c * p), math.fabs(b + 2.0 * c * q)
        fewest, most = min(first, last), max(first, last)
        if not N0 + fewest > 0.0:
            if N0 == 0.0:
                total -= direction * 4.0 * c
                continue
            return math.inf
        if direction > 0.0:
            total -= 4.0 * c * fewest / (N0 + fewest) + 2.0 * N0 * (min(rise, later) / (N0 + most)) ** 2
        else:
            total += 4.0 * c * most / (N0 + most) + 2.0 * N0 * (max(rise, later) / (N0 + fewest)) ** 2
    return max(total, 0.0)


@kernel
def crossing_in(
    terms: Array, target: float, low: float, high: float, direction: float, stack: Array
) -> tuple[float, bool]:
    """First crossing of ``target`` between two turning points, upwards or downwards, and whether the search ended.

    chi^2 lies on the near side at ``low``. NaN if there is none. ``stack`` (n, 2) is scratch.
    """
    depth = 1
    stack[0, 0], stack[0, 1] = low, high
    for _ in range(MOST_STEPS):
        if depth == 0:
            return math.nan, True
        depth -= 1
        p, q = stack[depth, 0], stack[depth, 1]
        at_p, at_q, outer = 0.0, 0.0, 0.0
        rises, falls = True, True
        for k in range(terms.shape[0]):
            first, last = deviance(terms, k, p), deviance(terms, k, q)
            at_p += first
            at_q += last
            rises = rises and last >= first
            falls = falls and last <= first
            outer += max(first, last) if direction > 0.0 else min(first, last)
        if not direction * (outer - target) > 0.0:
            continue  # no value between p and q lies beyond the target
        beyond = direction * (at_q - target) > 0.0
        if rises or falls:
            if beyond:
                return refined_crossing(terms, target, p, q), True
            continue
        nearest = max(direction * (at_p - target), direction * (at_q - target))
        if nearest < 0.0 and nearest + 0.125 * (q - p) * (q - p) * bend(terms, p, q, direction) < 0.0:
            continue
        middle = 0.5 * (p + q)
        if q - p <= 1e-15 * q or depth + 2 > stack.shape[0]:
            if beyond:
                return q, True
            continue
        stack[depth, 0], stack[depth, 1] = middle, q
        stack[depth + 1, 0], stack[depth + 1, 1] = p, middle
        depth += 2
    return math.nan, False


@kernel
def next_crossing(terms: Array, target: float, start: float, stop: float, direction: float) -> tuple[float, int]:
    """First coupling from ``start`` to ``stop`` where chi^2 crosses ``target`` in a direction, and a status.

    ``target`` is the threshold less the prior. At ``start`` chi^2 lies on the near side, or by rounding just beyond,
    which counts as a crossing there. UNREACHABLE: no crossing.
    """
    if direction * (chi2_at(terms, 0.0, start) - target) > 0.0:
        return start, FOUND
    points = np.empty(3 * terms.shape[0])
    stack = np.empty((128, 2))
    count = turning_points(terms, points)
    low = start
    for i in range(count):
        high = min(points[i], stop)
        if high <= low:
            continue
        found, ended = crossing_in(terms, target, low, high, direction, stack)
        if not ended:
            return math.nan, NOT_CONVERGED
        if not math.isnan(found):
            return found, FOUND
        low = high
    if direction < 0.0 or low >= stop:  # beyond the last turning point every deviance rises
        return math.nan, UNREACHABLE
    scale = 0.0
    for k in range(terms.shape[0]):
        if terms[k, 3] > 0.0:
            size = math.sqrt((1.0 + target + terms[k, 0]) / terms[k, 3])
            scale = size if scale == 0.0 else min(scale, size)
    if scale == 0.0:
        return math.nan, UNREACHABLE
    high = max(2.0 * low, scale)
    while not chi2_at(terms, 0.0, high) > target:
        low = high
        high *= 2.0
        if high > LARGEST_COUPLING:
            return math.nan, UNREACHABLE
    found = refined_crossing(terms, target, low, high)
    return found, (NOT_CONVERGED if math.isnan(found) else FOUND)
