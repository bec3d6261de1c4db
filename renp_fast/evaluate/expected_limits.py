"""Expected limits from pseudo-experiments, at the points of a box."""

import numpy as np

from renp_fast.evaluate.event_forms import share_rows, tiles
from renp_fast.evaluate.limits import threshold
from renp_fast.evaluate.parameter_tables import Couplings
from renp_fast.kernels.likelihood import pseudo_experiments
from renp_fast.kernels.likelihood.profiles import POSITIVE_STATUS
from renp_fast.kernels.types import Array
from renp_fast.scan_file.grid import Box
from renp_fast.scan_file.scan import Scan

LEVELS = pseudo_experiments.LEVELS_OF_QUANTILES
COLUMNS = pseudo_experiments.QUANTILES + 2 * len(LEVELS)


def variables(values: Array) -> tuple[dict[str, Array], dict[str, Array]]:
    """The stored variables in the columns of expected limits: numbers, and whole numbers."""
    numbers = {
        "limit": values[..., :POSITIVE_STATUS],
        "limit_quantiles": values[..., pseudo_experiments.QUANTILES :].reshape(*values.shape[:-1], 2, len(LEVELS)),
    }
    return numbers, {"limit_status": values[..., POSITIVE_STATUS : pseudo_experiments.QUANTILES]}


def simulated(scan: Scan, couplings: Couplings, powers: int, box: Box) -> Array:
    """Median limits, statuses and quantiles (shape of the box, 14)."""
    results = np.empty((*(part.stop - part.start for part in box), COLUMNS))
    question = (threshold(scan.confidence_level), scan.toys, scan.seed)
    for _, place, rows in tiles(scan, couplings, powers, box):
        part = np.empty((len(rows.mediators), COLUMNS))
        pseudo_experiments.fill_toys(*rows, share_rows(scan), question, part)
        results[place] = part.reshape(results[place].shape)
    return results
