"""What can go wrong on a user's side."""


class InputError(ValueError):
    """What the user asked for cannot be done: the message names it and what is allowed."""


class ScanError(InputError):
    """A scan file is wrong: the message names the file, each key and what is allowed."""

    def __init__(self, file: str, faults: list[str]) -> None:
        self.file = file
        self.faults = faults
        super().__init__("\n".join(f"{file}: {fault}" for fault in faults))


class KernelError(RuntimeError):
    """A compiled kernel computes wrong values: the message says where its cache is and what to do."""


class StoreError(RuntimeError):
    """A store cannot be read or written: the message names it and what to do."""


class WrongStoreError(StoreError):
    """The path given is not, or not of this scan's, store: the input is wrong rather than the disk."""


class ClusterError(RuntimeError):
    """The scheduler or workers of a cluster cannot be reached or do not do their work: the message says which."""
