"""What is averaged over a line: W and the powers of the coupling at its nodes, where pairs open, and where it ends."""

import math
from typing import NamedTuple

import numpy as np

from renp_fast.kernels.amplitude.models import IMAGINARY, REAL, SQUARE
from renp_fast.kernels.amplitude.phase_space import HIGH, LOW, PAIRS, Models, opened
from renp_fast.kernels.amplitude.propagator import strength
from renp_fast.kernels.line.gauss_kronrod import (
    COLUMNS,
    INTEGRALS,
    MOST_INTERVALS,
    NODES,
)
from renp_fast.kernels.line.shapes import reach
from renp_fast.kernels.simd.jit import kernel
from renp_fast.kernels.simd.tracing import traced
from renp_fast.kernels.simd.vectors import LANES, STEP, put, row_wide, take
from renp_fast.kernels.spectrum.forms import ALL_ORDERS, KEPT_ROWS, keep_at, kept_power
from renp_fast.kernels.types import Array

# Room for the points where integrals are cut, without those of the acceptance: some 20 ladders of 16 rungs on each side
MOST_POINTS = 800
# Values at all nodes of an interval fill whole vectors
ROOM = -(-NODES // LANES) * LANES


class Law(NamedTuple):
    """What an average at one nominal photon energy depends on, besides the couplings; in eV.

    Attributes
    ----------
    E_eg, E_vg, detuning : float
        Levels, and E_eg/2 - w0.
    sigma, gamma, flat, spread : float
        Line as of `line.shapes`, and rms of the pair's momentum about the photon's.
    mass, width, exchange : float
        Of the mediator, as in `grid.point_rows`.
    powers : int
        Powers of the strength that count: 1, 3, or 4 for a mediator with a width.
    """

    E_eg: float
    E_vg: float
    detuning: float
    sigma: float
    gamma: float
    flat: float
    spread: float
    mass: float
    width: float
    exchange: float
    powers: int


class Work(NamedTuple):
    """Memory for averages: nodes of an interval, both integrals' intervals, and the points where they are cut."""

    u: Array
    weights: Array
    x: Array
    q2: Array
    forms: Array
    values: Array
    momenta: Array
    averages: Array
    inner_errors: Array
    kept: Array
    lines: Array
    spreads: Array
    points: Array
    breaks: Array


@kernel
def new_work(segments: int) -> Work:
    """Memory for averages with an acceptance of so many segments."""
    points = MOST_POINTS + 2 * segments
    return Work(
        np.zeros(ROOM),
        np.zeros(ROOM),
        np.zeros(ROOM),
        np.zeros(ROOM),
        np.zeros((4, ROOM)),
        np.zeros((INTEGRALS, ROOM)),
        np.zeros(ROOM),
        np.zeros((INTEGRALS, ROOM)),
        np.zeros((INTEGRALS, ROOM)),
        np.zeros((KEPT_ROWS, ROOM)),
        np.zeros((MOST_INTERVALS + 2 * segments, COLUMNS)),
        np.zeros((MOST_INTERVALS + MOST_POINTS, COLUMNS)),
        np.zeros(points),
        np.zeros(points + 2),
    )


@traced
def keep_step(k: int, like: float, models: Models, x: Array, q2: Array, orders: int, kept: Array) -> None:
    """Keep what pairs have at s = 2 E_eg x and the pair's squared momentum q^2, at entry k."""
    keep_at(k, opened(take(x, k, like)), take(q2, k, like), models, 0, orders, kept)


@kernel
def fill_forms_at(law: Law, models: Models, work: Work) -> None:
    """Write W for all powers at every x and q^2 of ``work``."""
    x, q2, kept, forms = work.x, work.q2, work.kept, work.forms
    exchanges = models.exchanges.shape[0] > 0
    for k in range(0, x.size, STEP):
        like = row_wide(0.0)
        if exchanges:
            keep_step(k, like, models, x, q2, ALL_ORDERS, kept)
        else:
            keep_step(k, like, models, x, q2, 0, kept)
        for power in range(law.powers):
            if exchanges and power > 0:
                put(forms[power], k, kept_power(k, like, models, 0, power, ALL_ORDERS, kept))
            else:
                put(forms[power], k, kept_power(k, like, models, 0, power, 0, kept))


@kernel
def fill_values(law: Law, momentum: float, models: Models, work: Work) -> None:
    """Write w/(E_eg (E_vg - w)^2) times each power of the coupling in W at the energies w0 + u into ``values``."""
    for k in range(NODES):
        x = law.detuning - work.u[k]
        q = 0.5 * law.E_eg - x + momentum
        work.x[k] = (1.0 + momentum / law.E_eg) * (x - 0.5 * momentum)
        work.q2[k] = q * q
    fill_forms_at(law, models, work)
    for k in range(NODES):
        w = 0.5 * law.E_eg - (law.detuning - work.u[k])
        level = w / (law.E_eg * ((law.E_vg - w) * (law.E_vg - w)))
        work.values[0, k] = level * work.forms[0, k]
        if law.powers == 1:
            continue
        linear = square = 0.0
        if work.forms[SQUARE, k] > 0.0:
            real, imaginary = strength(1.0, law.mass, law.width, 2.0 * law.E_eg * work.x[k], law.exchange)
            if math.isinf(real):
                square = math.inf
            else:
                linear = work.forms[REAL, k] * real
                if law.powers == 4:
                    linear += work.forms[IMAGINARY, k] * imaginary
                square = work.forms[SQUARE, k] * (real * real + imaginary * imaginary)
        work.values[1, k], work.values[2, k] = level * linear, level * square


@kernel
def distance_of(law: Law, w: float) -> float:
    """The distance u = w - w0 of a photon energy from the nominal one; what rounds is E_eg/2 - w, not w."""
    return (w - 0.5 * law.E_eg) + law.detuning


@kernel
def acceptance_at(law: Law, u: float, acceptance: Array) -> float:
    """Part of the photons at w0 + u that is detected; ``acceptance`` (segments, 4): ends, and values at them."""
    if acceptance.shape[0] == 0:
        return 1.0
    part = 0.0
    for low, high, at_low, at_high in acceptance:
        first = distance_of(law, low)
        if first <= u <= distance_of(law, high):
            part = at_low + (at_high - at_low) * (u - first) / (high - low)
    return part


@kernel
def line_ends(law: Law, momentum: float, models: Models, acceptance: Array) -> tuple[float, float]:
    """Least and greatest u = w - w0 between which line, acceptance and an open pair contribute."""
    far, last = reach(law.sigma, law.gamma, law.flat), -math.inf
    for pair in range(len(PAIRS)):
        last = max(last, threshold(law, momentum, models, pair))
    low, high = max(-far, distance_of(law, 0.0)), min(far, last)
    if acceptance.shape[0] > 0:
        low, high = max(low, distance_of(law, acceptance[0, 0])), min(high, distance_of(law, acceptance[-1, 1]))
    return low, high


@kernel
def threshold(law: Law, momentum: float, models: Models, pair: int) -> float:
    """The distance u = w - w0 below which a pair is open."""
    high: float = models.pairs[0, pair, HIGH]
    low: float = models.pairs[0, pair, LOW]
    if momentum == 0.0:
        return (law.detuning - high) - low
    return law.detuning - (high + low) * law.E_eg / (law.E_eg + momentum) - 0.5 * momentum


@kernel
def pole(law: Law, momentum: float) -> float:
    """The distance u = w - w0 at which s is the square of the mediator's mass."""
    return law.detuning - 0.5 * (law.mass * law.mass / (law.E_eg + momentum) + momentum)


@kernel
def pole_width(law: Law, momentum: float) -> float:
    """Half the width of the mediator's resonance over the photon energy."""
    return 0.5 * law.mass * law.width / (law.E_eg + momentum)
