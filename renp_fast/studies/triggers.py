"""Trigger energies that an experiment may use: many in each section between thresholds, most of them below its end."""

import itertools
import math
from dataclasses import dataclass

import numpy as np

from renp_fast.errors import InputError
from renp_fast.kernels.types import Array
from renp_fast.physics.neutrinos import Neutrinos, thresholds_eV
from renp_fast.physics.targets import ATOMS
from renp_fast.scan_file.checks import MASS_NAMES
from renp_fast.scan_file.scan import Scan

IN_ALL, PER_SECTION = 1500, 48  # candidates at first
NEAREST = 1e-4  # to the end of a section, as a part of it
FINER = 5  # a gap beside a chosen energy is cut into so many
DIGITS = 9  # of energies in eV after the point
LEAST_GAP_EV = 10.0**-DIGITS


@dataclass(frozen=True)
class Sections:
    """The sections between thresholds, as far as triggers may lie in them: ends (sections, 2) in eV."""

    ends: Array

    def candidates(self) -> Array:
        """Energies in increasing order: half of them evenly, half ever closer to the upper end of their section."""
        count = min(PER_SECTION, max(4, IN_ALL // len(self.ends)))
        energies = []
        for low, high in self.ends:
            below = np.geomspace(NEAREST * (high - low), high - low, count // 2)
            energies += [np.linspace(low, high, count // 2), high - below]
        return self.within(np.concatenate(energies))

    def within(self, energies: Array) -> Array:
        """Those of the energies that lie in a section, in increasing order and once each."""
        rounded = np.unique(energies.round(DIGITS))
        inside = (rounded[:, np.newaxis] >= self.ends[:, 0]) & (rounded[:, np.newaxis] <= self.ends[:, 1])
        return rounded[inside.any(axis=1)]

    def finer(self, energies: Array, chosen: Array) -> Array:
        """The energies with more between the ``chosen`` ones (bool) and their neighbours in the same section."""
        more = [energies]
        for k in np.flatnonzero(chosen):
            for a, b in itertools.pairwise(energies[max(k - 1, 0) : k + 2]):
                if self.number(a) == self.number(b) and b - a > 2.0 * LEAST_GAP_EV:
                    more.append(np.linspace(a, b, FINER + 1)[1:-1])
        return self.within(np.concatenate(more))

    def number(self, energy: float) -> int:
        """The number of the section of an energy."""
        return int(np.searchsorted(self.ends[:, 0], energy, side="right"))


def sections_of(scan: Scan, lowest: float | None, highest: float | None, apart: float) -> Sections:
    """Sections between the thresholds of truth and alternative, ``apart`` of each, all in eV.

    Raises
    ------
    InputError
        If there is no room, or a mediator without width has its pole there.
    """
    hypotheses = [scan] if scan.alternative is None else [scan, scan.alternative]
    thresholds = np.unique([w for each in hypotheses for w in _thresholds(each)])
    low = 0.0 if lowest is None else lowest
    high = float(thresholds[-1]) if highest is None else min(highest, float(thresholds[-1]))
    edges = [low - apart, *thresholds[(thresholds > low) & (thresholds < high)], high + apart]
    if high in thresholds:
        edges[-1] = high
    # Inwards to the digits that energies have, so that the ends are candidates
    ends = np.array(
        [
            (math.ceil((a + apart) * 10**DIGITS) / 10**DIGITS, math.floor((b - apart) * 10**DIGITS) / 10**DIGITS)
            for a, b in itertools.pairwise(edges)
            if b - a > 2.0 * apart + 2.0 * LEAST_GAP_EV
        ]
    )
    if not len(ends) or low >= high:
        raise InputError(
            f"--lowest, --highest: got {low!r} to {high!r}; allowed: energies below the last threshold, "
            f"{thresholds[-1]:.9g} eV, that leave room {apart:g} eV from all thresholds"
        )
    for pole in (w for each in hypotheses for w in _poles(each)):
        if low <= pole <= high:
            raise InputError(
                f"[interaction] mediator_width_eV: got 0 with the pole of the mediator at {pole:.6g} eV, next to which "
                "there is no best energy; allowed: a width above 0, or --lowest and --highest that leave it out"
            )
    return Sections(ends)


def _levels(scan: Scan) -> tuple[float, ...]:
    return (ATOMS[scan.values["atom"]].E_eg_eV,) if "atom" in scan.values else scan.along("E_eg_eV")


def _thresholds(scan: Scan) -> list[float]:
    """Thresholds of all points and profiled orderings, but not of profiled masses."""
    found = []
    profiled = {form.name: form.flat.entries for form in scan.profile if form.flat is not None}
    orderings = {"ordering": (*scan.along("ordering"), *profiled.get("ordering", ()))}
    for combination in itertools.product(*(orderings.get(name) or scan.along(name) or (None,) for name in MASS_NAMES)):
        neutrinos = Neutrinos(nature="dirac", **dict(zip(MASS_NAMES, combination, strict=True)))
        found += [w for E_eg in _levels(scan) for w in thresholds_eV(neutrinos, E_eg).values()]
    return found


def _poles(scan: Scan) -> list[float]:
    """Photon energies at which a mediator without width is on shell."""
    if scan.interactions:
        return [pole for each in scan.interactions.values() for pole in _poles(each)]
    if scan.values["kind"] not in ("vector", "scalar") or min(scan.along("mediator_width_eV"), default=0.0) > 0.0:
        return []
    return [0.5 * E - M * M / (2.0 * E) for E in _levels(scan) for M in scan.along("mediator_mass_eV")]
