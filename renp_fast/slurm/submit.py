"""Submit a scan: fit it to the cluster, make the store, write the script, hand it to sbatch."""

import os
import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from renp_fast.errors import ClusterError, StoreError
from renp_fast.runs.plan import make_plan
from renp_fast.runs.threads import default_threads
from renp_fast.scan_file.scan import Scan
from renp_fast.slurm.cluster import Limits, call, queue, read_limits
from renp_fast.slurm.fit import fit
from renp_fast.slurm.jobs import jobs_folder, new_name, record, remove_credentials, submissions
from renp_fast.slurm.options import Options
from renp_fast.slurm.script import Job, job_script
from renp_fast.store.creation import open_or_make
from renp_fast.store.inspection import status
from renp_fast.store.layout import layout_of

SCRIPT, SCAN = "job.sbatch", "scan.toml"
# sbatch prefers these to what a script says; what a script of ours says shall hold. The first are heeded as options
HEEDED = (
    *("SBATCH_ACCOUNT", "SBATCH_CONSTRAINT", "SBATCH_MEM_PER_NODE", "SBATCH_PARTITION", "SBATCH_QOS"),
    "SBATCH_TIMELIMIT",
)
LEFT_OUT = (
    *("SBATCH_ARRAY_INX", "SBATCH_CPUS_PER_TASK", "SBATCH_ERROR", "SBATCH_JOB_NAME", "SBATCH_NO_REQUEUE"),
    *("SBATCH_OPEN_MODE", "SBATCH_OUTPUT", "SBATCH_REQUEUE", "SBATCH_SIGNAL", "SBATCH_WAIT"),
)
# With --memory, which is that of a node
OTHER_MEMORY = ("SBATCH_MEM_PER_CPU", "SBATCH_MEM_PER_GPU")
NUMBER = re.compile(r"^\s*([0-9]+)(;\S+)?\s*$", re.MULTILINE)


def prepare(scan: Scan, store: Path, options: Options, say: Callable[[str], None]) -> Job:
    """The job of a scan, fitted to the cluster; nothing is written. ``say`` hears every adjustment.

    Raises
    ------
    InputError
        If a path cannot be written into a script, or the partition does not exist.
    """
    try:
        limits = read_limits(options.partition, options.account, options.qos)
    except ClusterError as error:
        say(f"the cluster's limits are not known ({error})")
        limits = Limits()
    cpus = options.cpus or limits.cpus or default_threads()
    core_hours = None
    if options.tasks is None and options.mode == "array":
        core_hours = make_plan(scan, min(cpus, default_threads())).core_hours
    name = new_name(store)
    folder = jobs_folder(store) / name
    size = fit(options, limits, cpus, layout_of(scan).grid.blocks, core_hours, say)
    job = Job(name, folder, folder / SCAN, store.absolute(), options, size)
    job_script(job)  # refuses what cannot be written into a script, before anything is made
    return job


def submit(scan: Scan, job: Job, say: Callable[[str], None]) -> str | None:
    """Make or check the store, and submit a job that works on it; its number, or None if nothing is left to do.

    Jobs that are at work on the store already are joined: they share the missing blocks.

    Raises
    ------
    StoreError
        If the store is of another scan, or cannot be written.
    ClusterError
        If Slurm is not there or refuses the job.
    """
    call("sbatch", "--version")
    try:
        open_or_make(scan, job.store)
        if not status(job.store).missing:
            return None
        for earlier in submissions(job.store):
            if earlier.alive:
                say(f"job {earlier.job or earlier.name} is in the queue for this store; the new one shares its blocks")
            elif earlier.states is not None:
                remove_credentials(earlier)
        about = {"mode": job.options.mode, "tasks": job.size.tasks}
        job.folder.mkdir(parents=True)
        (job.folder / SCAN).write_text(scan.text, encoding="utf-8")
        (job.folder / SCRIPT).write_text(job_script(job), encoding="utf-8")
        # Before sbatch, so that no job is ever in the queue that `status` and `cancel` do not know
        record(job.folder, **about)
        number = _sbatch(job, say)
        record(job.folder, job=number.partition(";")[0] or None, **about)
    except OSError as error:
        raise StoreError(f"{job.store}: cannot write: {error.strerror or error}") from error
    return number or job.name


def _sbatch(job: Job, say: Callable[[str], None]) -> str:
    """Submit the script; if Slurm has surely not taken it, nothing of it stays. Its number, if Slurm tells that."""
    try:
        printed = call("sbatch", "--parsable", SCRIPT, cwd=job.folder, environment=_environment(job, say))
        numbers = list(NUMBER.finditer(printed))
        return numbers[-1][0].strip() if numbers else ""
    except ClusterError:
        with suppress(ClusterError):
            if not queue([job.name]):
                shutil.rmtree(job.folder, ignore_errors=True)
        raise


def _environment(job: Job, say: Callable[[str], None]) -> dict[str, str]:
    """The user's, without what would override the script, and without the job that we may be in ourselves."""
    kept = ("SLURM_CONF", "SLURM_CLUSTERS")
    left_out = LEFT_OUT + (OTHER_MEMORY if job.options.memory else ())
    for name in left_out:
        if name in os.environ:
            say(f"{name}: left out, since the script sets that itself")
    return {
        name: value
        for name, value in os.environ.items()
        if name in kept or not (name in (*HEEDED, *left_out) or name.startswith("SLURM_"))
    }
