"""Every peer of the benchmark computes the same numbers; what cannot run here is named with the reason."""

import numpy as np
import pytest

from benchmarks.peers import NAMES, TOLERANCES, peers
from benchmarks.sections import TINY
from renp_fast.bench import timing
from renp_fast.bench.grids import Grid
from renp_fast.bench.photon_energies import Spectrum
from renp_fast.bench.timing import HOISTED, NUMPY, OURS, QUAD, Peer, compare, interleaved, time_all

WORKLOADS = {
    "W1": Spectrum(TINY.energies, general=False),
    "W2": Grid(*TINY.events, chi2=False),
    "W3": Grid(*TINY.chi2, chi2=True),
    "W6": Spectrum(TINY.energies, general=True),
}


@pytest.mark.parametrize("name", WORKLOADS)
def test_all_peers_agree_with_the_package(name: str) -> None:
    found, missing = peers(WORKLOADS[name])
    assert set(found) | set(missing) == set(NAMES)
    assert {OURS, NUMPY, HOISTED, QUAD} <= set(found)
    assert all(missing.values())
    assert all(peer.part(found[OURS].work()).size == peer.points for peer in found.values())
    errors = compare(found, WORKLOADS[name].floor, TOLERANCES)
    assert errors[OURS] == 0.0


@pytest.mark.parametrize("name", WORKLOADS)
def test_the_workloads_have_no_trivial_numbers(name: str) -> None:
    values = WORKLOADS[name].ours()
    assert np.isfinite(values).all()
    assert np.unique(values).size > 0.9 * values.size
    assert (values != 0.0).mean() > 0.9


def test_a_peer_that_differs_is_refused() -> None:
    good = Peer(3, lambda: np.array([1.0, 2.0, 3.0]))
    bad = Peer(3, lambda: np.array([1.0, 2.0, 3.1]))
    nan = Peer(3, lambda: np.array([1.0, 2.0, np.nan]))
    for wrong in (bad, nan):
        with pytest.raises(ArithmeticError, match="wrong differs by"):
            compare({OURS: good, "wrong": wrong}, 1e-9, {OURS: 0.0, "wrong": 1e-2})
    assert compare({OURS: good, "wrong": bad}, 1e-9, {OURS: 0.0, "wrong": 1e-1})["wrong"] == pytest.approx(0.1 / 3.0)


def test_peers_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[str] = []
    pieces = {"a": lambda: turns.append("a"), "b": lambda: turns.append("b")}
    monkeypatch.setattr(timing, "TURN_SECONDS", 1e-3)
    seconds = interleaved(pieces, repetitions=3)
    assert {name: len(values) for name, values in seconds.items()} == {"a": 3, "b": 3}
    changes = [turn for turn, before in zip(turns[1:], turns, strict=False) if turn != before]
    assert changes == ["b", "a", "b", "a", "b", "a", "b"]


def test_ratios_are_of_paired_repetitions(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = {OURS: [1.0, 2.0, 4.0], "other": [3.0, 6.0, 12.0]}
    monkeypatch.setattr("renp_fast.bench.timing.interleaved", lambda *_: seconds)
    nothing = Peer(2, lambda: np.zeros(2))
    timed = time_all({OURS: nothing, "other": nothing})
    assert timed["other"]["ratio"] == {"median": 3.0, "q1": 3.0, "q3": 3.0}
    assert timed["other"]["seconds_per_point"] == {"median": 3.0, "q1": 2.25, "q3": 4.5}
