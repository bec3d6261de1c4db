"""The rules' exactness, and adaptive integrals of known values."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from renp_fast.kernels.line.gauss_kronrod import (
    ANCHOR,
    COLUMNS,
    CONVERGED,
    ERROR,
    FRESH,
    INTEGRALS,
    LOWER_WEIGHT,
    NODE,
    NODES,
    NOT_CONVERGED,
    RULE,
    VALUE,
    WEIGHT,
    add_up,
    begin,
    fill_breaks,
    node,
    refined,
    total,
)


def test_the_rules_are_exact_for_polynomials() -> None:
    """Of 31 nodes up to degree 46, and of the 15 among them up to degree 29; not beyond."""
    assert RULE.shape == (NODES, 3)
    assert np.count_nonzero(RULE[:, LOWER_WEIGHT]) == 15
    for degree in range(0, 47, 2):
        powers = RULE[:, NODE] ** degree
        assert RULE[:, WEIGHT] @ powers == pytest.approx(2.0 / (degree + 1), rel=1e-14)
        if degree < 30:
            assert RULE[:, LOWER_WEIGHT] @ powers == pytest.approx(2.0 / (degree + 1), rel=1e-14)
    assert abs(RULE[:, LOWER_WEIGHT] @ RULE[:, NODE] ** 30 * 31.0 / 2.0 - 1.0) > 1e-9


def integral(
    functions: list[Callable[[float], float]], points: list[float], tolerance: float, room: int = 400
) -> tuple[list[float], list[float], int]:
    """Values, errors, and how it ended."""
    breaks, intervals = np.empty(len(points) + 2), np.zeros((room, COLUMNS))
    found = fill_breaks(np.array(points[1:-1]), len(points) - 2, points[0], points[-1], breaks)
    number = count = begin(breaks, found, intervals)
    values, weights = np.zeros((INTEGRALS, NODES)), np.empty(NODES)
    while number > 0:
        count = number
        for row in range(count):
            if intervals[row, FRESH] != 0.0:
                for k in range(NODES):
                    below, weights[k] = node(intervals[row], k)
                    values[:, k] = [function(intervals[row, ANCHOR] - below) for function in functions]
                add_up(values, weights, intervals[row])
        number = refined(intervals, count, tolerance)
    sums = [[total(intervals, count, column + j) for j in range(INTEGRALS)] for column in (VALUE, ERROR)]
    return sums[0], sums[1], number


def test_roots_peaks_and_oscillations_at_once() -> None:
    """Cuts come in any order, and those outside the range do not count."""
    functions = [
        lambda y: math.sqrt(max(0.3 - y, 0.0)) + 2.0 * math.sqrt(max(0.7 - y, 0.0)),
        lambda y: 1e-3 / (math.pi * ((y - 0.41) ** 2 + 1e-6)),
        lambda y: math.cos(40.0 * y),
    ]
    values, errors, ended = integral(functions, [-0.2, 0.7, 5.0, 0.3, 0.41, 0.3, -1.0, 1.1], 1e-11)
    expected = [
        2.0 / 3.0 * (0.5**1.5 + 2.0 * 0.9**1.5),
        (math.atan(0.69 / 1e-3) + math.atan(0.61 / 1e-3)) / math.pi,
        (math.sin(44.0) + math.sin(8.0)) / 40.0,
    ]
    assert ended == CONVERGED
    for value, error, exact in zip(values, errors, expected, strict=True):
        assert abs(value - exact) <= max(error, 1e-14)
        assert error < 1e-10


def test_what_does_not_converge_says_so() -> None:
    functions = [lambda y: 1.0 / (1.0 - y), lambda _: 0.0, lambda _: 1.0]
    _, errors, ended = integral(functions, [0.0, 1.0], 1e-11, room=40)
    assert ended == NOT_CONVERGED
    assert errors[0] > 1e-3
