"""From stores to the curves of a figure: which values are drawn, and what the user should know about them."""

import itertools
import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr

from renp_fast.errors import InputError, StoreError, WrongStoreError
from renp_fast.kernels.types import Array, IntArray
from renp_fast.plots.limit_values import by_sign, constant_facts
from renp_fast.plots.picture import PALETTE, QUANTILE, Picture, Series, Source
from renp_fast.plots.words import band as band_words
from renp_fast.plots.words import key_of
from renp_fast.scan_file.scan import parse_scan
from renp_fast.scan_file.schema import ENERGY_AXES
from renp_fast.scan_file.variables import REFINEMENT
from renp_fast.store.opened import open_result

MOST_CURVES = PALETTE
MOST_BARS = 24
LONG = 10  # values from which on an axis makes a map worth while
# Points along an axis, of a curve and of a map, beyond which a figure only gets slower
MOST_POINTS = (20_000, 600)


def picture_of(paths: Sequence[Path], band: str | None = None) -> Picture:
    """Read what the natural figure of some stores needs, limits along ``band`` as bands from the least to the largest.

    Raises
    ------
    InputError
        If a path is no store, they cannot be drawn together, or there is no such axis for a band.
    """
    if not paths:
        raise InputError("no store to draw; allowed: one or more")
    sources = [open_source(path) for path in paths]
    first = sources[0]
    for source in sources:
        same(first, source, "observable", first.scan.observable, source.scan.observable)
    drawn = drawn_axes(first, band)
    _check_band(sources, drawn, band)
    if drawn and band is None and all(source.quantiles is not None for source in sources):
        sources = [source.with_quantiles() for source in sources]
        first, band = sources[0], QUANTILE
    for source in sources:
        same(first, source, "drawn along", named(drawn), named(drawn_axes(source, band)))
        if first.scan.observable == "limit":
            same(first, source, "limit in units of", first.data.attrs["units"], source.data.attrs["units"])
    attributes = {name: first.data[name].attrs for name in drawn} | {first.scan.observable: first.data.attrs}
    picture = Picture(
        first.scan.observable, title(sources), drawn, attributes, paths=[source.path for source in sources]
    )
    most = MOST_CURVES if drawn else MOST_BARS
    if first.scan.observable == "limit" and {source.scan.values.get("kind") for source in sources} == {"dipole"}:
        most *= len(sources)  # both signs are one curve, so that dashes can tell the stores apart
    varying = [source.varying([*drawn, band or ""]) for source in sources]
    for store, (source, counts) in enumerate(zip(sources, curve_counts(varying, most), strict=True)):
        _add(picture, source, counts, band, store)
    if first.scan.observable == "limit" and drawn:
        _leave_out_empty(picture)
    return picture


def _leave_out_empty(picture: Picture) -> None:
    """Keep curves without any limit out of the legend, unless there are no others."""
    full = [
        series
        for series in picture.series
        if any(edge is not None and np.isfinite(edge).any() for edge in (series.values, series.negative))
    ]
    empty = len(picture.series) - len(full)
    if full and empty:
        picture.notes.append(f"{empty} of the {len(picture.series)} curves have no limit anywhere and are left out")
        picture.series = full


def _check_band(sources: Sequence[Source], drawn: tuple[str, ...], band: str | None) -> None:
    if band in (None, QUANTILE):
        return
    observable = sources[0].scan.observable
    axes = {str(name) for source in sources for name, length in source.varying([]).items() if length > 1}
    masses = {name for name in axes if key_of(name) == "mediator_mass_eV"}
    if observable == "limit" and band in masses:  # over which limits go over many decades
        allowed = ", ".join(sorted(axes - masses)) or "none"
        raise InputError(f"--band {band}: limits are drawn along it, not as a band; allowed: {allowed}")
    if observable != "limit" or not drawn:
        raise InputError(f"--band {band}: got {observable} along {named(drawn)}; allowed: for curves of limits alone")
    if band not in axes - {*drawn}:
        allowed = ", ".join(sorted(axes - masses - {*drawn})) or "none"
        raise InputError(f"--band {band}: no such axis to draw a band over; allowed: {allowed}")


def open_source(path: Path) -> Source:
    """Open a store.

    Raises
    ------
    InputError
        If it is not a store of renp-fast, or its scan is not of this version.
    StoreError
        If what is needed to open it is damaged.
    """
    try:
        dataset = open_result(path, chunks=None)
        text, data = str(dataset.attrs["scan_file"]), dataset[dataset.attrs["observable"]]
        status = dataset["limit_status"] if data.name == "limit" else None
        quantiles, factors = dataset.get("limit_quantiles"), dataset.get("exposure_factor")
        refinement = dataset.get(REFINEMENT)
    except WrongStoreError as error:
        raise InputError(str(error)) from None
    except LookupError as error:
        mend = f"renp-fast run SCAN -o {path} mends it"
        raise StoreError(f"{path}: its metadata lack {error.args[0]!r}; {mend}") from None
    scan = parse_scan(text, f"{path}: the scan in it")
    if status is not None and scan.sought in data.dims:  # nothing changes along it
        first = {scan.sought: 0}
        data, status = data.isel(first, drop=True), status.isel(first, drop=True)
        quantiles = quantiles.isel(first, drop=True) if quantiles is not None else None
        refinement = refinement.isel(first, drop=True) if refinement is not None else None
    return Source(path, scan, data, status, quantiles, factors, refinement)


def title(sources: Sequence[Source]) -> str:
    """The title of the scans if they agree, else the name of the observable."""
    titles = {source.scan.title for source in sources}
    if len(titles) == 1 and "" not in titles:
        return titles.pop()
    long_name = str(sources[0].data.attrs["long_name"])
    return long_name[:1].upper() + long_name[1:]


def named(drawn: Sequence[str]) -> str:
    """Axes in a message."""
    return " and ".join(drawn) or "no axis"


def same(first: Source, other: Source, what: str, wanted: str, got: str) -> None:
    """Refuse stores that cannot be drawn into one figure."""
    if wanted != got:
        raise InputError(f"{other.path}: {what} {got}; allowed beside {first.path}: {wanted}")


def drawn_axes(source: Source, band: str | None = None) -> tuple[str, ...]:
    """Names of the axes of the figure's plane: one, two (across, up) for a map of chi2, or none for bars of limits.

    The axis of a band is not among those of limits.

    Raises
    ------
    InputError
        If there is nothing to draw along.
    """
    scan = source.scan
    if scan.observable == "events":
        return ("trigger",)
    if scan.observable == "limit":
        unseen = (scan.sought, band)
        numeric = [axis for axis in scan.axes if axis.numeric and len(axis) > 1 and axis.name not in unseen]
        return (max(reversed(numeric), key=len).name,) if numeric else ()
    if scan.observable not in ("chi2", "separation"):
        return tuple(axis.name for axis in scan.axes if axis.name in ENERGY_AXES)
    numeric = [axis for axis in scan.axes if axis.numeric]
    if not numeric:
        raise InputError(
            f"{source.path}: no numeric axis to draw {scan.observable} along; allowed: a scan with one in [axes]"
        )
    long = [axis.name for axis in numeric if len(axis) >= LONG][-2:]
    if len(long) == 2:
        return tuple(sorted(long, key=lambda name: key_of(name) == "coupling"))
    return (max(numeric, key=lambda axis: (len(axis) > 1, numeric.index(axis))).name,)


def curve_counts(lengths: list[dict[str, int]], most: int = MOST_CURVES) -> list[dict[str, int]]:
    """How many values to draw of each axis of each store, for at most ``most`` curves in all if that is possible.

    The longest axes are shortened first, of equally long ones the first.
    """
    counts = [{name: min(length, most) for name, length in axes.items()} for axes in lengths]
    while sum(math.prod(axes.values()) for axes in counts) > most:
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


def _add(picture: Picture, source: Source, counts: dict[str, int], band: str | None, store: int) -> None:
    """Add the curves or maps of a store, and the notes on it."""
    data, drawn = source.data, picture.drawn
    constant = constant_facts(source.scan)
    picks = {name: evenly(data.sizes[name], count) for name, count in counts.items()}
    most = MOST_POINTS[len(drawn) - 1]
    thinned = {name: evenly(data.sizes[name], most) for name in drawn if data.sizes[name] > most}
    points, faults = 0, Counter[str]()
    if band in source.data.dims:
        constant["band"] = band_words(str(band), source.data[band].values.tolist())
    for number, combination in enumerate(itertools.product(*picks.values())):
        place = {**thinned, **dict(zip(picks, combination, strict=True))}
        curve = along(data.isel(place), drawn)
        here = {name: curve[name].item() for name in picks}
        coordinates = tuple(np.asarray(curve[name].values, dtype=np.float64) for name in drawn)
        values, negative = read(source, curve), None
        points += curve.size
        if source.status is None:
            faults["are NaN, that is, not computed"] += int(np.isnan(values).sum())
            faults["are infinite and left out"] += int(np.isinf(values).sum())
        else:
            status = read(source, along(source.status.isel(place), drawn))
            values, negative, missing = by_sign(values, status, several=bool(source.scan.limit_on))
            faults.update(missing)
        edges = {}
        if band in curve.dims:
            upper, negative_upper = values.max(axis=-1), None if negative is None else negative.max(axis=-1)
            values, negative = values.min(axis=-1), None if negative is None else negative.min(axis=-1)
            edges = {"upper": upper, "negative_upper": negative_upper}
        facts, triggers = {**constant, **here}, source.scan.triggers
        series = Series(facts, set(picks), coordinates, values, negative, triggers, **edges, store=store, place=number)
        picture.series.append(series)
    picture.notes += _left_out(source, picks, drawn, most)
    what = "points" if source.status is None else "limits"
    picture.notes += [f"{source.path}: {n} of the {points} {what} drawn {why}" for why, n in faults.items() if n]


def along(data: xr.DataArray, drawn: Sequence[str]) -> xr.DataArray:
    """Data with the drawn axes first and increasing."""
    return data.transpose(*drawn, ...).sortby(list(drawn)) if drawn else data


def read(source: Source, data: xr.DataArray) -> Array:
    """The numbers of a part of a store."""
    try:
        return np.asarray(data.values, dtype=np.float64)
    except StoreError:
        raise
    except (OSError, RuntimeError, ValueError) as error:
        raise StoreError(f"{source.path}: cannot be read ({error}); renp-fast verify names what is damaged") from error


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
