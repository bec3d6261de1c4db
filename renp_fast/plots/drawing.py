"""Figures from pictures, with matplotlib, which this package alone imports, here and in the modules beside it.

They are made as objects; no state of pyplot is touched.
"""

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from renp_fast.kernels.types import Array
from renp_fast.plots.limit_drawing import limit_bars, limit_curves
from renp_fast.plots.picture import Picture
from renp_fast.plots.sheet import LEVELS, STYLE, colour, label, log_spaced, look, scale_up, sheet

CHI2 = ("chi2", "separation")
FAINT = "0.65"
MILLI = 1e3  # detunings at the thresholds are some meV
WIDE_GAP = 0.7  # of the logarithms of detunings, from which on thresholds need a plane for each group
LABEL_GAP = 0.026  # least distance of two upright labels, as a part of the width of the plane
CHI2_RANGE = (1e-2, 1e4)  # colours beyond which tell nothing


def figure_of(picture: Picture) -> Figure:
    """Draw a picture."""
    with rc_context(STYLE):
        if picture.observable == "events":
            return _events(picture)
        if picture.observable == "limit":
            return limit_curves(picture) if picture.drawn else limit_bars(picture)
        return _curves(picture) if len(picture.drawn) == 1 else _map(picture)


def _curves(picture: Picture) -> Figure:
    """Curves along one axis; beside them, for photon energies, a closer look at the thresholds."""
    (name,) = picture.drawn
    thresholds = _common_thresholds(picture)
    across = [series.coordinates[0] for series in picture.series]
    low, high = min(x.min() for x in across), max(x.max() for x in across)
    seen = [pair for pair, w in thresholds.items() if low <= w <= high]
    detunings = {pair: 0.5 * picture.series[0].E_eg_eV - w for pair, w in thresholds.items()}
    regions = _regions({pair: detunings[pair] for pair in seen}) if name == "photon_energy_eV" else []
    figure, planes = sheet(picture, 1 + len(regions))
    _lines(planes[0], picture, across)
    usual = 1.0 if picture.observable in CHI2 else None
    scale_up(planes[0], [series.values for series in picture.series], usual=usual)
    planes[0].set_xlabel(label(picture, name))
    planes[0].set_ylabel(label(picture, picture.observable))
    if name == "photon_energy_eV":
        if high > low:
            planes[0].set_xlim(low, high)
        _mark(planes[0], thresholds, thresholds)
    elif name == "detuning_eV":
        _energies_to_the_right(planes[0], np.concatenate(across))
        _mark(planes[0], detunings, thresholds)
    elif picture.observable in CHI2:
        _confidence_lines(planes[0])
    for plane, region in zip(planes[1:], regions, strict=True):
        _closer_look(plane, picture, region, thresholds)
    return figure


def _lines(plane: Axes, picture: Picture, across: list[Array]) -> None:
    """One line for each series, over these coordinates."""
    for position, (series, x) in enumerate(zip(picture.series, across, strict=True)):
        finite = np.where(np.isfinite(series.values), series.values, np.nan)
        marker = "o" if x.size == 1 else ""
        plane.plot(x, finite, label=picture.labels[position], marker=marker, **look(picture, position))
    if all(log_spaced(x) for x in across):
        plane.set_xscale("log")


def _regions(detunings: dict[str, float]) -> list[dict[str, float]]:
    """Thresholds in one or two groups, cut at the widest gap of their logarithms: they crowd at the end."""
    pairs = sorted((pair for pair, x in detunings.items() if x > 0.0), key=lambda pair: -detunings[pair])
    if len(pairs) < 2:
        return []
    gaps = -np.diff(np.log([detunings[pair] for pair in pairs]))
    cut = int(np.argmax(gaps)) + 1
    groups = [pairs[:cut], pairs[cut:]] if gaps.max() > WIDE_GAP else [pairs]
    return [{pair: detunings[pair] for pair in group} for group in groups]


def _closer_look(plane: Axes, picture: Picture, region: dict[str, float], thresholds: dict[str, float]) -> None:
    """The surroundings of some thresholds, over the logarithm of E_eg/2 - w."""
    half = 0.5 * picture.series[0].E_eg_eV
    nearest, furthest = min(region.values()), max(region.values())
    margin = max((furthest / nearest) ** 0.3, 1.05)
    low, high = nearest / margin, furthest * margin
    across = [half - series.coordinates[0] for series in picture.series]
    seen = [series.values[(x > low) & (x < high)] for series, x in zip(picture.series, across, strict=True)]
    _lines(plane, picture, [MILLI * x for x in across])
    plane.set_xscale("log")
    plane.xaxis.set_major_locator(LogLocator(subs=(1.0, 1.5, 2.0, 3.0, 5.0, 7.0)))
    plane.xaxis.set_major_formatter("{x:g}")
    plane.xaxis.set_minor_locator(NullLocator())
    plane.set_xlim(MILLI * high, MILLI * low)
    scale_up(plane, seen, from_zero=False)
    plane.set_xlabel(r"$E_{eg}/2-\omega$ [meV]")
    _mark(plane, {pair: MILLI * x for pair, x in region.items()}, thresholds)


def _energies_to_the_right(plane: Axes, detunings: Array) -> None:
    """A logarithmic axis of detunings that runs as photon energies do."""
    positive = detunings[detunings > 0.0]
    if positive.size > 1:
        plane.set_xscale("log")
        plane.set_xlim(positive.max(), positive.min())
    else:
        plane.invert_xaxis()


def _common_thresholds(picture: Picture) -> dict[str, float]:
    """Thresholds in eV, if all curves over an energy have the same; else none."""
    if picture.drawn[0] not in ("photon_energy_eV", "detuning_eV"):
        return {}
    first, *others = (series.thresholds() for series in picture.series)
    return first if all(other == first for other in others) else {}


def _mark(plane: Axes, positions: dict[str, float], energies: dict[str, float]) -> None:
    """Faint upright lines at thresholds, with the pair above, and the photon energy where there is room for it."""
    transform = plane.transScale + plane.transLimits
    height = plane.get_ylim()[1]
    fractions = {
        pair: float(transform.transform((x, height))[0])
        for pair, x in positions.items()
        if x > 0.0 or plane.get_xscale() == "linear"
    }
    groups: list[list[str]] = []
    for pair in sorted(fractions, key=lambda pair: fractions[pair]):
        if not 0.0 <= fractions[pair] <= 1.0:
            continue
        plane.axvline(positions[pair], color=FAINT, linewidth=0.7, zorder=0.0)
        if groups and fractions[pair] - fractions[groups[-1][-1]] < LABEL_GAP:
            groups[-1].append(pair)
        else:
            groups.append([pair])
    for group in groups:
        centre = (fractions[group[0]] + fractions[group[-1]]) / 2.0
        text = ", ".join(group) if len(group) > 1 else f"{group[0]}: {energies[group[0]]:.5f} eV"
        plane.text(
            centre, 1.015, text, transform=plane.transAxes, rotation=90.0, ha="center", va="bottom", fontsize=8.0
        )


def _events(picture: Picture) -> Figure:
    """Events at each trigger energy, with their Poisson uncertainty; the energies stand side by side."""
    figure, (plane,) = sheet(picture, 1)
    triggers = np.unique(np.concatenate([series.coordinates[0] for series in picture.series]))
    width = 0.6 / len(picture.series)
    for position, series in enumerate(picture.series):
        shift = width * (position - (len(picture.series) - 1) / 2.0)
        finite = np.where(np.isfinite(series.values), series.values, np.nan)
        plane.errorbar(
            np.searchsorted(triggers, series.coordinates[0]) + shift,
            finite,
            np.sqrt(finite),
            label=picture.labels[position],
            capsize=2.0,
            **look(picture, position),
        )
    scale_up(plane, [series.values + np.sqrt(series.values) for series in picture.series])
    plane.set_xticks(range(len(triggers)), [f"{trigger:.6g}" for trigger in triggers])
    plane.tick_params(axis="x", which="minor", bottom=False, top=False)
    plane.set_xlim(-0.5, len(triggers) - 0.5)
    plane.set_xlabel(label(picture, "trigger"))
    plane.set_ylabel(label(picture, "events"))
    return figure


def _map(picture: Picture) -> Figure:
    """Contours of chi2 over two axes, and its values as colours if there is one map alone."""
    figure, (plane,) = sheet(picture, 1)
    across_name, up_name = picture.drawn
    for position, series in enumerate(picture.series):
        across, up = series.coordinates
        values = np.where(np.isfinite(series.values), series.values, np.nan).T
        if len(picture.series) == 1:
            norm = LogNorm(*CHI2_RANGE)
            mesh(figure, plane, across, up, np.maximum(values, CHI2_RANGE[0]), norm, label(picture, picture.observable))
        known = values[~np.isnan(values)]
        levels = [level for level in LEVELS if known.size and known.min() < level < known.max()]
        if levels:
            styles = [LEVELS[level][1] for level in levels]
            plane.contour(across, up, values, levels, colors=colour(position), linestyles=styles)
    first = picture.series[0]
    plane.set_xscale("log" if log_spaced(first.coordinates[0]) else "linear")
    plane.set_yscale("log" if log_spaced(first.coordinates[1]) else "linear")
    plane.set_xlabel(label(picture, across_name))
    plane.set_ylabel(label(picture, up_name))
    return figure


def mesh(figure: Figure, plane: Axes, across: Array, up: Array, values: Array, norm: LogNorm, text: str) -> None:
    """The values as colours; logarithmic, since chi2 grows as the fourth power of a coupling."""
    colours = plane.pcolormesh(_edges(across), _edges(up), values, norm=norm, cmap="YlGnBu", rasterized=True)
    figure.colorbar(colours, ax=plane, label=text, extend="both")


def _edges(values: Array) -> Array:
    """Edges of the cells around values."""
    if log_spaced(values):
        return np.exp(_edges(np.log(values)))
    middles = 0.5 * (values[1:] + values[:-1])
    return np.concatenate([[2.0 * values[0] - middles[0]], middles, [2.0 * values[-1] - middles[-1]]])


def _confidence_lines(plane: Axes) -> None:
    """Faint level lines at the usual confidence levels."""
    bottom, top = plane.get_ylim()
    for (level, (text, _)), side in zip(LEVELS.items(), ("top", "bottom"), strict=True):
        if bottom < level < top:
            plane.axhline(level, color=FAINT, linewidth=0.7, zorder=0.0)
            plane.text(1.01, level, text, transform=plane.get_yaxis_transform(), va=side, fontsize=8.0)
