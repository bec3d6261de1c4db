"""Disks that fill up, blocks that fail: a clear message, and nothing that was done is lost."""

import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import call, command, contents

from renp_fast.errors import KernelError, StoreError
from renp_fast.evaluate.evaluate import Evaluator
from renp_fast.runs.execute import run_scan
from renp_fast.scan_file.grid import Box
from renp_fast.scan_file.scan import Scan, parse_scan
from renp_fast.store.inspection import status

EVENTS = """
observable = "events"
neutrino = { nature = "dirac", ordering = "normal", lightest_mass_eV = 0.02 }
interaction = { kind = "vector", chirality = "left", mediator_mass_eV = 0.4 }
target.gamma0_per_s = 0.002
experiment = { trigger_eV = [1.07], exposure_days = 10 }
axes.coupling = [1e-25, 2e-25]
"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MiB, which only root can mount."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", disk], capture_output=True)
    if mounted.returncode:
        pytest.skip("needs the right to mount a file system; the file-size limit is tested without")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_disk_full_then_not(scan: Scan, small_disk: Path, tmp_path: Path) -> None:
    whole, store = tmp_path / "whole.zarr", small_disk / "s.zarr"
    run_scan(scan, whole)
    first = call("run", scan.file, "-o", store)
    assert first.returncode == 1
    assert str(store) in first.stderr
    assert "No space left on device" in first.stderr
    assert "goes on from there" in first.stderr
    assert "Traceback" not in first.stderr
    done = status(store).done
    assert 0 < done < 240
    again = call("run", scan.file, "-o", store)
    assert again.returncode == 1
    assert status(store).done >= done
    subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
    final = call("run", scan.file, "-o", store)
    assert final.returncode == 0, final.stderr
    assert contents(store) == contents(whole)


def limit_file_size() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))


def test_file_too_large_for_the_system(scan: Scan, tmp_path: Path) -> None:
    """Objects are larger than the limit, the metadata is not."""
    store = tmp_path / "s.zarr"
    limited = call("run", scan.file, "-o", store, preexec_fn=limit_file_size)
    assert limited.returncode == 1
    assert "File too large" in limited.stderr
    assert "Traceback" not in limited.stderr
    assert call("run", scan.file, "-o", store).returncode == 0
    assert call("verify", store).returncode == 0


def test_a_journal_that_cannot_be_written_stops_the_run(
    scan: Scan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fdatasync", full)
    with pytest.raises(StoreError, match="No space left on device"):
        run_scan(scan, tmp_path / "s.zarr")
    monkeypatch.undo()
    assert run_scan(scan, tmp_path / "s.zarr").done == 240


def test_the_same_part_twice_at_once_writes_the_same_bytes(scan: Scan, tmp_path: Path) -> None:
    whole, store = tmp_path / "whole.zarr", tmp_path / "s.zarr"
    run_scan(scan, whole, part=(2, 2))
    processes = [subprocess.Popen(command("run", scan.file, "-o", store, "--part", "2/2")) for _ in range(2)]
    assert [process.wait(timeout=120) for process in processes] == [0, 0]
    assert contents(store) == contents(whole)


def test_a_block_that_fails_is_named_after_the_rest_is_done(
    scan: Scan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluate = Evaluator.__call__

    def fail_at_seven(self: Evaluator, box: Box, out: Any = None) -> dict[str, Any]:
        if box[2].start == 7 and box[0].start == box[1].start == 0:
            raise FloatingPointError("poison")
        return evaluate(self, box, out)

    store = tmp_path / "s.zarr"
    monkeypatch.setattr(Evaluator, "__call__", fail_at_seven)
    outcome = run_scan(scan, store)
    assert outcome.done == 239
    assert outcome.failed == {7: "FloatingPointError: poison"}
    assert status(store).failures == outcome.failed
    monkeypatch.undo()
    assert run_scan(scan, store).computed == 1
    assert status(store).failed == 0


@pytest.mark.parametrize("disturb", [lambda path: path.mkdir(), lambda path: path.write_text("notes")])
def test_a_path_that_is_something_else_is_left_alone(
    scan: Scan, tmp_path: Path, disturb: Callable[[Path], None]
) -> None:
    path = tmp_path / "results"
    disturb(path)
    result = call("run", scan.file, "-o", path)
    assert result.returncode == 2
    assert f"{path}: exists and is not a store" in result.stderr
    assert path.is_file() or not list(path.iterdir())


@pytest.mark.parametrize("observable", ["spectral_function", "events"])
def test_a_damaged_kernel_cache_is_noticed(
    scan: Scan, observable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernels of spectra, and those of quadratic forms, which events need."""
    from renp_fast.kernels.spectrum import forms, spectra

    of_spectra = observable == "spectral_function"
    module, name, result = (spectra, "fill_spectra", 6) if of_spectra else (forms, "fill_forms", 5)
    right = getattr(module, name)

    def wrong(*arguments: Any) -> Any:
        returned = right(*arguments)
        arguments[result][:] *= 1.0 + 1e-9
        return returned

    monkeypatch.setattr(module, name, wrong)
    with pytest.raises(KernelError, match="compiled kernels are wrong"):
        run_scan(scan if of_spectra else parse_scan(EVENTS), tmp_path / "s.zarr")


def test_peak_memory_does_not_grow_with_the_number_of_blocks(tmp_path: Path) -> None:
    text = """
    observable = "spectral_function"
    neutrino = {{ nature = "dirac", ordering = "normal" }}
    interaction = {{ kind = "standard_model" }}
    axes.lightest_mass_eV = {{ linear = [0.0, 0.1], points = {points} }}
    axes.photon_energy_eV = {{ linear = [0.5, 1.07], points = 1000 }}
    storage.block_points = 100000
    """
    program = (
        "import resource, sys; from renp_fast.cli.commands import main; "
        "status = main(sys.argv[1:]); print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss); sys.exit(status)"
    )
    peaks = []
    for blocks in (30, 300):
        scan_file = tmp_path / f"{blocks}.toml"
        scan_file.write_text(text.format(points=100 * blocks))
        arguments = command("run", scan_file, "-o", tmp_path / f"{blocks}.zarr")
        arguments[1:3] = ["-c", program]
        result = subprocess.run(arguments, capture_output=True, text=True, check=True)
        peaks.append(int(result.stdout))
        assert f"{blocks} of {blocks} blocks done" in result.stderr
        shutil.rmtree(tmp_path / f"{blocks}.zarr")
    assert peaks[1] < 1.1 * peaks[0]
