"""Figures of limits: curves over a numeric axis, mostly the mass of the mediator, or bars."""

from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import NullFormatter, NullLocator

from renp_fast.kernels.types import Array
from renp_fast.plots.bound_drawing import bound_rows, shade_bounds
from renp_fast.plots.limit_values import isolated, limit_label, pole_masses
from renp_fast.plots.picture import Picture
from renp_fast.plots.sheet import colour, label, look, sheet
from renp_fast.plots.words import interaction, key_of

SIGN_DASHES: tuple[Any, Any] = ("-", (0, (5, 2)))  # positive, negative
POLE_LINE: dict[str, Any] = {"color": "0.65", "linewidth": 0.7}
POLE_REGION: dict[str, Any] = {"color": "0.5", "alpha": 0.12, "linewidth": 0.0}
MOST_NAMED = 6  # trigger energies that the legend names
BAR_ROOM = 0.32  # inches
LEAST_ROWS = 6  # so that one bar does not fill the plane


def limit_curves(picture: Picture) -> Figure:
    """Absolute limits along one axis: solid at positive couplings, dashed at negative ones if they differ."""
    (name,) = picture.drawn
    across = [series.coordinates[0] for series in picture.series]
    low, high = min(x.min() for x in across), max(x.max() for x in across)
    poles = pole_masses(picture.series) if key_of(name) == "mediator_mass_eV" else {}
    poles = {w: M for w, M in poles.items() if low <= M <= high}
    figure, (plane,) = sheet(picture, 1, [*_sign_entries(picture, "line"), *_pole_entry(poles)])
    for position, (series, x) in enumerate(zip(picture.series, across, strict=True)):
        appearance = look(picture, position)
        _curve(plane, x, series.values, series.upper, {"linestyle": SIGN_DASHES[0]} | appearance)
        if series.negative is not None:
            _curve(plane, x, series.negative, series.negative_upper, appearance | {"linestyle": SIGN_DASHES[1]})
    if low > 0.0 and high >= 10.0 * low:
        plane.set_xscale("log")
    for M in poles.values():
        plane.axvline(M, zorder=0.0, **POLE_LINE)
    if len(poles) > 1:
        plane.axvspan(min(poles.values()), max(poles.values()), zorder=-1.0, **POLE_REGION)
    plane.set_xlim(low, high)
    if _known(picture).size:
        plane.set_yscale("log")
        shade_bounds(plane, picture, name)
    plane.set_xlabel(label(picture, name))
    plane.set_ylabel(_what(picture))
    return figure


def _curve(plane: Axes, x: Array, values: Array, upper: Array | None, appearance: dict[str, Any]) -> None:
    """A curve, its lone points as dots; or a band."""
    for edge in (values, upper):
        if edge is not None:
            dots = isolated(edge)
            marker: dict[str, Any] = {"marker": "o", "markersize": 3.0, "markevery": dots} if dots else {}
            plane.plot(x, edge, **appearance, **marker)
    if upper is not None:
        plane.fill_between(x, values, upper, color=appearance["color"], alpha=0.2, linewidth=0.0)


def limit_bars(picture: Picture) -> Figure:
    """Absolute limits as bars, filled at positive couplings, hatched at negative ones if they differ."""
    figure, (plane,) = sheet(picture, 1, _sign_entries(picture, "bar"), named=False)
    for position, series in enumerate(picture.series):
        if series.negative is None:
            _bar(plane, position, 0.7, series.values, filled=True)
        else:
            _bar(plane, position - 0.19, 0.36, series.values, filled=True)
            _bar(plane, position + 0.19, 0.36, series.negative, filled=False)
    names = [text or interaction(each.facts) for text, each in zip(picture.labels, picture.series, strict=True)]
    plane.set_yticks(range(len(names)), names)
    plane.tick_params(axis="y", left=False, right=False)
    plane.yaxis.set_minor_locator(NullLocator())
    known = _known(picture)
    if known.size:
        plane.set_xscale("log")
        plane.xaxis.set_minor_formatter(NullFormatter())
        plane.set_xlim(10.0 ** np.floor(np.log10(known.min() / 3.0)), 10.0 ** np.ceil(np.log10(1.2 * known.max())))
    plane.set_xlabel(_what(picture))
    rows = len(names) + bound_rows(plane, picture, len(names))
    spare = max(0.0, 0.5 * (LEAST_ROWS - rows))
    plane.set_ylim(rows - 0.5 + spare, -0.5 - spare)
    figure.set_figheight(max(figure.get_figheight(), 1.8 + BAR_ROOM * rows))
    return figure


def _bar(plane: Axes, place: float, height: float, value: Array, filled: bool) -> None:
    """A bar, or nothing where there is no limit."""
    if np.isfinite(value):
        face, hatch = (colour(2), "") if filled else ("none", "////")
        plane.barh(place, float(value), height, color=face, edgecolor=colour(2), hatch=hatch)


def _known(picture: Picture) -> Array:
    """All limits that have been found."""
    both = [values.ravel() for each in picture.series for values in (each.values, each.negative) if values is not None]
    every = np.concatenate(both)
    return every[np.isfinite(every) & (every > 0.0)]


def _what(picture: Picture) -> str:
    return limit_label(picture.series, str(picture.attributes["limit"].get("units", "")))


def _sign_entries(picture: Picture, kind: str) -> list[Line2D]:
    """Entries of the legend that tell the signs apart, if there is a curve or bar for each."""
    if all(series.negative is None for series in picture.series):
        return []
    both = "" if all(series.negative is not None for series in picture.series) else ", or both signs"
    names = (f"positive coupling{both}", "negative coupling")
    if kind == "line":
        return [
            Line2D([], [], color="0.3", linestyle=style, label=text)
            for text, style in zip(names, SIGN_DASHES, strict=True)
        ]
    fills: tuple[Literal["full", "none"], ...] = ("full", "none")
    return [
        Line2D([], [], color=colour(2), linestyle="none", marker="s", markersize=9.0, fillstyle=fill, label=text)
        for text, fill in zip(names, fills, strict=True)
    ]


def _pole_entry(poles: dict[float, float]) -> list[Line2D | Patch]:
    """Entry of the legend for the upright lines at poles, and for the region between them."""
    if not poles:
        return []
    where = ", ".join(f"{w:.6g}" for w in poles) + " eV" if len(poles) <= MOST_NAMED else "the trigger energies"
    text = rf"$M^2 = s$ at $\omega$ = {where}"
    if len(poles) == 1:
        return [Line2D([], [], label=text, **POLE_LINE)]
    face, edge = (POLE_REGION["color"], POLE_REGION["alpha"]), POLE_LINE["color"]
    return [Patch(facecolor=face, edgecolor=edge, linewidth=POLE_LINE["linewidth"], label=f"{text}, and between")]
