"""What a result was measured on, and what one core of it can do at most."""

import ctypes
import datetime
import mmap
import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import llvmlite.binding
import numpy as np

from benchmarks import compiled
from benchmarks.missing import MissingError
from renp_fast.bench.short import cpu_name
from renp_fast.bench.timing import Peer, Spread, interleaved, spread

PACKAGES = ("renp-fast", "numba", "llvmlite", "numpy", "scipy", "numexpr", "jax", "jaxlib", "zarr")
ROOT = Path(__file__).parents[1]
ROOTS, LOOPS = 1024, 100_000
STORED = 1 << 25  # numbers: 256 MiB


def about() -> dict[str, Any]:
    """Date, commit, machine and versions."""
    return {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "commit": _output("git", "-C", str(ROOT), "rev-parse", "HEAD"),
        "changed_since_commit": bool(_output("git", "-C", str(ROOT), "status", "--porcelain", "--untracked-files=no")),
        "machine": {
            "cpu": cpu_name(),
            "llvm_cpu": llvmlite.binding.get_host_cpu_name(),
            "avx512": compiled.has_avx512(),
            "cores": len(os.sched_getaffinity(0)),
            "memory_GiB": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
            "system": f"{platform.system()} {platform.release()} {platform.machine()}",
            "load_average": os.getloadavg()[0],
        },
        "versions": {"python": platform.python_version(), "compiler": _output("gcc", "--version").partition("\n")[0]}
        | {name: _version(name) for name in PACKAGES},
    }


def _output(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()
    except OSError:
        return ""


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def limits(repetitions: int, stored: int = STORED) -> dict[str, Spread]:
    """Multiply-adds, square roots and stores of one core, per second.

    Raises
    ------
    MissingError
        If there is no C compiler.
    """
    library = compiled.library("limits")
    library.fma_loop.restype = ctypes.c_double
    pieces = {
        "multiply-adds, FLOP/s": (
            LOOPS * 16 * 8 * 2,
            lambda: library.fma_loop(ctypes.c_long(LOOPS), ctypes.c_double(0.5)),
        ),
        "square roots, 1/s": (ROOTS * LOOPS // 10, root_limit(ROOTS * LOOPS // 60)["six square roots"].work),
    } | {f"{name}, bytes/s": (8 * stored, piece.work) for name, piece in store_limits(stored).items()}
    timed = interleaved({name: work for name, (_, work) in pieces.items()}, repetitions)
    return {name: spread([pieces[name][0] / seconds for seconds in values]) for name, values in timed.items()}


def store_limits(numbers: int) -> dict[str, Peer]:
    """Stores of so many numbers and nothing else: past the caches, through them, and into memory never touched."""
    library, out = compiled.library("limits"), compiled.aligned((numbers,))

    def store(function: Any, address: ctypes.c_void_p) -> Any:
        function(address, ctypes.c_long(numbers), ctypes.c_double(1.5))
        return out

    def fresh() -> Any:
        with mmap.mmap(-1, 8 * numbers) as memory:
            view = ctypes.c_char.from_buffer(memory)
            store(library.store_plain, ctypes.c_void_p(ctypes.addressof(view)))
            del view
        return out

    pieces = {
        "plain stores into touched memory": lambda: store(library.store_plain, compiled.pointer(out)),
        "plain stores into fresh memory": fresh,
    }
    if hasattr(library, "store_streaming"):
        streaming = {
            "streaming stores into touched memory": lambda: store(library.store_streaming, compiled.pointer(out))
        }
        pieces = streaming | pieces
    return {name: Peer(numbers, work) for name, work in pieces.items()}


def root_limit(points: int) -> dict[str, Peer]:
    """Six hardware square roots for each of so many points, and nothing else."""
    library, x, y = compiled.library("limits"), np.linspace(1.0, 2.0, ROOTS), np.zeros(ROOTS)
    loops = ctypes.c_long(-(-6 * points // ROOTS))

    def work() -> Any:
        library.square_roots(compiled.pointer(x), compiled.pointer(y), ctypes.c_long(ROOTS), loops)
        return y

    return {"six square roots": Peer(points, work)}


def or_none(make: Any, *arguments: int) -> dict[str, Peer]:
    """Limits, or none where there is no compiler."""
    try:
        found: dict[str, Peer] = make(*arguments)
    except MissingError:
        return {}
    return found
