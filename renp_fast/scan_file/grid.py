"""Blocks of a grid: integers only.

A block is a box of the grid, and one stored object for each variable. Blocks are numbered in C order.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Box = tuple[slice, ...]


@dataclass(frozen=True)
class Grid:
    """A grid cut into equal blocks; the last along each axis may be shorter.

    Attributes
    ----------
    shape : tuple of int
        Number of points along each axis.
    block_shape : tuple of int
        Number of points of a full block along each axis.
    """

    shape: tuple[int, ...]
    block_shape: tuple[int, ...]

    @property
    def block_counts(self) -> tuple[int, ...]:
        """Number of blocks along each axis."""
        return tuple(-(-n // b) for n, b in zip(self.shape, self.block_shape, strict=True))

    @property
    def blocks(self) -> int:
        """Number of blocks."""
        return math.prod(self.block_counts)

    def position(self, block: int) -> tuple[int, ...]:
        """Position of a block along each axis."""
        position = []
        for count in reversed(self.block_counts):
            block, along = divmod(block, count)
            position.append(along)
        return tuple(reversed(position))

    def box(self, block: int) -> Box:
        """The points of a block."""
        return tuple(
            slice(along * size, min((along + 1) * size, length))
            for along, size, length in zip(self.position(block), self.block_shape, self.shape, strict=True)
        )


def block_shape(shape: Sequence[int], most_points: int) -> tuple[int, ...]:
    """The largest box of at most ``most_points`` that is contiguous in C order: whole trailing axes, part of one.

    The part is chosen so that the blocks along that axis are about equal; a large one is a round number, which many
    numbers divide.
    """
    sizes = []
    left = max(1, most_points)
    for length in reversed(shape):
        count = -(-length // min(length, left))
        size = -(-length // count)
        if 32 <= size < length:
            unit = 1 << (size.bit_length() - 5)
            size = min(-(-size // unit) * unit, left // unit * unit)
        sizes.append(size)
        left = left // size if size == length else 1
    return tuple(reversed(sizes))


def chunk_shape(block: Sequence[int], shape: Sequence[int], most_points: int) -> tuple[int, ...]:
    """A part of a block of a grid of that shape, of at most ``most_points``: leading axes are cut first.

    It divides the block along an axis that is cut into blocks; the last chunk along a whole axis may be shorter.
    """
    chunk = list(block)
    for axis, length in enumerate(block):
        points = math.prod(chunk)
        if points <= most_points:
            break
        fitting = max(1, most_points * length // points)
        if length == shape[axis]:
            chunk[axis] = -(-length // -(-length // fitting))
        else:
            chunk[axis] = max(divisor for divisor in range(1, fitting + 1) if length % divisor == 0)
    return tuple(chunk)


def boxes(box: Box, shape: Sequence[int]) -> Iterator[Box]:
    """Cut a box into boxes of at most ``shape``, in C order."""
    if not box:
        yield ()
        return
    first, rest = box[0], box[1:]
    for start in range(first.start, first.stop, shape[0]):
        head = slice(start, min(start + shape[0], first.stop))
        for tail in boxes(rest, shape[1:]):
            yield (head, *tail)


def size(box: Box) -> int:
    """Number of points of a box."""
    return math.prod(part.stop - part.start for part in box)
