"""Constants of nature, each with its source. Natural units: h-bar = c = 1, Heaviside-Lorentz, energies in eV.

They are written out rather than taken from ``scipy.constants``, whose values change with its version.
"""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Constant:
    """A number with its unit and where it comes from."""

    value: float
    unit: str
    source: str


FERMI_CONSTANT = Constant(1.1663788e-23, "eV^-2", "PDG 2024")
ELECTRON_MASS = Constant(510998.95069, "eV", "CODATA 2022")
FINE_STRUCTURE = Constant(7.2973525643e-3, "1", "CODATA 2022")
HBAR = Constant(6.582119569509066e-16, "eV s", "exact in the SI")
HBAR_C = Constant(1.9732698045930252e-5, "eV cm", "exact in the SI")
BOLTZMANN = Constant(8.617333262145179e-5, "eV K^-1", "exact in the SI")
ATOMIC_MASS = Constant(9.3149410372e8, "eV", "CODATA 2022")

CONSTANTS = {
    "G_F": FERMI_CONSTANT,
    "m_e": ELECTRON_MASS,
    "alpha": FINE_STRUCTURE,
    "hbar": HBAR,
    "hbar_c": HBAR_C,
    "k_B": BOLTZMANN,
    "u": ATOMIC_MASS,
}

G_F = FERMI_CONSTANT.value
M_E = ELECTRON_MASS.value
ELECTRIC_CHARGE = math.sqrt(4.0 * math.pi * FINE_STRUCTURE.value)
BOHR_MAGNETON = ELECTRIC_CHARGE / (2.0 * M_E)  # eV^-1
SECONDS_PER_DAY = 86400.0
