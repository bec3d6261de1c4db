"""The closed form as a quadratic form: thresholds, coefficients, powers of the strength."""

import math

import numpy as np
import pytest
from fifty_digits import E_EG, EPS, NEUTRINOS, mp
from hypothesis import given, settings
from hypothesis import strategies as st

from renp_fast.kernels import quadrature
from renp_fast.kernels.amplitude import quadratic_form as spectral
from renp_fast.kernels.amplitude.masses_and_mixing import axial_coupling, masses
from renp_fast.kernels.spectrum import forms
from renp_fast.kernels.types import Array, ComplexMatrix

RULE = np.stack(np.polynomial.legendre.leggauss(2), axis=1)
ISOTROPIC, POLARISED = (1.0, 1.0, 0.0), (0.0, 1.5, 0.0)  # what follows the multiples of the texture in the scales


def quadratic_form(
    neutrino: Array,
    multiples: Array,
    texture: ComplexMatrix,
    detuning: Array,
    powers: int = 4,
    chain: tuple[float, float, float] = ISOTROPIC,
) -> Array:
    scales = np.array([*multiples, *chain])
    thresholds, coefficients = np.full((6, 3), np.nan), np.full((6, 2, 4, 6), np.nan)
    spectral.pair_thresholds(neutrino, E_EG, thresholds)
    spectral.pair_coefficients(neutrino, scales, texture, coefficients)
    form = np.full((powers, detuning.size), np.nan)
    forms.quadratic_form(detuning, E_EG, thresholds, coefficients, chain[0], form)
    return form


def any_texture(seed: int) -> ComplexMatrix:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3))


@NEUTRINOS
def test_thresholds_are_double_doubles(neutrino: Array) -> None:
    """(m_i + m_j)^2/(2 E_eg) to some 30 digits, in the order 11, 12, 13, 22, 23, 33, and (m_i - m_j)^2 to a float."""
    table = np.full((6, 3), np.nan)
    spectral.pair_thresholds(neutrino, E_EG, table)
    lightest, dm21, dm3l = (mp.mpf(value) for value in neutrino[2:5])
    squared = [lightest**2, lightest**2 + dm21, lightest**2 + dm3l]
    if neutrino[1] == 1.0:
        squared = [lightest**2 - dm3l - dm21, lightest**2 - dm3l, lightest**2]
    m = [mp.sqrt(value) for value in squared]
    for row, (i, j) in zip(table, [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)], strict=True):
        total = (m[i] + m[j]) ** 2 / (2 * mp.mpf(E_EG))
        assert abs(mp.mpf(row[0]) + mp.mpf(row[1]) - total) <= 1e-29 * total
        difference = (m[i] - m[j]) ** 2 / (2 * mp.mpf(E_EG))
        assert abs(row[2] - difference) <= 8 * EPS * difference


@given(factor=st.floats(0.1, 9.0), numbers=st.lists(st.floats(-3.0, 3.0), min_size=6, max_size=6))
@settings(deadline=None)
def test_add_square_expands_a_complex_square(factor: float, numbers: list[float]) -> None:
    constant, slope, x = complex(*numbers[:2]), complex(*numbers[2:4]), complex(*numbers[4:])
    coefficients = np.zeros((4, 6))
    spectral.add_square(coefficients, 4, factor, constant, slope)
    expanded = coefficients[:, 4] @ np.array([1.0, x.real, abs(x) ** 2, x.imag])
    size = factor * (abs(constant) + abs(x * slope)) ** 2
    assert expanded == pytest.approx(factor * abs(constant + x * slope) ** 2, rel=0.0, abs=8 * EPS * size + 1e-300)
    assert not np.delete(coefficients, 4, axis=1).any()


@NEUTRINOS
@pytest.mark.parametrize("x", [0.0, 0.7, -1.9 + 0.6j])
@pytest.mark.parametrize("polarised", [False, True])
def test_all_couplings_at_once_against_the_quadrature(neutrino: Array, x: complex, polarised: bool) -> None:
    """No interaction of the package has all eight, nor moments with form factors: here are all interferences."""
    scales = np.array([0.7, -0.4, 1.3, 0.9, 0.021, -0.017, 0.012, 0.023])
    texture, detuning = any_texture(3), np.array([0.4, 0.01, 0.0027, 0.0012, 5.6e-4])
    form = quadratic_form(neutrino, scales, texture, detuning, chain=POLARISED if polarised else ISOTROPIC)
    closed = np.array([1.0, x.real, abs(x) ** 2, x.imag]) @ form

    a = np.empty((3, 3), dtype=np.complex128)
    axial_coupling(neutrino, a)
    couplings = x * scales[:, np.newaxis, np.newaxis] * texture
    couplings[quadrature.A_LEFT] += a
    if neutrino[0] == 1.0:  # section 5 of the physics contract
        aL, aR, yS, yP, mu, eps, fV, fA = couplings
        couplings = np.array([aL - aR.T, aR - aL.T, yS, yP, mu, eps, fV - fV.T, fA + fA.T]) / math.sqrt(2.0)
    m = np.array([high for high, _ in masses(neutrino)])
    for k, distance in enumerate(detuning):
        s, w = 2.0 * E_EG * distance, 0.5 * E_EG - distance
        integrated = quadrature.integrated(s, w, E_EG - w, m, couplings, polarised, RULE)
        # p_T^2 is of order s out of terms of order E^2, and enters with 1/s
        assert closed[k] == pytest.approx(integrated, rel=10.0 * EPS * (1.0 + E_EG**2 / s), abs=0.0)


@NEUTRINOS
def test_fewer_powers_are_the_first_of_all(neutrino: Array) -> None:
    detuning, scales = np.array([0.3, 0.0021, 0.0011]), np.array([0.7, 0.4, 0.3, 0.9, 0.1, 0.2, 0.6, 0.5])
    texture = any_texture(4)
    full = quadratic_form(neutrino, scales, texture, detuning)
    assert (full != 0.0).all()
    for powers in (1, 3):
        assert np.array_equal(quadratic_form(neutrino, scales, texture, detuning, powers), full[:powers])


@NEUTRINOS
def test_closed_pairs_give_an_exact_zero_and_nan_passes(neutrino: Array) -> None:
    """No threshold lies below 7e-5 eV here; 0 and below are negative s; neighbours of a NaN are untouched."""
    detuning = np.array([0.01, 6e-5, 0.0, -1e-300, -0.2, np.nan, 0.02])
    form = quadratic_form(neutrino, np.full(8, 0.3), any_texture(5), detuning)
    assert (form[:, 1:5] == 0.0).all()
    assert np.isnan(form[:, 5]).all()
    assert np.array_equal(form[:, [0, 6]], quadratic_form(neutrino, np.full(8, 0.3), any_texture(5), detuning[[0, 6]]))
