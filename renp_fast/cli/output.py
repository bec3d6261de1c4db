"""Messages for the user, and exit statuses."""

import sys

DONE, INCOMPLETE, WRONG_INPUT = 0, 1, 2


def say(message: str) -> None:
    """Print a message for the user, on stderr."""
    print(message, file=sys.stderr, flush=True)
