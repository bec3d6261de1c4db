"""Results as xarray opens them, each file checked before it is read.

Beside the skeleton of a store the only module that knows of zarr.
"""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zarr.abc.store import ByteRequest
from zarr.core.buffer import Buffer, BufferPrototype
from zarr.storage import LocalStore

from renp_fast.errors import StoreError
from renp_fast.store.store import open_to_read
from renp_fast.store.untrusted import regular_size
from renp_fast.store.vouched import Vouched

if TYPE_CHECKING:
    import xarray as xr


class CheckedStore(LocalStore):
    """A store that is only read, and of which nothing damaged is."""

    def __init__(self, vouched: Vouched) -> None:
        super().__init__(vouched.store.path, read_only=True)
        self._vouched = vouched

    def with_read_only(self, read_only: bool = False) -> "CheckedStore":
        """As it is: nothing is ever written."""
        if not read_only:
            raise ValueError("results are only read")
        return self

    def _is_there(self, key: str) -> bool:
        variable, between, _ = key.partition("/c")
        if between and variable in self._vouched.store.header["variables"] and not key.endswith("zarr.json"):
            return self._vouched.is_there(key)
        return regular_size(self.root / key) >= 0

    async def get(
        self, key: str, prototype: BufferPrototype | None = None, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        """Bytes of a file; None if there is none, or nothing vouches for it."""
        if not await asyncio.to_thread(self._is_there, key):
            return None
        return await super().get(key, prototype, byte_range)

    def get_sync(
        self, key: str, *, prototype: BufferPrototype | None = None, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        """As `get`."""
        return super().get_sync(key, prototype=prototype, byte_range=byte_range) if self._is_there(key) else None

    async def get_partial_values(
        self, prototype: BufferPrototype, key_ranges: Iterable[tuple[str, ByteRequest | None]]
    ) -> list[Buffer | None]:
        """As `get`, of several."""
        return [await self.get(key, prototype, byte_range) for key, byte_range in key_ranges]


def open_result(store: str | Path, **options: Any) -> "xr.Dataset":
    """Open the result of a scan, finished or not; further ``options`` are those of `xarray.open_zarr`.

    What is read is checked first: blocks that are not done are NaN, and damaged ones an error.

    Raises
    ------
    StoreError
        If there is no store, or what is needed to open it is damaged.
    """
    import xarray as xr

    path = Path(store)
    opened = open_to_read(path)
    try:
        dataset: xr.Dataset = xr.open_zarr(CheckedStore(Vouched(opened)), **options)
    except (ValueError, LookupError, TypeError, RuntimeError, OSError, AttributeError) as error:
        mend = f"renp-fast run SCAN -o {path} mends it"
        raise StoreError(f"{path}: its metadata cannot be read ({type(error).__name__}); {mend}") from error
    return dataset
