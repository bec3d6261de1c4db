"""Make the tables of benchmarks/README.md: `python -m benchmarks.table [RESULT]` writes them between two markers.

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
README = ROOT / "benchmarks" / "README.md"
MARKED = re.compile(r"(<!-- speed: (\S+) -->\n).*?(<!-- end of speed -->)", re.DOTALL)
SOFTWARE = {"python": "Python", "numba": "Numba", "numpy": "NumPy", "numexpr": "numexpr", "jax": "JAX"}
START = "a run over one point, which the first line includes"
SLOWER = "of_the_slower_of_kernel_and_write"
COMPARED = ("W1", "W2", "W3", "W6")

Result = dict[str, Any]


def tables(result: Result) -> str:
    """All tables, in Markdown."""
    parts = (machine, missing, speeds, limits, storage, switches, scaling)
    return "\n\n".join(filter(None, (part(result) for part in parts))) + "\n"


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
    abouts = [section["about"] for section in result.values()]
    if len({tuple(about["machine"][key] for key in ("cpu", "llvm_cpu", "cores")) for about in abouts}) != 1:
        raise ValueError("the sections of this result were measured on different machines: measure them anew")
    last = max(abouts, key=lambda about: str(about["date"]))
    where, versions = last["machine"], last["versions"]
    commits = ", ".join(sorted({about["commit"][:10] for about in abouts}))
    instructions = "AVX-512" if where["avx512"] else "no AVX-512"
    software = ", ".join(f"{label} {versions[name]}" for name, label in SOFTWARE.items())
    minutes = sum(section["took_s"] for section in result.values()) / 60.0
    return (
        f"{where['cpu']} ({where['llvm_cpu']}, {instructions}), {where['cores']} cores, {last['date'][:10]}, commit "
        f"{commits}; {software}, {versions['compiler']}. It took {minutes:.1f} minutes."
    )


def missing(result: Result) -> str:
    """What could not be measured, and why."""
    reasons = {f"{name}: {reason}" for section in result.values() for name, reason in section["missing"].items()}
    return "Missing: " + "; ".join(sorted(reasons)) + "." if reasons else ""


def speeds(result: Result) -> str:
    """Million points per second of every peer, how many times as fast the package is, and how far they are apart."""
    rows = []
    for name in NAMES:
        peers = [result[workload]["peers"].get(name) for workload in COMPARED]
        worst = max((peer["worst_relative_error"] for peer in peers if peer), default=0.0)
        cells = [_speed(result[workload], name) for workload in COMPARED]
        rows.append(
            [f"**{name}**", *cells, ""] if name == OURS else [name, *cells, number(worst) if any(peers) else ""]
        )
    extremes = dict.fromkeys(name for workload in COMPARED for name in result[workload]["limits"])
    rows += [[f"*{name}*", *(_speed(result[workload], name) for workload in COMPARED), ""] for name in extremes]
    head = [f"million points/s on one core ({OURS} is so many times as fast)", *COMPARED]
    return table([*head, "worst relative difference"], rows)


def _speed(section: Result, name: str) -> str:
    entries = section["peers"] | section["limits"]
    if name not in entries:
        return "missing" if name in section["missing"] else ""
    speed = number(1e-6 / entries[name]["seconds_per_point"]["median"])
    return speed if name == OURS else f"{speed} ({number(entries[name]['ratio']['median'])})"


def limits(result: Result) -> str:
    """W4: limits per second of the package and of SciPy."""
    section = result["W4"]
    rows = [
        [
            f"**{name}**" if name == OURS else f"brentq, {name}",
            number(1.0 / peer["seconds_per_point"]["median"]),
            between(peer["ratio"]),
            number(peer["worst_relative_error"]),
        ]
        for name, peer in section["peers"].items()
    ]
    head = [f"W4: {section['title']}", "limits/s", f"{OURS} is so many times as fast", "worst relative difference"]
    return table(head, rows)


def storage(result: Result) -> str:
    """W5: points per second of each layer for each codec."""
    section = result["W5"]
    codecs = section["codecs"]
    rows = [
        [name, *(number(1e-6 * codec["points_per_s"][name]["median"]) for codec in codecs.values())]
        for name in next(iter(codecs.values()))["points_per_s"]
    ]
    rows.append(
        ["whole / slower of kernel and raw write", *(between(codec[SLOWER]) for codec in codecs.values())],
    )
    if all("start_s" in codec for codec in codecs.values()):
        rows.append([START, *(f"{number(1e3 * codec['start_s']['median'])} ms" for codec in codecs.values())])
    head = (
        f"W5: million points/s, {section['threads']} threads, {section['points']:.2g} points, {section['file_system']}"
    )
    return table([head, *codecs], rows)


def switches(result: Result) -> str:
    """What the physics beyond the papers costs."""
    section = result["switches"]
    columns = dict.fromkeys(name for found in section["workloads"].values() for name in found)
    rows = [
        [workload, *(between(found[column]) if column in found else "" for column in columns)]
        for workload, found in section["workloads"].items()
    ]
    return table([section["title"], *columns], rows)


def scaling(result: Result) -> str:
    """Threads, processes and blocks, and what one core can do at most."""
    gains = result["threads"]["workloads"]
    columns = dict.fromkeys(name for gain in gains.values() for name in gain)
    rows = [
        [name, *(between(gain[column]) if column in gain else "" for column in columns)] for name, gain in gains.items()
    ]
    processes = result["processes"]
    rows.append(["W3, processes", *(between(processes[column]) if column in processes else "" for column in columns)])
    core = ", ".join(f"{name} {number(limit['median'])}" for name, limit in result["limits"]["per_second"].items())
    block = number(1e3 * result["blocks"]["seconds_per_block"])
    return f"{table(['two threads beside one', *columns], rows)}\n\nA block costs {block} ms. One core: {core}."


def written(readme: str, root: Path = ROOT) -> str:
    """The README with the tables of the result that it names."""
    found = MARKED.search(readme)
    if found is None:
        raise ValueError("benchmarks/README.md: no markers <!-- speed: FILE --> and <!-- end of speed -->")
    made = tables(json.loads((root / found[2]).read_text()))
    return readme[: found.start()] + found[1] + made + found[3] + readme[found.end() :]


def main(arguments: Sequence[str]) -> None:
    """Write the tables into the README, from the result that it names or from another that it then names."""
    readme = README.read_text()
    if arguments:
        name = Path(arguments[0]).resolve().relative_to(ROOT)
        readme = MARKED.sub(lambda found: found[0].replace(found[2], str(name), 1), readme)
    README.write_text(written(readme))


if __name__ == "__main__":
    main(sys.argv[1:])
