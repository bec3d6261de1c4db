"""The sections of a result; each can be measured by itself."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks import machine, peers
from benchmarks.missing import MissingError
from renp_fast.bench.grids import Grid
from renp_fast.bench.spectra import Spectrum
from renp_fast.bench.timing import measure


@dataclass(frozen=True)
class Size:
    """How large the workloads are.

    Attributes
    ----------
    energies : int
        Photon energies of W1 and W6.
    events, chi2 : tuple of int
        Lightest masses, phases, mediator masses and couplings of W2 and W3.
    repetitions : int
    """

    energies: int
    events: tuple[int, int, int, int]
    chi2: tuple[int, int, int, int]
    repetitions: int


FULL = Size(1_000_000, (8, 1, 100, 7000), (4, 8, 50, 2000), 9)
TINY = Size(800, (2, 1, 2, 16), (2, 2, 2, 16), 2)


def section(workload: Spectrum | Grid, title: str, size: Size) -> dict[str, Any]:
    """Compare and time all peers of a workload."""
    found, missing = peers.peers(workload)
    if isinstance(workload, Spectrum):
        limits = machine.or_none(machine.root_limit, workload.points)
    elif not workload.chi2:
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


def w6(size: Size) -> dict[str, Any]:
    """All interference terms."""
    title = "as W1 for Majorana neutrinos and a vector mediator with a general texture"
    return section(Spectrum(size.energies, general=True), title, size)


def limits(size: Size) -> dict[str, Any]:
    """What one core can do at most."""
    title = "limits of one core"
    try:
        return {"title": title, "per_second": machine.limits(size.repetitions, stored=8 * size.energies), "missing": {}}
    except MissingError as error:
        return {"title": title, "per_second": {}, "missing": {"all": str(error)}}


# Those that use more than one core
SEVERAL_CORES: tuple[str, ...] = ()

SECTIONS: dict[str, Callable[[Size], dict[str, Any]]] = {
    "limits": limits,
    "W1": w1,
    "W2": w2,
    "W3": w3,
    "W6": w6,
}
