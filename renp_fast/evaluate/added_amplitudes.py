"""Several interactions at once: quadratic forms in the leading coupling, with the strengths of all others put in."""

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from renp_fast.evaluate.parameter_tables import Couplings, Tables
from renp_fast.kernels.amplitude.models import (
    COMPLEX_POWERS,
    CONSTANT,
    MODEL_E_EG,
    MODEL_NUMBERS,
    REAL_POWERS,
    powers_of,
)
from renp_fast.kernels.spectrum import added_forms
from renp_fast.kernels.spectrum.forms import fill_forms
from renp_fast.kernels.types import Array, ComplexMatrix, IntArray
from renp_fast.scan_file.grid import Box
from renp_fast.scan_file.scan import Scan


class Folded(NamedTuple):
    """Quadratic forms of a box, a row for each set of neutrinos, textures and other interactions.

    Attributes
    ----------
    forms : ndarray (rows, powers, energies)
        In the leading strength; the first power is the Standard Model's.
    changes : ndarray (rows, energies)
        What the other interactions change of it: infinite on their poles.
    left : ndarray (rows, energies)
        What no strength of the leading interaction takes away from the power with the changes, where asked for.
    balances : ndarray (rows, 2, energies)
        Leading couplings that take away poles of the others, and the changes then, as of `spectrum.added_forms.fold`.
    steps : ndarray (dimensions,)
        From a point to its row.
    """

    forms: Array
    changes: Array
    left: Array
    balances: Array
    steps: IntArray

    def add_changes(self) -> None:
        """Add the changes to the first power."""
        self.forms[:, CONSTANT] += self.changes


class Several:
    """Coupling matrices of the leading interaction and the others of a scan."""

    def __init__(self, leading: Scan) -> None:
        self.scans = (leading, *leading.others)
        self.couplings = [Couplings(scan) for scan in self.scans]
        self.textures: ComplexMatrix = np.concatenate([each.textures for each in self.couplings])
        self.scales: Array = np.concatenate([each.scales for each in self.couplings])
        widths = any(width != 0.0 for scan in self.scans for width in scan.along("mediator_width_eV"))
        self.own = COMPLEX_POWERS if widths else REAL_POWERS
        self.powers: int = powers_of(len(self.scans), self.own)

    def folded(self, box: Box, powers: int, with_left: bool = False) -> Folded:
        """The forms of a box, of 3 or 4 powers of the leading strength; what is left only if asked for."""
        tables = self._tables(box)
        (models, of_models), shape = self._models(tables), tables[0].shape
        mediators, of_mediators = self._mediators(tables, of_models)
        energies, _ = tables[0].energies()
        detuned = "detuning_eV" in tables[0].dims
        forms = np.empty((len(models), self.powers, energies.size))
        fill_forms(models, self.textures, self.scales, energies, detuned, forms)
        E_eg = models[:, MODEL_E_EG, np.newaxis]
        s = 2.0 * E_eg * (energies if detuned else 0.5 * E_eg - energies)
        numbers = _along(shape, _steps(shape, of_models), of_mediators)
        folded, changes = np.empty((len(mediators), powers, energies.size)), np.empty((len(mediators), energies.size))
        left, balances = np.empty(changes.shape), np.empty((len(mediators), 2, energies.size))
        added_forms.fold(forms, numbers, mediators, s, self.own, folded, changes, balances)
        if with_left:
            added_forms.fill_left(forms, numbers, mediators, s, self.own, left)
        return Folded(folded, changes, left, balances, _steps(shape, of_mediators))

    def _tables(self, box: Box) -> list[Tables]:
        """Tables of all interactions."""
        return [Tables(scan, each, box) for scan, each in zip(self.scans, self.couplings, strict=True)]

    def _models(self, tables: list[Tables]) -> tuple[Array, list[int]]:
        """Model rows as of `amplitude.models.Given`, and the dimensions along which they go on."""
        every = [each.models() for each in tables]
        dims = _dims(steps for _, steps in every)
        rows = [own[_along(tables[0].shape, steps, dims)] for own, steps in every]
        before = np.cumsum([0, *(len(each.scales) for each in self.couplings)])
        neutrinos = rows[0][:, :MODEL_NUMBERS]
        numbers = [own[:, MODEL_NUMBERS] + first for own, first in zip(rows, before, strict=False)]
        longitudinal = [own[:, MODEL_NUMBERS + 1] for own in rows]
        return np.column_stack([neutrinos, *numbers, *longitudinal]), dims

    def _mediators(self, tables: list[Tables], also: list[int], first: int = 1) -> tuple[Array, list[int]]:
        """Mediators (rows, interactions, 4) from the ``first`` interaction on, and the dimensions that they go along.

        Those ``also`` given are among these.
        """
        every = [each.mediators() for each in tables]
        dims = sorted({*also, *_dims(steps for _, steps in every[first:])})
        rows = np.zeros((math.prod(tables[0].shape[dim] for dim in dims), len(tables), 4))
        for place, (own, steps) in enumerate(every[first:], first):
            rows[:, place] = own[_along(tables[0].shape, steps, dims)]
        return rows, dims


def _dims(steps: Iterable[IntArray]) -> list[int]:
    """Dimensions along which any table goes on, in their order."""
    return sorted({int(dim) for each in steps for dim in np.flatnonzero(each)})


def _steps(shape: list[int], dims: list[int]) -> IntArray:
    """Steps through a table with a row for each point of some dimensions, in C order."""
    steps = np.zeros(len(shape), dtype=np.int64)
    for place, dim in enumerate(dims):
        steps[dim] = math.prod(shape[later] for later in dims[place + 1 :])
    return steps


def _along(shape: list[int], steps: IntArray, dims: list[int]) -> IntArray:
    """Rows of a table at all points of some dimensions, in C order."""
    rows = np.zeros(1, dtype=np.int64)
    for dim in dims:
        rows = (rows[:, np.newaxis] + np.arange(shape[dim]) * steps[dim]).ravel()
    return rows
