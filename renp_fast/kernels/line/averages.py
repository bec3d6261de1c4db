"""Tables of averages over laser lines: what quadratic forms are for sharp photon energies.

An average holds everything but the coupling: so in the tables of `grid.loops` it is the form of an interaction of
contact, s and w/(E_eg (E_vg - w)^2) being 1 there.
"""

import math

import numpy as np

from renp_fast.kernels.amplitude.models import MODEL_E_EG, MODEL_NUMBERS, given_of, models_of
from renp_fast.kernels.amplitude.phase_space import Models
from renp_fast.kernels.line.convolution import POLE, average, pole_inside
from renp_fast.kernels.line.gauss_kronrod import INTEGRALS
from renp_fast.kernels.line.nodes import Law, new_work
from renp_fast.kernels.simd.jit import kernel
from renp_fast.kernels.types import Array, ComplexMatrix, Row

# Columns of a model of one interaction
MODEL_COLUMNS = MODEL_NUMBERS + 2
# Columns of a row after those of a model; SIGMA is the rms of laser and jitter together, DOPPLER that of the photon's
# energy in units of itself, GAMMA the half width of a Lorentzian, FLAT the full width of a top-hat
AVERAGE_E_VG, MEDIATOR_MASS, MEDIATOR_WIDTH, EXCHANGE, SIGMA, DOPPLER, GAMMA, FLAT, SPREAD = range(
    MODEL_COLUMNS, MODEL_COLUMNS + 9
)
AVERAGE_COLUMNS = MODEL_COLUMNS + 9
# Rows of an estimate: the error of each power of the coupling, and the status
STATUS = INTEGRALS
ESTIMATES = INTEGRALS + 1


@kernel
def law_of(row: Row, detuning: float, powers: int) -> Law:
    """The law of a row at a detuning E_eg/2 - w in eV."""
    E_eg = row[MODEL_E_EG]
    doppler = row[DOPPLER] * (0.5 * E_eg - detuning)
    return Law(
        E_eg,
        row[AVERAGE_E_VG],
        detuning,
        math.sqrt(row[SIGMA] * row[SIGMA] + doppler * doppler),
        row[GAMMA],
        row[FLAT],
        row[SPREAD],
        row[MEDIATOR_MASS],
        row[MEDIATOR_WIDTH],
        row[EXCHANGE],
        powers,
    )


@kernel
def fill_rows(
    rows: Array, models: Models, energies: Array, detuned: bool, acceptance: Array, forms: Array, estimates: Array
) -> None:
    """As `fill_averages`, for the models of the rows."""
    work, result = new_work(acceptance.shape[0]), np.empty(2 * INTEGRALS)
    powers = min(forms.shape[1], INTEGRALS)
    for m in range(rows.shape[0]):
        given = powers if powers == 1 or rows[m, MEDIATOR_WIDTH] == 0.0 else 4
        model = Models(
            models.pairs[m : m + 1], models.levels[m : m + 1], models.currents[m : m + 1], models.exchanges[m : m + 1]
        )
        forms[m], estimates[m] = 0.0, 0.0
        for k in range(energies.size):
            detuning = energies[k] if detuned else 0.5 * rows[m, MODEL_E_EG] - energies[k]
            law = law_of(rows[m], detuning, given)
            on_pole = pole_inside(law, model, acceptance)
            if on_pole:
                law = law_of(rows[m], detuning, 1)
            status = average(law, model, acceptance, work, result)
            if on_pole and powers > 1:
                result[1], result[2], status = 0.0, math.inf, max(status, POLE)
            for power in range(powers):
                forms[m, power, k] = result[power]
                estimates[m, power, k] = result[INTEGRALS + power]
            estimates[m, STATUS, k] = status


def fill_averages(
    rows: Array,
    textures: ComplexMatrix,
    scales: Array,
    energies: Array,
    detuned: bool,
    acceptance: Array,
    forms: Array,
    estimates: Array,
) -> None:
    """Write the averages of every row and photon energy into ``forms`` (rows, powers, energies).

    ``rows`` (rows, 22) are those of models, as for `spectrum.forms.fill_forms`, and the columns named above;
    ``acceptance`` (segments, 4) as for `line.nodes.acceptance_at`; ``estimates`` (rows, 4, energies) takes
    the errors and the statuses of `line.convolution`. Of more than three powers the fourth is 0.
    """
    powers = min(forms.shape[1], INTEGRALS)
    if powers > 1 and rows[:, MEDIATOR_WIDTH].any():
        powers = 4
    models = models_of(given_of(rows[:, :MODEL_COLUMNS], textures, scales), powers)
    fill_rows(rows, models, energies, detuned, acceptance, forms, estimates)


@kernel
def relative_errors(forms: Array, estimates: Array, values: Array) -> None:
    """Write the worst relative error of every row and photon energy into ``values`` (rows, energies).

    Those of constant and square are relative to themselves, that of the term between them to twice the root of their
    product, which no interference exceeds.
    """
    for m in range(forms.shape[0]):
        for k in range(forms.shape[2]):
            constant, worst = forms[m, 0, k], 0.0
            if constant > 0.0:
                worst = estimates[m, 0, k] / constant
            if forms.shape[1] > 1 and 0.0 < forms[m, 2, k] < math.inf:
                worst = max(worst, estimates[m, 2, k] / forms[m, 2, k])
                if constant > 0.0:
                    worst = max(worst, estimates[m, 1, k] / (2.0 * math.sqrt(constant * forms[m, 2, k])))
            values[m, k] = worst
