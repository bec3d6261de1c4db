"""The store of a scan: a Zarr v3 group, and beside its data a header, claims and the journal in `.renp_fast`.

zarr makes an empty one (`skeleton`, the only module that knows of it). A block is one object for each variable, written
whole by whoever computed it; two who compute the same block write the same bytes.
"""

import glob
import json
import os
import shutil
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from renp_fast.errors import StoreError, WrongStoreError
from renp_fast.scan_file.comparison import differences
from renp_fast.scan_file.grid import Grid, size
from renp_fast.scan_file.scan import Scan, parse_scan
from renp_fast.store.encoding import ObjectFormat
from renp_fast.store.files import PARTIAL, checksum, file_checksum, partial, write_whole, writer_of
from renp_fast.store.layout import HEADER, METADATA, PRIVATE, object_key
from renp_fast.store.process import is_gone
from renp_fast.store.provenance import code_hash, fingerprint
from renp_fast.store.uncached import Piece, crc_of, write_pieces
from renp_fast.version import package_version

OBJECT_TRIES = 4
# The bytes of a variable's object by its name, and how many they are, with their checksum
Encoded = dict[str, list[Piece]]
Objects = dict[str, tuple[int, str]]


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
    """Makes and writes the objects of a store's blocks; threads may share it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._formats = {
            name: ObjectFormat(json.loads((store.path / name / METADATA).read_bytes()))
            for name in store.header["variables"]
        }

    @property
    def copies(self) -> bool:
        """Whether objects are made of other memory than that of the values."""
        return all(form.copies for form in self._formats.values())

    def encode(self, values: Mapping[str, NDArray[Any]]) -> Encoded:
        """The objects of a block, from the values of its variables."""
        return {name: form.encode(values[name]) for name, form in self._formats.items()}

    def write(self, block: int, encoded: Encoded) -> Objects:
        """Store a block, each object whole, and return their sizes and checksums."""
        objects = {}
        for name, pieces in encoded.items():
            path = self._store.path / self._store.object_key(name, block)
            _write_object(path, pieces)
            objects[name] = sum(map(len, pieces)), f"{crc_of(pieces):08x}"
        return objects


def _write_object(path: Path, pieces: list[Piece]) -> None:
    """Write an object, again if its folder was not there, or if somebody who thought us dead removed what we began."""
    for _ in range(OBJECT_TRIES - 1):
        with suppress(FileNotFoundError):
            return write_pieces(path, pieces)
        path.parent.mkdir(parents=True, exist_ok=True)
    return write_pieces(path, pieces)


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
        _check_metadata(scan, path)
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


def _check_metadata(scan: Scan, path: Path) -> None:
    """Refuse a store whose header is damaged if its metadata are those of another scan or other code."""
    try:
        found = json.loads((path / METADATA).read_bytes())["attributes"]["fingerprint"]
    except (OSError, ValueError, KeyError, TypeError):
        return
    if found != fingerprint(scan):
        raise WrongStoreError(
            f"{path}: {HEADER} is damaged, and {METADATA} is that of another scan than {scan.file}, or of other code; "
            "give another path, or the scan file that it began with"
        )


def create(scan: Scan, path: Path) -> None:
    """Make an empty store, whole or not at all; if another process was faster, keep that one."""
    from renp_fast.store.template import write_skeleton  # and with it zarr, which a store that is there does without

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
    from renp_fast.store.template import write_skeleton

    aside = partial(path)
    try:
        write_skeleton(scan, aside)
        for source in sorted(file for file in aside.rglob("*") if file.is_file()):
            target = path / source.relative_to(aside)
            target.parent.mkdir(parents=True, exist_ok=True)
            write_whole(target, source.read_bytes())
    finally:
        shutil.rmtree(aside, ignore_errors=True)


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
