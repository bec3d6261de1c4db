"""Scans of atomic radiative emission of neutrino pairs (RENP) over huge parameter grids."""

from renp_fast.engine.errors import ScanError, StoreError
from renp_fast.engine.results import open_result, run
from renp_fast.engine.spec import Scan, load_scan
from renp_fast.physics.interactions import Dipole, FormFactor, Scalar, StandardModel, Vector
from renp_fast.physics.neutrinos import Neutrinos
from renp_fast.physics.spectrum import neutrino_energy_distribution, spectral_function
from renp_fast.physics.targets import Target
from renp_fast.physics.widths import neutrino_width_eV

__all__ = [
    "Dipole",
    "FormFactor",
    "Neutrinos",
    "Scalar",
    "Scan",
    "ScanError",
    "StandardModel",
    "StoreError",
    "Target",
    "Vector",
    "load_scan",
    "neutrino_energy_distribution",
    "neutrino_width_eV",
    "open_result",
    "run",
    "spectral_function",
]
