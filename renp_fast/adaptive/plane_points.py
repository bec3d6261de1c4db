"""Points listed one by one: a scan's plane at any of its points, as scans of their own."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from renp_fast.evaluate.parameter_tables import mediator_names
from renp_fast.kernels.types import IntArray
from renp_fast.scan_file.axes import Axis
from renp_fast.scan_file.scan import Scan, on_axes
from renp_fast.scan_file.schema import ENERGY_AXES

POINT = "point"


def listed(
    scan: Scan, pair: tuple[int, int], at: Sequence[int], i: IntArray, j: IntArray
) -> Iterator[tuple[Scan, IntArray]]:
    """Scans of the points of a plane at ``i`` and ``j`` along the ``pair`` of its axes, and which points each has.

    Along the other axes they are ``at`` one place. Mostly one scan has all points as a list. Where kernels need a grid,
    of photon energies, or share much along one of the axes, nuisance points, there is one for each place along the
    other.
    """
    rows = _row_axis(scan, pair)
    if rows is None:
        yield _at(scan, pair, at, (i, j)), np.arange(i.size)
        return
    places = (i, j)[rows]
    order = np.argsort(places, kind="stable")
    _, starts = np.unique(places[order], return_index=True)
    for members in np.split(order, starts[1:]):
        yield _at(scan, pair, at, (i[members], j[members]), rows), members


def _row_axis(scan: Scan, pair: tuple[int, int]) -> int | None:
    """Which of the pair has a scan for each place along it, if any."""
    varied = scan.alternative or scan
    if scan.axes[pair[1]].name in ENERGY_AXES:
        return 0
    if scan.axes[pair[0]].name in ENERGY_AXES:
        return 1
    shared = [varied.axes[axis].name in mediator_names(varied) for axis in pair]
    return shared.index(False) if varied.profile and any(shared) and not all(shared) else None


def _at(
    scan: Scan, pair: tuple[int, int], at: Sequence[int], places: tuple[IntArray, IntArray], rows: int | None = None
) -> Scan:
    """The scan at some points of a plane: all together, or with one place along one of the axes."""

    def cut(axes: Sequence[Axis]) -> tuple[Axis, ...]:
        first, second = (axes[axis] for axis in pair)
        if rows is None:
            together = {axis.name: np.asarray(axis.values)[k] for axis, k in zip((first, second), places, strict=True)}
            point = Axis(POINT, np.arange(places[0].size, dtype=np.float64), "1", "number of the point", together)
            replaced = {pair[0]: point}
        else:
            kept = (places[0][:1], places[1]) if rows == 0 else (places[0], places[1][:1])
            replaced = {
                number: replace(axes[number], values=np.asarray(axes[number].values)[k])
                for number, k in zip(pair, kept, strict=True)
            }
        others = {number: replace(axes[number], values=axes[number].values[k : k + 1]) for number, k in enumerate(at)}
        every = {number: axis for number, axis in others.items() if number not in pair} | replaced
        return tuple(every[number] for number in sorted(every))

    alternative = scan.alternative and on_axes(scan.alternative, cut(scan.alternative.axes))
    return replace(on_axes(scan, cut(scan.axes)), alternative=alternative, adaptive=None)
