"""The closed form of one model at detunings, for tests of the kernels."""

import numpy as np

from renp_fast.kernels.amplitude.models import model_row
from renp_fast.kernels.spectrum.forms import fill_forms
from renp_fast.kernels.types import Array, ComplexMatrix


def quadratic_form(
    neutrino: Array, E_eg: float, scales: Array, texture: ComplexMatrix, detuning: Array, powers: int
) -> Array:
    """Powers of the strength in W (powers, n); ``scales`` (11,), with 1/M^2 of a longitudinal part last."""
    row = np.array([model_row(neutrino, E_eg, [0.0], [scales[-1]])])
    forms = np.full((1, powers, detuning.size), np.nan)
    fill_forms(row, texture[np.newaxis], scales[np.newaxis], detuning, True, forms)
    return forms[0]
