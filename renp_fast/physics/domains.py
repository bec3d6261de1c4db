"""Domains of parameters: what values they take, in words, as a check and as JSON Schema."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from reprlib import Repr
from typing import Any

import numpy as np

TEXTURES = ("universal", "11", "12", "13", "22", "23", "33")
ACCEPTANCE = (
    "[low, high] in eV with 0 <= low < high, or a list of [energy, part detected] with increasing energies and parts "
    "from 0 to 1"
)


@dataclass(frozen=True)
class Domain:
    """What values a key may have.

    Attributes
    ----------
    allowed : str
        In words.
    check : callable
        The value as it is used; ValueError if it is not allowed.
    schema : dict
        As JSON Schema.
    unit : str
        Of numbers, else empty.
    range : (float, float) or None
        Of numbers, the lowest and highest float64 that are allowed.
    names : tuple of str
        The strings that are allowed, of those.
    each : Domain or None
        Of a list, that of its entries.
    """

    allowed: str
    check: Callable[[Any], Any]
    schema: dict[str, Any]
    unit: str = ""
    range: tuple[float, float] | None = None
    names: tuple[str, ...] = ()
    each: "Domain | None" = None


def number(unit: str = "1", words: str = "", **bounds: float) -> Domain:
    """A finite number; bounds are ``least``, ``most``, ``above`` and ``below``, of which the first two are allowed."""
    signs = {"above": "above", "least": "at least", "below": "below", "most": "at most"}
    limits = [f"{sign} {bounds[name]:g}" for name, sign in signs.items() if name in bounds]
    low = max(bounds.get("least", -math.inf), math.nextafter(bounds.get("above", -math.inf), math.inf))
    high = min(bounds.get("most", math.inf), math.nextafter(bounds.get("below", math.inf), -math.inf))

    def check(value: Any) -> float:
        if low <= (found := _as_float(value)) <= high:
            return found
        raise ValueError

    keywords = {"least": "minimum", "most": "maximum", "above": "exclusiveMinimum", "below": "exclusiveMaximum"}
    schema = {"type": "number"} | {keywords[name]: bound for name, bound in bounds.items()}
    allowed = words or f"a finite number {' and '.join(limits)}".rstrip()
    return Domain(allowed, check, schema, unit, (low, high))


def whole(least: int, most: int, remark: str = "", powers_of_two: bool = False) -> Domain:
    """A whole number from ``least`` to ``most``."""

    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError
        if powers_of_two and value & (value - 1):
            raise ValueError
        return value

    kind = "a power of two" if powers_of_two else "a whole number"
    schema = {"type": "integer", "minimum": least, "maximum": most}
    return Domain(f"{kind} from {least} to {most}{remark}", check, schema)


def choice(*names: str) -> Domain:
    """One of several strings."""

    def check(value: Any) -> str:
        if isinstance(value, str) and value in names:
            return value
        raise ValueError

    return Domain(", ".join(names), check, {"enum": list(names)}, names=names)


def text(words: str, names: tuple[str, ...] = ()) -> Domain:
    """Any string; it is told later whether it is the right one of ``names``."""
    return Domain(words, _text, {"enum": list(names)} if names else {"type": "string"})


def switch() -> Domain:
    """True or false."""

    def check(value: Any) -> bool:
        if isinstance(value, bool):
            return value
        raise ValueError

    return Domain("true or false", check, {"type": "boolean"})


def numbers(each: Domain, allowed: str, one: bool = False, different: bool = False) -> Domain:
    """A list of numbers, perhaps ``different`` ones; ``one``: or a single number."""

    def check(value: Any) -> Any:
        if one and not isinstance(value, list):
            return each.check(value)
        if not isinstance(value, list) or not (value or one):
            raise ValueError
        found = [each.check(entry) for entry in value]
        if different and len({*found}) < len(found):
            raise ValueError
        return found

    every = {"type": "array", "items": each.schema, "minItems": 1}
    return Domain(allowed, check, {"anyOf": [each.schema, every]} if one else every, each.unit, each=each)


def two_names(allowed: str) -> Domain:
    """A list of two different strings."""

    def check(value: Any) -> tuple[str, str]:
        if not isinstance(value, list) or len(value) != 2 or _text(value[0]) == _text(value[1]):
            raise ValueError
        return value[0], value[1]

    return Domain(allowed, check, _list({"type": "string"}, 2, 2))


def texture() -> Domain:
    """A name, or a 3x3 matrix; `textures` checks the rest."""

    def check(value: Any) -> Any:
        if isinstance(value, str):
            return value
        return [[_as_floats(z) if isinstance(z, list) else _as_float(z) for z in row] for row in _rows(value)]

    entry = {"anyOf": [{"type": "number"}, _list({"type": "number"}, 2, 2)]}
    schema = {"anyOf": [{"enum": list(TEXTURES)}, _list(_list(entry, 3, 3), 3, 3)]}
    return Domain(f"{', '.join(TEXTURES)}, a 3x3 matrix of finite numbers or [re, im] pairs", check, schema)


def acceptance() -> Domain:
    """A window, or a table; `line.acceptance_segments` checks the rest."""

    def check(value: Any) -> Any:
        if isinstance(value, list) and not any(isinstance(row, list) for row in value):
            return _as_floats(value)
        return [_as_floats(row) for row in _rows(value)]

    pair = _list({"type": "number", "minimum": 0.0}, 2, 2)
    return Domain(ACCEPTANCE, check, {"anyOf": [pair, {"type": "array", "items": pair, "minItems": 2}]})


def _list(items: dict[str, Any], least: int, most: int) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": least, "maxItems": most}


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise ValueError


def _rows(value: Any) -> list[list[Any]]:
    if isinstance(value, list) and all(isinstance(row, list) for row in value):
        return value
    raise ValueError


def _as_floats(values: list[Any]) -> list[float]:
    return [_as_float(value) for value in values]


def _as_float(value: Any) -> float:
    try:
        if isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool):
            return float(value)
    except OverflowError:
        pass
    raise ValueError


def is_number(value: Any) -> bool:
    """Whether a value is a finite number, and one that float64 holds."""
    try:
        return math.isfinite(_as_float(value))
    except ValueError:
        return False


_BRIEF = Repr()
_BRIEF.maxlevel, _BRIEF.maxlist, _BRIEF.maxdict = 8, 40, 20
_BRIEF.maxstring = _BRIEF.maxlong = _BRIEF.maxother = 130


def shown(value: Any) -> str:
    """A value in a message, cut where it is long or deep."""
    try:
        brief = _BRIEF.repr(value)
    except ValueError:  # Python refuses to write so many digits
        return "a whole number of thousands of digits"
    return brief if len(brief) <= 120 else f"{brief[:100]}..."
