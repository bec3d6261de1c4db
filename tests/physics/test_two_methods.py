"""The closed form against the quadrature: two arrangements of one amplitude, within a derived rounding error."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from physics_cases import INTERACTIONS, Case, cases
from reference_cases import CASES
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
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_methods_agree_at_random_parameters(kind: tuple[type, str], data: st.DataObject) -> None:
    assert_methods_agree(data.draw(cases(kind)))


@EVERY_INTERACTION
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_methods_agree_next_to_a_threshold(kind: tuple[type, str], data: st.DataObject) -> None:
    assert_methods_agree(data.draw(cases(kind, near_threshold=1e-9)))


@EVERY_INTERACTION
@settings(max_examples=40, deadline=None)
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
    """A bound that is never tight would prove nothing: for currents and scalars it lies below 1e-12."""
    bounds = [
        rounding_error(Case(case.neutrino, case.interaction, case.target, half - case.photon_energy_eV))
        for case in CASES
        for half in [0.5 * case.target.E_eg_eV]
        if case.expected > 0.0 and case.interaction.kind in ("standard_model", "vector", "scalar")
    ]
    assert len(bounds) > 60
    assert np.quantile(bounds, 0.9) < 1e-12
