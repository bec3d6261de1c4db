"""Phase space of all pairs of mass eigenstates, and the sums over them, at a photon energy or a vector of them.

A row of ``pairs`` (6, 13) holds for a pair: its threshold as a detuning, high and low part; how far above the threshold
(m_i - m_j)^2/(2 E_eg) it lies; and A and B of three terms, which count A a + B at a detuning a above the threshold. In
its last columns is what holds for all pairs.
"""

from typing import TypeAlias

from renp_fast.kernels.simd.jit import inner
from renp_fast.kernels.simd.roots import refined_root, root
from renp_fast.kernels.simd.vectors import SLOW_ROOTS, fma, greater
from renp_fast.kernels.types import Array

# No pair counts as open below this detuning, in eV: its cube, and what is squared, are normal numbers
CLOSED = 1e-80
# Columns of what all pairs share: whether any A or B is not 0, and whether the third term of each pair is its second;
# A/(6 E_eg) with the weight A of spins along q, and 1/(2 E_eg)
ACTIVE, TWO_TERMS, ALONG_COLUMN, INVERSE_COLUMN = 9, 10, 11, 12
PAIR_COLUMNS = 13

TwoFloats: TypeAlias = tuple[float, float]
ThreeFloats: TypeAlias = tuple[float, float, float]
ThreeSums: TypeAlias = tuple[ThreeFloats, ThreeFloats, ThreeFloats]
ThreeArrays: TypeAlias = tuple[Array, Array, Array]
SixFloats: TypeAlias = tuple[float, float, float, float, float, float]


@inner
def above(x: float, pairs: Array, pair: int) -> float:
    """How far detuning x lies above the threshold; an exact 0 below it, NaN for NaN."""
    return greater(0.0, (x - pairs[pair, 0]) - pairs[pair, 1])  # type: ignore[no-any-return]


@inner
def root_of_pair(a: float, pairs: Array, pair: int) -> float:
    """Square root of (s - S)(s - D)/(2 E_eg)^2 at a above the threshold."""
    return root(a * (a + pairs[pair, 2]))  # type: ignore[no-any-return]


@inner
def refined_root_of_pair(a: float, pairs: Array, pair: int) -> float:
    """The same bits as `root_of_pair`, by multiplications where that pays."""
    return refined_root(a * (a + pairs[pair, 2]))  # type: ignore[no-any-return]


# Some roots by the root unit and some by the multipliers keep both busy
some_root_of_pair = refined_root_of_pair if SLOW_ROOTS else root_of_pair


@inner
def roots_of_pairs(x: float, pairs: Array) -> SixFloats:
    """All six roots."""
    return (
        root_of_pair(above(x, pairs, 0), pairs, 0),
        root_of_pair(above(x, pairs, 1), pairs, 1),
        some_root_of_pair(above(x, pairs, 2), pairs, 2),
        some_root_of_pair(above(x, pairs, 3), pairs, 3),
        refined_root_of_pair(above(x, pairs, 4), pairs, 4),
        refined_root_of_pair(above(x, pairs, 5), pairs, 5),
    )


@inner
def add_pair(a: float, root_of: float, pairs: Array, pair: int, sums: ThreeFloats) -> ThreeFloats:
    """Add the three terms of a pair, at a above its threshold."""
    return (
        fma(root_of, fma(a, pairs[pair, 3], pairs[pair, 4]), sums[0]),
        fma(root_of, fma(a, pairs[pair, 5], pairs[pair, 6]), sums[1]),
        fma(root_of, fma(a, pairs[pair, 7], pairs[pair, 8]), sums[2]),
    )


@inner
def sums_over_pairs(x: float, roots: SixFloats, pairs: Array) -> ThreeFloats:
    """Sums over all pairs of phase space times each of three terms."""
    sums = add_pair(above(x, pairs, 0), roots[0], pairs, 0, (0.0, 0.0, 0.0))
    sums = add_pair(above(x, pairs, 1), roots[1], pairs, 1, sums)
    sums = add_pair(above(x, pairs, 2), roots[2], pairs, 2, sums)
    sums = add_pair(above(x, pairs, 3), roots[3], pairs, 3, sums)
    sums = add_pair(above(x, pairs, 4), roots[4], pairs, 4, sums)
    return add_pair(above(x, pairs, 5), roots[5], pairs, 5, sums)


@inner
def add_two(a: float, root_of: float, pairs: Array, pair: int, sums: TwoFloats) -> TwoFloats:
    """Add the first two terms of a pair, at a above its threshold."""
    return (
        fma(root_of, fma(a, pairs[pair, 3], pairs[pair, 4]), sums[0]),
        fma(root_of, fma(a, pairs[pair, 5], pairs[pair, 6]), sums[1]),
    )


@inner
def two_sums_over_pairs(x: float, roots: SixFloats, pairs: Array) -> ThreeFloats:
    """As `sums_over_pairs`, where the third term is the second one."""
    sums = add_two(above(x, pairs, 0), roots[0], pairs, 0, (0.0, 0.0))
    sums = add_two(above(x, pairs, 1), roots[1], pairs, 1, sums)
    sums = add_two(above(x, pairs, 2), roots[2], pairs, 2, sums)
    sums = add_two(above(x, pairs, 3), roots[3], pairs, 3, sums)
    sums = add_two(above(x, pairs, 4), roots[4], pairs, 4, sums)
    sums = add_two(above(x, pairs, 5), roots[5], pairs, 5, sums)
    return sums[0], sums[1], sums[1]


@inner
def add_pair_thrice(x: float, root_of: float, powers: ThreeArrays, pair: int, sums: ThreeSums) -> ThreeSums:
    """Add the terms of a pair, of three powers."""
    a = above(x, powers[0], pair)
    return (
        add_pair(a, root_of, powers[0], pair, sums[0]),
        add_pair(a, root_of, powers[1], pair, sums[1]),
        add_pair(a, root_of, powers[2], pair, sums[2]),
    )


@inner
def three_sums_over_pairs(x: float, powers: ThreeArrays) -> ThreeSums:
    """As `sums_over_pairs`, of three powers with the same roots, to the same bits."""
    none, pairs = (0.0, 0.0, 0.0), powers[0]
    sums = add_pair_thrice(x, root_of_pair(above(x, pairs, 0), pairs, 0), powers, 0, (none, none, none))
    sums = add_pair_thrice(x, root_of_pair(above(x, pairs, 1), pairs, 1), powers, 1, sums)
    sums = add_pair_thrice(x, some_root_of_pair(above(x, pairs, 2), pairs, 2), powers, 2, sums)
    sums = add_pair_thrice(x, some_root_of_pair(above(x, pairs, 3), pairs, 3), powers, 3, sums)
    sums = add_pair_thrice(x, refined_root_of_pair(above(x, pairs, 4), pairs, 4), powers, 4, sums)
    return add_pair_thrice(x, refined_root_of_pair(above(x, pairs, 5), pairs, 5), powers, 5, sums)
