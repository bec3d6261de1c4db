"""An empty store: metadata, coordinates and variables without a single result, and the header beside them."""

import copy
import json
import math
import warnings
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, cast

import zarr
from numpy.typing import NDArray
from zarr.codecs import BloscCodec
from zarr.storage import LocalStore, MemoryStore

from renp_fast.scan_file.coordinates import Coordinate, coordinates, variable_attributes
from renp_fast.scan_file.scan import Scan
from renp_fast.scan_file.variables import Variable
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
    for name, coordinate in coordinates(scan).items():
        _write_coordinate(group, name, coordinate)
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


def _write_coordinate(group: zarr.Group, name: str, coordinate: Coordinate) -> None:
    array = group.create_array(
        name,
        shape=coordinate.values.shape,
        chunks=coordinate.values.shape,
        dtype="float64" if coordinate.numeric else "string",
        fill_value=math.nan if coordinate.numeric else "",
        compressors=None,
        dimension_names=(name,),
        attributes=coordinate.attributes,
    )
    array[:] = coordinate.values


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
        attributes=variable_attributes(variable),
        config={"write_empty_chunks": True},
    )


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
