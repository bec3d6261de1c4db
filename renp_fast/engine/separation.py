"""How well an alternative describes the events of the truth, at the points of a box."""

import math

import numpy as np

from renp_fast.engine.grid import Box, block_shape, boxes
from renp_fast.engine.limits import threshold
from renp_fast.engine.nuisances import at_point, events, nuisance_events
from renp_fast.engine.spec import Scan
from renp_fast.engine.tables import MEDIATOR_NAMES, Couplings, Tables
from renp_fast.kernels import separations
from renp_fast.kernels.types import Array

COLUMNS = separations.STATUS + 1
# An interaction without a new coupling is a quadratic form as well, of which two coefficients are zero
POWERS, POWERS_WITH_WIDTH = 3, 4
TILE_POINTS = 2**13


def variables(values: Array) -> tuple[dict[str, Array], dict[str, Array]]:
    """The stored variables in the columns of separations: numbers, and whole numbers."""
    numbers = {
        "separation": values[..., separations.CHI2],
        "exposure_factor": values[..., separations.FACTOR],
        "events_needed": values[..., separations.EVENTS],
    }
    return numbers, {"separation_status": values[..., separations.STATUS]}


def separated(alternative: Scan, couplings: Couplings, expected: Array, box: Box) -> Array:
    """Chi^2, factor on the exposures, events it makes, and status (shape of the box, 4).

    ``expected`` (shape of the box, triggers) holds the events of the truth.
    """
    shape = [part.stop - part.start for part in box]
    powers = POWERS_WITH_WIDTH if any(alternative.along("mediator_width_eV")) else POWERS
    question = (threshold(alternative.confidence_level), alternative.free_coupling, bool(alternative.profile))
    results = np.empty((*shape, COLUMNS))
    for tile in _tiles(alternative, box):
        tables = Tables(alternative, couplings, tile)
        rows, steps = tables.mediators()
        points = math.prod(tables.shape[:-1])
        mediators = rows[tables.row_of_points(steps).reshape(points, -1)[:, 0]]
        if alternative.profile:
            (forms, levels, yields), priors = nuisance_events(at_point(alternative, tile), powers)
        else:
            forms, levels, yields = events(alternative, powers, tile)
            priors = np.zeros(points)
        place = tuple(slice(t.start - b.start, t.stop - b.start) for t, b in zip(tile, box, strict=True))
        truth = np.ascontiguousarray(expected[place]).reshape(points, -1)
        part = np.empty((points, COLUMNS))
        separations.fill_separations(forms, levels, yields, priors, mediators, truth, question, part)
        results[place] = part.reshape(results[place].shape)
    return results


def _tiles(alternative: Scan, box: Box) -> list[Box]:
    """With nuisances, the mediators that share their points; without, what the cache of a core holds."""
    lengths = [part.stop - part.start for part in box]
    if not alternative.profile:
        return list(boxes(box, block_shape(lengths, TILE_POINTS)))
    shared = [axis.name in MEDIATOR_NAMES for axis in alternative.axes]
    return list(boxes(box, [n if skip else 1 for skip, n in zip(shared, lengths, strict=True)]))
