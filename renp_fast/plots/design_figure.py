"""The figure of a design: what a day at each trigger energy adds, and the chosen and reference triggers."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from renp_fast.kernels.types import Array
from renp_fast.plots.sheet import COLOURS, STYLE, file_bytes
from renp_fast.plots.words import formulas
from renp_fast.store.files import write_whole

FLOOR = 1e-4  # what is less tells nothing
NEAREST_EV = 2e-5  # what is as close to the last energy is drawn as close
DISTANCES_EV = (0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 5e-3, 2e-3, 1e-3, 5e-4, 2e-4, 1e-4, 5e-5)  # ticks
MOST_NAMED = 6
CURVE, CHOSEN, REFERENCE = COLOURS[0], COLOURS[1], COLOURS[2]
FAINT = "0.65"


def draw_design(
    title: str,
    curve: tuple[Array, Array],
    best: tuple[Array, Array],
    reference: tuple[Array, Array],
    thresholds: Mapping[str, float],
    output: Path,
) -> None:
    """Draw information over trigger energies into a file.

    Parameters
    ----------
    title : str
    curve : (ndarray, ndarray)
        Energies in eV in increasing order, and what each adds, at most 1.
    best, reference : (ndarray, ndarray)
        Energies in eV and exposures in days.
    thresholds : mapping
        Energies in eV by pair, which are marked.
    output : Path
        The picture, replaced if it is there.
    """
    with rc_context(STYLE):
        figure = Figure(figsize=(8.6, 5.0), layout="constrained")
        plane = figure.subplots()
        figure.suptitle(formulas(title), fontsize=10.0)
        _curve(plane, curve, best, reference)
        _scales(plane, float(curve[0].min()), float(curve[0].max()))
        _mark(plane, thresholds)
        figure.legend(loc="outside lower center", ncols=1)
    write_whole(output, file_bytes(figure, output.suffix[1:]))


def _curve(plane: Axes, curve: tuple[Array, Array], best: tuple[Array, Array], reference: tuple[Array, Array]) -> None:
    energies, values = curve
    plane.plot(energies, np.maximum(values, FLOOR / 10.0), color=CURVE, label="all exposure at one energy")
    for (triggers, days), name, colour, marker in (
        (reference, "reference", REFERENCE, "o"),
        (best, "designed", CHOSEN, "D"),
    ):
        shares = days / days.sum()
        plane.scatter(
            triggers,
            np.maximum(np.interp(triggers, energies, values), 1.4 * FLOOR),
            s=25.0 + 90.0 * shares,
            marker=marker,
            facecolors="none" if name == "reference" else colour,
            edgecolors=colour,
            linewidths=1.5,
            zorder=3.0,
            label=f"{name}: {_words(triggers, shares)}",
        )
    plane.set_yscale("log")
    plane.set_ylim(FLOOR, 2.0)
    plane.set_ylabel("information per day, the best one's = 1")


def _words(triggers: Array, shares: Array) -> str:
    if shares.size > 1 and np.allclose(shares, shares[0]):
        return f"{', '.join(f'{w:.7g}' for w in triggers[:MOST_NAMED])} eV, the same at each"
    named = [f"{w:.7g} eV ({100.0 * share:.0f} %)" for w, share in zip(triggers, shares, strict=True)]
    return ", ".join(named[:MOST_NAMED]) + (", ..." if len(named) > MOST_NAMED else "")


def _scales(plane: Axes, low: float, last: float) -> None:
    """Energies, ever wider towards the last one: the logarithm of the distance from just beyond it."""
    beyond = last + NEAREST_EV

    def position(w: Array) -> Array:
        return -np.log(np.maximum(beyond - w, 1e-12))

    def energy(x: Array) -> Array:
        return beyond - np.exp(-x)

    plane.set_xscale("function", functions=(position, energy))
    plane.set_xlim(low, last + 0.5 * NEAREST_EV)
    places = [int(np.ceil(-np.log10(d))) for d in DISTANCES_EV]
    marks = {round(last - d, place) for d, place in zip(DISTANCES_EV, places, strict=True)}
    shown = sorted(mark for mark in marks if low < mark < last)
    plane.set_xticks(shown, [f"{mark:.7g}" for mark in shown])
    plane.tick_params(axis="x", rotation=45.0)
    plane.minorticks_off()
    plane.yaxis.set_minor_locator(LogLocator(subs="auto"))
    plane.set_xlabel(r"trigger energy $\omega$ [eV]")


def _mark(plane: Axes, thresholds: Mapping[str, float]) -> None:
    """Faint upright lines at thresholds, with the pairs above."""
    places = plane.transScale + plane.transLimits
    before = -1.0
    for pair, energy in sorted(thresholds.items(), key=lambda item: item[1]):
        place = float(places.transform((energy, 1.0))[0])
        if 0.0 <= place <= 1.0:
            plane.axvline(energy, color=FAINT, linewidth=0.7, zorder=0.0)
            before = max(place, before + 0.03)
            plane.text(before, 1.01, pair, transform=plane.transAxes, ha="center", va="bottom", fontsize=8.0)
