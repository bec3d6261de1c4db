"""Several interactions at once: their amplitudes add.

The squared amplitude is a quadratic form in all strengths x_a of the interactions,

    W = W_0 + sum_a [R_a Re x_a + S_a |x_a|^2 + I_a Im x_a] + sum_{a<b} [R_ab Re(x_a* x_b) + I_ab Im(x_a* x_b)].

Its powers stand side by side (`amplitude.models.terms_of`), those of each interaction by itself and then the two of each
pair; those with Im only if some mediator has a width. With the strengths of all but the first interaction put in, which
is called the leading one, a form in x_0 alone remains (`fold`): the kernels for one interaction do all the rest.
"""

import math

import numpy as np

from renp_fast.kernels.amplitude.models import COMPLEX_POWERS, IMAGINARY, REAL
from renp_fast.kernels.amplitude.models import place_of_pair as _place_of_pair
from renp_fast.kernels.amplitude.propagator import DAMPING, MEDIATOR, PHOTON_WITH_S, propagated, propagator_of
from renp_fast.kernels.simd.jit import kernel
from renp_fast.kernels.types import Array, IntArray

place_of_pair = kernel(_place_of_pair)


@kernel
def fill_strengths(mediator: Array, s: Array, square: Array, strengths: Array, change: Array) -> None:
    """Write the strengths (2, energies) of an interaction, real and imaginary parts.

    On a pole that some open pair feels, where ``square`` is above 0, ``change`` (energies) becomes infinite.
    """
    coupling, mass, width, exchange = mediator
    if exchange != MEDIATOR or coupling == 0.0:
        for k in range(s.size):
            strengths[0, k] = coupling * s[k] if exchange == PHOTON_WITH_S else coupling
        strengths[1] = 0.0
        return
    by = propagator_of(mass, width, exchange)
    if by[DAMPING] != 0.0:
        for k in range(s.size):
            real, _, imaginary = propagated(s[k], by, False)
            strengths[0, k], strengths[1, k] = coupling * real, coupling * imaginary
        return
    polar = False
    for k in range(s.size):
        strengths[0, k] = coupling / (s[k] - mass * mass)
        polar |= math.fabs(strengths[0, k]) == math.inf
    strengths[1] = 0.0
    if polar:
        for k in range(s.size):
            if math.isinf(strengths[0, k]):
                change[k] = math.inf if square[k] > 0.0 else change[k]
                strengths[0, k] = 0.0


@kernel
def add_product(power: Array, x: Array, to: Array) -> None:
    """Add a power times a strength to ``to``, all of them (energies)."""
    for k in range(to.size):
        to[k] += power[k] * x[k]


@kernel
def fill_mixed(first: Array, other: Array, mixed: Array) -> None:
    """Write x_a* x_b of strengths (2, energies) into ``mixed`` (2, energies)."""
    for k in range(mixed.shape[1]):
        mixed[0, k] = first[0, k] * other[0, k] + first[1, k] * other[1, k]
        mixed[1, k] = first[0, k] * other[1, k] - first[1, k] * other[0, k]


@kernel
def fold(forms: Array, models: IntArray, mediators: Array, s: Array, own: int, folded: Array, change: Array) -> None:
    """Put in the strengths of all interactions but the leading one.

    Parameters
    ----------
    forms : ndarray (models, powers, energies)
        Forms of `spectrum.forms.fill_forms`.
    models : ndarray (rows,)
        The form of each row.
    mediators : ndarray (rows, interactions, 4)
        Mediators as of `grid.loops.fill_values`; that of the leading interaction does not count.
    s : ndarray (models, energies)
        In eV^2.
    own : int
        Powers of each interaction by itself.
    folded : ndarray (rows, 3 or 4, energies)
        Is filled with the powers of the leading strength; the first remains that of the Standard Model.
    change : ndarray (rows, energies)
        Is filled with what the other interactions change of it; infinite on their poles.
    """
    n, energies = mediators.shape[1], forms.shape[2]
    x, mixed, whole = np.empty((n, 2, energies)), np.empty((2, energies)), own == COMPLEX_POWERS
    for row in range(models.size):
        form, result, added = forms[models[row]], folded[row], change[row]
        result[:] = form[: len(result)]
        added[:] = 0.0
        for b in range(1, n):
            place = 1 + b * own
            square = form[place + 1]
            fill_strengths(mediators[row, b], s[models[row]], square, x[b], added)
            fill_mixed(x[b], x[b], mixed)
            add_product(form[place], x[b, 0], added)
            add_product(square, mixed[0], added)
            if whole:
                add_product(form[place + 2], x[b, 1], added)
            for a in range(b):
                place = place_of_pair(a, b, n, own)
                if a > 0:
                    fill_mixed(x[a], x[b], mixed)
                    add_product(form[place], mixed[0], added)
                    if whole:
                        add_product(form[place + 1], mixed[1], added)
                    continue
                # x_0* x_b by the parts of x_0
                add_product(form[place], x[b, 0], result[REAL])
                if whole:
                    add_product(form[place + 1], x[b, 1], result[REAL])
                if len(result) > IMAGINARY:
                    add_product(form[place], x[b, 1], result[IMAGINARY])
                    mixed[0] = -x[b, 0]
                    add_product(form[place + 1], mixed[0], result[IMAGINARY])
