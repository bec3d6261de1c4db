"""Chi^2 at the points of a box."""

import numpy as np

from renp_fast.kernels.amplitude.propagator import COUPLING
from renp_fast.kernels.grid.loops import LEVELS, MEDIATOR_ROW, MODEL, OUT, YIELD, next_offsets, only_coupling_varies
from renp_fast.kernels.grid.point_rows import terms_of
from renp_fast.kernels.likelihood.chi2_rows import chi2_at, fill_change, fill_chi2_of_couplings, least_of_form
from renp_fast.kernels.simd.jit import kernel
from renp_fast.kernels.types import Array, IntArray


@kernel
def fill_chi2(
    shape: IntArray,
    strides: IntArray,
    forms: Array,
    levels: Array,
    mediators: Array,
    yields: Array,
    values: Array,
) -> None:
    """Write the Poisson chi^2 of every point against the Standard Model into the flat ``values``.

    As `fill_values`, with all triggers at each point: rows of ``levels`` and ``yields`` at steps of one trigger.
    """
    index, offsets = np.zeros(shape.size, dtype=np.int64), np.zeros(strides.shape[0], dtype=np.int64)
    step, n = strides[:, -1].copy(), shape[-1]
    couplings = mediators[:n, COUPLING].copy()
    by_coupling = step[OUT] == 1 and only_coupling_varies(step, n, mediators)
    changes = np.empty((forms.shape[2], 5))
    for _ in range(np.prod(shape[:-1])):
        for k in range(1 if by_coupling else n):
            m, out = offsets[MEDIATOR_ROW] + k * step[MEDIATOR_ROW], offsets[OUT] + k * step[OUT]
            for trigger in range(forms.shape[2]):
                level = offsets[LEVELS] + k * step[LEVELS] + trigger
                gain = offsets[YIELD] + k * step[YIELD] + trigger
                model, per_W = offsets[MODEL] + k * step[MODEL], yields[gain, 0] * levels[level, 1]
                terms = terms_of(forms, model, trigger, levels[level, 0], per_W, yields[gain, 1], mediators, m)
                least = terms[0]
                if terms[2] > 0.0:
                    least = least_of_form(
                        forms[model, :, trigger], per_W, yields[gain, 1], levels[level, 0], mediators[m]
                    )
                fill_change(terms, 0.0, least, 0.0, changes[trigger])
            if by_coupling:
                fill_chi2_of_couplings(couplings, changes, values[out : out + n])
            else:
                values[out] = chi2_at(changes, mediators[m, COUPLING])
        next_offsets(shape, strides, index, offsets)
