"""Textures: how a coupling is spread over the pairs of mass eigenstates."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from renp_fast.kernels.types import ComplexMatrix
from renp_fast.physics.domains import TEXTURES as NAMES
from renp_fast.physics.domains import shown
from renp_fast.physics.neutrinos import Nature

Entry: TypeAlias = complex | Sequence[float]
Texture: TypeAlias = str | Sequence[Sequence[Entry]]

ELEMENTS = NAMES[1:]
IDENTITY = np.eye(3, dtype=np.complex128)
LARGEST = 1e30
TOLERANCE = 1e-12  # of the largest entry, in tests of symmetry: a matrix may come from a text file


def texture_matrix(texture: Texture, kind: str, chirality: str, nature: Nature) -> ComplexMatrix:
    """The texture as a complex matrix (3, 3) in the mass basis.

    "universal" is the identity. "ij" sets ij = ji = 1; where Majorana neutrinos only have the antisymmetric part of a
    Hermitian matrix (dipoles, millicharge, charge radius, chirality "vector") it sets ij = i, ji = -i. Of a matrix
    that is Hermitian but for rounding this is the Hermitian part, with which no vector interferes by Im x.

    Raises
    ------
    ValueError
        If the texture is no such name or matrix, is not Hermitian, or is forbidden by the neutrino's nature.
    """
    antisymmetric = nature == "majorana" and (
        kind == "dipole"
        or chirality in ("millicharge", "charge_radius")
        or (kind == "vector" and chirality == "vector")
    )
    matrix = _named(texture, antisymmetric) if isinstance(texture, str) else _given(texture)
    if not isinstance(texture, str) and not _same(matrix, matrix.conj().T):
        raise ValueError(f"texture: {shown(texture)} is not Hermitian; allowed: T_ji = conj(T_ij)")
    if nature == "majorana" and kind == "scalar" and not _same(matrix, matrix.T):
        raise ValueError(
            f"texture: {shown(texture)} is not symmetric; a Majorana scalar coupling must be (so it is real)"
        )
    if nature == "majorana" and kind == "dipole" and not _same(matrix, -matrix.T):
        raise ValueError(
            f"texture: {shown(texture)} is not antisymmetric; a Majorana dipole moment must be (so it is imaginary): "
            "allowed: 12, 13, 23 or such a matrix"
        )
    return matrix if isinstance(texture, str) else 0.5 * (matrix + matrix.conj().T)


def _same(matrix: ComplexMatrix, other: ComplexMatrix) -> bool:
    return bool((np.abs(matrix - other) <= TOLERANCE * np.abs(matrix).max()).all())


def texture_label(texture: Texture) -> str:
    """A name for the texture on an axis: itself, or its entries row by row."""
    if isinstance(texture, str):
        return texture
    return "; ".join(" ".join(_number(entry) for entry in row) for row in _given(texture))


def _number(entry: complex) -> str:
    return f"{entry:.12g}" if entry.imag else f"{entry.real:.12g}"


def _named(texture: str, antisymmetric: bool) -> ComplexMatrix:
    if texture == "universal":
        return IDENTITY.copy()
    if texture not in ELEMENTS:
        raise ValueError(f"texture: got {shown(texture)}; allowed: {', '.join(NAMES)}, or a 3x3 matrix")
    i, j = int(texture[0]) - 1, int(texture[1]) - 1
    if antisymmetric and i == j:
        raise ValueError(
            f"texture: {shown(texture)} vanishes for Majorana neutrinos here; allowed: 12, 13, 23 or a matrix"
        )
    matrix = np.zeros((3, 3), dtype=np.complex128)
    matrix[i, j], matrix[j, i] = (1j, -1j) if antisymmetric else (1.0, 1.0)
    return matrix


def _given(texture: Sequence[Sequence[Entry]]) -> ComplexMatrix:
    try:
        matrix = np.array([[_entry(entry) for entry in row] for row in texture], dtype=np.complex128)
    except (TypeError, ValueError):
        matrix = np.empty((0, 0), dtype=np.complex128)
    if matrix.shape != (3, 3) or not (np.abs(matrix) <= LARGEST).all():
        raise ValueError(
            f"texture: got {shown(texture)}; allowed: {', '.join(NAMES)}, or 3x3 finite numbers or [re, im] pairs"
        )
    return matrix


def _entry(entry: Entry) -> complex:
    if isinstance(entry, Sequence):
        real, imaginary = entry
        return complex(real, imaginary)
    return complex(entry)
