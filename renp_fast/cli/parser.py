"""The command line: its commands and options, and how it is read where that differs from argparse."""

import argparse
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from renp_fast.cli.arguments import named_path

NUMA = "numa"
# Written out, since the studies are imported only where they are used
FIGURES = (
    *("fig1-left", "fig1-middle", "fig1-right", "fig2-left", "fig2-middle", "fig2-right", "moments-apart"),
    *("charge-radius-spectrum", "anapole-spectrum", "millicharge-spectrum"),
    *("charge-radius-limit", "anapole-limit", "millicharge-limit"),
    *("targets", "linewidth-spectrum", "linewidth-separations"),
    *("form-factors", "linewidth", "all"),
)


class Parser(argparse.ArgumentParser):
    """A parser that takes no abbreviations and answers an unknown option with the valid ones."""

    def __init__(self, **named: Any) -> None:
        super().__init__(**named, allow_abbrev=False)

    def parse_known_args(self, *arguments: Any, **named: Any) -> Any:
        """Parse, and refuse what is left."""
        found, unknown = super().parse_known_args(*arguments, **named)
        if unknown:
            valid = [name for action in self._actions for name in action.option_strings]
            self.error(f"unknown: {' '.join(unknown)}; valid options: {', '.join(valid)}")
        return found, unknown


def with_joined_extras(arguments: Sequence[str]) -> list[str]:
    """`--extra --name=value` as `--extra=--name=value`: argparse would take the value for an option."""
    joined: list[str] = []
    for argument in arguments:
        if joined and joined[-1] == "--extra":
            joined[-1] = f"--extra={argument}"
        else:
            joined.append(argument)
    return joined


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


def make_parser() -> Parser:
    """The parser of all commands; ``command`` is the name of the one that was given."""
    from renp_fast.cli.slurm import add_commands
    from renp_fast.version import package_version

    parser = Parser(
        prog="renp-fast", description="Scans of atomic radiative emission of neutrino pairs over huge parameter grids."
    )
    parser.add_argument("--version", action="version", version=f"renp-fast {package_version()}")
    commands = parser.add_subparsers(required=True, dest="command", metavar="COMMAND")

    plan = commands.add_parser("plan", help="what a scan will cost, before it runs; writes nothing")
    plan.add_argument("scan", type=named_path, metavar="SCAN", help="scan file")
    plan.add_argument("--threads", type=_positive, metavar="N", help="threads of the run (default: all cores)")
    plan.add_argument("--json", action="store_true", help="machine-readable, to stdout")

    run = commands.add_parser("run", help="run or resume a scan")
    run.add_argument("scan", type=named_path, metavar="SCAN", help="scan file")
    run.add_argument(
        "-o", "--output", type=named_path, required=True, metavar="STORE.zarr", help="where the result lies"
    )
    run.add_argument("--threads", type=_positive, metavar="N", help="default: all cores")
    where = run.add_mutually_exclusive_group()
    where.add_argument(
        "--workers", type=_workers, metavar="N", help=f"processes that share the threads; {NUMA}: one for each domain"
    )
    where.add_argument(
        "--scheduler-file", type=named_path, metavar="FILE", help="compute on the Dask cluster that wrote it"
    )
    run.add_argument("--tls-dir", type=named_path, metavar="DIR", help="its credentials: ca.pem, cert.pem, key.pem")
    run.add_argument("--part", type=_part, default=(1, 1), metavar="I/N", help="every N-th block, from the I-th")

    status = commands.add_parser("status", help="done, missing and failed blocks, rate, time left")
    status.add_argument("store", type=named_path, metavar="STORE.zarr")
    status.add_argument("--json", action="store_true", help="machine-readable, to stdout")

    verify = commands.add_parser("verify", help="find damaged blocks by their checksums; run then repairs them")
    verify.add_argument("store", type=named_path, metavar="STORE.zarr")
    verify.add_argument("--json", action="store_true", help="machine-readable, to stdout")

    plot = commands.add_parser("plot", help="the natural figure of one or several results")
    plot.add_argument("stores", type=named_path, nargs="+", metavar="STORE.zarr")
    plot.add_argument("-o", "--output", type=named_path, required=True, metavar="FILE.png", help="or .pdf, .svg")
    plot.add_argument("--band", metavar="AXIS", help="draw limits over this axis as bands, from least to largest")

    best = commands.add_parser(
        "design",
        help="the best trigger energies, and the division of the exposure among them",
        description="Finds the trigger energies and the division of a scan's total exposure that are best for its "
        "limit or separation, or with --parameters for the determinant of their Fisher matrix. Writes the scan file "
        "with that experiment, a figure and a table.",
    )
    best.add_argument(
        "scans", type=named_path, nargs="+", metavar="SCAN", help="scan file; its experiment is the reference"
    )
    best.add_argument("-o", "--output", type=named_path, required=True, metavar="DIR", help="where the results lie")
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
        type=named_path,
        default=Path("results/reproduce"),
        metavar="DIR",
        help="stores, pictures and claims.md (default: %(default)s)",
    )
    again.add_argument("--threads", type=_positive, metavar="N", help="default: all cores")
    again.add_argument("--json", action="store_true", help="the claims machine-readable, to stdout")

    export = commands.add_parser("export", help="the result as .csv, .nc or .parquet")
    export.add_argument("store", type=named_path, metavar="STORE.zarr")
    export.add_argument("-o", "--output", type=named_path, required=True, metavar="FILE", help=".csv, .nc or .parquet")

    schema = commands.add_parser("schema", help="what a scan file may hold, as JSON Schema for editors; to stdout")
    schema.add_argument("--tables", action="store_true", help="the tables of SCAN-FILE.md instead")

    bench = commands.add_parser(
        "bench", help="the benchmark table of this machine, beside NumPy and SciPy; half a minute"
    )
    bench.add_argument("--json", action="store_true", help="machine-readable, to stdout")

    add_commands(commands)
    return parser
