"""Where chi^2 is within a threshold, against a dense scan of random event polynomials and closed forms."""

import itertools
import math

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import brentq

from renp_fast.kernels.likelihood import crossings as limits
from renp_fast.kernels.types import Array

Real = np.longdouble


def log_uniform(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(math.log(low), math.log(high)).map(math.exp)


# Of -b/2 in its largest possible size: one that is tiny would underflow, squared
shares = st.one_of(st.just(0.0), st.floats(1e-6, 0.999), st.floats(-0.999, -1e-6))
# Of N0: with subnormal numbers b^2 - 4 a c has too few digits for zeros to 1e-6, which chi^2 cannot tell from 0
shifts = st.one_of(st.just(0.0), st.floats(1e-200, 0.3), st.floats(-0.3, -1e-200))


@st.composite
def trigger(draw: st.DrawFn) -> list[float]:
    """N0, a, b, c, least of event numbers N0 + a + b g + c g^2 = least + c (g - vertex)^2 that are never negative."""
    N0 = draw(st.one_of(st.just(0.0), log_uniform(1e-12, 1e-3), log_uniform(1e-2, 1e6)))
    size = draw(log_uniform(1e-3, 1e3))
    c = draw(st.one_of(st.just(0.0), st.just((N0 + 1e-3) / size**2)))
    if N0 == 0.0:
        least = draw(st.sampled_from((0.0, 1.0))) * c * size**2
        return [0.0, least, 0.0, c, least]
    shift = draw(shifts) / max(1.0, math.sqrt(N0))
    total, share = N0 * (1.0 + shift), draw(shares)
    return [N0, N0 * shift, 2.0 * share * math.sqrt(c * total), c, total * (1.0 - share * share if c > 0.0 else 1.0)]


tables = st.lists(trigger(), min_size=1, max_size=6).map(lambda rows: np.array(rows, dtype=np.float64))
thresholds = log_uniform(0.1, 30.0)


def chi2(terms: Array, g: Array | float) -> NDArray[np.longdouble]:
    """The sum of 2 [N - N0 + N0 ln(N0/N)], in extended precision."""
    g = np.atleast_1d(np.asarray(g, dtype=Real))
    total = np.zeros(g.shape, dtype=Real)
    for N0, a, b, c, _ in terms.astype(Real):
        change = a + g * (b + g * c)
        with np.errstate(divide="ignore", invalid="ignore"):
            total += 2 * (np.where(change > -N0, change - N0 * np.log1p(change / N0), np.inf) if N0 > 0 else change)
    return total


def turns(terms: Array) -> list[float]:
    """Vertices and zeros of all changes, at g > 0."""
    points = []
    for _, a, b, c, _ in terms:
        if c > 0.0:
            roots = np.roots([c, b, a])
            points += [-0.5 * b / c, *roots[np.abs(roots.imag) <= 1e-7 * np.abs(roots)].real]
    return sorted(float(p) for p in points if p > 0.0)


def scan(terms: Array, target: float) -> list[float]:
    """All crossings at g > 0, found on a dense grid; beyond its end one deviance exceeds the target alone."""
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
    grid = np.concatenate([[0.0], np.geomspace(top * 1e-9, top, 3000), np.linspace(0.0, top, 3000), points, near])
    grid = np.unique(grid[(grid >= 0.0) & (grid <= top)])
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
    before, after = chi2(terms, [g - 1e-10 * abs(g), g + 1e-10 * abs(g)])
    assert direction * (float(before) - target) <= 1e-10 * target
    assert direction * (float(after) - target) >= -1e-10 * target


def target_of(terms: Array, size: float) -> float:
    """A target that the coupling 0 is below of."""
    return float(chi2(terms, 0.0)[0]) + size


def edges_of(terms: Array, target: float) -> list[float]:
    edges = np.empty(4 * len(terms) + 16)
    count, ended = limits.fill_edges(terms, target, edges)
    assert ended
    assert count % 2 == 0
    return edges[:count].tolist()  # type: ignore[no-any-return]


MIRROR = np.array([1.0, 1.0, -1.0, 1.0, 1.0])


@settings(max_examples=300, deadline=None)
@given(tables, thresholds)
def test_the_edges_are_those_of_a_dense_scan(terms: Array, size: float) -> None:
    target = target_of(terms, size)
    edges = edges_of(terms, target)
    assert edges == sorted(edges)
    assert any(start <= 0.0 <= end for start, end in zip(edges[::2], edges[1::2], strict=True))
    for i, edge in enumerate(edges):  # a scan may miss a narrow gap, the kernel may not
        if math.isfinite(edge):
            assert_crossing(terms, target, edge, 1.0 if i % 2 else -1.0)
    crossings = [*scan(terms, target), *(-g for g in scan(terms * MIRROR, target))]
    for g in crossings:
        assert np.isclose(edges, g, rtol=1e-9, atol=0.0).any()
    assert len(edges) <= 2 * len(terms) + 2
    assert np.isinf(edges).all() == (not crossings)


@settings(max_examples=100, deadline=None)
@given(tables, thresholds)
def test_the_other_sign_mirrors(terms: Array, size: float) -> None:
    target = target_of(terms, size)
    mirrored = [-g for g in edges_of(terms * MIRROR, target)[::-1]]
    np.testing.assert_allclose(edges_of(terms, target), mirrored, rtol=1e-12)


@settings(max_examples=200, deadline=None)
@given(tables)
def test_turning_points_are_vertices_and_zeros(terms: Array) -> None:
    points = np.empty(3 * len(terms) + 1)
    found = points[: limits.turning_points(terms, points)]
    assert (np.diff(found) >= 0.0).all()
    assert 0.0 in found
    for sign in (1.0, -1.0):
        for point in turns(terms * np.array([1.0, 1.0, sign, 1.0, 1.0])):
            assert np.isclose(found, sign * point, rtol=1e-6, atol=0.0).any()
    size = 1.0 + np.abs(found).max()
    edges = np.concatenate([[-2.0 * size], found, [2.0 * size]])
    for k in range(len(terms)):  # between them every deviance is monotonic
        for low, high in itertools.pairwise(edges.tolist()):
            steps = np.diff(chi2(terms[k : k + 1], np.linspace(low, high, 50)).astype(float))
            slack = 1e-12 * (1.0 + terms[k, 0])
            assert (steps >= -slack).all() or (steps <= slack).all()


def exact_edges(N0: float, size: float) -> list[float]:
    """Edges for N = N0 (1 - g)^2: with r = N/N0 they are where r - 1 - ln r is the target over 2 N0, by Lambert's W."""
    with mpmath.workdps(50):
        argument = -mpmath.exp(-1 - mpmath.mpf(size) / (2 * mpmath.mpf(N0)))
        roots = [mpmath.sqrt(-mpmath.lambertw(argument, branch).real) for branch in (-1, 0)]
        return [float(1 - roots[0]), float(1 - roots[1]), float(1 + roots[1]), float(1 + roots[0])]


@pytest.mark.parametrize("N0", np.geomspace(1e-4, 1e6, 41).tolist())
@pytest.mark.parametrize("unit", [1.0, -1.31e-27])
def test_events_that_cancel_exactly_leave_a_gap_however_narrow(N0: float, unit: float) -> None:
    terms = np.array([[N0, 0.0, -2.0 * N0 / unit, N0 / unit**2, 0.0]])
    expected = sorted(unit * g for g in exact_edges(N0, 2.7))
    np.testing.assert_allclose(edges_of(terms, 2.7), expected, rtol=1e-14)
    inner = edges_of(terms, 2.7)[1:3]
    assert inner[0] <= unit <= inner[1]
    if inner[0] < unit * (1.0 - math.copysign(1e-6, unit)):
        assert [limits.chi2_at(terms, 0.0, g) for g in inner] == pytest.approx([2.7, 2.7], rel=1e-8)


@pytest.mark.parametrize("least", [0.0, 1e-40, 1e-20])
def test_a_gap_is_there_if_the_least_events_make_one(least: float) -> None:
    """With N0 and the least events chi^2 reaches 2 (least - N0 + N0 ln(N0/least)) at most."""
    N0 = 0.01
    for factor in (0.999, 1.001):
        top = 2.0 * (least - N0 + N0 * math.log(N0 / least)) if least > 0.0 else 10.0
        edges = edges_of(np.array([[N0, 0.0, -2.0 * N0, N0, least]]), factor * top)
        assert len(edges) == (4 if least == 0.0 or factor < 1.0 else 2)


def test_gaps_of_two_triggers_are_told_apart() -> None:
    terms = np.array([[0.01, 0.0, -0.02, 0.01, 0.0], [0.008, 0.0, -0.016 / 1.5, 0.008 / 1.5**2, 0.0]])
    edges = edges_of(terms, 3.0)
    assert edges[1:5] == pytest.approx([1.0, 1.0, 1.5, 1.5], rel=1e-15)
    assert len(edges) == 6


def test_a_gap_is_found_where_others_have_taken_most_events_away() -> None:
    """Next to a coupling of 0, which is small against what would make as many events as expected."""
    terms = np.array([[1e-2, -9.6e-3, -8e-4, 4e-4, 0.0], [10.0, 0.0, 0.0, 1e-3, 10.0]])
    edges = edges_of(terms, 3.0)
    assert edges[1:3] == pytest.approx([1.0, 1.0], rel=1e-15)
    assert len(edges) == 4
