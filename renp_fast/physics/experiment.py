"""Normalisation of rates, and event numbers."""

from typing import TypeVar

from renp_fast.kernels.types import Array
from renp_fast.physics.constants import G_F, HBAR_C

Number = TypeVar("Number", float, Array)


def gamma0_per_s(
    volume_cm3: Number,
    atom_density_cm3: Number,
    photon_density_cm3: Number,
    gamma_vg_per_s: Number,
    spin_factor: Number,
    E_eg_eV: Number,
    E_vg_eV: Number,
) -> Number:
    """Gamma_0 = 3 n_a^2 n_gamma V G_F^2 gamma_vg C_ev E_eg / E_vg^3 in 1/s; arrays broadcast.

    The normalisation of Dinh et al., arXiv:1209.4808, for full macro-coherence (eta = 1). The rate at photon energy
    w is Gamma_0 I(w). Densities are in cm^-3, volumes in cm^3, energies in eV.
    """
    density3_times_volume = atom_density_cm3 * atom_density_cm3 * photon_density_cm3 * volume_cm3  # cm^-6
    natural = density3_times_volume * HBAR_C.value**6  # eV^6
    # gamma_vg in 1/s stays so: h-bar of it and of the result cancel
    return 3.0 * natural * G_F * G_F * gamma_vg_per_s * spin_factor * E_eg_eV / (E_vg_eV * E_vg_eV * E_vg_eV)
