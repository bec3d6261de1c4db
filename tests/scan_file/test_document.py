"""Files that are no scans, or ask for too much: one line that names the file, exit status 2, and no wait."""

import math
import random
import tomllib
from pathlib import Path
from typing import Any

import pytest

import renp_fast as rf
from renp_fast.cli.commands import main
from renp_fast.errors import ScanError
from renp_fast.scan_file.document import LARGEST_FILE
from renp_fast.scan_file.scan import load_scan, parse_scan
from renp_fast.scan_file.schema import AXIS_NAMES, KEYS_OF, TABLES

GOOD = """observable = "limit"
neutrino = { nature = "majorana", ordering = "normal", lightest_mass_eV = 0.01 }
interaction = { kind = "vector", chirality = "left", mediator_mass_eV = 1.0 }
experiment = { trigger_eV = [1.069, 1.07], exposure_days = 10.0 }
"""
NEUTRINO = "neutrino = { nature = 'dirac', ordering = 'normal', lightest_mass_eV = 0.01 }"
LONG = ", ".join(f"{k}.0" for k in range(200_000))
CASES = {
    "lists in lists": (f"title = {'[' * 600}{']' * 600}", "nested too deeply"),
    "a matrix in lists": (f"interaction.texture = {'[' * 300}{']' * 300}", "nested too deeply"),
    "tables in tables": (f"axes{'.a' * 600} = 1", "nested too deeply"),
    "inline tables": (f"axes = {'{ a = ' * 600}1{' }' * 600}", "nested too deeply"),
    "a prior without a name": (f"{GOOD}profile.theta12_deg = {{ prior = [], points = 3 }}", "prior: got []"),
    "a prior that is a table": (f"{GOOD}profile.theta12_deg = {{ prior = {{}}, points = 3 }}", "prior: got {}"),
    "priors of a million points": (
        f"{GOOD}[profile]\n"
        + "\n".join(
            f"{name} = {{ prior = 'NuFIT-6.0', points = 1000000 }}" for name in ("dm21_eV2", "dm3l_eV2", "theta12_deg")
        ),
        "[profile]: 1000000000000000000 nuisance points; allowed: at most 20000000",
    ),
    "priors that meet": (
        f"{GOOD}[profile]\ndm21_eV2 = {{ mean = 1.3e-3, sigma = 4e-4, points = 4000 }}\n"
        "dm3l_eV2 = { prior = 'NuFIT-6.0', points = 4000 }",
        "above dm21_eV2",
    ),
    "a long list with the last one twice": (f"{GOOD}axes.mediator_mass_eV = [{LONG}, 7.0]", "7.0 stands in the list"),
    "a long list with a wrong end": (f"{GOOD}axes.mediator_mass_eV = [{LONG}, -7.0]", "got -7.0"),
    "points that do not fit": (
        f"{GOOD}axes.mediator_mass_eV = {{ linear = [1.0, 1.0000000001], points = 100000000 }}",
        "100000000 different points do not fit",
    ),
    "axes that are long together": (
        f"{GOOD}[axes]\n"
        + "\n".join(
            f"{name} = {{ linear = [1.0, 2.0], points = 100000000 }}"
            for name in ("mediator_mass_eV", "mediator_width_eV", "alpha21_deg")
        ),
        "the grid has 1e+24 points",
    ),
    "many wrong triggers": (
        GOOD.replace("[1.069, 1.07]", f"[{', '.join(f'{k}.0' for k in range(3, 50_000))}]"),
        "trigger_eV: got 3.0; allowed: from 0 to E_vg_eV",
    ),
    "many wrong textures": (
        f"{GOOD}axes.texture = [{', '.join(f'[[0, {k}, 0], [0, 0, 0], [0, 0, 0]]' for k in range(1, 30_000))}]",
        "is not Hermitian",
    ),
    "a key with control characters": ('"\\u001b[31mtitle" = 1', r"\x1b[31mtitle: unknown key"),
    "a number of many digits": (f"confidence_level = 0x{'f' * 100_000}", "thousands of digits"),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_refused_at_once(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, words = CASES[name]
    path = tmp_path / "scan.toml"
    path.write_text(text)
    assert main(["plan", str(path)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert any(line.removeprefix("error: ").startswith(f"{path}: ") and words in line for line in lines), lines[:3]
    assert max(map(len, lines)) < 2000
    assert len(lines) <= 101


def test_files_without_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "/dev/zero"]) == 2
    message = "the scan file is too large; allowed: at most 16 MiB"
    assert capsys.readouterr().err == f"error: /dev/zero: {message}\n"
    path = tmp_path / "scan.toml"
    path.write_bytes(GOOD.encode() + b"#" * (LARGEST_FILE - len(GOOD)))
    load_scan(path)
    with path.open("ab") as file:
        file.write(b"#")
    with pytest.raises(ScanError, match=message):
        load_scan(path)


def test_thresholds_of_many_masses_are_refined_together() -> None:
    """The axis is as long as it says however many mass points it has to follow."""
    scan = parse_scan(
        """observable = "spectral_function"
        interaction.kind = "standard_model"
        neutrino = { nature = "dirac", ordering = "normal" }
        [axes]
        photon_energy_eV = { thresholds = [1.0, 1.07], points = 50 }
        lightest_mass_eV = { linear = [0.0, 0.1], points = 3000 }
        dm21_eV2 = { linear = [7e-5, 8e-5], points = 3000 }
        dm3l_eV2 = { linear = [2e-3, 3e-3], points = 3000 }
        """
    )
    assert scan.shape == (50, 3000, 3000, 3000)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("title = 3", ("title",)),
        ("neutrino.theta12_deg = 100.0", ("neutrino", "theta12_deg")),
        ("axes.theta12_deg = [1.0, 1.0]", ("axes", "theta12_deg")),
        ("profile.theta12_deg = { mean = 1.0, sigma = 2.0, points = 3 }", ("profile", "theta12_deg")),
        ("storage.codec = 'gzip'", ("storage", "codec")),
        ("axes.alternative.ordering = ['up']", ("axes", "alternative.ordering")),
        ("alternative.ordering = 'up'", ("alternative", "ordering")),
    ],
)
def test_a_fault_is_an_object_with_its_path(text: str, path: tuple[str, ...]) -> None:
    base = GOOD.replace('"limit"', '"separation"').replace("1.0 }", "1.0, coupling = 1e-25 }")
    separated = "" if "alternative" in text else "alternative.ordering = 'inverted'\n"
    lines = base.replace("neutrino = { ", "neutrino.").replace(
        ', ordering = "normal", ', '\nneutrino.ordering = "normal"\nneutrino.'
    )
    lines = lines.replace("0.01 }", "0.01")
    with pytest.raises(ScanError) as error:
        parse_scan(f"{text}\n{separated}{lines}")
    (fault,) = error.value.faults
    assert fault.path == path  # type: ignore[attr-defined]
    found: Any = tomllib.loads(text)
    for name in ".".join(path).split("."):
        found = found[name]
    assert str(fault).startswith(f"[{path[0]}] {path[1]}: " if len(path) == 2 else f"{path[0]}: ")


BASE: dict[str, Any] = {
    "neutrino": {"nature": "majorana", "ordering": "normal", "lightest_mass_eV": 0.01},
    "interaction": {"kind": "vector", "chirality": "left", "coupling": 1e-25, "mediator_mass_eV": 1.0},
    "experiment": {"trigger_eV": [1.069, 1.07], "exposure_days": 10.0},
}
SECOND = {"name": "mu", "kind": "dipole", "chirality": "magnetic", "texture": "12", "coupling": 1e-11}
NUMBERS = [0, 1, -1, 0.5, 1e-26, 1e300, -1e300, 1e-320, math.nan, math.inf, 10**400, True, False, 2**63]
WORDS = ["", "dirac", "normal", "vector", "left", "12", "universal", "free", "NuFIT-6.0", "x" * 300, "\x1b[1m", "chi2"]
INNER = ["linear", "log", "thresholds", "points", "prior", "mean", "sigma", "sigmas", "mu", "coupling", "name", "x y"]


def anything(draw: random.Random, depth: int = 0) -> Any:
    """A value of any shape."""
    which = draw.random()
    if which < 0.5 or depth > 4:
        return draw.choice(NUMBERS if which < 0.3 else WORDS)
    if which < 0.7:
        return [anything(draw, depth + 1) for _ in range(draw.randrange(4))]
    return {draw.choice(INNER): anything(draw, depth + 1) for _ in range(draw.randrange(4))}


def anywhere(draw: random.Random) -> dict[str, Any]:
    """A scan with up to three such values somewhere."""
    document: dict[str, Any] = {name: dict(table) for name, table in BASE.items()}
    document["observable"] = draw.choice(["chi2", "limit", "separation", "events", "rate", "spectral_function"])
    if document["observable"] in ("rate", "spectral_function"):
        document["axes"] = {"photon_energy_eV": [1.0, 1.05]}
    if document["observable"] == "separation":
        document["alternative"] = {"ordering": "inverted"}
    if draw.random() < 0.3:
        document |= {"interaction": [document["interaction"] | {"name": "a"}, SECOND]}
        document |= {"limit_on": "a"} if document["observable"] == "limit" else {}
    for _ in range(draw.randrange(4)):
        table = draw.choice(["", *TABLES])
        names = [*KEYS_OF[table], *AXIS_NAMES, "mu.coupling", "alternative.ordering", "alternative.mu.coupling", "x"]
        own = document.setdefault(table, {}) if table else document
        if table and isinstance(own, dict) and draw.random() < 0.9:
            own[draw.choice(names)] = anything(draw)
        else:
            document[draw.choice([*KEYS_OF[""], *TABLES])] = anything(draw)
    return document


def test_whatever_stands_anywhere_is_a_scan_or_named() -> None:
    draw, scans, lines = random.Random(5), 0, list[str]()
    for _ in range(600):
        document = anywhere(draw)
        try:
            scan = rf.scan(document)
        except ScanError as error:
            lines += str(error).splitlines()
        else:
            scans += 1
            assert repr(scan)
            assert dict(parse_scan(scan.text).canonical) == dict(scan.canonical)
    assert 100 < scans < 500
    assert all(line.isprintable() and len(line) < 4000 for line in lines)
