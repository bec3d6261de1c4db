"""Runs that meet share their blocks; what the dead have claimed is taken over; lost claims cost time alone."""

import json
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import SLOWLY, call, command, contents

from renp_fast.evaluate.evaluate import Evaluator
from renp_fast.runs.execute import Outcome, run_scan
from renp_fast.scan_file.grid import Box
from renp_fast.scan_file.scan import Scan
from renp_fast.store import claims
from renp_fast.store.claims import Claimant, Others
from renp_fast.store.inspection import status
from renp_fast.store.journal import journal_files, read_journal
from renp_fast.store.process import process_name
from renp_fast.store.store import open_for, open_store


@pytest.fixture
def store(scan: Scan, tmp_path: Path) -> Path:
    path = tmp_path / "s.zarr"
    open_for(scan, path)
    return path


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The dead of other machines are found in a second."""
    monkeypatch.setattr(claims, "DEAD_SECONDS", 1.0)
    monkeypatch.setattr(claims, "BEAT_SECONDS", 0.1)


def claims_of(store: Path) -> Path:
    return store / ".renp_fast/claims"


def lines_of_blocks(store: Path) -> int:
    """Journal lines of done blocks: more than there are blocks if some were done twice."""
    journal = read_journal(store, open_store(store).fingerprint)
    return sum(map(len, journal.records.values()))


class Foreigner:
    """A process of another machine, which holds blocks and may or may not be alive."""

    def __init__(self, store: Path, *blocks: int) -> None:
        self.file = claims_of(store) / "elsewhere-1-12345678.json"
        self.beats = 0
        self.beat()
        for block in blocks:
            (claims_of(store) / str(block)).symlink_to(self.file.name)

    def beat(self) -> None:
        self.beats += 1
        about = {"host": "elsewhere", "pid": 1, "process": "ffffffff-1-1", "threads": 1, "job": "77_3"}
        aside = self.file.with_name(f".{self.file.name}")
        aside.write_text(json.dumps(about | {"beats": self.beats, "beat": time.time()}))
        aside.replace(self.file)


def test_one_of_many_gets_a_block(store: Path) -> None:
    taken = []
    with Claimant(store, 1) as one, Claimant(store, 1) as other:
        threads = [
            threading.Thread(target=lambda who=who, k=k: taken.append(k) if who.take(k) else None)
            for k in range(50)
            for who in (one, other, one)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(taken) == list(range(50))
        assert len(Others(store).look()) == 2
    assert not list(claims_of(store).iterdir())


def test_a_block_given_back_can_be_taken(store: Path) -> None:
    with Claimant(store, 1) as one, Claimant(store, 1) as other:
        assert one.take(7)
        assert not other.take(7)
        one.release(7)
        assert other.take(7)


def test_runs_that_meet_share_the_blocks(scan: Scan, tmp_path: Path) -> None:
    whole, store = tmp_path / "whole.zarr", tmp_path / "s.zarr"
    run_scan(scan, whole)
    processes = [
        subprocess.Popen(command("run", scan.file, "-o", store), stderr=subprocess.PIPE, text=True) for _ in range(4)
    ]
    messages = [process.communicate(timeout=120)[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, messages
    assert all("240 of 240 blocks done" in message for message in messages)
    assert contents(store) == contents(whole)
    assert lines_of_blocks(store) == 240
    assert call("verify", store).returncode == 0


@pytest.mark.usefixtures("impatient")
def test_a_run_says_whom_it_joins_and_waits_for_what_they_compute(scan: Scan, store: Path, tmp_path: Path) -> None:
    """The other, on another machine, goes on beating for a while, then dies."""
    foreigner, told = Foreigner(store, 3, 239), tmp_path / "told"
    with told.open("w") as stderr:
        process = subprocess.Popen(command("run", scan.file, "-o", store), stderr=stderr)
    deadline = time.monotonic() + 120
    while "waiting for" not in told.read_text() and time.monotonic() < deadline:
        foreigner.beat()
        time.sleep(0.05)
    assert process.poll() is None
    found = status(store)
    assert found.done == 238
    assert found.running
    assert {(process.host, process.job, process.blocks) for process in found.at_work} >= {("elsewhere", "77_3", 2)}
    for block in (3, 239):
        (claims_of(store) / str(block)).unlink()
    assert process.wait(timeout=60) == 0, told.read_text()
    assert "joining those at work on this store: elsewhere (process 1, job 77_3)" in told.read_text()
    assert "waiting for blocks of elsewhere (process 1, job 77_3)" in told.read_text()
    assert lines_of_blocks(store) == 240


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("absent", [False, True], ids=["silent", "heartbeat deleted"])
def test_blocks_of_the_silent_are_taken_over(scan: Scan, store: Path, absent: bool) -> None:
    foreigner = Foreigner(store, 3, 239)
    leftover = store / ".0.ffffffff-1-1.deadbeef.partial"
    leftover.write_bytes(b"half")
    if absent:
        foreigner.file.unlink()
    began = time.monotonic()
    outcome = run_scan(scan, store)
    assert outcome.done == outcome.computed == 240
    assert time.monotonic() - began > 1.0
    assert not list(claims_of(store).iterdir())
    assert leftover.exists() == absent  # nobody can tell whether its writer lives


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("shift", [-1e9, 1e9], ids=["past", "future"])
def test_clocks_do_not_matter(scan: Scan, store: Path, shift: float) -> None:
    """A claim lives as long as its heartbeat changes, whatever time its files bear."""
    foreigner = Foreigner(store, 5)
    stop = threading.Event()

    def live() -> None:
        while not stop.wait(0.1):
            foreigner.beat()
            when = time.time() + shift
            os.utime(foreigner.file, (when, when))

    heart = threading.Thread(target=live)
    heart.start()
    outcome: list[Outcome] = []
    run = threading.Thread(target=lambda: outcome.append(run_scan(scan, store)))
    run.start()
    deadline = time.monotonic() + 120.0
    while status(store).done < 239 and time.monotonic() < deadline:
        time.sleep(0.05)
    run.join(2.0 * claims.DEAD_SECONDS)
    assert run.is_alive()
    assert status(store).done == 239
    stop.set()
    heart.join()
    run.join(60.0)
    assert outcome[0].computed == 240


def test_the_dead_of_this_machine_are_known_at_once(scan: Scan, tmp_path: Path) -> None:
    store = tmp_path / "s.zarr"
    process = subprocess.Popen(command("run", scan.file, "-o", store, first=SLOWLY), stderr=subprocess.DEVNULL)
    while not (store.exists() and status(store).done):
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = status(store)
    assert not done.running
    assert list(claims_of(store).iterdir())
    began = time.monotonic()
    outcome = run_scan(scan, store)
    assert outcome.computed == 240 - done.done
    assert time.monotonic() - began < claims.DEAD_SECONDS
    assert not list(claims_of(store).iterdir())


def test_claims_deleted_on_purpose_cost_time_alone(scan: Scan, tmp_path: Path) -> None:
    whole, store = tmp_path / "whole.zarr", tmp_path / "s.zarr"
    run_scan(scan, whole)
    processes = [subprocess.Popen(command("run", scan.file, "-o", store), stderr=subprocess.DEVNULL) for _ in range(3)]
    while any(process.poll() is None for process in processes):
        shutil.rmtree(claims_of(store), ignore_errors=True)
        time.sleep(0.002)
    assert [process.returncode for process in processes] == [0] * 3
    claims_of(store).mkdir(exist_ok=True)
    assert contents(store) == contents(whole)
    assert call("verify", store).returncode == 0


def test_a_file_system_without_links_is_written_to(scan: Scan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    assert run_scan(scan, tmp_path / "s.zarr").computed == 240


def test_a_block_that_another_has_done_meanwhile_is_left_alone(
    scan: Scan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the first block of this run is computed, all others are done by another run."""
    store = tmp_path / "s.zarr"
    evaluate = Evaluator.__call__
    others: list[Outcome] = []
    once = threading.Lock()

    def slow(self: Evaluator, box: Box, out: Any = None) -> dict[str, Any]:
        if box and box[2].stop - box[2].start == 1 and box[-1].stop == 400 and once.acquire(blocking=False):
            assert call("run", scan.file, "-o", store, "--part", "2/2").returncode == 0
        return evaluate(self, box, out)

    monkeypatch.setattr(Evaluator, "__call__", slow)
    others.append(run_scan(scan, store, threads=1))
    assert others[0].done == 240
    assert others[0].computed == 120
    assert lines_of_blocks(store) == 240


def test_a_block_that_another_run_could_not_compute_is_not_tried_again(
    scan: Scan, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []
    evaluate = Evaluator.__call__
    meet = threading.Barrier(2)

    def fail(self: Evaluator, box: Box, out: Any = None) -> dict[str, Any]:
        if box[-1].stop == 400 and box[2].start == 7 and box[0].start == box[1].start == 0:
            tries.append(box)
            raise FloatingPointError("poison")
        return evaluate(self, box, out)

    monkeypatch.setattr(Evaluator, "__call__", fail)
    outcomes: list[Outcome] = []

    def run() -> None:
        meet.wait()
        outcomes.append(run_scan(scan, store, threads=1))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [outcome.done for outcome in outcomes] == [239, 239]
    assert [outcome.failed for outcome in outcomes] == [{7: "FloatingPointError: poison"}] * 2
    assert len(tries) <= 2


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(["sleep", "600"])
    yield process
    process.kill()
    process.wait()


def test_a_process_number_used_anew_is_not_taken_for_the_old_process(
    scan: Scan, store: Path, stranger: subprocess.Popen[bytes]
) -> None:
    place = process_name().split("-")[0]
    file = claims_of(store) / "here-1-12345678.json"
    file.write_text(json.dumps({"host": "here", "pid": stranger.pid, "process": f"{place}-{stranger.pid}-1"}))
    (claims_of(store) / "8").symlink_to(file.name)
    assert run_scan(scan, store).computed == 240


def test_a_finished_store_holds_the_files_of_its_journal_and_no_claims(scan: Scan, store: Path) -> None:
    run_scan(scan, store)
    private = {str(file.relative_to(store / ".renp_fast")) for file in (store / ".renp_fast").rglob("*")}
    (journal,) = journal_files(store)
    assert private == {"header.json", "claims", "journal", f"journal/{journal.name}"}
