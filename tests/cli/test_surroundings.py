"""Odd surroundings: the right result, or one line that names what is odd."""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import call, command, contents

import renp_fast
from renp_fast.cli import surroundings
from renp_fast.cli.commands import main
from renp_fast.runs import cpus
from renp_fast.runs.cpus import usable_cpus
from renp_fast.runs.execute import run_scan
from renp_fast.runs.plan import Plan, advice
from renp_fast.scan_file.scan import Scan

LIMITED = "import resource; resource.setrlimit(resource.{name}, ({limit}, {limit}))"


@pytest.fixture
def stored(scan: Scan, tmp_path: Path) -> Path:
    """A store of some blocks."""
    run_scan(scan, tmp_path / "s.zarr", part=(1, 20))
    return tmp_path / "s.zarr"


def one_line(result: subprocess.CompletedProcess[str], status: int = 1) -> str:
    """The only error that a command tells."""
    assert result.returncode == status, result.stderr
    assert "Traceback" not in result.stderr
    (line,) = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    return line


@pytest.mark.parametrize(
    "odd",
    [
        {"ZARR_DEFAULT_ZARR_FORMAT": "2"},
        {"ZARR_JSON_INDENT": "0", "ZARR_ARRAY__ORDER": "F", "ZARR_ARRAY__WRITE_EMPTY_CHUNKS": "True"},
        {"ZARR_CODEC_PIPELINE__PATH": "nowhere.Nothing", "ZARR_CODECS__BYTES": "nowhere.Nothing"},
        {"ZARR_ASYNC__CONCURRENCY": "many", "ZARR_NDBUFFER": "nowhere.Nothing"},
        {"NUMBA_NUM_THREADS": "many", "NUMBA_THREADING_LAYER": "none", "NUMBA_CACHE_DIR": "/proc/nowhere"},
        {"NUMBA_CACHE_LOCATOR_CLASSES": "nowhere.Nothing", "NUMBA_DISABLE_PERFORMANCE_WARNINGS": "1"},
        {"MPLBACKEND": "nonsense", "MATPLOTLIBRC": "/proc/self/mem"},
    ],
    ids=lambda odd: next(iter(odd)),
)
def test_a_store_is_the_same_whatever_the_environment_says(
    odd: dict[str, str], scan: Scan, stored: Path, tmp_path: Path
) -> None:
    result = call("run", scan.file, "-o", tmp_path / "odd.zarr", "--part", "1/20", env=os.environ | odd)
    assert result.returncode == 0, result.stderr
    assert contents(tmp_path / "odd.zarr") == contents(stored)


def test_a_figure_is_the_same_whatever_a_users_style_is(stored: Path, tmp_path: Path) -> None:
    style = tmp_path / "matplotlibrc"
    style.write_text(
        "lines.linewidth: 9\ntext.usetex: True\nsavefig.transparent: True\nfont.family: none\nnonsense: 3\n"
    )
    assert call("plot", stored, "-o", tmp_path / "plain.svg").returncode == 0
    odd = os.environ | {"MATPLOTLIBRC": str(style), "MPLBACKEND": "nonsense"}
    result = call("plot", stored, "-o", tmp_path / "styled.svg", env=odd)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "plain.svg").read_bytes() == (tmp_path / "styled.svg").read_bytes()


def test_a_style_that_is_set_from_python_changes_no_figure(stored: Path) -> None:
    import matplotlib as mpl

    from renp_fast.plots import draw_stores
    from renp_fast.plots.sheet import file_bytes

    plain = file_bytes(draw_stores([stored])[0], "svg")
    with mpl.rc_context({"lines.linewidth": 9.0, "axes.grid": True, "savefig.transparent": True}):
        styled = file_bytes(draw_stores([stored])[0], "svg")
    assert plain == styled


@pytest.mark.parametrize("name", ["plan", "run"])
def test_without_a_compiler_nothing_is_computed(name: str, scan: Scan, tmp_path: Path) -> None:
    output = ["-o", tmp_path / "s.zarr"] if name == "run" else []
    result = call(name, scan.file, *output, env=os.environ | {"NUMBA_DISABLE_JIT": "1"})
    assert one_line(result, 2).startswith("error: NUMBA_DISABLE_JIT: got '1'; ")
    assert not (tmp_path / "s.zarr").exists()


PACKAGES = {
    "zarr": ("2.18.3", ["run", "SCAN", "-o", "new.zarr"]),
    "xarray": ("0.19.0", ["export", "STORE", "-o", "e.csv"]),
    "pydantic": ("1.10.2", ["plan", "SCAN"]),
}


@pytest.mark.parametrize("broken", [True, False], ids=["does not import", "imports"])
@pytest.mark.parametrize("name", PACKAGES)
def test_older_packages_on_the_path_are_named(
    name: str, broken: bool, scan: Scan, stored: Path, tmp_path: Path
) -> None:
    version, arguments = PACKAGES[name]
    folder = tmp_path / "older"
    (folder / name).mkdir(parents=True)
    (folder / f"{name}-{version}.dist-info").mkdir()
    (folder / f"{name}-{version}.dist-info" / "METADATA").write_text(f"Name: {name}\nVersion: {version}\n")
    text = "import no_such_thing_any_more" if broken else f"__version__ = '{version}'"
    (folder / name / "__init__.py").write_text(text)
    words = {"SCAN": scan.file, "STORE": str(stored)}
    path = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
    result = call(*(words.get(word, word) for word in arguments), env=os.environ | {"PYTHONPATH": path}, cwd=tmp_path)
    assert f"this may be due to {name} {version} in {folder} (needed: " in one_line(result)


def test_a_fault_of_this_program_is_shown_as_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from renp_fast.cli.commands import COMMANDS

    def faulty(_: object) -> int:
        raise ZeroDivisionError

    for name in list(os.environ):
        if surroundings._may_matter(name):
            monkeypatch.delenv(name)
    monkeypatch.setitem(COMMANDS, "status", faulty)
    with pytest.raises(ZeroDivisionError):
        main(["status", str(tmp_path)])


@pytest.mark.parametrize("limit", [12, 20, 30, 40])
@pytest.mark.parametrize("options", [["--threads", "2"], ["--workers", "2"]], ids=["threads", "workers"])
def test_few_descriptors(options: list[str], limit: int, scan: Scan, stored: Path, tmp_path: Path) -> None:
    first = LIMITED.format(name="RLIMIT_NOFILE", limit=limit)
    result = subprocess.run(
        command("run", scan.file, "-o", tmp_path / "n.zarr", "--part", "1/20", *options, first=first),
        capture_output=True,
        text=True,
        timeout=300,
    )
    if result.returncode:
        assert f"the limit of this process is {limit} (ulimit -n); " in one_line(result)
    else:
        assert contents(tmp_path / "n.zarr") == contents(stored)


@pytest.mark.parametrize("gib", [1.0, 1.5, 2.0, 3.0])
def test_little_address_space(gib: float, scan: Scan, stored: Path, tmp_path: Path) -> None:
    """From the moment that the program is loaded."""
    first = "import renp_fast.runs.execute\n" + LIMITED.format(name="RLIMIT_AS", limit=int(gib * 2**30))
    arguments = command("run", scan.file, "-o", tmp_path / "n.zarr", "--part", "1/20", "--threads", "2", first=first)
    result = subprocess.run(arguments, capture_output=True, text=True, timeout=300)
    if result.returncode == 0:
        assert contents(tmp_path / "n.zarr") == contents(stored)
    else:
        assert result.returncode == 1, result
        assert "Traceback" not in result.stderr
        assert "emory" in result.stderr


@pytest.mark.skipif(os.getuid() != 0, reason="needs the right to unmount")
def test_without_shared_memory(scan: Scan, stored: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    taken = f'mount --bind \'{tmp_path}/empty\' /dev/shm && mount -o remount,bind,ro /dev/shm && "$0" "$@"'
    bare = ["unshare", "-m", "sh", "-c", taken]
    if subprocess.run([*bare, "true"]).returncode:
        pytest.skip("/dev/shm cannot be taken away here")
    for options in (["--threads", "2"], ["--workers", "2"]):
        store = tmp_path / f"{options[0]}.zarr"
        arguments = [*bare, *command("run", scan.file, "-o", store, "--part", "1/20", *options)]
        result = subprocess.run(arguments, capture_output=True, text=True, timeout=300)
        if result.returncode:
            assert "/dev/shm" in one_line(result)
        else:
            assert contents(store) == contents(stored)


@pytest.mark.parametrize(
    ("environment", "most"),
    [
        ({}, 64),
        ({"SLURM_CPUS_PER_TASK": "3"}, 64),
        ({"SLURM_JOB_ID": "7", "SLURM_CPUS_PER_TASK": "3", "SLURM_CPUS_ON_NODE": "12"}, 3),
        ({"SLURM_JOB_ID": "7", "SLURM_CPUS_ON_NODE": "12"}, 12),
        ({"SLURM_JOB_ID": "7", "SLURM_CPUS_PER_TASK": "0", "SLURM_CPUS_ON_NODE": "12"}, 12),
        ({"SLURM_JOB_ID": "7", "SLURM_CPUS_PER_TASK": "many"}, 64),
        ({"SLURM_JOB_ID": "7", "SLURM_CPUS_PER_TASK": "99"}, 64),
    ],
)
def test_a_job_has_its_own_cores_alone(environment: dict[str, str], most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)))
    monkeypatch.setattr(cpus, "_of_quota", lambda: None)
    for name in ("SLURM_JOB_ID", *cpus.SLURM):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert usable_cpus() == most


@pytest.mark.parametrize(
    ("files", "line", "quota"),
    [
        ({"a/b/cpu.max": "150000 100000"}, "0::/a/b", 2),
        ({"a/b/cpu.max": "max 100000", "a/cpu.max": "300000 100000"}, "0::/a/b", 3),
        ({"a/b/cpu.max": "900000 100000", "a/cpu.max": "50000 100000"}, "0::/a/b", 1),
        ({"a/cpu.max": "max 100000"}, "0::/a", None),
        ({"cpu.max": "400000 100000"}, "0::/elsewhere/x", 4),
        (
            {"cpu,cpuacct/j/cpu.cfs_quota_us": "500000", "cpu,cpuacct/j/cpu.cfs_period_us": "100000"},
            "4:cpu,cpuacct:/j",
            5,
        ),
        ({"cpu/j/cpu.cfs_quota_us": "-1", "cpu/j/cpu.cfs_period_us": "100000"}, "4:cpu:/j", None),
        ({"a/cpu.max": "nonsense"}, "0::/a", None),
        ({}, "nonsense", None),
    ],
)
def test_quotas_of_control_groups_count(
    files: dict[str, str], line: str, quota: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    read = Path.read_text
    monkeypatch.setattr(
        Path, "read_text", lambda path, *rest: f"{line}\n" if str(path) == "/proc/self/cgroup" else read(path, *rest)
    )
    monkeypatch.setattr(cpus, "CGROUPS", tmp_path)
    assert cpus._of_quota() == quota


@pytest.mark.parametrize(
    "url", ["s3://bucket/s.zarr", "gs://b/s", "https://host/s.zarr", "file:///tmp/s.zarr", "s3:/b"]
)
def test_results_lie_on_file_systems(
    url: str, scan: Scan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for arguments in (["run", scan.file, "-o", url], ["plan", url], ["plot", url, "-o", "f.png"], ["status", url]):
        with pytest.raises(SystemExit) as stop:
            main(arguments)
        assert stop.value.code == 2
        assert f"got {url!r}; allowed: a path on a file system of this machine" in capsys.readouterr().err
    with pytest.raises(ValueError, match=r"^store: got"):
        renp_fast.run(scan, url)
    with pytest.raises(ValueError, match=r"^store: got"):
        renp_fast.run(scan, Path(url))
    assert [file.name for file in tmp_path.iterdir()] == ["scan.toml"]


def test_a_name_with_a_colon_is_no_url(scan: Scan, tmp_path: Path) -> None:
    assert main(["run", scan.file, "-o", str(tmp_path / "s3:/b.zarr"), "--part", "1/240"]) == 0


def plan_of(**other: object) -> Plan:
    usual = {"points": 10**9, "blocks": 1000, "block_shape": (1000, 1000), "files": 1010, "data_bytes": 8 * 10**9}
    rest = {"stored_bytes": 1, "stored_exact": True, "threads": 1, "seconds": 1.0, "core_hours": 1.0}
    return Plan(**usual | rest | {"array_tasks": 1, "evaluated_share": 1.0, "compile_seconds": 0.0} | other)  # type: ignore[arg-type]


def test_plan_warns_of_many_files_and_tiny_blocks() -> None:
    assert advice(plan_of()) == []
    (note,) = advice(plan_of(files=100_001, blocks=10**5))
    assert note.startswith(
        "100001 files are more than many file systems and quotas bear: a larger [storage] block_points"
    )
    (note,) = advice(plan_of(blocks=10**6, block_shape=(1, 1000), data_bytes=8 * 10**9, files=99))
    assert note.startswith("blocks of 1 x 1000 points, 8e+03 bytes, are tiny: ")
    assert advice(plan_of(blocks=3, data_bytes=24)) == []


def test_the_command_says_so(write_scan: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(write_scan(**{"block_points = 20000": "block_points = 40"})), "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["blocks"] == 120_000
    assert said.err.count("note: ") == 2


def test_the_soft_limit_of_files_is_raised() -> None:
    """Many systems allow far more than they begin with."""
    text = (
        "import resource; hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))\n"
        "from renp_fast.cli.surroundings import prepare; prepare()\n"
        "print(resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard))"
    )
    assert subprocess.run([sys.executable, "-c", text], capture_output=True, text=True).stdout == "True\n"
    assert resource.RLIM_INFINITY < 0
