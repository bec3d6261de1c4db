"""From stores to the curves of a figure: which values are drawn, and what the user should know about them."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from renp_fast.engine.checks import MASS_NAMES
from renp_fast.engine.errors import InputError
from renp_fast.engine.schema import ENERGY_AXES
from renp_fast.engine.spec import Scan, parse_scan
from renp_fast.kernels.types import Array, IntArray
from renp_fast.physics.neutrinos import Neutrinos, thresholds_eV
from renp_fast.physics.targets import ATOMS
from renp_fast.plots.words import differing, phrases, shared

MOST_CURVES = 8
LONG = 10  # values from which on an axis makes a map worth while
# Points along an axis, of a curve and of a map, beyond which a figure only gets slower
MOST_POINTS = (20_000, 600)


@dataclass(frozen=True)
class Source:
    """A store to be drawn."""

    path: Path
    scan: Scan
    data: xr.DataArray

    def varying(self, drawn: Sequence[str]) -> dict[str, int]:
        """Lengths of the axes that tell curves apart: all but the ``drawn`` ones."""
        return {str(name): length for name, length in self.data.sizes.items() if name not in drawn}


@dataclass(frozen=True)
class Series:
    """A curve or a map.

    Attributes
    ----------
    facts : dict
        Every parameter of it by name.
    axes : set of str
        The parameters among them that are axes of its store.
    coordinates : tuple of ndarray
        Values of the drawn axes.
    values : ndarray
        The observable, along the drawn axes.
    """

    facts: dict[str, Any]
    axes: set[str]
    coordinates: tuple[Array, ...]
    values: Array

    @property
    def E_eg_eV(self) -> float:
        """Energy of the excited state of the target."""
        return ATOMS[self.facts["atom"]].E_eg_eV if "atom" in self.facts else float(self.facts["E_eg_eV"])

    def thresholds(self) -> dict[str, float]:
        """Thresholds of the six pairs in eV."""
        masses = {name: self.facts[name] for name in MASS_NAMES if name in self.facts}
        return thresholds_eV(Neutrinos(nature="dirac", **masses), self.E_eg_eV)


@dataclass
class Picture:
    """What is to be drawn.

    Attributes
    ----------
    observable, title : str
    drawn : tuple of str
        Names of the drawn axes: one for curves, two (across, up) for maps.
    attributes : dict
        Those of the observable and of the drawn axes, by name.
    series : list of Series
    notes : list of str
        What the user should know.
    """

    observable: str
    title: str
    drawn: tuple[str, ...]
    attributes: dict[str, dict[Any, Any]]
    series: list[Series] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @cached_property
    def labels(self) -> list[str]:
        """What the legend says of each series: the parameters that differ."""
        different = differing([series.facts for series in self.series]) - {*self.drawn}
        return [", ".join(phrases(series.facts, different)) for series in self.series]

    @cached_property
    def shared(self) -> list[str]:
        """What all series have in common, in words."""
        return shared(
            [series.facts for series in self.series], {name for series in self.series for name in series.axes}
        )


def picture_of(paths: Sequence[Path]) -> Picture:
    """Read what the natural figure of some stores needs.

    Raises
    ------
    InputError
        If a path is no store, or they cannot be drawn together.
    """
    if not paths:
        raise InputError("no store to draw; allowed: one or more")
    sources = [open_source(path) for path in paths]
    first = sources[0]
    for source in sources:
        _same(first, source, "observable", first.scan.observable, source.scan.observable)
    drawn = drawn_axes(first)
    for source in sources:
        _same(first, source, "drawn along", " and ".join(drawn), " and ".join(drawn_axes(source)))
    attributes = {name: first.data[name].attrs for name in drawn} | {first.scan.observable: first.data.attrs}
    picture = Picture(first.scan.observable, _title(sources), drawn, attributes)
    for source, counts in zip(sources, curve_counts([source.varying(drawn) for source in sources]), strict=True):
        _add(picture, source, counts)
    return picture


def open_source(path: Path) -> Source:
    """Open a store.

    Raises
    ------
    InputError
        If it is not a store of renp-fast, or its scan is not of this version.
    """
    try:
        if not (path / "zarr.json").is_file():  # xarray would look for other formats, and warn
            raise FileNotFoundError
        dataset = xr.open_zarr(path, chunks=None)
        text, data = dataset.attrs["scan_file"], dataset[dataset.attrs["observable"]]
    except (OSError, KeyError, ValueError) as error:
        raise InputError(f"{path}: not a store of renp-fast; allowed: what renp-fast run -o has written") from error
    return Source(path, parse_scan(text, f"{path}: the scan in it"), data)


def _title(sources: Sequence[Source]) -> str:
    """The title of the scans if they agree, else the name of the observable."""
    titles = {source.scan.title for source in sources}
    if len(titles) == 1 and "" not in titles:
        return titles.pop()
    long_name = str(sources[0].data.attrs["long_name"])
    return long_name[:1].upper() + long_name[1:]


def _same(first: Source, other: Source, what: str, wanted: str, got: str) -> None:
    if wanted != got:
        raise InputError(f"{other.path}: {what} {got}; allowed beside {first.path}: {wanted}")


def drawn_axes(source: Source) -> tuple[str, ...]:
    """Names of the axes of the figure's plane: one, or two (across, up) for a map of chi2.

    Raises
    ------
    InputError
        If there is nothing to draw along.
    """
    scan = source.scan
    if scan.observable == "events":
        return ("trigger",)
    if scan.observable != "chi2":
        return tuple(axis.name for axis in scan.axes if axis.name in ENERGY_AXES)
    numeric = [axis for axis in scan.axes if axis.numeric]
    if not numeric:
        raise InputError(f"{source.path}: no numeric axis to draw chi2 along; allowed: a scan with one in [axes]")
    long = [axis.name for axis in numeric if len(axis) >= LONG][-2:]
    if len(long) == 2:
        return tuple(sorted(long, key=lambda name: name == "coupling"))
    return (max(numeric, key=lambda axis: (len(axis) > 1, numeric.index(axis))).name,)


def curve_counts(lengths: list[dict[str, int]]) -> list[dict[str, int]]:
    """How many values to draw of each axis of each store, for at most `MOST_CURVES` in all if that is possible.

    The longest axes are shortened first, of equally long ones the first.
    """
    counts = [{name: min(length, MOST_CURVES) for name, length in axes.items()} for axes in lengths]
    while sum(math.prod(axes.values()) for axes in counts) > MOST_CURVES:
        longest = max(
            ((axes, name) for axes in counts for name in axes),
            key=lambda pair: pair[0][pair[1]],
            default=None,
        )
        if longest is None or longest[0][longest[1]] == 1:
            break
        longest[0][longest[1]] -= 1
    return counts


def evenly(length: int, count: int) -> IntArray:
    """Positions of ``count`` of ``length`` values, both ends among them."""
    positions: IntArray = np.linspace(0, length - 1, min(count, length)).round().astype(np.int64)
    return positions


def _add(picture: Picture, source: Source, counts: dict[str, int]) -> None:
    """Add the curves or maps of a store, and the notes on it."""
    data, drawn = source.data, picture.drawn
    constant = {name: value for name, value in source.scan.values.items() if name != "trigger_eV"}
    picks = {name: evenly(data.sizes[name], count) for name, count in counts.items()}
    most = MOST_POINTS[len(drawn) - 1]
    data = data.isel({name: evenly(data.sizes[name], most) for name in drawn if data.sizes[name] > most})
    points = missing = infinite = 0
    for combination in itertools.product(*picks.values()):
        curve = data.isel(dict(zip(picks, combination, strict=True))).transpose(*drawn).sortby(list(drawn))
        here = {name: curve[name].item() for name in picks}
        values = _read(source, curve)
        coordinates = tuple(np.asarray(curve[name].values, dtype=np.float64) for name in drawn)
        picture.series.append(Series({**constant, **here}, set(picks), coordinates, values))
        points += values.size
        missing += int(np.isnan(values).sum())
        infinite += int(np.isinf(values).sum())
    picture.notes += _left_out(source, picks, drawn, most)
    if missing:
        picture.notes.append(f"{source.path}: {missing} of the {points} points drawn are NaN, that is, not computed")
    if infinite:
        picture.notes.append(f"{source.path}: {infinite} of the {points} points drawn are infinite and left out")


def _read(source: Source, data: xr.DataArray) -> Array:
    try:
        return np.asarray(data.values, dtype=np.float64)
    except (OSError, RuntimeError, ValueError) as error:
        raise InputError(f"{source.path}: cannot be read ({error}); renp-fast verify names what is damaged") from error


def _left_out(source: Source, picks: dict[str, IntArray], drawn: Sequence[str], most: int) -> list[str]:
    """Notes on values that are in the store and not in the figure."""
    notes = []
    for name, indices in picks.items():
        length = source.data.sizes[name]
        if len(indices) < length:
            values = source.data[name].values[indices].tolist()
            shown = ", ".join(value if isinstance(value, str) else f"{value:.4g}" for value in values)
            notes.append(f"{source.path}: {name} has {length} values; drawn: {shown}")
    return notes + [
        f"{source.path}: {name} has {source.data.sizes[name]} values; drawn: {most} of them, evenly picked"
        for name in drawn
        if source.data.sizes[name] > most
    ]
