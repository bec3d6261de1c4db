"""What a scan file may not ask of the laser's line."""

from typing import Any

from renp_fast.physics.line import LARGEST_SPREAD, SHAPES, WIDTH_NAMES, WIDTHS, acceptance_segments
from renp_fast.scan_file.axes import AxisForm
from renp_fast.scan_file.profile import ProfileForm
from renp_fast.scan_file.ranges import Extent
from renp_fast.scan_file.schema import SPREADING, TABLE_OF, TABLES


def is_averaged(values: dict[str, Any], forms: dict[str, AxisForm], profile: dict[str, ProfileForm]) -> bool:
    """Whether any result of a scan is an average: a width that is not 0 all over, or a detector's acceptance."""
    extent = Extent(values, forms)
    return "acceptance" in values or any(name in profile or any(extent(name)) for name in SPREADING)


def check_line(extent: Extent) -> list[str]:
    """All faults of [line], and of the temperature."""
    shapes, faults = extent("shape"), []
    given = [name for name in WIDTH_NAMES if extent(name)]
    if given and not shapes:
        faults.append(f"[line] shape: missing; allowed: {', '.join(SHAPES)}")
    for shape in shapes:
        faults += [
            f"[line] {name}: missing: a {shape} line has it; allowed: {TABLES['line'].about(name, 'allowed')}"
            for name in filter(None, WIDTHS[shape])
            if name not in given
        ]
    for name in given:
        if shapes and not any(name in WIDTHS[shape] for shape in shapes):
            faults.append(f"{extent.where(name, 'line')}: a {shapes[0]} line takes no {name}; allowed: leave it out")
    if any(extent("temperature_K")) and not (extent("atom_mass_u") or "atom" in extent.values):
        allowed = TABLES["target"].about("atom_mass_u", "allowed")
        faults.append(f"[target] atom_mass_u: missing, which temperature_K needs; allowed: {allowed}")
    largest = LARGEST_SPREAD * min(extent.level("E_eg_eV"))
    if max(extent("momentum_spread_eV"), default=0.0) > largest:
        where = extent.where("momentum_spread_eV", TABLE_OF["momentum_spread_eV"])
        faults.append(f"{where}: got {max(extent('momentum_spread_eV'))!r}; allowed: at most E_eg_eV/100 = {largest:g}")
    try:
        acceptance_segments(extent.values.get("acceptance"))
    except ValueError as error:
        faults.append(f"[line] {error}")
    return faults
