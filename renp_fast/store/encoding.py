"""The bytes of a stored object: those that zarr would write for the same array, made of a block's numbers at once.

zarr makes the metadata, and reads the results. To write a block through it costs several times as much as to compute
it, most of that in its event loop, which all threads of a process share.
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
from numcodecs import blosc
from numpy.typing import NDArray

from renp_fast.store.uncached import Piece, crc_of

blosc.use_threads = False  # every thread compresses by itself; zarr sets it too
SHUFFLES = {"noshuffle": 0, "shuffle": 1, "bitshuffle": 2}
# Where a chunk of a shard would be that there is not
ABSENT = 2**64 - 1


class ObjectFormat:
    """How the numbers of a block become an object: as a plain chunk, or as a shard of chunks.

    Parameters
    ----------
    metadata : dict
        Of the array, as in its `zarr.json`.

    Raises
    ------
    ValueError
        If the array is stored in a way that this package never asks for.
    """

    def __init__(self, metadata: Mapping[str, Any]) -> None:
        self._shape = tuple(metadata["chunk_grid"]["configuration"]["chunk_shape"])
        self._chunk_shape = self._shape
        self._dtype = np.dtype(metadata["data_type"]).newbyteorder("<")
        self._fill = self._dtype.type(metadata["fill_value"])
        codecs = metadata["codecs"]
        self._sharded = codecs[0]["name"] == "sharding_indexed"
        if self._sharded:
            sharding = codecs[0]["configuration"]
            self._chunk_shape, codecs = tuple(sharding["chunk_shape"]), sharding["codecs"]
        self._codec = _compressor(codecs)
        self._counts = [n // c for n, c in zip(self._shape, self._chunk_shape, strict=True)]

    @property
    def copies(self) -> bool:
        """Whether objects are made of other memory than that of the numbers."""
        return self._codec is not None

    def encode(self, values: NDArray[Any]) -> list[Piece]:
        """The object of a block, in pieces that follow each other; some may be the memory of ``values``."""
        values = np.asarray(values, dtype=self._dtype)
        return self._shard(values) if self._sharded else [self._chunk(values)]

    def _chunk(self, values: NDArray[Any]) -> Piece:
        """A chunk, made up to its full shape where the array ends."""
        if values.shape != self._chunk_shape:
            whole = np.full(self._chunk_shape, self._fill, dtype=self._dtype)
            whole[tuple(slice(n) for n in values.shape)] = values
            values = whole
        flat = np.ascontiguousarray(values).reshape(-1)
        if self._codec is None:
            return flat.view(np.uint8)
        encoded: bytes = self._codec.encode(flat)
        return encoded

    def _shard(self, values: NDArray[Any]) -> list[Piece]:
        """Chunks in Morton order, and an index that says where each begins and how long it is."""
        index = np.full((*self._counts, 2), ABSENT, dtype="<u8")
        pieces: list[Piece] = []
        start = 0
        for position in self._positions(values.shape):
            box = tuple(slice(k * n, (k + 1) * n) for k, n in zip(position, self._chunk_shape, strict=True))
            piece = self._chunk(values[box])
            index[position] = start, len(piece)
            start += len(piece)
            pieces.append(piece)
        table = index.tobytes()
        return [*pieces, table + struct.pack("<I", crc_of([table]))]

    def _positions(self, shape: Sequence[int]) -> Iterator[tuple[int, ...]]:
        """Where the chunks of an array of that shape are in a shard, in Morton order: bits of all axes in turn."""
        filled = [range(-(-n // c)) for n, c in zip(shape, self._chunk_shape, strict=True)]

        def code(position: tuple[int, ...]) -> int:
            bits = max(self._counts).bit_length()
            axes = len(position)
            return sum((k >> bit & 1) << (bit * axes + axis) for axis, k in enumerate(position) for bit in range(bits))

        yield from sorted(product(*filled), key=code)


def _compressor(codecs: Sequence[Mapping[str, Any]]) -> blosc.Blosc | None:
    match [(codec["name"], codec.get("configuration", {})) for codec in codecs]:
        case [("bytes", _)]:
            return None
        case [("bytes", _), ("blosc", about)]:
            return blosc.Blosc(about["cname"], about["clevel"], SHUFFLES[about["shuffle"]], about["blocksize"])
        case other:
            raise ValueError(f"cannot write arrays with the codecs {', '.join(name for name, _ in other)}")
