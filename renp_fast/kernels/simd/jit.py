"""The one decorator of all kernels."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numba

from renp_fast.kernels.simd.cache import KernelCache

P = ParamSpec("P")
R = TypeVar("R")


def _compiled(function: Callable[P, R], **options: bool) -> Callable[P, R]:
    result: Callable[P, R] = numba.njit(nogil=True, error_model="numpy", **options)(function)
    result._cache = KernelCache(function)  # type: ignore[attr-defined]
    return result


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function with the flags that all kernels share.

    No fastmath: NaN and infinity carry meaning, and reassociation would spoil differences near thresholds. Without
    it every operation is rounded as IEEE 754 says, so the bits of a result do not depend on vectorisation.
    """
    return _compiled(function)


def inner(function: Callable[P, R]) -> Callable[P, R]:
    """Compile, as `kernel`, a part of a loop's body: it becomes part of whatever calls it."""
    return _compiled(function, forceinline=True, _nrt=False)
