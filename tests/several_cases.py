"""Scans with several interactions, and what explicit traces make of them."""

import json
from typing import Any

import mpmath
import numpy as np
from summed_traces import by_traces

import renp_fast as rf
from renp_fast.evaluate.evaluate import Evaluator
from renp_fast.kernels.types import Array
from renp_fast.scan_file.scan import Scan, parse_scan

TEXTURE = [[0.3, [0.2, 0.5], 0.7], [[0.2, -0.5], -1.1, [0.0, 0.4]], [0.7, [0.0, -0.4], 0.6]]
NEUTRINO = {
    "nature": "dirac",
    "ordering": "normal",
    "lightest_mass_eV": 0.01,
    "alpha21_deg": 40.0,
    "alpha31_deg": 110.0,
}
TRIGGERS, DAYS, BACKGROUNDS, GAMMA0 = [1.05, 1.0694, 1.0712], [300.0, 200.0, 100.0], [0.01, 0.0, 0.02], 0.002
Entry = dict[str, Any]
MU: Entry = {"name": "mu", "kind": "dipole", "chirality": "magnetic", "texture": TEXTURE, "coupling": 6e-11}
R2: Entry = {"name": "r2", "kind": "form_factor", "chirality": "charge_radius", "texture": "13", "coupling": -8e-25}
Z: Entry = {
    **{"name": "Z_1", "kind": "vector", "chirality": "axial", "texture": TEXTURE, "coupling": 3e-25},
    **{"mediator_mass_eV": 0.2, "mediator_width_eV": 0.0},
}
PHI: Entry = {
    **{"name": "phi", "kind": "scalar", "chirality": "pseudoscalar", "coupling": 5e-18},
    **{"mediator_mass_eV": 0.3, "mediator_width_eV": 0.05},
}
CLASSES = {"vector": rf.Vector, "scalar": rf.Scalar, "dipole": rf.Dipole, "form_factor": rf.FormFactor}


def text_of(observable: str, entries: list[Entry], axes: dict[str, Any], more: str = "", **neutrino: Any) -> str:
    """A scan file: what is an axis is left out of the interactions and of [neutrino]."""
    lines = [f'observable = "{observable}"', more, f"target.gamma0_per_s = {GAMMA0}"]
    if observable not in ("spectral_function", "rate"):
        lines += [f"experiment.trigger_eV = {TRIGGERS}", f"experiment.background_per_day = {BACKGROUNDS}"]
        lines += [f"experiment.exposure_days = {DAYS}"] * ("exposure_days" not in axes)
    lines += [f"neutrino.{key} = {json.dumps(v)}" for key, v in (NEUTRINO | neutrino).items() if key not in axes]
    for entry in entries:
        lines.append("[[interaction]]")
        lines += [f"{key} = {json.dumps(v)}" for key, v in entry.items() if f"{entry.get('name')}.{key}" not in axes]
    return "\n".join([*lines, "[axes]", *(f'"{name}" = {json.dumps(v)}' for name, v in axes.items())])


def scan_of(observable: str, entries: list[Entry], axes: dict[str, Any], more: str = "", **neutrino: Any) -> Scan:
    return parse_scan(text_of(observable, entries, axes, more, **neutrino))


def whole(scan: Scan) -> Array:
    return Evaluator(scan).observable(tuple(slice(0, n) for n in scan.shape))


def stored(scan: Scan) -> dict[str, Any]:
    return Evaluator(scan)(tuple(slice(0, n) for n in scan.shape))


def traced(w: float, entries: list[Entry], changes: dict[str, Any]) -> float:
    """I(w) by explicit traces, with the values of axes in their places."""
    interactions = []
    for entry in entries:
        values = {key: changes.get(f"{entry['name']}.{key}", given) for key, given in entry.items()}
        matrix = texture(values.get("texture", "universal"))
        keywords = {key: v for key, v in values.items() if key not in ("name", "kind", "texture")}
        interactions.append(CLASSES[values["kind"]](texture=matrix, **keywords))
    neutrino = NEUTRINO | {key: v for key, v in changes.items() if key in NEUTRINO}
    return by_traces(w, interactions, rf.Neutrinos(**neutrino))


def texture(given: Any) -> Any:
    if given == "universal":
        return np.eye(3)
    if isinstance(given, str):
        matrix = np.zeros((3, 3))
        matrix[int(given[0]) - 1, int(given[1]) - 1] = matrix[int(given[1]) - 1, int(given[0]) - 1] = 1.0
        return matrix
    return np.array([[complex(*e) if isinstance(e, list) else e for e in row] for row in given])


def events_of(entries: list[Entry], changes: dict[str, Any]) -> Array:
    """Expected events at the triggers, by explicit traces."""
    spectrum = np.array([traced(w, entries, changes) for w in TRIGGERS])
    return (86400.0 * GAMMA0 * spectrum + np.array(BACKGROUNDS)) * np.array(DAYS)


def deviance(expected: Array, found: Array) -> float:
    """Poisson chi^2 with 30 digits."""
    with mpmath.workdps(30):
        pairs = [(mpmath.mpf(float(a)), mpmath.mpf(float(b))) for a, b in zip(expected, found, strict=True)]
        return float(2 * sum(N - N0 + N0 * mpmath.log(N0 / N) for N0, N in pairs))
