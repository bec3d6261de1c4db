"""W2 and W3: events, and their chi^2, over a dense grid of masses, phases, mediators and couplings."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from renp_fast.bench import formulas
from renp_fast.bench.timing import HOISTED, NUMPY, OURS, Peer
from renp_fast.evaluate.evaluate import Evaluator
from renp_fast.kernels.types import Array
from renp_fast.scan_file.scan import Scan, parse_scan

TRIGGERS = np.array([1.069, 1.07, 1.0708, 1.0712, 1.0716, 1.07164])
GAMMA0, EXPOSURE = 0.002, 100.0
SECONDS = 86400.0 * GAMMA0 * EXPOSURE
IDENTITY = np.eye(3, dtype=complex)
SCAN = """
title = "Benchmark"
observable = "{observable}"
target.gamma0_per_s = {gamma0}
neutrino = {{ nature = "majorana", ordering = "normal" }}
interaction = {{ kind = "vector", chirality = "left" }}
experiment = {{ trigger_eV = {triggers}, exposure_days = {exposure} }}
[axes]
lightest_mass_eV = {{ linear = [0.001, 0.009], points = {masses} }}
alpha21_deg = {{ linear = [10.0, 170.0], points = {phases} }}
mediator_mass_eV = {{ log = [1e-3, 1e-2], points = {mediators} }}
coupling = {{ linear = [{lowest}, {highest}], points = {couplings} }}
"""


@dataclass(frozen=True)
class Grid:
    """A grid over the lightest mass, a Majorana phase, the mediator's mass and the coupling, at six triggers.

    Attributes
    ----------
    masses, phases, mediators, couplings : int
        Number of points along each axis.
    chi2 : bool
        W3: the Poisson chi^2 against the Standard Model of each point. Else W2: the six event numbers.
    largest : float
        Largest coupling; the smallest is a hundredth of it.
    """

    masses: int
    phases: int
    mediators: int
    couplings: int
    chi2: bool
    largest: float = 2e-27

    @property
    def text(self) -> str:
        """The grid as a scan file."""
        return SCAN.format(
            observable="chi2" if self.chi2 else "events",
            gamma0=GAMMA0,
            exposure=EXPOSURE,
            triggers=TRIGGERS.tolist(),
            masses=self.masses,
            phases=self.phases,
            mediators=self.mediators,
            couplings=self.couplings,
            lowest=self.largest / 100.0,
            highest=self.largest,
        )

    @cached_property
    def scan(self) -> Scan:
        """The grid as a scan."""
        return parse_scan(self.text, "the benchmark")

    @property
    def points(self) -> int:
        """Numbers that come out."""
        return self.scan.points * (1 if self.chi2 else TRIGGERS.size)

    @property
    def floor(self) -> float:
        """Smaller values count as that large in relative errors."""
        return 1e-3

    @cached_property
    def evaluate(self) -> Evaluator:
        """What a run evaluates blocks with."""
        return Evaluator(self.scan)

    def ours(self, masses: slice = slice(None)) -> Array:
        """All points, or those of some lightest masses, as one block."""
        box = [slice(0, n) for n in self.scan.shape]
        box[0] = slice(*masses.indices(self.masses))
        return self.evaluate(tuple(box))[self.scan.observable]

    def axis(self, name: str) -> Array:
        """Values of an axis."""
        axis = self.scan.axis(name)
        assert axis is not None
        return np.array(axis.values, dtype=np.float64)

    @cached_property
    def coefficients(self) -> Array:
        """N0 and the factors of g and g^2 of N, or of N/N0 for chi^2, for each mass, phase, mediator and trigger.

        Of shape (3, masses x phases x mediators, 6).
        """
        propagator = 1.0 / (
            formulas.E_EG * (formulas.E_EG - 2.0 * TRIGGERS) - self.axis("mediator_mass_eV")[:, None] ** 2
        )
        level = SECONDS * formulas.level_factor(TRIGGERS)
        rows = []
        for m0 in self.axis("lightest_mass_eV"):
            for alpha21 in self.axis("alpha21_deg"):
                pairs = formulas.pair_coefficients(m0, formulas.axial_coupling(alpha21), IDENTITY, majorana=True)
                W0, W1, W2 = level * formulas.quadratic_forms(TRIGGERS, pairs)
                expected = np.broadcast_to(W0, propagator.shape)
                scale = 1.0 / W0 if self.chi2 else 1.0
                rows.append([expected, scale * W1 * propagator, scale * W2 * propagator**2])
        return np.ascontiguousarray(np.concatenate(rows, axis=1))

    def first_mass(self, ours: Array) -> Array:
        """Of our result the part that `plain` computes."""
        return ours[:1]

    @cached_property
    def broadcast(self) -> list[Array]:
        """Triggers, a_ij, mediator masses and couplings of the first mass, as they broadcast."""
        phases = self.axis("alpha21_deg")[None, :, None, None, None]
        mediators = self.axis("mediator_mass_eV")[None, None, :, None, None]
        couplings = self.axis("coupling")[None, None, None, :, None]
        return [TRIGGERS, formulas.axial_coupling(phases), mediators, couplings]

    def plain(self, w: Array, a: Array, M: Array, g: Array, xp: Any = np) -> Array:
        """NumPy, or something like it, as one would write it: all numbers at once, each with its own amplitude."""
        m0 = float(self.axis("lightest_mass_eV")[0])
        N = SECONDS * formulas.spectral_function(w, m0, a, g, M, IDENTITY, majorana=True, xp=xp)
        if not self.chi2:
            return N
        N0 = SECONDS * formulas.spectral_function(w, m0, a, 0.0, 0.0, IDENTITY, majorana=True, xp=xp)
        chi2: Array = 2.0 * xp.sum(N - N0 + N0 * xp.log(N0 / N), axis=-1)
        return chi2

    def as_rows(self, ours: Array) -> Array:
        """Our result as the other peers lay it out: couplings last, where their loops are the fastest."""
        if self.chi2:
            return ours.reshape(-1, self.couplings)
        return ours.reshape(-1, self.couplings, TRIGGERS.size).swapaxes(1, 2)

    @property
    def rows_shape(self) -> tuple[int, ...]:
        """Shape of an output in that layout."""
        rows = self.masses * self.phases * self.mediators
        return (rows, self.couplings) if self.chi2 else (rows, TRIGGERS.size, self.couplings)

    def hoisted(self, out: Array) -> Array:
        """NumPy row by row, a row being all couplings."""
        g = self.axis("coupling")
        first, linear, square = self.coefficients
        t, logarithm = np.empty((2, TRIGGERS.size, g.size))
        for row in range(len(first)):
            into = t if self.chi2 else out[row]
            np.multiply(square[row, :, None], g, out=into)
            into += linear[row, :, None]
            into *= g
            if self.chi2:
                np.log1p(into, out=logarithm)
                into -= logarithm
                np.dot(2.0 * first[row], into, out=out[row])
            else:
                into += first[row, :, None]
        return out

    def numpy_peers(self) -> dict[str, Peer]:
        """Ourselves, and what needs nothing but NumPy."""
        out = np.zeros(self.rows_shape)
        return {
            OURS: Peer(self.points, self.ours),
            NUMPY: Peer(self.points // self.masses, lambda: self.plain(*self.broadcast), self.first_mass),
            HOISTED: Peer(self.points, lambda: self.hoisted(out), self.as_rows),
        }
