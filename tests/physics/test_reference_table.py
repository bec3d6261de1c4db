"""The table of the project: I(omega) by explicit Dirac matrices and phase-space quadrature, made elsewhere."""

import pytest
from reference_cases import CASES, CLASSES, TABLE, ReferenceCase

import renp_fast as rf


def test_the_table_holds_what_it_should() -> None:
    """All kinds, natures and orderings, and photon energies above the last threshold too."""
    assert len(CASES) == 160
    assert {entry["kind"] for entry in TABLE["cases"]} == set(CLASSES)
    assert {(case.neutrino["nature"], case.neutrino["ordering"]) for case in CASES} == {
        (nature, ordering) for nature in ("dirac", "majorana") for ordering in ("normal", "inverted")
    }
    assert 0.0 in {case.expected for case in CASES}
    assert TABLE["tolerance"] == 1e-10


@pytest.mark.parametrize("method", ["closed_form", "quadrature"])
@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_case(case: ReferenceCase, method: str) -> None:
    value = rf.spectral_function(
        case.photon_energy_eV, interaction=case.interaction, target=case.target, method=method, **case.neutrino
    )
    if case.expected == 0.0:
        assert value == 0.0
    else:
        assert value == pytest.approx(case.expected, rel=1e-10, abs=0.0)
