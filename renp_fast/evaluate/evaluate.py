"""One block of a scan: a pure function of the scan and the box of grid points."""

import dataclasses
import math
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from renp_fast.evaluate import expected_limits, limits, separation
from renp_fast.evaluate.added_amplitudes import Folded, Several
from renp_fast.evaluate.event_forms import Sets
from renp_fast.evaluate.line_averages import averages_of
from renp_fast.evaluate.line_errors import Quality
from renp_fast.evaluate.parameter_tables import MEDIATOR_NAMES, Couplings, Tables, mediator_names, table_parameters
from renp_fast.evaluate.rounding import rounded
from renp_fast.kernels.amplitude.models import CONSTANT
from renp_fast.kernels.amplitude.propagator import COUPLING, EXCHANGE, MASS, MEDIATOR, WIDTH
from renp_fast.kernels.grid import loops
from renp_fast.kernels.grid.memory import memory
from renp_fast.kernels.likelihood import added_limits, chi2_grid, profiles
from renp_fast.kernels.spectrum import forms as quadratic_forms
from renp_fast.kernels.spectrum import spectra
from renp_fast.kernels.types import Array, IntArray
from renp_fast.scan_file import grid
from renp_fast.scan_file.grid import Box
from renp_fast.scan_file.scan import Scan
from renp_fast.scan_file.schema import ENERGY_AXES

# The quadratic forms are computed for about this many numbers at a time, which the cache of a core holds
TILE_NUMBERS = 2**18


class Memories:
    """Memory lent to one block after the other; what came back last goes first, as caches may still hold it."""

    def __init__(self) -> None:
        self._free: list[Array] = []

    def lend(self, numbers: int) -> Array:
        """Memory for so many numbers."""
        with suppress(IndexError):
            kept = self._free.pop()
            if kept.size >= numbers:
                return kept
        return memory(numbers)

    def give_back(self, memory: Array) -> None:
        """Nobody reads any more what was written into this."""
        self._free.append(memory)

    @contextmanager
    def lent(self, numbers: int) -> Iterator[Array]:
        """Lend for a while."""
        memory = self.lend(numbers)
        yield memory
        self.give_back(memory)


class Evaluator:
    """Evaluates any box of a scan; holds only what follows from the scan, so threads may share it."""

    def __init__(self, scan: Scan) -> None:
        self.scan = scan = scan.leading
        self.several = Several(scan) if scan.others else None
        self.alternative = scan.alternative and scan.alternative.leading
        self.couplings = Couplings(self.alternative or scan)
        self.truth = None
        if self.alternative is not None:
            self.truth = Evaluator(dataclasses.replace(scan, observable="events", profile=(), alternative=None))
        self.parameters = table_parameters(scan)
        self.lone: bool | None = None  # says before `lone_spectra` does
        self._latest: dict[str, tuple[Any, tuple[Array, IntArray]]] = {}
        self.detuned = scan.axis("detuning_eV") is not None
        if scan.values["kind"] == "standard_model":
            self.powers = 1
        elif scan.averaged:  # a complex strength has been averaged over
            self.powers = 3
        else:
            self.powers = 3 if all(width == 0.0 for width in scan.along("mediator_width_eV")) else 4
        self.sets = Sets(scan, self.couplings, self.powers)

    def __call__(self, box: Box, out: Array | None = None) -> dict[str, NDArray[Any]]:
        """Every stored variable at the points of a box, rounded as the scan asks; ``out`` as for `observable`."""
        quality = Quality(self.scan, box) if self.scan.averaged else None
        values, storage = self.observable(box, out, quality), self.scan.storage
        whole: dict[str, Array] = {}
        if self.scan.toys:
            numbers, whole = expected_limits.variables(values)
        elif self.scan.observable == "limit":
            numbers, whole = limits.variables(values)
        elif self.scan.observable == "separation":
            numbers, whole = separation.variables(values)
        else:
            numbers = {self.scan.observable: values}
        if quality is not None:
            more, more_whole = quality.variables()
            numbers, whole = numbers | more, whole | more_whole
        return {name: array.astype(np.uint8) for name, array in whole.items()} | {
            name: rounded(np.require(array, requirements="C"), storage.dtype, storage.significant_bits)
            for name, array in numbers.items()
        }

    def numbers(self, box: Box) -> int:
        """How many numbers ``out`` must have room for."""
        return math.prod(self.shape(box))

    def shape(self, box: Box) -> list[int]:
        """Shape of the observable at the points of a box."""
        shape = [part.stop - part.start for part in box]
        if self.scan.observable == "events":
            shape.append(len(self.scan.triggers))
        if self.scan.observable == "limit":
            shape.append(limits.columns(self.scan))
        return shape

    def observable(self, box: Box, out: Array | None = None, quality: Quality | None = None) -> Array:
        """The observable at the points of a box, in float64.

        Events have a last axis of triggers; limits and separations one of all their numbers (`likelihood.profiles`,
        `likelihood.separations`). ``out`` is flat and large enough, and takes the values of what is neither searched
        for nor profiled: the memory of an earlier result, which spares the system making new pages. ``quality`` notes
        the errors of averages.
        """
        if quality is not None and (self.truth is not None or self.scan.toys or self.scan.profile):
            quality.look(self.scan)
        if self.truth is not None and self.alternative is not None:
            return separation.separated(self.alternative, self.couplings, self.truth.observable(box), box)
        if self.scan.toys:
            return expected_limits.simulated(self.scan, self.couplings, self.powers, box)
        if self.scan.profile:
            return limits.profiled(self.sets, box)
        shape = self.shape(box)
        points = math.prod(shape)
        values = (memory(points) if out is None else out[:points]).reshape(shape)
        steps = [math.prod(shape[d + 1 :]) for d in range(len(shape))]
        if self.lone_spectra(box) if self.lone is None else self.lone:
            self._fill_spectra(box, values.reshape(-1))
            return values
        for tile in self._tiles(box):
            start = sum(step * (t.start - b.start) for step, t, b in zip(steps, tile, box, strict=False))
            self._fill(tile, np.array(steps, dtype=np.int64), values.reshape(-1)[start:], quality)
        return values

    def _table(self, tables: Tables, name: str) -> tuple[Array, IntArray]:
        """A table by the name of its method; block after block shares it unless what it depends on differs."""
        names = self.parameters[name]
        parts = [(dim, part.start, part.stop) for dim, part in tables.parts.items() if tables.varies(dim, names)]
        kept = self._latest.get(name)
        if kept is None or kept[0] != parts:
            kept = self._latest[name] = (parts, getattr(tables, name)())
        return kept[1]

    def lone_spectra(self, box: Box) -> bool:
        """Whether the last axis is the photon energy, and there is one mediator alone."""
        mediators = [
            part.stop - part.start
            for axis, part in zip(self.scan.axes, box, strict=True)
            if not {*MEDIATOR_NAMES}.isdisjoint(name.rpartition(".")[2] for name in axis.parameters)
        ]
        ends_in_energies = bool(self.scan.axes) and self.scan.axes[-1].name in ENERGY_AXES
        alone = self.several is None and not self.scan.averaged
        return ends_in_energies and alone and math.prod(mediators) == 1

    def _fill_spectra(self, box: Box, values: Array) -> None:
        """Write the observable at the points of a box of `lone_spectra` into the flat ``values``."""
        tables = Tables(self.scan, self.couplings, box)
        rows, row_steps = self._table(tables, "models")
        leading = tables.dims[:-1]
        columns = [self._table(tables, name) for name in ("atoms", "mediators", "yields")]
        laws = spectra.laws_of(*(table[tables.row_of_points(steps, leading)] for table, steps in columns))
        given = rows, self.couplings.textures, self.couplings.scales
        model_of_row = tables.row_of_points(row_steps, leading)
        spectra.fill_spectra(given, self.powers, model_of_row, laws, tables.energies()[0], self.detuned, values)

    def _tiles(self, box: Box) -> list[Box]:
        """Cut a box so that the forms of a tile fit the cache; never along the mediator's axes, which share them."""
        powers = self.powers if self.several is None else self.powers + self.several.powers
        per_point = powers * max(1, len(self.scan.triggers))
        lengths = [part.stop - part.start for part in box]
        names = mediator_names(self.scan)
        shared = [{*names}.issuperset(axis.parameters) for axis in self.scan.axes]
        forms = [1 if skip else n for skip, n in zip(shared, lengths, strict=True)]
        tile = grid.block_shape(forms, max(1, TILE_NUMBERS // per_point))
        return list(grid.boxes(box, [n if skip else t for skip, n, t in zip(shared, lengths, tile, strict=True)]))

    def _fill(self, box: Box, steps: Array, values: Array, quality: Quality | None) -> None:
        """Write the observable at the points of a box into the flat ``values``, ``steps`` apart along each axis."""
        tables = Tables(self.scan, self.couplings, box)
        energies, energy_steps = tables.energies()
        folded = None
        if self.several is not None:
            folded = self.several.folded(box, self.powers, self.scan.observable in ("chi2", "limit"))
            forms, model_steps = folded.forms, folded.steps
        elif self.scan.averaged:
            averages = averages_of(tables, self.powers)
            forms, model_steps = averages.forms, averages.steps
            if quality is not None:
                quality.take(box, tables, averages)
        else:
            models, model_steps = self._table(tables, "models")
            forms = np.empty((len(models), self.powers, energies.size))
            couplings = self.couplings.textures, self.couplings.scales
            quadratic_forms.fill_forms(models, *couplings, energies, self.detuned, forms)
        levels, level_steps = self._table(tables, "levels")
        mediators, mediator_steps = self._table(tables, "mediators")
        yields, yield_steps = self._table(tables, "yields")

        shape = np.array(tables.shape, dtype=np.int64)
        strides = [model_steps, energy_steps, level_steps, mediator_steps, yield_steps]
        if self.scan.observable in ("chi2", "limit"):  # their kernels run over the triggers themselves
            shape, strides = shape[:-1], [row[:-1] for row in strides]
        steps = steps[: shape.size]
        if shape.size == 0:
            shape, strides, steps = np.ones(1, dtype=np.int64), [np.zeros(1, dtype=np.int64)] * 5, np.ones(1, np.int64)
        every = np.stack([*strides, steps])
        tabled = (levels, mediators, yields)
        if self.scan.observable == "limit":
            level = limits.threshold(self.scan.confidence_level)
            if folded is None:
                profiles.fill_limits(shape, every, forms, *tabled, level, values)
            else:
                added_limits.fill_limits(shape, every, folded[:4], *tabled, level, values)
        elif self.scan.observable == "chi2":
            if folded is None:
                chi2_grid.fill_chi2(shape, every, forms, *tabled, values)
            else:
                added_limits.fill_chi2(shape, every, folded[:4], *tabled, values)
        elif folded is None:
            loops.fill_values(shape, every, forms, *tabled, values)
        else:
            plain = forms.copy() if np.isinf(folded.changes).any() else None
            folded.add_changes()
            loops.fill_values(shape, every, forms, *tabled, values)
            if plain is not None:
                _mend_poles(shape, every, (plain, folded), tabled, values)


def _mend_poles(
    shape: IntArray, every: IntArray, forms: tuple[Array, Folded], tabled: tuple[Array, Array, Array], values: Array
) -> None:
    """Where others are on a pole: without exposure there are no events, and a like coupling may take the pole away.

    ``forms`` before the changes of others were added, and those.
    """
    plain, folded = forms
    levels, mediators, yields = tabled
    without = values.copy()
    loops.fill_values(shape, every, plain, *tabled, without)
    np.copyto(values, without, where=np.isnan(values))
    if not folded.balances[:, 0].any():
        return
    plain[:, CONSTANT] += folded.balances[:, 1]
    uncoupled = mediators.copy()
    uncoupled[:, COUPLING] = 0.0
    loops.fill_values(shape, every, plain, levels, uncoupled, yields, without)
    points = np.ix_(*(np.arange(n) for n in shape))
    model, energy, level, row, _, out = (
        np.asarray(sum(step * along for step, along in zip(steps, points, strict=True))) + np.zeros(shape, np.int64)
        for steps in every
    )
    take_away, mediator = folded.balances[model, 0, energy], mediators[row]
    on_pole = levels[level, 0] == np.square(mediator[..., MASS])
    balanced = (take_away != 0.0) & on_pole & (mediator[..., EXCHANGE] == MEDIATOR)
    balanced &= (mediator[..., WIDTH] == 0.0) & (mediator[..., COUPLING] == take_away)
    values[out[balanced]] = without[out[balanced]]
