"""[adaptive]: which two axes of a scan are refined."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from renp_fast.scan_file.axes import Axis
from renp_fast.scan_file.faults import Faults
from renp_fast.scan_file.schema import KEYS_OF

# A plane is one block, and as such in memory
LARGEST_PLANE_BYTES = 1 << 29


@dataclass(frozen=True)
class Adaptive:
    """What is refined.

    Attributes
    ----------
    axes : (str, str)
        Names of the two axes.
    contours : tuple of float
        Levels of the observable whose contours are looked for; if none is given, the threshold of the confidence level
        for chi2 and separation, and for others none but thresholds, poles and changes of status.
    coarsest : int
        Grid steps of the largest cells.
    """

    axes: tuple[str, str]
    contours: tuple[float, ...]
    coarsest: int

    def canonical(self) -> dict[str, Any]:
        """The table as plain values."""
        return {
            "adaptive.axes": list(self.axes),
            "adaptive.contours": list(self.contours),
            "adaptive.coarsest": self.coarsest,
        }


def check_plane(lengths: Sequence[int], bytes_per_point: int, faults: Faults) -> None:
    """Refuse a plane, of axes of these lengths, that is too large."""
    points, most = lengths[0] * lengths[1], LARGEST_PLANE_BYTES // bytes_per_point
    if points > most:
        text = f"their plane has {points} points; allowed: at most {most}, since it is held in memory whole"
        faults.wrong("adaptive", "axes", text=text)


def check_axes(adaptive: Adaptive, axes: Sequence[Axis], faults: Faults) -> None:
    """Refuse axes that cannot be refined."""
    allowed = f"{KEYS_OF['adaptive']['axes'].allowed}, of two values or more that increase or decrease"
    for axis in axes:
        if axis.name in adaptive.axes and (what := _fault(axis)):
            faults.wrong("adaptive", "axes", text=f"{axis.name} {what}; allowed: {allowed}")


def _fault(axis: Axis) -> str:
    if not isinstance(axis.values, np.ndarray):
        return "has labels"
    if len(axis) < 2:
        return "has one value"
    steps = np.diff(axis.values)
    return "" if (steps > 0.0).all() or (steps < 0.0).all() else "is in no order"
