"""The Voigt profile, a Gaussian convolved with a Lorentzian, by the real part of the Faddeeva function w(z).

For |z| < 8 it is the trapezoidal rule for y/pi int dt exp(-t^2)/((x - t)^2 + y^2), and the residue that it leaves out
(Hunter and Regan, Math. Comp. 26, 539, 1972), with nodes chosen at least a quarter of a step away from x: so all terms
of the wings are positive, and keep their digits however small they are beside the peak. Beyond that it is Laplace's
continued fraction, of which real parts keep theirs too.
"""

import math

import numpy as np

from renp_fast.kernels.simd.jit import kernel

ROOT_PI = math.sqrt(math.pi)
FAR = 8.0
FRACTIONS = 12
# The rule leaves out exp(-(pi/STEP)^2), and what is beyond its last node
TERMS = 14
STEP = math.sqrt(math.pi / TERMS)
# Distances of the nodes from 0, of the whole grid and of that between: each for a pair, 0 being half of one
GRIDS = STEP * np.stack([np.arange(TERMS), np.arange(TERMS) + 0.5])
WEIGHTS = STEP / math.pi * np.exp(-GRIDS * GRIDS)
WEIGHTS[0, 0] *= 0.5


@kernel
def faddeeva_real(x: float, y: float) -> float:
    """Real part of w(x + i y) for x and y >= 0, to 1e-14 of itself; for y below 1e-11 the Gaussian ends at |z| = 8."""
    if x * x + y * y >= FAR * FAR:
        real, imaginary = x, y
        for k in range(FRACTIONS, 0, -1):
            factor = 0.5 * k / (real * real + imaginary * imaginary)
            real, imaginary = x - factor * real, y + factor * imaginary
        return imaginary / (ROOT_PI * (real * real + imaginary * imaginary))
    steps = x / STEP
    part = steps - math.floor(steps)
    grid, sign = (0, -1.0) if 0.25 <= part < 0.75 else (1, 1.0)
    total = 0.0
    for k in range(TERMS):
        below, above = x - GRIDS[grid, k], x + GRIDS[grid, k]
        below, above = below * below + y * y, above * above + y * y
        total += WEIGHTS[grid, k] * (below + above) / (below * above)
    return y * total + residue(x, y, 2.0 * math.pi * part, sign)


@kernel
def residue(x: float, y: float, angle: float, sign: float) -> float:
    """Real part of 2 exp(-z^2)/(1 + ``sign`` exp(-2 pi i z/STEP)), the ``angle`` being 2 pi x/STEP but for turns."""
    growth = sign * math.exp(2.0 * math.pi / STEP * y)
    real, imaginary = 1.0 + growth * math.cos(angle), -growth * math.sin(angle)
    phase, size = 2.0 * x * y, 2.0 * math.exp((y - x) * (y + x))
    return size * (math.cos(phase) * real - math.sin(phase) * imaginary) / (real * real + imaginary * imaginary)


@kernel
def voigt(u: float, sigma: float, gamma: float) -> float:
    """Density at a distance u from the centre: Gaussian of rms ``sigma`` > 0, Lorentzian of half width ``gamma``."""
    scale = 1.0 / (math.sqrt(2.0) * sigma)
    return faddeeva_real(math.fabs(u) * scale, gamma * scale) * scale / ROOT_PI
