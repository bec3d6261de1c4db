"""How well an alternative describes the events of the truth, at the points of a box."""

import numpy as np

from renp_fast.evaluate.event_forms import share_rows, tiles
from renp_fast.evaluate.limits import threshold
from renp_fast.evaluate.nuisance_points import at_point
from renp_fast.evaluate.parameter_tables import Couplings
from renp_fast.evaluate.profile_search import refined_separation, searches
from renp_fast.kernels.likelihood import separations
from renp_fast.kernels.types import Array
from renp_fast.scan_file.grid import Box
from renp_fast.scan_file.scan import Scan

COLUMNS = separations.STATUS + 1
# An interaction without a new coupling is a quadratic form as well, of which two coefficients are zero
POWERS, POWERS_WITH_WIDTH = 3, 4


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
    question = (threshold(alternative.confidence_level), alternative.free_coupling, share_rows(alternative))
    results = np.empty((*shape, COLUMNS))
    for tile, place, rows in tiles(alternative, couplings, powers, box):
        part = np.empty((len(rows.mediators), COLUMNS))
        truth = np.ascontiguousarray(expected[place]).reshape(len(part), -1)
        if alternative.refine:
            for point, search in enumerate(searches(at_point(alternative, tile), powers, rows, truth)):
                refined_separation(search, question, part[point])
        else:
            separations.fill_separations(*rows, truth, question, part)
        results[place] = part.reshape(results[place].shape)
    return results
