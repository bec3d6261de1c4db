"""W1 and W6: the spectral function at very many photon energies, for one parameter point."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from renp_fast.bench import formulas
from renp_fast.bench.timing import HOISTED, NUMPY, OURS, Peer
from renp_fast.kernels.types import Array, ComplexMatrix
from renp_fast.physics.interactions import Interaction, StandardModel, Vector
from renp_fast.physics.spectrum import spectral_function

LIGHTEST_MASS, ALPHA21 = 0.01, 50.0
COUPLING, MEDIATOR_MASS = 2e-24, 0.6
TEXTURE = np.array([[0.9, 0.2 - 0.5j, 0.3j], [0.2 + 0.5j, -0.4, 0.6 + 0.1j], [-0.3j, 0.6 - 0.1j, 0.5]])
# Photon energies of a piece of the hoisted NumPy: its arrays fit the cache
PIECE = 8192


@dataclass(frozen=True)
class Spectrum:
    """I(w) from 1 eV to beyond the last threshold.

    Attributes
    ----------
    points : int
    general : bool
        W6: Majorana neutrinos and a vector mediator with a Hermitian texture of nine different numbers. Else W1: the
        Standard Model, Dirac neutrinos.
    """

    points: int
    general: bool

    @cached_property
    def w(self) -> Array:
        """Photon energies in eV; one lies 1e-9 eV below each threshold."""
        w = np.linspace(1.0, 1.0718, self.points)
        thresholds = 0.5 * formulas.E_EG - self.pairs[:, 0] / (2.0 * formulas.E_EG)
        w[np.searchsorted(w, thresholds)] = thresholds - 1e-9
        return w

    @cached_property
    def a(self) -> ComplexMatrix:
        """Axial coupling."""
        return formulas.axial_coupling(ALPHA21)

    @property
    def texture(self) -> ComplexMatrix | None:
        """Texture of the mediator's coupling."""
        return TEXTURE if self.general else None

    @cached_property
    def pairs(self) -> Array:
        """What can be computed before the photon energies are known."""
        return formulas.pair_coefficients(LIGHTEST_MASS, self.a, self.texture, majorana=self.general)

    @property
    def floor(self) -> float:
        """Smaller values count as that large in relative errors."""
        return 1e-8

    @cached_property
    def interaction(self) -> Interaction:
        """What is there besides the Standard Model, if anything."""
        if self.general:
            return Vector(coupling=COUPLING, mediator_mass_eV=MEDIATOR_MASS, texture=TEXTURE.tolist())
        return StandardModel()

    def ours(self, w: Array | None = None) -> Array:
        """The public function, at the photon energies of the workload or others."""
        return spectral_function(
            self.w if w is None else w,
            interaction=self.interaction,
            nature="majorana" if self.general else "dirac",
            ordering="normal",
            lightest_mass_eV=LIGHTEST_MASS,
            alpha21_deg=ALPHA21,
        )

    def plain(self, w: Array, xp: Any = np) -> Array:
        """NumPy, or something like it, as one would write it."""
        return formulas.spectral_function(
            w, LIGHTEST_MASS, self.a, COUPLING, MEDIATOR_MASS, self.texture, majorana=self.general, xp=xp
        )

    def hoisted(self, out: Array) -> Array:
        """NumPy in pieces that the cache holds, with everything taken out of the loop that can be."""
        for piece in formulas.pieces(self.points, PIECE):
            w = self.w[piece]
            (_general if self.general else _standard)(w, self.pairs, out[piece])
        return out

    def numpy_peers(self) -> dict[str, Peer]:
        """Ourselves, and what needs nothing but NumPy."""
        out = np.zeros(self.points)
        return {
            OURS: Peer(self.points, self.ours),
            NUMPY: Peer(self.points, lambda: self.plain(self.w)),
            HOISTED: Peer(self.points, lambda: self.hoisted(out)),
        }


def _sums(s: Array, pairs: Array, weights: Array) -> list[Array]:
    """Sums over pairs of the root of (s - S)(s - D) times each column of the weights."""
    totals = [np.zeros_like(s) for _ in range(weights.shape[1])]
    root, scratch = np.empty_like(s), np.empty_like(s)
    for pair, weight in zip(pairs, weights, strict=True):
        np.subtract(s, pair[0], out=root)
        np.maximum(root, 0.0, out=root)
        np.subtract(s, pair[1], out=scratch)
        root *= scratch
        np.sqrt(root, out=root)
        for total, factor in zip(totals, weight, strict=True):
            np.multiply(root, factor, out=scratch)
            total += scratch
    return totals


def _standard(w: Array, pairs: Array, out: Array) -> None:
    """I(w) of the Standard Model for Dirac neutrinos, where |v|^2 = |a|^2: three sums over the pairs do."""
    S, D, square = pairs[:, 0], pairs[:, 1], pairs[:, 2]
    s, w2 = formulas.E_EG * (formulas.E_EG - 2.0 * w), w * w
    one, sums, product = _sums(s, pairs, np.stack([square, square * (S + D), square * S * D], axis=1))
    numerator = s * (one * s * (12.0 * s + 4.0 * w2) + sums * (2.0 * w2 - 3.0 * s)) - product * (6.0 * s + 8.0 * w2)
    np.divide(numerator * w, (9.0 * formulas.E_EG) * s * s * s * (formulas.E_VG - w) ** 2, out=out)


def _general(w: Array, pairs: Array, out: Array) -> None:
    """I(w) with a mediator: each pair has its own powers of x, but they depend on s by five sums alone."""
    s, w2 = formulas.E_EG * (formulas.E_EG - 2.0 * w), w * w
    x = COUPLING / (s - MEDIATOR_MASS**2)
    S, D = pairs[:, 0:1], pairs[:, 1:2]
    vector, axial = pairs[:, 2:5], pairs[:, 5:8]
    # (|v|^2 A + |a|^2 B) 9 s^3 as a polynomial in s, w^2 and the weights |v|^2 + |a|^2, |v|^2 S + |a|^2 D and so on
    weights = np.concatenate(
        [vector + axial, vector * S + axial * D, vector * D + axial * S, (vector + axial) * S * D], axis=1
    )
    totals = _sums(s, pairs, weights)
    one, same, other, product = (t[0] + x * (t[1] + x * t[2]) for t in (totals[k : k + 3] for k in (0, 3, 6, 9)))
    # A = (3 + w^2/s)(2 s + S)(s - D)/(9 s) + w^2 D (s - S)/(3 s^2)
    polynomial = (3.0 * s + w2) * (s * (2.0 * one * s + same - 2.0 * other) - product) + 3.0 * w2 * (
        other * s - product
    )
    np.divide(polynomial * w, (9.0 * formulas.E_EG) * s * s * s * (formulas.E_VG - w) ** 2, out=out)
