"""One process compiles at a time, but nobody is waited for who has stopped; and a signal ends who compiles or waits."""

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import call, command

from renp_fast.kernels.simd.cache import Places
from renp_fast.kernels.simd.settings import CACHE_VARIABLE
from renp_fast.runs import compile_lock
from renp_fast.runs.compile_lock import one_at_a_time
from renp_fast.runs.stop import heeding_signals, interruptibly, left_behind

HOLD = """
import fcntl, sys
lock = open(sys.argv[1], "w")
fcntl.flock(lock, fcntl.LOCK_EX)
print("held", flush=True)
input()
"""


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    """A cache of this test alone."""
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    made = Places()
    made.save("f", "key", "data")
    monkeypatch.setattr(compile_lock, "places", lambda: made)
    return made


@pytest.fixture
def holder(places: Places) -> Iterator[subprocess.Popen[str]]:
    """Another process that has locked the cache, and is stopped."""
    command = [sys.executable, "-c", HOLD, str(places.write / "compile.lock")]  # type: ignore[operator]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    process.send_signal(signal.SIGSTOP)
    yield process
    process.kill()
    process.communicate()


def test_two_are_at_it_one_after_the_other(places: Places) -> None:
    assert places.write is not None
    with one_at_a_time():
        lock = os.open(places.write / "compile.lock", os.O_RDWR)
        with pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(lock)


@pytest.mark.usefixtures("holder")
def test_who_is_stopped_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(compile_lock, "PATIENCE_SECONDS", 0.3)
    with one_at_a_time():
        assert "does not get on: the kernels are compiled here too" in capsys.readouterr().err


@pytest.mark.usefixtures("holder")
def test_who_gets_on_is_waited_for(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kernels appear, more often than patience ends: nobody goes on until they do not any more."""
    monkeypatch.setattr(compile_lock, "PATIENCE_SECONDS", 1.0)
    entered = threading.Event()

    def wait() -> None:
        with one_at_a_time():
            entered.set()

    thread = threading.Thread(target=wait)
    thread.start()
    for number in range(15):
        places.save("f", number, "data")
        time.sleep(0.2)
        assert not entered.is_set()
    thread.join(60.0)
    assert entered.is_set()


@pytest.mark.parametrize("kind", ["directory", "pipe", "link"])
def test_what_cannot_be_locked_is_not_waited_for(kind: str, places: Places) -> None:
    assert places.write is not None
    file = places.write / "compile.lock"
    if kind == "directory":
        file.mkdir()
    elif kind == "pipe":
        os.mkfifo(file)
    else:
        file.symlink_to("/dev/zero")
    with one_at_a_time():
        pass


def test_work_that_is_not_interrupted_gives_its_result_or_its_error() -> None:
    def fail() -> None:
        raise TimeoutError("mine")

    assert interruptibly(lambda: 3) == 3
    with pytest.raises(TimeoutError, match="mine"):
        interruptibly(fail)
    assert not left_behind()


def test_a_signal_leaves_work_behind() -> None:
    end = threading.Event()
    with heeding_signals():
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt):
            interruptibly(end.wait)
        assert left_behind()
    end.set()


# Compiles for ever, as far as a signal is concerned: in a call of C that lets no Python run on its thread
SLOW = """
import renp_fast.runs.warmup as warmup, ctypes
warmup._warm_up = lambda scan: (print("compiling", flush=True), ctypes.CDLL(None).sleep(100))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGUSR1])
@pytest.mark.parametrize("name", ["run", "plan"])
def test_a_signal_ends_a_command_that_compiles(name: str, number: int, scan: object, tmp_path: Path) -> None:
    output = ["-o", tmp_path / "s.zarr"] if name == "run" else []
    arguments = command(name, scan.file, *output, first=SLOW)  # type: ignore[attr-defined]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "compiling\n"
    process.send_signal(number)
    _, told = process.communicate(timeout=20.0)
    assert process.returncode == 1
    assert told.splitlines()[-1].startswith("stopped")
    assert "Traceback" not in told


@pytest.mark.parametrize("arguments", [["plan", "--help"], ["--version"], ["status"], ["verify"], ["cancel"]])
def test_what_needs_no_kernels_does_not_touch_their_cache(
    arguments: list[str], scan: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "s.zarr"
    if len(arguments) == 1 and arguments != ["--version"]:
        call("run", scan.file, "-o", store, "--part", "1/240")  # type: ignore[attr-defined]
        arguments = [*arguments, str(store)]
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    call(*arguments)
    assert not (tmp_path / "cache").exists()
    assert not any((tmp_path / "tmp").iterdir())
