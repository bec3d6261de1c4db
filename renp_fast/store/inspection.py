"""What a store says of itself: how much is done, and whether it is still what was written."""

import math
import time
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from renp_fast.printable import printable
from renp_fast.store.claims import DEAD_SECONDS, Heartbeat, Others
from renp_fast.store.done import journal_of, standing_records
from renp_fast.store.files import file_checksum
from renp_fast.store.journal import Journal, JournalWriter, Record, Writer
from renp_fast.store.store import Store, open_store
from renp_fast.store.untrusted import regular_size


@dataclass(frozen=True)
class AtWork:
    """A process that computes blocks of a store.

    Attributes
    ----------
    host, job : str
        Machine, and number of its Slurm job if it has one.
    pid, threads : int
    blocks : int
        Blocks that it computes just now.
    silent_seconds : float
        Since when nothing has been heard of it, by the clocks of the two machines.
    """

    host: str
    job: str
    pid: int
    threads: int
    blocks: int
    silent_seconds: float


@dataclass(frozen=True)
class Status:
    """How far a scan has come.

    Attributes
    ----------
    blocks, done, missing, failed : int
        Blocks of the scan; ``failed`` of the missing ones could not be computed when last tried.
    failures : dict
        Reason by block.
    points, points_done : int
    evaluated : int
        Points of the done blocks that were computed: all, but for adaptive scans.
    infinite : int
        Stored numbers that are infinite: on the pole of a mediator without width.
    unconverged : int
        Points at which an average over a line did not converge.
    points_per_s : float or None
        Rate of all that are at work, or else of the process that began last.
    seconds_left : float or None
        At that rate.
    running : bool
        Whether anybody is at work who has been heard of lately.
    at_work : list of AtWork
        Who is at work, on whatever machine, or was until lately.
    cpus : list of str
        Kinds of CPU that wrote the store.
    """

    store: str
    observable: str
    blocks: int
    done: int
    missing: int
    failed: int
    failures: dict[int, str]
    points: int
    points_done: int
    evaluated: int
    infinite: int
    unconverged: int
    points_per_s: float | None
    seconds_left: float | None
    running: bool
    at_work: list[AtWork]
    cpus: list[str]


def status(path: Path) -> Status:
    """How far a scan has come, from the journal and the sizes of the objects.

    Raises
    ------
    StoreError
        If there is no readable store.
    """
    store = open_store(path)
    journal = journal_of(store)
    done = list(standing_records(store, journal).values())
    points_done = sum(store.points_in(record.block) for record in done)
    heartbeats = [heartbeat for heartbeat in Others(path).look() if not heartbeat.is_gone]
    at_work = [_at_work(heartbeat) for heartbeat in heartbeats]
    rate = _rate(store, journal, {heartbeat.name for heartbeat in heartbeats})
    left = int(store.header["points"]) - points_done
    return Status(
        store=str(path),
        observable=store.header["observable"],
        blocks=store.blocks,
        done=len(done),
        missing=store.blocks - len(done),
        failed=len(journal.failed),
        failures=journal.failed,
        points=int(store.header["points"]),
        points_done=points_done,
        evaluated=sum(
            store.points_in(record.block) if record.evaluated is None else record.evaluated for record in done
        ),
        infinite=sum(record.infinite for record in done),
        unconverged=sum(record.unconverged for record in done),
        points_per_s=rate,
        seconds_left=left / rate if rate else None,
        running=any(process.silent_seconds < DEAD_SECONDS for process in at_work),
        at_work=at_work,
        cpus=sorted({writer.cpu for _, writer in journal.writers if writer.cpu is not None}),
    )


def _at_work(heartbeat: Heartbeat) -> AtWork:
    about = heartbeat.about
    return AtWork(
        host=about.host,
        job=about.job,
        pid=about.pid,
        threads=about.threads,
        blocks=len(heartbeat.blocks),
        silent_seconds=max(0.0, time.time() - about.beat),
    )


def _rate(store: Store, journal: Journal, at_work: set[str]) -> float | None:
    """Points per second of all writers that are at work; if there are none, of that which began last.

    From the beginning of a writer's first block to the end of its last one: the journal itself begins with the end of
    the first.
    """
    points: dict[str, int] = {}
    began: dict[str, float] = {}
    ended: dict[str, float] = {}
    for record in chain.from_iterable(journal.records.values()):
        file = record.line.rpartition(":")[0]
        points[file] = points.get(file, 0) + store.points_in(record.block)
        began[file] = min(began.get(file, math.inf), record.ended - record.seconds)
        ended[file] = max(ended.get(file, 0.0), record.ended)
    writers = sorted(((file, writer) for file, writer in journal.writers if file in points), key=_started)
    chosen = [entry for entry in writers if entry[1].claimant in at_work] or writers[-1:]
    spans = {file: ended[file] - began[file] for file, _ in chosen}
    rates = [points[file] / span for file, span in spans.items() if span > 0.0]
    return sum(rates) if rates else None


def _started(entry: tuple[str, Writer]) -> float:
    return entry[1].started


@dataclass(frozen=True)
class Verdict:
    """What `verify` found.

    Attributes
    ----------
    blocks, missing : int
        Blocks of the scan, and those not done, the damaged ones among them.
    damaged : dict
        Reasons by block.
    metadata : list of str
        Files other than results that are missing or damaged.
    journal : list of str
        Damaged lines of the journal, by file and line; the block of such a line counts as missing unless done again.
    revoked : bool
        Whether the journal now calls the damaged blocks missing, so that `run` computes them again.
    """

    blocks: int
    missing: int
    damaged: dict[int, str]
    metadata: list[str]
    journal: list[str]
    revoked: bool

    @property
    def sound(self) -> bool:
        """Whether the scan is complete and undamaged."""
        return self.missing == 0 and not self.metadata


def verify(path: Path) -> Verdict:
    """Read every object, compare it with its checksum, and note in the journal what is damaged.

    Raises
    ------
    StoreError
        If there is no readable store.
    """
    store = open_store(path)
    journal = journal_of(store)
    damaged = {}
    for block, records in sorted(journal.records.items()):
        reasons = [_damage(store, record) for record in records]
        if all(reasons):
            damaged[block] = reasons[0]
    revoked = bool(damaged) and _revoke(store, journal, list(damaged))
    missing = store.blocks - len(journal.records) + len(damaged)
    lines = list(map(printable, journal.damaged))
    return Verdict(store.blocks, missing, damaged, store.damaged_metadata(), lines, revoked)


def _damage(store: Store, record: Record) -> str:
    """What is wrong with the objects of a block; nothing if they are whole."""
    reasons = [
        _object_damage(store, store.object_key(name, record.block), size, crc)
        for name, (size, crc) in record.objects.items()
    ]
    return "; ".join(filter(None, reasons))


def _object_damage(store: Store, key: str, size: int, crc: str) -> str:
    """What is wrong with an object; nothing if it is whole."""
    path = store.path / key
    try:
        path.stat()
        found = regular_size(path)
        if found not in (size, -1):
            return f"{key} has {found} bytes instead of {size}"
        return "" if file_checksum(path) == crc else f"{key} does not have its checksum"
    except OSError as error:
        return f"{key}: {error.strerror}"


def _revoke(store: Store, journal: Journal, blocks: list[int]) -> bool:
    try:
        writer = JournalWriter(store.path, store.fingerprint, task="verify")
        writer.revoke([record for block in blocks for record in journal.records[block]])
        writer.close()
    except OSError:
        return False
    return True
