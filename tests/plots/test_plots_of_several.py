"""Figures of scans with several interactions: legends, titles and axes name them."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from plot_cases import LIMIT, NEUTRINO, THREE, legend, store, upright

from renp_fast.plots import draw_stores

MOMENT = '[[interaction]]\nname = "mu"\nkind = "dipole"\nchirality = "magnetic"\n'
RADIUS = '[[interaction]]\nname = "r2"\nkind = "form_factor"\nchirality = "charge_radius"\n'
VECTOR = '[[interaction]]\nname = "Z"\nkind = "vector"\nchirality = "left"\nmediator_mass_eV = 1.0\n'
SPECTRUM = NEUTRINO + 'observable = "spectral_function"\n'
ENERGIES = "photon_energy_eV = { thresholds = [1.06, 1.0718], points = 60 }\n"


def test_a_legend_names_what_differs_and_the_title_what_does_not(tmp_path: Path) -> None:
    text = SPECTRUM + MOMENT + 'coupling = 5e-11\ntexture = "33"\n' + RADIUS + 'texture = "33"\n'
    path = store(tmp_path / "a", f"{text}[axes]\nr2.coupling = [-1e-24, 1e-24]\n{ENERGIES}")
    figure, notes = draw_stores([path])
    assert notes == []
    assert legend(figure) == [rf"r2: $\langle r^2\rangle_{{\nu}} = {sign}10^{{-24}}$ cm$^2$" for sign in ("-", "")]
    title = figure.get_suptitle()
    assert r"mu: magnetic moment, $\mu_{33} = 5\times 10^{-11}$ $\mu_\mathrm{B}$" in title.replace("\n", " ")
    assert r"r2: charge radius, $\langle r^2\rangle_{33}$" in title.replace("\n", " ")


def test_stores_with_one_and_with_several_lie_over_each_other(tmp_path: Path) -> None:
    one = store(tmp_path / "one", f'{SPECTRUM}interaction.kind = "standard_model"\n[axes]\n{ENERGIES}')
    both = f"{SPECTRUM}{MOMENT}coupling = 5e-11\n{RADIUS}coupling = 1e-24\n[axes]\n{ENERGIES}"
    figure, _ = draw_stores([one, store(tmp_path / "both", both)])
    first, second = legend(figure)
    assert first == "Standard Model"
    assert second.startswith("mu: magnetic moment")
    assert "r2: charge radius" in second


def test_a_map_over_two_couplings_has_their_symbols(tmp_path: Path) -> None:
    axes = (
        "r2.coupling = { linear = [-1e-24, 1e-24], points = 11 }\nmu.coupling = { linear = [0, 1e-10], points = 12 }\n"
    )
    figure, _ = draw_stores(
        [store(tmp_path / "a", f'{NEUTRINO}observable = "chi2"\n{THREE}{MOMENT}{RADIUS}[axes]\n{axes}')]
    )
    plane = figure.axes[0]
    assert plane.get_xlabel() == r"coupling of r2, $\langle r^2\rangle_{\nu}$ [cm$^2$]"
    assert plane.get_ylabel() == r"coupling of mu, $\mu_{\nu}$ [$\mu_\mathrm{B}$]"


@pytest.mark.parametrize("sought", ["", "Z.coupling = [1e-26, 1e-25]\n"])
def test_limits_are_on_the_coupling_that_is_sought(tmp_path: Path, sought: str) -> None:
    text = LIMIT + 'limit_on = "Z"\n' + THREE + VECTOR + MOMENT
    axes = "mu.coupling = [0.0, 1e-12, 2e-12]\nZ.mediator_mass_eV = { log = [1e-2, 1e2], points = 20 }\n"
    figure, _ = draw_stores([store(tmp_path / "a", f"{text}[axes]\n{sought}{axes}")])
    plane = figure.axes[0]
    assert plane.get_ylabel() == r"limit on $|g_e g_{\nu}|$"
    assert plane.get_xlabel() == "mediator mass of Z, $M$ [eV]"
    assert legend(figure)[:3] == [
        rf"mu: $\mu_{{\nu}} = {size}$ $\mu_\mathrm{{B}}$" for size in ("0", "10^{-12}", r"2\times 10^{-12}")
    ]
    assert np.isfinite(plane.lines[0].get_ydata()).all()
    assert legend(figure)[-1].startswith("$M^2 = s$ at")
    assert len(upright(plane)) == 3
    assert all("universal coupling" in text.get_text() for text in plane.texts)
    assert "trapped ions" in plane.texts[-1].get_text()


def test_a_limit_beside_what_is_excluded_by_itself_says_so(tmp_path: Path) -> None:
    text = LIMIT + 'limit_on = "Z"\n' + THREE + VECTOR + MOMENT
    path = store(tmp_path / "a", text + "[axes]\nmu.coupling = [0.0, 1e-12, 2e-10]\n")
    _, notes = draw_stores([path])
    why = "cannot reach the threshold, or the other interactions are excluded by themselves"
    assert notes[0] == f"{path}: 2 of the 6 limits drawn {why}"
    data = xr.open_zarr(path)
    assert "2 also where the other interactions are excluded" in data.limit_status.long_name
    assert data.limit_status.isel({"mu.coupling": -1}).values.tolist() == [2, 2]
    assert data.interval_count.values.tolist() == [1, 1, 0]


def test_bars_name_all_interactions(tmp_path: Path) -> None:
    text = LIMIT + 'limit_on = "mu"\n' + THREE + MOMENT + RADIUS + "coupling = 1e-27\n"
    figure, _ = draw_stores([store(tmp_path / "a", text)])
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["magnetic moment and charge radius"]
    assert "GEMMA (90 %, flavour basis)" in {text.get_text() for text in figure.axes[0].texts}


def test_separations_of_several(tmp_path: Path) -> None:
    """A table over the elements of one interaction, beside another; and a curve over a coupling."""
    text = (
        NEUTRINO + 'observable = "separation"\n' + THREE + MOMENT + "coupling = 3e-11\n" + RADIUS + "coupling = 1e-24\n"
    )
    free = '[alternative]\nmu.coupling = "free"\nr2.coupling = 0.0\n'
    elements = 'mu.texture = ["11", "12"]\nalternative.mu.texture = ["11", "12"]\n'
    figure, _ = draw_stores([store(tmp_path / "a", f"{text}{free}[axes]\n{elements}")])
    plane = figure.axes[0]
    assert [label.get_text() for label in plane.get_xticklabels()] == [r"$\mu_{11}$", r"$\mu_{12}$"]
    title = figure.get_suptitle().replace("\n", " ")
    assert "r2: charge radius" in title
    assert r"against r2: $\langle r^2\rangle_{\nu} = 0$ cm$^2$, any coupling of mu" in title
    curve = "r2.coupling = { linear = [-1e-24, 1e-24], points = 5 }\n"
    figure, _ = draw_stores([store(tmp_path / "b", f"{text}{free}[axes]\n{curve}")])
    assert figure.axes[0].get_xlabel() == r"coupling of r2, $\langle r^2\rangle_{\nu}$ [cm$^2$]"
