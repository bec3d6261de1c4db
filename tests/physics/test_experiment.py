"""The normalisation of rates."""

import mpmath
import numpy as np
import pytest

from renp_fast.physics.experiment import gamma0_per_s
from renp_fast.physics.targets import ATOMS

YB = ATOMS["Yb"]
ASYMMETRIC = {
    "volume_cm3": 70.0,
    "atom_density_cm3": 3e20,
    "photon_density_cm3": 2e21,
    "gamma_vg_per_s": 4.7e4,
    "spin_factor": 0.6,
    "E_eg_eV": 1.775145,
    "E_vg_eV": 1.798308,
}


def test_ytterbium_of_the_papers() -> None:
    """3.6e-4 per second for 100 cm^3 and 1e21 cm^-3; Dinh et al., arXiv:1209.4808, quote 0.37 mHz."""
    value = gamma0_per_s(100.0, 1e21, 1e21, YB.gamma_vg_per_s, YB.spin_factor, YB.E_eg_eV, YB.E_vg_eV)
    assert f"{value:.1e}" == "3.6e-04"


def test_against_a_computation_in_natural_units() -> None:
    """Every factor is turned into powers of eV by itself, and the rate, in eV, into 1/s at the end."""
    mp = mpmath.MPContext()
    mp.dps = 40
    hbar, hbar_c, G_F = mp.mpf("6.582119569509066e-16"), mp.mpf("1.9732698045930252e-5"), mp.mpf("1.1663788e-23")
    V, n_a, n_gamma, gamma, C_ev, E_eg, E_vg = (mp.mpf(value) for value in ASYMMETRIC.values())
    natural = (V / hbar_c**3) * (n_a * hbar_c**3) ** 2 * (n_gamma * hbar_c**3) * G_F**2 * (gamma * hbar)
    right = 3 * natural * C_ev * E_eg / E_vg**3 / hbar
    assert gamma0_per_s(**ASYMMETRIC) == pytest.approx(float(right), rel=1e-14)


@pytest.mark.parametrize(
    ("name", "power"),
    [
        ("volume_cm3", 1),
        ("atom_density_cm3", 2),
        ("photon_density_cm3", 1),
        ("gamma_vg_per_s", 1),
        ("spin_factor", 1),
        ("E_eg_eV", 1),
        ("E_vg_eV", -3),
    ],
)
def test_powers(name: str, power: int) -> None:
    doubled = ASYMMETRIC | {name: 2.0 * ASYMMETRIC[name]}
    assert gamma0_per_s(**doubled) == pytest.approx(2.0**power * gamma0_per_s(**ASYMMETRIC), rel=1e-14)


def test_arrays_broadcast() -> None:
    volumes, densities = np.array([1.0, 70.0]), np.array([[1e20], [3e20], [1e21]])
    values = gamma0_per_s(**ASYMMETRIC | {"volume_cm3": volumes, "atom_density_cm3": densities})
    assert values.shape == (3, 2)
    assert values[1, 1] == gamma0_per_s(**ASYMMETRIC)
