"""Sums of two float64, about 32 digits, for the thresholds: next to them s - (m_i + m_j)^2 keeps but few digits.

A number is a pair (high, low) with |low| at most half a unit in the last place of high. The algorithms are those of
Dekker (Numer. Math. 18, 224, 1971) and Knuth; none of them survives reassociation by the compiler.
"""

from renp_fast.kernels.simd.roots import root as root_of
from renp_fast.kernels.simd.vectors import select

SPLITTER = 134217729.0  # 2**27 + 1


def two_sum(a: float, b: float) -> tuple[float, float]:
    """Exact sum of two floats."""
    total = a + b
    shadow = total - a
    return total, (a - (total - shadow)) + (b - shadow)


def two_product(a: float, b: float) -> tuple[float, float]:
    """Exact product of two floats (barring overflow)."""
    product = a * b
    scaled = SPLITTER * a
    a_high = scaled - (scaled - a)
    a_low = a - a_high
    scaled = SPLITTER * b
    b_high = scaled - (scaled - b)
    b_low = b - b_high
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def add(a: tuple[float, float], b: tuple[float, float]) -> tuple[float, float]:
    """Sum of two double-doubles."""
    high, low = two_sum(a[0], b[0])
    return two_sum(high, low + (a[1] + b[1]))


def square(a: tuple[float, float]) -> tuple[float, float]:
    """Square of a double-double."""
    high, low = two_product(a[0], a[0])
    return two_sum(high, low + 2.0 * a[0] * a[1])


def square_root(a: tuple[float, float]) -> tuple[float, float]:
    """Square root of a non-negative double-double."""
    positive = a[0] > 0.0
    root = root_of(select(positive, a[0], 1.0))
    high, low = two_product(root, root)
    high, low = two_sum(root, ((a[0] - high) - low + a[1]) / (2.0 * root))
    return select(positive, high, 0.0), select(positive, low, 0.0)


def divide(a: tuple[float, float], b: float) -> tuple[float, float]:
    """Quotient of a double-double and a float."""
    quotient = a[0] / b
    high, low = two_product(quotient, b)
    return two_sum(quotient, ((a[0] - high) - low + a[1]) / b)
