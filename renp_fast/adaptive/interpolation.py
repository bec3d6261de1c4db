"""Adaptive results as dense ones: the points between those that were computed, interpolated."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from renp_fast.errors import InputError
from renp_fast.kernels.types import Array, IntArray
from renp_fast.scan_file.variables import REFINEMENT

if TYPE_CHECKING:
    import xarray as xr


def filled(dataset: "xr.Dataset") -> "xr.Dataset":
    """The result of an adaptive scan with its numbers at all points: interpolated where they were not computed.

    Interpolation is linear over the grid, that is, over the logarithm along a log axis, cell by cell. It is as good as
    the cells are small: near contours, thresholds and poles every point was computed. Whole numbers, such as
    ``limit_status``, and blocks that are not done stay as they are.

    Parameters
    ----------
    dataset : xarray.Dataset
        The result, or a part of it along other axes than those of the planes.

    Returns
    -------
    xarray.Dataset
        In memory.

    Raises
    ------
    InputError
        If the result is not of an adaptive scan.
    """
    about = dataset.attrs.get("adaptive")
    if about is None or REFINEMENT not in dataset:
        raise InputError("filled: not the result of an adaptive scan; allowed: of a scan with [adaptive]")
    pair = [str(name) for name in about["axes"]]
    if cut := [name for name in pair if name not in dataset[REFINEMENT].dims]:
        raise InputError(f"filled: {', '.join(cut)} is cut away; allowed: the whole planes of {' and '.join(pair)}")
    known = dataset[REFINEMENT] > 0
    result = dataset.copy()
    for name, variable in dataset.data_vars.items():
        if variable.dtype.kind == "f":
            others = [dim for dim in variable.dims if dim not in pair]
            planes = variable.transpose(*others, *pair)
            there = known.broadcast_like(variable).transpose(*others, *pair).values
            values = filled_planes(planes.values, there, int(about["coarsest"]))
            result[name] = planes.copy(data=values).transpose(*variable.dims)
    return result


def filled_planes(values: NDArray[Any], known: NDArray[np.bool_], coarsest: int) -> NDArray[Any]:
    """Planes, the last two axes of an array, with what is not ``known`` interpolated from ever finer lattices."""
    values = values.copy()
    step = coarsest
    while step > 1:
        step //= 2
        fine, coarse = ([_lattice(length, each) for length in values.shape[-2:]] for each in (step, 2 * step))
        between = _between(values[..., coarse[0][:, np.newaxis], coarse[1]], coarse, fine)
        place = (..., fine[0][:, np.newaxis], fine[1])
        values[place] = np.where(known[place], values[place], between)
    return values


def _lattice(length: int, step: int) -> IntArray:
    """Every ``step``-th point, and the last one."""
    return np.append(np.arange(0, length - 1, step), length - 1)


def _between(values: Array, coarse: Sequence[IntArray], fine: Sequence[IntArray]) -> Array:
    """Values on a coarse lattice of a plane, interpolated on a fine one."""
    for axis, old, new in zip((-2, -1), coarse, fine, strict=True):
        left = np.clip(np.searchsorted(old, new, side="right") - 1, 0, max(0, old.size - 2))
        right = np.minimum(left + 1, old.size - 1)
        share = (new - old[left]) / np.maximum(old[right] - old[left], 1)
        share = share[:, np.newaxis] if axis == -2 else share
        low, high = values.take(left, axis=axis), values.take(right, axis=axis)
        with np.errstate(invalid="ignore"):  # between infinite and finite values
            values = np.where(share == 0.0, low, np.where(share == 1.0, high, low + share * (high - low)))
    return values
