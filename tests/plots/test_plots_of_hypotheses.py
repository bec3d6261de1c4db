"""Figures of separations and of limits from pseudo-experiments: what is drawn is what the stores hold."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from plot_cases import LIMIT, NEUTRINO, SCANS, THREE, VECTOR, legend, store

from renp_fast.plots import draw_stores
from renp_fast.plots.limit_values import constant_facts
from renp_fast.plots.matrix import brief
from renp_fast.scan_file.scan import parse_scan

SEPARATION = f'observable = "separation"\ntarget.gamma0_per_s = 0.002\n{NEUTRINO}{THREE}'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stores")


def test_a_table_of_exposures(folder: Path) -> None:
    path = store(folder / "moments", (SCANS / "moments-apart.toml").read_text())
    figure, notes = draw_stores([path])
    assert not notes
    plane = figure.axes[0]
    days = 100.0 * xr.open_zarr(path).exposure_factor.values.reshape(12, 12)
    shown = np.ma.filled(plane.images[0].get_array(), np.inf)
    np.testing.assert_array_equal(shown, days)
    assert [text.get_text() for text in plane.get_yticklabels()] == [
        rf"${symbol}_{{{i}{j}}}$" for symbol in (r"\mu", r"\epsilon") for i in (1, 2, 3) for j in range(i, 4)
    ]
    words = np.array([text.get_text() for text in plane.texts]).reshape(12, 12)
    assert ((words == "never") == np.isinf(days)).all()
    assert (words.diagonal() == "never").all()
    assert words[0][1] == f"{float(f'{days[0, 1]:.2g}'):g}"
    assert "days at each trigger, 90 % CL" in figure.axes[1].get_ylabel()
    assert "against any coupling" in figure.get_suptitle().replace("\n", " ")


def test_a_half_done_table_says_so(folder: Path) -> None:
    text = (SCANS / "moments-apart.toml").read_text() + "\n[storage]\nblock_points = 12\n"
    path = store(folder / "half", text, part=(1, 2))
    missing = int(np.isnan(xr.open_zarr(path).exposure_factor.values).sum())
    _, notes = draw_stores([path])
    assert missing > 0
    assert notes == [f"{path}: {missing} of the 144 points are not computed"]


@pytest.mark.parametrize(
    ("number", "words"), [(3.14159, "3.1"), (0.02, "0.02"), (421.0, "420"), (2.6e7, r"$3\cdot 10^{7}$")]
)
def test_two_digits_in_a_cell(number: float, words: str) -> None:
    assert brief(number) == words


def test_a_separation_over_a_mass_is_a_curve(folder: Path) -> None:
    text = SEPARATION.replace(", lightest_mass_eV = 0.01", "") + 'interaction.kind = "standard_model"\n'
    text += '[alternative]\nordering = "inverted"\n[axes]\nnature = ["dirac", "majorana"]\n'
    path = store(folder / "ordering", text + "lightest_mass_eV = { linear = [0.0, 0.1], points = 12 }")
    figure, _ = draw_stores([path])
    assert figure.axes[0].get_ylabel() == r"Poisson $\chi^2$ of the alternative"
    assert "against events of the truth" in figure.get_suptitle()
    data = xr.open_zarr(path).separation
    for line, nature in zip(figure.axes[0].lines, ("dirac", "majorana"), strict=False):
        np.testing.assert_array_equal(line.get_ydata(), data.sel(nature=nature).values)
    assert legend(figure) == ["Dirac", "Majorana"]
    assert "against inverted ordering" in figure.get_suptitle().replace("\n", " ")


def test_axes_of_the_alternative_are_named_so(folder: Path) -> None:
    text = SEPARATION + VECTOR.replace("mediator", "coupling = 1e-24, mediator")
    text += "[axes]\nalternative.lightest_mass_eV = [0.0, 0.02]\n"
    text += "alternative.coupling = { log = [1e-25, 1e-23], points = 9 }"
    figure, _ = draw_stores([store(folder / "alternative", text)])
    assert legend(figure) == ["$m_0 = 0$ eV (alternative)", "$m_0 = 0.02$ eV (alternative)"]
    assert figure.axes[0].get_xlabel() == "coupling of the alternative"


def test_pseudo_experiments_are_a_band(folder: Path) -> None:
    text = 'method = "toys"\ntoys = 30\n' + LIMIT + THREE + VECTOR.replace(", mediator_mass_eV = 1.0", "")
    path = store(folder / "toys", text + "[axes]\nmediator_mass_eV = { log = [1.0, 100.0], points = 7 }")
    figure, notes = draw_stores([path])
    assert not notes
    data = np.abs(xr.open_zarr(path).limit_quantiles)
    curves = [line for line in figure.axes[0].lines if len(line.get_xdata()) == 7]
    for line, (sign, quantile) in zip(
        curves, [("positive", 0.16), ("positive", 0.84), ("negative", 0.16), ("negative", 0.84)], strict=True
    ):
        np.testing.assert_array_equal(line.get_ydata(), data.sel(sign=sign, quantile=quantile).values)
    assert "band: 68 % of pseudo-experiments" in figure.get_suptitle().replace("\n", " ")


def test_an_alternative_says_its_own_value_of_what_varies_for_the_truth() -> None:
    text = f"""{SEPARATION}
    interaction = {{ kind = "dipole", chirality = "magnetic", texture = "11" }}
    alternative.coupling = 3e-11
    axes.coupling = [1e-11, 2e-11]
    """
    assert constant_facts(parse_scan(text))["against"].startswith(r"against $\mu_{\nu} = 3\times 10^{-11}$")
