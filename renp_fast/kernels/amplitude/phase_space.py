"""Phase space of all pairs of mass eigenstates at a photon energy, or a vector of them, and W of what pairs have.

With detunings x = s/(2 E_eg), a pair opens at X = S/(2 E_eg); a = x - X, a + b = x - D/(2 E_eg) and r = sqrt(a (a + b))
are s - S, s - D and phase space. What `amplitude.pair` says of currents is then

    x^3 W = sum over pairs of |v|^2 (F - F_a) + |a|^2 F_a = |v|^2 F + (|a|^2 - |v|^2) F_a

with F and F_a (`current_factors`) that all amplitudes share, and so are r a and r (a + b), which A_n and V_n multiply.
Written the second way, F_a does not count if |v|^2 = |a|^2, as with Dirac neutrinos of one chirality. All terms are
positive but the last, which is less than half of the first.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

from renp_fast.kernels.amplitude.pair import ORDERS
from renp_fast.kernels.simd.roots import refined_root, root
from renp_fast.kernels.simd.vectors import fma, greater, select
from renp_fast.kernels.types import Array

STATES = 3
# Unordered pairs, in their order
PAIRS = tuple((i, j) for i in range(STATES) for j in range(i, STATES))
# Columns of a pair: X as high and low part, b, (S + D)/(2 E_eg), S b/(2 E_eg), S/(2 E_eg) and D/(2 E_eg)
HIGH, LOW, BETWEEN, SUM, PRODUCT, BOTH, APART = range(7)
PAIR_COLUMNS = 7
# No pair counts as open below this detuning, in eV: its cube, and what is squared, are normal numbers
CLOSED = 1e-80


class Models(NamedTuple):
    """What W depends on besides photon energies and strengths, for each of some models.

    Attributes
    ----------
    pairs : ndarray (models, pairs, 7)
        Thresholds and masses, as detunings in eV.
    levels : ndarray (models, 3)
        E_eg/2, and the weights of spins along q in F and F_a.
    currents : ndarray (models, powers, pairs, 2)
        |v|^2 and |a|^2 - |v|^2, or what stands in their place for a power of the strengths.
    exchanges : ndarray (models, powers, pairs, 2, 4)
        V_n and A_n, for s in units of 2 E_eg; empty if there are none.
    """

    pairs: Array
    levels: Array
    currents: Array
    exchanges: Array


# The same as a plain tuple, which is handed to kernels much faster
Parts: TypeAlias = tuple[Array, Array, Array, Array]


class Light(NamedTuple):
    """What a photon energy has for all pairs: weights of F and F_a, 1/x^3, Q^2/x and 1/x."""

    root: Any
    sum: Any
    transverse: Any
    parallel: Any
    inverse_cube: Any
    exchange: Any
    inverse: Any


class Factors(NamedTuple):
    """What a photon energy has for a pair: F, F_a, r (a + b) and r a."""

    current: Any
    axial: Any
    natural: Any
    unnatural: Any


def opened(x: float) -> float:
    """Detuning x, but 0 where no pair counts as open; NaN stays."""
    return select(x <= CLOSED, 0.0, x)


def squared_energy(x: float, half: float) -> float:
    """Squared photon energy at detuning x: that of the pair's momentum, if it takes the photon's."""
    w = half - x
    return w * w


def light_at(x: float, w2: float, levels: Array, m: int, exchanges: bool) -> Light:
    """What all pairs share at a detuning as of `opened`, and at a squared momentum w2 of the pair.

    F counts with the weights 2 x (3 x + along Q^2/(2 E_eg)) and 3 x + 4 along Q^2/(2 E_eg), F_a with the first of them
    and 3 along Q^2/(2 E_eg).
    """
    transverse, parallel = fma(w2, levels[m, 1], 3.0 * x), w2 * levels[m, 2]
    divisor = greater(CLOSED, x)
    inverse = 1.0 / divisor if exchanges else 0.0
    return Light(
        (x + x) * transverse,
        transverse + parallel,
        transverse,
        parallel,
        1.0 / (divisor * divisor * divisor),
        w2 * inverse,
        inverse,
    )


def factors_of_pair(
    x: float, light: Light, pair: Sequence[float], same: bool, refined: bool, axial: bool, exchanges: bool
) -> Factors:
    """`Factors` of a pair of given columns; those not wanted are 0. ``same``: whether its D is 0."""
    a = greater(0.0, (x - pair[HIGH]) - pair[LOW])
    above = a + pair[BETWEEN]
    r = (refined_root if refined else root)(a * above)
    current = r * fma(light.root, a + above, light.sum * fma(a, pair[SUM], pair[PRODUCT]))
    if axial:
        weight = light.root if same else fma(light.transverse, pair[APART], light.root)
        axial_current = r * fma(a, weight, light.parallel * pair[BOTH] * above)
    else:
        axial_current = 0.0
    return Factors(current, axial_current, r * above if exchanges else 0.0, r * a if exchanges else 0.0)


def factors_of(
    x: float, light: Light, pairs: Array, m: int, refined: int, axial: bool, exchanges: bool
) -> list[Factors]:
    """The `Factors` of all pairs; ``refined``: bits of those whose root is taken by multipliers."""
    return [
        factors_of_pair(
            x,
            light,
            [pairs[m, pair, column] for column in range(PAIR_COLUMNS)],
            i == j,
            bool(refined >> pair & 1),
            axial,
            exchanges,
        )
        for pair, (i, j) in enumerate(PAIRS)
    ]


def power_of(
    light: Light,
    factors: Sequence[Factors],
    models: Models,
    m: int,
    power: int,
    axial: bool,
    orders: int,
    pairs: Sequence[int] = range(len(PAIRS)),
) -> float:
    """A power of the strengths in W, of all pairs or some.

    ``axial``: whether F_a counts; ``orders``: bits of the n of V_n and A_n that do.
    """
    total: Any = 0.0
    for pair, each in zip(pairs, factors, strict=True):
        if axial:
            total = fma(models.currents[m, power, pair, 1], each.axial, total)
        total = fma(models.currents[m, power, pair, 0], each.current, total)
    W = total * light.inverse_cube
    if not orders:
        return W  # type: ignore[no-any-return]
    exchange: Any = 0.0
    for n in reversed(range(ORDERS)):
        exchange = light.inverse * exchange
        if orders >> n & 1:
            for pair, each in zip(pairs, factors, strict=True):
                exchange = fma(models.exchanges[m, power, pair, 1, n], each.unnatural, exchange)
                exchange = fma(models.exchanges[m, power, pair, 0, n], each.natural, exchange)
    return fma(light.exchange, exchange, W)
