"""Asked to stop: by Ctrl-C, or by the signals of a batch system, which are heeded between blocks.

A KeyboardInterrupt that is raised wherever the main thread happens to be may leave a lock of the standard library
held, for which the other threads then wait for ever. So a run notes the signal, and raises it where that is safe.
"""

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from types import FrameType
from typing import TypeAlias, TypeVar

# How long a signal may go unnoticed by who waits
NOTICE_SECONDS = 0.1

# Of a thread that compiles, even where the system would give it little
STACK_BYTES = 1 << 24
T = TypeVar("T")
Handler: TypeAlias = Callable[[int, FrameType | None], object]

_asked = False
_left: list[threading.Thread] = []
_at_once: Handler = signal.default_int_handler


@contextlib.contextmanager
def heeding_signals(at_once: Handler = signal.default_int_handler) -> Iterator[None]:
    """Note the signals that would raise KeyboardInterrupt, for `heed` to raise; a second Ctrl-C calls ``at_once``.

    Signals that others handle stay theirs. Outside the main thread, which alone gets signals, nothing changes.
    """
    global _asked, _at_once
    ours = []
    if threading.current_thread() is threading.main_thread():
        ours = [number for number in signal.Signals if signal.getsignal(number) is signal.default_int_handler]
    if ours:
        _at_once = at_once
    for number in ours:
        signal.signal(number, _note)
    try:
        yield
    finally:
        for number in ours:  # none if somebody further out notes them already
            signal.signal(number, signal.default_int_handler)
            _asked = False


def asked() -> bool:
    """Whether this process has been asked to stop: nothing new is to be begun, on whichever thread."""
    return _asked


def heed() -> None:
    """Raise KeyboardInterrupt if asked to stop: call it where no lock is held."""
    if _asked and threading.current_thread() is threading.main_thread():
        raise KeyboardInterrupt


def pause(seconds: float) -> None:
    """Sleep, but raise KeyboardInterrupt soon after being asked to stop."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0.0:
        heed()
        time.sleep(min(left, NOTICE_SECONDS))
    heed()


def interruptibly(work: Callable[[], T]) -> T:
    """Do what heeds no signal, such as to compile or to connect; a signal leaves it behind, on a thread of its own.

    Only for work that may be left half done, and that holds nothing which others wait for.
    """
    if threading.current_thread() is not threading.main_thread():
        return work()
    done: Future[T] = Future()

    def go() -> None:
        try:
            done.set_result(work())
        except BaseException as error:
            done.set_exception(error)

    thread = threading.Thread(target=go, name="renp-fast-beside", daemon=True)
    if not _started(thread):
        return work()
    _left.append(thread)
    while not done.done():
        heed()
        wait([done], NOTICE_SECONDS)
    thread.join()
    _left.remove(thread)
    return done.result()


def left_behind() -> bool:
    """Whether something that a signal interrupted still goes on: the process has to be ended without waiting for it."""
    return any(thread.is_alive() for thread in _left)


def _started(thread: threading.Thread) -> bool:
    """Start a thread, if the system lets us have one."""
    before = threading.stack_size(STACK_BYTES)
    try:
        thread.start()
    except RuntimeError:
        return False
    finally:
        threading.stack_size(before)
    return True


def _note(number: int, frame: FrameType | None) -> None:
    global _asked
    if _asked and number == signal.SIGINT:
        _at_once(number, frame)
    _asked = True
