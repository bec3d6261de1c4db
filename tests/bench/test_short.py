"""The short benchmark that the package brings."""

import json

import numpy as np
import pytest

from renp_fast.bench import formulas, short, timing
from renp_fast.bench.profiled import ProfiledLimits
from renp_fast.bench.timing import HOISTED, NUMPY, OURS, compare
from renp_fast.cli.commands import main
from renp_fast.physics.neutrinos import Neutrinos

TINY = short.Size(
    energies=80, events=(2, 1, 2, 8), chi2=(2, 2, 2, 8), limits=(1, 2, 3, 3), stored=(2, 2, 50), repetitions=1
)


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "TURN_SECONDS", 0.0)
    monkeypatch.setattr(short, "Size", lambda: TINY)


def test_the_command_prints_a_line_for_every_workload(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert [line[:2] for line in printed[2:]] == ["W1", "W2", "W3", "W4", "W6", "W5"]
    assert all(name in printed[1] for name in short.COLUMNS)


def test_its_json_holds_every_number_that_was_measured(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"machine", "workloads", "stored"}
    for row in found["workloads"].values():
        assert {NUMPY, HOISTED, OURS} <= set(row["peers"])
        assert row["peers"][OURS]["ratio"] == {"median": 1.0, "q1": 1.0, "q3": 1.0}
        assert all(peer["seconds_per_point"]["median"] > 0.0 for peer in row["peers"].values())
        assert all(peer["worst_relative_error"] < 1e-7 for peer in row["peers"].values())
    assert all(speed > 0.0 for speed in found["stored"].values())


def test_limits_are_those_of_scipy_at_both_ends_of_the_grid() -> None:
    limits = ProfiledLimits(1, 2, 4, 3)
    peers = limits.numpy_peers()
    assert compare(peers, 0.0, dict.fromkeys(peers, 1e-10))[NUMPY] > 0.0
    first, second = limits.ours()[0]
    assert np.isfinite([first, second]).all()
    assert abs(second / first - 1.0).min() > 1e-4


def test_the_formulas_start_from_the_same_coupling_as_the_package() -> None:
    theirs = Neutrinos(nature="majorana", ordering="normal", lightest_mass_eV=0.01, alpha21_deg=50.0).axial_coupling
    assert np.allclose(formulas.axial_coupling(50.0), theirs, rtol=1e-14, atol=1e-15)
