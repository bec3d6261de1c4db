"""The points of a scan with nuisance parameters: the truth, and every value that is profiled over."""

import dataclasses
import math
from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from renp_fast.engine.axes import Axis
from renp_fast.engine.grid import Box
from renp_fast.engine.lines import averages_of
from renp_fast.engine.profile import costs
from renp_fast.engine.schema import TABLE_OF, TABLES
from renp_fast.engine.several import Several
from renp_fast.engine.spec import Scan
from renp_fast.engine.tables import Couplings, Tables, mediator_names, table_parameters
from renp_fast.kernels import blocks, mixing
from renp_fast.kernels.spectral import CONSTANT
from renp_fast.kernels.types import Array, IntArray
from renp_fast.physics.oscillation import best_fit

Events = tuple[Array, Array, Array]


def at_point(scan: Scan, box: Box) -> Scan:
    """The scan of the one set of parameters, mediators aside, at the first point of a box."""
    point = _at_point(scan, box, mediator_names(scan))
    return dataclasses.replace(point, others=tuple(_at_point(other, box, ()) for other in scan.others))


def _at_point(scan: Scan, box: Box, names: Sequence[str]) -> Scan:
    """The scan at the first point of a box, but for parameters of these names."""
    values = dict(scan.values)
    for axis, part in zip(scan.axes, box, strict=True):
        for name in axis.parameters:
            if name not in names:
                value = axis.along(name)[part.start]
                values[name] = float(value) if axis.numeric else value
    return dataclasses.replace(scan, values=MappingProxyType(values), axes=())


def with_values(scan: Scan, values: dict[str, Any], axes: tuple[Axis, ...] = (), without: Sequence[str] = ()) -> Scan:
    """The scan, and its other interactions, with some values and axes in place of those ``without`` which it is."""
    kept = {name: value for name, value in scan.values.items() if name not in without}
    others = tuple(with_values(other, values, axes, without) for other in scan.others)
    return dataclasses.replace(scan, values=MappingProxyType(kept | values), axes=axes, others=others)


def nuisance_events(truth: Scan, powers: int) -> tuple[Events, Array]:
    """Event tables of the truth and of all nuisance points, and the cost of the priors at each.

    Returns
    -------
    (forms, levels, yields), priors
        Shapes (points, powers, triggers), twice (points, triggers, 2), and (points,). The truth comes first.
    """
    scans, priors = zip(*hypotheses(truth), strict=True)
    parts = [events(scan, powers, whole(scan)) for scan in scans]
    forms, levels, yields = (np.concatenate(tables) for tables in zip(*parts, strict=True))
    return (forms, levels, yields), np.concatenate(priors)


class EventsOfSets:
    """As `nuisance_events` for many sets of nuisance points, of one interaction and a sharp line.

    Parameters
    ----------
    truths : Scan
        A set for each of its points, of the same ordering and preset of the oscillation.
    powers : int

    Attributes
    ----------
    priors : ndarray
        The cost of the priors at each point (points,). The truth comes first.
    """

    def __init__(self, truths: Scan, powers: int) -> None:
        scans, priors = zip(*hypotheses(truths), strict=True)
        sets = [axis.name for axis in truths.axes]
        self._hypotheses = [_Hypothesis(scan, powers, sets) for scan in scans]
        self.priors: Array = np.concatenate(priors)

    def __call__(self, box: Box) -> Events:
        """Forms, levels and yields of the sets of a box.

        Of shapes (sets, points, powers, triggers) and twice (sets, points, triggers, 2). What is the same for all sets
        has a single one.
        """
        parts = zip(*(hypothesis(box) for hypothesis in self._hypotheses), strict=True)
        forms, levels, yields = map(_side_by_side, parts)
        return forms, levels, yields


def hypotheses(truths: Scan) -> Iterator[tuple[Scan, Array]]:
    """Scans of the truths and of their nuisance points, by ordering, and the costs of the priors."""
    yield truths, np.array([_truth_cost(truths)])
    profiled = [form.name for form in truths.profile]
    nuisances = [form for form in truths.profile if form.name != "ordering"]
    for ordering in orderings(truths) if truths.profile else ():
        entries = [form.entries(ordering) for form in nuisances]
        axes = tuple(
            _axis(form.name, [value for value, _ in points]) for form, points in zip(nuisances, entries, strict=True)
        )
        every = (*truths.axes, *axes)
        yield with_values(truths, {"ordering": ordering}, every, without=profiled), costs(entries)


class _Hypothesis:
    """The truth, or the nuisance points of one ordering: a scan whose first axes are those of the sets."""

    def __init__(self, scan: Scan, powers: int, sets: list[str]) -> None:
        self._scan, self._powers, self._sets = scan, powers, sets
        self._couplings, self._parameters = Couplings(scan), table_parameters(scan)
        own = [axis for axis in scan.axes if axis.name not in sets]
        self._own = [axis.name for axis in own]
        self._points = tuple(slice(0, len(axis)) for axis in own)
        self._same: dict[str, Array] = {}  # what all sets share, by the name of its table

    def __call__(self, box: Box) -> Events:
        """Forms, levels and yields (sets, points, ...) of the sets of a box."""
        tables = Tables(self._scan, self._couplings, (*box, *self._points))
        return self._forms(tables), self._by_trigger(tables, "levels"), self._by_trigger(tables, "yields")

    def _forms(self, tables: Tables) -> Array:
        models, steps = tables.models()
        energies, _ = tables.energies()
        forms = np.empty((len(models), self._powers, energies.size))
        # Models of a set lie side by side
        each = 1 + int(tables.row_of_points(steps, self._own)[-1])
        mixing.fill_forms_of_sets(models, self._couplings.textures, self._couplings.scales, energies, each, forms)
        rows = self._rows(tables, steps, self._own)
        return forms.reshape(*rows.shape, *forms.shape[1:]) if rows.size == len(forms) else forms[rows]

    def _by_trigger(self, tables: Tables, name: str) -> Array:
        """Levels or yields."""
        if name not in self._same:
            table, steps = getattr(tables, name)()
            rows = self._rows(tables, steps, [*self._own, "trigger"])
            found: Array = table[rows].reshape(len(rows), -1, len(self._scan.triggers), 2)
            if any(tables.varies(dim, self._parameters[name]) for dim in self._sets):
                return found
            self._same[name] = found
        return self._same[name]

    def _rows(self, tables: Tables, steps: IntArray, own: list[str]) -> IntArray:
        """Rows of a table for (sets, points), for its steps; one set if it is the same for all."""
        first = tables.row_of_points(steps, self._sets)
        return np.add.outer(first if first.any() else first[:1], tables.row_of_points(steps, own))


def _side_by_side(parts: tuple[Array, ...]) -> Array:
    """The points of several parts (sets or 1, points, ...), for as many sets as any has."""
    sets = max(map(len, parts))
    return np.concatenate([np.broadcast_to(part, (sets, *part.shape[1:])) for part in parts], axis=1)


def orderings(truth: Scan) -> tuple[Any, ...]:
    """The orderings that are profiled over; priors and best fits follow them."""
    for form in truth.profile:
        if form.name == "ordering" and form.flat is not None:
            return form.flat.entries
    return (truth.values["ordering"],)


def whole(scan: Scan) -> Box:
    """The box of all points of a scan."""
    return tuple(slice(0, length) for length in scan.shape)


def events(scan: Scan, powers: int, box: Box) -> Events:
    """Forms, levels and yields of every point of a box.

    Forms are in the coupling of the scan, those of other interactions put in; infinite on the poles of these.
    """
    couplings = Couplings(scan)
    tables = Tables(scan, couplings, box)
    points, triggers = math.prod(tables.shape[:-1]), len(scan.triggers)
    levels, level_steps = tables.levels()
    yields, yield_steps = tables.yields()
    levels = levels[tables.row_of_points(level_steps)].reshape(points, triggers, 2)
    yields = yields[tables.row_of_points(yield_steps)].reshape(points, triggers, 2)
    if scan.others:
        folded = Several(scan).folded(box, powers)
        rows = tables.row_of_points(folded.steps).reshape(points, triggers)[:, 0]
        forms = folded.forms[rows]
        produced = yields[..., 0] * levels[..., 1] != 0.0
        forms[:, CONSTANT] += np.where(produced, folded.changes[rows], 0.0)
        return forms, levels, yields
    if scan.averaged:
        forms, _, model_steps, _ = averages_of(tables, powers)
    else:
        models, model_steps = tables.models()
        energies, _ = tables.energies()
        forms = np.empty((len(models), powers, triggers))
        blocks.fill_forms(models, couplings.textures, couplings.scales, energies, False, forms)
    return forms[tables.row_of_points(model_steps).reshape(points, triggers)[:, 0]], levels, yields


def _axis(name: str, values: list[Any]) -> Axis:
    table = TABLES[TABLE_OF[name]]
    if table.about(name, "unit"):
        return Axis(name, np.array(values, dtype=np.float64), "", "")
    return Axis(name, tuple(values), "", "")


def _truth_cost(truth: Scan) -> float:
    """What the priors cost at the truth, which need not be where they are centred."""
    ordering = truth.values["ordering"]
    preset = best_fit(truth.values["oscillation"], ordering)
    return sum(form.cost(truth.values.get(form.name, preset.get(form.name)), ordering) for form in truth.profile)
