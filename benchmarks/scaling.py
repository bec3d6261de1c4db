"""Two threads and two processes beside one, and what a block costs."""

import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks import compiled
from benchmarks.missing import MissingError
from renp_fast.bench import stored
from renp_fast.bench.grids import Grid
from renp_fast.bench.photon_energies import Spectrum
from renp_fast.bench.profiled import ProfiledLimits
from renp_fast.bench.timing import TURN_SECONDS, interleaved, spread
from renp_fast.scan_file.scan import load_scan
from renp_fast.store.layout import layout_of

Part = Callable[[slice], object]
THREADS = 2
# W3 and W4 are cut into so many parts, so that neither thread waits long for the other
PARTS = 8
# Points of a block whose cost is looked for
BLOCKS = (1 << 12, 1 << 14, 1 << 16)


def parts(length: int, number: int = PARTS, unit: int = 1) -> list[slice]:
    """Cut a length into a number of parts, each a multiple of ``unit``."""
    count = length // unit
    edges = unit * np.linspace(0, count, min(number, count) + 1).astype(int)
    return [slice(a, b) for a, b in pairwise(edges.tolist())]


def gains(pieces: dict[str, tuple[Part, list[slice]]], repetitions: int) -> dict[str, Any]:
    """How many times as fast two threads do each piece as one; and those of the package over those of C.

    Each turn does a piece as often as takes about `TURN_SECONDS`: threads are at work all the time, as in a scan, and
    how long the system takes to wake them does not count.
    """
    with ThreadPoolExecutor(THREADS) as pool:
        works: dict[str, Callable[[], object]] = {}
        for name, (work, slices) in pieces.items():
            rounds = max(1, round(TURN_SECONDS / _seconds(work, slices)))
            for threads in (1, THREADS):
                works[f"{name} {threads}"] = partial(_share, pool, threads, work, slices * rounds)
        timed = interleaved(works, repetitions)
    gained = {name: [a / b for a, b in zip(timed[f"{name} 1"], timed[f"{name} 2"], strict=True)] for name in pieces}
    result = {f"gain, {name}": spread(values) for name, values in gained.items()}
    if set(gained) == {"renp_fast", "C"}:
        ratio = [ours / c for ours, c in zip(gained["renp_fast"], gained["C"], strict=True)]
        result["renp_fast over C"] = spread(ratio)
    return result


def _seconds(work: Part, slices: list[slice]) -> float:
    """How long the parts take, done before."""
    for part in slices:
        work(part)
    began = time.perf_counter()
    for part in slices:
        work(part)
    return time.perf_counter() - began


def _share(pool: Executor, threads: int, work: Part, slices: list[slice]) -> None:
    """Let each thread take the next part until none is left."""
    left = iter(slices)

    def some() -> None:
        for part in left:
            work(part)

    for each in [pool.submit(some) for _ in range(threads)]:
        each.result()


def threads(
    spectrum: Spectrum, grid: Grid, limits: ProfiledLimits, repetitions: int
) -> tuple[dict[str, Any], dict[str, str]]:
    """Gains of two threads for W1, W3 and W4, beside a pair of threads that runs nothing but C, and what is missing.

    For W4 that is the chi^2 of W3.
    """
    energies = parts(spectrum.points, THREADS, compiled.LANES)
    pieces: dict[str, dict[str, tuple[Part, list[slice]]]] = {
        "W1": {"renp_fast": (lambda part: spectrum.ours(spectrum.w[part]), energies)},
        "W3": {"renp_fast": (grid.ours, parts(grid.masses))},
        "W4": {"renp_fast": (limits.ours, parts(limits.masses))},
    }
    try:
        fill = compiled.best_fill(grid, _best_source())
        pieces["W1"]["C"] = (compiled.best_fill(spectrum, _best_source()), energies)
        pieces["W3"]["C"] = pieces["W4"]["C"] = (fill, parts(grid.rows_shape[0]))
        missing = {}
    except MissingError as error:
        missing = {"C": str(error)}
    return {name: gains(each, repetitions) for name, each in pieces.items()}, missing


def _best_source() -> str:
    return "avx512" if compiled.has_avx512() else "plain"


def _ours_of(grid: Grid, part: slice) -> int:
    return len(np.atleast_1d(grid.ours(part)))


def processes(grid: Grid, repetitions: int) -> dict[str, Any]:
    """Gain of two processes over one, for W3; they have been started and have computed before."""
    slices, work = parts(grid.masses), partial(_ours_of, grid)
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:

        def one_by_one() -> None:
            for part in slices:
                pool.submit(work, part).result()

        def both() -> None:
            for _ in pool.map(work, slices):
                pass

        timed = interleaved({"2": both, "1": one_by_one}, repetitions)
    return {"gain, renp_fast": spread([a / b for a, b in zip(timed["1"], timed["2"], strict=True)])}


def block_cost(energies: int, repetitions: int) -> dict[str, Any]:
    """Seconds of a whole run on one thread for several sizes of a block, and the cost of a block from their slope."""
    with stored.scratch() as folder:
        works: dict[str, stored.Layer] = {}
        blocks = {}
        for size in BLOCKS:
            place = folder / str(size)
            place.mkdir()
            file = stored.write_scan(place, (4, 4, energies), "none", f"block_points = {size}")
            blocks[str(size)] = layout_of(load_scan(file)).grid.blocks
            works[str(size)] = partial(stored.whole_run, file, threads=1)
        timed = stored.timed(folder / "turns", works, repetitions)
    seconds = {name: spread(values) for name, values in timed.items()}
    medians = [seconds[name]["median"] for name in blocks]
    slope = float(np.polyfit(list(blocks.values()), medians, 1)[0])
    return {"points": 16 * energies, "blocks": blocks, "seconds": seconds, "seconds_per_block": slope}
