"""The short benchmark of this machine: the package beside NumPy and SciPy."""

import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import llvmlite.binding

from renp_fast.bench import stored, with_quad
from renp_fast.bench.grids import Grid
from renp_fast.bench.photon_energies import Spectrum
from renp_fast.bench.profiled import ProfiledLimits
from renp_fast.bench.timing import HOISTED, NUMPY, OURS, QUAD, Measured, Peer, compare, spread, time_all

# quad asks for 1.5e-8, and chi^2 cancels as NumPy's user writes it
TOLERANCE = 1e-7
REPETITIONS = 7
COLUMNS = (QUAD, NUMPY, HOISTED, OURS)


class Row(TypedDict):
    """One workload: what its points are, and what was measured of each peer."""

    title: str
    peers: dict[str, Measured]


class Short(TypedDict):
    """All of the short benchmark; of the scan through Zarr the points per second of each layer."""

    machine: dict[str, str | int]
    workloads: dict[str, Row]
    stored: dict[str, float]


@dataclass(frozen=True)
class Size:
    """How large the workloads are: the arguments of each, and points of the scan that is stored."""

    energies: int = 200_000
    events: tuple[int, int, int, int] = (4, 1, 20, 2000)
    chi2: tuple[int, int, int, int] = (2, 4, 10, 1000)
    limits: tuple[int, int, int, int] = (2, 5, 12, 9)
    stored: tuple[int, int, int] = (10, 10, 10_000)
    repetitions: int = REPETITIONS


def cpu_name() -> str:
    """Name of this machine's CPU."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def short(size: Size | None = None) -> Short:
    """Compare and time W1 to W6 on this machine, all but W5 on one thread.

    Raises
    ------
    ArithmeticError
        If NumPy or SciPy finds other numbers than the package.
    """
    size = size or Size()
    workloads: dict[str, tuple[str, Spectrum | Grid | ProfiledLimits]] = {
        "W1": ("spectral function, Standard Model", Spectrum(size.energies, general=False)),
        "W2": ("events over m0 x M x g at 6 triggers", Grid(*size.events, chi2=False)),
        "W3": ("chi^2 over m0 x alpha x M x g", Grid(*size.chi2, chi2=True)),
        "W4": ("profiled limits, for NumPy by SciPy's brentq", ProfiledLimits(*size.limits)),
        "W6": ("as W1, mediator, general texture, Majorana", Spectrum(size.energies, general=True)),
    }
    return {
        "machine": {
            "cpu": cpu_name(),
            "llvm_cpu": llvmlite.binding.get_host_cpu_name(),
            "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        },
        "workloads": {name: _row(title, workload, size) for name, (title, workload) in workloads.items()},
        "stored": _stored(size),
    }


def _row(title: str, workload: Spectrum | Grid | ProfiledLimits, size: Size) -> Row:
    found: dict[str, Peer] = workload.numpy_peers()
    if not isinstance(workload, ProfiledLimits):
        found = {QUAD: with_quad.peer(workload)} | found
    errors = compare(found, workload.floor, dict.fromkeys(found, TOLERANCE))
    timed = time_all(found, size.repetitions)
    return {"title": title, "peers": {name: {**timed[name], "worst_relative_error": errors[name]} for name in found}}


def _stored(size: Size) -> dict[str, float]:
    with stored.scratch() as folder:
        layers = stored.Stored(folder, size.stored, "lz4", 1).layers
        timed = stored.timed(folder / "turns", layers, size.repetitions)
    points = size.stored[0] * size.stored[1] * size.stored[2]
    return {name: points / spread(seconds)["median"] for name, seconds in timed.items()}


def lines(found: Short) -> list[str]:
    """The short benchmark as text."""
    machine = found["machine"]
    rows = [["points per second on one thread", *COLUMNS, f"{OURS} / hoisted"]]
    for name, row in found["workloads"].items():
        speeds = {
            peer: f"{1.0 / measured['seconds_per_point']['median']:.3g}" for peer, measured in row["peers"].items()
        }
        ratio = row["peers"][HOISTED]["ratio"]["median"]
        rows.append([f"{name} {row['title']}", *(speeds.get(peer, "") for peer in COLUMNS), f"{ratio:.3g}"])
    layers = [f"{name} {speed:.3g}" for name, speed in found["stored"].items()]
    return [
        f"{machine['cpu']} ({machine['llvm_cpu']}), {machine['cores']} cores",
        *aligned(rows),
        f"W5 a whole scan through Zarr, of m0 x M x photon energy, points per second: {', '.join(layers)}",
    ]


def aligned(rows: Iterable[Sequence[str]]) -> list[str]:
    """Rows with their columns below each other: the first to the left, the others to the right."""
    every = list(rows)
    widths = [max(map(len, column)) for column in zip(*every, strict=True)]
    return [
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in every
    ]
