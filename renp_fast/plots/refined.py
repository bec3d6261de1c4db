"""Maps of adaptive scans: contours through the points that were computed, and the cells between them."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from renp_fast.adaptive.interpolation import filled_planes
from renp_fast.errors import InputError
from renp_fast.evaluate.limits import contour_levels
from renp_fast.kernels.types import Array
from renp_fast.plots.curves import MOST_CURVES, along, curve_counts, evenly, named, read, same, title
from renp_fast.plots.drawing import CHI2, CHI2_RANGE, mesh
from renp_fast.plots.limit_drawing import SIGN_DASHES
from renp_fast.plots.limit_values import by_sign, constant_facts, limit_label
from renp_fast.plots.picture import Picture, Series, Source
from renp_fast.plots.sheet import LEVELS, STYLE, colour, label, log_spaced, sheet
from renp_fast.plots.words import number

CELLS: dict[str, Any] = {"colors": "0.5", "linewidths": 0.35, "alpha": 0.8, "rasterized": True}
CONTOUR_DASHES: tuple[Any, ...] = ("-", "--", "-.", ":")
MOST_COLOURS = 600  # points of a map along each axis
SPAN = 1e6  # ratio of the values that colours cover
Known = NDArray[np.bool_]


def refined_figure(sources: Sequence[Source], band: str | None) -> tuple[Figure, list[str]]:
    """Draw adaptive scans over their two axes, and say how much of each was computed.

    Raises
    ------
    InputError
        If the stores cannot be drawn together.
    """
    first = sources[0]
    if band is not None:
        raise InputError(f"--band {band}: got an adaptive scan; allowed: for curves of limits alone")
    for source in sources:
        same(first, source, "observable", first.scan.observable, source.scan.observable)
        same(first, source, "refined along", named(_drawn(first)), named(_drawn(source)))
        same(first, source, "contours at", _levels_named(first), _levels_named(source))
    drawn = _drawn(first)
    attributes = {name: first.data[name].attrs for name in drawn} | {first.scan.observable: first.data.attrs}
    picture = Picture(
        first.scan.observable, title(sources), drawn, attributes, paths=[source.path for source in sources]
    )
    every = []
    counts = curve_counts([source.varying(drawn) for source in sources], MOST_CURVES)
    for store, (source, lengths) in enumerate(zip(sources, counts, strict=True)):
        every += _planes(picture, source, lengths, store)
    with rc_context(STYLE):
        return _map(picture, first, every), picture.notes


def _drawn(source: Source) -> tuple[str, ...]:
    adaptive = source.scan.adaptive
    return tuple(sorted(adaptive.axes, key=lambda name: name == "coupling")) if adaptive else ()


def _levels_named(source: Source) -> str:
    return ", ".join(f"{level:g}" for level in contour_levels(source.scan)) if source.scan.adaptive else "no level"


def _planes(picture: Picture, source: Source, counts: dict[str, int], store: int) -> list[Known]:
    """Add the planes of a store to the picture; returns which points of each were computed."""
    assert source.refinement is not None
    every, computed, points = [], 0, 0
    picks = {name: evenly(source.data.sizes[name], count) for name, count in counts.items()}
    for place, combination in enumerate(itertools.product(*picks.values())):
        at = dict(zip(picks, combination, strict=True))
        plane = along(source.data.isel(at), picture.drawn)
        refinement = source.refinement.isel({name: k for name, k in at.items() if name in source.refinement.dims})
        known = along(refinement, picture.drawn).values > 0
        computed, points = computed + int(known.sum()), points + known.size
        values, negative = read(source, plane), None
        if source.status is not None:
            values, negative, _ = by_sign(values, read(source, along(source.status.isel(at), picture.drawn)))
        facts = constant_facts(source.scan) | {name: plane[name].item() for name in picks}
        coordinates = tuple(np.asarray(plane[name].values, dtype=np.float64) for name in picture.drawn)
        triggers = source.scan.triggers
        series = Series(facts, set(picks), coordinates, values, negative, triggers, store=store, place=place)
        picture.series.append(series)
        every.append(known)
    share = 100.0 * computed / points
    picture.notes.append(f"{source.path}: {computed} of the {points} points drawn ({share:.3g} %) were computed")
    return every


def _map(picture: Picture, source: Source, every: Sequence[Known]) -> Figure:
    levels = sorted(contour_levels(source.scan))
    figure, (plane,) = sheet(picture, 1, _entries(picture, levels), named=False)
    coarsest = source.scan.adaptive.coarsest if source.scan.adaptive else 1
    for position, series in enumerate(picture.series):
        across, up = series.coordinates
        if len(picture.series) == 1:
            _colours(figure, plane, picture, every[position], coarsest)
            plane.add_collection(LineCollection(cell_lines(every[position], across, up, coarsest), **CELLS))
        for values, dashes in ((series.values, _dashes(levels)), (series.negative, [SIGN_DASHES[1]] * len(levels))):
            known = None if values is None else values[np.isfinite(values)]
            if values is None or known is None:
                continue
            drawn = [(level, style) for level, style in zip(levels, dashes, strict=True) if _within(level, known)]
            if drawn:
                at, styles = zip(*drawn, strict=True)
                finite = np.where(np.isfinite(values), values, np.nan).T
                plane.contour(across, up, finite, at, colors=colour(position), linestyles=styles, linewidths=1.4)
    for scale, values in zip((plane.set_xscale, plane.set_yscale), picture.series[0].coordinates, strict=True):
        scale("log" if log_spaced(values) else "linear")
    plane.set_xlim(across.min(), across.max())
    plane.set_ylim(up.min(), up.max())
    plane.set_xlabel(label(picture, picture.drawn[0]))
    plane.set_ylabel(label(picture, picture.drawn[1]))
    return figure


def _within(level: float, known: Array) -> bool:
    return known.size > 0 and bool(known.min() < level < known.max())


def _dashes(levels: Sequence[float]) -> list[Any]:
    return [CONTOUR_DASHES[k % len(CONTOUR_DASHES)] for k in range(len(levels))]


def _entries(picture: Picture, levels: Sequence[float]) -> list[Line2D]:
    """Entries of the legend: planes if there are several, contours, and the cells of a plane by itself."""
    names = enumerate(picture.labels)
    entries = [Line2D([], [], color=colour(position), label=text) for position, text in names if text]
    confidence = {level: text for level, (text, _) in LEVELS.items()} if picture.observable in CHI2 else {}
    for level, dashes in zip(levels, _dashes(levels), strict=True):
        name = next((text for known, text in confidence.items() if abs(known - level) < 1e-9), "")
        symbol = r"\chi^2 = " if picture.observable in CHI2 else ""
        text = f"${symbol}{number(level)}$"
        entries.append(Line2D([], [], color="0.3", linestyle=dashes, label=f"{name} ({text})" if name else text))
    if any(series.negative is not None for series in picture.series):
        entries.append(Line2D([], [], color="0.3", linestyle=SIGN_DASHES[1], label="negative coupling"))
    if len(picture.series) == 1:
        entries.append(Line2D([], [], color=CELLS["colors"], linewidth=0.5, label="cells, computed at their corners"))
    return entries


def _colours(figure: Figure, plane: Axes, picture: Picture, known: Known, coarsest: int) -> None:
    """The values as colours, interpolated in the cells."""
    (series,) = picture.series
    values = filled_planes(series.values, known, coarsest)
    rows, columns = (evenly(length, MOST_COLOURS) for length in values.shape)
    across, up = series.coordinates
    shown = values[np.ix_(rows, columns)].T
    positive = shown[np.isfinite(shown) & (shown > 0.0)]
    if picture.observable in CHI2:
        low, high = CHI2_RANGE
    elif positive.size:
        high = float(np.quantile(positive, 0.99))
        low = max(float(positive.min()), high / SPAN)
    else:
        return
    text = label(picture, picture.observable)
    if picture.observable == "limit":
        text = limit_label(picture.series, str(picture.attributes["limit"].get("units", "")))
    finite = np.where(np.isfinite(shown), np.maximum(shown, low), np.nan)
    mesh(figure, plane, across[rows], up[columns], finite, LogNorm(low, max(high, 2.0 * low)), text)


def cell_lines(known: Known, across: Array, up: Array, coarsest: int) -> list[Any]:
    """Lines between the cells of a plane (across, up): those of the largest, and a cross in each that was quartered."""
    lines: list[Any] = []
    ends = [(across[0], across[-1]), (up[0], up[-1])]
    lines += [[(x, ends[1][0]), (x, ends[1][1])] for x in across[::coarsest]]
    lines += [[(ends[0][0], y), (ends[0][1], y)] for y in up[::coarsest]]
    step = coarsest
    while step > 1:
        half = step // 2
        i, j = np.nonzero(known[half::step, half::step])
        i, j = i * step, j * step
        right, top = np.minimum(i + step, across.size - 1), np.minimum(j + step, up.size - 1)
        upright = [across[i + half], up[j], across[i + half], up[top]]
        level = [across[i], up[j + half], across[right], up[j + half]]
        for each in (upright, level):
            lines.extend(np.stack(each, axis=1).reshape(-1, 2, 2))
        step = half
    return lines
