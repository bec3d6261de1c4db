"""The first crossing from a proved guess, against the certain search and a dense scan."""

import math

import numpy as np
import pytest

from renp_fast.kernels.likelihood import crossings, first_crossing
from renp_fast.kernels.types import Array


def random_terms(seed: int) -> Array:
    """Changes that begin near zero and partly interfere destructively, down to few events."""
    rng = np.random.default_rng(seed)
    triggers = int(rng.integers(1, 7))
    N0 = 10.0 ** rng.uniform(-1.0, 4.0, triggers) * (rng.random(triggers) < 0.9)
    start = N0 * rng.uniform(-0.3, 0.3, triggers) / np.maximum(1.0, np.sqrt(N0))
    square = np.where(N0 > 0.0, N0, 1.0) * 10.0 ** rng.uniform(-1.0, 1.0, triggers)
    linear = rng.uniform(-1.9, 1.9, triggers) * np.sqrt((N0 + start) * square)
    return np.stack([N0, start, linear, square, N0 + start - linear**2 / (4.0 * square)], axis=1)


def chi2_along(terms: Array, grid: Array) -> Array:
    return np.array([crossings.chi2_at(terms, 0.0, g) for g in grid])


def first_end(terms: Array, target: float) -> float:
    """The end above zero of the interval that contains zero, by the certain search."""
    edges = np.empty(4 * len(terms) + 16)
    count, ended = crossings.fill_edges(terms, target, edges)
    assert ended
    return next(
        end
        for start, end in zip(edges[:count:2].tolist(), edges[1:count:2].tolist(), strict=True)
        if start <= 0.0 <= end
    )


@pytest.mark.parametrize("first", range(0, 400, 100))
def test_what_is_proved_agrees_with_the_certain_search(first: int) -> None:
    proved = 0
    for seed in range(first, first + 100):
        terms = random_terms(seed)
        target = crossings.chi2_at(terms, 0.0, 0.0) + 10.0 ** np.random.default_rng(seed).uniform(-1.0, 1.5)
        guess = first_crossing.newton(terms, target, first_crossing.rough_crossing(terms, target))
        expected = first_end(terms, target)
        if guess > 0.0 and first_crossing.within_until(terms, target, 0.0, guess):
            assert guess == pytest.approx(expected, rel=1e-11)
            proved += 1
        assert chi2_along(terms, expected * np.linspace(0.0, 0.999999, 500)).max() <= target
    assert proved > 50


@pytest.mark.parametrize("gap", [1e-6, 1e-9, 1e-12])
def test_chi2_that_nearly_touches_the_threshold(gap: float) -> None:
    """Between the vertices of two triggers one deviance falls as the other rises, and chi^2 has a flat top."""
    terms = np.array([[100.0, 0.0, -20.0, 10.0, 90.0], [100.0, 0.0, -24.0, 10.0, 85.6]])
    grid = np.linspace(1.0, 1.2, 200_001)
    values = chi2_along(terms, grid)
    top, summit = float(values.max()), grid[values.argmax()]
    assert first_end(terms, top * (1.0 + gap)) > 2.0  # beyond the mirror solution
    found = first_end(terms, top * (1.0 - gap))
    assert summit - math.sqrt(10.0 * gap) < found < summit
