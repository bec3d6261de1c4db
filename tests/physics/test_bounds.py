"""Published bounds: the numbers quoted, and a schema that refuses what is wrong."""

from typing import Any

import numpy as np
import pytest

from renp_fast.physics.bounds import Bound, Product, products, published_bounds

GOOD: dict[str, Any] = {
    "name": "X",
    "quantity": "magnetic moment",
    "value": 1e-11,
    "unit": "Bohr magneton",
    "confidence_level": 0.9,
    "basis": "flavour",
    "validity": "recoil",
    "reference": "somewhere",
}


def test_magnetic_moments_are_those_published() -> None:
    bounds = published_bounds("magnetic moment")
    assert [(bound.name, bound.value, bound.confidence_level) for bound in bounds] == [
        ("Borexino, Lambda_1", 5.6e-11, 0.90),
        ("Borexino, Lambda_2", 4.0e-11, 0.90),
        ("Borexino, Lambda_3", 3.1e-11, 0.90),
        ("GEMMA", 2.9e-11, 0.90),
        ("Borexino phase II", 2.8e-11, 0.90),
        ("LZ", 1.1e-11, 0.90),
        ("pulsating white dwarf", 1e-11, None),
        ("Borexino, reanalysed", 8.7e-12, 0.90),
        ("XENONnT", 6.4e-12, 0.90),
        ("hot white dwarfs", 5e-12, None),
        ("red-giant tip, NGC 4258", 1.5e-12, 0.95),
        ("red-giant tip, omega Centauri", 1.2e-12, 0.95),
    ]
    assert all(bound.unit == "Bohr magneton" and bound.reference for bound in bounds)
    of_majorana = [bound.name for bound in bounds if bound.nature == "majorana"]
    assert of_majorana == [bound.name for bound in bounds if bound.basis == "mass"]
    assert of_majorana == [f"Borexino, Lambda_{i}" for i in (1, 2, 3)]
    (charge,) = published_bounds("electric charge")
    assert (charge.value, charge.unit, charge.confidence_level) == (1.5e-13, "e", 0.90)


def test_labels_tell_level_basis_nature_and_assumptions() -> None:
    assert Bound(**GOOD).label == "X (90 %, flavour basis)"
    transition = Bound(**GOOD | {"basis": "mass", "nature": "majorana", "confidence_level": None})
    assert transition.label == "X (level not stated, mass basis, Majorana)"
    electron = Bound(**GOOD | {"name": "E", "basis": "electron", "confidence_level": 0.95})
    neutrino = Bound(**GOOD | {"name": "N", "basis": "universal", "confidence_level": None, "assumption": True})
    assert Product(electron, neutrino).label == "E (95 %) \u00d7 N (assumed), universal coupling"


def test_products_are_of_one_bound_on_each_and_hold_where_both_do() -> None:
    """By the formulas behind them: g^2/(4 pi), and 2 m_e g/M of a longitudinal mode."""
    assert not published_bounds("vector coupling")
    by_name = {product.name: product for product in products("vector coupling")}
    assert len(by_name) == 4
    masses = np.array([0.03, 0.1, 0.2, 99.0, 101.0, 8.5e3, 8.7e3])
    longitudinal = 1.3e-13 * masses / (2.0 * 510998.95)
    assumed = by_name["red-giant tip, longitudinal mode \u00d7 neutrino coupling 1"].at(masses)
    np.testing.assert_allclose(assumed, np.where(masses < 8.6e3, longitudinal, np.nan), rtol=1e-3)
    early = by_name["red-giant tip, longitudinal mode \u00d7 early universe"].at(masses)
    np.testing.assert_allclose(early, np.where(masses < 100.0, 8e-6 * longitudinal, np.nan), rtol=1e-3)
    ions = by_name["trapped ions \u00d7 early universe"].at(masses)
    np.testing.assert_allclose(ions, np.where(masses <= 0.1, 8e-6 * np.sqrt(4.0 * np.pi * 1.2e-17), np.nan), rtol=1e-3)


def test_scalars_have_bounds_on_products_and_of_stars_on_the_electron_alone() -> None:
    (direct,) = published_bounds("scalar coupling")
    assert (direct.value, direct.confidence_level, direct.basis) == (pytest.approx(67e-7**2), 0.90, "universal")
    assert np.isnan(direct.at([1.0, 3e4, 3.1e4])).tolist() == [False, False, True]
    stars = {product.electron.name: product.electron.value for product in products("scalar coupling")}
    assert [*stars.values()] == [1.6e-13, 1.48e-13, 1.3e-13]
    assert all(product.neutrino.assumption for product in products("scalar coupling"))
    assert not products("magnetic moment")


def test_a_curve_is_straight_in_logarithms_and_ends_with_its_points() -> None:
    bound = Bound(**GOOD | {"value": [(1.0, 1e-12), (100.0, 1e-8)]})
    assert bound.at([1.0, 10.0, 100.0]).tolist() == pytest.approx([1e-12, 1e-10, 1e-8])
    assert np.isnan(bound.at([0.9, 101.0])).all()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("quantity", "weight"),
        ("basis", "colour"),
        ("nature", "weyl"),
        ("value", 0.0),
        ("value", float("inf")),
        ("confidence_level", 90),
        ("reference", ""),
        ("validity", ""),
        ("value", []),
        ("value", [(2.0, 1e-12), (1.0, 1e-12)]),
        ("value", [(1.0, -1e-12)]),
        ("largest_mass_eV", 0.0),
    ],
)
def test_a_wrong_entry_is_refused_by_name(field: str, value: Any) -> None:
    Bound(**GOOD)
    with pytest.raises(ValueError, match=f"X: {field}: .*allowed"):
        Bound(**GOOD | {field: value})
