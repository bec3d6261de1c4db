"""One process of a machine compiles at a time: the others find its kernels rather than compile the same ones."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from renp_fast.kernels.simd.cache import places

LOCK = "compile.lock"
LOOK_SECONDS = 0.1
# Nobody is waited for who has kept no new kernel for so long: he may be stopped
PATIENCE_SECONDS = 60.0


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Wait for other processes that compile, while they get on; where nothing can be locked, for nobody."""
    directory = places().write
    lock = None if directory is None else _opened(directory / LOCK)
    try:
        if directory is not None and lock is not None:
            _wait(lock, directory)
        yield
    finally:
        if lock is not None:
            os.close(lock)


def _opened(file: Path) -> int | None:
    with suppress(OSError):
        file.parent.mkdir(mode=0o755, exist_ok=True)
        return os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    return None


def _wait(lock: int, directory: Path) -> None:
    """Lock, or give up."""
    state, changed = _state(directory), time.monotonic()
    while True:
        try:
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass
        except OSError:  # of a file system without locks
            return None
        now = time.monotonic()
        if (found := _state(directory)) != state:
            state, changed = found, now
        if now - changed > PATIENCE_SECONDS:
            places().tell(f"who holds {directory / LOCK} does not get on: the kernels are compiled here too")
            return None
        time.sleep(LOOK_SECONDS)


def _state(directory: Path) -> int:
    """What changes with each kernel that is kept."""
    with suppress(OSError):
        return directory.stat().st_mtime_ns
    return 0
