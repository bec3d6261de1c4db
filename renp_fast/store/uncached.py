"""Large files, written past the system's cache.

An object is synchronised as soon as it is written, and so gains nothing from the cache, while the pages that it takes
there often cost more time than the numbers.
"""

import errno
import mmap
import os
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from crc32c import crc32c
from numpy.typing import NDArray

from renp_fast.store.files import written_aside

# Bytes, or a flat array of them
Piece = bytes | NDArray[np.uint8]

# Smaller files go through the cache. Direct writes are multiples of a unit, from memory of this size
DIRECT_BYTES = 1 << 18
UNIT = 1 << 12
STAGING_BYTES = 1 << 22


def write_pieces(path: Path, pieces: Sequence[Piece]) -> None:
    """As `files.write_whole`, of bytes in pieces that follow each other."""
    with written_aside(path) as aside:
        if sum(map(len, pieces)) < DIRECT_BYTES or not _write_directly(aside, pieces):
            with aside.open("wb") as file:
                file.writelines(pieces)  # type: ignore[arg-type] # arrays are buffers
                file.flush()
                os.fsync(file.fileno())


def crc_of(pieces: Iterable[Piece]) -> int:
    """CRC-32C of bytes in pieces that follow each other."""
    crc = 0
    for piece in pieces:
        crc = crc32c(piece if isinstance(piece, bytes) else piece.data, crc)
    return crc


def _write_directly(path: Path, pieces: Sequence[Piece]) -> bool:
    """Write a file and synchronise it; False where the system or the file system does not let us."""
    if not hasattr(os, "O_DIRECT"):
        return False
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_DIRECT, 0o666)
        try:
            _write_staged(file, pieces)
            os.fsync(file)
        finally:
            os.close(file)
    except OSError as error:
        if error.errno == errno.EINVAL:
            return False
        raise
    return True


def _write_staged(file: int, pieces: Sequence[Piece]) -> None:
    """Write pieces in whole units from aligned memory, and cut the last unit."""
    staging, filled, size = _staging.memory, 0, 0
    for piece in pieces:
        data = np.frombuffer(piece, dtype=np.uint8)
        while data.size:
            part = data[: staging.size - filled]
            staging[filled : filled + part.size] = part
            filled, size, data = filled + part.size, size + part.size, data[part.size :]
            if filled == staging.size:
                _write_all(file, staging)
                filled = 0
    if filled:
        _write_all(file, staging[: -(-filled // UNIT) * UNIT])
        os.ftruncate(file, size)


def _write_all(file: int, data: NDArray[np.uint8]) -> None:
    while data.size:
        data = data[os.write(file, data.data) :]


class _Staging(threading.local):
    """Memory of a thread, which begins where a page does."""

    def __init__(self) -> None:
        self.memory = np.frombuffer(mmap.mmap(-1, STAGING_BYTES), dtype=np.uint8)


_staging = _Staging()
