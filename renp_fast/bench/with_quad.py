"""The workloads as one would first write them: scipy.integrate.quad over the neutrino's energy, pair by pair."""

import numpy as np
from scipy.integrate import quad

from renp_fast.bench import formulas
from renp_fast.bench.formulas import E_EG, E_VG
from renp_fast.bench.grids import IDENTITY, SECONDS, TRIGGERS, Grid
from renp_fast.bench.photon_energies import COUPLING, LIGHTEST_MASS, MEDIATOR_MASS, Spectrum
from renp_fast.bench.timing import Peer
from renp_fast.kernels.types import Array, ComplexMatrix

FEW = 4


def integrand(E: float, w: float, m_i: float, m_j: float, squares: float, mixed: float) -> float:
    """Squared amplitude at the energy E of the neutrino."""
    other = E_EG - w - E
    bracket = 3.0 * E * other - (w**2 - E**2 + m_i**2 - other**2 + m_j**2) / 2.0
    return squares * bracket / 3.0 + mixed * m_i * m_j


def spectral_function(
    w: float, m0: float, a: ComplexMatrix, x_of_s: float, texture: ComplexMatrix, majorana: bool
) -> float:
    """I(w) for the strength x of the mediator at this photon energy."""
    s, m, W = E_EG * (E_EG - 2.0 * w), formulas.masses(m0), 0.0
    left = a + formulas.CURRENT * x_of_s * texture
    for i in range(3):
        for j in range(3):
            S, D, d = (m[i] + m[j]) ** 2, (m[i] - m[j]) ** 2, m[i] ** 2 - m[j] ** 2
            if s <= S:
                continue
            aL, aR = left[i, j], -left[j, i] if majorana else 0.0
            middle, width = (E_EG - w) * (1.0 + d / s) / 2.0, w * np.sqrt((s - S) * (s - D)) / (2.0 * s)
            parts = (w, m[i], m[j], abs(aL) ** 2 + abs(aR) ** 2, 2.0 * (aL * np.conj(aR)).real)
            W += quad(integrand, middle - width, middle + width, args=parts)[0] / w
    return (0.5 if majorana else 1.0) * W * w / (E_EG * (E_VG - w) ** 2)


def peer(workload: Spectrum | Grid) -> Peer:
    """A few points of a workload."""
    if isinstance(workload, Spectrum):
        chosen = np.linspace(0, 0.98 * workload.points, FEW).astype(int)
        return Peer(FEW, lambda: spectrum(workload, workload.w[chosen]), lambda ours: ours[chosen])
    last = workload.couplings - 1
    return Peer(1 if workload.chi2 else TRIGGERS.size, lambda: grid(workload, last), lambda ours: ours[0, 0, 0, last])


def spectrum(workload: Spectrum, photon_energies: Array) -> Array:
    """I(w) at some photon energies."""
    texture = workload.texture if workload.texture is not None else np.zeros_like(IDENTITY)
    values = []
    for w in photon_energies:
        x = COUPLING / (E_EG * (E_EG - 2.0 * w) - MEDIATOR_MASS**2)
        values.append(spectral_function(w, LIGHTEST_MASS, workload.a, x, texture, workload.general))
    return np.array(values)


def grid(workload: Grid, coupling: int) -> Array:
    """Events or chi^2 of the first mass, phase and mediator, at one coupling."""
    names = ("lightest_mass_eV", "alpha21_deg", "mediator_mass_eV")
    m0, alpha21, M = (float(workload.axis(name)[0]) for name in names)
    g, a = workload.axis("coupling")[coupling], formulas.axial_coupling(alpha21)
    N, N0 = (
        SECONDS
        * np.array(
            [spectral_function(w, m0, a, x / (E_EG * (E_EG - 2.0 * w) - M**2), IDENTITY, True) for w in TRIGGERS]
        )
        for x in (g, 0.0)
    )
    return np.array(2.0 * np.sum(N - N0 + N0 * np.log(N0 / N))) if workload.chi2 else N
