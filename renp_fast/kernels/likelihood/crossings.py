"""Where chi^2 as a function of the coupling is within a threshold.

At trigger k the event number differs from the Standard Model's N0_k by a polynomial in the coupling g,
change_k(g) = a_k + b_k g + c_k g^2 with c_k >= 0, and chi^2 is the sum of the deviances plus a prior. Between the
vertices and the zeros of these polynomials every deviance is monotonic; so the sums of the lesser and of the greater of
its values at the ends of a piece bound chi^2 inside. Pieces whose bounds do not tell how often the threshold is crossed
are halved. The ends of pieces are the vertices themselves: where an amplitude cancels chi^2 is largest there, and a gap
of excluded couplings is found however narrow it is.

There the event number is no difference, but what no coupling cancels and a square: N = least + c (g + b/(2 c))^2.

`terms` (triggers, 5) holds N0_k, a_k, b_k, c_k, and the least event number over all couplings.
"""

import math

import numpy as np

from renp_fast.kernels.likelihood.poisson import poisson_chi2
from renp_fast.kernels.simd.jit import kernel
from renp_fast.kernels.types import Array

# Status of a limit; 0 is left for "not done"
FOUND, UNREACHABLE, POLE, NOT_CONVERGED = 1, 2, 3, 4
EXPECTED, CONSTANT_CHANGE, LINEAR_CHANGE, SQUARE_CHANGE, LEAST = 0, 1, 2, 3, 4
TERMS = 5
UP, DOWN = 1.0, -1.0
# Parts that a piece between two turning points is cut into at most
MOST_PARTS = 4000
DEEPEST = 128
LARGEST_COUPLING = 1e100
# While c g^2 is less than this part of N0, and as many events are there without coupling, none can be cancelled
SMALL = 0.0625


@kernel
def change_and_events(terms: Array, k: int, g: float) -> tuple[float, float]:
    """Change of the event number of trigger k at coupling g, and the event number."""
    N0, a, b, c = terms[k, EXPECTED], terms[k, CONSTANT_CHANGE], terms[k, LINEAR_CHANGE], terms[k, SQUARE_CHANGE]
    if not (c * g * g > SMALL * N0 or a < -0.5 * N0):
        change = a + g * (b + g * c)
        return change, N0 + change
    if c == 0.0:
        return a, N0 + a
    u = g + 0.5 * b / c
    square = c * u * u
    return (terms[k, LEAST] - N0) + square, terms[k, LEAST] + square


@kernel
def deviance(terms: Array, k: int, g: float) -> float:
    """Deviance of trigger k at coupling g."""
    N0 = terms[k, EXPECTED]
    change, N = change_and_events(terms, k, g)
    if N >= 0.5 * N0:
        return poisson_chi2(N0, change)
    return 2.0 * (change + N0 * math.log(N0 / N)) if N > 0.0 else math.inf


@kernel
def chi2_at(terms: Array, prior: float, g: float) -> float:
    """Chi^2 at coupling g."""
    total = prior
    for k in range(terms.shape[0]):
        total += deviance(terms, k, g)
    return total


@kernel
def turning_points(terms: Array, points: Array) -> int:
    """Write 0 and where a deviance turns, in increasing order, into ``points`` (3 triggers + 1); their number."""
    count = 1
    points[0] = 0.0
    for k in range(terms.shape[0]):
        N0, a, b, c = terms[k, EXPECTED], terms[k, CONSTANT_CHANGE], terms[k, LINEAR_CHANGE], terms[k, SQUARE_CHANGE]
        if c <= 0.0:
            continue
        candidates = (-0.5 * b / c, math.nan, math.nan)
        # A quarter of the discriminant, from whichever differences are of smaller numbers
        room = 0.25 * b * b - a * c if math.fabs(a) <= N0 else c * (N0 - terms[k, LEAST])
        if room > 0.0:
            q = -(0.5 * b + math.copysign(math.sqrt(room), b))
            candidates = (candidates[0], q / c, a / q)
        for point in candidates:
            if math.fabs(point) < LARGEST_COUPLING:
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
    for _ in range(400):
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
        N0, b, c = terms[k, EXPECTED], terms[k, LINEAR_CHANGE], terms[k, SQUARE_CHANGE]
        first, N_first = change_and_events(terms, k, p)
        last, N_last = change_and_events(terms, k, q)
        rise, later = math.fabs(b + 2.0 * c * p), math.fabs(b + 2.0 * c * q)
        fewest, most = min(N_first, N_last), max(N_first, N_last)
        if not fewest > 0.0:
            if N0 == 0.0:
                total -= direction * 4.0 * c
                continue
            return math.inf
        if direction > 0.0:
            total -= 4.0 * c * min(first, last) / fewest + 2.0 * N0 * (min(rise, later) / most) ** 2
        else:
            total += 4.0 * c * max(first, last) / most + 2.0 * N0 * (max(rise, later) / fewest) ** 2
    return max(total, 0.0)


@kernel
def crosses_once(terms: Array, target: float, p: float, q: float) -> tuple[bool, bool]:
    """Whether chi^2 is within the target at q, and whether it is shown how often it crosses between p and q.

    That is once if it is so at one of p and q alone, else never; no turning point lies between them.
    """
    at_p, at_q, least, most = 0.0, 0.0, 0.0, 0.0
    rises, falls = True, True
    for k in range(terms.shape[0]):
        first, last = deviance(terms, k, p), deviance(terms, k, q)
        at_p += first
        at_q += last
        rises = rises and last >= first
        falls = falls and last <= first
        least += min(first, last)
        most += max(first, last)
    before, after = at_p <= target, at_q <= target
    if rises or falls:
        return after, True
    if before != after:  # a chord that is crossed once, whichever way chi^2 is bent
        return after, bend(terms, p, q, UP) == 0.0 or bend(terms, p, q, DOWN) == 0.0
    if most <= target or least > target:
        return after, True
    nearest, direction = (max(at_p, at_q) - target, UP) if after else (target - min(at_p, at_q), DOWN)
    return after, nearest + 0.125 * (q - p) * (q - p) * bend(terms, p, q, direction) < 0.0


@kernel
def fill_crossings(
    terms: Array, target: float, low: float, high: float, stack: Array, edges: Array, count: int
) -> tuple[int, bool]:
    """Add the couplings between two turning points where chi^2 crosses the target to the first ``count`` edges.

    Returns their new number, and whether the search ended. ``stack`` (n, 2) is scratch.
    """
    depth, before = 1, chi2_at(terms, 0.0, low) <= target
    least = 1e-20 * (high - low)
    stack[0, 0], stack[0, 1] = low, high
    for _ in range(MOST_PARTS):
        if depth == 0:
            return count, True
        depth -= 1
        p, q = stack[depth, 0], stack[depth, 1]
        after, known = crosses_once(terms, target, p, q)
        middle = 0.5 * (p + q)
        narrow = not p < middle < q or q - p <= max(4e-16 * max(math.fabs(p), math.fabs(q)), least)
        if known or narrow:
            if after != before:
                if count == edges.size:
                    return count, False
                edges[count] = refined_crossing(terms, target, p, q)
                count += 1
            before = after
            continue
        if depth + 2 > stack.shape[0]:
            return count, False
        stack[depth, 0], stack[depth, 1] = middle, q
        stack[depth + 1, 0], stack[depth + 1, 1] = p, middle
        depth += 2
    return count, False


@kernel
def far_crossing(terms: Array, target: float, start: float, direction: float) -> float:
    """Where chi^2, within the target at ``start`` and rising in a direction, exceeds it; infinite if nowhere."""
    scale = 0.0
    for k in range(terms.shape[0]):
        if terms[k, SQUARE_CHANGE] > 0.0:
            size = math.sqrt((1.0 + target + terms[k, EXPECTED]) / terms[k, SQUARE_CHANGE])
            scale = size if scale == 0.0 else min(scale, size)
    low, step = start, max(scale, math.fabs(start))
    if scale == 0.0:
        return direction * math.inf
    high = low + direction * step
    while chi2_at(terms, 0.0, high) <= target:
        low, step = high, 2.0 * step
        high = low + direction * step
        if step > LARGEST_COUPLING:
            return direction * math.inf
    return refined_crossing(terms, target, low, high)


@kernel
def fill_edges(terms: Array, target: float, edges: Array) -> tuple[int, bool]:
    """Write the ends of all intervals of couplings where chi^2 is within ``target``, in increasing order.

    ``edges`` has room for some 2 (triggers + 2), those that are found by rounding included; the ends of the first and
    the last interval may be infinite. Returns their number and whether the search ended. The intervals are edges 0 to
    1, 2 to 3 and so on; two may touch where the gap between them is narrower than float64 resolves.
    """
    points, stack = np.empty(3 * terms.shape[0] + 1), np.empty((DEEPEST, 2))
    last, count, ended = turning_points(terms, points) - 1, 0, True
    # Beyond the turning points every deviance rises
    if chi2_at(terms, 0.0, points[0]) <= target:
        edges[0] = far_crossing(terms, target, points[0], DOWN)
        count = 1
    for i in range(last):
        if points[i] < points[i + 1] and ended:
            count, ended = fill_crossings(terms, target, points[i], points[i + 1], stack, edges, count)
    if ended and count % 2 == 1:
        if count == edges.size:
            return count, False
        edges[count] = far_crossing(terms, target, points[last], UP)
        count += 1
    return count, ended
