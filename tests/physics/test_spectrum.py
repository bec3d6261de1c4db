"""The public spectral function: shapes, edges of its domain, poles, errors."""

from typing import Any

import numpy as np
import pytest

import renp_fast as rf
from renp_fast.physics.neutrinos import thresholds_eV

EXACT = rf.Target(2.0, 2.125)  # s = 4 (1 - w), exact
NEUTRINO: dict[str, Any] = {"nature": "dirac", "ordering": "normal", "lightest_mass_eV": 0.01}
METHODS = pytest.mark.parametrize("method", ["closed_form", "quadrature"])
INTERACTIONS = [
    rf.StandardModel(),
    rf.Vector(2e-23, 1.3, "right", "12"),
    rf.Scalar(1e-16, 0.7, "pseudoscalar", "universal", 0.2),
    rf.Dipole(1e-10, "electric", "23"),
    rf.FormFactor(1e-11, "millicharge", "13"),
    rf.FormFactor(1e-22, "anapole", "universal"),
]


@METHODS
@pytest.mark.parametrize("nature", ["dirac", "majorana"])
@pytest.mark.parametrize("interaction", INTERACTIONS, ids=lambda i: f"{i.kind}-{i.chirality}")
def test_exact_zero_above_the_last_threshold(interaction: Any, nature: str, method: Any) -> None:
    """From the last threshold on, at s = 0 and at negative s up to E_vg, and at w = 0, where no photon is emitted."""
    last = max(thresholds_eV(rf.Neutrinos("dirac", "normal", 0.01), 2.0).values())
    w = np.array([last + 1e-12, 0.99999, 1.0, 1.0000001, 1.5, 2.0, 2.1249, 0.0])
    keywords = NEUTRINO | {"nature": nature, "interaction": interaction, "target": EXACT, "method": method}
    assert (rf.spectral_function(w, **keywords) == 0.0).all()
    assert rf.spectral_function(last - 1e-12, **keywords) > 0.0


@METHODS
@pytest.mark.parametrize("interaction", INTERACTIONS, ids=lambda i: f"{i.kind}-{i.chirality}")
def test_nan_gives_nan_there_alone(interaction: Any, method: Any) -> None:
    keywords = NEUTRINO | {"interaction": interaction, "target": EXACT, "method": method}
    with_nan = rf.spectral_function([0.3, np.nan, 0.9], **keywords)
    assert np.isnan(with_nan[1])
    assert np.array_equal(with_nan[[0, 2]], rf.spectral_function([0.3, 0.9], **keywords))
    assert np.isnan(rf.spectral_function(detuning_eV=np.nan, **keywords))


POLE = {"photon_energy_eV": 0.75, "target": EXACT}  # s = 1


@pytest.mark.parametrize("nature", ["dirac", "majorana"])
@pytest.mark.parametrize("cls", [rf.Vector, rf.Scalar])
def test_a_pole_without_width_is_infinite(cls: Any, nature: str) -> None:
    """M^2 = s exactly; for couplings of either sign, and not a NaN."""
    for coupling in (1e-25, -1e-25):
        value = rf.spectral_function(**POLE, interaction=cls(coupling, 1.0), **NEUTRINO | {"nature": nature})
        assert value == np.inf


@pytest.mark.parametrize("cls", [rf.Vector, rf.Scalar])
def test_a_pole_without_width_is_infinite_by_quadrature_too(cls: Any) -> None:
    value = rf.spectral_function(**POLE, interaction=cls(1e-25, 1.0), method="quadrature", **NEUTRINO)
    assert value == np.inf


@METHODS
@pytest.mark.parametrize("cls", [rf.Vector, rf.Scalar])
def test_no_pole_without_coupling(cls: Any, method: Any) -> None:
    value = rf.spectral_function(**POLE, interaction=cls(0.0, 1.0), method=method, **NEUTRINO)
    assert value == rf.spectral_function(**POLE, method=method, **NEUTRINO)


@METHODS
@pytest.mark.parametrize("cls", [rf.Vector, rf.Scalar])
def test_a_width_makes_the_pole_finite(cls: Any, method: Any) -> None:
    """On the pole x = g/(i M Gamma): a quarter of the width makes four times the amplitude, without interference."""
    sm = rf.spectral_function(**POLE, **NEUTRINO)
    g = 1e-18 if cls is rf.Vector else 1e-12  # so large that interference with the Standard Model is small
    narrow, wide = (
        rf.spectral_function(**POLE, interaction=cls(g, 1.0, mediator_width_eV=width), method=method, **NEUTRINO)
        for width in (0.05, 0.2)
    )
    assert np.isfinite(narrow)
    assert (narrow - sm) / (wide - sm) == pytest.approx(16.0, rel=1e-3)


def test_a_pole_that_no_open_pair_feels() -> None:
    """s = M^2 = 1/256 lies above the threshold of 11, and below that of 33, on which alone the mediator acts."""
    w = 1.0 - 2.0**-10
    for texture, expected in (("33", rf.spectral_function(w, target=EXACT, **NEUTRINO)), ("11", np.inf)):
        vector = rf.Vector(1e-22, 0.0625, "left", texture)
        assert rf.spectral_function(w, interaction=vector, target=EXACT, **NEUTRINO) == expected


@METHODS
def test_shapes(method: Any) -> None:
    w = np.linspace(0.1, 1.05, 6).reshape(2, 3)
    table = rf.spectral_function(w, method=method, **NEUTRINO)
    assert table.shape == (2, 3)
    assert table[1, 2] == rf.spectral_function(w[1, 2], method=method, **NEUTRINO)
    assert rf.spectral_function(0.5, method=method, **NEUTRINO).shape == ()
    assert rf.spectral_function([], method=method, **NEUTRINO).shape == (0,)


@METHODS
def test_detuning_is_half_the_level_minus_the_photon_energy(method: Any) -> None:
    """Exactly, for dyadic numbers; E_eg/2 = 1."""
    keywords = NEUTRINO | {"target": EXACT, "method": method}
    given_w = rf.spectral_function([0.75, 0.984375], **keywords)
    assert np.array_equal(given_w, rf.spectral_function(detuning_eV=[0.25, 0.015625], **keywords))
    assert (given_w > 0.0).all()


def test_defaults_are_the_standard_model_in_ytterbium() -> None:
    explicit = rf.spectral_function(
        1.069, interaction=rf.StandardModel(), target=rf.Target(2.14349, 2.23072), method="closed_form", **NEUTRINO
    )
    assert rf.spectral_function(1.069, **NEUTRINO) == explicit


@pytest.mark.parametrize("given", [{}, {"photon_energy_eV": 1.0, "detuning_eV": 0.01}], ids=["neither", "both"])
def test_photon_energy_or_detuning(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="photon_energy_eV, detuning_eV: give one of the two"):
        rf.spectral_function(**given, **NEUTRINO)


@pytest.mark.parametrize("w", [-1e-9, 2.23072, 3.0, np.inf, -np.inf])
def test_photon_energies_out_of_range(w: float) -> None:
    message = "photon_energy_eV: got .*; allowed: from 0 to below E_vg_eV = 2.23072"
    with pytest.raises(ValueError, match=message):
        rf.spectral_function([1.0, w], **NEUTRINO)
    with pytest.raises(ValueError, match=message.replace("photon_energy_eV", "detuning_eV")):
        rf.spectral_function(detuning_eV=[0.1, 2.14349 / 2 - w], **NEUTRINO)
    with pytest.raises(ValueError, match=message):
        rf.neutrino_energy_distribution([0.5], w, **NEUTRINO)


def test_unknown_method() -> None:
    with pytest.raises(ValueError, match="method: got 'quad'; allowed: closed_form, quadrature"):
        rf.spectral_function(1.0, method="quad", **NEUTRINO)


def test_unknown_atom() -> None:
    with pytest.raises(ValueError, match="target: unknown atom 'Rb'"):
        rf.spectral_function(1.0, target="Rb", **NEUTRINO)
