"""Figures of adaptive scans: their contours are those of the dense scans, and the cells are where points are."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, QuadMesh
from matplotlib.contour import QuadContourSet
from matplotlib.figure import Figure
from plot_cases import NEUTRINO, THREE, legend, store

from renp_fast.cli.commands import main
from renp_fast.errors import InputError
from renp_fast.evaluate.limits import threshold
from renp_fast.plots import draw_stores
from renp_fast.plots.refined import cell_lines

VECTOR = 'interaction = { kind = "vector", chirality = "left" }\n'
CHI2 = (
    f'observable = "chi2"\ntarget.gamma0_per_s = 0.002\n{NEUTRINO}{VECTOR}{THREE}[axes]\n'
    "coupling = { log = [1e-29, 1e-22], points = 140 }\nnature = NATURES\n"
    "mediator_mass_eV = { log = [1e-3, 10.0], points = 150 }\n"
)
LIMIT = (
    f'observable = "limit"\ntarget.gamma0_per_s = 0.002\n{VECTOR}{THREE}'
    'neutrino = { nature = "dirac", ordering = "normal" }\n[axes]\n'
    "mediator_mass_eV = { log = [1e-3, 10.0], points = 100 }\n"
    "lightest_mass_eV = { linear = [0.0, 0.1], points = 90 }\n"
)
ADAPTIVE = '[adaptive]\naxes = ["mediator_mass_eV", "{}"]\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stores")


def chi2(natures: str) -> str:
    return CHI2.replace("NATURES", natures).replace('nature = "dirac", ', "") + ADAPTIVE.format("coupling")


def vertices(figure: Figure) -> list[set[tuple[float, float]]]:
    """Points of the contours of a figure, set by set."""
    sets = [each for each in figure.axes[0].get_children() if isinstance(each, QuadContourSet)]
    return [{tuple(point) for path in each.get_paths() for point in path.vertices} for each in sets]


def test_the_contour_is_that_of_the_dense_scan(folder: Path) -> None:
    text = chi2('["dirac"]')
    path = store(folder / "adaptive", text)
    figure, notes = draw_stores([path])
    dense = xr.open_zarr(store(folder / "dense", text.partition("[adaptive]")[0])).chi2.isel(nature=0)
    plain = Figure()
    plain.subplots().contour(dense.mediator_mass_eV, dense.coupling, dense, [threshold(0.9)])
    (contour,), (right,) = vertices(figure), vertices(plain)
    assert len(right) > 200
    assert contour == right
    computed = int((xr.open_zarr(path).refinement > 0).sum())
    assert notes == [f"{path}: {computed} of the 21000 points drawn ({computed / 210:.3g} %) were computed"]
    assert figure.axes[0].get_xlabel().startswith("mass of the mediator")
    assert figure.axes[0].get_xscale() == figure.axes[0].get_yscale() == "log"
    assert legend(figure) == [r"90 % ($\chi^2 = 2.706$)", "cells, computed at their corners"]


def cells_of(plane: Axes) -> LineCollection:
    (lines,) = (each for each in plane.get_children() if isinstance(each, LineCollection))
    return lines


def test_colours_are_interpolated_and_cells_drawn(folder: Path) -> None:
    figure, _ = draw_stores([store(folder / "colours", chi2('["dirac"]'))])
    (mesh,) = (each for each in figure.axes[0].get_children() if isinstance(each, QuadMesh))
    assert not np.ma.getmaskarray(mesh.get_array()).any()
    assert len(cells_of(figure.axes[0]).get_paths()) > 100


def test_cells_are_lines_between_points_that_were_computed() -> None:
    """Four cells, of which one has been quartered, and of its quarters the last once more; one is cut short."""
    known = np.zeros((10, 9), dtype=bool)
    known[np.ix_([0, 4, 8, 9], [0, 4, 8])] = True
    known[np.ix_([0, 2, 4], [0, 2, 4])] = True
    known[np.ix_([2, 3, 4], [2, 3, 4])] = True
    x, y = np.arange(10.0), 10.0 * np.arange(9.0)
    lines = {tuple(map(float, np.ravel(line))) for line in cell_lines(known, x, y, 4)}
    coarse = {(x, 0.0, x, 80.0) for x in (0.0, 4.0, 8.0)} | {(0.0, y, 9.0, y) for y in (0.0, 40.0, 80.0)}
    crosses = {(2.0, 0.0, 2.0, 40.0), (0.0, 20.0, 4.0, 20.0), (3.0, 20.0, 3.0, 40.0), (2.0, 30.0, 4.0, 30.0)}
    assert lines == coarse | crosses


def test_several_planes_have_a_colour_each_and_no_cells(folder: Path) -> None:
    path = store(folder / "several", chi2('["majorana", "dirac"]'))
    figure, notes = draw_stores([path])
    assert len(vertices(figure)) == 2
    assert legend(figure) == ["Majorana", "Dirac", r"90 % ($\chi^2 = 2.706$)"]
    assert not any(isinstance(each, (LineCollection, QuadMesh)) for each in figure.axes[0].get_children())
    assert "of the 42000 points drawn" in notes[0]


def test_a_half_done_store_is_drawn_as_far_as_it_goes(folder: Path) -> None:
    text = chi2('["majorana", "dirac"]') + "[storage]\nblock_points = 1000\n"
    figure, _ = draw_stores([store(folder / "half", text, part=(1, 2))])
    assert len(vertices(figure)) == 1


def test_limits_are_maps_of_both_signs(folder: Path) -> None:
    text = LIMIT + ADAPTIVE.format("lightest_mass_eV") + "contours = [1e-28, 3e-26]\n"
    figure, _ = draw_stores([store(folder / "limit", text)])
    assert len(vertices(figure)) == 2
    assert legend(figure) == [
        "$10^{-28}$",
        r"$3\times 10^{-26}$",
        "negative coupling",
        "cells, computed at their corners",
    ]
    assert figure.axes[1].get_ylabel().startswith("limit on")


def test_stores_that_cannot_be_drawn_together_are_refused(folder: Path) -> None:
    text = chi2('["dirac"]')
    adaptive, dense = store(folder / "one", text), store(folder / "other", text.partition("[adaptive]")[0])
    levels = store(folder / "levels", text + "contours = [9.0]\n")
    for paths, words in (([adaptive, dense], "refined along no axis"), ([adaptive, levels], "contours at 9")):
        with pytest.raises(InputError, match=words):
            draw_stores(paths)
    with pytest.raises(InputError, match=r"^--band nature: got an adaptive scan"):
        draw_stores([adaptive], band="nature")


def test_events_have_a_plane_for_each_trigger(folder: Path) -> None:
    text = chi2('["dirac"]').replace('"chi2"', '"events"') + "contours = [100.0]\n"
    figure, _ = draw_stores([store(folder / "events", text)])
    assert [word for word in legend(figure) if "omega" in word] == [
        rf"$\omega = {w}$ eV" for w in ("1.07", "1.069", "1.071")
    ]


def test_through_the_command_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = store(folder / "command", chi2('["dirac"]'))
    for name in ("a.png", "b.png"):
        assert main(["plot", str(path), "-o", str(folder / name)]) == 0
    assert (folder / "a.png").read_bytes() == (folder / "b.png").read_bytes()
    assert "were computed" in capsys.readouterr().err
