"""Where in a plane it is worth to look: a quadtree of cells, refined where something happens between their corners.

This knows nothing of scans. A plane is a grid of points; whoever is asked to `Look` tells of each point its *kind*,
such as above or below a level, and *heights*, smooth numbers that are zero on the levels. Cells are squares of grid
steps, powers of two; those at the far ends of the plane may be cut short.

A level line is found if it passes between corners of different kinds of a cell of any size, and then to its end. One
that closes within a cell of the largest size, an island, is found if the heights around it bend as those of a smooth
function do, which is so for functions whose waves are longer than two such cells; a smaller island can be missed.
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from renp_fast.kernels.types import Array, IntArray

Kinds = NDArray[np.uint8]
# Looks at points, by their positions along both axes: heights (points, any number), NaN where there is none, and kinds
# (points, bytes)
Look = Callable[[IntArray, IntArray], tuple[Array, Kinds]]

# A cell is refined if a height at its corners is less than this part of how much heights bend there: an eighth is what
# a parabola differs by between two points from the straight line
NEAR = 0.5


class Plane:
    """The points of a plane that have been looked at.

    Attributes
    ----------
    i, j : ndarray of int64
        Positions of the points along both axes, in the order in which they were looked at.
    levels : ndarray of uint8
        Refinement at which each was: 1 for the largest cells, one more for each halving.
    """

    def __init__(self, shape: tuple[int, int], coarsest: int, look: Look) -> None:
        self.shape = shape
        self.coarsest = coarsest
        self._look = look
        self.i = self.j = np.empty(0, dtype=np.int64)
        self.levels = np.empty(0, dtype=np.uint8)
        # Number of each point among those looked at, from 1; 0 are all others, whose heights are NaN
        self._number = np.zeros(shape, dtype=np.int32)
        self._heights = np.empty((0, 0))
        self._kinds = np.empty((0, 0), dtype=np.uint8)

    def refine(self) -> Iterator[int]:
        """Look at the largest cells, then at what is worth it of ever smaller ones; yields the step after each."""
        step, level = self.coarsest, 1
        i, j = (np.arange(0, max(1, length - 1), step) for length in self.shape)
        cells = np.stack(np.meshgrid(i, j, indexing="ij")).reshape(2, -1)
        self._look_at_corners(cells, step, level)
        yield step
        while step > 1:
            cells = self._quarters(cells[:, self._worthwhile(cells, step)], step)
            step, level = step // 2, level + 1
            self._look_at_corners(cells, step, level)
            if step == 1:
                self._follow(level)
            yield step

    def _worthwhile(self, cells: IntArray, step: int) -> NDArray[np.bool_]:
        """Which cells have corners of different kinds, or heights so small that zero may be near."""
        corners = self._numbers(cells, np.array([0, step]))
        kinds = self._kinds[corners]
        differ: NDArray[np.bool_] = (kinds != kinds[:, :1]).any(axis=(1, 2))
        around = self._heights[self._numbers(cells, np.array([-step, 0, step, 2 * step]))]
        nearest = np.fmin.reduce(np.abs(self._heights[corners]), axis=1)
        near: NDArray[np.bool_] = (nearest <= NEAR * _bend(around.reshape(len(around), 4, 4, around.shape[-1]))).any(
            axis=1
        )
        return differ | near

    def _quarters(self, cells: IntArray, step: int) -> IntArray:
        """The four halves of the step of each cell, but for those beyond the plane."""
        half = step // 2
        offsets = np.array([[0, 0, half, half], [0, half, 0, half]])
        quarters = (cells[:, :, np.newaxis] + offsets[:, np.newaxis]).reshape(2, -1)
        last = np.maximum(np.array(self.shape) - 2, 0)[:, np.newaxis]
        inside: IntArray = quarters[:, (quarters <= last).all(axis=0)]
        return inside

    def _look_at_corners(self, cells: IntArray, step: int, level: int) -> None:
        i, j = self._positions(cells, np.array([0, step]))
        self._look_at(i.ravel(), j.ravel(), level)

    def _follow(self, level: int) -> None:
        """Look at all corners of the smallest cells on both sides of neighbours of different kinds, until none is left.

        So a level line that has been met anywhere is known to its end, or to the edge of the plane.
        """
        begin = 0
        while begin < self.i.size:
            i, j = self.i[begin:], self.j[begin:]
            begin = self.i.size
            beside = []
            for along, sideways in (((1, 0), (0, 1)), ((0, 1), (1, 0))):
                for back in (0, 1):  # the edges that begin and end at each point
                    a, b = i - back * along[0], j - back * along[1]
                    inside = self._inside(a, b) & self._inside(a + along[0], b + along[1])
                    a, b = a[inside], b[inside]
                    ends = self._number[a, b], self._number[a + along[0], b + along[1]]
                    crossed = (ends[0] > 0) & (ends[1] > 0) & (self._kinds[ends[0]] != self._kinds[ends[1]]).any(axis=1)
                    a, b = a[crossed], b[crossed]
                    beside += [np.stack([a, b]), np.stack([a - sideways[0], b - sideways[1]])]
            cells = np.concatenate(beside, axis=1)
            last = np.maximum(np.array(self.shape) - 2, 0)[:, np.newaxis]
            self._look_at_corners(cells[:, ((cells >= 0) & (cells <= last)).all(axis=0)], 1, level)

    def _inside(self, i: IntArray, j: IntArray) -> NDArray[np.bool_]:
        inside: NDArray[np.bool_] = (i >= 0) & (j >= 0) & (i < self.shape[0]) & (j < self.shape[1])
        return inside

    def _positions(self, cells: IntArray, offsets: IntArray) -> tuple[IntArray, IntArray]:
        """Positions of points at these offsets from each cell along both axes (cells, points), kept in the plane."""
        i = np.clip(cells[0][:, np.newaxis] + np.repeat(offsets, offsets.size), 0, self.shape[0] - 1)
        j = np.clip(cells[1][:, np.newaxis] + np.tile(offsets, offsets.size), 0, self.shape[1] - 1)
        return i, j

    def _numbers(self, cells: IntArray, offsets: IntArray) -> NDArray[np.int32]:
        i, j = self._positions(cells, offsets)
        numbers: NDArray[np.int32] = self._number[i, j]
        return numbers

    def _look_at(self, i: IntArray, j: IntArray, level: int) -> None:
        """Look at those of some points that have not been looked at; in the order of the grid, whatever was asked."""
        flat = np.unique(i * self.shape[1] + j)
        flat = flat[self._number.ravel()[flat] == 0]
        if flat.size == 0:
            return
        i, j = np.divmod(flat, self.shape[1])
        heights, kinds = self._look(i, j)
        if self.i.size == 0:
            self._heights, self._kinds = np.full((1, heights.shape[1]), np.nan), np.zeros((1, kinds.shape[1]), np.uint8)
        self._number[i, j] = np.arange(1, i.size + 1) + self.i.size
        self._heights = np.concatenate([self._heights, heights])
        self._kinds = np.concatenate([self._kinds, kinds])
        self.i, self.j = np.concatenate([self.i, i]), np.concatenate([self.j, j])
        self.levels = np.concatenate([self.levels, np.full(i.size, level, dtype=np.uint8)])


def _bend(heights: Array) -> Array:
    """Largest second differences along both axes together, of 4 x 4 points (cells, 4, 4, heights), as far as known."""
    along = [np.abs(np.diff(heights, n=2, axis=axis)) for axis in (1, 2)]
    first, second = (np.fmax.reduce(each.reshape(len(each), 8, each.shape[-1]), axis=1) for each in along)
    total: Array = np.nan_to_num(first) + np.nan_to_num(second)
    return total
