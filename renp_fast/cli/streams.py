"""The standard streams of the command line: nobody listens, or a log's disk is full, and the work goes on."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any


class StreamError(RuntimeError):
    """Results cannot be printed: the message says why."""


class _Stream:
    """A stream of text, with other ways to write to it."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class Messages(_Stream):
    """Where messages go: what cannot be written is not written."""

    def write(self, text: str) -> int:
        """Write, if that can be done."""
        with suppress(OSError, ValueError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Hand on what has been written, if that can be done."""
        with suppress(OSError, ValueError):
            self._stream.flush()


class Results(_Stream):
    """Where results go: what cannot be written is an error."""

    def write(self, text: str) -> int:
        """Write, or say why not."""
        with _explained():
            return int(self._stream.write(text))

    def flush(self) -> None:
        """Hand on what has been written, or say why not."""
        with _explained():
            self._stream.flush()


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise StreamError(f"standard output: cannot write: {error.strerror or error}") from error


@contextmanager
def standard_streams() -> Iterator[None]:
    """Print to streams that are there and behave as above; at the end nothing is left for Python to fail at."""
    _open_closed()
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = Results(sys.stdout), Messages(sys.stderr)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
        for stream in before:
            drop_if_stuck(stream)


def drop_if_stuck(stream: Any) -> None:
    """Let go of what a stream holds back and cannot write: Python would try again at its end, and fail."""
    try:
        stream.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError):
            sink = os.open(os.devnull, os.O_WRONLY)
            os.dup2(sink, stream.fileno())
            os.close(sink)
            stream.flush()


def _open_closed() -> None:
    """Open streams that were closed when this process began: else the next file of a store would take their place."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            sink = os.open(os.devnull, os.O_RDWR)
            if sink != number:
                os.dup2(sink, number)
                os.close(sink)
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "r" if number == 0 else "w", closefd=False))
