"""What lies in a store is read as a stranger's: regular files alone, of bounded size, with the types that belong there.

A folder, a pipe, a device, a link to nowhere, or a file without end in the place of a file is damage, and no reason to
wait or to fail in an unforeseen way. Nor may a text from a store steer the terminal on which it is shown.
"""

import errno
import os
import re
import stat
from pathlib import Path
from typing import Annotated, BinaryIO, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from renp_fast.printable import printable

# Headers and metadata hold all values of the axes that are not evenly spaced; what tells of a process is short
LARGEST_JSON, LARGEST_NOTE = 1 << 28, 1 << 16
LONGEST_TEXT = 4096
M = TypeVar("M", bound=BaseModel)


class NotAFileError(OSError):
    """Something else is where a file belongs."""


def _bounded(text: str) -> str:
    return printable(text[:LONGEST_TEXT])


def _inside(name: str) -> str:
    """A path that stays in its store."""
    if not name or name.startswith("/") or not {"", ".", ".."}.isdisjoint(name.split("/")) or not name.isprintable():
        raise ValueError("not a path in a store")
    return name


Text = Annotated[str, AfterValidator(_bounded)]
Inside = Annotated[str, AfterValidator(_inside)]
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$")]
Hex = Annotated[str, Field(pattern=r"^[0-9a-f]{8,128}$")]
Count = Annotated[int, Field(ge=0, lt=1 << 62)]
Size = Annotated[int, Field(ge=1, lt=1 << 62)]
# Seconds since 1970, or between two events; clocks may be wrong by decades
Seconds = Annotated[float, Field(gt=-1e11, lt=1e11, allow_inf_nan=False)]


class Foreign(BaseModel):
    """What is read from a store: types are as they were written, and what else is there is ignored."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


def open_regular(path: Path) -> BinaryIO:
    """Open a file to read it, if it is one.

    Raises
    ------
    NotAFileError
        If something else is there: opening a pipe would wait for whoever writes into it.
    OSError
    """
    _refuse_others(path, os.stat(path))  # noqa: PTH116 - one way for a path and what is open
    file = open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")  # noqa: PTH123, SIM115
    try:
        _refuse_others(path, os.fstat(file.fileno()))
    except BaseException:
        file.close()
        raise
    return file


def _refuse_others(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        what = "a folder" if stat.S_ISDIR(found.st_mode) else "a pipe, device or socket"
        raise NotAFileError(errno.EINVAL, f"is {what} and not a file", str(path))


def regular_size(path: Path | str) -> int:
    """Size of a file; -1 if there is none, or something else."""
    try:
        found = os.stat(path)  # noqa: PTH116 - faster where there are many
    except (OSError, ValueError):
        return -1
    return found.st_size if stat.S_ISREG(found.st_mode) else -1


def read_regular(path: Path, most: int) -> bytes:
    """All of a file of at most so many bytes.

    Raises
    ------
    ValueError
        If it is larger.
    OSError
        If it cannot be read, or is no file.
    """
    with open_regular(path) as file:
        if os.fstat(file.fileno()).st_size > most:
            raise ValueError(f"larger than {most} bytes")
        data = file.read(most + 1)
    if len(data) > most:
        raise ValueError(f"larger than {most} bytes")
    return data


def parse_as(model: type[M], data: bytes) -> M:
    """Bytes as JSON of a kind.

    Raises
    ------
    ValueError
        If they are anything else: the message says what, and quotes nothing of them.
    """
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"] if re.fullmatch(r"\w{1,40}", str(part)))
        raise ValueError(printable(f"{place}: {first['msg']}" if place else "no JSON of this kind")) from None


def read_as(model: type[M], path: Path, most: int = LARGEST_JSON) -> M:
    """A file as JSON of a kind.

    Raises
    ------
    ValueError
        If it is anything else.
    OSError
        If it cannot be read, or is no file.
    """
    return parse_as(model, read_regular(path, most))


def why(error: Exception) -> str:
    """What was wrong with a stranger's file, in a few words."""
    return printable(error.strerror or type(error).__name__ if isinstance(error, OSError) else str(error))
