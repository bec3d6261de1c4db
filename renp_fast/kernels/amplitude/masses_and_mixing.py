"""Neutrino masses, the electron row of the mixing matrix, and the axial coupling to electrons.

A neutrino travels as one row of float64; these are its columns. Angles are in degrees, masses in eV, squared-mass
differences in eV^2; ``MAJORANA`` and ``INVERTED`` are 0 or 1.
"""

import math

from renp_fast.kernels.amplitude import double_double as dd
from renp_fast.kernels.simd.jit import kernel
from renp_fast.kernels.types import ComplexMatrix, Row

MAJORANA = 0
INVERTED = 1
LIGHTEST_MASS = 2
DM21 = 3
DM3L = 4
THETA12 = 5
THETA13 = 6
DELTA_CP = 7
ALPHA21 = 8
ALPHA31 = 9
NEUTRINO_COLUMNS = 10


@kernel
def masses(neutrino: Row) -> tuple[tuple[float, float], tuple[float, float], tuple[float, float]]:
    """(m1, m2, m3) in eV as double-doubles.

    Normal ordering: m1 = m0, m2^2 = m0^2 + dm21, m3^2 = m0^2 + dm31 (dm3l = dm31).
    Inverted ordering: m3 = m0, m2^2 = m0^2 - dm32, m1^2 = m2^2 - dm21 (dm3l = dm32 < 0).
    """
    lightest = neutrino[LIGHTEST_MASS]
    squared = dd.two_product(lightest, lightest)
    if neutrino[INVERTED] == 0.0:
        second = dd.square_root(dd.add(squared, (neutrino[DM21], 0.0)))
        third = dd.square_root(dd.add(squared, (neutrino[DM3L], 0.0)))
        return (lightest, 0.0), second, third
    second_squared = dd.add(squared, (-neutrino[DM3L], 0.0))
    first = dd.square_root(dd.add(second_squared, (-neutrino[DM21], 0.0)))
    return first, dd.square_root(second_squared), (lightest, 0.0)


@kernel
def squared_mass_difference(neutrino: Row, i: int, j: int) -> float:
    """m_i^2 - m_j^2 in eV^2, from the differences themselves, free of cancellation."""
    if neutrino[INVERTED] == 0.0:
        from_first = (0.0, neutrino[DM21], neutrino[DM3L])
    else:
        from_first = (0.0, neutrino[DM21], neutrino[DM3L] + neutrino[DM21])
    return from_first[i] - from_first[j]


@kernel
def electron_row(neutrino: Row) -> tuple[complex, complex, complex]:
    """(U_e1, U_e2, U_e3), PDG parametrisation times diag(1, exp(i alpha21/2), exp(i alpha31/2))."""
    theta12 = math.radians(neutrino[THETA12])
    theta13 = math.radians(neutrino[THETA13])
    phase2 = math.radians(neutrino[ALPHA21]) / 2.0
    phase3 = math.radians(neutrino[ALPHA31]) / 2.0 - math.radians(neutrino[DELTA_CP])
    c13 = math.cos(theta13)
    size2 = math.sin(theta12) * c13
    size3 = math.sin(theta13)
    return (
        complex(math.cos(theta12) * c13, 0.0),
        complex(size2 * math.cos(phase2), size2 * math.sin(phase2)),
        complex(size3 * math.cos(phase3), size3 * math.sin(phase3)),
    )


@kernel
def axial_coupling(neutrino: Row, a: ComplexMatrix) -> None:
    """Write a_ij = U*_ei U_ej - delta_ij/2, the axial coupling of W and Z exchange, into ``a`` (3, 3)."""
    row = electron_row(neutrino)
    for i in range(3):
        for j in range(3):
            a[i, j] = row[i].conjugate() * row[j]
        a[i, i] -= 0.5
