"""Messages for the user, results on the terminal, and exit statuses."""

import sys

from renp_fast.printable import printable

DONE, INCOMPLETE, WRONG_INPUT = 0, 1, 2


def say(message: str) -> None:
    """Print a message for the user, on stderr."""
    print(printable(message, keep="\n"), file=sys.stderr, flush=True)


def show(text: str) -> None:
    """Print a result that was read from a store."""
    print(printable(text, keep="\n"))
