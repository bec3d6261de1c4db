"""Constants against scipy's and against the exact SI."""

import math

import pytest
import scipy.constants

from renp_fast.physics import constants
from renp_fast.physics.constants import ELECTRON_MASS, FERMI_CONSTANT


def test_electron_and_fine_structure_are_those_of_codata() -> None:
    """Editions of CODATA differ by some 1e-9; a wrong digit or unit would show."""
    rest_energy = scipy.constants.m_e * scipy.constants.c**2 / scipy.constants.e
    assert ELECTRON_MASS.value == pytest.approx(rest_energy, rel=2e-9)
    assert constants.FINE_STRUCTURE.value == pytest.approx(scipy.constants.alpha, rel=2e-9)
    assert FERMI_CONSTANT.value == pytest.approx(
        scipy.constants.physical_constants["Fermi coupling constant"][0] * 1e-18, rel=2e-7
    )


def test_hbar_follows_from_the_exact_constants_of_the_si() -> None:
    """h = 6.62607015e-34 J s, e = 1.602176634e-19 C, c = 299792458 m/s."""
    hbar = 6.62607015e-34 / (2.0 * math.pi * 1.602176634e-19)
    assert constants.HBAR.value == pytest.approx(hbar, rel=1e-15)
    assert constants.HBAR_C.value == pytest.approx(hbar * 29979245800.0, rel=1e-15)


def test_boltzmann_and_atomic_mass() -> None:
    """K = 1.380649e-23 J/K is exact; editions of CODATA differ by 1e-9 in u."""
    assert constants.BOLTZMANN.value == pytest.approx(1.380649e-23 / 1.602176634e-19, rel=1e-15)
    in_eV = scipy.constants.atomic_mass * scipy.constants.c**2 / scipy.constants.e
    assert constants.ATOMIC_MASS.value == pytest.approx(in_eV, rel=2e-9)


def test_bohr_magneton() -> None:
    """2.96304e-7 eV^-1 in Heaviside-Lorentz units, and as energy in a field of 1 T: e B is c B hbar c in eV^2."""
    assert f"{constants.BOHR_MAGNETON:.5e}" == "2.96304e-07"
    tesla = scipy.constants.c * constants.HBAR_C.value / 100.0 / constants.ELECTRIC_CHARGE  # eV^2
    in_eV_per_tesla = scipy.constants.physical_constants["Bohr magneton in eV/T"][0]
    assert constants.BOHR_MAGNETON * tesla == pytest.approx(in_eV_per_tesla, rel=2e-9)


def test_every_constant_has_a_unit_and_a_source() -> None:
    assert set(constants.CONSTANTS) == {"G_F", "m_e", "alpha", "hbar", "hbar_c", "k_B", "u"}
    for constant in constants.CONSTANTS.values():
        assert constant.value > 0.0
        assert constant.unit
        assert constant.source
