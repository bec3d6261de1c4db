"""Adaptive scans against dense ones: the same values, bit by bit, and every contour, threshold and pole."""

import dataclasses
import math
import signal
import subprocess
import time
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
import xarray as xr
from conftest import call, command, contents, objects
from numpy.typing import NDArray

from renp_fast import filled, run
from renp_fast.adaptive.interpolation import filled_planes
from renp_fast.adaptive.refinement import PlaneOfScan, evaluator_of
from renp_fast.errors import InputError
from renp_fast.evaluate.evaluate import Evaluator
from renp_fast.evaluate.limits import threshold
from renp_fast.evaluate.nuisance_points import whole
from renp_fast.physics.neutrinos import Neutrinos, thresholds_eV
from renp_fast.runs.execute import run_scan
from renp_fast.runs.plan import make_plan
from renp_fast.scan_file.scan import Scan, parse_scan
from renp_fast.store.inspection import status, verify
from renp_fast.store.layout import layout_of
from renp_fast.store.opened import open_result

HALF = 2.14349 / 2.0
SCANS = Path(__file__).parents[2] / "scans"
NEUTRINO = 'neutrino = { nature = "majorana", ordering = "normal", lightest_mass_eV = 0.013, alpha21_deg = 40.0 }\n'
VECTOR = (
    'interaction = { kind = "vector", chirality = "left", texture = "12", coupling = 3e-26, mediator_mass_eV = 0.3 }\n'
)
THREE = "experiment = { trigger_eV = [1.069, 1.07, 1.0708], exposure_days = [90.0, 100.0, 120.0] }\n"
MOMENT_AND_RADIUS = """
[[interaction]]
name = "mu"
kind = "dipole"
chirality = "magnetic"
texture = "33"
[[interaction]]
name = "r2"
kind = "form_factor"
chirality = "charge_radius"
texture = "13"
"""
TWO_MEDIATORS = """
[[interaction]]
name = "phi"
kind = "scalar"
chirality = "scalar"
coupling = 3e-19
[[interaction]]
name = "Z"
kind = "vector"
chirality = "left"
texture = "12"
"""
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
        "contours = [1e-5]\ncoarsest = 8",
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
    "rate over mass and coupling, at several energies": (
        "rate",
        NEUTRINO + VECTOR,
        "mediator_mass_eV = { log = [1e-2, 1e1], points = 90 }\nphoton_energy_eV = [1.069, 1.0708, 1.0716]\n"
        "coupling = { log = [1e-27, 1e-22], points = 100 }",
        ("mediator_mass_eV", "coupling"),
        "contours = [5e-5]\ncoarsest = 16",
    ),
    "chi2 with longitudinal part": (
        "chi2",
        NEUTRINO + VECTOR.replace(" }", ', longitudinal = "on" }') + THREE,
        "coupling = { log = [1e-29, 1e-23], points = 110 }\nmediator_mass_eV = { log = [1e-3, 1e1], points = 120 }",
        ("mediator_mass_eV", "coupling"),
        "",
    ),
    "chi2 over the mediator's width": (
        "chi2",
        NEUTRINO + VECTOR.replace("mass_eV = 0.3", "mass_eV = 0.08") + THREE,
        "mediator_width_eV = { linear = [0.0, 0.05], points = 100 }\ncoupling = { log = [1e-29, 1e-24], points = 90 }",
        ("mediator_width_eV", "coupling"),
        "coarsest = 16",
    ),
    "events with a factor on the moment": (
        "events",
        NEUTRINO + 'interaction = { kind = "dipole", chirality = "electric", texture = "13" }\n' + THREE,
        "coupling = { log = [1e-12, 1e-9], points = 90 }\nmagnetic_factor = { linear = [0.0, 1.0], points = 80 }",
        ("magnetic_factor", "coupling"),
        "contours = [80.0, 90.0]\ncoarsest = 16",
    ),
    "chi2 over two interactions": (
        "chi2",
        NEUTRINO.replace("majorana", "dirac") + THREE + MOMENT_AND_RADIUS,
        "r2.coupling = { linear = [-9e-25, 9e-25], points = 150 }\n"
        "mu.coupling = { linear = [-9e-11, 9e-11], points = 160 }",
        ("mu.coupling", "r2.coupling"),
        "",
    ),
    "limit over the masses of two mediators": (
        "limit",
        'limit_on = "Z"\n' + NEUTRINO + THREE + TWO_MEDIATORS,
        "phi.mediator_mass_eV = { log = [5e-2, 5e-1], points = 110 }\n"
        "Z.mediator_mass_eV = { log = [5e-2, 5e-1], points = 100 }",
        ("phi.mediator_mass_eV", "Z.mediator_mass_eV"),
        "contours = [3e-27, 3e-26]\ncoarsest = 16",
    ),
    "spectral function of two mediators": (
        "spectral_function",
        NEUTRINO + TWO_MEDIATORS.replace('texture = "12"', "coupling = 4e-25"),
        "Z.mediator_mass_eV = { log = [1e-2, 1.0], points = 120 }\nphi.mediator_mass_eV = [0.1, 1.0]\n"
        "photon_energy_eV = { linear = [1.05, 1.0717], points = 130 }",
        ("Z.mediator_mass_eV", "photon_energy_eV"),
        "contours = [0.02]\ncoarsest = 16",
    ),
    "separation of two interactions": (
        "separation",
        NEUTRINO.replace("majorana", "dirac") + THREE + "alternative.ordering = 'inverted'\n" + MOMENT_AND_RADIUS,
        "mu.coupling = { linear = [-9e-11, 9e-11], points = 80 }\nr2.coupling = [5e-25]\n"
        "alternative.r2.coupling = { linear = [-9e-25, 9e-25], points = 90 }",
        ("mu.coupling", "alternative.r2.coupling"),
        "contours = [20.0, 60.0]\ncoarsest = 16",
    ),
    "toys": (
        "limit",
        'method = "toys"\ntoys = 8\n' + NEUTRINO + VECTOR.replace("coupling = 3e-26, ", "") + THREE,
        "mediator_mass_eV = { log = [1e-2, 1e1], points = 70 }\n"
        "lightest_mass_eV = { linear = [0.0, 0.1], points = 50 }",
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


def test_searches_between_nuisance_points_are_those_of_the_dense_scan() -> None:
    axes = "coupling = { linear = [1e-26, 4e-25], points = 6 }\nmediator_mass_eV = { log = [0.5, 2.0], points = 5 }"
    profile = "profile.alpha31_deg = { linear = [0.0, 300.0], points = 4 }\nprofile.refine = true\n"
    pair = ("mediator_mass_eV", "coupling")
    scan = scan_of("chi2", NEUTRINO + VECTOR + THREE + profile, axes, pair, "contours = [20.0]\ncoarsest = 4")
    found = evaluator_of(scan)(whole(scan))
    known = found["refinement"] > 0
    assert 8 < known.sum() < 30
    assert found["chi2"][known].tobytes() == dense(scan)["chi2"][known].tobytes()


def plane_of_the_readme(points: int) -> str:
    """The scan of the vector plane, without its nuisances, on a grid of that many points along each axis."""
    text = (SCANS / "adaptive-vector-plane.toml").read_text()
    return text.partition("[profile]")[0].replace("points = 2049", f"points = {points}")


def test_the_contour_of_the_vector_plane_is_that_of_the_limit_at_a_fortieth_of_the_points() -> None:
    """To one step of the grid, and between its two points, interpolated in logarithms, to a hundredth of a step.

    The limit comes from another kernel, which solves for the coupling at each mass.
    """
    text = plane_of_the_readme(1025)
    scan = parse_scan(text)
    found, right = evaluator_of(scan)(whole(scan)), dense(scan)["chi2"]
    known = found["refinement"] > 0
    assert known.sum() < 0.025 * scan.points
    assert found["chi2"][known].tobytes() == right[known].tobytes()
    for axis in (0, 1):
        crossed = crossings(right > threshold(0.9), axis)
        assert crossed.sum() > 1000
        assert pairs(known, axis)[crossed].all()
    of_limit = "\n".join(line for line in text.partition("[adaptive]")[0].splitlines() if "coupling =" not in line)
    limits = parse_scan(of_limit.replace('"chi2"', '"limit"'))
    limit = Evaluator(limits)(whole(limits))["limit"][:, 0]
    height, g = np.log(found["chi2"] / threshold(0.9)), np.log(np.asarray(scan.axes[1].values))
    with np.errstate(invalid="ignore"):
        mass, below = np.nonzero((height[:, 1:] > 0.0) & (height[:, :-1] <= 0.0))
    assert (mass == np.arange(1025)).all()  # the contour meets every mass once
    low, high = height[mass, below], height[mass, below + 1]
    step = g[1] - g[0]
    off = (g[below] - step * low / (high - low) - np.log(limit)) / step
    assert np.abs(off).max() < 0.01


def test_poles_are_refined_and_a_width_does_not_hide_them() -> None:
    text = plane_of_the_readme(257).replace('texture = "universal"', 'texture = "universal"\nmediator_width_eV = 1e-4')
    scan = parse_scan(text)
    known = evaluator_of(scan)(whole(scan))["refinement"] > 0
    mass = np.asarray(scan.axes[0].values)
    for trigger in scan.triggers:
        pole = int(np.searchsorted(mass, math.sqrt(2.0 * 2.14349 * (HALF - trigger))))
        assert known[pole - 1 : pole + 1].all()
    # Cells of two steps are quartered whole
    assert known.all(axis=1).sum() == 3 * len(scan.triggers)


def test_a_pole_where_no_pair_is_open_is_nothing_to_look_at() -> None:
    scan = scan_of(*PLANES["rate over detuning and the mediator's mass"])
    detunings = np.asarray(scan.axes[0].values)
    thresholds = thresholds_eV(Neutrinos(nature="dirac", ordering="normal", lightest_mass_eV=0.013), 2.14349)
    closed = int(np.searchsorted(detunings, HALF - max(thresholds.values())))
    closed -= 3 * 8  # the bend at the threshold is seen from two cells away
    assert closed > 20
    assert evaluator_of(scan)(whole(scan))["refinement"][:closed].max() == 1


def test_thresholds_are_refined() -> None:
    scan = scan_of(*PLANES["spectral function at thresholds"])
    known = evaluator_of(scan)(whole(scan))["refinement"] > 0
    masses, energies = (np.asarray(axis.values) for axis in scan.axes)
    met = 0
    for row in range(0, len(masses), 23):
        neutrinos = Neutrinos(nature="majorana", ordering="normal", lightest_mass_eV=float(masses[row]))
        for threshold_eV in thresholds_eV(neutrinos, 2.14349).values():
            place = int(np.searchsorted(energies, threshold_eV))
            if 0 < place < len(energies):
                met += 1
                assert known[row, place - 1 : place + 1].all()
    assert met > 30


SEVERAL = (
    'observable = "chi2"\n'
    + NEUTRINO.replace('nature = "majorana", ', "")
    + VECTOR
    + THREE
    + "[axes]\nmediator_mass_eV = { log = [1e-3, 1e3], points = 130 }\nnature = ['majorana', 'dirac']\n"
    "coupling = { log = [1e-29, 1e-20], points = 145 }\ntexture = ['universal', '12', '23']\n"
    "[adaptive]\naxes = ['coupling', 'mediator_mass_eV']\n"
)


def test_neither_blocks_nor_threads_matter(tmp_path: Path) -> None:
    one_by_one = parse_scan(f"{SEVERAL}[storage]\nblock_points = 18850")
    at_once = parse_scan(f"{SEVERAL}[storage]\nblock_points = 113100")
    assert layout_of(one_by_one).grid.block_shape == (130, 1, 145, 1)
    assert layout_of(at_once).grid.blocks == 1
    stores = []
    for number, (scan, threads) in enumerate([(one_by_one, 1), (one_by_one, 3), (at_once, 2)]):
        outcome = run_scan(scan, tmp_path / f"{number}.zarr", threads)
        assert outcome.done == layout_of(scan).grid.blocks
        assert outcome.evaluated == status(tmp_path / f"{number}.zarr").evaluated < 0.2 * outcome.points
        stores.append(open_result(tmp_path / f"{number}.zarr").load())
    assert contents(tmp_path / "0.zarr") == contents(tmp_path / "1.zarr")
    xr.testing.assert_equal(stores[0], stores[2])
    assert outcome.evaluated == int((stores[2].refinement > 0).sum())


def test_killed_again_and_again_it_ends_byte_for_byte_the_same(tmp_path: Path) -> None:
    file = tmp_path / "scan.toml"
    file.write_text(f"{SEVERAL}[storage]\nblock_points = 18850")
    whole_store, killed = tmp_path / "whole.zarr", tmp_path / "killed.zarr"
    run_scan(parse_scan(file.read_text(), str(file)), whole_store)
    for part in ("1/3", "2/3"):
        process = subprocess.Popen(
            command("run", file, "-o", killed, "--part", part), stderr=subprocess.PIPE, text=True
        )
        while not list(killed.glob(".renp_fast/journal/*")) and process.poll() is None:
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert status(killed).done < 6
    final = call("run", file, "-o", killed)
    assert final.returncode == 0, final.stderr
    assert "evaluated" in final.stderr
    assert contents(killed) == contents(whole_store)
    told = call("status", killed)
    assert f"computed {status(whole_store).evaluated} of these (" in told.stdout


def test_a_damaged_plane_is_found_and_computed_again(tmp_path: Path) -> None:
    scan = parse_scan(SEVERAL)
    run_scan(scan, tmp_path / "s.zarr")
    before = contents(tmp_path / "s.zarr")
    victim = objects(tmp_path / "s.zarr", "refinement")[-1]
    victim.write_bytes(b"\0" + victim.read_bytes()[1:])
    assert len(verify(tmp_path / "s.zarr").damaged) == 1
    assert run_scan(scan, tmp_path / "s.zarr").computed == 1
    assert contents(tmp_path / "s.zarr") == before


def test_it_opens_as_a_labelled_array_that_says_what_was_computed(tmp_path: Path) -> None:
    run_scan(parse_scan(SEVERAL), tmp_path / "s.zarr", part=(1, 2))
    dataset = xr.open_zarr(tmp_path / "s.zarr")
    assert dataset.chi2.dims == dataset.refinement.dims == ("mediator_mass_eV", "nature", "coupling", "texture")
    assert dataset.chi2.shape == (130, 2, 145, 3)
    assert (np.isnan(dataset.chi2) == (dataset.refinement == 0)).all()
    about = dataset.attrs["adaptive"]
    assert about == {"axes": ["coupling", "mediator_mass_eV"], "contours": [threshold(0.9)], "coarsest": 32}
    flags = dataset.refinement.attrs["flag_meanings"].split()
    assert flags[0] == "not_computed"
    assert flags[-1] == "cells_of_1_steps"
    assert dataset.refinement.attrs["flag_values"] == list(range(len(flags))) == list(range(7))
    assert set(np.unique(dataset.refinement)) == set(range(7))


def test_filled_is_what_was_computed_and_linear_in_between(tmp_path: Path) -> None:
    scan = parse_scan(SEVERAL)
    dataset = run(scan, tmp_path / "s.zarr")
    whole_grid = filled(dataset)
    known = dataset.refinement.values > 0
    assert whole_grid.chi2.dims == dataset.chi2.dims
    assert np.isfinite(whole_grid.chi2).all()
    assert whole_grid.chi2.values[known].tobytes() == dataset.chi2.values[known].tobytes()
    right = dense(scan)["chi2"]
    near = (right > 0.5 * threshold(0.9)) & (right < 2.0 * threshold(0.9))
    # Around the contour cells are two steps wide, and chi^2 rises at most as the fourth power of the coupling
    width = 2.0 * math.log(1e-20 / 1e-29) / 144
    np.testing.assert_allclose(whole_grid.chi2.values[near], right[near], rtol=(4.0 * width) ** 2 / 8.0)
    for wrong in (dataset.isel(coupling=3), dataset.drop_vars("refinement")):
        with pytest.raises(InputError, match=r"filled: .*; allowed: "):
            filled(wrong)


def test_what_is_linear_over_the_grid_is_filled_exactly() -> None:
    i, j = np.indices((71, 90))
    plane = 3.0 * i - 2.0 * j + 0.5 * i * j
    known = np.zeros(plane.shape, dtype=bool)
    known[np.ix_([0, 16, 32, 48, 64, 70], [0, 16, 32, 48, 64, 80, 89])] = True
    planes = np.stack([plane, 2.0 * plane])
    holes = np.where(known, planes, np.nan)
    np.testing.assert_allclose(filled_planes(holes, np.stack([known, known]), 16), planes, rtol=1e-13)
    assert np.isnan(holes).any()  # the argument is left as it was


def test_the_plan_estimates_the_share(tmp_path: Path) -> None:
    scan = parse_scan(plane_of_the_readme(513))
    plan = make_plan(scan, 1)
    outcome = run_scan(scan, tmp_path / "s.zarr")
    assert plan.evaluated_share * plan.points == pytest.approx(outcome.evaluated, rel=1e-12)
    with mock.patch("renp_fast.runs.plan.SAMPLE_SECONDS", 0.0):  # time for the largest cells alone
        rough = make_plan(scan, 1)
    assert 0.1 < rough.evaluated_share * rough.points / outcome.evaluated < 10.0
    assert make_plan(parse_scan(plane_of_the_readme(513).partition("[adaptive]")[0]), 1).evaluated_share == 1.0


def test_the_plan_of_a_profiled_scan_needs_no_whole_plane_of_it() -> None:
    scan = scan_of(*PLANES["profiled chi2"])
    known = evaluator_of(scan)(whole(scan))["refinement"] > 0
    with (
        mock.patch("renp_fast.runs.adaptive_sample.POINTS_SECONDS", 0.0),
        mock.patch.object(PlaneOfScan, "look", autospec=True, side_effect=PlaneOfScan.look) as look,
    ):
        plan = make_plan(scan, 1)
    points = sum(call.args[1].size for call in look.call_args_list if call.args[0].scan.profile)
    assert points == 1
    assert plan.evaluated_share == pytest.approx(known.mean(), rel=0.2)


def test_only_adaptive_scans_have_another_fingerprint() -> None:
    plain, adaptive = parse_scan(SEVERAL.partition("[adaptive]")[0]), parse_scan(SEVERAL)
    assert not any("adaptive" in key for key in plain.canonical)
    assert "confidence_level" not in plain.canonical
    new = {key: adaptive.canonical[key] for key in {*adaptive.canonical} - {*plain.canonical}}
    assert new == {
        "adaptive.axes": ["coupling", "mediator_mass_eV"],
        "adaptive.contours": [],
        "adaptive.coarsest": 32,
        "confidence_level": 0.9,
    }
    assert {**adaptive.canonical} == {**plain.canonical} | new
