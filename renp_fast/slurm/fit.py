"""What is wanted against what the cluster allows. Pure; every adjustment is said."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from renp_fast.errors import InputError
from renp_fast.progress import duration
from renp_fast.slurm.cluster import Limits
from renp_fast.slurm.options import Options, time_text

DEFAULT_SECONDS = 2 * 3600
# An array task should be done within an hour, and well before its time is over
TASK_SECONDS = 3600.0
SHARE_OF_TIME = 0.8


@dataclass(frozen=True)
class Size:
    """How large a job is.

    Attributes
    ----------
    tasks, cpus : int
        Array tasks or workers, and cores of each.
    nodes : int or None
        dask: nodes; array: how many tasks run at the same time, None if all may.
    seconds : int
        Time limit.
    """

    tasks: int
    cpus: int
    nodes: int | None
    seconds: int


def fit(
    options: Options, limits: Limits, cpus: int, blocks: int, core_hours: float | None, say: Callable[[str], None]
) -> Size:
    """The size that was asked for within the limits; what was left open follows from what the scan takes.

    Raises
    ------
    InputError
        If the cluster does not allow what the mode needs.
    """
    seconds = options.seconds or DEFAULT_SECONDS
    if limits.seconds and seconds > limits.seconds:
        if options.seconds:
            say(f"--time {time_text(seconds)} is more than the cluster allows: fitted to {time_text(limits.seconds)}")
        seconds = limits.seconds
    if options.mode == "array":
        if options.cpus and limits.most_cpus and cpus > limits.most_cpus:
            say(f"--cpus {cpus} is more than any node has: fitted to {limits.most_cpus}")
            cpus = limits.most_cpus
        return Size(_array_tasks(options, limits, cpus, blocks, seconds, core_hours, say), cpus, options.nodes, seconds)
    nodes = options.nodes or 1
    if limits.nodes and nodes > limits.nodes:
        say(f"--nodes {nodes} is more than the partition's MaxNodes: fitted to {limits.nodes}")
        nodes = limits.nodes
    return Size(*_workers(options, limits, cpus, nodes, say), seconds)


def _workers(
    options: Options, limits: Limits, cpus: int, nodes: int, say: Callable[[str], None]
) -> tuple[int, int, int]:
    """Workers of a dask job, cores of each, and nodes, such that the workers find room on the nodes."""
    tasks = options.tasks or nodes
    if nodes > tasks:
        say(f"--nodes {nodes} is more than there are workers: fitted to {tasks}")
        nodes = tasks
    # Who asks for more cores than the smallest node has means larger ones
    room = limits.most_cpus if options.cpus else limits.cpus
    if room is None:
        return tasks, cpus, nodes
    if tasks > nodes * room:
        say(f"{tasks} workers are more than the cores of {nodes} nodes of {room} cores: fitted to {nodes * room}")
        tasks = nodes * room
    each = room // math.ceil(tasks / nodes)
    if cpus > each:
        asked = f"--cpus {cpus} is more than there is room for: " if options.cpus else ""
        say(f"{asked}{tasks} workers on {nodes} nodes of {room} cores have {each} each")
    return tasks, min(cpus, each), nodes


def _array_tasks(
    options: Options,
    limits: Limits,
    cpus: int,
    blocks: int,
    seconds: int,
    core_hours: float | None,
    say: Callable[[str], None],
) -> int:
    wall = (core_hours or 0.0) * 3600.0 / cpus
    tasks = options.tasks or max(1, math.ceil(wall / min(TASK_SECONDS, SHARE_OF_TIME * seconds)))
    allowed = {f"the cluster's {name}": most for name, most in limits.tasks.items()} | {"the scan's blocks": blocks}
    name, most = min(allowed.items(), key=lambda limit: limit[1])
    if most < 1:
        raise InputError(f"--mode array: {name} is {most}; allowed here: --mode dask")
    if tasks > most:
        say(f"{tasks} array tasks are more than {name}: fitted to {most}")
        tasks = most
    if core_hours:
        say(f"about {core_hours:.3g} core-hours: {tasks} tasks of {cpus} cores, {duration(wall / tasks)} each")
    return tasks
