"""The longitudinal part of a vector mediator's propagator, without a form for each of its masses.

It multiplies the amplitudes along q of the new current by z = 1 - s/M^2. These have terms of their own, D2 of
`amplitude.quadratic_form`; so where a form has R Re x + S |x|^2, it has

    (R + z R') Re x + (S + z^2 S') |x|^2

with all D2 in R' and S', and none of the five powers knows the mass.
"""

import numpy as np

from renp_fast.kernels.amplitude.pair_sums import factor_along
from renp_fast.kernels.amplitude.phase_space import ACTIVE, PAIR_COLUMNS
from renp_fast.kernels.amplitude.quadratic_form import CONSTANT, REAL, SQUARE
from renp_fast.kernels.simd.jit import kernel
from renp_fast.kernels.simd.vectors import fma
from renp_fast.kernels.types import Array

# Powers of a form that is split: the Standard Model, R, S, R' and S'
REAL_ALONG, SQUARE_ALONG, SPLIT_POWERS = 3, 4, 5


@kernel
def split_powers(packed: Array) -> Array:
    """The five powers (5, 2, 6, 13) of currents without longitudinal part; ``packed`` as of `pack_pairs`."""
    split = np.empty((SPLIT_POWERS, 2, 6, PAIR_COLUMNS))
    for power in range(SPLIT_POWERS):
        along = power > SQUARE
        for part in range(2):
            for pair in range(6):
                to, given = split[power, part, pair], packed[power - 2 if along else power, part, pair]
                for column in range(PAIR_COLUMNS):
                    to[column] = given[column]
                if power != CONSTANT:
                    for column in range(3, ACTIVE):
                        if (column >= 7) != along:  # the columns of D2 are the last two
                            to[column] = 0.0
        split[power, 0, :, ACTIVE] = 1.0 if split[power, 0, :, 3:ACTIVE].any() else 0.0
    return split


@kernel
def fold_split(split: Array, detuning: Array, E_eg: float, inverse_mass2: float, form: Array) -> None:
    """Write the powers of a form (powers, n) for a mass, from those of ``split`` (5, n)."""
    for k in range(detuning.size):
        for power in range(SQUARE + 1, form.shape[0]):
            form[power, k] = 0.0
        z = factor_along(detuning[k], E_eg, inverse_mass2)
        form[CONSTANT, k] = split[CONSTANT, k]
        form[REAL, k] = fma(z, split[REAL_ALONG, k], split[REAL, k])
        form[SQUARE, k] = fma(z * z, split[SQUARE_ALONG, k], split[SQUARE, k])
