"""Random scans with nuisances between whose points is searched, for `search_reference` and as scan files."""

import json
import math
from typing import Any

import numpy as np
import search_reference as reference
from scipy.special import erf
from search_reference import Case

from renp_fast.scan_file.schema import TABLE_OF

TEXTURES = ("universal", "11", "12", "13", "22", "23", "33")
MATRIX = [[1.0, [0.3, 0.2], -0.4], [[0.3, -0.2], -0.5, [0.1, 0.6]], [-0.4, [0.1, -0.6], 0.2]]


def drawn(rng: np.random.Generator, masses: bool = True) -> tuple[Case, str, float]:
    """A case, the nuisances' part of its scan file, and a confidence level; ``masses`` may be nuisances."""
    nature = str(rng.choice(["dirac", "majorana"]))
    chirality = str(rng.choice(["left", "right", "axial", "vector"]))
    textures = ("12", "13", "23") if chirality == "vector" and nature == "majorana" else (*TEXTURES, MATRIX)
    texture = textures[rng.integers(len(textures))]
    triggers = int(rng.integers(1, 7))
    values: dict[str, Any] = {
        "nature": nature,
        "ordering": str(rng.choice(["normal", "inverted"])),
        "lightest_mass_eV": float(rng.choice([0.0, rng.uniform(0.0, 0.05), 10.0 ** rng.uniform(-4, -1.3)])),
        "alpha21_deg": float(rng.uniform(0.0, 360.0)),
        "alpha31_deg": float(rng.uniform(0.0, 720.0)),
        "kind": "vector",
        "chirality": chirality,
        "texture": texture,
        "mediator_mass_eV": float(10.0 ** rng.uniform(-3.0, 2.0)),
        "trigger_eV": np.sort(rng.uniform(1.0, 1.0712, triggers)).tolist(),
        "exposure_days": (10.0 ** rng.uniform(-1.0, 1.0, triggers)).tolist(),
        "background_per_day": 0.0,
        "gamma0_per_s": 1.0,
    }
    signal = reference.events(reference.completed(values), 0.0)[0].max()
    if signal == 0.0:
        return drawn(rng, masses)
    values["gamma0_per_s"] = float(10.0 ** rng.uniform(-4.0, 6.0) / signal)
    if rng.random() < 0.5:
        rate = 86400.0 * values["gamma0_per_s"] * signal / 86400.0 / np.mean(values["exposure_days"])
        values["background_per_day"] = float(rate * 10.0 ** rng.uniform(-2.0, 1.0))
    case = Case(values)
    names = ["alpha21_deg", "alpha31_deg", "theta12_deg", "theta13_deg", "delta_cp_deg", "gamma0_per_s"]
    names += ["background_per_day"] if values["background_per_day"] else []
    names += ["lightest_mass_eV", "dm3l_eV2"] if masses else []
    lines = [nuisance(case, name, rng) for name in rng.permutation(names)[: rng.integers(1, 5)].tolist()]
    listed = ["nature", "ordering", "alpha21_deg", "lightest_mass_eV"]
    for name in rng.permutation(listed)[: rng.integers(0, 3)].tolist():
        lines += chosen(case, name, rng)
    return case, "\n".join(lines), float(erf(rng.uniform(0.5, 5.0) / math.sqrt(2.0)))


def nuisance(case: Case, name: str, rng: np.random.Generator) -> str:
    """Add a range to a case, and say it as in a scan file."""
    points, own = int(rng.integers(2, 6)), case.values.get(name)
    if name.startswith("theta") or name == "dm3l_eV2" or (name == "delta_cp_deg" and rng.random() < 0.5):
        sigmas = float(rng.choice([0.5, 1.0, 3.0]))
        case.ranges[name] = reference.nufit(name, sigmas)
        return f'{name} = {{ prior = "NuFIT-6.0", sigmas = {sigmas}, points = {points} }}'
    if name in ("gamma0_per_s", "background_per_day"):
        mean, sigma = own * rng.uniform(0.9, 1.1), own * rng.uniform(0.01, 0.15)
        case.ranges[name] = reference.gaussian(mean, sigma, 3.0)
        return f"{name} = {{ mean = {mean!r}, sigma = {sigma!r}, points = {points} }}"
    if name == "lightest_mass_eV":
        low, high = sorted(float(x) for x in rng.uniform(0.0, 0.06, 2))
    else:
        ends = [(0.0, 360.0), (0.0, 720.0), (-180.0, 180.0), (0.0, 350.0), tuple(np.sort(rng.uniform(-90.0, 600.0, 2)))]
        low, high = (float(end) for end in ends[rng.integers(len(ends))])
    case.ranges[name] = reference.flat(low, high)
    return f"{name} = {{ linear = [{low!r}, {high!r}], points = {points} }}"


def chosen(case: Case, name: str, rng: np.random.Generator) -> list[str]:
    """Add a list to a case, unless that is a range already, and say it as in a scan file."""
    if name in case.ranges or (name == "nature" and case.values["chirality"] == "vector"):
        return []
    options: dict[str, list[Any]] = {
        "nature": ["dirac", "majorana"],
        "ordering": ["normal", "inverted"],
        "alpha21_deg": rng.uniform(0.0, 360.0, 3).tolist(),
        "lightest_mass_eV": rng.uniform(0.0, 0.05, 2).tolist(),
    }
    case.lists[name] = options[name]
    return [f"{name} = {json.dumps(options[name])}"]


def scan_text(case: Case, profile: str, observable: str, confidence_level: float, **more: Any) -> str:
    """The scan file of a case."""
    lines = [f'observable = "{observable}"', f"confidence_level = {confidence_level!r}"]
    lines += [f"{TABLE_OF[name]}.{name} = {json.dumps(value)}" for name, value in (case.values | more).items()]
    return "\n".join([*lines, "[profile]", profile, "refine = true"])
