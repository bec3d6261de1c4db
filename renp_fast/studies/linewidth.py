"""What width of the laser's line each separation needs."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from renp_fast.kernels.types import Array
from renp_fast.plots.linewidth_figure import curves
from renp_fast.plots.symbols import CHOICES
from renp_fast.store.opened import open_result

TABLE = "linewidth.md"
HEAD = (
    "| separation | line | narrow: days at each trigger | takes twice as long at a full width of | at 1 meV: days |\n"
    "|---|---|---|---|---|"
)


def doubling_width(widths_eV: Array, exposures: Array) -> float:
    """Width in eV from which on the exposure is more than twice that of the narrowest line; infinite if it never is.

    Straight in logarithms between the given widths, which increase.
    """
    beyond = np.flatnonzero(exposures > 2.0 * exposures[0])
    if not np.isfinite(exposures[0]) or beyond.size == 0:
        return float("inf")
    k = int(beyond[0])
    low, high = np.log(exposures[k - 1 : k + 1])
    share = (np.log(2.0 * exposures[0]) - low) / (high - low)
    return float(np.exp(np.log(widths_eV[k - 1]) + share * np.log(widths_eV[k] / widths_eV[k - 1])))


def markdown(stores: Sequence[Path]) -> str:
    """A table of all separations in some stores."""
    rows = [HEAD]
    for dataset in map(open_result, stores):
        title = str(dataset.attrs["title"])
        for name, shape, days in curves(dataset):
            values, widths = days.values, days["width_eV"].values
            width = doubling_width(widths, values)
            needed = f"{width:.2g} eV" if np.isfinite(width) else "none"
            at = float(np.interp(np.log(1e-3), np.log(widths), values))
            which = title if name == title else f"{title}, {name}"
            rows.append(f"| {which} | {CHOICES[shape]} | {_days(values[0])} | {needed} | {_days(at)} |")
    return "\n".join([*rows, ""])


def _days(value: float) -> str:
    return f"{value:.3g}" if np.isfinite(value) and value < 1e6 else "never"
