"""Blocks of adaptive scans: planes, of which only those points are computed that a contour or feature asks for.

A block holds whole planes, so that its bits, and which points it has, depend on the scan and its index alone.
"""

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from renp_fast.adaptive.plane_points import listed
from renp_fast.adaptive.quadtree import Kinds, Plane
from renp_fast.adaptive.threshold_sides import sides
from renp_fast.evaluate.evaluate import Evaluator
from renp_fast.evaluate.limits import contour_levels
from renp_fast.evaluate.nuisance_points import whole
from renp_fast.kernels.types import Array, IntArray
from renp_fast.scan_file.grid import Box
from renp_fast.scan_file.scan import Scan
from renp_fast.scan_file.variables import REFINEMENT, STATUSES, variables_of

Values = dict[str, NDArray[Any]]
HIGHEST = 1e300  # of a value over a level


class PlaneOfScan:
    """A plane of an adaptive scan: its `Plane`, and the stored variables at the points of it, in their order."""

    def __init__(self, scan: Scan, at: Sequence[int]) -> None:
        assert scan.adaptive is not None
        self.scan = scan
        self.at = tuple(at)
        self.pair = pair_of(scan)
        self.contours = contour_levels(scan)
        self._parts: list[Values] = []
        first, second = self.pair
        self.plane = Plane((scan.shape[first], scan.shape[second]), scan.adaptive.coarsest, self.look)

    def refine(self) -> Iterator[int]:
        """Refine the plane, step by step."""
        return self.plane.refine()

    @property
    def values(self) -> Values:
        """The stored variables at all points looked at, each (points, ...)."""
        names = self._parts[0]
        return {name: np.concatenate([part[name] for part in self._parts]) for name in names}

    def look(self, i: IntArray, j: IntArray) -> tuple[Array, Kinds]:
        """Compute points of the plane, keep their values, and tell of them what a `Plane` asks."""
        values: Values = {}
        features = []
        members = []
        for scan, chosen in listed(self.scan, self.pair, self.at, i, j):
            part = Evaluator(scan)(whole(scan))
            for name, array in part.items():
                trailing = array.shape[len(scan.shape) :]
                full = values.setdefault(name, np.empty((i.size, *trailing), dtype=array.dtype))
                full[chosen] = array.reshape(chosen.size, *trailing)
            hypotheses = [scan, *([scan.alternative] if scan.alternative else [])]
            features.append(np.concatenate([sides(each) for each in hypotheses], axis=1))
            members.append(chosen)
        self._parts.append(values)
        places = np.argsort(np.concatenate(members))
        return self._told(values, np.concatenate(features)[places])

    def _told(self, values: Values, features: NDArray[np.bool_]) -> tuple[Array, Kinds]:
        """Heights of the observable over the contours, and the kinds of the points.

        Heights are those of asinh(value/level): about logarithms far above a level, straight far below.
        """
        observable = np.abs(values[self.scan.observable].astype(np.float64)).reshape(len(features), -1)
        finite = np.isfinite(observable)
        known = np.where(finite, observable, np.nan)
        with np.errstate(over="ignore"):
            ratios = [np.minimum(known / level, HIGHEST) for level in self.contours]
        heights = [np.arcsinh(ratio) - math.asinh(1.0) for ratio in ratios]
        above = [observable > level for level in self.contours]
        statuses = [values[name].reshape(len(features), -1) for name in STATUSES if name in values]
        bits = np.packbits(np.concatenate([features, finite, *above], axis=1), axis=1)
        empty = np.empty((len(features), 0))
        return np.concatenate([empty, *heights], axis=1), np.concatenate([bits, *statuses], axis=1)


def pair_of(scan: Scan) -> tuple[int, int]:
    """Numbers of the two axes of an adaptive scan, in their order."""
    assert scan.adaptive is not None
    first, second = sorted(scan.axis_names.index(name) for name in scan.adaptive.axes)
    return first, second


def planes_of(scan: Scan, box: Box) -> Iterator[tuple[int, ...]]:
    """The planes of a box: a place along every axis, 0 along those of the plane."""
    pair = pair_of(scan)
    ranges = [range(1) if axis in pair else range(part.start, part.stop) for axis, part in enumerate(box)]
    return itertools.product(*ranges)


class AdaptiveEvaluator:
    """Evaluates blocks of an adaptive scan, in the place of an `Evaluator`."""

    def __init__(self, scan: Scan) -> None:
        self.scan = scan

    def numbers(self, box: Box) -> int:  # noqa: ARG002
        """Numbers whose memory an evaluation can use again: none."""
        return 0

    def __call__(self, box: Box, out: Array | None = None) -> Values:  # noqa: ARG002
        """Every stored variable at the points of a box of whole planes; where nothing is computed, its fill value."""
        return self.assembled(box, map(self._refined, planes_of(self.scan, box)))

    def assembled(self, box: Box, planes: Iterable[PlaneOfScan]) -> Values:
        """The stored variables of a box, from its planes."""
        shape = [part.stop - part.start for part in box]
        result = {
            variable.name: np.full((*shape, *variable.lengths), variable.fill, dtype=variable.dtype)
            for variable in variables_of(self.scan)
        }
        for refined in planes:
            plane = refined.plane
            place: list[Any] = [k - part.start for k, part in zip(refined.at, box, strict=True)]
            for axis, positions in zip(refined.pair, (plane.i, plane.j), strict=True):
                place[axis] = positions
            for name, array in (refined.values | {REFINEMENT: plane.levels}).items():
                result[name][tuple(place)] = array
        return result

    def _refined(self, at: tuple[int, ...]) -> PlaneOfScan:
        refined = PlaneOfScan(self.scan, at)
        for _ in refined.refine():
            pass
        return refined


def evaluator_of(scan: Scan) -> Evaluator | AdaptiveEvaluator:
    """What evaluates the blocks of a scan."""
    return Evaluator(scan) if scan.adaptive is None else AdaptiveEvaluator(scan)
