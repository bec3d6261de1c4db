"""Shapes of lines against scipy's Voigt profile and mpmath, their areas, and the shapes that they become."""

import math

import numpy as np
import pytest
from line_reference import gaussian, mp, smeared_top_hat
from scipy.integrate import quad
from scipy.special import voigt_profile

from renp_fast.kernels.line.shapes import density, reach
from renp_fast.kernels.line.voigt import faddeeva_real


def test_faddeeva_function_near_and_far() -> None:
    """To 1e-14 of itself, in the wings of a narrow Lorentzian behind a Gaussian too, where nothing but y is left."""
    for y in (1e-11, 1e-9, 1e-4, 0.03, 0.7, 4.0, 6.6, 6.7, 7.99, 8.01, 50.0, 1e5):
        for x in (0.0, 0.02, 0.11, 0.12, 1.3, 3.3, 5.0, 6.1, 7.9, 8.1, 30.0, 1e3):
            z = mp.mpc(x, y)
            if abs(z) < 25:
                expected = mp.re(mp.exp(-z * z) * mp.erfc(-mp.mpc(0, 1) * z))
            else:
                terms = (mp.fac2(2 * k - 1) / (2 * z * z) ** k for k in range(40))
                expected = mp.re(mp.mpc(0, 1) / (z * mp.sqrt(mp.pi)) * mp.fsum(terms))
            assert abs(faddeeva_real(x, y) / expected - 1) < 1e-14, (x, y)


@pytest.mark.parametrize(("sigma", "gamma"), [(2e-5, 3e-6), (1e-6, 4e-5), (3e-5, 1e-9)])
def test_voigt_is_that_of_scipy(sigma: float, gamma: float) -> None:
    for u in (0.0, 1e-6, -3e-5, 2e-4, -0.02):
        assert density(u, sigma, gamma, 0.0) == pytest.approx(voigt_profile(u, sigma, gamma), rel=1e-12, abs=0.0)


@pytest.mark.parametrize("ratio", [1e-9, 3e-3, 1.01e-2, 0.099, 0.101, 0.4, 30.0])
def test_smeared_top_hat_is_that_of_mpmath(ratio: float) -> None:
    sigma, flat = mp.mpf(2e-5), mp.mpf(2e-5 * ratio)
    exact = smeared_top_hat(sigma, flat)
    for z in (0.0, 0.3, -1.7, 4.4, -8.0):
        u = mp.mpf(z * float(sigma)) + (flat / 2 if ratio > 1.0 else 0)
        with mp.workdps(60):  # the difference of error functions has some 30 digits less
            expected = float(exact(u))
        assert density(float(u), float(sigma), 0.0, float(flat)) == pytest.approx(expected, rel=1e-13, abs=0.0)


@pytest.mark.parametrize("widths", [(2e-5, 0.0, 0.0), (0.0, 0.0, 3e-5), (1e-6, 0.0, 3e-5), (2e-5, 3e-6, 0.0)])
def test_a_line_has_unit_area(widths: tuple[float, float, float]) -> None:
    far = min(reach(*widths), 1.0)
    cuts = [p for p in (-1e-3, -1e-4, -1.5e-5, 0.0, 1.5e-5, 1e-4, 1e-3) if abs(p) < far]
    area, _ = quad(density, -far, far, widths, points=cuts, limit=400, epsrel=1e-12)
    lost = 2.0 * widths[1] / (math.pi * far)
    assert area == pytest.approx(1.0 - lost, rel=1e-11)


def test_a_voigt_line_becomes_each_of_its_parts() -> None:
    u = np.array([0.0, 7e-6, -3e-5])
    for at in u:
        assert density(at, 2e-5, 1e-18, 0.0) == pytest.approx(float(gaussian(mp.mpf(2e-5))(mp.mpf(at))), rel=1e-12)
        lorentzian = 3e-5 / (math.pi * (at * at + 9e-10))
        assert density(at, 1e-14, 3e-5, 0.0) == pytest.approx(lorentzian, rel=1e-12)
        assert density(at, 0.0, 3e-5, 0.0) == pytest.approx(lorentzian, rel=1e-15)
