"""What is wrong in a scan file, or worth a note: where in the document, and what is allowed instead."""

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from renp_fast.scan_file.schema import KEYS_OF, PREFIX, TABLES, TOP_KEYS

# A path into the document: a table and a key, between them the name or number of one of several entries; the table and
# "" for the table as a whole, and for what stands at the top one name
Path = tuple[str | int, ...]
UNKNOWN, WRONG, MISSING = range(3)  # the order in which faults are told: a misspelt key makes another one missing


class Fault(NamedTuple):
    """One thing that is wrong, or, of notes, worth knowing.

    Attributes
    ----------
    path : tuple
        Where in the document.
    text : str
        What was found there, and what is allowed.
    rank : int
        Unknown, wrong or missing.
    of_alternative : bool
        Whether only the alternative of a separation has it, though it stands elsewhere.
    """

    path: Path
    text: str
    rank: int = WRONG
    of_alternative: bool = False

    def __str__(self) -> str:
        rest = f"[alternative], with the rest of the scan: {placed(self.path)}" if self.of_alternative else ""
        return f"{rest or placed(self.path)}: {self.text}"


def placed(path: Path) -> str:
    """A path as the file writes it."""
    table, *inner = (part if isinstance(part, int) else _plain(part) for part in path)
    if not inner:
        return str(table)
    if len(inner) == 1:
        return f"[{table}] {inner[0]}".rstrip()
    entry = f"number {inner[0]}, " if isinstance(inner[0], int) else f"{inner[0]}: "
    return f"[[{table}]] {entry}{inner[1]}"


def _plain(name: str) -> str:
    """A key without control characters, cut where it is long."""
    return (name if name.isprintable() else repr(name)[1:-1])[:100]


class Faults(list[Fault]):
    """Faults as they are found."""

    @contextmanager
    def at(self, *path: str | int) -> Iterator[None]:
        """Note a ValueError as the fault of that place."""
        try:
            yield
        except ValueError as error:
            self.wrong(*path, text=str(error))

    def wrong(self, *path: str | int, text: str) -> None:
        """Something is there that is not allowed."""
        self.append(Fault(path, text))

    def missing(self, *path: str | int, text: str) -> None:
        """Something is not there."""
        self.append(Fault(path, f"missing; allowed: {text}", MISSING))

    def unknown(self, *path: str | int, allowed: Iterable[str]) -> None:
        """A key is none of those allowed: say where it belongs, or what it could be meant to be."""
        key, names = str(path[-1]), list(allowed)
        self.append(Fault(path, f"unknown key{_hint(key, names)}; allowed: {', '.join(names)}", UNKNOWN))

    def told(self) -> list[Fault]:
        """Each once, unknown keys first, missing ones last."""
        return sorted(dict.fromkeys(self), key=lambda fault: fault.rank)


def _hint(key: str, allowed: list[str]) -> str:
    if key in TOP_KEYS:
        return " here, it stands at the top of the file, before all tables"
    homes = [table for table in TABLES if key in KEYS_OF[table]]
    if homes and not any(name.endswith(f".{key}") for name in allowed):
        return f" here, it belongs in [{homes[0]}]"
    own = {name.removeprefix(PREFIX): name for name in allowed}
    close = difflib.get_close_matches(key[:100].removeprefix(PREFIX), own, 1, 0.6)
    return f", did you mean {own[close[0]]}?" if close else ""
