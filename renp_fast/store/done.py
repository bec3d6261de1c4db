"""Which blocks are done: what the journal says, held against the sizes of the objects, and kept up with."""

import threading

import numpy as np
from numpy.typing import NDArray

from renp_fast.store.journal import Journal, JournalReader, Record, block_of, read_journal
from renp_fast.store.store import Store

UNKNOWN = -2


def journal_of(store: Store) -> Journal:
    """Read the journal of a store."""
    return read_journal(store.path, store.fingerprint, store.blocks, store.header["variables"])


def standing_records(store: Store, journal: Journal) -> dict[int, Record]:
    """For each block that is done a record of it: a valid line in the journal, and objects of the size that it says."""
    standing = {}
    for block, records in journal.records.items():
        sizes = store.object_sizes(block)
        for record in records:
            if all(sizes[name] == size for name, (size, _) in record.objects.items()):
                standing[block] = record
                break
    return standing


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
        self._store = store
        self._lock = threading.Lock()
        self._told = np.zeros(store.blocks, dtype=bool)
        self.failed: dict[int, str] = {}
        self._news: list[int] = []
        self._load()
        self._news.clear()

    def reload(self) -> None:
        """Read all that there is anew, for objects and journals may have been removed."""
        with self._lock:
            self._load()

    def refresh(self) -> None:
        """Read what has been appended to the journal, by whomever."""
        with self._lock:
            stale = False
            for _, line in self._reader.new_lines():
                if line is None or line.writer is not None:
                    continue
                if line.revoked is not None:
                    stale = True
                elif line.failed is not None:
                    self.failed[block_of(line)] = line.failed
                elif line.objects is not None:
                    self._mark(block_of(line), {name: size for name, (size, _) in line.objects.items()})
            if stale or self._reader.lost:
                self._load()

    def mark_done(self, block: int) -> None:
        """Note that a block is done."""
        with self._lock:
            self._mark(block, dict.fromkeys(self._sizes, UNKNOWN))

    def is_done(self, block: int) -> bool:
        """Whether a block is done as far as the journal has been read, and its objects still have their sizes."""
        if not self.done[block]:
            return False
        found = self._store.object_sizes(block)
        return all(size >= 0 and self._sizes[name][block] in (size, UNKNOWN) for name, size in found.items())

    def news(self) -> list[int]:
        """Blocks that have been done since this was last asked."""
        with self._lock:
            news, self._news = self._news, []
        return news

    def _load(self) -> None:
        store = self._store
        self._reader = JournalReader(store.path, store.fingerprint, store.blocks, store.header["variables"])
        done = np.zeros(store.blocks, dtype=bool)
        self._sizes: dict[str, NDArray[np.int64]] = {
            name: np.full(store.blocks, UNKNOWN) for name in store.header["variables"]
        }
        for block, record in standing_records(store, Journal().add(self._reader.new_lines())).items():
            done[block] = True
            self._note_sizes(block, {name: size for name, (size, _) in record.objects.items()})
        self.done = done
        for block in np.flatnonzero(done & ~self._told).tolist():
            self._tell(block)

    def _note_sizes(self, block: int, sizes: dict[str, int]) -> None:
        for name, size in sizes.items():
            self._sizes[name][block] = size

    def _mark(self, block: int, sizes: dict[str, int]) -> None:
        self._note_sizes(block, sizes)
        self.done[block] = True
        self._tell(block)

    def _tell(self, block: int) -> None:
        self.failed.pop(block, None)
        if not self._told[block]:
            self._told[block] = True
            self._news.append(block)
