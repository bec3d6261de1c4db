"""Forms of many mixings from those of single couplings, against the forms of each model by itself."""

import numpy as np
import pytest

from renp_fast.kernels.amplitude.masses_and_mixing import ALPHA31, LIGHTEST_MASS, THETA12
from renp_fast.kernels.amplitude.pair import SCALES
from renp_fast.kernels.spectrum import mixing
from renp_fast.kernels.spectrum.forms import fill_forms
from renp_fast.kernels.types import Array, ComplexMatrix

ENERGIES = np.array([1.03, 1.061, 1.0672, 1.0699, 1.0711])
MIXINGS = 15


def models_of(nature: float, inverted: float, sets: int) -> tuple[Array, ComplexMatrix, Array]:
    """Sets of three kinds of masses, two of them with many mixings and one with few; all interactions at once."""
    rng = np.random.default_rng(int(2 * nature + inverted))
    neutrino = [nature, inverted, 0.01, 7.4e-5, -2.4e-3 if inverted else 2.5e-3, 33.0, 8.6, 212.0, 41.0, 99.0]
    model = np.array([*neutrino, 2.14349, 1.0, 40.0])
    models = np.tile(model, (sets, 3 * MIXINGS, 1))
    models[:, :, 2] += 0.002 * np.arange(sets)[:, np.newaxis]
    models[:, MIXINGS : 2 * MIXINGS, 3] *= 1.01
    models[:, 2 * MIXINGS :, 3] *= 0.98 + 0.001 * np.arange(MIXINGS)
    models[:, :, THETA12 : ALPHA31 + 1] *= rng.uniform(0.7, 1.3, (3 * MIXINGS, 5))
    texture = rng.normal(size=(2, 3, 3)) + 1j * rng.normal(size=(2, 3, 3))
    scales = rng.uniform(0.5, 1.5, (2, SCALES))
    return models.reshape(-1, model.size), texture, scales


def forms_of_sets(models: Array, couplings: tuple[ComplexMatrix, Array], powers: int) -> Array:
    """Forms (sets, models, powers, energies); sets differ in the lightest mass."""
    own, varied = models[: 3 * MIXINGS], np.array([LIGHTEST_MASS])
    sets = models[:: 3 * MIXINGS, varied]
    runs = np.array([*mixing.starts_of_runs(own), len(own)])
    assert runs.tolist() == [0, MIXINGS, *range(2 * MIXINGS, 3 * MIXINGS + 1)]
    forms = np.full((len(sets), len(own), powers, ENERGIES.size), np.nan)
    mixing.fill_forms_of_sets(own, np.ascontiguousarray(sets), varied, runs, couplings, ENERGIES, forms)
    return forms


@pytest.mark.parametrize("powers", [3, 4])
@pytest.mark.parametrize("inverted", [0.0, 1.0])
@pytest.mark.parametrize("nature", [0.0, 1.0])
def test_forms_are_those_of_each_model_by_itself(nature: float, inverted: float, powers: int) -> None:
    models, textures, scales = models_of(nature, inverted, 2)
    expected = np.empty((len(models), powers, ENERGIES.size))
    fill_forms(models, textures, scales, ENERGIES, False, expected)
    found = forms_of_sets(models, (textures, scales), powers).reshape(expected.shape)
    assert (np.abs(expected).max(axis=0) > 0.0).all()
    np.testing.assert_allclose(found[:, 0], expected[:, 0], rtol=1e-14)
    # The interference is a sum of both signs
    scale = np.abs(expected).max(axis=0)
    assert (np.abs(found - expected) <= 1e-14 * scale).all()


def test_the_bits_of_a_set_depend_on_it_alone() -> None:
    models, *couplings = models_of(1.0, 0.0, 3)
    together = forms_of_sets(models, (couplings[0], couplings[1]), 4)
    for i in range(3):
        own = models[3 * MIXINGS * i : 3 * MIXINGS * (i + 1)]
        assert together[i].tobytes() == forms_of_sets(own, (couplings[0], couplings[1]), 4).tobytes()


def test_mixings_may_differ_from_set_to_set() -> None:
    models, textures, scales = models_of(1.0, 0.0, 3)
    own, phases = models[: 3 * MIXINGS], np.array([[10.0], [10.0], [70.0]])
    varied = np.array([ALPHA31])
    together = np.full((3, len(own), 3, ENERGIES.size), np.nan)
    runs = np.array([*mixing.starts_of_runs(own), len(own)])
    mixing.fill_forms_of_sets(own, phases, varied, runs, (textures, scales), ENERGIES, together)
    for phase, found in zip(phases[:, 0], together, strict=True):
        alone = own.copy()
        alone[:, ALPHA31] = phase
        assert found.tobytes() == forms_of_sets(alone, (textures, scales), 3).tobytes()
