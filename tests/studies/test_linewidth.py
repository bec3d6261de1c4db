"""What linewidth separations need: the table and the figures of `renp-fast reproduce linewidth`."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from renp_fast.evaluate.evaluate import Evaluator
from renp_fast.plots.linewidth_figure import curves, draw_linewidths
from renp_fast.scan_file.scan import load_scan, parse_scan
from renp_fast.studies.linewidth import doubling_width, markdown
from renp_fast.studies.reproduce import GROUPS, PANELS, reproduce, scan_file, store_path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("linewidth")
    reproduce("linewidth-separations", folder)
    return folder


def test_the_width_at_which_an_exposure_doubles() -> None:
    widths = np.array([1e-6, 1e-5, 1e-4, 1e-3])
    assert doubling_width(widths, np.array([3.0, 3.0, 12.0, 48.0])) == pytest.approx(10.0**-4.5)
    assert doubling_width(widths, np.array([3.0, 1.0, 5.9, 6.0])) == math.inf
    assert doubling_width(widths, np.array([math.inf, 1.0, 5.0, 9.0])) == math.inf


def test_the_figures_and_the_table_are_there(folder: Path) -> None:
    assert GROUPS["linewidth"] == ("linewidth-spectrum", "linewidth-separations")
    assert (folder / "linewidth-separations.png").read_bytes().startswith(b"\x89PNG")
    assert (folder / "linewidth-separations.png").stat().st_size < 200 * 1024
    table = (folder / "linewidth.md").read_text().splitlines()
    assert len(table) == 2 + 2 * (1 + 1 + 6)
    assert table[6] == markdown([store_path(folder, "linewidth-moments")]).splitlines()[2]
    assert table[-2].startswith("| Magnetic from electric moments, 33 | Gaussian line | never | none |")


@pytest.mark.parametrize("name", PANELS["linewidth-separations"].scans)
def test_narrow_lines_need_what_sharp_lasers_do(name: str, folder: Path) -> None:
    """At a full width of 1e-7 eV, a hundredth of the distance to the next threshold."""
    text = scan_file(name).read_text()
    sharp = parse_scan(re.sub(r"^(shape|width_eV) = .*$", "", text, flags=re.MULTILINE))
    expected = Evaluator(sharp)(tuple(slice(0, n) for n in sharp.shape))["exposure_factor"]
    found = xr.open_zarr(store_path(folder, name)).sel(shape="gaussian").isel(width_eV=0).exposure_factor
    known = np.isfinite(expected) & (found.values < 1e20)
    assert found.values[known] == pytest.approx(expected[known], rel=2e-5)
    assert known.sum() == max(expected.size - 1, 1)  # the element 33 is never told


def test_wide_lines_take_longer_and_lorentzians_are_worse(folder: Path) -> None:
    days = {
        (name, shape): values
        for store in ("linewidth-ordering", "linewidth-moments")
        for name, shape, values in curves(xr.open_zarr(store_path(folder, store)))
    }
    assert len(days) == 14
    for (name, shape), values in days.items():
        if name != "33":
            assert values[-1] > 5.0 * values[0]
        if shape == "lorentzian" and name != "33":
            assert values[-1] > days[name, "gaussian"][-1]


def test_a_figure_is_the_same_twice(folder: Path, tmp_path: Path) -> None:
    stores = [store_path(folder, "linewidth-ordering")]
    files = [tmp_path / name for name in ("a.png", "b.png")]
    for file in files:
        assert draw_linewidths([stores], file) == []
    assert files[0].read_bytes() == files[1].read_bytes()


def test_the_spectra_are_sharp_and_washed_out() -> None:
    """The jump of the slope at the threshold 33 is there without width alone."""
    scan = load_scan(scan_file("linewidth-spectrum"))
    assert scan.along("width_eV") == (0.0, 1e-5, 3e-5, 1e-4, 1e-3)
    text = scan.text[: scan.text.index("photon_energy_eV")]
    threshold, step = 1.0693069200462797, 1e-6
    fine = parse_scan(f"{text}photon_energy_eV = {[threshold - step, threshold, threshold + step]}")
    values = Evaluator(fine)(tuple(slice(0, n) for n in fine.shape))["spectral_function"]
    bends = (values[:, 0] - values[:, 1]) / (values[:, 1] - values[:, 2])
    assert bends[0] > 100.0
    assert all(0.5 < bend < 3.0 for bend in bends[1:])
