"""Named parameters at the points of a box -> the flat tables of `grid.loops`.

A table holds a row for each different set of the parameters that it depends on, and the strides that lead from a
point to its row. The trigger energies, where there are any, count as a last dimension, "trigger".
"""

import itertools
import math
from collections.abc import Iterable, Sequence
from functools import cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from renp_fast.kernels.amplitude.propagator import CONTACT
from renp_fast.kernels.types import Array, ComplexMatrix, IntArray
from renp_fast.physics.constants import SECONDS_PER_DAY
from renp_fast.physics.experiment import gamma0_per_s
from renp_fast.physics.interactions import checked_texture, exchange_of, kernel_scales
from renp_fast.physics.line import doppler_rms, gaussian_rms
from renp_fast.physics.oscillation import Ordering, best_fit
from renp_fast.physics.parameters import WIDTHS
from renp_fast.physics.targets import ATOMS
from renp_fast.scan_file.grid import Box
from renp_fast.scan_file.scan import Scan
from renp_fast.scan_file.schema import TABLE_OF

Number = TypeVar("Number", np.float64, np.int64)

COUPLING_NAMES = ("nature", "chirality", "texture", "spin_average", "magnetic_factor")
MIXING_NAMES = ("dm21_eV2", "dm3l_eV2", "theta12_deg", "theta13_deg", "delta_cp_deg")
ENERGY_NAMES = ("photon_energy_eV", "detuning_eV", "trigger")
MEDIATOR_NAMES = ("coupling", "mediator_mass_eV", "mediator_width_eV")
LEVEL_NAMES = ("E_eg_eV", "E_vg_eV")
DENSITY_NAMES = ("volume_cm3", "atom_density_cm3", "photon_density_cm3")
NORMALISATION_NAMES = (*DENSITY_NAMES, "gamma_vg_per_s", "spin_factor", *LEVEL_NAMES)

# What each table depends on
PHASE_NAMES = ("alpha21_deg", "alpha31_deg")
STATE_NAMES = ("ordering", "oscillation", "lightest_mass_eV", "E_eg_eV")
MODEL = (*COUPLING_NAMES, *MIXING_NAMES, *PHASE_NAMES, *STATE_NAMES, "longitudinal")
LEVELS = (*LEVEL_NAMES, *ENERGY_NAMES)
LINE = (*(name for name, table in TABLE_OF.items() if table == "line"), "temperature_K", "atom_mass_u")
AVERAGES = (*MODEL, "E_vg_eV", *LINE, "mediator_mass_eV", "mediator_width_eV")
MEDIATORS = (*MEDIATOR_NAMES, "chirality")
YIELDS = (*NORMALISATION_NAMES, "gamma0_per_s", "exposure_days", "background_per_day", "trigger")


def mediator_names(scan: Scan) -> tuple[str, ...]:
    """Parameters on which no quadratic form depends: those of the mediator, its mass only without longitudinal part.

    An average depends on all but the coupling.
    """
    if scan.averaged:
        return ("coupling",)
    longitudinal = "on" in scan.along("longitudinal")
    return tuple(name for name in MEDIATOR_NAMES if name != "mediator_mass_eV" or not longitudinal)


def table_parameters(scan: Scan) -> dict[str, frozenset[str]]:
    """What each table of `Tables` depends on."""
    mass = {"mediator_mass_eV"} - {*mediator_names(scan)}
    return {
        "models": frozenset(MODEL) | mass,
        "averages": frozenset(AVERAGES),
        "atoms": frozenset(LEVEL_NAMES),
        "levels": frozenset(LEVELS),
        "mediators": frozenset(MEDIATORS),
        "yields": frozenset(YIELDS),
    }


class Couplings:
    """Coupling matrices of every nature, chirality, texture, average over spins and magnetic factor of a scan.

    Attributes
    ----------
    textures : ndarray
        (combinations, 3, 3), in C order.
    scales : ndarray
        How each enters the amplitude, (combinations, 11).
    exchanges : ndarray
        How the strength follows from the coupling, (chiralities,).
    lengths : tuple of int
        How many there are of each of `COUPLING_NAMES`.
    """

    def __init__(self, scan: Scan) -> None:
        kind = scan.values["kind"]
        self.natures = scan.along("nature")
        self.chiralities = scan.along("chirality") or ("none",)
        names = scan.along("texture") or ("universal",)
        chain = scan.along("spin_average"), scan.along("magnetic_factor")
        values = (self.natures, self.chiralities, names, *chain)
        every = list(itertools.product(*values))
        self.textures: ComplexMatrix = np.array([checked_texture(kind, c, t, n) for n, c, t, _, _ in every])
        self.scales: Array = np.array([kernel_scales(kind, c, spin, factor) for _, c, _, spin, factor in every])
        self.exchanges: Array = np.array([exchange_of(kind, c) for c in self.chiralities], dtype=np.float64)
        self.lengths = tuple(map(len, values))


class Tables:
    """The tables of one box of a scan."""

    def __init__(self, scan: Scan, couplings: Couplings, box: Box) -> None:
        self.scan = scan
        self.couplings = couplings
        self.parts = {axis.name: part for axis, part in zip(scan.axes, box, strict=True)}
        self.parameters = {axis.name: {*axis.parameters} for axis in scan.axes}
        if scan.triggers:
            self.parts["trigger"] = slice(0, len(scan.triggers))
            self.parameters["trigger"] = {"trigger"}
        self.dims = list(self.parts)
        self.shape = [part.stop - part.start for part in self.parts.values()]

    def column(self, name: str) -> Array:
        """A parameter at the points of the box, broadcastable over its dimensions; of labels, their numbers."""
        axis = self.scan.axis(name)
        if axis is None:
            value = self.scan.values.get(name, 0.0)
            if isinstance(value, list) and name != "texture":
                return self._along("trigger", np.array(value))
            return self._along("", np.array([0.0 if isinstance(value, (str, list)) else value]))
        part = self.parts[axis.name]
        if axis.numeric:
            return self._along(axis.name, np.asarray(axis.along(name)[part]))
        return self._along(axis.name, np.arange(part.start, part.stop, dtype=np.float64))

    def varies(self, dim: str, names: Iterable[str]) -> bool:
        """Whether any of ``names`` varies along a dimension."""
        return not self.parameters[dim].isdisjoint(names)

    def rows(self, names: Iterable[str], columns: Sequence[Array]) -> tuple[Array, IntArray]:
        """(rows, strides) of a table that depends on ``names``: its columns side by side, and steps along each axis."""
        shape = [n if self.varies(dim, names) else 1 for dim, n in zip(self.dims, self.shape, strict=True)]
        steps = np.array([math.prod(shape[d + 1 :]) if shape[d] > 1 else 0 for d in range(len(shape))], dtype=np.int64)
        rows = np.empty((*shape, len(columns)))
        rows[...] = [column.item(0) for column in columns]  # all at once: mostly they are the same for all rows
        for k, column in enumerate(columns):
            if column.size > 1:
                rows[..., k] = column
        return rows.reshape(math.prod(shape), len(columns)), steps

    def row_of_points(self, steps: IntArray, dims: Sequence[str] | None = None) -> IntArray:
        """The row of every point in C order, for the steps of a table: of the box, or along some of its dimensions."""
        offsets = np.zeros(1, dtype=np.int64)
        for dim, length, step in zip(self.dims, self.shape, steps, strict=True):
            if dims is None or dim in dims:
                offsets = np.add.outer(offsets, np.arange(length) * step).ravel()
        return offsets

    def models(self) -> tuple[Array, IntArray]:
        """Neutrino rows, E_eg, the number of the coupling matrices, and 1/M^2 of a longitudinal part."""
        return self.rows(table_parameters(self.scan)["models"], self.model_columns())

    def averages(self) -> tuple[Array, IntArray]:
        """As `models`, then E_vg, mediator and line as of `line.averages`."""
        gaussian, lorentzian, flat = (self._width(part) for part in range(3))
        columns = [
            *self.model_columns(),
            self._level("E_vg_eV"),
            self.column("mediator_mass_eV"),
            self.column("mediator_width_eV"),
            self.couplings.exchanges[self._index("chirality")],
            gaussian_rms(gaussian, self.column("jitter_eV")),
            self._doppler(),
            0.5 * lorentzian,
            flat,
            self.column("momentum_spread_eV"),
        ]
        return self.rows(table_parameters(self.scan)["averages"], columns)

    def model_columns(self) -> list[Array]:
        """Those of `models`, broadcastable over the dimensions of the box."""
        nature, combination = self._index("nature"), np.zeros([1] * len(self.dims), dtype=np.int64)
        for name, length in zip(COUPLING_NAMES, self.couplings.lengths, strict=True):
            combination = combination * length + self._index(name)
        majorana = np.array([float(name == "majorana") for name in self.couplings.natures])
        inverted = np.array([float(name == "inverted") for name in self.scan.along("ordering")])
        return [
            majorana[nature],
            inverted[self._index("ordering")],
            self.column("lightest_mass_eV"),
            *(self._mixing(name) for name in MIXING_NAMES),
            *(self.column(name) for name in PHASE_NAMES),
            self._level("E_eg_eV"),
            combination.astype(np.float64),
            self._longitudinal(),
        ]

    def energies(self) -> tuple[Array, IntArray]:
        """Photon energies or detunings, in eV."""
        name = next(name for name in ENERGY_NAMES if name in self.dims)
        steps = np.array([int(dim == name) for dim in self.dims], dtype=np.int64)
        return self._energy(name).ravel(), steps

    def levels(self) -> tuple[Array, IntArray]:
        """S = E_eg (E_eg - 2 w) in eV^2, and w/(E_eg (E_vg - w)^2) in eV^-2; 1 and 1 of averages, which hold them."""
        if self.scan.averaged:
            return self.rows(ENERGY_NAMES, [self._along("", np.ones(1)), self._along("", np.ones(1))])
        E_eg, E_vg = self._level("E_eg_eV"), self._level("E_vg_eV")
        if "detuning_eV" in self.dims:
            detuning = self._energy("detuning_eV")
            w = 0.5 * E_eg - detuning
        else:
            w = self._energy(next(name for name in ENERGY_NAMES if name in self.dims))
            detuning = 0.5 * E_eg - w
        squared = (E_vg - w) * (E_vg - w)
        # At w = E_vg, the end of the domain, every pair is closed: any finite number does
        squared = np.where(squared == 0.0, 1.0, squared)
        return self.rows(LEVELS, [2.0 * E_eg * detuning, w / (E_eg * squared)])

    def atoms(self) -> tuple[Array, IntArray]:
        """E_eg and E_vg, in eV."""
        return self.rows(LEVEL_NAMES, [self._level(name) for name in LEVEL_NAMES])

    def mediators(self) -> tuple[Array, IntArray]:
        """Coupling, mass and width of the mediator, and how its strength follows; of averages the coupling alone."""
        if self.scan.averaged:
            nothing = self._along("", np.zeros(1))
            return self.rows(("coupling",), [self.column("coupling"), nothing, nothing, nothing + CONTACT])
        exchange = self.couplings.exchanges[self._index("chirality")]
        return self.rows(MEDIATORS, [*(self.column(name) for name in MEDIATOR_NAMES), exchange])

    def yields(self) -> tuple[Array, IntArray]:
        """Factor and offset that turn I(w) into the observable."""
        observable = self.scan.observable
        if observable == "spectral_function":
            return self.rows((), [self._along("", np.array([1.0])), self._along("", np.array([0.0]))])
        gamma0 = self.gamma0_per_s()
        if observable == "rate":
            return self.rows(YIELDS, [gamma0, 0.0 * gamma0])
        exposure, background = self.column("exposure_days"), self.column("background_per_day")
        return self.rows(YIELDS, [SECONDS_PER_DAY * gamma0 * exposure, background * exposure])

    def gamma0_per_s(self) -> Array:
        """Gamma_0 in 1/s, set or derived."""
        if self.scan.along("gamma0_per_s"):
            return self.column("gamma0_per_s")
        volume, atoms, photons = (self.column(name) for name in DENSITY_NAMES)
        levels = [self._level(name) for name in ("gamma_vg_per_s", "spin_factor", *LEVEL_NAMES)]
        return gamma0_per_s(volume, atoms, photons, *levels)

    def _along(self, dim: str, values: NDArray[Number]) -> NDArray[Number]:
        """Values along one dimension (none if ``dim`` is empty), broadcastable over all."""
        return values.reshape([-1 if name == dim else 1 for name in self.dims] if dim else [1] * len(self.dims))

    def _index(self, name: str) -> IntArray:
        """Number of a value among those of its axis."""
        axis = self.scan.axis(name)
        if axis is None:
            return self._along("", np.zeros(1, dtype=np.int64))
        part = self.parts[axis.name]
        return self._along(axis.name, np.arange(part.start, part.stop))

    def _longitudinal(self) -> Array:
        """1/M^2 (eV^-2) where the propagator has its longitudinal part, else 0."""
        on = np.array([float(name == "on") for name in self.scan.along("longitudinal")])
        if not on.any():
            return self._along("", np.zeros(1))
        mass = self.column("mediator_mass_eV")
        inverse: Array = 1.0 / np.where(mass > 0.0, mass * mass, 1.0)
        return on[self._index("longitudinal")] * inverse

    def _width(self, part: int) -> Array:
        """Full width of the Gaussian, Lorentzian or top-hat part of the laser's line."""
        width = self._along("", np.zeros(1))
        for number, shape in enumerate(self.scan.along("shape")):
            name = WIDTHS[shape][part]
            if name:
                width = width + np.where(self._index("shape") == number, self.column(name), 0.0)
        return width

    def _doppler(self) -> Array:
        """Rms of the photon energy from the atoms' motion, in units of itself."""
        temperature = self.column("temperature_K")
        if not temperature.any():
            return temperature
        own = bool(self.scan.along("atom_mass_u"))
        return doppler_rms(temperature, self.column("atom_mass_u") if own else self._level("atom_mass_u"))

    def _level(self, name: str) -> Array:
        if "atom" in self.scan.values:
            return self._along("", np.array([getattr(ATOMS[self.scan.values["atom"]], name)], dtype=np.float64))
        return self.column(name)

    def _energy(self, name: str) -> Array:
        return self._along(name, np.array(self.scan.triggers)) if name == "trigger" else self.column(name)

    def _mixing(self, name: str) -> Array:
        """A mixing parameter: its own value, or that of the preset for each ordering."""
        if self.scan.along(name):
            return self.column(name)
        presets = best_fits(name, self.scan.along("oscillation"), self.scan.along("ordering"))
        if presets.size == 1:
            return self._along("", presets.ravel())
        return presets[self._index("oscillation"), self._index("ordering")]


@cache
def best_fits(name: str, oscillations: tuple[str, ...], orderings: tuple[Ordering, ...]) -> Array:
    """A mixing parameter of each preset, for each ordering."""
    return np.array([[best_fit(oscillation, ordering)[name] for ordering in orderings] for oscillation in oscillations])
