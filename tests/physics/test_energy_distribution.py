"""The distribution over the neutrino energy: its integral, its range, its sign, and its asymmetry."""

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from physics_cases import INTERACTIONS, Case, cases, hermitian
from published_form import PAIRS
from rounding_bound import rounding_error
from scipy.integrate import fixed_quad

import renp_fast as rf

EVERY_INTERACTION = pytest.mark.parametrize("kind", INTERACTIONS, ids=[chirality for _, chirality in INTERACTIONS])
NEUTRINO: dict[str, Any] = {"nature": "dirac", "ordering": "normal", "lightest_mass_eV": 0.02}


def ranges(neutrinos: rf.Neutrinos, target: rf.Target, w: float) -> list[tuple[float, float]]:
    """[E-, E+] of every open ordered pair, by boosting the decay of the pair at rest."""
    s, Q0 = target.E_eg_eV * (target.E_eg_eV - 2.0 * w), target.E_eg_eV - w
    found, root = [], math.sqrt(s)
    for i, j in PAIRS:
        m_i, m_j = neutrinos.masses_eV[i], neutrinos.masses_eV[j]
        if s > (m_i + m_j) ** 2:
            E_rest = (s + m_i**2 - m_j**2) / (2.0 * root)
            p_rest = math.sqrt((E_rest - m_i) * (E_rest + m_i))
            found.append(((Q0 * E_rest - w * p_rest) / root, (Q0 * E_rest + w * p_rest) / root))
    return found


def distribution(case: Case, E: Any, w: float) -> np.ndarray:
    return rf.neutrino_energy_distribution(E, w, interaction=case.interaction, target=case.target, **case.neutrino)


@EVERY_INTERACTION
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_integral_is_the_spectral_function(kind: tuple[type, str], data: st.DataObject) -> None:
    """Between two ends of ranges it is a polynomial of degree 2, so Gauss-Legendre rules are exact there.

    The integrand is summed at other energies than in the quadrature, but of the same terms: its rounding error has
    the same bound, and the two together twice that. Each end, a sum of terms no larger than E_eg, is off by some eps
    of it, times the density.
    """
    case = data.draw(cases(kind, lowest=1e-3))
    w = 0.5 * case.target.E_eg_eV - case.detuning_eV
    case = case._replace(detuning_eV=0.5 * case.target.E_eg_eV - w)  # that of the rounded w
    ends = np.unique(np.array(ranges(case.neutrinos, case.target, w)))
    integral = sum(fixed_quad(lambda E: distribution(case, E, w), low, high, n=4)[0] for low, high in pairwise(ends))
    largest = distribution(case, 0.5 * (ends[1:] + ends[:-1]), w).max()
    of_ends = 4.0 * np.finfo(float).eps * ends.size * case.target.E_eg_eV * largest / integral
    assert integral == pytest.approx(case.value(), rel=2.0 * rounding_error(case) + of_ends, abs=0.0)


@EVERY_INTERACTION
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_zero_outside_of_the_range_and_positive_within(kind: tuple[type, str], data: st.DataObject) -> None:
    """A squared amplitude is not negative at any energy, interference with photon exchange included."""
    case = data.draw(cases(kind, lowest=0.05))
    w = 0.5 * case.target.E_eg_eV - case.detuning_eV
    ends = ranges(case.neutrinos, case.target, w)
    low, high = min(low for low, _ in ends), max(high for _, high in ends)
    outside = [-1.0, 0.0, low * (1.0 - 1e-9), high * (1.0 + 1e-9), case.target.E_eg_eV]
    assert (distribution(case, outside, w) == 0.0).all()
    inside = np.linspace(low * (1.0 + 1e-9), high * (1.0 - 1e-9), 9)
    assert (distribution(case, inside, w) > 0.0).all()


def test_zero_where_no_pair_is_open() -> None:
    """Above the last threshold, at s = 0, at negative s, and without a photon."""
    for w in (1.0717, 0.5 * 2.14349, 1.5, 0.0):
        assert (rf.neutrino_energy_distribution([0.1, 0.5, 1.1], w, **NEUTRINO) == 0.0).all()


def test_neutrinos_and_antineutrinos_share_the_energy_symmetrically_in_the_standard_model() -> None:
    """The amplitude has no term odd in E - <E> without photon exchange; the mean of E and E' is Q0/2 in the sum."""
    E = np.linspace(0.01, 0.6, 50)
    density = rf.neutrino_energy_distribution(E, 1.0, **NEUTRINO)
    mirrored = rf.neutrino_energy_distribution(2.14349 - 1.0 - E, 1.0, **NEUTRINO)
    assert density == pytest.approx(mirrored, rel=1e-12)


def test_photon_exchange_interferes_before_the_integral_alone() -> None:
    """A charge makes the distribution linear in its coupling, and asymmetric, but not the spectral function."""
    T = hermitian([0.7, -1.3, 0.4, 0.5, -0.9, 0.3, 1.1, 0.2, -0.6])
    E, mirrored, w = 0.4, 2.14349 - 1.0 - 0.4, 1.0
    asymmetry = {}
    for sign in (1.0, -1.0):
        charge = rf.FormFactor(sign * 1e-15, "millicharge", T)
        one, other = rf.neutrino_energy_distribution([E, mirrored], w, interaction=charge, **NEUTRINO)
        asymmetry[sign] = one - other
    assert asymmetry[1.0] == pytest.approx(-asymmetry[-1.0], rel=1e-9)
    assert abs(asymmetry[1.0]) > 1e-3 * one


def test_shape_follows_the_energies() -> None:
    E = np.linspace(0.3, 0.8, 6).reshape(3, 2)
    table = rf.neutrino_energy_distribution(E, 1.0, **NEUTRINO)
    assert table.shape == (3, 2)
    assert table[2, 1] == rf.neutrino_energy_distribution(E[2, 1], 1.0, **NEUTRINO)


def test_nan_photon_energy_is_not_silenced() -> None:
    assert np.isnan(rf.neutrino_energy_distribution([0.4, 0.6], np.nan, **NEUTRINO)).all()


def test_infinite_on_the_pole_of_a_mediator() -> None:
    """M^2 = s = 1 exactly: infinite within the range of a pair, and not a NaN."""
    vector, target = rf.Vector(1e-25, 1.0), rf.Target(2.0, 2.125)
    density = rf.neutrino_energy_distribution([0.5, 0.7], 0.75, interaction=vector, target=target, **NEUTRINO)
    assert (density == np.inf).all()
