"""submit, cancel and status against commands that stand in for Slurm's: what these are told, and what is left."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from renp_fast.cli.commands import main
from renp_fast.runs.execute import run_scan
from renp_fast.scan_file.scan import load_scan
from renp_fast.slurm.jobs import jobs_folder, submissions
from renp_fast.store.inspection import status

CONFIG = "ClusterName             = here\nMaxArraySize            = 6\nMaxJobCount             = 10000\n"
PARTITIONS = (
    "PartitionName=short Default=YES MaxNodes=2 MaxTime=01:00:00\n"
    "PartitionName=long Default=NO MaxNodes=UNLIMITED MaxTime=UNLIMITED\n"
)
COMMANDS = {
    "sbatch": """
        [ "$1" != --version ] || exit 0
        printf '%s\\n' "$PWD" "$@" >"$FAKE/sbatch.said"
        env >"$FAKE/sbatch.environment"
        [ ! -e "$FAKE/refuse" ] || { echo 'sbatch: error: Invalid account' >&2; exit 1; }
        echo '4711;here'
        sed -n 's/^#SBATCH --job-name=\\(.*\\)/\\1 PENDING/p' "$2" >>"$FAKE/queue"
    """,
    "scontrol": 'cat "$FAKE/$2"',
    "sinfo": "echo 64+; echo 48",
    "sacctmgr": 'cat "$FAKE/$4"',
    "squeue": """
        [ -e "$FAKE/queue" ] || { echo 'squeue: error: no answer' >&2; exit 1; }
        for name in $(echo "$4" | sed 's/--name=//; s/,/ /g'); do grep "^$name " "$FAKE/queue"; done; true
    """,
    "scancel": 'sed -i "/^${1#--name=} /d" "$FAKE/queue"; echo "$@" >>"$FAKE/cancelled"',
}


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of commands that stand in for Slurm's, and of what they know and were told."""
    folder = tmp_path / "slurm"
    folder.mkdir()
    for name, text in COMMANDS.items():
        (folder / name).write_text(f"#!/bin/bash\n{text}")
        (folder / name).chmod(0o755)
    (folder / "config").write_text(CONFIG)
    (folder / "partition").write_text(PARTITIONS)
    (folder / "queue").touch()
    monkeypatch.setenv("FAKE", str(folder))
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


def said(file: Path) -> list[str]:
    return file.read_text().splitlines()


def script(store: Path) -> list[str]:
    (file,) = jobs_folder(store).glob("*/job.sbatch")
    return said(file)


def test_a_submission(
    slurm: Path, write_scan: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scan, store = write_scan(), tmp_path / "new" / "s.zarr"
    assert main(["submit", str(scan), "-o", str(store), "--tasks", "4"]) == 0
    assert status(store).missing == 240
    (job,) = submissions(store)
    folder = Path(job.folder)
    assert said(slurm / "sbatch.said") == [str(folder), "--parsable", "job.sbatch"]
    assert job.alive
    assert (job.job, job.mode, job.tasks) == ("4711", "array", 4)
    for line in (f"--job-name={folder.name}", "--array=0-3", "--cpus-per-task=48", "--time=0-01:00:00"):
        assert f"#SBATCH {line}" in script(store)
    scan.write_text("later edits do not matter")
    assert load_scan(folder / "scan.toml").points == 4_800_000
    err = capsys.readouterr().err
    assert "submitted job 4711;here: 4 array tasks" in err
    assert str(folder) in err


@pytest.mark.usefixtures("slurm")
def test_a_dry_run_prints_the_script_and_does_nothing(
    write_scan: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scan = write_scan()
    before = sorted(tmp_path.rglob("*"))
    assert (
        main(["submit", str(scan), "-o", str(tmp_path / "s.zarr"), "--dry-run", "--mode", "dask", "--nodes", "5"]) == 0
    )
    found = capsys.readouterr()
    assert found.out.startswith("#!/bin/bash\n#SBATCH --job-name=s-")
    assert "#SBATCH --nodes=2\n#SBATCH --ntasks=2\n" in found.out
    assert found.err == "note: --nodes 5 is more than the partition's MaxNodes: fitted to 2\n"
    assert sorted(tmp_path.rglob("*")) == before


def test_limits_of_the_account_and_the_quality_of_service_count(
    slurm: Path, write_scan: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (slurm / "assoc").write_text("mine|5|\nother|2|\n")
    (slurm / "qos").write_text("low|3|00:30:00\n")
    command = ["submit", str(write_scan()), "-o", str(tmp_path / "s.zarr"), "--dry-run", "--tasks", "9"]
    for extra, line in (
        ([], "--array=0-1"),
        (["--account", "mine"], "--array=0-4"),
        (["--account", "mine", "--qos", "low"], "--array=0-2"),
    ):
        assert main(command + extra) == 0
        assert f"#SBATCH {line}\n" in capsys.readouterr().out
    assert main([*command, "--qos", "low", "--partition", "long"]) == 0
    assert "#SBATCH --time=0-00:30:00\n" in capsys.readouterr().out


@pytest.mark.usefixtures("slurm")
def test_a_partition_that_is_not_there_is_wrong_input(
    write_scan: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["submit", str(write_scan()), "-o", str(tmp_path / "s.zarr"), "--partition", "gpu"]) == 2
    assert capsys.readouterr().err == "error: --partition: no partition gpu; there are: short, long\n"
    assert not (tmp_path / "s.zarr").exists()


def test_without_slurm_there_is_an_error_and_no_store(
    write_scan: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    command = ["submit", str(write_scan()), "-o", str(tmp_path / "s.zarr"), "--tasks", "4", "--cpus", "2"]
    assert main(command) == 1
    assert "error: sbatch: no such command" in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["scan.toml"]
    assert main([*command, "--dry-run"]) == 0


def test_a_refused_job_leaves_no_trace_of_it(
    slurm: Path, write_scan: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (slurm / "refuse").touch()
    store = tmp_path / "s.zarr"
    assert main(["submit", str(write_scan()), "-o", str(store), "--tasks", "1"]) == 1
    assert "error: sbatch: sbatch: error: Invalid account" in capsys.readouterr().err
    assert submissions(store) == []
    assert list(jobs_folder(store).iterdir()) == []


def test_a_submission_that_may_have_been_taken_stays_known(
    slurm: Path, write_scan: Callable[..., Path], tmp_path: Path
) -> None:
    (slurm / "refuse").touch()
    (slurm / "queue").unlink()
    store = tmp_path / "s.zarr"
    assert main(["submit", str(write_scan()), "-o", str(store), "--tasks", "1"]) == 1
    (job,) = submissions(store)
    assert job.job is None


@pytest.mark.usefixtures("slurm")
def test_a_place_that_cannot_be_written_is_an_error(
    write_scan: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    store = tmp_path / "file" / "s.zarr"
    assert main(["submit", str(write_scan()), "-o", str(store), "--tasks", "1"]) == 2
    assert capsys.readouterr().err.startswith(f"error: {store}: cannot write: {tmp_path / 'file'} is not a folder; ")


@pytest.mark.usefixtures("slurm")
def test_a_second_submission_joins_the_first(
    write_scan: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scan, store = write_scan(), tmp_path / "s.zarr"
    command = ["submit", str(scan), "-o", str(store), "--tasks", "1"]
    assert main(command) == 0
    assert "in the queue" not in capsys.readouterr().err
    assert main(command) == 0
    assert "note: job 4711 is in the queue for this store; the new one shares its blocks" in capsys.readouterr().err
    assert len({job.name for job in submissions(store)}) == 2


@pytest.mark.usefixtures("slurm")
def test_nothing_is_submitted_for_a_store_that_is_complete_or_of_another_scan(
    write_scan: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scan, store = write_scan(), tmp_path / "s.zarr"
    run_scan(load_scan(scan), store)
    assert main(["submit", str(scan), "-o", str(store), "--tasks", "1"]) == 0
    assert "all blocks are done; nothing to submit" in capsys.readouterr().err
    other = write_scan(name="other.toml", **{"3e-26": "4e-26"})
    assert main(["submit", str(other), "-o", str(store), "--tasks", "1"]) == 2
    assert not jobs_folder(store).exists()


def test_the_environment_cannot_change_what_a_script_says(
    slurm: Path,
    write_scan: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in {
        "SBATCH_ARRAY_INX": "0-99",
        "SBATCH_OPEN_MODE": "truncate",
        "SBATCH_OUTPUT": "/tmp/elsewhere",
        "SBATCH_ERROR": "/tmp/elsewhere",
        "SBATCH_MEM_PER_CPU": "1G",
        "SBATCH_PARTITION": "long",
        "SBATCH_TIMELIMIT": "30",
        "SBATCH_MEM_PER_NODE": "4G",
        "SLURM_CPUS_PER_TASK": "99",
        "SLURM_CONF": "/etc/kept",
        "SBATCH_RESERVATION": "kept",
    }.items():
        monkeypatch.setenv(name, value)
    store = tmp_path / "s.zarr"
    assert main(["submit", str(write_scan()), "-o", str(store), "--tasks", "1"]) == 0
    reached = [line for line in said(slurm / "sbatch.environment") if line.startswith(("SBATCH", "SLURM"))]
    assert sorted(reached) == ["SBATCH_RESERVATION=kept", "SLURM_CONF=/etc/kept"]
    for line in ("--partition=long", "--time=0-00:30:00", "--mem=4G"):
        assert f"#SBATCH {line}" in script(store)
    err = capsys.readouterr().err
    for name in ("ARRAY_INX", "ERROR", "MEM_PER_CPU", "OPEN_MODE", "OUTPUT"):
        assert f"note: SBATCH_{name}: left out, since the script sets that itself\n" in err
    assert "SBATCH_PARTITION" not in err


BANNERS = {
    "none": ("", ""),
    "words": ("Welcome to cluster 7!\n\n12 nodes free\n\n", "\nbye\n"),
    "bytes": ("\udcff\udcfe \x1b[31mr\xe9d\x1b[0m = \udc80\n\x00\n", "\n\x07\udcc3\n"),
    "our words": ("PartitionName\nName=x\nLast update=now\nRUNNING\na|b\n|||\n", "\nx PENDING y\nJob = 3\n"),
}


@pytest.mark.parametrize("banner", BANNERS)
def test_whatever_else_slurms_commands_print(
    banner: str, slurm: Path, write_scan: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Banners of login scripts, blank lines and any bytes, before and after what is asked for."""
    before, after = BANNERS[banner]
    (slurm / "assoc").write_text("mine|5|\n")
    for name, text in COMMANDS.items():
        (slurm / "before").write_bytes(before.encode("utf-8", "surrogateescape"))
        (slurm / "after").write_bytes(after.encode("utf-8", "surrogateescape"))
        wrapped = f'cat "$FAKE/before"\n{{\n{text}\n}}\nstatus=$?\ncat "$FAKE/after"\nexit $status'
        (slurm / name).write_text(f"#!/bin/bash\n{wrapped}")
    store = tmp_path / "s.zarr"
    command = ["submit", str(write_scan()), "-o", str(store), "--mode", "dask", "--tasks", "2", "--nodes", "2"]
    assert main(command) == 0
    assert "submitted job 4711;here: 2 workers" in capsys.readouterr().err
    assert "#SBATCH --cpus-per-task=48" in script(store)
    (job,) = submissions(store)
    assert (job.job, job.states) == ("4711", {"PENDING": 1})
    assert main([*command[:4], "--tasks", "9", "--account", "mine", "--dry-run"]) == 0
    assert "#SBATCH --array=0-4\n" in capsys.readouterr().out
    assert main(["cancel", str(store)]) == 0
    assert said(slurm / "cancelled") == [f"--name={job.name}"]


def test_what_slurms_commands_complain_of_is_one_clean_line(
    slurm: Path, write_scan: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (slurm / "sbatch").write_text(
        "#!/bin/bash\n[ $1 = --version ] || { printf 'a \\033[2J\\377\\n\\n b\\n' >&2; exit 3; }\n"
    )
    assert main(["submit", str(write_scan()), "-o", str(tmp_path / "s.zarr"), "--tasks", "1"]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == "error: sbatch: a [2J\ufffd; b"
    for text in ("#!/nowhere\n", "no script"):
        (slurm / "sbatch").write_text(text)
        assert main(["submit", str(write_scan()), "-o", str(tmp_path / "s.zarr"), "--tasks", "1"]) == 1
        assert capsys.readouterr().err.splitlines()[-1].startswith("error: sbatch: ")


def test_a_job_whose_number_slurm_does_not_tell_is_known_by_its_name(
    slurm: Path, write_scan: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = COMMANDS["sbatch"].replace("4711;here", "Submitted")
    (slurm / "sbatch").write_text(f"#!/bin/bash\n{text}")
    store = tmp_path / "s.zarr"
    assert main(["submit", str(write_scan()), "-o", str(store), "--tasks", "1"]) == 0
    (job,) = submissions(store)
    assert (job.job, job.alive) == (None, True)
    assert f"submitted job {job.name}: 1 array tasks" in capsys.readouterr().err


@pytest.mark.usefixtures("slurm")
def test_the_environment_is_checked_like_an_option(
    write_scan: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SBATCH_ACCOUNT", "$(touch pwned)")
    assert main(["submit", str(write_scan()), "-o", str(tmp_path / "s.zarr"), "--tasks", "1"]) == 2


def test_cancel_and_status(
    slurm: Path, write_scan: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = tmp_path / "s.zarr"
    assert main(["submit", str(write_scan()), "-o", str(store), "--tasks", "3"]) == 0
    (job,) = submissions(store)
    (Path(job.folder) / "given-up").write_text("task 2: gave up\n")
    private = Path(job.folder) / "private-4711"
    private.mkdir()
    assert main(["status", str(store)]) == 1
    assert capsys.readouterr().out.splitlines()[-2:] == [
        f"job      4711: array of 3 tasks, 1 pending; {job.folder}",
        "         task 2: gave up",
    ]
    assert main(["cancel", str(store)]) == 0
    assert said(slurm / "cancelled") == [f"--name={job.name}"]
    assert not private.exists()
    assert main(["status", str(store), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["jobs"][0]["states"] == {}
    assert main(["cancel", str(store)]) == 0
    assert "no job of it is in the queue" in capsys.readouterr().err
    assert len(said(slurm / "cancelled")) == 1


def test_without_an_answer_status_says_so_and_cancel_fails(
    slurm: Path, write_scan: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = tmp_path / "s.zarr"
    assert main(["submit", str(write_scan()), "-o", str(store), "--tasks", "3"]) == 0
    (slurm / "queue").unlink()
    assert main(["status", str(store)]) == 1
    assert "array of 3 tasks, Slurm does not answer" in capsys.readouterr().out
    assert main(["cancel", str(store)]) == 1
    assert "error: squeue: squeue: error: no answer" in capsys.readouterr().err


@pytest.mark.usefixtures("slurm")
def test_the_scan_file_is_checked_first(write_scan: Callable[..., Path], tmp_path: Path) -> None:
    scan = write_scan(**{"axial": "sideways"})
    assert main(["submit", str(scan), "-o", str(tmp_path / "s.zarr")]) == 2
    assert not (tmp_path / "s.zarr").exists()


def test_unknown_options_are_answered_with_the_valid_ones(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["submit", "scan.toml", "-o", "s.zarr", "--walltime", "1:00:00"])
    assert stop.value.code == 2
    err = capsys.readouterr().err
    assert "unknown: --walltime 1:00:00; valid options:" in err
    for name in ("--time", "--tasks", "--partition", "--extra"):
        assert name in err


@pytest.mark.usefixtures("slurm")
def test_a_further_directive_may_begin_with_dashes(
    write_scan: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    extra = ["--extra", "--mail-type=END", "--extra", "exclusive"]
    command = ["submit", str(write_scan()), "-o", str(tmp_path / "s.zarr"), "--tasks", "1", "--dry-run", *extra]
    assert main(command) == 0
    assert "#SBATCH --mail-type=END\n#SBATCH --exclusive\n" in capsys.readouterr().out
