"""Who may write to a store at the same time, on one machine.

Two writers never damage a store: objects and journal lines are written whole, and equal blocks are equal bytes. The
lock saves double work, and tells whether leftovers of killed processes may be removed.
"""

import errno
import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from renp_fast.engine.errors import StoreError
from renp_fast.engine.skeleton import PRIVATE
from renp_fast.engine.store import remove_leftovers

# A part that finds itself alone holds the lock for the time that it takes to look for leftovers
PATIENCE_SECONDS = 10.0
NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)


class StoreLock:
    """Held while a run writes: alone, or shared with other parts of the scan. Released when the process dies."""

    def __init__(self, path: Path, shared: bool) -> None:
        self.path = path
        self.shared = shared
        self.leftovers = 0
        self._descriptor = -1

    def __enter__(self) -> Self:
        self._descriptor = os.open(self.path / PRIVATE / "lock", os.O_RDWR | os.O_CREAT, 0o666)
        try:
            self._take(fcntl.LOCK_EX)
            self.leftovers = remove_leftovers(self.path)
            if self.shared:
                self._take(fcntl.LOCK_SH)
        except BlockingIOError:
            self._join()
        except OSError as error:
            # Without locks, as on some mounts of Lustre, a run goes on all the same, and leaves leftovers alone
            if error.errno not in NO_LOCKS:
                os.close(self._descriptor)
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._descriptor)

    def _join(self) -> None:
        """Share the lock with other parts of the scan, once one that is tidying up has done so; else refuse."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.shared and time.monotonic() < deadline:
            try:
                self._take(fcntl.LOCK_SH)
            except BlockingIOError:
                time.sleep(0.05)
            else:
                return
        os.close(self._descriptor)
        raise StoreError(
            f"{self.path}: another run is writing to this store; wait for it, or split the scan with --part I/N"
        )

    def _take(self, operation: int) -> None:
        """Take the lock, or raise BlockingIOError if somebody else holds it."""
        fcntl.flock(self._descriptor, operation | fcntl.LOCK_NB)
