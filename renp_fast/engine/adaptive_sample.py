"""What an adaptive scan will evaluate, and in what time, from planes that are refined as far as time allows."""

import math
import time
from dataclasses import dataclass

from renp_fast.engine.layout import Layout
from renp_fast.engine.planes import AdaptiveEvaluator, PlaneOfScan, planes_of
from renp_fast.engine.skeleton import encoded_bytes
from renp_fast.engine.spec import Scan
from renp_fast.engine.threads import map_in_threads


@dataclass(frozen=True)
class PlaneCost:
    """What a plane costs: seconds of one thread, its points, those of them evaluated, and bytes stored."""

    seconds: float
    points: int
    evaluated: float
    stored: float


def sampled_planes(scan: Scan, layout: Layout, threads: int, limit_s: float) -> list[PlaneCost]:
    """The cost of planes spread over the blocks of an adaptive scan, as many as there are threads or time for."""
    blocks = layout.grid.blocks
    count = min(blocks, 16 * threads)
    chosen = [k * blocks // count for k in range(count)]
    limit = time.monotonic() + limit_s

    def work(number: int) -> PlaneCost:
        return _cost(scan, layout, chosen[number], limit)

    wanted = (number for number in range(count) if number < threads or time.monotonic() < limit)
    return [future.result() for _, future in map_in_threads(work, wanted, threads)]


def _cost(scan: Scan, layout: Layout, block: int, limit: float) -> PlaneCost:
    """The cost of the first plane of a block; if time is over before it is refined, with what would still have come.

    Lines in a plane take twice as many new points at each further step.
    """
    box = layout.grid.box(block)
    began = time.perf_counter()
    refined = PlaneOfScan(scan, next(planes_of(scan, box)))
    size, new, expected = 0, 0, 0.0
    for step in refined.refine():
        new, size = refined.plane.i.size - size, refined.plane.i.size
        expected = size + new * (2.0 * step - 2.0)
        if time.monotonic() > limit:
            break
    points = math.prod(refined.plane.shape)
    expected = min(expected, points)
    seconds = time.perf_counter() - began
    # A block of this plane alone
    single = tuple(
        part if axis in refined.pair else slice(k, k + 1)
        for axis, (k, part) in enumerate(zip(refined.at, box, strict=True))
    )
    values = AdaptiveEvaluator(scan).assembled(single, [refined])
    stored = sum(encoded_bytes(scan, name, array) for name, array in values.items())
    return PlaneCost(seconds * expected / size, points, expected, stored * expected / size)
