"""Limits, and chi^2 profiled over nuisance parameters, at the points of a box."""

import numpy as np
from scipy.stats import chi2 as chi2_distribution

from renp_fast.engine.grid import Box, boxes
from renp_fast.engine.nuisances import at_point, nuisance_events
from renp_fast.engine.spec import Scan
from renp_fast.engine.tables import MEDIATOR_NAMES, Couplings, Tables
from renp_fast.kernels import profiles
from renp_fast.kernels.types import Array


def threshold(confidence_level: float) -> float:
    """Chi^2 of one degree of freedom at a confidence level: 2.7055 at 0.90, 3.8415 at 0.95."""
    return float(chi2_distribution.ppf(confidence_level, 1))


def columns(scan: Scan) -> int:
    """Numbers that a point of a limit has: both limits, both statuses, the number of intervals, and intervals."""
    return profiles.INTERVALS + 2 * (len(scan.triggers) + 1)


def variables(values: Array) -> tuple[dict[str, Array], dict[str, Array]]:
    """The stored variables in the columns of limits: numbers, and whole numbers."""
    intervals = values[..., profiles.INTERVALS :]
    numbers = {
        "limit": values[..., : profiles.POSITIVE_STATUS],
        "allowed_intervals": intervals.reshape(*values.shape[:-1], -1, 2),
    }
    statuses = values[..., profiles.POSITIVE_STATUS : profiles.COUNT]
    return numbers, {"limit_status": statuses, "interval_count": values[..., profiles.COUNT]}


def profiled(scan: Scan, couplings: Couplings, powers: int, box: Box) -> Array:
    """Profiled chi^2 (shape of the box), or limits (shape of the box, columns).

    All mediators of one set of the other parameters share its nuisance points.
    """
    shape = [part.stop - part.start for part in box]
    chi2 = scan.observable == "chi2"
    results = np.empty(shape if chi2 else [*shape, columns(scan)])
    shared = [axis.name in MEDIATOR_NAMES for axis in scan.axes]
    for tile in boxes(box, [n if skip else 1 for skip, n in zip(shared, shape, strict=True)]):
        (forms, levels, yields), priors = nuisance_events(at_point(scan, tile), powers)
        mediators, _ = Tables(scan, couplings, tile).mediators()
        if chi2:
            part = np.empty(len(mediators))
            profiles.fill_profiled_chi2(forms, levels, yields, priors, mediators, part)
        else:
            part = np.empty((len(mediators), columns(scan)))
            limit = threshold(scan.confidence_level)
            profiles.fill_profiled_limits(forms, levels, yields, priors, mediators, limit, part)
        place = tuple(slice(t.start - b.start, t.stop - b.start) for t, b in zip(tile, box, strict=True))
        results[place] = part.reshape(results[place].shape)
    return results
