"""Counter-based random numbers against NumPy's Philox, and Poisson numbers against SciPy's distribution."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from renp_fast.kernels.likelihood.philox import high_product, log_probability, philox, poisson, uniform

WORD = st.integers(0, 2**64 - 1)


def words_of(counter: list[int], key: list[int]) -> list[int]:
    words = np.empty(4, dtype=np.uint64)
    philox(np.array(counter, dtype=np.uint64), np.array(key, dtype=np.uint64), words)
    return words.tolist()


@settings(deadline=None)
@given(WORD, WORD)
def test_high_product(a: int, b: int) -> None:
    assert int(high_product(np.uint64(a), np.uint64(b))) == a * b >> 64


@settings(deadline=None)
@given(st.lists(WORD, min_size=4, max_size=4), st.lists(WORD, min_size=2, max_size=2))
def test_numbers_are_those_of_numpy(counter: list[int], key: list[int]) -> None:
    before = (sum(word << 64 * i for i, word in enumerate(counter)) - 1) % 2**256  # NumPy counts up first
    previous = np.array([before >> 64 * i & 2**64 - 1 for i in range(4)], dtype=np.uint64)
    numpys = np.random.Philox(counter=previous, key=np.array(key, dtype=np.uint64))
    assert words_of(counter, key) == numpys.random_raw(4).tolist()


def test_uniform_lies_inside_the_unit_interval() -> None:
    assert uniform(np.uint64(0)) > 0.0
    assert uniform(np.uint64(2**64 - 1)) < 1.0


@pytest.mark.parametrize(
    ("k", "mean"), [(0, 12.0), (7, 10.5), (10, 10.0), (31, 20.0), (1000, 1100.0), (10**9, 1e9 + 3e4)]
)
def test_log_probability(k: int, mean: float) -> None:
    assert log_probability(float(k), mean) == pytest.approx(stats.poisson.logpmf(k, mean), rel=1e-6, abs=1e-6)


def sample(mean: float, count: int) -> np.ndarray:
    key = np.array([20, 0], dtype=np.uint64)
    return np.array([poisson(mean, np.array([0, 0, i, 0], dtype=np.uint64), key) for i in range(count)])


@pytest.mark.parametrize("mean", [0.0, 0.3, 4.0, 9.99, 10.0, 37.0, 900.0])
def test_poisson_numbers_have_the_distribution(mean: float) -> None:
    """Chi^2 over bins of at least 20 expected, at a probability of 1e-4 for a right generator (the seed is fixed)."""
    numbers = sample(mean, 20_000)
    edges = np.unique(stats.poisson.ppf(np.linspace(0.0, 1.0, 30)[1:-1], mean)) if mean else np.array([0.0])
    inside = np.concatenate([stats.poisson.cdf(edges, mean), [1.0]]) if mean else np.array([1.0, 1.0])
    wanted = np.diff(inside, prepend=0.0) * numbers.size
    found = np.bincount(np.searchsorted(edges, numbers), minlength=wanted.size)
    used = wanted > 20.0
    assert stats.chi2.sf(np.sum((found - wanted)[used] ** 2 / wanted[used]), used.sum() - 1 or 1) > 1e-4
    assert np.all(found[wanted == 0.0] == 0)


@pytest.mark.parametrize("mean", [1e6, 1e12])
def test_large_means(mean: float) -> None:
    standard = (sample(mean, 20_000) - mean) / np.sqrt(mean)
    assert stats.kstest(standard, "norm").pvalue > 1e-4


def test_a_number_depends_on_key_and_counter_alone() -> None:
    key, other = np.array([1, 0], dtype=np.uint64), np.array([2, 0], dtype=np.uint64)
    counter = [0, 2, 7, 0]
    first = [poisson(500.0, np.array(counter, dtype=np.uint64), k) for k in (key, key, other)]
    assert first[0] == first[1] != first[2]
