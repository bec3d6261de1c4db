"""The closed form of the kernels against the published formulas with 50 digits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from physics_cases import INTERACTIONS, Case, cases, neutrino_keywords
from published_form import spectral_function, thresholds

import renp_fast as rf
from renp_fast.physics.neutrinos import thresholds_eV

EPS = float(np.finfo(np.float64).eps)
EVERY_INTERACTION = pytest.mark.parametrize("kind", INTERACTIONS, ids=[chirality for _, chirality in INTERACTIONS])


def assert_right(case: Case) -> None:
    """To 2 eps times the condition number, which is 15 to 30 unless terms cancel: some 1e-14.

    Each of the positive terms is a product of about fifteen factors rounded once, whose errors of up to eps/2 add up
    like a random walk: 2 eps. The condition number says how much larger the terms are than their sum.
    """
    right = spectral_function(case.neutrinos, case.interaction, case.target, case.detuning_eV)
    if right.value == 0:
        assert case.value() == 0.0
    else:
        assert abs(case.value() / right.value - 1) <= 2.0 * EPS * right.condition


@EVERY_INTERACTION
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_random_parameters(kind: tuple[type, str], data: st.DataObject) -> None:
    assert_right(data.draw(cases(kind)))


@pytest.mark.parametrize("distance_eV", [1e-9, 1e-12])
@EVERY_INTERACTION
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_nothing_is_lost_next_to_a_threshold(kind: tuple[type, str], distance_eV: float, data: st.DataObject) -> None:
    """Thresholds are double-doubles, so a detuning this close costs no digit: the bound is the same."""
    assert_right(data.draw(cases(kind, near_threshold=distance_eV)))


@settings(max_examples=40, deadline=None)
@given(neutrino=neutrino_keywords(), detuning_eV=st.floats(1e-9, 1.0))
def test_standard_model_to_1e_13(neutrino: dict, detuning_eV: float) -> None:
    case = Case(neutrino, rf.StandardModel(), rf.Target(2.14349, 2.23072), detuning_eV)
    right = spectral_function(case.neutrinos, case.interaction, case.target, detuning_eV)
    if right.value == 0:
        assert case.value() == 0.0
    else:
        assert abs(case.value() / right.value - 1) < 1e-13


@pytest.mark.parametrize("distance_eV", [1e-9, 1e-12, 1e-14])
@pytest.mark.parametrize("nature", ["dirac", "majorana"])
@pytest.mark.parametrize("pair", ["11", "12", "13", "22", "23", "33"])
def test_every_threshold_from_above_to_1e_13(pair: str, nature: str, distance_eV: float) -> None:
    neutrino = {"nature": nature, "ordering": "normal", "lightest_mass_eV": 0.0123, "alpha21_deg": 77.0}
    target = rf.Target(2.14349, 2.23072)
    detuning_eV = float(thresholds(rf.Neutrinos(**neutrino), target)[pair] + distance_eV)
    case = Case(neutrino, rf.StandardModel(), target, detuning_eV)
    right = spectral_function(case.neutrinos, case.interaction, target, detuning_eV).value
    assert abs(case.value() / right - 1) < 1e-13


@settings(max_examples=25, deadline=None)
@given(neutrino=neutrino_keywords())
def test_thresholds(neutrino: dict) -> None:
    neutrinos, target = rf.Neutrinos(**neutrino), rf.Target(2.14349, 2.23072)
    right = {pair: float(target.E_eg_eV / 2 - x) for pair, x in thresholds(neutrinos, target).items()}
    assert thresholds_eV(neutrinos, target.E_eg_eV) == pytest.approx(right, rel=EPS, abs=0.0)
