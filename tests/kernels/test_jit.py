"""Where compiled kernels are cached, and the flags that they are compiled with."""

import math
import os
import stat
import tempfile
from pathlib import Path

import pytest

from renp_fast.kernels.simd import jit

UNCACHED_DIRECTORY = jit.cache_directory.__wrapped__


@jit.kernel
def cancelling_sum(a: float, b: float) -> float:
    """0 once reassociated, and the rounding error of a + b otherwise."""
    return b - ((a + b) - a)


@jit.kernel
def is_nan(a: float) -> bool:
    """Always False under the flag ``nnan``."""
    return a != a


@jit.kernel
def inverse(a: float) -> float:
    """Python raises on 1/0; kernels follow IEEE 754."""
    return 1.0 / a


def test_nothing_is_reassociated() -> None:
    assert cancelling_sum(1.0, 1e-20) == 1e-20


def test_nan_and_infinity_survive() -> None:
    assert is_nan(math.nan)
    assert inverse(0.0) == math.inf
    assert inverse(-0.0) == -math.inf
    assert inverse(math.inf) == 0.0


def test_cache_directory_is_of_this_user_and_these_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RENP_FAST_CACHE_DIR", str(tmp_path / "new" / "cache"))
    directory = UNCACHED_DIRECTORY()
    assert directory.parent == tmp_path / "new" / "cache"
    assert directory.name.startswith(jit.kernel_hash()[:16])
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert UNCACHED_DIRECTORY() == directory


def test_a_directory_that_others_may_write_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its entries are pickles: reading those of somebody else would run their code."""
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    monkeypatch.setenv("RENP_FAST_CACHE_DIR", str(shared))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    directory = UNCACHED_DIRECTORY()
    assert shared not in directory.parents
    assert tmp_path in directory.parents
    assert not any(shared.iterdir())


def test_a_link_that_another_user_could_have_placed_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    goal, link = tmp_path / "goal", tmp_path / "link"
    goal.mkdir(mode=0o700)
    link.symlink_to(goal)
    monkeypatch.setenv("RENP_FAST_CACHE_DIR", str(link))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    directory = UNCACHED_DIRECTORY()
    assert not any(goal.iterdir())
    assert directory.parent.stat().st_uid == os.getuid()


def test_hash_follows_every_kernel_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change of one byte in any file, or of a file's name, changes it."""
    for name in ("one.py", "two.py"):
        (tmp_path / name).write_text(f"# {name}\n")
    monkeypatch.setattr(jit, "__file__", str(tmp_path / "jit.py"))
    hashes = [jit.kernel_hash.__wrapped__()]
    (tmp_path / "two.py").write_text("# Two.py\n")
    hashes.append(jit.kernel_hash.__wrapped__())
    (tmp_path / "two.py").rename(tmp_path / "three.py")
    hashes.append(jit.kernel_hash.__wrapped__())
    assert len(set(hashes)) == 3
