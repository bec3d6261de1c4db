"""Which blocks, where and when: a run goes over the missing blocks of a scan until none is left.

Any number of runs may be at work on one store. Blocks that others compute are left to them, and taken over if these
die.
"""

import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from renp_fast.errors import InputError, StoreError
from renp_fast.runs.stop import heeding_signals, pause
from renp_fast.runs.threads import default_threads, map_in_threads
from renp_fast.runs.warmup import warm_up
from renp_fast.runs.worker import Result, Worker
from renp_fast.scan_file.scan import Scan
from renp_fast.store import claims, journal
from renp_fast.store.claims import Claimant, Others
from renp_fast.store.creation import open_or_make
from renp_fast.store.done import Ledger
from renp_fast.store.journal import clear_journal
from renp_fast.store.layout import layout_of
from renp_fast.store.paths import make_folder
from renp_fast.store.store import Store, open_again, remove_leftovers

# How often a run looks at what others have done, while it computes, and while it waits for them
REFRESH_SECONDS = 5.0
# How often it begins again where a fresh look finds blocks missing that were done
ROUNDS = 4
FIRST_PAUSE_SECONDS, LAST_PAUSE_SECONDS = 0.1, 5.0

# Computes blocks, as many at a time as it likes, and tells what became of each
Compute = Callable[[Iterable[int]], Generator[Result]]
# Where blocks are computed: entered for a run that has something to compute
Executor = Callable[[Scan, Store, Ledger], AbstractContextManager[Compute]]


class Progress(Protocol):
    """Hears how a run gets on."""

    def start(self, blocks: int, done: int, points: int) -> None:
        """Of ``blocks`` blocks of this run ``done`` were there before; ``points`` points are left."""

    def advance(self, points: int) -> None:
        """A block of so many points is stored, by this run or another."""

    def note(self, message: str) -> None:
        """Something that the user should know."""


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
        Points of these blocks.
    evaluated : int
        How many of these points were computed: all, but for adaptive scans.
    infinite : int
        Stored numbers of this run that are infinite: on the pole of a mediator without width.
    unconverged : int
        Points of this run at which an average over a line did not converge.
    failed : dict
        Reason by block.
    missing : int
        Blocks of this run that are neither stored nor have failed: somebody removes them as fast as they are made.
    leftovers : int
        Half-written files of killed runs that were removed.
    seconds : float
        Of the whole run.
    computing_seconds : float
        From when it could compute its first block: without start-up, and compiling kernels.
    """

    blocks: int
    done: int
    computed: int
    points: int
    evaluated: int
    infinite: int
    unconverged: int
    failed: dict[int, str]
    missing: int
    leftovers: int
    seconds: float
    computing_seconds: float


def run_scan(
    scan: Scan,
    path: Path,
    threads: int | None = None,
    part: tuple[int, int] = (1, 1),
    progress: Progress | None = None,
    executor: Executor | None = None,
) -> Outcome:
    """Compute and store every missing block of a scan, or of part i of n of it (every n-th block).

    Blocks go to the ``executor``, or else to ``threads`` threads of this process. Other runs on the same store share
    the work; this one ends when all blocks are done or have failed.

    Raises
    ------
    InputError
        If there is no such part or number of threads.
    StoreError
        If the store is of another scan, or cannot be made or written. What was stored stays, and the next run goes on
        from there.
    """
    _check_share(threads, part)
    began = time.monotonic()
    run = None
    try:
        with heeding_signals():
            run = _Run(scan, open_or_make(scan, path), part, progress)
            run.go(executor or in_threads(threads or default_threads()))
    except OSError as error:
        if run is not None:
            run.store.refuse_if_gone()
        raise StoreError(
            f"{path}: cannot write: {error.strerror or error}; what is done is kept, and the same command goes on from "
            "there once this is mended"
        ) from error
    done, seconds = int(run.ledger.done.sum()), time.monotonic() - began
    counts = run.computed, run.points, run.evaluated, run.infinite, run.unconverged
    computing = time.monotonic() - run.began if run.began else 0.0
    missing = run.missing().size
    return Outcome(run.store.blocks, done, *counts, run.failed, missing, run.leftovers, seconds, computing)


def _check_share(threads: int | None, part: tuple[int, int]) -> None:
    """Refuse what would silently compute something else."""
    if threads is not None and threads < 1:
        raise InputError(f"threads: got {threads!r}; allowed: a whole number from 1, or None for all cores")
    if not 1 <= part[0] <= part[1]:
        raise InputError(f"part: got {part!r}; allowed: (i, n) with 1 <= i <= n, such as (2, 8)")


def in_threads(threads: int) -> Executor:
    """Computes on threads of this process."""

    @contextmanager
    def start(scan: Scan, store: Store, ledger: Ledger) -> Iterator[Compute]:
        writing = layout_of(scan).writing_threads(threads)

        def compute(blocks: Iterable[int]) -> Generator[Result]:
            with closing(map_in_threads(worker, blocks, threads + writing)) as finished:
                for _, future in finished:
                    yield future.result()

        warm_up(scan)
        with (
            Claimant(store.path, threads) as claimant,
            closing(Worker(scan, store, claimant, threads, ledger)) as worker,
        ):
            yield compute

    return start


def tidy(store: Store) -> None:
    """Clear what is where journal and claims belong, if the store can be written."""
    with suppress(OSError):
        clear_journal(store.path)
        for folder in (journal.DIRECTORY, claims.DIRECTORY):
            make_folder(store.path / folder, store.path)


class _Run:
    """One run over the missing blocks."""

    def __init__(self, scan: Scan, store: Store, part: tuple[int, int], progress: Progress | None) -> None:
        self.scan = scan
        self.store = store
        self.layout = layout_of(scan)
        self.progress = progress
        self.others = Others(store.path)
        self.leftovers = 0
        tidy(store)
        self.bury()
        at_work = self.others.look()
        if not at_work:
            self.leftovers += remove_leftovers(store.path)
        elif progress:
            progress.note(f"joining those at work on this store: {', '.join(map(str, at_work))}")
        self.ledger = Ledger(store)
        self.mine = np.zeros(store.blocks, dtype=bool)
        self.mine[part[0] - 1 :: part[1]] = True
        self.computed = self.points = self.evaluated = self.infinite = self.unconverged = 0
        self._refresh_at = time.monotonic() + REFRESH_SECONDS
        self._told = False
        self.began = 0.0

    @property
    def failed(self) -> dict[int, str]:
        """Blocks of this run that could not be computed, and why."""
        return {block: reason for block, reason in self.ledger.failed.items() if self.mine[block]}

    def go(self, executor: Executor) -> None:
        """Compute what is missing, and wait for what others compute, until a fresh look finds nothing missing.

        Meanwhile somebody may have removed objects or journals, or found damage.
        """
        missing = self.missing()
        for _ in range(ROUNDS):
            if not missing.size:
                break
            self.compute(missing, executor)
            self.look_afresh()
            missing = self.missing()
            if self.progress and missing.size:
                self.progress.note(f"{missing.size} blocks that were done are missing or found damaged by now")
        if self.ledger.done.all():
            self.others.forget()

    def look_afresh(self) -> None:
        """Learn what who opens the store now would find, and mend what holds no results."""
        self.store.refuse_if_gone()
        self.store = open_again(self.scan, self.store.path)
        tidy(self.store)
        self.ledger.reload()
        self.store.refuse_if_gone()

    def compute(self, missing: NDArray[np.int64], executor: Executor) -> None:
        """Compute these blocks, or wait until others have."""
        seconds = FIRST_PAUSE_SECONDS
        with executor(self.scan, self.store, self.ledger) as compute:
            self.began = self.began or time.monotonic()  # by now all kernels are compiled
            if self.progress:
                points = sum(self.layout.points_in(block) for block in missing.tolist())
                self.progress.start(self.store.blocks, self.store.blocks - missing.size, points)
            while missing.size:
                computed = self.computed
                with closing(compute(self.unclaimed(missing))) as results:
                    for result in results:
                        self.count(result)
                if self.computed == computed:
                    self.tell_whom_it_waits_for()
                    pause(seconds)
                    seconds = min(2.0 * seconds, LAST_PAUSE_SECONDS)
                else:
                    seconds = FIRST_PAUSE_SECONDS
                self.refresh()
                missing = self.missing()
        self.bury()

    def missing(self) -> NDArray[np.int64]:
        """Blocks of this run that are neither done nor have failed."""
        left = self.mine & ~self.ledger.done
        left[list(self.failed)] = False
        return np.flatnonzero(left)

    def unclaimed(self, missing: NDArray[np.int64]) -> Iterator[int]:
        """Those blocks that nobody else has claimed or done by the time they are asked for.

        A run by itself goes from the first to the last; runs that meet keep out of each other's way by chance.
        """
        claimed = self.bury()
        if len(self.others.look()) > 1:
            missing = np.random.default_rng().permutation(missing)
        for block in missing.tolist():
            if time.monotonic() >= self._refresh_at:
                self.refresh()
            if not (self.ledger.done[block] or block in claimed or block in self.ledger.failed):
                yield block

    def refresh(self) -> None:
        """Learn what others have done."""
        self.store.refuse_if_gone()
        self.ledger.refresh()
        self._refresh_at = time.monotonic() + REFRESH_SECONDS
        self.advance()

    def bury(self) -> set[int]:
        """Give free what the dead have claimed; returns what the living have."""
        claimed, dead = self.others.bury()
        if dead:
            self.leftovers += remove_leftovers(self.store.path, dead)
        return claimed

    def tell_whom_it_waits_for(self) -> None:
        """Say once that what is left is in other hands."""
        holders = [str(heartbeat) for heartbeat in self.others.look() if heartbeat.blocks]
        if self.progress and holders and not self._told:
            self._told = True
            self.progress.note(f"waiting for blocks of {', '.join(holders)}")

    def count(self, result: Result) -> None:
        """Take account of a result."""
        if result.failure:
            self.ledger.failed[result.block] = result.failure
        elif result.stored:
            self.computed += 1
            self.points += self.layout.points_in(result.block)
            self.evaluated += result.evaluated
            self.infinite += result.infinite
            self.unconverged += result.unconverged
            self.ledger.mark_done(result.block)
            self.advance()

    def advance(self) -> None:
        """Tell how many points are done, by whomever."""
        points = sum(self.layout.points_in(block) for block in self.ledger.news() if self.mine[block])
        if self.progress and points:
            self.progress.advance(points)
