"""The quadtree by itself, on functions that are cheap everywhere."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from renp_fast.adaptive.quadtree import Kinds, Plane
from renp_fast.kernels.types import Array, IntArray

Height = Callable[[Array, Array], Array]


class Landscape:
    """A plane of a function, refined at its zero level."""

    def __init__(self, height: Height, shape: tuple[int, int], coarsest: int = 32) -> None:
        self.height = height
        self.calls: list[tuple[IntArray, IntArray]] = []
        self.plane = Plane(shape, coarsest, self.look)
        self.steps = list(self.plane.refine())
        self.known = np.zeros(shape, dtype=bool)
        self.known[self.plane.i, self.plane.j] = True
        self.above = height(*np.indices(shape).astype(np.float64)) > 0.0

    def look(self, i: IntArray, j: IntArray) -> tuple[Array, Kinds]:
        self.calls.append((i, j))
        heights = self.height(i.astype(np.float64), j.astype(np.float64))
        return heights[:, np.newaxis], (heights > 0.0).astype(np.uint8)[:, np.newaxis]

    def missed(self) -> int:
        """Crossings between neighbours of the whole grid that are not both known."""
        return sum(int((crossed & ~both).sum()) for crossed, both in self.crossings())

    def crossings(self) -> list[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
        return [
            (np.diff(self.above, axis=0), self.known[1:] & self.known[:-1]),
            (np.diff(self.above, axis=1), self.known[:, 1:] & self.known[:, :-1]),
        ]


def waves(seed: int, shortest: float) -> Height:
    """Eight plane waves of random directions, none shorter along an axis than so many steps, and an offset."""
    rng = np.random.default_rng(seed)
    k = rng.uniform(-1.0, 1.0, (2, 8)) * 2.0 * np.pi / shortest
    phases, sizes, offset = rng.uniform(0.0, 2.0 * np.pi, 8), rng.normal(size=8), rng.normal()

    def height(i: Array, j: Array) -> Array:
        phase = np.multiply.outer(i, k[0]) + np.multiply.outer(j, k[1]) + phases
        return np.asarray(np.cos(phase) @ sizes - offset)

    return height


@pytest.mark.parametrize("shape", [(257, 257), (200, 311), (97, 40)])
def test_islands_of_waves_twice_as_long_as_the_largest_cells_are_all_found(shape: tuple[int, int]) -> None:
    crossings = 0
    for seed in range(12):
        landscape = Landscape(waves(seed, 64.0), shape)
        crossings += sum(int(crossed.sum()) for crossed, _ in landscape.crossings())
        assert landscape.missed() == 0
    assert crossings > 1000


def test_what_is_seen_between_corners_needs_the_bend() -> None:
    """An island between the corners of the largest cells: no corner is in it."""
    island = Landscape(lambda i, j: 11.0**2 - (i - 48.0) ** 2 - (j - 80.0) ** 2, (129, 161))
    assert not island.above[::32, ::32].any()
    assert island.above.sum() > 300
    assert island.missed() == 0


def test_a_line_is_followed_to_its_end() -> None:
    """A wedge that narrows to one step, far narrower than the cells through which it leads, in a flat country."""

    def wedge(i: Array, j: Array) -> Array:
        inside = (np.abs(j - 143.0 - 60.0 * np.sin(i / 150.0)) < 0.06 * (400.0 - i)) & (i < 392.0)
        return np.where(inside, 1.0, -1.0)

    landscape = Landscape(wedge, (417, 289))
    assert landscape.above[300:, :].sum() > 300
    assert landscape.missed() == 0
    assert landscape.known.mean() < 0.1


def test_an_island_that_no_corner_touches_in_a_flat_country_is_missed() -> None:
    """As the documentation says: nothing outside of it tells of it."""
    landscape = Landscape(
        lambda i, j: np.where((np.abs(i - 48.0) < 9.0) & (np.abs(j - 16.0) < 9.0), 1.0, -1.0), (97, 97)
    )
    assert landscape.missed() > 0
    assert landscape.known.sum() == 16


@pytest.mark.parametrize("shape", [(2, 2), (2, 50), (33, 3), (31, 32), (64, 65)])
def test_planes_of_any_shape(shape: tuple[int, int]) -> None:
    landscape = Landscape(lambda i, j: i / shape[0] + j / shape[1] - 0.73, shape)
    assert landscape.missed() == 0
    assert landscape.steps == [32, 16, 8, 4, 2, 1]
    corners = np.ix_([0, -1], [0, -1])
    assert landscape.known[corners].all()


def test_points_are_looked_at_once_and_levels_say_when() -> None:
    landscape = Landscape(waves(3, 90.0), (130, 190), coarsest=16)
    plane = landscape.plane
    flat = plane.i * 190 + plane.j
    assert np.unique(flat).size == flat.size == sum(i.size for i, _ in landscape.calls)
    step = 16 >> (plane.levels.astype(int) - 1)
    ends = (plane.i == 129) | (plane.j == 189)
    assert ((plane.i % step == 0) & (plane.j % step == 0) | ends).all()
    assert set(plane.levels) == {1, 2, 3, 4, 5}
    coarse = (plane.i % 16 == 0) | (plane.i == 129)
    coarse &= (plane.j % 16 == 0) | (plane.j == 189)
    assert (plane.levels[coarse] == 1).all()


def test_twice_as_fine_a_grid_takes_about_twice_as_many_points() -> None:
    """Not four times: what counts is the length of the line."""
    points = [
        Landscape(lambda i, j, n=n: np.hypot(i / n - 0.4, j / n - 0.55) - 0.3, (n + 1, n + 1), n // 16).plane.i.size
        for n in (256, 512, 1024)
    ]
    assert 1.8 < points[1] / points[0] < 2.2
    assert 1.8 < points[2] / points[1] < 2.2
    assert points[2] < 0.02 * 1025**2
