"""The project's table of spectral functions as calls of the package."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import renp_fast as rf

TABLE = json.loads((Path(__file__).parents[1] / "reference" / "spectral_function.json").read_text())
CLASSES = {
    "standard_model": rf.StandardModel,
    "vector": rf.Vector,
    "scalar": rf.Scalar,
    "dipole": rf.Dipole,
    "form_factor": rf.FormFactor,
}
OF_THE_INTERACTION = ("chirality", "texture", "coupling", "mediator_mass_eV")


class ReferenceCase(NamedTuple):
    """One entry of the table; the neutrino's keywords are those of the entry."""

    expected: float
    photon_energy_eV: float
    interaction: Any
    target: rf.Target
    neutrino: dict[str, Any]


def reference_case(entry: dict[str, Any]) -> ReferenceCase:
    left = dict(entry)
    expected, w, cls = left.pop("spectral_function"), left.pop("photon_energy_eV"), CLASSES[left.pop("kind")]
    interaction = cls(**{name: left.pop(name) for name in OF_THE_INTERACTION if name in left})
    target = rf.Target(left.pop("E_eg_eV", 2.14349), left.pop("E_vg_eV", 2.23072))
    return ReferenceCase(expected, w, interaction, target, left)


CASES = [reference_case(entry) for entry in TABLE["cases"]]
