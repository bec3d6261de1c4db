"""Who may write to a store at the same time, on one machine.

Two writers never damage a store: objects and journal lines are written whole, and equal blocks are equal bytes. The
lock saves double work, and tells whether leftovers of killed processes may be removed.
"""

import errno
import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from renp_fast.engine.errors import StoreError
from renp_fast.engine.skeleton import PRIVATE
from renp_fast.engine.store import remove_leftovers

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
            alone = self._take(fcntl.LOCK_EX)
            if alone:
                self.leftovers = remove_leftovers(self.path)
            if not (self._take(fcntl.LOCK_SH) if self.shared else alone):
                raise StoreError(
                    f"{self.path}: another run is writing to this store; wait for it, or split the scan with --part I/N"
                )
        except BaseException:
            os.close(self._descriptor)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._descriptor)

    def _take(self, operation: int) -> bool:
        try:
            fcntl.flock(self._descriptor, operation | fcntl.LOCK_NB)
        except OSError as error:
            # A file system without locks: the run goes on, and leaves leftovers alone
            return error.errno in NO_LOCKS and self.shared
        return True
