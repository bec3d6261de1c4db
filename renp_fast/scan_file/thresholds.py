"""Where thresholds lie: what an axis of photon energies refines."""

import itertools
import math
from typing import Any

import numpy as np

from renp_fast.kernels.amplitude.models import pair_thresholds
from renp_fast.kernels.types import Array
from renp_fast.physics.neutrinos import Neutrinos
from renp_fast.scan_file.axes import axis_values
from renp_fast.scan_file.checks import MASS_NAMES
from renp_fast.scan_file.hypotheses import Hypothesis

# Thresholds that lie closer than those of so many values of a range are refined together; and of all ranges at once
MOST_VALUES, MOST_COMBINATIONS = 2000, 20_000


def threshold_energies(name: str, scan: Hypothesis) -> Array:
    """Thresholds of all pairs, masses, orderings and targets of a scan, as photon energies or detunings in eV."""
    levels = scan.level("E_eg_eV") if "atom" in scan.values else _values(scan, "E_eg_eV", MOST_VALUES)
    every = {key: _values(scan, key, MOST_VALUES) for key in MASS_NAMES}
    if math.prod(map(len, every.values())) * len(levels) > MOST_COMBINATIONS:
        ranges = sum(len(values) > 1 for values in (*every.values(), levels))
        most = max(2, int(MOST_COMBINATIONS ** (1.0 / ranges)))
        every, levels = {key: _spread(values, most) for key, values in every.items()}, _spread(levels, most)
    energies = []
    for combination in itertools.product(*every.values()):
        row = Neutrinos(nature="dirac", **dict(zip(MASS_NAMES, combination, strict=True))).row
        for E_eg in levels:
            detunings = np.array([high for high, _, _ in pair_thresholds(row, E_eg)])
            energies.append(detunings if name == "detuning_eV" else 0.5 * E_eg - detunings)
    return np.concatenate(energies)


def _values(scan: Hypothesis, key: str, most: int) -> list[Any]:
    """Values of a parameter, ``most`` of a range; [None] if it has none."""
    form = scan.forms.get(key)
    if form is None or form.rule == "values":
        return scan(key) or [None]
    return _spread(axis_values(form).tolist(), most)


def _spread(values: list[Any], most: int) -> list[Any]:
    """So many of the values, evenly spread, both ends among them."""
    if len(values) <= most:
        return values
    return [values[place] for place in np.linspace(0, len(values) - 1, most).astype(int).tolist()]
