"""The threads of this process."""

from collections.abc import Callable, Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import TypeVar

from renp_fast.runs.cpus import usable_cpus
from renp_fast.runs.stop import NOTICE_SECONDS, heed

T = TypeVar("T")


def default_threads() -> int:
    """Number of cores that this process may use."""
    return usable_cpus()


def map_in_threads(work: Callable[[int], T], items: Iterable[int], threads: int) -> Generator[tuple[int, Future[T]]]:
    """Apply ``work`` to every item on ``threads`` threads, few at a time, and yield each when it is finished.

    When the caller stops asking, nothing new is begun, and what runs is waited for.
    """
    queue = iter(items)
    with ThreadPoolExecutor(threads, thread_name_prefix="renp-fast") as pool:
        running = {pool.submit(work, item): item for item in islice(queue, threads)}
        while running:
            heed()
            finished, _ = wait(running, NOTICE_SECONDS, FIRST_COMPLETED)
            for future in finished:
                item = running.pop(future)
                running |= {pool.submit(work, item): item for item in islice(queue, 1)}
                yield item, future
