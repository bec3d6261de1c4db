"""Best fits of the neutrino oscillation parameters.

Angles and phases in degrees, squared-mass differences in eV^2; ``dm3l_eV2`` is dm31 for normal ordering and dm32
(negative) for inverted ordering.
"""

from typing import Literal, TypeAlias

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
