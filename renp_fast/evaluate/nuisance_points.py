"""The points of a scan with nuisance parameters: the truth, and every value that is profiled over."""

import dataclasses
import math
from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from renp_fast.evaluate.added_amplitudes import Several
from renp_fast.evaluate.line_averages import averages_of
from renp_fast.evaluate.parameter_tables import Couplings, Tables, mediator_names, table_parameters
from renp_fast.kernels.amplitude.models import CONSTANT, MODEL_NUMBERS
from renp_fast.kernels.spectrum import mixing
from renp_fast.kernels.spectrum.forms import fill_forms
from renp_fast.kernels.types import Array, ComplexMatrix, IntArray
from renp_fast.physics.oscillation import best_fit
from renp_fast.scan_file.axes import Axis
from renp_fast.scan_file.grid import Box
from renp_fast.scan_file.profile import costs
from renp_fast.scan_file.scan import Scan
from renp_fast.scan_file.schema import numeric

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

    What a model depends on varies along the axes of the sets or with the nuisance points, nothing with both.

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
        self.priors: Array = np.concatenate(priors)
        self._truths, self._powers = truths, powers
        self._couplings, self._parameters = Couplings(truths), table_parameters(truths)
        self._hypotheses = [_Hypothesis(scan, len(truths.axes)) for scan in scans]
        columns = Tables(truths, self._couplings, whole(truths)).model_columns()
        self._varied = np.flatnonzero([column.size > 1 for column in columns])
        self._columns = [columns[k] for k in self._varied]
        self._models = _models_of(self._hypotheses, tuple(slice(0, 1) for _ in truths.axes))
        self._same: dict[str, Array] = {}  # what all sets share, by the name of its table

    def __call__(self, box: Box) -> Events:
        """Forms, levels and yields of the sets of a box.

        Of shapes (sets, points, powers, triggers) and twice (sets, points, triggers, 2). What is the same for all sets
        has a single one.
        """
        return self._forms(box), self._by_trigger("levels", box), self._by_trigger("yields", box)

    def _forms(self, box: Box) -> Array:
        tables, models = Tables(self._truths, self._couplings, box), self._models
        sets, steps = tables.rows(self._parameters["models"], [_within(box, column) for column in self._columns])
        energies, _ = tables.energies()
        forms = np.empty((len(sets), len(models.rows), self._powers, energies.size))
        mixing.fill_forms_of_sets(models.rows, sets, self._varied, models.runs, models.couplings, energies, forms)
        if len(models.of_points) > len(models.rows):
            forms = forms[:, models.of_points]
        of_sets = tables.row_of_points(steps, self._truths.axis_names)
        return forms[of_sets] if 1 < len(forms) < len(of_sets) else forms

    def _by_trigger(self, name: str, box: Box) -> Array:
        """Levels or yields."""
        if name not in self._same:
            found = np.concatenate([hypothesis.by_trigger(name, box) for hypothesis in self._hypotheses], axis=1)
            if not all(self._parameters[name].isdisjoint(axis.parameters) for axis in self._truths.axes):
                return found
            self._same[name] = found
        return self._same[name]


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


def _within(box: Box, column: Array) -> Array:
    """A column of a whole scan in a box, which has a single entry along axes that do not matter."""
    return column[tuple(part if n > 1 else slice(0, 1) for part, n in zip(box, column.shape, strict=False))]


class _Hypothesis:
    """The truth, or the nuisance points of one ordering: a scan whose first axes are those of the sets."""

    def __init__(self, scan: Scan, sets: int) -> None:
        self.scan, self.couplings = scan, Couplings(scan)
        self._sets, self.own = scan.axis_names[:sets], scan.axis_names[sets:]
        self._points = whole(scan)[sets:]

    def tables(self, box: Box) -> Tables:
        """Those of all points of the sets of a box."""
        return Tables(self.scan, self.couplings, (*box, *self._points))

    def by_trigger(self, name: str, box: Box) -> Array:
        """Levels or yields (sets, points, triggers, 2); one set if they are the same for all."""
        tables = self.tables(box)
        table, steps = getattr(tables, name)()
        first = tables.row_of_points(steps, self._sets)
        rows = np.add.outer(first if first.any() else first[:1], tables.row_of_points(steps, (*self.own, "trigger")))
        found: Array = table[rows].reshape(len(rows), -1, len(self.scan.triggers), 2)
        return found


class _Models(NamedTuple):
    """Models of the points of the first set, which differ from one another, as `spectrum.mixing` needs them.

    Attributes
    ----------
    rows, runs, couplings
        As of `spectrum.mixing.fill_forms_of_sets`.
    of_points : ndarray
        The row of each point.
    """

    rows: Array
    runs: IntArray
    couplings: tuple[ComplexMatrix, Array]
    of_points: IntArray


def _models_of(hypotheses: Sequence[_Hypothesis], first: Box) -> _Models:
    """Models of several hypotheses side by side at the first set; no run goes from one to the next."""
    rows, runs, of_points = [], [], []
    count = interactions = 0
    for hypothesis in hypotheses:
        tables = hypothesis.tables(first)
        models, steps = tables.models()
        models[:, MODEL_NUMBERS] += interactions
        rows.append(models)
        runs.append(count + mixing.starts_of_runs(models))
        of_points.append(count + tables.row_of_points(steps, hypothesis.own))
        count += len(models)
        interactions += len(hypothesis.couplings.textures)
    textures, scales = (
        np.concatenate([getattr(hypothesis.couplings, name) for hypothesis in hypotheses])
        for name in ("textures", "scales")
    )
    return _Models(
        np.concatenate(rows), np.array([*np.concatenate(runs), count]), (textures, scales), np.concatenate(of_points)
    )


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
        fill_forms(models, couplings.textures, couplings.scales, energies, False, forms)
    return forms[tables.row_of_points(model_steps).reshape(points, triggers)[:, 0]], levels, yields


def _axis(name: str, values: list[Any]) -> Axis:
    if numeric(name):
        return Axis(name, np.array(values, dtype=np.float64), "", "")
    return Axis(name, tuple(values), "", "")


def _truth_cost(truth: Scan) -> float:
    """What the priors cost at the truth, which need not be where they are centred."""
    ordering = truth.values["ordering"]
    preset = best_fit(truth.values["oscillation"], ordering)
    return sum(form.cost(truth.values.get(form.name, preset.get(form.name)), ordering) for form in truth.profile)
