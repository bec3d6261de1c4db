"""The dimensions of a scan: its axes with their values, names and units."""

from collections.abc import Sequence

from renp_fast.physics.parameters import COUPLING_UNIT
from renp_fast.physics.textures import texture_label
from renp_fast.scan_file.axes import Axis, axis_values
from renp_fast.scan_file.hypotheses import Hypothesis
from renp_fast.scan_file.schema import ENERGY_AXES, PARAMETERS
from renp_fast.scan_file.thresholds import threshold_energies


def axis_of(name: str, scan: Hypothesis) -> Axis:
    """The axis along which a parameter of a hypothesis varies.

    Raises
    ------
    ValueError
        If its points are not different ones.
    """
    form, key = scan.forms[name], PARAMETERS[name]
    if not key.unit:
        return Axis(name, form.entries, "", key.help)
    unit = coupling_unit(scan.values["kind"], scan("chirality")) if name == "coupling" else key.unit
    thresholds = threshold_energies(name, scan) if name in ENERGY_AXES and form.rule == "thresholds" else None
    return Axis(name, axis_values(form, thresholds), unit, key.help)


def coupling_unit(kind: str, chiralities: Sequence[str]) -> str:
    """Unit of the coupling of a kind of interaction; units that differ along an axis of chiralities are all named."""
    units = dict.fromkeys(COUPLING_UNIT.get(kind, COUPLING_UNIT.get(chirality, "1")) for chirality in chiralities)
    return " or ".join(units) or "1"


def axis_labels(axis: Axis) -> tuple[str, ...]:
    """Names of the values of an axis that is not numeric."""
    return tuple(texture_label(value) for value in axis.values)
