"""A scan computed in memory: what its store would hold, without a store."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from renp_fast.adaptive.refinement import evaluator_of
from renp_fast.errors import InputError
from renp_fast.runs.threads import default_threads, map_in_threads
from renp_fast.runs.warmup import check_reference, references_of
from renp_fast.scan_file import scan as scans
from renp_fast.scan_file.coordinates import coordinates, variable_attributes
from renp_fast.scan_file.scan import Scan
from renp_fast.scan_file.schema import ENERGY_AXES
from renp_fast.scan_file.variables import variables_of
from renp_fast.store.layout import layout_of
from renp_fast.store.provenance import attributes

if TYPE_CHECKING:
    import xarray as xr


def compute(scan: Scan | Mapping[str, Any] | str | Path, *, threads: int | None = None) -> "xr.Dataset":
    """Compute a scan in memory.

    Parameters
    ----------
    scan : Scan, mapping or path
        A scan, what `scan` takes, or the path of a scan file.
    threads : int, optional
        Number of threads; all cores by default. A small scan needs one.

    Returns
    -------
    xarray.Dataset
        The variables of the stored result of `run`, bit by bit, with its coordinates and attributes.

    Raises
    ------
    ScanError
        If the scan is wrong.
    KernelError
        If a compiled kernel computes wrong values.
    """
    if threads is not None and threads < 1:
        raise InputError(f"threads: got {threads!r}; allowed: a whole number from 1, or None for all cores")
    if not isinstance(scan, Scan):
        scan = scans.scan(scan) if isinstance(scan, Mapping) else scans.load_scan(scan)
    by_forms = {*ENERGY_AXES}.isdisjoint(scan.axis_names[-1:])
    for text, expected in references_of(scan):
        _check(text, expected, by_forms)
    return dataset(scan, computed(scan, threads or default_threads()))


_check = cache(check_reference)  # once in each process


def computed(scan: Scan, threads: int) -> dict[str, NDArray[Any]]:
    """The variables of a scan by name, block by block as a run has them."""
    evaluate, grid = evaluator_of(scan), layout_of(scan).grid
    if grid.blocks == 1:
        return evaluate(grid.box(0))
    arrays = {
        variable.name: np.empty((*scan.shape, *variable.lengths), variable.dtype) for variable in variables_of(scan)
    }

    def work(block: int) -> None:
        box = grid.box(block)
        for name, values in evaluate(box).items():
            arrays[name][box] = values

    for _, future in map_in_threads(work, range(grid.blocks), threads):
        future.result()
    return arrays


def dataset(scan: Scan, values: Mapping[str, NDArray[Any]]) -> "xr.Dataset":
    """Values of the variables of a scan, labelled as its store labels them."""
    import xarray as xr

    variables = {
        each.name: (
            (*scan.axis_names, *(name for name, _ in each.trailing)),
            values[each.name],
            variable_attributes(each),
        )
        for each in variables_of(scan)
    }
    labels = {name: (name, each.values, each.attributes) for name, each in coordinates(scan).items()}
    return xr.Dataset(variables, labels, attributes(scan))
