"""Which hypothesis can be told from which: a table of separations, as a figure."""

import itertools
from collections.abc import Sequence

import numpy as np
from matplotlib import rc_context
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from renp_fast.kernels.types import Array
from renp_fast.plots.limit_values import constant_facts
from renp_fast.plots.picture import Source
from renp_fast.plots.sheet import STYLE
from renp_fast.plots.symbols import IMPLIED, INTERACTION, LEADING
from renp_fast.plots.words import formulas, hypothesis, implied, key_of, phrases, value, wrapped
from renp_fast.scan_file.scan import Scan
from renp_fast.scan_file.schema import PREFIX

SPAN = 1e4  # ratio of exposures that the colours cover
NEVER = "0.85"  # colour of what no exposure tells apart
CELL = 0.62  # inches


def matrix_axes(scan: Scan) -> tuple[list[str], list[str]] | None:
    """Axes of rows (truth) and columns (alternative) of a separation between labels; None if there are numbers."""
    long = [axis for axis in scan.axes if len(axis) > 1]
    rows = [axis.name for axis in long if not axis.name.startswith(PREFIX)]
    columns = [axis.name for axis in long if axis.name.startswith(PREFIX)]
    if not rows or not columns or any(axis.numeric for axis in long):
        return None
    return rows, columns


def matrix_of(source: Source) -> tuple[Figure, list[str]]:
    """Days of exposure at each trigger that it takes to exclude the columns where the rows are true, and notes."""
    axes = matrix_axes(source.scan)
    assert axes is not None
    assert source.factors is not None
    rows, columns = axes
    factor = source.factors.squeeze(drop=True).transpose(*rows, *columns)
    missing = int(np.isnan(factor.values).sum())
    notes = [f"{source.path}: {missing} of the {factor.size} points are not computed"] if missing else []
    lengths = [int(np.prod([factor.sizes[name] for name in names])) for names in axes]
    row_names, column_names = (_names(source, names) for names in axes)
    with rc_context(STYLE):
        return _drawn(source.scan, factor.values.reshape(lengths), row_names, column_names), notes


def _names(source: Source, axes: Sequence[str]) -> list[str]:
    """Names of the hypotheses along some axes."""
    keys = [name.removeprefix(PREFIX) for name in axes]
    every = itertools.product(*(source.data[name].values.tolist() for name in axes))
    return [hypothesis({**source.scan.values, **dict(zip(keys, labels, strict=True))}, keys) for labels in every]


def _drawn(scan: Scan, factor: Array, rows: Sequence[str], columns: Sequence[str]) -> Figure:
    exposures = {*np.atleast_1d(scan.values.get("exposure_days", 0.0))}
    days = exposures.pop() if len(exposures) == 1 else 0.0
    values = factor * (days or 1.0)
    width, height = max(CELL * len(columns) + 3.0, 7.0), CELL * 0.7 * len(rows) + 2.6
    title = [
        formulas(scan.title or "Exposure that tells hypotheses apart"),
        *wrapped(_constant(scan), int(9.0 * width)),
    ]
    figure = Figure(figsize=(width, height), layout="constrained")
    plane = figure.subplots()
    figure.suptitle("\n".join(title))
    finite = values[np.isfinite(values) & (values > 0.0)]
    least = finite.min() if finite.size else 1.0
    shown = np.ma.masked_invalid(np.where(np.isfinite(values), values, np.nan))
    plane.set_facecolor(NEVER)
    mesh = plane.imshow(shown, norm=LogNorm(least, SPAN * least), cmap="YlGnBu", aspect="auto")
    for (row, column), cell in np.ndenumerate(values):
        dark = np.isfinite(cell) and cell > 0.03 * SPAN * least
        text = "never" if np.isinf(cell) else "" if np.isnan(cell) else brief(cell)
        plane.text(column, row, text, ha="center", va="center", fontsize=8.0, color="white" if dark else "black")
    plane.set_xticks(range(len(columns)), columns)
    plane.set_yticks(range(len(rows)), rows)
    plane.tick_params(which="both", length=0.0)
    plane.minorticks_off()
    plane.set_xlabel("excluded")
    plane.set_ylabel("true")
    what = "days at each trigger" if days else "factor on the exposures"
    figure.colorbar(mesh, ax=plane, label=f"{what}, {100.0 * scan.confidence_level:.6g} % CL", extend="max")
    return figure


def _constant(scan: Scan) -> list[str]:
    """What is the same in all cells."""
    facts = constant_facts(scan)
    coupling = [value("g", facts["coupling"], scan.coupling_unit)] if "coupling" in facts else []
    told = {name for name in LEADING if implied(facts, name) != IMPLIED.get(name)}
    told |= {name for name in facts if name != key_of(name) and facts[name] != IMPLIED.get(key_of(name))}
    return coupling + phrases(facts, told - {"exposure_days", *INTERACTION[:4]})


def brief(number: float) -> str:
    """Two digits of a number, on a narrow cell."""
    if 0.01 <= number < 9.95e3:
        return f"{float(f'{number:.2g}'):g}"
    mantissa, exponent = f"{number:.0e}".split("e")
    return rf"${mantissa}\cdot 10^{{{int(exponent)}}}$"
