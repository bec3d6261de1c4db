"""Every file of a store damaged in every way, before every reader: one clear line, no waiting, no wrong bit."""

import json
import pickle
import random
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from damages import Damage, copy_of, damages_of, signed
from numpy.testing import assert_array_equal

from renp_fast.api import open_result
from renp_fast.cli.commands import main
from renp_fast.errors import StoreError
from renp_fast.runs import execute
from renp_fast.runs.execute import run_scan
from renp_fast.scan_file.scan import load_scan
from renp_fast.slurm import cluster, jobs, submit
from renp_fast.store import claims
from renp_fast.store.inspection import status
from renp_fast.store.journal import journal_files

# Two blocks, each of two objects; nothing is symmetric
SCAN = """
title = "small"
observable = "spectral_function"
neutrino = { oscillation = "NuFIT-5.2", ordering = "normal", alpha31_deg = 40.0, lightest_mass_eV = 0.01 }
interaction = { kind = "vector", chirality = "axial", texture = "13", coupling = 3e-26 }
[axes]
nature = ["dirac", "majorana"]
mediator_mass_eV = { log = [1e-1, 1e2], points = 17 }
photon_energy_eV = { linear = [1.0, 1.0717], points = 19 }
[adaptive]
axes = ["mediator_mass_eV", "photon_energy_eV"]
contours = [0.01]
[storage]
block_points = 323
"""
CASES = 60
SECONDS = 120
JOB = "small-0123abcd"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished store, on which somebody of another machine still claims to be at work, and a job of it."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "scan.toml").write_text(SCAN)
    store = folder / "small.zarr"
    assert run_scan(load_scan(folder / "scan.toml"), store).done == 2
    at_work = store / ".renp_fast/claims"
    about = {"host": "elsewhere", "pid": 1, "process": "ffffffff-1-1", "threads": 1, "job": "77_3", "beat": 1e9}
    (at_work / "elsewhere-1-12345678.json").write_text(json.dumps(about))
    (at_work / "1").symlink_to("elsewhere-1-12345678.json")
    job = folder / "small.zarr.jobs" / JOB
    job.mkdir(parents=True)
    (job / "job.json").write_text('{"job": "77", "mode": "array", "tasks": 2}')
    (job / "given-up").write_text("task 0: gave up\n")
    return store


@pytest.fixture
def slurm(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """A Slurm with nothing in its queue but the job of the store, and what it was asked."""
    asked: list[tuple[str, ...]] = []

    def call(*command: str, **_: Any) -> str:
        asked.append(command)
        return {"squeue": f"{JOB} RUNNING\n", "sbatch": "78\n"}.get(command[0], "")

    for module in (cluster, jobs, submit):
        monkeypatch.setattr(module, "call", call)
    return asked


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "DEAD_SECONDS", 0.2)
    monkeypatch.setattr(execute, "LAST_PAUSE_SECONDS", 0.2)


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Fail rather than wait for ever."""

    def give_up(*_: object) -> None:
        raise TimeoutError(f"nothing after {seconds} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def cases(whole: Path, rng: random.Random, count: int | None) -> list[tuple[str, Damage]]:
    """A file or folder, relative to the folder of the store, and what is done to it: all there are, or so many of them.

    Every file, and every kind of damage, is among them if there are enough.
    """
    files = sorted(whole.parent.glob("*/**/*"))
    every = [(str(path.relative_to(whole.parent)), damage) for path in files for damage in damages_of(path)]
    if count is None:
        return every
    rng.shuffle(every)
    chosen: list[tuple[str, Damage]] = []
    files_met, kinds_met = set(), set()
    for name, damage in every:
        if name not in files_met or damage.__name__ not in kinds_met:
            files_met.add(name)
            kinds_met.add(damage.__name__)
            chosen.append((name, damage))
    return chosen + [case for case in every if case not in chosen][: max(0, count - len(chosen))]


def is_clean(text: str) -> bool:
    return all(line.isprintable() for line in text.split("\n"))


def check_command(
    capsys: pytest.CaptureFixture[str], store: Path, *arguments: object, allowed: tuple[int, ...] = (0, 1, 2)
) -> int:
    """A command ends well, or with one line that names the store."""
    found = main(list(map(str, arguments)))
    out, err = capsys.readouterr()
    assert is_clean(out), repr(out)
    assert is_clean(err), repr(err)
    errors = [line for line in err.splitlines() if line.startswith("error: ")]
    assert found in allowed, out + err
    if errors:
        assert found != 0
        assert len(errors) == 1, errors
        assert str(store) in errors[0], errors
    elif found:  # the store is not complete, and the command says so
        assert "missing" in out + err or "not computed" in out + err, out + err
    return found


def check_values(values: xr.Dataset, right: xr.Dataset) -> None:
    """Numbers are right, or there are none."""
    assert values.sizes == right.sizes
    for name in right.coords:
        assert_array_equal(values[name].values, right[name].values)
    computed = ~np.isnan(values.spectral_function.values)
    was = ~np.isnan(right.spectral_function.values)
    assert not (computed & ~was).any()
    assert_array_equal(values.spectral_function.values[computed], right.spectral_function.values[computed])
    assert np.isin(values.refinement.values[~computed], [0, *np.unique(right.refinement.values)]).all()
    assert_array_equal(values.refinement.values[computed], right.refinement.values[computed])


def results(store: Path) -> dict[str, bytes]:
    """The files of a store that are not private."""
    return {
        str(path.relative_to(store)): path.read_bytes()
        for path in sorted(store.rglob("*"))
        if path.is_file() and ".renp_fast" not in path.parts
    }


def try_all_readers(
    store: Path, whole: Path, capsys: pytest.CaptureFixture[str], slurm: list[tuple[str, ...]], draw: bool
) -> None:
    """Every reader, and at last a run, which mends all."""
    right, csv = xr.open_zarr(whole), store.parent / "out.csv"
    scan_file = whole.with_name("scan.toml")
    check_command(capsys, store, "status", store)
    check_command(capsys, store, "status", store, "--json")
    message = ""
    try:
        check_values(open_result(store), right)
    except StoreError as error:
        message = str(error)
    assert is_clean(message)
    assert not message or str(store) in message
    if check_command(capsys, store, "export", store, "-o", csv) == 0:
        export = whole.with_name("out.csv")
        assert export.exists() or main(["export", str(whole), "-o", str(export)]) == 0
        capsys.readouterr()
        assert csv.read_bytes() == export.read_bytes()
    if draw:
        check_command(capsys, store, "plot", store, "-o", store.parent / "out.png")
    check_command(capsys, store, "verify", store)
    del slurm[:]
    check_command(capsys, store, "cancel", store)
    if (store.with_name(f"{store.name}.jobs") / JOB).is_dir():
        assert ("scancel", f"--name={JOB}") in slurm
    arguments = "-o", store, "--threads", 1
    if check_command(capsys, store, "run", scan_file, *arguments, allowed=(0, 2)) == 2:
        return  # the header, signed by who changed it, is that of another scan, or there is no private folder
    assert results(whole).items() <= results(store).items()
    check_command(capsys, store, "verify", store, allowed=(0,))
    check_command(capsys, store, "run", scan_file, *arguments, allowed=(0,))
    check_command(capsys, store, "submit", scan_file, "-o", store, "--tasks", 1, allowed=(0,))
    check_values(open_result(store), right)
    assert not np.isnan(open_result(store).spectral_function.values[right.refinement.values > 0]).any()


def test_results_can_be_sent_to_other_processes(whole: Path) -> None:
    sent = pickle.loads(pickle.dumps(open_result(whole)))
    check_values(sent, xr.open_zarr(whole))
    assert np.isfinite(sent.spectral_function.values).any()


def flip_middle(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    "name", ["zarr.json", "spectral_function/zarr.json", "photon_energy_eV/c/0", "spectral_function/c/1/0/0"]
)
@pytest.mark.parametrize("command", ["plot", "export"])
def test_one_changed_bit_is_named_and_nothing_is_made_of_it(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, name: str
) -> None:
    store, output = copy_of(whole, tmp_path), tmp_path / {"plot": "out.png", "export": "out.csv"}[command]
    flip_middle(store / name)
    assert main([command, str(store), "-o", str(output)]) == 1
    assert f"error: {store}: cannot be read: {name} " in capsys.readouterr().err
    assert not output.exists()


def test_a_record_that_lacks_a_variable_makes_no_block_done(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = copy_of(whole, tmp_path)
    (journal,) = journal_files(store)
    lines = journal.read_bytes().splitlines(keepends=True)
    entry = json.loads(lines[1].rpartition(b"\t")[0])
    del entry["objects"]["refinement"]
    journal.write_bytes(b"".join([lines[0], signed(entry), *lines[2:]]))
    assert status(store).done == 1
    assert main(["verify", str(store)]) == 1
    assert f"journal line {journal.name}:2" in capsys.readouterr().err


def test_an_object_that_the_journal_does_not_know_is_not_read(whole: Path, tmp_path: Path) -> None:
    store = copy_of(whole, tmp_path)
    for path in journal_files(store):
        path.unlink()
    assert np.isnan(open_result(store).spectral_function.values).all()
    assert np.isfinite(xr.open_zarr(store).spectral_function.values).any()


@pytest.mark.usefixtures("impatient")
def test_damaged_files_before_all_readers(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], slurm: list[tuple[str, ...]]
) -> None:
    rng = random.Random(20261130)
    for number, (name, damage) in enumerate(cases(whole, rng, CASES)):
        one_case(number, name, damage, rng, whole, tmp_path, capsys, slurm)


def one_case(
    number: int,
    name: str,
    damage: Damage,
    rng: random.Random,
    whole: Path,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    slurm: list[tuple[str, ...]],
) -> None:
    """One file damaged, before all readers."""
    store = copy_of(whole, folder)
    damage(folder / name, rng)
    try:
        with patience(SECONDS):
            try_all_readers(store, whole, capsys, slurm, draw=number % 6 == 0)
    except BaseException:
        print(f"case {number}: {damage.__name__} of {name}", file=sys.stderr)
        raise
