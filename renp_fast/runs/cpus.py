"""How many cores this process may use: fewer than the machine has in a job, a container or under an affinity."""

import math
import os
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
# Cores of a task of a job, and of the job on this machine
SLURM = ("SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE")


def usable_cpus() -> int:
    """The least of what affinity, the Slurm job and the quotas of its control groups allow; at least 1."""
    mine = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(filter(None, (mine, _of_job(), _of_quota()))))


def _of_job() -> int | None:
    """What the Slurm job has, which need not bind its processes to its cores; None outside of one."""
    if "SLURM_JOB_ID" not in os.environ:
        return None
    counts = (os.environ.get(name, "") for name in SLURM)
    return next((int(count) for count in counts if count.isascii() and count.isdecimal() and int(count)), None)


def _of_quota() -> int | None:
    """Cores' worth of time that the control groups of this process allow, rounded up; None without a quota."""
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except (OSError, ValueError):
        return None
    quotas = [quota for line in lines for quota in _quotas(*line.split(":", 2)[1:])]
    return max(1, math.ceil(min(quotas))) if quotas else None


def _quotas(controllers: str = "-", path: str = "/") -> list[float]:
    """Quotas of a group and of those around it: of version 2, whose line names no controllers, or of version 1."""
    if controllers and "cpu" not in controllers.split(","):
        return []
    top = CGROUPS / controllers if controllers else CGROUPS
    group = top / path.lstrip("/")
    found = []
    for folder in (group, *group.parents):
        if not folder.is_relative_to(top):
            break
        quota = _quota(folder, version_1=bool(controllers))
        found += [quota] if quota else []
    return found


def _quota(folder: Path, version_1: bool) -> float | None:
    try:
        if version_1:
            words = [(folder / f"cpu.cfs_{name}_us").read_text().strip() for name in ("quota", "period")]
        else:
            words = (folder / "cpu.max").read_text().split()
        time, period = map(int, words)
    except (OSError, ValueError):  # no such file, or "max"
        return None
    return time / period if time > 0 and period > 0 else None
