"""Neutrinos, and their masses with 50 digits."""

import mpmath
import numpy as np
import pytest

from renp_fast.kernels.types import Array

mp = mpmath.MPContext()
mp.dps = 50
EPS = float(np.finfo(float).eps)
E_EG = 2.14349
# Majorana, inverted, lightest mass, dm21, dm3l, theta12, theta13, delta, alpha21, alpha31
NORMAL = np.array([0.0, 0.0, 0.0123, 7.49e-5, 2.513e-3, 33.1, 8.7, 212.0, 41.0, 99.0])
INVERTED = np.array([1.0, 1.0, 0.0321, 7.42e-5, -2.484e-3, 34.2, 8.5, 274.0, 71.0, 311.0])
NEUTRINOS = pytest.mark.parametrize("neutrino", [NORMAL, INVERTED], ids=["dirac normal", "majorana inverted"])


def masses_of(neutrino: Array) -> list[mpmath.mpf]:
    """The masses with 50 digits."""
    lightest, dm21, dm3l = (mp.mpf(value) for value in neutrino[2:5])
    squared = [lightest**2, lightest**2 + dm21, lightest**2 + dm3l]
    if neutrino[1] == 1.0:
        squared = [lightest**2 - dm3l - dm21, lightest**2 - dm3l, lightest**2]
    return [mp.sqrt(value) for value in squared]
