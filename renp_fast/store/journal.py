"""What is done: append-only records beside the data, one file for each writing process.

A block is done if a valid line says so, with the scan's fingerprint, and no later line revokes that one; that a file
of data exists proves nothing. Every line ends with its own checksum, so that a torn or damaged one is told from a
whole one and only ever makes its block missing. Nothing here compares clocks: a revocation names the line it revokes.
"""

import errno
import json
import os
import threading
import time
import uuid
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Self

from renp_fast.errors import StoreError
from renp_fast.store.files import checksum
from renp_fast.store.layout import PRIVATE
from renp_fast.store.paths import clear_way, make_folder, refuse_if_gone
from renp_fast.store.process import host
from renp_fast.store.untrusted import Count, Foreign, Hex, Seconds, Text, open_regular, parse_as

DIRECTORY = f"{PRIVATE}/journal"
# Nobody writes longer lines or files; whoever finds one reads no further in it
LONGEST_LINE, LARGEST_FILE = 1 << 20, 1 << 32
# Of one file, after which it is given up
MOST_DAMAGED = 10_000
REVOKED_TOGETHER = 1000
# What the system says of a folder, a pipe, a socket, a link to itself; and of a file that was there a moment ago
NO_FILE, VANISHED = (errno.EINVAL, errno.ENXIO, errno.ELOOP), (errno.ENOENT, errno.ESTALE)
LONGEST_REASON = 2000


class Writer(Foreign):
    """Who writes a journal file."""

    started: Seconds
    cpu: Text | None = None
    claimant: Text | None = None


class Line(Foreign):
    """A line of the journal, of any kind."""

    scan: str
    ended: Seconds
    block: Count | None = None
    objects: dict[str, tuple[Count, Hex]] | None = None
    infinite: Count | None = None
    seconds: Seconds | None = None
    evaluated: Count | None = None
    unconverged: Count = 0
    failed: Text | None = None
    revoked: list[str] | None = None
    writer: Writer | None = None


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
    writers: list[tuple[str, Writer]] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    revoked: set[str] = field(default_factory=set)

    @property
    def done(self) -> dict[int, Record]:
        """One record of each block that is done."""
        return {block: records[0] for block, records in self.records.items()}

    def add(self, lines: Iterable[tuple[str, Line | None]]) -> Self:
        """Take account of more lines."""
        revoked = len(self.revoked)
        for name, line in lines:
            if line is None:
                self.damaged.append(name)
            elif line.writer is not None:
                self.writers.append((name.rpartition(":")[0], line.writer))
            elif line.revoked is not None:
                self.revoked.update(line.revoked)
            elif line.failed is not None:
                self.failed[block_of(line)] = line.failed
            elif name not in self.revoked:
                record = _record(name, line)
                self.records.setdefault(record.block, []).append(record)
        if len(self.revoked) > revoked:
            left = {
                block: [record for record in records if record.line not in self.revoked]
                for block, records in self.records.items()
            }
            self.records = {block: records for block, records in left.items() if records}
        for block in [block for block in self.failed if block in self.records]:
            del self.failed[block]
        return self


def block_of(line: Line) -> int:
    """The block that a line is about."""
    assert line.block is not None
    return line.block


def _record(name: str, line: Line) -> Record:
    assert line.objects is not None
    assert line.infinite is not None
    assert line.seconds is not None
    numbers = line.infinite, line.seconds, line.ended
    return Record(block_of(line), line.objects, *numbers, name, line.evaluated, line.unconverged)


class JournalWriter:
    """The journal file of this process; safe to share between its threads."""

    def __init__(self, store: Path, fingerprint: str, **about: Any) -> None:
        self._store = store
        self._about = about
        self.fingerprint = fingerprint[:16]
        self._lock, self._syncing = threading.Lock(), threading.Lock()
        self._written = self._synced = 0
        self._begin()

    def _begin(self) -> None:
        """Begin a file; whoever reads the journal finds it."""
        refuse_if_gone(self._store)
        directory = self._store / DIRECTORY
        make_folder(directory, self._store)
        self.path = directory / f"{host()}-{os.getpid()}-{uuid.uuid4().hex[:8]}.jsonl"
        self._file = self.path.open("xb", buffering=0)
        try:
            self._append({"writer": self._about | {"host": host(), "pid": os.getpid(), "started": time.time()}})
            self._synchronise()
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
        self._write({"block": block, "failed": reason[:LONGEST_REASON]})

    def revoke(self, records: list[Record]) -> None:
        """Record that these lines hold no more: what they say is stored is damaged."""
        lines = [record.line for record in records]
        for begin in range(0, len(lines), REVOKED_TOGETHER):
            self._write({"revoked": lines[begin : begin + REVOKED_TOGETHER]})

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, entry: dict[str, Any]) -> None:
        """Write a line that readers find: again, in a new file, if the file is removed meanwhile."""
        while True:
            with self._lock:
                if self._file.closed:
                    self._begin()
                self._append(entry)
                if not self._in_place():
                    with self._syncing:
                        self._file.close()
                    continue
                mine, file = self._written, self._file
            with self._syncing:  # by one thread for all whose lines are there
                if file.closed:
                    continue
                if self._synced < mine:
                    self._synchronise()
            return

    def _append(self, entry: dict[str, Any]) -> None:
        text = json.dumps(entry | {"scan": self.fingerprint, "ended": round(time.time(), 3)}, separators=(",", ":"))
        line = text.encode() + b"\t" + checksum(text.encode()).encode() + b"\n"
        if self._file.write(line) != len(line):
            raise OSError(28, "No space left on device", str(self.path))
        self._written += 1

    def _synchronise(self) -> None:
        written = self._written
        os.fdatasync(self._file.fileno())
        self._synced = written

    def _in_place(self) -> bool:
        try:
            return os.path.samestat(self.path.stat(), os.fstat(self._file.fileno()))
        except (FileNotFoundError, NotADirectoryError):
            return False


def journal_files(store: Path) -> list[Path]:
    """All journal files of a store."""
    return sorted((store / DIRECTORY).glob("*.jsonl"))


def clear_journal(store: Path) -> None:
    """Remove what lies among the journal files and is none: it can never say that a block is done."""
    for path in journal_files(store):
        if not path.is_file():
            clear_way(path, store)


class JournalReader:
    """Reads the lines of all journal files of a store, each once, while others append more.

    Parameters
    ----------
    store : Path
    fingerprint : str
        Lines of other scans are damage.
    blocks : int, optional
        So are lines about other blocks than these,
    variables : collection of str, optional
        and those of done blocks that do not name an object of each of these.

    Attributes
    ----------
    lost : bool
        Whether lines that were read are not there any more: what follows from them has to be learned anew.
    """

    def __init__(
        self,
        store: Path,
        fingerprint: str,
        blocks: int | None = None,
        variables: Collection[str] | None = None,
    ) -> None:
        self._store = store
        self._scan = fingerprint[:16]
        self._blocks = blocks
        self._variables = None if variables is None else set(variables)
        self._read: dict[str, _Progress] = {}
        self.lost = False

    def new_lines(self, torn: bool = False) -> Iterator[tuple[str, Line | None]]:
        """Name and content of each line that was not there before; no content if it is damaged or of another scan.

        A last line without its end may still be being written: it is left for the next time, or, with ``torn``, called
        damaged. Of what is no file, or cannot be one of ours, only the name is told, once.
        """
        paths = journal_files(self._store)
        self.lost = self.lost or not {path.name for path in paths}.issuperset(self._read)
        for path in paths:
            known = self._read.setdefault(path.name, _Progress())
            if known.given_up:
                continue
            try:
                file = open_regular(path)
            except OSError as error:
                if error.errno not in (*NO_FILE, *VANISHED):
                    raise StoreError(f"{path}: cannot be read: {error.strerror}") from None
                if error.errno in NO_FILE or path.is_symlink():
                    known.given_up = True
                    yield path.name, None
                continue
            with file:
                found = os.fstat(file.fileno())
                self.lost = self.lost or found.st_size < known.offset or known.identity not in (0, found.st_ino)
                known.identity = found.st_ino
                if found.st_size > LARGEST_FILE:
                    known.given_up = True
                    yield path.name, None
                else:
                    file.seek(known.offset)
                    yield from self._lines(file, path.name, known, torn)

    def _lines(self, file: BinaryIO, name: str, known: "_Progress", torn: bool) -> Iterator[tuple[str, Line | None]]:
        while raw := file.readline(LONGEST_LINE):
            place = f"{name}:{known.lines + 1}"
            if raw.endswith(b"\n"):
                line = self._line(raw[:-1])
                known.offset += len(raw)
                known.lines += 1
                known.damaged += line is None
                yield place, line
            elif torn or len(raw) == LONGEST_LINE:
                yield place, None
            if len(raw) == LONGEST_LINE or known.damaged > MOST_DAMAGED:
                known.given_up = True
                return

    def _line(self, raw: bytes) -> Line | None:
        text, _, crc = raw.rpartition(b"\t")
        if crc.decode(errors="replace") != checksum(text):
            return None
        try:
            line = parse_as(Line, text)
        except ValueError:
            return None
        return line if line.scan == self._scan and self._is_one_of_ours(line) else None

    def _is_one_of_ours(self, line: Line) -> bool:
        """Whether a line says all that one of its kind must."""
        if line.writer is not None or line.revoked is not None:
            return True
        if line.block is None or (self._blocks is not None and line.block >= self._blocks):
            return False
        if line.failed is not None:
            return True
        if not line.objects or line.infinite is None or line.seconds is None:
            return False
        return self._variables is None or line.objects.keys() == self._variables


@dataclass
class _Progress:
    """How far a journal file has been read."""

    identity: int = 0
    offset: int = 0
    lines: int = 0
    damaged: int = 0
    given_up: bool = False


def read_journal(
    store: Path, fingerprint: str, blocks: int | None = None, variables: Collection[str] | None = None
) -> Journal:
    """Read all journal files of a store; lines of another scan are reported as damaged."""
    return Journal().add(JournalReader(store, fingerprint, blocks, variables).new_lines(torn=True))
