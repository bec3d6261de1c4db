"""What rules rows out without a logarithm must never rule out a row that a dense scan finds allowed."""

import numpy as np
import pytest

from renp_fast.kernels.likelihood import allowed_points, profiles
from renp_fast.kernels.likelihood.crossings import TERMS, chi2_at
from renp_fast.kernels.simd.vectors import LANES
from renp_fast.kernels.types import Array

THRESHOLD = 2.7


def random_rows(seed: int) -> tuple[Array, Array, Array, Array, Array]:
    """Forms, levels, yields, priors and a mediator of 30 rows near the first; every fifth at levels of its own."""
    rng = np.random.default_rng(seed)
    rows, triggers = 30, int(rng.integers(1, 8))
    forms = rng.uniform(0.5, 2.0, (1, 3, triggers)) * rng.uniform(0.97, 1.03, (rows, 3, triggers))
    forms[:, 1] *= rng.choice([-1.0, 1.0], triggers) * rng.uniform(0.5, 1.9)
    levels = np.ones((rows, triggers, 2)) * rng.uniform(1.0, 3.0, (triggers, 1))
    if seed % 2:
        levels[::5, :, 0] *= 1.1
    levels[..., 1] = 1.0
    yields = np.zeros((rows, triggers, 2)) + (10.0 ** rng.uniform(-1.0, 3.0, triggers))[:, np.newaxis]
    yields[..., 1] = rng.choice([0.0, 3.0], triggers)
    if seed % 3 == 0:
        yields[:, 0] = 0.0  # a trigger that sees nothing at all
    priors = np.where(rng.random(rows) < 0.3, 9.0, rng.uniform(0.0, 2.0, rows))
    priors[0] = 0.0
    return forms, levels, yields, priors, np.array([0.0, 0.3, 0.1, 0.0])


def table_of(seed: int) -> tuple[Array, Array, Array]:
    forms, levels, yields, priors, mediator = random_rows(seed)
    expected = np.empty(forms.shape[2])
    profiles.expected_events(forms[0], levels[0], yields[0], expected)
    kept = allowed_points.kept_rows(priors, THRESHOLD)
    source, same = allowed_points.sources(forms, levels, yields, priors, kept, expected)
    assert same == (seed % 2 == 0)
    table = allowed_points.new_table(source, forms.shape[2])
    allowed_points.fill_table(source, same, levels, kept, mediator, table)
    return table, expected, kept


def chi2_of_rows(table: Array, expected: Array, rows: int, g: float) -> Array:
    terms, values = np.empty((expected.size, TERMS)), np.empty(rows)
    for row in range(rows):
        prior = allowed_points.fill_terms(table, row, expected, np.sign(g), terms)
        values[row] = chi2_at(terms, prior, abs(g))
    return values


@pytest.mark.parametrize("seed", range(12))
def test_a_table_holds_the_terms_of_its_rows(seed: int) -> None:
    forms, levels, yields, priors, mediator = random_rows(seed)
    table, expected, kept = table_of(seed)
    assert kept.tolist() == np.flatnonzero(priors <= THRESHOLD).tolist()
    terms, alone = np.empty((expected.size, TERMS)), np.empty((expected.size, TERMS))
    for row, number in enumerate(kept):
        assert allowed_points.fill_terms(table, row, expected, -1.0, terms) == priors[number]
        assert profiles.event_terms(forms[number], levels[number], yields[number], mediator, expected, -1.0, alone)
        np.testing.assert_allclose(terms, alone, rtol=1e-14)
    assert np.isinf(table[-1, 0, (kept.size - 1) % LANES + 1 :]).all()


@pytest.mark.parametrize("sign", [-1.0, 1.0])
@pytest.mark.parametrize("seed", range(12))
def test_no_allowed_row_is_ruled_out(seed: int, sign: float) -> None:
    table, expected, kept = table_of(seed)
    grid = sign * np.geomspace(1e-3, 30.0, 400)
    chi2 = np.array([chi2_of_rows(table, expected, kept.size, g) for g in grid])
    rows = np.empty(LANES * len(table), dtype=np.int64)
    fewest = kept.size
    for i in range(0, len(grid), 20):
        count = allowed_points.fill_open(table, expected, abs(grid[i]), sign, THRESHOLD, rows)
        allowed = np.flatnonzero((chi2[i:] <= THRESHOLD).any(axis=0))
        assert set(allowed) <= set(rows[:count])
        fewest = min(fewest, count)
        best = allowed_points.likeliest_row(table, expected, grid[i], THRESHOLD, -1)
        assert best >= 0 or not (chi2[i] <= THRESHOLD).any()
    assert fewest == 0  # and far away all rows are ruled out


@pytest.mark.parametrize("seed", range(4))
def test_a_row_on_a_pole_allows_nothing(seed: int) -> None:
    forms, levels, yields, priors, _ = random_rows(2 * seed + 1)
    expected = np.empty(forms.shape[2])
    profiles.expected_events(forms[0], levels[0], yields[0], expected)
    kept = allowed_points.kept_rows(priors, 100.0)
    source, same = allowed_points.sources(forms, levels, yields, priors, kept, expected)
    table = allowed_points.new_table(source, forms.shape[2])
    mediator = np.array([0.0, 3.0, 0.0, 0.0])
    levels[5, -1, 0] = 9.0
    yields[5, -1, 0] = 10.0
    source, same = allowed_points.sources(forms, levels, yields, priors, kept, expected)
    allowed_points.fill_table(source, same, levels, kept, mediator, table)
    priors_there = table[:, 0].ravel()[: len(priors)]
    assert np.flatnonzero(np.isinf(priors_there)).tolist() == [5]
    assert np.isfinite(table[:, 1:]).all()


def test_products_over_many_triggers_rule_nothing_out_by_overflow() -> None:
    expected, rows = np.full(60, 1e8), np.empty(LANES, dtype=np.int64)
    table = np.zeros((1, 1 + 4 * expected.size, LANES))
    table[0, 0, 1:] = np.inf
    table[0, 2 : 1 + 3 * expected.size : 3, 0] = 1.0  # a single event more at coupling 1, of 1e8
    assert chi2_of_rows(table, expected, 1, 1.0)[0] < 1e-6
    assert allowed_points.fill_open(table, expected, 1.0, 1.0, THRESHOLD, rows) == 1
    assert rows[0] == 0
