"""Scans of atomic radiative emission of neutrino pairs (RENP) over huge parameter grids."""

from renp_fast.physics.interactions import Dipole, FormFactor, Scalar, StandardModel, Vector
from renp_fast.physics.neutrinos import Neutrinos
from renp_fast.physics.spectrum import neutrino_energy_distribution, spectral_function
from renp_fast.physics.targets import Target

__all__ = [
    "Dipole",
    "FormFactor",
    "Neutrinos",
    "Scalar",
    "StandardModel",
    "Target",
    "Vector",
    "neutrino_energy_distribution",
    "spectral_function",
]
