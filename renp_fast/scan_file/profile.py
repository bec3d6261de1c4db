"""Nuisance parameters: their points, and what the priors cost there.

A prior costs ((value - best fit)/sigma)^2. The points of a prior lie evenly in units of sigma, from -k sigma to
+k sigma, in the parameter in which it is given (NuFIT: sin^2 of an angle).
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from renp_fast.kernels.types import Array
from renp_fast.physics.domains import is_number, shown
from renp_fast.physics.oscillation import PRIORS, Ordering, Prior
from renp_fast.scan_file.axes import AxisForm, axis_values, parse_form

FORMS = (
    "a list, { linear = [a, b], points = n }, { log = [a, b], points = n }, "
    "{ prior = NAME, sigmas = k, points = n } or { mean = m, sigma = s, points = n } (sigmas = k: 3 unless given)"
)
USUAL_SIGMAS = 3.0


@dataclass(frozen=True)
class ProfileForm:
    """A nuisance parameter as the scan file gives it.

    Attributes
    ----------
    name : str
    flat : AxisForm or None
        Its values, where no prior weighs them.
    preset : str
        Preset of the prior, or empty.
    mean, sigma : float
        Of a Gaussian prior, if there is no preset.
    sigmas : float
        How far the points of a prior go.
    points : int
    """

    name: str
    flat: AxisForm | None
    preset: str = ""
    mean: float = 0.0
    sigma: float = 0.0
    sigmas: float = 0.0
    points: int = 0

    def canonical(self) -> Any:
        """The form as plain JSON values."""
        if self.flat is not None:
            return self.flat.canonical()
        if self.preset:
            return {"prior": self.preset, "sigmas": self.sigmas, "points": self.points}
        return {"mean": self.mean, "sigma": self.sigma, "sigmas": self.sigmas, "points": self.points}

    def entries(self, ordering: Ordering) -> list[tuple[Any, float]]:
        """(value, cost of the prior) of every point, for an ordering."""
        if self.flat is not None:
            values = self.flat.entries if self.flat.rule == "values" else axis_values(self.flat).tolist()
            return [(value, 0.0) for value in values]
        steps = [0.0]
        if self.points > 1:
            steps = [self.sigmas * (2.0 * k / (self.points - 1) - 1.0) for k in range(self.points)]
        return [(self._prior(ordering).value(step), step * step) for step in steps]

    def ends(self, ordering: Ordering) -> list[Any]:
        """The values that matter: all of a list, or the two ends, which of a prior depend on the ordering."""
        if self.flat is not None:
            return list(self.flat.entries)
        reach = self.sigmas if self.points > 1 else 0.0
        return [self.of_prior(-reach, ordering), self.of_prior(reach, ordering)]

    def of_prior(self, sigmas: float, ordering: Ordering) -> float:
        """The value so many sigmas above the centre of the prior."""
        return self._prior(ordering).value(sigmas)

    def cost(self, value: float, ordering: Ordering) -> float:
        """What the prior costs at a value."""
        return 0.0 if self.flat is not None else self._prior(ordering).cost(value)

    @property
    def continuous(self) -> bool:
        """Whether values between the points make sense: not those of a list."""
        return self.flat is None or (self.flat.rule != "values" and self.flat.points > 1)

    @property
    def coordinates(self) -> tuple[float, float]:
        """The range of the coordinate of a continuous parameter: sigmas, the value, or its logarithm."""
        if self.flat is None:
            return -self.sigmas, self.sigmas
        low, high = self.flat.entries
        return (math.log(low), math.log(high)) if self.flat.rule == "log" else (low, high)

    @property
    def labelled(self) -> bool:
        """Whether its values are no numbers, but such as orderings or textures."""
        return self.flat is not None and any(isinstance(entry, (str, list, tuple)) for entry in self.flat.entries)

    def coordinate(self, value: float, ordering: Ordering) -> float:
        """The coordinate of a value, or that of the end of the range beyond which it lies."""
        if self.flat is None:
            own = self._prior(ordering).pull(value)
        elif self.flat.rule == "log":
            own = math.log(value) if value > 0.0 else -math.inf
        else:
            own = value
        if not self.continuous:
            return own
        low, high = self.coordinates
        return min(max(own, low), high)

    def values(self, coordinates: Array, ordering: Ordering) -> Array:
        """Values at coordinates, of what is no label."""
        if self.flat is None:
            return self._prior(ordering).values(coordinates)
        return np.exp(coordinates) if self.continuous and self.flat.rule == "log" else coordinates

    def _prior(self, ordering: Ordering) -> Prior:
        return PRIORS[self.preset][ordering][self.name] if self.preset else Prior(self.mean, self.sigma, self.sigma)

    def widths(self, ordering: Ordering) -> tuple[float, float]:
        """Of the prior, below and above; 1 without."""
        if self.flat is not None:
            return 1.0, 1.0
        prior = self._prior(ordering)
        return prior.sigma_below, prior.sigma_above

    @property
    def length(self) -> int:
        """Number of points."""
        return self.flat.points if self.flat is not None else self.points


def parse_profile(name: str, given: Any, numeric: bool) -> ProfileForm:
    """Check the form of a nuisance parameter, not yet the domain of its values.

    Raises
    ------
    ValueError
        With what is allowed, if the form is wrong.
    """
    if not isinstance(given, dict) or not {"prior", "mean", "sigma", "sigmas"} & set(given):
        return ProfileForm(name, parse_form(name, given, numeric, energies=False))
    required, optional = ({"prior"}, {"sigmas"}) if "prior" in given else ({"mean", "sigma"}, {"sigmas"})
    required |= {"points"}
    if not numeric or not required <= set(given) <= required | optional:
        raise ValueError(f"got {shown(given)}; allowed: {FORMS}")
    points, sigmas = given["points"], given.get("sigmas", USUAL_SIGMAS)
    if isinstance(points, bool) or not isinstance(points, int) or not 1 <= points <= 1_000_000:
        raise ValueError(f"points: got {shown(points)}; allowed: a whole number from 1 to 1000000")
    if not is_number(sigmas) or not 0.0 < sigmas <= 10.0:
        raise ValueError(f"sigmas: got {shown(sigmas)}; allowed: a number above 0 and at most 10")
    if "prior" in given:
        preset = given["prior"]
        if not isinstance(preset, str) or preset not in PRIORS or name not in PRIORS[preset]["normal"]:
            known = ", ".join(PRIORS)
            raise ValueError(f"prior: got {shown(preset)}; allowed: {known}, for {', '.join(PRIORS[known]['normal'])}")
        return ProfileForm(name, None, preset=preset, sigmas=float(sigmas), points=points)
    mean, sigma = given["mean"], given["sigma"]
    if not is_number(mean) or not is_number(sigma) or sigma <= 0.0:
        raise ValueError(f"mean, sigma: got {shown(mean)}, {shown(sigma)}; allowed: finite numbers, sigma above 0")
    return ProfileForm(name, None, mean=float(mean), sigma=float(sigma), sigmas=float(sigmas), points=points)


def costs(entries: list[list[tuple[Any, float]]]) -> Array:
    """Cost of the priors at every point of the product of the nuisance parameters, in C order."""
    total = np.zeros(1)
    for points in entries:
        total = np.add.outer(total, [cost for _, cost in points]).ravel()
    return total
