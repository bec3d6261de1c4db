"""Measure sections of the benchmark and write them into a JSON file: `python -m benchmarks [SECTION ...]`."""

import argparse
import contextlib
import json
import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.machine import about
from benchmarks.sections import FULL, SECTIONS, SEVERAL_CORES, TINY, Size
from benchmarks.table import tables

# What has to be set before Python starts, so that all peers work in memory that has been touched before (the allocator
# keeps what it once had), and none starts threads of its own
ENVIRONMENT = {
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": str(1 << 40),
    "MALLOC_ARENA_MAX": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
}


def main() -> int:
    """Parse, measure, write; 1 if a peer computes other numbers than the package."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"of {', '.join(SECTIONS)} (default: all)")
    parser.add_argument("-o", "--output", type=Path, help="default: benchmarks/results/CPU.json; sections are merged")
    parser.add_argument("--tiny", action="store_true", help="tiny sizes, to see whether everything works")
    options = parser.parse_args()
    unknown = set(options.sections) - set(SECTIONS)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; allowed: {', '.join(SECTIONS)}")
    output = options.output or Path(__file__).parent / "results" / f"{slug(about()['machine'])}.json"
    result = json.loads(output.read_text()) if output.exists() else {}
    status = 0
    for name in options.sections or SECTIONS:
        try:
            result[name] = measured(name, TINY if options.tiny else FULL)
        except ArithmeticError as error:
            print(f"error: {name}: {error}", file=sys.stderr)
            status = 1
            continue
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(json.dumps(result, indent=1, sort_keys=True) + "\n")
    print(f"wrote {output}", file=sys.stderr)
    if set(SECTIONS) <= set(result):
        print(tables(result))
    return status


def measured(name: str, size: Size) -> dict[str, Any]:
    """One section, with when, where and how long."""
    began = time.monotonic()
    with contextlib.nullcontext() if name in SEVERAL_CORES else one_core():
        section = SECTIONS[name](size)
    for peer, reason in section["missing"].items():
        print(f"{name}: {peer} is missing: {reason}", file=sys.stderr)
    seconds = round(time.monotonic() - began, 1)
    print(f"{name}: {seconds} s", file=sys.stderr)
    return section | {"took_s": seconds, "about": about()}


@contextlib.contextmanager
def one_core() -> Iterator[None]:
    """Keep this thread, and those that it starts, on one core: JAX takes all that there are."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def slug(machine: dict[str, object]) -> str:
    """Name of a machine as a file name."""
    return re.sub(r"[^a-z0-9]+", "-", f"{machine['cpu']} {machine['llvm_cpu']} {machine['cores']} cores".lower()).strip(
        "-"
    )


if __name__ == "__main__":
    if any(os.environ.get(name) != value for name, value in ENVIRONMENT.items()):
        os.execve(sys.executable, [sys.executable, "-m", "benchmarks", *sys.argv[1:]], os.environ | ENVIRONMENT)
    sys.exit(main())
