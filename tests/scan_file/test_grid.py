"""Blocks of a grid: every point in exactly one block, none larger than asked for."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from renp_fast.scan_file.grid import Box, Grid, block_shape, boxes, chunk_shape, size

shapes = st.lists(st.integers(1, 12), min_size=0, max_size=4).map(tuple)
limits = st.integers(1, 3000)


def visits(shape: tuple[int, ...], parts: list[Box]) -> np.ndarray:
    """How many of the parts hold each point of the grid."""
    count = np.zeros(shape, dtype=int)
    for part in parts:
        count[part] += 1
    return count


@settings(deadline=None)
@given(shape=shapes, most_points=limits)
def test_blocks_tile_the_grid_exactly_once(shape: tuple[int, ...], most_points: int) -> None:
    grid = Grid(shape, block_shape(shape, most_points))
    blocks = [grid.box(block) for block in range(grid.blocks)]
    assert (visits(shape, blocks) == 1).all()
    assert max(size(box) for box in blocks) <= most_points
    assert sum(size(box) for box in blocks) == math.prod(shape)


@settings(deadline=None)
@given(shape=shapes.filter(bool), data=st.data())
def test_blocks_of_any_shape_tile_the_grid_too(shape: tuple[int, ...], data: st.DataObject) -> None:
    grid = Grid(shape, tuple(data.draw(st.integers(1, length + 3)) for length in shape))
    assert (visits(shape, [grid.box(block) for block in range(grid.blocks)]) == 1).all()


@settings(deadline=None)
@given(shape=shapes, most_points=limits)
def test_blocks_are_numbered_in_c_order(shape: tuple[int, ...], most_points: int) -> None:
    grid = Grid(shape, block_shape(shape, most_points))
    positions = list(itertools.product(*(range(count) for count in grid.block_counts)))
    assert [grid.position(block) for block in range(grid.blocks)] == positions
    for block, position in enumerate(positions):
        starts = tuple(part.start for part in grid.box(block))
        assert starts == tuple(along * n for along, n in zip(position, grid.block_shape, strict=True))


@given(shape=st.lists(st.integers(1, 10**4), min_size=1, max_size=5).map(tuple), most_points=st.integers(-1, 10**12))
def test_block_shape_is_contiguous_and_as_large_as_equal_parts_allow(shape: tuple[int, ...], most_points: int) -> None:
    """Whole trailing axes, part of one, single points of the leading ones."""
    block = block_shape(shape, most_points)
    assert math.prod(block) <= max(1, most_points)
    whole = next((k for k in range(len(shape)) if block[k:] == shape[k:]), len(shape))
    assert all(n == 1 for n in block[: max(0, whole - 1)])
    if whole > 0:
        # The axis that is cut has the fewest parts that are small enough, and parts as small as that number allows;
        # large ones are rounded to within a sixteenth
        length, part, room = shape[whole - 1], block[whole - 1], max(1, most_points) // math.prod(block[whole:])
        equal = math.ceil(length / math.ceil(length / room))
        assert part <= room
        assert abs(part - equal) <= (equal / 16 if equal >= 32 else 0)


def test_block_shape_by_hand() -> None:
    assert block_shape((2, 10, 100), 2000) == (2, 10, 100)
    assert block_shape((2, 10, 100), 1999) == (1, 10, 100)
    assert block_shape((2, 10, 100), 700) == (1, 5, 100)  # 7 fit, but 5 + 5 are as many blocks as 7 + 3
    assert block_shape((2, 10, 100), 99) == (1, 1, 50)
    assert block_shape((), 5) == ()


@example((793, 284), 28314, 4609)
@given(
    shape=st.lists(st.integers(1, 3000), min_size=1, max_size=4).map(tuple),
    block_points=st.integers(1, 10**9),
    most_points=st.integers(1, 10**7),
)
def test_chunk_shape_divides_the_block_where_blocks_meet(
    shape: tuple[int, ...], block_points: int, most_points: int
) -> None:
    block = block_shape(shape, block_points)
    chunk = chunk_shape(block, shape, most_points)
    for n, part, length in zip(block, chunk, shape, strict=True):
        assert n % part == 0 or n == length
    assert math.prod(chunk) <= most_points
    if math.prod(block) <= most_points:
        assert chunk == block
    else:  # a quarter of what is allowed, but for the remainders of short axes, and where the next divisor is too large
        axis = max(k for k, (n, part) in enumerate(zip(block, chunk, strict=True)) if n != part)
        larger = min(n for n in range(chunk[axis] + 1, block[axis] + 1) if block[axis] % n == 0)
        most = block[axis] != shape[axis] and math.prod(chunk) // chunk[axis] * larger > most_points
        assert math.prod(chunk) >= most_points / 4 or min(n for n in block if n > 1) < 64 or most


def test_chunk_shape_by_hand() -> None:
    assert chunk_shape((4, 6, 10), (8, 6, 10), 120) == (2, 6, 10)
    assert chunk_shape((5, 6, 10), (8, 6, 10), 180) == (1, 6, 10)  # 3 would fit, but blocks meet at 5
    assert chunk_shape((4, 7, 10), (8, 7, 10), 50) == (1, 4, 10)  # 5 fit, but 4 + 3 are as many chunks
    assert chunk_shape((4, 6, 10), (8, 6, 10), 1) == (1, 1, 1)


@settings(deadline=None)
@given(shape=shapes.filter(bool), data=st.data())
def test_boxes_cut_a_box_in_c_order(shape: tuple[int, ...], data: st.DataObject) -> None:
    box = tuple(
        slice(start, data.draw(st.integers(start + 1, n)))
        for n in shape
        for start in [data.draw(st.integers(0, n - 1))]
    )
    most = [data.draw(st.integers(1, n)) for n in shape]
    parts = list(boxes(box, most))
    inside = np.zeros(shape, dtype=int)
    inside[box] = 1
    assert np.array_equal(visits(shape, parts), inside)
    assert all(part.stop - part.start <= n for b in parts for part, n in zip(b, most, strict=True))
    starts = [tuple(part.start for part in part_box) for part_box in parts]
    assert starts == sorted(starts)


def test_a_grid_without_axes_is_one_point() -> None:
    grid = Grid((), ())
    assert (grid.blocks, grid.box(0), size(()), list(boxes((), ()))) == (1, (), 1, [()])


@pytest.mark.parametrize("block", [0, 10**9, 10**12 - 1, 600_000_000_007])
def test_huge_grids_are_integers_only(block: int) -> None:
    """Float64 would lose the number of a point; nothing is listed."""
    grid = Grid((10**6, 10**4, 10**8), (1, 1, 10**6))
    assert grid.blocks == 10**12
    position = grid.position(block)
    assert (position[0] * 10**4 + position[1]) * 100 + position[2] == block
    assert grid.box(block)[2] == slice(position[2] * 10**6, (position[2] + 1) * 10**6)
