"""Several interactions in a scan: through the file and the store, against explicit traces and against one alone."""

import itertools
import json
import math
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from several_cases import (
    GAMMA0,
    MU,
    NEUTRINO,
    PHI,
    R2,
    TRIGGERS,
    Z,
    deviance,
    events_of,
    scan_of,
    stored,
    text_of,
    traced,
    whole,
)

import renp_fast as rf
from renp_fast.evaluate import evaluate
from renp_fast.evaluate.evaluate import Evaluator
from renp_fast.kernels.types import Array
from renp_fast.scan_file.grid import Grid
from renp_fast.scan_file.scan import Scan, parse_scan


def test_spectra_through_a_store_against_explicit_traces(tmp_path: Path) -> None:
    axes = {
        "Z_1.mediator_mass_eV": [0.05, 0.4],
        "mu.coupling": [-6e-11, 0.0, 3e-11],
        "lightest_mass_eV": [0.0, 0.02],
        "phi.chirality": ["scalar", "pseudoscalar"],
        "photon_energy_eV": [1.05, 1.0712],
    }
    file = tmp_path / "scan.toml"
    file.write_text(text_of("spectral_function", [Z, MU, PHI], axes))
    data = rf.run(str(file), tmp_path / "store.zarr", threads=1)
    assert data.spectral_function.dims == tuple(axes)
    assert data["mu.coupling"].attrs == {"units": "Bohr magneton", "long_name": "coupling of mu"}
    assert data["Z_1.mediator_mass_eV"].attrs == {"units": "eV", "long_name": "mass of the mediator of Z_1"}
    assert data.attrs["longitudinal_vector_propagator"] == {"Z_1": "off", "mu": "off", "phi": "off"}
    found = data.spectral_function.to_numpy()
    for place in itertools.product(*(range(len(values)) for values in axes.values())):
        changes = {name: values[k] for (name, values), k in zip(axes.items(), place, strict=True)}
        assert found[place] == pytest.approx(traced(changes["photon_energy_eV"], [Z, MU, PHI], changes), rel=1e-10)


def test_rates_and_events_follow_from_spectra() -> None:
    axes = {"r2.coupling": [-8e-25, 2e-25], "mu.texture": ["13", "33"]}
    rates = whole(scan_of("rate", [MU, R2], axes | {"photon_energy_eV": TRIGGERS}))
    events = whole(scan_of("events", [MU, R2], axes))
    for i, j in np.ndindex(2, 2):
        changes = {"r2.coupling": axes["r2.coupling"][i], "mu.texture": axes["mu.texture"][j]}
        right = [GAMMA0 * traced(w, [MU, R2], changes) for w in TRIGGERS]
        assert rates[i, j] == pytest.approx(right, rel=1e-10)
        assert events[i, j] == pytest.approx(events_of([MU, R2], changes), rel=1e-10)


@pytest.mark.parametrize("width", [0.0, 0.1])
@pytest.mark.parametrize("inner", ["mu.coupling", "Z_1.coupling", "lightest_mass_eV"])
def test_chi2_is_the_deviance_against_the_standard_model(inner: str, width: float) -> None:
    """Whichever axis is the last, and so whichever interaction leads."""
    lists = {
        "mu.coupling": [-6e-11, 0.0, 5e-12, 6e-11, 1e-11, 2e-11, -3e-11, 4e-11, 7e-11],
        "Z_1.coupling": [3e-25, -2e-25],
        "lightest_mass_eV": [0.01, 0.0, 0.03],
    }
    order = [name for name in lists if name != inner] + [inner]
    entries = [MU, R2, Z | {"mediator_width_eV": width}]
    chi2 = whole(scan_of("chi2", entries, {name: lists[name] for name in order}))
    assert chi2.shape == tuple(len(lists[name]) for name in order)
    for place in ((0, 0, 0), (1, 1, 1), (-1, -1, -1), (0, -1, 1)):
        changes = {name: lists[name][k] for name, k in zip(order, place, strict=True)}
        expected = events_of([], {key: v for key, v in changes.items() if key in NEUTRINO})
        assert chi2[place] == pytest.approx(deviance(expected, events_of(entries, changes)), rel=1e-9)


def test_chi2_of_a_tiny_change_is_not_lost_to_rounding() -> None:
    """Couplings add: chi^2 of two is that of one, of their sum."""
    small = [MU | {"coupling": 1e-15}, MU | {"name": "other", "coupling": 2e-15}]
    several = whole(scan_of("chi2", small, {"lightest_mass_eV": [0.0, 0.01]}))
    one = whole(scan_of("chi2", [MU | {"coupling": 3e-15}], {"lightest_mass_eV": [0.0, 0.01]}))
    assert (one > 0.0).all()
    assert (one < 1e-10).all()
    assert several == pytest.approx(one, rel=1e-12)


def test_limits_are_where_chi2_by_traces_reaches_the_threshold() -> None:
    entries = [MU, R2 | {"coupling": -2e-26}]
    found = stored(scan_of("limit", entries, {"lightest_mass_eV": [0.0, 0.01]}, 'limit_on = "mu"'))
    assert (found["limit_status"] == 1).all()
    for k, m0 in enumerate([0.0, 0.01]):
        expected = events_of([], {"lightest_mass_eV": m0})
        nodes = np.array([-1e-10, 0.0, 1e-10])
        counts = [events_of(entries, {"lightest_mass_eV": m0, "mu.coupling": g}) for g in nodes]
        polynomial = np.polyfit(nodes / 1e-10, np.array(counts), 2)

        def excess(x: float, p: Array = polynomial, N0: Array = expected) -> float:
            return deviance(N0, p[0] * x * x + p[1] * x + p[2]) - 2.705543454095404

        right = [1e-10 * brentq(excess, 0.0, sign * 3.0, xtol=1e-14) for sign in (1.0, -1.0)]
        assert excess(0.0) < 0.0
        assert found["limit"][k] == pytest.approx(right, rel=1e-8)
        assert abs(right[0] + right[1]) > 1e-3 * right[0]
        assert found["allowed_intervals"][k, 0] == pytest.approx(right[::-1], rel=1e-8)


@pytest.mark.parametrize(
    "more",
    [
        "",
        'method = "toys"\ntoys = 40',
        "profile.alpha21_deg = [0.0, 100.0]",
        "profile.lightest_mass_eV = { mean = 0.01, sigma = 0.002, points = 3 }",
        'profile.alpha21_deg = [0.0, 100.0]\nmethod = "toys"\ntoys = 40',
        "profile.lightest_mass_eV = { mean = 0.01, sigma = 0.002, points = 3 }\nprofile.refine = true",
    ],
)
def test_limits_beside_another_of_the_same_kind_are_shifted(more: str) -> None:
    """Since the couplings add, whatever the method."""
    exposures = {"exposure_days": [100.0, 1000.0]}
    shift = 3e-12
    other = MU | {"name": "other", "coupling": shift}
    together = stored(scan_of("limit", [other, MU], exposures, f'limit_on = "mu"\n{more}'))
    alone = stored(scan_of("limit", [MU], exposures, more))
    assert (alone["limit_status"] == 1).all()
    assert (together["limit_status"] == 1).all()
    rel = 1e-6 if "refine" in more else 1e-9
    assert together["limit"] + shift == pytest.approx(alone["limit"], rel=rel)
    if "toys" not in more:
        intervals = alone["allowed_intervals"]
        assert together["allowed_intervals"] + shift == pytest.approx(intervals, rel=rel, nan_ok=True)


def test_profiled_chi2_is_the_least_over_the_nuisances() -> None:
    """The Standard Model's events stay those of the truth."""
    entries, axes = [MU, R2], {"r2.coupling": [-8e-25, 1e-25], "mu.coupling": [0.0, 6e-11]}
    nuisance = {"theta12_deg": [31.0, 33.68, 36.0]}
    found = whole(scan_of("chi2", entries, axes, f"profile.theta12_deg = {nuisance['theta12_deg']}"))
    truth = whole(scan_of("events", [MU | {"coupling": 0.0}], {}))
    every = whole(scan_of("events", entries, nuisance | axes))
    for i, j in np.ndindex(2, 2):
        least = min(deviance(truth, every[k, i, j]) for k in range(3))
        assert found[i, j] == pytest.approx(least, rel=1e-9)


@pytest.mark.parametrize("observable", ["spectral_function", "chi2", "events"])
def test_one_with_coupling_zero_is_none_and_two_halves_are_one(observable: str) -> None:
    axes: dict[str, Any] = {"lightest_mass_eV": [0.0, 0.01]}
    if observable == "spectral_function":
        axes |= {"photon_energy_eV": [1.05, 1.0694, 1.0712, 1.08]}
    halves = [Z | {"name": name, "coupling": 1.5e-25} for name in ("a", "b")]
    single = text_of(observable, [{key: v for key, v in Z.items() if key != "name"}], axes)
    one = whole(parse_scan(single.replace("[[interaction]]", "[interaction]")))
    none = {"coupling": 0.0}
    for entries in ([Z, MU | none], [MU | none, Z, PHI | none], halves, [Z]):
        assert whole(scan_of(observable, entries, axes)) == pytest.approx(one, rel=3e-14)


def test_a_lone_interaction_without_a_name_is_the_usual_scan() -> None:
    nameless = {key: value for key, value in Z.items() if key != "name"}
    listed = text_of("events", [nameless], {"coupling": [1e-25, 3e-25]})
    usual = parse_scan(listed.replace("[[interaction]]", "[interaction]").replace("coupling = 3e-25", "", 1))
    scan = parse_scan(listed)
    assert scan.canonical == usual.canonical
    assert not scan.interactions


LISTS: dict[str, list[Any]] = {
    "nature": ["majorana", "dirac"],
    "lightest_mass_eV": [0.03, 0.0, 0.02],
    "spin_average": ["polarised", "isotropic"],
    "Z_1.coupling": [-3e-25, 0.0, 2e-24],
    "Z_1.mediator_mass_eV": [0.1, math.sqrt(0.5), 0.5],
    "Z_1.longitudinal": ["off", "on"],
    "phi.coupling": [5e-18, -1e-18],
    "phi.mediator_width_eV": [0.0, 0.1],
    "exposure_days": [0.0, 100.0],
    "r2.texture": ["12", "13"],
    "r2.coupling": [-8e-25, 2e-25, 1e-26, 0.0],
}
LEVELS = "target.E_eg_eV = 2.0\ntarget.E_vg_eV = 2.25\ntarget.gamma_vg_per_s = 1e6\ntarget.spin_factor = 0.6"


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_bits_do_not_depend_on_how_the_grid_is_cut(data: st.DataObject) -> None:
    """Poles among them: at E_eg = 2 eV and a trigger of 0.9375 eV s is 0.25 eV^2."""
    observable = data.draw(st.sampled_from(["spectral_function", "rate", "events", "chi2"]))
    names = data.draw(st.lists(st.sampled_from(list(LISTS)), unique=True, max_size=4))
    axes: dict[str, Any] = {name: LISTS[name][: data.draw(st.integers(1, len(LISTS[name])))] for name in names}
    if observable in ("spectral_function", "rate"):
        axes["detuning_eV"] = [0.0625, 0.0015, -0.1]
        axes = {name: axes[name] for name in data.draw(st.permutations(list(axes)))}
    text = text_of(observable, [Z, PHI, R2], axes, LEVELS).replace("1.05, 1.0694", "0.9375, 0.99")
    scan = parse_scan(text)
    right = whole(scan)
    pieces = np.full_like(right, np.nan)
    blocks = Grid(scan.shape, tuple(data.draw(st.integers(1, n)) for n in scan.shape))
    with mock.patch.object(evaluate, "TILE_NUMBERS", data.draw(st.integers(1, 300))):
        evaluator = Evaluator(scan)
        for block in range(blocks.blocks):
            pieces[blocks.box(block)] = evaluator.observable(blocks.box(block))
    assert not np.isnan(right).any()
    assert pieces.tobytes() == right.tobytes()


def test_on_the_pole_of_another_there_is_no_limit_and_infinitely_many_events() -> None:
    """Where there is exposure; E_eg = 2 eV and a trigger of 0.9375 eV make s = 0.25 eV^2 exactly."""
    axes = {"Z_1.mediator_mass_eV": [0.5, 0.6], "exposure_days": [0.0, 100.0]}

    def at_pole(observable: str, more: str = "") -> Scan:
        return parse_scan(text_of(observable, [MU, Z], axes, f"{LEVELS}\n{more}").replace("1.05,", "0.9375,"))

    events, chi2 = whole(at_pole("events")), whole(at_pole("chi2"))
    assert (events[:, 0] == 0.0).all()
    assert np.isinf(events[0, 1]).tolist() == [True, False, False]
    assert np.isfinite(events[1]).all()
    assert chi2[:, 0].tolist() == [0.0, 0.0]
    assert math.isinf(chi2[0, 1])
    for more in ("", "profile.alpha21_deg = [0.0, 10.0]"):
        status = stored(at_pole("limit", f'limit_on = "mu"\n{more}'))["limit_status"]
        assert status[0, 1].tolist() == [3, 3]
        assert 3 not in status[1]
        assert status[:, 0].tolist() == [[2, 2], [2, 2]]


def test_no_limit_where_the_others_alone_exceed_the_threshold() -> None:
    found = stored(scan_of("limit", [MU, R2], {"r2.coupling": [0.0, 1e-22]}, 'limit_on = "mu"'))
    assert found["limit_status"].tolist() == [[1, 1], [2, 2]]
    assert np.isnan(found["limit"][1]).all()
    assert found["interval_count"].tolist() == [1, 0]


def test_every_change_makes_another_scan() -> None:
    """And dotted axes, in quotes or not, are the same."""
    axes = {"mu.coupling": [1e-11, 2e-11]}
    base = scan_of("events", [MU, R2], axes)
    changed = [
        scan_of("events", [R2, MU], axes),
        scan_of("events", [MU, R2 | {"coupling": 1e-25}], axes),
        scan_of("events", [MU, R2 | {"name": "other"}], axes),
        scan_of("events", [MU, R2], {"mu.coupling": [1e-11, 3e-11]}),
        scan_of("events", [MU, R2], {}),
    ]
    every = [json.dumps(dict(scan.canonical), sort_keys=True) for scan in [base, *changed]]
    assert len(set(every)) == len(every)
    bare = parse_scan(text_of("events", [MU, R2], axes).replace('"mu.coupling"', "mu.coupling"))
    assert bare.canonical == base.canonical


def test_a_store_is_gone_on_with_and_has_the_same_bits(tmp_path: Path) -> None:
    file = tmp_path / "scan.toml"
    axes = {"mu.coupling": [1e-11, 2e-11, 3e-11], "r2.coupling": [-8e-25, 1e-25]}
    file.write_text(text_of("chi2", [MU, R2], axes, "storage.block_points = 2"))
    rf.run(str(file), tmp_path / "whole.zarr", threads=1)
    for part in (1, 2):
        rf.run(str(file), tmp_path / "parts.zarr", threads=1, part=(part, 2))
    one, two = (xr.open_zarr(tmp_path / f"{name}.zarr").chi2.to_numpy() for name in ("whole", "parts"))
    assert one.tobytes() == two.tobytes() == whole(parse_scan(file.read_text())).tobytes()
