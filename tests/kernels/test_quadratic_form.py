"""The closed form as a quadratic form: thresholds, the six numbers of a pair, powers of the strength."""

import math

import closed_form
import numpy as np
import pytest
from fifty_digits import E_EG, EPS, NEUTRINOS, masses_of, mp

from renp_fast.kernels import quadrature
from renp_fast.kernels.amplitude.masses_and_mixing import axial_coupling, masses
from renp_fast.kernels.amplitude.models import pair_thresholds
from renp_fast.kernels.amplitude.pair import new_couplings, squared_amplitude, standard_couplings
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
    return closed_form.quadratic_form(neutrino, E_EG, np.array([*multiples, *chain]), texture, detuning, powers)


def any_texture(seed: int) -> ComplexMatrix:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3))


@NEUTRINOS
def test_thresholds_are_double_doubles(neutrino: Array) -> None:
    """(m_i + m_j)^2/(2 E_eg) to some 30 digits, in the order 11, 12, 13, 22, 23, 33, and (m_i - m_j)^2 to a float."""
    table = np.array(pair_thresholds(neutrino, E_EG))
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
@pytest.mark.parametrize("inverse_mass2", [0.0, 2.9, 1.25 / E_EG])  # the last is 1/s at the first detuning
@pytest.mark.parametrize("polarised", [False, True])
def test_kernels_square_the_six_numbers_of_a_pair(neutrino: Array, inverse_mass2: float, polarised: bool) -> None:
    """With 50 digits and all couplings at once, a longitudinal part among them; next to thresholds too."""
    scales = np.array([0.7, -0.4, 1.3, 0.9, 0.021, -0.017, 0.012, 0.023, *(POLARISED if polarised else ISOTROPIC)])
    scales[-1] = inverse_mass2
    texture, x, majorana = any_texture(7), 0.6 - 0.8j, neutrino[0]
    near = np.array([high for high, _, _ in pair_thresholds(neutrino, E_EG)])
    detuning = np.concatenate([[0.4, 0.03], near + 1e-9, near + 1e-5])
    form = closed_form.quadratic_form(neutrino, E_EG, scales, texture, detuning, 4)
    powers = np.array([1.0, x.real, abs(x) ** 2, x.imag])
    a = np.empty((3, 3), dtype=np.complex128)
    axial_coupling(neutrino, a)
    m, weights = masses_of(neutrino), (1, 0) if polarised else (mp.mpf(2) / 3, mp.mpf(1) / 3)
    for k, distance in enumerate(map(mp.mpf, detuning)):
        Q0, Q, right = mp.mpf(E_EG) / 2 + distance, mp.mpf(E_EG) / 2 - distance, mp.mpf(0)
        s = 2 * mp.mpf(E_EG) * distance
        for i in range(3):
            for j in range(3):
                if s <= (m[i] + m[j]) ** 2:
                    continue
                standard = standard_couplings(mp.mpc(a[i, j]), mp.mpc(a[j, i]), majorana)
                own = [mp.mpf(scale) for scale in scales]
                new = new_couplings(
                    own, mp.mpc(texture[i, j]), mp.mpc(texture[j, i]), majorana, m[i] + m[j], m[i] - m[j]
                )
                whole = type(new)(*(one + mp.mpc(x) * other for one, other in zip(standard, new, strict=True)))
                Delta = mp.sqrt((s - (m[i] + m[j]) ** 2) * (s - (m[i] - m[j]) ** 2)) / s
                right += Delta * squared_amplitude(whole, (m[i], m[j]), Q0, Q, *weights)
        right *= mp.mpf(1) / 2 if majorana else 1
        z = 1.0 + float(s) * inverse_mass2
        assert abs(powers @ form[:, k] - right) <= 16 * EPS * z**2 * np.abs(powers * form[:, k]).sum()


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
