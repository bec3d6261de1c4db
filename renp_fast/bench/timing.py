"""Timing of several ways to compute the same numbers, interleaved, so that they share what disturbs a machine."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypedDict

import numpy as np

from renp_fast.kernels.types import Array

# Names of the peers that need nothing but what the package needs
QUAD, NUMPY, HOISTED, OURS = "scipy.quad", "NumPy", "NumPy, hoisted", "renp_fast"
REPETITIONS = 9
# A turn repeats a short piece until about this time is over
TURN_SECONDS = 0.05
# Pieces that take longer need no untimed call before a turn: they fill the caches by themselves
LONG_SECONDS = 0.2


def whole(values: Array) -> Array:
    """All of a result."""
    return values


@dataclass(frozen=True)
class Peer:
    """One way to compute (a part of) the numbers of a workload.

    Attributes
    ----------
    points : int
        How many points one call computes.
    work : callable
        Computes them.
    part : callable
        Takes the same numbers, in the same order, out of the result of the package.
    """

    points: int
    work: Callable[[], Array]
    part: Callable[[Array], Array] = whole


class Spread(TypedDict):
    """Median and quartiles."""

    median: float
    q1: float
    q3: float


class Timed(TypedDict):
    """Time of a point; ``ratio`` is that over the time of the package, repetition by repetition."""

    points_per_call: int
    seconds_per_point: Spread
    ratio: Spread


class Measured(Timed):
    """A peer, compared too."""

    worst_relative_error: float


def spread(values: list[float]) -> Spread:
    """Median and quartiles of some numbers."""
    q1, median, q3 = np.quantile(values, [0.25, 0.5, 0.75]).tolist()
    return {"median": median, "q1": q1, "q3": q3}


def relative_error(values: Array, expected: Array, floor: float) -> float:
    """Largest |value - expected|/max(|expected|, floor)."""
    if values.shape != expected.shape:
        raise ValueError(f"shapes differ: {values.shape} and {expected.shape}")
    error = np.abs(values - expected) / np.maximum(np.abs(expected), floor)
    return float(np.max(np.where(values == expected, 0.0, error)))


def interleaved(peers: Mapping[str, Callable[[], object]], repetitions: int) -> dict[str, list[float]]:
    """Seconds of a call of every peer in every repetition; in each, all peers have their turn one after the other."""
    calls = {}
    for name, work in peers.items():
        work()  # compiles, and touches its buffers
        once = _seconds(work, 1)
        calls[name] = (max(1, round(TURN_SECONDS / once)), once < LONG_SECONDS)
    seconds: dict[str, list[float]] = {name: [] for name in peers}
    for _ in range(repetitions):
        for name, work in peers.items():
            count, warm = calls[name]
            if warm:
                work()
            seconds[name].append(_seconds(work, count))
    return seconds


def _seconds(work: Callable[[], object], calls: int) -> float:
    began = time.perf_counter()
    for _ in range(calls):
        work()
    return (time.perf_counter() - began) / calls


def measure(
    peers: Mapping[str, Peer],
    floor: float,
    tolerances: Mapping[str, float],
    limits: Mapping[str, Peer] | None = None,
    repetitions: int = REPETITIONS,
) -> tuple[dict[str, Measured], dict[str, Timed]]:
    """Compare all peers with the package, then time them, and limits of the machine, beside it.

    Raises
    ------
    ArithmeticError
        If a peer's numbers differ from those of the package by more than its tolerance.
    """
    errors = compare(peers, floor, tolerances)
    timed = time_all({**peers, **(limits or {})}, repetitions)
    measured: dict[str, Measured] = {
        name: {**timed[name], "worst_relative_error": error} for name, error in errors.items()
    }
    return measured, {name: timed[name] for name in limits or {}}


def compare(peers: Mapping[str, Peer], floor: float, tolerances: Mapping[str, float]) -> dict[str, float]:
    """Worst relative error of every peer against the package."""
    expected = np.array(peers[OURS].work())
    errors = {}
    for name, peer in peers.items():
        errors[name] = relative_error(peer.work(), peer.part(expected), floor)
        if not errors[name] <= tolerances[name]:
            raise ArithmeticError(f"{name} differs by {errors[name]:.2g}, more than {tolerances[name]:g}")
    return errors


def time_all(pieces: Mapping[str, Peer], repetitions: int = REPETITIONS) -> dict[str, Timed]:
    """Time some pieces, the package among them, interleaved."""
    seconds = interleaved({name: piece.work for name, piece in pieces.items()}, repetitions)
    each = {name: [value / pieces[name].points for value in values] for name, values in seconds.items()}
    return {
        name: {
            "points_per_call": pieces[name].points,
            "seconds_per_point": spread(values),
            "ratio": spread([value / ours for value, ours in zip(values, each[OURS], strict=True)]),
        }
        for name, values in each.items()
    }
