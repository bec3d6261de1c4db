"""Signals are noted wherever they come, and heeded between blocks."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import call, command

from renp_fast.evaluate.evaluate import Evaluator
from renp_fast.runs.execute import run_scan
from renp_fast.runs.stop import NOTICE_SECONDS, heed, heeding_signals, pause
from renp_fast.scan_file.grid import Box, size
from renp_fast.scan_file.scan import Scan
from renp_fast.store.inspection import status


@pytest.fixture(autouse=True)
def batch_signals() -> Iterator[None]:
    """SIGTERM is one of those that stop a run, as on the command line."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    yield
    assert signal.getsignal(signal.SIGTERM) is signal.default_int_handler
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    signal.signal(signal.SIGTERM, before)


def send(number: int) -> None:
    os.kill(os.getpid(), number)
    time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("wait", [heed, lambda: pause(60.0)], ids=["heed", "pause"])
def test_a_signal_waits_until_it_is_heeded(number: int, wait: Callable[[], None]) -> None:
    with heeding_signals():
        heed()
        send(number)
        with pytest.raises(KeyboardInterrupt):
            wait()
    heed()


def test_the_outermost_notes_signals() -> None:
    with heeding_signals():
        with heeding_signals():
            send(signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            heed()


def test_who_insists_is_heard_at_once() -> None:
    with heeding_signals():
        send(signal.SIGINT)
        send(signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            send(signal.SIGINT)


def test_the_command_line_then_waits_for_no_block(tmp_path: Path, write_scan: Callable[..., Path]) -> None:
    """Blocks of a minute each: the second Ctrl-C ends the process, and the same command goes on."""
    scan, store, at_work = write_scan(), tmp_path / "s.zarr", tmp_path / "at work"
    slow = (
        "import time; from pathlib import Path; from renp_fast.runs.worker import Worker\n"
        f"Worker._make = lambda *_: (Path({str(at_work)!r}).touch(), time.sleep(60.0))"
    )
    process = subprocess.Popen(command("run", scan, "-o", store, first=slow), stderr=subprocess.PIPE, text=True)
    while not at_work.exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    time.sleep(3.0 * NOTICE_SECONDS)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=20.0)
    assert process.returncode == 1
    assert "stopped at once" in told
    final = call("run", scan, "-o", store)
    assert final.returncode == 0, final.stderr


def test_signals_of_others_stay_theirs() -> None:
    got: list[int] = []
    before = signal.signal(signal.SIGUSR2, lambda number, _: got.append(number))
    with heeding_signals():
        send(signal.SIGUSR2)
        heed()
    assert got == [signal.SIGUSR2]
    signal.signal(signal.SIGUSR2, before)


def test_other_threads_are_not_interrupted() -> None:
    with heeding_signals():
        send(signal.SIGINT)
        calm: list[bool] = []
        thread = threading.Thread(target=lambda: calm.append(heed() is None))  # type: ignore[func-returns-value]
        thread.start()
        thread.join()
        assert calm == [True]


def test_a_signal_in_the_middle_of_a_block_lets_it_finish(
    scan: Scan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often it comes: the main thread is interrupted between blocks alone."""
    evaluate, begun = Evaluator.__call__, []

    def signalled(self: Evaluator, box: Box, *arguments: Any) -> dict[str, Any]:
        if size(box) == 20_000:  # not for the warm-up's single point
            begun.append(box)
        if len(begun) >= 20:
            send(signal.SIGTERM)
            time.sleep(NOTICE_SECONDS)
        return evaluate(self, box, *arguments)

    monkeypatch.setattr(Evaluator, "__call__", signalled)
    store = tmp_path / "s.zarr"
    with pytest.raises(KeyboardInterrupt):
        run_scan(scan, store, threads=2)
    assert len(begun) <= 24
    assert status(store).done == len(begun)
    assert not list((store / ".renp_fast/claims").iterdir())
