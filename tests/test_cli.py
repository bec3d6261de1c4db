"""The command line, as a user or a script meets it."""

import errno
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import call, command

from renp_fast.cli.commands import COMMANDS, main
from renp_fast.kernels.simd.settings import CACHE_VARIABLE
from renp_fast.progress import LogProgress, byte_size, duration
from renp_fast.runs.execute import run_scan
from renp_fast.scan_file.scan import Scan


def test_a_run_in_a_batch_log_tells_what_it_does(scan: Scan, tmp_path: Path) -> None:
    result = call("run", scan.file, "-o", tmp_path / "s.zarr")
    assert result.returncode == 0
    assert result.stdout == ""
    assert "240 of 240 blocks to do, 4.8e+06 points" in result.stderr
    assert "240 of 240 blocks done; 240 of them now" in result.stderr
    assert "points/s" in result.stderr
    assert "\r" not in result.stderr
    again = call("run", scan.file, "-o", tmp_path / "s.zarr")
    assert "0 of them now" in again.stderr


def test_log_lines_hold_share_rate_and_time_left(capsys: pytest.CaptureFixture[str]) -> None:
    shown = LogProgress(every_seconds=0.0)
    shown.start(10, 2, 800)
    shown.advance(200)
    shown.close()
    first, second = capsys.readouterr().err.splitlines()
    assert first == "8 of 10 blocks to do, 800 points"
    assert second.startswith(" 25.0 %")
    assert "points/s" in second
    assert second.endswith("left")


def test_status_in_json_goes_to_stdout(scan: Scan, tmp_path: Path) -> None:
    run_scan(scan, tmp_path / "s.zarr")
    result = call("status", tmp_path / "s.zarr", "--json")
    assert result.returncode == 0
    found = json.loads(result.stdout)
    assert found["done"] == found["blocks"] == 240
    assert found["missing"] == found["failed"] == 0
    assert found["observable"] == "spectral_function"
    assert len(found["cpus"]) == 1
    assert not found["running"]


def test_verify_in_json(scan: Scan, tmp_path: Path) -> None:
    run_scan(scan, tmp_path / "s.zarr", part=(1, 120))
    result = call("verify", tmp_path / "s.zarr", "--json")
    assert result.returncode == 1
    assert json.loads(result.stdout)["missing"] == 238


def test_infinite_numbers_are_reported(write_scan: Callable[..., Path], tmp_path: Path) -> None:
    """With E_eg = 2 and w = 0.75, s is exactly 1, and M = 1 lies on the pole."""
    pole = """
    observable = "spectral_function"
    target = { E_eg_eV = 2.0, E_vg_eV = 2.5, gamma_vg_per_s = 1e6, spin_factor = 1.0 }
    neutrino = { nature = "dirac", ordering = "normal", lightest_mass_eV = 0.01 }
    interaction = { kind = "vector", chirality = "left", coupling = 1e-26 }
    axes.photon_energy_eV = [0.7, 0.75]
    axes.mediator_mass_eV = [0.5, 1.0]
    """
    result = call("run", write_scan(pole), "-o", tmp_path / "s.zarr")
    assert result.returncode == 0
    assert "1 of the numbers are infinite" in result.stderr
    assert "infinite 1 numbers" in call("status", tmp_path / "s.zarr").stdout


def test_axes_without_effect_are_noted(write_scan: Callable[..., Path]) -> None:
    path = write_scan(**{"[axes]": "[axes]\ntheta23_deg = [40.0, 50.0]"})
    result = call("plan", path)
    assert result.returncode == 0
    assert "note: [axes] theta23_deg: nothing changes along it" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["fly"],
        ["run", "scan.toml"],
        ["run", "scan.toml", "-o", "s.zarr", "--part", "0/3"],
        ["run", "scan.toml", "-o", "s.zarr", "--part", "4/3"],
        ["run", "scan.toml", "-o", "s.zarr", "--threads", "-1"],
        ["plot", "-o", "figure.png"],
        ["run", "scan.toml", "-o", ""],
        ["status", ""],
    ],
)
def test_wrong_options_are_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert "usage: renp-fast" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["run", "plan", "export"])
def test_only_commands_that_go_on_say_so(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setitem(COMMANDS, name, stopped)
    assert main([name, str(tmp_path), *(["-o", "output"] if name != "plan" else [])]) == 1
    assert ("the same command goes on from there" in capsys.readouterr().err) == (name == "run")


def test_who_reads_no_further_ends_the_command_quietly(scan: Scan, tmp_path: Path) -> None:
    run_scan(scan, tmp_path / "s.zarr", part=(1, 120))
    reader, writer = os.pipe()
    os.close(reader)
    ended = subprocess.run(command("status", tmp_path / "s.zarr"), stdout=writer, stderr=subprocess.PIPE, timeout=100)
    os.close(writer)
    assert (ended.returncode, ended.stderr) == (1, b"")


def test_a_cache_directory_that_cannot_be_made_is_one_error(scan: Scan, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    result = call("run", scan.file, "-o", tmp_path / "s.zarr", env=os.environ | {CACHE_VARIABLE: str(file)})
    assert result.returncode == 2
    assert result.stderr.startswith(
        f"error: {CACHE_VARIABLE}: cannot make {file}: {file} is a file; allowed: a directory"
    )
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "s.zarr").exists()


@pytest.mark.parametrize("name", ["status", "verify"])
def test_a_path_without_a_store_is_wrong_input(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, str(tmp_path)]) == 2
    assert f"{tmp_path}: not a store of renp-fast" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["status"], ["verify"], ["export", "-o", "o.csv"], ["plot", "-o", "o.png"]])
def test_a_path_without_anything_is_wrong_input(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = tmp_path / "nosuch.zarr"
    assert main([*arguments, str(store)]) == 2
    assert capsys.readouterr().err.startswith(f"error: {store}: there is nothing at that path; ")


def test_a_place_where_no_store_can_be_made_is_wrong_input(
    scan: Scan, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "link.zarr").symlink_to(tmp_path / "gone")
    folder = "; allowed: a path in a folder that can be written to"
    for path, reason in {
        Path(scan.file) / "s.zarr": f"{scan.file} is not a folder{folder}",
        tmp_path / "link.zarr": f"it is a link to {tmp_path / 'gone'}, where nothing is{folder}",
        Path("/proc/x.zarr"): f"No such file or directory{folder}",
    }.items():
        assert main(["run", scan.file, "-o", str(path)]) == 2
        assert capsys.readouterr().err == f"error: {path}: cannot write: {reason}\n"


def test_a_disk_that_fails_before_a_store_is_made_keeps_nothing(
    scan: Scan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("renp_fast.store.template.write_skeleton", full)
    assert main(["run", scan.file, "-o", str(tmp_path / "s.zarr")]) == 1
    assert capsys.readouterr().err == f"error: {tmp_path / 's.zarr'}: cannot write: No space left on device\n"


def test_sizes_and_times_for_people() -> None:
    assert [byte_size(n) for n in (999, 1500, 2.5e9, 3e15)] == ["999 B", "1.5 kB", "2.5 GB", "3 PB"]
    assert [duration(t) for t in (1.5, 600, 9000, 4e5)] == ["1.5 s", "10 min", "2.5 h", "4.63 d"]
