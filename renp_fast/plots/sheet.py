"""What all figures have in common: style, frame, legend, scales, and how they become files."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import rc_context, rcParamsDefault
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from renp_fast.kernels.types import Array
from renp_fast.plots.picture import Picture
from renp_fast.plots.symbols import LABELS
from renp_fast.plots.words import axis_label, coupling_symbol, formulas, key_of, owner, visible_length, wrapped

# Okabe and Ito's palette, which all kinds of colour vision tell apart, with a grey for its yellow, faint on paper
COLOURS = ("#000000", "#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7F7F7F")
DASHES = ("-", (0, (5, 2)), (0, (6, 2, 1, 2)), (0, (1.2, 1.5)))
MARKERS = "osD^vP*X"
# What is not of figures but of sessions, which stay the user's
SESSION = ("backend", "interactive", "toolbar", "webagg", "tk.", "keymap", "date.epoch", "savefig.directory")
STYLE: dict[Any, Any] = {
    # Whatever a user's own style is, a figure is the same for everybody
    **{name: value for name, value in rcParamsDefault.items() if not name.startswith(SESSION)},
    "font.size": 10.0,
    "axes.labelsize": 11.0,
    "axes.titlesize": 12.0,
    "legend.fontsize": 10.0,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "mathtext.fontset": "dejavusans",
    "xtick.direction": "in",
    "ytick.direction": "in",
    "axes.formatter.use_mathtext": True,
    "xtick.major.pad": 6.0,
    "xtick.top": True,
    "ytick.right": True,
    "xtick.minor.visible": True,
    "ytick.minor.visible": True,
    "svg.hashsalt": "renp_fast",  # so that the same figure is the same file
}
# Neither dates nor versions, for the same reason
METADATA: dict[str, dict[str, None]] = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    "svg": {"Date": None, "Creator": None},
}
# chi2 of one degree of freedom at confidence levels, with their names and dashes
LEVELS: dict[float, tuple[str, Any]] = {2.7055434541: ("90 %", "-"), 3.8414588207: ("95 %", "--")}
DECADES = 100.0  # ratio from which on a logarithmic axis shows more


def file_bytes(figure: Figure, suffix: str) -> bytes:
    """The figure as a file of that kind: png, pdf or svg."""
    buffer = io.BytesIO()
    with rc_context(STYLE):
        figure.savefig(buffer, format=suffix, dpi=120, metadata=METADATA[suffix])
    return buffer.getvalue()


def sheet(picture: Picture, count: int, more: Sequence[Artist] = (), named: bool = True) -> tuple[Figure, list[Axes]]:
    """A figure of so many planes, with its title, what the curves share, and the legend below.

    The legend has the series, unless they are not ``named`` there, and ``more``.
    """
    width = 2.6 + 3.4 * count
    handles = [*(legend(picture) if named else []), *more]
    longest = max((visible_length(str(handle.get_label())) for handle in handles), default=0)
    columns = max(1, min(len(handles), int(12.0 * width / (8 + longest))))
    rows = -(-len(handles) // columns)
    title = "\n".join([formulas(picture.title), *wrapped(picture.shared, int(11.2 * width))])
    figure = Figure(figsize=(width, 4.6 + 0.24 * (rows + title.count("\n"))), layout="constrained")
    planes = list(figure.subplots(1, count, squeeze=False)[0])
    figure.suptitle(title)
    if rows:
        figure.legend(handles=handles, loc="outside lower center", ncols=columns)
    return figure, planes


def legend(picture: Picture) -> list[Line2D]:
    """Entries of the legend: the series, if there are several, and the contours of a map."""
    entries = [
        Line2D([], [], label=label, **look(picture, position)) for position, label in enumerate(picture.labels) if label
    ]
    if len(picture.drawn) == 1:
        return entries
    return entries + [
        Line2D([], [], color="0.3", linestyle=style, label=rf"{text} ($\chi^2 = {level:.3f}$)")
        for level, (text, style) in LEVELS.items()
    ]


def label(picture: Picture, name: str) -> str:
    """Label of an axis of the figure."""
    if name in LABELS:
        return LABELS[name]
    symbol = None
    if key_of(name) == "coupling":
        symbols = {coupling_symbol(owner(series.facts, name)) for series in picture.series}
        symbol = symbols.pop() if len(symbols) == 1 else ""
    return axis_label(name, picture.attributes[name], symbol)


def log_spaced(values: Array) -> bool:
    """Whether values are positive, span a decade, and their logarithms are about evenly spaced."""
    if values.size < 3 or values[0] <= 0.0 or values[-1] < 10.0 * values[0]:
        return False
    logarithms = np.log(values)
    even = np.linspace(logarithms[0], logarithms[-1], values.size)
    return bool(np.abs(logarithms - even).max() < 0.05 * (even[-1] - even[0]))


def colour(position: int) -> str:
    """Colour of a series."""
    return COLOURS[position % len(COLOURS)]


def look(picture: Picture, position: int) -> dict[str, Any]:
    """How a series is drawn, and shown in the legend."""
    if picture.paired and picture.observable == "limit":
        series = picture.series[position]
        return {"color": colour(series.place), "linestyle": DASHES[series.store % len(DASHES)]}
    appearance: dict[str, Any] = {"color": colour(position)}
    if picture.observable == "events":
        return appearance | {"linestyle": "none", "marker": MARKERS[position % len(MARKERS)], "markersize": 5.0}
    if len(picture.drawn) == 1 and picture.observable != "limit":
        # Past the last colour each comes again with other dashes
        appearance["linestyle"] = DASHES[(position + position // len(COLOURS)) % len(DASHES)]
    return appearance


def scale_up(plane: Axes, values: list[Array], from_zero: bool = True, usual: float | None = None) -> None:
    """The axis upwards: logarithmic where values are far above the ``usual`` one, by default their median."""
    every = np.concatenate([array.ravel() for array in values])
    every = every[np.isfinite(every)]
    positive = every[every > 0.0]
    if positive.size == 0:
        return
    low, high, usual = every.min(), every.max(), usual or float(np.median(positive))
    if high > DECADES * usual:
        plane.set_yscale("log")
        # Next to a threshold or a minimum the values go to zero
        plane.set_ylim(max(positive.min(), 1e-4 * usual) / 2.0, 2.0 * high)
    else:
        margin = 0.05 * (high - low)
        plane.set_ylim(0.0 if from_zero else max(0.0, low - margin), high + margin if high > low else 1.05 * high)
