"""Chi^2 and limits of the leading of several interactions, at the points of a box, where the others change the events.

Folded forms (`spectrum.added_forms.fold`) hold the Standard Model's power, against which chi^2 is taken, and beside
them what the other interactions change of it, what no leading coupling takes away (`spectrum.added_forms.fill_left`),
and couplings that take away a pole. The rest is as of `grid.loops` and `likelihood.profiles`.
"""

import math

import numpy as np

from renp_fast.kernels.amplitude.cancellation import least_events
from renp_fast.kernels.amplitude.models import CONSTANT, IMAGINARY, REAL, SQUARE
from renp_fast.kernels.amplitude.propagator import COUPLING, strength
from renp_fast.kernels.grid.loops import LEVELS, MEDIATOR_ROW, MODEL, OUT, YIELD, next_offsets, only_coupling_varies
from renp_fast.kernels.grid.point_rows import terms_of
from renp_fast.kernels.likelihood.chi2_rows import chi2_at, fill_change, fill_chi2_of_couplings
from renp_fast.kernels.likelihood.crossings import (
    CONSTANT_CHANGE,
    EXPECTED,
    LEAST,
    LINEAR_CHANGE,
    POLE,
    SQUARE_CHANGE,
    TERMS,
    fill_edges,
)
from renp_fast.kernels.likelihood.profiles import (
    COUNT,
    INTERVALS,
    NEGATIVE_STATUS,
    POSITIVE_STATUS,
    SPARE_INTERVALS,
    write_limits,
)
from renp_fast.kernels.simd.jit import kernel
from renp_fast.kernels.types import Array, IntArray


@kernel
def change_of_events(per_W: float, change: float) -> float:
    """What a change of W, infinite on a pole, makes of the observable."""
    return per_W * change if per_W != 0.0 else 0.0


@kernel
def trigger_terms(
    form: Array, change: float, left: float, level: Array, gain: Array, mediator: Array, terms: Array
) -> bool:
    """Write the `likelihood.crossings` terms of one trigger into ``terms`` (5,); False on a pole.

    ``form`` (powers,); ``level``: s and the factor of W; ``gain``: factor and offset of the events.
    """
    per_W, offset = gain[0] * level[1], gain[1]
    others = change_of_events(per_W, change)
    terms[EXPECTED], terms[CONSTANT_CHANGE] = per_W * form[CONSTANT] + offset, others
    terms[LINEAR_CHANGE] = terms[SQUARE_CHANGE] = 0.0
    terms[LEAST] = terms[EXPECTED] + others
    x, y = strength(1.0, mediator[1], mediator[2], level[0], mediator[3])
    real, square = per_W * form[REAL], per_W * form[SQUARE]
    if math.isinf(others):
        return False
    if not square > 0.0:
        return True
    if math.isinf(x):
        return False
    imaginary = per_W * form[IMAGINARY] if form.size > IMAGINARY else 0.0
    terms[LINEAR_CHANGE], terms[SQUARE_CHANGE] = x * real + y * imaginary, (x * x + y * y) * square
    terms[LEAST] = least_events(per_W * left, offset, real, imaginary, square, x, y)
    return True


@kernel
def fill_chi2(
    shape: IntArray,
    strides: IntArray,
    folded: tuple[Array, Array, Array, Array],
    levels: Array,
    mediators: Array,
    yields: Array,
    values: Array,
) -> None:
    """As `likelihood.chi2_grid.fill_chi2`, with forms, changes, what is left and balances ``folded``."""
    forms, added, left, balance = folded
    index, offsets = np.zeros(shape.size, dtype=np.int64), np.zeros(strides.shape[0], dtype=np.int64)
    step, n, triggers = strides[:, -1].copy(), shape[-1], forms.shape[2]
    couplings = mediators[:, COUPLING].copy()
    by_coupling = step[OUT] == 1 and only_coupling_varies(step, n, mediators)
    changes, row = np.empty((triggers, 5)), np.empty(TERMS)
    for _ in range(np.prod(shape[:-1])):
        for k in range(1 if by_coupling else n):
            m, out = offsets[MEDIATOR_ROW] + k * step[MEDIATOR_ROW], offsets[OUT] + k * step[OUT]
            model = offsets[MODEL] + k * step[MODEL]
            for trigger in range(triggers):
                level = offsets[LEVELS] + k * step[LEVELS] + trigger
                gain = offsets[YIELD] + k * step[YIELD] + trigger
                per_W, take_away = yields[gain, 0] * levels[level, 1], balance[model, 0, trigger]
                terms = terms_of(forms, model, trigger, levels[level, 0], per_W, yields[gain, 1], mediators, m)
                change = added[model, trigger]
                if take_away != 0.0 and math.isinf(terms[2]):
                    change = balance[model, 1, trigger]
                form = forms[model, :, trigger]
                trigger_terms(form, change, left[model, trigger], levels[level], yields[gain], mediators[m], row)
                fill_change(terms, row[CONSTANT_CHANGE], row[LEAST], take_away, changes[trigger])
            if by_coupling:
                fill_chi2_of_couplings(couplings[m : m + n], changes, values[out : out + n])
            else:
                values[out] = chi2_at(changes, couplings[m])
        next_offsets(shape, strides, index, offsets)


@kernel
def fill_limits_of_point(
    form: Array,
    change: Array,
    left: Array,
    levels: Array,
    yields: Array,
    mediator: Array,
    threshold: float,
    result: Array,
) -> None:
    """Write the limits of a point: the intervals of its own coupling, whether or not 0 is allowed."""
    triggers = change.size
    terms, edges = np.empty((triggers, TERMS)), np.empty(4 * triggers + 2 * SPARE_INTERVALS)
    result[:] = math.nan
    for k in range(triggers):
        if not trigger_terms(form[:, k], change[k], left[k], levels[k], yields[k], mediator, terms[k]):
            result[COUNT], result[POSITIVE_STATUS], result[NEGATIVE_STATUS] = 0.0, POLE, POLE
            return
    count, ended = fill_edges(terms, threshold, edges)
    write_limits(edges[: count // 2 * 2].reshape((count // 2, 2)), ended, result)


@kernel
def fill_limits(
    shape: IntArray,
    strides: IntArray,
    folded: tuple[Array, Array, Array, Array],
    levels: Array,
    mediators: Array,
    yields: Array,
    threshold: float,
    values: Array,
) -> None:
    """As `likelihood.profiles.fill_limits`, with forms, changes, what is left and balances ``folded``."""
    forms, added, left, _ = folded
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
                left[model],
                levels[level : level + triggers],
                yields[gain : gain + triggers],
                mediators[m],
                threshold,
                values[out : out + columns],
            )
        next_offsets(shape, strides, index, offsets)
