"""Textures by name and as matrices, and every one that is refused."""

from typing import Any

import numpy as np
import pytest

import renp_fast as rf
from renp_fast.physics.textures import NAMES, texture_label, texture_matrix

COMPLEX = np.array([[0.4, 0.3 - 0.7j, 0.1], [0.3 + 0.7j, -0.9, 0.2j], [0.1, -0.2j, 1.1]])
PAIRS = [[[float(entry.real), float(entry.imag)] for entry in row] for row in COMPLEX]
REAL = [[1.0, 2, 3.5], [2, 0.5, -4], [3.5, -4, 6]]
ANTISYMMETRIC = [[0, [0, -1.5], [0, 2]], [[0, 1.5], 0, [0, 0.25]], [[0, -2], [0, -0.25], 0]]
ONLY_ANTISYMMETRIC = [
    ("dipole", "magnetic"),
    ("dipole", "electric"),
    ("form_factor", "millicharge"),
    ("form_factor", "charge_radius"),
    ("vector", "vector"),
]
OTHERS = [
    ("vector", "left"),
    ("vector", "right"),
    ("vector", "axial"),
    ("scalar", "scalar"),
    ("scalar", "pseudoscalar"),
    ("form_factor", "anapole"),
]


def element(name: str, above: complex, below: complex) -> np.ndarray:
    matrix = np.zeros((3, 3), dtype=complex)
    i, j = int(name[0]) - 1, int(name[1]) - 1
    matrix[i, j], matrix[j, i] = above, below
    return matrix


def test_names() -> None:
    assert NAMES == ("universal", "11", "12", "13", "22", "23", "33")


@pytest.mark.parametrize("nature", ["dirac", "majorana"])
@pytest.mark.parametrize(("kind", "chirality"), OTHERS)
def test_names_are_real_and_symmetric(kind: str, chirality: str, nature: Any) -> None:
    assert np.array_equal(texture_matrix("universal", kind, chirality, nature), np.eye(3))
    for name in NAMES[1:]:
        assert np.array_equal(texture_matrix(name, kind, chirality, nature), element(name, 1.0, 1.0))


@pytest.mark.parametrize(("kind", "chirality"), ONLY_ANTISYMMETRIC)
def test_names_where_majorana_neutrinos_keep_only_the_antisymmetric_part(kind: str, chirality: str) -> None:
    for name in ("12", "13", "23"):
        assert np.array_equal(texture_matrix(name, kind, chirality, "dirac"), element(name, 1.0, 1.0))
        assert np.array_equal(texture_matrix(name, kind, chirality, "majorana"), element(name, 1j, -1j))
    for name in ("11", "22", "33"):
        assert np.array_equal(texture_matrix(name, kind, chirality, "dirac"), element(name, 1.0, 1.0))
        with pytest.raises(ValueError, match=f"texture: '{name}' vanishes for Majorana neutrinos here; allowed: 12, 1"):
            texture_matrix(name, kind, chirality, "majorana")


@pytest.mark.parametrize("given", [PAIRS, COMPLEX, COMPLEX.tolist(), [tuple(row) for row in PAIRS]], ids=type)
def test_forms_of_a_matrix(given: Any) -> None:
    """[re, im] pairs, an array, nested lists of complex numbers, tuples of pairs."""
    assert np.array_equal(texture_matrix(given, "vector", "left", "dirac"), COMPLEX)


def test_numbers_and_pairs_may_be_mixed() -> None:
    mixed = [[0.4, [0.3, -0.7], 0.1], [0.3 + 0.7j, -0.9, [0, 0.2]], [0.1, -0.2j, (1.1, 0)]]
    assert np.array_equal(texture_matrix(mixed, "vector", "left", "dirac"), COMPLEX)


@pytest.mark.parametrize(
    ("kind", "chirality", "given"),
    [("scalar", "scalar", REAL), ("dipole", "electric", ANTISYMMETRIC), ("vector", "left", COMPLEX)],
)
def test_matrices_that_majorana_neutrinos_may_have(kind: str, chirality: str, given: Any) -> None:
    matrix = texture_matrix(given, kind, chirality, "majorana")
    assert np.array_equal(matrix, texture_matrix(given, "vector", "left", "dirac"))


def test_symmetry_is_tested_against_the_largest_entry() -> None:
    """A matrix from a text file is Hermitian to its digits only; 1e-12 of the largest entry passes, 1e-11 does not."""
    rounded, wrong = np.array(COMPLEX), np.array(COMPLEX)
    rounded[0, 1] += 1e-13
    wrong[0, 1] += 1e-11
    assert texture_matrix(rounded * 1e8, "vector", "left", "dirac").shape == (3, 3)
    with pytest.raises(ValueError, match="is not Hermitian"):
        texture_matrix(wrong * 1e8, "vector", "left", "dirac")


ALLOWED = "allowed: universal, 11, 12, 13, 22, 23, 33, or "


@pytest.mark.parametrize("name", ["21", "44", "Universal", "", "1", "123"])
def test_unknown_names(name: str) -> None:
    with pytest.raises(ValueError, match=f"texture: got '{name}'; {ALLOWED}a 3x3 matrix"):
        texture_matrix(name, "vector", "left", "dirac")


@pytest.mark.parametrize(
    "given",
    [
        [[1, 0], [0, 1]],
        [[1, 0, 0], [0, 1], [0, 0, 1]],
        [[1, 0, 0], [0, 1, 0], [0, 0, [1, 2, 3]]],
        [[1, 0, 0], [0, "x", 0], [0, 0, 1]],
        [[1, 0, 0], [0, None, 0], [0, 0, 1]],
        [[1, 0, 0], [0, float("nan"), 0], [0, 0, 1]],
        [[1, 0, 0], [0, [1, float("inf")], 0], [0, 0, 1]],
        [],
        None,
        3.0,
        np.zeros((2, 3, 3)),
    ],
    ids=repr,
)
def test_what_is_no_matrix(given: Any) -> None:
    with pytest.raises(ValueError, match=rf"(?s)texture: got .*; {ALLOWED}3x3 finite numbers or \[re, im\] pairs"):
        texture_matrix(given, "vector", "left", "dirac")


def test_not_hermitian() -> None:
    """Neither a triangle nor a complex symmetric matrix nor an imaginary diagonal."""
    for given in ([[0, 1, 0], [0, 0, 0], [0, 0, 0]], [[0, 1j, 0], [1j, 0, 0], [0, 0, 0]], [[1j, 0, 0]] + [[0] * 3] * 2):
        for nature in ("dirac", "majorana"):
            with pytest.raises(ValueError, match=r"is not Hermitian; allowed: T_ji = conj\(T_ij\)"):
                texture_matrix(given, "scalar", "scalar", nature)


def test_a_majorana_scalar_is_symmetric() -> None:
    assert texture_matrix(COMPLEX, "scalar", "scalar", "dirac").shape == (3, 3)
    with pytest.raises(ValueError, match=r"is not symmetric; a Majorana scalar coupling must be \(so it is real\)"):
        texture_matrix(COMPLEX, "scalar", "scalar", "majorana")


@pytest.mark.parametrize("given", [COMPLEX, REAL, "universal"], ids=["complex", "real", "universal"])
def test_a_majorana_dipole_is_antisymmetric(given: Any) -> None:
    assert texture_matrix(given, "dipole", "magnetic", "dirac").shape == (3, 3)
    message = r"(?s)is not antisymmetric; a Majorana dipole moment must be \(so it is imaginary\): allowed: 12, 13, 23"
    with pytest.raises(ValueError, match=message):
        texture_matrix(given, "dipole", "magnetic", "majorana")


@pytest.mark.parametrize(
    ("interaction", "nature"),
    [
        (rf.Vector(1e-20, 1.0, "vector", "universal"), "majorana"),
        (rf.Vector(1e-20, 1.0, "vector", REAL), "majorana"),
        (rf.FormFactor(1e-12, "millicharge", "universal"), "majorana"),
        (rf.FormFactor(1e-30, "charge_radius", REAL), "majorana"),
        (rf.Vector(1e-20, 1.0, "axial", ANTISYMMETRIC), "majorana"),
        (rf.FormFactor(1e-30, "anapole", ANTISYMMETRIC), "majorana"),
        (rf.Vector(1e-20, 1.0, "left", [[0, 0, 0]] * 3), "dirac"),
        (rf.Dipole(1e-11, "magnetic", [[0, 0, 0]] * 3), "majorana"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{value.chirality}-{value.texture}",
)
def test_a_combination_that_vanishes_is_an_error(interaction: Any, nature: Any) -> None:
    with pytest.raises(ValueError, match=f"with chirality '{interaction.chirality}' vanishes .*for {nature} neutrinos"):
        interaction.matrix(nature)
    with pytest.raises(ValueError, match="vanishes"):
        rf.spectral_function(1.069, interaction=interaction, nature=nature, ordering="normal", lightest_mass_eV=0.01)


def test_labels() -> None:
    assert texture_label("universal") == "universal"
    assert texture_label("23") == "23"
    label = texture_label(PAIRS)
    assert label == texture_label(COMPLEX)
    rows = [[complex(entry) for entry in row.split()] for row in label.split("; ")]
    assert np.array_equal(np.array(rows), COMPLEX)
