"""Averages over laser lines by mpmath, from the formulas as they are written: no kernel and no rearrangement.

W is that of the squared amplitude term by term, as a function of s and of the pair's squared momentum: the squared
energy of the pair is their sum.
"""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import mpmath

from renp_fast.kernels.types import ComplexMatrix
from renp_fast.physics.interactions import Interaction, standard_matrices
from renp_fast.physics.neutrinos import Neutrinos
from renp_fast.physics.targets import ATOMS

mp = mpmath.MPContext()  # a context of its own: nobody else can change the number of digits
mp.dps = 30
YB = ATOMS["Yb"]
E_EG, E_VG = mp.mpf(YB.E_eg_eV), mp.mpf(YB.E_vg_eV)
Function = Callable[[Any], Any]


def exact(matrices: ComplexMatrix) -> list[list[list[Any]]]:
    """Matrices as numbers of mpmath."""
    return [[[mp.mpmathify(complex(entry)) for entry in row] for row in matrix] for matrix in matrices]


class Reference:
    """The spectral function of Yb at an energy of the photon and a momentum of the pair, in mpmath."""

    def __init__(self, interaction: Interaction, **neutrino: Any) -> None:
        neutrinos = Neutrinos(**neutrino)
        row = [mp.mpf(float(x)) for x in neutrinos.row]
        m0, dm21, dm3l = row[2], row[3], row[4]
        if neutrino["ordering"] == "normal":
            squares = [m0**2, m0**2 + dm21, m0**2 + dm3l]
        else:
            squares = [m0**2 - dm3l - dm21, m0**2 - dm3l, m0**2]
        self.m = [mp.sqrt(square) for square in squares]
        self.half = mp.mpf(1) / 2 if neutrino["nature"] == "majorana" else mp.mpf(1)
        self.interaction = interaction
        self.standard = exact(standard_matrices(neutrinos))
        self.new = exact(interaction.matrices(neutrinos))
        self.S = {(i, j): (self.m[i] + self.m[j]) ** 2 for i in range(3) for j in range(3)}

    def strength(self, s: Any) -> Any:
        """Strength of the interaction."""
        g, M, width = (mp.mpf(x) for x in self._mediator())
        if self.interaction.kind in ("vector", "scalar"):
            return g / (s - M * M + mp.mpc(0, 1) * M * width)
        return g * s if self.interaction.chirality in ("charge_radius", "anapole") else g

    def _mediator(self) -> tuple[float, float, float]:
        new = self.interaction
        return new.coupling, new.mediator_mass_eV, new.mediator_width_eV

    def W(self, s: Any, q2: Any) -> Any:
        """Sum over ordered pairs of Delta T."""
        x = self.strength(s)
        return self.half * mp.fsum(self._pair(i, j, s, q2, x) for i in range(3) for j in range(3) if s > self.S[i, j])

    def _pair(self, i: int, j: int, s: Any, q2: Any, x: Any) -> Any:
        mi, mj, S = self.m[i], self.m[j], self.S[i, j]
        D, d = (mi - mj) ** 2, mi * mi - mj * mj
        Delta = mp.sqrt((s - S) * (s - D)) / s
        aL, aR, yS, yP, mu, eps, fV, fA = (
            self.standard[c][i][j] + (x * self.new[c][i][j] if self.new[c][i][j] else 0) for c in range(8)
        )
        I_ij = (s + q2 / 2 - q2 * Delta**2 / 6 - (mi * mi + mj * mj) / 2 - (s + q2) * d * d / (2 * s * s)) / 3
        T = (abs(aL) ** 2 + abs(aR) ** 2) * I_ij + 2 * mp.re(aL * mp.conj(aR)) * mi * mj
        if self.interaction.kind in ("standard_model", "vector"):
            return Delta * T
        T += q2 / 3 * (abs(yS) ** 2 * (s - S) + abs(yP) ** 2 * (s - D))
        T += q2 / 3 * mp.im(mp.conj(yS) * (aL + aR)) * (mi - mj) * (1 - S / s)
        T += q2 / 3 * mp.re(mp.conj(yP) * (aL - aR)) * (mi + mj) * (1 - D / s)
        T += q2 / s**2 * (abs(mu) ** 2 * (s - D) * (s + 2 * S) + abs(eps) ** 2 * (s - S) * (s + 2 * D))
        T += q2 / s**3 * (abs(fV) ** 2 * (s - D) * (2 * s + S) + abs(fA) ** 2 * (s - S) * (2 * s + D))
        return Delta * T

    def I(self, w: Any, momentum: Any = 0) -> Any:  # noqa: E743
        """Spectral function at photon energy w and pair momentum w + ``momentum``."""
        q = w + momentum
        s = (E_EG - w) ** 2 - q * q
        return w / (E_EG * (E_VG - w) ** 2) * self.W(s, q * q) if s > 0 else mp.mpf(0)

    def thresholds(self, momentum: Any = 0) -> list[Any]:
        """Photon energies at which pairs open, for a momentum of the pair less the photon's, increasing."""
        every = {(E_EG - momentum) / 2 - S / (2 * (E_EG + momentum)) for S in self.S.values()}
        return sorted(every)

    def poles(self, momentum: Any = 0) -> list[Any]:
        """The photon energy of the mediator's pole, and points around it as its width asks."""
        _, M, width = (mp.mpf(x) for x in self._mediator())
        if not width:
            return []
        centre = (E_EG - momentum - M * M / (E_EG + momentum)) / 2
        return [p for p in around(centre, M * width / (4 * E_EG), 2.5, 10) if p > 0]

    def average(self, line: Function, w0: Any, points: Sequence[Any], momentum: Any = 0) -> Any:
        """Integral of I times a line between the least and the greatest of ``points``."""
        inside = [*points, *self.thresholds(momentum), *self.poles(momentum)]
        high = min(max(points), self.thresholds(momentum)[-1])
        return integral(lambda w: line(w - w0) * self.I(w, momentum), inside, min(points), high)


def integral(function: Function, points: Sequence[Any], low: Any, high: Any) -> Any:
    """Integral between two points, cut at those between them, below which there may be square roots."""
    if not low < high:
        return mp.mpf(0)
    cuts = [low, *sorted({p for p in points if low < p < high}), high]
    pieces = [
        mp.quad(lambda t, b=b: 2 * t * function(b - t * t), [0, mp.sqrt(b - a)], method="gauss-legendre", maxdegree=5)
        for a, b in itertools.pairwise(cuts)
    ]
    return mp.fsum(pieces)


def gaussian(sigma: Any) -> Function:
    """Gaussian density."""
    return lambda u: mp.exp(-((u / sigma) ** 2) / 2) / (sigma * mp.sqrt(2 * mp.pi))


def lorentzian(gamma: Any) -> Function:
    """Lorentzian density."""
    return lambda u: gamma / (mp.pi * (u * u + gamma * gamma))


def voigt(sigma: Any, gamma: Any) -> Function:
    """Voigt density, by the complementary error function of a complex number."""

    def density(u: Any) -> Any:
        z = mp.mpc(u, gamma) / (sigma * mp.sqrt(2))
        if abs(z) < 25:
            w = mp.exp(-z * z) * mp.erfc(-mp.mpc(0, 1) * z)
        else:  # the asymptotic series, whose terms fall until far below 30 digits
            terms = (mp.fac2(2 * k - 1) / (2 * z * z) ** k for k in range(40))
            w = mp.mpc(0, 1) / (z * mp.sqrt(mp.pi)) * mp.fsum(terms)
        return mp.re(w) / (sigma * mp.sqrt(2 * mp.pi))

    return density


def smeared_top_hat(sigma: Any, flat: Any) -> Function:
    """Top-hat convolved with a Gaussian."""
    scale = 1 / (sigma * mp.sqrt(2))
    return lambda u: (mp.erf((u + flat / 2) * scale) - mp.erf((u - flat / 2) * scale)) / (2 * flat)


def around(w0: Any, scale: Any, factor: float, times: int) -> list[Any]:
    """w0, and points on both sides of it at distances that grow by ``factor``, none of them below 0."""
    distances = [scale * mp.mpf(factor) ** k for k in range(times)]
    points = [w0, *(w0 - d for d in distances), *(w0 + d for d in distances)]
    return [mp.mpf(0), *(p for p in points if p > 0)]


def relative(value: float, expected: Any) -> float:
    """Relative difference; of nothing, the absolute one."""
    difference = abs(mp.mpf(float(value)) - expected)
    return float(difference / abs(expected) if expected else difference)
