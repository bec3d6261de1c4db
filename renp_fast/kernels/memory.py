"""Memory for results."""

import numpy as np

from renp_fast.kernels.types import Array


def memory(numbers: int) -> Array:
    """Memory for so many numbers; it begins where a cache line does: no vector lies across two of them."""
    raw = np.empty(numbers + 7)
    start = -(raw.ctypes.data // 8) % 8
    return raw[start : start + numbers]
