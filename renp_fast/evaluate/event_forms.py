"""The event numbers of a tile of points as rows of quadratic forms, for the kernels that search over couplings."""

import dataclasses
import math
from collections.abc import Iterator
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from renp_fast.evaluate.nuisance_points import Events, EventsOfSets, at_point, events, nuisance_events
from renp_fast.evaluate.parameter_tables import COUPLING_NAMES, Couplings, Tables, mediator_names, table_parameters
from renp_fast.kernels.amplitude.models import CONSTANT
from renp_fast.kernels.types import Array
from renp_fast.scan_file.axes import Axis
from renp_fast.scan_file.grid import Box, block_shape, boxes
from renp_fast.scan_file.scan import Scan

TILE_POINTS = 2**13
# Sets of nuisance points are computed together until their forms have about this many numbers
SETS_NUMBERS = 2**19
# What the points and costs of priors depend on: one of each at a time
PRIOR_NAMES = ("ordering", "oscillation")


class Rows(NamedTuple):
    """Rows of a tile: one for each point, or, with a profile, the nuisance points that all its points share.

    With other interactions too, whose events are not the Standard Model's, all points share them. The first row is the
    Standard Model then, and its prior infinite: it is what chi^2 is taken against, and no hypothesis.

    Attributes
    ----------
    forms, levels, yields, priors : ndarray
        (rows, powers, triggers), (rows, triggers, 2) twice, and (rows,).
    mediators : ndarray
        (points, 4).
    """

    forms: Array
    levels: Array
    yields: Array
    priors: Array
    mediators: Array


class Tile(NamedTuple):
    """Points of a box: a set of mediators if these share their rows.

    Attributes
    ----------
    points : Box
    place : Box
        Where they lie in the box.
    rows : Rows
    """

    points: Box
    place: Box
    rows: Rows


def share_rows(scan: Scan) -> bool:
    """Whether the points of a tile share their rows."""
    return bool(scan.profile or scan.others)


def tiles(scan: Scan, couplings: Couplings, powers: int, box: Box) -> Iterator[Tile]:
    """The tiles of a box."""
    if share_rows(scan):
        yield from _shared_tiles(scan, couplings, powers, box)
        return
    for points, place in tile_boxes(scan, box):
        tables = Tables(scan, couplings, points)
        count = math.prod(tables.shape[:-1])
        (mediators,) = _mediators(tables, [])
        yield Tile(points, place, Rows(*events(scan, powers, points), np.zeros(count), mediators))


def tile_boxes(scan: Scan, box: Box) -> Iterator[tuple[Box, Box]]:
    """The points of each tile of a box, and where they lie in it."""
    lengths = [part.stop - part.start for part in box]
    shape = list(block_shape(lengths, TILE_POINTS))
    if share_rows(scan):
        shape = [n if skip else 1 for skip, n in zip(shared_axes(scan), lengths, strict=True)]
    for points in boxes(box, shape):
        yield points, within(points, box)


class Sets:
    """The rows of all sets of a scan whose points share rows; holds what blocks have in common."""

    def __init__(self, scan: Scan, couplings: Couplings, powers: int) -> None:
        self.scan, self.couplings, self.powers = scan, couplings, powers
        self.shared = shared_axes(scan)
        self._alone = bool(scan.others) or scan.averaged  # a set at a time
        self._lone = [_lone(scan, axis) for axis in scan.axes]
        names = table_parameters(scan)["mediators"]
        self._of_mediators = [not names.isdisjoint(axis.parameters) for axis in scan.axes]
        self._events: dict[tuple[int, ...], EventsOfSets] = {}
        self._latest: tuple[object, Array] | None = None

    def __call__(self, box: Box) -> Iterator[tuple[Box, Rows]]:
        """Parts of a box, and the rows of all their sets.

        All but the priors have a first axis of sets, those of the points along the axes that are not shared; what is
        the same for all has one of them only.
        """
        lengths = [part.stop - part.start for part in box]
        many = [n if skip else cut for skip, n, cut in zip(self.shared, lengths, self._cut(lengths), strict=True)]
        for part in boxes(box, many):
            if self._alone:
                of_truth = _after_standard_model if self.scan.others else nuisance_events
                tables, priors = of_truth(at_point(self.scan, part), self.powers)
                forms, levels, yields = (table[np.newaxis] for table in tables)
            else:
                (forms, levels, yields), priors = self._events_of(part)
            yield part, Rows(forms, levels, yields, priors, self._mediators_of(part))

    def _cut(self, lengths: list[int]) -> tuple[int, ...]:
        """How many points along each axis have their rows computed together."""
        if self._alone:
            return (1,) * len(lengths)
        numbers = self.scan.nuisance_points * self.powers * len(self.scan.triggers)
        one = zip(self.shared, self._lone, lengths, strict=True)
        return block_shape([1 if skip or lone else n for skip, lone, n in one], SETS_NUMBERS // numbers)

    def _events_of(self, box: Box) -> tuple[Events, Array]:
        """Events of the sets of a box that are computed together, and the costs of priors."""
        key = tuple(part.start for part, lone in zip(box, self._lone, strict=True) if lone)
        if key not in self._events:
            self._events[key] = EventsOfSets(_truths(self.scan, box), self.powers)
        events = self._events[key]
        varied = zip(box, self.shared, self._lone, strict=True)
        return events(tuple(part for part, *skip in varied if not any(skip))), events.priors

    def _mediators_of(self, box: Box) -> Array:
        """The mediators of each set of a box; block after block shares them unless what they depend on differs."""
        parts = zip(box, self._of_mediators, strict=True)
        key = [(part.start if varied else None, part.stop - part.start) for part, varied in parts]
        latest = self._latest
        if latest is None or latest[0] != key:
            names = [axis.name for axis, skip in zip(self.scan.axes, self.shared, strict=True) if not skip]
            latest = self._latest = key, _mediators(Tables(self.scan, self.couplings, box), names)
        return latest[1]


def _shared_tiles(scan: Scan, couplings: Couplings, powers: int, box: Box) -> Iterator[Tile]:
    for part, rows in Sets(scan, couplings, powers)(box):
        lengths = [along.stop - along.start for along in part]
        one = [n if skip else 1 for skip, n in zip(shared_axes(scan), lengths, strict=True)]
        for i, points in enumerate(boxes(part, one)):
            forms, levels, yields, mediators = (
                table[i % len(table)] for table in (rows.forms, rows.levels, rows.yields, rows.mediators)
            )
            yield Tile(points, within(points, box), Rows(forms, levels, yields, rows.priors, mediators))


def shared_axes(scan: Scan) -> list[bool]:
    """Of each axis, whether the points along it share their nuisance points."""
    return [_shared(scan, axis) for axis in scan.axes]


def _shared(scan: Scan, axis: Axis) -> bool:
    """Whether the points along an axis share their nuisance points."""
    return {*mediator_names(scan)}.issuperset(axis.parameters)


def _lone(scan: Scan, axis: Axis) -> bool:
    """Whether sets along an axis are computed one at a time.

    Points and costs of priors vary along it, or coupling matrices among which a nuisance parameter chooses too.
    """
    profiled = {form.name for form in scan.profile}
    names = PRIOR_NAMES if profiled.isdisjoint(COUPLING_NAMES) else (*PRIOR_NAMES, *COUPLING_NAMES)
    return not {*names}.isdisjoint(axis.parameters)


def _truths(scan: Scan, box: Box) -> Scan:
    """The scan without mediators, of the sets of a box that are computed together."""
    values, axes = dict(scan.values), []
    for axis, part in zip(scan.axes, box, strict=True):
        if _lone(scan, axis):
            values |= {name: axis.along(name)[part.start] for name in axis.parameters}
        elif not _shared(scan, axis):
            axes.append(axis)
    return dataclasses.replace(scan, values=MappingProxyType(values), axes=tuple(axes))


def _mediators(tables: Tables, names: list[str]) -> Array:
    """The mediators of each set of a box, (sets, points, 4), one if they are the same for all; axes of sets by name."""
    table, steps = tables.mediators()
    own = [name for name in tables.dims if name not in (*names, "trigger")]
    first = tables.row_of_points(steps, names)
    return table[np.add.outer(first if first.any() else first[:1], tables.row_of_points(steps, own))]


def within(points: Box, box: Box) -> Box:
    """Where points of a box lie in it."""
    return tuple(slice(p.start - b.start, p.stop - b.start) for p, b in zip(points, box, strict=True))


def _after_standard_model(truth: Scan, powers: int) -> tuple[Events, Array]:
    """Rows after that of the Standard Model; those on a pole of another interaction get an infinite prior."""
    tables, priors = nuisance_events(truth, powers)
    standard = events(dataclasses.replace(truth, others=()), powers, ())
    forms, levels, yields = (np.concatenate(pair) for pair in zip(standard, tables, strict=True))
    polar = np.flatnonzero(np.isinf(forms[:, CONSTANT].sum(axis=1)))
    priors = np.concatenate([[math.inf], priors])
    forms[polar], priors[polar] = forms[0], math.inf
    return (forms, levels, yields), priors
