"""Results lie on file systems: addresses of other places are refused, rather than taken for names of folders."""

import re

from renp_fast.errors import InputError

# With one slash too: so is what becomes of one that was a path for a while
URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")


def local_path(text: str) -> str:
    """The text of a path, unchanged.

    Raises
    ------
    InputError
        If it is that of an address such as s3://bucket/scan.zarr.
    """
    if URL.match(text):
        raise InputError(f"got {text!r}; allowed: a path on a file system of this machine, which a URL is not")
    return text
