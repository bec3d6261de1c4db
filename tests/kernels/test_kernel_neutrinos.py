"""Masses and mixing of the kernels against 50 digits."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renp_fast.kernels.amplitude import masses_and_mixing as kernels
from renp_fast.kernels.types import Row

mp = mpmath.MPContext()
mp.dps = 50


@st.composite
def neutrino_rows(draw: st.DrawFn) -> Row:
    """A row as the kernels take it, every column different."""
    inverted = draw(st.booleans())
    row = np.zeros(kernels.NEUTRINO_COLUMNS)
    row[kernels.MAJORANA] = draw(st.booleans())
    row[kernels.INVERTED] = inverted
    row[kernels.LIGHTEST_MASS] = draw(st.just(0.0) | st.floats(1e-6, 1.0))
    row[kernels.DM21] = draw(st.floats(7e-5, 8e-5))
    row[kernels.DM3L] = draw(st.floats(2.3e-3, 2.7e-3)) * (-1.0 if inverted else 1.0)
    row[kernels.THETA12] = draw(st.floats(0.0, 90.0))
    row[kernels.THETA13] = draw(st.floats(0.0, 90.0))
    for column in (kernels.DELTA_CP, kernels.ALPHA21, kernels.ALPHA31):
        row[column] = draw(st.floats(-360.0, 360.0))
    return row


def squared_masses(row: Row) -> list:
    lightest, dm21, dm3l = (mp.mpf(row[k]) for k in (kernels.LIGHTEST_MASS, kernels.DM21, kernels.DM3L))
    if row[kernels.INVERTED] == 0.0:
        return [lightest**2, lightest**2 + dm21, lightest**2 + dm3l]
    return [lightest**2 - dm3l - dm21, lightest**2 - dm3l, lightest**2]


@settings(deadline=None)
@given(row=neutrino_rows())
def test_masses_are_double_doubles(row: Row) -> None:
    """A few roundings of 2^-104 each; float64 alone would stop at 2^-53."""
    for (high, low), squared in zip(kernels.masses(row), squared_masses(row), strict=True):
        assert abs(mp.mpf(high) + mp.mpf(low) - mp.sqrt(squared)) <= 2.0**-100 * mp.sqrt(squared)
        assert high + low == high


@pytest.mark.parametrize("i", range(3))
@pytest.mark.parametrize("j", range(3))
@settings(max_examples=20, deadline=None)
@given(row=neutrino_rows())
def test_squared_mass_difference_does_not_cancel(i: int, j: int, row: Row) -> None:
    """Relative error of a few eps at any mass scale, although the masses themselves may be a thousand times larger.

    Two sums, of dm3l and dm21 for inverted ordering, |dm3l| + dm21 being at most 1.2 times their result.
    """
    squared = squared_masses(row)
    right = squared[i] - squared[j]
    got = kernels.squared_mass_difference(row, i, j)
    assert abs(got - right) <= 4.0 * np.finfo(float).eps * abs(right)


@settings(deadline=None)
@given(row=neutrino_rows())
def test_electron_row_of_the_mixing_matrix(row: Row) -> None:
    """U_e = (c12 c13, s12 c13 exp(i alpha21/2), s13 exp(-i delta) exp(i alpha31/2)) of the PDG parametrisation."""
    t12, t13, delta, alpha21, alpha31 = (
        mp.mpf(row[k]) * mp.pi / 180
        for k in (kernels.THETA12, kernels.THETA13, kernels.DELTA_CP, kernels.ALPHA21, kernels.ALPHA31)
    )
    right = (
        mp.cos(t12) * mp.cos(t13),
        mp.sin(t12) * mp.cos(t13) * mp.expj(alpha21 / 2),
        mp.sin(t13) * mp.expj(alpha31 / 2 - delta),
    )
    for got, value in zip(kernels.electron_row(row), right, strict=True):
        # a phase of up to 3 pi has an absolute error of up to 10 u, and so has the unit vector along it
        assert abs(mp.mpc(got) - value) <= 16 * 2.0**-53


@settings(deadline=None)
@given(row=neutrino_rows())
def test_axial_coupling(row: Row) -> None:
    """Hermitian, with sum |a_ij|^2 = sum |U_ei|^2 |U_ej|^2 - sum |U_ei|^2 + 3/4 = 3/4 whatever the parameters."""
    a = np.full((3, 3), np.nan, dtype=np.complex128)
    kernels.axial_coupling(row, a)
    U = np.array(kernels.electron_row(row))
    assert np.array_equal(a, a.conj().T)
    assert (abs(a) ** 2).sum() == pytest.approx(0.75, rel=1e-14)
    assert a == pytest.approx(np.outer(U.conj(), U) - np.eye(3) / 2, abs=1e-15)
