"""Chi^2 and limits of the leading of several interactions, at the points of a box, where the others change the events.

Folded forms (`spectrum.added_forms.fold`) hold the Standard Model's power, against which chi^2 is taken, and beside
them what the other interactions change of it. The rest is as of `grid.loops` and `likelihood.profiles`.
"""

import math

import numpy as np

from renp_fast.kernels.amplitude.models import CONSTANT
from renp_fast.kernels.amplitude.propagator import COUPLING
from renp_fast.kernels.grid.loops import LEVELS, MEDIATOR_ROW, MODEL, OUT, YIELD, next_offsets, only_coupling_varies
from renp_fast.kernels.grid.point_rows import chi2_at, fill_chi2_of_couplings, relative, terms_of
from renp_fast.kernels.likelihood.crossings import POLE
from renp_fast.kernels.likelihood.profiles import (
    COUNT,
    INTERVALS,
    NEGATIVE_STATUS,
    POSITIVE_STATUS,
    fill_profiled_limits,
)
from renp_fast.kernels.simd.jit import kernel
from renp_fast.kernels.types import Array, IntArray


@kernel
def change_of_events(per_W: float, change: float) -> float:
    """What a change of W, infinite on a pole, makes of the observable."""
    return per_W * change if per_W != 0.0 else 0.0


@kernel
def fill_chi2(
    shape: IntArray,
    strides: IntArray,
    folded: tuple[Array, Array],
    levels: Array,
    mediators: Array,
    yields: Array,
    values: Array,
) -> None:
    """As `grid.loops.fill_chi2`, with forms and changes ``folded``."""
    forms, added = folded
    index, offsets = np.zeros(shape.size, dtype=np.int64), np.zeros(strides.shape[0], dtype=np.int64)
    step, n, triggers = strides[:, -1].copy(), shape[-1], forms.shape[2]
    couplings = mediators[:, COUPLING].copy()
    by_coupling = step[OUT] == 1 and only_coupling_varies(step, n, mediators)
    changes = np.empty((triggers, 4))
    for _ in range(np.prod(shape[:-1])):
        for k in range(1 if by_coupling else n):
            m, out = offsets[MEDIATOR_ROW] + k * step[MEDIATOR_ROW], offsets[OUT] + k * step[OUT]
            model = offsets[MODEL] + k * step[MODEL]
            for trigger in range(triggers):
                level = offsets[LEVELS] + k * step[LEVELS] + trigger
                gain = offsets[YIELD] + k * step[YIELD] + trigger
                per_W = yields[gain, 0] * levels[level, 1]
                terms = terms_of(forms, model, trigger, levels[level, 0], per_W, yields[gain, 1], mediators, m)
                changes[trigger, 0], changes[trigger, 1], changes[trigger, 2] = relative(terms)
                others = change_of_events(per_W, added[model, trigger])
                changes[trigger, 3] = others / (0.5 * changes[trigger, 0])
            if by_coupling:
                fill_chi2_of_couplings(couplings[m : m + n], changes, values[out : out + n])
            else:
                values[out] = chi2_at(changes, couplings[m])
        next_offsets(shape, strides, index, offsets)


@kernel
def fill_limits_of_point(
    form: Array, change: Array, levels: Array, yields: Array, mediator: Array, threshold: float, result: Array
) -> None:
    """Write the limits of a point: the Standard Model's events come from a row that allows nothing."""
    triggers = change.size
    forms, both_levels, both_yields = np.empty((2, *form.shape)), np.empty((2, triggers, 2)), np.empty((2, triggers, 2))
    forms[:], both_levels[:], both_yields[:] = form, levels, yields
    for k in range(triggers):
        added = change_of_events(yields[k, 0] * levels[k, 1], change[k])
        if math.isinf(added):
            result[:] = math.nan
            result[COUNT], result[POSITIVE_STATUS], result[NEGATIVE_STATUS] = 0.0, POLE, POLE
            return
        forms[1, CONSTANT, k] += change[k] if added != 0.0 else 0.0
    priors = np.array([math.inf, 0.0])
    fill_profiled_limits(
        forms, both_levels, both_yields, priors, mediator.reshape((1, 4)), threshold, result.reshape((1, result.size))
    )


@kernel
def fill_limits(
    shape: IntArray,
    strides: IntArray,
    folded: tuple[Array, Array],
    levels: Array,
    mediators: Array,
    yields: Array,
    threshold: float,
    values: Array,
) -> None:
    """As `likelihood.profiles.fill_limits`, with forms and changes ``folded``."""
    forms, added = folded
    index, offsets = np.zeros(shape.size, dtype=np.int64), np.zeros(strides.shape[0], dtype=np.int64)
    triggers, step = forms.shape[2], strides[:, -1].copy()
    columns = INTERVALS + 2 * (triggers + 1)
    for _ in range(np.prod(shape[:-1])):
        for k in range(shape[-1]):
            here = offsets + k * step
            model, level, gain, m, out = here[MODEL], here[LEVELS], here[YIELD], here[MEDIATOR_ROW], here[OUT]
            fill_limits_of_point(
                forms[model],
                added[model],
                levels[level : level + triggers],
                yields[gain : gain + triggers],
                mediators[m],
                threshold,
                values[out : out + columns],
            )
        next_offsets(shape, strides, index, offsets)
