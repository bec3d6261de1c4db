"""What a scan will cost, before it runs: exact counts, and a time from a timed sample. Nothing is written."""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass

from renp_fast.evaluate.evaluate import Evaluator, Memories
from renp_fast.runs.adaptive_sample import sampled_planes
from renp_fast.runs.threads import default_threads, map_in_threads
from renp_fast.runs.warmup import warm_up
from renp_fast.scan_file.grid import Box, block_shape
from renp_fast.scan_file.scan import Scan
from renp_fast.store.layout import Layout, dear_seconds, layout_of
from renp_fast.store.template import object_formats

SAMPLE_SECONDS = 2.0
LARGEST_SAMPLE = 1 << 23
# Writing and synchronising, which a plan does not try: seconds until an object is written, and for a byte of all that
# are written at once, of an ordinary disk
SECONDS_PER_OBJECT = 2e-3
SECONDS_PER_BYTE = 1e-9
TASK_SECONDS = 3600.0
# More files than most clusters like to see, and blocks that take longer to write than to compute
MANY_FILES = 100_000
FEW_BLOCKS = 100
TINY_BYTES = 1 << 16


@dataclass(frozen=True)
class Plan:
    """What a scan will cost.

    Attributes
    ----------
    points, blocks, files : int
        Exact; ``files`` for a scan that one run finishes.
    block_shape : tuple of int
        Points of a block along each axis.
    data_bytes : int
        Bytes of the numbers, exact.
    stored_bytes : int
        Bytes of the objects on disk: exact without compression, else from the sample.
    stored_exact : bool
        Whether ``stored_bytes`` is exact.
    threads : int
    seconds : float
        Time of the whole run on this machine with these threads, start-up included.
    core_hours : float
        The computing alone.
    array_tasks : int
        Tasks of about an hour, each on ``threads`` cores.
    evaluated_share : float
        Part of the points that is computed: 1, but for adaptive scans, of which a sample is refined.
    compile_seconds : float
        What compiling kernels took, which a run will find compiled; not part of ``seconds``.
    """

    points: int
    blocks: int
    block_shape: tuple[int, ...]
    files: int
    data_bytes: int
    stored_bytes: int
    stored_exact: bool
    threads: int
    seconds: float
    core_hours: float
    array_tasks: int
    evaluated_share: float
    compile_seconds: float


def make_plan(scan: Scan, threads: int | None = None, startup_seconds: float = 0.0) -> Plan:
    """Plan a scan; ``startup_seconds`` is what this process needed before, and a run will need too."""
    threads = threads or default_threads()
    layout = layout_of(scan)
    began = time.monotonic()
    warm_up(scan)
    compiled = time.monotonic()
    warm_up(scan)  # compiled by now, as it will be for the run
    warm_seconds = time.monotonic() - compiled
    startup_seconds += warm_seconds
    seconds, points, stored, share = (_adaptive_sample if scan.adaptive else _sample)(scan, layout, threads)
    blocks = layout.grid.blocks
    stored_bytes = round(stored / points * layout.points) if layout.compressed else layout.all_object_bytes()
    computing = seconds / points * layout.points
    work = max(computing, _writing_seconds(layout, threads, stored_bytes))  # side by side
    return Plan(
        points=layout.points,
        blocks=blocks,
        block_shape=layout.grid.block_shape,
        files=layout.files,
        data_bytes=layout.data_bytes,
        stored_bytes=stored_bytes,
        stored_exact=not layout.compressed,
        threads=threads,
        seconds=startup_seconds + work,
        core_hours=computing * min(threads, blocks) / 3600.0,
        array_tasks=max(1, min(blocks, math.ceil(work / TASK_SECONDS))),
        evaluated_share=share,
        compile_seconds=max(0.0, compiled - began - warm_seconds),
    )


def advice(plan: Plan) -> list[str]:
    """What the user may want to change before the run."""
    larger = "a larger [storage] block_points makes fewer"
    bytes_of_block = plan.data_bytes / plan.blocks
    notes = []
    if plan.files > MANY_FILES:
        notes.append(f"{plan.files} files are more than many file systems and quotas bear: {larger}")
    if plan.blocks > FEW_BLOCKS and bytes_of_block < TINY_BYTES:
        shape = " x ".join(map(str, plan.block_shape))
        notes.append(f"blocks of {shape} points, {bytes_of_block:.3g} bytes, are tiny: {larger}, and the run is faster")
    return notes


def _writing_seconds(layout: Layout, threads: int, stored_bytes: int) -> float:
    objects = layout.grid.blocks * len(layout.variables)
    return max(objects * SECONDS_PER_OBJECT / layout.writing_threads(threads), stored_bytes * SECONDS_PER_BYTE)


def _adaptive_sample(scan: Scan, layout: Layout, threads: int) -> tuple[float, int, float, float]:
    """As `_sample`, from planes that are refined as far as time allows."""
    planes = sampled_planes(scan, layout, threads, SAMPLE_SECONDS)
    points = sum(plane.points for plane in planes)
    seconds = sum(plane.seconds for plane in planes) / min(threads, len(planes))
    return seconds, points, sum(p.stored for p in planes), sum(p.evaluated for p in planes) / points


def _sample(scan: Scan, layout: Layout, threads: int) -> tuple[float, int, float, float]:
    """(wall seconds, points, stored bytes, 1) of blocks spread over the scan, computed side by side as a run does."""
    evaluate, formats, memories = Evaluator(scan), object_formats(scan), Memories()
    boxes = list(_sample_boxes(layout, threads, int(SAMPLE_SECONDS / dear_seconds(scan))))

    def work(sample: int) -> int:
        with memories.lent(evaluate.numbers(boxes[sample])) as memory:
            values = evaluate(boxes[sample], memory)
            return sum(len(piece) for name, form in formats.items() for piece in form.encode(values[name]))

    began = time.monotonic()
    limit = began + SAMPLE_SECONDS
    wanted = (sample for sample in range(len(boxes)) if sample < threads or time.monotonic() < limit)
    points = stored = 0
    for sample, future in map_in_threads(work, wanted, threads):
        points += math.prod(part.stop - part.start for part in boxes[sample])
        stored += future.result()
    return time.monotonic() - began, points, stored, 1.0


def _sample_boxes(layout: Layout, threads: int, most: int) -> Iterator[Box]:
    """Blocks spread evenly over the grid, the largest of them cut, and to ``most`` points."""
    count = min(layout.grid.blocks, 16 * threads)
    for k in range(count):
        # An odd stride visits the scan's far ends early, should the time not allow all
        block = (k * max(1, layout.grid.blocks // count) + k % 2 * (layout.grid.blocks // 2)) % layout.grid.blocks
        box = layout.grid.box(block)
        cut = block_shape([part.stop - part.start for part in box], max(1, min(most, LARGEST_SAMPLE)))
        yield tuple(slice(part.start, min(part.stop, part.start + n)) for part, n in zip(box, cut, strict=True))
