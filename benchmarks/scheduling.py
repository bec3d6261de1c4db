"""What sharing blocks costs: simulated claimants, simulated Dask workers, and stores of many blocks.

Blocks sleep instead of computing, and leave an empty file for an object; claims, journal, ledger and the run itself are
the real ones. At full size:

    python benchmarks/scheduling.py claims --claimants 64 --blocks 6400 --seconds 1
    python benchmarks/scheduling.py dask --threads 1000 --blocks 100000 --seconds 0
    python benchmarks/scheduling.py dask --threads 1000 --blocks 1000000 --seconds 0.1
    python benchmarks/scheduling.py store --blocks 100000
"""

import argparse
import json
import os
import resource
import tempfile
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from renp_fast.cluster import task
from renp_fast.runs import execute
from renp_fast.runs.execute import run_scan
from renp_fast.runs.worker import Made, Result, Worker
from renp_fast.scan_file.scan import Scan, parse_scan
from renp_fast.store import claims
from renp_fast.store import done as ledger
from renp_fast.store.inspection import status, verify
from renp_fast.store.journal import JournalWriter, journal_files
from renp_fast.store.store import Store, open_for

SCAN = """
observable = "spectral_function"
neutrino = {{ nature = "dirac", ordering = "normal" }}
interaction.kind = "standard_model"
axes.lightest_mass_eV = {{ linear = [0.0, 0.1], points = {blocks} }}
axes.photon_energy_eV = [1.0, 1.05]
storage.block_points = 2
"""

# What a run does for the sake of others; none of these calls another
SHARING = (
    (claims.Claimant, "take"),
    (claims.Claimant, "release"),
    (claims.Claimant, "_beat"),
    (claims.Others, "look"),
    (ledger.Ledger, "refresh"),
)


class Sleeper(Worker):
    """A worker that sleeps."""

    seconds = 0.0

    def __init__(self, _: Scan, store: Store, claimant: Any, threads: int, books: Any = None) -> None:
        self._store, self._claimant, self._ledger = store, claimant, books
        self._journal: JournalWriter | None = None
        self._lock, self._turns = task.threading.Lock(), task.threading.Semaphore(threads)

    def _make(self, _: int, __: Any) -> Made:
        time.sleep(self.seconds)
        return Made({}, 0, None, 0, time.perf_counter() - self.seconds)

    def _keep(self, block: int, _: Made) -> Result:
        file = self._store.path / self._store.object_key("spectral_function", block)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
        self._journal_writer().done(block, {"spectral_function": (0, "00000000")}, 0, self.seconds)
        return Result(block, stored=True, seconds=self.seconds)


class Memory:
    """Peak memory as the run gets on, in MB."""

    def __init__(self, blocks: int) -> None:
        self.blocks, self.done, self.peaks = blocks, 0, [0.0]

    def start(self, blocks: int, done: int, points: int) -> None:
        """Nothing to tell."""

    def advance(self, points: int) -> None:
        """Note the peak after each tenth of the blocks."""
        self.done += points // 2
        if self.done * 10 >= len(self.peaks) * self.blocks:
            self.peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)

    def note(self, message: str) -> None:
        """Nothing to tell."""


class Timed:
    """Adds up the time that calls of a method take: seconds by the clock, and of this thread's CPU."""

    def __init__(self, owner: type, name: str) -> None:
        self.seconds = self.cpu_seconds = 0.0
        method: Callable[..., Any] = getattr(owner, name)

        def timed(*arguments: Any) -> Any:
            began, cpu = time.perf_counter(), time.thread_time()
            try:
                return method(*arguments)
            finally:
                self.seconds += time.perf_counter() - began
                self.cpu_seconds += time.thread_time() - cpu

        setattr(owner, name, timed)


def sleep_instead(seconds: float, durable: bool = True) -> None:
    """Let blocks sleep; ``durable`` if the journal shall be synchronised, which hundreds of threads would wait for."""
    Sleeper.seconds = seconds
    execute.Worker = task.Worker = Sleeper  # type: ignore[misc, attr-defined]
    execute.warm_up = task.warm_up = lambda _: None  # type: ignore[attr-defined]
    if not durable:
        os.fdatasync = lambda _: None


def duplicates(store: Path, blocks: int) -> int:
    """How many blocks were done more than once."""
    return sum(file.read_bytes().count(b'"block"') for file in journal_files(store)) - blocks


def one_claimant(path: Path, blocks: int, start: float, results: Any) -> None:
    """Run on one thread, as one of many; tells how long it took, and how much of that went into sharing."""
    timed = {name: Timed(owner, name) for owner, name in SHARING}
    scan = parse_scan(SCAN.format(blocks=blocks))
    time.sleep(max(0.0, start - time.time()))
    began = time.perf_counter()
    outcome = run_scan(scan, path, threads=1)
    shared = {name: (watched.seconds, watched.cpu_seconds) for name, watched in timed.items()}
    results.put((outcome.computed, time.perf_counter() - began, shared))


def simulate_claims(path: Path, claimants: int, blocks: int, seconds: float) -> dict[str, Any]:
    """Many processes that share one store."""
    sleep_instead(seconds)
    open_for(parse_scan(SCAN.format(blocks=blocks)), path)
    context = get_context("fork")
    results = context.Queue()
    start = time.time() + 2.0 + 0.05 * claimants
    processes = [context.Process(target=one_claimant, args=(path, blocks, start, results)) for _ in range(claimants)]
    for process in processes:
        process.start()
    found = [results.get() for _ in processes]
    for process in processes:
        process.join()
    work = blocks * seconds or 1.0
    sums = {name: [sum(times[name][k] for _, _, times in found) for k in (0, 1)] for _, name in SHARING}
    shared = {
        name: {"percent": 100.0 * wall / work, "cpu_percent": 100.0 * cpu / work} for name, (wall, cpu) in sums.items()
    }
    return {
        "ideal_s": blocks * seconds / claimants,
        "slowest_s": max(wall for _, wall, _ in found),
        "sharing_percent": sum(part["percent"] for part in shared.values()),
        "sharing_cpu_percent": sum(part["cpu_percent"] for part in shared.values()),
        "of_which": shared,
        "done_twice": duplicates(path, blocks),
        "claims_left": len(list((path / claims.DIRECTORY).iterdir())),
    }


def simulate_dask(path: Path, threads: int, blocks: int, seconds: float) -> dict[str, Any]:
    """A run of this process, which holds client and scheduler, with workers in other processes of many threads each."""
    from renp_fast.cluster.workers import on_cluster, own_cluster

    memory = Memory(blocks)
    scan = parse_scan(SCAN.format(blocks=blocks))
    with own_cluster(2, threads) as client:
        client.run(sleep_instead, seconds, durable=False)
        began, cpu = time.perf_counter(), time.process_time()
        outcome = run_scan(scan, path, progress=memory, executor=on_cluster(client))
        wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    return {
        "done": outcome.done,
        "ideal_s": blocks * seconds / threads,
        "wall_s": wall,
        "driver_cpu_ms_per_block": 1e3 * cpu / blocks,
        "driver_peak_MB_by_tenths": [round(peak) for peak in memory.peaks[1:]],
        "done_twice": duplicates(path, blocks),
    }


def measure_store(path: Path, blocks: int) -> dict[str, float]:
    """Read a store of many small blocks, each of them really computed."""
    os.fdatasync = os.fsync = lambda _: None  # how fast it is written is no matter here
    outcome = run_scan(parse_scan(SCAN.format(blocks=blocks)), path)
    times = {"done": float(outcome.done), "write_s": outcome.seconds}
    for name, read in (("status", status), ("verify", verify)):
        began, cpu = time.perf_counter(), time.process_time()
        read(path)
        times |= {f"{name}_cpu_s": time.process_time() - cpu, f"{name}_s": time.perf_counter() - began}
    return times


def main() -> None:
    """Measure what is asked for, and print it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("claims", "dask", "store"))
    parser.add_argument("--claimants", type=int, default=64)
    parser.add_argument("--threads", type=int, default=1000)
    parser.add_argument("--blocks", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=0.0, help="that a block sleeps")
    parser.add_argument("--directory", type=Path, help="where the store is made, and removed (default: temporary)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.directory) as directory:
        path = Path(directory) / "s.zarr"
        if options.what == "claims":
            found = simulate_claims(path, options.claimants, options.blocks, options.seconds)
        elif options.what == "dask":
            found = simulate_dask(path, options.threads, options.blocks, options.seconds)
        else:
            found = measure_store(path, options.blocks)
    print(json.dumps(vars(options) | {"directory": str(options.directory)} | found, indent=1))


if __name__ == "__main__":
    main()
