"""The dimensions of a scan: its axes with their values, names and units."""

from collections.abc import Sequence
from typing import Any

from renp_fast.physics.textures import texture_label
from renp_fast.scan_file.axes import Axis, AxisForm, axis_values
from renp_fast.scan_file.ranges import Extent
from renp_fast.scan_file.schema import COUPLING_UNIT, ENERGY_AXES, TABLE_OF, TABLES
from renp_fast.scan_file.thresholds import threshold_energies


def axis_of(form: AxisForm, values: dict[str, Any], forms: dict[str, AxisForm]) -> Axis:
    """The axis of a form, among the other values and axes of its scan."""
    name = form.name
    if name in ENERGY_AXES:
        unit, long_name = ENERGY_AXES[name]
        thresholds = threshold_energies(name, values, forms) if form.rule == "thresholds" else None
        return Axis(name, axis_values(form, thresholds), unit, long_name)
    table = TABLES[TABLE_OF[name]]
    unit, long_name = table.about(name, "unit"), str(table.model_fields[name].description)
    if name == "coupling":
        unit = coupling_unit(values["kind"], Extent(values, forms)("chirality"))
    if not unit:
        return Axis(name, form.entries, "", long_name)
    return Axis(name, axis_values(form), unit, long_name)


def coupling_unit(kind: str, chiralities: Sequence[str]) -> str:
    """Unit of the coupling of a kind of interaction; units that differ along an axis of chiralities are all named."""
    units = dict.fromkeys(COUPLING_UNIT.get(kind, COUPLING_UNIT.get(chirality, "1")) for chirality in chiralities)
    return " or ".join(units) or "1"


def axis_labels(axis: Axis) -> tuple[str, ...]:
    """Names of the values of an axis that is not numeric."""
    return tuple(texture_label(value) for value in axis.values)
