"""What a scan file may hold, from the registry of keys: as JSON Schema for editors, and as tables of SCAN-FILE.md."""

from typing import Any

from renp_fast.physics.domains import number
from renp_fast.physics.oscillation import PRIORS
from renp_fast.physics.parameters import EVERY, KINDS
from renp_fast.scan_file.schema import (
    ALTERNATIVE_KEYS,
    AXIS_NAMES,
    ENERGY_AXES,
    INTERACTION_KEYS,
    KEYS_OF,
    PARAMETERS,
    PROFILE_NAMES,
    TABLE_OF,
    TABLES,
    Key,
)

NAME = "[A-Za-z][A-Za-z0-9_]*"
POINTS = {"type": "integer", "minimum": 1, "maximum": 100_000_000}
PLAIN_TABLES = [table for table in TABLES if table in {*TABLE_OF.values(), "storage", "adaptive"}]


def json_schema() -> dict[str, Any]:
    """The schema of a scan file."""
    own = _table({key: KEYS_OF["interaction"][key] for key in INTERACTION_KEYS})
    named = {**own, "properties": {"name": {"type": "string", "pattern": f"^{NAME}$"}} | own["properties"]}
    properties: dict[str, Any] = {name: _key(key) for name, key in KEYS_OF[""].items()}
    properties |= {table: _table(KEYS_OF[table]) | {"description": TABLES[table]} for table in PLAIN_TABLES}
    properties["interaction"] = {"anyOf": [own, {"type": "array", "items": named, "minItems": 1}]}
    properties["alternative"] = _alternative()
    properties["axes"] = _axes()
    forms = {name: _profile(PARAMETERS[name]) for name in PROFILE_NAMES}
    properties["profile"] = _object(forms | {"refine": _key(KEYS_OF["profile"]["refine"])})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "renp-fast scan",
        **_object({table: properties[table] for table in (*KEYS_OF[""], *TABLES)}),
        "required": ["observable"],
    }


def _object(properties: dict[str, Any], patterns: dict[str, Any] | None = None) -> dict[str, Any]:
    found = {"type": "object", "properties": properties, "additionalProperties": False}
    return found | ({"patternProperties": patterns} if patterns else {})


def _table(keys: dict[str, Key]) -> dict[str, Any]:
    return _object({name: _key(key) for name, key in keys.items()})


def _key(key: Key) -> dict[str, Any]:
    unit = f" [{key.unit}]" if key.unit not in ("", "1") else ""
    default = {} if key.default in (None, ()) else {"default": key.default}
    return key.domain.schema | {"description": f"{key.help}{unit}"} | default


def _alternative() -> dict[str, Any]:
    """Keys that differ, of one of several interactions under its name or with it."""
    keys = {name: _key(PARAMETERS[name]) for name in ALTERNATIVE_KEYS}
    keys["coupling"] = {"anyOf": [keys["coupling"], {"const": "free"}], "description": keys["coupling"]["description"]}
    own = {name: keys[name] for name in INTERACTION_KEYS}
    return _object(keys, _named(own, keys) | {_dotted(name): form for name, form in own.items()})


def _axes() -> dict[str, Any]:
    """Axes, also of one of several interactions and of the alternative, under their names or with them."""
    forms = {name: _axis(PARAMETERS[name]) for name in AXIS_NAMES}
    own = {name: form for name, form in forms.items() if name in INTERACTION_KEYS}
    varied = {name: forms[name] for name in ALTERNATIVE_KEYS if name in forms}
    of_alternative = _object(varied, _named(own, varied) | {_dotted(name): form for name, form in own.items()})
    patterns = {_dotted(name): form for name, form in own.items()}
    patterns |= {rf"^alternative\.{name}$": form for name, form in varied.items()}
    patterns |= {rf"^alternative\.{NAME}\.{name}$": form for name, form in own.items()}
    return _object(forms | {"alternative": of_alternative}, patterns | _named(own, {*forms, "alternative"}))


def _dotted(name: str) -> str:
    return rf"^(?!alternative\.){NAME}\.{name}$"


def _named(own: dict[str, Any], taken: Any) -> dict[str, Any]:
    """`NAME.KEY` as TOML has it, a table in a table; a name is no key."""
    return {f"^(?!(?:{'|'.join(taken)})$){NAME}$": _object(own)}


def _axis(key: Key) -> dict[str, Any]:
    domain = key.domain.each or key.domain
    values = {"type": "array", "items": domain.schema, "minItems": 1}
    rules = ["linear", "log", *(["thresholds"] if key.name in ENERGY_AXES else [])] if key.unit else []
    ends = {"type": "array", "items": domain.schema, "minItems": 2, "maxItems": 2}
    forms = [_object({rule: ends, "points": POINTS}) | {"required": [rule, "points"]} for rule in rules]
    return {"anyOf": [values, *forms], "description": _key(key)["description"]}


def _profile(key: Key) -> dict[str, Any]:
    forms = _axis(key)
    if not key.unit:
        return forms
    sigmas = {"sigmas": number(above=0.0, most=10.0).schema}
    any_number, positive = number().schema, number(above=0.0).schema
    gaussian = _object({"mean": any_number, "sigma": positive, **sigmas, "points": POINTS})
    every = [*forms["anyOf"], gaussian | {"required": ["mean", "sigma", "points"]}]
    presets = [name for name, priors in PRIORS.items() if key.name in priors["normal"]]
    if presets:
        prior = _object({"prior": {"enum": presets}, **sigmas, "points": POINTS})
        every.append(prior | {"required": ["prior", "points"]})
    return forms | {"anyOf": every}


def tables() -> str:
    """The tables of SCAN-FILE.md."""
    parts = [_section("the top of the file", KEYS_OF[""])]
    parts += [_section(f"`[{table}]`, {TABLES[table]}", KEYS_OF[table]) for table in PLAIN_TABLES]
    parts.append(_section(f"`[axes]`, {TABLES['axes']}: any key marked A, and", KEYS_OF["axes"]))
    parts.append(_section(f"`[profile]`, {TABLES['profile']}: any key marked N, and", KEYS_OF["profile"]))
    parts.append(f'**`[alternative]`**, {TABLES["alternative"]}: any key marked D, and `coupling = "free"`.\n')
    return "\n".join(parts)


def _section(title: str, keys: dict[str, Key]) -> str:
    rows = ["| key | what | allowed | unless given | may be | for |", "|---|---|---|---|---|---|"]
    return "\n".join([f"**{title[0].upper()}{title[1:]}**\n", *rows, *(_row(key) for key in keys.values()), ""])


def _row(key: Key) -> str:
    unit = f" [{key.unit}]" if key.unit not in ("", "1") else ""
    default = "needed" if key.needed else "" if key.default in (None, "", ()) else str(key.default)
    marks = {"A": key.axis and key.table != "axes", "N": key.nuisance, "D": key.alternative}
    uses = [*([] if key.kinds == KINDS else key.kinds), *([] if key.observables == EVERY else key.observables)]
    allowed = key.allowed.replace("|", r"\|")
    cells = [f"`{key.name}`", f"{key.help}{unit}", allowed, default, " ".join(m for m in marks if marks[m])]
    return f"| {' | '.join([*cells, ', '.join(uses)])} |"
