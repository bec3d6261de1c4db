"""Files that are whole or absent: written aside, synchronised, renamed; and their checksums."""

import os
import uuid
from pathlib import Path

from google_crc32c import extend

# Zarr names its own temporary files so too; whatever ends on it was left by a process that was killed
PARTIAL = ".partial"
PIECE = 1 << 23


def write_whole(path: Path, data: bytes) -> None:
    """Write ``path`` so that it is either the old file or the whole new one, whatever dies in between."""
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex}{PARTIAL}")
    try:
        with aside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def checksum(data: bytes) -> str:
    """CRC-32C of bytes, hexadecimal."""
    return f"{extend(0, data):08x}"


def file_checksum(path: Path) -> str:
    """CRC-32C of a file, hexadecimal, read in pieces."""
    crc = 0
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            crc = extend(crc, piece)
    return f"{crc:08x}"
