"""Several interactions at once: their amplitudes add.

The squared amplitude is a quadratic form in all strengths x_a of the interactions,

    W = W_0 + sum_a [R_a Re x_a + S_a |x_a|^2 + I_a Im x_a] + sum_{a<b} [R_ab Re(x_a* x_b) + I_ab Im(x_a* x_b)].

Its powers stand side by side (`amplitude.models.terms_of`), those of each interaction by itself and then the two of
each pair; those with Im only if some mediator has a width. With the strengths of all but the first interaction put in,
which is called the leading one, a form in x_0 alone remains (`fold`): the kernels for one interaction do all the rest.
"""

import math

import numpy as np

from renp_fast.kernels.amplitude.cancellation import CANCELLED
from renp_fast.kernels.amplitude.models import COMPLEX_POWERS, CONSTANT, IMAGINARY, REAL
from renp_fast.kernels.amplitude.models import place_of_pair as _place_of_pair
from renp_fast.kernels.amplitude.propagator import COUPLING, DAMPING, MEDIATOR, PHOTON_WITH_S, propagated, propagator_of
from renp_fast.kernels.simd.jit import kernel
from renp_fast.kernels.types import Array, IntArray

# The squared sum of amplitudes that cancel, of the squares of all, but for rounding
SAME_AMPLITUDE = 1e-15
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
def fill_left(forms: Array, models: IntArray, mediators: Array, s: Array, own: int, left: Array) -> None:
    """Write what no strength of the leading interaction takes away from W into ``left`` (rows, energies).

    The rest as of `fold`. What is left of each power of the others is found first: so
    huge strengths of others that the leading one can balance leave nothing behind.
    """
    n, energies = mediators.shape[1], forms.shape[2]
    x, skipped = np.empty((n, 2, energies)), np.empty(energies)
    for row in range(models.size):
        form = forms[models[row]]
        for b in range(1, n):
            fill_strengths(mediators[row, b], s[models[row]], form[1 + b * own + 1], x[b], skipped)
        for k in range(energies):
            left[row, k] = left_at(form[:, k], n, own, x[:, :, k])


@kernel
def left_at(form: Array, n: int, own: int, x: Array) -> float:
    """What no strength of the leading interaction takes away from W, for those of the others ``x`` (n, 2)."""
    standard, square = form[CONSTANT], form[2]
    whole = own == COMPLEX_POWERS
    first = complex(form[1], form[3] if whole else 0.0)
    fourth = 0.25 / square if square > 0.0 else 0.0
    total = less(standard, (first.real**2 + first.imag**2) * fourth, standard)
    sizes = total
    for b in range(1, n):
        own_b, place = form[1 + b * own + 1], place_of_pair(0, b, n, own)
        mixed = complex(form[place], -form[place + 1] if whole else 0.0)
        xb = complex(x[b, 0], x[b, 1])
        own_left = less(own_b, (mixed.real**2 + mixed.imag**2) * fourth, own_b)
        if not own_left > 0.0:
            continue  # the leading interaction can do all that this one does
        both, scale = first.conjugate() * mixed, 2.0 * math.sqrt(standard * own_b)
        real = less(form[1 + b * own], 2.0 * both.real * fourth, scale)
        imaginary = less(form[1 + b * own + 2] if whole else 0.0, -2.0 * both.imag * fourth, scale)
        terms = (own_left * (xb.real**2 + xb.imag**2), real * xb.real, imaginary * xb.imag)
        total += terms[0] + terms[1] + terms[2]
        sizes += terms[0] + math.fabs(terms[1]) + math.fabs(terms[2])
        for c in range(b + 1, n):
            own_c, place_c, place = form[1 + c * own + 1], place_of_pair(0, c, n, own), place_of_pair(b, c, n, own)
            mixed_c = complex(form[place_c], -form[place_c + 1] if whole else 0.0)
            if not less(own_c, (mixed_c.real**2 + mixed_c.imag**2) * fourth, own_c) > 0.0:
                continue
            z, scale = xb.conjugate() * complex(x[c, 0], x[c, 1]), 2.0 * math.sqrt(own_b * own_c)
            both = mixed.conjugate() * mixed_c
            real = less(form[place], 2.0 * both.real * fourth, scale)
            imaginary = less(form[place + 1] if whole else 0.0, -2.0 * both.imag * fourth, scale)
            total += real * z.real + imaginary * z.imag
            sizes += math.fabs(real * z.real) + math.fabs(imaginary * z.imag)
    return total if total > CANCELLED * sizes else 0.0


@kernel
def less(value: float, other: float, scale: float) -> float:
    """A difference, but 0 if that is no more than rounding, of numbers of a scale."""
    difference = value - other
    return difference if math.fabs(difference) > CANCELLED * scale else 0.0


@kernel
def felt_together(form: Array, n: int, own: int, couplings: Array) -> bool:
    """Whether a pole is felt of several interactions that share it, none of which is like another."""
    total, size = 0.0, 0.0
    for b in range(1, n):
        part = form[1 + b * own + 1] * couplings[b] * couplings[b]
        total += part
        size += part
        for c in range(b + 1, n):
            part = form[place_of_pair(b, c, n, own)] * couplings[b] * couplings[c]
            total += part
            size += math.fabs(part)
    return total > SAME_AMPLITUDE * size


@kernel
def join_alike(form: Array, n: int, own: int, first: int, couplings: Array) -> None:
    """Add couplings of alike interactions, those before ``first`` aside, to that of the first of them.

    Two are alike if the square of one, that of the other and half of what is between them are the same.
    """
    for b in range(1, n):
        square = form[1 + b * own + 1]
        for c in range(first, b):
            between = form[place_of_pair(c, b, n, own)]
            alike = form[1 + c * own + 1] == square and math.fabs(between) == 2.0 * square
            if couplings[b] != 0.0 and alike and (c == 0 or couplings[c] != 0.0):
                couplings[c] += math.copysign(couplings[b], between * couplings[b])
                couplings[b] = 0.0


@kernel
def settle_pole(form: Array, n: int, own: int, couplings: Array) -> tuple[bool, float]:
    """Whether others are felt on a pole that they share, and if so the leading coupling that takes it away, or 0.

    ``couplings`` (n,) are those of the others on the pole, 0 for all else. Those of alike interactions add before all
    else, so that opposite ones leave nothing.
    """
    join_alike(form, n, own, 1, couplings)
    if not felt_together(form, n, own, couplings):
        return False, 0.0
    join_alike(form, n, own, 0, couplings)
    return True, 0.0 if felt_together(form, n, own, couplings) else -couplings[0]


@kernel
def fold(
    forms: Array,
    models: IntArray,
    mediators: Array,
    s: Array,
    own: int,
    folded: Array,
    change: Array,
    balance: Array,
) -> None:
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
        Is filled with what the other interactions change of it; infinite on their poles, if these do not cancel.
    balance : ndarray (rows, 2, energies)
        On a pole of others that the leading interaction shares and can take away, the coupling that does, which is
        nowhere else but 0, and the change that remains then.
    """
    n, energies = mediators.shape[1], forms.shape[2]
    poles, on_pole, couplings = np.empty((n, energies)), np.empty(energies), np.empty(n)
    x, mixed, whole = np.empty((n, 2, energies)), np.empty((2, energies)), own == COMPLEX_POWERS
    for row in range(models.size):
        form, result, added = forms[models[row]], folded[row], change[row]
        result[:] = form[: len(result)]
        added[:], poles[:] = 0.0, 0.0
        for b in range(1, n):
            place = 1 + b * own
            square = form[place + 1]
            fill_strengths(mediators[row, b], s[models[row]], square, x[b], poles[b])
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
        balance[row] = 0.0
        on_pole[:] = 0.0
        for b in range(1, n):
            on_pole += poles[b]
        for k in np.flatnonzero(on_pole != 0.0):
            for b in range(1, n):
                couplings[b] = mediators[row, b, COUPLING] if poles[b, k] != 0.0 else 0.0
            couplings[0] = 0.0
            felt, balance[row, 0, k] = settle_pole(form[:, k], n, own, couplings)
            balance[row, 1, k] = added[k]
            added[k] = math.inf if felt else added[k]
