"""The variables that a scan stores: one named after its observable, and for limits those that explain it."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from renp_fast.kernels.likelihood.pseudo_experiments import LEVELS_OF_QUANTILES
from renp_fast.scan_file.definition import Scan
from renp_fast.scan_file.refined_axes import Adaptive
from renp_fast.scan_file.schema import LINEAR, OBSERVABLES

SIGNS = ("positive", "negative")
EDGES = ("lower", "upper")
REFINEMENT = "refinement"  # of adaptive scans
STATUSES = ("limit_status", "separation_status")
STATUS_MEANING = "0 not done, 1 found, 2 cannot reach the threshold, 3 on a pole, 4 not converged"
OTHERS_EXCLUDED = "2 also where the other interactions are excluded by themselves"
QUADRATURE_STATUS_MEANING = "0 not done, 1 found, 3 a pole lies within the line, 4 not converged"
SEPARATION_STATUS_MEANING = "0 not done, 1 found, 3 both hypotheses may be on a pole, 4 not converged"


@dataclass(frozen=True)
class Variable:
    """A stored variable.

    Attributes
    ----------
    name, unit, long_name : str
    trailing : tuple of (str, int)
        Dimensions after the axes, with their lengths.
    dtype : str
    fill : float or int
        What stands where nothing has been computed.
    flags : tuple of str
        Meanings of the whole numbers from 0, if that is what it holds.
    """

    name: str
    unit: str
    long_name: str
    trailing: tuple[tuple[str, int], ...]
    dtype: str
    fill: float | int
    flags: tuple[str, ...] = ()

    @property
    def lengths(self) -> tuple[int, ...]:
        """Lengths of the dimensions after the axes."""
        return tuple(length for _, length in self.trailing)

    @property
    def itemsize(self) -> int:
        """Bytes of a number."""
        return np.dtype(self.dtype).itemsize

    @property
    def bytes_per_point(self) -> int:
        """Bytes of a point of the grid."""
        return math.prod(self.lengths) * self.itemsize


def variables_of(scan: Scan) -> tuple[Variable, ...]:
    """All variables of a scan, the observable first."""
    return (
        *_results_of(scan),
        *(_quality_of(scan) if scan.averaged else ()),
        *([_refinement(scan.adaptive)] if scan.adaptive else []),
    )


def _refinement(adaptive: Adaptive) -> Variable:
    """How each point of an adaptive scan came to be computed."""
    meaning = "refinement at which the point was computed"
    steps = [adaptive.coarsest >> k for k in range(adaptive.coarsest.bit_length())]
    flags = ("not_computed", *(f"cells_of_{step}_steps" for step in steps))
    return Variable(REFINEMENT, "1", meaning, (), "uint8", 0, flags)


def _quality_of(scan: Scan) -> tuple[Variable, ...]:
    """What is stored of the errors of averages over a line."""
    dtype = scan.storage.dtype
    status = Variable("quadrature_status", "1", QUADRATURE_STATUS_MEANING, (), "uint8", 0)
    if scan.observable in LINEAR:
        trailing = (("trigger", len(scan.triggers)),) if scan.observable == "events" else ()
        unit, meaning = OBSERVABLES[scan.observable][0], "estimated error from the average over the line"
        return (Variable(f"{scan.observable}_error", unit, meaning, trailing, dtype, math.nan), status)
    meaning = "largest estimated relative error of the averages over the line"
    return (Variable("quadrature_error", "1", meaning, (), dtype, math.nan), status)


def _results_of(scan: Scan) -> tuple[Variable, ...]:
    unit, long_name = OBSERVABLES[scan.observable]
    dtype, triggers = scan.storage.dtype, len(scan.triggers)
    if scan.observable == "limit":
        unit = scan.coupling_unit
        meaning = f"{STATUS_MEANING}; {OTHERS_EXCLUDED}" if scan.limit_on else STATUS_MEANING
        status = Variable("limit_status", "1", meaning, (("sign", 2),), "uint8", 0)
        if scan.toys:
            median, signs = f"median of the limits of {scan.toys} pseudo-experiments", ("sign", 2)
            quantiles = (signs, ("quantile", len(LEVELS_OF_QUANTILES)))
            return (
                Variable("limit", unit, median, (signs,), dtype, math.nan),
                Variable("limit_quantiles", unit, "quantiles of the limits, of their size", quantiles, dtype, math.nan),
                status,
            )
        intervals = (("interval", triggers + 1), ("edge", 2))
        return (
            Variable("limit", unit, long_name, (("sign", 2),), dtype, math.nan),
            status,
            Variable("interval_count", "1", "number of allowed intervals; 0 also where not done", (), "uint8", 0),
            Variable("allowed_intervals", unit, "allowed intervals nearest to zero", intervals, dtype, math.nan),
        )
    if scan.observable == "separation":
        at = f"{scan.confidence_level:g} confidence level"
        return (
            Variable("separation", unit, long_name, (), dtype, math.nan),
            Variable("exposure_factor", "1", f"factor on the exposures for the {at}", (), dtype, math.nan),
            Variable("events_needed", "1", f"events for the {at}", (), dtype, math.nan),
            Variable("separation_status", "1", SEPARATION_STATUS_MEANING, (), "uint8", 0),
        )
    trailing = (("trigger", triggers),) if scan.observable == "events" else ()
    return (Variable(scan.observable, unit, long_name, trailing, dtype, math.nan),)


def labels_of(scan: Scan) -> dict[str, Any]:
    """Coordinates of the dimensions after the axes, by name: trigger energies in eV, or labels."""
    if scan.observable == "events":
        return {"trigger": np.array(scan.triggers)}
    if scan.toys:
        return {"sign": SIGNS, "quantile": np.array(LEVELS_OF_QUANTILES)}
    return {"sign": SIGNS, "edge": EDGES} if scan.observable == "limit" else {}
