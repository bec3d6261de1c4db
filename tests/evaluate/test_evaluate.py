"""Blocks of a scan: right values, and the same bits however the grid is cut and its axes are ordered."""

import json
import math
from pathlib import Path
from typing import Any
from unittest import mock

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renp_fast.evaluate import evaluate
from renp_fast.evaluate.evaluate import Evaluator
from renp_fast.evaluate.rounding import rounded
from renp_fast.kernels.types import Array
from renp_fast.scan_file.grid import Box, Grid
from renp_fast.scan_file.scan import Scan, parse_scan
from renp_fast.scan_file.schema import ENERGY_AXES, TABLE_OF

TABLE = json.loads((Path(__file__).parents[1] / "reference" / "spectral_function.json").read_text())
HERMITIAN = [[0.4, [0.3, -0.7], 0.1], [[0.3, 0.7], -0.9, [0.0, 0.2]], [0.1, [0.0, -0.2], 1.1]]
# E_eg = 2 eV: s = 4 eV x detuning, exactly
VALUES: dict[str, Any] = {
    **{"E_eg_eV": 2.0, "E_vg_eV": 2.25, "gamma_vg_per_s": 1.1e6, "spin_factor": 0.6},
    **{"nature": "majorana", "ordering": "normal", "lightest_mass_eV": 0.01, "alpha21_deg": 50.0},
    **{"kind": "vector", "chirality": "left", "texture": HERMITIAN, "coupling": 7e-24, "mediator_mass_eV": 0.7},
    **{"trigger_eV": [0.9, 0.9985, 1.2], "exposure_days": [3e6, 1e6, 2e6], "background_per_day": [1e-5, 0.0, 2e-5]},
}
LISTS: dict[str, list[Any]] = {
    **{"photon_energy_eV": [0.9, 0.9985, 1.1, 0.99], "detuning_eV": [0.25, 0.0015, -0.1]},
    **{"E_eg_eV": [2.0, 2.1], "E_vg_eV": [2.25, 2.3], "gamma0_per_s": [1e-3, 2e-4]},
    **{"nature": ["majorana", "dirac"], "ordering": ["inverted", "normal"]},
    "lightest_mass_eV": [0.03, 0.0, 0.02, 0.01],
    "oscillation": ["NuFIT-6.0", "NuFIT-5.0"],
    "alpha31_deg": [0.0, 100.0, 200.0],
    "chirality": ["axial", "left", "vector"],
    "texture": ["12", HERMITIAN, "13"],
    "coupling": [-3e-24, 0.0, 8e-24, 1e-22],
    "mediator_mass_eV": [1e-3, 1.0, 0.6],  # one on the pole
    "mediator_width_eV": [0.0, 0.3],
    **{"exposure_days": [1.0, 100.0], "background_per_day": [0.0, 0.5]},
}
MEDIATOR = ("coupling", "mediator_mass_eV", "mediator_width_eV")
# Majorana neutrinos have symmetric scalar textures
SCALAR_VALUES = {"kind": "scalar", "chirality": "scalar", "texture": "universal", "coupling": 7e-18}
SCALAR_LISTS: dict[str, list[Any]] = LISTS | {
    "chirality": ["pseudoscalar", "scalar"],
    "texture": ["12", [[1, 2, 3], [2, 4, 5], [3, 5, 6]], "13"],
    "coupling": [-3e-18, 0.0, 8e-18, 1e-16],
}
Given = tuple[str, dict[str, list[Any]], dict[str, Any]]


def scan_of(observable: str, axes: dict[str, list[Any]], **values: Any) -> Scan:
    """The scan above, with values replaced, or removed if they are None."""
    given_values = {name: v for name, v in (VALUES | values).items() if v is not None and name not in axes}
    lines = [f'observable = "{observable}"']
    lines += [f"{TABLE_OF[name]}.{name} = {json.dumps(v)}" for name, v in given_values.items()]
    return parse_scan("\n".join([*lines, "[axes]", *(f"{name} = {json.dumps(v)}" for name, v in axes.items())]))


def everything(scan: Scan) -> Box:
    return tuple(slice(0, n) for n in scan.shape)


def whole(scan: Scan) -> Array:
    return Evaluator(scan).observable(everything(scan))


@st.composite
def grids(draw: st.DrawFn) -> Given:
    """Observable, up to six axes in any order, often with a mediator's axis as the first or the last, and values."""
    values, lists = draw(st.sampled_from([({}, LISTS), (SCALAR_VALUES, SCALAR_LISTS)]))
    observable = draw(st.sampled_from(["spectral_function", "rate", "events", "chi2"]))
    others = [name for name in LISTS if name not in ENERGY_AXES]
    names = draw(st.lists(st.sampled_from(others), unique=True, max_size=4))
    if observable in ("spectral_function", "rate"):
        names.append(draw(st.sampled_from(list(ENERGY_AXES))))
    names = draw(st.permutations(names))
    end = draw(st.sampled_from([*MEDIATOR, None, None, None]))
    if end is not None and end not in names:
        names = [end, *names] if draw(st.booleans()) else [*names, end]
    return observable, {name: lists[name][: draw(st.integers(1, len(lists[name])))] for name in names}, values


@settings(deadline=None, max_examples=150)
@given(grid=grids(), data=st.data())
def test_bits_do_not_depend_on_how_the_grid_is_cut(grid: Given, data: st.DataObject) -> None:
    """Neither on the blocks nor on the tiles within them."""
    observable, axes, values = grid
    scan = scan_of(observable, axes, **values)
    blocks = Grid(scan.shape, tuple(data.draw(st.integers(1, n)) for n in scan.shape))
    with mock.patch.object(evaluate, "TILE_NUMBERS", data.draw(st.integers(1, 300))):
        right = whole(scan)
        pieces = np.full_like(right, np.nan)
        evaluator = Evaluator(scan)
        for block in range(blocks.blocks):
            pieces[blocks.box(block)] = evaluator.observable(blocks.box(block))
    assert not np.isnan(right).any()
    assert pieces.tobytes() == right.tobytes()


@settings(deadline=None, max_examples=150)
@given(grid=grids(), data=st.data())
def test_each_point_is_a_scan_of_its_own(grid: Given, data: st.DataObject) -> None:
    """With the values of the axes in their tables, photon energies aside, it has the same bits."""
    observable, axes, values = grid
    point = {name: data.draw(st.integers(0, len(entries) - 1)) for name, entries in axes.items()}
    chosen = {name: axes[name][k] for name, k in point.items()}
    energy = {name: [chosen.pop(name)] for name in ENERGY_AXES if name in chosen}
    alone = whole(scan_of(observable, energy, **(values | chosen)))
    assert alone.tobytes() == whole(scan_of(observable, axes, **values))[tuple(point.values())].tobytes()


@settings(deadline=None, max_examples=100)
@given(grid=grids(), data=st.data())
def test_another_order_of_axes_is_the_transposed_array(grid: Given, data: st.DataObject) -> None:
    observable, axes, values = grid
    order = data.draw(st.permutations(range(len(axes))))
    names = list(axes)
    permuted = whole(scan_of(observable, {names[k]: axes[names[k]] for k in order}, **values))
    order += [len(axes)] * (observable == "events")  # the triggers stay last
    assert permuted.tobytes() == whole(scan_of(observable, axes, **values)).transpose(order).tobytes()


def test_tiles_of_their_real_size() -> None:
    """Twenty tiles, against rows computed one by one."""
    scan = parse_scan("""
        observable = "rate"
        neutrino = { nature = "majorana", ordering = "normal" }
        interaction = { kind = "vector", chirality = "left", coupling = 1e-24, mediator_mass_eV = 1.0 }
        [axes]
        lightest_mass_eV = { linear = [0.0, 0.1], points = 400 }
        photon_energy_eV = { linear = [1.0, 1.0718], points = 5000 }
    """)
    evaluator = Evaluator(scan)
    rows = [evaluator.observable((slice(k, k + 1), slice(0, 5000))) for k in range(400)]
    assert len(evaluator._tiles(everything(scan))) > 20
    assert np.concatenate(rows).tobytes() == whole(scan).tobytes()


def test_stored_numbers_are_rounded_as_the_scan_asks() -> None:
    scan = scan_of("rate", {"photon_energy_eV": [0.9, 0.95]})
    asked = parse_scan(scan.text.replace("[axes]", 'storage = { dtype = "float32", significant_bits = 9 }\n[axes]'))
    stored = Evaluator(asked)(everything(asked))
    assert stored.keys() == {"rate"}
    assert stored["rate"].tobytes() == rounded(whole(scan), "float32", 9).tobytes()


@pytest.mark.parametrize("index", range(0, 160, 13))
def test_cases_of_the_reference_table(index: int) -> None:
    """I(omega) by explicit Dirac matrices and phase-space quadrature, made elsewhere, through a scan file."""
    case = dict(TABLE["cases"][index])
    right = case.pop("spectral_function")
    if "E_eg_eV" in case:
        case |= {"gamma_vg_per_s": 1.0, "spin_factor": 1.0}
    energy = {"photon_energy_eV": [case.pop("photon_energy_eV")]}
    scan = scan_of("spectral_function", energy, **(dict.fromkeys(VALUES) | case))
    assert whole(scan)[0] == pytest.approx(right, rel=TABLE["tolerance"] if right else 0.0, abs=0.0)


def test_those_cases_cover_every_kind_and_nature() -> None:
    chosen = {(case["kind"], case["nature"]) for case in TABLE["cases"][::13]}
    assert {kind for kind, _ in chosen} == {case["kind"] for case in TABLE["cases"]}
    assert {nature for _, nature in chosen} == {"dirac", "majorana"}


@pytest.mark.parametrize("width", [0.0, 0.2])
def test_chi2_is_the_deviance_of_the_events_of_two_scans(width: float) -> None:
    """With and without the mediator; 30 digits, since the deviance is a small difference."""
    axes = {"lightest_mass_eV": [0.0, 0.02], "coupling": [-2e-23, 8e-24], "mediator_mass_eV": [0.01, 0.6, 3.0]}
    chi2 = whole(scan_of("chi2", axes, mediator_width_eV=width))
    new = whole(scan_of("events", axes, mediator_width_eV=width))
    no_mediator = {"kind": "standard_model", **dict.fromkeys(("chirality", "texture", *MEDIATOR))}
    standard = whole(scan_of("events", {"lightest_mass_eV": [0.0, 0.02]}, **no_mediator))
    with mpmath.workdps(30):
        for (mass, *point), value in np.ndenumerate(chi2):
            pairs = [(mpmath.mpf(n), mpmath.mpf(n0)) for n, n0 in zip(new[mass, *point], standard[mass], strict=True)]
            deviance = 2 * sum(n - n0 + n0 * mpmath.log(n0 / n) for n, n0 in pairs)
            assert deviance > 0
            assert abs(value / deviance - 1) < 1e-10


def test_closed_thresholds_are_exact_zeros() -> None:
    """And the background remains of the events, and no difference from the Standard Model."""
    axes: dict[str, list[Any]] = {"coupling": [0.0, 1e-20, -1e20], "mediator_mass_eV": [0.0, 1e-3, 1e4]}
    axes["ordering"] = ["normal", "inverted"]
    for observable in ("spectral_function", "rate"):
        closed = whole(scan_of(observable, axes | {"photon_energy_eV": [0.9999, 1.0, 1.5, 2.25]}))
        assert closed.tobytes() == np.zeros((3, 3, 2, 4)).tobytes()
    triggers = {"trigger_eV": [1.0, 1.5, 2.25], "exposure_days": [3.3, 0.7, 1.1], "background_per_day": [0.3, 0.0, 0.7]}
    events = whole(scan_of("events", axes, **triggers)).reshape(-1, 3)
    assert np.unique(events, axis=0).tolist() == [[0.3 * 3.3, 0.0, 0.7 * 1.1]]
    assert whole(scan_of("chi2", axes, **triggers)).tobytes() == np.zeros((3, 3, 2)).tobytes()


def test_the_last_threshold_is_where_it_should_be() -> None:
    """(2 m_1)^2/(2 E_eg) as a detuning, met to the last digits; a photon energy meets it to rounding of 1 eV."""
    threshold = 0.02**2 / 4.0
    detuned = whole(scan_of("rate", {"detuning_eV": [threshold * (1.0 - 1e-15), threshold * (1.0 + 2e-15)]}))
    assert detuned[0] == 0.0 < detuned[1]
    w = whole(scan_of("rate", {"photon_energy_eV": [1.0 - threshold + 1e-15, 1.0 - threshold - 1e-15]}))
    assert w[0] == 0.0 < w[1]


POLE = {"detuning_eV": [0.25], "mediator_mass_eV": [1.0, 1.1], "coupling": [-1e-24, 0.0, 1e-24]}


@pytest.mark.parametrize("observable", ["spectral_function", "rate", "events", "chi2"])
@pytest.mark.parametrize("coupled", [("vector", "left"), ("vector", "axial"), ("scalar", "pseudoscalar")])
def test_the_pole_is_infinite(observable: str, coupled: tuple[str, str]) -> None:
    """M^2 = s = 1 eV^2 exactly, at one of the triggers; not without coupling, nor with a width."""
    kind, chirality = coupled
    axes = dict(POLE)
    values: dict[str, Any] = {"kind": kind, "chirality": chirality, "texture": "12", "trigger_eV": [0.9, 0.75, 1.2]}
    if observable in ("events", "chi2"):
        del axes["detuning_eV"]
    result = whole(scan_of(observable, axes, **values)).reshape(2, 3, -1)
    trigger = 1 if observable == "events" else 0
    assert np.isposinf(result[..., trigger]).tolist() == [[True, False, True], [False, False, False]]
    assert np.isinf(result).sum() == 2
    assert not np.isnan(result).any()
    assert np.isfinite(whole(scan_of(observable, axes, mediator_width_eV=1e-3, **values))).all()


def test_a_pole_above_the_threshold_is_closed() -> None:
    values = {"lightest_mass_eV": 0.1, "mediator_mass_eV": 2.0**-5}
    assert whole(scan_of("rate", {"detuning_eV": [2.0**-12]}, **values)).tolist() == [0.0]


@pytest.mark.parametrize(
    ("observable", "values"),
    [
        ("rate", {"detuning_eV": 1.0, "mediator_mass_eV": 2.0}),
        ("rate", {"detuning_eV": 0.25, "mediator_mass_eV": 1.0, "mediator_width_eV": 1e-170}),
        ("events", {"trigger_eV": [0.75], "exposure_days": 0.0, "mediator_mass_eV": 1.0}),
        ("chi2", {"trigger_eV": [0.75], "exposure_days": 0.0, "mediator_mass_eV": 1.0}),
    ],
    ids=["no photon energy", "width too small for its square", "events of no exposure", "chi2 of no exposure"],
)
@pytest.mark.parametrize("coupling", [0.0, -1e-24])
def test_no_pole_is_a_silent_nan(observable: str, values: dict[str, Any], coupling: float) -> None:
    axes = {name: [values[name]] for name in ("detuning_eV",) if name in values}
    result = whole(scan_of(observable, axes, **(values | {"coupling": coupling, "background_per_day": None})))
    assert not math.isnan(result.item())
