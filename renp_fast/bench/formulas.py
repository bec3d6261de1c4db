"""The spectral function as one would write it with NumPy, and what can be computed once and for all.

Written from the formulas of the papers (Dinh et al., arXiv:1209.4808; Ge and Pasquini, psf2023008051), for a
left-handed vector mediator and normal ordering; nothing of the kernels enters.
"""

import math
from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np

from renp_fast.kernels.types import Array, ComplexMatrix
from renp_fast.physics.constants import G_F
from renp_fast.physics.oscillation import best_fit
from renp_fast.physics.targets import ATOMS

# A float, or an array that broadcasts with the others
Numbers: TypeAlias = Any

YB = ATOMS["Yb"]
E_EG, E_VG = YB.E_eg_eV, YB.E_vg_eV
OSCILLATION = best_fit("NuFIT-6.0", "normal")
CURRENT = 1.0 / (math.sqrt(2.0) * G_F)
PAIRS = [(i, j) for i in range(3) for j in range(i, 3)]
ORDERED_PAIRS = [(i, j) for i in range(3) for j in range(3)]


def masses(m0: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """(m1, m2, m3) in eV."""
    return m0, np.sqrt(m0**2 + OSCILLATION["dm21_eV2"]), np.sqrt(m0**2 + OSCILLATION["dm3l_eV2"])


def axial_coupling(alpha21_deg: Numbers) -> ComplexMatrix:
    """a_ij = U*_ei U_ej - delta_ij/2, of shape (3, 3) and that of the phase."""
    theta12, theta13 = (math.radians(OSCILLATION[name]) for name in ("theta12_deg", "theta13_deg"))
    delta = math.radians(OSCILLATION["delta_cp_deg"])
    return coupling_of(theta12, theta13, delta, alpha21_deg)


def coupling_of(theta12: Numbers, theta13: float, delta: float, alpha21_deg: Numbers) -> ComplexMatrix:
    """a_ij for angles in radians, of shape (3, 3) and that of the arguments."""
    phase = np.exp(0.5j * np.radians(alpha21_deg))
    row = np.broadcast_arrays(
        np.cos(theta12) * math.cos(theta13) + 0.0j,
        np.sin(theta12) * math.cos(theta13) * phase,
        math.sin(theta13) * np.exp(-1j * delta) + 0.0 * phase,
    )
    a: ComplexMatrix = np.array([[np.conj(row[i]) * row[j] - 0.5 * (i == j) for j in range(3)] for i in range(3)])
    return a


def spectral_function(
    w: Array,
    m0: Numbers,
    a: Numbers,
    coupling: Numbers = 0.0,
    mediator_mass: Numbers = 0.0,
    texture: ComplexMatrix | None = None,
    majorana: bool = False,
    xp: Any = np,
) -> Array:
    """I(w) in the arrangement of the papers; all arguments broadcast, and without texture it is the Standard Model.

    ``xp`` is NumPy or something like it.
    """
    s = E_EG * (E_EG - 2.0 * w)
    x = 0.0 if texture is None else CURRENT * coupling / (s - mediator_mass**2)
    T = np.zeros((3, 3)) if texture is None else texture
    m = masses(m0)
    W = 0.0
    for i, j in ORDERED_PAIRS:
        S, D, d = (m[i] + m[j]) ** 2, (m[i] - m[j]) ** 2, m[i] ** 2 - m[j] ** 2
        aL = a[i, j] + x * T[i, j]
        aR = -(a[j, i] + x * T[j, i]) if majorana else 0.0
        Delta2 = xp.maximum((s - S) * (s - D), 0.0) / s**2
        bracket = s + w**2 / 2 - w**2 * Delta2 / 6 - (m[i] ** 2 + m[j] ** 2) / 2 - (E_EG - w) ** 2 * d**2 / (2 * s**2)
        amplitude = (xp.abs(aL) ** 2 + xp.abs(aR) ** 2) * bracket / 3 + 2 * xp.real(aL * xp.conj(aR)) * m[i] * m[j]
        W = W + xp.where(s > S, xp.sqrt(Delta2) * amplitude, 0.0)
    half = 0.5 if majorana else 1.0
    values: Array = half * W * w / (E_EG * (E_VG - w) ** 2)
    return values


def pair_coefficients(
    m0: float, a: ComplexMatrix, texture: ComplexMatrix | None = None, majorana: bool = False
) -> Array:
    """S, D and the powers of x in |v|^2 and |a|^2 of the six pairs (6, 8), where x = g/(s - M^2)."""
    slope = np.zeros((3, 3), dtype=complex) if texture is None else CURRENT * texture
    right, right_slope = (-a.T, -slope.T) if majorana else (0.0 * a, 0.0 * slope)
    parts = [((a + right) / 2, (slope + right_slope) / 2), ((right - a) / 2, (right_slope - slope) / 2)]
    powers = [[np.abs(c) ** 2, 2.0 * np.real(np.conj(c) * k), np.abs(k) ** 2] for c, k in parts]
    m, half = masses(m0), 0.5 if majorana else 1.0
    rows = []
    for i, j in PAIRS:
        both = [(i, j), (j, i)] if i != j else [(i, i)]
        sums = [half * sum(power[pair] for pair in both) for side in powers for power in side]
        rows.append([(m[i] + m[j]) ** 2, (m[i] - m[j]) ** 2, *sums])
    return np.array(rows, dtype=np.float64)


def quadratic_forms(w: Array, pairs: Array) -> Array:
    """Powers of x in W (3, n) in eV^2 at photon energies w."""
    s = E_EG * (E_EG - 2.0 * w)
    forms = np.zeros((3, *w.shape))
    for S, D, *powers in pairs:
        above_sum, above_difference = np.maximum(s - S, 0.0), s - D
        phase_space = np.sqrt(np.maximum(above_sum * above_difference, 0.0)) / s
        first, second = (3.0 + w**2 / s) / (9.0 * s), w**2 / (3.0 * s**2)
        vector = first * (2.0 * s + S) * above_difference + second * D * above_sum
        axial = first * (2.0 * s + D) * above_sum + second * S * above_difference
        for power in range(3):
            forms[power] += phase_space * (powers[power] * vector + powers[3 + power] * axial)
    return forms


def level_factor(w: Array) -> Array:
    """w/(E_eg (E_vg - w)^2) in eV^-2."""
    factor: Array = w / (E_EG * (E_VG - w) ** 2)
    return factor


def pieces(length: int, size: int) -> Iterator[slice]:
    """Cut a length into pieces that the cache holds."""
    return (slice(start, min(start + size, length)) for start in range(0, length, size))
