"""The command line: parse, one call, print. Messages go to stderr, results to stdout."""

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict
from typing import TYPE_CHECKING

from renp_fast.cli.output import DONE, INCOMPLETE, WRONG_INPUT, say, show
from renp_fast.cli.parser import NUMA, make_parser, with_joined_extras
from renp_fast.cli.streams import StreamError, standard_streams
from renp_fast.cli.surroundings import check_compiler, explanation, prepare, suspicion
from renp_fast.errors import ClusterError, InputError, KernelError, StoreError, WrongStoreError
from renp_fast.kernels.simd.settings import RequestError, check_root, requested_path
from renp_fast.progress import byte_size, duration, progress
from renp_fast.runs.stop import heeding_signals, left_behind

if TYPE_CHECKING:
    from renp_fast.runs.execute import Executor

# What infinite numbers mean, by observable
INFINITE = {
    "limit": "ends of allowed_intervals where no coupling reaches the threshold",
    "separation": "of hypotheses that no exposure tells apart, or on a pole",
}
INFINITE_ELSE = "on the pole M^2 = s of a mediator without width, or too large for the number type"
UNCONVERGED = "have an average over the line that did not converge: see quadrature_status"
WITH_KERNELS = ("plan", "run", "design", "reproduce", "bench", "submit")
# Commands that go on from where they were stopped
GOING_ON = ("run", "reproduce")
KEPT = "every finished block is kept, and the same command goes on from there"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status: 0 done, 1 incomplete or failed, 2 the input is wrong."""
    with standard_streams():
        prepare()
        return _main(arguments)


def _main(arguments: Sequence[str] | None) -> int:
    options = make_parser().parse_args(with_joined_extras(sys.argv[1:] if arguments is None else arguments))
    # A batch system warns of the walltime, and stops us, as Ctrl-C does
    for number in (signal.SIGTERM, signal.SIGUSR1):
        signal.signal(number, signal.default_int_handler)
    try:
        if options.command in WITH_KERNELS:
            check_compiler()
            requested_path()
            check_root()
        _check_stores(options)
        status: int = COMMANDS[options.command](options)
        sys.stdout.flush()
    except (InputError, WrongStoreError, RequestError) as error:
        say(f"error: {error}")
        return WRONG_INPUT
    except (ClusterError, KernelError, StoreError, StreamError) as error:
        say(f"error: {explanation(error) or error}")
        return INCOMPLETE
    except KeyboardInterrupt:
        say(f"stopped; {KEPT}" if options.command in GOING_ON else "stopped")
        if left_behind() or _with_dask(options):
            os._exit(INCOMPLETE)  # neither waits for a compilation, nor for Dask, which needs seconds to end
        return INCOMPLETE
    except BrokenPipeError:  # whoever read the output wants no more of it
        return INCOMPLETE
    except Exception as error:
        reason = explanation(error) or suspicion(error)
        if not reason and isinstance(error, OSError) and error.filename is not None:
            reason = f"{error.filename}: {error.strerror}"  # of a disk that fails while a store is read
        if not reason:
            raise
        say(f"error: {reason}")
        return INCOMPLETE
    return status


def _with_dask(options: argparse.Namespace) -> bool:
    return bool(getattr(options, "workers", None) or getattr(options, "scheduler_file", None))


def _check_stores(options: argparse.Namespace) -> None:
    """Refuse to read a store where nothing is; its jobs can be cancelled all the same."""
    if options.command == "cancel":
        return
    for store in getattr(options, "stores", None) or filter(None, [getattr(options, "store", None)]):
        if not os.path.exists(store):  # noqa: PTH110 - Path.exists fails in a folder that may not be entered
            raise InputError(f"{store}: there is nothing at that path; allowed: a store that a run has begun")


def _plan(options: argparse.Namespace) -> int:
    from renp_fast.scan_file.scan import load_scan

    scan = load_scan(options.scan)  # what is wrong in it is said before the rest is imported
    _say_notes(scan.notes)
    from renp_fast.runs.plan import advice, make_plan

    # What the imports took, and will take again
    plan = make_plan(scan, options.threads, startup_seconds=time.process_time())
    _say_notes(advice(plan))
    if options.json:
        print(json.dumps(asdict(plan)))
        return DONE
    if plan.compile_seconds >= 1.0:
        say(f"compiled kernels (once on this machine) in {duration(plan.compile_seconds)}; the plan is without that")
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
        stack.enter_context(heeding_signals(_leave_at_once))
        from renp_fast.scan_file.scan import load_scan

        scan = load_scan(options.scan)
        _say_notes(scan.notes)
        from renp_fast.runs.execute import run_scan

        executor = _executor(options, stack)
        shown = stack.enter_context(closing(progress()))
        outcome = run_scan(scan, options.output, options.threads, options.part, shown, executor)
    if scan.adaptive and outcome.points:
        say(f"evaluated {outcome.evaluated} of {outcome.points} points{_share(outcome.evaluated, outcome.points)}")
    if outcome.leftovers:
        say(f"removed {outcome.leftovers} half-written files of runs that were killed")
    rate = f", {outcome.points / outcome.computing_seconds:.3g} points/s" if outcome.points else ""
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
    if outcome.missing:
        say(f"error: {outcome.missing} of the blocks were removed while others were computed; run it again")
    whole = options.part == (1, 1)
    incomplete = outcome.failed or outcome.missing or (whole and outcome.done < outcome.blocks)
    return INCOMPLETE if incomplete else DONE


def _leave_at_once(_number: int, _frame: object) -> None:
    """End this process without waiting for the blocks that are being computed, as if it were killed."""
    say(f"\nstopped at once: the blocks at work are lost, {KEPT}")
    os._exit(INCOMPLETE)


def _executor(options: argparse.Namespace, stack: ExitStack) -> "Executor | None":
    """Where blocks are computed, if not on threads of this process."""
    if options.tls_dir and not options.scheduler_file:
        raise InputError("--tls-dir: allowed only together with --scheduler-file")
    if options.workers is None and options.scheduler_file is None:
        return None
    from renp_fast.cluster.workers import on_cluster, own_cluster, running_cluster

    if options.scheduler_file:
        if options.threads:
            raise InputError("--threads: the workers of a running cluster have their own; leave it out")
        return on_cluster(stack.enter_context(running_cluster(options.scheduler_file, options.tls_dir)))
    workers = None if options.workers == NUMA else options.workers
    return on_cluster(stack.enter_context(own_cluster(workers, options.threads)))


def _status(options: argparse.Namespace) -> int:
    from renp_fast.cli.slurm import job_lines
    from renp_fast.slurm.jobs import submissions
    from renp_fast.store.inspection import status

    found, jobs = status(options.store), submissions(options.store)
    if options.json:
        print(json.dumps(asdict(found) | {"jobs": [asdict(job) for job in jobs]}))
    else:
        show(f"{found.store}: {found.observable}, {'a run is at work' if found.running else 'no run is at work'}")
        show(f"blocks   {found.blocks}: {found.done} done, {found.missing} missing, {found.failed} of these failed")
        show(f"points   {found.points_done} of {found.points}{_share(found.points_done, found.points)}")
        if found.evaluated < found.points_done:
            show(
                f"computed {found.evaluated} of these{_share(found.evaluated, found.points_done)}, the scan is adaptive"
            )
        if found.infinite:
            show(f"infinite {found.infinite} numbers: {INFINITE.get(found.observable, INFINITE_ELSE)}")
        if found.unconverged:
            show(f"unsure   {found.unconverged} points {UNCONVERGED}")
        if found.points_per_s:
            show(f"rate     {found.points_per_s:.3g} points/s {'' if found.running else 'in the latest run'}".rstrip())
        if found.missing and found.seconds_left is not None:
            show(f"left     {duration(found.seconds_left)} at that rate")
        for process in found.at_work:
            job = f", job {process.job}" if process.job else ""
            show(
                f"at work  {process.host}, process {process.pid}{job}: {process.threads} threads on {process.blocks} "
                f"blocks, heard of {duration(process.silent_seconds)} ago"
            )
        show(f"CPUs     {', '.join(found.cpus) or 'none yet'}")
        for block, reason in found.failures.items():
            show(f"failed   block {block}: {reason}")
        for line in job_lines(jobs):
            show(line)
    return DONE if found.missing == 0 else INCOMPLETE


def _verify(options: argparse.Namespace) -> int:
    from renp_fast.store.inspection import verify

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
    from renp_fast.export.export import export
    from renp_fast.store.inspection import status

    left_out = export(options.store, options.output)
    found = status(options.store)
    say(f"wrote {options.output}")
    if left_out:
        say(f"note: {', '.join(left_out)} left out, which rows have no place for; an export to .nc holds it")
    if found.missing:
        say(f"note: {found.missing} of {found.blocks} blocks are not computed; their numbers are NaN")
        return INCOMPLETE
    return DONE


def _schema(options: argparse.Namespace) -> int:
    from renp_fast.scan_file.reference_tables import json_schema, tables

    print(tables() if options.tables else json.dumps(json_schema(), indent=1))
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


def _submit(options: argparse.Namespace) -> int:
    from renp_fast.cli.slurm import submit_scan

    return submit_scan(options)


def _cancel(options: argparse.Namespace) -> int:
    from renp_fast.cli.slurm import cancel_jobs

    return cancel_jobs(options)


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "plan": _plan,
    "run": _run,
    "status": _status,
    "verify": _verify,
    "plot": _plot,
    "design": _design,
    "reproduce": _reproduce,
    "export": _export,
    "bench": _bench,
    "schema": _schema,
    "submit": _submit,
    "cancel": _cancel,
}
