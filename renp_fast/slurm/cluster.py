"""What a cluster allows and what becomes of jobs, as Slurm's commands tell. Nothing here passes through a shell."""

import getpass
import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from renp_fast.errors import ClusterError, InputError
from renp_fast.slurm.options import time_seconds

PATIENCE_SECONDS = 30.0
MOST_CHARACTERS = 500
TASK = re.compile(r"\s*(\S+) ([A-Z_]+)\s*")
NUMBER = re.compile("[0-9]{1,9}")


def call(*command: str, cwd: Path | None = None, environment: Mapping[str, str] | None = None) -> str:
    """Run a command of Slurm and return what it prints.

    Raises
    ------
    ClusterError
        If it is not there, fails or does not answer.
    """
    try:
        result = subprocess.run(
            command,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",  # of any bytes
            timeout=PATIENCE_SECONDS,
            check=True,
        )
    except FileNotFoundError:
        raise ClusterError(f"{command[0]}: no such command; is this a login node of a Slurm cluster?") from None
    except OSError as error:
        raise ClusterError(f"{command[0]}: cannot be run: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise ClusterError(f"{command[0]}: no answer within {PATIENCE_SECONDS:.0f} s") from None
    except subprocess.CalledProcessError as error:
        raise ClusterError(f"{command[0]}: {_one_line(error.stderr) or f'exit status {error.returncode}'}") from None
    return result.stdout


def _one_line(text: str) -> str:
    """What a command says, fit for a terminal, the end of it if it is long."""
    lines = ("".join(filter(str.isprintable, line)).strip() for line in text.splitlines())
    return "; ".join(filter(None, lines))[-MOST_CHARACTERS:]


@dataclass(frozen=True)
class Limits:
    """What the cluster allows; None where it sets no limit or does not tell.

    Attributes
    ----------
    tasks : dict
        Most tasks of an array, by the name of the limit.
    nodes : int or None
        Most nodes of a job.
    seconds : int or None
        Longest time limit.
    cpus, most_cpus : int or None
        Cores of the smallest node, and of the largest.
    """

    tasks: Mapping[str, int] = field(default_factory=dict)
    nodes: int | None = None
    seconds: int | None = None
    cpus: int | None = None
    most_cpus: int | None = None


def read_limits(partition: str | None, account: str | None, qos: str | None) -> Limits:
    """Ask Slurm for its limits.

    Raises
    ------
    InputError
        If there is no such partition.
    ClusterError
        If there is no Slurm here.
    """
    config = dict(re.findall(r"^(\w+)\s*=\s*(.*?)\s*$", call("scontrol", "show", "config"), re.MULTILINE))
    partitions = _partitions(partition)
    accounts = _accounts(account, qos)
    tasks = {name: config.get(name, "") for name in ("MaxArraySize", "MaxJobCount")}
    tasks["MaxSubmitJobs"] = min((row[1] for row in accounts if NUMBER.fullmatch(row[1])), key=int, default="")
    times = [found.get("MaxTime", "") for found in partitions] + [row[2] for row in accounts]
    names = ",".join(found["PartitionName"] for found in partitions)
    printed = call("sinfo", "-h", "-p", names, "-o", "%c") if names else ""
    sizes = [int(size) for size in re.findall(r"^\s*([0-9]{1,9})\+?\s*$", printed, re.MULTILINE)]
    return Limits(
        tasks={name: int(limit) for name, limit in tasks.items() if NUMBER.fullmatch(limit)},
        nodes=_least(found.get("MaxNodes", "") for found in partitions),
        seconds=min(filter(None, map(time_seconds, times)), default=None),
        cpus=min(sizes, default=None),
        most_cpus=max(sizes, default=None),
    )


def _least(limits: Iterable[str]) -> int | None:
    return min((int(limit) for limit in limits if NUMBER.fullmatch(limit)), default=None)


def _partitions(wanted: str | None) -> list[dict[str, str]]:
    """What Slurm says of the partitions that were asked for, or else of the default one."""
    lines = call("scontrol", "show", "partition", "-o").splitlines()
    shown = [dict(re.findall(r"(\w+)=(\S*)", line)) for line in lines]
    known = {found["PartitionName"]: found for found in shown if "PartitionName" in found}
    if wanted is None:
        return [found for found in known.values() if found.get("Default") == "YES"]
    unknown = [name for name in wanted.split(",") if name not in known]
    if unknown:
        raise InputError(f"--partition: no partition {', '.join(unknown)}; there are: {', '.join(known)}")
    return [known[name] for name in wanted.split(",")]


def _accounts(account: str | None, qos: str | None) -> list[list[str]]:
    """(name, most jobs, longest time) of the user's accounts, or of the one asked for, and of the qos."""
    show = ("sacctmgr", "-n", "-P", "show")
    try:
        text = call(*show, "assoc", f"user={getpass.getuser()}", "format=Account,MaxSubmitJobs,MaxWall")
        rows = [row for line in text.splitlines() if (row := line.split("|"))[0] == (account or row[0])]
        if qos:
            text = call(*show, "qos", f"name={qos}", "format=Name,MaxSubmitJobsPerUser,MaxWall")
            rows += [line.split("|") for line in text.splitlines()]
    except ClusterError:
        return []  # no accounts are kept here
    return [row for row in rows if len(row) == 3]


def queue(names: Sequence[str]) -> dict[str, dict[str, int]]:
    """Numbers of tasks by state (PENDING, RUNNING, ...) of jobs that have not ended, by the name of the job.

    Raises
    ------
    ClusterError
        If Slurm cannot be asked.
    """
    states: dict[str, dict[str, int]] = {}
    if names:
        # -r: a line for each task of an array
        for line in call("squeue", "--me", "-h", "-r", f"--name={','.join(names)}", "-o", "%j %T").splitlines():
            found = TASK.fullmatch(line)
            if found and found[1] in names:
                count = states.setdefault(found[1], {})
                count[found[2]] = count.get(found[2], 0) + 1
    return states
