"""The benchmarks run, at tiny size, and what they measure is the real thing."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

SCHEDULING = Path(__file__).parents[1] / "benchmarks" / "scheduling.py"


def measured(*arguments: object) -> dict[str, Any]:
    command = [sys.executable, str(SCHEDULING), *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_simulated_claimants_do_each_block_once(tmp_path: Path) -> None:
    found = measured("claims", "--claimants", 8, "--blocks", 160, "--seconds", 0.02, "--directory", tmp_path)
    assert found["done_twice"] == 0
    assert found["claims_left"] == 0
    assert found["slowest_s"] > found["ideal_s"] == 0.4


def test_simulated_workers_do_each_block_once(tmp_path: Path) -> None:
    found = measured("dask", "--threads", 16, "--blocks", 500, "--directory", tmp_path)
    assert found["done"] == 500
    assert found["done_twice"] == 0
    assert len(found["driver_peak_MB_by_tenths"]) == 10


def test_a_store_of_many_blocks_is_read(tmp_path: Path) -> None:
    found = measured("store", "--blocks", 50, "--directory", tmp_path)
    assert found["done"] == 50
    assert found["verify_cpu_s"] > 0
    assert not list(tmp_path.iterdir())
