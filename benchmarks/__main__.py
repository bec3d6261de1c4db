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


def main() -> None:
    """Parse, measure, write."""
    from benchmarks import machine
    from benchmarks.sections import FULL, SECTIONS, SEVERAL_CORES, TINY
    from benchmarks.table import tables

    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"of {', '.join(SECTIONS)} (default: all)")
    parser.add_argument("-o", "--output", type=Path, help="default: benchmarks/results/CPU.json; sections are merged")
    parser.add_argument("--tiny", action="store_true", help="tiny sizes, to see whether everything works")
    options = parser.parse_args()
    unknown = set(options.sections) - set(SECTIONS)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; allowed: {', '.join(SECTIONS)}")
    about = machine.about()
    output = options.output or Path(__file__).parent / "results" / f"{slug(about['machine'])}.json"
    result = json.loads(output.read_text()) if output.exists() else {}
    for name in options.sections or SECTIONS:
        began = time.monotonic()
        with one_core() if name not in SEVERAL_CORES else contextlib.nullcontext():
            measured = SECTIONS[name](TINY if options.tiny else FULL)
        result[name] = measured | {"took_s": round(time.monotonic() - began, 1), "about": machine.about()}
        for peer, reason in measured["missing"].items():
            print(f"{name}: {peer} is missing: {reason}", file=sys.stderr)
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(json.dumps(result, indent=1, sort_keys=True) + "\n")
        print(f"{name}: {result[name]['took_s']} s", file=sys.stderr)
    print(f"wrote {output}", file=sys.stderr)
    if set(SECTIONS) <= set(result):
        print(tables(result))


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
    main()
