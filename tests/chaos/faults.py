"""The table of faults: each does something to a run at work, and leaves the rest to the next run."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from case import BLOCKS, IMPATIENT, Case
from conftest import call, objects

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
]
