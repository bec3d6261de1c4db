"""W5: a whole scan from its file to the finished store, beside its computing and its writing alone."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from renp_fast.bench.timing import interleaved, spread
from renp_fast.engine.evaluate import Evaluator
from renp_fast.engine.execute import run_scan
from renp_fast.engine.files import write_whole
from renp_fast.engine.layout import layout_of
from renp_fast.engine.skeleton import encoded_bytes
from renp_fast.engine.spec import load_scan
from renp_fast.engine.threads import default_threads, map_in_threads

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


@contextmanager
def scratch() -> Iterator[Path]:
    """A directory on the disk that TMPDIR names."""
    with tempfile.TemporaryDirectory(prefix="renp_fast-bench-") as path:
        yield Path(path)


def write_scan(folder: Path, shape: tuple[int, int, int], codec: str, more: str = "") -> Path:
    """Write the scan file of a grid."""
    path = folder / "scan.toml"
    masses, mediators, energies = shape
    path.write_text(SCAN.format(masses=masses, mediators=mediators, energies=energies, codec=codec, more=more))
    return path


def file_system(folder: Path) -> str:
    """Kind of file system that a directory lies on."""
    result = subprocess.run(["df", "--output=fstype", folder], capture_output=True, text=True)
    return result.stdout.split()[-1] if result.stdout else "unknown file system"


def whole_run(file: Path, store: Path, threads: int) -> None:
    """What `renp-fast run` does, into a store that was not there."""
    shutil.rmtree(store, ignore_errors=True)
    outcome = run_scan(load_scan(file), store, threads)
    if outcome.done != outcome.blocks:
        raise RuntimeError(f"the benchmark's own scan failed: {outcome.failed}")


def layers(folder: Path, shape: tuple[int, int, int], codec: str, threads: int) -> dict[str, Callable[[], object]]:
    """The whole, the parts of which it consists, and a plain write of the same bytes into as many files."""
    file, store = write_scan(folder, shape, codec), folder / "s.zarr"
    scan = load_scan(file)
    layout, evaluate = layout_of(scan), Evaluator(scan)
    whole_run(file, store, threads)
    objects = [path.read_bytes() for path in (store / scan.observable / "c").rglob("*") if path.is_file()]

    def each(work: Callable[[int], object], count: int = layout.grid.blocks) -> None:
        for _, future in map_in_threads(work, range(count), threads):
            future.result()

    def kernel(block: int) -> object:
        return evaluate(layout.grid.box(block))

    def encoded(block: int) -> object:
        return [encoded_bytes(scan, name, values) for name, values in evaluate(layout.grid.box(block)).items()]

    def raw() -> None:
        target = folder / "raw"
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        each(lambda k: write_whole(target / str(k), objects[k]), len(objects))

    return {
        WHOLE: lambda: whole_run(file, store, threads),
        KERNEL: lambda: each(kernel),
        ENCODED: lambda: each(encoded),
        RAW: raw,
    }


def layered(shape: tuple[int, int, int], repetitions: int) -> dict[str, Any]:
    """Points per second of every layer, for each codec, on all cores."""
    points, threads = int(np.prod(shape)), default_threads()
    codecs: dict[str, Any] = {}
    with scratch() as folder:
        for codec in ("lz4", "none"):
            timed = interleaved(layers(folder, shape, codec, threads), repetitions)
            slower = [max(pair) for pair in zip(timed[KERNEL], timed[RAW], strict=True)]
            codecs[codec] = {
                "points_per_s": {name: spread([points / s for s in seconds]) for name, seconds in timed.items()},
                "of_the_slower_of_kernel_and_write": spread([b / w for b, w in zip(slower, timed[WHOLE], strict=True)]),
                "bytes": sum(file.stat().st_size for file in (folder / "raw").iterdir()),
            }
        kind = file_system(folder)
    return {"points": points, "threads": threads, "file_system": kind, "codecs": codecs}
