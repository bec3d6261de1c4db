"""Averages over laser lines by composite rules on meshes that shrink towards every point where anything happens.

Between two such points the mesh halves towards both: so it holds every scale, and needs to be told none. Photon
energies are extended ones, and the spectral function is that of the squared amplitude term by term.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import erfc, voigt_profile

from renp_fast.kernels.types import Array
from renp_fast.physics.interactions import Interaction, standard_matrices
from renp_fast.physics.line import Line
from renp_fast.physics.neutrinos import Neutrinos
from renp_fast.physics.targets import ATOMS

YB = ATOMS["Yb"]
E_EG, E_VG = np.longdouble(YB.E_eg_eV), np.longdouble(YB.E_vg_eV)
REACH = 9.0


@dataclass(frozen=True)
class Mesh:
    """How often a piece is halved towards each end, and the nodes on each part."""

    halvings: int = 46
    nodes: int = 16
    ratio: float = 0.5

    def rule(self, low: Any, high: Any, points: list[Any]) -> tuple[Any, Any]:
        """Nodes and weights between two ends, cut at the points in between."""
        cuts = np.array([low, *sorted({p for p in points if low < p < high}), high], dtype=np.longdouble)
        steps = np.longdouble(0.5) * np.longdouble(self.ratio) ** np.arange(self.halvings, -1, -1)
        fractions = np.concatenate([[0.0], steps, 1.0 - steps[-2::-1], [1.0]])
        t, weight = np.polynomial.legendre.leggauss(self.nodes)
        # Near the upper end as a distance from it
        a, length = cuts[:-1, np.newaxis, np.newaxis], np.diff(cuts)[:, np.newaxis, np.newaxis]
        half = 0.5 * np.diff(fractions)[:, np.newaxis]
        middle = 0.5 * (fractions[1:] + fractions[:-1])[:, np.newaxis]
        nodes, weights = a + length * (middle + half * t), length * half * weight
        return nodes.ravel(), weights.ravel().astype(float)


class Spectrum:
    """The spectral function of Yb, as a function of u = w - w0 and the momentum of the pair less the photon's."""

    def __init__(self, interaction: Interaction, **neutrino: Any) -> None:
        neutrinos = Neutrinos(**neutrino)
        row = neutrinos.row.astype(np.longdouble)
        m0, dm21, dm3l = row[2], row[3], row[4]
        if neutrino["ordering"] == "normal":
            squares = [m0**2, m0**2 + dm21, m0**2 + dm3l]
        else:
            squares = [m0**2 - dm3l - dm21, m0**2 - dm3l, m0**2]
        self.m = np.sqrt(np.array(squares))
        self.half = 0.5 if neutrino["nature"] == "majorana" else 1.0
        self.interaction, self.neutrino = interaction, neutrino
        self.standard, self.new = standard_matrices(neutrinos), interaction.matrices(neutrinos)
        self.S = [(self.m[i] + self.m[j]) ** 2 for i in range(3) for j in range(i, 3)]

    def strength(self, s: Array) -> Any:
        """Strength of the interaction."""
        new = self.interaction
        if new.kind in ("vector", "scalar"):
            M, width = np.longdouble(new.mediator_mass_eV), new.mediator_width_eV
            return new.coupling / ((s - M * M).astype(float) + 1j * (float(M) * width))
        return new.coupling * (s if new.chirality in ("charge_radius", "anapole") else 1.0 + 0.0 * s)

    def __call__(self, u: Any, detuning: float, momentum: Any = 0.0) -> Array:
        """Spectral function at w0 + u, w0 = E_eg/2 - ``detuning``."""
        k = np.asarray(momentum, dtype=np.longdouble)
        x = np.longdouble(detuning) - u
        w = 0.5 * E_EG - x
        s = (E_EG + k) * (2.0 * x - k)
        q2, strength = ((w + k) ** 2).astype(float), self.strength(s)
        level = (w / (E_EG * (E_VG - w) ** 2)).astype(float)
        W = np.zeros(len(u))
        for i in range(3):
            for j in range(3):
                W += self._pair(i, j, s, q2, strength)
        return self.half * level * W

    def _pair(self, i: int, j: int, s: Any, q2: Array, x: Any) -> Array:
        mi, mj = self.m[i], self.m[j]
        above = (s - (mi + mj) ** 2).astype(float)
        a, open_ = np.maximum(above, 0.0), above > 0.0
        b = (s - (mi - mj) ** 2).astype(float)
        S, D, d = float((mi + mj) ** 2), float((mi - mj) ** 2), float(mi * mi - mj * mj)
        both, squares = float(mi * mj), float(mi * mi + mj * mj)
        s = np.where(open_, s, 1.0).astype(float)
        b = np.where(open_, b, 1.0)
        Delta = np.sqrt(a * b) / s
        aL, aR, yS, yP, mu, eps, fV, fA = (
            self.standard[c][i][j] + (x * self.new[c][i][j] if self.new[c][i][j] else 0.0) for c in range(8)
        )
        I_ij = (s + q2 / 2 - q2 * Delta**2 / 6 - squares / 2 - (s + q2) * d * d / (2 * s * s)) / 3
        T = (abs(aL) ** 2 + abs(aR) ** 2) * I_ij + 2 * np.real(aL * np.conj(aR)) * both
        if self.interaction.kind not in ("standard_model", "vector"):
            T = T + q2 / 3 * (abs(yS) ** 2 * a + abs(yP) ** 2 * b)
            T = T + q2 / 3 * np.imag(np.conj(yS) * (aL + aR)) * float(mi - mj) * a / s
            T = T + q2 / 3 * np.real(np.conj(yP) * (aL - aR)) * float(mi + mj) * b / s
            T = T + q2 / s**2 * (abs(mu) ** 2 * b * (s + 2 * S) + abs(eps) ** 2 * a * (s + 2 * D))
            T = T + q2 / s**3 * (abs(fV) ** 2 * b * (2 * s + S) + abs(fA) ** 2 * a * (2 * s + D))
        return np.where(open_, Delta * T, 0.0)

    def centres(self, detuning: float, momentum: Any = 0.0) -> list[Any]:
        """Where pairs open, s vanishes, or a mediator is on its pole, as u."""
        M, k = np.longdouble(self.interaction.mediator_mass_eV), np.longdouble(momentum)
        return [np.longdouble(detuning) - 0.5 * (c / (E_EG + k) + k) for c in (*self.S, np.longdouble(0.0), M * M)]


def widths(line: Line, detuning: float) -> tuple[float, float, float]:
    """Rms of the Gaussian, half width of the Lorentzian, full width of the top-hat."""
    rms, doppler, gamma, flat, _ = line.row(YB.atom_mass_u)
    return math.hypot(rms, doppler * float(0.5 * E_EG - np.longdouble(detuning))), gamma, flat


def shape(u: Any, sigma: float, gamma: float, flat: float) -> Array:
    """Density of a line with a width."""
    if flat > 0.0 and sigma == 0.0:
        return np.where(abs(u) <= 0.5 * flat, 1.0 / flat, 0.0)
    if flat > 0.0 and flat < 0.5 * sigma:
        t, weight = np.polynomial.legendre.leggauss(16)
        return sum(0.5 * w * gaussian(u - 0.5 * flat * x, sigma) for x, w in zip(t, weight, strict=True))  # type: ignore[no-any-return]
    if flat > 0.0:
        near, far = (((abs(u) + e * flat) / (math.sqrt(2.0) * sigma)).astype(float) for e in (-0.5, 0.5))
        return (erfc(near) - erfc(far)) / (2.0 * flat)  # type: ignore[no-any-return]
    if gamma > 0.0 and sigma == 0.0:
        return (gamma / (math.pi * (u * u + gamma * gamma))).astype(float)  # type: ignore[no-any-return]
    return voigt_profile(u.astype(float), sigma, gamma) if gamma > 0.0 else gaussian(u, sigma)  # type: ignore[no-any-return]


def gaussian(u: Any, sigma: float) -> Array:
    """Density of a Gaussian."""
    z = (u / sigma).astype(float)
    return np.exp(-0.5 * z * z) / (math.sqrt(2.0 * math.pi) * sigma)  # type: ignore[no-any-return]


def average(spectrum: Spectrum, line: Line, detuning: float, mesh: Mesh = Mesh(), momentum: Any = 0.0) -> float:
    """Average over a line with a width."""
    sigma, gamma, flat = widths(line, detuning)
    w0 = 0.5 * E_EG - np.longdouble(detuning)
    centres = spectrum.centres(detuning, momentum)
    far = np.inf if gamma > 0.0 else 0.5 * flat + REACH * sigma
    low, high = max(-far, -w0), min(far, max(centres[:6]))
    points = [*centres, 0.0, -0.5 * flat, 0.5 * flat]
    table = acceptance_table(line, detuning)
    if table is not None:
        low, high = max(low, table[0, 0]), min(high, table[-1, 0])
        points += list(table[:, 0])
    if not low < high:
        return 0.0
    u, weights = mesh.rule(low, high, points)
    part = 1.0 if table is None else np.interp(u.astype(float), *table.T.astype(float))
    return math.fsum(weights * part * shape(u, sigma, gamma, flat) * spectrum(u, detuning, momentum))


def acceptance_table(line: Line, detuning: float) -> Any:
    """Distances u from the centre of a line, and the part detected there, or None."""
    if line.acceptance is None:
        return None
    table = np.asarray(line.acceptance, dtype=np.longdouble)
    table = np.stack([table, np.ones(2)], axis=1) if table.shape == (2,) else table
    return np.stack([(table[:, 0] - 0.5 * E_EG) + np.longdouble(detuning), table[:, 1]], axis=1)


def spread_average(spectrum: Spectrum, line: Line, detuning: float, outer: Mesh, inner: Mesh = Mesh()) -> float:
    """Average over a spread of momenta, and over a line, if it has a width."""
    spread, w0 = line.momentum_spread_eV, 0.5 * E_EG - np.longdouble(detuning)
    cut = min(REACH * spread, float(w0))
    sigma, gamma, flat = widths(line, detuning)
    table, M = acceptance_table(line, detuning), np.longdouble(spectrum.interaction.mediator_mass_eV)
    bends = [0.0, -0.5 * flat, 0.5 * flat, *([] if table is None else table[:, 0])]
    if sigma > 0.0 and flat > 0.0:
        bends += [side * 0.5 * flat + end * REACH * sigma for side in (-1.0, 1.0) for end in (-1.0, 1.0)]
    points = [0.0]
    for s in (*spectrum.S, np.longdouble(0.0), M * M):  # at w0 + u: (E_eg - w)^2 - (w + k)^2 = s
        for u in bends:
            w, square = w0 + u, max((E_EG - w0 - u) ** 2 - s, np.longdouble(0.0))
            points.append(((E_EG - 2.0 * w) * E_EG - s) / (np.sqrt(square) + w))
    k, weights = outer.rule(-cut, cut, points)
    if sigma + gamma + flat == 0.0:
        part = 1.0 if table is None else float(np.interp(0.0, *table.T.astype(float), left=0.0, right=0.0))
        values = part * spectrum(np.zeros(len(k), dtype=np.longdouble), detuning, k)
    else:
        values = np.array([average(spectrum, line, detuning, inner, p) for p in k])
    return math.fsum(weights * values * gaussian(k, spread)) / math.erf(cut / (math.sqrt(2.0) * spread))
