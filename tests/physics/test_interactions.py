"""What the interactions have in common: couplings, propagators, equivalences, behaviour at thresholds."""

import math
from typing import Any

import numpy as np
import pytest
from physics_cases import hermitian

import renp_fast as rf
from renp_fast.physics.neutrinos import thresholds_eV

NEUTRINO: dict[str, Any] = {
    "ordering": "normal",
    "lightest_mass_eV": 0.013,
    "alpha21_deg": 71.0,
    "alpha31_deg": 203.0,
    "delta_cp_deg": 111.0,
}
W = np.array([0.31, 1.03, 1.0702, 1.0714])
T = hermitian([0.7, -1.3, 0.4, 0.5, -0.9, 0.3, 1.1, 0.2, -0.6])
HBAR_C = 1.9732698045930252e-5  # eV cm


def spectrum(interaction: Any, nature: str = "majorana", w: Any = W, **changed: Any) -> np.ndarray:
    return rf.spectral_function(w, interaction=interaction, nature=nature, **NEUTRINO | changed)


@pytest.mark.parametrize(
    ("chirality", "equal_to_left"),
    [("right", -T.T), ("axial", -(T + T.T)), ("vector", T - T.T)],
    ids=["right", "axial", "vector"],
)
@pytest.mark.parametrize("method", ["closed_form", "quadrature"])
def test_majorana_vector_textures(chirality: str, equal_to_left: np.ndarray, method: str) -> None:
    """Section 5: only aL_ij - aR_ji enters, so each chirality is left-handed with another texture."""
    g, M = 3e-23, 1.7
    one = rf.spectral_function(
        W, interaction=rf.Vector(g, M, chirality, T), method=method, nature="majorana", **NEUTRINO
    )
    assert one == pytest.approx(spectrum(rf.Vector(g, M, "left", equal_to_left)), rel=1e-11)
    assert one != pytest.approx(spectrum(rf.Vector(g, M, "left", T)), rel=1e-3)


def test_majorana_form_factor_textures() -> None:
    """A charge radius keeps T - T^T, an anapole moment gets T + T^T."""
    i_imaginary = 1j * T.imag
    assert spectrum(rf.FormFactor(1e-30, "charge_radius", T)) == pytest.approx(
        spectrum(rf.FormFactor(1e-30, "charge_radius", i_imaginary)), rel=1e-13
    )
    assert spectrum(rf.FormFactor(1e-30, "anapole", T)) == pytest.approx(
        spectrum(rf.FormFactor(1e-30, "anapole", T.real)), rel=1e-13
    )


def test_a_diagonal_anapole_counts_twice_for_majorana_neutrinos() -> None:
    """fA doubles and the rate is halved: the moment's own part is twice that of Dirac neutrinos."""
    own = {}
    for nature in ("dirac", "majorana"):
        with_moment = spectrum(rf.FormFactor(1e-22, "anapole", "22"), nature)
        own[nature] = with_moment - spectrum(None, nature)
    assert own["majorana"][:3] == pytest.approx(2.0 * own["dirac"][:3], rel=1e-8)


def test_majorana_phases_cancel_for_dirac_neutrinos_in_the_standard_model() -> None:
    other = {"alpha21_deg": 160.0, "alpha31_deg": 19.0}
    assert spectrum(None, "dirac") == pytest.approx(spectrum(None, "dirac", **other), rel=1e-14)
    ratio = spectrum(None, "majorana") / spectrum(None, "majorana", **other)
    assert (abs(ratio - 1.0) > 1e-5).all()


def test_phases_matter_for_dirac_neutrinos_with_a_texture_in_the_mass_basis() -> None:
    vector = rf.Vector(3e-23, 1.7, "left", "12")
    ratio = spectrum(vector, "dirac") / spectrum(vector, "dirac", alpha21_deg=160.0)
    assert (abs(ratio - 1.0) > 1e-3).all()


def test_theta23_does_not_matter() -> None:
    """Only the electron row of the mixing matrix enters."""
    vector = rf.Vector(3e-23, 1.7, "left", T)
    assert np.array_equal(spectrum(vector, theta23_deg=41.0), spectrum(vector, theta23_deg=49.0))


@pytest.mark.parametrize(("chirality", "power"), [("electric", 3), ("magnetic", 1)])
def test_how_moments_open_at_threshold(chirality: str, power: int) -> None:
    """As Delta^3 and Delta, Delta^2 being proportional to the distance from threshold.

    The moment is so large that the Standard Model is no more than 1e-10 of it even here.
    """
    first = 0.5 * 2.14349 - thresholds_eV(rf.Neutrinos("dirac", **NEUTRINO), 2.14349)["11"]
    moment = rf.Dipole(1.0, chirality, "11")
    distances = first * np.array([1e-5, 4e-5])
    near, far = rf.spectral_function(detuning_eV=first + distances, interaction=moment, nature="dirac", **NEUTRINO)
    assert far / near == pytest.approx(2.0**power, rel=1e-3)


@pytest.mark.parametrize("nature", ["dirac", "majorana"])
@pytest.mark.parametrize(
    "make",
    [
        lambda g: rf.Vector(g * 1e-23, 1.7, "right", T),
        lambda g: rf.Vector(g * 1e-23, 0.4, "axial", "12", 0.1),
        lambda g: rf.Scalar(g * 1e-16, 0.6, "pseudoscalar", "universal"),
        lambda g: rf.Scalar(g * 1e-16, 0.6, "scalar", "23"),
        lambda g: rf.Dipole(g * 1e-11, "magnetic", "23"),
        lambda g: rf.FormFactor(g * 1e-15, "millicharge", "13"),
        lambda g: rf.FormFactor(g * 1e-22, "anapole", "universal"),
    ],
    ids=["right", "axial with a width", "pseudoscalar", "scalar", "magnetic", "millicharge", "anapole"],
)
def test_quadratic_in_the_coupling(make: Any, nature: str) -> None:
    """Three couplings fix the parabola through them; a fourth one lies on it."""
    g = np.array([-1.3, 0.4, 2.2])
    values = np.array([spectrum(make(x), nature) for x in g])
    parabola = np.linalg.solve(np.vander(g, 3), values)
    assert spectrum(make(-3.1), nature) == pytest.approx(np.vander([-3.1], 3)[0] @ parabola, rel=1e-12)
    assert spectrum(make(0.0), nature) == pytest.approx(spectrum(None, nature), rel=1e-15)
    assert (abs(values[1] / spectrum(None, nature) - 1.0)[:3] > 1e-5).all()  # the last energy lies above 23 and 13


@pytest.mark.parametrize("cls", [rf.Vector, rf.Scalar])
@pytest.mark.parametrize("nature", ["dirac", "majorana"])
def test_only_g_over_s_minus_m_squared_matters(cls: Any, nature: str) -> None:
    """A heavy mediator is a contact interaction of strength -g/M^2, which a light one imitates at each s."""
    x, heavy = (-2e-23, 1e5) if cls is rf.Vector else (-3e-17, 1e5)
    far = spectrum(cls(-x * heavy**2, heavy), nature)
    for w, value in zip(W, far, strict=True):
        s = 2.14349 * (2.14349 - 2.0 * w)
        near = spectrum(cls(x * (s - 0.3**2), 0.3), nature, w)
        assert value == pytest.approx(float(near), rel=1e-8)  # s/M^2 = 4e-10 is neglected
    assert far != pytest.approx(spectrum(None, nature), rel=1e-3)


@pytest.mark.parametrize("nature", ["dirac", "majorana"])
def test_a_charge_radius_is_a_charge_that_grows_with_s(nature: str) -> None:
    """fV = s e g/6 with g in cm^2 against fV = e q: q = s g/(6 (hbar c)^2)."""
    g = 3e-23
    for w in W:
        s = 2.14349 * (2.14349 - 2.0 * w)
        radius, charge = rf.FormFactor(g, "charge_radius", T), rf.FormFactor(s * g / 6.0 / HBAR_C**2, "millicharge", T)
        assert spectrum(radius, nature, w) == pytest.approx(float(spectrum(charge, nature, w)), rel=1e-13)
        assert spectrum(radius, nature, w) > 1.0001 * spectrum(None, nature, w)


@pytest.mark.parametrize(
    ("cls", "chirality", "allowed"),
    [
        (rf.Vector, "scalar", "vector: left, right, vector, axial"),
        (rf.Scalar, "left", "scalar: scalar, pseudoscalar"),
        (rf.Dipole, "anapole", "dipole: magnetic, electric"),
        (rf.FormFactor, "magnetic", "form_factor: millicharge, charge_radius, anapole"),
    ],
)
def test_unknown_chirality(cls: Any, chirality: str, allowed: str) -> None:
    masses = (1.0,) if cls in (rf.Vector, rf.Scalar) else ()
    with pytest.raises(ValueError, match=f"chirality: got '{chirality}'; allowed for {allowed}"):
        cls(1e-20, *masses, chirality=chirality)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_must_be_finite(value: float) -> None:
    with pytest.raises(ValueError, match=f"coupling: got {value}; allowed: a finite number at least -1e"):
        rf.Dipole(value)
    with pytest.raises(ValueError, match=f"mediator_mass_eV: got {value}; allowed: a finite number at least 0"):
        rf.Vector(1e-20, value)
    with pytest.raises(ValueError, match=f"mediator_width_eV: got {value}; allowed: a finite number at least 0"):
        rf.Scalar(1e-20, 1.0, mediator_width_eV=value)


@pytest.mark.parametrize("value", ["a", 1e-20j, None])
def test_what_is_no_number_is_named(value: Any) -> None:
    with pytest.raises(ValueError, match=f"coupling: got {value!r}; allowed: a finite number at least -1e"):
        rf.Vector(coupling=value, mediator_mass_eV=1.0)


def test_masses_and_widths_are_not_negative_but_couplings_may_be() -> None:
    with pytest.raises(ValueError, match=r"mediator_mass_eV: got -1.0; allowed: a finite number at least 0"):
        rf.Vector(-1e-20, -1.0)
    with pytest.raises(ValueError, match=r"mediator_width_eV: got -0.1; allowed: a finite number at least 0"):
        rf.Vector(-1e-20, 1.0, mediator_width_eV=-0.1)
    assert rf.Vector(-1e-20, 0.0).coupling == -1e-20
