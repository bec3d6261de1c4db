"""What a Dask worker runs: some blocks of a scan, of which only a few numbers travel back."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

from distributed import get_worker

from renp_fast.errors import StoreError
from renp_fast.runs.warmup import warm_up
from renp_fast.runs.worker import Result, Worker
from renp_fast.store.claims import Claimant
from renp_fast.store.process import host
from renp_fast.store.provenance import code_hash, fingerprint
from renp_fast.store.store import open_store, scan_of

# One computes while the other writes
THREADS_FOR_EACH = 2


class _Desk:
    """The worker of this process for one run, the threads that all tasks share, and how many tasks are at it."""

    def __init__(self, path: str, expected: str) -> None:
        store = open_store(Path(path))
        scan = scan_of(store)
        if fingerprint(scan) != expected:
            raise StoreError(f"worker {host()}: other code (hash {code_hash()[:12]}) than that which began {path}")
        self._stack = ExitStack()
        self._idle = threading.Condition()
        self._busy = 0
        self._closed = False
        warm_up(scan)
        with ExitStack() as stack:
            threads = get_worker().state.nthreads
            claimant = stack.enter_context(Claimant(store.path, threads))
            self._worker = stack.enter_context(closing(Worker(scan, store, claimant, threads)))
            self._pool = stack.enter_context(ThreadPoolExecutor(THREADS_FOR_EACH * threads))
            self._stack = stack.pop_all()

    def compute(self, blocks: list[int]) -> list[Result]:
        """Compute blocks; those that are left when the run ends are not begun."""
        with self._idle:
            self._busy += 1
        try:
            return list(self._pool.map(self._one, blocks))
        finally:
            with self._idle:
                self._busy -= 1
                self._idle.notify_all()

    def _one(self, block: int) -> Result:
        return Result(block) if self._closed else self._worker(block)

    def close(self) -> None:
        """Begin no block any more, wait for those begun, and give up this process's claims."""
        self._closed = True
        with self._idle:
            self._idle.wait_for(lambda: self._busy == 0)
        self._stack.close()


_desks: dict[str, _Desk] = {}
_ended: set[str] = set()
# One desk is made at a time, which may take a compilation; what is below can be asked meanwhile
_making = threading.Lock()
_lock = threading.Lock()


def compute_blocks(blocks: list[int], path: str, expected: str, run: str) -> tuple[list[Result], float]:
    """Compute blocks of the store at ``path``, with the fingerprint ``expected``, for one run.

    Returns
    -------
    list of Result
    float
        Seconds that they took, the start of this process not counted.
    """
    desk = _desk(path, expected, run)
    if desk is None:
        return [Result(block) for block in blocks], 0.0
    began = time.perf_counter()
    results = desk.compute(blocks)
    return results, time.perf_counter() - began


def _desk(path: str, expected: str, run: str) -> _Desk | None:
    """The desk of a run, made if there is none; None if the run has ended."""
    with _making:
        with _lock:
            if run in _ended or run in _desks:
                return _desks.get(run)
        desk = _Desk(path, expected)
        with _lock:
            if run not in _ended:
                _desks[run] = desk
                return desk
    desk.close()  # the run ended meanwhile
    return None


def code_of_worker() -> str:
    """Hash of the code with which this process computes."""
    return code_hash()


async def finish(run: str) -> None:
    """End the work of this process for one run, once the blocks that it has begun are stored."""
    await asyncio.to_thread(_finish, run)


def _finish(run: str) -> None:
    with _lock:
        _ended.add(run)
        desk = _desks.pop(run, None)
    if desk is not None:
        desk.close()
