"""Scans in memory: what a store would hold, from dictionaries, wherever Python runs."""

import asyncio
import importlib
import json
import pickle
import pkgutil
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import renp_fast as rf
from renp_fast.scan_file.document import text_of
from renp_fast.store.provenance import fingerprint

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "reference" / "spectral_function.json").read_text()
)["cases"]
TABLES = {
    "interaction": ("kind", "chirality", "texture", "coupling", "mediator_mass_eV"),
    "target": ("E_eg_eV", "E_vg_eV", "gamma_vg_per_s", "spin_factor"),
}


def document_of(case: dict[str, Any]) -> dict[str, Any]:
    """The case as a scan at one photon energy."""
    values = {key: value for key, value in case.items() if key not in ("photon_energy_eV", "spectral_function")}
    if "E_eg_eV" in values:
        values |= {"gamma_vg_per_s": 1e6, "spin_factor": 1.0}
    axes = {"photon_energy_eV": np.array([case["photon_energy_eV"]])}
    document: dict[str, Any] = {"observable": "spectral_function", "axes": axes}
    for key, value in values.items():
        table = next((name for name, keys in TABLES.items() if key in keys), "neutrino")
        document.setdefault(table, {})[key] = value
    return document


def test_all_reference_cases() -> None:
    assert len(CASES) == 160
    for case in CASES:
        found = rf.compute(document_of(case))["spectral_function"]
        assert found.dims == ("photon_energy_eV",)
        assert float(found[0]) == pytest.approx(case["spectral_function"], rel=1e-10, abs=0.0), case


NEUTRINO = {"nature": "majorana", "ordering": "normal", "lightest_mass_eV": 0.013, "alpha21_deg": 71.0}
VECTOR = {"kind": "vector", "chirality": "left", "texture": "12", "coupling": 3e-25, "mediator_mass_eV": 0.4}
MOMENT = {"name": "mu", "kind": "dipole", "chirality": "magnetic", "texture": "13", "coupling": 2e-11}
RADIUS = {"name": "r2", "kind": "form_factor", "chirality": "charge_radius", "texture": "23", "coupling": 1e-26}
EXPERIMENT = {"trigger_eV": [1.069, 1.0702], "exposure_days": [30.0, 50.0], "background_per_day": 0.25}
AXES = {"lightest_mass_eV": [0.0, 0.02], "texture": ["11", [[1, 0, 0], [0, 2, 0], [0, 0, -1]]]}
COUNTED = {"neutrino": NEUTRINO, "interaction": VECTOR, "experiment": EXPERIMENT, "target": {"gamma0_per_s": 2e-3}}
PLANE = {
    "axes": {
        "mediator_mass_eV": {"log": [1e-2, 1.0], "points": 33},
        "coupling": {"log": [1e-27, 1e-23], "points": 33},
    },
    "adaptive": {"axes": ["mediator_mass_eV", "coupling"], "coarsest": 8},
}
SCANS: dict[str, dict[str, Any]] = {
    "spectral_function": {
        "observable": "spectral_function",
        "title": 'a "title" with \x7f and ω',
        "neutrino": NEUTRINO,
        "interaction": VECTOR,
        "axes": AXES | {"photon_energy_eV": {"thresholds": [1.03, 1.072], "points": 40}},
    },
    "rate": {
        "observable": "rate",
        "neutrino": NEUTRINO,
        "interaction": VECTOR,
        "axes": {"detuning_eV": [0.01, 0.002, 0.0005], "ordering": ["inverted", "normal"]},
        "storage": {"dtype": "float32", "significant_bits": 20},
    },
    "events": COUNTED | {"observable": "events", "axes": AXES},
    "many blocks": COUNTED | {"observable": "events", "axes": AXES, "storage": {"block_points": 1}},
    "chi2": COUNTED | {"observable": "chi2", "axes": AXES, "profile": {"alpha21_deg": [0.0, 90.0, 200.0]}},
    "limit": COUNTED | {"observable": "limit", "axes": {"mediator_mass_eV": [0.01, 3.0]}, "confidence_level": 0.95},
    "toys": COUNTED | {"observable": "limit", "method": "toys", "toys": 40, "seed": 3, "axes": {}},
    "separation": COUNTED
    | {
        "observable": "separation",
        "alternative": {"ordering": "inverted", "coupling": "free"},
        "axes": {"alternative.texture": ["11", "23"], "lightest_mass_eV": [0.01, 0.03]},
    },
    "several": COUNTED
    | {
        "observable": "chi2",
        "interaction": [MOMENT, RADIUS],
        "axes": {"r2": {"coupling": [-1e-26, 1e-26]}, "mu.coupling": [0.0, 1e-11]},
    },
    "line": COUNTED | {"observable": "events", "line": {"shape": "gaussian", "width_eV": 1e-5}, "axes": {}},
    "adaptive": COUNTED | {"observable": "chi2", **PLANE},
}


@pytest.mark.parametrize("name", SCANS)
def test_the_dataset_is_that_of_a_store(name: str, tmp_path: Path) -> None:
    scan = rf.scan(SCANS[name])
    found = rf.compute(scan)
    with rf.run(scan, store=tmp_path / "scan.zarr") as stored:
        xr.testing.assert_identical(found, stored.load())
        for variable in stored.data_vars:
            assert found[variable].dtype == stored[variable].dtype
            assert found[variable].values.tobytes() == stored[variable].values.tobytes()
    for threads in (1, 3):
        xr.testing.assert_identical(rf.compute(SCANS[name], threads=threads), found)


@pytest.mark.parametrize("name", SCANS)
def test_a_dictionary_is_the_scan_that_its_text_is(name: str) -> None:
    scan = rf.scan(SCANS[name])
    again = rf.parse_scan(scan.text)
    assert fingerprint(again) == fingerprint(scan)
    assert (again.title, again.notes) == (scan.title, scan.notes)
    assert text_of(tomllib.loads(scan.text)) == scan.text


@pytest.mark.parametrize("name", SCANS)
def test_a_scan_pickles_and_says_what_it_is(name: str) -> None:
    scan = rf.scan(SCANS[name])
    copy = pickle.loads(pickle.dumps(scan))
    xr.testing.assert_identical(rf.compute(copy), rf.compute(scan))
    with pytest.raises(TypeError):
        copy.values["ordering"] = "inverted"
    text = repr(copy)
    assert scan.observable in text
    assert all(axis.name in text for axis in scan.axes)
    parameters = scan.parameters
    assert all(parameters[name] == value for name, value in scan.values.items())
    assert all(len(parameters[axis.name]) == len(axis) for axis in scan.axes)


def _digest(document: dict[str, Any]) -> bytes:
    values: bytes = rf.compute(document)["events"].values.tobytes()
    return values


def test_in_an_event_loop_in_threads_and_in_other_processes() -> None:
    expected = _digest(SCANS["events"])

    async def inside() -> bytes:
        return _digest(SCANS["many blocks"])

    assert asyncio.run(inside()) == expected
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(_digest, [SCANS["events"], SCANS["many blocks"]] * 4)) == {expected}
    script = f"""
import multiprocessing, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_in_memory import SCANS, _digest
if __name__ == "__main__":
    here = _digest(SCANS["many blocks"])
    for method in ("fork", "spawn"):
        with multiprocessing.get_context(method).Pool(2) as pool:
            assert set(pool.map(_digest, [SCANS["events"], SCANS["many blocks"]] * 2)) == {{here}}
    print(here.hex())
"""
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=300)
    assert found.stdout.strip() == expected.hex(), found.stderr


def test_what_is_wrong_in_a_dictionary_is_named() -> None:
    for change, words in (
        ({"axes": {"texture": None}}, r"\[axes\] texture: got None; allowed: numbers, strings"),
        ({"neutrino": NEUTRINO | {"weight": 1.0}}, r"\[neutrino\] weight: unknown key"),
        ({"neutrino": 3}, r"neutrino: got 3; allowed: a table"),
    ):
        with pytest.raises(rf.ScanError, match=words):
            rf.scan(SCANS["events"] | change)
    endless: dict[str, Any] = {"observable": "events"}
    endless["neutrino"] = endless
    with pytest.raises(rf.ScanError, match="nested too deeply"):
        rf.scan(endless)
    with pytest.raises(ValueError, match="threads: got 0"):
        rf.compute(SCANS["events"], threads=0)
    with pytest.raises(rf.ScanError, match="observable: missing") as error:
        rf.scan({})
    assert str(pickle.loads(pickle.dumps(error.value))) == str(error.value)


def test_public_names_stay_what_they_are_whatever_is_imported() -> None:
    """A room of the package must not hide a public name, such as `scan`."""
    assert dir(rf) == sorted(rf.__all__)
    for module in pkgutil.iter_modules(rf.__path__):
        if not module.name.startswith("__"):
            importlib.import_module(f"renp_fast.{module.name}")
    assert all(callable(getattr(rf, name)) for name in rf.__all__)
