"""A scan as nested dictionaries: from the text of a file, or from Python, and back to text."""

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from renp_fast.errors import ScanError
from renp_fast.physics.domains import shown
from renp_fast.scan_file.faults import Fault

Document = dict[str, Any]
LARGEST_FILE = 16 << 20  # bytes: a list of a million numbers is about that long
DEEPEST = 12  # tables and lists in each other; six are needed
KINDS_OF_VALUES = "numbers, strings, true or false, lists and tables"
BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def read_text(path: str | Path) -> str:
    """The text of a scan file.

    Raises
    ------
    ScanError
        If it cannot be read.
    """
    try:
        with Path(path).open("rb") as file:
            raw = file.read(LARGEST_FILE + 1)
        if len(raw) > LARGEST_FILE:
            raise ScanError(str(path), [f"the scan file is too large; allowed: at most {LARGEST_FILE >> 20} MiB"])
        text = raw.decode("utf-8-sig")  # some editors begin a file with a mark
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise ScanError(str(path), [f"cannot read the scan file: {reason}"]) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def document_of(text: str, file: str) -> Document:
    """The document of a TOML text.

    Raises
    ------
    ScanError
        If it is no TOML, or too deep.
    """
    try:
        document = tomllib.loads(text)
    except RecursionError:
        raise ScanError(file, [TOO_DEEP]) from None
    except ValueError as error:  # TOMLDecodeError, or a number too long for Python
        raise ScanError(file, [f"not valid TOML: {error}"]) from None
    check_depth(document, file)
    return document


TOO_DEEP = f"tables or lists are nested too deeply; allowed: at most {DEEPEST} in each other"


def check_depth(document: Mapping[str, Any], file: str) -> None:
    """Refuse a document that is nested too deeply to be that of a scan.

    Raises
    ------
    ScanError
    """
    level: list[Any] = [document]
    for _ in range(DEEPEST):
        inner = [part for each in level for part in (each.values() if isinstance(each, Mapping) else each)]
        level = list({id(part): part for part in inner if isinstance(part, (Mapping, list, tuple))}.values())
        if not level:
            return
    raise ScanError(file, [TOO_DEEP])


def plain(value: Any, path: tuple[str, ...] = ()) -> Any:
    """A value from Python as TOML has it: arrays and tuples as lists, complex numbers as [re, im].

    Raises
    ------
    ScanError
        If TOML has no such value.
    """
    if isinstance(value, Mapping):
        return {str(key): plain(entry, (*path, str(key))) for key, entry in value.items()}
    if isinstance(value, np.generic | np.ndarray):
        return plain(value.tolist(), path)
    if isinstance(value, (list, tuple, range)):
        return [plain(entry, path) for entry in value]
    if isinstance(value, complex):
        return [value.real, value.imag]
    if not isinstance(value, (bool, str, int, float)):
        raise ScanError("scan", [Fault(path[:2], f"got {shown(value)}; allowed: {KINDS_OF_VALUES}")])
    return value


def text_of(document: Document) -> str:
    """A document of plain values as TOML."""
    tables = {name: table for name, table in document.items() if isinstance(table, dict) and table}
    lines = [f"{_key(key)} = {_source(value)}" for key, value in document.items() if key not in tables]
    for name, table in tables.items():
        lines += ["", f"[{_key(name)}]", *(f"{_key(key)} = {_source(value)}" for key, value in table.items())]
    return "\n".join([*lines, ""])


def _source(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(key)} = {_source(entry)}" for key, entry in value.items()) + " }"
    if isinstance(value, list):
        return f"[{', '.join(map(_source, value))}]"
    if isinstance(value, (bool, str)):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return repr(value)


def _key(name: str) -> str:
    return name if BARE_KEY.fullmatch(name) else _source(name)
