"""The sections of a result; each can be measured by itself."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks import machine, peers, scaling
from benchmarks.missing import MissingError
from benchmarks.switches import costs
from renp_fast.bench import stored
from renp_fast.bench.grids import Grid
from renp_fast.bench.photon_energies import Spectrum
from renp_fast.bench.profiled import ProfiledLimits
from renp_fast.bench.timing import Peer, measure


@dataclass(frozen=True)
class Size:
    """How large the workloads are.

    Attributes
    ----------
    energies : int
        Photon energies of W1 and W6.
    events, chi2 : tuple of int
        Lightest masses, phases, mediator masses and couplings of W2 and W3.
    limits : tuple of int
        Lightest and mediator masses, and points of the two nuisance parameters of W4.
    stored : tuple of int
        Lightest masses, mediator masses and photon energies of W5.
    blocks : int
        Photon energies of the scan that the cost of a block is found from, a sixteenth of its points.
    repetitions : int
    """

    energies: int
    events: tuple[int, int, int, int]
    chi2: tuple[int, int, int, int]
    limits: tuple[int, int, int, int]
    stored: tuple[int, int, int]
    blocks: int
    repetitions: int


FULL = Size(
    energies=1_000_000,
    events=(8, 1, 100, 7000),
    chi2=(4, 8, 50, 2000),
    limits=(200, 200, 24, 9),
    stored=(200, 150, 20_000),
    blocks=1 << 14,
    repetitions=9,
)
TINY = Size(
    energies=800,
    events=(2, 1, 2, 16),
    chi2=(2, 2, 2, 16),
    limits=(2, 2, 3, 3),
    stored=(2, 2, 100),
    blocks=1 << 10,
    repetitions=2,
)


def section(workload: Spectrum | Grid | ProfiledLimits, title: str, size: Size) -> dict[str, Any]:
    """Compare and time all peers of a workload."""
    found, missing = peers.peers(workload)
    if isinstance(workload, Spectrum):
        limits = machine.or_none(machine.root_limit, workload.points)
        if workload.general:
            limits["renp_fast, W1"] = Peer(workload.points, Spectrum(workload.points, general=False).ours)
    elif isinstance(workload, Grid) and not workload.chi2:
        limits = machine.or_none(machine.store_limits, workload.points)
    else:
        limits = {}
    measured, timed = measure(found, workload.floor, peers.TOLERANCES, limits, size.repetitions)
    return {
        "title": title,
        "points": workload.points,
        "errors_relative_to_at_least": workload.floor,
        "peers": measured,
        "limits": timed,
        "missing": missing,
    }


def w1(size: Size) -> dict[str, Any]:
    """One parameter point."""
    title = "spectral function at 1e6 photon energies, Standard Model"
    return section(Spectrum(size.energies, general=False), title, size)


def w2(size: Size) -> dict[str, Any]:
    """Event numbers into memory."""
    title = "events at 6 triggers over m0 x M x g, each number written to memory"
    return section(Grid(*size.events, chi2=False), title, size)


def w3(size: Size) -> dict[str, Any]:
    """Chi^2."""
    title = "Poisson chi^2 of 6 triggers over m0 x alpha21 x M x g"
    return section(Grid(*size.chi2, chi2=True), title, size)


def w4(size: Size) -> dict[str, Any]:
    """Profiled limits."""
    workload = ProfiledLimits(*size.limits)
    title = (
        f"limits of both signs over m0 x M, profiled over {workload.scan.nuisance_points} points of alpha21 x theta12"
    )
    return section(workload, title, size)


def w5(size: Size) -> dict[str, Any]:
    """Zarr."""
    title = "a whole scan of m0 x M x photon energy, from its file to the finished store"
    return {"title": title, "missing": {}} | stored.layered(size.stored, size.repetitions)


def threads(size: Size) -> dict[str, Any]:
    """Two threads."""
    workloads = Spectrum(size.energies, False), Grid(*size.chi2, chi2=True), ProfiledLimits(*size.limits)
    found, missing = scaling.threads(*workloads, size.repetitions)
    return {"title": "two threads beside one", "workloads": found, "missing": missing}


def processes(size: Size) -> dict[str, Any]:
    """Two processes."""
    found = scaling.processes(Grid(*size.chi2, chi2=True), size.repetitions)
    return {"title": "two processes beside one, W3", "missing": {}} | found


def blocks(size: Size) -> dict[str, Any]:
    """The cost of a block."""
    title = "a whole run on one thread, cut into blocks of so many points"
    return {"title": title, "missing": {}} | scaling.block_cost(size.blocks, size.repetitions)


def w6(size: Size) -> dict[str, Any]:
    """All interference terms."""
    title = "as W1 for Majorana neutrinos and a vector mediator with a general texture"
    return section(Spectrum(size.energies, general=True), title, size)


def switches(size: Size) -> dict[str, Any]:
    """The physics beyond the papers."""
    found = costs(size.energies, size.chi2, size.repetitions)
    return {"title": "time with a switch on, over that with it off", "missing": {}, "workloads": found}


def limits(size: Size) -> dict[str, Any]:
    """What one core can do at most."""
    title = "limits of one core"
    try:
        return {"title": title, "per_second": machine.limits(size.repetitions, stored=8 * size.energies), "missing": {}}
    except MissingError as error:
        return {"title": title, "per_second": {}, "missing": {"all": str(error)}}


# Those that use more than one core
SEVERAL_CORES = ("W5", "threads", "processes")

SECTIONS: dict[str, Callable[[Size], dict[str, Any]]] = {
    "limits": limits,
    "W1": w1,
    "W2": w2,
    "W3": w3,
    "W4": w4,
    "W5": w5,
    "W6": w6,
    "threads": threads,
    "processes": processes,
    "blocks": blocks,
    "switches": switches,
}
