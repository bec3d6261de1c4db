"""The figure of how much exposure separations take against the width of the laser's line."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import xarray as xr
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from renp_fast.plots.limit_values import constant_facts
from renp_fast.plots.sheet import COLOURS, STYLE, file_bytes
from renp_fast.plots.symbols import CHOICES, SYMBOLS
from renp_fast.plots.words import shared, wrapped
from renp_fast.scan_file.scan import Scan, parse_scan
from renp_fast.store.files import write_whole
from renp_fast.store.opened import open_result

CHARACTERS = 60  # of a line above a plane
LONGEST = 1e6  # days that are worth showing
LINES: dict[str, Literal["-", "--"]] = {"gaussian": "-", "lorentzian": "--"}
SAID = ("exposure_days", "confidence_level")  # by the axis and the title


def draw_linewidths(groups: Sequence[Sequence[Path]], output: Path) -> list[str]:
    """Draw exposures over linewidths into a file, a plane for each group of stores; returns nothing to note.

    Each store is of a separation with axes shape and width_eV, and perhaps texture.
    """
    with rc_context(STYLE):
        figure = Figure(figsize=(5.2 * len(groups), 5.6), layout="constrained")
        figure.suptitle("Exposure at each of six triggers that tells two hypotheses apart, 90 % CL")
        planes = figure.subplots(1, len(groups), squeeze=False)[0]
        for plane, stores in zip(planes, groups, strict=True):
            _plane(plane, [open_result(store) for store in stores])
        lines = [Line2D([], [], color="0.3", linestyle=style, label=CHOICES[shape]) for shape, style in LINES.items()]
        figure.legend(handles=lines, loc="outside lower center", ncols=2)
    write_whole(output, file_bytes(figure, output.suffix[1:]))
    return []


def curves(dataset: xr.Dataset) -> list[tuple[str, str, xr.DataArray]]:
    """Name, shape of the line, and days at each trigger over the width, of every curve of a store."""
    scan = _scan(dataset)
    days = dataset["exposure_factor"] * float(np.mean(scan.values["exposure_days"]))
    textures = days["texture"].values.tolist() if "texture" in days.dims else [None]
    return [
        (texture or scan.title, shape, days.sel(shape=shape, **({"texture": texture} if texture else {})))
        for texture in textures
        for shape in days["shape"].values.tolist()
    ]


def _scan(dataset: xr.Dataset) -> Scan:
    return parse_scan(dataset.attrs["scan_file"], "the scan of a store")


def _plane(plane: Axes, datasets: Sequence[xr.Dataset]) -> None:
    colours: dict[str, str] = {}
    for dataset in datasets:
        for name, shape, days in curves(dataset):
            label = None if name in colours else name
            colour = colours.setdefault(name, COLOURS[len(colours) % len(COLOURS)])
            shown = np.where(days.values < LONGEST, days.values, np.nan)
            plane.plot(days["width_eV"].values, shown, color=colour, linestyle=LINES[shape], label=label)
    scans = [_scan(dataset) for dataset in datasets]
    facts = [{name: fact for name, fact in constant_facts(scan).items() if name not in SAID} for scan in scans]
    title = scans[0].title if len(scans) == 1 else ""
    plane.set_title("\n".join(filter(None, [title, *wrapped(shared(facts, set()), CHARACTERS)])), fontsize=9.0)
    plane.set_xscale("log")
    plane.set_yscale("log")
    plane.set_xlabel(f"full width of the laser's line ${SYMBOLS['width_eV']}$ [eV]")
    plane.set_ylabel("exposure at each trigger [days]")
    plane.legend(loc="best", fontsize=9.0)
