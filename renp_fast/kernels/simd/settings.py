"""What the environment asks of the kernels: their kind, and where their compiled code is kept."""

import os
import tempfile
from pathlib import Path

VARIABLE = "RENP_FAST_SIMD"
CACHE_VARIABLE = "RENP_FAST_CACHE_DIR"


class RequestError(ValueError):
    """What the environment asks for cannot be done: the message names the variable and what is allowed."""


def requested_path() -> str:
    """The value of `VARIABLE`: "off", "portable" or "", the fastest.

    Raises
    ------
    RequestError
        If it is anything else.
    """
    asked = os.environ.get(VARIABLE, "")
    if asked not in ("", "off", "portable"):
        raise RequestError(f"{VARIABLE}: got {asked!r}; allowed: off, portable, or nothing for the fastest")
    return asked


def check_root() -> None:
    """Refuse a request to keep compiled kernels in what is no directory.

    Raises
    ------
    RequestError
        If that is asked for.
    """
    asked = os.environ.get(CACHE_VARIABLE)
    for path in (Path(asked), *Path(asked).parents) if asked else ():
        if os.path.exists(path) and not os.path.isdir(path):  # noqa: PTH110, PTH112 - in folders that may not be entered
            allowed = "a directory, or where one can be made"
            raise RequestError(f"{CACHE_VARIABLE}: cannot make {asked}: {path} is a file; allowed: {allowed}")


def requested_root() -> Path:
    """The directory in which compiled kernels are to be kept."""
    asked = os.environ.get(CACHE_VARIABLE)
    return Path(asked) if asked else default_root()


def default_root() -> Path:
    """Where compiled kernels are kept unless something else is asked for."""
    return Path(tempfile.gettempdir()) / f"renp_fast-{os.getuid()}"
