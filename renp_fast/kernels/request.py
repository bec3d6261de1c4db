"""Which kind of kernels the environment asks for."""

import os

VARIABLE = "RENP_FAST_SIMD"


def requested_path() -> str:
    """The value of `VARIABLE`: "off", "portable" or "", the fastest.

    Raises
    ------
    ValueError
        If it is anything else.
    """
    asked = os.environ.get(VARIABLE, "")
    if asked not in ("", "off", "portable"):
        raise ValueError(f"{VARIABLE}: got {asked!r}; allowed: off, portable, or nothing for the fastest")
    return asked
