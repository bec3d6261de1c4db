"""Large files are written past the cache where that can be done; blocks are written while others are computed."""

import errno
import os
import threading
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import contents

from renp_fast.evaluate.evaluate import Evaluator
from renp_fast.runs.execute import run_scan
from renp_fast.scan_file import grid
from renp_fast.scan_file.grid import Box
from renp_fast.scan_file.scan import Scan
from renp_fast.store import uncached
from renp_fast.store.files import checksum
from renp_fast.store.journal import JournalWriter, read_journal
from renp_fast.store.store import BlockWriter, open_for
from renp_fast.store.uncached import STAGING_BYTES, UNIT, crc_of, write_pieces

WAIT_SECONDS = 30.0
SIZES = [0, 1, UNIT - 1, UNIT, UNIT + 1, STAGING_BYTES - 1, STAGING_BYTES, STAGING_BYTES + 1, 2 * STAGING_BYTES + 12345]


def in_pieces(size: int) -> tuple[bytes, list[uncached.Piece]]:
    """Random bytes, and the same in pieces of all kinds and sizes."""
    rng = np.random.default_rng(size)
    data = rng.bytes(size)
    edges = [0, *sorted(rng.integers(0, size + 1, 5).tolist()), size]
    parts = [data[a:b] for a, b in pairwise(edges)]
    return data, [part if k % 2 else np.array(bytearray(part), dtype=np.uint8) for k, part in enumerate(parts)]


@pytest.mark.parametrize("size", SIZES)
def test_what_is_written_is_what_was_given(size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uncached, "DIRECT_BYTES", 0)
    data, pieces = in_pieces(size)
    for _ in range(2):  # the second time over the first
        write_pieces(tmp_path / "x", pieces)
        assert (tmp_path / "x").read_bytes() == data
    assert f"{crc_of(pieces):08x}" == checksum(data)
    assert [file.name for file in tmp_path.iterdir()] == ["x"]


@pytest.mark.parametrize("call", ["open", "write"])
def test_a_file_system_that_knows_no_direct_writes_gets_others(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine = getattr(os, call)
    refused = []

    def refuse(first: Any, second: Any, *rest: Any) -> Any:
        if call == "write" or second & os.O_DIRECT:
            refused.append(first)
            raise OSError(errno.EINVAL, "Invalid argument")
        return genuine(first, second, *rest)

    monkeypatch.setattr(os, call, refuse)
    data, pieces = in_pieces(uncached.DIRECT_BYTES + 7)
    write_pieces(tmp_path / "x", pieces)
    assert refused
    assert (tmp_path / "x").read_bytes() == data


def test_writes_that_stop_short_are_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, data: write(file, data[: 5 * UNIT]))
    data, pieces = in_pieces(STAGING_BYTES + 3 * UNIT + 1)
    write_pieces(tmp_path / "x", pieces)
    assert (tmp_path / "x").read_bytes() == data


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x").write_bytes(b"old")

    def full(*_: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space left"):
        write_pieces(tmp_path / "x", in_pieces(uncached.DIRECT_BYTES)[1])
    assert [file.name for file in tmp_path.iterdir()] == ["x"]
    assert (tmp_path / "x").read_bytes() == b"old"


def test_what_somebody_removes_who_thinks_us_dead_is_written_again(
    scan: Scan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first object of its folder too, for which that has just been made."""
    fsync, removed = os.fsync, []

    def remove(file: int) -> None:
        fsync(file)
        path = Path(f"/proc/self/fd/{file}").readlink()
        if "c" in path.parts and len(removed) < 2:
            path.unlink()
            removed.append(path)

    store = open_for(scan, tmp_path / "s.zarr").path
    monkeypatch.setattr(os, "fsync", remove)
    assert run_scan(scan, store, threads=1, part=(7, 240)).computed == 1
    assert len(removed) == 2


@pytest.mark.parametrize("direct_bytes", [0, 1 << 60], ids=["directly", "through the cache"])
def test_what_counts_as_done_is_on_disk_first(
    direct_bytes: int, scan: Scan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The object before its name, its name before its line, and that before the claim is given up."""
    events: list[str] = []

    def note(owner: Any, name: str, event: str, about: Callable[..., bool]) -> None:
        genuine = getattr(owner, name)

        def noted(*arguments: Any, **options: Any) -> Any:
            result = genuine(*arguments, **options)
            events.extend([event] if about(*arguments) else [])
            return result

        monkeypatch.setattr(owner, name, noted)

    monkeypatch.setattr(uncached, "DIRECT_BYTES", direct_bytes)
    note(os, "fsync", "object synchronised", lambda file: "c" in Path(f"/proc/self/fd/{file}").readlink().parts)
    note(Path, "replace", "object named", lambda _, target: "c" in target.parts)
    note(os, "fdatasync", "line synchronised", lambda _: True)
    note(Path, "unlink", "claim given up", lambda path: path.name == "6")
    store = open_for(scan, tmp_path / "s.zarr")
    events.clear()
    assert run_scan(scan, store.path, threads=1, part=(7, 240)).computed == 1
    begun = ["line synchronised"]  # by whom the journal is written
    assert events == ["object synchronised", "object named", *begun, "line synchronised", "claim given up"]


def test_a_block_is_written_while_the_next_is_computed(
    scan: Scan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one thread too: the first is not written until the next has been begun."""
    evaluate, write = Evaluator.__call__, BlockWriter.write
    begun, waited = threading.Semaphore(0), []

    def count(self: Evaluator, box: Box, out: Any = None) -> Any:
        if self.scan.axes == scan.axes and grid.size(box) > 1:  # not to warm up
            begun.release()
        return evaluate(self, box, out)

    def slow(self: BlockWriter, block: int, encoded: Any) -> Any:
        if not waited:
            waited.append(begun.acquire(timeout=WAIT_SECONDS))  # itself
            waited.append(begun.acquire(timeout=WAIT_SECONDS))
        return write(self, block, encoded)

    monkeypatch.setattr(Evaluator, "__call__", count)
    monkeypatch.setattr(BlockWriter, "write", slow)
    assert run_scan(scan, tmp_path / "s.zarr", threads=1, part=(1, 24)).computed == 10
    assert waited == [True, True]


@pytest.mark.parametrize("threads", [1, 3])
def test_no_more_threads_compute_than_were_asked_for(
    threads: int, scan: Scan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluate, lock = Evaluator.__call__, threading.Lock()
    at_once = [0, 0]

    def slow(self: Evaluator, box: Box, out: Any = None) -> Any:
        with lock:
            at_once[0] += 1
            at_once[1] = max(at_once)
        time.sleep(0.005)
        with lock:
            at_once[0] -= 1
        return evaluate(self, box, out)

    monkeypatch.setattr(Evaluator, "__call__", slow)
    run_scan(scan, tmp_path / "s.zarr", threads=threads, part=(1, 4))
    assert at_once[1] == threads


def test_lines_that_meet_are_synchronised_together_and_each_before_it_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".renp_fast").mkdir()
    writer = JournalWriter(tmp_path, "f" * 64)
    synchronised = [0]
    syncs = []

    def slow(file: int) -> None:
        size = os.fstat(file).st_size
        time.sleep(0.02)
        synchronised[0] = size
        syncs.append(size)

    monkeypatch.setattr(os, "fdatasync", slow)
    wrong = []

    def work(block: int) -> None:
        writer.done(block, {"rate": (1, "00000000")}, 0, 0.1)
        place = writer.path.read_bytes().index(f'"block":{block},'.encode())
        if place > synchronised[0]:
            wrong.append(block)

    threads = [threading.Thread(target=work, args=(block,)) for block in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    assert wrong == []
    assert len(syncs) < 25
    assert sorted(read_journal(tmp_path, "f" * 64).done) == list(range(50))


def test_threads_and_ways_of_writing_leave_the_same_bytes(
    scan: Scan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for threads, direct_bytes in ((1, 0), (3, 1 << 60)):
        monkeypatch.setattr(uncached, "DIRECT_BYTES", direct_bytes)
        run_scan(scan, tmp_path / f"{threads}.zarr", threads, part=(1, 8))
        found.append(contents(tmp_path / f"{threads}.zarr"))
    assert len(found[0]) > 30
    assert found[0] == found[1]
