"""Periods of the Majorana phases.

A phase alpha enters as exp(i alpha/2). The Standard Model's rate knows it through squares of the couplings a_ij alone,
so that 360 degrees change nothing; but they turn the sign of two of the a_ij, and with it that of the interference of
W and Z exchange with a new interaction that has an amplitude for the same pair of mass eigenstates.
"""

import numpy as np

from renp_fast.kernels.amplitude.masses_and_mixing import MAJORANA
from renp_fast.kernels.amplitude.models import (
    COMPLEX_POWERS,
    CONSTANT,
    IMAGINARY,
    REAL,
    SQUARE,
    given_of,
    model_row,
    models_of,
    powers_of,
)
from renp_fast.kernels.types import Array, Row
from renp_fast.physics.interactions import checked_texture, kernel_scales
from renp_fast.physics.neutrinos import Nature
from renp_fast.physics.textures import Texture

HALF_TURN, TURN = 360.0, 720.0
# Pairs 12 and 23, or 13 and 23, of 11, 12, 13, 22, 23, 33: whose couplings change their sign with 360 degrees
TURNED = {"alpha21_deg": (1, 4), "alpha31_deg": (2, 4)}
# Neutrinos of which nothing vanishes by chance, but for their nature: mixing angles and phases in degrees
GENERIC = (0.0, 0.0, 0.02, 7.5e-5, 2.5e-3, 33.0, 8.5, 200.0, 50.0, 110.0)
# Less than this part of what the two amplitudes alone suggest is rounding
VANISHING = 1e-12


def phase_periods(
    kind: str, chirality: str, texture: Texture, nature: Nature, spin_average: str, longitudinal: bool
) -> dict[str, float]:
    """Period, in degrees, of each Majorana phase beside a new interaction: 360 or 720.

    It is 720 where the interaction interferes with W and Z exchange for a pair of different mass eigenstates that the
    phase belongs to. So it is 360 for the Standard Model, diagonal textures and photon exchange.
    """
    neutrino: Row = np.array(GENERIC)
    neutrino[MAJORANA] = float(nature == "majorana")
    rows = np.array([model_row(neutrino, 0.5, [0], [float(longitudinal)])])
    textures = np.array([checked_texture(kind, chirality, texture, nature)])
    scales = np.array([kernel_scales(kind, chirality, spin_average)])
    models = models_of(given_of(rows, textures, scales), powers_of(1, COMPLEX_POWERS))
    sizes: Array = np.abs(models.currents[0]).max(axis=-1)
    if models.exchanges.size:
        sizes = np.maximum(sizes, np.abs(models.exchanges[0]).max(axis=(-2, -1)))
    whole = np.sqrt(sizes[CONSTANT].max() * sizes[SQUARE].max())
    felt = sizes[[REAL, IMAGINARY]].max(axis=0) > VANISHING * whole
    return {name: TURN if felt[list(pairs)].any() else HALF_TURN for name, pairs in TURNED.items()}
