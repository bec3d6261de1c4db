"""Memory for results."""

import numpy as np

from renp_fast.kernels.simd.jit import kernel
from renp_fast.kernels.simd.vectors import on_cache_line
from renp_fast.kernels.types import Array


def memory(numbers: int) -> Array:
    """Memory for so many numbers; it begins where a cache line does: no vector lies across two of them."""
    raw = np.empty(numbers + 7)
    start = -(raw.ctypes.data // 8) % 8
    return raw[start : start + numbers]


@kernel
def kernel_memory(numbers: int) -> Array:
    """As `memory`, for kernels."""
    raw, start = np.empty(numbers + 7), 0
    while not on_cache_line(raw[start:]):
        start += 1
    return raw[start : start + numbers]
