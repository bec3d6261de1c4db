"""The store of a scan: a Zarr v3 group, and beside its data a header, claims and the journal in `.renp_fast`.

Besides `skeleton`, which makes an empty one, this is the only module that knows of zarr. A block is one object for each
variable, written whole by whoever computed it; two who compute the same block write the same bytes.
"""

import asyncio
import glob
import json
import os
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import zarr
from numpy.typing import NDArray
from zarr.abc.store import ByteRequest
from zarr.core.buffer import Buffer, BufferPrototype
from zarr.storage import LocalStore

from renp_fast.engine.errors import StoreError, WrongStoreError
from renp_fast.engine.files import PARTIAL, checksum, file_checksum, partial, write_whole, writer_of
from renp_fast.engine.grid import Grid, size
from renp_fast.engine.layout import layout_of, object_key
from renp_fast.engine.process import is_gone
from renp_fast.engine.provenance import code_hash, fingerprint
from renp_fast.engine.skeleton import HEADER, PRIVATE, write_skeleton
from renp_fast.engine.spec import Scan, differences, parse_scan
from renp_fast.engine.version import package_version

Objects = dict[str, tuple[int, str]]
METADATA = "zarr.json"


class DurableStore(LocalStore):
    """A local store whose objects are synchronised before they get their name, and which notes their checksums.

    Results are never read: what an object replaces may be damaged, and stays in place until the new one is whole.
    """

    def __init__(self, root: Path | str, *, read_only: bool = False) -> None:
        super().__init__(root, read_only=read_only)
        self.written: dict[str, tuple[int, str]] = {}

    async def get(
        self, key: str, prototype: BufferPrototype | None = None, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        """Read metadata."""
        return await super().get(key, prototype, byte_range) if key.endswith(METADATA) else None

    def get_sync(
        self, key: str, *, prototype: BufferPrototype | None = None, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        """Read metadata."""
        return super().get_sync(key, prototype=prototype, byte_range=byte_range) if key.endswith(METADATA) else None

    async def set(self, key: str, value: Buffer) -> None:
        """Store an object."""
        await asyncio.to_thread(self.set_sync, key, value)

    def set_sync(self, key: str, value: Buffer) -> None:
        """Store an object."""
        self._check_writable()
        data = value.to_bytes()
        path = self.root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, data)
        self.written[key] = (len(data), checksum(data))


@dataclass
class Store:
    """A store on disk, of one scan.

    Attributes
    ----------
    path : Path
    header : dict
        Fingerprint, canonical scan, versions, blocks, and the checksums of all files that hold no results.
    """

    path: Path
    header: dict[str, Any]

    @property
    def fingerprint(self) -> str:
        """Fingerprint of the scan and the code that began the store."""
        return str(self.header["fingerprint"])

    @property
    def blocks(self) -> int:
        """Number of blocks."""
        return int(self.header["blocks"])

    @property
    def grid(self) -> Grid:
        """The blocks."""
        return Grid(tuple(self.header["shape"]), tuple(self.header["block_shape"]))

    def points_in(self, block: int) -> int:
        """Number of points of a block."""
        return size(self.grid.box(block))

    def object_key(self, variable: str, block: int) -> str:
        """Where the object of a block lies, relative to the store."""
        return object_key(self.grid, int(self.header["variables"][variable]), variable, block)

    def has_objects(self, block: int) -> bool:
        """Whether all objects of a block are there, whole or not."""
        return all((self.path / self.object_key(name, block)).exists() for name in self.header["variables"])

    def damaged_metadata(self) -> list[str]:
        """Files that hold no results and are missing or not what was written."""
        return [
            name
            for name, (size, crc) in self.header["metadata"].items()
            if not _has_size(self.path / name, size) or file_checksum(self.path / name) != crc
        ]


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False


class BlockWriter:
    """Writes blocks into a store; threads may share it."""

    def __init__(self, store: Store, scan: Scan) -> None:
        self.layout = layout_of(scan)
        self._files = DurableStore(store.path)
        group = zarr.open_group(self._files, mode="r+", use_consolidated=True)
        self._arrays = {name: _array(group, name) for name in (variable.name for variable in self.layout.variables)}

    def write(self, block: int, values: Mapping[str, NDArray[Any]]) -> Objects:
        """Store the values of a block, whole, and return size and checksum of each object."""
        box = self.layout.grid.box(block)
        objects = {}
        for variable in self.layout.variables:
            key = object_key(self.layout.grid, len(variable.trailing), variable.name, block)
            array = self._arrays[variable.name]
            array[(*box, ...)] = values[variable.name]
            written: DurableStore = array.store
            objects[variable.name] = written.written.pop(key)
        return objects


def open_store(path: Path) -> Store:
    """Open a store to read what it says of itself.

    Raises
    ------
    StoreError
        If there is no store of this package, or its header is damaged.
    """
    try:
        header = json.loads((path / HEADER).read_bytes())
        if header.pop("crc32c") != checksum(json.dumps(header).encode()):
            raise ValueError
    except OSError as error:
        raise WrongStoreError(f"{path}: not a store of renp-fast ({HEADER}: {error.strerror})") from None
    except (ValueError, KeyError, AttributeError):
        raise StoreError(f"{path}: {HEADER} is damaged; renp-fast run SCAN -o {path} writes it anew") from None
    return Store(path, header)


def scan_of(store: Store) -> Scan:
    """The scan of a store, from the text of the scan file that it holds.

    Raises
    ------
    StoreError
        If that is damaged.
    """
    try:
        text = json.loads((store.path / METADATA).read_bytes())["attributes"]["scan_file"]
    except (OSError, ValueError, KeyError):
        raise StoreError(f"{store.path}: {METADATA} is damaged; renp-fast run SCAN -o {store.path} mends it") from None
    return parse_scan(text, str(store.path))


def open_for(scan: Scan, path: Path) -> Store:
    """Open the store of a scan to write to it, making it if there is none and mending its metadata.

    Raises
    ------
    StoreError
        If the store belongs to another scan or other code, or the path is something else.
    """
    if not path.exists():
        create(scan, path)
    if not (path / PRIVATE).is_dir():
        raise WrongStoreError(f"{path}: exists and is not a store of renp-fast; give another path")
    try:
        store = open_store(path)
    except StoreError:
        _mend(scan, path)
        store = open_store(path)
    _check_same(scan, store)
    if store.damaged_metadata():
        _mend(scan, path)
        store = open_store(path)
    return store


def _check_same(scan: Scan, store: Store) -> None:
    if store.fingerprint == fingerprint(scan):
        return
    different = differences(store.header["scan"], scan.canonical)
    if different:
        what = "\n  ".join(different)
        raise WrongStoreError(
            f"{store.path}: holds another scan than {scan.file}; give another path. They differ:\n  {what}"
        )
    there = f"{store.header['version']} (code {store.header['code_hash'][:12]})"
    here = f"{package_version()} (code {code_hash()[:12]})"
    raise WrongStoreError(
        f"{store.path}: begun by renp-fast {there}, while this is {here}, whose numbers may differ; "
        "give another path, remove this one, or go on with that version"
    )


def create(scan: Scan, path: Path) -> None:
    """Make an empty store, whole or not at all; if another process was faster, keep that one."""
    aside = partial(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_skeleton(scan, aside)
        aside.rename(path)
    except BaseException as error:
        shutil.rmtree(aside, ignore_errors=True)
        if not (isinstance(error, OSError) and path.is_dir()):
            raise


def _mend(scan: Scan, path: Path) -> None:
    """Write header, metadata and coordinates anew, each file whole; results and journal stay as they are."""
    aside = partial(path)
    try:
        write_skeleton(scan, aside)
        for source in sorted(file for file in aside.rglob("*") if file.is_file()):
            target = path / source.relative_to(aside)
            target.parent.mkdir(parents=True, exist_ok=True)
            write_whole(target, source.read_bytes())
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _array(group: zarr.Group, name: str) -> Any:
    array = group[name]
    assert isinstance(array, zarr.Array)
    return array.with_config({"write_empty_chunks": True})


def remove_leftovers(path: Path, dead: Collection[str] = ()) -> int:
    """Remove what dead processes left half written, in the store and beside it.

    Dead are those of this machine that are gone, and those named; what anybody else writes is left alone.
    """

    def is_left(name: str) -> bool:
        writer = writer_of(name)
        return bool(writer) and (writer in dead or is_gone(writer))

    left = [Path(folder) / name for folder, _, names in os.walk(path) for name in names if is_left(name)]
    for file in left:
        file.unlink(missing_ok=True)
    beside = [folder for folder in path.parent.glob(f".{glob.escape(path.name)}.*{PARTIAL}") if is_left(folder.name)]
    for folder in beside:
        shutil.rmtree(folder, ignore_errors=True)
    return len(left) + len(beside)
