"""The result of a scan as a labelled array."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xarray as xr


def open_result(store: str | Path) -> "xr.Dataset":
    """Open the result of a scan, finished or not, as a lazy labelled array."""
    import xarray as xr

    dataset: xr.Dataset = xr.open_zarr(str(store))
    return dataset
