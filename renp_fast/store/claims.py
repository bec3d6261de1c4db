"""Who computes which block, so that runs which meet on one store share its blocks and need no server.

Each process at work has a file in `claims`, its heartbeat, that says who it is and changes every few seconds; each
block being computed has a symbolic link there, named by its number, to the heartbeat of the process that computes it.
Making a link is atomic and fails if there is one, on local disks, on NFS and on Lustre. Claims save double work and
nothing else: objects and journal lines are written whole, and equal blocks are equal bytes, so lost, stale or
ignored claims cost time alone.

A process is dead if it ran on this machine and is gone, or if its heartbeat has not changed for `DEAD_SECONDS` by the
clock of the one who looks. No clocks of two machines are compared.
"""

import contextlib
import json
import os
import re
import threading
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Annotated, Self

from pydantic import Field

from renp_fast.store.layout import PRIVATE
from renp_fast.store.paths import clear_way
from renp_fast.store.process import host, is_gone, job, process_name
from renp_fast.store.untrusted import LARGEST_NOTE, Count, Foreign, Seconds, Text, read_as

DIRECTORY = f"{PRIVATE}/claims"
# What lies there: claims by the numbers of their blocks, heartbeats, and heartbeats being written
NAME = re.compile(r"[0-9]{1,19}|\.?.+-[0-9]+-[0-9a-f]{8}\.json", re.ASCII)
BEAT_SECONDS = 5.0
DEAD_SECONDS = 30.0
# Who has held no block for so long is not called at work, though its process waits for the next task
IDLE_SECONDS = 60.0


class About(Foreign):
    """What a heartbeat says."""

    host: Text = "unknown"
    pid: Count = 0
    job: Text = ""
    process: Annotated[Text, Field(max_length=100)] = ""
    threads: Count = 0
    beats: Count = 0
    beat: Seconds = 0.0


class Claimant:
    """One process among those at work on a store; its threads share it."""

    def __init__(self, store: Path, threads: int) -> None:
        self.name = f"{host()}-{os.getpid()}-{uuid.uuid4().hex[:8]}.json"
        self._directory = store / DIRECTORY
        self._about = {
            "host": host(),
            "pid": os.getpid(),
            "job": job(),
            "process": process_name(),
            "threads": threads,
            "started": time.time(),
        }
        self._held: set[int] = set()
        self._busy = time.monotonic()
        self._beats = 0
        self._stop = threading.Event()
        self._heart = threading.Thread(target=self._live, name="renp-fast-heartbeat", daemon=True)

    def __enter__(self) -> Self:
        self._beat()
        self._heart.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._heart.join()
        for block in list(self._held):
            self.release(block)
        self._remove(self.name)

    def take(self, block: int) -> bool:
        """Claim a block; False if somebody else has it, who may still be alive."""
        if block in self._held:
            return False
        self._held.add(block)
        self._busy = time.monotonic()
        link = self._directory / str(block)
        for _ in range(3):
            try:
                link.symlink_to(self.name)
            except FileExistsError:
                owner = _owner(link)
                if owner == self.name:  # the answer to our own request was lost on its way
                    return True
                if not Heartbeat(owner, _about(self._directory / owner), [block]).is_gone:
                    break
                self._remove(str(block))
            except FileNotFoundError:
                with contextlib.suppress(OSError):
                    self._directory.mkdir(exist_ok=True)
            except OSError:  # no links, or nothing can be written here: go on without claims
                return True
            else:
                return True
        self._held.discard(block)
        return False

    def release(self, block: int) -> None:
        """Give a block back, done or not."""
        self._held.discard(block)
        self._busy = time.monotonic()
        self._remove(str(block))

    def _live(self) -> None:
        while not self._stop.wait(BEAT_SECONDS):
            if self._held or time.monotonic() - self._busy < IDLE_SECONDS:
                self._beat()
            else:
                self._remove(self.name)

    def _beat(self) -> None:
        """Change the heartbeat; where that fails, this process may be thought dead and its blocks done twice."""
        self._beats += 1
        aside = self._directory / f".{self.name}"
        with contextlib.suppress(OSError):
            self._directory.mkdir(exist_ok=True)
            aside.write_text(json.dumps(self._about | {"beats": self._beats, "beat": time.time()}))
            aside.replace(self._directory / self.name)

    def _remove(self, name: str) -> None:
        _remove(self._directory / name)


@dataclass(frozen=True)
class Heartbeat:
    """A process that says that it is at work."""

    name: str
    about: About
    blocks: list[int]

    @property
    def is_gone(self) -> bool:
        """Whether its process has surely ended."""
        return is_gone(self.about.process)

    def __str__(self) -> str:
        job = f", job {self.about.job}" if self.about.job else ""
        return f"{self.about.host} (process {self.about.pid or 'unknown'}{job})"


class Others:
    """What this process has seen of all that are at work on a store."""

    def __init__(self, store: Path) -> None:
        self._directory = store / DIRECTORY
        self._seen: dict[str, tuple[About, float]] = {}

    def look(self) -> list[Heartbeat]:
        """All that claim to be at work, and what they hold."""
        found: dict[str, list[int]] = {}
        for name in _names(self._directory):
            if name.isdecimal():
                found.setdefault(_owner(self._directory / name), []).append(int(name))
            elif not name.startswith("."):
                found.setdefault(name, [])
        return [Heartbeat(name, _about(self._directory / name), blocks) for name, blocks in found.items()]

    def bury(self) -> tuple[set[int], list[str]]:
        """Remove all that the dead have claimed.

        Returns
        -------
        claimed : set of int
            Blocks that those hold who are, or may be, alive.
        dead : list of str
            Names of the processes found dead.
        """
        claimed: set[int] = set()
        dead = []
        for heartbeat in self.look():
            if not self._is_dead(heartbeat):
                claimed.update(heartbeat.blocks)
                continue
            if heartbeat.about.process:
                dead.append(heartbeat.about.process)
            self._remove([*map(str, heartbeat.blocks), heartbeat.name, f".{heartbeat.name}"])
        return claimed, dead

    def forget(self) -> None:
        """Remove all claims: there is nothing left to claim."""
        self._remove(_names(self._directory))

    def _remove(self, names: Iterable[str]) -> None:
        for name in names:
            _remove(self._directory / name)

    def _is_dead(self, heartbeat: Heartbeat) -> bool:
        if heartbeat.is_gone:
            return True
        now, state = time.monotonic(), heartbeat.about
        known, since = self._seen.get(heartbeat.name, (None, now))
        if known != state:
            self._seen[heartbeat.name] = (state, now)
            return False
        return now - since > DEAD_SECONDS


def _names(directory: Path) -> list[str]:
    """Names of claims and heartbeats; what else lies there is none of ours."""
    try:
        return sorted(name for name in os.listdir(directory) if NAME.fullmatch(name))  # noqa: PTH208
    except OSError:
        return []


def _remove(path: Path) -> None:
    """Remove a claim or a heartbeat, or what a stranger has put in its place."""
    with contextlib.suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            clear_way(path, path.parents[2])
        else:
            path.unlink()


def _owner(link: Path) -> str:
    """Whose claim it is: the name of a heartbeat; its own name if a copy of the store has made a file of it."""
    try:
        name = link.readlink().name
    except OSError:
        return link.name
    return name if NAME.fullmatch(name) else link.name


def _about(file: Path) -> About:
    """What a heartbeat says; nothing if it is missing or damaged."""
    try:
        return read_as(About, file, LARGEST_NOTE)
    except (OSError, ValueError):
        return About()
