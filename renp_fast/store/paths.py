"""Places in a store: what lies where something else belongs gives way, and a store that is gone stays so."""

import errno
import os
import stat
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from renp_fast.errors import StoreError
from renp_fast.store.files import file_checksum
from renp_fast.store.layout import PRIVATE

# Where things lie that were in the place of others, if they hold anything
DISPLACED = f"{PRIVATE}/displaced"
TRIES = 4
# What the system says where something is missing, or is what it should not be
IN_THE_WAY = {errno.ENOENT, errno.ENOTDIR, errno.EEXIST, errno.EISDIR, errno.ENOTEMPTY, errno.ELOOP}
T = TypeVar("T")


class StoreGoneError(StoreError):
    """A store was removed, renamed or replaced while somebody was at work on it."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path}: the store is gone: it or its .renp_fast was removed, renamed or replaced meanwhile; "
            "nothing of it is made anew"
        )


def identity_of(path: Path) -> int:
    """What tells a store from another one at the same path; 0 if there is none or the system does not say."""
    try:
        return os.stat(path / PRIVATE).st_ino  # noqa: PTH116
    except OSError:
        return 0


def refuse_if_gone(path: Path) -> None:
    """Raise `StoreGoneError` if there is no store at a path any more."""
    try:
        there = stat.S_ISDIR(os.stat(path / PRIVATE).st_mode)  # noqa: PTH116
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ESTALE):
            return  # nobody can tell
        there = False
    if not there:
        raise StoreGoneError(path)


def clear_way(path: Path, store: Path) -> None:
    """Remove what lies in a place of the store where something else belongs.

    Links, pipes and empty folders are removed; what holds anything is moved to a folder of displaced things.
    """
    if path.is_symlink() or not (path.is_file() or path.is_dir()):
        with suppress(IsADirectoryError):  # another has made it meanwhile
            path.unlink(missing_ok=True)
        return
    with suppress(OSError):
        path.rmdir()
        return
    aside = store / DISPLACED
    aside.mkdir(exist_ok=True)
    with suppress(FileNotFoundError):
        path.rename(aside / f"{path.name}.{uuid.uuid4().hex[:8]}")


def make_folder(folder: Path, store: Path) -> None:
    """Make a folder of a store, and those above it; never the store itself, which may have been removed on purpose.

    A link to another disk will do for a folder; one to the store itself, or to what the store is in, will not.
    """
    if folder == store:
        return None
    for _ in range(TRIES):
        make_folder(folder.parent, store)
        try:
            if folder.is_symlink() and _is_near(Path(os.path.realpath(folder)), Path(os.path.realpath(store))):
                clear_way(folder, store)
            return folder.mkdir(exist_ok=True)
        except FileExistsError:
            clear_way(folder, store)
        except FileNotFoundError:  # somebody has removed the one above meanwhile
            refuse_if_gone(store)
    return folder.mkdir(exist_ok=True)


def _is_near(target: Path, store: Path) -> bool:
    return target.is_relative_to(store) or store.is_relative_to(target)


def in_its_place(write: Callable[[], T], path: Path, store: Path) -> T:
    """Write a file of a store; folders that are not there are made, and what lies in the way is cleared.

    Again, too, if somebody who thinks us dead removes what we have begun.
    """
    for _ in range(TRIES - 1):
        try:
            return write()
        except OSError as error:
            if error.errno not in IN_THE_WAY:
                raise
            make_folder(path.parent, store)
            if path.is_dir():
                clear_way(path, store)
    return write()


def remove_object(path: Path, store: Path, crc: int) -> None:
    """Remove a file with that checksum from the place of a store, and the folders above it that are empty."""
    with suppress(OSError):
        if file_checksum(path) == f"{crc:08x}":
            path.unlink()
    with suppress(OSError):
        for folder in path.parents:
            folder.rmdir()
            if folder == store:
                return
