"""Scans of atomic radiative emission of neutrino pairs (RENP) over huge parameter grids."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from renp_fast.adaptive.interpolation import filled
    from renp_fast.api import run
    from renp_fast.errors import ScanError, StoreError
    from renp_fast.physics.interactions import Dipole, FormFactor, Scalar, StandardModel, Vector
    from renp_fast.physics.line import Line
    from renp_fast.physics.neutrinos import Neutrinos
    from renp_fast.physics.spectrum import neutrino_energy_distribution, spectral_function
    from renp_fast.physics.targets import Target
    from renp_fast.physics.widths import neutrino_width_eV
    from renp_fast.runs.in_memory import compute
    from renp_fast.scan_file.scan import Scan, load_scan, parse_scan, scan
    from renp_fast.store.opened import open_result

__all__ = [
    "Dipole",
    "FormFactor",
    "Line",
    "Neutrinos",
    "Scalar",
    "Scan",
    "ScanError",
    "StandardModel",
    "StoreError",
    "Target",
    "Vector",
    "compute",
    "filled",
    "load_scan",
    "neutrino_energy_distribution",
    "neutrino_width_eV",
    "open_result",
    "parse_scan",
    "run",
    "scan",
    "spectral_function",
]

# Where the names above are at home. They are imported when first used: the command line shall answer at once.
_HOMES = {
    "errors": ("ScanError", "StoreError"),
    "adaptive.interpolation": ("filled",),
    "api": ("run",),
    "runs.in_memory": ("compute",),
    "store.opened": ("open_result",),
    "scan_file.scan": ("Scan", "load_scan", "parse_scan", "scan"),
    "physics.interactions": ("Dipole", "FormFactor", "Scalar", "StandardModel", "Vector"),
    "physics.line": ("Line",),
    "physics.neutrinos": ("Neutrinos",),
    "physics.spectrum": ("neutrino_energy_distribution", "spectral_function"),
    "physics.targets": ("Target",),
    "physics.widths": ("neutrino_width_eV",),
}


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            value = globals()[name] = getattr(import_module(f"{__name__}.{module}"), name)
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
