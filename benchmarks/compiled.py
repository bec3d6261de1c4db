"""C that is compiled for this machine when the benchmark runs."""

import ctypes
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import numpy as np

from benchmarks.missing import MissingError
from renp_fast.bench import formulas
from renp_fast.bench.grids import Grid
from renp_fast.bench.photon_energies import COUPLING, MEDIATOR_MASS, Spectrum
from renp_fast.bench.timing import Peer, interleaved, whole
from renp_fast.kernels.types import Array

SOURCES = Path(__file__).parent / "c"
# By source: the name of the peer, and the flags besides -O3 -march=native
FLAGS = {
    "plain": ["-ffast-math"],
    "avx512": ["-funroll-loops"],
    "limits": ["-fno-math-errno", "-fno-trapping-math"],
}
# Numbers of a vector; what is looped over must be a multiple of it
LANES = 8
# Of the six square roots of a photon energy, how many the hardware takes: what is best depends on the CPU
HARDWARE_ROOTS = (0, 2, 4, 6)


@cache
def library(source: str, *defines: str) -> ctypes.CDLL:
    """The compiled ``c/SOURCE.c``.

    Raises
    ------
    MissingError
        If there is no compiler, or it refuses, or the CPU lacks the instructions.
    """
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise MissingError("no C compiler found (gcc or cc)")
    if source == "avx512" and not has_avx512():
        raise MissingError("this CPU has no AVX-512 (f, dq)")
    folder = Path(tempfile.mkdtemp(prefix="renp_fast-bench-"))
    made, target = folder / f"{source}.o", folder / f"{source}.so"
    flags = [*FLAGS[source], *defines]
    if source == "limits" and has_avx512():
        flags.append("-mprefer-vector-width=512")
    # Linked without -ffast-math, with which the linker adds code that flushes subnormals in the whole process
    commands = (
        [compiler, "-O3", "-march=native", "-fPIC", *flags, "-c", str(SOURCES / f"{source}.c"), "-o", str(made)],
        [compiler, "-shared", str(made), "-o", str(target), "-lm"],
    )
    try:
        for command in commands:
            result = subprocess.run(command, capture_output=True, text=True)
            if result.returncode:
                raise MissingError(f"{compiler} cannot compile c/{source}.c: {result.stderr.strip()[:200]}")
        return ctypes.CDLL(str(target))
    finally:
        shutil.rmtree(folder)


def has_avx512() -> bool:
    """Whether the compiler and this CPU have AVX-512 (f and dq)."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        return False
    defined = subprocess.run(
        [compiler, "-march=native", "-dM", "-E", "-xc", "/dev/null"], capture_output=True, text=True
    )
    return all(f"__AVX512{part}__" in defined.stdout for part in ("F", "DQ"))


def pointer(array: Array) -> ctypes.c_void_p:
    """Address of an array's first number."""
    return ctypes.c_void_p(array.ctypes.data)


def aligned(shape: tuple[int, ...]) -> Array:
    """Zeros whose first number is aligned to 64 bytes."""
    size = int(np.prod(shape))
    raw = np.zeros(size + 8)
    start = -raw.ctypes.data % 64 // 8
    return raw[start : start + size].reshape(shape)


Fill = Callable[[slice], Array]


def fill_spectrum(workload: Spectrum, lib: ctypes.CDLL) -> Fill:
    """W1 or W6: what computes a part of the output and returns it."""
    function = lib.spectrum_general if workload.general else lib.spectrum_standard
    pairs, out = workload.pairs, aligned((workload.points,))
    constants = [ctypes.c_double(value) for value in (formulas.E_EG, formulas.E_VG, COUPLING, MEDIATOR_MASS)]

    def fill(part: slice) -> Array:
        w, into = workload.w[part], out[part]
        _check_lanes(w.size)
        function(pointer(w), pointer(into), ctypes.c_long(w.size), pointer(pairs), *constants)
        return into

    return fill


def fill_grid(workload: Grid, lib: ctypes.CDLL) -> Fill:
    """W2 or W3: what computes some rows of the output and returns them."""
    function = lib.chi2 if workload.chi2 else lib.events
    g, out = workload.axis("coupling"), aligned(workload.rows_shape)
    _check_lanes(g.size)

    def fill(part: slice) -> Array:
        tables = [np.ascontiguousarray(table[part]) for table in workload.coefficients]
        into = out[part]
        addresses = [pointer(table) for table in tables]
        function(*addresses, ctypes.c_long(len(into)), pointer(g), ctypes.c_long(g.size), pointer(into))
        return into

    return fill


def _check_lanes(size: int) -> None:
    if size % LANES:
        raise ValueError(f"{size} numbers: the C wants multiples of {LANES}")


def best_fill(workload: Spectrum | Grid, source: str) -> Fill:
    """The C for a workload; by hand, the variant of it that is the fastest here.

    Raises
    ------
    MissingError
        If there is none.
    """
    if isinstance(workload, Grid):
        return fill_grid(workload, library(source))
    if source != "avx512":
        return fill_spectrum(workload, library(source))
    libraries = [library(source, f"-DHARDWARE_ROOTS={roots}") for roots in HARDWARE_ROOTS]
    fills = {str(k): fill_spectrum(workload, lib) for k, lib in enumerate(libraries)}
    trial = interleaved({name: partial(fill, slice(None)) for name, fill in fills.items()}, repetitions=5)
    return fills[min(fills, key=lambda name: float(np.median(trial[name])))]


def peer(workload: Spectrum | Grid, source: str) -> Peer:
    """All of a workload in C."""
    fill = best_fill(workload, source)
    part = workload.as_rows if isinstance(workload, Grid) else whole
    return Peer(workload.points, lambda: fill(slice(None)), part)
