"""How a scan lies in its store: blocks, objects, files and bytes, all known before anything is computed."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from renp_fast.engine.grid import Grid, block_shape, chunk_shape, size
from renp_fast.engine.spec import Scan

# A block is one object. Up to here it is a plain chunk; larger ones are shards of chunks of at most this size, so that
# a point is read in a millisecond
PLAIN_BYTES = 4 << 20
# Small scans get about this many blocks, so that threads share them evenly and a restart loses little
WANTED_BLOCKS = 64
SMALLEST_BYTES = 1 << 19
# (points of the scan, bytes of a block): what parallel file systems like, in files that are neither many nor huge
LARGEST_BYTES: tuple[tuple[float, int], ...] = ((10**10, 64 << 20), (10**11, 256 << 20), (math.inf, 1 << 30))
# The lock, the header, and one journal file for each uninterrupted run
OWN_FILES = 3


@dataclass(frozen=True)
class Layout:
    """The layout of one scan.

    Attributes
    ----------
    grid : Grid
        The blocks over the axes of the scan.
    trailing : tuple of int
        Lengths of the dimensions after the axes: the triggers of events.
    itemsize : int
        Bytes of a stored number.
    compressed : bool
        Whether objects are compressed.
    dimensions : int
        Number of coordinates in the store.
    """

    grid: Grid
    trailing: tuple[int, ...]
    itemsize: int
    compressed: bool
    dimensions: int

    @cached_property
    def object_shape(self) -> tuple[int, ...]:
        """Shape of a stored object."""
        return (*self.grid.block_shape, *self.trailing)

    @cached_property
    def chunk_shape(self) -> tuple[int, ...]:
        """Shape of a chunk: the object itself, or a part of it for a shard."""
        return chunk_shape(self.object_shape, PLAIN_BYTES // self.itemsize)

    @property
    def sharded(self) -> bool:
        """Whether objects are shards."""
        return self.chunk_shape != self.object_shape

    @property
    def points(self) -> int:
        """Number of points of the grid."""
        return math.prod(self.grid.shape)

    @property
    def data_bytes(self) -> int:
        """Bytes of the numbers of the whole array, before compression."""
        return self.points * math.prod(self.trailing) * self.itemsize

    @property
    def files(self) -> int:
        """Files of the finished store, if it is written by one run."""
        arrays = self.dimensions + 1
        return 1 + arrays + self.dimensions + self.grid.blocks + OWN_FILES

    def object_bytes(self, block: int) -> int:
        """Bytes of the object of a block without compression: exact with codec none."""
        if not self.sharded:
            return math.prod(self.object_shape) * self.itemsize
        chunk: int = math.prod(self.chunk_shape) * self.itemsize
        lengths = [part.stop - part.start for part in self.grid.box(block)] + list(self.trailing)
        filled: int = math.prod(-(-n // c) for n, c in zip(lengths, self.chunk_shape, strict=True))
        entries: int = math.prod(n // c for n, c in zip(self.object_shape, self.chunk_shape, strict=True))
        return filled * chunk + 16 * entries + 4

    def points_in(self, block: int) -> int:
        """Number of points of a block."""
        return size(self.grid.box(block))


def object_key(grid: Grid, trailing: int, variable: str, block: int) -> str:
    """Where the object of a block lies, relative to the store; ``trailing`` dimensions come after the axes."""
    return "/".join([variable, "c", *map(str, grid.position(block)), *["0"] * trailing])


def layout_of(scan: Scan) -> Layout:
    """The layout of a scan, from its [storage] or by default."""
    trailing = scan.stored_shape[len(scan.shape) :]
    itemsize = np.dtype(scan.storage.dtype).itemsize
    per_point = math.prod(trailing) * itemsize
    most = scan.storage.block_points
    if most is None:
        largest: int = next(limit for points, limit in LARGEST_BYTES if scan.points <= points)
        wanted = scan.points * per_point // WANTED_BLOCKS
        most = max(1, min(largest, max(SMALLEST_BYTES, wanted)) // per_point)
    grid = Grid(scan.shape, block_shape(scan.shape, most))
    return Layout(grid, trailing, itemsize, scan.storage.codec != "none", len(scan.stored_shape))
