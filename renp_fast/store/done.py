"""Which blocks are done: what the journal says, held against the sizes of the objects, and kept up with."""

import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from renp_fast.store.journal import Journal, JournalReader, collect
from renp_fast.store.store import Store


def done_blocks(store: Store, journal: Journal) -> NDArray[np.bool_]:
    """For each block whether it is done: a valid line in the journal, and objects of the size that it says."""
    done = np.zeros(store.blocks, dtype=bool)
    for block, record in journal.done.items():
        if block < store.blocks:
            done[block] = all(
                _size(store.path / store.object_key(name, block)) == size for name, (size, _) in record.objects.items()
            )
    return done


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


class Ledger:
    """Which blocks are done, while this process and others compute; threads may share it.

    Attributes
    ----------
    done : array of bool
        For each block whether it is done.
    failed : dict
        Why those that somebody tried since this was made could not be computed.
    """

    def __init__(self, store: Store) -> None:
        self._reader = JournalReader(store.path, store.fingerprint)
        self._lock = threading.Lock()
        self._news: list[int] = []
        self.done = done_blocks(store, collect(self._reader.new_lines()))
        self.failed: dict[int, str] = {}

    def refresh(self) -> None:
        """Read what has been appended to the journal, by whomever."""
        with self._lock:
            for _, entry in self._reader.new_lines():
                if entry is None or not 0 <= entry.get("block", -1) < self.done.size:
                    continue
                if "failed" in entry:
                    self.failed[entry["block"]] = entry["failed"]
                else:
                    self._mark(entry["block"])

    def mark_done(self, block: int) -> None:
        """Note that a block is done."""
        with self._lock:
            self._mark(block)

    def news(self) -> list[int]:
        """Blocks that have been done since this was last asked."""
        with self._lock:
            news, self._news = self._news, []
        return news

    def _mark(self, block: int) -> None:
        self.failed.pop(block, None)
        if not self.done[block]:
            self.done[block] = True
            self._news.append(block)
