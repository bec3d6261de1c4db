"""What a user asks of Slurm: names, numbers, times and sizes, all checked before they reach it."""

import re
from dataclasses import dataclass, fields
from typing import Any

from renp_fast.errors import InputError

MODES = ("array", "dask")
NUMBERS = ("nodes", "tasks", "cpus", "attempts")
NAME = r"[A-Za-z0-9_][A-Za-z0-9_.@+-]*"
NAMES = rf"{NAME}(,{NAME})*"
# What a value may look like, and how that is said
FORMS = {
    "memory": (r"[1-9][0-9]*[KMGT]?", "a whole number of MB, or with K, M, G or T, such as 16G"),
    "partition": (NAMES, "a name, or several with commas, such as short,long"),
    "account": (NAME, "a name of letters, digits and _ . @ + -"),
    "qos": (NAME, "a name of letters, digits and _ . @ + -"),
    "constraint": (r"[A-Za-z0-9_.,:=&|*()\[\]-]+", "features of nodes, such as haswell or rome|milan"),
    "interface": (NAME, "a network interface, such as ib0"),
}
EXTRA = re.compile(r"(?:#SBATCH +)?(?:--)?([a-z][a-z-]*)(=[A-Za-z0-9_.,:;=&|*()\[\]@%/+^~!{}-]+)?")
# Directives that are ours: with another value a job would not do what is promised
OURS = (
    *("account", "array", "chdir", "constraint", "cpus-per-task", "error", "job-name", "mem", "no-requeue", "nodes"),
    *("ntasks", "open-mode", "output", "parsable", "partition", "qos", "requeue", "signal", "time", "wait", "wrap"),
    *("help", "test-only", "usage", "version"),  # with which nothing would be submitted
)
DAYS = re.compile(r"(?P<d>[0-9]+)-(?P<h>[0-9]+)(:(?P<m>[0-9]+)(:(?P<s>[0-9]+))?)?")
CLOCK = re.compile(r"((?P<h>[0-9]+):(?=[0-9]+:))?(?P<m>[0-9]+)(:(?P<s>[0-9]+))?")


@dataclass(frozen=True)
class Options:
    """What is asked of Slurm; None where Slurm, the scan or the cluster's limits decide.

    Attributes
    ----------
    mode : str
        ``array``: independent tasks that share the store; ``dask``: one job with a scheduler and workers.
    nodes : int, optional
        dask: nodes of the job; array: how many tasks may run at the same time, as each is on one node.
    tasks, cpus : int, optional
        Array tasks, or workers of a dask job, and cores for each.
    memory : str, optional
        Of each node that the job uses.
    seconds : int, optional
        Time limit of an attempt.
    partition, account, qos, constraint : str, optional
        As Slurm knows them.
    interface : str, optional
        Network interface of a dask job on several nodes.
    extra : tuple of str
        Further directives, each ``--name`` or ``--name=value``.
    attempts : int
        How often a task may be started until it gives up.
    """

    mode: str = "array"
    nodes: int | None = None
    tasks: int | None = None
    cpus: int | None = None
    memory: str | None = None
    seconds: int | None = None
    partition: str | None = None
    account: str | None = None
    qos: str | None = None
    constraint: str | None = None
    interface: str | None = None
    extra: tuple[str, ...] = ()
    attempts: int = 10


def read_options(**given: Any) -> Options:
    """Check options as they were typed; those that are None are left to others. ``time`` becomes ``seconds``.

    Raises
    ------
    InputError
        If a name or a value is wrong: all of them are named, with what is allowed.
    """
    names = [field.name for field in fields(Options) if field.name != "seconds"] + ["time"]
    faults = [f"{name}: unknown; allowed: {', '.join(sorted(names))}" for name in given if name not in names]
    values = {name: value for name, value in given.items() if name in names and value is not None}
    for name, value in values.items():
        faults += [f"--{name}: got {value!r}; allowed: {allowed}" for allowed in _not_allowed(name, value)]
    if faults:
        raise InputError("\n".join(faults))
    values |= {name: int(values[name]) for name in NUMBERS if name in values}
    if "time" in values:
        values["seconds"] = time_seconds(values.pop("time"))
    if "extra" in values:
        values["extra"] = tuple(_directive(line) for line in values["extra"])
    return Options(**values)


def _not_allowed(name: str, value: Any) -> list[str]:
    """What would be allowed in the place of a wrong value; nothing for a right one."""
    if name == "mode":
        return [] if value in MODES else [" or ".join(MODES)]
    if name == "time":
        return [] if time_seconds(value) else ["minutes, MM:SS, HH:MM:SS, D-HH, D-HH:MM or D-HH:MM:SS, from a minute"]
    if name == "extra":
        return [why for line in value for why in _extra_faults(line)]
    if name in FORMS:
        form, allowed = FORMS[name]
        return [] if isinstance(value, str) and re.fullmatch(form, value) else [allowed]
    return [] if re.fullmatch("0*[1-9][0-9]{0,8}", str(value)) else ["a whole number from 1"]


def _extra_faults(line: str) -> list[str]:
    found = EXTRA.fullmatch(line)
    if not found:
        return ["name or name=value as sbatch knows them, without spaces, quotes, $ and #, such as mail-type=END"]
    ours = [name for name in OURS if name.startswith(found[1])]  # sbatch takes abbreviations
    return [f"anything but {', '.join(ours)}, which renp-fast sets itself"] if ours else []


def _directive(line: str) -> str:
    found = EXTRA.fullmatch(line)
    assert found
    return f"--{found[1]}{found[2] or ''}"


def time_seconds(text: str) -> int:
    """Seconds of a time limit as Slurm writes it; 0 if it is not one, or less than a minute."""
    found = DAYS.fullmatch(text) or CLOCK.fullmatch(text)
    if not found or len(text) > 20:
        return 0
    part = {key: int(value or 0) for key, value in found.groupdict().items()}
    seconds = ((part.get("d", 0) * 24 + part["h"]) * 60 + part["m"]) * 60 + part["s"]
    return seconds if seconds >= 60 else 0


def time_text(seconds: int) -> str:
    """A time limit as Slurm writes it: D-HH:MM:SS."""
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours // 24}-{hours % 24:02}:{minute:02}:{second:02}"
