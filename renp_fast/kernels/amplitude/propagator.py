"""The strength x of a new interaction for its coupling: by a mediator's propagator, by contact or by a photon.

It is (n0 + n1 s)/(d0 + d1 s + i damping) times the coupling, at the squared momentum transfer s of the pair: for a
mediator of mass M and width Gamma 1/(s - M^2 + i M Gamma).
"""

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from renp_fast.kernels.simd.jit import kernel
from renp_fast.kernels.simd.tracing import traced
from renp_fast.kernels.simd.vectors import fma, select
from renp_fast.kernels.types import Array, Row

# How the strength follows from the coupling g: g/(s - M^2 + i M Gamma), g, or g s
MEDIATOR, CONTACT, PHOTON_WITH_S = 0, 1, 2
# Columns of a mediator
COUPLING, MASS, WIDTH, EXCHANGE = 0, 1, 2, 3

# n0, n1, d0, d1, damping
Propagator: TypeAlias = tuple[float, float, float, float, float]
DAMPING = 4
NOTHING = 0.0, 0.0, 1.0, 0.0, 0.0
# Less than this, in units of eV^2 or of M^2 if that is more, is no width: on the pole its square would vanish
LEAST_DAMPING = 1e-150


@kernel
def propagator_of(mass: float, width: float, exchange: float) -> Propagator:
    """The numbers that `propagated` needs."""
    if exchange == CONTACT:
        return 1.0, 0.0, 1.0, 0.0, 0.0
    if exchange == PHOTON_WITH_S:
        return 0.0, 1.0, 1.0, 0.0, 0.0
    damping, unit = mass * width, 1.0
    if damping != 0.0:
        # A power of two, which rounds nothing: with it no square overflows, and none vanishes that matters
        unit = math.ldexp(1.0, -math.frexp(max(mass * mass, damping, 1.0))[1])
    if damping * unit < LEAST_DAMPING:
        return 1.0, 0.0, -mass * mass, 1.0, 0.0
    return unit, 0.0, -mass * mass * unit, unit, damping * unit


@kernel
def propagator_of_row(mediator: Row) -> Propagator:
    """`propagator_of` a row of mediators."""
    return propagator_of(mediator[MASS], mediator[WIDTH], mediator[EXCHANGE])


def propagators(mediators: Array) -> Array:
    """`propagator_of` rows of mediators (rows, 5), with nothing of those whose coupling is 0."""
    if not mediators[:, COUPLING].any():
        return np.full((len(mediators), 5), NOTHING)
    coupling, mass, width, exchange = mediators.T
    damping, squared = mass * width, mass * mass
    exponents = np.frexp(np.maximum(np.maximum(squared, damping), 1.0))[1]
    unit = np.where(damping != 0.0, np.ldexp(1.0, -exponents), 1.0)
    broad = damping * unit >= LEAST_DAMPING
    unit = np.where(broad, unit, 1.0)
    found = np.stack([unit, 0.0 * unit, -squared * unit, unit, np.where(broad, damping * unit, 0.0)], axis=1)
    found[exchange == CONTACT] = 1.0, 0.0, 1.0, 0.0, 0.0
    found[exchange == PHOTON_WITH_S] = 0.0, 1.0, 1.0, 0.0, 0.0
    found[coupling == 0.0] = NOTHING
    return found


def sharp(s: float, by: Sequence[float]) -> float:
    """Strength for coupling 1 without width; infinite on the pole."""
    n0, n1, d0, d1, _ = by
    return fma(n1, s, n0) / fma(d1, s, d0)


@traced
def propagated(s: float, by: Sequence[float], unseen: bool) -> tuple[float, float, float]:
    """(Re x, |x|^2, Im x) for coupling 1, but 0 where ``unseen``.

    The first two are infinite on the pole of a mediator without width.
    """
    n0, n1, d0, d1, damping = by
    n, d, without = fma(n1, s, n0), fma(d1, s, d0), damping == 0.0
    real = select(unseen, 0.0, n / select(without, d, 1.0))
    amplitude = select(unseen, 0.0, n / select(without, 1.0, fma(d, d, damping * damping)))
    return (
        select(without, real, amplitude * d),
        select(without, real * real, n * amplitude),
        select(without, 0.0 * s, -damping * amplitude),
    )


@kernel
def strength(coupling: float, mass: float, width: float, s: float, exchange: float) -> tuple[float, float]:
    """Complex strength x of the new interaction as (Re x, Im x); (inf, 0) on the pole of a mediator without width."""
    if exchange == CONTACT:
        return coupling, 0.0
    if exchange == PHOTON_WITH_S:
        return coupling * s, 0.0
    by = propagator_of(mass, width, exchange)
    if by[DAMPING] == 0.0:
        return (coupling / (s - mass * mass) if coupling != 0.0 else 0.0), 0.0
    real, _, imaginary = propagated(s, by, False)
    return coupling * real, coupling * imaginary
