"""Neutrino masses and mixing for named parameters."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from renp_fast.kernels.amplitude import masses_and_mixing as kernels
from renp_fast.kernels.amplitude.models import pair_thresholds
from renp_fast.kernels.types import Array, ComplexMatrix
from renp_fast.physics.oscillation import OSCILLATION_NAMES, Ordering, best_fit
from renp_fast.physics.parameters import check_parameters

Nature: TypeAlias = Literal["dirac", "majorana"]
MIXING = (*OSCILLATION_NAMES, "alpha21_deg", "alpha31_deg")


@dataclass(frozen=True)
class Neutrinos:
    """Three neutrinos of given nature, ordering, masses and mixing.

    Parameters
    ----------
    nature : {"dirac", "majorana"}
    ordering : {"normal", "inverted"}
    lightest_mass_eV : float
        m1 for normal, m3 for inverted ordering, in eV.
    oscillation : str
        Preset of best fits; any parameter below that is given replaces its value there.
    theta12_deg, theta13_deg, theta23_deg, delta_cp_deg : float, optional
        Mixing angles and Dirac phase, in degrees (PDG parametrisation).
    alpha21_deg, alpha31_deg : float
        Majorana phases in degrees: U is multiplied by diag(1, exp(i alpha21/2), exp(i alpha31/2)) for both natures.
    dm21_eV2, dm3l_eV2 : float, optional
        Squared-mass differences in eV^2; dm3l is dm31 > 0 for normal, dm32 < 0 for inverted ordering.

    Raises
    ------
    ValueError
        For a name that is not allowed, a negative mass or a squared-mass difference of the wrong sign.
    """

    nature: Nature
    ordering: Ordering
    lightest_mass_eV: float
    oscillation: str = "NuFIT-6.0"
    theta12_deg: float | None = None
    theta13_deg: float | None = None
    theta23_deg: float | None = None
    delta_cp_deg: float | None = None
    alpha21_deg: float = 0.0
    alpha31_deg: float = 0.0
    dm21_eV2: float | None = None
    dm3l_eV2: float | None = None

    def __post_init__(self) -> None:
        check_parameters(("nature", "ordering", "oscillation", "lightest_mass_eV"), self)
        for name, default in best_fit(self.oscillation, self.ordering).items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, default)
        check_parameters(MIXING, self)
        assert self.dm21_eV2 is not None
        assert self.dm3l_eV2 is not None
        check_mass_differences(self.ordering, self.dm21_eV2, self.dm3l_eV2)

    @property
    def row(self) -> Array:
        """The neutrino as the kernels take it (10,)."""
        return np.array(
            [
                self.nature == "majorana",
                self.ordering == "inverted",
                self.lightest_mass_eV,
                self.dm21_eV2,
                self.dm3l_eV2,
                self.theta12_deg,
                self.theta13_deg,
                self.delta_cp_deg,
                self.alpha21_deg,
                self.alpha31_deg,
            ],
            dtype=np.float64,
        )

    @property
    def masses_eV(self) -> Array:
        """(m1, m2, m3) in eV."""
        return np.array([high for high, _ in kernels.masses(self.row)])

    @property
    def axial_coupling(self) -> ComplexMatrix:
        """a_ij = U*_ei U_ej - delta_ij/2 (3, 3), the axial coupling to electrons by W and Z exchange."""
        a = np.empty((3, 3), dtype=np.complex128)
        kernels.axial_coupling(self.row, a)
        return a


def check_mass_differences(ordering: Ordering, dm21_eV2: float, dm3l_eV2: float) -> None:
    """Raise ValueError unless the squared-mass differences make three real, distinct masses of that ordering."""
    if ordering == "normal" and not dm21_eV2 < dm3l_eV2 < np.inf:
        raise ValueError(f"dm3l_eV2: got {dm3l_eV2!r}; allowed for normal ordering: above dm21_eV2, finite")
    if ordering == "inverted" and not -np.inf < dm3l_eV2 < -dm21_eV2:
        raise ValueError(f"dm3l_eV2: got {dm3l_eV2!r}; allowed for inverted ordering: below -dm21_eV2, finite")


def thresholds_eV(neutrinos: Neutrinos, E_eg_eV: float) -> dict[str, float]:
    """Photon energies in eV below which each pair is open, keyed "11", "12", "13", "22", "23", "33".

    w_ij = E_eg/2 - (m_i + m_j)^2/(2 E_eg), from the kinematics of the pair (Dinh et al., arXiv:1209.4808).
    """
    detunings = [high for high, _, _ in pair_thresholds(neutrinos.row, E_eg_eV)]
    return {name: 0.5 * E_eg_eV - x for name, x in zip(("11", "12", "13", "22", "23", "33"), detunings, strict=True)}
