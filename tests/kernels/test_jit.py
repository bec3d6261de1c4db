"""The flags that kernels are compiled with."""

import math

from renp_fast.kernels.simd import jit


@jit.kernel
def cancelling_sum(a: float, b: float) -> float:
    """0 once reassociated, and the rounding error of a + b otherwise."""
    return b - ((a + b) - a)


@jit.kernel
def is_nan(a: float) -> bool:
    """Always False under the flag ``nnan``."""
    return a != a


@jit.kernel
def inverse(a: float) -> float:
    """Python raises on 1/0; kernels follow IEEE 754."""
    return 1.0 / a


def test_nothing_is_reassociated() -> None:
    assert cancelling_sum(1.0, 1e-20) == 1e-20


def test_nan_and_infinity_survive() -> None:
    assert is_nan(math.nan)
    assert inverse(0.0) == math.inf
    assert inverse(-0.0) == -math.inf
    assert inverse(math.inf) == 0.0
