"""The strength of a new interaction."""

import math

import numpy as np
import pytest

from renp_fast.kernels.amplitude.propagator import (
    CONTACT,
    MEDIATOR,
    PHOTON_WITH_S,
    propagated,
    propagator_of,
    propagators,
    strength,
)


@pytest.mark.parametrize(("coupling", "mass", "width"), [(0.7, 0.3, 0.0), (-0.7, 1.9, 0.2), (0.4, 0.0, 0.5)])
def test_strength_of_a_mediator_is_its_propagator(coupling: float, mass: float, width: float) -> None:
    right = coupling / complex(1.3 - mass**2, mass * width)
    assert complex(*strength(coupling, mass, width, 1.3, MEDIATOR)) == pytest.approx(right, rel=1e-14)


def test_strength_of_the_other_exchanges() -> None:
    assert strength(0.7, 1.1, 0.2, 1.3, CONTACT) == (0.7, 0.0)
    assert strength(0.7, 1.1, 0.2, 1.3, PHOTON_WITH_S) == (0.7 * 1.3, 0.0)


def test_strength_on_the_pole() -> None:
    """s - M^2 is exactly 0 for M = 1.5; a coupling of zero has no pole, a width makes it finite."""
    assert math.isinf(strength(0.7, 1.5, 0.0, 2.25, MEDIATOR)[0])
    assert math.isinf(strength(0.7, 1.5, 1e-200, 2.25, MEDIATOR)[0])
    assert strength(0.0, 1.5, 0.0, 2.25, MEDIATOR) == (0.0, 0.0)
    assert strength(0.6, 1.5, 0.5, 2.25, MEDIATOR) == pytest.approx((0.0, -0.8), rel=1e-14)


@pytest.mark.parametrize("s", [0.3, 2.25, -0.4])
@pytest.mark.parametrize(("mass", "width"), [(1.5, 0.2), (0.0, 0.4), (1e-3, 0.0), (1e-90, 1e-50), (1e100, 1e100)])
def test_what_a_propagator_is_made_of(s: float, mass: float, width: float) -> None:
    """Against complex numbers, however large or small mass and width are."""
    right = 1.0 / complex(s - mass * mass, mass * width)
    real, square, imaginary = propagated(s, propagator_of(mass, width, MEDIATOR), False)
    assert complex(real, imaginary) == pytest.approx(right, rel=1e-14)
    assert square == pytest.approx(abs(right) ** 2, rel=1e-14)


def test_tables_of_propagators_are_those_of_each_mediator() -> None:
    """To the bit, for all exchanges and sizes; a coupling of 0 makes nothing, on a pole too."""
    rows = [
        (coupling, mass, width, exchange)
        for coupling in (0.0, -3e-24)
        for mass in (0.0, 1e-90, 0.7, 1e100)
        for width in (0.0, 1e-200, 1e-50, 0.3, 1e100)
        for exchange in (MEDIATOR, CONTACT, PHOTON_WITH_S)
    ]
    for row, found in zip(rows, propagators(np.array(rows, dtype=np.float64)), strict=True):
        coupling, *rest = row
        assert tuple(found.tolist()) == (propagator_of(*rest) if coupling != 0.0 else (0.0, 0.0, 1.0, 0.0, 0.0))
    assert (propagators(np.array(rows[:4], dtype=np.float64)) == [0.0, 0.0, 1.0, 0.0, 0.0]).all()
