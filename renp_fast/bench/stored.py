"""W5: a whole scan from its file to the finished store, beside its computing and its writing alone."""

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from renp_fast.bench.timing import spread
from renp_fast.evaluate.evaluate import Evaluator, Memories
from renp_fast.runs.execute import run_scan
from renp_fast.runs.threads import default_threads, map_in_threads
from renp_fast.scan_file.scan import load_scan
from renp_fast.store.layout import layout_of
from renp_fast.store.template import object_formats
from renp_fast.store.uncached import write_pieces

SCAN = """
title = "Benchmark"
observable = "spectral_function"
neutrino = {{ nature = "majorana", ordering = "normal" }}
interaction = {{ kind = "vector", chirality = "left", coupling = 2e-24 }}
[axes]
lightest_mass_eV = {{ linear = [0.0, 0.05], points = {masses} }}
mediator_mass_eV = {{ log = [0.6, 6.0], points = {mediators} }}
photon_energy_eV = {{ linear = [1.0, 1.0718], points = {energies} }}
[storage]
codec = "{codec}"
{more}
"""
WHOLE, KERNEL, ENCODED, RAW = "file to finished store", "kernel alone", "kernel and encoding", "raw write"
START = "a run over one point"

# Does something in an empty folder
Layer = Callable[[Path], object]


@contextmanager
def scratch() -> Iterator[Path]:
    """A directory on the disk that TMPDIR names."""
    with tempfile.TemporaryDirectory(prefix="renp_fast-bench-") as path:
        yield Path(path)


def write_scan(folder: Path, shape: tuple[int, int, int], codec: str, more: str = "") -> Path:
    """Write the scan file of a grid."""
    path = folder / f"{'-'.join(map(str, shape))}-{codec}.toml"
    masses, mediators, energies = shape
    path.write_text(SCAN.format(masses=masses, mediators=mediators, energies=energies, codec=codec, more=more))
    return path


def file_system(folder: Path) -> str:
    """Kind of file system that a directory lies on."""
    result = subprocess.run(["df", "--output=fstype", folder], capture_output=True, text=True)
    return result.stdout.split()[-1] if result.stdout else "unknown file system"


def whole_run(file: Path, folder: Path, threads: int) -> None:
    """What `renp-fast run` does, into a store that is not there yet."""
    outcome = run_scan(load_scan(file), folder / "s.zarr", threads)
    if outcome.done != outcome.blocks:
        raise RuntimeError(f"the benchmark's own scan failed: {outcome.failed}")


def timed(folder: Path, layers: Mapping[str, Layer], repetitions: int) -> dict[str, list[float]]:
    """Seconds of every layer in every repetition; in each, all have their turn one after the other.

    What a turn has written is emptied afterwards, and removed at the very end: some file systems are slow to make files
    where others have just been removed.
    """
    seconds: dict[str, list[float]] = {name: [] for name in layers}
    for turn in range(repetitions + 1):
        for number, (name, work) in enumerate(layers.items()):
            target = folder / f"{turn}-{number}"
            target.mkdir(parents=True)
            os.sync()
            began = time.perf_counter()
            work(target)
            if turn > 0:  # the first compiles, and touches the memory
                seconds[name].append(time.perf_counter() - began)
            for file in target.rglob("*"):
                if file.is_file():
                    os.truncate(file, 0)
    return seconds


class Stored:
    """A scan that is computed and stored, and the parts that this consists of."""

    def __init__(self, folder: Path, shape: tuple[int, int, int], codec: str, threads: int) -> None:
        self.file = write_scan(folder, shape, codec)
        scan = load_scan(self.file)
        self._variable, self._layout = scan.observable, layout_of(scan)
        self._evaluate, self._formats, self._memories = Evaluator(scan), object_formats(scan), Memories()
        self._threads = threads
        self.sizes: list[int] = []
        self._data = np.empty(0, dtype=np.uint8)

    @property
    def layers(self) -> dict[str, Layer]:
        """All by name."""
        return {WHOLE: self.whole, KERNEL: self.kernel, ENCODED: self.encoded, RAW: self.raw}

    def whole(self, folder: Path) -> None:
        """A run."""
        whole_run(self.file, folder, self._threads)
        objects = (folder / "s.zarr" / self._variable / "c").rglob("*")
        self.sizes = [path.stat().st_size for path in objects if path.is_file()]

    def kernel(self, _: Path) -> None:
        """Compute every block."""
        self._each(lambda block: self._computed(block, lambda values: values), self._threads)

    def encoded(self, _: Path) -> None:
        """Compute every block, and make its object."""

        def encode(values: dict[str, Any]) -> object:
            return [form.encode(values[name]) for name, form in self._formats.items()]

        self._each(lambda block: self._computed(block, encode), self._threads)

    def raw(self, folder: Path) -> None:
        """Write files of the same sizes as a run does, each synchronised, by as many threads as it has."""
        if not self._data.size:
            self._data = np.frombuffer(np.random.default_rng(1).bytes(max(self.sizes)), dtype=np.uint8)
        writing = self._threads + self._layout.writing_threads(self._threads)
        self._each(lambda block: write_pieces(folder / str(block), [self._data[: self.sizes[block]]]), writing)

    def _computed(self, block: int, use: Callable[[dict[str, Any]], object]) -> None:
        box = self._layout.grid.box(block)
        with self._memories.lent(self._evaluate.numbers(box)) as memory:
            use(self._evaluate(box, memory))

    def _each(self, work: Callable[[int], object], threads: int) -> None:
        for _, future in map_in_threads(work, range(self._layout.grid.blocks), threads):
            future.result()


def layered(shape: tuple[int, int, int], repetitions: int) -> dict[str, Any]:
    """Points per second of every layer, for each codec, on all cores; and seconds of a run over a single point."""
    points, threads = int(np.prod(shape)), default_threads()
    codecs: dict[str, Any] = {}
    with scratch() as folder:
        one = write_scan(folder, (1, 1, 1), "none")
        for codec in ("lz4", "none"):
            scan = Stored(folder, shape, codec, threads)
            start: dict[str, Layer] = {START: lambda target: whole_run(one, target, threads)}
            seconds = timed(folder / codec, scan.layers | start, repetitions)
            slower = [max(pair) for pair in zip(seconds[KERNEL], seconds[RAW], strict=True)]
            codecs[codec] = {
                "points_per_s": {name: spread([points / s for s in seconds[name]]) for name in scan.layers},
                "of_the_slower_of_kernel_and_write": spread(
                    [part / whole for part, whole in zip(slower, seconds[WHOLE], strict=True)]
                ),
                "bytes": sum(scan.sizes),
                "blocks": len(scan.sizes),
                "start_s": spread(seconds[START]),
            }
        kind = file_system(folder)
    return {"points": points, "threads": threads, "file_system": kind, "codecs": codecs}
