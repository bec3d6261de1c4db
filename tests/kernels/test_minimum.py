"""The least chi^2 over the coupling, against closed forms and a dense search with SciPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from renp_fast.kernels.likelihood.minimum import convex, least_over_coupling, slope


def chi2(terms: np.ndarray, g: float) -> float:
    """Poisson chi^2 as SciPy's xlogy writes it, with nothing of the kernels."""
    N0, a, b, c, _ = terms.T
    N = N0 + a + g * (b + g * c)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(N0 > 0.0, N0 * np.log(N0 / N), 0.0)
    return float(np.sum(2.0 * (N - N0 + logs)))


def random_terms(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    triggers = int(rng.integers(1, 7))
    N0 = 10.0 ** rng.uniform(-1.0, 5.0, triggers)
    standard = N0 * 10.0 ** rng.uniform(-0.5, 0.3) * rng.uniform(0.9, 1.1, triggers)
    c = 10.0 ** rng.uniform(-1.0, 1.0) * standard * rng.uniform(0.5, 1.5, triggers)
    b = 2.0 * rng.uniform(-1.0, 1.0, triggers) * np.sqrt(c * standard)
    return np.stack([N0, standard - N0, b, c, standard - b**2 / (4.0 * c)], axis=1)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_nothing_lies_below_what_is_found(seed: int) -> None:
    terms = random_terms(seed)
    value, place, ended = least_over_coupling(terms)
    assert ended
    assert value == pytest.approx(chi2(terms, place), rel=1e-9, abs=1e-9)
    largest = 2.0 * np.max((np.abs(terms[:, 2]) + np.sqrt(terms[:, 0] * terms[:, 3])) / terms[:, 3])
    couplings = np.linspace(-largest, largest, 4001)
    values = np.array([chi2(terms, g) for g in couplings])
    for i in np.flatnonzero((values[1:-1] <= values[:-2]) & (values[1:-1] <= values[2:])):
        bounds = (couplings[i], couplings[i + 2])
        found = minimize_scalar(lambda g: chi2(terms, g), bounds=bounds, method="bounded", options={"xatol": 1e-12})
        assert value <= found.fun * (1.0 + 1e-9) + 1e-9


def test_one_trigger_is_met_exactly() -> None:
    terms = np.array([[50.0, -20.0, 3.0, 7.0, 30.0 - 9.0 / 28.0]])  # 7 g^2 + 3 g = 20
    value, place, ended = least_over_coupling(terms)
    roots = np.roots([7.0, 3.0, -20.0])
    assert ended
    assert value == pytest.approx(0.0, abs=1e-25)
    assert np.min(np.abs(roots - place)) < 1e-12


def test_events_that_no_coupling_can_take_away_leave_zero_the_best() -> None:
    terms = np.array([[50.0, 20.0, 0.0, 7.0, 70.0], [10.0, 3.0, 0.0, 1.0, 13.0]])
    assert least_over_coupling(terms) == (pytest.approx(chi2(terms, 0.0)), 0.0, True)


def test_the_other_sign_mirrors() -> None:
    terms = random_terms(11)
    mirrored = terms * np.array([1.0, 1.0, -1.0, 1.0, 1.0])
    value, place, _ = least_over_coupling(terms)
    other, mirror, _ = least_over_coupling(mirrored)
    assert other == pytest.approx(value, rel=1e-14)
    assert mirror == pytest.approx(-place, rel=1e-7)


def test_no_coupling_at_all_changes_nothing() -> None:
    terms = np.array([[50.0, 20.0, 0.0, 0.0, 70.0]])
    assert least_over_coupling(terms) == (pytest.approx(chi2(terms, 3.0)), 0.0, True)


@pytest.mark.parametrize("seed", range(5))
def test_slope_is_the_derivative(seed: int) -> None:
    terms, g, step = random_terms(seed), 0.37, 1e-6
    numeric = (chi2(terms, g + step) - chi2(terms, g - step)) / (2.0 * step)
    assert slope(terms, g) == pytest.approx(numeric, rel=1e-5)


@pytest.mark.parametrize("seed", range(40))
def test_convex_is_never_claimed_where_the_second_difference_is_negative(seed: int) -> None:
    terms = random_terms(seed)
    low, high = sorted(np.random.default_rng(seed).uniform(0.0, 3.0, 2))
    if convex(terms, low, high):
        values = np.array([chi2(terms, g) for g in np.linspace(low, high, 21)])
        assert np.all(np.diff(values, 2) >= -1e-9 * values.max())
