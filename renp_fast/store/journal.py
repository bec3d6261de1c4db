"""What is done: append-only records beside the data, one file for each writing process.

A block is done if a valid line says so, with the scan's fingerprint, and no later line revokes that one; that a file
of data exists proves nothing. Every line ends with its own checksum, so that a torn or damaged one is told from a
whole one and only ever makes its block missing. Nothing here compares clocks: a revocation names the line it revokes.
"""

import contextlib
import json
import os
import threading
import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from renp_fast.store.files import checksum
from renp_fast.store.process import host

DIRECTORY = "journal"


@dataclass(slots=True)
class Record:
    """A done block: for each variable the size and checksum of its stored object."""

    block: int
    objects: dict[str, tuple[int, str]]
    infinite: int
    seconds: float
    ended: float
    line: str
    evaluated: int | None = None
    unconverged: int = 0


@dataclass
class Journal:
    """All that the journal files of a store say."""

    records: dict[int, list[Record]] = field(default_factory=dict)
    failed: dict[int, str] = field(default_factory=dict)
    writers: list[dict[str, Any]] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)

    @property
    def done(self) -> dict[int, Record]:
        """One record of each block that is done."""
        return {block: records[0] for block, records in self.records.items()}


class JournalWriter:
    """The journal file of this process; safe to share between its threads."""

    def __init__(self, store: Path, fingerprint: str, **about: Any) -> None:
        directory = store / ".renp_fast" / DIRECTORY
        directory.mkdir(parents=True, exist_ok=True)
        self.fingerprint = fingerprint[:16]
        self.path = directory / f"{host()}-{os.getpid()}-{uuid.uuid4().hex[:8]}.jsonl"
        self._lock, self._syncing = threading.Lock(), threading.Lock()
        self._written = self._synced = 0
        self._file = self.path.open("xb", buffering=0)
        try:
            self._write({"writer": about | {"host": host(), "pid": os.getpid(), "started": time.time()}})
        except BaseException:
            self.close()
            raise

    def done(
        self,
        block: int,
        objects: dict[str, tuple[int, str]],
        infinite: int,
        seconds: float,
        evaluated: int | None = None,
        unconverged: int = 0,
    ) -> None:
        """Record a block whose objects are all stored, and how many of its points were computed if not all."""
        part = {} if evaluated is None else {"evaluated": evaluated}
        part |= {"unconverged": unconverged} if unconverged else {}
        self._write({"block": block, "objects": objects, "infinite": infinite, "seconds": round(seconds, 6)} | part)

    def failed(self, block: int, reason: str) -> None:
        """Record that a block could not be computed."""
        self._write({"block": block, "failed": reason})

    def revoke(self, records: list[Record]) -> None:
        """Record that these lines hold no more: what they say is stored is damaged."""
        self._write({"revoked": [record.line for record in records]})

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, entry: dict[str, Any]) -> None:
        entry |= {"scan": self.fingerprint, "ended": round(time.time(), 3)}
        text = json.dumps(entry, separators=(",", ":")).encode()
        line = text + b"\t" + checksum(text).encode() + b"\n"
        with self._lock:
            if self._file.write(line) != len(line):
                raise OSError(28, "No space left on device", str(self.path))
            self._written += 1
            mine = self._written
        with self._syncing:  # by one thread for all whose lines are there
            if self._synced < mine:
                written = self._written
                os.fdatasync(self._file.fileno())
                self._synced = written


def journal_files(store: Path) -> list[Path]:
    """All journal files of a store."""
    return sorted((store / ".renp_fast" / DIRECTORY).glob("*.jsonl"))


class JournalReader:
    """Reads the lines of all journal files of a store, each once, while others append more."""

    def __init__(self, store: Path, fingerprint: str) -> None:
        self._store = store
        self._scan = fingerprint[:16]
        self._read: dict[str, tuple[int, int]] = {}

    def new_lines(self, torn: bool = False) -> Iterator[tuple[str, dict[str, Any] | None]]:
        """Name and content of each line that was not there before; no content if it is damaged or of another scan.

        A last line without its end may still be being written: it is left for the next time, or, with ``torn``, called
        damaged.
        """
        for path in journal_files(self._store):
            offset, number = self._read.get(path.name, (0, 0))
            with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
                file.seek(offset)
                for raw in file:
                    number += 1
                    if raw.endswith(b"\n"):
                        offset += len(raw)
                        self._read[path.name] = offset, number
                        yield f"{path.name}:{number}", self._entry(raw[:-1])
                    elif torn:
                        yield f"{path.name}:{number}", None

    def _entry(self, raw: bytes) -> dict[str, Any] | None:
        text, _, crc = raw.rpartition(b"\t")
        if crc.decode(errors="replace") != checksum(text):
            return None
        entry: dict[str, Any] = json.loads(text)
        return entry if entry["scan"] == self._scan else None


def read_journal(store: Path, fingerprint: str) -> Journal:
    """Read all journal files of a store; lines of another scan are reported as damaged."""
    return collect(JournalReader(store, fingerprint).new_lines(torn=True))


def collect(lines: Iterable[tuple[str, dict[str, Any] | None]]) -> Journal:
    """What lines of the journal say together."""
    journal = Journal()
    revoked: set[str] = set()
    for name, entry in lines:
        if entry is None:
            journal.damaged.append(name)
        elif "writer" in entry:
            journal.writers.append(entry["writer"] | {"file": name.rpartition(":")[0]})
        elif "revoked" in entry:
            revoked.update(entry["revoked"])
        elif "failed" in entry:
            journal.failed[entry["block"]] = entry["failed"]
        else:
            objects = {key: (size, crc) for key, (size, crc) in entry["objects"].items()}
            numbers = entry["infinite"], entry["seconds"], entry["ended"]
            counts = entry.get("evaluated"), entry.get("unconverged", 0)
            record = Record(entry["block"], objects, *numbers, name, *counts)
            journal.records.setdefault(record.block, []).append(record)
    for block in list(journal.records):
        journal.records[block] = [record for record in journal.records[block] if record.line not in revoked]
        if not journal.records[block]:
            del journal.records[block]
    for block in journal.records:
        journal.failed.pop(block, None)
    return journal
