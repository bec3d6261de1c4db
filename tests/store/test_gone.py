"""Stores that are removed, renamed or robbed of their parts while a run is at work on them."""

import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from conftest import SLOWLY, call, command, contents, objects

from renp_fast.evaluate.evaluate import Evaluator
from renp_fast.runs.execute import run_scan
from renp_fast.scan_file.grid import Box
from renp_fast.scan_file.scan import Scan, parse_scan
from renp_fast.store.inspection import status, verify
from renp_fast.store.journal import journal_files
from renp_fast.store.paths import StoreGoneError

Deed = Callable[[Path], None]


def rename(store: Path) -> None:
    store.rename(store.with_name("moved.zarr"))


def delete(store: Path) -> None:
    while store.exists():
        shutil.rmtree(store, ignore_errors=True)


def lose_private(store: Path) -> None:
    (store / ".renp_fast").rename(store.with_name("lost"))


def begin_anew(store: Path) -> None:
    """Another run begins the same store anew at the same place."""
    copy = store.with_name("copy.zarr")
    with suppress(shutil.Error):  # claims come and go
        shutil.copytree(store, copy, symlinks=True)
    for path in (*objects(copy), *journal_files(copy)):
        path.unlink()
    rename(store)
    copy.rename(store)


def replace_by_another(store: Path) -> None:
    """The store of another scan takes the place."""
    rename(store)
    store.with_name("other.zarr").rename(store)


@pytest.fixture
def do_at_block(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, Deed, Path], None]:
    """Have something done to a store, once, when a block is about to be computed."""

    def arrange(block: int, deed: Deed, store: Path) -> None:
        evaluate = Evaluator.__call__
        once = threading.Lock()

        def disturbed(self: Evaluator, box: Box, out: Any = None) -> dict[str, Any]:
            is_it = [part.start for part in box] == [0, 0, block, 0, 0] and box[-1].stop == 400
            if is_it and once.acquire(blocking=False):
                deed(store)
            return evaluate(self, box, out)

        monkeypatch.setattr(Evaluator, "__call__", disturbed)

    return arrange


@pytest.mark.parametrize("deed", [rename, delete, lose_private])
def test_a_store_that_is_gone_ends_the_run_and_nothing_is_made_anew(
    scan: Scan, tmp_path: Path, do_at_block: Callable[..., None], deed: Deed
) -> None:
    store = tmp_path / "s.zarr"
    do_at_block(20, deed, store)
    with pytest.raises(StoreGoneError, match=r"s\.zarr: the store is gone"):
        run_scan(scan, store, threads=2)
    assert store.exists() == (deed is lose_private)
    assert not (store / ".renp_fast").exists()


def test_a_store_of_another_scan_in_the_place_gets_no_numbers_of_this_one(
    scan: Scan, tmp_path: Path, do_at_block: Callable[..., None]
) -> None:
    """A block that is being written at that moment may be lost there, and is then missing."""
    store, other = tmp_path / "s.zarr", tmp_path / "other.zarr"
    another = parse_scan(scan.text.replace("coupling = 3e-26", "coupling = 4e-26"))
    run_scan(another, other, part=(1, 3))
    before = contents(other)
    do_at_block(20, replace_by_another, store)
    with pytest.raises(StoreGoneError):
        run_scan(scan, store, threads=2)
    assert contents(store).items() <= before.items()
    assert run_scan(another, store).done == 240
    assert verify(store).sound


def test_a_run_that_waits_for_others_learns_that_the_store_is_gone(scan: Scan, tmp_path: Path) -> None:
    """All that is left is in the hands of another, who lives."""
    store = tmp_path / "s.zarr"
    run_scan(scan, store, part=(1, 2))
    claims = store / ".renp_fast/claims"
    (claims / "elsewhere-1-12345678.json").write_text('{"process": "ffffffff-1-1", "host": "elsewhere"}')
    for block in range(1, 240, 2):
        (claims / str(block)).symlink_to("elsewhere-1-12345678.json")
    timer = threading.Timer(1.0, rename, [store])
    timer.start()
    with pytest.raises(StoreGoneError):
        run_scan(scan, store)
    timer.join()
    assert not store.exists()


def test_processes_of_a_run_leave_a_store_that_is_gone_alone(scan: Scan, tmp_path: Path) -> None:
    store, log = tmp_path / "s.zarr", tmp_path / "log"
    with log.open("w") as stderr:
        run = subprocess.Popen(command("run", scan.file, "-o", store, "--workers", 2, first=SLOWLY), stderr=stderr)
    while not any(b'"block"' in file.read_bytes() for file in journal_files(store)) and run.poll() is None:
        time.sleep(0.01)
    rename(store)
    assert run.wait(120) == 1, log.read_text()
    assert not store.exists()
    assert f"error: {store}: the store is gone" in log.read_text()
    assert "Traceback" not in log.read_text()


def find_damage(store: Path) -> None:
    """Somebody verifies the store, and finds that a disk has changed two blocks."""
    for path in finished(store)[:2]:
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    assert verify(store).revoked


def finished(store: Path) -> list[Path]:
    """Objects that nobody is writing at the moment."""
    return [path for path in objects(store) if not path.name.endswith(".partial")]


def remove_objects(store: Path) -> None:
    for path in finished(store)[::3]:
        path.unlink()


def cut_objects(store: Path) -> None:
    for path in finished(store)[::3]:
        path.write_bytes(path.read_bytes()[:-1])


def remove_variable(store: Path) -> None:
    (store / "spectral_function").rename(store.with_name("robbed"))


def remove_journals(store: Path) -> None:
    for path in journal_files(store):
        path.unlink()


def cut_journals(store: Path) -> None:
    for path in journal_files(store):
        with path.open("r+b") as file:
            file.truncate(path.stat().st_size // 2)


def remove_header(store: Path) -> None:
    (store / ".renp_fast/header.json").unlink()
    (store / "zarr.json").write_text("[]")


DEEDS = [
    begin_anew,
    find_damage,
    remove_objects,
    cut_objects,
    remove_variable,
    remove_journals,
    cut_journals,
    remove_header,
]


@pytest.mark.parametrize("deed", DEEDS)
def test_what_a_run_says_at_its_end_is_what_a_fresh_reader_finds(
    scan: Scan, tmp_path: Path, do_at_block: Callable[..., None], deed: Deed, whole: Path
) -> None:
    store = tmp_path / "s.zarr"
    do_at_block(20, deed, store)
    outcome = run_scan(scan, store, threads=2)
    found = status(store)
    assert (outcome.done, outcome.missing, outcome.failed) == (found.done, 0, {})
    assert found.done == 240
    assert verify(store).sound
    assert contents(store) == contents(whole)


@pytest.fixture
def whole(scan: Scan, tmp_path: Path) -> Path:
    """The store to which nothing happens."""
    run_scan(scan, tmp_path / "whole.zarr")
    return tmp_path / "whole.zarr"


def test_who_removes_blocks_again_and_again_makes_the_run_end_incomplete(
    scan: Scan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from renp_fast.cli.commands import main
    from renp_fast.runs import execute

    store = tmp_path / "s.zarr"
    look_afresh = execute._Run.look_afresh

    def rob_and_look(self: Any) -> None:
        objects(store)[7].unlink()
        look_afresh(self)

    monkeypatch.setattr(execute._Run, "look_afresh", rob_and_look)
    assert main(["run", str(scan.file), "-o", str(store), "--part", "1/2"]) == 1
    assert "119 of 240 blocks done" in capsys.readouterr().err
    assert status(store).done == 119
    assert call("status", store).returncode == 1
