"""What a store says of itself: its header, and what the metadata of its group hold."""

import json
import math
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator

from renp_fast.scan_file.grid import Grid
from renp_fast.store.files import checksum
from renp_fast.store.layout import HEADER
from renp_fast.store.untrusted import (
    LARGEST_JSON,
    Count,
    Foreign,
    Hex,
    Identifier,
    Inside,
    Size,
    Text,
    parse_as,
    read_regular,
)

MOST_BLOCKS = 1 << 31


class Header(Foreign):
    """What a header must hold."""

    fingerprint: Hex
    code_hash: Text
    version: Text
    scan: dict[Text, Any]
    title: Text
    observable: Identifier
    variables: dict[Identifier, Annotated[int, Field(ge=0, le=8)]]
    blocks: Annotated[int, Field(ge=1, lt=MOST_BLOCKS)]
    shape: list[Size]
    block_shape: list[Size]
    points: Size
    metadata: dict[Inside, tuple[Count, Hex]]
    crc32c: Hex

    @model_validator(mode="after")
    def _fits_itself(self) -> "Header":
        if len(self.shape) != len(self.block_shape) or self.observable not in self.variables:
            raise ValueError("does not fit itself")
        grid = Grid(tuple(self.shape), tuple(self.block_shape))
        if grid.blocks != self.blocks or math.prod(self.shape) != self.points:
            raise ValueError("does not fit itself")
        return self


class Attributes(Foreign):
    """What the attributes of the group must hold."""

    scan_file: str
    fingerprint: str


class Group(Foreign):
    """What the metadata of the group must hold."""

    attributes: Attributes


def read_header(store: Path) -> dict[str, Any]:
    """The header of a store.

    Raises
    ------
    ValueError
        If it is damaged.
    OSError
        If it cannot be read, or is no file.
    """
    data = read_regular(store / HEADER, LARGEST_JSON)
    header = parse_as(Header, data).model_dump()
    if header.pop("crc32c") != _own_checksum(data):
        raise ValueError("it does not have its checksum")
    return header


def _own_checksum(data: bytes) -> str:
    """The checksum that a header should have, of all that it says but the checksum itself."""
    header = json.loads(data)
    del header["crc32c"]
    return checksum(json.dumps(header).encode())
