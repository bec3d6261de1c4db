"""What several tests share: small scans, and ways to run and compare them."""

import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from renp_fast.scan_file.scan import Scan, load_scan

# All parameters differ, no axis is symmetric, and 240 blocks of 1 x 1 x 1 x 50 x 400 points
MANY_BLOCKS = """
title = "many blocks"
observable = "spectral_function"
[neutrino]
oscillation = "NuFIT-5.2"
alpha21_deg = 40.0
alpha31_deg = 110.0
[interaction]
kind = "vector"
chirality = "axial"
texture = "13"
coupling = 3e-26
[axes]
ordering = ["normal", "inverted"]
nature = ["dirac", "majorana"]
mediator_mass_eV = { log = [1e-3, 1e2], points = 60 }
lightest_mass_eV = { linear = [0.0, 0.07], points = 50 }
photon_energy_eV = { linear = [1.0, 1.0717], points = 400 }
[storage]
block_points = 20000
"""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of `make chaos`."""
    parser.addoption("--repetitions", type=int, default=1, help="of each fault of the chaos table")
    parser.addoption("--seed", default=uuid.uuid4().hex[:8], help="of its random choices")


def pytest_report_header(config: pytest.Config) -> str:
    """The seed, with which a failure can be repeated."""
    return f"chaos: --seed {config.getoption('seed')}"


@pytest.fixture
def write_scan(tmp_path: Path) -> Callable[..., Path]:
    """Write a scan file from its text, with replacements."""

    def write(text: str = MANY_BLOCKS, name: str = "scan.toml", **replace: str) -> Path:
        for old, new in replace.items():
            text = text.replace(old, new)
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


@pytest.fixture
def scan(write_scan: Callable[..., Path]) -> Scan:
    """A scan of 240 blocks."""
    return load_scan(write_scan())


# For a process to do first: blocks take a moment longer, so that there is time to disturb it
SLOWLY = """
import time
from renp_fast.evaluate.evaluate import Evaluator
evaluate = Evaluator.__call__
def slowly(self, *arguments):
    time.sleep(0.003)
    return evaluate(self, *arguments)
Evaluator.__call__ = slowly
"""


def command(*arguments: object, first: str = "") -> list[str]:
    """The command line in a process of its own; ``first`` is Python for that process to do before."""
    start = f"{first}\nimport sys; from renp_fast.cli.commands import main; sys.exit(main())"
    return [sys.executable, *(["-c", start] if first else ["-m", "renp_fast"]), *map(str, arguments)]


def call(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    return subprocess.run(command(*arguments), capture_output=True, text=True, timeout=300, **options)  # type: ignore[call-overload, no-any-return]


def contents(store: Path) -> dict[str, bytes]:
    """Every file of a store by name, but for the journal, which tells how it was made."""
    return {
        str(file.relative_to(store)): file.read_bytes()
        for file in sorted(store.rglob("*"))
        if file.is_file() and "journal" not in file.parts
    }


def objects(store: Path, variable: str = "spectral_function") -> list[Path]:
    """The objects of a variable."""
    return sorted(file for file in (store / variable / "c").rglob("*") if file.is_file())
