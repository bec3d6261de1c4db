"""The longitudinal part of a vector mediator's propagator, without a form for each of its masses.

It multiplies the amplitudes along q of the new current by z = 1 - s/M^2. These have terms of their own, D2 of
`kernels.spectral`; so where a form has R Re x + S |x|^2, it has

    (R + z R') Re x + (S + z^2 S') |x|^2

with all D2 in R' and S', and none of the five powers knows the mass.
"""

import numpy as np

from renp_fast.kernels.jit import kernel
from renp_fast.kernels.phase_space import ACTIVE, ALONG_COLUMN, APART_COLUMN
from renp_fast.kernels.series import BY_FACTOR, series_of
from renp_fast.kernels.simd import fma
from renp_fast.kernels.spectral import CONSTANT, REAL, SQUARE
from renp_fast.kernels.terms import factor_along
from renp_fast.kernels.types import Array

# Powers of a form that is split: the Standard Model, R, S, R' and S'
REAL_ALONG, SQUARE_ALONG, SPLIT_POWERS = 3, 4, 5


@kernel
def split_powers(packed: Array) -> Array:
    """The five powers (5, 2, 6, 14) of currents without longitudinal part; ``packed`` as of `pack_pairs`."""
    split = np.empty((SPLIT_POWERS, *packed.shape[1:]))
    split[: SQUARE + 1] = packed[: SQUARE + 1]
    split[REAL_ALONG], split[SQUARE_ALONG] = packed[REAL], packed[SQUARE]
    split[REAL : SQUARE + 1, 0, :, 7:9] = 0.0
    split[REAL_ALONG:, 0, :, 3:7] = 0.0
    for power in range(REAL, SPLIT_POWERS):
        split[power, ..., APART_COLUMN] = split[power, 0, 0, ALONG_COLUMN]
        split[power, 0, :, ACTIVE] = 1.0 if split[power, 0, :, 3:ACTIVE].any() else 0.0
    return split


@kernel
def joined_series(packed: Array, E_eg: float) -> Array:
    """Coefficients of F and G of the three powers of currents, as `split_powers` has them."""
    split = series_of(split_powers(packed), E_eg)
    series = split[: SQUARE + 1].copy()
    series[REAL, BY_FACTOR], series[SQUARE, BY_FACTOR] = split[REAL_ALONG, BY_FACTOR], split[SQUARE_ALONG, BY_FACTOR]
    return series


@kernel
def fold_split(split: Array, detuning: Array, E_eg: float, inverse_mass2: float, form: Array) -> None:
    """Write the powers of a form (powers, n) for a mass, from those of ``split`` (5, n)."""
    form[SQUARE + 1 :] = 0.0
    for k in range(detuning.size):
        z = factor_along(detuning[k], E_eg, inverse_mass2)
        form[CONSTANT, k] = split[CONSTANT, k]
        form[REAL, k] = fma(z, split[REAL_ALONG, k], split[REAL, k])
        form[SQUARE, k] = fma(z * z, split[SQUARE_ALONG, k], split[SQUARE, k])
