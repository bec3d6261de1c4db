"""Types of arguments that several commands share."""

import argparse
from pathlib import Path


def named_path(text: str) -> Path:
    """A path; an empty one would be the working directory."""
    if not text:
        raise argparse.ArgumentTypeError("got ''; allowed: a path")
    return Path(text)
