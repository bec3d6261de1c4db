"""The kernels against 50 digits, next to thresholds too."""

import itertools
import math

import mpmath
import numpy as np
import pytest
from closed_form import quadratic_form
from fifty_digits import E_EG, EPS, NEUTRINOS, masses_of, mp

from renp_fast.kernels.amplitude.masses_and_mixing import axial_coupling
from renp_fast.kernels.amplitude.models import pair_thresholds
from renp_fast.kernels.likelihood import chi2_rows, poisson
from renp_fast.kernels.simd import vectors as simd
from renp_fast.kernels.simd.jit import kernel
from renp_fast.kernels.simd.roots import refined_root
from renp_fast.kernels.types import Array, ComplexMatrix


@kernel
def refined_roots(numbers: Array, roots: Array) -> None:
    """By the path for vectors; whole vectors only."""
    for k in range(0, simd.whole_vectors(numbers.size), simd.LANES):
        simd.put(roots, k, refined_root(simd.take(numbers, k, simd.wide(0.0))))


def hardest_roots() -> Array:
    """All numbers in [2^52, 2^54) whose square root comes within 2^-97 of itself to the middle between two floats.

    Such a middle is m = M/2 with an odd M of 54 bits, times a power of two; m^2 lies next to a float if
    M^2 = N 2^54 + c or N 2^55 + c with a small c, N of 53 bits. The roots M of c modulo 2^j are found bit by bit: they
    are roots modulo 2^(j - 1), with a bit in front or without.
    """
    found = []
    for c in range(-1023, 1024, 8):  # other c are no squares of odd numbers modulo 8
        roots = {1}
        for j in range(1, 56):
            roots = {r for s in roots for r in (s, s + (1 << (j - 1))) if (r * r - c) % (1 << j) == 0}
        for M, bits in itertools.product({root % (1 << 54) for root in roots}, (54, 55)):
            N, rest = divmod(M * M - c, 1 << bits)
            if M >> 53 == 1 and rest == 0 and N.bit_length() == 53:
                found.append(math.ldexp(N, bits % 2))
    return np.array(found)


@pytest.mark.skipif(simd.PATH == "off", reason="single numbers only")
def test_refined_roots_are_rounded_correctly() -> None:
    """Over all exponents in use, and where it is hardest: elsewhere an error of 2^-97 before rounding does nothing."""
    hard, rng = hardest_roots(), np.random.default_rng(5)
    assert hard.size > 200
    easy = rng.uniform(1.0, 4.0, 1 << 16) * 4.0 ** rng.integers(-430, 430, 1 << 16)
    around = [hard, hard * 4.0**-40, np.nextafter(hard, 0.0), np.nextafter(hard, math.inf), easy]
    numbers = np.concatenate(around)
    numbers = np.resize(numbers, numbers.size + -numbers.size % simd.LANES)
    roots = np.full(numbers.size, np.nan)
    refined_roots(numbers, roots)
    assert roots.tobytes() == np.sqrt(numbers).tobytes()


def exact_W(neutrino: Array, detuning: float, x: float, scales: Array, texture: ComplexMatrix) -> mpmath.mpf:
    """W of currents by the formula of Dinh et al., arXiv:1209.4808, with right-handed couplings, at strength x."""
    E, distance = mp.mpf(E_EG), mp.mpf(detuning)
    w, s = E / 2 - distance, 2 * E * distance
    majorana, W = neutrino[0] == 1.0, mp.mpf(0)
    a = np.empty((3, 3), dtype=np.complex128)
    axial_coupling(neutrino, a)
    exact = np.frompyfunc(mp.mpc, 1, 1)
    left = exact(a) + mp.mpf(x) * mp.mpf(scales[0]) * exact(texture)
    right = mp.mpf(x) * mp.mpf(scales[1]) * exact(texture)
    m = masses_of(neutrino)
    for i, j in itertools.product(range(3), repeat=2):
        m_i, m_j = m[i], m[j]
        S, D, d = (m_i + m_j) ** 2, (m_i - m_j) ** 2, m_i**2 - m_j**2
        if s <= S:
            continue
        aL, aR = left[i, j], right[i, j]
        if majorana:
            aL, aR = left[i, j] - right[j, i], right[i, j] - left[j, i]
        Delta2 = (s - S) * (s - D) / s**2
        current = s + w**2 / 2 - w**2 * Delta2 / 6 - (m_i**2 + m_j**2) / 2 - (E - w) ** 2 * d**2 / (2 * s**2)
        size = abs(aL) ** 2 + abs(aR) ** 2
        term = size * current / 3 + 2 * mp.re(aL * mp.conj(aR)) * m_i * m_j
        W += mp.sqrt(Delta2) * term / (2 if majorana else 1)
    return W


@NEUTRINOS
@pytest.mark.parametrize("x", [0.0, 0.8])
def test_currents_with_50_digits(neutrino: Array, x: float) -> None:
    """100 points, most of them 1e-9 eV and closer to a threshold; the detuning is exact, so nothing may be lost."""
    scales, rng = np.array([0.7, -0.4, *np.zeros(6), 1.0, 1.0, 0.0]), np.random.default_rng(8)
    texture = rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3))
    thresholds = np.array(pair_thresholds(neutrino, E_EG))
    distances = np.array([1e-9, -1e-9, 3e-10, 1e-11, 1e-12, -1e-12, 1e-14, 1e-6, 2e-5, 1e-4])
    detuning = np.concatenate([(thresholds[:, :1] + distances).ravel(), 10.0 ** rng.uniform(-3.5, 0.0, 40)])
    form = quadratic_form(neutrino, E_EG, scales, texture, detuning, 3)
    found = form[0] + x * form[1] + x * x * form[2]
    for value, at, terms in zip(found, detuning, form.T, strict=True):
        right = exact_W(neutrino, float(at), x, scales, texture)
        size = abs(terms[0]) + abs(x * terms[1]) + abs(x * x * terms[2])
        assert abs(value - right) <= 12 * EPS * size


def test_excess_with_50_digits() -> None:
    """At 200 points, from the smallest changes to N = 0; vectors and single numbers alike."""
    t = np.concatenate([sign * np.geomspace(1e-17, 0.999, 64) for sign in (1.0, -1.0)])
    t = np.concatenate([t, np.geomspace(0.999, 1e15, 40), -1.0 + np.geomspace(1e-15, 0.5, 32)])
    assert t.size == 200
    chi2 = np.empty(t.size)
    chi2_rows.fill_chi2_of_couplings(t, np.array([[1.0, 1.0, 0.0, 0.0, 1.0]]), chi2)
    for value, change in zip(chi2, t, strict=True):
        exact = mp.mpf(change) - mp.log1p(mp.mpf(change))
        # Beyond small changes 1 + t and ln 2 are rounded: some eps of each term
        rounding = 4.0 if abs(change) < 0.1 else 2.0 * (abs(change) + abs(math.log1p(change))) / float(exact)
        assert abs(value / exact - 1) <= max(rounding, 4.0) * EPS
        assert value == poisson.excess(change)


@pytest.mark.parametrize("largest", [0.0154, 0.0156, 0.327, 0.329, 8.0])
def test_excesses_of_small_changes_have_the_same_bits(largest: float) -> None:
    """To both sides of where fewer operations do, next to 1 - 1/64 and 1 + 1/32, where intervals of the table end."""
    rng, edges = np.random.default_rng(9), np.array([-1.0 / 64.0, 1.0 / 32.0, -3.0 / 64.0, -21.0 / 64.0, 11.0 / 32.0])
    near = np.concatenate([edges, np.nextafter(edges, -1.0), np.nextafter(edges, 1.0)])
    t = np.concatenate([near, rng.uniform(-min(largest, 0.99), largest, 600 - near.size)])
    t = t[np.abs(t) <= largest]
    t = np.resize(t, t.size - t.size % simd.LANES)
    chi2 = np.empty(t.size)
    chi2_rows.fill_chi2_of_couplings(t, np.array([[1.0, 1.0, 0.0, 0.0, 1.0]]), chi2)
    assert chi2.tolist() == [poisson.excess(change) for change in t]
    few = [value / (mp.mpf(change) - mp.log1p(mp.mpf(change))) - 1 for value, change in zip(chi2, t, strict=True)]
    assert max(map(abs, few)) <= (8.0 if largest > 0.329 else 2.0) * EPS


def test_what_is_no_number_stays_in_its_place() -> None:
    """N = 0 < N0 and fewer, and NaN, among ordinary numbers of the same vector; all of them on a pole."""
    t = np.linspace(-0.5, 3.0, 19)
    plain = np.empty(t.size)
    chi2_rows.fill_chi2_of_couplings(t, np.array([[1.0, 1.0, 0.0, 0.0, 1.0]]), plain)
    special = {1: -1.0, 4: np.nan, 9: -1.5, 12: -1e300, 17: -1.0, 18: np.nan}
    t[list(special)] = list(special.values())
    chi2 = np.empty(t.size)
    chi2_rows.fill_chi2_of_couplings(t, np.array([[1.0, 1.0, 0.0, 0.0, 1.0]]), chi2)
    right = {place: value if math.isnan(value) else math.inf for place, value in special.items()}
    assert np.array_equal(chi2[list(right)], list(right.values()), equal_nan=True)
    others = np.setdiff1d(np.arange(t.size), list(special))
    assert np.array_equal(chi2[others], plain[others])
    t = np.array([0.0, 0.5, -0.5, 0.0, 1.0, 2.0, -3.0, 1e-9, 0.0])
    chi2_rows.fill_chi2_of_couplings(t, np.array([[1.0, -1.0, np.inf, 0.0, 0.0]]), pole := np.full(t.size, np.nan))
    assert np.array_equal(pole, np.where(t == 0.0, 0.0, np.inf))
