"""Coordinates of a result: the values or labels of every dimension, and what is said of them."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from renp_fast.scan_file.definition import Scan
from renp_fast.scan_file.dimensions import axis_labels
from renp_fast.scan_file.variables import Variable, labels_of

# Dimensions after the axes whose coordinates are numbers: unit and long name
NUMBERS = {
    "trigger": ("eV", "energy of the trigger laser"),
    "quantile": ("1", "part of the pseudo-experiments whose limit is not larger"),
}


class Coordinate(NamedTuple):
    """Values of a dimension, float64 or strings as objects, with their attributes."""

    values: NDArray[Any]
    attributes: dict[str, Any]

    @property
    def numeric(self) -> bool:
        """Whether the values are numbers rather than labels."""
        return self.values.dtype.kind == "f"


def coordinates(scan: Scan) -> dict[str, Coordinate]:
    """Those of the axes, and of the dimensions after them, by name."""
    found = {
        axis.name: Coordinate(np.asarray(axis.values), {"units": axis.unit, "long_name": axis.long_name})
        if axis.numeric
        else _labels(axis_labels(axis), axis.long_name)
        for axis in scan.axes
    }
    for name, labels in labels_of(scan).items():
        if name in NUMBERS:
            unit, long_name = NUMBERS[name]
            found[name] = Coordinate(labels, {"units": unit, "long_name": long_name})
        else:
            found[name] = _labels(labels, name)
    return found


def _labels(labels: tuple[str, ...], long_name: str) -> Coordinate:
    return Coordinate(np.array(labels, dtype=object), {"long_name": long_name})


def variable_attributes(variable: Variable) -> dict[str, Any]:
    """Unit and name of a variable, and meanings of whole numbers as the CF conventions have them."""
    about: dict[str, Any] = {"units": variable.unit, "long_name": variable.long_name}
    if variable.flags:
        about |= {"flag_values": list(range(len(variable.flags))), "flag_meanings": " ".join(variable.flags)}
    return about
