"""Names of processes, by which another process of the same machine can be sure that one is gone."""

import os
import socket
from functools import cache
from pathlib import Path

from crc32c import crc32c


def process_name() -> str:
    """Name of this process: where it lives, its number, and when it began."""
    return _named(os.getpid())


def is_gone(name: str) -> bool:
    """Whether a process has surely ended; False for one of another machine, boot or container."""
    place, _, rest = name.partition("-")
    pid, _, began = rest.partition("-")
    return place == _place() and pid.isdecimal() and _began(int(pid)) != began


def host() -> str:
    """Name of this machine."""
    return socket.gethostname()


def job() -> str:
    """Number of the Slurm job that this process belongs to; empty outside of Slurm."""
    array, task = os.environ.get("SLURM_ARRAY_JOB_ID"), os.environ.get("SLURM_ARRAY_TASK_ID")
    return f"{array}_{task}" if array and task else os.environ.get("SLURM_JOB_ID", "")


@cache
def _named(pid: int) -> str:
    return f"{_place()}-{pid}-{_began(pid)}"


@cache
def _place() -> str:
    """A boot of a machine, and a space of process numbers in it; of this process alone where there is no /proc."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text()
        space = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        boot, space = os.urandom(16).hex(), ""
    return f"{crc32c((boot + space).encode()):08x}"


def _began(pid: int) -> str:
    """When a process began, in ticks of its machine; empty if there is no such process."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    # The second field, the name in parentheses, may hold spaces; a zombie has ended
    fields = status.rpartition(")")[2].split()
    return "" if fields[0] in "ZX" else fields[19]
