"""The Voigt profile, a Gaussian convolved with a Lorentzian, by the real part of the Faddeeva function w(z).

For |z| < 8 w is Weideman's rational series (SIAM J. Numer. Anal. 31, 1497, 1994), to 1e-15; beyond that Laplace's
continued fraction, of which real parts keep their digits however small they are: all its terms have the same sign.
"""

import math

import numpy as np

from renp_fast.kernels.simd.jit import kernel
from renp_fast.kernels.types import Array

ROOT_PI = math.sqrt(math.pi)
TERMS = 40
LENGTH = math.sqrt(TERMS / math.sqrt(2.0))
FAR = 8.0
FRACTIONS = 12


def _series() -> Array:
    """Weideman's coefficients, that of the highest power first."""
    half = 2 * TERMS
    angles = np.pi * np.arange(1 - half, half) / half
    t = LENGTH * np.tan(0.5 * angles)
    samples = np.concatenate([[0.0], np.exp(-t * t) * (LENGTH * LENGTH + t * t)])
    transform = np.fft.fft(np.fft.fftshift(samples)).real / (2 * half)
    return np.ascontiguousarray(transform[TERMS:0:-1])


SERIES = _series()


@kernel
def faddeeva_real(x: float, y: float) -> float:
    """Real part of w(x + i y) for y >= 0, to 1e-15 of its greatest value at that y, or of itself far out."""
    if x * x + y * y >= FAR * FAR:
        real, imaginary = x, y
        for k in range(FRACTIONS, 0, -1):
            factor = 0.5 * k / (real * real + imaginary * imaginary)
            real, imaginary = x - factor * real, y + factor * imaginary
        return imaginary / (ROOT_PI * (real * real + imaginary * imaginary))
    z = complex(-y, x)  # i z
    below = LENGTH - z
    Z = (LENGTH + z) / below
    total = complex(0.0, 0.0)
    for coefficient in SERIES:
        total = total * Z + coefficient
    return ((2.0 * total / below + 1.0 / ROOT_PI) / below).real


@kernel
def voigt(u: float, sigma: float, gamma: float) -> float:
    """Density at a distance u from the centre: Gaussian of rms ``sigma`` > 0, Lorentzian of half width ``gamma``."""
    scale = 1.0 / (math.sqrt(2.0) * sigma)
    return faddeeva_real(math.fabs(u) * scale, gamma * scale) * scale / ROOT_PI
