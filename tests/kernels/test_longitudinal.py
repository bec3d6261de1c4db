"""Forms of many masses of a mediator whose propagator has its longitudinal part."""

import itertools

import numpy as np

from renp_fast.kernels.amplitude.models import MODEL_NUMBERS
from renp_fast.kernels.spectrum.forms import fill_forms
from renp_fast.kernels.types import Array, ComplexMatrix

E_EG = 2.14349
# One puts s = M^2 at the first photon energy, where the longitudinal part cancels what it multiplies; the last is off
INVERSE_MASSES2 = (1.0 / (E_EG * (E_EG - 0.8)), 2.9, 1e6, 0.0)


def models_of(nature: float, order: tuple[int, int]) -> tuple[Array, ComplexMatrix, Array]:
    """Models of two lightest masses, two phases and some masses of the mediator; ``order``: their place and number."""
    neutrino = [nature, nature, 0.01, 7.4e-5, -2.4e-3 if nature else 2.5e-3, 33.0, 8.6, 212.0, 41.0, 99.0]
    axes: list[tuple[int, tuple[float, ...]]] = [(2, (0.003, 0.021)), (8, (41.0, 170.0))]
    axes.insert(order[0], (MODEL_NUMBERS + 1, INVERSE_MASSES2[: order[1]]))
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
    fill_forms(*models, energies, False, found)
    return found


def test_the_bits_of_a_model_depend_on_it_alone() -> None:
    energies = np.linspace(0.2, 1.0717, 301)
    rows, texture, scales = models_of(0.0, (0, 4))
    together = forms((rows, texture, scales), 3, energies)
    for order in (np.arange(len(rows))[::-1], np.random.default_rng(5).permutation(len(rows))):
        assert forms((rows[order], texture, scales), 3, energies).tobytes() == together[order].tobytes()
    alone = [forms((row[np.newaxis], texture, scales), 3, energies) for row in rows]
    assert np.concatenate(alone).tobytes() == together.tobytes()
