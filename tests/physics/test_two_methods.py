"""The closed form against the quadrature: two arrangements of one amplitude, within a derived rounding error."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from physics_cases import INTERACTIONS, Case, cases
from rounding_bound import rounding_error

import renp_fast as rf

EXACT_TARGET = rf.Target(2.0, 2.125)  # s = 2 E_eg x = 4 x is exact
EVERY_INTERACTION = pytest.mark.parametrize("kind", INTERACTIONS, ids=[chirality for _, chirality in INTERACTIONS])


def assert_methods_agree(case: Case) -> None:
    closed, integrated = case.value("closed_form"), case.value("quadrature")
    if closed == 0.0:
        assert integrated == 0.0
    else:
        assert abs(integrated / closed - 1.0) <= rounding_error(case)


@EVERY_INTERACTION
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_methods_agree_at_random_parameters(kind: tuple[type, str], data: st.DataObject) -> None:
    assert_methods_agree(data.draw(cases(kind)))


@EVERY_INTERACTION
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_methods_agree_next_to_a_threshold(kind: tuple[type, str], data: st.DataObject) -> None:
    assert_methods_agree(data.draw(cases(kind, near_threshold=1e-9)))


@EVERY_INTERACTION
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_methods_agree_next_to_a_threshold_where_s_is_exact(kind: tuple[type, str], data: st.DataObject) -> None:
    assert_methods_agree(data.draw(cases(kind, near_threshold=1e-9, target=EXACT_TARGET)))


@EVERY_INTERACTION
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_methods_agree_to_1e_12_away_from_the_end(kind: tuple[type, str], data: st.DataObject) -> None:
    """From 0.05 eV below E_eg/2 on, all pairs are wide open and s is large enough for p_T^2 to keep its digits."""
    case = data.draw(cases(kind, lowest=0.05))
    assert abs(case.value("quadrature") / case.value() - 1.0) <= min(1e-12, rounding_error(case))


def test_the_bound_is_sharp_for_nearly_all_reference_cases() -> None:
    """A bound that is never tight would prove nothing: away from thresholds it lies below 1e-12."""
    table = json.loads((Path(__file__).parents[1] / "reference" / "spectral_function.json").read_text())
    bounds = []
    for entry in table["cases"]:
        if entry["spectral_function"] > 0.0 and entry["kind"] in ("standard_model", "vector", "scalar"):
            classes = {"standard_model": rf.StandardModel, "vector": rf.Vector, "scalar": rf.Scalar}
            target = rf.Target(entry.get("E_eg_eV", 2.14349), entry.get("E_vg_eV", 2.23072))
            names = ("chirality", "texture", "coupling", "mediator_mass_eV")
            interaction = classes[entry["kind"]](**{name: entry[name] for name in names if name in entry})
            used = (*names, "kind", "spectral_function", "photon_energy_eV", "E_eg_eV", "E_vg_eV")
            neutrino = {name: value for name, value in entry.items() if name not in used}
            detuning = 0.5 * target.E_eg_eV - entry["photon_energy_eV"]
            bounds.append(rounding_error(Case(neutrino, interaction, target, detuning)))
    assert len(bounds) > 60
    assert np.quantile(bounds, 0.9) < 1e-12
