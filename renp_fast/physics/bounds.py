"""Published bounds on neutrino couplings: data with a schema, checked when it is loaded."""

import itertools
import math
import tomllib
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
from numpy.typing import ArrayLike

from renp_fast.kernels.types import Array

QUANTITIES = ("magnetic moment", "vector coupling", "scalar coupling")
BASES = ("flavour", "mass", "universal")


@dataclass(frozen=True)
class Bound:
    """A published upper bound.

    Attributes
    ----------
    name : str
        Experiment or argument.
    quantity : str
        What is bounded: one of `QUANTITIES`. An electron-recoil or plasmon bound on magnetic moments bounds electric
        moments as well, since it sees the two together. Of mediators it is the product of their couplings: to the
        electron's axial current or pseudoscalar density, the only ones that RENP sees, and to neutrinos.
    value : float or list of (float, float)
        The bound, in ``unit``, or a curve: pairs of the mediator's mass in eV and the bound, masses increasing.
    confidence_level : float
    basis : {"flavour", "mass", "universal"}
        Whether it bounds a combination of elements of the mixing matrix, one element between mass eigenstates, or a
        coupling that is the same for all neutrinos, and so in both bases.
    validity : str
        For what it holds.
    reference : str
    largest_mass_eV : float
        Up to which mass of the mediator a ``value`` that is a number holds; infinite for what has no mediator.

    Raises
    ------
    ValueError
        If a field is not of its kind, with what is allowed.
    """

    name: str
    quantity: str
    value: float | list[tuple[float, float]]
    unit: str
    confidence_level: float
    basis: str
    validity: str
    reference: str
    largest_mass_eV: float = math.inf

    def __post_init__(self) -> None:
        if self.quantity not in QUANTITIES:
            raise ValueError(f"{self.name}: quantity: got {self.quantity!r}; allowed: {', '.join(QUANTITIES)}")
        if self.basis not in BASES:
            raise ValueError(f"{self.name}: basis: got {self.basis!r}; allowed: {', '.join(BASES)}")
        masses, values = self.curve
        if not values or not all(0.0 < value < math.inf for value in values):
            raise ValueError(f"{self.name}: value: got {self.value!r}; allowed: above 0, finite")
        if not all(a < b for a, b in itertools.pairwise((0.0, *masses))):
            raise ValueError(f"{self.name}: value: got {self.value!r}; allowed: masses above 0 that increase")
        if not self.largest_mass_eV > 0.0:
            raise ValueError(f"{self.name}: largest_mass_eV: got {self.largest_mass_eV!r}; allowed: above 0")
        if not 0.0 < self.confidence_level < 1.0:
            raise ValueError(f"{self.name}: confidence_level: got {self.confidence_level!r}; allowed: between 0 and 1")
        for field in ("name", "unit", "validity", "reference"):
            if not getattr(self, field):
                raise ValueError(f"{self.name}: {field}: empty; allowed: a text")

    @property
    def curve(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Masses of the mediator in eV and bounds there; no masses if it is the same for all."""
        if not isinstance(self.value, list):
            return (), (self.value,)
        return tuple(mass for mass, _ in self.value), tuple(bound for _, bound in self.value)

    def at(self, mediator_mass_eV: ArrayLike) -> Array:
        """The bound at masses of the mediator, NaN where it does not hold; straight in logarithms between points."""
        masses = np.asarray(mediator_mass_eV, dtype=np.float64)
        known, values = self.curve
        if not known:
            return np.where(masses <= self.largest_mass_eV, values[0], np.nan)
        within = (masses >= known[0]) & (masses <= known[-1])
        inside = np.clip(masses, known[0], known[-1])
        return np.where(within, np.exp(np.interp(np.log(inside), np.log(known), np.log(values))), np.nan)


def published_bounds(quantity: str) -> tuple[Bound, ...]:
    """All published bounds on a quantity, weakest first.

    Raises
    ------
    ValueError
        If an entry of the data is wrong.
    """
    text = files("renp_fast.physics").joinpath("bounds.toml").read_text(encoding="utf-8")
    bounds = [Bound(**entry) for entry in tomllib.loads(text)["bound"] if entry["quantity"] == quantity]
    return tuple(sorted(bounds, key=lambda bound: -max(bound.curve[1])))
