"""Blocks on the workers of a Dask cluster: one of this machine's own making, or any that runs.

Blocks go out in single tasks, a few for each thread at a time, never as a graph of the whole scan. Workers write
objects and journal themselves; a scheduler, a client or workers that are lost leave a store that the next run finishes.
"""

import logging
import multiprocessing
import os
import resource
import signal
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import dask
from distributed import Client, LocalCluster, Security

from renp_fast.cluster.dispatch import Tasks
from renp_fast.cluster.task import code_of_worker, finish
from renp_fast.errors import ClusterError, InputError
from renp_fast.kernels.simd.cache import places
from renp_fast.runs.execute import Compute, Executor
from renp_fast.runs.stop import interruptibly
from renp_fast.runs.threads import default_threads
from renp_fast.scan_file.scan import Scan
from renp_fast.store.done import Ledger
from renp_fast.store.provenance import code_hash
from renp_fast.store.store import Store
from renp_fast.store.untrusted import Foreign, Text, read_as

CONNECT_SECONDS = 60
LARGEST_SCHEDULER_FILE = 1 << 24
# What a run and each of its workers need at the least
DESCRIPTORS, DESCRIPTORS_OF_WORKER = 64, 8
CREDENTIALS = ("ca.pem", "cert.pem", "key.pem")
ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in ("NUMBA", "OMP", "MKL", "OPENBLAS")}
OWN_CLUSTER = {
    "distributed.scheduler.preload": ["renp_fast.cluster.preload"],
    "distributed.worker.preload": ["renp_fast.cluster.preload"],
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


class _SchedulerFile(Foreign):
    address: Text


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

    def begin() -> LocalCluster:
        _check_room(workers)
        return LocalCluster(
            n_workers=workers,
            threads_per_worker=each,
            processes=True,
            host="127.0.0.1",
            security=Security.temporary(),
            dashboard_address=None,
            memory_limit=0,
            silence_logs=50,
        )

    places()  # what is wrong with the kernels' cache is noted once, and not by each worker
    with (
        dask.config.set(OWN_CLUSTER),
        _begun(begin) as cluster,
        interruptibly(lambda: Client(cluster, set_as_default=False)) as client,
    ):
        try:
            yield client
        except KeyboardInterrupt:
            _kill_workers(cluster)
            raise


def _begun(begin: Callable[[], LocalCluster]) -> LocalCluster:
    try:
        return interruptibly(begin)
    except (OSError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise ClusterError(f"the workers cannot be started: {reason}; --threads does without them") from error


def _check_room(workers: int) -> None:
    """Find out at once, rather than after a minute, that the system does not let processes work together."""
    needed = DESCRIPTORS + DESCRIPTORS_OF_WORKER * workers
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if 0 <= limit < needed:
        raise ClusterError(
            f"--workers {workers}: needs {needed} open files, and the limit of this process is {limit} (ulimit -n); "
            "--threads does without"
        )
    try:
        multiprocessing.get_context("spawn").Lock()
    except (OSError, ImportError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ClusterError(
            f"--workers: needs /dev/shm, where nothing can be made ({reason}); --threads does without"
        ) from error


def _kill_workers(cluster: LocalCluster) -> None:
    """End workers whose blocks are stored, but which may still compile, for which Dask would wait.

    What Dask has to say of connections that are lost thereby is no news.
    """
    logging.disable()
    for nanny in cluster.workers.values():
        nanny.auto_restart = False
        if nanny.pid:
            with suppress(ProcessLookupError):
                os.kill(nanny.pid, signal.SIGKILL)


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
        client = interruptibly(
            lambda: Client(address, security=security, timeout=CONNECT_SECONDS, set_as_default=False)
        )
    except (OSError, TypeError, ValueError, RuntimeError) as error:
        raise ClusterError(f"{scheduler_file}: no scheduler to be had at {address}: {error}") from error
    with client:
        yield client


def _address(scheduler_file: Path) -> str:
    """Address of a scheduler, if it may be used."""
    try:
        address = read_as(_SchedulerFile, scheduler_file, LARGEST_SCHEDULER_FILE).address
        parts = urlsplit(address)
        inside = parts.hostname == "localhost" or ip_address(parts.hostname or "").is_loopback
    except OSError as error:
        raise InputError(f"--scheduler-file {scheduler_file}: {error.strerror}") from None
    except ValueError:
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
        tasks = Tasks(client, store, run)
        try:
            yield tasks.compute
        finally:
            if client.status == "running":
                with suppress(Exception):
                    client.run(finish, run)

    return start


def _refuse_other_code(client: Client) -> None:
    """Compare the code of all workers that are there with ours."""
    for worker, found in interruptibly(lambda: client.run(code_of_worker, on_error="return")).items():
        if isinstance(found, BaseException):
            raise ClusterError(f"worker {worker} cannot run renp-fast: {type(found).__name__}: {found}")
        if found != code_hash():
            raise InputError(
                f"worker {worker} has other code (hash {found[:12]}) than this process ({code_hash()[:12]}), and its "
                "numbers may differ; install the same renp-fast on both"
            )
