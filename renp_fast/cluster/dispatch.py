"""Blocks go out to the workers of a cluster, a few for each thread at a time, and come back as short records."""

import time
from collections.abc import Generator, Iterable, Iterator
from itertools import islice
from typing import Any

from distributed import Client, Future, KilledWorker, as_completed
from distributed.comm import CommClosedError

from renp_fast.cluster.task import compute_blocks
from renp_fast.errors import ClusterError, InputError, KernelError, StoreError
from renp_fast.runs.stop import pause
from renp_fast.runs.worker import Result
from renp_fast.store.journal import JournalWriter
from renp_fast.store.store import Store

# A scheduler handles some thousand tasks a second; with tasks this long, and longer the more threads there are, it
# is nearly idle
TASK_SECONDS = 1.0
TASK_SECONDS_PER_THREAD = 0.02
TASKS_PER_THREAD = 2
MOST_BLOCKS = 4096
SMOOTHING = 0.2
RETRIES = 2
LOOK_SECONDS = 2.0
PAUSE_SECONDS = 0.01
# A run without a single worker for so long ends
PATIENCE_SECONDS = 300.0
GOES_ON = "what is done is kept, and the same command goes on from there"


class Tasks:
    """The tasks of one run: a few for each thread of the cluster at a time."""

    def __init__(self, client: Client, store: Store, run: str) -> None:
        self._client = client
        self._store = store
        self._run = run
        self._running: dict[Future, list[int]] = {}
        self._suspects: list[int] = []
        self._size = self._largest = 1
        self._block_seconds = 0.0
        self._threads = 0
        self._seen = time.monotonic()
        self._look_at = 0.0

    def compute(self, blocks: Iterable[int]) -> Generator[Result]:
        """Compute blocks; those that were at work when workers died come last, each by itself."""
        try:
            yield from self._window(iter(blocks))
            while self._suspects:
                yield from self._window(iter([self._suspects.pop()]), alone=True)
        except CommClosedError as error:
            raise self._lost() from error
        finally:
            futures, self._running = list(self._running), {}
            if self._client.status == "running":
                self._client.cancel(futures)

    def _window(self, blocks: Iterator[int], alone: bool = False) -> Generator[Result]:
        finished = as_completed(loop=self._client.loop, with_results=True, raise_errors=False)
        while True:
            self._look()
            free = max(1, TASKS_PER_THREAD * self._threads) - len(self._running)
            batches = [task for _ in range(free) if (task := list(islice(blocks, self._size)))]
            if batches:
                futures = self._submit(batches)
                self._running |= dict(zip(futures, batches, strict=True))
                finished.update(futures)
            if not self._running:
                return
            batch = finished.next_batch(block=False)
            for future, answer in batch:
                yield from self._results(future, answer, alone)
            if not batch:
                pause(PAUSE_SECONDS)

    def _submit(self, batches: list[list[int]]) -> list[Future]:
        futures: list[Future] = self._client.map(
            compute_blocks,
            batches,
            path=str(self._store.path.absolute()),
            expected=self._store.fingerprint,
            run=self._run,
            pure=False,
            retries=RETRIES,
        )
        return futures

    def _results(self, future: Future, answer: Any, alone: bool) -> Iterator[Result]:
        """What became of the blocks of a task: its answer, or the kind, value and trace of an error."""
        blocks = self._running.pop(future)
        future.release()
        if isinstance(answer, BaseException):
            raise self._lost() from answer
        match answer:
            case (_, KilledWorker(), _) if alone:
                yield self._poison(blocks[0])
            case (_, KilledWorker(), _):
                self._suspects += blocks
            case (_, BaseException() as error, _):
                self._store.refuse_if_gone()
                raise _understood(error)
            case (results, seconds):
                self._fit(len(blocks), seconds)
                yield from results

    def _fit(self, blocks: int, seconds: float) -> None:
        """Fit the number of blocks of a task to the time that they take; at most twice as many as ever before."""
        mean = max(seconds / blocks, 1e-6)
        self._block_seconds += SMOOTHING * (mean - self._block_seconds) if self._block_seconds else mean
        self._largest = max(self._largest, blocks)
        wanted = max(TASK_SECONDS, TASK_SECONDS_PER_THREAD * self._threads)
        self._size = max(1, min(int(wanted / self._block_seconds), 2 * self._largest, MOST_BLOCKS))

    def _poison(self, block: int) -> Result:
        failure = "each worker that computed it died"
        journal = JournalWriter(self._store.path, self._store.fingerprint)
        journal.failed(block, failure)
        journal.close()
        return Result(block, failure=failure)

    def _look(self) -> None:
        """Look now and then how many threads there are, and give up if there are none for long."""
        now = time.monotonic()
        if self._client.status != "running":
            raise self._lost()
        if now < self._look_at:
            return
        self._look_at = now + LOOK_SECONDS
        self._store.refuse_if_gone()
        self._threads = sum(self._client.nthreads().values())
        if self._threads:
            self._seen = now
        elif now - self._seen > PATIENCE_SECONDS:
            raise ClusterError(f"no worker for {PATIENCE_SECONDS:.0f} s; {GOES_ON}")

    def _lost(self) -> ClusterError:
        return ClusterError(f"the scheduler is lost; {GOES_ON}")


def _understood(error: BaseException) -> BaseException:
    """What to raise for an error of a task."""
    if isinstance(error, OSError | StoreError | KernelError | InputError):
        return error
    return ClusterError(f"a worker failed: {type(error).__name__}: {error}")
