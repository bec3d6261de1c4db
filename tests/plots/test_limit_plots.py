"""Figures of limits: their curves, bars, bands, poles and published bounds."""

import itertools
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.transforms import Bbox
from plot_cases import HALF, LIMIT, SCANS, THREE, VECTOR, figure_1_stores, legend, limit_store, store, upright

from renp_fast.plots import draw_stores, plot_stores

LONGITUDINAL = "red-giant tip, longitudinal mode (95 %)"
ASSUMED, EARLY = "neutrino coupling 1 (assumed)", "early universe (95 %)"
STARS = ("omega Centauri", "22 globular clusters", "NGC 4258")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stores")


@pytest.fixture(scope="module")
def figure_1(folder: Path) -> list[Path]:
    return figure_1_stores(folder)


@pytest.fixture(scope="module")
def limits(folder: Path) -> Path:
    return limit_store(folder)


def test_limits_are_curves_over_the_mass_for_each_sign(limits: Path) -> None:
    figure, notes = draw_stores([limits])
    assert not notes
    (plane,) = figure.axes
    data = xr.open_zarr(limits).limit
    assert (data.sel(sign="negative") < 0.0).all()
    curves = [line for line in plane.lines if len(line.get_xdata()) == 60]
    names = [(ordering, sign) for ordering in ("normal", "inverted") for sign in ("positive", "negative")]
    for line, (ordering, sign) in zip(curves, names, strict=True):
        np.testing.assert_array_equal(line.get_xdata(), data.mediator_mass_eV.values)
        np.testing.assert_array_equal(line.get_ydata(), np.abs(data.sel(ordering=ordering, sign=sign).values))
    assert [line.get_linestyle() for line in curves] == ["-", "--", "-", "--"]
    assert curves[0].get_color() == curves[1].get_color() != curves[2].get_color()
    assert plane.get_xscale() == plane.get_yscale() == "log"
    assert plane.get_xlabel() == "mass of the mediator $M$ [eV]"
    assert plane.get_ylabel() == r"limit on $|g_e g_{\nu}|$"
    assert "90 % CL" in figure.get_suptitle()
    assert legend(figure) == [
        "normal ordering",
        "inverted ordering",
        "positive coupling",
        "negative coupling",
        r"$M^2 = s$ at $\omega$ = 1.069, 1.07, 1.0708 eV, and between",
    ]
    masses = [np.sqrt(2.0 * HALF * (2.0 * HALF - 2.0 * w)) for w in (1.069, 1.07, 1.0708)]
    np.testing.assert_allclose(upright(plane), masses)


def test_limits_of_other_confidence_levels_are_told_apart(limits: Path, folder: Path) -> None:
    text = xr.open_zarr(limits).attrs["scan_file"].replace("confidence_level = 0.90", "confidence_level = 0.95")
    figure, _ = draw_stores([limits, store(folder / "limits-95", text)])
    assert legend(figure)[:2] == ["90 % CL, normal ordering", "90 % CL, inverted ordering"]
    assert legend(figure)[2] == "95 % CL, normal ordering"
    assert "CL" not in figure.get_suptitle()


def test_signs_that_agree_are_one_curve(folder: Path) -> None:
    text = (SCANS / "fig1-scalar-limit.toml").read_text().replace("points = 400", "points = 20")
    figure, notes = draw_stores([store(folder / "both", text)])
    assert not notes
    curves = [line.get_linestyle() for line in figure.axes[0].lines if len(line.get_xdata()) == 20]
    assert curves == ["-", "-", "-", "--", "-", "--"]  # scalars do not interfere with the Standard Model
    assert legend(figure)[0] == "scalar mediator, normal ordering"
    assert legend(figure)[4:6] == ["positive coupling, or both signs", "negative coupling"]
    assert "scalar mediator," not in figure.get_suptitle()
    alone = text.replace('chirality = ["scalar", "pseudoscalar"]', 'chirality = ["scalar"]')
    figure, _ = draw_stores([store(folder / "both-alone", alone)])
    assert not [words for words in legend(figure) if "coupling" in words or "sign" in words]


def test_missing_limits_are_gaps_and_are_counted(folder: Path) -> None:
    # The pair 33 is closed at 1.07 eV, so nothing depends on its coupling there
    text = LIMIT + 'interaction = { kind = "vector", chirality = "left" }\n'
    text += "experiment = { trigger_eV = [1.07], exposure_days = 100.0 }\n[axes]\n"
    text += (
        'texture = ["33", "22"]\nmediator_mass_eV = { log = [1.0, 100.0], points = 10 }\n[storage]\nblock_points = 5'
    )
    path = store(folder / "closed", text)
    figure, notes = draw_stores([path])
    assert notes == [
        f"{path}: 20 of the 40 limits drawn cannot reach the threshold",
        "1 of the 2 curves have no limit anywhere and are left out",
    ]
    curves = [line.get_ydata() for line in figure.axes[0].lines if len(line.get_xdata()) == 10]
    assert len(curves) == 2  # of both signs
    assert np.isfinite(curves).all()
    half = store(folder / "closed-half", text, part=(1, 2))
    assert f"{half}: 20 of the 40 limits drawn are not computed" in draw_stores([half])[1]
    empty = store(folder / "closed-empty", text, part=(9, 9))
    assert len(plot_stores([empty], folder / "closed-empty.png")) == 1


def test_curves_without_any_limit_are_left_out(folder: Path) -> None:
    # At 1.069 eV and above every pair is closed if the lightest neutrino has 0.1 eV
    text = (
        LIMIT.replace(", lightest_mass_eV = 0.01", "")
        + THREE
        + 'interaction = { kind = "vector", chirality = "left" }\n'
    )
    text += "[axes]\nlightest_mass_eV = [0.1, 0.02, 0.01]\nmediator_mass_eV = { log = [1.0, 100.0], points = 10 }"
    path = store(folder / "closed-heavy", text)
    figure, notes = draw_stores([path])
    assert notes[-1] == "1 of the 3 curves have no limit anywhere and are left out"
    assert [entry for entry in legend(figure) if "m_0" in entry] == ["$m_0 = 0.02$ eV", "$m_0 = 0.01$ eV"]


def test_a_limit_on_a_pole_is_a_gap_and_lone_limits_are_dots(folder: Path) -> None:
    text = LIMIT + 'interaction = { kind = "vector", chirality = "left" }\n'
    text += "target = { E_eg_eV = 2.0, E_vg_eV = 2.1, gamma_vg_per_s = 1.0, spin_factor = 1.0, gamma0_per_s = 0.01 }\n"
    # s = E_eg (E_eg - 2 w) = 0.25 eV^2, exactly M^2
    text += "experiment = { trigger_eV = [0.9375], exposure_days = 100.0 }\n"
    path = store(folder / "limit-pole", text + "[axes]\nmediator_mass_eV = [0.1, 0.5, 1.0, 2.0]")
    figure, notes = draw_stores([path])
    assert notes == [f"{path}: 2 of the 8 limits drawn are on a pole"]
    line = figure.axes[0].lines[0]
    assert np.isnan(line.get_ydata()).tolist() == [False, True, False, False]
    assert (line.get_marker(), line.get_markevery()) == ("o", [0])
    assert upright(figure.axes[0]) == pytest.approx([0.5])


def test_limits_without_a_numeric_axis_are_bars(folder: Path) -> None:
    text = LIMIT + THREE + 'interaction = { kind = "dipole", chirality = "magnetic" }\n'
    path = store(folder / "bars", text + '[axes]\ntexture = ["11", "12", "23"]\ncoupling = [1e-12, 1e-11]')
    figure, notes = draw_stores([path])
    assert not notes
    (plane,) = figure.axes
    values = xr.open_zarr(path).limit.isel(coupling=0).sel(sign="positive").values
    assert [bar.get_width() for bar in plane.patches] == pytest.approx(values.tolist())
    assert [tick.get_text() for tick in plane.get_yticklabels()] == [rf"$\mu_{{{p}}}$" for p in ("11", "12", "23")]
    assert plane.get_xlabel() == r"limit on $|\mu_{\nu}|$ [$\mu_\mathrm{B}$]"
    assert plane.get_xscale() == "log"
    assert not legend(figure)
    assert plane.get_xlim()[0] < 1.2e-12 < 2.9e-11 < plane.get_xlim()[1]
    rows = {words.xy[1]: words.get_text() for words in plane.texts}  # bounds have rows of their own
    assert list(rows) == [*range(3, 12)]  # none of those of Majorana neutrinos alone
    assert rows[11] == "red-giant tip, omega Centauri (95 %, flavour basis)"
    assert plane.texts[-1].xy[0] == 1.2e-12
    vector = store(folder / "bars-2", LIMIT + THREE + VECTOR + '[axes]\ntexture = ["11", "12"]')
    figure, _ = draw_stores([vector])
    (plane,) = figure.axes
    assert len(plane.patches) == 4
    assert plane.get_xlim()[1] < 1e-20  # far from the bound
    far, near = plane.texts  # at a mass of 1 eV
    assert near.get_text() == f"{LONGITUDINAL} \u00d7 early universe (95 %), universal coupling"
    assert far.get_text().startswith(f"{LONGITUDINAL} \u00d7 neutrino coupling 1 (assumed), universal coupling: $1.27")
    assert far.xy == (plane.get_xlim()[1], 2)
    assert legend(figure) == ["positive coupling", "negative coupling"]
    with pytest.raises(ValueError, match=r"bars-2: limit in units of 1; allowed beside .*: Bohr magneton"):
        draw_stores([path, vector])


def test_one_limit_does_not_fill_the_plane(folder: Path) -> None:
    (plane,) = draw_stores([store(folder / "one", LIMIT + THREE + VECTOR)])[0].axes
    below, above = plane.get_ylim()
    assert sum(bar.get_height() for bar in plane.patches) < 0.2 * (below - above)


def test_limits_drawn_along_different_axes_are_an_error(limits: Path, folder: Path) -> None:
    path = store(folder / "limit-labels", LIMIT + THREE + VECTOR + '[axes]\ntexture = ["11", "12"]')
    with pytest.raises(ValueError, match=r"limit-labels: drawn along no axis; allowed beside .*: mediator_mass_eV"):
        draw_stores([limits, path])


def test_published_bounds_stand_beside_limits_on_moments_with_level_and_basis(tmp_path: Path, limits: Path) -> None:
    text = """
    observable = "limit"
    target.gamma0_per_s = 0.002
    neutrino = { nature = "dirac", ordering = "normal", lightest_mass_eV = 0.01 }
    interaction = { kind = "dipole", chirality = "magnetic" }
    experiment.trigger_eV = [1.069, 1.07]
    axes.exposure_days = { log = [1.0, 1e4], points = 5 }
    """
    store(tmp_path / "moments.zarr", text)
    (plane,) = draw_stores([tmp_path / "moments.zarr"])[0].axes
    named = {words.get_text(): words.xy[1] for words in plane.texts}
    assert named["XENONnT (90 %, flavour basis)"] == 6.4e-12
    assert named["red-giant tip, omega Centauri (95 %, flavour basis)"] == 1.2e-12
    assert named["hot white dwarfs (level not stated, flavour basis)"] == 5e-12
    assert len(named) == 9
    majorana = text.replace('"dirac"', '"majorana"').replace('"magnetic"', '"magnetic", texture = "12"')
    store(tmp_path / "majorana.zarr", majorana)
    (plane,) = draw_stores([tmp_path / "majorana.zarr"])[0].axes
    more = {words.get_text() for words in plane.texts} - {*named}
    assert more == {f"Borexino, Lambda_{i} (90 %, mass basis, Majorana)" for i in (1, 2, 3)}
    (plane,) = draw_stores([limits])[0].axes
    told = [words.get_text() for words in plane.texts]
    assert told[:2] == [f"{LONGITUDINAL} \u00d7 {which}, universal coupling" for which in (EARLY, ASSUMED)]
    assert told[2].startswith(f"\u2191 trapped ions (90 %) \u00d7 {ASSUMED}, universal coupling: $1.2")
    assert len(told) == 3
    assert told[2].count("\u2191") == 2


@pytest.mark.parametrize(
    ("interaction", "axis", "names"),
    [
        ('kind = "dipole", chirality = "magnetic", texture = "12"', "exposure_days = { log = [1.0, 1e4]", 12),
        ('kind = "scalar", chirality = "scalar"', "mediator_mass_eV = { log = [1e-3, 1e4]", 4),
    ],
)
def test_names_of_bounds_do_not_lie_on_each_other(interaction: str, axis: str, names: int, tmp_path: Path) -> None:
    text = f"""
    observable = "limit"
    target.gamma0_per_s = 0.002
    neutrino = {{ nature = "majorana", ordering = "normal", lightest_mass_eV = 0.01 }}
    interaction = {{ {interaction} }}
    experiment = {{ trigger_eV = [1.069, 1.07] {"" if "days" in axis else ", exposure_days = 100.0"} }}
    axes.{axis}, points = 5 }}
    """
    store(tmp_path / "limits.zarr", text)
    figure, _ = draw_stores([tmp_path / "limits.zarr"])
    figure.draw_without_rendering()
    boxes = [words.get_window_extent() for words in figure.axes[0].texts]
    assert len(boxes) == names
    assert not [(a, b) for a, b in itertools.combinations(boxes, 2) if _overlap(a, b)]


def _overlap(a: Bbox, b: Bbox) -> bool:
    return min(a.x1, b.x1) > max(a.x0, b.x0) and min(a.y1, b.y1) > max(a.y0, b.y0)


def test_a_bound_far_away_does_not_stretch_the_plane(limits: Path, folder: Path) -> None:
    """Many decades above the curves, or below them if there were as few atoms as here."""
    (plane,) = draw_stores([limits])[0].axes
    data = np.abs(xr.open_zarr(limits).limit)
    bottom, top = plane.get_ylim()
    assert 0.1 * data.min() < bottom < data.min() < data.max() < top
    assert top < 1e-13  # trapped ions times 1 are at 1e-8, the longitudinal mode ends at 1e-15
    assert len(shade_begins(plane)) == 4
    few = xr.open_zarr(limits).attrs["scan_file"].replace("0.002", "2e-40")
    (plane,) = draw_stores([store(folder / "few", few)])[0].axes
    assert plane.get_ylim()[0] > 1e-10
    assert [words.get_text()[0] for words in plane.texts] == ["t", "\u2193"]  # trapped ions


def shade_begins(plane: Axes) -> list[float]:
    """Where the shades of bounds and bands begin, upwards."""
    shades = [each for each in plane.collections if isinstance(each, PolyCollection)]
    return [float(shade.get_paths()[0].vertices[:, 1].min()) for shade in shades]


def test_published_bounds_end_where_they_cease_to_hold(folder: Path) -> None:
    text = LIMIT + THREE + 'interaction = { kind = "scalar", chirality = "scalar" }\n'
    path = store(folder / "wide", text + "[axes]\nmediator_mass_eV = { log = [1.0, 1e6], points = 20 }")
    (plane,) = draw_stores([path])[0].axes
    names = [words.get_text() for words in plane.texts]
    assert names == [
        *(f"red-giant tip, {which} (95 %) \u00d7 {ASSUMED}, universal coupling" for which in STARS),
        "PandaX-II (90 %, universal coupling)",
    ]
    lines = [line for line in plane.lines if len(line.get_xdata()) == 400]
    assert shade_begins(plane) == pytest.approx([4.489e-11, 1.6e-13, 1.48e-13, 1.3e-13])
    for line, end in zip(lines, (8.6e3, 8.6e3, 8.6e3, 3e4), strict=True):
        x, y = line.get_data()
        assert np.isfinite(y).tolist() == (x <= end).tolist()


BANDED = (
    LIMIT.replace(", lightest_mass_eV = 0.01", "")
    + THREE
    + VECTOR.replace(", mediator_mass_eV = 1.0", "")
    + """
[axes]
ordering = ["normal", "inverted"]
lightest_mass_eV = { linear = [0.0, 0.05], points = 30 }
mediator_mass_eV = { log = [1.0, 100.0], points = 20 }
[profile]
alpha21_deg = [0.0, 90.0]
theta12_deg = { prior = "NuFIT-6.0", points = 3 }
"""
)


def test_a_band_goes_from_the_least_to_the_largest_limit(folder: Path) -> None:
    path = store(folder / "band", BANDED)
    figure, notes = draw_stores([path], band="lightest_mass_eV")
    assert not notes
    (plane,) = figure.axes
    data = np.abs(xr.open_zarr(path).limit)
    curves = [line for line in plane.lines if len(line.get_xdata()) == 20]
    edges = [
        (ordering, sign, edge)
        for ordering in ("normal", "inverted")
        for sign in ("positive", "negative")
        for edge in ("min", "max")
    ]
    for line, (ordering, sign, edge) in zip(curves, edges, strict=True):
        expected = getattr(data.sel(ordering=ordering, sign=sign), edge)("lightest_mass_eV")
        np.testing.assert_array_equal(line.get_ydata(), expected.values)
        np.testing.assert_array_equal(line.get_xdata(), data.mediator_mass_eV.values)
    title = figure.get_suptitle()
    assert "band: $m_0 = 0$ to $0.05$ eV" in title
    assert r"profiled over $\alpha_{21}$, $\theta_{12}$" in title.replace("\n", " ")
    with pytest.raises(ValueError, match=r"--band mediator_mass_eV: .*; allowed: lightest_mass_eV, ordering$"):
        draw_stores([path], band="mediator_mass_eV")
    by_ordering, _ = draw_stores([path], band="ordering")
    assert "band: normal ordering or inverted ordering" in by_ordering.get_suptitle().replace("\n", " ")


def test_a_band_over_what_is_no_axis_is_an_error(limits: Path, figure_1: list[Path]) -> None:
    with pytest.raises(ValueError, match=r"^--band texture: no such axis .*; allowed: ordering$"):
        draw_stores([limits], band="texture")
    with pytest.raises(ValueError, match=r"^--band mediator_mass_eV: limits are drawn along it, not .*: ordering$"):
        draw_stores([limits], band="mediator_mass_eV")
    with pytest.raises(ValueError, match=r"^--band coupling: got spectral_function along photon_energy_eV; allowed"):
        draw_stores(figure_1[:1], band="coupling")


def test_profiled_and_unprofiled_limits_are_told_apart(folder: Path, limits: Path) -> None:
    text = (SCANS / "fig1-vector-limit.toml").read_text().replace("points = 400", "points = 60")
    path = store(folder / "profiled", text + "\n[profile]\nalpha21_deg = [0.0, 90.0]")
    figure, _ = draw_stores([limits, path])
    assert legend(figure)[0] == "normal ordering"
    assert legend(figure)[2] == r"normal ordering, profiled over $\alpha_{21}$"


def test_colours_tell_elements_apart_and_dashes_magnetic_from_electric(folder: Path) -> None:
    text = (
        LIMIT
        + THREE.replace(", exposure_days = 100.0", "")
        + 'interaction = { kind = "dipole", chirality = "magnetic" }\n'
    )
    text += '[axes]\ntexture = ["11", "12", "13", "22", "23", "33"]\nexposure_days = { log = [1.0, 1e3], points = 5 }'
    first = store(folder / "magnetic", text)
    other = store(folder / "electric", text.replace("magnetic", "electric"))
    figure, _ = draw_stores([first, other])
    curves = [line for line in figure.axes[0].lines if len(line.get_xdata()) == 5]
    assert len(curves) == 12
    assert [line.get_color() for line in curves[:6]] == [line.get_color() for line in curves[6:]]
    assert len({line.get_color() for line in curves}) == 6
    assert len({line.get_linestyle() for line in curves[:6]}) == len({line.get_linestyle() for line in curves[6:]}) == 1
    assert curves[0].get_linestyle() != curves[6].get_linestyle()
    assert len(set(legend(figure))) == 12


def test_the_region_of_poles_is_shaded(limits: Path) -> None:
    figure, _ = draw_stores([limits])
    (plane,) = figure.axes
    (region,) = plane.patches
    entry = figure.legends[0].legend_handles[-1]
    assert entry.get_facecolor() == region.get_facecolor()
    masses = [np.sqrt(2.0 * HALF * (2.0 * HALF - 2.0 * w)) for w in (1.0708, 1.069)]
    assert [region.get_x(), region.get_x() + region.get_width()] == pytest.approx(masses)
