"""Averages over the photon energy of a laser line, and over the momentum of the pair, split at the thresholds.

At the nominal photon energy w0 the average of I(w) is

    int dw L(w - w0) A(w) int dk P(k) w/(E_eg (E_vg - w)^2) W(s, q^2),   q = w + k,  s = (E_eg - w)^2 - q^2,

with a line L (`line.shapes`), the detector's acceptance A, and the spread P of the pair's momentum about that
of full macro-coherence: a Gaussian, cut alike on both sides where it counts as 0, or where q would be negative. W is a
function of s and q^2 alone, W0 + x W1 + |x|^2 W2 for real x, and so is the average for each power of the coupling,
even if x = g/(s - M^2) varies along the line. L is normalised over all energies: what it has below w = 0 is lost.

An average across thresholds takes 30 to 190 values of W for a top-hat, 220 to 500 with slightly smeared edges, 190 to
280 for a Gaussian, 220 to 530 for a Lorentzian, 280 to 590 for a Voigt line, and up to 1400 with a mediator's resonance
in it, for an error below 1e-10.

A pair opens at w_ij = (E_eg - k)/2 - S/(2 (E_eg + k)): the integral over w, at fixed k, is cut there, and wherever else
`line.cuts` says. Along the tails of a Lorentzian w is w0 + h sinh(y).
"""

import math

from renp_fast.kernels.amplitude.models import SQUARE
from renp_fast.kernels.amplitude.pair import ORDERS
from renp_fast.kernels.amplitude.phase_space import HIGH, LOW, PAIRS, Models
from renp_fast.kernels.amplitude.propagator import MEDIATOR
from renp_fast.kernels.line.cuts import begin_line, begin_spread
from renp_fast.kernels.line.gauss_kronrod import (
    ANCHOR,
    CONVERGED,
    ERROR,
    FRESH,
    INTEGRALS,
    NODES,
    RULE,
    SIZE,
    VALUE,
    WEIGHT,
    add_up,
    node,
    refined,
    total,
)
from renp_fast.kernels.line.nodes import Law, Work, acceptance_at, fill_values, line_ends, pole, pole_width
from renp_fast.kernels.line.shapes import REACH, ROOT2, density, gaussian, scale_of
from renp_fast.kernels.simd.jit import kernel
from renp_fast.kernels.types import Array

# Errors are at most this part of the integral of the absolute value, or the average counts as not converged
TOLERANCE = 1e-10
# The inner one of two integrals is more precise, so that the outer one sees a smooth function
INNER = 0.1
# Rounding of an average, and of a photon energy, relative to themselves
ROUNDING, EPSILON = 1e-14, 2.3e-16
# What became of an average
FOUND, POLE, UNFINISHED = 1, 3, 4


@kernel
def fill_line_nodes(law: Law, acceptance: Array, ends: tuple[float, float], interval: Array, work: Work) -> None:
    """Write the u of the nodes of an interval, and du/d(node) L A, into ``u`` and ``weights``."""
    scale = scale_of(law.sigma, law.gamma, law.flat)
    rise = math.exp(interval[ANCHOR]) if law.gamma > 0.0 else 0.0
    for k in range(NODES):
        below, slope = node(interval, k)
        if law.gamma > 0.0:  # sinh and cosh of y; what rounds is the distance to the upper end
            up = rise * math.exp(-below)
            y, slope = 0.5 * (up - 1.0 / up), 0.5 * slope * (up + 1.0 / up)
        else:
            y = interval[ANCHOR] - below
        u = min(max(scale * y, ends[0]), ends[1])  # no rounding leads out of the acceptance
        work.u[k] = u
        shape = density(u, law.sigma, law.gamma, law.flat)
        work.weights[k] = slope * scale * shape * acceptance_at(law, u, acceptance)


@kernel
def rounding_of(law: Law, ends: tuple[float, float]) -> float:
    """Rounding of an average, relative to itself: that of energies counts over the width of the line, or its part."""
    scale, energy = scale_of(law.sigma, law.gamma, law.flat), math.fabs(law.detuning)
    furthest = max(math.fabs(ends[0]), math.fabs(ends[1]))
    return ROUNDING + EPSILON * (energy / scale + (energy + furthest) / (ends[1] - ends[0]))


@kernel
def unresolved_of(law: Law, momentum: float, ends: tuple[float, float]) -> float:
    """Rounding of what has a mediator's pole, relative to itself: that of s over its distance from M^2."""
    if law.powers == 1 or law.exchange != MEDIATOR:
        return 0.0
    centre = pole(law, momentum)
    if ends[0] < centre < ends[1]:
        energy, width = math.fabs(centre) + law.mass * law.mass, pole_width(law, momentum)
        return EPSILON * energy / width if law.powers == 4 else 0.0
    distance = max(ends[0] - centre, centre - ends[1], pole_width(law, momentum))
    return EPSILON * law.mass * law.mass / distance if distance > 0.0 else 0.0


@kernel
def line_average(
    law: Law, momentum: float, models: Models, acceptance: Array, work: Work, tolerance: float, result: Array
) -> int:
    """Average over the line at one ``momentum`` of the pair, less the photon's; its status.

    ``result`` (2 INTEGRALS) takes the values, then their errors.
    """
    result[:] = 0.0
    if scale_of(law.sigma, law.gamma, law.flat) == 0.0:
        work.u[0] = 0.0
        fill_values(law, momentum, models, work)
        detected = acceptance_at(law, 0.0, acceptance)
        for j in range(INTEGRALS):
            result[j] = detected * work.values[j, 0] if detected > 0.0 else 0.0
        return FOUND
    ends = line_ends(law, momentum, models, acceptance)
    if not ends[0] < ends[1]:
        return FOUND
    rounding, unresolved = rounding_of(law, ends), unresolved_of(law, momentum, ends)
    number = count = begin_line(law, momentum, models, acceptance, work, ends)
    while number > 0:
        count = number
        for row in range(count):
            if work.lines[row, FRESH] != 0.0:
                fill_line_nodes(law, acceptance, ends, work.lines[row], work)
                fill_values(law, momentum, models, work)
                add_up(work.values, work.weights, work.lines[row])
        number = refined(work.lines, count, max(tolerance, rounding, unresolved))
    for j in range(INTEGRALS):
        result[j] = total(work.lines, count, VALUE + j)
        rounded = rounding if j == 0 else rounding + unresolved
        result[INTEGRALS + j] = total(work.lines, count, ERROR + j) + rounded * total(work.lines, count, SIZE + j)
    return FOUND if number == CONVERGED and unresolved <= 10.0 * TOLERANCE else UNFINISHED


@kernel
def cut_of(law: Law) -> float:
    """Where the spread of the pair's momentum is cut, on both sides."""
    return min(REACH * law.spread, 0.5 * law.E_eg - law.detuning)


@kernel
def fill_momenta(law: Law, models: Models, acceptance: Array, interval: Array, work: Work, result: Array) -> int:
    """Average over the line at the nodes of an interval of the pair's momentum, into ``averages``; worst status."""
    norm, status = math.erf(cut_of(law) / (ROOT2 * law.spread)), FOUND
    for k in range(NODES):
        below, slope = node(interval, k)
        momentum = interval[ANCHOR] - below
        status = max(status, line_average(law, momentum, models, acceptance, work, INNER * TOLERANCE, result))
        work.momenta[k] = slope * gaussian(momentum, law.spread) / norm
        for j in range(INTEGRALS):
            work.averages[j, k], work.inner_errors[j, k] = result[j], result[INTEGRALS + j]
    return status


@kernel
def spread_average(law: Law, models: Models, acceptance: Array, work: Work, result: Array) -> int:
    """Average over the pair's momentum and the line; its status. ``result`` as of `line_average`."""
    status, rounding, unresolved = FOUND, ROUNDING, 0.0
    if scale_of(law.sigma, law.gamma, law.flat) == 0.0:  # else it is in the errors of the line's averages
        rounding += EPSILON * math.fabs(law.detuning) / law.spread
        unresolved = unresolved_of(law, 0.0, (-0.5 * cut_of(law), 0.5 * cut_of(law)))
    number = count = begin_spread(law, models, acceptance, cut_of(law), work)
    while number > 0:
        count = number
        for row in range(count):
            interval = work.spreads[row]
            if interval[FRESH] != 0.0:
                status = max(status, fill_momenta(law, models, acceptance, interval, work, result))
                add_up(work.averages, work.momenta, interval)
                for j in range(INTEGRALS):
                    for k in range(NODES):
                        interval[ERROR + j] += RULE[k, WEIGHT] * work.momenta[k] * work.inner_errors[j, k]
        number = refined(work.spreads, count, max(TOLERANCE, rounding, unresolved))
    for j in range(INTEGRALS):
        result[j] = total(work.spreads, count, VALUE + j)
        rounded = rounding if j == 0 else rounding + unresolved
        result[INTEGRALS + j] = total(work.spreads, count, ERROR + j) + rounded * total(work.spreads, count, SIZE + j)
    return status if number == CONVERGED and unresolved <= 10.0 * TOLERANCE else UNFINISHED


@kernel
def feels(models: Models, pair: int) -> bool:
    """Whether a pair takes part in the new interaction alone."""
    felt = models.currents[0, SQUARE, pair, 0] != 0.0 or models.currents[0, SQUARE, pair, 1] != 0.0
    for count in range(models.exchanges.shape[0]):
        for side in range(2):
            for n in range(ORDERS):
                felt = felt or models.exchanges[count, SQUARE, pair, side, n] != 0.0
    return felt  # type: ignore[no-any-return]


@kernel
def felt(detuning: float, models: Models) -> bool:
    """Whether a pair that is open at s = 2 E_eg x, x = ``detuning``, takes part in the new interaction alone."""
    for pair in range(len(PAIRS)):
        if detuning > models.pairs[0, pair, HIGH] + models.pairs[0, pair, LOW] and feels(models, pair):
            return True
    return False


@kernel
def pole_inside(law: Law, models: Models, acceptance: Array) -> bool:
    """Whether the pole of a mediator without width lies where line and momentum are, and an open pair feels it."""
    if law.powers == 1 or law.exchange != MEDIATOR or law.width > 0.0:
        return False
    cut = cut_of(law) if law.spread > 0.0 else 0.0
    low, high = line_ends(law, -cut, models, acceptance)[0], line_ends(law, cut, models, acceptance)[1]
    if scale_of(law.sigma, law.gamma, law.flat) == 0.0:
        low = high = 0.0
    if not (pole(law, cut) <= high and pole(law, -cut) >= low and (low < high or cut > 0.0)):
        return False
    return felt(law.mass * law.mass / (2.0 * law.E_eg), models)


@kernel
def average(law: Law, models: Models, acceptance: Array, work: Work, result: Array) -> int:
    """Average over all that a law says; its status.

    ``result`` (2 INTEGRALS) takes the powers of the coupling, and their errors.
    """
    if law.spread > 0.0 and law.detuning < 0.5 * law.E_eg:
        return spread_average(law, models, acceptance, work, result)
    return line_average(law, 0.0, models, acceptance, work, TOLERANCE, result)
