"""A scan that something is about to go wrong with."""

import json
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from conftest import SLOWLY, call, command, contents

from renp_fast.runs.execute import run_scan
from renp_fast.scan_file.scan import load_scan
from renp_fast.store.inspection import status
from renp_fast.store.journal import journal_files

BLOCKS = 240
# Of other machines, the dead are found out in a second
IMPATIENT = "from renp_fast.store import claims; claims.DEAD_SECONDS = 1.0; claims.BEAT_SECONDS = 0.2"


class Case:
    """A scan, its store, and the store of the same scan to which nothing happened."""

    def __init__(self, scan_file: Path, folder: Path, whole: Path, rng: random.Random) -> None:
        self.scan_file = scan_file
        self.folder = folder
        self.store = folder / "s.zarr"
        self.whole = whole
        self.rng = rng
        self._processes: list[subprocess.Popen[str]] = []

    def start(self, *options: object, first: str = "", prefix: Sequence[str] = ()) -> subprocess.Popen[str]:
        """Begin a run, on one thread unless told otherwise; ``first`` is Python for its process to do before."""
        options = options or ("--threads", 1)
        return self.spawn([*prefix, *command("run", self.scan_file, "-o", self.store, *options, first=SLOWLY + first)])

    def spawn(self, arguments: list[str]) -> subprocess.Popen[str]:
        """Begin a process, which ends with the case at the latest."""
        with (self.folder / "log").open("a") as log:
            process = subprocess.Popen(arguments, stderr=log, stdout=log, text=True)
        self._processes.append(process)
        return process

    def done_lines(self) -> int:
        """Lines of done blocks in the journal."""
        return sum(file.read_bytes().count(b'"block"') for file in journal_files(self.store))

    def wait_for_work(self, *processes: subprocess.Popen[str]) -> None:
        """Wait until a random number of blocks is done, but not all."""
        wanted = self.done_lines() + self.rng.randint(1, BLOCKS // 2)
        while self.done_lines() < wanted and any(process.poll() is None for process in processes):
            time.sleep(0.002)

    def heartbeats(self) -> list[dict[str, Any]]:
        """What those at work say of themselves."""
        found = []
        for file in (self.store / ".renp_fast/claims").glob("*.json"):
            with suppress(OSError, ValueError):
                found.append(json.loads(file.read_bytes()))
        return found

    @contextmanager
    def cluster(self) -> Iterator[tuple[subprocess.Popen[str], Path]]:
        """A scheduler and two workers of one thread, none of them belonging to the run: scheduler and its file."""
        file = self.folder / "scheduler.json"
        common = ["--no-dashboard", "--preload", "renp_fast.cluster.preload", "--host", "127.0.0.1"]
        scheduler = self.spawn(
            [
                sys.executable,
                "-m",
                "distributed.cli.dask_scheduler",
                *common,
                "--port",
                "0",
                "--scheduler-file",
                str(file),
            ]
        )
        while not file.exists() and scheduler.poll() is None:
            time.sleep(0.05)
        workers = [
            self.spawn(
                [
                    sys.executable,
                    "-m",
                    "distributed.cli.dask_worker",
                    *common,
                    "--nthreads",
                    "1",
                    "--scheduler-file",
                    str(file),
                    "--local-directory",
                    str(self.folder),
                ]
            )
            for _ in range(2)
        ]
        try:
            yield scheduler, file
        finally:
            for process in (*workers, scheduler):  # killed, for a worker without scheduler heeds no other signal
                process.kill()
                process.wait()

    def close(self) -> None:
        """End what still runs."""
        for process in self._processes:
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()

    def check(self) -> None:
        """The next run finishes the store with the same bits, nothing that was done is lost, or left lying about.

        Workers of a run that was killed may live for a moment more, and store a block or two.
        """
        done = status(self.store).done if (self.store / ".renp_fast/header.json").exists() else 0
        final = call("run", self.scan_file, "-o", self.store)
        assert final.returncode == 0, final.stderr
        counted = re.search(rf"{BLOCKS} of {BLOCKS} blocks done; (\d+) of them now", final.stderr)
        assert counted, final.stderr
        assert int(counted[1]) <= BLOCKS - done
        assert contents(self.store) == contents(self.whole)
        assert call("verify", self.store).returncode == 0
        assert not list(self.folder.glob(".s.zarr*"))


def make_whole(scan_file: Path, path: Path) -> Path:
    """The store of a scan to which nothing happens."""
    assert run_scan(load_scan(scan_file), path, threads=1).done == BLOCKS
    return path
