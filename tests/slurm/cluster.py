"""What the tests on a real Slurm share: a scan of 200 blocks that takes a while, and what a user does with it."""

import io
import re
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stderr
from functools import cache
from pathlib import Path

import pytest
from conftest import contents

from renp_fast.cli.commands import main
from renp_fast.slurm.jobs import Submission, submissions
from renp_fast.store.inspection import status

# 200 blocks of some 20 ms
SCAN = """
title = "two hundred blocks that take a while"
observable = "chi2"
[neutrino]
nature = "majorana"
oscillation = "NuFIT-5.2"
[interaction]
kind = "vector"
chirality = "axial"
texture = "13"
coupling = 3e-26
[experiment]
trigger_eV = [1.069, 1.07, 1.0708]
exposure_days = 100.0
[axes]
ordering = ["normal", "inverted"]
mediator_mass_eV = { log = [1e-3, 1e2], points = 50 }
lightest_mass_eV = { linear = [0.0, 0.07], points = 20 }
[profile]
alpha21_deg = { linear = [0.0, 360.0], points = 50 }
alpha31_deg = { linear = [0.0, 330.0], points = 25 }
[storage]
block_points = 10
"""
BLOCKS = 200
UP = Path("/run/renp-fast-slurm/slurmctld").exists()
needs_slurm = pytest.mark.skipif(not UP, reason="needs the Slurm of tests/slurm/local-slurm.sh")
PATIENCE_SECONDS = 240.0


@cache
def serial_store() -> dict[str, bytes]:
    """The files of the store that one run on one thread makes."""
    with tempfile.TemporaryDirectory() as folder:
        renp_fast("run", write_scan(Path(folder)), "-o", Path(folder) / "s.zarr", "--threads", 1)
        return contents(Path(folder) / "s.zarr")


def write_scan(folder: Path, text: str = SCAN) -> Path:
    """Write the scan into a folder."""
    path = folder / "scan.toml"
    path.write_text(text)
    return path


def slurm(*command: object) -> str:
    """Run a command of Slurm."""
    return subprocess.run([*map(str, command)], check=True, capture_output=True, text=True, timeout=60).stdout


def renp_fast(*arguments: object) -> str:
    """Run the command line in this process; returns what it says."""
    said = io.StringIO()
    with redirect_stderr(said):
        assert main([*map(str, arguments)]) == 0, said.getvalue()
    return said.getvalue()


def submit(store: Path, *options: object, text: str = SCAN) -> str:
    """Submit the scan as a user does; returns what that says."""
    said = renp_fast("submit", write_scan(store.parent, text), "-o", store, "--cpus", 1, *options)
    assert re.search(r"^submitted job \d+|all blocks are done", said, re.MULTILINE)
    return said


def wait(what: str, condition: Callable[[], object]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {PATIENCE_SECONDS:.0f} s\n{slurm('squeue')}"
        time.sleep(0.2)


def wait_for_blocks(store: Path, count: int) -> None:
    """Wait until so many blocks are done."""
    wait(f"{count} blocks", lambda: status(store).done >= count)


def wait_for_end(store: Path) -> None:
    """Wait until no job of the store is in the queue, and no process of one is left."""
    wait("the end of all jobs", lambda: not any(job.alive for job in submissions(store)))
    for job in submissions(store):
        wait(f"the end of all processes of {job.name}", lambda name=job.name: not processes_of(name))


def latest(store: Path) -> Submission:
    """The submission that was made last."""
    return submissions(store)[-1]


def assert_equals_serial(store: Path) -> None:
    """The store is what a serial run makes, bits and all; who was at work last, and was killed, does not matter."""
    renp_fast("verify", store)
    found = {name: data for name, data in contents(store).items() if "/claims/" not in name}
    wanted = serial_store()
    assert {name for name in found | wanted if found.get(name) != wanted.get(name)} == set(), logs(store)


def logs(store: Path) -> str:
    """What all tasks of a store have said."""
    files = sorted(store.with_name(f"{store.name}.jobs").glob("*/*.log"))
    return "\n".join(f"== {file}\n{file.read_text(errors='replace')}" for file in files)


def processes_of(job: str) -> dict[int, str]:
    """Command lines of the processes of a job, by their numbers; ``job`` is its name."""
    found = {}
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdecimal() and f"SLURM_JOB_NAME={job}".encode() in (entry / "environ").read_bytes().split(
                b"\0"
            ):
                found[int(entry.name)] = (entry / "cmdline").read_text(errors="replace").replace("\0", " ")
        except OSError:
            continue
    return found


def processes(store: Path, word: str) -> list[int]:
    """Processes of the latest job of a store with this in their command lines."""
    return sorted(number for number, line in processes_of(latest(store).name).items() if word in line)
