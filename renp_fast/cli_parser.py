"""How the command line is read, where that differs from argparse."""

import argparse
from collections.abc import Sequence
from typing import Any


class Parser(argparse.ArgumentParser):
    """A parser that takes no abbreviations and answers an unknown option with the valid ones."""

    def __init__(self, **named: Any) -> None:
        super().__init__(**named, allow_abbrev=False)

    def parse_known_args(self, *arguments: Any, **named: Any) -> Any:
        """Parse, and refuse what is left."""
        found, unknown = super().parse_known_args(*arguments, **named)
        if unknown:
            valid = [name for action in self._actions for name in action.option_strings]
            self.error(f"unknown: {' '.join(unknown)}; valid options: {', '.join(valid)}")
        return found, unknown


def with_joined_extras(arguments: Sequence[str]) -> list[str]:
    """`--extra --name=value` as `--extra=--name=value`: argparse would take the value for an option."""
    joined: list[str] = []
    for argument in arguments:
        if joined and joined[-1] == "--extra":
            joined[-1] = f"--extra={argument}"
        else:
            joined.append(argument)
    return joined
