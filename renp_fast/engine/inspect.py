"""What a store says of itself: how much is done, and whether it is still what was written."""

import fcntl
from dataclasses import dataclass
from pathlib import Path

from renp_fast.engine.execute import missing_blocks
from renp_fast.engine.files import file_checksum
from renp_fast.engine.journal import Journal, JournalWriter, read_journal
from renp_fast.engine.skeleton import PRIVATE
from renp_fast.engine.store import Store, open_store


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
    infinite : int
        Stored numbers that are infinite: on the pole of a mediator without width.
    points_per_s : float or None
        Rate of the latest run.
    seconds_left : float or None
        At that rate.
    running : bool
        Whether a run of this machine is at work.
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
    infinite: int
    points_per_s: float | None
    seconds_left: float | None
    running: bool
    cpus: list[str]


def status(path: Path) -> Status:
    """How far a scan has come, from the journal and the sizes of the objects.

    Raises
    ------
    StoreError
        If there is no readable store.
    """
    store = open_store(path)
    journal = read_journal(path, store.fingerprint)
    missing = set(missing_blocks(store, journal))
    done = {block: record for block, record in journal.done.items() if block not in missing}
    points = {block: store.points_in(block) for block in done}
    rate = _rate(journal, points)
    left = int(store.header["points"]) - sum(points.values())
    return Status(
        store=str(path),
        observable=store.header["observable"],
        blocks=store.blocks,
        done=len(done),
        missing=len(missing),
        failed=len(journal.failed),
        failures=journal.failed,
        points=int(store.header["points"]),
        points_done=sum(points.values()),
        infinite=sum(record.infinite for record in done.values()),
        points_per_s=rate,
        seconds_left=left / rate if rate else None,
        running=is_running(path),
        cpus=sorted({writer["cpu"] for writer in journal.writers if "cpu" in writer}),
    )


def _rate(journal: Journal, points: dict[int, int]) -> float | None:
    """Points per second of the writer that began last and stored anything."""
    for writer in sorted(journal.writers, key=lambda writer: -float(writer["started"])):
        mine = [
            record for block in points for record in journal.records[block] if record.line.startswith(writer["file"])
        ]
        if mine:
            seconds = max(record.ended for record in mine) - float(writer["started"])
            return sum(points[record.block] for record in mine) / max(seconds, 1e-3)
    return None


def is_running(path: Path) -> bool:
    """Whether a process of this machine holds the store's lock."""
    try:
        with (path / PRIVATE / "lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


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
    journal = read_journal(path, store.fingerprint)
    damaged = {}
    for block, record in sorted(journal.done.items()):
        reasons = [
            reason
            for name, (size, crc) in record.objects.items()
            if (reason := _damage(store, store.object_key(name, block), size, crc))
        ]
        if reasons:
            damaged[block] = "; ".join(reasons)
    revoked = bool(damaged) and _revoke(store, journal, list(damaged))
    missing = store.blocks - len(journal.done) + len(damaged)
    return Verdict(store.blocks, missing, damaged, store.damaged_metadata(), journal.damaged, revoked)


def _damage(store: Store, key: str, size: int, crc: str) -> str:
    """What is wrong with an object; nothing if it is whole."""
    path = store.path / key
    try:
        found = path.stat().st_size
        if found != size:
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
