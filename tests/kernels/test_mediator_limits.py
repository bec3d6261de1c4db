"""Limits of eight mediators at once, against the search for each by itself and a dense scan of every row."""

import math

import numpy as np
import pytest

from renp_fast.kernels.likelihood import allowed_points, mediator_limits, mediator_table, nuisance_search, profiles
from renp_fast.kernels.likelihood.crossings import FOUND
from renp_fast.kernels.simd.vectors import LANES
from renp_fast.kernels.types import Array

THRESHOLD = 2.7
# Of either sign of s - M^2; more than one vector, and less than two
MASSES = np.array([0.0, 0.3, 0.5, 0.9, 1.1, 2.5, 4.0, 5.0, 7.0, 9.0, 20.0])
Tables = tuple[Array, Array, Array, Array]


def random_tables(seed: int) -> Tables:
    """Forms, levels, yields and priors of 45 rows near the first, which is not always the likeliest."""
    rng = np.random.default_rng(seed)
    rows, triggers, powers = 45, int(rng.integers(1, 8)), 3 + seed % 2
    forms = rng.uniform(0.5, 2.0, (1, powers, triggers)) * np.ones((rows, 1, 1))
    # Event numbers that are never negative
    amplitude = 2.0 * np.sqrt(forms[:, 0] * forms[:, 2])
    forms[:, 1] = amplitude * rng.choice([-1.0, 1.0], triggers) * rng.uniform(0.1, 0.8)
    forms[:, 3:] = amplitude[:, np.newaxis] * rng.uniform(-0.3, 0.3)
    forms *= rng.uniform(0.97, 1.03, (rows, powers, triggers))
    levels = np.ones((rows, triggers, 2)) * rng.uniform(1.0, 3.0, (triggers, 1))
    levels[..., 1] = 1.0
    yields = np.zeros((rows, triggers, 2)) + (10.0 ** rng.uniform(-1.0, 3.0, triggers))[:, np.newaxis]
    yields[..., 1] = rng.choice([0.0, 3.0], triggers)
    if seed % 3 == 0:
        yields[:, 0] = 0.0  # a trigger that sees nothing at all
    priors = np.where(rng.random(rows) < 0.3, 9.0, rng.uniform(0.0, 2.0, rows))
    priors[0] = 0.0
    return forms, levels, yields, priors


def mediators_of(seed: int) -> Array:
    rows = np.zeros((MASSES.size, 4))
    rows[:, 1], rows[:, 2] = MASSES, 0.1 * (seed % 2)
    return rows


def set_of(tables: Tables) -> tuple[nuisance_search.Nuisances, Array, Array]:
    """The kept rows by prior, which they are, and the expected events."""
    forms, levels, yields, priors = tables
    expected = np.empty(forms.shape[2])
    profiles.expected_events(forms[0], levels[0], yields[0], expected)
    kept = allowed_points.kept_rows(priors, THRESHOLD)
    kept = kept[np.argsort(priors[kept], kind="stable")]
    return nuisance_search.nuisances_of(forms, levels, yields, priors, kept, expected), kept, expected


def one_by_one(tables: Tables, mediator: Array) -> Array:
    """The result for a mediator by `limits_of_table` alone."""
    _, kept, expected = set_of(tables)
    source, same = allowed_points.sources(*tables, kept, expected)
    table = allowed_points.new_table(source, expected.size)
    allowed_points.fill_table(source, same, tables[1], kept, mediator, table)
    result = np.full(profiles.INTERVALS + 2 * (expected.size + 1), math.nan)
    profiles.limits_of_table(table, expected, THRESHOLD, True, np.full((2, 2), math.nan), result)
    return result


def chi2_of(changes: Array, counts: Array, priors: Array, x: complex, g: float) -> Array:
    """Chi^2 with prior of every row, by NumPy."""
    powers = [1.0, g * x.real, g * g * abs(x) ** 2, g * x.imag][: changes.shape[1]]
    d, N0 = np.tensordot(powers, changes, axes=(0, 1)), counts[mediator_table.COUNT]
    t = np.divide(d, N0, out=np.zeros(d.shape), where=N0 > 0.0)
    return np.where(N0 > 0.0, 2.0 * N0 * (t - np.log1p(t)), 2.0 * d).sum(axis=1) + priors


@pytest.mark.parametrize("seed", range(20))
def test_limits_are_those_of_each_mediator_by_itself(seed: int) -> None:
    tables, every = random_tables(seed), mediators_of(seed)
    results = np.empty((len(every), profiles.INTERVALS + 2 * (tables[0].shape[2] + 1)))
    profiles.fill_profiled_limits(*tables, every, THRESHOLD, results)
    for mediator, found in zip(every, results, strict=True):
        expected = one_by_one(tables, mediator)
        whole = slice(profiles.POSITIVE_STATUS, profiles.INTERVALS)
        np.testing.assert_array_equal(found[whole], expected[whole])
        np.testing.assert_allclose(found, expected, rtol=1e-11)
    for m, mediator in enumerate(every):
        alone = np.empty((1, results.shape[1]))
        profiles.fill_profiled_limits(*tables, mediator[np.newaxis], THRESHOLD, alone)
        assert alone.tobytes() == results[m].tobytes()


def test_most_are_shown_at_once_and_not_all() -> None:
    shown = []
    for seed in range(20):
        own, kept, _ = set_of(random_tables(seed))
        every = mediators_of(seed)
        likely, results = np.full((len(every), 2, 2), math.nan), np.zeros((len(every), 40))
        levels = random_tables(seed)[1][kept[0]]
        done = profiles.fill_only_intervals(own, levels, every, THRESHOLD, likely, results)
        assert done == (results[:, profiles.POSITIVE_STATUS] == FOUND).sum()
        shown.append(done / len(every))
    assert np.mean(shown) > 0.5
    assert min(shown) < 1.0


@pytest.mark.parametrize("seed", range(6))
def test_no_allowed_row_is_ruled_out(seed: int) -> None:
    tables, lane, like = random_tables(seed), 3, 0.0
    own, kept, expected = set_of(tables)
    powers, n = own.changes.shape[1], expected.size
    known, usable = np.zeros((mediator_table.COLUMNS, n, LANES)), np.empty(LANES)
    mediator_limits.fill_strengths(tables[1][kept[0]], own.counts, mediators_of(seed), known, usable)
    flat, groups = known.reshape(-1), len(own.ranges) // 2
    x = known[mediator_table.BY_REAL, :, lane] + 1j * known[mediator_table.BY_IMAGINARY, :, lane]
    scaled, ranges = own.scaled.reshape(-1), own.ranges.reshape(-1)
    ruled_out = 0
    for g in np.concatenate([-np.geomspace(0.01, 30.0, 25), np.geomspace(0.01, 30.0, 25)]).tolist():
        chi2 = np.array(
            [chi2_of(own.changes[..., k : k + 1], own.counts[:, k : k + 1], 0.0, x[k], g) for k in range(n)]
        ).sum(axis=0)
        nuisance_search.set_coupling(lane, like, g, n, flat)
        for row in range(len(kept)):
            above, below = nuisance_search.bound_of(row, lane, like, (powers, n), scaled, own.counts, flat)
            assert above / below <= chi2[row] * (1.0 + 1e-12) + 1e-13
        for group in range(groups):
            rows = slice(nuisance_search.GROUP * group, nuisance_search.GROUP * (group + 1))
            may = nuisance_search.group_may(group, groups, lane, like, THRESHOLD, (powers, n), ranges, flat)
            assert may == 1.0 or chi2[rows].min() > THRESHOLD
            ruled_out += may == 0.0
    assert ruled_out > 0


@pytest.mark.parametrize("sign", [-1.0, 1.0])
@pytest.mark.parametrize("seed", range(10))
def test_nothing_lies_beyond_what_is_closed(seed: int, sign: float) -> None:
    tables = random_tables(seed)
    own, kept, expected = set_of(tables)
    known, usable = np.zeros((mediator_table.COLUMNS, expected.size, LANES)), np.empty(LANES)
    mediator_limits.fill_strengths(tables[1][kept[0]], own.counts, mediators_of(seed), known, usable)
    results = np.empty((mediator_limits.RESULTS, LANES))
    mediator_limits.fill_ends(sign, own, THRESHOLD, usable, known, results)
    for lane in range(LANES):
        if results[mediator_limits.CLOSED, lane] == 0.0:
            continue
        x = known[mediator_table.BY_REAL, :, lane] + 1j * known[mediator_table.BY_IMAGINARY, :, lane]
        end = results[mediator_limits.END, lane]
        inside = [end * part for part in np.linspace(0.0, 1.0 - 1e-9, 30)]
        outside = [end * ratio for ratio in (1.0 + 1e-9, *np.linspace(1.001, 4.0, 200), *np.geomspace(4.0, 1e4, 50))]
        for g, within in [*((g, True) for g in inside), *((g, False) for g in outside)]:
            parts = [
                chi2_of(own.changes[..., k : k + 1], own.counts[:, k : k + 1], 0.0, x[k], sign * g)
                for k in range(expected.size)
            ]
            least = (np.sum(parts, axis=0) + own.priors).min()
            assert (least <= THRESHOLD * (1.0 + 1e-10)) if within else (least >= THRESHOLD * (1.0 - 1e-10))


@pytest.mark.parametrize("seed", range(12))
def test_profiled_chi2_is_the_least_of_all_rows(seed: int) -> None:
    tables, every = random_tables(seed), mediators_of(seed)
    forms, levels, yields, priors = tables
    every[:, 0] = np.random.default_rng(seed).uniform(-2.0, 2.0, len(every)) * (np.arange(len(every)) != 2)
    expected, found, alone = np.empty(forms.shape[2]), np.empty(len(every)), np.empty(1)
    profiles.expected_events(forms[0], levels[0], yields[0], expected)
    profiles.fill_profiled_chi2(*tables, every, found)
    for m, mediator in enumerate(every):
        least = profiles.least_chi2(forms, levels, yields, priors, mediator, expected, mediator[0])
        assert found[m] == pytest.approx(least, rel=1e-13, abs=1e-13)
        profiles.fill_profiled_chi2(*tables, mediator[np.newaxis], alone)
        assert alone[0] == found[m]
