"""What another user of the machine can do while a dask job runs: nothing."""

import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cluster import SCAN, latest, needs_slurm, processes_of, renp_fast, submit, wait, wait_for_blocks, wait_for_end
from distributed import Client, Security

from renp_fast.slurm.credentials import make_credentials

pytestmark = [pytest.mark.slurm, needs_slurm]
STRANGER = 65534  # nobody
LONG_SCAN = SCAN.replace("points = 25", "points = 1000")
# Run by the system's Python as another user: how far does a handshake on each port come, with no credentials or with
# some that he has made himself?
KNOCK = """
import json, socket, ssl, sys
from concurrent.futures import ThreadPoolExecutor

def knock(port, version, own):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    if own:
        context.load_cert_chain(own + "/cert.pem", own + "/key.pem")
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=3) as plain:
            with context.wrap_socket(plain) as secret:
                secret.settimeout(3)
                return f"handshake completed, then {secret.recv(100)!r}"
    except OSError as error:
        return f"refused: {error}"

def speak(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=3) as plain:
            plain.settimeout(1)
            plain.sendall(b"GET /info/main/workers.html HTTP/1.0\\r\\n\\r\\n")
            return repr(plain.recv(100))
    except OSError as error:
        return f"refused: {error}"

def try_all(port):
    answers = [knock(port, version, which) for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
               for which in ("", own)]
    return [*answers, speak(port)]

ports, own = json.loads(sys.argv[1]), sys.argv[2]
with ThreadPoolExecutor(len(ports)) as pool:
    print(json.dumps(dict(zip(ports, pool.map(try_all, ports)))))
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every user may enter, unlike those of pytest."""
    path = Path(tempfile.mkdtemp(prefix="renp-fast-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def as_stranger(*command: object) -> subprocess.CompletedProcess[str]:
    who = ["setpriv", f"--reuid={STRANGER}", f"--regid={STRANGER}", "--clear-groups"]
    return subprocess.run([*who, *map(str, command)], capture_output=True, text=True, timeout=120, cwd="/")


def listening(processes: dict[int, str]) -> dict[int, tuple[str, str]]:
    """(address, command line) by port, of the sockets that processes listen on."""
    found = {}
    for line in subprocess.run(["ss", "-Hltnp"], check=True, capture_output=True, text=True).stdout.splitlines():
        address, _, port = line.split()[3].rpartition(":")
        owners = [int(pid) for pid in re.findall(r"pid=(\d+)", line) if int(pid) in processes]
        if owners:
            found[int(port)] = (address, processes[owners[0]])
    return found


def of_python(ports: dict[int, tuple[str, str]]) -> dict[int, str]:
    """Addresses of the sockets of our own processes."""
    return {port: address for port, (address, line) in ports.items() if not line.startswith("srun ")}


def completes(port: int, credentials: Path) -> bool:
    """Whether a handshake with these credentials completes."""
    context = ssl.create_default_context(cafile=credentials / "ca.pem")
    context.check_hostname = False
    context.load_cert_chain(credentials / "cert.pem", credentials / "key.pem")
    with socket.create_connection(("127.0.0.1", port), timeout=3) as plain, context.wrap_socket(plain) as secret:
        return secret.version() is not None


def test_a_stranger_cannot_reach_a_dask_job(folder: Path) -> None:
    store = folder / "s.zarr"
    submit(store, "--mode", "dask", "--tasks", 2, text=LONG_SCAN)
    wait_for_blocks(store, 3)
    job = latest(store)
    (private,) = Path(job.folder).glob("private-*")
    files = {file.name: file for file in private.iterdir()}

    assert private.stat().st_mode & 0o777 == 0o700
    assert set(files) == {"ca.pem", "cert.pem", "key.pem", "scheduler.json"}
    assert {file.stat().st_mode & 0o777 for file in files.values()} == {0o600}
    assert as_stranger("cat", job.folder + "/scan.toml").returncode == 0
    for path in (private, *files.values()):
        assert "Permission denied" in as_stranger("ls", "-l" if path == private else "-d", path).stderr
        assert "Permission denied" in as_stranger("cat", path).stderr

    # A scheduler, two workers, and for each of them a nanny; and those of srun, which are Slurm's own
    wait("all sockets", lambda: len(of_python(listening(processes_of(job.name)))) >= 5)
    ports = listening(processes_of(job.name))
    ours = of_python(ports)
    assert len(ours) == 5, ports
    assert set(ours.values()) == {"127.0.0.1"}
    own = folder / "own"
    make_credentials(own)
    for path in (own, *own.iterdir()):
        os.chown(path, STRANGER, STRANGER)
    result = as_stranger("/usr/bin/python3", "-I", "-c", KNOCK, json.dumps(list(ports)), own)
    assert result.returncode == 0, result.stderr
    answers = json.loads(result.stdout)
    assert len(answers) == len(ports) >= 5
    for port, said in answers.items():
        *handshakes, plain = said
        assert all(answer.startswith("refused") for answer in handshakes), (ports[int(port)], said)
        assert plain == "b''" or plain.startswith("refused"), (ports[int(port)], said)

    # The same, by whoever has the credentials
    for port in ours:
        assert completes(port, private)
    address = json.loads(files["scheduler.json"].read_text())["address"]
    for wrong in (Security.temporary(), Security()):
        with pytest.raises((OSError, TypeError, RuntimeError)):
            Client(address, security=wrong, timeout=3, set_as_default=False)

    renp_fast("cancel", store)
    wait_for_end(store)
    assert not private.exists()
