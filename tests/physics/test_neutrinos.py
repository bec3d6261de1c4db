"""Neutrinos by named parameters: masses, mixing, presets, thresholds, errors."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from physics_cases import neutrino_keywords
from published_form import mp, pmns

import renp_fast as rf
from renp_fast.physics.neutrinos import thresholds_eV
from renp_fast.physics.oscillation import PRESETS, best_fit

PLAIN: dict[str, Any] = {"nature": "dirac", "ordering": "normal", "lightest_mass_eV": 0.01}


def test_masses_of_normal_ordering() -> None:
    m = rf.Neutrinos("dirac", "normal", 0.02, dm21_eV2=7.3e-5, dm3l_eV2=2.51e-3).masses_eV
    assert m == pytest.approx([0.02, math.sqrt(4e-4 + 7.3e-5), math.sqrt(4e-4 + 2.51e-3)], rel=1e-15)


def test_masses_of_inverted_ordering() -> None:
    """dm3l is dm32 = m3^2 - m2^2 < 0: m2 is the heaviest, m1 a little lighter, m3 the lightest."""
    m = rf.Neutrinos("dirac", "inverted", 0.02, dm21_eV2=7.3e-5, dm3l_eV2=-2.51e-3).masses_eV
    m2_squared = 4e-4 + 2.51e-3
    assert m == pytest.approx([math.sqrt(m2_squared - 7.3e-5), math.sqrt(m2_squared), 0.02], rel=1e-15)


@settings(max_examples=50, deadline=None)
@given(keywords=neutrino_keywords())
def test_axial_coupling(keywords: dict[str, Any]) -> None:
    """Hermitian, of square sum 3/4, and U*_ei U_ej - delta_ij/2 with the whole PDG matrix."""
    neutrinos = rf.Neutrinos(**keywords)
    a, U = neutrinos.axial_coupling, pmns(neutrinos)
    assert np.array_equal(a, a.conj().T)
    assert (abs(a) ** 2).sum() == pytest.approx(0.75, rel=1e-14)
    right = [[complex(mp.conj(U[0, i]) * U[0, j]) - 0.5 * (i == j) for j in range(3)] for i in range(3)]
    assert a == pytest.approx(np.array(right), abs=1e-15)


def test_majorana_phases_do_not_depend_on_the_nature() -> None:
    phases = {"alpha21_deg": 50.0, "alpha31_deg": 120.0, "delta_cp_deg": 200.0}
    dirac, majorana = (rf.Neutrinos(nature, "normal", 0.01, **phases) for nature in ("dirac", "majorana"))
    assert np.array_equal(dirac.axial_coupling, majorana.axial_coupling)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("ordering", ["normal", "inverted"])
def test_presets_fill_what_is_not_given(preset: str, ordering: Any) -> None:
    neutrinos = rf.Neutrinos("dirac", ordering, 0.01, oscillation=preset, theta12_deg=31.5)
    filled = {name: getattr(neutrinos, name) for name in best_fit(preset, ordering)}
    assert filled == best_fit(preset, ordering) | {"theta12_deg": 31.5}


@pytest.mark.parametrize(
    ("ordering", "name", "sin_squared", "half_digit_deg"),
    [
        ("normal", "theta12_deg", 0.308, 0.05),
        ("normal", "theta13_deg", 0.02215, 0.01),
        ("normal", "theta23_deg", 0.470, 0.05),
        ("inverted", "theta13_deg", 0.02231, 0.01),
        ("inverted", "theta23_deg", 0.550, 0.05),
    ],
)
def test_angles_of_nufit_6_are_its_squared_sines(
    ordering: Any, name: str, sin_squared: float, half_digit_deg: float
) -> None:
    angle = math.degrees(math.asin(math.sqrt(sin_squared)))
    assert best_fit("NuFIT-6.0", ordering)[name] == pytest.approx(angle, abs=half_digit_deg)


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_have_the_sign_of_their_ordering(preset: str) -> None:
    """The largest difference, |dm31| or |dm32|, is the same to 2 % in both orderings, and 33 times dm21."""
    normal, inverted = best_fit(preset, "normal"), best_fit(preset, "inverted")
    assert normal["dm3l_eV2"] == pytest.approx(-inverted["dm3l_eV2"], rel=0.02)
    assert normal["dm3l_eV2"] / normal["dm21_eV2"] == pytest.approx(33.7, rel=0.02)
    assert normal["dm21_eV2"] == inverted["dm21_eV2"]


def test_thresholds_by_hand() -> None:
    """With m = 0.03, 0.04, 0.12 and E_eg = 2 the thresholds are 1 - (m_i + m_j)^2/4."""
    neutrinos = rf.Neutrinos("dirac", "normal", 0.03, dm21_eV2=7e-4, dm3l_eV2=135e-4)
    right = {"11": 0.0036, "12": 0.0049, "13": 0.0225, "22": 0.0064, "23": 0.0256, "33": 0.0576}
    got = thresholds_eV(neutrinos, 2.0)
    assert list(got) == list(right)
    assert got == pytest.approx({pair: 1.0 - S / 4.0 for pair, S in right.items()}, rel=1e-15)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"nature": "Dirac"}, "nature: got 'Dirac'; allowed: dirac, majorana"),
        ({"ordering": "NO"}, "ordering: got 'NO'; allowed: normal, inverted"),
        ({"lightest_mass_eV": -0.01}, "lightest_mass_eV: got -0.01; allowed: a finite number at least 0"),
        ({"lightest_mass_eV": math.nan}, "lightest_mass_eV: got nan; allowed: a finite number at least 0"),
        ({"lightest_mass_eV": math.inf}, "lightest_mass_eV: got inf; allowed: a finite number at least 0"),
        ({"oscillation": "NuFIT-4.0"}, "oscillation: got 'NuFIT-4.0'; allowed: NuFIT-6.0, NuFIT-5.2, NuFIT"),
        ({"dm21_eV2": 0.0}, "dm21_eV2: got 0.0; allowed: a finite number above 0"),
        ({"dm21_eV2": math.nan}, "dm21_eV2: got nan; allowed: a finite number above 0"),
        ({"dm3l_eV2": -2.5e-3}, "dm3l_eV2: got -0.0025; allowed for normal ordering: above dm21_eV2, finite"),
        ({"dm3l_eV2": 7e-5}, "dm3l_eV2: got 7e-05; allowed for normal ordering: above dm21_eV2, finite"),
        (
            {"ordering": "inverted", "dm3l_eV2": 2.5e-3},
            "dm3l_eV2: got 0.0025; allowed for inverted ordering: below -dm21_eV2, finite",
        ),
        (
            {"ordering": "inverted", "dm3l_eV2": -7e-5},
            "dm3l_eV2: got -7e-05; allowed for inverted ordering: below -dm21_eV2, finite",
        ),
    ],
)
def test_errors_name_the_parameter_and_what_is_allowed(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match="^" + message.replace("(", r"\(")):
        rf.Neutrinos(**PLAIN | changed)


def test_an_unknown_parameter_is_an_error() -> None:
    with pytest.raises(TypeError, match="theta_12_deg"):
        rf.spectral_function(1.069, theta_12_deg=33.0, **PLAIN)
