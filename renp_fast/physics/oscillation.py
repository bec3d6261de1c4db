"""Best fits of the neutrino oscillation parameters.

Angles and phases in degrees, squared-mass differences in eV^2; ``dm3l_eV2`` is dm31 for normal ordering and dm32
(negative) for inverted ordering.
"""

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from renp_fast.kernels.types import Array

Ordering: TypeAlias = Literal["normal", "inverted"]

ANGLES = ("theta12_deg", "theta13_deg", "theta23_deg", "delta_cp_deg")
OSCILLATION_NAMES = (*ANGLES, "dm21_eV2", "dm3l_eV2")

_BEST_FITS: dict[tuple[str, Ordering], tuple[float, float, float, float, float, float]] = {
    ("NuFIT-6.0", "normal"): (33.68, 8.56, 43.3, 212.0, 7.49e-5, 2.513e-3),
    ("NuFIT-6.0", "inverted"): (33.68, 8.59, 47.9, 274.0, 7.49e-5, -2.484e-3),
    ("NuFIT-5.2", "normal"): (33.41, 8.58, 42.2, 232.0, 7.41e-5, 2.507e-3),
    ("NuFIT-5.2", "inverted"): (33.41, 8.57, 49.0, 276.0, 7.41e-5, -2.486e-3),
    ("NuFIT-5.0", "normal"): (33.44, 8.57, 49.2, 197.0, 7.42e-5, 2.517e-3),
    ("NuFIT-5.0", "inverted"): (33.45, 8.60, 49.3, 282.0, 7.42e-5, -2.498e-3),
}

PRESETS = tuple(dict.fromkeys(name for name, _ in _BEST_FITS))


def best_fit(preset: str, ordering: Ordering) -> dict[str, float]:
    """Best-fit values of a preset, by name (`OSCILLATION_NAMES`).

    Raises
    ------
    ValueError
        If the preset is unknown.
    """
    if preset not in PRESETS:
        raise ValueError(f"oscillation: unknown preset {preset!r}; allowed: {', '.join(PRESETS)}")
    return dict(zip(OSCILLATION_NAMES, _BEST_FITS[preset, ordering], strict=True))


@dataclass(frozen=True)
class Prior:
    """A Gaussian prior with widths below and above, in a parameter or in its sin^2."""

    centre: float
    sigma_below: float
    sigma_above: float
    of_sine_squared: bool = False

    def value(self, sigmas: float) -> float:
        """The parameter so many sigmas above the centre, angles in degrees."""
        shifted = self.centre + sigmas * (self.sigma_above if sigmas > 0.0 else self.sigma_below)
        if not self.of_sine_squared:
            return shifted
        return math.degrees(math.asin(math.sqrt(min(max(shifted, 0.0), 1.0))))

    def values(self, sigmas: Array) -> Array:
        """As `value`, of many numbers of sigmas."""
        shifted: Array = self.centre + sigmas * np.where(sigmas > 0.0, self.sigma_above, self.sigma_below)
        if not self.of_sine_squared:
            return shifted
        return np.degrees(np.arcsin(np.sqrt(np.clip(shifted, 0.0, 1.0))))

    def pull(self, value: float) -> float:
        """Number of sigmas from the centre to a value of the parameter."""
        own = math.sin(math.radians(value)) ** 2 if self.of_sine_squared else value
        shift = own - self.centre
        return shift / (self.sigma_above if shift > 0.0 else self.sigma_below)

    def cost(self, value: float) -> float:
        """Square of the number of sigmas between the centre and a value of the parameter."""
        return self.pull(value) ** 2


def _priors(preset: str, ordering: Ordering, widths: tuple[tuple[float, float], ...]) -> dict[str, Prior]:
    """Priors centred on a preset, with widths (below, above) in sin^2 of the mixing angles."""
    priors = {}
    for (name, centre), (below, above) in zip(best_fit(preset, ordering).items(), widths, strict=True):
        sine = name.startswith("theta")
        priors[name] = Prior(math.sin(math.radians(centre)) ** 2 if sine else centre, below, above, sine)
    return priors


# 1 sigma of NuFIT 6.0, of both orderings compared with transcriptions of the release. The centres are the presets
PRIORS: dict[str, dict[Ordering, dict[str, Prior]]] = {
    "NuFIT-6.0": {
        "normal": _priors(
            "NuFIT-6.0",
            "normal",
            (
                (0.011, 0.012),
                (0.00058, 0.00056),
                (0.013, 0.017),
                (41.0, 26.0),
                (0.19e-5, 0.19e-5),
                (0.019e-3, 0.021e-3),
            ),
        ),
        "inverted": _priors(
            "NuFIT-6.0",
            "inverted",
            (
                (0.011, 0.012),
                (0.00056, 0.00056),
                (0.015, 0.012),
                (25.0, 22.0),
                (0.19e-5, 0.19e-5),
                (0.020e-3, 0.020e-3),
            ),
        ),
    }
}
