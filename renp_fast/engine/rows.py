"""The event numbers of a tile of points as rows of quadratic forms, for the kernels that search over couplings."""

import dataclasses
import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from renp_fast.engine.grid import Box, block_shape, boxes
from renp_fast.engine.nuisances import at_point, events, nuisance_events
from renp_fast.engine.spec import Scan
from renp_fast.engine.tables import Couplings, Tables, mediator_names
from renp_fast.kernels.spectral import CONSTANT
from renp_fast.kernels.types import Array

TILE_POINTS = 2**13


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


def tiles(scan: Scan, box: Box) -> Iterator[tuple[Box, Box]]:
    """The tiles of a box, and where they lie in it.

    If its points share their rows, a tile is a set of mediators; else what the cache of a core holds.
    """
    lengths = [part.stop - part.start for part in box]
    shape = list(block_shape(lengths, TILE_POINTS))
    if share_rows(scan):
        names = mediator_names(scan)
        shape = [n if {*names}.issuperset(axis.parameters) else 1 for axis, n in zip(scan.axes, lengths, strict=True)]
    for tile in boxes(box, shape):
        yield tile, tuple(slice(t.start - b.start, t.stop - b.start) for t, b in zip(tile, box, strict=True))


def share_rows(scan: Scan) -> bool:
    """Whether the points of a tile share their rows."""
    return bool(scan.profile or scan.others)


def rows_of(scan: Scan, couplings: Couplings, powers: int, tile: Box) -> Rows:
    """The rows of a tile."""
    tables = Tables(scan, couplings, tile)
    points = math.prod(tables.shape[:-1])
    mediators, steps = tables.mediators()
    mediators = mediators[tables.row_of_points(steps).reshape(points, -1)[:, 0]]
    if share_rows(scan):
        truth = at_point(scan, tile)
        (forms, levels, yields), priors = nuisance_events(truth, powers)
        rows = Rows(forms, levels, yields, priors, mediators)
        return _after_standard_model(rows, truth, powers) if scan.others else rows
    return Rows(*events(scan, powers, tile), np.zeros(points), mediators)


def _after_standard_model(rows: Rows, truth: Scan, powers: int) -> Rows:
    """The rows after that of the Standard Model; those on a pole of another interaction get an infinite prior."""
    standard = events(dataclasses.replace(truth, others=()), powers, ())
    forms, levels, yields = (np.concatenate(pair) for pair in zip(standard, rows[:3], strict=True))
    polar = np.flatnonzero(np.isinf(forms[:, CONSTANT].sum(axis=1)))
    priors = np.concatenate([[math.inf], rows.priors])
    forms[polar], priors[polar] = forms[0], math.inf
    return Rows(forms, levels, yields, priors, rows.mediators)
