"""What values each parameter of a scan takes, as far as checks need to know."""

from typing import Any

from renp_fast.physics.targets import ATOMS
from renp_fast.scan_file.axes import AxisForm


class Extent:
    """The values that matter of each parameter: all of a list, the two ends of a range, or the one value."""

    def __init__(self, values: dict[str, Any], forms: dict[str, AxisForm]) -> None:
        self.values = values
        self.forms = forms

    def __call__(self, name: str) -> list[Any]:
        """Those of ``name``; empty if it has none."""
        if name in self.forms:
            return list(self.forms[name].entries)
        return [self.values[name]] if name in self.values else []

    def level(self, name: str) -> list[float]:
        """Those of a level or width of the target, from its atom if need be."""
        if "atom" in self.values:
            value = getattr(ATOMS[self.values["atom"]], name)
            return [] if value is None else [value]
        return self(name)

    def where(self, name: str, table: str) -> str:
        """How a message names the parameter."""
        return f"[axes] {name}" if name in self.forms else f"[{table}] {name}"
