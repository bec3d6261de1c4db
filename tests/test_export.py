"""Exports hold the same numbers as the store."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from conftest import call, objects

from renp_fast.cli.commands import main
from renp_fast.export.export import export
from renp_fast.runs.execute import run_scan
from renp_fast.scan_file.scan import Scan, parse_scan

TEXT = """
observable = "events"
neutrino = { nature = "dirac", ordering = "normal", lightest_mass_eV = 0.01 }
interaction = { kind = "dipole", chirality = "magnetic" }
experiment = { trigger_eV = [1.069, 1.07], exposure_days = [3.0, 4.0] }
axes.texture = ["11", "23", "universal"]
axes.coupling = { log = [1e-12, 1e-10], points = 5 }
"""


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "s.zarr"
    run_scan(parse_scan(TEXT), path)
    return path


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_rows_are_the_points(store: Path, tmp_path: Path, suffix: str) -> None:
    output = tmp_path / f"out{suffix}"
    assert main(["export", str(store), "-o", str(output)]) == 0
    frame = pd.read_csv(output) if suffix == ".csv" else pd.read_parquet(output)
    assert list(frame.columns) == ["texture", "coupling", "trigger", "events"]
    events = xr.open_zarr(store)["events"]
    assert len(frame) == events.size
    for _, row in frame.sample(10, random_state=3).iterrows():
        expected = events.sel(texture=row["texture"]).sel(
            coupling=row["coupling"], trigger=row["trigger"], method="nearest"
        )
        np.testing.assert_allclose(row["events"], float(expected), rtol=1e-15)


LIMIT = """
observable = "limit"
neutrino = { nature = "dirac", ordering = "normal" }
interaction = { kind = "vector", chirality = "left", mediator_mass_eV = 1.0 }
experiment = { trigger_eV = [1.069, 1.07], exposure_days = 100.0 }
line = { shape = "gaussian", width_eV = 1e-5 }
axes.lightest_mass_eV = [0.0, 0.02, 0.03]
"""


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".nc"])
def test_limits_have_all_that_rows_can_hold_and_the_rest_is_named(
    suffix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, output = tmp_path / "s.zarr", tmp_path / f"out{suffix}"
    run_scan(parse_scan(LIMIT), store)
    assert main(["export", str(store), "-o", str(output)]) == 0
    said = capsys.readouterr().err
    if suffix == ".nc":
        assert "left out" not in said
        return
    assert "note: allowed_intervals left out, which rows have no place for; an export to .nc holds it" in said
    frame = pd.read_csv(output) if suffix == ".csv" else pd.read_parquet(output)
    own = ["limit", "limit_status", "interval_count", "quadrature_error", "quadrature_status"]
    assert {*frame.columns} == {"lightest_mass_eV", "sign", *own}
    assert len(frame) == 6
    data = xr.open_zarr(store)
    for _, row in frame.iterrows():
        point = data.sel(lightest_mass_eV=row["lightest_mass_eV"], sign=row["sign"])
        for name in own:
            np.testing.assert_allclose(row[name], float(point[name]), rtol=1e-15)
    assert frame["quadrature_error"].nunique() == 3


def test_netcdf_is_the_same_array(store: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.nc"
    assert main(["export", str(store), "-o", str(output)]) == 0
    with xr.open_dataset(output, engine="h5netcdf") as written:
        original = xr.open_zarr(store)
        np.testing.assert_array_equal(written["events"].values, original["events"].values)
        assert written["events"].dims == original["events"].dims
        assert list(written["texture"].values) == ["11", "23", "universal"]
        assert written["coupling"].attrs == original["coupling"].attrs
        assert written.attrs["scan_file"] == TEXT


def test_large_exports_are_streamed_in_order(scan: Scan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_scan(scan, tmp_path / "s.zarr")
    monkeypatch.setattr("renp_fast.export.export.ROWS", 70_001)
    export(tmp_path / "s.zarr", tmp_path / "out.parquet")
    values = pd.read_parquet(tmp_path / "out.parquet")["spectral_function"].to_numpy()
    np.testing.assert_array_equal(values, xr.open_zarr(tmp_path / "s.zarr")["spectral_function"].values.ravel())


def test_what_is_not_computed_is_said(scan: Scan, tmp_path: Path) -> None:
    run_scan(scan, tmp_path / "s.zarr", part=(1, 2))
    result = call("export", tmp_path / "s.zarr", "-o", tmp_path / "out.parquet")
    assert result.returncode == 1
    assert "120 of 240 blocks are not computed; their numbers are NaN" in result.stderr


def test_a_damaged_store_is_named(store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (chunk,) = objects(store, "events")
    chunk.write_bytes(b"\x00" * chunk.stat().st_size)
    assert main(["export", str(store), "-o", str(tmp_path / "out.csv")]) == 1
    assert f"{store}: cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["zarr.json", "events/zarr.json", "coupling/c/0"])
def test_damage_beside_the_results_is_named(
    name: str, store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (store / name).write_bytes(b"{")
    assert main(["export", str(store), "-o", str(tmp_path / "out.csv")]) == 1
    assert f"{store}: cannot be read: {name} is missing or damaged; renp-fast run" in capsys.readouterr().err
    assert not (tmp_path / "out.csv").exists()


def test_a_file_that_cannot_be_made_is_wrong_input(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "folder.csv").mkdir()
    for output, reason in {
        tmp_path / "nowhere" / "out.csv": "No such file or directory",
        store / "zarr.json" / "out.csv": f"{store / 'zarr.json'} is not a folder",
        tmp_path / "folder.csv": "Is a directory",
    }.items():
        assert main(["export", str(store), "-o", str(output)]) == 2
        assert f"error: {output}: cannot write: {reason}; allowed: a file in a folder" in capsys.readouterr().err


def test_unknown_format_and_missing_library(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(store), "-o", str(tmp_path / "out.xls")]) == 2
    assert "allowed: .csv, .nc, .parquet" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "h5netcdf", None)
    assert main(["export", str(store), "-o", str(tmp_path / "out.nc")]) == 2
    assert "renp-fast[export]" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s.zarr"]
