"""The one decorator of all kernels, and where their compiled code is cached."""

import gc
import hashlib
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import ParamSpec, TypeVar

import llvmlite.binding
import numba
from numba.core import config
from numba.core.event import Event, Listener, install_listener

from renp_fast.kernels.simd.settings import requested_root
from renp_fast.kernels.simd.vectors import PATH

# Compilation that takes longer is told
LONG_SECONDS = 1.0
P = ParamSpec("P")
R = TypeVar("R")


@cache
def kernel_hash() -> str:
    """Hash of the sources of all kernels (hexadecimal)."""
    digest = hashlib.sha256()
    folder = Path(__file__).parents[1]
    for source in sorted(folder.rglob("*.py")):
        digest.update(str(source.relative_to(folder)).encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()


@cache
def cache_directory() -> Path:
    """Node-local directory of the compiled kernels, of this user alone.

    Numba only notices an edit in the file that holds the cached function itself, not in a function inlined from
    another file; and two nodes that share a cache over a network file system can read each other's half-written
    entries. Hence a directory for each state of the sources, each CPU and each path of `simd`, under the node's
    temporary directory. Its entries are pickles, so a directory that another user could have prepared is never used.
    """
    root = requested_root()
    status = root.stat(follow_symlinks=False)
    if status.st_uid != os.getuid() or status.st_mode & 0o022:
        root = Path(tempfile.mkdtemp(prefix="renp_fast-"))
    directory = root / f"{kernel_hash()[:16]}-{llvmlite.binding.get_host_cpu_name()}-{PATH}"
    directory.mkdir(mode=0o700, exist_ok=True)
    return directory


def _compiled(function: Callable[P, R], cache: bool = True, **options: bool) -> Callable[P, R]:
    options |= {"nogil": True, "no_cfunc_wrapper": True}
    saved = config.CACHE_DIR
    config.CACHE_DIR = str(cache_directory())  # read once, while the decorator runs
    try:
        result: Callable[P, R] = numba.njit(cache=cache, error_model="numpy", **options)(function)
    finally:
        config.CACHE_DIR = saved
    return result


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function with the flags that all kernels share.

    No fastmath: NaN and infinity carry meaning, and reassociation would spoil differences near thresholds. Without
    it every operation is rounded as IEEE 754 says, so the bits of a result do not depend on vectorisation.
    """
    return _compiled(function)


def inner(function: Callable[P, R]) -> Callable[P, R]:
    """Compile, as `kernel`, a part of a loop's body: it becomes part of whatever calls it, and is kept with that."""
    return _compiled(function, cache=False, forceinline=True, _nrt=False)


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
