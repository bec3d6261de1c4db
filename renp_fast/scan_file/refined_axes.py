"""[adaptive]: which two axes of a scan are refined, from what the file says."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from renp_fast.errors import ScanError
from renp_fast.scan_file.alternative import Document
from renp_fast.scan_file.axes import Axis, is_number
from renp_fast.scan_file.reader import shown, unknown_key

if TYPE_CHECKING:
    from renp_fast.scan_file.scan import Scan

TABLE = "adaptive"
KEYS = ("axes", "contours", "coarsest")
FORM_KEYS = {"linear", "log", "thresholds", "points"}
USUAL_STEPS, MOST_STEPS = 32, 4096
# A plane is one block, and as such in memory
LARGEST_PLANE_BYTES = 1 << 29
ALLOWED = {
    "axes": "two different numeric axes of [axes]",
    "contours": "a list of different finite numbers above 0, levels of the observable",
    "coarsest": f"a power of two from 2 to {MOST_STEPS}, grid steps of the largest cells",
}


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
    contours: tuple[float, ...] = ()
    coarsest: int = USUAL_STEPS

    def canonical(self) -> dict[str, Any]:
        """The table as plain values."""
        return {f"{TABLE}.axes": list(self.axes), f"{TABLE}.contours": list(self.contours)} | {
            f"{TABLE}.coarsest": self.coarsest
        }


def adaptive_scan(parse: "Callable[[Document, str, str], Scan]", document: Document, text: str, file: str) -> "Scan":
    """A scan with its [adaptive], which ``parse`` reads without it.

    Raises
    ------
    ScanError
        With what has been got wrong in either.
    """
    adaptive, unknown, wrong = parse_adaptive(document.pop(TABLE), _names(document.get("axes")))
    try:
        scan = parse(document, text, file)
    except ScanError as error:
        raise ScanError(file, [*unknown, *error.faults, *wrong]) from None
    if adaptive is None:
        raise ScanError(file, [*unknown, *wrong])
    from renp_fast.scan_file.variables import variables_of  # which come from a scan

    if faults := check_axes(adaptive, scan.axes, sum(variable.bytes_per_point for variable in variables_of(scan))):
        raise ScanError(file, faults)
    canonical = {**scan.canonical, "confidence_level": scan.confidence_level} | adaptive.canonical()
    return replace(scan, adaptive=adaptive, canonical=MappingProxyType(canonical))


def parse_adaptive(given: dict[str, Any], axis_names: Iterable[str]) -> tuple[Adaptive | None, list[str], list[str]]:
    """Read the table.

    Returns
    -------
    Adaptive or None
        None if anything is wrong.
    list of str
        Unknown keys.
    list of str
        Other faults.
    """
    known = list(axis_names)
    unknown = [f"[{TABLE}] {unknown_key(key, KEYS)}" for key in given if key not in KEYS]
    axes, contours, coarsest = given.get("axes"), given.get("contours", []), given.get("coarsest", USUAL_STEPS)
    wrong = []
    if axes is None:
        wrong.append(f"[{TABLE}] axes: missing; allowed: {ALLOWED['axes']}")
    elif not isinstance(axes, list) or len(axes) != 2 or axes[0] == axes[1] or not all(name in known for name in axes):
        wrong.append(f"[{TABLE}] axes: got {shown(axes)}; allowed: {ALLOWED['axes']}: {', '.join(known) or 'none'}")
    if not isinstance(contours, list) or not _are_levels(contours) or ("contours" in given and not contours):
        wrong.append(f"[{TABLE}] contours: got {shown(contours)}; allowed: {ALLOWED['contours']}")
    if isinstance(coarsest, bool) or not isinstance(coarsest, int) or not _is_step(coarsest):
        wrong.append(f"[{TABLE}] coarsest: got {shown(coarsest)}; allowed: {ALLOWED['coarsest']}")
    if unknown or wrong:
        return None, unknown, wrong
    assert axes is not None
    return Adaptive((axes[0], axes[1]), tuple(float(level) for level in contours), coarsest), [], []


def _names(axes: Any, prefix: str = "") -> Iterator[str]:
    """Names of axes: `NAME.KEY = ...` is a table in a table for TOML."""
    for name, form in axes.items() if isinstance(axes, dict) else ():
        if isinstance(form, dict) and not {*form} & FORM_KEYS:
            yield from _names(form, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def _are_levels(contours: list[Any]) -> bool:
    return all(is_number(level) and level > 0.0 for level in contours) and len({*contours}) == len(contours)


def _is_step(steps: int) -> bool:
    return 2 <= steps <= MOST_STEPS and steps & (steps - 1) == 0


def check_axes(adaptive: Adaptive, axes: Iterable[Axis], bytes_per_point: int) -> list[str]:
    """What is wrong with the axes themselves."""
    pair = [axis for axis in axes if axis.name in adaptive.axes]
    where = f"[{TABLE}] axes: "
    faults = [
        f"{where}{axis.name} {what}; allowed: {ALLOWED['axes']}, of two values or more that increase or decrease"
        for axis in pair
        if (what := _fault(axis))
    ]
    points = len(pair[0]) * len(pair[1])
    if points * bytes_per_point > LARGEST_PLANE_BYTES:
        faults.append(
            f"{where}their plane has {points} points; allowed: at most {LARGEST_PLANE_BYTES // bytes_per_point}, since "
            "it is held in memory whole"
        )
    return faults


def _fault(axis: Axis) -> str:
    if not isinstance(axis.values, np.ndarray):
        return "has labels"
    if len(axis) < 2:
        return "has one value"
    steps = np.diff(axis.values)
    return "" if (steps > 0.0).all() or (steps < 0.0).all() else "is in no order"
