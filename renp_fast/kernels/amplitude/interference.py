"""The interference of two interactions, pair by pair of neutrinos: what is bilinear in their couplings.

With z = x_a* x_b for strengths x_a and x_b it is Re(m z) for some m that the couplings make: its parts stand where
those of Re x and Im x do for one interaction, whose own terms are in `amplitude.quadratic_form`.
"""

from renp_fast.kernels.amplitude.masses_and_mixing import MAJORANA, masses, squared_mass_difference
from renp_fast.kernels.amplitude.quadratic_form import (
    ALONG,
    D0,
    D1,
    D2,
    D3,
    DIFFERENCE_SIDE,
    E0,
    E1,
    IMAGINARY,
    LONGITUDINAL,
    PHOTON,
    REAL,
    SUM_SIDE,
)
from renp_fast.kernels.simd.jit import kernel
from renp_fast.kernels.types import Array, ComplexMatrix


@kernel
def add_mixed(coefficients: Array, k: int, factor: float, mixed: complex) -> None:
    """Add factor Re(mixed x_a* x_b) to coefficient k."""
    coefficients[REAL, k] += factor * mixed.real
    coefficients[IMAGINARY, k] -= factor * mixed.imag


@kernel
def pair_couplings(
    majorana: bool, scales: Array, texture: ComplexMatrix, i: int, j: int, total: float, difference: float
) -> tuple[complex, ...]:
    """(v, a, scalar, pseudoscalar, mu, eps, fV, fA) of the pair (i, j), as of `quadratic_form.pair_coefficients`."""
    left, right = scales[0] * texture[i, j], scales[1] * texture[i, j]
    vector_factor, axial_factor = scales[6] * texture[i, j], scales[7] * texture[i, j]
    if majorana:
        left, right = left - scales[1] * texture[j, i], right - scales[0] * texture[j, i]
        vector_factor -= scales[6] * texture[j, i]
        axial_factor += scales[7] * texture[j, i]
    v, a = 0.5 * (left + right), 0.5 * (right - left)
    scalar = 1.0j * (scales[2] * texture[i, j]) - scales[LONGITUDINAL] * difference * v
    pseudoscalar = -scales[3] * texture[i, j] - scales[LONGITUDINAL] * total * a
    return v, a, scalar, pseudoscalar, scales[4] * texture[i, j], scales[5] * texture[i, j], vector_factor, axial_factor


@kernel
def add_interference(
    side: Array,
    weights: tuple[float, float, float],
    mass: float,
    first: tuple[complex, ...],
    other: tuple[complex, ...],
) -> None:
    """Add what is bilinear in the couplings (own current, current along q, scalar, moment, form factor) of two.

    ``weights``: of currents, of amplitudes along q, and of photon exchange. The interference of moment and form factor
    is left to `add_mixed`.
    """
    half, along, photon = weights
    own, current, scalar, moment, factor = first
    own_b, current_b, scalar_b, moment_b, factor_b = other
    squared = mass * mass
    add_mixed(side, E0, half * 4.0 / 9.0, own.conjugate() * own_b)
    add_mixed(side, E1, half * 2.0 / 9.0 * squared, own.conjugate() * own_b)
    third = along * 2.0 / 3.0
    add_mixed(side, D0, third, scalar.conjugate() * scalar_b)
    add_mixed(side, D1, third * mass, current.conjugate() * scalar_b + current_b * scalar.conjugate())
    add_mixed(side, D2, third * squared, current.conjugate() * current_b)
    add_mixed(side, D1, photon * 2.0, moment.conjugate() * moment_b)
    add_mixed(side, D2, photon * 4.0, squared * (moment.conjugate() * moment_b) + factor.conjugate() * factor_b)
    add_mixed(side, D3, photon * 2.0 * squared, factor.conjugate() * factor_b)


@kernel
def interference_coefficients(neutrino: Array, scales: Array, textures: ComplexMatrix, coefficients: Array) -> None:
    """Write the interference of two interactions into the powers REAL, of Re(x_a* x_b), and IMAGINARY, of Im(x_a* x_b).

    ``scales`` (2, 11), ``textures`` (2, 3, 3) and ``coefficients`` (6, 2, 4, 6) as of
    `amplitude.quadratic_form.pair_coefficients`.
    """
    coefficients[:] = 0.0
    majorana = neutrino[MAJORANA] != 0.0
    half = 0.5 if majorana else 1.0
    weights = (half, half * scales[0, ALONG], half * scales[0, PHOTON])
    mass = masses(neutrino)
    for i in range(3):
        for j in range(3):
            least, most = min(i, j), max(i, j)
            pair = least * (5 - least) // 2 + most
            total = mass[i][0] + mass[j][0]
            difference = squared_mass_difference(neutrino, i, j) / total if i != j else 0.0
            v, a, sS, sP, mu, eps, fV, fA = pair_couplings(majorana, scales[0], textures[0], i, j, total, difference)
            v_b, a_b, sS_b, sP_b, mu_b, eps_b, fV_b, fA_b = pair_couplings(
                majorana, scales[1], textures[1], i, j, total, difference
            )
            side = coefficients[pair, SUM_SIDE]
            add_interference(side, weights, difference, (a, v, sS, eps, fA), (a_b, v_b, sS_b, eps_b, fA_b))
            mixed = -1.0j * (fA_b * eps.conjugate() - fA.conjugate() * eps_b)  # of Im(fA eps*)
            add_mixed(side, D2, weights[2] * 6.0 * difference, mixed)
            side = coefficients[pair, DIFFERENCE_SIDE]
            add_interference(side, weights, total, (v, a, sP, mu, fV), (v_b, a_b, sP_b, mu_b, fV_b))
            mixed = fV_b * mu.conjugate() + fV.conjugate() * mu_b  # of Re(fV mu*)
            add_mixed(side, D2, weights[2] * 6.0 * total, mixed)
