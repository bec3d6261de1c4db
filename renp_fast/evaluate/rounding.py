"""Numbers as they are stored: float64 or float32, and fewer significant bits where the scan asks for it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from renp_fast.kernels.types import Array

# Significant bits, the leading one included
FULL_BITS = {"float64": 53, "float32": 24}


def rounded(values: Array, dtype: str, significant_bits: int | None) -> NDArray[Any]:
    """Values in ``dtype``, to nearest even, with at most ``significant_bits``; NaN, infinity and 0 stay."""
    if significant_bits is not None:  # before the cast, lest a number be rounded twice
        bits = values.view(np.uint64)
        drop, one = np.uint64(53 - significant_bits), np.uint64(1)
        # Adding just under half of the last kept bit, plus that bit itself, carries exactly where rounding is up
        half = (one << (drop - one)) - one + ((bits >> drop) & one)
        values = np.where(np.isfinite(values), ((bits + half) >> drop << drop).view(np.float64), values)
    if dtype == "float64":
        return values
    with np.errstate(over="ignore", under="ignore"):
        return values.astype(np.float32)


def relative_error(dtype: str, significant_bits: int | None) -> float:
    """Largest relative error of `rounded`, for numbers that are neither tiny nor huge in ``dtype``."""
    bits = FULL_BITS[dtype] if significant_bits is None else significant_bits
    return 0.0 if bits == 53 else 2.0**-bits
