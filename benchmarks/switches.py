"""What the physics beyond the papers costs: the same work with a switch on, over that with it off."""

from collections.abc import Callable
from functools import partial
from typing import Any

from renp_fast.bench.grids import Grid
from renp_fast.bench.photon_energies import COUPLING, LIGHTEST_MASS, MEDIATOR_MASS, Spectrum
from renp_fast.bench.timing import interleaved, spread
from renp_fast.evaluate.evaluate import Evaluator
from renp_fast.physics.interactions import Vector
from renp_fast.physics.spectrum import spectral_function
from renp_fast.scan_file.scan import parse_scan

Work = Callable[[], object]
OFF = "off"
WIDTH = 1e-3
# At couplings so small chi^2 needs no logarithm, whatever is switched on
SMALL = 2e-37
# In the grid's scan file: what is replaced, and by what
VECTOR = 'interaction = { kind = "vector", chirality = "left" }'
IN_GRIDS = {
    "polarised": (("[axes]", 'target.spin_average = "polarised"\n[axes]'),),
    "width": ((VECTOR, VECTOR.replace(" }", f", mediator_width_eV = {WIDTH} }}")),),
    "longitudinal": ((VECTOR, VECTOR.replace(" }", ', longitudinal = "on" }')),),
    "second vector": (
        (
            VECTOR,
            VECTOR.replace("{", '[{ name = "a",').replace("}", "},")
            + '{ name = "b", kind = "vector", chirality = "left", coupling = 2e-38, mediator_mass_eV = 0.3 }]',
        ),
        ("mediator_mass_eV = { log", '"a.mediator_mass_eV" = { log'),
        ("coupling = { linear", '"a.coupling" = { linear'),
    ),
}


def costs(energies: int, grid: tuple[int, int, int, int], repetitions: int) -> dict[str, Any]:
    """Time over that without, by workload and switch.

    W1, and the spectrum of a vector at as many photon energies; W3 as it is, where a longitudinal part changes so much
    more that chi^2 needs its logarithm, and W3 where all changes are small.
    """
    works = {
        "W1": _spectra(energies, []),
        "W1 with a vector": _spectra(energies, [Vector(COUPLING, MEDIATOR_MASS)]),
        "W3": _grids(Grid(*grid, chi2=True)),
        "W3, small couplings": _grids(Grid(*grid, chi2=True, largest=SMALL)),
    }
    return {name: _ratios(switches, repetitions) for name, switches in works.items()}


def _ratios(switches: dict[str, Work], repetitions: int) -> dict[str, Any]:
    timed = interleaved(switches, repetitions)
    return {
        name: spread([on / off for on, off in zip(seconds, timed[OFF], strict=True)])
        for name, seconds in timed.items()
        if name != OFF
    }


def _spectra(energies: int, interactions: list[Vector]) -> dict[str, Work]:
    w = Spectrum(energies, general=False).w

    def call(*others: Vector, **chain: Any) -> Work:
        neutrino: dict[str, Any] = {"nature": "dirac", "ordering": "normal", "lightest_mass_eV": LIGHTEST_MASS}
        return partial(spectral_function, w, interaction=[*interactions, *others], **neutrino, **chain)

    works = {OFF: call(), "polarised": call(spin_average="polarised")}
    if interactions:
        works["second vector"] = call(Vector(COUPLING, 0.5 * MEDIATOR_MASS))
        interactions = [Vector(COUPLING, MEDIATOR_MASS, mediator_width_eV=WIDTH)]
        works["width"] = call()
        interactions = [Vector(COUPLING, MEDIATOR_MASS, longitudinal="on")]
        works["longitudinal"] = call()
    return works


def _grids(grid: Grid) -> dict[str, Work]:
    works = {OFF: _evaluated(grid.text)}
    for name, replacements in IN_GRIDS.items():
        text = grid.text
        for old, new in replacements:
            text = text.replace(old, new)
        works[name] = _evaluated(text)
    return works


def _evaluated(text: str) -> Work:
    scan = parse_scan(text, "the benchmark")
    return partial(Evaluator(scan), tuple(slice(0, n) for n in scan.shape))
