"""Counts and bytes of a plan are exact."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import numba
import pytest
from conftest import MANY_BLOCKS, call, objects

from renp_fast.kernels.simd import jit
from renp_fast.kernels.simd.jit import compiling
from renp_fast.runs import execute, plan
from renp_fast.runs.execute import run_scan
from renp_fast.runs.plan import make_plan
from renp_fast.scan_file.scan import Scan, load_scan, parse_scan

EVENTS = """
observable = "events"
neutrino = { nature = "majorana", ordering = "inverted", lightest_mass_eV = 0.02 }
interaction = { kind = "scalar", chirality = "pseudoscalar", coupling = 1e-18 }
experiment = { trigger_eV = [1.0, 1.05], exposure_days = 10 }
axes.alpha21_deg = { linear = [0, 180], points = 37 }
axes.mediator_mass_eV = { log = [1e-3, 10], points = 501 }
storage = { block_points = 1000, codec = "CODEC" }
"""
SHARDED = """
observable = "spectral_function"
neutrino = { nature = "dirac", ordering = "normal" }
interaction = { kind = "standard_model" }
axes.lightest_mass_eV = { linear = [0.0, 0.1], points = 150 }
axes.photon_energy_eV = { linear = [0.5, 1.07], points = 16384 }
storage = { block_points = 1048576, codec = "CODEC" }
"""


@pytest.mark.parametrize("codec", ["none", "lz4"])
@pytest.mark.parametrize("text", [MANY_BLOCKS + 'codec = "CODEC"', EVENTS, SHARDED], ids=["blocks", "events", "shards"])
def test_points_blocks_files_and_bytes_are_exact(tmp_path: Path, text: str, codec: str) -> None:
    scan = parse_scan(text.replace("CODEC", codec))
    plan = make_plan(scan)
    store = tmp_path / "s.zarr"
    assert run_scan(scan, store).done == plan.blocks
    stored = objects(store, scan.observable)
    assert plan.blocks == len(stored)
    assert plan.files == sum(file.is_file() for file in store.rglob("*"))
    on_disk = sum(file.stat().st_size for file in stored)
    if codec == "none":
        assert plan.stored_exact
        assert plan.stored_bytes == on_disk
    else:
        assert plan.stored_bytes == pytest.approx(on_disk, rel=0.5)
    assert plan.points == scan.points
    assert plan.data_bytes == scan.points * 8 * (2 if scan.observable == "events" else 1)


def test_plan_writes_nothing_and_speaks_json(scan: Scan) -> None:
    folder = Path(scan.file).parent
    result = call("plan", scan.file, "--json", cwd=folder)
    assert result.returncode == 0, result.stderr
    plan = json.loads(result.stdout)
    assert plan["points"] == 2 * 2 * 60 * 50 * 400
    assert plan["blocks"] == 240
    assert plan["seconds"] > 0
    assert plan["core_hours"] > 0
    assert plan["array_tasks"] == 1
    assert list(folder.iterdir()) == [Path(scan.file)]


def test_plan_of_an_enormous_scan_is_quick_and_within_reason(write_scan: Callable[..., Path]) -> None:
    """1e12 points: a thousand files or so, of a gigabyte each."""
    large = {"points = 60": "points = 50000", "points = 50 ": "points = 5000 ", "points = 400": "points = 1000"}
    scan = load_scan(write_scan(**large, **{"block_points = 20000": ""}))
    plan = make_plan(scan)
    assert plan.points == 10**12
    assert plan.files < 20000
    assert plan.array_tasks > 1


def test_rates_and_plans_leave_compilation_out(
    scan: Scan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A compilation of 1.5 s, the first time only: the plan and a terminal tell it, no rate counts it."""
    waits = [1.5]

    def slow(_scan: Scan) -> None:
        time.sleep(waits.pop() if waits else 0.0)

    monkeypatch.setattr(plan, "warm_up", slow)
    planned = make_plan(scan)
    assert 1.4 < planned.compile_seconds < 10.0
    waits.append(1.5)
    monkeypatch.setattr(execute, "warm_up", slow)
    outcome = run_scan(scan, tmp_path / "s.zarr")
    assert outcome.seconds - outcome.computing_seconds > 1.4
    assert outcome.computing_seconds > 0.0
    with compiling(lambda: print("compiling", file=sys.stderr)):
        numba.njit(lambda x: x + 1)(1)  # takes too little time
        assert "compiling" not in capsys.readouterr().err
        with mock.patch.object(jit, "LONG_SECONDS", 0.0), compiling(lambda: print("compiling", file=sys.stderr)):
            numba.njit(lambda x: x + 2)(1)
    assert capsys.readouterr().err == "compiling\n"
