"""A signal ends a run on a cluster that compiles or connects, without a wait."""

import json
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
from conftest import command

from renp_fast.scan_file.scan import Scan


def ended(process: subprocess.Popen[str], number: int = signal.SIGTERM) -> str:
    """Send the signal; what the process says, which ends long before what it waits for would."""
    process.send_signal(number)
    _, told = process.communicate(timeout=30.0)
    assert process.returncode == 1
    assert told.splitlines()[-1].startswith("stopped; every finished block is kept")
    assert "Traceback" not in told
    return told


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_workers_that_compile_are_not_waited_for(number: int, scan: Scan, tmp_path: Path) -> None:
    at_it = tmp_path / "at it"
    preload = tmp_path / "slow.py"
    preload.write_text(
        "import time\nfrom pathlib import Path\nimport renp_fast.runs.warmup as warmup\n"
        f"warmup._warm_up = lambda scan: (Path({str(at_it)!r}).touch(), time.sleep(100.0))\n"
    )
    first = (
        "import renp_fast.cluster.workers as cluster\n"
        f"cluster.OWN_CLUSTER['distributed.worker.preload'].append({str(preload)!r})\n"
    )
    arguments = command("run", scan.file, "-o", tmp_path / "s.zarr", "--workers", 2, first=first)
    process = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True)
    while not at_it.exists():
        assert process.poll() is None
        time.sleep(0.05)
    ended(process, number)


def test_a_scheduler_that_does_not_answer_is_not_waited_for(scan: Scan, tmp_path: Path) -> None:
    """It takes the connection, and then says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        file = tmp_path / "scheduler.json"
        file.write_text(json.dumps({"address": f"tcp://127.0.0.1:{server.getsockname()[1]}"}))
        arguments = command("run", scan.file, "-o", tmp_path / "s.zarr", "--scheduler-file", file)
        process = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True)
        heeded = False
        while not heeded:  # whoever else may connect
            connection, _ = server.accept()
            caught = Path(f"/proc/{process.pid}/status").read_text().partition("SigCgt:")[2].split()[0]
            heeded = bool(int(caught, 16) >> (signal.SIGTERM - 1) & 1)
        ended(process)
        connection.close()
