"""Widths of mediators: the limit of massless neutrinos, and explicit traces."""

import math

import numpy as np
import pytest
from dirac_traces import GAMMA, GAMMA5, METRIC, P_LEFT, P_RIGHT, UNIT, slash

import renp_fast as rf

NORMAL = {"ordering": "normal", "lightest_mass_eV": 0.05}
TEXTURE = [[0.3, [0.2, 0.5], 0.7], [[0.2, -0.5], -1.1, [0.0, 0.4]], [0.7, [0.0, -0.4], 0.6]]
T = np.array([[complex(*e) if isinstance(e, list) else e for e in row] for row in TEXTURE])
CHIRAL = {"left": (P_LEFT, 0 * UNIT), "right": (0 * UNIT, P_RIGHT), "axial": (-P_LEFT, P_RIGHT)}


@pytest.mark.parametrize(("chirality", "states"), [("left", 3), ("right", 3), ("vector", 6), ("axial", 6)])
def test_a_heavy_vector(chirality: str, states: int) -> None:
    vector = rf.Vector(1.0, 1e6, chirality=chirality)
    expected = states * 0.01**2 * 1e6 / (24.0 * math.pi)
    assert rf.neutrino_width_eV(vector, 0.01, nature="dirac", **NORMAL) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("chirality", ["scalar", "pseudoscalar"])
def test_a_heavy_scalar(chirality: str) -> None:
    width = rf.neutrino_width_eV(rf.Scalar(1.0, 1e6, chirality=chirality), 0.01, nature="dirac", **NORMAL)
    assert width == pytest.approx(3.0 * 0.01**2 * 1e6 / (8.0 * math.pi), rel=1e-9)
    half = rf.neutrino_width_eV(rf.Scalar(1.0, 1e6, chirality=chirality), 0.01, nature="majorana", **NORMAL)
    assert half == pytest.approx(0.5 * width, rel=1e-14)


def by_traces(vertex_of: object, M: float, spins: float) -> float:
    """Sum of all two-body decays at rest, with the squared amplitude by explicit Dirac matrices."""
    m = rf.Neutrinos(nature="dirac", **NORMAL).masses_eV
    total = 0.0
    for i in range(3):
        for j in range(3):
            if m[i] + m[j] >= M:
                continue
            E = (M * M + m[i] ** 2 - m[j] ** 2) / (2.0 * M)
            p = math.sqrt(E * E - m[i] ** 2)
            first, second = np.array([E, 0.0, 0.0, p]), np.array([M - E, 0.0, 0.0, -p])
            squared = 0.0
            for V, weight in vertex_of(T[i, j]):  # type: ignore[operator]
                V_bar = GAMMA[0] @ V.conj().T @ GAMMA[0]
                squared += (
                    weight * np.trace((slash(first) + m[i] * UNIT) @ V @ (slash(second) - m[j] * UNIT) @ V_bar).real
                )
            total += p / (8.0 * math.pi * M * M) * squared / spins
    return total


@pytest.mark.parametrize("M", [0.109, 0.13, 2.0])
@pytest.mark.parametrize("chirality", list(CHIRAL))
def test_vectors_by_traces(M: float, chirality: str) -> None:
    """Three spatial polarisations of a vector at rest."""
    left, right = CHIRAL[chirality]
    vertices = lambda t: [(GAMMA[k] @ (t * left + t * right), 1.0) for k in (1, 2, 3)]  # noqa: E731
    width = rf.neutrino_width_eV(rf.Vector(7.0, M, chirality=chirality, texture=TEXTURE), 1.0, nature="dirac", **NORMAL)
    assert width == pytest.approx(by_traces(vertices, M, 3.0), rel=1e-10)
    assert METRIC[0, 0] == 1.0


@pytest.mark.parametrize("M", [0.109, 0.13, 2.0])
@pytest.mark.parametrize("chirality", ["scalar", "pseudoscalar"])
def test_scalars_by_traces(M: float, chirality: str) -> None:
    matrix = UNIT if chirality == "scalar" else 1j * GAMMA5
    width = rf.neutrino_width_eV(rf.Scalar(7.0, M, chirality=chirality, texture=TEXTURE), 1.0, nature="dirac", **NORMAL)
    assert width == pytest.approx(by_traces(lambda t: [(t * matrix, 1.0)], M, 1.0), rel=1e-10)


def test_too_light_for_any_pair() -> None:
    assert rf.neutrino_width_eV(rf.Vector(1.0, 0.09), 1.0, nature="dirac", **NORMAL) == 0.0
    assert rf.neutrino_width_eV(rf.Vector(1.0, 0.0), 1.0, nature="dirac", **NORMAL) == 0.0


def test_only_mediators_have_a_width() -> None:
    with pytest.raises(ValueError, match="allowed: Vector, Scalar"):
        rf.neutrino_width_eV(rf.Dipole(1e-11), 1.0, nature="dirac", **NORMAL)  # type: ignore[arg-type]
