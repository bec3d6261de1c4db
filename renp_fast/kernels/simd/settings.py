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


def requested_root() -> Path:
    """The directory in which compiled kernels are kept, made if it is not there.

    Raises
    ------
    RequestError
        If it cannot be made.
    """
    root = Path(os.environ.get(CACHE_VARIABLE, Path(tempfile.gettempdir()) / f"renp_fast-{os.getuid()}"))
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        allowed = "a directory, or where one can be made"
        raise RequestError(f"{CACHE_VARIABLE}: cannot make {root}: {error.strerror}; allowed: {allowed}") from None
    return root
