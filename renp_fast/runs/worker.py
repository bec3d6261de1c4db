"""What computes and stores blocks, in whichever process: claim, compute, store, record, give back."""

import platform
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import llvmlite.binding
import numpy as np
from numpy.typing import NDArray

from renp_fast.adaptive.refinement import evaluator_of
from renp_fast.evaluate.evaluate import Memories
from renp_fast.kernels.line.convolution import UNFINISHED
from renp_fast.kernels.simd import vectors
from renp_fast.runs.stop import asked
from renp_fast.scan_file.scan import Scan
from renp_fast.scan_file.variables import REFINEMENT
from renp_fast.store.claims import Claimant
from renp_fast.store.done import Ledger
from renp_fast.store.journal import JournalWriter
from renp_fast.store.paths import StoreGoneError
from renp_fast.store.store import BlockWriter, Encoded, Store
from renp_fast.version import package_version


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a block that a worker was given.

    Attributes
    ----------
    block : int
    stored : bool
        Whether the worker has stored it; if not, and there is no ``failure``, somebody else has, or is about to.
    infinite : int
        How many of its numbers are infinite.
    evaluated : int
        How many of its points were computed: all, but for adaptive scans.
    unconverged : int
        At how many of its points an average over a line did not converge.
    seconds : float
    failure : str
        Why it could not be computed.
    """

    block: int
    stored: bool = False
    infinite: int = 0
    evaluated: int = 0
    unconverged: int = 0
    seconds: float = 0.0
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """A computed block.

    Attributes
    ----------
    objects : dict
        The bytes of each variable's object.
    infinite : int
        How many of its numbers are infinite.
    evaluated : int or None
        How many of its points were computed, if not all.
    unconverged : int
        At how many of them an average over a line did not converge.
    began : float
    """

    objects: Encoded
    infinite: int
    evaluated: int | None
    unconverged: int
    began: float


class Worker:
    """Computes blocks of a scan into its store; the threads of a process share one.

    At most ``threads`` of those that call it compute at a time: the others write, which is mostly waiting for the disk.
    The kernels are compiled before (`warm_up`), and before the process is called at work: a signal leaves a compilation
    behind.
    """

    def __init__(
        self, scan: Scan, store: Store, claimant: Claimant, threads: int, ledger: Ledger | None = None
    ) -> None:
        self._store = store
        self._claimant = claimant
        self._ledger = ledger
        self._evaluate = evaluator_of(scan)
        self._writer = BlockWriter(store)
        self._journal: JournalWriter | None = None
        self._lock = threading.Lock()
        self._turns = threading.Semaphore(threads)
        self._memories = Memories()

    def __call__(self, block: int) -> Result:
        """Compute, store and record a block, unless somebody else is at it or has done so."""
        with ExitStack() as stack:
            with self._turns:  # nobody claims a block that cannot be begun
                if asked() or not self._claimant.take(block):
                    return Result(block)
                stack.callback(self._claimant.release, block)
                self._store.refuse_if_gone()
                if self._is_done(block):
                    return Result(block)
                try:
                    made = self._make(block, stack)
                except Exception as error:
                    failure = f"{type(error).__name__}: {error}"
                    self._journal_writer().failed(block, failure)
                    return Result(block, failure=failure)
            return self._keep(block, made)

    def close(self) -> None:
        """Close the journal; no thread may be computing."""
        if self._journal is not None:
            self._journal.close()

    def _make(self, block: int, stack: ExitStack) -> Made:
        """Compute a block; its memory is given back as soon as may be, or with the stack."""
        began = time.perf_counter()
        box = self._store.grid.box(block)
        memory = self._memories.lend(self._evaluate.numbers(box))
        values = self._evaluate(box, memory)
        evaluated = int(np.count_nonzero(values[REFINEMENT])) if REFINEMENT in values else None
        status = values.get("quadrature_status")
        unconverged = 0 if status is None else int(np.count_nonzero(status == UNFINISHED))
        counts = sum(map(infinite_in, values.values())), evaluated, unconverged
        made = Made(self._writer.encode(values), *counts, began)
        if self._writer.copies:
            self._memories.give_back(memory)
        else:
            stack.callback(self._memories.give_back, memory)
        return made

    def _keep(self, block: int, made: Made) -> Result:
        """Store and record a block; nothing of it stays in a store that is being removed."""
        try:
            self._store.refuse_if_gone()
            objects = self._writer.write(block, made.objects)
            self._store.refuse_if_gone()
            seconds = time.perf_counter() - made.began
            self._journal_writer().done(block, objects, made.infinite, seconds, made.evaluated, made.unconverged)
        except (OSError, StoreGoneError):
            self._writer.take_back(block, made.objects)
            raise
        evaluated = self._store.points_in(block) if made.evaluated is None else made.evaluated
        return Result(block, True, made.infinite, evaluated, made.unconverged, seconds)

    def _is_done(self, block: int) -> bool:
        """Whether the journal calls a block done by now, and its objects are there."""
        if -1 in self._store.object_sizes(block).values():
            return False
        with self._lock:
            if self._ledger is None:
                self._ledger = Ledger(self._store)
        self._ledger.refresh()
        return self._ledger.is_done(block)

    def _journal_writer(self) -> JournalWriter:
        """The journal file of this process, begun with the first block."""
        with self._lock:
            if self._journal is None:
                self._journal = JournalWriter(
                    self._store.path,
                    self._store.fingerprint,
                    cpu=llvmlite.binding.get_host_cpu_name(),
                    machine=platform.machine(),
                    version=package_version(),
                    claimant=self._claimant.name,
                    simd=vectors.PATH,
                )
            return self._journal


def infinite_in(values: NDArray[Any]) -> int:
    """How many numbers are infinite; quick where all are finite."""
    if values.dtype.kind != "f" or (values.size and np.isfinite(values.min()) and np.isfinite(values.max())):
        return 0
    return int(np.isinf(values).sum())
