"""What can go wrong on a user's side."""

from collections.abc import Sequence

MOST_TOLD = 100  # faults, after which a message only counts them


class InputError(ValueError):
    """What the user asked for cannot be done: the message names it and what is allowed."""


class ScanError(InputError):
    """A scan file is wrong: the message names the file, each key and what is allowed."""

    def __init__(self, file: str, faults: Sequence[object]) -> None:
        self.file = file
        self.faults = tuple(faults)
        told = [f"{file}: {fault}" for fault in self.faults[:MOST_TOLD]]
        more = len(self.faults) - len(told)
        super().__init__("\n".join([*told, *([f"{file}: and {more} more"] if more else [])]))

    def __reduce__(self) -> tuple[type, tuple[str, Sequence[object]]]:
        return type(self), (self.file, self.faults)


class KernelError(RuntimeError):
    """A compiled kernel computes wrong values: the message says where its cache is and what to do."""


class StoreError(RuntimeError):
    """A store cannot be read or written: the message names it and what to do."""


class WrongStoreError(StoreError):
    """The path given is not, or not of this scan's, store: the input is wrong rather than the disk."""


class ClusterError(RuntimeError):
    """The scheduler or workers of a cluster cannot be reached or do not do their work: the message says which."""
