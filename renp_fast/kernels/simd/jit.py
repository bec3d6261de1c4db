"""The decorators of all kernels, and what is said while they are compiled."""

import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

import numba
from numba.core.event import Event, Listener, install_listener

from renp_fast.kernels.simd.cache import KernelCache

# Compilation that takes longer is told
LONG_SECONDS = 1.0
P = ParamSpec("P")
R = TypeVar("R")


def _compiled(function: Callable[P, R], **options: bool) -> Callable[P, R]:
    options |= {"nogil": True, "no_cfunc_wrapper": True}
    result: Callable[P, R] = numba.njit(error_model="numpy", **options)(function)
    return result


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function with the flags that all kernels share.

    No fastmath: NaN and infinity carry meaning, and reassociation would spoil differences near thresholds. Without
    it every operation is rounded as IEEE 754 says, so the bits of a result do not depend on vectorisation.
    """
    result = _compiled(function)
    result._cache = KernelCache(function)  # type: ignore[attr-defined]
    return result


def inner(function: Callable[P, R]) -> Callable[P, R]:
    """Compile, as `kernel`, a part of a loop's body: it becomes part of whatever calls it, and is kept with that."""
    return _compiled(function, forceinline=True, _nrt=False)


class _Told(Listener):  # type: ignore[misc]
    """Tells once that kernels are being compiled, if that takes long."""

    def __init__(self, tell: Callable[[], None]) -> None:
        self._timer = threading.Timer(LONG_SECONDS, tell)
        self._timer.daemon = True
        self._started = False

    def on_start(self, _event: Event) -> None:
        """Begin to wait when the first kernel is compiled."""
        if not self._started:
            self._started = True
            self._timer.start()

    def on_end(self, _event: Event) -> None:
        """One kernel is ready; there may be more."""

    def stop(self) -> None:
        """Whatever is to be compiled has been."""
        self._timer.cancel()


@contextmanager
def compiling(tell: Callable[[], None]) -> Iterator[None]:
    """Compile fast, and tell if it takes longer than a second.

    The compiler makes millions of objects that all stay: looking for garbage among them takes a tenth of its time.
    """
    told, enabled = _Told(tell), gc.isenabled()
    gc.disable()
    try:
        with install_listener("numba:compile", told):
            yield
    finally:
        told.stop()
        if enabled:
            gc.enable()
