"""Killed at any moment, a scan goes on from what is done, and ends as if nothing had happened."""

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest
from conftest import SLOWLY, call, command, contents

from renp_fast.runs.execute import run_scan
from renp_fast.scan_file.scan import Scan
from renp_fast.store.inspection import status
from renp_fast.store.journal import journal_files
from renp_fast.store.process import process_name

KILLS = 20


def done_lines(store: Path) -> int:
    """Lines of done blocks in all journal files."""
    return sum(file.read_bytes().count(b'"block"') for file in journal_files(store))


def wait_for_blocks(process: subprocess.Popen[str], store: Path) -> None:
    """Wait until the process has stored a block."""
    known = done_lines(store)
    while done_lines(store) == known and process.poll() is None:
        time.sleep(0.001)


def start(scan_file: str, store: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(command("run", scan_file, "-o", store, first=SLOWLY), stderr=subprocess.PIPE, text=True)


def test_killed_twenty_times_at_random_ends_byte_for_byte_the_same(scan: Scan, tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole.zarr", tmp_path / "killed.zarr"
    assert run_scan(scan, whole).done == 240
    rng = random.Random(20261122)
    progress = []
    for number in range(KILLS):
        process = start(scan.file, killed)
        if number % 5 == 0:  # anywhere, the start-up and the making of the store included
            time.sleep(rng.uniform(0.0, 0.5))
        else:  # while blocks are being written
            wait_for_blocks(process, killed)
            time.sleep(rng.uniform(0.0, 0.005))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        progress.append(status(killed).done if (killed / ".renp_fast").is_dir() else 0)
    assert progress == sorted(progress)  # nothing that was done is ever lost
    assert len(set(progress)) > KILLS // 2  # the kills did fall into the work
    final = call("run", scan.file, "-o", killed)
    assert final.returncode == 0, final.stderr
    assert contents(killed) == contents(whole)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGUSR1])
def test_asked_to_stop_finishes_its_blocks_and_says_how_to_go_on(
    scan: Scan, tmp_path: Path, number: signal.Signals
) -> None:
    store = tmp_path / "stopped.zarr"
    process = start(scan.file, store)
    wait_for_blocks(process, store)
    process.send_signal(number)
    _, message = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "goes on from there" in message
    assert not list((store / ".renp_fast/claims").iterdir())
    done = status(store).done
    assert 0 < done < 240
    outcome = run_scan(scan, store)
    assert outcome.computed == 240 - done
    assert outcome.leftovers == 0


def test_leftovers_of_the_dead_are_removed_and_nobody_elses(scan: Scan, tmp_path: Path) -> None:
    store = tmp_path / "s.zarr"
    run_scan(scan, store, part=(1, 2))
    killed = subprocess.Popen(["sleep", "60"])
    ticks = Path(f"/proc/{killed.pid}/stat").read_text().rpartition(")")[2].split()[19]
    here, pid, _ = process_name().split("-")
    assert pid == str(os.getpid())
    gone, elsewhere = f"{here}-{killed.pid}-{ticks}", f"ffffffff-{pid}-1"
    killed.kill()
    killed.wait()
    alive = process_name()
    folder = store / "spectral_function" / "c"
    for writer in (gone, alive, elsewhere):
        (folder / f".0.{writer}.deadbeef.partial").write_bytes(b"half")
        (tmp_path / f".s.zarr.{writer}.deadbeef.partial").mkdir()
    outcome = run_scan(scan, store)
    assert outcome.leftovers == 2
    assert {file.name.split(".")[2] for file in folder.glob(".*")} == {alive, elsewhere}
    assert {file.name.split(".")[3] for file in tmp_path.glob(".*")} == {alive, elsewhere}


def test_parts_together_make_the_whole(scan: Scan, tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole.zarr", tmp_path / "parts.zarr"
    run_scan(scan, whole)
    processes = [
        subprocess.Popen(command("run", scan.file, "-o", parts, "--part", f"{i}/3"), stderr=subprocess.PIPE)
        for i in (1, 2, 3)
    ]
    assert [process.communicate() and process.returncode for process in processes] == [0, 0, 0]
    assert contents(parts) == contents(whole)
    assert len(journal_files(parts)) == 3
    assert not list((parts / ".renp_fast/claims").iterdir())


def test_a_block_whose_line_is_there_but_not_its_object_is_computed_again(scan: Scan, tmp_path: Path) -> None:
    store = tmp_path / "s.zarr"
    run_scan(scan, store)
    (store / "spectral_function/c/0/1/7/0/0").unlink()
    assert status(store).missing == 1
    assert run_scan(scan, store).computed == 1


def test_an_object_without_a_line_is_computed_again(scan: Scan, tmp_path: Path) -> None:
    store = tmp_path / "s.zarr"
    run_scan(scan, store)
    for file in journal_files(store):
        file.unlink()
    assert run_scan(scan, store).computed == 240
