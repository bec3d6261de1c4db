"""Averages over a laser's line in place of quadratic forms, and their errors at the points of a box."""

from typing import NamedTuple

import numpy as np

from renp_fast.evaluate.parameter_tables import Tables
from renp_fast.kernels.line import averages
from renp_fast.kernels.types import Array, IntArray
from renp_fast.physics.line import acceptance_segments


class Averages(NamedTuple):
    """The averages of a box, with the steps that lead from a point to its row and photon energy.

    Attributes
    ----------
    forms : ndarray
        What an average is as a polynomial in the coupling, (rows, powers, energies).
    estimates : ndarray
        Errors of its coefficients, and statuses, (rows, 4, energies), as of `line.averages`.
    steps, energy_steps : ndarray
    """

    forms: Array
    estimates: Array
    steps: IntArray
    energy_steps: IntArray


def averages_of(tables: Tables, powers: int) -> Averages:
    """The averages of a box."""
    rows, steps = tables.averages()
    energies, energy_steps = tables.energies()
    forms = np.empty((len(rows), powers, energies.size))
    estimates = np.empty((len(rows), averages.ESTIMATES, energies.size))
    textures, scales = tables.couplings.textures, tables.couplings.scales
    detuned, acceptance = "detuning_eV" in tables.dims, acceptance_segments(tables.scan.values.get("acceptance"))
    averages.fill_averages(rows, textures, scales, energies, detuned, acceptance, forms, estimates)
    return Averages(forms, estimates, steps, energy_steps)


def absolute_errors(tables: Tables, found: Averages) -> Array:
    """Estimated error of the observable at every point of a box, triggers among them."""
    errors = [_at_points(tables, found, found.estimates[:, power]) for power in range(averages.STATUS)]
    couplings, steps = tables.mediators()
    g = np.abs(couplings[tables.row_of_points(steps), 0])
    yields, steps = tables.yields()
    gain = yields[tables.row_of_points(steps), 0].reshape(tables.shape)
    g = g.reshape(tables.shape)
    return np.asarray(gain * (errors[0] + g * (errors[1] + g * errors[2])))


def relative_errors(tables: Tables, found: Averages) -> Array:
    """The worst relative error of the averages at every point of a box, of all triggers."""
    errors = np.empty((len(found.forms), found.forms.shape[2]))
    averages.relative_errors(found.forms, found.estimates, errors)
    return _worst(tables, _at_points(tables, found, errors))


def statuses(tables: Tables, found: Averages) -> Array:
    """The worst status at every point of a box, of all triggers."""
    return _worst(tables, _at_points(tables, found, found.estimates[:, averages.STATUS]))


def _at_points(tables: Tables, found: Averages, values: Array) -> Array:
    """Values (rows, energies) at every point of a box, triggers among them."""
    rows, energies = tables.row_of_points(found.steps), tables.row_of_points(found.energy_steps)
    return np.asarray(values[rows, energies].reshape(tables.shape))


def _worst(tables: Tables, values: Array) -> Array:
    return np.asarray(values.max(axis=-1)) if tables.dims[-1:] == ["trigger"] else values
