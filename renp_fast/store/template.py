"""An empty store: metadata, coordinates and variables without a single result, and the header beside them."""

import copy
import json
import math
import warnings
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, cast

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.codecs import BloscCodec
from zarr.storage import LocalStore, MemoryStore

from renp_fast.scan_file.dimensions import axis_labels
from renp_fast.scan_file.scan import Scan
from renp_fast.scan_file.variables import Variable, labels_of
from renp_fast.store.encoding import ObjectFormat
from renp_fast.store.files import checksum, file_checksum, write_whole
from renp_fast.store.layout import HEADER, METADATA, PRIVATE, Layout, layout_of
from renp_fast.store.provenance import attributes, code_hash, fingerprint
from renp_fast.version import package_version

CODECS = {
    "lz4": BloscCodec(cname="lz4", clevel=1, shuffle="shuffle", blocksize=1 << 15),
    "zstd": BloscCodec(cname="zstd", clevel=1, shuffle="shuffle", blocksize=1 << 17),
    "none": None,
}
# Dimensions after the axes whose coordinates are numbers: unit and long name
NUMBERS = {
    "trigger": ("eV", "energy of the trigger laser"),
    "quantile": ("1", "part of the pseudo-experiments whose limit is not larger"),
}


def _plain_zarr() -> AbstractContextManager[Any]:
    """Settings of zarr as it comes, whatever its variables in the environment and its files of settings say."""
    return cast("AbstractContextManager[Any]", zarr.config.set(copy.deepcopy(zarr.config.defaults[0])))


def write_skeleton(scan: Scan, path: Path) -> None:
    """Write a store without results, the same whatever a user's settings of zarr are."""
    with _plain_zarr():
        _write_skeleton(scan, path)


def _write_skeleton(scan: Scan, path: Path) -> None:
    layout = layout_of(scan)
    group = zarr.create_group(LocalStore(path), attributes=attributes(scan))
    for axis in scan.axes:
        if axis.numeric:
            about: dict[str, Any] = {"units": axis.unit, "long_name": axis.long_name}
            _write_coordinate(group, axis.name, np.asarray(axis.values), about)
        else:
            _write_labels(group, axis.name, axis_labels(axis), {"long_name": axis.long_name})
    for name, labels in labels_of(scan).items():
        if name in NUMBERS:
            unit, long_name = NUMBERS[name]
            _write_coordinate(group, name, labels, {"units": unit, "long_name": long_name})
        else:
            _write_labels(group, name, labels, {"long_name": name})
    for variable in layout.variables:
        _create_variable(group, variable, scan, layout)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that consolidated metadata is an extension of the format
        zarr.consolidate_metadata(group.store)
    _write_header(scan, layout, path)


def _write_header(scan: Scan, layout: Layout, path: Path) -> None:
    metadata = {
        str(file.relative_to(path)): (file.stat().st_size, file_checksum(file))
        for file in sorted(path.rglob("*"))
        if file.is_file()
    }
    header = {
        "fingerprint": fingerprint(scan),
        "code_hash": code_hash(),
        "version": package_version(),
        "scan": dict(scan.canonical),
        "title": scan.title,
        "observable": scan.observable,
        "variables": {variable.name: len(variable.trailing) for variable in layout.variables},
        "blocks": layout.grid.blocks,
        "shape": layout.grid.shape,
        "block_shape": layout.grid.block_shape,
        "points": layout.points,
        "metadata": metadata,
    }
    (path / PRIVATE / "journal").mkdir(parents=True)
    (path / PRIVATE / "claims").mkdir()
    header["crc32c"] = checksum(json.dumps(header).encode())
    write_whole(path / HEADER, json.dumps(header, indent=1).encode())


def _write_coordinate(group: zarr.Group, name: str, values: NDArray[Any], about: dict[str, Any]) -> None:
    array = group.create_array(
        name,
        shape=values.shape,
        chunks=values.shape,
        dtype="float64",
        fill_value=math.nan,
        compressors=None,
        dimension_names=(name,),
        attributes=about,
    )
    array[:] = values


def _write_labels(group: zarr.Group, name: str, labels: tuple[str, ...], about: dict[str, Any]) -> None:
    array = group.create_array(
        name,
        shape=(len(labels),),
        chunks=(len(labels),),
        dtype="string",
        compressors=None,
        dimension_names=(name,),
        attributes=about,
    )
    array[:] = np.array(labels, dtype=object)


def _create_variable(group: zarr.Group, variable: Variable, scan: Scan, layout: Layout) -> None:
    group.create_array(
        variable.name,
        shape=(*scan.shape, *variable.lengths),
        shards=layout.object_shape(variable) if layout.sharded(variable) else None,
        chunks=layout.chunk_shape(variable),
        dtype=variable.dtype,
        fill_value=variable.fill,
        compressors=CODECS[scan.storage.codec],
        dimension_names=[*scan.axis_names, *(dim for dim, _ in variable.trailing)],
        attributes={"units": variable.unit, "long_name": variable.long_name} | _flags(variable),
        config={"write_empty_chunks": True},
    )


def _flags(variable: Variable) -> dict[str, Any]:
    """Meanings of whole numbers, as the CF conventions have them."""
    if not variable.flags:
        return {}
    return {"flag_values": list(range(len(variable.flags))), "flag_meanings": " ".join(variable.flags)}


def encoded_bytes(scan: Scan, values: NDArray[Any]) -> int:
    """Bytes that values take as a chunk by themselves."""
    codec = CODECS[scan.storage.codec]
    metadata = {
        "chunk_grid": {"configuration": {"chunk_shape": values.shape}},
        "data_type": values.dtype.name,
        "fill_value": 0,
        "codecs": [{"name": "bytes"}, *([codec.to_dict()] if codec else [])],
    }
    return sum(map(len, ObjectFormat(metadata).encode(values)))


def object_formats(scan: Scan) -> dict[str, ObjectFormat]:
    """The formats of a scan's objects by variable, without a store."""
    layout, memory = layout_of(scan), MemoryStore()
    with _plain_zarr():
        group = zarr.create_group(memory)
        for variable in layout.variables:
            _create_variable(group, variable, scan, layout)
    names = [variable.name for variable in layout.variables]
    return {name: ObjectFormat(json.loads(memory._store_dict[f"{name}/{METADATA}"].to_bytes())) for name in names}
