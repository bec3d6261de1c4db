"""The store of a scan: a Zarr v3 group, and beside its data a header, claims and the journal in `.renp_fast`.

zarr makes an empty one (`skeleton`, the only module that knows of it). A block is one object for each variable, written
whole by whoever computed it; two who compute the same block write the same bytes.
"""

import glob
import json
import os
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial as bound
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from renp_fast.errors import StoreError, WrongStoreError
from renp_fast.scan_file.comparison import differences
from renp_fast.scan_file.grid import Grid, size
from renp_fast.scan_file.scan import Scan, parse_scan
from renp_fast.store.encoding import ObjectFormat
from renp_fast.store.files import PARTIAL, file_checksum, partial, write_whole, writer_of
from renp_fast.store.header import Group, read_header
from renp_fast.store.layout import HEADER, METADATA, PRIVATE, layout_of, object_key
from renp_fast.store.paths import (
    StoreGoneError,
    identity_of,
    in_its_place,
    make_folder,
    refuse_if_gone,
    remove_object,
)
from renp_fast.store.process import is_gone
from renp_fast.store.provenance import code_hash, fingerprint
from renp_fast.store.uncached import Piece, crc_of, write_pieces
from renp_fast.store.untrusted import (
    LARGEST_JSON,
    NotAFileError,
    read_as,
    read_regular,
    regular_size,
    why,
)
from renp_fast.version import package_version

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
    identity : int
        What tells it from another store at the same path.
    """

    path: Path
    header: dict[str, Any]
    identity: int = 0

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

    def object_path(self, variable: str, block: int) -> str:
        """As `object_key`, with the path of the store."""
        return f"{self.path}/{self.object_key(variable, block)}"

    def object_sizes(self, block: int) -> dict[str, int]:
        """Sizes of the objects of a block; -1 where there is none, or something else."""
        return {name: regular_size(self.object_path(name, block)) for name in self.header["variables"]}

    def refuse_if_gone(self) -> None:
        """Raise `StoreGoneError` if the store was removed, renamed or replaced by one of another scan."""
        found = identity_of(self.path)
        if found == self.identity and found:
            return
        refuse_if_gone(self.path)
        try:  # some file systems number their files anew now and then
            same = open_store(self.path).fingerprint == self.fingerprint
        except StoreError:
            same = False
        if not same:
            raise StoreGoneError(self.path)
        self.identity = found

    def damaged_metadata(self) -> list[str]:
        """Files that hold no results and are missing or not what was written."""
        return [name for name, (size, crc) in self.header["metadata"].items() if _damaged(self.path / name, size, crc)]


def _damaged(path: Path, size: int, crc: str) -> bool:
    try:
        return regular_size(path) != size or file_checksum(path) != crc
    except NotAFileError:
        return True


class BlockWriter:
    """Makes and writes the objects of a store's blocks; threads may share it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._formats = {name: _format_of(store.path, name) for name in store.header["variables"]}

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
            in_its_place(bound(write_pieces, path, pieces), path, self._store.path)
            objects[name] = sum(map(len, pieces)), f"{crc_of(pieces):08x}"
        return objects

    def take_back(self, block: int, encoded: Encoded) -> None:
        """If the store is gone, remove what was written of a block in its place meanwhile."""
        try:
            self._store.refuse_if_gone()
        except StoreGoneError:
            for name, pieces in encoded.items():
                remove_object(self._store.path / self._store.object_key(name, block), self._store.path, crc_of(pieces))


def _format_of(store: Path, name: str) -> ObjectFormat:
    """How the objects of a variable are made."""
    try:
        return ObjectFormat(json.loads(read_regular(store / name / METADATA, LARGEST_JSON)))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, NotAFileError):
        raise StoreError(f"{store}: {name}/{METADATA} is damaged; the next renp-fast run mends it") from None


def open_store(path: Path) -> Store:
    """Open a store to read what it says of itself.

    Raises
    ------
    StoreError
        If there is no store of this package, or its header is damaged.
    """
    identity = identity_of(path)
    try:
        header = read_header(path)
    except (OSError, ValueError, RecursionError) as error:
        if isinstance(error, PermissionError):
            raise StoreError(f"{path}: cannot read {HEADER}: {error.strerror}") from None
        if not (path / PRIVATE).is_dir():
            what = f"{path}: not a store of renp-fast; allowed: what renp-fast run -o has written"
            raise WrongStoreError(f"{what} ({HEADER}: {why(error)})") from None
        mend = f"renp-fast run SCAN -o {path} writes it anew"
        raise StoreError(f"{path}: {HEADER} is damaged ({why(error)}); {mend}") from None
    return Store(path, header, identity)


def open_to_read(path: Path) -> Store:
    """Open a store whose results are to be read.

    Raises
    ------
    StoreError
        If there is no store of this package, or its header, metadata or coordinates are damaged.
    """
    store = open_store(path)
    if damaged := store.damaged_metadata():
        mend = f"renp-fast run SCAN -o {path} mends it"
        raise StoreError(f"{path}: cannot be read: {', '.join(damaged)} is missing or damaged; {mend}")
    return store


def scan_of(store: Store) -> Scan:
    """The scan of a store, from the text of the scan file that it holds.

    Raises
    ------
    StoreError
        If that is damaged.
    """
    try:
        text = read_as(Group, store.path / METADATA).attributes.scan_file
    except (OSError, ValueError):
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
    return open_again(scan, path)


def open_again(scan: Scan, path: Path) -> Store:
    """Open the store of a scan that is there to write to it, mending its metadata.

    Raises
    ------
    StoreError
        If the store belongs to another scan or other code, or there is none.
    """
    if not (path / PRIVATE).is_dir():
        raise WrongStoreError(f"{path}: exists and is not a store of renp-fast; give another path")
    try:
        store = open_store(path)
    except WrongStoreError:
        raise
    except StoreError:
        _check_metadata(scan, path)
        return _mended(scan, path)
    _check_same(scan, store)
    return _mended(scan, path) if store.damaged_metadata() or not _fits(scan, store.header) else store


def _mended(scan: Scan, path: Path) -> Store:
    _mend(scan, path)
    store = open_store(path)
    _check_same(scan, store)
    return store


def _fits(scan: Scan, header: Mapping[str, Any]) -> bool:
    """Whether a header that names a scan also describes it."""
    layout = layout_of(scan)
    found = header["observable"], header["variables"], tuple(header["shape"]), tuple(header["block_shape"])
    variables = {variable.name: len(variable.trailing) for variable in layout.variables}
    return found == (scan.observable, variables, layout.grid.shape, layout.grid.block_shape)


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
        found = read_as(Group, path / METADATA).attributes.fingerprint
    except (OSError, ValueError):
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
            make_folder(target.parent, path)
            in_its_place(bound(write_whole, target, source.read_bytes()), target, path)
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
