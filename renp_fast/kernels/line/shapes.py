"""Shapes of a laser line: densities that integrate to 1 over all energies.

A line is a Gaussian of rms ``sigma`` convolved with a Lorentzian of half width ``gamma`` or with a top-hat of full
width ``flat``; each of the three may be 0, and one of the last two always is. All are in eV.
"""

import math

import numpy as np

from renp_fast.kernels.line.voigt import ROOT_PI, voigt
from renp_fast.kernels.simd.jit import kernel

ROOT2 = math.sqrt(2.0)
# Beyond so many sigma a Gaussian holds less than 3e-19 of itself, and counts as 0
REACH = 9.0
# The difference of error functions loses digits for top-hats narrower than this part of sigma: they take the mean of
# the Gaussian at five nodes, to 1e-13 of itself where it ends
NARROW = 0.1
HAT = np.stack(np.polynomial.legendre.leggauss(5), axis=1)


@kernel
def gaussian(u: float, sigma: float) -> float:
    """Density of a Gaussian."""
    z = u / sigma
    return math.exp(-0.5 * z * z) / (ROOT2 * ROOT_PI * sigma)


@kernel
def smeared_top_hat(u: float, sigma: float, flat: float) -> float:
    """Density of a Gaussian convolved with a top-hat."""
    if flat < NARROW * sigma:
        total = 0.0
        for node, weight in HAT:
            total += 0.5 * weight * gaussian(u + 0.5 * flat * node, sigma)
        return total
    # Of complementary error functions, since these keep their digits in the wings
    scale, distance = 1.0 / (ROOT2 * sigma), math.fabs(u)
    near, far = (distance - 0.5 * flat) * scale, (distance + 0.5 * flat) * scale
    return (math.erfc(near) - math.erfc(far)) / (2.0 * flat)


@kernel
def density(u: float, sigma: float, gamma: float, flat: float) -> float:
    """Density of a line in 1/eV at a distance u from its centre; not of one without width."""
    if flat > 0.0:
        if sigma == 0.0:
            return 1.0 / flat if math.fabs(u) <= 0.5 * flat else 0.0
        return smeared_top_hat(u, sigma, flat)
    if gamma > 0.0:
        if sigma == 0.0:
            return gamma / (math.pi * (u * u + gamma * gamma))
        return voigt(u, sigma, gamma)
    return gaussian(u, sigma)


@kernel
def reach(sigma: float, gamma: float, flat: float) -> float:
    """How far a line reaches from its centre; a Lorentzian has no end."""
    return math.inf if gamma > 0.0 else 0.5 * flat + REACH * sigma


@kernel
def scale_of(sigma: float, gamma: float, flat: float) -> float:
    """The distance over which a line varies, in eV; 0 for one without width."""
    return 3.0 * sigma + gamma + 0.5 * flat
