"""The integrand over the neutrino energy against explicit Dirac matrices, and its integral."""

import math

import numpy as np
import pytest
from dirac_traces import squared_amplitude
from hypothesis import given, settings
from hypothesis import strategies as st

from renp_fast.kernels import quadrature
from renp_fast.kernels.types import ComplexMatrix

COUPLINGS = st.lists(st.complex_numbers(max_magnitude=2.0, allow_nan=False), min_size=8, max_size=8)


def kinematics(w: float, excess: float, m_i: float, m_j: float) -> tuple[float, float]:
    """(s, Q0) of a pair of momentum w, where s exceeds its threshold by so much."""
    s = (m_i + m_j) ** 2 * (1.0 + excess)
    return s, math.sqrt(s + w * w)


@pytest.mark.parametrize(("m_i", "m_j"), [(0.13, 0.29), (0.29, 0.13), (0.21, 0.21), (0.0, 0.3), (0.3, 0.0)])
def test_energy_limits_are_those_of_a_boosted_two_body_decay(m_i: float, m_j: float) -> None:
    w = 0.83
    s, Q0 = kinematics(w, 0.7, m_i, m_j)
    E_rest = (s + m_i**2 - m_j**2) / (2.0 * math.sqrt(s))
    p_rest = math.sqrt(E_rest**2 - m_i**2)
    gamma, gamma_beta = Q0 / math.sqrt(s), w / math.sqrt(s)
    centre, half_width, Delta = quadrature.energy_limits(s, w, Q0, m_i, m_j)
    assert centre == pytest.approx(gamma * E_rest, rel=1e-13)
    assert half_width == pytest.approx(gamma_beta * p_rest, rel=1e-13)
    assert Delta == pytest.approx(2.0 * p_rest / math.sqrt(s), rel=1e-13)


@pytest.mark.parametrize("s", [0.25, 0.2499, 0.0, -0.3])
def test_a_closed_pair_has_no_range(s: float) -> None:
    """At s = (m_i + m_j)^2 and below; 0.125 + 0.375 and its square are exact."""
    assert quadrature.energy_limits(s, 0.8, 1.1, 0.125, 0.375) == (0.0, 0.0, 0.0)


@settings(max_examples=100, deadline=None)
@given(
    couplings=COUPLINGS,
    m_i=st.floats(0.05, 0.5),
    m_j=st.floats(0.05, 0.5),
    w=st.floats(0.3, 2.0),
    excess=st.floats(0.05, 5.0),
    place=st.floats(-1.0, 1.0),
    azimuth=st.floats(0.0, 2.0 * math.pi),
    polarised=st.booleans(),
)
def test_integrand_is_the_trace_of_dirac_matrices(
    couplings: list[complex],
    m_i: float,
    m_j: float,
    w: float,
    excess: float,
    place: float,
    azimuth: float,
    polarised: bool,
) -> None:
    """All eight complex couplings at once, at any energy: every interference, also those that vanish in the mean.

    A polarised spin lies along the first axis, and four azimuths at right angles stand for their mean: the amplitude
    has no higher harmonics than the second.

    The scale of the tolerance is a sum of positive terms of the size of each squared coupling, larger than the
    amplitude where that cancels.
    """
    s, Q0 = kinematics(w, excess, m_i, m_j)
    centre, half_width, _ = quadrature.energy_limits(s, w, Q0, m_i, m_j)
    E = centre + place * half_width
    along = (E * Q0 - 0.5 * (s + m_i**2 - m_j**2)) / w
    across = math.sqrt(max(0.0, E * E - m_i**2 - along**2))
    c = np.array(couplings, dtype=np.complex128)
    scale = (abs(c) ** 2).sum() * (Q0**2 + s) * (1.0 + w**2 * Q0**2 / s**2)
    weights = (3.0, 0.0, 0.0) if polarised else (1.0, 1.0, 1.0)
    right = 0.0
    for turn in (0.0, 0.5, 1.0, 1.5) if polarised else (0.0,):
        phi = azimuth + turn * math.pi
        p = np.array([E, across * math.cos(phi), across * math.sin(phi), along])
        right += squared_amplitude(p, np.array([Q0, 0.0, 0.0, w]) - p, m_i, m_j, c, weights)
    right /= 4.0 if polarised else 1.0
    assert quadrature.integrand(E, s, w, Q0, (m_i, m_j), c, polarised) == pytest.approx(
        right, rel=0.0, abs=1e-13 * scale
    )


def random_couplings(seed: int) -> ComplexMatrix:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(8, 3, 3)) + 1j * rng.normal(size=(8, 3, 3))


@pytest.mark.parametrize("polarised", [False, True])
def test_two_nodes_are_exact(polarised: bool) -> None:
    """The integrand is a polynomial of degree 2 in E, so nine nodes give the same as two."""
    w, s = 0.9, 0.6
    arguments = (s, w, math.sqrt(s + w * w), np.array([0.11, 0.23, 0.35]), random_couplings(1))
    two, nine = (
        quadrature.integrated(*arguments, polarised, np.stack(np.polynomial.legendre.leggauss(n), axis=1))
        for n in (2, 9)
    )
    assert two == pytest.approx(nine, rel=1e-13)


def test_differential_is_delta_times_the_integrand_over_the_length_of_its_range() -> None:
    """At energies inside the ranges of all, of some and of no open pair; 33 is closed."""
    w, s = 0.9, 0.4
    Q0, masses, couplings = math.sqrt(s + w * w), np.array([0.11, 0.23, 0.35]), random_couplings(2)
    energies = np.linspace(0.0, 1.2 * Q0, 41)
    right, ranges = np.zeros(41), np.zeros(41, dtype=int)
    for i in range(3):
        for j in range(3):
            centre, half_width, Delta = quadrature.energy_limits(s, w, Q0, masses[i], masses[j])
            for k in np.flatnonzero(abs(energies - centre) < half_width):
                pair = (masses[i], masses[j])
                T = quadrature.integrand(energies[k], s, w, Q0, pair, couplings[:, i, j].copy(), False)
                right[k] += Delta * T / (2.0 * half_width)
                ranges[k] += 1
    assert {0, 8} < set(ranges.tolist())
    density = np.full(41, np.nan)
    quadrature.differential(energies, s, w, Q0, masses, couplings, False, density)
    assert density == pytest.approx(right, rel=1e-13, abs=0.0)
