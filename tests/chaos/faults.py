"""The table of faults: each does something to a run at work, and leaves the rest to the next run."""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from case import BLOCKS, IMPATIENT, Case
from conftest import SLOWLY, call, objects

from renp_fast.kernels.simd.cache import places
from renp_fast.kernels.simd.settings import CACHE_VARIABLE
from renp_fast.scan_file.scan import load_scan
from renp_fast.slurm.fit import Size
from renp_fast.slurm.options import Options
from renp_fast.slurm.script import Job, job_script
from renp_fast.store.creation import open_or_make
from renp_fast.store.inspection import verify
from renp_fast.store.journal import journal_files

Fault = Callable[[Case], None]


def worker_killed(case: Case) -> None:
    run = case.start("--workers", 2)
    case.wait_for_work(run)
    os.kill(case.rng.choice(case.heartbeats())["pid"], signal.SIGKILL)
    assert run.wait(120) == 0


def all_workers_killed(case: Case) -> None:
    run = case.start("--workers", 2)
    case.wait_for_work(run)
    for heartbeat in case.heartbeats():
        os.kill(heartbeat["pid"], signal.SIGKILL)
    assert run.wait(120) == 0


def run_killed_with_its_workers(case: Case) -> None:
    run = case.start("--workers", 2)
    case.wait_for_work(run)
    run.kill()
    run.wait()


def client_killed(case: Case) -> None:
    """The cluster lives on, and computes for the next client."""
    with case.cluster() as (_, file):
        run = case.start("--scheduler-file", file)
        case.wait_for_work(run)
        run.kill()
        run.wait()
        assert case.start("--scheduler-file", file).wait(120) == 0


def scheduler_killed(case: Case) -> None:
    with case.cluster() as (scheduler, file):
        run = case.start("--scheduler-file", file)
        case.wait_for_work(run)
        scheduler.kill()
        assert run.wait(120) in (0, 1)


def cluster_killed(case: Case) -> None:
    """Workers and scheduler at once, as at the end of an allocation."""
    with case.cluster() as (scheduler, file):
        run = case.start("--scheduler-file", file)
        case.wait_for_work(run)
        for heartbeat in case.heartbeats():
            os.kill(heartbeat["pid"], signal.SIGKILL)
        scheduler.kill()
        assert run.wait(120) in (0, 1)


def one_of_three_killed(case: Case) -> None:
    runs = [case.start() for _ in range(3)]
    case.wait_for_work(*runs)
    killed = runs.pop(case.rng.randrange(3))
    killed.kill()
    assert [run.wait(120) for run in runs] == [0, 0]


def two_at_once(case: Case) -> None:
    runs = [case.start(), case.start()]
    assert [run.wait(120) for run in runs] == [0, 0]
    assert case.done_lines() == BLOCKS


def claims_deleted(case: Case) -> None:
    runs = [case.start(), case.start()]
    while any(run.poll() is None for run in runs):
        shutil.rmtree(case.store / ".renp_fast/claims", ignore_errors=True)
        time.sleep(case.rng.uniform(0.0, 0.02))
    assert [run.returncode for run in runs] == [0, 0]
    (case.store / ".renp_fast/claims").mkdir(exist_ok=True)


def dead_on_another_machine(case: Case) -> None:
    """Nobody here can look for its process, which holds the last block."""
    run = case.start()
    case.wait_for_work(run)
    run.kill()
    run.wait()
    claims = case.store / ".renp_fast/claims"
    for file in claims.glob("*.json"):
        about = json.loads(file.read_bytes())
        file.write_text(json.dumps(about | {"process": "ffffffff-1-1", "host": "elsewhere"}))
        (claims / str(BLOCKS - 1)).symlink_to(file.name)
    assert case.start("--threads", 2, first=IMPATIENT).wait(120) == 0


def suspended_and_thought_dead(case: Case) -> None:
    """It goes on with blocks that another has done meanwhile."""
    run = case.start()
    case.wait_for_work(run)
    run.send_signal(signal.SIGSTOP)
    assert case.start("--threads", 1, first=IMPATIENT).wait(120) == 0
    run.send_signal(signal.SIGCONT)
    assert run.wait(120) == 0


def clocks_differ(case: Case) -> None:
    """One run lives years in the past, another years in the future, and files bear any time."""
    ahead, behind = case.rng.uniform(1e5, 1e9), -case.rng.uniform(1e5, 1e9)
    runs = [
        case.start("--threads", 1, first=f"{IMPATIENT}; import time; now = time.time; time.time = lambda: now() + {by}")
        for by in (ahead, behind)
    ]
    while any(run.poll() is None for run in runs):
        for file in (case.store / ".renp_fast").rglob("*.json*"):
            when = time.time() + case.rng.choice((ahead, behind))
            try:
                os.utime(file, (when, when))
            except FileNotFoundError:
                continue
        time.sleep(0.05)
    assert [run.returncode for run in runs] == [0, 0]
    assert case.done_lines() == BLOCKS


def stale_journal(case: Case) -> None:
    """A backup of the journal is put back, which knows only some of what is done."""
    run = case.start()
    case.wait_for_work(run)
    copies = {file: file.read_bytes() for file in journal_files(case.store)}
    assert run.wait(120) == 0
    for file, copy in copies.items():
        file.write_bytes(copy)


def torn_object(case: Case) -> None:
    """An object and the last line of the journal lose their ends."""
    run = case.start()
    case.wait_for_work(run)
    run.kill()
    run.wait()
    torn = case.rng.choice(objects(case.store))
    torn.write_bytes(torn.read_bytes()[: case.rng.randrange(1000)])
    (journal,) = journal_files(case.store)
    journal.write_bytes(journal.read_bytes()[: -case.rng.randint(1, 100)])


def told_to_stop(case: Case) -> None:
    run = case.start(*case.rng.choice((("--threads", 2), ("--workers", 2))))
    case.wait_for_work(run)
    run.send_signal(case.rng.choice((signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)))
    assert run.wait(60) in (0, 1)


@contextmanager
def small_disk(case: Case) -> Iterator[None]:
    """The store on a file system of 4 MiB, which only root can mount."""
    disk = case.folder / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", disk], capture_output=True).returncode:
        pytest.skip("needs the right to mount a file system")
    case.store = disk / "s.zarr"
    try:
        yield
        subprocess.run(["mount", "-o", "remount,rw,size=64m", disk], check=True)
        case.check()
    finally:
        subprocess.run(["umount", disk], check=True)
        case.store = case.folder / "s.zarr"


def disk_full(case: Case) -> None:
    with small_disk(case):
        runs = [case.start("--threads", 2), case.start()]
        assert [run.wait(120) for run in runs] == [1, 1]
        assert 0 < case.done_lines() < BLOCKS


def read_only_for_a_while(case: Case) -> None:
    """Root may write all the same, unless it gives up that right."""
    ordinary = ["setpriv", "--bounding-set", "-dac_override"] if os.getuid() == 0 else []
    if ordinary and not shutil.which("setpriv"):
        pytest.skip("needs setpriv of util-linux, or another user than root")
    run = case.start("--threads", 1, prefix=ordinary)
    case.wait_for_work(run)
    folders = [folder for folder in (case.store, *case.store.rglob("*")) if folder.is_dir()]
    for folder in folders:
        folder.chmod(0o555)
    try:
        status = run.wait(120)
        assert case.start("--threads", 1, prefix=ordinary).wait(120) == status
        assert status == (0 if case.done_lines() == BLOCKS else 1)
    finally:
        for folder in folders:
            folder.chmod(0o755)


def objects_too_large_for_a_while(case: Case) -> None:
    """The system lets no file grow beyond a limit, so that objects are refused in the middle."""
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))"
    assert case.start("--threads", 2, first=limit).wait(120) == 1


def begun(case: Case) -> subprocess.Popen[str]:
    """A run at work, on threads or processes."""
    run = case.start(*case.rng.choice((("--threads", 2), ("--workers", 2))))
    case.wait_for_work(run)
    return run


def assert_gone(case: Case, run: subprocess.Popen[str]) -> None:
    """The run ends and says why."""
    assert run.wait(120) == 1
    assert f"{case.store}: the store is gone" in (case.folder / "log").read_text()


def store_renamed(case: Case) -> None:
    run, moved = begun(case), case.folder / "moved.zarr"
    case.store.rename(moved)
    assert_gone(case, run)
    assert not case.store.exists()
    moved.rename(case.store)


def store_renamed_under_a_cluster(case: Case) -> None:
    moved = case.folder / "moved.zarr"
    with case.cluster() as (_, file):
        run = case.start("--scheduler-file", file)
        case.wait_for_work(run)
        case.store.rename(moved)
        assert_gone(case, run)
    assert not case.store.exists()
    moved.rename(case.store)


def store_deleted(case: Case) -> None:
    run = begun(case)
    while case.store.exists():
        shutil.rmtree(case.store, ignore_errors=True)
    assert_gone(case, run)
    assert not case.store.exists()


def private_folder_lost(case: Case) -> None:
    run, moved = begun(case), case.folder / "moved"
    (case.store / ".renp_fast").rename(moved)
    assert_gone(case, run)
    assert not (case.store / ".renp_fast").exists()
    moved.rename(case.store / ".renp_fast")


@contextmanager
def held(case: Case) -> Iterator[None]:
    """A run is held in the middle of its work while something happens, then ends well, and rightly so."""
    run = case.start("--threads", 2)
    case.wait_for_work(run)
    run.send_signal(signal.SIGSTOP)
    yield
    run.send_signal(signal.SIGCONT)
    assert run.wait(120) == 0
    assert call("status", case.store).returncode == 0
    assert call("verify", case.store).returncode == 0


def found_damaged(case: Case) -> None:
    """Blocks are damaged and verify finds them, while the run is at work on others."""
    with held(case):
        damaged = objects(case.store)[: case.rng.randint(1, 3)]
        for path in damaged:
            data = bytearray(path.read_bytes())
            data[case.rng.randrange(len(data))] ^= 0x10
            path.write_bytes(data)
        assert verify(case.store).damaged


def objects_deleted(case: Case) -> None:
    with held(case):
        for path in objects(case.store):
            if case.rng.random() < 0.3:
                path.unlink()


def journals_deleted(case: Case) -> None:
    with held(case):
        for path in journal_files(case.store):
            path.unlink()


def kernel_cache_damaged(case: Case) -> None:
    """Files of compiled kernels lose bytes, all of them or themselves while runs begin that read them."""
    root = case.folder / "kernels"
    for place in places().read:
        if place.exists():
            shutil.copytree(place, root / place.name)
    cached = f"import os; os.environ['{CACHE_VARIABLE}'] = {str(root)!r};"
    runs = []
    for _ in range(3):
        for file in case.rng.sample(sorted(root.rglob("*.kernel")), 5):
            case.rng.choice((_bit_flipped, _cut, Path.unlink))(file)
        runs.append(case.start("--threads", 1, first=cached))
        time.sleep(case.rng.uniform(0.0, 2.0))
    assert [run.wait(600) for run in runs] == [0, 0, 0]


def _bit_flipped(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 3] ^= 4
    file.write_bytes(data)


def _cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def kernel_cache_locked(case: Case) -> None:
    """A process that has locked the cache is stopped."""
    (place, *_) = places().read
    held = "import fcntl, sys; f = open(sys.argv[1], 'a'); fcntl.flock(f, fcntl.LOCK_EX); print(1, flush=True); input()"
    lock = [sys.executable, "-c", held, str(place / "compile.lock")]
    with subprocess.Popen(lock, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        holder.send_signal(signal.SIGSTOP)
        impatient = "import renp_fast.runs.compile_lock as compiling; compiling.PATIENCE_SECONDS = 1.0"
        try:
            assert case.start("--threads", 2, first=impatient).wait(120) == 0
        finally:
            holder.kill()


# Stand in for Slurm's commands: squeue and scontrol fail twice each time, and requeue notes that it was asked
FAIL_TWICE = 'echo >>"$0.calls"; [ $(($(wc -l <"$0.calls") % 3)) = 0 ] || { echo "error: timed out" >&2; exit 1; }; '
SWAMPED_SLURM = {"squeue": FAIL_TWICE + "echo hello; echo RUNNING", "scontrol": FAIL_TWICE + "touch requeued"}


def slurm_fails_at_the_end_of_attempts(case: Case) -> None:
    """Each attempt of a job is warned or its run killed, when the controller is swamped: the job begins again."""
    open_or_make(load_scan(case.scan_file), case.store)  # as submit does
    folder = case.folder / "s.zarr.jobs" / "s-0123abcd"
    folder.mkdir(parents=True)
    for name, text in SWAMPED_SLURM.items():
        (folder / name).write_text(f"#!/bin/bash\n{text}\n")
        (folder / name).chmod(0o755)
    size = Size(tasks=1, cpus=1, nodes=None, seconds=60)
    python = folder / "python"  # slowly, so that there is time to disturb it
    script = f"{SLOWLY}\nimport sys\nfrom renp_fast.cli.commands import main\nsys.exit(main(sys.argv[1:]))"
    python.write_text(f'#!/bin/bash\nexec {shlex.quote(sys.executable)} -c {shlex.quote(script)} "${{@:4}}"\n')
    python.chmod(0o755)
    job = Job(folder.name, folder, case.scan_file, case.store, Options(attempts=99), size, str(python))
    (folder / "job.sbatch").write_text(job_script(job))
    told = {"SLURM_CPUS_PER_TASK": "1", "SLURM_JOB_ID": "77", "PATH": f"{folder}:{os.environ['PATH']}"}
    for attempt in range(4):
        environment = {**os.environ, **told, "SLURM_RESTART_COUNT": str(attempt)}
        task = subprocess.Popen(
            ["bash", "job.sbatch"], cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        case.wait_for_work(task)
        if attempt < 3 and task.poll() is None:
            if case.rng.random() < 0.5 and case.heartbeats():
                os.kill(case.heartbeats()[0]["pid"], signal.SIGKILL)
            else:
                task.send_signal(signal.SIGUSR1)
        task.wait(120)
        if case.done_lines() < BLOCKS:
            (folder / "requeued").unlink()  # else it was lost without a word
    assert not (folder / "given-up").exists()
    shutil.rmtree(folder.parent)


FAULTS: list[tuple[str, Fault]] = [
    ("worker killed", worker_killed),
    ("all workers killed", all_workers_killed),
    ("run killed with its workers", run_killed_with_its_workers),
    ("client killed", client_killed),
    ("scheduler killed", scheduler_killed),
    ("cluster killed", cluster_killed),
    ("one of three runs killed", one_of_three_killed),
    ("two runs at once", two_at_once),
    ("claims deleted", claims_deleted),
    ("dead on another machine", dead_on_another_machine),
    ("suspended and thought dead", suspended_and_thought_dead),
    ("clocks differ", clocks_differ),
    ("stale journal", stale_journal),
    ("torn object", torn_object),
    ("told to stop", told_to_stop),
    ("disk full and then not", disk_full),
    ("read-only for a while", read_only_for_a_while),
    ("objects too large for a while", objects_too_large_for_a_while),
    ("store renamed", store_renamed),
    ("store renamed under a cluster", store_renamed_under_a_cluster),
    ("store deleted", store_deleted),
    ("private folder lost", private_folder_lost),
    ("found damaged", found_damaged),
    ("objects deleted", objects_deleted),
    ("journals deleted", journals_deleted),
    ("kernel cache damaged", kernel_cache_damaged),
    ("kernel cache locked by a stopped process", kernel_cache_locked),
    ("Slurm fails at the end of attempts", slurm_fails_at_the_end_of_attempts),
]
