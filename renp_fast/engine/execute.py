"""Which blocks, where and when: runs the missing blocks of a scan on the threads of this process."""

import os
import platform
import time
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol, TypeVar

import llvmlite.binding
import numpy as np

from renp_fast.engine.errors import StoreError
from renp_fast.engine.evaluate import Evaluator
from renp_fast.engine.journal import Journal, JournalWriter, read_journal
from renp_fast.engine.lock import StoreLock
from renp_fast.engine.provenance import package_version
from renp_fast.engine.spec import Scan
from renp_fast.engine.store import BlockWriter, Store, open_for
from renp_fast.engine.warmup import warm_up

T = TypeVar("T")


class Progress(Protocol):
    """Hears how a run gets on."""

    def start(self, blocks: int, done: int, points: int) -> None:
        """Of ``blocks`` blocks of this run ``done`` were there before; ``points`` points are left."""

    def advance(self, points: int) -> None:
        """A block of so many points is stored."""


@dataclass(frozen=True)
class Outcome:
    """What a run came to.

    Attributes
    ----------
    blocks, done : int
        Blocks of the whole scan, and how many of them are stored now.
    computed : int
        Blocks that this run stored.
    points : int
        Points that this run computed.
    infinite : int
        Stored numbers of this run that are infinite: on the pole of a mediator without width.
    failed : dict
        Reason by block.
    leftovers : int
        Half-written files of killed runs that were removed.
    seconds : float
    """

    blocks: int
    done: int
    computed: int
    points: int
    infinite: int
    failed: dict[int, str]
    leftovers: int
    seconds: float


def default_threads() -> int:
    """Number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_scan(
    scan: Scan, path: Path, threads: int | None = None, part: tuple[int, int] = (1, 1), progress: Progress | None = None
) -> Outcome:
    """Compute and store every missing block of a scan, or of part i of n of it (every n-th block).

    Raises
    ------
    StoreError
        If the store is of another scan, is being written to, or cannot be written. What was stored stays, and the
        next run goes on from there.
    """
    began = time.monotonic()
    try:
        store = open_for(scan, path)
        with StoreLock(path, shared=part != (1, 1)) as lock:
            journal = read_journal(path, store.fingerprint)
            pending = missing_blocks(store, journal, part)
            run = _Run(scan, store, threads or default_threads())
            run.go(pending, progress)
            done = len(read_journal(path, store.fingerprint).done)
    except OSError as error:
        raise StoreError(
            f"{path}: cannot write: {error.strerror or error}; what is done is kept, and the same command goes on from "
            "there once this is mended"
        ) from error
    seconds = time.monotonic() - began
    return Outcome(store.blocks, done, run.computed, run.points, run.infinite, run.failed, lock.leftovers, seconds)


def missing_blocks(store: Store, journal: Journal, part: tuple[int, int] = (1, 1)) -> list[int]:
    """Blocks of a part that are not done: no valid line in the journal, or objects not of the size it says."""
    done = np.zeros(store.blocks, dtype=bool)
    for block, record in journal.done.items():
        done[block] = block < store.blocks and all(
            _size(store.path / store.object_key(name, block)) == size for name, (size, _) in record.objects.items()
        )
    mine = np.arange(part[0] - 1, store.blocks, part[1])
    missing: list[int] = mine[~done[mine]].tolist()
    return missing


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def map_in_threads(work: Callable[[int], T], items: Iterable[int], threads: int) -> Generator[tuple[int, Future[T]]]:
    """Apply ``work`` to every item on ``threads`` threads, few at a time, and yield each when it is finished.

    When the caller stops asking, nothing new is begun, and what runs is waited for.
    """
    queue = iter(items)
    with ThreadPoolExecutor(threads, thread_name_prefix="renp-fast") as pool:
        running = {pool.submit(work, item): item for item in islice(queue, threads)}
        while running:
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                item = running.pop(future)
                running |= {pool.submit(work, item): item for item in islice(queue, 1)}
                yield item, future


class _Run:
    """One run: the state that its threads share."""

    def __init__(self, scan: Scan, store: Store, threads: int) -> None:
        self.scan = scan
        self.store = store
        self.threads = threads
        self.computed = self.points = self.infinite = 0
        self.failed: dict[int, str] = {}

    def go(self, pending: list[int], progress: Progress | None) -> None:
        """Compute the pending blocks."""
        if not pending:
            return
        warm_up(self.scan)
        self.writer = BlockWriter(self.store, self.scan)
        self.evaluate = Evaluator(self.scan)
        layout = self.writer.layout
        if progress:
            points = sum(layout.points_in(block) for block in pending)
            progress.start(self.store.blocks, self.store.blocks - len(pending), points)
        self.journal = JournalWriter(
            self.store.path,
            self.store.fingerprint,
            cpu=llvmlite.binding.get_host_cpu_name(),
            machine=platform.machine(),
            version=package_version(),
            threads=self.threads,
        )
        try:
            with closing(map_in_threads(self._block, pending, self.threads)) as finished:
                for block, future in finished:
                    infinite = future.result()
                    if infinite is None:
                        continue
                    self.computed += 1
                    self.points += layout.points_in(block)
                    self.infinite += infinite
                    if progress:
                        progress.advance(layout.points_in(block))
        finally:
            self.journal.close()

    def _block(self, block: int) -> int | None:
        """Compute and store a block; how many of its numbers are infinite, or None if it cannot be computed."""
        began = time.perf_counter()
        try:
            values = self.evaluate(self.writer.layout.grid.box(block))
        except Exception as error:
            self.failed[block] = f"{type(error).__name__}: {error}"
            self.journal.failed(block, self.failed[block])
            return None
        infinite = sum(int(np.isinf(array).sum()) for array in values.values())
        objects = self.writer.write(block, values)
        self.journal.done(block, objects, infinite, time.perf_counter() - began)
        return infinite
