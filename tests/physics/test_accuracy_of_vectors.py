"""Spectra of vectors with a width and a longitudinal part against 50 digits, next to thresholds too."""

import itertools
from typing import Any

import mpmath
import numpy as np
import pytest
from fifty_digits import E_EG, EPS, NEUTRINOS, masses_of, mp

import renp_fast as rf
from renp_fast.kernels.amplitude.masses_and_mixing import axial_coupling
from renp_fast.kernels.amplitude.models import pair_thresholds
from renp_fast.kernels.types import Array, ComplexMatrix

E_VG, COUPLING, MASS = 2.23072, 2e-24, 0.6
TEXTURE = np.array([[0.4, 0.3 - 0.7j, 0.1], [0.3 + 0.7j, -0.9, 0.2j], [0.1, -0.2j, 1.1]])
NAMES = ("lightest_mass_eV", "dm21_eV2", "dm3l_eV2", "theta12_deg", "theta13_deg", "delta_cp_deg", "alpha21_deg")
exact = np.frompyfunc(mp.mpc, 1, 1)


def exact_value(neutrino: Array, detuning: float, width: float, longitudinal: str, bound: bool) -> mpmath.mpf:
    """I(w) of an axial vector from the amplitudes across q and along q; or, as a bound, that with the sizes of terms.

    With v = (aL + aR)/2 and a = (aR - aL)/2 of the currents, and the same along q.
    """
    E, distance, M2 = mp.mpf(E_EG), mp.mpf(detuning), mp.mpf(MASS) ** 2
    w, s, majorana = E / 2 - distance, 2 * E * distance, neutrino[0] == 1.0
    x = mp.mpf(COUPLING) / mp.mpc(s - M2, mp.mpf(MASS) * mp.mpf(width))
    z = (1 + s / M2 if bound else 1 - s / M2) if longitudinal == "on" else mp.mpf(1)
    a, slope = np.empty((3, 3), dtype=np.complex128), float(rf.Vector(0.0, MASS, "axial").scales()[1]) * TEXTURE
    axial_coupling(neutrino, a)
    m, W = masses_of(neutrino), mp.mpf(0)
    for i, j in itertools.product(range(3), repeat=2):
        S, D = (m[i] + m[j]) ** 2, (m[i] - m[j]) ** 2
        if s <= S:
            continue
        amplitudes, both = [], (parts(exact(a), 0 * a, i, j, majorana), parts(-exact(slope), slope, i, j, majorana))
        for standard, new in zip(*both, strict=True):
            sizes = (abs(standard), abs(x * new)) if bound else (standard, x * new)
            amplitudes.append((abs(sizes[0] + sizes[1]) ** 2, abs(sizes[0] + z * sizes[1]) ** 2))
        (v2, v2_along), (a2, a2_along) = amplitudes
        R = (2 / (3 * s)) * (v2 * (2 * s + S) * (s - D) + a2 * (2 * s + D) * (s - S))
        along = v2_along * D / s**2 * (s - S) + a2_along * S / s**2 * (s - D)
        W += mp.sqrt((s - S) * (s - D)) / s * ((3 + w**2 / s) * R / 6 + w**2 / 3 * along)
    return W * w / (E * (mp.mpf(E_VG) - w) ** 2) / (2 if majorana else 1)


def parts(left: ComplexMatrix, right: ComplexMatrix, i: int, j: int, majorana: bool) -> tuple[mpmath.mpc, mpmath.mpc]:
    """v and a of a pair."""
    right = exact(right)
    aL, aR = left[i, j], right[i, j]
    if majorana:
        aL, aR = left[i, j] - right[j, i], right[i, j] - left[j, i]
    return (aL + aR) / 2, (aR - aL) / 2


@NEUTRINOS
@pytest.mark.parametrize("longitudinal", ["off", "on"])
@pytest.mark.parametrize("width", [0.0, 0.05])
def test_spectra_with_50_digits(neutrino: Array, width: float, longitudinal: str) -> None:
    """Many photon energies, and few, some of them not in vectors: to the same bits."""
    vector = rf.Vector(COUPLING, MASS, "axial", TEXTURE.tolist(), width, longitudinal)
    thresholds = np.array(pair_thresholds(neutrino, E_EG))
    near = (thresholds[:, :1] + np.array([1e-9, -1e-9, 1e-12, 1e-6, 1e-4])).ravel()
    detuning = np.concatenate([near, np.geomspace(1e-3, 0.49 * E_EG, 256)])
    keywords: dict[str, Any] = dict(zip((*NAMES, "alpha31_deg"), neutrino[2:].tolist(), strict=True))
    keywords |= {
        "nature": ("dirac", "majorana")[int(neutrino[0])],
        "ordering": ("normal", "inverted")[int(neutrino[1])],
    }

    def found(at: Array) -> Array:
        return rf.spectral_function(detuning_eV=at, interaction=vector, target=rf.Target(E_EG, E_VG), **keywords)

    some = np.arange(0, detuning.size, 3)
    few = np.concatenate([found(detuning[some[k : k + 19]]) for k in range(0, some.size, 19)])
    for many, value, at in zip(found(detuning)[some], few, detuning[some].tolist(), strict=True):
        s, right = 2.0 * E_EG * at, exact_value(neutrino, at, width, longitudinal, bound=False)
        nearness = s / abs(complex(s - MASS**2, MASS * width))
        bound = EPS * exact_value(neutrino, at, width, longitudinal, bound=True) * (4 + 2 * nearness)
        assert abs(value - right) <= bound
        assert many == value
