"""Published bounds on neutrino couplings: data with a schema, checked when it is loaded."""

import math
import tomllib
from dataclasses import dataclass
from importlib.resources import files

QUANTITIES = ("magnetic moment",)
BASES = ("flavour", "mass")


@dataclass(frozen=True)
class Bound:
    """A published upper bound.

    Attributes
    ----------
    name : str
        Experiment or argument.
    quantity : str
        What is bounded: one of `QUANTITIES`. An electron-recoil or plasmon bound on magnetic moments bounds electric
        moments as well, since it sees the two together.
    value : float
        The bound, in ``unit``.
    confidence_level : float
    basis : {"flavour", "mass"}
        Whether it bounds a combination of elements of the mixing matrix, or one element between mass eigenstates.
    validity : str
        For what it holds.
    reference : str

    Raises
    ------
    ValueError
        If a field is not of its kind, with what is allowed.
    """

    name: str
    quantity: str
    value: float
    unit: str
    confidence_level: float
    basis: str
    validity: str
    reference: str

    def __post_init__(self) -> None:
        if self.quantity not in QUANTITIES:
            raise ValueError(f"{self.name}: quantity: got {self.quantity!r}; allowed: {', '.join(QUANTITIES)}")
        if self.basis not in BASES:
            raise ValueError(f"{self.name}: basis: got {self.basis!r}; allowed: {', '.join(BASES)}")
        if not 0.0 < self.value < math.inf:
            raise ValueError(f"{self.name}: value: got {self.value!r}; allowed: above 0, finite")
        if not 0.0 < self.confidence_level < 1.0:
            raise ValueError(f"{self.name}: confidence_level: got {self.confidence_level!r}; allowed: between 0 and 1")
        for field in ("name", "unit", "validity", "reference"):
            if not getattr(self, field):
                raise ValueError(f"{self.name}: {field}: empty; allowed: a text")


def published_bounds(quantity: str) -> tuple[Bound, ...]:
    """All published bounds on a quantity, weakest first.

    Raises
    ------
    ValueError
        If an entry of the data is wrong.
    """
    text = files("renp_fast.physics").joinpath("bounds.toml").read_text(encoding="utf-8")
    bounds = [Bound(**entry) for entry in tomllib.loads(text)["bound"]]
    return tuple(sorted((bound for bound in bounds if bound.quantity == quantity), key=lambda bound: -bound.value))
