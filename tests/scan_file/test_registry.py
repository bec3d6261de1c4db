"""The registry of keys: what follows from it agrees with the physics, the reader, and a validator written by itself."""

import json
import math
import re
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import renp_fast as rf
from renp_fast.cli.commands import main
from renp_fast.physics.interactions import SCALES
from renp_fast.physics.oscillation import PRESETS
from renp_fast.physics.parameters import CHIRALITIES, KINDS
from renp_fast.physics.targets import ATOMS
from renp_fast.scan_file.reference_tables import json_schema
from renp_fast.scan_file.scan import parse_scan
from renp_fast.scan_file.schema import AXIS_NAMES, KEYS_OF, PARAMETERS, TABLES

SCANS = sorted((Path(__file__).parents[2] / "scans").glob("*.toml"))
GOOD = """observable = "chi2"
neutrino = { nature = "majorana", ordering = "normal", lightest_mass_eV = 0.01 }
interaction = { kind = "vector", chirality = "left", coupling = 1e-25, mediator_mass_eV = 1.0 }
experiment = { trigger_eV = [1.069, 1.07], exposure_days = 10.0 }
"""


def complaints(value: Any, schema: dict[str, Any], path: str = "") -> list[str]:
    """What the part of JSON Schema that we use says against a value."""
    if "anyOf" in schema:
        every = [complaints(value, each, path) for each in schema["anyOf"]]
        return [] if any(not each for each in every) else min(every, key=len)
    if "enum" in schema:
        return [] if value in schema["enum"] else [f"{path}: {value!r} is none of {schema['enum']}"]
    if "const" in schema:
        return [] if value == schema["const"] else [f"{path}: {value!r}"]
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool}
    kind = schema["type"]
    if not isinstance(value, kinds[kind]) or (isinstance(value, bool) and kind != "boolean"):
        return [f"{path}: {value!r} is no {kind}"]
    found = []
    if kind in ("number", "integer"):
        bounds = [
            value >= schema.get("minimum", value),
            value <= schema.get("maximum", value),
            value > schema.get("exclusiveMinimum", -math.inf),
            value < schema.get("exclusiveMaximum", math.inf),
        ]
        found += [] if all(bounds) else [f"{path}: {value!r} is out of its domain"]
    if kind == "array":
        fits = schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", math.inf)
        found += [] if fits else [f"{path}: {len(value)} items"]
        for number, each in enumerate(value):
            found += complaints(each, schema["items"], f"{path}/{number}")
    if kind == "object":
        found += [f"{path}: {name} missing" for name in schema.get("required", ()) if name not in value]
        for name, each in value.items():
            forms = [schema["properties"][name]] if name in schema["properties"] else []
            forms += [form for pattern, form in schema.get("patternProperties", {}).items() if re.search(pattern, name)]
            if not forms:
                found.append(f"{path}: unknown {name}")
            for form in forms:
                found += complaints(each, form, f"{path}/{name}")
    return found


@pytest.mark.parametrize("scan", SCANS, ids=lambda path: path.stem)
def test_every_scan_of_the_project_validates(scan: Path) -> None:
    assert complaints(tomllib.loads(scan.read_text()), json_schema()) == []


@pytest.mark.parametrize(
    "change",
    [
        "neutrino.weight = 1.0",
        'neutrino.theta12_deg = "33"',
        "neutrino.theta12_deg = 91.0",
        "target.volume_cm3 = 0.0",
        'target.atom = "Hg"',
        "axes.lightest_mass_eV = { linear = [0, 1], points = 3, step = 1 }",
        "axes.lightest_mass_eV = { thresholds = [0, 1], points = 3 }",
        "axes.kind = ['vector']",
        "axes.coupling = []",
        "profile.coupling = [1.0]",
        "profile.alpha21_deg = { prior = 'NuFIT-6.0', points = 3 }",
        "storage.significant_bits = 53",
        "title = 3",
        "alternative.kind = 'tensor'",
        "adaptive.coarsest = 8192",
        "wrong = 1",
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(change: str) -> None:
    base = "\n".join(re.sub(r"(\w+) = \{(.*)\}", _dotted, line) for line in GOOD.splitlines())
    assert complaints(tomllib.loads(base), json_schema()) == []
    parse_scan(base)
    assert complaints(tomllib.loads(f"{base}\n{change}"), json_schema())
    with pytest.raises(rf.ScanError):
        parse_scan(f"{base}\n{change}")


def _dotted(match: re.Match[str]) -> str:
    return "\n".join(f"{match[1]}.{part.strip()}" for part in re.split(r", (?=\w+ =)", match[2]))


def test_every_key_is_in_the_schema() -> None:
    schema = json_schema()["properties"]
    assert set(schema) == {*KEYS_OF[""], *TABLES}
    for table in ("target", "neutrino", "experiment", "line", "storage", "adaptive"):
        assert set(schema[table]["properties"]) == set(KEYS_OF[table])
    for form in (schema["interaction"]["anyOf"][0], schema["interaction"]["anyOf"][1]["items"]):
        assert set(form["properties"]) - {"name"} == set(KEYS_OF["interaction"])
    assert set(schema["axes"]["properties"]) - {"alternative"} == set(AXIS_NAMES)


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == json_schema()


def test_names_in_the_registry_are_those_of_the_physics() -> None:
    def names(key: str) -> tuple[str, ...]:
        return PARAMETERS[key].domain.names

    assert names("atom") == tuple(ATOMS)
    assert names("oscillation") == PRESETS
    assert names("kind") == KINDS == tuple(SCALES)
    assert {kind: tuple(own) for kind, own in SCALES.items() if kind in CHIRALITIES} == CHIRALITIES


NUMBERS = [key for key in PARAMETERS.values() if key.domain.range and key.table in ("neutrino", "line")]
NUMBERS += [PARAMETERS[name] for name in ("coupling", "mediator_mass_eV", "mediator_width_eV", "temperature_K")]


def made(name: str, value: float) -> Any:
    """What the Python function makes of a parameter."""
    if PARAMETERS[name].table == "neutrino":
        return rf.Neutrinos(**{"nature": "dirac", "ordering": "normal", "lightest_mass_eV": 0.01} | {name: value})
    if PARAMETERS[name].table == "interaction":
        return rf.Vector(**{"coupling": 1e-25, "mediator_mass_eV": 1.0} | {name: value})
    shape = "voigt" if name.startswith(("gaussian", "lorentzian")) else "gaussian"
    return rf.Line(shape=shape, **{name: value})


@pytest.mark.parametrize("key", NUMBERS, ids=lambda key: key.name)
def test_python_functions_and_scan_files_have_one_domain(key: Any) -> None:
    """The ends are in, the next float is out, in the words of the registry; what orderings ask besides is their own."""
    for end, beyond in zip(key.domain.range, (-math.inf, math.inf), strict=True):
        outside = float(np.nextafter(end, beyond))
        with pytest.raises(ValueError, match=re.escape(f"{key.name}: got {outside!r}; allowed: {key.allowed}")):
            made(key.name, outside)
        with pytest.raises(ValueError, match="allowed"):
            key.check(outside)
        assert key.check(end) == end
        if key.name not in ("dm21_eV2", "dm3l_eV2"):
            made(key.name, end)
