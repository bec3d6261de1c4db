"""Files that are whole or absent: written aside, synchronised, renamed; and their checksums."""

import errno
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from crc32c import crc32c

from renp_fast.store.process import process_name
from renp_fast.store.untrusted import open_regular

PARTIAL = ".partial"
PIECE = 1 << 23
# What the system says of a path at which nothing can be made, however often it is tried
NO_PLACE = {
    *(errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.EACCES, errno.EPERM, errno.EROFS),
    *(errno.ENAMETOOLONG, errno.ELOOP),
}


def partial(path: Path) -> Path:
    """Where to write what will be ``path``: beside it, under a name that nobody else takes and that tells the writer.

    Such a file whose writer is dead is a leftover.
    """
    return path.with_name(f".{path.name}.{process_name()}.{uuid.uuid4().hex[:8]}{PARTIAL}")


def writer_of(name: str) -> str:
    """Name of the process that writes a partial file; empty for any other file."""
    parts = name.rsplit(".", 3)
    return parts[1] if len(parts) == 4 and name.endswith(PARTIAL) else ""


def place_fault(path: Path, error: OSError) -> str:
    """Why nothing can be made at a path, in words; empty if that is not the path's fault but, say, a full disk's."""
    if error.errno not in NO_PLACE:
        return ""
    with suppress(OSError):
        if path.is_symlink() and not path.exists():
            return f"it is a link to {path.readlink()}, where nothing is"
        for folder in path.parents:
            if folder.exists() and not folder.is_dir():
                return f"{folder} is not a folder"
    return error.strerror or str(error)


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """Where to write what shall become ``path``, old file or whole new one, whatever dies in between."""
    aside = partial(path)
    try:
        yield aside
        aside.replace(path)
    except BaseException:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        raise


def write_whole(path: Path, data: bytes) -> None:
    """Write ``path`` so that it is either the old file or the whole new one, synchronised."""
    with written_aside(path) as aside, aside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def checksum(data: bytes) -> str:
    """CRC-32C of bytes, hexadecimal."""
    return f"{crc32c(data, 0):08x}"


def file_checksum(path: Path) -> str:
    """CRC-32C of a file, hexadecimal, read in pieces; `NotAFileError` if something else is there."""
    crc = 0
    with open_regular(path) as file:
        while piece := file.read(PIECE):
            crc = crc32c(piece, crc)
    return f"{crc:08x}"
