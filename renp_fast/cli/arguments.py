"""Types of arguments that several commands share."""

import argparse
from pathlib import Path

from renp_fast.errors import InputError
from renp_fast.store.addresses import local_path


def named_path(text: str) -> Path:
    """A path; an empty one would be the working directory."""
    if not text:
        raise argparse.ArgumentTypeError("got ''; allowed: a path")
    try:
        return Path(local_path(text))
    except InputError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
