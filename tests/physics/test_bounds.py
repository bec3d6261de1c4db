"""Published bounds: the numbers quoted, and a schema that refuses what is wrong."""

from typing import Any

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
    ],
)
def test_a_wrong_entry_is_refused_by_name(field: str, value: Any) -> None:
    Bound(**GOOD)
    with pytest.raises(ValueError, match=f"X: {field}: .*allowed"):
        Bound(**GOOD | {field: value})
