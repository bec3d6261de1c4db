"""The text of a job, from a template and values; pure. Every value that a shell will see is quoted."""

import re
import shlex
import sys
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from renp_fast.errors import InputError
from renp_fast.slurm.fit import Size
from renp_fast.slurm.options import Options, time_text

# Slurm's warning comes this long before the time is over; blocks take some ten seconds
WARNING_SECONDS = 120
LEAST_PATIENCE_SECONDS = 5
CHECKOUT = Path(__file__).parents[2] / "slurm"


@dataclass(frozen=True)
class Job:
    """One job, completely.

    Attributes
    ----------
    name : str
        Unique; also the name of ``folder``.
    folder, scan, store : Path
        Absolute: where the job's files are (beside the store), its copy of the scan file, and the store.
    options : Options
    size : Size
    python : str
        The interpreter that runs it.
    """

    name: str
    folder: Path
    scan: Path
    store: Path
    options: Options
    size: Size
    python: str = sys.executable


def job_script(job: Job) -> str:
    """The text that sbatch gets.

    Raises
    ------
    InputError
        If a path cannot be written into a script.
    """
    _check_paths(job)
    values = {
        "directives": "\n".join(f"#SBATCH {line}" for line in directives(job)),
        "environment": template("env.sh").strip(),
        "python": shlex.quote(job.python),
        "scan": shlex.quote(str(job.scan)),
        "store": shlex.quote(str(job.store)),
        "folder": shlex.quote(str(job.folder)),
        "attempts": str(job.options.attempts),
        # Twice that is waited for Slurm's answers, and the last blocks have to be done before
        "patience": str(max(LEAST_PATIENCE_SECONDS, _warning_seconds(job.size.seconds) // 4)),
        "network": shlex.join(_network(job)),
    }
    return re.sub(r"@(\w+)@", lambda found: values[found[1]], template(f"{job.options.mode}.sbatch"))


def _check_paths(job: Job) -> None:
    """Refuse what would not stand on one line of a script, and what Slurm would change in the path of a log."""
    for path in (str(job.store), job.python):
        if not path.isprintable():
            raise InputError(f"{path!r}: a path with line breaks or other control characters cannot be submitted")
    if "%" in str(job.folder) or "\\" in str(job.folder):
        raise InputError(f"{job.store}: Slurm reads % and \\ in the path of a log as its own; allowed: paths without")


def directives(job: Job) -> list[str]:
    """What Slurm is told; the values have been checked by `read_options`."""
    options, size = job.options, job.size
    if options.mode == "array":
        at_a_time = f"%{size.nodes}" if size.nodes else ""
        shape = [f"--array=0-{size.tasks - 1}{at_a_time}", "--nodes=1", "--ntasks=1", "--output=%a.log"]
    else:
        shape = [f"--nodes={size.nodes}", f"--ntasks={size.tasks}", "--output=job.log"]
    warning = _warning_seconds(size.seconds)
    wanted = {
        "mem": options.memory,
        "partition": options.partition,
        "account": options.account,
        "qos": options.qos,
        "constraint": options.constraint,
    }
    return [
        f"--job-name={job.name}",
        *shape,
        f"--cpus-per-task={size.cpus}",
        f"--time={time_text(size.seconds)}",
        f"--signal=B:USR1@{warning}",
        "--requeue",
        "--open-mode=append",
        *(f"--{name}={value}" for name, value in wanted.items() if value),
        *options.extra,
    ]


def _warning_seconds(seconds: int) -> int:
    """How long before the end of such a time limit Slurm is to warn."""
    return min(WARNING_SECONDS, seconds // 4)


def _network(job: Job) -> list[str]:
    """Where the processes of a dask job listen: beyond this machine only if they are on several."""
    if job.options.interface:
        return ["--interface", job.options.interface]
    return ["--host", "127.0.0.1"] if job.size.nodes == 1 else []


def template(name: str) -> str:
    """The text of a template: in an installed package beside this module, in a checkout in `slurm/` at the top."""
    installed = files(__package__) / name
    return (installed if installed.is_file() else CHECKOUT / name).read_text(encoding="utf-8")
