"""Published bounds in figures of limits: what they exclude is shaded, and limits alone set the range."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from renp_fast.kernels.types import Array
from renp_fast.physics.bounds import Bound, Product
from renp_fast.plots.limit_values import known_bounds
from renp_fast.plots.picture import Picture
from renp_fast.plots.words import number

LINE_STYLE: dict[str, Any] = {"color": "0.55", "linewidth": 0.8, "linestyle": (0, (1, 1.5)), "zorder": 0.0}
SHADE: dict[str, Any] = {"color": "0.5", "alpha": 0.045, "linewidth": 0.0, "zorder": -2.0}
TEXT: dict[str, Any] = {"fontsize": 6.5, "color": "0.35", "bbox": {"color": "white", "alpha": 0.6, "pad": 0.6}}
BEYOND = 1e99  # above every plane
HALF_A_PLANE = 50  # letters of a name
LINE = 0.03  # height of a line of text, of the plane's
ROOM = 10.0  # factor beyond the limits up to which a range grows for a bound


def shade_bounds(plane: Axes, picture: Picture, name: str) -> None:
    """What is published to be excluded above curves along ``name``, faintly, each bound with its name.

    That is at the left, or at the right where neighbours are close, and no lower than their names; of a bound beyond
    the plane at its top or bottom, with an arrow and the value.
    """
    low, high = plane.get_xlim()
    x = np.geomspace(low, high, 400) if plane.get_xscale() == "log" else np.linspace(low, high, 400)
    over_mass = name in _masses_of_limited(picture)
    found = known_bounds(picture.series, x if over_mass else None)
    curves = [(bound, values if over_mass else np.full(x.size, np.nanmin(values))) for bound, values in found]
    bottom, top = plane.get_ylim()
    near = [(bound, values) for bound, values in curves if _is_near(values, bottom, top)]
    far = [(bound, values) for bound, values in curves if not _is_near(values, bottom, top)]
    _make_room(plane, [values for _, values in near])
    for _, values in curves:
        plane.fill_between(x, values, BEYOND, **SHADE)
    _name_near(plane, x, near)
    _name_far(plane, far)


def _masses_of_limited(picture: Picture) -> set[str]:
    """Names of the mass of the mediator whose coupling is limited: another one's does not change the bounds."""
    limited = {str(series.facts.get("limit_on", "")) for series in picture.series}
    return {f"{name}.mediator_mass_eV".removeprefix(".") for name in limited}


def _is_near(values: Array, bottom: float, top: float) -> bool:
    return bool(np.nanmax(values) >= bottom / ROOM and np.nanmin(values) <= top * ROOM)


def _make_room(plane: Axes, curves: list[Array]) -> None:
    """Stretch the plane to bounds, with a line of text above them."""
    bottom, top = plane.get_ylim()
    if curves:
        lowest, highest = max(np.nanmin(curves), bottom / ROOM), min(np.nanmax(curves), top * ROOM)
        bottom, top = min(bottom, 0.5 * lowest), max(top, highest)
        top *= (top / bottom) ** (1.6 * LINE)
    plane.set_ylim(bottom, top)


def _name_near(plane: Axes, x: Array, bounds: list[tuple[Bound | Product, Array]]) -> None:
    bottom, top = plane.get_ylim()
    line = (top / bottom) ** LINE
    free = {"left": 0.0, "right": 0.0}  # the least height of the next name in each column
    for bound, values in reversed(bounds):
        plane.plot(x, values, **LINE_STYLE)
        known = values[np.isfinite(values)]
        heights = {"left": float(known[0]), "right": float(known[-1])}
        if len(bound.label) > HALF_A_PLANE:
            free["left"] = free["right"] = max(free.values())
            heights.pop("right")
        places = {side: max(height, free[side]) for side, height in heights.items()}
        side = min(places, key=lambda side: places[side] / heights[side])
        taken = free if len(bound.label) > HALF_A_PLANE else (side,)
        free |= dict.fromkeys(taken, line * places[side])
        text: dict[str, Any] = {"horizontalalignment": side, "verticalalignment": "bottom"} | TEXT
        place = (0.01 if side == "left" else 0.99, places[side])
        plane.annotate(bound.label, place, xycoords=("axes fraction", "data"), **text)


def _name_far(plane: Axes, bounds: list[tuple[Bound | Product, Array]]) -> None:
    """Names of bounds out of sight, one below the other, at the edge of the plane that they are beyond."""
    _, top = plane.get_ylim()
    above = [f"\u2191 {_with_value(bound, values)}" for bound, values in bounds if np.nanmin(values) > top]
    below = [f"\u2193 {_with_value(bound, values)}" for bound, values in bounds if np.nanmin(values) < top]
    for names, place, alignment in ((above, 0.985, "top"), (below, 0.015, "bottom")):
        if names:
            text: dict[str, Any] = {"verticalalignment": alignment} | TEXT
            plane.annotate("\n".join(names), (0.01, place), xycoords="axes fraction", **text)


def _with_value(bound: Bound | Product, values: Array) -> str:
    return f"{bound.label}: ${number(float(np.nanmin(values)))}$"


def bound_rows(plane: Axes, picture: Picture, first: int) -> int:
    """What is published to be excluded beside bars, each bound with its name in a row of its own from ``first`` on.

    Of a bound beyond the plane the name stands at its edge, with an arrow and the value. Returns the number of rows.
    """
    left, right = plane.get_xlim()
    found = [(bound, float(np.nanmin(values))) for bound, values in known_bounds(picture.series)]
    near = [value for _, value in found if left / ROOM <= value <= right * ROOM]
    left, right = min([left, *(0.8 * value for value in near)]), max([right, *(1.25 * value for value in near)])
    plane.set_xlim(left, right)
    middle = np.sqrt(left * right)
    for row, (bound, value) in enumerate(found, first):
        plane.axvline(value, **LINE_STYLE)
        plane.fill_betweenx([0.0, 1.0], value, BEYOND, transform=plane.get_xaxis_transform(), **SHADE)
        side, gap = ("left", 3.0) if value < middle else ("right", -3.0)
        place, words = value, bound.label
        if value not in near:
            place = left if side == "left" else right
            words = f"\u2190 {words}: ${number(value)}$" if side == "left" else f"{words}: ${number(value)}$ \u2192"
        text: dict[str, Any] = {"horizontalalignment": side, "verticalalignment": "center"} | TEXT
        plane.annotate(words, (place, row), xytext=(gap, 0.0), textcoords="offset points", **text)
    return len(found)
