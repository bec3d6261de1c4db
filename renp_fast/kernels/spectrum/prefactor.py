"""What a photon energy needs beside W: its detuning, the factor of W in the spectral function, and to be allowed."""

from renp_fast.kernels.simd.jit import inner, kernel
from renp_fast.kernels.simd.vectors import LANES, any_of, greater, lesser, put, take, whole_vectors, wide
from renp_fast.kernels.types import Array

# Below all (E_vg - w)^2 of float64, but 0
TINY = 1e-60


@inner
def detuning_level_and_energy(energy: float, detuned: bool, E_eg: float, E_vg: float) -> tuple[float, float, float]:
    """(E_eg/2 - w, w/(E_eg (E_vg - w)^2), w) for a photon energy w, or a detuning.

    The second is any finite number at w = E_vg.
    """
    half = 0.5 * E_eg
    other = half - energy
    x, w = (energy, other) if detuned else (other, energy)
    gap = E_vg - w
    return x, w / (E_eg * greater(TINY, gap * gap)), w


@inner
def detuning_level_and_room(energy: float, detuned: bool, E_eg: float, E_vg: float) -> tuple[float, float, float]:
    """As `detuning_level_and_energy`, with how far w is inside of 0 to E_vg instead of w."""
    x, level, w = detuning_level_and_energy(energy, detuned, E_eg, E_vg)
    return x, level, lesser(w, E_vg - w)


@inner
def level_step(k: int, like: float, energies: Array, detuned: bool, laws: tuple[float, ...], columns: Array) -> float:
    """Detuning, s and level of photon energy k into ``columns`` (3, PIECE); returns its room."""
    x, level, room = detuning_level_and_room(take(energies, k, like), detuned, laws[0], laws[1])
    put(columns[0], k, x)
    put(columns[1], k, 2.0 * laws[0] * x)
    put(columns[2], k, level)
    return room


@kernel
def fill_levels(energies: Array, detuned: bool, laws: tuple[float, ...], columns: Array) -> bool:
    """Write detunings, s and levels of at most `PIECE` photon energies into ``columns`` (3, PIECE)."""
    n = energies.size
    whole, room, rest = whole_vectors(n), wide(1.0), 1.0
    for k in range(0, whole, LANES):
        room = lesser(level_step(k, room, energies, detuned, laws, columns), room)
    for k in range(whole, n):
        rest = lesser(level_step(k, rest, energies, detuned, laws, columns), rest)
    return not (any_of(room <= 0.0) or rest <= 0.0)
