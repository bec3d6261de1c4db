"""The text of a job, and what bash makes of it: whatever a path holds, it stays a path."""

import dataclasses
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from renp_fast.errors import InputError
from renp_fast.slurm.fit import Size
from renp_fast.slurm.options import Options, read_options
from renp_fast.slurm.script import Job, job_script

GOLDEN = Path(__file__).parent / "golden"
HOSTILE = "a b $(touch pwned) `touch pwned` ;touch pwned; 'q' \"q\" @store@ $HOME ~ * é #x -rf"
ARRAY = Size(tasks=12, cpus=8, nodes=3, seconds=3600)
DASK = Size(tasks=4, cpus=8, nodes=2, seconds=90)


def job(options: Options, size: Size, folder: str = "/data/it's.zarr.jobs/its-0123abcd") -> Job:
    path = Path(folder)
    return Job(path.name, path, path / "scan.toml", path.parent.with_suffix(""), options, size, "/opt/venv/bin/python")


@pytest.mark.parametrize("mode", ["array", "dask"])
def test_the_text_of_a_job(mode: str) -> None:
    asked = {"memory": "16G", "partition": "short", "account": "m1", "qos": "low", "constraint": "rome|milan"}
    options = read_options(mode=mode, extra=["mail-type=END", "exclusive"], attempts=4, **asked)
    assert job_script(job(options, ARRAY if mode == "array" else DASK)) == (GOLDEN / f"{mode}.sbatch").read_text()


@pytest.mark.parametrize(
    ("options", "nodes", "network"),
    [
        (Options(mode="dask"), 1, "(--host 127.0.0.1)"),
        (Options(mode="dask"), 2, "()"),
        (Options(mode="dask", interface="ib0"), 2, "(--interface ib0)"),
    ],
)
def test_processes_listen_beyond_their_machine_only_if_they_are_on_several(
    options: Options, nodes: int, network: str
) -> None:
    assert f"\nnetwork={network}\n" in job_script(job(options, Size(4, 8, nodes, 3600)))


@pytest.mark.parametrize("name", ["a\nb", "a\rb", "a\x1b[2Jb", "a\udcffb", "a\u2028b"])
def test_control_characters_in_paths_are_refused(name: str) -> None:
    with pytest.raises(InputError, match="control characters"):
        job_script(job(Options(), ARRAY, f"/data/{name}.zarr.jobs/x-0123abcd"))


@pytest.mark.parametrize("name", ["50%", "%j", "a\\b"])
def test_paths_that_slurm_would_change_are_refused(name: str) -> None:
    with pytest.raises(InputError, match="reads % and"):
        job_script(job(Options(), ARRAY, f"/data/{name}.zarr.jobs/x-0123abcd"))


STUBS = {
    # Notes its arguments, and exits as it is told; ends with 1 when it is stopped, as a run does
    "python": """
        trap 'echo stopped >>"$NOTES"; exit 1' TERM
        printf '%s\\n' "$PWD" "$@" >>"$NOTES"
        for i in $(seq "$STEPS"); do sleep 0.05; done
        exit "$STATUS"
    """,
    # Fail as often as they are told to
    "squeue": """
        [ "$3" = 77_5 ] || exit 2
        echo squeue >>"$NOTES.squeue"
        [ "$(wc -l <"$NOTES.squeue")" -gt "$DEAF" ] || { echo 'slurm_load_jobs error: Socket timed out' >&2; exit 1; }
        printf "$SAID" "$STATE"
    """,
    "scontrol": """
        echo asked >>"$NOTES.scontrol"
        if [ "$(wc -l <"$NOTES.scontrol")" -le "$REFUSALS" ]; then
            printf 'banner\\n\\377 Unable to contact\\n\\n'
            exit 1
        fi
        echo scontrol "$@" >>"$NOTES"
    """,
    "sleep": '[ "$1" -lt 1 ] && exec /bin/sleep "$1"; exec /bin/sleep 0.1',
}


@pytest.fixture
def start(tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """Start the script of an array task in bash as Slurm would, all else but bash being stubs."""
    folder = tmp_path / HOSTILE
    (folder / "s.zarr/.renp_fast").mkdir(parents=True)
    for name, text in STUBS.items():
        (folder / name).write_text(f"#!/bin/bash\n{text}")
        (folder / name).chmod(0o755)
    short = dataclasses.replace(ARRAY, seconds=60)  # with the least patience
    text = job_script(
        Job("x-0123abcd", folder, folder / "scan.toml", folder / "s.zarr", Options(), short, str(folder / "python"))
    )
    (folder / "job.sbatch").write_text(text)

    def run(
        status: int = 0,
        state: str = "RUNNING",
        restarts: int = 0,
        steps: int = 1,
        deaf: int = 0,
        refusals: int = 0,
        said: str = "%s\\n",
    ) -> subprocess.Popen[str]:
        told = {"STATUS": str(status), "STATE": state, "STEPS": str(steps), "NOTES": str(folder / "notes")}
        told |= {"DEAF": str(deaf), "REFUSALS": str(refusals), "SAID": said}
        slurm = {
            "SLURM_CPUS_PER_TASK": "8",
            "SLURM_JOB_ID": "77",
            "SLURM_ARRAY_JOB_ID": "77",
            "SLURM_ARRAY_TASK_ID": "5",
        }
        if restarts:
            slurm["SLURM_RESTART_COUNT"] = str(restarts)
        environment = told | slurm | {"PATH": f"{folder}:{os.environ['PATH']}"}
        return subprocess.Popen(["bash", folder / "job.sbatch"], cwd=folder, env=environment, text=True)

    return run


def notes(tmp_path: Path, name: str = "notes") -> list[str]:
    file = tmp_path / HOSTILE / name
    return file.read_text().splitlines() if file.exists() else []


def warn(process: subprocess.Popen[str], tmp_path: Path, number: int = signal.SIGUSR1) -> None:
    """Send a signal once the work has begun."""
    for _ in range(400):
        if notes(tmp_path):
            break
        time.sleep(0.05)
    process.send_signal(number)


def test_hostile_names_reach_the_program_as_they_are(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    assert start().wait(60) == 0
    folder = str(tmp_path / HOSTILE)
    wanted = ["-P", "-m", "renp_fast", "run", f"{folder}/scan.toml", "-o", f"{folder}/s.zarr", "--threads", "8"]
    assert notes(tmp_path) == [folder, *wanted]
    assert {file.name for file in (tmp_path / HOSTILE).iterdir()} == {*STUBS, "job.sbatch", "notes", "s.zarr"}
    assert [file.name for file in tmp_path.iterdir()] == [HOSTILE]


@pytest.mark.parametrize("status", [1, 2])
def test_what_fails_by_itself_is_not_tried_again(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path, status: int
) -> None:
    assert start(status).wait(60) == 1
    assert not any("requeue" in note for note in notes(tmp_path))
    assert notes(tmp_path, "given-up") == [f"task 5: gave up after attempt 1 of 10 with exit status {status}"]


def test_a_store_that_is_gone_is_not_begun_anew(start: Callable[..., subprocess.Popen[str]], tmp_path: Path) -> None:
    folder = tmp_path / HOSTILE
    (folder / "s.zarr").rename(folder / "moved.zarr")
    assert start().wait(60) == 1
    assert notes(tmp_path) == []
    assert notes(tmp_path, "given-up") == [f"task 5: the store {folder}/s.zarr is gone"]


def test_what_was_killed_is_tried_again(start: Callable[..., subprocess.Popen[str]], tmp_path: Path) -> None:
    assert start(137).wait(60) == 1
    assert notes(tmp_path)[-1] == "scontrol requeue 77_5"
    assert notes(tmp_path, "given-up") == []


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGTERM])
def test_a_warning_stops_the_work_and_asks_for_another_attempt(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path, number: int
) -> None:
    process = start(steps=1000)
    warn(process, tmp_path, number)
    assert process.wait(60) == 1
    assert notes(tmp_path)[-2:] == ["stopped", "scontrol requeue 77_5"]
    assert notes(tmp_path, "given-up") == []


def test_attempts_are_bounded(start: Callable[..., subprocess.Popen[str]], tmp_path: Path) -> None:
    process = start(steps=1000, restarts=9)
    warn(process, tmp_path)
    assert process.wait(60) == 1
    assert notes(tmp_path)[-1] == "stopped"
    assert notes(tmp_path, "given-up") == ["task 5: gave up after attempt 10 of 10 with exit status 1"]


def test_a_cancelled_job_stays_cancelled(start: Callable[..., subprocess.Popen[str]], tmp_path: Path) -> None:
    process = start(steps=1000, state="COMPLETING")
    warn(process, tmp_path, signal.SIGTERM)
    assert process.wait(60) == 1
    assert notes(tmp_path)[-1] == "stopped"
    assert notes(tmp_path, "given-up") == []


@pytest.mark.parametrize("deaf", [1, 3])
def test_a_controller_that_fails_for_a_while_is_asked_again(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path, deaf: int
) -> None:
    assert start(137, deaf=deaf, refusals=deaf).wait(60) == 1
    assert notes(tmp_path, "notes.squeue") == ["squeue"] * (deaf + 1)
    assert notes(tmp_path)[-1] == "scontrol requeue 77_5"
    assert notes(tmp_path, "given-up") == []
    assert start(137, state="CANCELLED", deaf=2 * deaf + 1).wait(60) == 1
    assert len([note for note in notes(tmp_path) if "requeue" in note]) == 1


@pytest.mark.parametrize("what", [{"deaf": 999}, {"said": ""}, {"said": "\\n\\377banner %%s\\n"}, {"state": "NEWS"}])
def test_in_doubt_a_job_goes_on(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path, what: dict[str, object]
) -> None:
    """Slurm never answers, or says nothing that is understood."""
    assert start(137, **what).wait(100) == 1
    assert notes(tmp_path)[-1] == "scontrol requeue 77_5"
    assert notes(tmp_path, "given-up") == []


@pytest.mark.parametrize(("state", "requeued"), [("RUNNING", 1), ("CANCELLED", 0)])
def test_an_answer_is_found_among_other_lines(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path, state: str, requeued: int
) -> None:
    assert start(137, state=state, said="Welcome!\\n\\377\\0\\033[1m\\n\\n%s\\r\\n\\nWELCOME\\n").wait(60) == 1
    assert sum("requeue" in note for note in notes(tmp_path)) == requeued


def test_who_is_not_started_again_says_why(start: Callable[..., subprocess.Popen[str]], tmp_path: Path) -> None:
    assert start(137, refusals=999).wait(100) == 1
    assert notes(tmp_path, "given-up") == [
        "task 5: gave up after attempt 1 of 10 with exit status 137; scontrol requeue:  Unable to contact"
    ]
    assert len(notes(tmp_path, "notes.scontrol")) > 3
