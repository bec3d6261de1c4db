"""Crossings of chi^2 as a function of the coupling, against a dense scan of random event polynomials."""

import itertools
import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import brentq

from renp_fast.kernels.likelihood import crossings as limits
from renp_fast.kernels.types import Array

Real = np.longdouble
DOWN, UP = limits.DOWN, limits.UP


def log_uniform(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(math.log(low), math.log(high)).map(math.exp)


# Of -b/2 in its largest possible size: one that is tiny would underflow, squared
shares = st.one_of(st.just(0.0), st.floats(1e-6, 0.999), st.floats(-0.999, -1e-6))
# Of N0: with subnormal numbers b^2 - 4 a c has too few digits for zeros to 1e-6, which chi^2 cannot tell from 0
shifts = st.one_of(st.just(0.0), st.floats(1e-200, 0.3), st.floats(-0.3, -1e-200))


@st.composite
def trigger(draw: st.DrawFn) -> list[float]:
    """N0, a, b, c of event numbers N0 + a + b g + c g^2 = least + c (g - vertex)^2 that are never negative."""
    N0 = draw(st.one_of(st.just(0.0), log_uniform(1e-12, 1e-3), log_uniform(1e-2, 1e6)))
    size = draw(log_uniform(1e-3, 1e3))
    c = draw(st.one_of(st.just(0.0), st.just((N0 + 1e-3) / size**2)))
    if N0 == 0.0:
        return [0.0, draw(st.sampled_from((0.0, 1.0))) * c * size**2, 0.0, c]
    shift = draw(shifts) / max(1.0, math.sqrt(N0))
    total, share = N0 * (1.0 + shift), draw(shares)
    return [N0, N0 * shift, 2.0 * share * math.sqrt(c * total), c]


tables = st.lists(trigger(), min_size=1, max_size=6).map(lambda rows: np.array(rows, dtype=np.float64))
thresholds = log_uniform(0.1, 30.0)


def chi2(terms: Array, g: Array | float) -> NDArray[np.longdouble]:
    """The sum of 2 [N - N0 + N0 ln(N0/N)], in extended precision."""
    g = np.atleast_1d(np.asarray(g, dtype=Real))
    total = np.zeros(g.shape, dtype=Real)
    for N0, a, b, c in terms.astype(Real):
        change = a + g * (b + g * c)
        with np.errstate(divide="ignore", invalid="ignore"):
            total += 2 * (np.where(change > -N0, change - N0 * np.log1p(change / N0), np.inf) if N0 > 0 else change)
    return total


def turns(terms: Array) -> list[float]:
    """Vertices and zeros of all changes, at g > 0."""
    points = []
    for _, a, b, c in terms:
        if c > 0.0:
            roots = np.roots([c, b, a])
            points += [-0.5 * b / c, *roots[np.abs(roots.imag) <= 1e-7 * np.abs(roots)].real]
    return sorted(float(p) for p in points if p > 0.0)


def scan(terms: Array, target: float, start: float = 0.0) -> list[float]:
    """All crossings from ``start``, found on a dense grid; beyond its end one deviance exceeds the target alone."""
    open_terms = [row for row in terms if row[3] > 0.0]
    if not open_terms:
        return []
    room = [
        math.sqrt(2.0 * N0 + abs(a)) + math.sqrt(N0 + 3 * target + 5 * math.sqrt(N0 * target))
        for N0, a, *_ in open_terms
    ]
    top = 1.1 * min(
        (r + abs(row[2]) / math.sqrt(row[3])) / math.sqrt(row[3]) for r, row in zip(room, open_terms, strict=True)
    )
    points = [p for p in turns(terms) if p < top]
    near = [p * (1.0 + side * step) for p in points for side in (1.0, -1.0) for step in np.geomspace(1e-9, 0.3, 100)]
    grid = np.concatenate([[start], np.geomspace(top * 1e-9, top, 3000), np.linspace(0.0, top, 3000), points, near])
    grid = np.unique(grid[(grid >= start) & (grid <= top)])
    beyond = chi2(terms, grid) > target
    return [
        brentq(
            lambda g: float(min(chi2(terms, g)[0], Real(1e300)) - Real(target)),
            grid[k],
            grid[k + 1],
            xtol=1e-300,
            rtol=1e-14,
        )
        for k in np.flatnonzero(beyond[1:] != beyond[:-1])
    ]


def assert_crossing(terms: Array, target: float, g: float, direction: float) -> None:
    """Chi^2 passes the target at g, in the direction, within 1e-10 of g or 1e-10 of the target."""
    before, after = chi2(terms, [g * (1.0 - 1e-10), g * (1.0 + 1e-10)])
    assert direction * (float(before) - target) <= 1e-10 * target
    assert direction * (float(after) - target) >= -1e-10 * target


def target_of(terms: Array, size: float) -> float:
    """A target that the coupling 0 is below of."""
    return float(chi2(terms, 0.0)[0]) + size


@settings(max_examples=300, deadline=None)
@given(tables, thresholds)
def test_the_first_crossing_is_that_of_a_dense_scan(terms: Array, size: float) -> None:
    target = target_of(terms, size)
    found, status = limits.next_crossing(terms, target, 0.0, math.inf, UP)
    crossings = scan(terms, target)
    if not crossings:
        assert status == limits.UNREACHABLE
        assert math.isnan(found)
        return
    assert status == limits.FOUND
    assert found <= crossings[0] * (1.0 + 1e-9)  # a scan may miss a narrow one, the kernel may not
    assert_crossing(terms, target, found, UP)
    if found < crossings[0] * (1.0 - 1e-9):  # what the scan has missed is narrower than its grid
        assert len(scan(terms, target, 0.999 * found)) > len(crossings) or chi2(terms, found * (1 + 1e-6))[0] < target


@settings(max_examples=200, deadline=None)
@given(tables)
def test_turning_points_are_vertices_and_zeros(terms: Array) -> None:
    points = np.empty(3 * len(terms))
    found = points[: limits.turning_points(terms, points)]
    assert (np.diff(found) >= 0.0).all()
    assert (found > 0.0).all()
    for point in turns(terms):
        assert np.isclose(found, point, rtol=1e-6, atol=0.0).any()
    edges = np.concatenate([[0.0], found, [2.0 * found[-1] if found.size else 1.0]])
    for k in range(len(terms)):  # between them every deviance is monotonic
        for low, high in itertools.pairwise(edges.tolist()):
            steps = np.diff(chi2(terms[k : k + 1], np.linspace(low, high, 50)).astype(float))
            slack = 1e-12 * (1.0 + terms[k, 0])
            assert (steps >= -slack).all() or (steps <= slack).all()


@settings(max_examples=300, deadline=None)
@given(tables, thresholds)
def test_up_and_down_alternate_until_no_trigger_comes_back(terms: Array, size: float) -> None:
    target, direction, start = target_of(terms, size), UP, 0.0
    seen: list[float] = []
    for _ in range(2 * len(terms) + 4):
        found, status = limits.next_crossing(terms, target, start, math.inf, direction)
        assert status in (limits.FOUND, limits.UNREACHABLE)
        if status != limits.FOUND:
            assert math.isnan(found)
            break
        assert_crossing(terms, target, found, direction)
        assert found >= start
        seen.append(found)
        start, direction = found * (1.0 + 1e-9), -direction
        if direction * (limits.chi2_at(terms, 0.0, start) - target) > 0.0:
            return  # an interval narrower than the step: the kernel may say so
    crossings = scan(terms, target)
    np.testing.assert_allclose(seen, crossings, rtol=1e-7)
    assert len(seen) % 2 == 1 or not seen
    assert len(seen) <= 2 * len(terms) + 1


@settings(max_examples=200, deadline=None)
@given(log_uniform(30.0, 1e6), st.floats(0.9, 0.999), log_uniform(0.1, 10.0), st.floats(0.05, 0.999))
def test_a_stop_is_kept(N0: float, depth: float, target: float, share: float) -> None:
    terms = np.array([[N0, 0.0, -2.0 * depth * N0, N0]])  # the mirror solution is at g = 2 depth
    first, status = limits.next_crossing(terms, target, 0.0, math.inf, UP)
    assert status == limits.FOUND
    beyond = first * (1.0 + 1e-9)
    second, status = limits.next_crossing(terms, target, beyond, math.inf, DOWN)
    assert status == limits.FOUND
    assert_crossing(terms, target, second, DOWN)
    stop = beyond + share * (second - beyond)
    assert limits.next_crossing(terms, target, beyond, stop, DOWN)[1] == limits.UNREACHABLE
    again, status = limits.next_crossing(terms, target, beyond, 1.001 * second, DOWN)
    assert status == limits.FOUND
    np.testing.assert_allclose(again, second, rtol=1e-12)


@settings(max_examples=200, deadline=None)
@given(tables, log_uniform(1e-3, 1e3))
def test_the_bound_beyond_is_a_bound(terms: Array, g: float) -> None:
    bound = limits.bound_beyond(terms, 0.5, g)
    later = 0.5 + chi2(terms, g * np.concatenate([np.linspace(1.0, 3.0, 200), np.geomspace(3.0, 1e6, 200)]))
    assert (later.astype(float) >= bound * (1.0 - 1e-10) - 1e-12).all()
