"""What an adaptive scan will evaluate, and in what time, from planes that are refined as far as time allows."""

import math
import time
from dataclasses import dataclass, replace

from renp_fast.adaptive.refinement import AdaptiveEvaluator, PlaneOfScan, planes_of
from renp_fast.runs.threads import map_in_threads
from renp_fast.scan_file.grid import Box
from renp_fast.scan_file.scan import Scan
from renp_fast.store.layout import Layout
from renp_fast.store.template import encoded_bytes

POINTS_SECONDS = 0.5


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

    Lines in a plane take twice as many new points at each further step. They are about as long without nuisances and
    pseudo-experiments, whose points are dear: of these a few are timed.
    """
    box = layout.grid.box(block)
    began = time.perf_counter()
    plain = _without_nuisances(scan)
    refined = PlaneOfScan(plain, next(planes_of(scan, box)))
    size, expected = 0, 0.0
    for step in refined.refine():
        new, size = refined.plane.i.size - size, refined.plane.i.size
        expected = size + new * (2.0 * step - 2.0)
        if time.monotonic() > limit:
            break
    expected = min(expected, math.prod(refined.plane.shape))
    seconds = time.perf_counter() - began
    values = AdaptiveEvaluator(plain).assembled(_alone(refined, box), [refined])
    stored = sum(encoded_bytes(scan, array) for array in values.values())
    per_point = seconds / size if plain is scan else _seconds_per_point(scan, refined)
    return PlaneCost(per_point * expected, math.prod(refined.plane.shape), expected, stored * expected / size)


def _without_nuisances(scan: Scan) -> Scan:
    if not scan.profile and not scan.toys:
        return scan
    alternative = scan.alternative and replace(scan.alternative, profile=(), refine=False)
    return replace(scan, profile=(), refine=False, toys=0, alternative=alternative)


def _seconds_per_point(scan: Scan, refined: PlaneOfScan) -> float:
    """Time that a point takes among many: ever more of those looked at last are evaluated, for a while."""
    count, size, limit = 1, refined.plane.i.size, time.monotonic() + POINTS_SECONDS
    while True:
        began = time.perf_counter()
        PlaneOfScan(scan, refined.at).look(refined.plane.i[-count:], refined.plane.j[-count:])
        seconds = (time.perf_counter() - began) / min(count, size)
        if time.monotonic() > limit or count >= size:
            return seconds
        count *= 2


def _alone(refined: PlaneOfScan, box: Box) -> Box:
    """The part of a box that is this plane."""
    places = enumerate(zip(refined.at, box, strict=True))
    return tuple(part if axis in refined.pair else slice(k, k + 1) for axis, (k, part) in places)
