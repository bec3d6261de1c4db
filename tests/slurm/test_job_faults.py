"""What can happen to the jobs of a scan; each time it ends in the store of a serial run, by itself or, after
a cancellation or the end of the time, by submitting again.

Part of `make chaos`; each fault strikes at a random moment.
"""

import os
import random
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cluster import (
    BLOCKS,
    assert_equals_serial,
    latest,
    logs,
    needs_slurm,
    processes,
    renp_fast,
    slurm,
    submit,
    wait,
    wait_for_blocks,
    wait_for_end,
)
from conftest import command

from renp_fast.slurm.jobs import submissions
from renp_fast.store.inspection import status

pytestmark = [pytest.mark.chaos, needs_slurm]
ARRAY = ("--tasks", 2)
DASK = ("--mode", "dask", "--tasks", 2)


def state(job: str) -> str:
    """State of a job, of its first task if it is an array."""
    return slurm("squeue", "-h", "-r", "-t", "all", "-j", job, "-o", "%T").split("\n")[0]


def number(store: Path) -> str:
    """Slurm's number of the latest job."""
    return str(latest(store).job)


def log_of(store: Path, task: int) -> str:
    return (Path(latest(store).folder) / f"{task}.log").read_text()


def cancel_one_task(store: Path) -> None:
    slurm("scancel", f"{number(store)}_0")


def cancel_all(store: Path) -> None:
    renp_fast("cancel", store)
    wait_for_end(store)
    assert status(store).missing
    submit(store)


def warn_of_the_walltime(store: Path) -> None:
    tasks = [task for task in (0, 1) if state(f"{number(store)}_{task}") == "RUNNING"]
    for task in tasks:
        slurm("scancel", "--signal=USR1", "--batch", f"{number(store)}_{task}")
    for task in tasks:
        wait(f"the next attempt of task {task}", lambda task=task: "asking Slurm for the next" in log_of(store, task))


def end_of_time_without_warning(store: Path) -> None:
    """Both tasks are held, as if their blocks took long, while Slurm finds that their time is over."""
    for process in processes(store, "renp_fast run"):
        os.kill(process, signal.SIGSTOP)
    slurm("scontrol", "update", f"JobId={number(store)}", "EndTime=now")
    wait("the end of the time", lambda: state(number(store)) == "TIMEOUT")
    wait_for_end(store)
    submit(store)


def drain_and_resume(store: Path) -> None:
    """Nodes that are drained take no more tasks; one that goes down loses its task, which Slurm starts elsewhere."""
    slurm("scontrol", "update", "NodeName=n1", "State=DRAIN", "Reason=test")
    slurm("scontrol", "update", "NodeName=n1", "State=DOWN", "Reason=test")
    wait("requeued", lambda: "PENDING" in latest(store).states or status(store).missing == 0)
    slurm("scontrol", "update", "NodeName=n1", "State=RESUME")


def requeue(store: Path) -> None:
    slurm("scontrol", "requeue", f"{number(store)}_1")


def submit_again_at_once(store: Path) -> None:
    scan = store.parent / "scan.toml"
    both = [
        subprocess.Popen(command("submit", scan, "-o", store, "--cpus", 1, "--tasks", 1), stderr=subprocess.DEVNULL)
        for _ in range(2)
    ]
    assert [process.wait(120) for process in both] == [0, 0]


def preempt(_: Path) -> None:
    """A job that goes first takes all cores for a moment."""
    slurm("sbatch", "-W", "-p", "urgent", "-N2", "--exclusive", "-o", "/dev/null", "--wrap", "sleep 1")


def kill_a_task(store: Path) -> None:
    for process in processes(store, "renp_fast run")[:1]:
        os.kill(process, signal.SIGKILL)


def kill_a_script(store: Path) -> None:
    slurm("scancel", "--signal=KILL", "--full", f"{number(store)}_1")


def kill_a_worker(store: Path) -> None:
    os.kill(random.choice(processes(store, "spawn_main")), signal.SIGKILL)


def kill_all_workers(store: Path) -> None:
    """And those who would start them again."""
    for process in [*processes(store, "dask worker"), *processes(store, "spawn_main")]:
        os.kill(process, signal.SIGKILL)


def kill_the_scheduler(store: Path) -> None:
    os.kill(processes(store, "dask scheduler")[0], signal.SIGKILL)


def warn_a_dask_job(store: Path) -> None:
    slurm("scancel", "--signal=USR1", "--batch", number(store))
    wait("the next attempt", lambda: "asking Slurm for the next" in logs(store))


@pytest.fixture
def swamped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slurm's commands in jobs, which get our PATH: each fails twice before it answers."""
    folder = tmp_path / "swamped"
    folder.mkdir()
    for name in ("squeue", "scontrol"):
        real = shutil.which(name)
        script = f'''[ -z "${{SLURM_JOB_ID:-}}" ] || {{
            echo >>"$0.$SLURM_JOB_ID"
            [ $(($(wc -l <"$0.$SLURM_JOB_ID") % 3)) = 0 ] || {{ echo "error: Socket timed out" >&2; exit 1; }}
        }}
        exec {real} "$@"'''
        (folder / name).write_text(f"#!/bin/bash\n{script}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


@pytest.mark.usefixtures("swamped")
def test_a_swamped_controller_ends_no_scan(repetition: int, tmp_path: Path) -> None:  # noqa: ARG001 - repeated
    store = tmp_path / "s.zarr"
    submit(store, *ARRAY)
    wait_for_blocks(store, random.randint(1, BLOCKS // 3))
    warn_of_the_walltime(store)
    wait_for_end(store)
    assert status(store).missing == 0, logs(store)
    assert_equals_serial(store)
    assert not any(job.given_up for job in submissions(store))


FAULTS: list[tuple[str, tuple[object, ...], Callable[[Path], None]]] = [
    ("one task cancelled", ARRAY, cancel_one_task),
    ("all tasks cancelled", ARRAY, cancel_all),
    ("end of the time, with warning", ARRAY, warn_of_the_walltime),
    ("end of the time, without warning", ARRAY, end_of_time_without_warning),
    ("node drained, lost and resumed", ARRAY, drain_and_resume),
    ("task requeued", ARRAY, requeue),
    ("two more submissions at once", ARRAY, submit_again_at_once),
    ("preempted", ARRAY, preempt),
    ("run of a task killed", ARRAY, kill_a_task),
    ("script of a task killed", ARRAY, kill_a_script),
    ("worker of a dask job killed", DASK, kill_a_worker),
    ("all workers of a dask job killed", DASK, kill_all_workers),
    ("scheduler of a dask job killed", DASK, kill_the_scheduler),
    ("client of a dask job killed", DASK, kill_a_task),
    ("end of the time of a dask job", DASK, warn_a_dask_job),
    ("dask job cancelled", DASK, cancel_all),
]


@pytest.fixture(autouse=True)
def healthy_nodes() -> None:
    """Nodes are up, whatever the test before has done to them."""
    for node in slurm("sinfo", "-h", "-N", "-t", "drain,drained,draining,down", "-o", "%N").split():
        slurm("scontrol", "update", f"NodeName={node}", "State=RESUME")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    metafunc.parametrize("repetition", range(metafunc.config.getoption("repetitions")))


@pytest.mark.parametrize(("name", "options", "fault"), FAULTS, ids=[name for name, *_ in FAULTS])
def test_fault(
    name: str,
    options: tuple[object, ...],
    fault: Callable[[Path], None],
    repetition: int,
    tmp_path: Path,
    pytestconfig: pytest.Config,
) -> None:
    random.seed(f"{pytestconfig.getoption('seed')} {name} {repetition}")
    store = tmp_path / "s.zarr"
    submit(store, *options)
    wait_for_blocks(store, random.randint(1, BLOCKS // 3))
    fault(store)
    wait_for_end(store)
    assert status(store).missing == 0, logs(store)
    assert_equals_serial(store)
    assert not any(job.given_up for job in submissions(store))
    assert not list(store.with_name("s.zarr.jobs").glob("*/private-*"))
