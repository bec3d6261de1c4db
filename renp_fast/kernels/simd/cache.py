"""Compiled kernels on disk: found again where that can be done, and compiled again where it cannot.

Each compiled form of a function is one file, written whole, that begins with the checksum of the rest. Whatever is
wrong with a file or a directory costs time alone: it is passed over, and one note says so. Nothing here is touched
until a kernel is first called.
"""

import atexit
import hashlib
import os
import pickle
import shutil
import stat
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite.binding
import numba
from numba.core import config
from numba.core.caching import CompileResultCacheImpl, FunctionCache
from numba.core.serialize import dumps

from renp_fast.kernels.simd.settings import CACHE_VARIABLE, default_root, requested_root
from renp_fast.kernels.simd.vectors import PATH

SUFFIX = ".kernel"
CHECKSUM_BYTES = 32
# No kernel is nearly as large
MOST_BYTES = 1 << 28
OTHERS_MAY_WRITE = 0o022
# Others may read, as of the image of a container
DIRECTORY_MODE = 0o755
# Settings of Numba, from its variables in the environment, of which the machine code depends
SETTINGS = ("OPT", "LOOP_VECTORIZE", "SLP_VECTORIZE", "BOUNDSCHECK", "DEBUGINFO_DEFAULT")


@cache
def kernel_hash() -> str:
    """Hash of the sources of all kernels (hexadecimal)."""
    digest = hashlib.sha256()
    folder = Path(__file__).parents[1]
    for source in sorted(folder.rglob("*.py")):
        digest.update(str(source.relative_to(folder)).encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()


def directory_name() -> str:
    """Name of the directory of these sources, this CPU, this path of `simd` and these versions.

    Numba only notices an edit in the file that holds the cached function itself, not in a function inlined from
    another file.
    """
    python = f"py{sys.version_info.major}{sys.version_info.minor}"
    cpu = llvmlite.binding.get_host_cpu_name()
    return f"{kernel_hash()[:16]}-{cpu}-{PATH}-{python}-numba{numba.__version__}"


def fault_of(directory: Path) -> str:
    """Why the files of a directory are not to be trusted; nothing if they are.

    They are pickles, so those that somebody else could have put there would run his code.
    """
    status = directory.stat(follow_symlinks=False)
    if stat.S_ISLNK(status.st_mode):
        return "is a link"
    if not stat.S_ISDIR(status.st_mode):
        return "is not a directory"
    if status.st_uid not in (os.getuid(), 0):
        return "belongs to another user"
    return "may be written by others" if status.st_mode & OTHERS_MAY_WRITE else ""


class Places:
    """The directories of compiled kernels: all are read, and the last of them is written to.

    They are the one that was asked for, and where that is no good this user's own in the temporary directory, and
    where that is no good either a new one for this process and its children.
    """

    def __init__(self) -> None:
        self.read: list[Path] = []
        self.write: Path | None = None
        self._told = False
        self._unwritable: Path | None = None
        self._roots: Iterator[Callable[[], Path]] = iter((requested_root, default_root, _new_root))
        self._tried: set[Path] = set()
        self._advance()

    def load(self, stem: str, key: Any) -> Any:
        """What was saved under a key; None if that is not there or damaged."""
        for directory in list(self.read):
            for file in _files(directory, stem):
                try:
                    found, data = pickle.loads(_sound_bytes(file))
                    if pickle.loads(found) == key:
                        return pickle.loads(data)
                except FileNotFoundError:
                    continue
                except Exception as error:  # what unpickling raises may be anything
                    self.tell(f"compiled kernels in {directory} are damaged, and compiled again")
                    if not isinstance(error, OSError | MemoryError):
                        with suppress(OSError):
                            file.unlink()
        return None

    def save(self, stem: str, key: Any, data: Any) -> None:
        """Keep something under a key, where there is a place for it."""
        named = dumps(key)
        content = dumps((named, dumps(data)))
        name = f"{stem}.{hashlib.sha256(named).hexdigest()[:16]}{SUFFIX}"
        while self.write is not None:
            if self._unwritable:
                self.tell(f"{self._unwritable}: cannot be written; compiled kernels are kept in {self.write}")
            try:
                return _write(self.write / name, hashlib.sha256(content).digest() + content)
            except OSError as error:
                self._leave(self.write, error)
        return None

    def tell(self, message: str) -> None:
        """Say what is wrong with the places, once."""
        if not self._told:
            self._told = True
            with suppress(OSError, ValueError, AttributeError):
                print(f"note: {message}", file=sys.stderr, flush=True)

    def _leave(self, directory: Path, error: OSError) -> None:
        self._advance()
        aside = f"are kept in {self.write}" if self.write else "are compiled by each process anew"
        self.tell(f"{directory}: cannot write: {error.strerror}; compiled kernels {aside}")

    def _advance(self) -> None:
        """Go on to the next place that may be used, to read it and write to it."""
        self.write = None
        for find in self._roots:
            try:
                root = find()
            except OSError:  # there is no directory for temporary files
                continue
            if root in self._tried:
                continue
            self._tried.add(root)
            fault = _made(root)
            if not fault:
                directory = root / directory_name()
                self.read.append(directory)
                if not os.access(directory if directory.exists() else root, os.W_OK | os.X_OK):
                    self._unwritable = directory
                    continue
                self.write = directory
                if self._told:
                    os.environ[CACHE_VARIABLE] = str(root)  # for the processes that this one begins
                return
            self.tell(f"{root} {fault}: compiled kernels are kept elsewhere ({CACHE_VARIABLE} says where)")


@cache
def places() -> Places:
    """The places of this process, looked for when they are first needed."""
    return Places()


def _made(root: Path) -> str:
    """Make a directory if it is not there; why it is not to be used, if so."""
    try:
        with suppress(FileExistsError):
            root.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
        return fault_of(root)
    except OSError as error:
        return f"cannot be made or read ({error.strerror})"


def _new_root() -> Path:
    """A directory that ends with this process."""
    root = Path(tempfile.mkdtemp(prefix="renp_fast-"))
    owner = os.getpid()

    def remove() -> None:
        if os.getpid() == owner:
            shutil.rmtree(root, ignore_errors=True)

    atexit.register(remove)
    return root


def _files(directory: Path, stem: str) -> list[Path]:
    try:
        names = sorted(os.listdir(directory))  # noqa: PTH208 - names alone
        if fault_of(directory):
            return []
    except OSError:
        return []
    return [directory / name for name in names if name.startswith(f"{stem}.") and name.endswith(SUFFIX)]


def _sound_bytes(file: Path) -> bytes:
    """The content of a file, without its checksum; ValueError if it is damaged."""
    # Neither a link is followed, nor a pipe waited for
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as opened:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > MOST_BYTES:
            raise ValueError
        data = opened.read()
    if hashlib.sha256(data[CHECKSUM_BYTES:]).digest() != data[:CHECKSUM_BYTES]:
        raise ValueError
    return data[CHECKSUM_BYTES:]


def _write(file: Path, data: bytes) -> None:
    """Write a file whole or not at all; OSError if that cannot be done."""
    file.parent.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
    if fault := fault_of(file.parent):
        raise OSError(0, fault)
    aside = file.with_name(f".{file.name}.{uuid.uuid4().hex[:8]}")
    try:
        aside.write_bytes(data)
        aside.replace(file)
    except OSError:
        with suppress(OSError):
            aside.unlink()
        raise


class KernelCache(FunctionCache):  # type: ignore[misc]
    """The compiled forms of one function, in `places`."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._py_func = function
        self._stem = _stem(function)
        self.enable()

    def __repr__(self) -> str:
        return f"<KernelCache of {self._stem}>"

    @property
    def cache_path(self) -> str | None:
        """Where the next compiled form would be kept."""
        directory = places().write
        return str(directory) if directory else None

    def flush(self) -> None:
        """Nothing is held back."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The compiled form for a signature; None if it has to be compiled."""
        target_context.refresh()
        if not self._enabled:
            return None
        reduced = places().load(self._stem, self._key(sig, target_context.codegen()))
        try:
            return None if reduced is None else CompileResultCacheImpl.rebuild(None, target_context, reduced)
        except Exception as error:  # of whatever kind: the kernel can be compiled
            places().tell(f"a compiled kernel cannot be read ({type(error).__name__}), and is compiled again")
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep the compiled form for a signature."""
        if self._enabled and not data.library.has_dynamic_globals:
            reduced = CompileResultCacheImpl.reduce(None, data)
            places().save(self._stem, self._key(sig, data.codegen), reduced)

    def _key(self, sig: Any, codegen: Any) -> Any:
        return self._index_key(sig, codegen), tuple(getattr(config, name, None) for name in SETTINGS)


def _stem(function: Callable[..., Any]) -> str:
    """What the names of a function's files begin with: where it is and what its file holds."""
    code = function.__code__
    source = _source_hash(code.co_filename)
    name = f"{Path(code.co_filename).stem}.{function.__qualname__.replace('<locals>.', '')}"
    return f"{name}-{code.co_firstlineno}-{source}"


@cache
def _source_hash(file: str) -> str:
    try:
        return hashlib.sha256(Path(file).read_bytes()).hexdigest()[:8]
    except OSError:  # no file: of a notebook, say
        return hashlib.sha256(file.encode()).hexdigest()[:8]
