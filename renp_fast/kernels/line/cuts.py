"""Where the integrals over a line and over the momentum of the pair are cut: wherever either has a scale of its own.

A rule of 31 nodes sees nothing of what is much narrower than its interval: neither its value nor the difference that
is its error. So what can be narrow gets intervals of its own size, and around it such as grow by a constant ratio:

- a pair opens, and close above that s vanishes, where photon exchange and light mediators have their poles;
- a mediator is on its pole, as far away as its resonance is narrow;
- the edge of a top-hat, which a Gaussian smears over a small part of its width;
- over the momentum, all of these where the line moves them, as far away as the line is narrow.
"""

import math

from renp_fast.kernels.amplitude.phase_space import HIGH, LOW, PAIRS, Models
from renp_fast.kernels.amplitude.propagator import MEDIATOR
from renp_fast.kernels.line.gauss_kronrod import begin, fill_breaks
from renp_fast.kernels.line.nodes import Law, Work, distance_of, pole, pole_width, threshold
from renp_fast.kernels.line.shapes import REACH, scale_of
from renp_fast.kernels.simd.jit import kernel
from renp_fast.kernels.types import Array

# Distances from what is narrow grow by it from cut to cut, and begin at no less than that part of the range
RATIO, LEAST = 10.0, 1e-16
# Where s vanishes is close above a threshold for what lies below it up to so many times as far
CLOSE = 100.0
# Part of a range below which a root that is cut short is none
NO_ROOT = 1e-10
# An edge of a top-hat is smeared little where its Gaussian ends within this part of the width
SMEARED = 0.4


@kernel
def add_ladder(points: Array, n: int, centre: float, first: float, far: float) -> int:
    """Add ``centre`` to n points, and on both sides of it distances that grow from ``first`` up to ``far``."""
    points[n] = centre
    n += 1
    distance = max(first, LEAST * far) if first > 0.0 else far
    while distance < far:
        points[n], points[n + 1] = centre - distance, centre + distance
        n += 2
        distance *= RATIO
    return n


@kernel
def add_shape(law: Law, points: Array, n: int) -> int:
    """Add the cuts of the line itself."""
    edge, smeared = 0.5 * law.flat, REACH * law.sigma
    if smeared >= SMEARED * law.flat:
        points[n] = 0.0
        n += 1
    if 0.0 < law.sigma < law.flat:
        for centre in (-edge, edge):
            n = add_ladder(points, n, centre, smeared, min(SMEARED * law.flat, 2.0 * smeared))
    return n


@kernel
def nearest(points: Array, n: int, centre: float) -> float:
    """Distance from ``centre`` to the nearest of n points."""
    distance = math.inf
    for point in points[:n]:
        distance = min(distance, math.fabs(point - centre))
    return distance


@kernel
def next_below(points: Array, n: int, centre: float) -> float:
    """Distance from ``centre`` to the next of n points below it."""
    distance = math.inf
    for point in points[:n]:
        if point < centre:
            distance = min(distance, centre - point)
    return distance


@kernel
def farthest(law: Law, scale: float, centre: float, length: float) -> float:
    """How far from ``centre`` intervals are graded: along the tails of a Lorentzian they are so from its own."""
    return min(length, max(scale, math.fabs(centre))) if law.gamma > 0.0 else length


@kernel
def begin_line(
    law: Law, momentum: float, models: Models, acceptance: Array, work: Work, ends: tuple[float, float]
) -> int:
    """Cut the integral over the line, from its first to its last u, into intervals; how many there are."""
    low, high = ends
    points, scale = work.points, scale_of(law.sigma, law.gamma, law.flat)
    points[0], points[1], n = low, high, 2
    for pair in range(len(PAIRS)):
        points[n] = threshold(law, momentum, models, pair)
        n += 1
    opened = n
    nothing = law.detuning - 0.5 * momentum  # there s vanishes
    far = farthest(law, scale, nothing, high - low)
    n = add_ladder(points, n, nothing, CLOSE * nearest(points, opened, nothing), far)
    if law.exchange == MEDIATOR and law.powers > 1:
        centre = pole(law, momentum)
        first = pole_width(law, momentum) if law.width > 0.0 else nearest(points, opened, centre)
        n = add_ladder(points, n, centre, first, farthest(law, scale, centre, high - low))
    n = add_shape(law, points, n)
    for segment in range(acceptance.shape[0]):
        points[n], points[n + 1] = distance_of(law, acceptance[segment, 0]), distance_of(law, acceptance[segment, 1])
        n += 2
    given = n
    for opens in points[2:opened]:  # another cut close below it takes away no root
        far, distance = farthest(law, scale, opens, high - low), next_below(points, given, opens)
        if distance > NO_ROOT * far:
            n = add_ladder(points, n, opens, CLOSE * distance, far)
    count = fill_breaks(points, n, low, high, work.breaks)
    for k in range(count):
        y = work.breaks[k] / scale
        work.breaks[k] = math.asinh(y) if law.gamma > 0.0 else y
    return begin(work.breaks, count, work.lines)


@kernel
def momentum_at(law: Law, s: float, u: float) -> float:
    """The momentum of the pair, less the photon's at the centre of the line, for s at w0 + u."""
    x = law.detuning - u
    w, Q = 0.5 * law.E_eg - x, 0.5 * law.E_eg + x
    return (2.0 * law.E_eg * x - s) / (math.sqrt(max(Q * Q - s, 0.0)) + w)


@kernel
def begin_spread(law: Law, models: Models, acceptance: Array, cut: float, work: Work) -> int:
    """Cut the integral over the pair's momentum, from -``cut`` to ``cut``, into intervals; how many there are."""
    points, w0 = work.points, 0.5 * law.E_eg - law.detuning
    smeared = 2.0 * scale_of(law.sigma, law.gamma, 0.0)
    scale, edge = smeared if smeared > 0.0 else law.flat, 0.5 * law.flat
    points[0], points[1], points[2], n = -cut, cut, 0.0, 3
    for pair in range(len(PAIRS)):
        s = 2.0 * law.E_eg * (models.pairs[0, pair, HIGH] + models.pairs[0, pair, LOW])
        if edge > 0.0:
            n = add_ladder(points, n, momentum_at(law, s, -edge), scale, 2.0 * cut)
            n = add_ladder(points, n, momentum_at(law, s, edge), scale, 2.0 * cut)
        else:
            n = add_ladder(points, n, momentum_at(law, s, 0.0), scale, 2.0 * cut)
        if acceptance.shape[0] > 0:
            points[n] = momentum_at(law, s, distance_of(law, acceptance[0, 0]))
            points[n + 1] = momentum_at(law, s, distance_of(law, acceptance[-1, 1]))
            n += 2
    opened, nothing = n, momentum_at(law, 0.0, 0.0)
    n = add_ladder(points, n, nothing, max(nearest(points, opened, nothing), scale), 2.0 * cut)
    if law.exchange == MEDIATOR and law.powers > 1:
        for u in (-edge, 0.0, edge):
            centre = momentum_at(law, law.mass * law.mass, u)
            width = pole_width(law, centre) * law.E_eg / max(w0 + centre, pole_width(law, centre))
            first = max(width, scale) if law.width > 0.0 else max(nearest(points, opened, centre), scale)
            n = add_ladder(points, n, centre, first, 2.0 * cut)
    count = fill_breaks(points, n, -cut, cut, work.breaks)
    return begin(work.breaks, count, work.spreads)
