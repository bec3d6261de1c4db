"""Adaptive scans against dense ones: the same values, bit by bit, and every contour, threshold and pole."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from renp_fast.engine.evaluate import Evaluator
from renp_fast.engine.limits import threshold
from renp_fast.engine.nuisances import whole
from renp_fast.engine.planes import evaluator_of
from renp_fast.engine.spec import Scan, parse_scan

HALF = 2.14349 / 2.0
SCANS = Path(__file__).parents[2] / "scans"
NEUTRINO = 'neutrino = { nature = "majorana", ordering = "normal", lightest_mass_eV = 0.013, alpha21_deg = 40.0 }\n'
VECTOR = (
    'interaction = { kind = "vector", chirality = "left", texture = "12", coupling = 3e-26, mediator_mass_eV = 0.3 }\n'
)
THREE = "experiment = { trigger_eV = [1.069, 1.07, 1.0708], exposure_days = [90.0, 100.0, 120.0] }\n"
# Name: observable, what stands before the axes, axes, [adaptive], largest share of the points, observable's levels
PLANES: dict[str, tuple[str, str, str, tuple[str, str], str]] = {
    "chi2 over mass and coupling": (
        "chi2",
        NEUTRINO + VECTOR + THREE,
        "mediator_mass_eV = { log = [1e-3, 1e3], points = 301 }\ncoupling = { log = [1e-29, 1e-20], points = 290 }",
        ("mediator_mass_eV", "coupling"),
        "",
    ),
    "chi2 on both sides of zero, another axis between": (
        "chi2",
        NEUTRINO + VECTOR + THREE,
        "coupling = { linear = [-1.5e-25, 1e-25], points = 260 }\nnature = ['majorana', 'dirac']\n"
        "lightest_mass_eV = { linear = [0.0, 0.08], points = 180 }",
        ("lightest_mass_eV", "coupling"),
        "contours = [1.0, 2.7055434541, 9.0]",
    ),
    "profiled chi2": (
        "chi2",
        NEUTRINO + VECTOR + THREE + "profile.alpha31_deg = { linear = [0.0, 360.0], points = 5 }\n",
        "coupling = { linear = [-1.5e-25, 1e-25], points = 120 }\n"
        "lightest_mass_eV = { linear = [0.0, 0.08], points = 130 }",
        ("coupling", "lightest_mass_eV"),
        "coarsest = 16",
    ),
    "limit over masses": (
        "limit",
        NEUTRINO + VECTOR.replace("coupling = 3e-26, ", "") + THREE,
        "mediator_mass_eV = { log = [1e-2, 1e1], points = 200 }\n"
        "lightest_mass_eV = { linear = [0.0, 0.1], points = 170 }",
        ("mediator_mass_eV", "lightest_mass_eV"),
        "contours = [1e-27, 3e-26]",
    ),
    "spectral function at thresholds": (
        "spectral_function",
        NEUTRINO + VECTOR,
        "lightest_mass_eV = { linear = [0.0, 0.1], points = 200 }\n"
        "photon_energy_eV = { linear = [1.04, 1.0717], points = 250 }",
        ("photon_energy_eV", "lightest_mass_eV"),
        "contours = [0.01, 0.02]",
    ),
    "rate over detuning and the mediator's mass": (
        "rate",
        NEUTRINO + VECTOR,
        "detuning_eV = { log = [1e-5, 1e-1], points = 200 }\nmediator_mass_eV = { log = [1e-3, 1.0], points = 220 }",
        ("detuning_eV", "mediator_mass_eV"),
        "contours = [1e-5]",
    ),
    "separation over both couplings": (
        "separation",
        NEUTRINO + VECTOR + THREE + "alternative.ordering = 'inverted'\n",
        "coupling = { linear = [-1e-25, 2e-25], points = 130 }\n"
        "alternative.coupling = { linear = [-2e-25, 1e-25], points = 140 }",
        ("coupling", "alternative.coupling"),
        "contours = [60.0, 70.0]\ncoarsest = 16",
    ),
    "events": (
        "events",
        NEUTRINO + VECTOR + THREE,
        "mediator_mass_eV = { log = [1e-2, 1e1], points = 150 }\ncoupling = { log = [1e-27, 1e-24], points = 150 }",
        ("mediator_mass_eV", "coupling"),
        "contours = [70.0]",
    ),
    "toys": (
        "limit",
        'method = "toys"\ntoys = 20\n' + NEUTRINO + VECTOR.replace("coupling = 3e-26, ", "") + THREE,
        "mediator_mass_eV = { log = [1e-2, 1e1], points = 80 }\n"
        "lightest_mass_eV = { linear = [0.0, 0.1], points = 60 }",
        ("mediator_mass_eV", "lightest_mass_eV"),
        "coarsest = 8",
    ),
}


def scan_of(observable: str, tables: str, axes: str, pair: tuple[str, str], more: str) -> Scan:
    names = f'axes = ["{pair[0]}", "{pair[1]}"]'
    return parse_scan(f'observable = "{observable}"\n{tables}[axes]\n{axes}\n[adaptive]\n{names}\n{more}\n')


def dense(scan: Scan) -> dict[str, NDArray[Any]]:
    return Evaluator(dataclasses.replace(scan, adaptive=None))(whole(scan))


def crossings(above: NDArray[np.bool_], axis: int) -> NDArray[np.bool_]:
    """Where neighbours along an axis differ."""
    return np.diff(above, axis=axis)


def pairs(known: NDArray[np.bool_], axis: int) -> NDArray[np.bool_]:
    """Where both of two neighbours along an axis are known."""
    a, b = np.delete(known, -1, axis), np.delete(known, 0, axis)
    return a & b


@pytest.mark.parametrize("name", PLANES)
def test_what_is_computed_is_that_of_the_dense_scan_and_every_crossing_is(name: str) -> None:
    scan = scan_of(*PLANES[name])
    assert scan.adaptive is not None
    right, found = dense(scan), evaluator_of(scan)(whole(scan))
    known = found["refinement"] > 0
    assert 0.002 < known.mean() < 0.5
    assert set(found) == {*right, "refinement"}
    for variable, values in right.items():
        assert found[variable][known].tobytes() == values[known].tobytes()
        left_out = found[variable][~known]
        assert np.isnan(left_out).all() if left_out.dtype.kind == "f" else not left_out.any()
    axes = [scan.axis_names.index(axis) for axis in scan.adaptive.axes]
    observable = np.abs(right[scan.observable]).reshape(*scan.shape, -1)
    levels = scan.adaptive.contours or (threshold(0.9),) * (scan.observable != "limit")
    for level in levels:
        for axis in axes:
            crossed = crossings(observable > level, axis)
            assert crossed.any()
            assert pairs(known, axis)[crossed.any(axis=-1)].all()
    if scan.observable == "limit":
        for axis in axes:
            assert pairs(known, axis)[crossings(right["limit_status"] == 1, axis).any(axis=-1)].all()
