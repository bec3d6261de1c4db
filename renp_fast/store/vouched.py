"""Objects as the journal vouches for them: what it does not call done is not computed, and what differs is damage."""

import os
import threading
from dataclasses import dataclass, field
from typing import Any

from renp_fast.errors import StoreError
from renp_fast.store.files import file_checksum
from renp_fast.store.journal import Journal, JournalReader
from renp_fast.store.store import Store
from renp_fast.store.untrusted import open_regular, why


@dataclass
class Vouched:
    """The objects of a store that may be read; threads may share it.

    The journal is read when the first object is asked for, and further when an object is met that it did not know.
    """

    store: Store
    _reader: JournalReader | None = None
    _journal: Journal = field(default_factory=Journal)
    _sound: dict[str, tuple[int, int]] = field(default_factory=dict)
    _lock: Any = field(default_factory=threading.Lock)

    def __getstate__(self) -> dict[str, Any]:
        return {"store": self.store}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]

    def is_there(self, key: str) -> bool:
        """Whether an object is there and as it was written; False if it is not, or is not known to be done.

        Raises
        ------
        StoreError
            If it is there and damaged.
        """
        variable, _, place = key.partition("/c")
        path = self.store.path / key
        if not path.is_symlink() and not path.exists():
            return False
        block = self._block(place)
        stated = self._stated(variable, block)
        others = [size for name, size in self.store.object_sizes(block).items() if name != variable]
        if not stated or -1 in others:  # a block is done as a whole or not at all
            return False
        sizes = {size for size, _ in stated}
        try:
            with open_regular(path) as file:
                found = os.fstat(file.fileno())
            state = found.st_mtime_ns, found.st_size
            if self._sound.get(key) == state:
                return True
            if found.st_size not in sizes:
                what = f"has {found.st_size} bytes instead of {max(sizes)}"
            elif (found.st_size, file_checksum(path)) in stated:
                self._sound[key] = state
                return True
            else:
                what = "does not have its checksum"
        except OSError as error:
            what = why(error)
        mend = f"renp-fast verify {self.store.path} notes it, and run then computes it again"
        raise StoreError(f"{self.store.path}: cannot be read: {key} {what}; {mend}")

    def _block(self, place: str) -> int:
        """The block of an object by its place: that along the axes comes first."""
        counts = self.store.grid.block_counts
        block = 0
        for along, count in zip(place.strip("/").split("/"), counts, strict=False):
            block = block * count + int(along)
        return block

    def _stated(self, variable: str, block: int) -> set[tuple[int, str]]:
        """Sizes and checksums that the journal states for an object."""
        with self._lock:
            if self._reader is None or block not in self._journal.records or self._reader.lost:
                self._read()
            return {record.objects[variable] for record in self._journal.records.get(block, [])}

    def _read(self) -> None:
        store = self.store
        if self._reader is None or self._reader.lost:
            self._reader = JournalReader(store.path, store.fingerprint, store.blocks, store.header["variables"])
            self._journal = Journal()
        self._journal.add(self._reader.new_lines())
