"""The longitudinal part of a propagator: one form for all masses, against forms with the terms of each mass."""

import itertools

import numpy as np
import pytest

from renp_fast.kernels.amplitude import quadratic_form
from renp_fast.kernels.spectrum import model_forms
from renp_fast.kernels.spectrum.forms import PIECE, fill_form_in_pieces
from renp_fast.kernels.types import Array, ComplexMatrix

E_EG = 2.14349
# On both sides of all thresholds, and where nothing is open
ENERGIES = np.array([0.4, 1.031, 1.0661, 1.0699, 1.0712, 1.08])
# One puts s = M^2 at the first photon energy, where the longitudinal part cancels what it multiplies; the last is off
INVERSE_MASSES2 = (1.0 / (E_EG * (E_EG - 0.8)), 2.9, 1e6, 0.0)


def models_of(nature: float, order: tuple[int, int]) -> tuple[Array, ComplexMatrix, Array]:
    """Models of two lightest masses, two phases and some masses of the mediator; ``order``: their place and number."""
    neutrino = [nature, nature, 0.01, 7.4e-5, -2.4e-3 if nature else 2.5e-3, 33.0, 8.6, 212.0, 41.0, 99.0]
    axes: list[tuple[int, tuple[float, ...]]] = [(2, (0.003, 0.021)), (8, (41.0, 170.0))]
    axes.insert(order[0], (model_forms.MODEL_LONGITUDINAL, INVERSE_MASSES2[: order[1]]))
    rows = []
    for values in itertools.product(*(values for _, values in axes)):
        row = np.array([*neutrino, E_EG, 0.0, 0.0])
        row[[column for column, _ in axes]] = values
        rows.append(row)
    rng = np.random.default_rng(3)
    texture = rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3))
    return (
        np.array(rows),
        (texture + texture.conj().T)[np.newaxis],
        np.array([[0.7, -0.4, *np.zeros(6), 1.0, 1.0, 0.0]]),
    )


def forms(models: tuple[Array, ComplexMatrix, Array], powers: int, energies: Array) -> Array:
    found = np.full((len(models[0]), powers, energies.size), np.nan)
    model_forms.fill_forms(*models, energies, False, found)
    return found


@pytest.mark.parametrize("powers", [3, 4])
@pytest.mark.parametrize("nature", [0.0, 1.0])
@pytest.mark.parametrize("order", [(0, 4), (1, 4), (2, 4), (2, 1)])
def test_forms_are_those_with_the_terms_of_each_mass(order: tuple[int, int], nature: float, powers: int) -> None:
    models = models_of(nature, order)
    found = forms(models, powers, ENERGIES)
    for m, form in enumerate(found):
        expected, scratch = np.empty(form.shape), np.empty(6 * PIECE)
        packed = model_forms.packed_model(models, m, powers)
        fill_form_in_pieces(0.5 * E_EG - ENERGIES, E_EG, packed, scratch, expected)
        without = model_forms.packed_model((models[0] * (np.arange(13) != 12), *models[1:]), m, powers)
        plain = np.empty(form.shape)
        fill_form_in_pieces(0.5 * E_EG - ENERGIES, E_EG, without, scratch, plain)
        z = 1.0 - E_EG * (E_EG - 2.0 * ENERGIES) * models[0][m, model_forms.MODEL_LONGITUDINAL]
        sizes = np.stack([np.ones(ENERGIES.size), 1.0 + np.abs(z), 1.0 + z**2, np.ones(ENERGIES.size)])[:powers]
        assert (np.abs(form - expected) <= 1e-14 * sizes * np.abs(plain).max(axis=0)).all()
        assert (form[:, -1] == 0.0).all()
        assert (np.abs(form[quadratic_form.SQUARE, :-1] - plain[quadratic_form.SQUARE, :-1]) > 0.0).all() == (
            z[0] != 1.0
        )


def test_the_bits_of_a_model_depend_on_it_alone() -> None:
    energies = np.linspace(0.2, 1.0717, 301)
    rows, texture, scales = models_of(0.0, (0, 4))
    together = forms((rows, texture, scales), 3, energies)
    for order in (np.arange(len(rows))[::-1], np.random.default_rng(5).permutation(len(rows))):
        assert forms((rows[order], texture, scales), 3, energies).tobytes() == together[order].tobytes()
    alone = [forms((row[np.newaxis], texture, scales), 3, energies) for row in rows]
    assert np.concatenate(alone).tobytes() == together.tobytes()
