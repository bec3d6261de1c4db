"""Where thresholds lie: what an axis of photon energies refines."""

import itertools
from typing import Any

import numpy as np

from renp_fast.kernels.amplitude.models import pair_thresholds
from renp_fast.kernels.types import Array
from renp_fast.physics.neutrinos import Neutrinos
from renp_fast.physics.targets import ATOMS
from renp_fast.scan_file.axes import AxisForm, axis_values
from renp_fast.scan_file.checks import MASS_NAMES
from renp_fast.scan_file.ranges import Extent

# Thresholds that lie closer than those of so many masses are refined together
MOST_THRESHOLD_VALUES = 2000


def threshold_energies(name: str, values: dict[str, Any], forms: dict[str, AxisForm]) -> Array:
    """Thresholds of all pairs, masses, orderings and targets of the scan, as photon energies or detunings in eV."""
    extent = Extent(values, forms)

    def every(parameter: str) -> list[Any]:
        form = forms.get(parameter)
        if form is None or form.rule == "values":
            return extent(parameter) or [None]
        values_of_axis = axis_values(form)
        if values_of_axis.size > MOST_THRESHOLD_VALUES:
            picked = np.linspace(0, values_of_axis.size - 1, MOST_THRESHOLD_VALUES).astype(int)
            values_of_axis = values_of_axis[picked]
        every_value: list[Any] = values_of_axis.tolist()
        return every_value

    energies = []
    levels = every("E_eg_eV") if "atom" not in values else [ATOMS[values["atom"]].E_eg_eV]
    for combination in itertools.product(*(every(parameter) for parameter in MASS_NAMES)):
        given = dict(zip(MASS_NAMES, combination, strict=True))
        row = Neutrinos(nature="dirac", **given).row
        for E_eg in levels:
            detunings = np.array([high for high, _, _ in pair_thresholds(row, E_eg)])
            energies.append(detunings if name == "detuning_eV" else 0.5 * E_eg - detunings)
    return np.concatenate(energies)
