"""What around the program may be odd: limits of the system, older packages on the path, variables of the environment.

Little is checked beforehand. Where something goes wrong, the error is looked at: if the surroundings explain it, one
line names them; else it is a fault of this program, and is shown as one.
"""

import errno
import importlib.util
import os
import re
import resource
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from renp_fast.kernels.simd.settings import RequestError

NO_JIT = "NUMBA_DISABLE_JIT"
# Variables with which the environment changes what these packages do
PREFIXES = ("NUMBA_", "ZARR_", "DASK_")
NO_THREAD = "can't start new thread"


def prepare() -> None:
    """Make the surroundings what a command needs, as far as that is ours to do."""
    with suppress(OSError, ValueError):
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if "matplotlib" not in sys.modules:  # figures are files, and the same for everybody
        os.environ["MPLBACKEND"] = "agg"
        os.environ["MATPLOTLIBRC"] = os.devnull


def check_compiler() -> None:
    """Refuse to compute without a compiler.

    Raises
    ------
    RequestError
        If the environment asks for that.
    """
    asked = os.environ.get(NO_JIT, "")
    if asked not in ("", "0"):
        raise RequestError(f"{NO_JIT}: got {asked!r}; the kernels run compiled alone; allowed: 0 or nothing")


def explanation(error: BaseException) -> str:
    """What around the program explains an error; nothing if nothing does."""
    for cause in _chain(error):
        number = cause.errno if isinstance(cause, OSError) else None
        if number in (errno.EMFILE, errno.ENFILE):
            limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
            return f"too many open files: the limit of this process is {limit} (ulimit -n); allowed: 256 and more"
        if isinstance(cause, MemoryError) or number == errno.ENOMEM or NO_THREAD in str(cause):
            return f"{_first_line(cause)}: memory or processes are at their limit{_limits()}"
    return ""


def suspicion(error: BaseException) -> str:
    """Which older packages or variables may explain an error that nobody expected; nothing if there are none."""
    odd = [*_older_packages(), *(f"{name}={os.environ[name]}" for name in sorted(os.environ) if _may_matter(name))]
    if not odd:
        return ""
    return f"{type(error).__name__}: {_first_line(error)}; this may be due to {', '.join(odd)}"


def _may_matter(name: str) -> bool:
    return name.startswith(PREFIXES) and bool(os.environ[name])


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _first_line(error: BaseException) -> str:
    text = "".join(filter(str.isprintable, (str(error).splitlines() or [""])[0]))
    return text[:300] or type(error).__name__


def _limits() -> str:
    names = {"RLIMIT_AS": "ulimit -v", "RLIMIT_DATA": "ulimit -d", "RLIMIT_NPROC": "ulimit -u"}
    soft = {text: resource.getrlimit(getattr(resource, name))[0] for name, text in names.items()}
    told = [f"{text} is {limit if 'u' in text[7:] else limit >> 10}" for text, limit in soft.items() if limit >= 0]
    return f" ({', '.join(told)})" if told else ""


def _older_packages() -> Iterator[str]:
    """Packages that are older than this one needs: name, version, where it is, and what is needed."""
    try:
        needed = requires("renp-fast") or []
    except PackageNotFoundError:
        return
    for line in needed:
        found = re.match(r"([A-Za-z0-9_.-]+)\s*>=\s*([0-9.]+)", line)
        if not found:
            continue
        name, least = found.groups()
        version, place = _package(name)
        if version and _numbers(version) < _numbers(least):
            yield f"{name} {version} in {place} (needed: {least} or later)"


def _package(name: str) -> tuple[str, str]:
    """Version of a package that is imported or would be, by what lies beside it, and where that is."""
    module = sys.modules.get(name)
    try:
        spec = None if module else importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return "", ""
    file = getattr(module, "__file__", None) or (spec.origin if spec else None)
    if not file:
        return "", ""
    folder = Path(file).parent
    version = getattr(module, "__version__", "")
    if not version:
        described = sorted(folder.parent.glob(f"{name}-*.*-info"))
        version = described[0].name.removeprefix(f"{name}-").rpartition(".")[0] if described else ""
    return str(version), str(folder.parent)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])
