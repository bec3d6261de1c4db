"""Blocks on the workers of a Dask cluster: one of this machine's own making, or any that runs.

Blocks go out in single tasks, a few for each thread at a time, never as a graph of the whole scan. Workers write
objects and journal themselves; a scheduler, a client or workers that are lost leave a store that the next run finishes.
"""

import json
import os
import time
import uuid
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dask
from distributed import Client, Future, KilledWorker, LocalCluster, Security, as_completed
from distributed.comm import CommClosedError

from renp_fast.engine.errors import ClusterError, InputError, KernelError, StoreError
from renp_fast.engine.execute import Compute, Executor
from renp_fast.engine.journal import JournalWriter
from renp_fast.engine.ledger import Ledger
from renp_fast.engine.provenance import code_hash
from renp_fast.engine.spec import Scan
from renp_fast.engine.stop import pause
from renp_fast.engine.store import Store
from renp_fast.engine.task import code_of_worker, compute_blocks, finish
from renp_fast.engine.threads import default_threads
from renp_fast.engine.worker import Result

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
CONNECT_SECONDS = 60
# A run without a single worker for so long ends
PATIENCE_SECONDS = 300.0
GOES_ON = "what is done is kept, and the same command goes on from there"
CREDENTIALS = ("ca.pem", "cert.pem", "key.pem")
ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in ("NUMBA", "OMP", "MKL", "OPENBLAS")}
OWN_CLUSTER = {
    "distributed.scheduler.preload": ["renp_fast.engine.quiet"],
    "distributed.worker.preload": ["renp_fast.engine.quiet"],
    "distributed.nanny.pre-spawn-environ": ONE_THREAD,
    "distributed.comm.timeouts.connect": f"{CONNECT_SECONDS}s",
    # A worker that died is begun anew, which on a busy machine takes longer than Dask's patience
    "distributed.deploy.lost-worker-timeout": "1h",
}


def security_from(directory: Path) -> Security:
    """Credentials of a cluster: PEM files ``ca.pem``, ``cert.pem`` and ``key.pem``; nothing unencrypted is accepted.

    Raises
    ------
    InputError
        If one of them is missing.
    """
    for name in CREDENTIALS:
        if not (directory / name).is_file():
            raise InputError(f"--tls-dir {directory}: there is no {name}; needed: {', '.join(CREDENTIALS)}")
    authority, certificate, key = (str(directory / name) for name in CREDENTIALS)
    roles = {
        f"tls_{role}_{part}": file
        for role in ("client", "worker", "scheduler")
        for part, file in (("cert", certificate), ("key", key))
    }
    return Security(require_encryption=True, tls_ca_file=authority, **roles)


@contextmanager
def own_cluster(workers: int | None, threads: int | None = None) -> Iterator[Client]:
    """A cluster of processes on this machine, encrypted, on the loopback interface, that ends with the run.

    Parameters
    ----------
    workers : int, optional
        Number of processes; one for each NUMA domain by default.
    threads : int, optional
        Threads of all of them together; all cores by default.
    """
    workers = workers or numa_domains()
    each = max(1, (threads or default_threads()) // workers)
    with (
        dask.config.set(OWN_CLUSTER),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=each,
            processes=True,
            host="127.0.0.1",
            security=Security.temporary(),
            dashboard_address=None,
            memory_limit=0,
            silence_logs=50,
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


@contextmanager
def running_cluster(scheduler_file: Path, tls_directory: Path | None = None) -> Iterator[Client]:
    """A cluster that runs, by the file that its scheduler wrote.

    Without a directory of credentials Dask's own configuration is used.

    Raises
    ------
    InputError
        If the file is not that of a scheduler, or its connections are not encrypted though they leave the machine.
    ClusterError
        If no scheduler answers.
    """
    address = _address(scheduler_file)
    security = security_from(tls_directory) if tls_directory else Security()
    try:
        client = Client(address, security=security, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, TypeError, ValueError, RuntimeError) as error:
        raise ClusterError(f"{scheduler_file}: no scheduler to be had at {address}: {error}") from error
    with client:
        yield client


def _address(scheduler_file: Path) -> str:
    """Address of a scheduler, if it may be used."""
    try:
        address = str(json.loads(scheduler_file.read_bytes())["address"])
        parts = urlsplit(address)
        inside = parts.hostname == "localhost" or ip_address(parts.hostname or "").is_loopback
    except OSError as error:
        raise InputError(f"--scheduler-file {scheduler_file}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError):
        raise InputError(f"--scheduler-file {scheduler_file}: not a file that a Dask scheduler wrote") from None
    if parts.scheme != "tls" and not inside:
        raise InputError(
            f"--scheduler-file {scheduler_file}: {address} is not encrypted, and anybody who reaches it can run code "
            "as you; allowed: tls:// addresses (dask scheduler --tls-ca-file ...), or others on 127.0.0.1"
        )
    return address


def numa_domains() -> int:
    """Number of NUMA domains with cores that this process may use."""
    mine = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    domains = 0
    for file in Path("/sys/devices/system/node").glob("node[0-9]*/cpulist"):
        ranges = [part.split("-") for part in file.read_text().strip().split(",") if part]
        domains += any(int(low) <= core <= int(high[0] if high else low) for low, *high in ranges for core in mine)
    return max(1, domains)


def on_cluster(client: Client) -> Executor:
    """Computes on the workers of a cluster."""

    @contextmanager
    def start(_: Scan, store: Store, __: Ledger) -> Iterator[Compute]:
        run = uuid.uuid4().hex
        _refuse_other_code(client)
        tasks = _Tasks(client, store, run)
        try:
            yield tasks.compute
        finally:
            if client.status == "running":
                with suppress(Exception):
                    client.run(finish, run)

    return start


def _refuse_other_code(client: Client) -> None:
    """Compare the code of all workers that are there with ours."""
    for worker, found in client.run(code_of_worker, on_error="return").items():
        if isinstance(found, BaseException):
            raise ClusterError(f"worker {worker} cannot run renp-fast: {type(found).__name__}: {found}")
        if found != code_hash():
            raise InputError(
                f"worker {worker} has other code (hash {found[:12]}) than this process ({code_hash()[:12]}), and its "
                "numbers may differ; install the same renp-fast on both"
            )


class _Tasks:
    """The tasks of one run."""

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
