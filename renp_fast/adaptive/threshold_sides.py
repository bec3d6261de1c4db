"""Thresholds and poles: on which side of each a point of a scan lies."""

import numpy as np
from numpy.typing import NDArray

from renp_fast.evaluate.nuisance_points import whole
from renp_fast.evaluate.parameter_tables import Couplings, Tables
from renp_fast.kernels.amplitude.masses_and_mixing import NEUTRINO_COLUMNS
from renp_fast.kernels.amplitude.models import MODEL_E_EG, pair_thresholds
from renp_fast.kernels.types import Array, IntArray
from renp_fast.scan_file.scan import Scan

MASS = "mediator_mass_eV"


def sides(scan: Scan) -> NDArray[np.bool_]:
    """Whether each pair is open, and whether s > M^2, at every energy of each point of a scan, in C order.

    Two points differ where a threshold or the pole of a mediator, of whatever width, lies between them; poles count
    only where a pair is open.

    Returns
    -------
    ndarray of bool
        (points, 6 and one for each mediator, for each energy: one, or the triggers).
    """
    leading = scan.leading
    tables = Tables(leading, Couplings(leading), whole(leading))
    models, model_steps = tables.models()
    levels, level_steps = tables.levels()
    model, s = tables.row_of_points(model_steps), levels[tables.row_of_points(level_steps), 0]
    is_open = s[:, np.newaxis] > _threshold_s(models)[model]
    columns = [is_open]
    for each in (leading, *leading.others):
        if each.along(MASS):
            own = Tables(each, Couplings(each), whole(each))
            mass: Array = np.broadcast_to(own.column(MASS), own.shape).ravel()
            columns.append(((s > mass * mass) & is_open.any(axis=1))[:, np.newaxis])
    every: NDArray[np.bool_] = np.concatenate(columns, axis=1).reshape(scan.points, -1)
    return every


def _threshold_s(models: Array) -> Array:
    """The s, in eV^2, above which each pair is open, of each row of models (rows, 6)."""
    first: IntArray
    parameters = np.concatenate([models[:, :NEUTRINO_COLUMNS], models[:, MODEL_E_EG, np.newaxis]], axis=1)
    rows, first = np.unique(parameters, axis=0, return_inverse=True)
    detunings = np.stack([high for high, _, _ in pair_thresholds(rows.T, rows[:, -1])], axis=1)
    result: Array = (2.0 * rows[:, -1:] * detunings)[first.ravel()]
    return result
