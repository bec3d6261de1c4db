"""How a scan lies in its store: blocks, objects, files and bytes, all known before anything is computed."""

import math
from dataclasses import dataclass

from renp_fast.scan_file.grid import Grid, block_shape, chunk_shape, size
from renp_fast.scan_file.scan import Scan
from renp_fast.scan_file.variables import Variable, labels_of, variables_of

# Files and folders of a store that are not its arrays: what zarr writes of them, and what this package does
PRIVATE = ".renp_fast"
HEADER = f"{PRIVATE}/header.json"
METADATA = "zarr.json"

# A block is one object. Up to here it is a plain chunk; larger ones are shards of chunks of at most this size, so that
# a point is read in a millisecond
PLAIN_BYTES = 4 << 20
# Small scans get about this many blocks, so that threads share them evenly and a restart loses little
WANTED_BLOCKS = 64
SMALLEST_BYTES = 1 << 19
# (points of the scan, bytes of a block): what parallel file systems like, in files that are neither many nor huge
LARGEST_BYTES: tuple[tuple[float, int], ...] = ((10**10, 64 << 20), (10**11, 256 << 20), (math.inf, 1 << 30))
# Points times nuisance points of a block: some seconds' work, lest a killed run lose more
MOST_WORK = 1 << 24
# Seconds that a block of dear points may take, by their rough cost: so many, or if there were too many files, more
WANTED_SECONDS, MOST_SECONDS = 5.0, 60.0
# A search between nuisance points, a pseudo-experiment, an average over a line, and one over the pair's momentum too
SECONDS_PER_SEARCH, SECONDS_PER_TOY, SECONDS_PER_AVERAGE, SECONDS_PER_SPREAD = 0.05, 5e-6, 2e-5, 2e-3
# Up to so many points a scan has at most so many objects, its variables together: quotas count files. Its blocks are
# then larger, and longer at work, than the rest would have them
FEW_FILES_POINTS, MOST_OBJECTS = 5 * 10**9, 1800
# Threads that write for each that computes, up to some: mostly they wait for the disk. And bytes of all blocks together
# that are being written, before compression
WRITING_FOR_EACH, ENOUGH_WRITING, MOST_WRITING_BYTES = 4, 32, 1 << 31
# The header, and one journal file for each process that computed a block
OWN_FILES = 2


@dataclass(frozen=True)
class Layout:
    """The layout of one scan.

    Attributes
    ----------
    grid : Grid
        The blocks over the axes of the scan.
    variables : tuple of Variable
        What is stored for each block.
    compressed : bool
        Whether objects are compressed.
    coordinates : int
        Number of coordinates in the store.
    """

    grid: Grid
    variables: tuple[Variable, ...]
    compressed: bool
    coordinates: int

    def object_shape(self, variable: Variable) -> tuple[int, ...]:
        """Shape of a stored object: a block, made up to whole chunks along the axes that are not cut into blocks."""
        block, chunk = (*self.grid.block_shape, *variable.lengths), self.chunk_shape(variable)
        return tuple(-(-n // c) * c for n, c in zip(block, chunk, strict=True))

    def chunk_shape(self, variable: Variable) -> tuple[int, ...]:
        """Shape of a chunk: the whole block, or a part of it for a shard."""
        shape = (*self.grid.shape, *variable.lengths)
        block = (*self.grid.block_shape, *variable.lengths)
        return chunk_shape(block, shape, PLAIN_BYTES // variable.itemsize)

    def sharded(self, variable: Variable) -> bool:
        """Whether objects are shards."""
        return self.chunk_shape(variable) != self.object_shape(variable)

    @property
    def points(self) -> int:
        """Number of points of the grid."""
        return math.prod(self.grid.shape)

    @property
    def data_bytes(self) -> int:
        """Bytes of the numbers of all variables, before compression."""
        return self.points * sum(variable.bytes_per_point for variable in self.variables)

    def writing_threads(self, threads: int) -> int:
        """How many threads write while ``threads`` compute, if memory has room for their blocks."""
        block_bytes = math.prod(self.grid.block_shape) * sum(variable.bytes_per_point for variable in self.variables)
        wanted = max(threads, min(WRITING_FOR_EACH * threads, ENOUGH_WRITING))
        return max(1, min(wanted, MOST_WRITING_BYTES // block_bytes))

    @property
    def files(self) -> int:
        """Files of the finished store, if it is written by one run."""
        group, coordinates, variables = 1, 2 * self.coordinates, len(self.variables) * (1 + self.grid.blocks)
        return group + coordinates + variables + OWN_FILES

    def object_bytes(self, variable: Variable, block: int) -> int:
        """Bytes of the object of a block without compression: exact with codec none."""
        whole, chunk = self.object_shape(variable), self.chunk_shape(variable)
        chunk_bytes: int = math.prod(chunk) * variable.itemsize
        if whole == chunk:
            return chunk_bytes
        lengths = [part.stop - part.start for part in self.grid.box(block)] + list(variable.lengths)
        filled: int = math.prod(-(-n // c) for n, c in zip(lengths, chunk, strict=True))
        entries: int = math.prod(n // c for n, c in zip(whole, chunk, strict=True))
        return filled * chunk_bytes + 16 * entries + 4

    def all_object_bytes(self) -> int:
        """Bytes of all objects without compression."""
        total = 0
        for variable in self.variables:
            if self.sharded(variable):
                total += sum(self.object_bytes(variable, block) for block in range(self.grid.blocks))
            else:
                total += self.grid.blocks * self.object_bytes(variable, 0)
        return total

    def points_in(self, block: int) -> int:
        """Number of points of a block."""
        return size(self.grid.box(block))


def object_key(grid: Grid, trailing: int, variable: str, block: int) -> str:
    """Where the object of a block lies, relative to the store; ``trailing`` dimensions come after the axes."""
    return "/".join([variable, "c", *map(str, grid.position(block)), *["0"] * trailing])


def layout_of(scan: Scan) -> Layout:
    """The layout of a scan, from its [storage] or by default."""
    variables = variables_of(scan)
    per_point = max(variable.bytes_per_point for variable in variables)
    most = scan.storage.block_points
    if most is None:
        largest: int = next(limit for points, limit in LARGEST_BYTES if scan.points <= points)
        wanted = scan.points * per_point // WANTED_BLOCKS
        most = max(1, min(largest, max(SMALLEST_BYTES, wanted)) // per_point)
        if scan.profile:
            most = max(1, min(most, MOST_WORK // scan.nuisance_points))
        most = max(1, min(most, int(WANTED_SECONDS / dear_seconds(scan))))
    grid = _grid(scan, most)
    while (
        scan.storage.block_points is None
        and scan.points <= FEW_FILES_POINTS
        and grid.blocks * len(variables) > MOST_OBJECTS
        and most * per_point < LARGEST_BYTES[-1][1]
        and most * dear_seconds(scan) < MOST_SECONDS
    ):
        most += most // 4 + 1
        grid = _grid(scan, most)
    return Layout(grid, variables, scan.storage.codec != "none", len(scan.axes) + len(labels_of(scan)))


def dear_seconds(scan: Scan) -> float:
    """About how long one core takes for what makes a point dear; next to nothing without such."""
    seconds = 1e-12 + SECONDS_PER_TOY * scan.toys
    if scan.refine or (scan.alternative and scan.alternative.refine):
        seconds += SECONDS_PER_SEARCH
    if scan.averaged:
        spread = any(width != 0.0 for width in scan.along("momentum_spread_eV"))
        each = SECONDS_PER_SPREAD if spread else SECONDS_PER_AVERAGE
        seconds += each * max(1, len(scan.triggers)) * scan.nuisance_points
    return seconds


def _grid(scan: Scan, most: int) -> Grid:
    """Blocks of at most so many points; those of an adaptive scan are whole planes, one if need be."""
    if scan.adaptive is None:
        return Grid(scan.shape, block_shape(scan.shape, most))
    whole = [name in scan.adaptive.axes for name in scan.axis_names]
    plane = math.prod(n for n, refined in zip(scan.shape, whole, strict=True) if refined)
    others = block_shape([1 if refined else n for n, refined in zip(scan.shape, whole, strict=True)], most // plane)
    return Grid(scan.shape, tuple(n if w else other for n, w, other in zip(scan.shape, whole, others, strict=True)))
