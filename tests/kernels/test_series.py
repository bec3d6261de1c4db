"""Polynomials in the place of the closed form: against it, for all couplings at once, and which photon energies."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import renp_fast as rf
from renp_fast.kernels import series, series_forms, spectral
from renp_fast.kernels.forms import PIECE
from renp_fast.kernels.types import Array
from renp_fast.physics import spectrum

EPS = float(np.finfo(float).eps)
ISOTROPIC, POLARISED = (1.0, 1.0), (0.0, 1.5)
NO_SERIES = np.empty((0, 2, series.COEFFICIENTS, series.INTERVALS))
SIZES = (0.7, -0.4, 1.3, 0.9, 0.021, -0.017, 0.012, 0.023)


def packed_of(neutrino: Array, E_eg: float, scales: Array, seed: int) -> Array:
    """Coefficients of all four powers, for a texture of 18 different numbers."""
    rng = np.random.default_rng(seed)
    texture = rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3))
    thresholds, coefficients = np.empty((6, 3)), np.empty((6, 2, 4, 6))
    spectral.pair_thresholds(neutrino, E_eg, thresholds)
    spectral.pair_coefficients(neutrino, scales, texture, coefficients)
    return spectral.pack_pairs(thresholds, coefficients, E_eg, scales[spectral.ALONG], 4)


def forms(packed: Array, E_eg: float, detuning: Array) -> tuple[Array, Array]:
    """The form by polynomials, and in closed form."""
    found = []
    for coefficients in (series.series_of(packed, E_eg), NO_SERIES):
        form = np.full((len(packed), detuning.size), np.nan)
        series_forms.fill_form_in_pieces(detuning, E_eg, packed, coefficients, np.empty(6 * PIECE), form)
        found.append(form)
    return found[0], found[1]


def sizes(form: Array) -> Array:
    """How large the terms of each power may be: W for real x is positive, and so is that of each pair."""
    mixed = 2.0 * np.sqrt(form[spectral.CONSTANT] * form[spectral.SQUARE])
    return np.stack([form[spectral.CONSTANT], mixed, form[spectral.SQUARE], mixed])


def places(packed: Array, detuning: Array) -> Array:
    return 2.0 * series.INTERVALS * packed[0, 0, :, 0].max() / detuning


@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_all_couplings_at_any_masses(data: st.DataObject) -> None:
    """Next to all ends of intervals too; scalars and currents are no power's together, but for longitudinal vectors."""
    inverted = data.draw(st.booleans())
    lightest = data.draw(st.sampled_from([0.0, 1e-4]) | st.floats(0.001, 0.3))
    angles = data.draw(st.tuples(*[st.floats(5.0, 355.0)] * 5))
    dm3l = -2.484e-3 if inverted else 2.513e-3
    neutrino = np.array([float(data.draw(st.booleans())), float(inverted), lightest, 7.49e-5, dm3l, *angles])
    E_eg = data.draw(st.floats(1.5, 12.0))
    chain = data.draw(st.sampled_from([ISOTROPIC, POLARISED]))
    longitudinal = data.draw(st.sampled_from([0.0, 3.0]))
    together = [(0, 1), (2, 3), (4, 5), (6, 7), (0, 1, 4, 5), *((k,) for k in range(8))]
    present = np.isin(np.arange(8), data.draw(st.sampled_from(together)))
    packed = packed_of(
        neutrino, E_eg, np.array([*(SIZES * present), *chain, longitudinal]), data.draw(st.integers(0, 9))
    )
    highest = packed[0, 0, :, 0].max()
    edges = 2.0 * highest * series.INTERVALS / np.arange(1.0, series.INTERVALS + 1.0)
    rng = np.random.default_rng(data.draw(st.integers(0, 9)))
    detuning = np.concatenate(
        [edges, edges * (1.0 - 2 * EPS), edges * (1.0 + 2 * EPS), np.geomspace(1.01 * highest, 0.499 * E_eg, 60)]
    )
    detuning = rng.permutation(detuning[detuning < 0.5 * E_eg])
    fast, plain = forms(packed, E_eg, detuning)
    assert (series.series_of(packed, E_eg).size == 0) == bool(longitudinal and present[:2].any() and chain[0])
    assert (np.abs(fast - plain) <= 8 * EPS * sizes(plain)).all()
    outside = places(packed, detuning) > series.INTERVALS * (1.0 + 4 * EPS)
    assert fast[:, outside].tobytes() == plain[:, outside].tobytes()
    # A vector with places in several intervals, in one, and a number alone
    order = np.argsort(detuning)
    assert forms(packed, E_eg, detuning[order])[0].tobytes() == fast[:, order].tobytes()
    every = [forms(packed, E_eg, detuning[k : k + 1])[0] for k in range(detuning.size)]
    assert np.concatenate(every, axis=1).tobytes() == fast.tobytes()


def test_what_has_no_series_is_left_to_the_closed_form() -> None:
    """NaN, closed, and near thresholds, in between photon energies that have one."""
    neutrino = np.array([0.0, 0.0, 0.0123, 7.49e-5, 2.513e-3, 33.1, 8.7, 212.0, 41.0, 99.0])
    packed = packed_of(neutrino, 2.14349, np.array([*(0.7, -0.4), *np.zeros(6), *ISOTROPIC, 0.0]), 4)
    detuning = np.linspace(0.004, 1.0, 83)
    detuning[[3, 17, 18, 40, 41, 82]] = np.nan, 0.0, -0.3, 2e-4, -0.0, np.nan
    fast, plain = forms(packed, 2.14349, detuning)
    without = ~(detuning > 2.0 * packed[0, 0, :, 0].max())
    assert 5 < without.sum() < 40
    assert fast[:, without].tobytes() == plain[:, without].tobytes()
    assert (fast[:, ~without] != plain[:, ~without]).any(axis=0).mean() > 0.5
    assert np.isnan(fast[0, [3, 82]]).all()
    assert (fast[:, [17, 18, 41]] == 0.0).all()


def test_without_thresholds_there_is_no_series() -> None:
    """No photon energy lies in any interval then; neutrinos without any mass are no model, but must not hang."""
    assert math.isnan(series.places_of(np.zeros((6, 14))))


HERMITIAN = [[0.4, [0.3, -0.7], 0.1], [[0.3, 0.7], -0.9, [0.0, 0.2]], [0.1, [0.0, -0.2], 1.1]]
INTERACTIONS = {
    "standard model": rf.StandardModel(),
    "currents": rf.Vector(2e-24, 0.6, "left", HERMITIAN),
    "charge radius": rf.FormFactor(1e-31, "charge_radius", HERMITIAN),
    "two": (rf.Vector(2e-24, 0.6, "left", HERMITIAN), rf.Dipole(1e-11, "electric", "12")),
}


@pytest.mark.parametrize("interaction", list(INTERACTIONS.values()), ids=list(INTERACTIONS))
@pytest.mark.parametrize("ordering", ["normal", "inverted"])
def test_many_photon_energies_are_as_few_to_some_bits(
    interaction: Any, ordering: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long array takes polynomials and a short one does not: here alone the public function has two results."""
    rng = np.random.default_rng(2)
    w = np.concatenate([rng.uniform(0.01, 1.07, 300), np.linspace(0.9, 1.0718, 203)])
    keywords: dict[str, Any] = {"interaction": interaction, "nature": "dirac", "ordering": ordering}
    many = rf.spectral_function(w, lightest_mass_eV=0.01, **keywords)
    assert w.size >= series.LONG
    assert rf.spectral_function(w[::-1], lightest_mass_eV=0.01, **keywords).tobytes() == many[::-1].tobytes()
    detuned = rf.spectral_function(detuning_eV=2.14349 / 2 - w, lightest_mass_eV=0.01, **keywords)
    assert detuned == pytest.approx(many, rel=1e-10, abs=1e-12)
    monkeypatch.setattr(spectrum.series, "LONG", w.size + 1)
    few = rf.spectral_function(w, lightest_mass_eV=0.01, **keywords)
    assert np.abs(many - few).max() > 0.0
    assert (np.abs(many - few) <= 8 * EPS * few).all()


@pytest.mark.parametrize("wrong", [-1e-3, 0.0 - 1e-300, 2.23072, 2.5])
@pytest.mark.parametrize("place", [0, 100, 401, 402])
@pytest.mark.parametrize("interaction", [INTERACTIONS["standard model"], INTERACTIONS["currents"]])
def test_a_wrong_photon_energy_among_many_is_an_error(wrong: float, place: int, interaction: Any) -> None:
    w = np.linspace(0.9, 1.07, 403)
    w[place] = wrong
    with pytest.raises(ValueError, match="photon_energy_eV: got"):
        rf.spectral_function(w, interaction=interaction, nature="dirac", ordering="normal", lightest_mass_eV=0.01)
