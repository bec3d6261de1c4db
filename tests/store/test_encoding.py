"""The bytes of objects against those that zarr writes, number for number the same, and read back."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
import zarr
from conftest import objects
from numpy.typing import NDArray

from renp_fast.evaluate.rounding import rounded
from renp_fast.scan_file.scan import Scan, parse_scan
from renp_fast.store import layout
from renp_fast.store.encoding import ObjectFormat
from renp_fast.store.layout import layout_of
from renp_fast.store.store import BlockWriter, Store, open_for
from renp_fast.store.template import object_formats

SPECTRUM = """
observable = "spectral_function"
neutrino = { nature = "majorana", ordering = "normal" }
interaction = { kind = "vector", chirality = "left", coupling = 1e-24 }
storage = { STORAGE }
[axes]
lightest_mass_eV = { linear = [0.0, 0.1], points = 5 }
mediator_mass_eV = { log = [1e-3, 1e4], points = 7 }
photon_energy_eV = { linear = [1.0, 1.07], points = 103 }
"""
EVENTS = """
observable = "events"
neutrino = { nature = "majorana", ordering = "normal" }
interaction = { kind = "vector", chirality = "left", coupling = 1e-24 }
experiment = { trigger_eV = [1.0, 1.05, 1.06], exposure_days = 1.0 }
storage = { STORAGE }
[axes]
lightest_mass_eV = { linear = [0.0, 0.1], points = 13 }
mediator_mass_eV = { log = [1e-3, 1e4], points = 29 }
"""
LIMIT = """
observable = "limit"
neutrino = { nature = "majorana", ordering = "normal" }
interaction = { kind = "vector", chirality = "left" }
experiment = { trigger_eV = [1.0, 1.05, 1.06], exposure_days = 1.0 }
storage = { STORAGE }
[axes]
lightest_mass_eV = { linear = [0.0, 0.1], points = 13 }
mediator_mass_eV = { log = [1e-3, 1e4], points = 29 }
"""
POINT = EVENTS[: EVENTS.index("[axes]")].replace('ordering = "normal"', 'ordering = "normal", lightest_mass_eV = 0.01')
POINT = POINT.replace("coupling = 1e-24", "coupling = 1e-24, mediator_mass_eV = 1.0")
# Points of a block, and of what text; the last blocks are shorter along every axis that is cut
CASES = {
    "whole": (SPECTRUM, 10**6),
    "edges": (SPECTRUM, 250),
    "parts of rows": (SPECTRUM, 40),
    "planes": (SPECTRUM, 2 * 7 * 103),
    "events": (EVENTS, 100),
    "limits": (LIMIT, 50),
    "limits, planes": (LIMIT, 3 * 29),
    "a point": (POINT, 1),
}
STORAGES = {
    "lz4": 'codec = "lz4"',
    "zstd": 'codec = "zstd"',
    "none": 'codec = "none"',
    "float32": 'codec = "lz4", dtype = "float32"',
    "float32, none": 'codec = "none", dtype = "float32"',
    "rounded": 'codec = "lz4", significant_bits = 12',
}


def numbers(scan: Scan, seed: int = 1) -> dict[str, NDArray[Any]]:
    """Smooth and random numbers for all variables of a scan, partly what stands where nothing is computed."""
    rng = np.random.default_rng(seed)
    found = {}
    for variable in layout_of(scan).variables:
        shape = (*scan.shape, *variable.lengths)
        if variable.dtype == "uint8":
            values = rng.integers(0, 5, shape).astype(np.uint8)
        else:
            values = rng.normal(size=shape) + np.linspace(1.0, 5.0, int(np.prod(shape))).reshape(shape)
            values = np.where(rng.random(shape) < 0.05, np.nan, values)
            values = rounded(values, scan.storage.dtype, scan.storage.significant_bits)
        if values.ndim:
            values[: len(values) // 3] = variable.fill
        found[variable.name] = values
    return found


def write_ours(store: Store, values: dict[str, NDArray[Any]]) -> None:
    writer = BlockWriter(store)
    for block in range(store.blocks):
        box = store.grid.box(block)
        written = writer.write(block, writer.encode({name: array[box] for name, array in values.items()}))
        assert set(written) == set(values)


def write_theirs(store: Store, values: dict[str, NDArray[Any]]) -> None:
    group = zarr.open_group(store.path, mode="r+", use_consolidated=False)
    for name, array in values.items():
        target = group[name]
        assert isinstance(target, zarr.Array)
        target = target.with_config({"write_empty_chunks": True})
        for block in range(store.blocks):
            box = (*store.grid.box(block), ...)
            target[box] = array[box]


@pytest.mark.parametrize("chunk_bytes", [4 << 20, 512], ids=["plain", "shards"])
@pytest.mark.parametrize(
    ("case", "storage"),
    [(case, storage) for case in CASES for storage in ("lz4", "none")]
    + [(case, storage) for case in ("edges", "limits") for storage in STORAGES if storage not in ("lz4", "none")],
)
def test_objects_are_byte_for_byte_those_of_zarr(
    case: str, storage: str, chunk_bytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout, "PLAIN_BYTES", chunk_bytes)
    text, points = CASES[case]
    scan = parse_scan(text.replace("STORAGE", f"{STORAGES[storage]}, block_points = {points}"))
    values = numbers(scan)
    ours, theirs = (open_for(scan, tmp_path / name) for name in ("ours.zarr", "theirs.zarr"))
    write_ours(ours, values)
    write_theirs(theirs, values)
    for name, array in values.items():
        files = objects(theirs.path, name)
        assert len(files) == len(objects(ours.path, name)) == ours.blocks
        for file in files:
            assert (ours.path / file.relative_to(theirs.path)).read_bytes() == file.read_bytes()
        np.testing.assert_array_equal(xr.open_zarr(ours.path)[name].values, array)


def test_the_cases_are_what_they_are_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shards of chunks along several axes, some chunks of the last of them cut and some absent, are among them."""
    monkeypatch.setattr(layout, "PLAIN_BYTES", 512)
    kinds = set()
    for text, points in CASES.values():
        scan = parse_scan(text.replace("STORAGE", f'codec = "none", block_points = {points}'))
        found = layout_of(scan)
        for variable in found.variables:
            block, chunk = found.object_shape(variable), found.chunk_shape(variable)
            counts = [b // c for b, c in zip(block, chunk, strict=True)]
            last = [part.stop - part.start for part in found.grid.box(found.grid.blocks - 1)]
            kinds |= {(found.sharded(variable), sum(count > 1 for count in counts), variable.dtype)}
            if found.sharded(variable):
                kinds |= {"chunk cut"} if any(n % c for n, c in zip(last, chunk, strict=False)) else set()
                kinds |= (
                    {"chunks absent"} if any(n <= b - c for n, b, c in zip(last, block, chunk, strict=False)) else set()
                )
    assert {(True, 2, "float64"), (True, 1, "float64"), (False, 0, "float64"), (False, 0, "uint8")} <= kinds
    assert {"chunk cut", "chunks absent"} <= kinds


def test_formats_without_a_store_are_those_of_the_store(tmp_path: Path) -> None:
    scan = parse_scan(LIMIT.replace("STORAGE", 'codec = "zstd", block_points = 50'))
    store, values = open_for(scan, tmp_path / "s.zarr"), numbers(scan)
    box = store.grid.box(0)
    block = {name: array[box] for name, array in values.items()}
    formats = object_formats(scan)
    assert {name: form.encode(block[name]) for name, form in formats.items()} == BlockWriter(store).encode(block)


def test_an_array_that_is_stored_in_another_way_is_refused() -> None:
    """Rather than filled with what nobody can read."""
    metadata = {
        "chunk_grid": {"configuration": {"chunk_shape": [4]}},
        "data_type": "float64",
        "fill_value": "NaN",
        "codecs": [{"name": "bytes"}, {"name": "gzip", "configuration": {"level": 5}}],
    }
    with pytest.raises(ValueError, match="codecs bytes, gzip"):
        ObjectFormat(metadata)
