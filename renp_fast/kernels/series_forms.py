"""Quadratic forms at many photon energies: by polynomials where `kernels.series` has them, else by `fill_form`."""

from typing import TypeAlias

from renp_fast.kernels.forms import PIECE, fill_form
from renp_fast.kernels.jit import inner, kernel
from renp_fast.kernels.phase_space import ACTIVE, APART_COLUMN, TwoFloats
from renp_fast.kernels.series import (
    BY_DETUNING,
    BY_FACTOR,
    END,
    NEARLY,
    coefficients_at,
    coefficients_in,
    factor_of,
    found,
    has_series,
    interval_of,
    lies_in,
    may_have_series,
    places_of,
    position,
    power_of,
    times,
    uneven_until,
)
from renp_fast.kernels.simd import LANES, all_of, fma, put, select, take, whole_vectors, wide
from renp_fast.kernels.terms import squared_energy
from renp_fast.kernels.types import Array

# E_eg, places of `places_of`, `APART_COLUMN` and `factor_of` the power
Laws: TypeAlias = tuple[float, float, float, TwoFloats]


@inner
def run_in_interval(k: int, whole: int, interval: int, detuning: Array, laws: Laws, table: Array, form: Array) -> int:
    """Write a power from entry k on, as long as whole vectors lie in an interval; returns the entry after these."""
    E_eg, places, apart, by = laws
    f, g = coefficients_in(table[BY_DETUNING], interval), coefficients_in(table[BY_FACTOR], interval)
    own = float(interval)
    while k < whole:
        x = take(detuning, k, wide(0.0))
        place = places / x
        if not lies_in(place, own):
            break
        w2 = squared_energy(x, E_eg)
        put(form, k, power_of(fma(w2, apart, x), w2 * times(x, place, by), position(place, own), f, g))
        k += LANES
    return k


@inner
def mixed_step(k: int, like: float, detuning: Array, laws: Laws, table: Array, form: Array) -> None:
    """Write a power at entry k where there is a series."""
    E_eg, places, apart, by = laws
    x = take(detuning, k, like)
    if may_have_series(x, True, E_eg, places):
        place = places / x
        own, interval, entry = found(place)
        f, g = coefficients_at(table[BY_DETUNING], entry), coefficients_at(table[BY_FACTOR], entry)
        w2 = squared_energy(x, E_eg)
        value = power_of(fma(w2, apart, x), w2 * times(x, place, by), position(own, interval), f, g)
        put(form, k, select(has_series(place), value, take(form, k, like)))


@kernel
def fill_power(detuning: Array, laws: Laws, table: Array, form: Array) -> None:
    """Write a power at detunings (n,) into ``form`` (n,), where there is a series."""
    n, k = detuning.size, 0
    whole = whole_vectors(n)
    while k < whole:
        interval = interval_of(laws[1] / detuning[k])
        if interval >= 0:
            k = run_in_interval(k, whole, interval, detuning, laws, table, form)
        stop, _ = uneven_until(k, detuning[:whole], True, laws[0], laws[1])
        for entry in range(k, stop, LANES):
            mixed_step(entry, wide(0.0), detuning, laws, table, form)
        k = stop
    for entry in range(whole, n):
        mixed_step(entry, 0.0, detuning, laws, table, form)


@kernel
def without_series(detuning: Array, packed: Array) -> tuple[int, int]:
    """Where entries begin and end that may have no series; whole vectors up to the last."""
    least, n = places_of(packed[0, 0]) / (NEARLY * END), detuning.size
    whole, first, last = whole_vectors(n), n, 0
    for k in range(0, whole, LANES):
        if not all_of(least < take(detuning, k, wide(0.0))):
            first, last = min(first, k), k + LANES
    for k in range(whole, n):
        if not least < detuning[k]:
            first, last = min(first, whole), n
    return first, last


@kernel
def is_active(packed: Array, power: int) -> bool:
    """Whether a power has any term."""
    return packed[power, 0, 0, ACTIVE] != 0.0 or packed[power, 1, 0, ACTIVE] != 0.0  # type: ignore[no-any-return]


@kernel
def fill_with_series(detuning: Array, E_eg: float, packed: Array, series: Array, form: Array) -> None:
    """Write all powers at detunings (n,) into ``form`` (powers, n), where there is a series and a power any term."""
    for power in range(packed.shape[0]):
        if is_active(packed, power):
            laws = (E_eg, places_of(packed[0, 0]), packed[power, 0, 0, APART_COLUMN], factor_of(packed, power))
            fill_power(detuning, laws, series[power], form[power])


@kernel
def fill_form_with_series(
    detuning: Array, E_eg: float, packed: Array, series: Array, scratch: Array, form: Array
) -> None:
    """As `kernels.forms.fill_form`, with coefficients of `kernels.series.series_of`; without any, the very same."""
    if series.shape[0] == 0:
        fill_form(detuning, E_eg, packed, scratch, form)
        return
    for power in range(packed.shape[0]):
        if not is_active(packed, power):
            form[power] = 0.0
    first, last = without_series(detuning, packed)
    if first < last:
        fill_form(detuning[first:last], E_eg, packed, scratch, form[:, first:last])
    fill_with_series(detuning, E_eg, packed, series, form)


@kernel
def fill_form_in_pieces(
    detuning: Array, E_eg: float, packed: Array, series: Array, scratch: Array, form: Array
) -> None:
    """As `fill_form_with_series`, for any number of detunings."""
    for start in range(0, detuning.size, PIECE):
        stop = min(start + PIECE, detuning.size)
        fill_form_with_series(detuning[start:stop], E_eg, packed, series, scratch, form[:, start:stop])
