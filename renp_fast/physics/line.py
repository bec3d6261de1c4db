"""The line of the trigger laser, and what else spreads energies: motion, jitter, imperfect macro-coherence."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, TypeVar

import numpy as np

from renp_fast.kernels.types import Array
from renp_fast.physics.constants import ATOMIC_MASS, BOLTZMANN
from renp_fast.physics.domains import ACCEPTANCE, shown
from renp_fast.physics.parameters import WIDTHS, check_parameters

Number = TypeVar("Number", float, Array)
Acceptance: TypeAlias = Sequence[float] | Sequence[Sequence[float]]

Shape = Literal["gaussian", "lorentzian", "voigt", "top_hat"]
WIDTH_NAMES = ("width_eV", "gaussian_width_eV", "lorentzian_width_eV")
# A Gaussian's full width at half maximum, in units of its rms
FULL_WIDTH = 2.0 * math.sqrt(2.0 * math.log(2.0))
# The spread of the pair's momentum is at most this part of E_eg: s = (E_eg - w)^2 - q^2 stays what it is about
LARGEST_SPREAD = 0.01


def gaussian_rms(width_eV: Number, jitter_eV: Number) -> Number:
    """Rms of a Gaussian of full width ``width_eV`` at half maximum and of jitter together, in eV."""
    rms: Number = np.hypot(width_eV / FULL_WIDTH, jitter_eV)
    return rms


def doppler_rms(temperature_K: Number, atom_mass_u: Number) -> Number:
    """Rms of the photon energy that atoms in motion see, in units of itself: sqrt(k T/(m c^2))."""
    rms: Number = np.sqrt(BOLTZMANN.value * temperature_K / (atom_mass_u * ATOMIC_MASS.value))
    return rms


def acceptance_segments(acceptance: Any) -> Array:
    """A detector's acceptance as pieces of a straight line (n, 4): ends in eV, and the part detected there.

    Outside of all pieces nothing is detected; no piece at all means that everything is.

    Raises
    ------
    ValueError
        With what is allowed.
    """
    if acceptance is None:
        return np.empty((0, 4))
    try:
        table = np.asarray(acceptance, dtype=np.float64)
    except (TypeError, ValueError):
        table = np.empty(0)
    if table.shape == (2,):
        table = np.stack([table, np.ones(2)], axis=1)
    fits = table.ndim == 2 and table.shape[0] >= 2 and table.shape[1] == 2 and bool(np.isfinite(table).all())
    if not fits or not (table[0, 0] >= 0.0 and (np.diff(table[:, 0]) > 0.0).all()):
        raise ValueError(f"acceptance: got {shown(acceptance)}; allowed: {ACCEPTANCE}")
    if not ((table[:, 1] >= 0.0) & (table[:, 1] <= 1.0)).all():
        raise ValueError(f"acceptance: got {shown(acceptance)}; allowed: {ACCEPTANCE}")
    return np.stack([table[:-1, 0], table[1:, 0], table[:-1, 1], table[1:, 1]], axis=1)


@dataclass(frozen=True)
class Line:
    """What spreads the energy of the photon and the momentum of the pair.

    The photon energy has the laser's shape, convolved with Gaussians for its jitter and for the motion of the atoms;
    the pair's momentum is that of the photon and a Gaussian spread, cut alike on both sides where it counts as 0 or
    would become negative.

    Parameters
    ----------
    shape : {"gaussian", "lorentzian", "voigt", "top_hat"}
        Shape of the laser's line, normalised over all energies: what a Lorentzian has below 0 is lost.
    width_eV : float
        Its full width at half maximum; of all shapes but voigt.
    gaussian_width_eV, lorentzian_width_eV : float
        The two full widths of a Voigt profile.
    jitter_eV : float
        Rms of the centre from shot to shot, Gaussian.
    temperature_K : float
        Of the atoms, whose motion widens the line by w sqrt(k T/(m c^2)), rms.
    momentum_spread_eV : float
        Rms of the pair's momentum about that of the photon, at most E_eg/100; 0 for full macro-coherence.
    acceptance : pair of float, or sequence of pairs, optional
        Detector: a window of photon energies in eV, or photon energies with the part detected, straight in between.

    Raises
    ------
    ValueError
        For a number that is not allowed, or a width that is not that of the shape.
    """

    shape: Shape = "gaussian"
    width_eV: float = 0.0
    gaussian_width_eV: float = 0.0
    lorentzian_width_eV: float = 0.0
    jitter_eV: float = 0.0
    temperature_K: float = 0.0
    momentum_spread_eV: float = 0.0
    acceptance: Acceptance | None = None

    def __post_init__(self) -> None:
        check_parameters(("shape", *WIDTH_NAMES, "jitter_eV", "temperature_K", "momentum_spread_eV"), self)
        for name in WIDTH_NAMES:
            value = getattr(self, name)
            if value > 0.0 and name not in WIDTHS[self.shape]:
                own = " and ".join(filter(None, WIDTHS[self.shape]))
                raise ValueError(f"{name}: got {value!r}; allowed for {self.shape}: {own}")
        acceptance_segments(self.acceptance)

    def row(self, atom_mass_u: float | None) -> list[float]:
        """Columns SIGMA to SPREAD of `line.averages`.

        Raises
        ------
        ValueError
            If there is a temperature and the mass of the atom is not known.
        """
        gaussian, lorentzian, flat = (getattr(self, name) if name else 0.0 for name in WIDTHS[self.shape])
        if self.temperature_K > 0.0 and atom_mass_u is None:
            raise ValueError("temperature_K: the mass of the atom is not known; allowed: a Target with atom_mass_u")
        doppler = doppler_rms(self.temperature_K, atom_mass_u or 1.0)
        rms = gaussian_rms(gaussian, self.jitter_eV)
        return [float(rms), float(doppler), 0.5 * lorentzian, flat, self.momentum_spread_eV]
