"""The first crossing from a proved guess, against the certain search and a dense scan."""

import math

import numpy as np
import pytest

from renp_fast.kernels.likelihood import crossings, first_crossing
from renp_fast.kernels.likelihood.crossings import DOWN, FOUND, UNREACHABLE, UP
from renp_fast.kernels.types import Array


def random_terms(seed: int) -> Array:
    """Changes that begin near zero and partly interfere destructively, down to few events."""
    rng = np.random.default_rng(seed)
    triggers = int(rng.integers(1, 7))
    N0 = 10.0 ** rng.uniform(-1.0, 4.0, triggers) * (rng.random(triggers) < 0.9)
    start = N0 * rng.uniform(-0.3, 0.3, triggers) / np.maximum(1.0, np.sqrt(N0))
    square = np.where(N0 > 0.0, N0, 1.0) * 10.0 ** rng.uniform(-1.0, 1.0, triggers)
    linear = rng.uniform(-1.9, 1.9, triggers) * np.sqrt((N0 + start) * square)
    return np.stack([N0, start, linear, square], axis=1)


def chi2_along(terms: Array, grid: Array) -> Array:
    return np.array([crossings.chi2_at(terms, 0.0, g) for g in grid])


@pytest.mark.parametrize("first", range(0, 400, 100))
def test_what_is_proved_agrees_with_the_certain_search(first: int) -> None:
    proved = 0
    for seed in range(first, first + 100):
        terms = random_terms(seed)
        target = crossings.chi2_at(terms, 0.0, 0.0) + 10.0 ** np.random.default_rng(seed).uniform(-1.0, 1.5)
        guess = first_crossing.newton(terms, target, first_crossing.rough_crossing(terms, target))
        expected, status = crossings.next_crossing(terms, target, 0.0, math.inf, UP)
        assert status == FOUND
        proved += guess > 0.0 and first_crossing.within_until(terms, target, 0.0, guess)
        found, status = first_crossing.first_crossing(terms, target, 0.0, guess)
        assert status == FOUND
        assert found == pytest.approx(expected, rel=1e-11)
        assert chi2_along(terms, found * np.linspace(0.0, 0.999999, 500)).max() <= target
    assert proved > 50


@pytest.mark.parametrize("first", range(0, 200, 100))
def test_what_is_beyond_for_ever_never_comes_back(first: int) -> None:
    proved = 0
    for seed in range(first, first + 100):
        terms = random_terms(seed)
        target = crossings.chi2_at(terms, 0.0, 0.0) + 2.7
        end, _ = crossings.next_crossing(terms, target, 0.0, math.inf, UP)
        outside = end * (1.0 + 1e-9)
        back, status = crossings.next_crossing(terms, target, outside, math.inf, DOWN)
        if first_crossing.beyond_for_ever(terms, target, outside):
            proved += 1
            assert status == UNREACHABLE
            assert chi2_along(terms, outside * np.geomspace(1.0, 100.0, 1000)).min() > target
        found = first_crossing.next_return(terms, target, outside, math.inf)
        np.testing.assert_equal(found, (back, status))
    assert 30 < proved < 100


@pytest.mark.parametrize("gap", [1e-6, 1e-9, 1e-12])
def test_chi2_that_nearly_touches_the_threshold(gap: float) -> None:
    """Between the vertices of two triggers one deviance falls as the other rises, and chi^2 has a flat top."""
    terms = np.array([[100.0, 0.0, -20.0, 10.0], [100.0, 0.0, -24.0, 10.0]])
    grid = np.linspace(1.0, 1.2, 200_001)
    values = chi2_along(terms, grid)
    top, summit = float(values.max()), grid[values.argmax()]
    found, status = crossings.next_crossing(terms, top * (1.0 + gap), 0.0, math.inf, UP)
    assert status == FOUND
    assert found > 2.0  # beyond the mirror solution
    found, status = crossings.next_crossing(terms, top * (1.0 - gap), 0.0, math.inf, UP)
    assert status == FOUND
    assert summit - math.sqrt(10.0 * gap) < found < summit
