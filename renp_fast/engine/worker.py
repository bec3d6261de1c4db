"""What computes and stores blocks, in whichever process: claim, compute, store, record, give back."""

import math
import platform
import threading
import time
from dataclasses import dataclass

import llvmlite.binding
import numpy as np

from renp_fast.engine.claims import Claimant
from renp_fast.engine.evaluate import memory
from renp_fast.engine.journal import JournalWriter
from renp_fast.engine.ledger import Ledger
from renp_fast.engine.planes import evaluator_of
from renp_fast.engine.spec import Scan
from renp_fast.engine.store import BlockWriter, Store
from renp_fast.engine.variables import REFINEMENT
from renp_fast.engine.version import package_version
from renp_fast.engine.warmup import warm_up
from renp_fast.kernels import simd
from renp_fast.kernels.types import Array


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
    seconds : float
    failure : str
        Why it could not be computed.
    """

    block: int
    stored: bool = False
    infinite: int = 0
    evaluated: int = 0
    seconds: float = 0.0
    failure: str = ""


class Worker:
    """Computes blocks of a scan into its store; the threads of a process share one."""

    def __init__(self, scan: Scan, store: Store, claimant: Claimant, ledger: Ledger | None = None) -> None:
        warm_up(scan)
        self._store = store
        self._claimant = claimant
        self._ledger = ledger
        self._evaluate = evaluator_of(scan)
        self._writer = BlockWriter(store, scan)
        self._journal: JournalWriter | None = None
        self._lock = threading.Lock()
        self._of_thread = threading.local()

    def __call__(self, block: int) -> Result:
        """Compute, store and record a block, unless somebody else is at it or has done so."""
        if not self._claimant.take(block):
            return Result(block)
        try:
            if self._store.has_objects(block) and self._is_done(block):
                return Result(block)
            return self._compute(block)
        finally:
            self._claimant.release(block)

    def close(self) -> None:
        """Close the journal; no thread may be computing."""
        if self._journal is not None:
            self._journal.close()

    def _compute(self, block: int) -> Result:
        began = time.perf_counter()
        try:
            box = self._writer.layout.grid.box(block)
            values = self._evaluate(box, self._memory(math.prod(self._evaluate.shape(box))))
        except Exception as error:
            failure = f"{type(error).__name__}: {error}"
            self._journal_writer().failed(block, failure)
            return Result(block, failure=failure)
        infinite = sum(int(np.isinf(array).sum()) for array in values.values())
        part = int(np.count_nonzero(values[REFINEMENT])) if REFINEMENT in values else None
        objects = self._writer.write(block, values)
        seconds = time.perf_counter() - began
        self._journal_writer().done(block, objects, infinite, seconds, part)
        evaluated = self._store.points_in(block) if part is None else part
        return Result(block, stored=True, infinite=infinite, evaluated=evaluated, seconds=seconds)

    def _memory(self, numbers: int) -> Array:
        """Memory of this thread for so many numbers, that of the block before if it is large enough."""
        kept: Array | None = getattr(self._of_thread, "memory", None)
        if kept is None or kept.size < numbers:
            kept = self._of_thread.memory = memory(numbers)
        return kept

    def _is_done(self, block: int) -> bool:
        """Whether the journal calls a block done by now."""
        with self._lock:
            if self._ledger is None:
                self._ledger = Ledger(self._store)
        self._ledger.refresh()
        return bool(self._ledger.done[block])

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
                    simd=simd.PATH,
                )
            return self._journal
