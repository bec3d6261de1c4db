"""How a run gets on: a live line on a terminal, a plain line now and then in a batch log."""

import sys
import time
from typing import TYPE_CHECKING

from renp_fast.printable import printable

if TYPE_CHECKING:
    from tqdm import tqdm

LOG_SECONDS = 10.0


class TerminalProgress:
    """One line that is drawn again and again."""

    def __init__(self) -> None:
        self._bar: tqdm[None] | None = None

    def start(self, blocks: int, done: int, points: int) -> None:
        """Draw the line for the first time."""
        if done:
            print(f"{done} of {blocks} blocks were done before", file=sys.stderr)
        from tqdm import tqdm

        self._bar = tqdm(total=points, unit="pt", unit_scale=True, dynamic_ncols=True, file=sys.stderr)

    def advance(self, points: int) -> None:
        """Draw the line again."""
        if self._bar is not None:
            self._bar.update(points)

    def note(self, message: str) -> None:
        """Print a message above the line."""
        from tqdm import tqdm

        tqdm.write(printable(f"note: {message}"), file=sys.stderr)

    def close(self) -> None:
        """Leave the line as it is."""
        if self._bar is not None:
            self._bar.close()


class LogProgress:
    """A line every few seconds, with the rate and the time left."""

    def __init__(self, every_seconds: float = LOG_SECONDS) -> None:
        self.every_seconds = every_seconds
        self.points = self.total = 0
        self.began = self.last = 0.0

    def start(self, blocks: int, done: int, points: int) -> None:
        """Print what is to do."""
        self.total = points
        self.began = self.last = time.monotonic()
        print(f"{blocks - done} of {blocks} blocks to do, {points:.4g} points", file=sys.stderr, flush=True)

    def advance(self, points: int) -> None:
        """Count, and print if it is time to."""
        self.points += points
        now = time.monotonic()
        if now - self.last >= self.every_seconds:
            self.last = now
            rate = self.points / (now - self.began)
            left = duration((self.total - self.points) / rate)
            share = 100.0 * self.points / self.total
            print(f"{share:5.1f} %  {rate:.3g} points/s  {left} left", file=sys.stderr, flush=True)

    def note(self, message: str) -> None:
        """Print a message."""
        print(printable(f"note: {message}"), file=sys.stderr, flush=True)

    def close(self) -> None:
        """Nothing is left to do."""


def progress() -> TerminalProgress | LogProgress:
    """What suits where messages go."""
    return TerminalProgress() if sys.stderr.isatty() else LogProgress()


def duration(seconds: float) -> str:
    """A time for people: 12.3 s, 4 min, 5.2 h, 3.1 d."""
    for limit, unit, size in ((120.0, "s", 1.0), (7200.0, "min", 60.0), (172800.0, "h", 3600.0)):
        if seconds < limit:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 86400.0:.3g} d"


def byte_size(count: float) -> str:
    """Bytes for people: 12 kB, 3.4 GB."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if count < 1000.0:
            return f"{count:.4g} {unit}"
        count /= 1000.0
    return f"{count:.4g} PB"
