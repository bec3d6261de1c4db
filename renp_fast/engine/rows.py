"""The event numbers of a tile of points as rows of quadratic forms, for the kernels that search over couplings."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from renp_fast.engine.grid import Box, block_shape, boxes
from renp_fast.engine.nuisances import at_point, events, nuisance_events
from renp_fast.engine.spec import Scan
from renp_fast.engine.tables import Couplings, Tables, mediator_names
from renp_fast.kernels.types import Array

TILE_POINTS = 2**13


class Rows(NamedTuple):
    """Rows of a tile: one for each point, or, with a profile, the nuisance points that all its points share.

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


def tiles(scan: Scan, box: Box) -> Iterator[tuple[Box, Box]]:
    """The tiles of a box, and where they lie in it.

    With a profile, a tile is a set of mediators, which share their nuisance points; else what the cache of a core
    holds.
    """
    lengths = [part.stop - part.start for part in box]
    shape = list(block_shape(lengths, TILE_POINTS))
    if scan.profile:
        names = mediator_names(scan)
        shape = [n if {*names}.issuperset(axis.parameters) else 1 for axis, n in zip(scan.axes, lengths, strict=True)]
    for tile in boxes(box, shape):
        yield tile, tuple(slice(t.start - b.start, t.stop - b.start) for t, b in zip(tile, box, strict=True))


def rows_of(scan: Scan, couplings: Couplings, powers: int, tile: Box) -> Rows:
    """The rows of a tile."""
    tables = Tables(scan, couplings, tile)
    points = math.prod(tables.shape[:-1])
    mediators, steps = tables.mediators()
    mediators = mediators[tables.row_of_points(steps).reshape(points, -1)[:, 0]]
    if scan.profile:
        (forms, levels, yields), priors = nuisance_events(at_point(scan, tile), powers)
        return Rows(forms, levels, yields, priors, mediators)
    return Rows(*events(scan, powers, tile), np.zeros(points), mediators)
