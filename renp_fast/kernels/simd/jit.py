"""The one decorator of all kernels, and where their compiled code is cached."""

import hashlib
import os
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import ParamSpec, TypeVar

import llvmlite.binding
import numba
from numba.core import config

from renp_fast.kernels.simd.settings import requested_root
from renp_fast.kernels.simd.vectors import PATH

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


def _compiled(function: Callable[P, R], **options: bool) -> Callable[P, R]:
    saved = config.CACHE_DIR
    config.CACHE_DIR = str(cache_directory())  # read once, while the decorator runs
    try:
        result: Callable[P, R] = numba.njit(nogil=True, cache=True, error_model="numpy", **options)(function)
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
    """Compile, as `kernel`, a part of a loop's body: it becomes part of whatever calls it."""
    return _compiled(function, forceinline=True, _nrt=False)
