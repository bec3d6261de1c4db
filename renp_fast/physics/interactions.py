"""Interactions of the neutrino pair: named parameters -> coupling matrices.

Each class carries the couplings of one interaction; `matrices` gives the complex 3x3 matrices of the amplitude in
the mass basis, and `kernel_scales` says the same to the closed-form kernels.
"""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from renp_fast.kernels import quadrature
from renp_fast.kernels.amplitude import pair as amplitude
from renp_fast.kernels.amplitude import propagator
from renp_fast.kernels.types import Array, ComplexMatrix
from renp_fast.physics.constants import BOHR_MAGNETON, ELECTRIC_CHARGE, G_F, HBAR_C, M_E
from renp_fast.physics.neutrinos import Nature, Neutrinos
from renp_fast.physics.parameters import check_parameters
from renp_fast.physics.textures import Texture, texture_matrix

SQRT2 = math.sqrt(2.0)
# From a coupling to what the kernels add: a current, a scalar amplitude, photon exchange
CURRENT = 1.0 / (SQRT2 * G_F)
EXCHANGE = 1.0 / (2.0 * SQRT2 * G_F * M_E)
PHOTON = ELECTRIC_CHARGE / (6.0 * G_F * M_E)
MOMENT = PHOTON * BOHR_MAGNETON
CHARGE = PHOTON * ELECTRIC_CHARGE
AREA = CHARGE / HBAR_C.value**2  # of a radius squared in cm^2

# How the texture enters (aL, aR, scalar, pseudoscalar, mu, eps, fV, fA) for each kind and chirality, per unit strength
SCALES: dict[str, dict[str, tuple[float, ...]]] = {
    "standard_model": {"none": (0, 0, 0, 0, 0, 0, 0, 0)},
    "vector": {
        "left": (CURRENT, 0, 0, 0, 0, 0, 0, 0),
        "right": (0, CURRENT, 0, 0, 0, 0, 0, 0),
        "vector": (CURRENT, CURRENT, 0, 0, 0, 0, 0, 0),
        "axial": (-CURRENT, CURRENT, 0, 0, 0, 0, 0, 0),
    },
    "scalar": {"scalar": (0, 0, EXCHANGE, 0, 0, 0, 0, 0), "pseudoscalar": (0, 0, 0, EXCHANGE, 0, 0, 0, 0)},
    "dipole": {"magnetic": (0, 0, 0, 0, MOMENT, 0, 0, 0), "electric": (0, 0, 0, 0, 0, MOMENT, 0, 0)},
    "form_factor": {
        "millicharge": (0, 0, 0, 0, 0, 0, CHARGE, 0),
        "charge_radius": (0, 0, 0, 0, 0, 0, AREA / 6.0, 0),
        "anapole": (0, 0, 0, 0, 0, 0, 0, AREA),
    },
}

SpinAverage = Literal["isotropic", "polarised"]


def kernel_scales(kind: str, chirality: str, spin_average: str = "isotropic", magnetic_factor: float = 1.0) -> Array:
    """How the texture enters the amplitude, per unit strength, and how spins are averaged (11,).

    Isotropic spins are the papers' average. Polarised ones are those of a J = 0 -> 1 -> 0 chain under linearly
    polarised light: transverse to q, so that amplitudes along q, those of scalars and of the longitudinal part of a
    vector among them, are absent, and photon exchange, which has no others, counts 3/2 times. ``magnetic_factor``
    multiplies amplitudes of photon exchange: the electron's magnetic moment in units of that of its spin alone.
    """
    multiples = SCALES[kind][chirality]
    along_and_photon = (0.0, 1.5) if spin_average == "polarised" else (1.0, 1.0)
    return np.array([*multiples[:4], *(magnetic_factor * m for m in multiples[4:]), *along_and_photon, 0.0])


def exchange_of(kind: str, chirality: str) -> int:
    """How the strength of that interaction follows from its coupling, as `amplitude.propagator.strength` names it."""
    if kind in ("vector", "scalar"):
        return propagator.MEDIATOR
    return propagator.PHOTON_WITH_S if chirality in ("charge_radius", "anapole") else propagator.CONTACT


def effective_matrices(scales: Array, texture: ComplexMatrix, nature: Nature) -> ComplexMatrix:
    """The eight coupling matrices (8, 3, 3) of the amplitude per unit strength, without the Standard Model.

    Of ``scales`` the first eight count.

    Majorana neutrinos: aL -> aL_ij - aR_ji, aR -> aR_ij - aL_ji, fV -> fV_ij - fV_ji, fA -> fA_ij + fA_ji, while
    the scalar and dipole matrices are the physical ones already.
    """
    given: ComplexMatrix = scales[:8, np.newaxis, np.newaxis] * texture
    if nature == "dirac":
        return given
    aL, aR, yS, yP, mu, eps, fV, fA = given
    return np.array([aL - aR.T, aR - aL.T, yS, yP, mu, eps, fV - fV.T, fA + fA.T])


def checked_texture(kind: str, chirality: str, texture: Texture, nature: Nature) -> ComplexMatrix:
    """The texture as a matrix (3, 3) in the mass basis, checked against what kind, chirality and nature allow.

    Raises
    ------
    ValueError
        If the texture is not allowed, or what it gives vanishes identically.
    """
    matrix = texture_matrix(texture, kind, chirality, nature)
    scales = np.array(SCALES[kind][chirality])
    if kind != "standard_model" and not effective_matrices(scales, matrix, nature).any():
        raise ValueError(
            f"texture: {texture!r} with chirality {chirality!r} vanishes identically for {nature} neutrinos; "
            "allowed: a coupling that does not"
        )
    return matrix


class Interaction:
    """What all interactions share; use one of its subclasses."""

    kind: ClassVar[str]
    chirality: str
    coupling: float
    texture: Texture
    mediator_mass_eV: float = 0.0
    mediator_width_eV: float = 0.0
    longitudinal: str = "off"

    def __post_init__(self) -> None:
        if isinstance(self.texture, np.ndarray):  # so that interactions compare
            object.__setattr__(self, "texture", self.texture.tolist())
        if self.chirality not in SCALES[self.kind]:
            allowed = ", ".join(SCALES[self.kind])
            raise ValueError(f"chirality: got {self.chirality!r}; allowed for {self.kind}: {allowed}")
        check_parameters(("coupling", "mediator_mass_eV", "mediator_width_eV", "longitudinal"), self)
        if self.longitudinal == "on" and self.mediator_mass_eV == 0.0:
            raise ValueError("mediator_mass_eV: got 0.0; allowed with a longitudinal part: above 0")

    @property
    def exchange(self) -> int:
        """How the strength follows from the coupling."""
        return exchange_of(self.kind, self.chirality)

    @property
    def mediator(self) -> tuple[float, float, float, float]:
        """Coupling, mass, width and exchange: a row of mediators."""
        return self.coupling, self.mediator_mass_eV, self.mediator_width_eV, float(self.exchange)

    def scales(self, spin_average: str = "isotropic", magnetic_factor: float = 1.0) -> Array:
        """What the closed form needs besides the texture (11,): `kernel_scales`, and 1/M^2 of a longitudinal part."""
        scales = kernel_scales(self.kind, self.chirality, spin_average, magnetic_factor)
        if self.longitudinal == "on":
            scales[amplitude.LONGITUDINAL] = self.mediator_mass_eV**-2
        return scales

    def matrix(self, nature: Nature) -> ComplexMatrix:
        """The texture as a matrix (3, 3) in the mass basis, checked against what the nature allows.

        Raises
        ------
        ValueError
            If the texture is not allowed, or its combination vanishes.
        """
        return checked_texture(self.kind, self.chirality, self.texture, nature)

    def strength(self, s: float) -> complex:
        """Strength x of the interaction at squared momentum transfer s in eV^2; infinite on a pole without width."""
        return complex(
            *propagator.strength(self.coupling, self.mediator_mass_eV, self.mediator_width_eV, s, self.exchange)
        )

    def matrices(self, neutrinos: Neutrinos, magnetic_factor: float = 1.0) -> ComplexMatrix:
        """The coupling matrices (8, 3, 3) of the amplitude per unit strength."""
        nature = neutrinos.nature
        matrices = effective_matrices(self.scales(magnetic_factor=magnetic_factor), self.matrix(nature), nature)
        if self.longitudinal == "on":
            m, aL, aR = neutrinos.masses_eV, matrices[quadrature.A_LEFT], matrices[quadrature.A_RIGHT]
            factor = 0.5 / self.mediator_mass_eV**2
            matrices[quadrature.SCALAR] += 1j * factor * (m[:, np.newaxis] - m) * (aL + aR)
            matrices[quadrature.PSEUDOSCALAR] += factor * (m[:, np.newaxis] + m) * (aR - aL)
        return matrices


def standard_matrices(neutrinos: Neutrinos) -> ComplexMatrix:
    """The coupling matrices (8, 3, 3) of W and Z exchange."""
    matrices = np.zeros((8, 3, 3), dtype=np.complex128)
    matrices[quadrature.A_LEFT] = neutrinos.axial_coupling
    if neutrinos.nature == "majorana":
        matrices[quadrature.A_RIGHT] = -neutrinos.axial_coupling.T
    return matrices


@dataclass(frozen=True)
class StandardModel(Interaction):
    """W and Z exchange alone."""

    kind: ClassVar[str] = "standard_model"
    chirality = "none"
    coupling = 0.0
    texture = "universal"


@dataclass(frozen=True)
class Vector(Interaction):
    """A vector mediator, Z'_mu [g_e ebar gamma^mu gamma5 e + nubar_i gamma^mu (gL_ij P_L + gR_ij P_R) nu_j].

    Parameters
    ----------
    coupling : float
        g = g_e g_nu, dimensionless.
    mediator_mass_eV : float
        Mass M in eV. Without a width the result is infinite on the pole, M^2 = s = E_eg (E_eg - 2 w).
    chirality : {"left", "right", "vector", "axial"}
        g_e gL = g T, g_e gR = g T, both, or -g_e gL = g_e gR = g T.
    texture : str or 3x3 matrix
        T in the mass basis: "universal" (the identity), "ij", or a Hermitian matrix.
    mediator_width_eV : float
        Width Gamma in eV: s - M^2 becomes s - M^2 + i M Gamma.
    longitudinal : {"off", "on"}
        Whether the propagator has its part q_mu q_nu/M^2, which the papers drop; with it M is above 0.

    Raises
    ------
    ValueError
        For a chirality that is not allowed or numbers that are not finite. A texture is checked when it is used,
        since what is allowed depends on the neutrino's nature.
    """

    kind: ClassVar[str] = "vector"
    coupling: float
    mediator_mass_eV: float
    chirality: str = "left"
    texture: Texture = "universal"
    mediator_width_eV: float = 0.0
    longitudinal: str = "off"


@dataclass(frozen=True)
class Scalar(Interaction):
    """A scalar mediator, phi [y_e ebar i gamma5 e + nubar_i (yS_ij + i gamma5 yP_ij) nu_j].

    Parameters as of `Vector`, with coupling y_e y_nu and chirality "scalar" (y_e yS = g T) or "pseudoscalar"
    (y_e yP = g T). For Majorana neutrinos the texture is symmetric.
    """

    kind: ClassVar[str] = "scalar"
    coupling: float
    mediator_mass_eV: float
    chirality: str = "scalar"
    texture: Texture = "universal"
    mediator_width_eV: float = 0.0


@dataclass(frozen=True)
class Dipole(Interaction):
    """Dipole moments, -1/2 nubar_i sigma^{mu nu} (mu_ij + i eps_ij gamma5) nu_j F_{mu nu}.

    Parameters
    ----------
    coupling : float
        Moment in Bohr magnetons: mu or eps is coupling x mu_B x T.
    chirality : {"magnetic", "electric"}
    texture : str or 3x3 matrix
        T in the mass basis; antisymmetric for Majorana neutrinos.
    """

    kind: ClassVar[str] = "dipole"
    coupling: float
    chirality: str = "magnetic"
    texture: Texture = "universal"


@dataclass(frozen=True)
class FormFactor(Interaction):
    """Charge, charge radius or anapole moment in photon exchange.

    Parameters
    ----------
    coupling : float
        Millicharge in units of e, or charge radius squared or anapole moment in cm^2.
    chirality : {"millicharge", "charge_radius", "anapole"}
        fV = e g T, fV = s e g T/6 or fA = s e g T.
    texture : str or 3x3 matrix
        T in the mass basis. For Majorana neutrinos fV keeps T - T^T and fA gets T + T^T.
    """

    kind: ClassVar[str] = "form_factor"
    coupling: float
    chirality: str = "millicharge"
    texture: Texture = "universal"
