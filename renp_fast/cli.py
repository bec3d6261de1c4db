"""The command line: parse, one call, print. Messages go to stderr, results to stdout."""

import argparse
import json
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from renp_fast.engine.errors import InputError, KernelError, StoreError, WrongStoreError
from renp_fast.progress import byte_size, duration, progress

INFINITE = "on the pole M^2 = s of a mediator without width, or too large for the number type"
DONE, INCOMPLETE, WRONG_INPUT = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status: 0 done, 1 incomplete or failed, 2 the input is wrong."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a batch system stops us as Ctrl-C does
    try:
        status: int = options.command(options)
    except (InputError, WrongStoreError) as error:
        say(f"error: {error}")
        return WRONG_INPUT
    except (KernelError, StoreError) as error:
        say(f"error: {error}")
        return INCOMPLETE
    except KeyboardInterrupt:
        say("stopped; every finished block is kept, and the same command goes on from there")
        return INCOMPLETE
    return status


def say(message: str) -> None:
    """Print a message for the user."""
    print(message, file=sys.stderr, flush=True)


def _plan(options: argparse.Namespace) -> int:
    from renp_fast.engine.plan import make_plan
    from renp_fast.engine.spec import load_scan

    scan = load_scan(options.scan)
    _say_notes(scan.notes)
    # What the imports took, and will take again
    plan = make_plan(scan, options.threads, startup_seconds=time.process_time())
    if options.json:
        print(json.dumps(asdict(plan)))
        return DONE
    exact = "exactly" if plan.stored_exact else "about"
    print(f"observable   {scan.observable}")
    print(f"axes         {' x '.join(f'{axis.name} ({len(axis)})' for axis in scan.axes) or 'none'}")
    print(f"points       {plan.points}")
    print(f"blocks       {plan.blocks}, of {' x '.join(map(str, plan.block_shape)) or 'one'} points")
    print(f"bytes        {plan.data_bytes} ({byte_size(plan.data_bytes)}) of numbers")
    print(f"on disk      {exact} {byte_size(plan.stored_bytes)}, in {plan.files} files")
    print(f"time         about {duration(plan.seconds)} on {plan.threads} threads of this machine")
    print(f"core-hours   {plan.core_hours:.3g}")
    print(f"array tasks  {plan.array_tasks}, of about an hour or less on {plan.threads} cores")
    return DONE


def _run(options: argparse.Namespace) -> int:
    from renp_fast.engine.execute import run_scan
    from renp_fast.engine.spec import load_scan

    scan = load_scan(options.scan)
    _say_notes(scan.notes)
    shown = progress()
    try:
        outcome = run_scan(scan, options.output, options.threads, options.part, shown)
    finally:
        shown.close()
    if outcome.leftovers:
        say(f"removed {outcome.leftovers} half-written files of runs that were killed")
    rate = f", {outcome.points / outcome.seconds:.3g} points/s" if outcome.points else ""
    say(
        f"{options.output}: {outcome.done} of {outcome.blocks} blocks done; {outcome.computed} of them now, "
        f"in {duration(outcome.seconds)}{rate}"
    )
    if outcome.infinite:
        say(f"{outcome.infinite} of the numbers are infinite: {INFINITE}")
    for block, reason in outcome.failed.items():
        say(f"error: block {block} failed: {reason}")
    whole = options.part == (1, 1)
    return DONE if not outcome.failed and (outcome.done == outcome.blocks or not whole) else INCOMPLETE


def _status(options: argparse.Namespace) -> int:
    from renp_fast.engine.inspect import status

    found = status(options.store)
    if options.json:
        print(json.dumps(asdict(found)))
    else:
        share = 100.0 * found.points_done / found.points
        print(f"{found.store}: {found.observable}, {'a run is at work' if found.running else 'no run is at work here'}")
        print(f"blocks   {found.blocks}: {found.done} done, {found.missing} missing, {found.failed} of these failed")
        print(f"points   {found.points_done} of {found.points} ({share:.4g} %)")
        if found.infinite:
            print(f"infinite {found.infinite} numbers, {INFINITE}")
        if found.points_per_s:
            print(f"rate     {found.points_per_s:.3g} points/s in the latest run")
        if found.missing and found.seconds_left is not None:
            print(f"left     {duration(found.seconds_left)} at that rate")
        print(f"CPUs     {', '.join(found.cpus) or 'none yet'}")
        for block, reason in found.failures.items():
            print(f"failed   block {block}: {reason}")
    return DONE if found.missing == 0 else INCOMPLETE


def _verify(options: argparse.Namespace) -> int:
    from renp_fast.engine.inspect import verify

    verdict = verify(options.store)
    if options.json:
        print(json.dumps(asdict(verdict) | {"sound": verdict.sound}))
    for block, reason in verdict.damaged.items():
        say(f"damaged: block {block}: {reason}")
    for name in verdict.metadata:
        say(f"damaged: {name}")
    for line in verdict.journal:
        say(f"damaged: journal line {line}; its block counts as missing unless it was done again")
    if verdict.damaged and not verdict.revoked:
        say("the store cannot be written to, so the damage is not noted in it: run would not repair it")
    if verdict.sound:
        say(f"{options.store}: all {verdict.blocks} blocks are done and as they were written")
        return DONE
    say(f"{options.store}: {verdict.missing} of {verdict.blocks} blocks are missing or damaged; run computes them")
    return INCOMPLETE


def _plot(options: argparse.Namespace) -> int:
    from renp_fast.plots import plot_stores

    for note in plot_stores(options.stores, options.output):
        say(f"note: {note}")
    say(f"drew {options.output}")
    return DONE


def _export(options: argparse.Namespace) -> int:
    from renp_fast.engine.inspect import status
    from renp_fast.export import export

    export(options.store, options.output)
    found = status(options.store)
    say(f"wrote {options.output}")
    if found.missing:
        say(f"note: {found.missing} of {found.blocks} blocks are not computed; their numbers are NaN")
        return INCOMPLETE
    return DONE


def _bench(options: argparse.Namespace) -> int:
    from renp_fast.bench.short import lines, short

    found = short()
    print(json.dumps(found) if options.json else "\n".join(lines(found)))
    return DONE


def _say_notes(notes: Sequence[str]) -> None:
    for note in notes:
        say(f"note: {note}")


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"got {text!r}; allowed: a whole number from 1")
    return int(text)


def _part(text: str) -> tuple[int, int]:
    number, _, count = text.partition("/")
    if not (number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
        raise argparse.ArgumentTypeError(f"got {text!r}; allowed: I/N with 1 <= I <= N, such as 2/8")
    return int(number), int(count)


def _parser() -> argparse.ArgumentParser:
    from renp_fast.engine.provenance import package_version

    parser = argparse.ArgumentParser(
        prog="renp-fast", description="Scans of atomic radiative emission of neutrino pairs over huge parameter grids."
    )
    parser.add_argument("--version", action="version", version=f"renp-fast {package_version()}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    plan = commands.add_parser("plan", help="what a scan will cost, before it runs; writes nothing")
    plan.add_argument("scan", type=Path, metavar="SCAN", help="scan file")
    plan.add_argument("--threads", type=_positive, metavar="N", help="threads of the run (default: all cores)")
    plan.add_argument("--json", action="store_true", help="machine-readable, to stdout")
    plan.set_defaults(command=_plan)

    run = commands.add_parser("run", help="run or resume a scan")
    run.add_argument("scan", type=Path, metavar="SCAN", help="scan file")
    run.add_argument("-o", "--output", type=Path, required=True, metavar="STORE.zarr", help="where the result lies")
    run.add_argument("--threads", type=_positive, metavar="N", help="default: all cores")
    run.add_argument("--part", type=_part, default=(1, 1), metavar="I/N", help="every N-th block, from the I-th")
    run.set_defaults(command=_run)

    status = commands.add_parser("status", help="done, missing and failed blocks, rate, time left")
    status.add_argument("store", type=Path, metavar="STORE.zarr")
    status.add_argument("--json", action="store_true", help="machine-readable, to stdout")
    status.set_defaults(command=_status)

    verify = commands.add_parser("verify", help="find damaged blocks by their checksums; run then repairs them")
    verify.add_argument("store", type=Path, metavar="STORE.zarr")
    verify.add_argument("--json", action="store_true", help="machine-readable, to stdout")
    verify.set_defaults(command=_verify)

    plot = commands.add_parser("plot", help="the natural figure of one or several results")
    plot.add_argument("stores", type=Path, nargs="+", metavar="STORE.zarr")
    plot.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.png", help="or .pdf, .svg")
    plot.set_defaults(command=_plot)

    export = commands.add_parser("export", help="the result as .csv, .nc or .parquet")
    export.add_argument("store", type=Path, metavar="STORE.zarr")
    export.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help=".csv, .nc or .parquet")
    export.set_defaults(command=_export)

    bench = commands.add_parser(
        "bench", help="the benchmark table of this machine, beside NumPy and SciPy; half a minute"
    )
    bench.add_argument("--json", action="store_true", help="machine-readable, to stdout")
    bench.set_defaults(command=_bench)
    return parser
