"""The store that a run writes to: the one that is there, or a new one where one can be made."""

import os
from pathlib import Path

from renp_fast.errors import StoreError, WrongStoreError
from renp_fast.scan_file.scan import Scan
from renp_fast.store.files import place_fault
from renp_fast.store.store import Store, open_for


def open_or_make(scan: Scan, path: Path) -> Store:
    """Open the store of a scan to write to it, or make it.

    Raises
    ------
    StoreError
        If the store belongs to another scan or other code, or cannot be made.
    OSError
        If a store that is there cannot be written.
    """
    try:
        return open_for(scan, path)
    except OSError as error:
        if os.path.isdir(path):  # noqa: PTH112 - Path.is_dir fails in a folder that may not be entered
            raise
        if fault := place_fault(path, error):
            allowed = "a path in a folder that can be written to"
            raise WrongStoreError(f"{path}: cannot write: {fault}; allowed: {allowed}") from error
        raise StoreError(f"{path}: cannot write: {error.strerror or error}") from error
