"""Stores that figures are drawn from, and what stands in these."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from renp_fast.runs.execute import run_scan
from renp_fast.scan_file.scan import load_scan, parse_scan

SCANS = Path(__file__).parents[2] / "scans"
HALF = 2.14349 / 2.0
NEUTRINO = 'neutrino = { nature = "dirac", ordering = "normal", lightest_mass_eV = 0.01 }\n'
VECTOR = 'interaction = { kind = "vector", chirality = "left", mediator_mass_eV = 1.0 }\n'
THREE = "experiment = { trigger_eV = [1.07, 1.069, 1.0708], exposure_days = 100.0 }\n"
LIMIT = NEUTRINO + 'observable = "limit"\n'


def store(path: Path, text: str, part: tuple[int, int] = (1, 1)) -> Path:
    run_scan(parse_scan(text), path, part=part)
    return path


def figure_1_stores(folder: Path) -> list[Path]:
    names = [f"fig1-left-{name}" for name in ("standard-model", "vector", "scalar")]
    for name in names:
        run_scan(load_scan(SCANS / f"{name}.toml"), folder / name)
    return [folder / name for name in names]


def limit_store(folder: Path) -> Path:
    text = (SCANS / "fig1-vector-limit.toml").read_text().replace("points = 400", "points = 60")
    return store(folder / "limits", text)


def legend(figure: Figure) -> list[str]:
    return [text.get_text() for each in figure.legends for text in each.get_texts()]


def upright(plane: Axes) -> list[float]:
    """Positions of the upright lines."""
    return [line.get_xdata()[0] for line in plane.lines if len(line.get_xdata()) == 2]
