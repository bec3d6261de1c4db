"""Figures: what is drawn is what the stores hold, and it says so."""

import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from matplotlib.collections import QuadMesh
from matplotlib.contour import QuadContourSet
from plot_cases import HALF, NEUTRINO, SCANS, THREE, VECTOR, figure_1_stores, legend, store, upright

from renp_fast.errors import StoreError
from renp_fast.plots import draw_stores, plot_stores
from renp_fast.plots.curves import curve_counts, evenly
from renp_fast.plots.symbols import SYMBOLS
from renp_fast.plots.words import number, phrases, visible_length
from renp_fast.runs.execute import run_scan
from renp_fast.scan_file.scan import load_scan
from renp_fast.scan_file.schema import TABLE_OF, numeric

# physics.md, section 8: Yb, normal ordering, m0 = 0.01 eV
THRESHOLDS = {
    "33": 1.06930692,
    "23": 1.07077930,
    "13": 1.07087368,
    "22": 1.07158181,
    "12": 1.07161918,
    "11": 1.07165169,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stores")


@pytest.fixture(scope="module")
def figure_1(folder: Path) -> list[Path]:
    return figure_1_stores(folder)


def standard_model(observable: str) -> str:
    return f'observable = "{observable}"\ninteraction.kind = "standard_model"\n{NEUTRINO}'


def test_curves_are_what_the_stores_hold(figure_1: list[Path]) -> None:
    figure, notes = draw_stores(figure_1)
    assert not notes
    for line, path in zip(figure.axes[0].lines, figure_1, strict=False):
        data = xr.open_zarr(path).spectral_function
        np.testing.assert_array_equal(line.get_xdata(), data.photon_energy_eV.values)
        np.testing.assert_array_equal(line.get_ydata(), data.values.ravel())
    assert len({line.get_color() for line in figure.axes[0].lines[:3]}) == 3
    assert len({line.get_linestyle() for line in figure.axes[0].lines[:3]}) >= 2


def test_closer_planes_show_the_same_curves_over_the_detuning(figure_1: list[Path]) -> None:
    figure, _ = draw_stores(figure_1)
    for plane in figure.axes[1:]:
        assert plane.get_xscale() == "log"
        left, right = plane.get_xlim()
        assert left > right
        for line, whole in zip(plane.lines[:3], figure.axes[0].lines[:3], strict=True):
            np.testing.assert_allclose(line.get_xdata(), 1e3 * (HALF - whole.get_xdata()))
            np.testing.assert_array_equal(line.get_ydata(), whole.get_ydata())


def test_legend_names_couplings_and_masses_and_the_title_the_rest(figure_1: list[Path]) -> None:
    figure, _ = draw_stores(figure_1)
    assert legend(figure) == [
        "Standard Model",
        r"vector mediator (left), $g_e g_{\nu} = 5\times 10^{-24}$, $M = 1$ eV",
        r"scalar mediator, $y_e y_{\nu} = 2\times 10^{-17}$, $M = 1$ eV",
    ]
    title = figure.get_suptitle()
    for words in ("Spectral function", "Yb", "Dirac", "normal ordering", "$m_0 = 0.01$ eV"):
        assert words in title
    assert figure.axes[0].get_xlabel() == r"photon energy $\omega$ [eV]"
    assert figure.axes[0].get_ylabel() == r"spectral function $I(\omega)$"


def test_thresholds_are_marked_at_the_published_numbers(figure_1: list[Path]) -> None:
    figure, _ = draw_stores(figure_1)
    expected = sorted(THRESHOLDS.values())
    np.testing.assert_allclose(sorted(upright(figure.axes[0])), expected, rtol=0.0, atol=1e-8)
    closer = [HALF - 1e-3 * x for plane in figure.axes[1:] for x in upright(plane)]
    np.testing.assert_allclose(sorted(closer), expected, rtol=0.0, atol=1e-8)
    texts = [text.get_text() for plane in figure.axes[1:] for text in plane.texts]
    assert sorted(texts) == sorted(f"{pair}: {w:.5f} eV" for pair, w in THRESHOLDS.items())
    assert [text.get_text() for text in figure.axes[0].texts] == ["33: 1.06931 eV", "23, 13", "22, 12, 11"]


def test_every_threshold_is_a_kink_within_its_plane(figure_1: list[Path]) -> None:
    """The slope jumps at the marked lines, and nothing of the curve there is cut off."""
    figure, _ = draw_stores(figure_1[:1])
    for plane in figure.axes[1:]:
        x, y = plane.lines[0].get_data()
        bottom, top = plane.get_ylim()
        for threshold in upright(plane):
            detuning = threshold * np.array([0.996, 0.999, 1.001, 1.004])
            values = np.interp(detuning, x[::-1], y[::-1])
            closed, opened = values[1] - values[0], values[3] - values[2]
            assert opened > 1.05 * closed
            assert bottom <= values.min() <= values.max() < top


def test_elements_of_a_dipole_are_told_apart(folder: Path, figure_1: list[Path]) -> None:
    path = folder / "fig2"
    run_scan(load_scan(SCANS / "fig2-left-electric.toml"), path)
    figure, notes = draw_stores([figure_1[0], path])
    assert not notes
    assert legend(figure)[1] == r"electric moment, $\epsilon_{11} = 10^{-10}$ $\mu_\mathrm{B}$"
    assert len(legend(figure)) == 7
    alone, _ = draw_stores([path])
    assert legend(alone) == [rf"$\epsilon_{{{pair}}}$" for pair in ("11", "12", "13", "22", "23", "33")]
    assert r"$\epsilon_{\nu} = 10^{-10}$ $\mu_\mathrm{B}$" in alone.get_suptitle()
    assert "Spectral function with electric moments" in alone.get_suptitle()


def test_thresholds_are_left_out_where_they_differ_between_curves(folder: Path) -> None:
    text = standard_model("rate").replace(", lightest_mass_eV = 0.01", "")
    text += "[axes]\nlightest_mass_eV = [0.0, 0.01]\nphoton_energy_eV = { linear = [1.06, 1.07], points = 300 }"
    path = store(folder / "two-masses", text)
    figure, _ = draw_stores([path])
    assert len(figure.axes) == 1
    assert not upright(figure.axes[0])
    assert legend(figure) == ["$m_0 = 0$ eV", "$m_0 = 0.01$ eV"]
    assert figure.axes[0].get_ylabel() == r"photon emission rate [s$^{-1}$]"


def test_detunings_run_as_photon_energies_do(folder: Path) -> None:
    text = standard_model("rate") + "[axes]\ndetuning_eV = { log = [1e-5, 1e-2], points = 300 }"
    figure, _ = draw_stores([store(folder / "detuning", text)])
    (plane,) = figure.axes
    assert plane.get_xscale() == "log"
    assert plane.get_xlim() == pytest.approx((1e-2, 1e-5))
    np.testing.assert_allclose(
        [HALF - x for x in sorted(upright(plane))], [*sorted(THRESHOLDS.values())[::-1]], atol=1e-8
    )
    assert plane.get_xlabel() == r"detuning $E_{eg}/2-\omega$ [eV]"
    assert not legend(figure)


def test_long_axes_are_picked_from_with_both_ends(folder: Path) -> None:
    text = 'observable = "spectral_function"\ninteraction.kind = "standard_model"\nneutrino.nature = "dirac"\n'
    text += '[axes]\nordering = ["normal", "inverted"]\nlightest_mass_eV = { linear = [0.0, 0.1], points = 41 }\n'
    path = store(folder / "long", text + "photon_energy_eV = { linear = [1.05, 1.07], points = 50 }")
    figure, notes = draw_stores([path])
    assert len(figure.axes[0].lines) == 8
    assert notes == [f"{path}: lightest_mass_eV has 41 values; drawn: 0, 0.0325, 0.0675, 0.1"]
    assert {text.split("= ")[1] for text in legend(figure)} == {"0$ eV", "0.0325$ eV", "0.0675$ eV", "0.1$ eV"}


@pytest.mark.parametrize(
    ("lengths", "counts"),
    [
        ([{"a": 3, "b": 2}], [{"a": 3, "b": 2}]),
        ([{"a": 1000, "b": 2}], [{"a": 4, "b": 2}]),
        ([{"a": 100_000_000}, {}], [{"a": 7}, {}]),
        ([{"a": 6}, {"b": 6}], [{"a": 4}, {"b": 4}]),
        ([{"a": 2, "b": 2, "c": 2, "d": 5}], [{"a": 1, "b": 2, "c": 2, "d": 2}]),
        ([{}] * 9, [{}] * 9),
    ],
)
def test_at_most_eight_curves(lengths: list[dict[str, int]], counts: list[dict[str, int]]) -> None:
    assert curve_counts(lengths) == counts


def test_evenly_keeps_both_ends() -> None:
    assert evenly(101, 3).tolist() == [0, 50, 100]
    assert evenly(2, 5).tolist() == [0, 1]


def test_points_that_are_not_computed_are_counted_and_left_out(folder: Path) -> None:
    axes = "[axes]\nphoton_energy_eV = { linear = [1.06, 1.07], points = 100 }\n[storage]\nblock_points = 25"
    path = store(folder / "half", standard_model("spectral_function") + axes, part=(1, 2))
    figure, notes = draw_stores([path])
    assert notes == [f"{path}: 50 of the 100 points drawn are NaN, that is, not computed"]
    assert np.isnan(figure.axes[0].lines[0].get_ydata()).sum() == 50
    empty = store(folder / "empty", standard_model("spectral_function") + axes, part=(9, 9))
    assert len(plot_stores([empty], folder / "empty.png")) == 1


def test_infinite_points_are_counted_and_left_out(folder: Path) -> None:
    text = NEUTRINO + 'observable = "spectral_function"\n'
    text += 'interaction = { kind = "vector", chirality = "left", coupling = 1e-24, mediator_mass_eV = 0.5 }\n'
    text += "target = { E_eg_eV = 2.0, E_vg_eV = 2.1, gamma_vg_per_s = 1.0, spin_factor = 1.0 }\n"
    # At w = 0.9375 eV: s = E_eg (E_eg - 2 w) = 0.25 eV^2, exactly M^2
    path = store(folder / "pole", text + "[axes]\nphoton_energy_eV = [0.9, 0.9375, 0.95, 0.92]")
    figure, notes = draw_stores([path])
    assert notes == [f"{path}: 1 of the 4 points drawn are infinite and left out"]
    x, y = figure.axes[0].lines[0].get_data()
    assert x.tolist() == [0.9, 0.92, 0.9375, 0.95]
    assert np.isnan(y).tolist() == [False, False, True, False]


def test_the_first_picture_has_no_pole(folder: Path) -> None:
    text = (SCANS / "smoke.toml").read_text().replace("points = 500", "points = 50")
    figure, _ = draw_stores([store(folder / "smoke", text)])
    plane = figure.axes[0]
    assert plane.get_yscale() == "linear"
    bottom, top = plane.get_ylim()
    assert bottom == 0.0
    assert min(np.nanmax(line.get_ydata()) for line in plane.lines[:8]) > 0.3 * top


def test_stores_that_differ_in_nothing_are_told_apart_by_their_paths(folder: Path) -> None:
    text = standard_model("spectral_function") + "[axes]\nphoton_energy_eV = { linear = [1.06, 1.07], points = 3 }"
    same = [store(folder / name, text) for name in ("one_store", "other_store")]
    figure, _ = draw_stores(same)
    assert legend(figure) == [str(path) for path in same]
    with pytest.raises(ValueError, match="one_store: named twice; allowed: each store once"):
        draw_stores([same[0], same[1], folder / "." / "one_store"])


def test_one_point_is_a_dot(folder: Path) -> None:
    text = standard_model("spectral_function") + "[axes]\nphoton_energy_eV = [1.07]"
    figure, _ = draw_stores([store(folder / "one", text)])
    assert figure.axes[0].lines[0].get_marker() == "o"


def test_events_stand_at_their_triggers(folder: Path) -> None:
    text = standard_model("events") + THREE
    first = store(folder / "events", text)
    other = store(folder / "events-2", text.replace("1.0708]", "1.0712]").replace("100.0", "50.0"))
    figure, notes = draw_stores([first, other])
    assert not notes
    (plane,) = figure.axes
    assert [tick.get_text() for tick in plane.get_xticklabels()] == ["1.069", "1.07", "1.0708", "1.0712"]
    for path, bars, places in zip((first, other), plane.containers, ([0, 1, 2], [0, 1, 3]), strict=True):
        data = xr.open_zarr(path).events.sortby("trigger")
        np.testing.assert_array_equal(bars[0].get_ydata(), data.values)
        np.testing.assert_array_equal(np.round(bars[0].get_xdata()), places)
        (segments,) = (each.get_segments() for each in bars[2])
        np.testing.assert_allclose([0.5 * (b[1] - a[1]) for a, b in segments], np.sqrt(data.values))
    assert legend(figure) == ["$T = 100$ days", "$T = 50$ days"]


def test_chi2_is_a_curve_along_the_last_numeric_axis(folder: Path) -> None:
    text = NEUTRINO + 'observable = "chi2"\n' + THREE + VECTOR
    path = store(
        folder / "chi2", text + '[axes]\ncoupling = { log = [1e-26, 1e-22], points = 60 }\ntexture = ["11", "12"]'
    )
    figure, _ = draw_stores([path])
    (plane,) = figure.axes
    assert plane.get_xscale() == plane.get_yscale() == "log"
    np.testing.assert_array_equal(plane.lines[1].get_ydata(), xr.open_zarr(path).chi2.sel(texture="12").values)
    assert [text.get_text() for text in plane.texts] == ["90 %", "95 %"]
    assert plane.get_xlabel() == r"coupling $g_e g_{\nu}$"
    assert plane.get_ylabel() == r"Poisson $\chi^2$ against the Standard Model"
    assert legend(figure) == ["$g_e g_{11}$", "$g_e g_{12}$"]


@pytest.fixture(scope="module")
def reach(folder: Path) -> Path:
    text = (
        NEUTRINO + 'observable = "chi2"\n' + THREE + 'interaction = { kind = "vector", chirality = "left" }\n[axes]\n'
    )
    axes = "coupling = { log = [1e-25, 1e-19], points = 80 }\nmediator_mass_eV = { log = [1.0, 100.0], points = 20 }"
    return store(folder / "map", text + axes)


def test_chi2_over_two_long_axes_is_a_map_with_contours(reach: Path) -> None:
    figure, _ = draw_stores([reach])
    plane = figure.axes[0]
    (mesh,) = (each for each in plane.collections if isinstance(each, QuadMesh))
    (contours,) = (each for each in plane.collections if isinstance(each, QuadContourSet))
    data = xr.open_zarr(reach).chi2
    np.testing.assert_array_equal(np.asarray(mesh.get_array()), np.maximum(data.values, 1e-2))
    assert contours.levels == pytest.approx([2.706, 3.841], abs=5e-4)
    for path, level in zip(contours.get_paths(), contours.levels, strict=True):
        M, g = path.vertices[len(path.vertices) // 2]
        chi2 = np.log(data).interp(coupling=g, mediator_mass_eV=M)
        assert np.exp(float(chi2)) == pytest.approx(level, rel=0.3)
    assert (plane.get_xlabel(), plane.get_ylabel()) == ("mass of the mediator $M$ [eV]", r"coupling $g_e g_{\nu}$")
    assert plane.get_xscale() == plane.get_yscale() == "log"
    assert legend(figure) == [r"90 % ($\chi^2 = 2.706$)", r"95 % ($\chi^2 = 3.841$)"]


def test_several_maps_are_contours_alone(reach: Path, folder: Path) -> None:
    text = xr.open_zarr(reach).attrs["scan_file"].replace('nature = "dirac"', 'nature = "majorana"')
    figure, _ = draw_stores([reach, store(folder / "map-2", text)])
    kinds = [type(each) for each in figure.axes[0].collections]
    assert kinds == [QuadContourSet, QuadContourSet]
    assert legend(figure)[:2] == ["Dirac", "Majorana"]


@pytest.mark.parametrize("suffix", [".png", ".pdf", ".svg"])
def test_the_same_figure_is_the_same_file(figure_1: list[Path], tmp_path: Path, suffix: str) -> None:
    files = [tmp_path / f"first{suffix}", tmp_path / f"second{suffix}"]
    files[1].write_bytes(b"old")
    for file in files:
        assert plot_stores(figure_1[:1], file) == []
    first, second = (file.read_bytes() for file in files)
    assert first == second
    assert len(first) > 10_000
    assert b"Date" not in first
    assert b"<dc:date>" not in first
    assert sorted(tmp_path.iterdir()) == sorted(files)


def test_what_cannot_be_drawn_is_an_error(folder: Path, figure_1: list[Path], tmp_path: Path) -> None:
    events = store(folder / "other", standard_model("events") + THREE)
    detuning = standard_model("spectral_function") + "[axes]\ndetuning_eV = { linear = [0.0, 0.1], points = 3 }"
    labels = standard_model("chi2").replace('nature = "dirac", ', "") + THREE + '[axes]\nnature = ["dirac", "majorana"]'
    for paths, output, message in [
        (figure_1, tmp_path / "a.jpg", r"a\.jpg: unknown suffix '\.jpg'; allowed: \.png, \.pdf, \.svg"),
        (figure_1, tmp_path / "nowhere" / "a.png", r"nowhere/a\.png: cannot write: No such file or directory; allowed"),
        ([], tmp_path / "a.png", "no store to draw"),
        ([tmp_path], tmp_path / "a.png", "not a store of renp-fast; allowed"),
        ([tmp_path / "absent"], tmp_path / "a.png", "absent: not a store of renp-fast; allowed"),
        ([figure_1[0] / "spectral_function"], tmp_path / "a.png", "not a store of renp-fast; allowed"),
        ([figure_1[0], events], tmp_path / "a.png", "other: observable events; allowed beside .*: spectral_function"),
        (
            [figure_1[0], store(folder / "d", detuning)],
            tmp_path / "a.png",
            "d: drawn along detuning_eV; allowed beside .*: photon_energy_eV",
        ),
        ([store(folder / "labels", labels)], tmp_path / "a.png", "labels: no numeric axis to draw chi2 along; allowed"),
    ]:
        with pytest.raises(ValueError, match=message):
            plot_stores(paths, output)
    assert not list(tmp_path.iterdir())


def test_a_damaged_store_is_named(folder: Path) -> None:
    text = standard_model("spectral_function") + "[axes]\nphoton_energy_eV = { linear = [1.0, 1.07], points = 500 }"
    path = store(folder / "damaged", text)
    (block,) = (file for file in (path / "spectral_function" / "c").rglob("*") if file.is_file())
    block.write_bytes(block.read_bytes()[:100])
    with pytest.raises(
        StoreError, match=r"damaged: cannot be read: spectral_function/c.* 100 bytes.*; renp-fast verify"
    ):
        draw_stores([path])


def test_missing_matplotlib_is_named(figure_1: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("renp_fast.plots.drawing", "renp_fast.plots.sheet"):
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ValueError, match=r"pip install renp-fast\[plot\]"):
        draw_stores(figure_1)


def test_every_number_of_a_scan_has_a_symbol() -> None:
    numbers = {key for key in TABLE_OF if numeric(key)}
    assert numbers - {*SYMBOLS} == {"coupling", "trigger_eV"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.01, "0.01"),
        (1e-26, "10^{-26}"),
        (-1e5, "-10^{5}"),
        (2.5e-17, r"2.5\times 10^{-17}"),
        (0.1 / 3, "0.03333"),
    ],
)
def test_numbers_are_mathtext(value: float, text: str) -> None:
    assert number(value) == text


def test_phrases_of_unusual_parameters() -> None:
    facts = {
        "kind": "form_factor",
        "chirality": "charge_radius",
        "coupling": -1e-30,
        "texture": "1+0j 0+0.5j; 0-0.5j 1+2j",
        "alpha21_deg": 30.0,
        "oscillation": "NuFIT-6.0",
        "exposure_days": [100.0, 50.0],
    }
    assert phrases(facts, {*facts}) == [
        "charge radius",
        r"$\langle r^2\rangle_{\nu} = -10^{-30}$ cm$^2$",
        "texture [1 0.5i; -0.5i 1+2i]",
        r"$T = 100,\ 50$ days",
        r"$\alpha_{21} = 30$$^\circ$",
        "NuFIT-6.0",
    ]
    assert phrases({"kind": "vector", "texture": "universal"}, {"texture"}) == ["universal texture"]
    assert visible_length(r"$\alpha_{21} = 30$$^\circ$") == 9
