"""Both modes on a real Slurm finish a scan of 200 blocks, and the store equals that of a serial run."""

from pathlib import Path

import pytest
from cluster import (
    BLOCKS,
    assert_equals_serial,
    latest,
    logs,
    needs_slurm,
    renp_fast,
    submit,
    wait_for_end,
    write_scan,
)

from renp_fast.store.inspection import status

pytestmark = [pytest.mark.slurm, needs_slurm]
HOSTILE = "a b $(touch pwned) `touch pwned` ;touch pwned; 'q' \"q\" @store@ $HOME ~ * é #x -rf"


@pytest.mark.parametrize(
    ("mode", "options"),
    [
        ("array", ["--tasks", 4]),
        ("array", ["--tasks", 2, "--nodes", 1, "--extra", "--export=NONE"]),
        ("dask", ["--tasks", 2]),
        ("dask", ["--tasks", 2, "--nodes", 2, "--extra", "--export=NONE"]),
    ],
    ids=["array", "array, no environment", "dask", "dask on two nodes, no environment"],
)
def test_a_submitted_scan_equals_a_serial_one(mode: str, options: list[object], tmp_path: Path) -> None:
    store = tmp_path / "s.zarr"
    submit(store, "--mode", mode, *options)
    wait_for_end(store)
    assert status(store).done == BLOCKS, logs(store)
    assert_equals_serial(store)
    assert latest(store).given_up == []


@pytest.mark.parametrize("mode", ["array", "dask"])
def test_hostile_names_run_and_are_never_executed(mode: str, tmp_path: Path) -> None:
    folder = tmp_path / HOSTILE
    folder.mkdir()
    store = folder / f"{HOSTILE}.zarr"
    submit(store, "--mode", mode)
    wait_for_end(store)
    assert_equals_serial(store)
    assert "blocks done" in logs(store)
    assert not list(tmp_path.rglob("pwned"))
    assert {file.name for file in folder.iterdir()} == {"scan.toml", store.name, f"{store.name}.jobs"}


def test_more_tasks_than_an_array_may_have_are_fitted(tmp_path: Path) -> None:
    store = tmp_path / "s.zarr"
    said = submit(store, "--tasks", 9)
    assert "9 array tasks are more than the cluster's MaxArraySize: fitted to 5" in said
    assert latest(store).tasks == 5
    wait_for_end(store)
    assert_equals_serial(store)


def test_workers_on_one_node_share_its_cores(tmp_path: Path) -> None:
    """Two workers with all the cores of a node each are more than the node has, which sbatch refuses."""
    store = tmp_path / "s.zarr"
    said = renp_fast("submit", write_scan(tmp_path), "-o", store, "--mode", "dask", "--tasks", 2)
    assert "2 workers on 1 nodes of 2 cores have 1 each" in said
    wait_for_end(store)
    assert_equals_serial(store)


def test_variables_of_sbatch_move_no_logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SBATCH_OUTPUT", "SBATCH_ERROR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    store = tmp_path / "s.zarr"
    assert "SBATCH_OUTPUT: left out" in submit(store, "--tasks", 2)
    wait_for_end(store)
    assert_equals_serial(store)
    assert "blocks done" in logs(store)
    assert not [*tmp_path.glob("SBATCH_*")]
