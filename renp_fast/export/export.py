"""Results in other formats: CSV, NetCDF, Parquet; streamed, so that a large store needs little memory."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from renp_fast.errors import InputError, StoreError
from renp_fast.scan_file.grid import block_shape, boxes
from renp_fast.store.files import place_fault, written_aside
from renp_fast.store.opened import open_result

FORMATS = (".csv", ".nc", ".parquet")
ROWS = 1 << 18


def export(store: Path, output: Path) -> list[str]:
    """Write a result to ``output``, whose suffix tells the format: .csv, .nc or .parquet.

    CSV and Parquet get a row for each number of the observable, with a column for each of its dimensions and for each
    variable that has no others; NetCDF keeps the labelled arrays, the allowed intervals of limits among them.

    Returns
    -------
    list of str
        Names of the variables that rows have no place for.

    Raises
    ------
    InputError
        If the format is not known, what writes it is not installed, or no file can be made there.
    StoreError
        If the store is damaged or the file cannot be written.
    """
    if output.suffix not in FORMATS:
        raise InputError(f"{output}: unknown format {output.suffix!r}; allowed: {', '.join(FORMATS)}")
    dataset = open_result(store)
    writers = {".csv": _write_csv, ".nc": _write_netcdf, ".parquet": _write_parquet}
    try:
        with written_aside(output) as aside:
            writers[output.suffix](dataset, aside)
    except ImportError as error:
        raise InputError(f"{output}: needs {error.name}; allowed: pip install 'renp-fast[export]' first") from None
    except StoreError:
        raise
    except (RuntimeError, ValueError) as error:  # what the codec says of a damaged chunk, without naming it
        raise StoreError(f"{store}: cannot be read: {error}; renp-fast verify names what is damaged") from error
    except OSError as error:
        if fault := place_fault(output, error):
            allowed = "a file in a folder that can be written to"
            raise InputError(f"{output}: cannot write: {fault}; allowed: {allowed}") from error
        raise StoreError(f"{output}: cannot write: {error.strerror or error}") from error
    return [] if output.suffix == ".nc" else sorted({*map(str, dataset.data_vars)} - {*_columns(dataset)})


def _columns(dataset: xr.Dataset) -> list[str]:
    """Variables that have the dimensions of the observable, or some of them."""
    dims = {*dataset[dataset.attrs["observable"]].dims}
    return [str(name) for name in dataset.data_vars if {*dataset[name].dims} <= dims]


def _frames(dataset: xr.Dataset) -> Iterator[pd.DataFrame]:
    """The numbers of the observable as rows, some at a time, in C order, with what else holds for each of them."""
    variable = dataset[dataset.attrs["observable"]]
    dims = [str(dim) for dim in variable.dims]
    whole = tuple(slice(0, length) for length in variable.shape)
    for box in boxes(whole, block_shape(variable.shape, ROWS)):
        part = dataset.isel(dict(zip(dims, box, strict=True)))
        shape = tuple(along.stop - along.start for along in box)
        columns = {}
        for name in (*dims, *_columns(dataset)):
            without = [number for number, dim in enumerate(dims) if dim not in part[name].dims]
            columns[name] = np.broadcast_to(np.expand_dims(part[name].to_numpy(), without), shape).ravel()
        yield pd.DataFrame(columns)


def _write_csv(dataset: xr.Dataset, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        for number, frame in enumerate(_frames(dataset)):
            frame.to_csv(file, index=False, header=number == 0, na_rep="nan")


def _write_parquet(dataset: xr.Dataset, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    writer = None
    try:
        for frame in _frames(dataset):
            table = pa.Table.from_pandas(frame, preserve_index=False)
            writer = writer or pq.ParquetWriter(path, table.schema)
            writer.write_table(table)
    finally:
        if writer:
            writer.close()


def _write_netcdf(dataset: xr.Dataset, path: Path) -> None:
    import h5netcdf

    assert h5netcdf
    labels = {name: dataset[name].astype(object) for name in dataset.coords if dataset[name].dtype.kind not in "fi"}
    plain = dataset.assign_coords(labels)
    plain.attrs = {key: value if isinstance(value, (str, float)) else repr(value) for key, value in plain.attrs.items()}
    plain.to_netcdf(path, engine="h5netcdf")
