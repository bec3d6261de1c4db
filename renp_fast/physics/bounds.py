"""Published bounds on neutrino couplings: data with a schema, checked when it is loaded."""

import itertools
import math
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from renp_fast.kernels.types import Array

QUANTITIES = ("magnetic moment", "electric charge", "vector coupling", "scalar coupling")
BASES = {
    "flavour": "flavour basis",
    "mass": "mass basis",
    "universal": "universal coupling",
    "electron": "coupling to the electron",
}
TIMES = " \u00d7 "
SIDES = ("electron", "neutrino")
NATURES = ("", "dirac", "majorana")


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
    unit : str
    basis : {"flavour", "mass", "universal", "electron"}
        Whether it bounds a combination of elements of the mixing matrix, one element between mass eigenstates, a
        coupling that is the same for all neutrinos, and so in both bases, or the electron's coupling alone.
    validity : str
        For what it holds.
    reference : str
    confidence_level : float, optional
        None if the source states none, or if the bound is an assumption.
    largest_mass_eV : float
        Up to which mass of the mediator a ``value`` that is a number holds; infinite for what has no mediator.
    nature : {"", "dirac", "majorana"}
        Of which neutrinos alone it holds, if not of both.
    assumption : bool
        Whether it is assumed, not measured.

    Raises
    ------
    ValueError
        If a field is not of its kind, with what is allowed.
    """

    name: str
    quantity: str
    value: float | list[tuple[float, float]]
    unit: str
    basis: str
    validity: str
    reference: str
    confidence_level: float | None = None
    largest_mass_eV: float = math.inf
    nature: str = ""
    assumption: bool = False

    def __post_init__(self) -> None:
        for field, allowed in (("quantity", QUANTITIES), ("basis", BASES), ("nature", NATURES)):
            if getattr(self, field) not in allowed:
                raise ValueError(
                    f"{self.name}: {field}: got {getattr(self, field)!r}; allowed: {', '.join(filter(None, allowed))}"
                )
        masses, values = self.curve
        if not values or not all(0.0 < value < math.inf for value in values):
            raise ValueError(f"{self.name}: value: got {self.value!r}; allowed: above 0, finite")
        if not all(a < b for a, b in itertools.pairwise((0.0, *masses))):
            raise ValueError(f"{self.name}: value: got {self.value!r}; allowed: masses above 0 that increase")
        if not self.largest_mass_eV > 0.0:
            raise ValueError(f"{self.name}: largest_mass_eV: got {self.largest_mass_eV!r}; allowed: above 0")
        if self.confidence_level is not None and not 0.0 < self.confidence_level < 1.0:
            raise ValueError(f"{self.name}: confidence_level: got {self.confidence_level!r}; allowed: between 0 and 1")
        for field in ("name", "unit", "validity", "reference"):
            if not getattr(self, field):
                raise ValueError(f"{self.name}: {field}: empty; allowed: a text")

    @property
    def level(self) -> str:
        """The confidence level in words."""
        if self.assumption:
            return "assumed"
        return "level not stated" if self.confidence_level is None else f"{100.0 * self.confidence_level:g} %"

    @property
    def label(self) -> str:
        """Name with level and basis, which need not be those of limits beside it."""
        nature = f", {self.nature.capitalize()}" if self.nature else ""
        return f"{self.name} ({self.level}, {BASES[self.basis]}{nature})"

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


@dataclass(frozen=True)
class Product:
    """A bound on a product of couplings to the electron and to neutrinos, formed of one on each.

    It has no confidence level of its own: both are named.
    """

    electron: Bound
    neutrino: Bound

    @property
    def name(self) -> str:
        """Names of both."""
        return f"{self.electron.name}{TIMES}{self.neutrino.name}"

    @property
    def label(self) -> str:
        """Names of both with their levels, and the basis."""
        each = (f"{bound.name} ({bound.level})" for bound in (self.electron, self.neutrino))
        return f"{TIMES.join(each)}, {BASES[self.neutrino.basis]}"

    @property
    def nature(self) -> str:
        """Of which neutrinos alone it holds, if not of both."""
        return self.neutrino.nature

    def at(self, mediator_mass_eV: ArrayLike) -> Array:
        """The bound at masses of the mediator, NaN where either does not hold."""
        return self.electron.at(mediator_mass_eV) * self.neutrino.at(mediator_mass_eV)


def published_bounds(quantity: str) -> tuple[Bound, ...]:
    """All published bounds on a quantity itself, weakest first.

    Raises
    ------
    ValueError
        If an entry of the data is wrong.
    """
    bounds = [Bound(**entry) for entry in _data()["bound"] if entry["quantity"] == quantity]
    return tuple(sorted(bounds, key=lambda bound: -max(bound.curve[1])))


def products(quantity: str) -> tuple[Product, ...]:
    """All products of a bound on the electron's coupling and one on that of neutrinos, or an assumption on it.

    Raises
    ------
    ValueError
        If an entry of the data is wrong.
    """
    sides: dict[str, list[Bound]] = {side: [] for side in SIDES}
    for entry in _data()["ingredient"]:
        fields = {key: value for key, value in entry.items() if key != "of"}
        if entry["of"] not in sides:
            raise ValueError(f"{entry['name']}: of: got {entry['of']!r}; allowed: {', '.join(SIDES)}")
        if entry["quantity"] == quantity:
            sides[entry["of"]].append(Bound(**fields))
    return tuple(Product(*pair) for pair in itertools.product(*sides.values()))


def _data() -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads(files("renp_fast.physics").joinpath("bounds.toml").read_text(encoding="utf-8"))
