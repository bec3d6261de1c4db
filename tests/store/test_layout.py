"""How a scan lies in its store: blocks by default and as asked for, and exact counts of files and bytes."""

import math
from pathlib import Path

import numpy as np
import pytest

from renp_fast.runs.execute import run_scan
from renp_fast.scan_file.grid import Grid
from renp_fast.scan_file.scan import Scan, parse_scan
from renp_fast.store.layout import layout_of, object_key

MIB = 2**20
AXES = (
    "coupling = {{ linear = [0.0, 1e-20], points = {} }}",
    "mediator_mass_eV = {{ log = [1e-3, 1e4], points = {} }}",
    "lightest_mass_eV = {{ linear = [0.0, 0.1], points = {} }}",
    "alpha21_deg = {{ linear = [0.0, 360.0], points = {} }}",
)


def scan_of(shape: tuple[int, ...], storage: str = "", triggers: int = 0, observable: str = "events") -> Scan:
    """A scan whose grid has that shape; photon energies are the last axis unless there are triggers."""
    axes = list(AXES[: len(shape) if triggers else len(shape) - 1])
    if not triggers:
        axes.append("photon_energy_eV = {{ linear = [1.0, 1.07], points = {} }}")
    lines = "\n".join(axis.format(length) for axis, length in zip(axes, shape, strict=True))
    energies = [1.0 + 0.01 * k for k in range(triggers)]
    return parse_scan(f"""
        observable = "{observable if triggers else "spectral_function"}"
        neutrino = {{ nature = "majorana", ordering = "normal", lightest_mass_eV = 0.01 }}
        interaction = {{ kind = "vector", chirality = "left", coupling = 1e-24, mediator_mass_eV = 1.0 }}
        {f"experiment = {{ trigger_eV = {energies}, exposure_days = 1.0 }}" if triggers else ""}
        storage = {{ {storage} }}
        [axes]
        {lines}
    """)


class Stored:
    """Layout of the first variable of a scan, which is the only one of these observables."""

    def __init__(self, scan: Scan) -> None:
        self.layout = layout_of(scan)
        (self.variable,) = self.layout.variables
        self.grid = self.layout.grid
        self.shape = self.layout.object_shape(self.variable)
        self.object_bytes = math.prod(self.shape) * self.variable.itemsize
        self.chunk_bytes = math.prod(self.layout.chunk_shape(self.variable)) * self.variable.itemsize
        self.sharded = self.layout.sharded(self.variable)

    def file_bytes(self, block: int) -> int:
        return self.layout.object_bytes(self.variable, block)


LARGE = [(1000, 100, 100, 1000), (1000, 1000, 100, 1000), (1000, 1000, 1000, 1000)]


@pytest.mark.parametrize("shape", [(1,), (10,), (100, 100), (65_537,), (50, 1009)])
def test_scans_of_less_than_half_a_mebibyte_a_block_have_few(shape: tuple[int, ...]) -> None:
    """No block smaller than it pays, unless it is the last one."""
    stored = Stored(scan_of(shape))
    assert not stored.sharded
    assert stored.grid.blocks == math.ceil(math.prod(shape) * 8 / (MIB / 2))


@pytest.mark.parametrize(
    "shape", [(1000, 1000), (100, 100, 1000), (10, 10, 99_991), (2003, 5003), (20, 20, 20, 1250), (30_000_000,)]
)
@pytest.mark.parametrize("storage", ['dtype = "float64"', 'dtype = "float32"'])
def test_ordinary_scans_have_enough_blocks_to_share_and_to_restart(shape: tuple[int, ...], storage: str) -> None:
    stored = Stored(scan_of(shape, storage))
    assert 60 <= stored.grid.blocks <= 200 or stored.object_bytes <= MIB / 2
    assert stored.object_bytes <= 4 * MIB
    assert not stored.sharded


@pytest.mark.parametrize(
    ("shape", "largest"),
    [((1000, 1000, 1000), 64), (LARGE[0], 64), (LARGE[1], 256), (LARGE[2], 1024)],
)
def test_large_scans_have_files_that_parallel_file_systems_like(shape: tuple[int, ...], largest: int) -> None:
    """At 1e9, 1e10, 1e11 and 1e12 points (storage.md): neither many files nor huge ones, in readable chunks."""
    stored = Stored(scan_of(shape))
    assert stored.sharded
    assert largest / 3 <= stored.object_bytes / MIB <= largest
    assert 1 <= stored.chunk_bytes / MIB <= 4
    assert stored.layout.data_bytes == 8 * math.prod(shape)
    assert stored.grid.blocks < 20_000


@pytest.mark.parametrize("shape", [(40_000_221,), (200, 401, 2001), (100, 101, 401, 2001), (999, 997, 991, 983)])
def test_chunks_are_not_tiny_whatever_the_lengths(shape: tuple[int, ...]) -> None:
    """Chunks divide their shard: prime lengths must not make chunks of one number or one row, which are slow."""
    assert Stored(scan_of(shape)).chunk_bytes >= MIB / 16


@pytest.mark.parametrize("block_points", [1, 7, 1000, 12_345, 10**9])
@pytest.mark.parametrize("triggers", [0, 3])
def test_block_points_are_the_most_points_of_a_block(block_points: int, triggers: int) -> None:
    """Points of the grid: the triggers of events come on top."""
    layout = layout_of(scan_of((4, 30, 101), f"block_points = {block_points}", triggers))
    assert max(layout.points_in(block) for block in range(min(layout.grid.blocks, 50))) <= block_points
    assert sum(layout.points_in(block) for block in range(layout.grid.blocks)) == 4 * 30 * 101 == layout.points
    assert layout.grid.blocks >= layout.points / block_points
    if block_points >= layout.points:
        assert layout.grid.blocks == 1


def test_events_count_their_triggers() -> None:
    stored = Stored(scan_of((300, 2000), triggers=6))
    assert stored.shape == (*stored.grid.block_shape, 6)
    assert stored.layout.data_bytes == 300 * 2000 * 6 * 8
    assert MIB / 3 <= stored.object_bytes <= MIB / 2
    assert len(Stored(scan_of((300, 2000), triggers=6, observable="chi2")).shape) == 2


def test_keys_of_objects_are_those_of_zarr() -> None:
    assert object_key(Grid((4, 9), (2, 2)), 0, "rate", 7) == "rate/c/1/2"
    assert object_key(Grid((4, 9), (2, 2)), 1, "events", 7) == "events/c/1/2/0"
    assert object_key(Grid((), ()), 0, "chi2", 0) == "chi2/c"


RUNS = {
    "edges": scan_of((7, 11, 103), 'codec = "none", block_points = 250'),
    "float32": scan_of((7, 103), 'codec = "none", dtype = "float32", block_points = 100'),
    "events": scan_of((7, 13), 'codec = "none", block_points = 20', triggers=3),
    "shards, the last one shorter": scan_of((5, 400_000), 'codec = "none", block_points = 800_000'),
    "shards of events": scan_of((5, 40_000), 'codec = "none", block_points = 120_000', triggers=8),
    "compressed": scan_of((7, 11, 103), "block_points = 250"),
    "no axes": scan_of((), 'codec = "none"', triggers=2, observable="chi2"),
    "no axes but triggers": scan_of((), 'codec = "none"', triggers=2),
}


@pytest.mark.parametrize("name", RUNS)
def test_files_and_bytes_are_those_of_the_finished_store(name: str, tmp_path: Path) -> None:
    """What the plan says before the run is exact."""
    scan, stored = RUNS[name], Stored(RUNS[name])
    layout = stored.layout
    store = tmp_path / "store.zarr"
    outcome = run_scan(scan, store, threads=1)
    assert (outcome.done, outcome.points) == (layout.grid.blocks, layout.points)
    assert sum(file.is_file() for file in store.rglob("*")) == layout.files
    assert stored.sharded == name.startswith("shards")
    for block in range(layout.grid.blocks):
        key = store / object_key(layout.grid, len(stored.shape) - len(scan.shape), scan.observable, block)
        assert key.is_file()
        if not layout.compressed:
            assert key.stat().st_size == stored.file_bytes(block)


def test_chunks_of_the_sharded_runs_are_cut_at_the_edge() -> None:
    """Else the run above would not try shards that are partly empty."""
    for name in ("shards, the last one shorter", "shards of events"):
        stored = Stored(RUNS[name])
        assert np.any(np.array(stored.grid.shape) % np.array(stored.grid.block_shape))
        assert stored.file_bytes(stored.grid.blocks - 1) < stored.file_bytes(0)


@pytest.mark.parametrize("profile", ["", "[profile]\ntheta12_deg = { linear = [33.0, 34.0], points = 24 }"])
def test_a_limit_over_1e9_points_has_fewer_than_2000_files(profile: str) -> None:
    """Four variables, and with nuisances blocks of bounded work: still what a quota of files allows."""
    text = """observable = "limit"
    neutrino = { nature = "dirac", ordering = "normal" }
    interaction = { kind = "vector", chirality = "left" }
    experiment = { trigger_eV = [1.069, 1.07, 1.0708], exposure_days = 100.0 }
    [axes]
    mediator_mass_eV = { log = [1e-3, 1e4], points = 10000 }
    lightest_mass_eV = { linear = [0.0, 0.1], points = 1000 }
    alpha21_deg = { linear = [0.0, 360.0], points = 100 }
    """
    layout = layout_of(parse_scan(f"{text}\n{profile}"))
    assert layout.points == 10**9
    assert layout.files < 2000


@pytest.mark.parametrize(
    ("more", "seconds_per_point"),
    [
        ('method = "toys"', 5e-3),
        ("profile = { theta12_deg = { linear = [33.0, 34.0], points = 5 }, refine = true }", 0.05),
        ('line = { shape = "lorentzian", width_eV = 1e-5, momentum_spread_eV = 1e-6 }', 6e-3),
    ],
)
@pytest.mark.parametrize(("points", "seconds"), [(10**4, 6.0), (10**6, 30.0), (10**8, 80.0)])
def test_blocks_of_dear_points_are_done_in_time(
    more: str, seconds_per_point: float, points: int, seconds: float
) -> None:
    """The first bound in seconds is for restarts, the second for quotas of files, the third for the walltime."""
    text = f"""observable = "limit"
    {more}
    neutrino = {{ nature = "dirac", ordering = "normal" }}
    interaction = {{ kind = "vector", chirality = "left" }}
    experiment = {{ trigger_eV = [1.069, 1.07, 1.0708], exposure_days = 100.0 }}
    [axes]
    mediator_mass_eV = {{ log = [1e-3, 1e4], points = {points // 100} }}
    lightest_mass_eV = {{ linear = [0.0, 0.1], points = 100 }}
    """
    layout = layout_of(parse_scan(text))
    if "refine" in more and points > 10**4:  # so dear that quotas of files count at 1e6 points already
        seconds = 80.0
    assert math.prod(layout.grid.block_shape) * seconds_per_point < seconds


@pytest.mark.parametrize(("threads", "writing"), [(1, 4), (2, 8), (12, 32), (64, 64)])
def test_more_threads_write_than_compute_where_memory_has_room(threads: int, writing: int) -> None:
    assert layout_of(scan_of((10, 20))).writing_threads(threads) == writing
    huge = layout_of(scan_of((2**15, 2**13), "block_points = 134217728"))
    assert math.prod(huge.grid.block_shape) * 8 == 2**30
    assert huge.writing_threads(threads) == 2  # 2 GiB of blocks on their way
