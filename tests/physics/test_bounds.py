"""Published bounds: the numbers quoted, and a schema that refuses what is wrong."""

from typing import Any

import numpy as np
import pytest

from renp_fast.physics.bounds import Bound, published_bounds

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
    found = [(bound.name, bound.value, bound.confidence_level) for bound in published_bounds("magnetic moment")]
    assert found == [
        ("GEMMA", 2.9e-11, 0.90),
        ("Borexino phase II", 2.8e-11, 0.90),
        ("LZ", 1.1e-11, 0.90),
        ("XENONnT", 6.4e-12, 0.90),
        ("white dwarfs", 5e-12, 0.90),
        ("red-giant tip", 1.2e-12, 0.95),
    ]
    assert all(bound.unit == "Bohr magneton" and bound.reference for bound in published_bounds("magnetic moment"))


def test_mediators_have_bounds_on_the_products_that_the_transition_sees() -> None:
    (vector,) = published_bounds("vector coupling")
    assert (vector.value, vector.confidence_level, vector.basis) == (pytest.approx(34e-7**2), 0.90, "universal")
    assert np.isnan(vector.at([1.0, 1e4, 1.1e4])).tolist() == [False, False, True]
    scalar, star = published_bounds("scalar coupling")
    assert (scalar.value, star.value, star.confidence_level) == (pytest.approx(67e-7**2), 1.3e-13, 0.95)


def test_a_curve_is_straight_in_logarithms_and_ends_with_its_points() -> None:
    bound = Bound(**GOOD | {"value": [(1.0, 1e-12), (100.0, 1e-8)]})
    assert bound.at([1.0, 10.0, 100.0]).tolist() == pytest.approx([1e-12, 1e-10, 1e-8])
    assert np.isnan(bound.at([0.9, 101.0])).all()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("quantity", "weight"),
        ("basis", "colour"),
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
