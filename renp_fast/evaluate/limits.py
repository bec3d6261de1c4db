"""Limits, and chi^2 profiled over nuisance parameters, at the points of a box."""

import numpy as np

from renp_fast.evaluate.event_forms import Rows, Sets, tiles, within
from renp_fast.evaluate.nuisance_points import at_point
from renp_fast.evaluate.profile_search import refined_chi2, refined_limits, searches
from renp_fast.kernels.likelihood import profiles
from renp_fast.kernels.likelihood.crossings import POLE
from renp_fast.kernels.types import Array
from renp_fast.scan_file.grid import Box, size
from renp_fast.scan_file.scan import Scan


def threshold(confidence_level: float) -> float:
    """Chi^2 of one degree of freedom at a confidence level: 2.7055 at 0.90, 3.8415 at 0.95."""
    from scipy.special import gammaincinv  # only here: spectra begin sooner without

    return 2.0 * float(gammaincinv(0.5, confidence_level))


def contour_levels(scan: Scan) -> tuple[float, ...]:
    """Levels of the observable whose contours an adaptive scan looks for."""
    assert scan.adaptive is not None
    usual = (threshold(scan.confidence_level),) if scan.observable in ("chi2", "separation") else ()
    return scan.adaptive.contours or usual


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


def profiled(sets: Sets, box: Box) -> Array:
    """Profiled chi^2 (shape of the box), or limits (shape of the box, columns).

    All mediators of one set of the other parameters share its nuisance points.
    """
    scan, couplings, powers = sets.scan, sets.couplings, sets.powers
    chi2 = scan.observable == "chi2"
    level, count = threshold(scan.confidence_level), 1 if chi2 else columns(scan)
    if not (chi2 or scan.refine):
        return _limits_of_sets(sets, box, level, count)
    results = np.empty([*(part.stop - part.start for part in box), count])
    for tile, place, rows in tiles(scan, couplings, powers, box):
        part = np.empty((len(rows.mediators), count))
        if scan.refine:
            expected = np.empty(len(scan.triggers))
            profiles.expected_events(rows.forms[0], rows.levels[0], rows.yields[0], expected)
            for point, search in enumerate(searches(at_point(scan, tile), powers, rows, [expected] * len(part))):
                if chi2:
                    part[point] = refined_chi2(search)
                else:
                    refined_limits(search, level, part[point])
        else:
            profiles.fill_profiled_chi2(*rows, part[:, 0])
        if not chi2:
            _mark_poles(rows, part)
        results[place] = part.reshape(results[place].shape)
    return results[..., 0] if chi2 else results


def _limits_of_sets(sets: Sets, box: Box, level: float, count: int) -> Array:
    """Limits (shape of the box, columns), many sets together."""
    results = np.empty([*(part.stop - part.start for part in box), count])
    for points, rows in sets(box):
        mediators = rows.mediators.shape[1]
        values = np.empty((size(points) // mediators, mediators, count))
        profiles.fill_limits_of_sets(*rows, level, values)
        _mark_poles(rows, values)
        placed = _in_place(values, sets.shared, points)
        if points == box:
            return np.ascontiguousarray(placed)
        results[within(points, box)] = placed
    return results


def _mark_poles(rows: Rows, values: Array) -> None:
    """Say in the columns of limits that, wherever the nuisances are, another interaction is on its pole."""
    if np.isinf(rows.priors).all():
        values[..., profiles.POSITIVE_STATUS : profiles.COUNT] = POLE


def _in_place(values: Array, shared: list[bool], box: Box) -> Array:
    """Values of (sets, mediators, columns) along the axes of a box, and columns."""
    lengths = [part.stop - part.start for part in box]
    order = sorted(range(len(box)), key=shared.__getitem__)  # axes of sets, then those of mediators
    spread = values.reshape(*(lengths[axis] for axis in order), values.shape[-1])
    return np.moveaxis(spread, range(len(order)), order)
