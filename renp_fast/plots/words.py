"""Words for figures: what a legend, an axis or a title says of a parameter."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from renp_fast.physics.parameters import COUPLING_UNIT
from renp_fast.physics.textures import ELEMENTS, texture_label
from renp_fast.plots.symbols import (
    CHOICES,
    COUPLING_SYMBOLS,
    FORMULAS,
    IMPLIED,
    INTERACTION,
    LEADING,
    SYMBOLS,
    UNITS,
)
from renp_fast.scan_file.schema import PARAMETERS, PREFIX, unit_of

Facts = Mapping[str, Any]


def differing(curves: Sequence[Facts]) -> set[str]:
    """Names of the parameters that are not the same for all curves."""
    names = {name for facts in curves for name in facts}
    return {name for name in names if any(implied(facts, name) != implied(curves[0], name) for facts in curves)}


def implied(facts: Facts, name: str) -> Any:
    """Value of a parameter, what a scan implies that does not give it, or None."""
    return facts.get(name, IMPLIED.get(key_of(name)))


def key_of(name: str) -> str:
    """The key of a parameter, without the name of its interaction where there are several."""
    return name if name.startswith(PREFIX) else name.rpartition(".")[2]


def interactions(facts: Facts) -> dict[str, Facts]:
    """The parameters of each of several interactions, by its name; empty if there is one without a name."""
    names = [key.removesuffix(".kind") for key in facts if key.endswith(".kind")]
    return {
        name: {key.removeprefix(f"{name}."): given for key, given in facts.items() if key.startswith(f"{name}.")}
        for name in names
    }


def owner(facts: Facts, name: str) -> Facts:
    """The parameters of the interaction to which a parameter of that name belongs."""
    return interactions(facts).get(name.partition(".")[0], facts)


def shared(curves: Sequence[Facts], axes: set[str]) -> list[str]:
    """What all curves have in common: interaction, target, neutrinos, and the values of ``axes``."""
    names = {name for name in LEADING if curves[0].get(name) != IMPLIED.get(name)} | axes
    different = differing(curves)
    if different & {"kind", "chirality"}:  # one name of the interaction for both
        different |= {"kind", "chirality"}
    for name, own in interactions(curves[0]).items():
        names |= {f"{name}.{key}" for key in INTERACTION if own.get(key) != IMPLIED.get(key)}
        if different & (both := {f"{name}.kind", f"{name}.chirality"}):
            different |= both
    return phrases(curves[0], names - different)


def phrases(facts: Facts, names: set[str]) -> list[str]:
    """The named parameters of a curve, in words: interaction first, then neutrinos, then the rest."""
    wanted = names & {*facts}
    if several := interactions(facts):
        words = []
        for name, own in several.items():
            if of_it := {key for key in own if f"{name}.{key}" in wanted}:
                words.append(f"{name}: {', '.join(phrases(own, of_it))}")
        common = {key: given for key, given in facts.items() if key.partition(".")[0] not in several}
        return words + phrases(common, wanted)
    rest = [name for name in LEADING if name in wanted] + sorted(wanted - {*LEADING})
    return [
        *([interaction(facts)] if wanted & {"kind", "chirality"} else []),
        *_coupling(facts, wanted),
        *(_phrase(name, facts[name]) for name in rest if name not in ("kind", "chirality", "texture", "coupling")),
    ]


def wrapped(pieces: Sequence[str], width: int) -> list[str]:
    """The pieces, with commas between them, on lines of about ``width`` characters."""
    lines: list[str] = []
    for piece in pieces:
        if lines and visible_length(f"{lines[-1]}, {piece}") <= width:
            lines[-1] += f", {piece}"
        else:
            lines = [*lines[:-1], *(f"{line}," for line in lines[-1:]), piece]
    return lines


def visible_length(text: str) -> int:
    """About how many characters mathtext shows."""
    return len(re.sub(r"[${}^_]", "", re.sub(r"\\mathrm|\\ ", "", re.sub(r"\\[a-zA-Z]{3,}", "x", text))))


def interaction(facts: Facts) -> str:
    """Name of the interaction, or of several."""
    if several := interactions(facts):
        return " and ".join(interaction(own) for own in several.values())
    chirality = str(facts.get("chirality", ""))
    names = {
        "standard_model": "Standard Model",
        "vector": f"vector mediator ({chirality})",
        "scalar": f"{chirality} mediator",
        "dipole": f"{chirality} moment",
        "form_factor": chirality.replace("_", " "),
    }
    return names[facts["kind"]]


def coupling_symbol(facts: Facts, pair: str = r"\nu") -> str:
    """Mathtext symbol of the coupling, of one pair of mass eigenstates or of all."""
    key = facts["kind"] if facts["kind"] in COUPLING_SYMBOLS else facts["chirality"]
    return COUPLING_SYMBOLS[key] % pair


def coupling_unit(facts: Facts) -> str:
    """Unit of the coupling, as in the store."""
    return COUPLING_UNIT.get(facts["kind"], COUPLING_UNIT.get(facts.get("chirality", ""), "1"))


def _coupling(facts: Facts, wanted: set[str]) -> list[str]:
    """Coupling and texture together: one element of it is an index of the coupling's symbol."""
    texture = texture_label(facts["texture"]) if "texture" in wanted else ""
    symbol = coupling_symbol(facts, texture) if texture in ELEMENTS else ""
    if "coupling" in wanted:
        words = [value(symbol or coupling_symbol(facts), facts["coupling"], coupling_unit(facts))]
    else:
        words = [f"${symbol}$"] if symbol else []
    return words if symbol or not texture else [*words, _texture(texture)]


def _texture(label: str) -> str:
    """A texture that is no single element, from its name on an axis."""
    if ";" not in label:
        return f"{label} texture"
    rows = [" ".join(_entry(complex(entry)) for entry in row.split()) for row in label.split(";")]
    return f"texture [{'; '.join(rows)}]"


def _entry(z: complex) -> str:
    if z.imag == 0.0:
        return f"{z.real:g}"
    return f"{z.imag:g}i" if z.real == 0.0 else f"{z.real:g}{z.imag:+g}i"


def hypothesis(facts: Facts, names: Sequence[str]) -> str:
    """A short name for one of several hypotheses that differ in ``names``."""
    keys = {name.removeprefix(PREFIX) for name in names}
    if len(owners := {key.partition(".")[0] for key in keys if "." in key}) == 1:
        facts = {**facts, **owner(facts, owners.pop())}
        keys = {key_of(key) for key in keys}
    if keys <= {"chirality", "texture"} and (label := texture_label(facts["texture"])) in ELEMENTS:
        return f"${coupling_symbol(facts, label)}$"
    return ", ".join(str(CHOICES.get(facts[key], facts[key])) for key in sorted(keys))


def against(truth: Facts, alternative: Facts, free: str) -> str:
    """What the alternative of a separation does not share with the truth; ``free``: its free coupling, if any."""
    different = {name for name in alternative if alternative[name] != truth.get(name)}
    couplings = {name for name in different if key_of(name) == "coupling"}
    words = phrases(alternative, different - couplings)
    words += [word for name in sorted(couplings - {free}) for word in phrases(alternative, {name})]
    if free:
        words.append("any coupling" if key_of(free) == free else f"any coupling of {free.partition('.')[0]}")
    return f"against {', '.join(words)}"


def _phrase(name: str, given: Any) -> str:
    if name.startswith(PREFIX):
        return f"{_of_alternative(name.removeprefix(PREFIX), given)} (alternative)"
    if name == "confidence_level":
        return f"{100.0 * given:.6g} % CL"
    if isinstance(given, str):
        return CHOICES.get(given, given)
    if name == "acceptance":
        window = [entry[0] if isinstance(entry, list) else entry for entry in given]
        return f"photons of {window[0]:.6g} to {window[-1]:.6g} eV"
    if name == "trigger_eV":
        return rf"$\omega$ = {', '.join(f'{w:.6g}' for w in given)} eV"
    return value(SYMBOLS[name], given, unit_of(name) if name in PARAMETERS else "eV")


def _of_alternative(name: str, given: Any) -> str:
    if name == "texture":
        return _texture(texture_label(given))
    return value("g", given, "1") if name == "coupling" else _phrase(name, given)


def profiled(names: Sequence[str]) -> str:
    """Which nuisance parameters a limit is profiled over."""
    return f"profiled over {', '.join(_symbol(name) for name in names)}"


def band(name: str, values: Sequence[Any]) -> str:
    """What a band over an axis covers."""
    if name == "quantile":
        return f"band: {100.0 * (max(values) - min(values)):g} % of pseudo-experiments"
    if any(isinstance(entry, str) for entry in values):
        words = " or ".join(CHOICES.get(str(entry), str(entry)) for entry in values)
        return f"band: {name} {words}" if key_of(name) == "texture" else f"band: {words}"
    name = key_of(name)
    unit = unit_of(name)
    low, high = float(min(values)), float(max(values))
    return f"band: {value(SYMBOLS.get(name, name), low, '1')} to {value('', high, unit).replace('$ = ', '$')}"


def _symbol(name: str) -> str:
    return f"${SYMBOLS[name]}$" if name in SYMBOLS else name.replace("_", " ")


def value(symbol: str, given: Any, unit: str) -> str:
    """``symbol = number unit`` in mathtext."""
    numbers = ",\\ ".join(number(entry) for entry in np.atleast_1d(given))
    separator = "" if unit == "degree" else " "
    return f"${symbol} = {numbers}${separator}{UNITS.get(unit, unit)}".rstrip()


def number(given: float) -> str:
    """A number to four digits in mathtext."""
    mantissa, _, exponent = f"{given:.4g}".partition("e")
    if not exponent:
        return mantissa
    factor = {"1": "", "-1": "-"}.get(mantissa, rf"{mantissa}\times ")
    return f"{factor}10^{{{int(exponent)}}}"


def axis_label(name: str, attributes: Mapping[str, Any], symbol: str | None = None) -> str:
    """Label of an axis: long name, symbol and unit."""
    text = formulas(str(attributes.get("long_name", name)))
    symbol = SYMBOLS.get(key_of(name)) if symbol is None else symbol
    several = key_of(name) != name  # then the long name ends with that of an interaction
    if several:
        text = text.replace("mass of the mediator", "mediator mass")
    if symbol and "$" not in text:
        text += f", ${symbol}$" if several else f" ${symbol}$"
    unit = str(attributes.get("units", ""))
    unit = UNITS.get(unit, unit)
    return f"{text} [{unit}]" if unit else text


def formulas(text: str) -> str:
    """Text with the formulas in it as mathtext."""
    for plain, math in FORMULAS.items():
        text = text.replace(plain, math)
    return text
