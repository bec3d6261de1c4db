"""The commands that speak with Slurm: submit, cancel, and the jobs that status shows."""

import argparse
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from renp_fast.cli.arguments import named_path
from renp_fast.cli.output import DONE, say
from renp_fast.slurm.options import Options, read_options

if TYPE_CHECKING:
    from renp_fast.slurm.jobs import Submission

# What users set in their environment for all their jobs; an option beats it
FROM_ENVIRONMENT = {
    "partition": "SBATCH_PARTITION",
    "account": "SBATCH_ACCOUNT",
    "qos": "SBATCH_QOS",
    "constraint": "SBATCH_CONSTRAINT",
    "memory": "SBATCH_MEM_PER_NODE",
    "time": "SBATCH_TIMELIMIT",
}
MOST_LINES = 5


def add_commands(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add submit and cancel to the command line."""
    submit = commands.add_parser("submit", help="run a scan on a Slurm cluster")
    submit.add_argument("scan", type=named_path, metavar="SCAN", help="scan file; a copy of it is what the job reads")
    submit.add_argument(
        "-o", "--output", type=named_path, required=True, metavar="STORE.zarr", help="where the result lies"
    )
    submit.add_argument("--dry-run", action="store_true", help="print the script; write and submit nothing")
    asked = submit.add_argument_group("what is asked of Slurm")
    for name, metavar, text in ASKED:
        asked.add_argument(f"--{name}", metavar=metavar, help=text)
    asked.add_argument("--extra", action="append", metavar="LINE", help="a further directive, such as mail-type=END")

    cancel = commands.add_parser("cancel", help="cancel the jobs of a store")
    cancel.add_argument("store", type=named_path, metavar="STORE.zarr")


ASKED = (
    ("mode", "MODE", "array (default): tasks that share the blocks; dask: one job, a scheduler and its workers"),
    ("tasks", "N", "array tasks (default: of about an hour each), or workers (default: one for each node)"),
    ("cpus", "N", "cores of a task or worker (default: all of a node)"),
    ("nodes", "N", "dask: nodes (default: 1); array: so many tasks at a time (default: no bound)"),
    ("memory", "SIZE", "of each node, such as 16G (default: SBATCH_MEM_PER_NODE, or the cluster's)"),
    ("time", "TIME", "longest time of an attempt, such as 4:00:00 (default: SBATCH_TIMELIMIT, or 2 h)"),
    ("attempts", "N", f"how often a task may start before it gives up (default: {Options.attempts})"),
    ("partition", "NAME", "default: SBATCH_PARTITION"),
    ("account", "NAME", "default: SBATCH_ACCOUNT"),
    ("qos", "NAME", "quality of service (default: SBATCH_QOS)"),
    ("constraint", "FEATURES", "of the nodes (default: SBATCH_CONSTRAINT)"),
    ("interface", "NAME", "dask on several nodes: the network interface, such as ib0"),
)


def submit_scan(options: argparse.Namespace) -> int:
    """`renp-fast submit`."""
    from renp_fast.scan_file.scan import load_scan
    from renp_fast.slurm.script import job_script
    from renp_fast.slurm.submit import prepare, submit

    asked = {name: getattr(options, name) for name in (*(entry[0] for entry in ASKED), "extra")}
    for name, variable in FROM_ENVIRONMENT.items():
        asked[name] = asked[name] or os.environ.get(variable) or None
    wanted = read_options(**asked)
    scan = load_scan(options.scan)
    for note in scan.notes:
        _note(note)
    job = prepare(scan, options.output, wanted, _note)
    if options.dry_run:
        print(job_script(job), end="")
        return DONE
    number = submit(scan, job, _note)
    if number is None:
        say(f"{options.output}: all blocks are done; nothing to submit")
        return DONE
    say(f"submitted job {number}: {job.size.tasks} {'array tasks' if job.options.mode == 'array' else 'workers'}")
    say(f"logs and the scan as submitted: {job.folder}")
    return DONE


def _note(message: str) -> None:
    say(f"note: {message}")


def cancel_jobs(options: argparse.Namespace) -> int:
    """`renp-fast cancel`."""
    from renp_fast.slurm.jobs import cancel, jobs_folder
    from renp_fast.store.store import open_store

    if not jobs_folder(options.store).is_dir():  # jobs are cancelled even if their store is damaged, or gone
        open_store(options.store)
    cancelled = cancel(options.store)
    for job in cancelled:
        say(f"cancelled job {job.job or job.name}")
    if not cancelled:
        say(f"{options.store}: no job of it is in the queue")
    return DONE


def job_lines(jobs: "Sequence[Submission]") -> list[str]:
    """What `status` says of the jobs of a store."""
    lines = []
    for job in jobs:
        kinds = {"array": f"array of {job.tasks} tasks", "dask": f"dask with {job.tasks} workers"}
        kind = kinds.get(job.mode, "of unknown kind")
        if job.states is None:
            state = "Slurm does not answer"
        else:
            state = ", ".join(f"{n} {state.lower()}" for state, n in sorted(job.states.items())) or "not in the queue"
        lines.append(f"job      {job.job or job.name}: {kind}, {state}; {job.folder}")
        lines += [f"         {line}" for line in job.given_up[:MOST_LINES]]
        if len(job.given_up) > MOST_LINES:
            lines.append(f"         and {len(job.given_up) - MOST_LINES} tasks more gave up")
    return lines
