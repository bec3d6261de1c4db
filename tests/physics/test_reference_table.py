"""The table of the project: I(omega) by explicit Dirac matrices and phase-space quadrature, made elsewhere."""

import json
from pathlib import Path
from typing import Any

import pytest

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


def test_the_table_holds_what_it_should() -> None:
    """All kinds, natures and orderings, and photon energies above the last threshold too."""
    cases = TABLE["cases"]
    assert len(cases) == 160
    assert {case["kind"] for case in cases} == set(CLASSES)
    assert {(case["nature"], case["ordering"]) for case in cases} == {
        (nature, ordering) for nature in ("dirac", "majorana") for ordering in ("normal", "inverted")
    }
    assert 0.0 in {case["spectral_function"] for case in cases}


@pytest.mark.parametrize("method", ["closed_form", "quadrature"])
@pytest.mark.parametrize("index", range(len(TABLE["cases"])))
def test_case(index: int, method: str) -> None:
    case: dict[str, Any] = dict(TABLE["cases"][index])
    expected, photon_energy_eV = case.pop("spectral_function"), case.pop("photon_energy_eV")
    cls = CLASSES[case.pop("kind")]
    interaction = cls(**{name: case.pop(name) for name in OF_THE_INTERACTION if name in case})
    target = rf.Target(case.pop("E_eg_eV"), case.pop("E_vg_eV")) if "E_eg_eV" in case else "Yb"
    value = rf.spectral_function(photon_energy_eV, interaction=interaction, target=target, method=method, **case)
    if expected == 0.0:
        assert value == 0.0
    else:
        assert value == pytest.approx(expected, rel=TABLE["tolerance"], abs=0.0)
