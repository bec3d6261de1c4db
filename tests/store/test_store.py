"""What lies in a store, and how it opens."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
import zarr
from conftest import call, contents

import renp_fast as rf
from renp_fast.errors import WrongStoreError
from renp_fast.runs.execute import run_scan
from renp_fast.scan_file.scan import Scan, load_scan, parse_scan
from renp_fast.store.inspection import status
from renp_fast.store.journal import read_journal
from renp_fast.store.layout import layout_of, object_key
from renp_fast.store.store import open_store

EVENTS = """
title = "events"
observable = "events"
[target]
gamma0_per_s = 0.002
[neutrino]
lightest_mass_eV = 0.01
nature = "dirac"
[interaction]
kind = "dipole"
chirality = "magnetic"
[experiment]
trigger_eV = [1.069, 1.07, 1.0708]
exposure_days = [100.0, 50.0, 25.0]
background_per_day = 0.5
[axes]
texture = ["11", "universal", [[1, [0.0, 0.5], 0], [[0.0, -0.5], 2, 0], [0, 0, 3]]]
ordering = ["inverted", "normal"]
coupling = [1e-12, 1e-11]
"""


def test_opens_with_names_units_and_provenance(scan: Scan, tmp_path: Path) -> None:
    run_scan(scan, tmp_path / "s.zarr")
    ds = xr.open_zarr(tmp_path / "s.zarr")
    assert ds["spectral_function"].dims == tuple(axis.name for axis in scan.axes)
    assert ds["spectral_function"].shape == scan.shape
    assert list(ds["ordering"].values) == ["normal", "inverted"]
    for axis in scan.axes:
        assert ds[axis.name].attrs["long_name"]
        if axis.numeric:
            assert ds[axis.name].attrs["units"] == "eV"
            np.testing.assert_array_equal(ds[axis.name].values, np.asarray(axis.values))
    assert ds["spectral_function"].attrs["units"] == "1"
    assert ds.attrs["scan_file"] == scan.text
    assert ds.attrs["title"] == "many blocks"
    assert len(ds.attrs["fingerprint"]) == 64
    assert ds.attrs["versions"]["renp_fast"]
    assert ds.attrs["constants"]["G_F"] == {"value": 1.1663788e-23, "unit": "eV^-2", "source": "PDG 2024"}
    assert "formula" in ds.attrs["normalisation"]


def test_values_are_those_of_spectral_function(scan: Scan, tmp_path: Path) -> None:
    ds = rf.run(scan, tmp_path / "s.zarr")
    point = ds["spectral_function"].isel(ordering=1, nature=1, mediator_mass_eV=17, lightest_mass_eV=33)
    expected = rf.spectral_function(
        point["photon_energy_eV"].values,
        interaction=rf.Vector(3e-26, float(point["mediator_mass_eV"]), chirality="axial", texture="13"),
        nature="majorana",
        ordering="inverted",
        lightest_mass_eV=float(point["lightest_mass_eV"]),
        oscillation="NuFIT-5.2",
        alpha21_deg=40.0,
        alpha31_deg=110.0,
    )
    assert expected.any()
    np.testing.assert_array_equal(point.values, expected)


def test_half_finished_store_opens_with_nan_and_status_says_how_much(scan: Scan, tmp_path: Path) -> None:
    store = tmp_path / "s.zarr"
    run_scan(scan, store, part=(2, 3))
    ds = xr.open_zarr(store)
    missing = np.isnan(ds["spectral_function"].values).mean()
    assert missing == pytest.approx(2 / 3)
    result = call("status", store, "--json")
    assert result.returncode == 1
    found = json.loads(result.stdout)
    assert (found["blocks"], found["done"], found["missing"]) == (240, 80, 160)
    assert found["points_done"] == 80 * 20000
    assert found["points_per_s"] > 0
    assert found["seconds_left"] > 0
    assert "80 done, 160 missing" in call("status", store).stdout


@pytest.mark.parametrize("changes", ["", "[storage]\nblock_points = 3\n"])
def test_the_rate_is_that_of_the_blocks_from_the_first_on(changes: str, tmp_path: Path) -> None:
    store = tmp_path / "s.zarr"
    outcome = run_scan(parse_scan(EVENTS + changes), store, threads=1)
    journal = read_journal(store, open_store(store).fingerprint)
    records = [journal.done[block] for block in sorted(journal.done)]
    assert len(records) == outcome.blocks == (6 if changes else 1)
    span = max(each.ended for each in records) - min(each.ended - each.seconds for each in records)
    rate = status(store).points_per_s
    assert rate == pytest.approx(12 / span, rel=1e-4)
    assert rate > 12 / outcome.seconds  # the run also opens the store and writes its skeleton


def test_changed_scan_is_refused_and_the_difference_named(
    write_scan: Callable[..., Path], scan: Scan, tmp_path: Path
) -> None:
    store = tmp_path / "s.zarr"
    run_scan(scan, store, part=(1, 240))
    before = contents(store)
    other = write_scan(name="other.toml", **{"coupling = 3e-26": "coupling = 4e-26", "NuFIT-5.2": "NuFIT-6.0"})
    result = call("run", other, "-o", store)
    assert result.returncode == 2
    assert "interaction.coupling: 3e-26 in the store, 4e-26 in the scan" in result.stderr
    assert 'neutrino.oscillation: "NuFIT-5.2" in the store, "NuFIT-6.0" in the scan' in result.stderr
    assert result.stderr.count(" in the store, ") == 2
    assert contents(store) == before


def test_store_begun_by_other_kernels_is_refused_and_both_versions_named(
    scan: Scan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_scan(scan, tmp_path / "s.zarr", part=(1, 240))
    for module in ("provenance", "store"):
        monkeypatch.setattr(f"renp_fast.store.{module}.code_hash", lambda: "f" * 64)
    with pytest.raises(WrongStoreError, match=r"begun by renp-fast .*code .*this is .*ffffffffffff"):
        run_scan(scan, tmp_path / "s.zarr")


def test_events_have_triggers_last_and_textures_are_labelled(tmp_path: Path) -> None:
    ds = rf.run(parse_scan(EVENTS), tmp_path / "s.zarr")
    events = ds["events"]
    assert events.dims == ("texture", "ordering", "coupling", "trigger")
    assert list(ds["texture"].values[:2]) == ["11", "universal"]
    assert ds["coupling"].attrs["units"] == "Bohr magneton"
    assert ds["trigger"].attrs["units"] == "eV"
    assert ds.attrs["normalisation"]["gamma0_per_s"] == 0.002
    matrix = [[1, 0.5j, 0], [-0.5j, 2, 0], [0, 0, 3]]
    intensity = rf.spectral_function(
        [1.069, 1.07, 1.0708],
        interaction=rf.Dipole(1e-11, texture=matrix),
        nature="dirac",
        ordering="normal",
        lightest_mass_eV=0.01,
    )
    expected = (86400 * 0.002 * intensity + 0.5) * np.array([100.0, 50.0, 25.0])
    np.testing.assert_allclose(events.values[2, 1, 1], expected, rtol=1e-14)


def test_scan_without_axes_holds_one_point(tmp_path: Path) -> None:
    text = EVENTS[: EVENTS.index("[axes]")].replace("[neutrino]", '[neutrino]\nordering = "normal"')
    text = text.replace('chirality = "magnetic"', 'chirality = "magnetic"\ncoupling = 1e-11')
    events = rf.run(parse_scan(text), tmp_path / "events.zarr")["events"]
    assert events.shape == (3,)
    chi2 = rf.run(parse_scan(text.replace('"events"', '"chi2"')), tmp_path / "chi2.zarr")["chi2"]
    assert chi2.shape == ()
    assert float(chi2) > 0.0
    assert call("verify", tmp_path / "chi2.zarr").returncode == 0


@pytest.mark.parametrize("codec", ["lz4", "zstd", "none"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_every_codec_and_number_type_reads_back(
    write_scan: Callable[..., Path], tmp_path: Path, codec: str, dtype: str
) -> None:
    storage = f'codec = "{codec}"\ndtype = "{dtype}"\nblock_points'
    other = load_scan(write_scan(name="other.toml", **{"block_points": storage, "points = 60": "points = 3"}))
    ds = rf.run(other, tmp_path / "s.zarr")
    assert ds["spectral_function"].dtype == dtype
    plain = load_scan(write_scan(name="plain.toml", **{"points = 60": "points = 3"}))
    reference = rf.run(plain, tmp_path / "plain.zarr")["spectral_function"].values
    error = 2.0**-24 if dtype == "float32" else 0.0
    np.testing.assert_allclose(ds["spectral_function"].values, reference, rtol=error, atol=0.0)
    assert ds.attrs["relative_rounding_error"] == error


@pytest.mark.parametrize("photon_points", [16384, 20011], ids=["round", "prime"])
def test_large_blocks_are_shards_of_small_chunks(tmp_path: Path, photon_points: int) -> None:
    """A prime number of points is padded to whole chunks."""
    text = f"""
    observable = "spectral_function"
    neutrino = {{ nature = "dirac", ordering = "normal" }}
    interaction = {{ kind = "standard_model" }}
    axes.ordering = ["normal", "inverted"]
    axes.lightest_mass_eV = {{ linear = [0.0, 0.1], points = 71 }}
    axes.photon_energy_eV = {{ linear = [0.5, 1.07], points = {photon_points} }}
    storage = {{ block_points = 1500000, codec = "none" }}
    """
    scan = parse_scan(text)
    layout = layout_of(scan)
    (variable,) = layout.variables
    assert layout.sharded(variable)
    run_scan(scan, tmp_path / "s.zarr")
    array = zarr.open_group(tmp_path / "s.zarr", mode="r")["spectral_function"]
    assert isinstance(array, zarr.Array)
    assert array.shards == layout.object_shape(variable)
    assert array.chunks == layout.chunk_shape(variable)
    assert 2**20 < np.prod(array.chunks) * 8 <= 2**22
    assert np.isfinite(array[...]).all()
    for block in range(layout.grid.blocks):
        key = object_key(layout.grid, 0, "spectral_function", block)
        assert (tmp_path / "s.zarr" / key).stat().st_size == layout.object_bytes(variable, block)


def test_two_stores_of_one_scan_are_equal(scan: Scan, tmp_path: Path) -> None:
    run_scan(scan, tmp_path / "a.zarr", threads=1)
    run_scan(scan, tmp_path / "b.zarr", threads=3)
    assert contents(tmp_path / "a.zarr") == contents(tmp_path / "b.zarr")


def test_nothing_of_the_store_is_executable_or_pickled(scan: Scan, tmp_path: Path) -> None:
    run_scan(scan, tmp_path / "s.zarr", part=(1, 240))
    for name, data in contents(tmp_path / "s.zarr").items():
        assert not data.startswith((b"\x80\x04", b"\x80\x05", b"#!")), name


@pytest.mark.parametrize(
    ("share", "allowed"),
    [
        ({"part": (0, 2)}, r"part: got \(0, 2\); allowed: \(i, n\) with 1 <= i <= n"),
        ({"part": (5, 2)}, r"part: got \(5, 2\); allowed"),
        ({"threads": 0}, "threads: got 0; allowed: a whole number from 1"),
        ({"threads": -3}, "threads: got -3; allowed"),
    ],
)
def test_a_share_that_cannot_be_is_refused_before_anything_is_written(
    share: dict[str, Any], allowed: str, scan: Scan, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=allowed):
        rf.run(scan, tmp_path / "s.zarr", **share)
    assert not (tmp_path / "s.zarr").exists()
