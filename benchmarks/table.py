"""Make the tables of the README from a result: `python -m benchmarks.table` writes them between two markers.

The first marker names the result. Nothing in between is written by hand.
"""

import json
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.peers import NAMES
from renp_fast.bench.timing import OURS

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
MARKED = re.compile(r"(<!-- speed: (\S+) -->\n).*?(<!-- end of speed -->)", re.DOTALL)
SOFTWARE = {"python": "Python", "numba": "Numba", "numpy": "NumPy", "numexpr": "numexpr", "jax": "JAX"}
COMPARED = ("W1", "W2", "W3", "W6")

Result = dict[str, Any]


def tables(result: Result) -> str:
    """All tables, in Markdown."""
    return "\n\n".join([machine(result), speeds(result), errors(result)]) + "\n"


def number(value: float) -> str:
    """A number with two or three digits."""
    if value == 0.0:
        return "0"
    if 1e-3 <= abs(value) < 1e5:
        return f"{float(f'{value:.2g}' if abs(value) < 100 else f'{value:.3g}'):g}"
    return f"{value:.1e}".replace("e-0", "e-").replace("e+0", "e")


def between(spread: dict[str, float]) -> str:
    """A ratio with its quartiles."""
    low, high = number(spread["q1"]), number(spread["q3"])
    return number(spread["median"]) + (f" ({low} to {high})" if low != high else "")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = ["| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *rows)]
    return "\n".join(lines)


def machine(result: Result) -> str:
    """Where and when."""
    about = {
        json.dumps(section["about"]["machine"] | {"load_average": 0}, sort_keys=True) for section in result.values()
    }
    if len(about) != 1:
        raise ValueError("the sections of this result were measured on different machines: measure them anew")
    last = max((section["about"] for section in result.values()), key=lambda about: about["date"])
    where, versions = last["machine"], last["versions"]
    commits = sorted({section["about"]["commit"][:10] for section in result.values()})
    instructions = "AVX-512" if where["avx512"] else "no AVX-512"
    software = ", ".join(f"{label} {versions[name]}" for name, label in SOFTWARE.items())
    return (
        f"{where['cpu']} ({where['llvm_cpu']}, {instructions}), {where['cores']} cores, {last['date'][:10]}, "
        f"commit {', '.join(commits)}; {software}, {versions['compiler']}."
    )


def speeds(result: Result) -> str:
    """Million points per second of every peer, and how many times as fast the package is."""
    rows = []
    for name in NAMES:
        cells = [_speed(result[workload], name) for workload in COMPARED]
        rows.append([f"**{name}**" if name == OURS else name, *cells])
    limits = dict.fromkeys(name for workload in COMPARED for name in result[workload]["limits"])
    rows += [[f"*{name}*", *(_speed(result[workload], name) for workload in COMPARED)] for name in limits]
    return table(["million points/s on one core (renp_fast is so many times as fast)", *COMPARED], rows)


def _speed(section: Result, name: str) -> str:
    entries = section["peers"] | section["limits"]
    if name not in entries:
        return "missing" if name in section["missing"] else ""
    speed = number(1e-6 / entries[name]["seconds_per_point"]["median"])
    return speed if name == OURS else f"{speed} ({number(entries[name]['ratio']['median'])})"


def errors(result: Result) -> str:
    """How far each peer is from the package."""
    rows = []
    for name in NAMES:
        if name != OURS:
            found = [result[workload]["peers"].get(name) for workload in COMPARED]
            rows.append([name, *(number(peer["worst_relative_error"]) if peer else "" for peer in found)])
    return table(["worst relative difference from renp_fast", *COMPARED], rows)


def written(readme: str, root: Path = ROOT) -> str:
    """The README with the tables of the result that it names."""
    found = MARKED.search(readme)
    if found is None:
        raise ValueError("README.md: no markers <!-- speed: FILE --> and <!-- end of speed -->")
    made = tables(json.loads((root / found[2]).read_text()))
    return readme[: found.start()] + found[1] + made + found[3] + readme[found.end() :]


if __name__ == "__main__":
    README.write_text(written(README.read_text()))
    print(f"wrote the tables into {README}", file=sys.stderr)
