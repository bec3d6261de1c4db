"""The kernels against 50 digits, next to thresholds too; and all paths of `kernels.simd` bit for bit."""

import hashlib
import json
import math
import os
import subprocess
import sys
from functools import cache

import mpmath
import numpy as np
import pytest

from renp_fast.kernels import likelihood, rows, simd, spectral
from renp_fast.kernels.jit import kernel
from renp_fast.kernels.types import Array

mp = mpmath.MPContext()
mp.dps = 50
EPS = float(np.finfo(float).eps)
E_EG = 2.14349
# Majorana, inverted, lightest mass, dm21, dm3l, theta12, theta13, delta, alpha21, alpha31
NORMAL = np.array([0.0, 0.0, 0.0123, 7.49e-5, 2.513e-3, 33.1, 8.7, 212.0, 41.0, 99.0])
INVERTED = np.array([1.0, 1.0, 0.0321, 7.42e-5, -2.484e-3, 34.2, 8.5, 274.0, 71.0, 311.0])
NEUTRINOS = pytest.mark.parametrize("neutrino", [NORMAL, INVERTED], ids=["dirac normal", "majorana inverted"])


@kernel
def refined_roots(numbers: Array, roots: Array) -> None:
    """By the path for vectors; whole vectors only."""
    for k in range(0, simd.whole_vectors(numbers.size), simd.LANES):
        simd.put(roots, k, simd.refined_root(simd.take(numbers, k, simd.wide(0.0))))


def hardest_roots() -> Array:
    """Numbers whose square root lies closest to the middle between two floats.

    A middle is m = M/2 with odd M of 54 bits; its square, M^2/4, lies next to a float N 2^e if M^2 = c modulo 2^(e + 2)
    with small c. All M for |c| < 256 are found bit by bit: a square root of c modulo 2^j is one modulo 2^(j - 1),
    with a bit added in front or not.
    """
    found = []
    for even in (0, 1):  # N 2^e has 106 or 107 bits
        for c in range(-255, 256, 2):
            for bits in (54 + even, 55 + even):
                roots = {1}
                for j in range(1, bits + 1):
                    roots = {r for s in roots for r in (s, s + (1 << (j - 1))) if (r * r - c) % (1 << j) == 0}
                for root in roots:
                    M = root % (1 << 54)
                    N, rest = divmod(M * M - c, 1 << bits)
                    if M >> 53 == 1 and rest == 0 and N.bit_length() == 53:
                        found.append(math.ldexp(N, bits % 2))
    return np.array(found)


def test_refined_roots_are_rounded_correctly() -> None:
    """Over all exponents in use, and where correct rounding is hardest; elsewhere the refinement is off."""
    rng = np.random.default_rng(5)
    hard = hardest_roots()
    assert hard.size > 500
    easy = rng.uniform(1.0, 4.0, 1 << 16) * 4.0 ** rng.integers(-430, 430, 1 << 16)
    around = np.concatenate([hard, np.nextafter(hard, 0.0), np.nextafter(hard, math.inf), easy])
    scaled = np.concatenate([around, around * 4.0**-40])
    numbers = np.resize(scaled, scaled.size + -scaled.size % simd.LANES)
    roots = np.sqrt(numbers)
    if simd.PATH == "off":
        pytest.skip("single numbers only")
    refined_roots(numbers, roots_found := np.full(numbers.size, np.nan))
    assert roots_found.tobytes() == roots.tobytes()
