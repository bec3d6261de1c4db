"""What a photon energy needs beside W: its detuning, the factor of W in the spectral function, and to be allowed."""

from typing import Any

from renp_fast.kernels.simd.tracing import traced
from renp_fast.kernels.simd.vectors import greater, lesser, select

# Below all (E_vg - w)^2 of float64, but 0
TINY = 1e-60


@traced
def detuning_level_and_energy(energy: Any, detuned: bool, E_eg: float, E_vg: float) -> tuple[Any, Any, Any]:
    """(E_eg/2 - w, w/(E_eg (E_vg - w)^2), w) for a photon energy w, or a detuning.

    The second is any finite number at w = E_vg.
    """
    other = 0.5 * E_eg - energy
    x, w = select(detuned, energy, other), select(detuned, other, energy)
    gap = E_vg - w
    return x, w / (E_eg * greater(TINY, gap * gap)), w


@traced
def detuning_level_and_room(energy: float, detuned: bool, E_eg: float, E_vg: float) -> tuple[float, float, float]:
    """As `detuning_level_and_energy`, with how far w is inside of 0 to E_vg instead of w."""
    x, level, w = detuning_level_and_energy(energy, detuned, E_eg, E_vg)
    return x, level, lesser(w, E_vg - w)
