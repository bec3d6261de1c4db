"""The cache of compiled kernels: whatever is wrong with it, the right kernel runs, and one note says what is wrong."""

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from renp_fast.kernels.simd import cache
from renp_fast.kernels.simd.cache import Places, kernel_hash
from renp_fast.kernels.simd.settings import CACHE_VARIABLE

KEY, DATA = ("a signature", 3), [b"machine code", 5]
ROOT = os.getuid() == 0


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache that is asked for, and a directory for temporary files."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "tmp"


def saved(tmp_path: Path) -> Path:
    """A cache with one kernel; returns its file."""
    Places().save("f", KEY, DATA)
    (file,) = (tmp_path / "cache").rglob("*.kernel")
    return file


def test_what_is_saved_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = saved(tmp_path)
    assert Places().load("f", KEY) == DATA
    for stem, key in (("f", ("a signature", 4)), ("g", KEY), ("", KEY)):
        assert Places().load(stem, key) is None
    assert capsys.readouterr().err == ""
    assert file.parent.name.startswith(kernel_hash()[:16])
    assert not file.parent.stat().st_mode & 0o022


def test_hash_follows_every_kernel_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change of one byte in any file, or of a file's name, changes it."""
    for name in ("one.py", "two.py"):
        (tmp_path / name).write_text(f"# {name}\n")
    monkeypatch.setattr(cache, "__file__", str(tmp_path / "simd" / "cache.py"))
    hashes = [kernel_hash.__wrapped__()]
    (tmp_path / "two.py").write_text("# Two.py\n")
    hashes.append(kernel_hash.__wrapped__())
    (tmp_path / "two.py").rename(tmp_path / "three.py")
    hashes.append(kernel_hash.__wrapped__())
    assert len(set(hashes)) == 3


def flipped(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def exchanged(file: Path) -> None:
    file.unlink()
    file.mkdir()


def a_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def a_link(file: Path) -> None:
    file.rename(file.with_name("elsewhere"))
    file.symlink_to("elsewhere")


def endless(file: Path) -> None:
    file.unlink()
    file.symlink_to("/dev/zero")


DAMAGES: list[Callable[[Path], object]] = [
    flipped,
    exchanged,
    a_pipe,
    a_link,
    endless,
    lambda file: file.write_bytes(b""),
    lambda file: file.write_bytes(file.read_bytes()[:-1]),
    lambda file: file.write_bytes(file.read_bytes()[:20]),
    lambda file: file.write_bytes(file.read_bytes() + b"\0"),
    lambda file: file.write_text("\0 no kernel"),
    lambda file: os.truncate(file, cache.MOST_BYTES + 1),
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_kernel_is_compiled_again(
    damage: Callable[[Path], object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = saved(tmp_path)
    damage(file)
    places = Places()
    assert places.load("f", KEY) is None
    assert places.load("f", KEY) is None
    places.save("f", KEY, DATA)
    assert places.load("f", KEY) == DATA
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert err.startswith(f"note: compiled kernels in {file.parent} are damaged")


@pytest.mark.parametrize("what", ["file", "directory", "everything"])
def test_a_kernel_that_was_removed_is_compiled_again(
    what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, places = saved(tmp_path), Places()
    if what == "file":
        file.unlink()
    else:
        shutil.rmtree(file.parent if what == "directory" else tmp_path / "cache")
    assert places.load("f", KEY) is None
    places.save("f", KEY, DATA)
    assert Places().load("f", KEY) == DATA
    assert capsys.readouterr().err == ""


def others_may_write(root: Path) -> None:
    root.chmod(0o777)


def a_link_to_it(root: Path) -> None:
    root.rename(root.with_name("goal"))
    root.symlink_to("goal")


def a_link_to_nothing(root: Path) -> None:
    shutil.rmtree(root)
    root.symlink_to("nothing")


def of_another(root: Path) -> None:
    if not ROOT:
        pytest.skip("needs the right to give files away")
    os.chown(root, 65534, 65534)


def a_file(root: Path) -> None:
    shutil.rmtree(root)
    root.touch()


@pytest.mark.parametrize("fault", [others_may_write, a_link_to_it, a_link_to_nothing, of_another, a_file])
@pytest.mark.parametrize("asked", [True, False])
def test_what_others_could_have_prepared_is_neither_read_nor_written(
    fault: Callable[[Path], object],
    asked: bool,
    tmp_path: Path,
    temporary: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Its entries are pickles: reading those of somebody else would run their code."""
    root = tmp_path / "cache" if asked else temporary / f"renp_fast-{os.getuid()}"
    if not asked:
        monkeypatch.setenv(CACHE_VARIABLE, "")
    Places().save("f", KEY, DATA)
    fault(root)
    before = sorted(root.rglob("*"))
    places = Places()
    assert places.load("f", KEY) is None
    places.save("f", KEY, DATA)
    assert places.load("f", KEY) == DATA
    assert sorted(root.rglob("*")) == before
    assert places.write is not None
    assert temporary in places.write.parents
    assert stat.S_IMODE(places.write.stat().st_mode) & 0o022 == 0
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert err.startswith(f"note: {root} ")
    # Processes that this one begins find the same place, and have nothing to note
    assert Places().load("f", KEY) == DATA
    assert capsys.readouterr().err == ""


def test_a_place_that_cannot_be_written_is_read(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A cache on a read-only mount, or whose disk is full."""
    file = saved(tmp_path)
    write = cache._write

    def refused(path: Path, data: bytes) -> None:
        if tmp_path / "cache" in path.parents:
            raise OSError(30, "Read-only file system")
        write(path, data)

    monkeypatch.setattr(cache, "_write", refused)
    places = Places()
    assert places.load("f", KEY) == DATA
    assert capsys.readouterr().err == ""
    places.save("g", KEY, ["another"])
    places.save("h", KEY, ["a third"])
    assert [places.load(stem, KEY) for stem in "fgh"] == [DATA, ["another"], ["a third"]]
    assert len([*temporary.rglob("*.kernel")]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert err.startswith(f"note: {file.parent}: cannot write: Read-only file system; compiled kernels are kept in ")


def test_where_nothing_can_be_written_nothing_is_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(_path: Path, _data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache, "_write", full)
    places = Places()
    places.save("f", KEY, DATA)
    assert places.load("f", KEY) is None
    assert places.write is None
    assert capsys.readouterr().err.count("\n") == 1


KERNEL = """
import resource, sys
{first}
from renp_fast.kernels.simd.jit import kernel
@kernel
def thrice(a):
    return 3.0 * a
print(thrice(2.0), sum(thrice.stats.cache_hits.values()))
"""


def compute(folder: Path, *prefix: object, first: str = "") -> subprocess.CompletedProcess[str]:
    """Compile a kernel in a process of its own, or find it: prints 6.0 and whether it was found."""
    file = folder / "thrice.py"
    file.write_text(KERNEL.format(first=first))
    environment = os.environ | {"TMPDIR": str(folder / "tmp")}
    command = [*map(str, prefix), sys.executable, str(file)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)


def test_another_process_finds_a_kernel_and_compiles_a_damaged_one(tmp_path: Path) -> None:
    assert [compute(tmp_path).stdout, compute(tmp_path).stdout] == ["6.0 0\n", "6.0 1\n"]
    for file in (tmp_path / "cache").rglob("*.kernel"):
        flipped(file)
    again = compute(tmp_path)
    assert again.stdout == "6.0 0\n"
    assert again.stderr.startswith("note: compiled kernels in ")
    assert again.stderr.count("\n") == 1


def test_a_file_size_limit_leaves_no_half_kernel(tmp_path: Path) -> None:
    """As a full disk: the first bytes can be written."""
    few = "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))"
    found = compute(tmp_path, first=few)
    assert found.stdout == "6.0 0\n"
    assert found.stderr.count("\n") == 1
    assert not [*(tmp_path / "cache").rglob("*.kernel*")]


@pytest.mark.skipif(not ROOT or not shutil.which("unshare"), reason="needs the right to mount a file system")
def test_a_prefilled_cache_on_a_read_only_mount_is_read(tmp_path: Path) -> None:
    """And one that is not filled is left alone."""
    root = tmp_path / "cache"
    compute(tmp_path)
    mount = (
        "unshare",
        "-m",
        "sh",
        "-c",
        f"mount --bind -o ro {root} {root} && mount -o remount,bind,ro {root} && $0 $@",
    )
    found = compute(tmp_path, *mount)
    assert (found.stdout, found.stderr) == ("6.0 1\n", "")
    shutil.rmtree(root)
    root.mkdir()
    found = compute(tmp_path, *mount)
    assert found.stdout == "6.0 0\n"
    assert "cannot be written; compiled kernels are kept in " in found.stderr
    assert found.stderr.count("\n") == 1
    assert compute(tmp_path, *mount).stdout == "6.0 1\n"
