"""Whatever goes wrong, the next run ends in the same bits as if nothing had.

`make chaos` repeats each fault of the table; `pytest -m chaos --repetitions N --seed S` with other random choices.
"""

import random
from pathlib import Path

import pytest
from case import Case, make_whole
from conftest import MANY_BLOCKS
from faults import FAULTS, Fault

pytestmark = pytest.mark.chaos


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    repetitions = range(metafunc.config.getoption("repetitions"))
    metafunc.parametrize("repetition", repetitions)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    scan_file = tmp_path_factory.mktemp("scan") / "scan.toml"
    scan_file.write_text(MANY_BLOCKS)
    return make_whole(scan_file, scan_file.parent / "whole.zarr")


@pytest.mark.parametrize(("name", "fault"), FAULTS, ids=[name for name, _ in FAULTS])
def test_fault(
    name: str, fault: Fault, repetition: int, whole: Path, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    rng = random.Random(f"{pytestconfig.getoption('seed')} {name} {repetition}")
    case = Case(whole.parent / "scan.toml", tmp_path, whole, rng)
    try:
        fault(case)
        case.check()
    finally:
        case.close()
        log = tmp_path / "log"
        print(log.read_text() if log.exists() else "")
