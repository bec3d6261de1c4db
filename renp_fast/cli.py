"""The command line: parse, one call, print. Messages go to stderr, results to stdout."""

import argparse
import json
import math
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from renp_fast.cli_parser import Parser, with_joined_extras
from renp_fast.engine.errors import ClusterError, InputError, KernelError, StoreError, WrongStoreError
from renp_fast.engine.stop import heeding_signals
from renp_fast.kernels.request import requested_path
from renp_fast.progress import byte_size, duration, progress

if TYPE_CHECKING:
    from renp_fast.engine.execute import Executor

# What infinite numbers mean, by observable
INFINITE = {
    "limit": "ends of allowed_intervals where no coupling reaches the threshold",
    "separation": "of hypotheses that no exposure tells apart, or on a pole",
}
INFINITE_ELSE = "on the pole M^2 = s of a mediator without width, or too large for the number type"
UNCONVERGED = "have an average over the line that did not converge: see quadrature_status"
DONE, INCOMPLETE, WRONG_INPUT = 0, 1, 2
NUMA = "numa"
# Written out, since the studies are imported only where they are used
FIGURES = (
    *("fig1-left", "fig1-middle", "fig1-right", "fig2-left", "fig2-middle", "fig2-right", "moments-apart"),
    *("charge-radius-spectrum", "anapole-spectrum", "millicharge-spectrum"),
    *("charge-radius-limit", "anapole-limit", "millicharge-limit"),
    *("targets", "linewidth-spectrum", "linewidth-separations"),
    *("form-factors", "linewidth", "all"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status: 0 done, 1 incomplete or failed, 2 the input is wrong."""
    options = _parser().parse_args(with_joined_extras(sys.argv[1:] if arguments is None else arguments))
    try:
        requested_path()
    except ValueError as error:
        say(f"error: {error}")
        return WRONG_INPUT
    # A batch system warns of the walltime, and stops us, as Ctrl-C does
    for number in (signal.SIGTERM, signal.SIGUSR1):
        signal.signal(number, signal.default_int_handler)
    try:
        status: int = options.command(options)
    except (InputError, WrongStoreError) as error:
        say(f"error: {error}")
        return WRONG_INPUT
    except (ClusterError, KernelError, StoreError) as error:
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
    if scan.adaptive:
        print(f"evaluated    about {100.0 * plan.evaluated_share:.3g} % of them, the scan is adaptive")
    print(f"blocks       {plan.blocks}, of {' x '.join(map(str, plan.block_shape)) or 'one'} points")
    print(f"bytes        {plan.data_bytes} ({byte_size(plan.data_bytes)}) of numbers")
    print(f"on disk      {exact} {byte_size(plan.stored_bytes)}, in {plan.files} files (+1 for each further process)")
    print(f"time         about {duration(plan.seconds)} on {plan.threads} threads of this machine")
    print(f"core-hours   {plan.core_hours:.3g}")
    print(f"array tasks  {plan.array_tasks}, of about an hour or less on {plan.threads} cores")
    return DONE


def _run(options: argparse.Namespace) -> int:
    with ExitStack() as stack:
        stack.enter_context(heeding_signals())
        from renp_fast.engine.execute import run_scan
        from renp_fast.engine.spec import load_scan

        scan = load_scan(options.scan)
        _say_notes(scan.notes)
        executor = _executor(options, stack)
        shown = stack.enter_context(closing(progress()))
        outcome = run_scan(scan, options.output, options.threads, options.part, shown, executor)
    if scan.adaptive and outcome.points:
        say(f"evaluated {outcome.evaluated} of {outcome.points} points{_share(outcome.evaluated, outcome.points)}")
    if outcome.leftovers:
        say(f"removed {outcome.leftovers} half-written files of runs that were killed")
    rate = f", {outcome.points / outcome.seconds:.3g} points/s" if outcome.points else ""
    say(
        f"{options.output}: {outcome.done} of {outcome.blocks} blocks done; {outcome.computed} of them now, "
        f"in {duration(outcome.seconds)}{rate}"
    )
    if outcome.infinite:
        say(f"{outcome.infinite} of the numbers are infinite: {INFINITE.get(scan.observable, INFINITE_ELSE)}")
    if outcome.unconverged:
        say(f"{outcome.unconverged} of the points {UNCONVERGED}")
    for block, reason in outcome.failed.items():
        say(f"error: block {block} failed: {reason}")
    whole = options.part == (1, 1)
    return DONE if not outcome.failed and (outcome.done == outcome.blocks or not whole) else INCOMPLETE


def _executor(options: argparse.Namespace, stack: ExitStack) -> "Executor | None":
    """Where blocks are computed, if not on threads of this process."""
    if options.tls_dir and not options.scheduler_file:
        raise InputError("--tls-dir: allowed only together with --scheduler-file")
    if options.workers is None and options.scheduler_file is None:
        return None
    from renp_fast.engine.cluster import on_cluster, own_cluster, running_cluster

    if options.scheduler_file:
        if options.threads:
            raise InputError("--threads: the workers of a running cluster have their own; leave it out")
        return on_cluster(stack.enter_context(running_cluster(options.scheduler_file, options.tls_dir)))
    workers = None if options.workers == NUMA else options.workers
    return on_cluster(stack.enter_context(own_cluster(workers, options.threads)))


def _status(options: argparse.Namespace) -> int:
    from renp_fast.cli_slurm import job_lines
    from renp_fast.engine.inspect import status
    from renp_fast.slurm.jobs import submissions

    found, jobs = status(options.store), submissions(options.store)
    if options.json:
        print(json.dumps(asdict(found) | {"jobs": [asdict(job) for job in jobs]}))
    else:
        print(f"{found.store}: {found.observable}, {'a run is at work' if found.running else 'no run is at work'}")
        print(f"blocks   {found.blocks}: {found.done} done, {found.missing} missing, {found.failed} of these failed")
        print(f"points   {found.points_done} of {found.points}{_share(found.points_done, found.points)}")
        if found.evaluated < found.points_done:
            print(
                f"computed {found.evaluated} of these{_share(found.evaluated, found.points_done)}, the scan is adaptive"
            )
        if found.infinite:
            print(f"infinite {found.infinite} numbers: {INFINITE.get(found.observable, INFINITE_ELSE)}")
        if found.unconverged:
            print(f"unsure   {found.unconverged} points {UNCONVERGED}")
        if found.points_per_s:
            print(f"rate     {found.points_per_s:.3g} points/s {'' if found.running else 'in the latest run'}".rstrip())
        if found.missing and found.seconds_left is not None:
            print(f"left     {duration(found.seconds_left)} at that rate")
        for process in found.at_work:
            job = f", job {process.job}" if process.job else ""
            print(
                f"at work  {process.host}, process {process.pid}{job}: {process.threads} threads on {process.blocks} "
                f"blocks, heard of {duration(process.silent_seconds)} ago"
            )
        print(f"CPUs     {', '.join(found.cpus) or 'none yet'}")
        for block, reason in found.failures.items():
            print(f"failed   block {block}: {reason}")
        for line in job_lines(jobs):
            print(line)
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

    for note in plot_stores(options.stores, options.output, options.band):
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


def _reproduce(options: argparse.Namespace) -> int:
    from renp_fast.studies.report import as_json, terminal
    from renp_fast.studies.reproduce import reproduce

    found = reproduce(options.figure, options.output, options.threads, say)
    if options.json:
        print(as_json(found.claims, found.experiments, [str(figure) for figure in found.figures]))
    elif found.table:
        print(terminal(found.claims, found.experiments))
    if found.table:
        say(f"wrote {found.table}")
    return DONE


def _design(options: argparse.Namespace) -> int:
    from renp_fast.studies.design_report import as_json, terminal
    from renp_fast.studies.designed import TABLE, design_files

    found = design_files(
        options.scans,
        options.output,
        options.each,
        say,
        parameters=options.parameters,
        triggers=options.triggers,
        lowest=options.lowest,
        highest=options.highest,
        apart=options.apart,
    )
    print(as_json(found) if options.json else terminal(found))
    say(f"wrote {options.output / TABLE}")
    return DONE


def _share(part: int, whole: int) -> str:
    return f" ({100.0 * part / whole:.4g} %)"


def _say_notes(notes: Sequence[str]) -> None:
    for note in notes:
        say(f"note: {note}")


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"got {text!r}; allowed: a whole number from 1")
    return int(text)


def _energy(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"got {text!r}; allowed: an energy in eV of at least 0")
    return value


def _names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    if not all(names) or len({*names}) < len(names):
        raise argparse.ArgumentTypeError(f"got {text!r}; allowed: different keys of the scan file, with commas between")
    return names


def _workers(text: str) -> int | str:
    if text != NUMA and (not text.isdecimal() or int(text) < 1):
        raise argparse.ArgumentTypeError(f"got {text!r}; allowed: a whole number from 1, or {NUMA}")
    return text if text == NUMA else int(text)


def _part(text: str) -> tuple[int, int]:
    number, _, count = text.partition("/")
    if not (number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
        raise argparse.ArgumentTypeError(f"got {text!r}; allowed: I/N with 1 <= I <= N, such as 2/8")
    return int(number), int(count)


def _parser() -> argparse.ArgumentParser:
    from renp_fast.cli_slurm import add_commands
    from renp_fast.engine.version import package_version

    parser = Parser(
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
    where = run.add_mutually_exclusive_group()
    where.add_argument(
        "--workers", type=_workers, metavar="N", help=f"processes that share the threads; {NUMA}: one for each domain"
    )
    where.add_argument("--scheduler-file", type=Path, metavar="FILE", help="compute on the Dask cluster that wrote it")
    run.add_argument("--tls-dir", type=Path, metavar="DIR", help="its credentials: ca.pem, cert.pem, key.pem")
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
    plot.add_argument("--band", metavar="AXIS", help="draw limits over this axis as bands, from least to largest")
    plot.set_defaults(command=_plot)

    best = commands.add_parser(
        "design",
        help="the best trigger energies, and the division of the exposure among them",
        description="Finds the trigger energies and the division of a scan's total exposure that are best for its "
        "limit or separation, or with --parameters for the determinant of their Fisher matrix. Writes the scan file "
        "with that experiment, a figure and a table.",
    )
    best.add_argument("scans", type=Path, nargs="+", metavar="SCAN", help="scan file; its experiment is the reference")
    best.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="where the results lie")
    best.add_argument("--each", action="store_true", help="also one for each point of the axes, not only for the worst")
    best.add_argument(
        "--triggers", type=_positive, metavar="N", help="at most so many (default: as many as are useful)"
    )
    best.add_argument(
        "--parameters", type=_names, default=(), metavar="A,B,...", help="those of the Fisher matrix, such as coupling"
    )
    best.add_argument("--lowest", type=_energy, metavar="EV", help="lowest trigger energy (default: 0)")
    best.add_argument("--highest", type=_energy, metavar="EV", help="highest one (default: the last threshold)")
    best.add_argument(
        "--apart",
        type=_energy,
        default=1e-6,
        metavar="EV",
        help="least distance from thresholds (default: %(default)s)",
    )
    best.add_argument("--json", action="store_true", help="machine-readable, to stdout")
    best.set_defaults(command=_design)

    again = commands.add_parser(
        "reproduce",
        help="the figures and claims of Ge and Pasquini (2023)",
        description="Runs the scans of a figure of Ge and Pasquini, Phys. Sci. Forum 8, 51 (2023), draws it, and "
        "judges the claims that it bears on. Stopped and called again, it goes on from there.",
    )
    again.add_argument("figure", choices=FIGURES, metavar="FIGURE", help=", ".join(FIGURES))
    again.add_argument(
        "-o",
        "--output",
        type=Path,
        default=Path("results/reproduce"),
        metavar="DIR",
        help="stores, pictures and claims.md (default: %(default)s)",
    )
    again.add_argument("--threads", type=_positive, metavar="N", help="default: all cores")
    again.add_argument("--json", action="store_true", help="the claims machine-readable, to stdout")
    again.set_defaults(command=_reproduce)

    export = commands.add_parser("export", help="the result as .csv, .nc or .parquet")
    export.add_argument("store", type=Path, metavar="STORE.zarr")
    export.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help=".csv, .nc or .parquet")
    export.set_defaults(command=_export)

    bench = commands.add_parser(
        "bench", help="the benchmark table of this machine, beside NumPy and SciPy; half a minute"
    )
    bench.add_argument("--json", action="store_true", help="machine-readable, to stdout")
    bench.set_defaults(command=_bench)

    add_commands(commands)
    return parser
