"""Blocks on Dask workers: the same bits, nothing open to others, lost or deadly things named."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cloudpickle
import dask
import pytest
from conftest import call, command, contents
from distributed import Client, Security, WorkerPlugin

from renp_fast.api import run
from renp_fast.cli.commands import main
from renp_fast.cluster import workers as cluster
from renp_fast.cluster.task import compute_blocks
from renp_fast.cluster.workers import numa_domains, on_cluster, own_cluster, running_cluster, security_from
from renp_fast.errors import ClusterError, InputError, StoreError
from renp_fast.runs.execute import run_scan
from renp_fast.scan_file.scan import Scan
from renp_fast.store.inspection import status
from renp_fast.store.journal import journal_files
from renp_fast.store.store import open_for

PARTS = {"ca.pem": "tls_ca_file", "cert.pem": "tls_client_cert", "key.pem": "tls_client_key"}


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """A cluster of two processes."""
    with dask.config.set({"distributed.scheduler.allowed-failures": 1}), own_cluster(2, 2) as client:
        yield client


@pytest.fixture(scope="module")
def credentials(client: Client, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The credentials of that cluster, as files."""
    directory = tmp_path_factory.mktemp("credentials")
    for name, part in PARTS.items():
        (directory / name).write_text(getattr(client.security, part))
    return directory


@pytest.fixture
def scheduler_file(client: Client, tmp_path: Path) -> Path:
    file = tmp_path / "scheduler.json"
    file.write_text(json.dumps({"address": client.scheduler.address}))
    return file


@pytest.fixture
def whole(scan: Scan, tmp_path: Path) -> Path:
    path = tmp_path / "whole.zarr"
    run_scan(scan, path)
    return path


def listening(pid: int) -> set[tuple[str, int]]:
    """Addresses on which a process and its children listen."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    inodes = set()
    for file in Path(f"/proc/{pid}/fd").iterdir():
        name = str(file.readlink())
        if name.startswith("socket:["):
            inodes.add(name[8:-1])
    found = set()
    for table, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                address, port = fields[1].split(":")
                raw = bytes.fromhex(address)
                if family == socket.AF_INET:
                    raw = raw[::-1]
                found.add((socket.inet_ntop(family, raw), int(port, 16)))
    return found.union(*map(listening, map(int, children)))


def answers_a_stranger(address: tuple[str, int], encrypted: bool) -> bool:
    """Whether a socket says anything to one without credentials."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        plain = socket.create_connection(address, timeout=5)
        with context.wrap_socket(plain) if encrypted else plain as stream:
            stream.sendall(b"GET / HTTP/1.0\r\n\r\n")
            return bool(stream.recv(1))
    except (ssl.SSLError, ConnectionError, TimeoutError):
        return False


def test_own_workers_listen_on_loopback_to_nobody_else_and_stop_as_they_are_told(
    scan: Scan, whole: Path, tmp_path: Path
) -> None:
    store = tmp_path / "s.zarr"
    process = subprocess.Popen(
        command("run", scan.file, "-o", store, "--workers", 2), stderr=subprocess.PIPE, text=True
    )
    while not (store.exists() and status(store).done) and process.poll() is None:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGSTOP)  # the run, while its sockets are looked at
    addresses = listening(process.pid)
    os.kill(process.pid, signal.SIGCONT)
    assert len(addresses) >= 3
    assert {host for host, _ in addresses} == {"127.0.0.1"}
    for address in addresses:
        assert not answers_a_stranger(address, encrypted=False)
        assert not answers_a_stranger(address, encrypted=True)
    process.send_signal(signal.SIGUSR1)
    _, message = process.communicate(timeout=60)
    assert process.returncode in (0, 1)
    assert (process.returncode == 1) == ("goes on from there" in message)
    assert not list((store / ".renp_fast/claims").iterdir())
    assert run_scan(scan, store).done == 240
    assert contents(store) == contents(whole)


def test_a_running_cluster_computes_the_same_bits(
    scan: Scan, whole: Path, tmp_path: Path, scheduler_file: Path, credentials: Path
) -> None:
    store = tmp_path / "s.zarr"
    result = call("run", scan.file, "-o", store, "--scheduler-file", scheduler_file, "--tls-dir", credentials)
    assert result.returncode == 0, result.stderr
    assert "240 of them now" in result.stderr
    assert contents(store) == contents(whole)
    assert len(journal_files(store)) == 2
    assert not list((store / ".renp_fast/claims").iterdir())


def test_from_python_and_beside_a_run_on_threads(scan: Scan, whole: Path, tmp_path: Path, client: Client) -> None:
    store = open_for(scan, tmp_path / "s.zarr").path
    beside = threading.Thread(target=run_scan, args=(scan, store, 1))
    beside.start()
    dataset = run(scan, store, client=client)
    beside.join()
    assert bool(dataset["spectral_function"].notnull().all())
    assert contents(store) == contents(whole)


def test_workers_compute_on_single_threads(client: Client) -> None:
    for threads in client.run(lambda: {name: os.environ.get(name) for name in cluster.ONE_THREAD}).values():
        assert set(threads.values()) == {"1"}


def test_nobody_is_let_in_without_credentials(client: Client, credentials: Path, scheduler_file: Path) -> None:
    address = client.scheduler.address
    with pytest.raises((OSError, TypeError)):
        Client(address, timeout=2, set_as_default=False)
    with pytest.raises((OSError, TypeError, RuntimeError)):
        Client(address.replace("tls:", "tcp:"), timeout=2, set_as_default=False)
    with pytest.raises(OSError, match="cert"):
        Client(address, timeout=2, security=Security.temporary(), set_as_default=False)
    with running_cluster(scheduler_file, credentials) as friend:
        assert friend.security.require_encryption


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file"),
        ("hello", "not a file that a Dask scheduler wrote"),
        ("[]", "not a file that a Dask scheduler wrote"),
        ('{"address": "somewhere"}', "not a file that a Dask scheduler wrote"),
        ('{"address": "tcp://10.0.0.7:8786"}', "tcp://10.0.0.7:8786 is not encrypted"),
        ('{"address": "tcp://[2001:db8::1]:8786"}', "is not encrypted"),
    ],
)
def test_a_scheduler_that_may_not_be_used(
    scan: Scan, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None, said: str
) -> None:
    file, store = tmp_path / "scheduler.json", tmp_path / "s.zarr"
    if content is not None:
        file.write_text(content)
    assert main(["run", scan.file, "-o", str(store), "--scheduler-file", str(file)]) == 2
    message = capsys.readouterr().err
    assert said in message
    assert "--scheduler-file" in message
    assert not store.exists()


def test_missing_credentials_are_named(credentials: Path, tmp_path: Path, scheduler_file: Path) -> None:
    for name in ("ca.pem", "cert.pem"):
        (tmp_path / name).write_text((credentials / name).read_text())
    with pytest.raises(InputError, match=r"there is no key\.pem"):
        security_from(tmp_path)
    with pytest.raises(InputError, match="--tls-dir"), running_cluster(scheduler_file, tmp_path):
        pass


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--workers", "0"), "a whole number from 1, or numa"),
        (("--workers", "2", "--scheduler-file", "f"), "not allowed with"),
        (("--tls-dir", "d"), "only together with --scheduler-file"),
        (("--scheduler-file", "f", "--threads", "2"), "have their own"),
    ],
)
def test_options_that_do_not_go_together(scan: Scan, tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    result = call("run", scan.file, "-o", tmp_path / "s.zarr", *options)
    assert result.returncode == 2
    assert said in result.stderr


def test_no_scheduler_answers(scan: Scan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    file = tmp_path / "scheduler.json"
    file.write_text(json.dumps({"address": f"tcp://127.0.0.1:{port}"}))
    with pytest.raises(ClusterError, match=f"no scheduler to be had at tcp://127.0.0.1:{port}"), running_cluster(file):
        pass
    assert scan.points


def test_workers_with_other_code_are_refused_by_name(
    scan: Scan, tmp_path: Path, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "code_hash", lambda: "0" * 64)
    with pytest.raises(InputError, match=r"worker tls://127\.0\.0\.1:\d+ has other code"):
        run_scan(scan, tmp_path / "s.zarr", executor=on_cluster(client))


def test_a_worker_that_comes_later_with_other_code_is_refused(scan: Scan, tmp_path: Path, client: Client) -> None:
    store = open_for(scan, tmp_path / "s.zarr")
    task = client.submit(compute_blocks, [0], path=str(store.path), expected="0" * 64, run="other", pure=False)
    with pytest.raises(StoreError, match="other code"):
        task.result()
    assert status(store.path).done == 0


class Poison(WorkerPlugin):  # type: ignore[misc]
    """Block 7 kills every process that computes it."""

    name = "poison"

    def setup(self, worker: Any) -> None:  # noqa: ARG002
        from renp_fast.evaluate.evaluate import Evaluator

        evaluate: Callable[..., Any] = Evaluator.__call__

        def deadly(evaluator: Any, box: Any, out: Any = None) -> Any:
            if box[-1].stop == 400 and box[2].start == 7 and box[0].start == box[1].start == 0:
                os._exit(1)
            return evaluate(evaluator, box, out)

        Evaluator.__call__ = deadly  # type: ignore[method-assign]


def test_a_deadly_block_is_named_after_the_rest_is_done(scan: Scan, tmp_path: Path, client: Client) -> None:
    """Last of all, for the workers are then poisoned."""
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    client.register_plugin(Poison())
    store = tmp_path / "s.zarr"
    outcome = run_scan(scan, store, executor=on_cluster(client))
    assert outcome.done == 239
    assert list(outcome.failed) == [7]
    assert status(store).failures == outcome.failed
    assert run_scan(scan, store).computed == 1


def test_numa_domains_are_at_least_one() -> None:
    assert 1 <= numa_domains() <= (os.cpu_count() or 1)
