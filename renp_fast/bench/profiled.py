"""W4: limits on the coupling, profiled over a Majorana phase and a mixing angle with a prior."""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.optimize import brentq

from renp_fast.bench import formulas
from renp_fast.bench.grids import EXPOSURE, GAMMA0, IDENTITY, SECONDS, TRIGGERS
from renp_fast.bench.timing import HOISTED, NUMPY, OURS, Peer
from renp_fast.evaluate.evaluate import Evaluator
from renp_fast.evaluate.limits import threshold
from renp_fast.kernels.types import Array, ComplexMatrix
from renp_fast.scan_file.scan import Scan, parse_scan

ALPHA21 = 50.0
CONFIDENCE = 0.90
# brentq works in this unit of the coupling, and begins where chi^2 still vanishes
UNIT, START = 1e-27, 1e-3
# Here the mediator's terms are as large as the Standard Model
STEP = 1e-26
SCAN = """
title = "Benchmark"
observable = "limit"
confidence_level = {confidence}
target.gamma0_per_s = {gamma0}
neutrino = {{ nature = "majorana", ordering = "normal", alpha21_deg = {alpha21} }}
interaction = {{ kind = "vector", chirality = "left" }}
experiment = {{ trigger_eV = {triggers}, exposure_days = {exposure} }}
[profile]
alpha21_deg = {{ linear = [0.0, 330.0], points = {phases} }}
theta12_deg = {{ prior = "NuFIT-6.0", sigmas = 3.0, points = {angles} }}
[axes]
lightest_mass_eV = {{ linear = [0.001, 0.006], points = {masses} }}
mediator_mass_eV = {{ log = [1e-3, 1e-2], points = {mediators} }}
"""


@dataclass(frozen=True)
class ProfiledLimits:
    """Limits of both signs on a grid of the lightest mass and the mediator's mass.

    Attributes
    ----------
    masses, mediators : int
        Points of the grid.
    phases, angles : int
        Points of the nuisance parameters; the truth is one more.
    """

    masses: int
    mediators: int
    phases: int
    angles: int

    @cached_property
    def scan(self) -> Scan:
        """The limits as a scan."""
        text = SCAN.format(
            confidence=CONFIDENCE,
            gamma0=GAMMA0,
            alpha21=ALPHA21,
            triggers=TRIGGERS.tolist(),
            exposure=EXPOSURE,
            phases=self.phases,
            angles=self.angles,
            masses=self.masses,
            mediators=self.mediators,
        )
        return parse_scan(text, "the benchmark")

    @property
    def points(self) -> int:
        """Limits, two for each point of the grid."""
        return 2 * self.scan.points

    @property
    def floor(self) -> float:
        """Smaller values count as that large in relative errors."""
        return 0.0

    @cached_property
    def evaluate(self) -> Evaluator:
        """What a run evaluates blocks with."""
        return Evaluator(self.scan)

    def ours(self, masses: slice = slice(None)) -> Array:
        """All limits, or those of some lightest masses."""
        limits: Array = self.evaluate((slice(*masses.indices(self.masses)), slice(0, self.mediators)))["limit"]
        return limits

    @cached_property
    def nuisances(self) -> tuple[ComplexMatrix, Array]:
        """a_ij (3, 3, points, 1) and the cost of the prior (points), the truth first."""
        oscillation = formulas.OSCILLATION
        entries = {form.name: form.entries("normal") for form in self.scan.profile}
        points = list(itertools.product(entries["alpha21_deg"], entries["theta12_deg"]))
        phases = np.array([ALPHA21, *(phase for (phase, _), _ in points)])
        angles = np.array([oscillation["theta12_deg"], *(angle for _, (angle, _) in points)])
        costs = np.array([0.0, *(cost for _, (_, cost) in points)])
        theta13, delta = (math.radians(oscillation[name]) for name in ("theta13_deg", "delta_cp_deg"))
        return formulas.coupling_of(np.radians(angles), theta13, delta, phases)[..., None], costs

    def events(self, g: float) -> Array:
        """N of the first point at every nuisance point and trigger, from the formulas as they stand."""
        m0, M = (float(self.scan.along(name)[0]) for name in ("lightest_mass_eV", "mediator_mass_eV"))
        values = formulas.spectral_function(TRIGGERS, m0, self.nuisances[0], g, M, IDENTITY, majorana=True)
        return SECONDS * values

    def plain(self) -> Array:
        """The limits of the first point, with all nuisance points at once."""
        return _both(self.events, self.nuisances[1])

    def hoisted(self) -> Array:
        """The same with N as a quadratic in the coupling, found from three couplings."""
        constant, above, below = self.events(0.0), self.events(STEP), self.events(-STEP)
        linear, square = (above - below) / (2.0 * STEP), (above + below - 2.0 * constant) / (2.0 * STEP**2)
        return _both(lambda g: constant + g * (linear + g * square), self.nuisances[1])

    def numpy_peers(self) -> dict[str, Peer]:
        """Ourselves, and what needs nothing but NumPy and SciPy."""
        return {
            NUMPY: Peer(2, self.plain, _first),
            HOISTED: Peer(2, self.hoisted, _first),
            OURS: Peer(self.points, self.ours),
        }


def _first(ours: Array) -> Array:
    limits: Array = ours[0, 0]
    return limits


def _both(events: Callable[[float], Array], costs: Array) -> Array:
    """Limits of both signs, where the profiled chi^2 reaches the threshold; ``events`` has the truth first."""
    expected, limit = events(0.0)[0], threshold(CONFIDENCE)

    def distance(coupling: float) -> float:
        N = events(UNIT * coupling)
        chi2 = 2.0 * np.sum(N - expected + expected * np.log(expected / N), axis=-1) + costs
        return float(chi2.min()) - limit

    limits = []
    for sign in (1.0, -1.0):
        end = sign * START
        while distance(end) < 0.0:
            end *= 2.0
        limits.append(UNIT * brentq(distance, 0.5 * end, end, xtol=1e-14, rtol=1e-14))
    return np.array(limits)
