"""A scan, as everything but its reader knows it."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

from renp_fast.physics.domains import shown
from renp_fast.scan_file.axes import Axis
from renp_fast.scan_file.dimensions import coupling_unit
from renp_fast.scan_file.profile import ProfileForm
from renp_fast.scan_file.refined_axes import Adaptive
from renp_fast.scan_file.schema import COUNTING, PARAMETERS, TABLES, Storage


@dataclass(frozen=True, repr=False)
class Scan:
    """One scan, completely: what is computed, at which points, and how it is stored.

    Attributes
    ----------
    file, text : str
        Where the scan came from, and its text.
    title, observable : str
    values : mapping
        Every parameter that is the same at all points, by name, defaults included; absent if it has no value.
    axes : tuple of Axis
        The stored dimensions in their order.
    storage : Storage
    notes : tuple of str
        What the user should know, though it is no error.
    canonical : mapping
        The parsed scan in plain values: two scans are the same if these are equal.
    confidence_level : float
        Of limits.
    profile : tuple of ProfileForm
        Nuisance parameters.
    alternative : Scan or None
        Of a separation: the alternative hypothesis, with an axis for each axis of the scan.
    free_coupling : bool
        Whether the coupling is whatever suits best; of alternatives.
    refine : bool
        Whether the best nuisance point is searched for between the given ones.
    averaged : bool
        Whether results are averages over a laser's line, or what else spreads energies.
    toys, seed : int
        Number of pseudo-experiments of a limit, none for the limit from expected events, and their seed.
    adaptive : Adaptive or None
        Of an adaptive scan, the axes of the planes of which only a part is computed.
    interactions : mapping
        Of several interactions, by name: the scan of each alone, on the axes of the whole. Values and axes of the whole
        are `NAME.KEY` for theirs.
    limit_on : str
        Of several interactions, the one whose coupling is sought.
    innermost : str
        Of several interactions, the one whose coupling, or else mediator, is the last of such axes; or the first one.
    others : tuple of Scan
        Other interactions, whose amplitudes add to that of the scan: of `leading`.
    """

    file: str
    text: str
    title: str
    observable: str
    values: Mapping[str, Any]
    axes: tuple[Axis, ...]
    storage: Storage
    notes: tuple[str, ...]
    canonical: Mapping[str, Any]
    confidence_level: float
    profile: tuple[ProfileForm, ...]
    alternative: "Scan | None" = None
    free_coupling: bool = False
    refine: bool = False
    averaged: bool = False
    toys: int = 0
    seed: int = 0
    adaptive: Adaptive | None = None
    interactions: Mapping[str, "Scan"] = field(default_factory=dict)
    limit_on: str = ""
    innermost: str = ""
    others: tuple["Scan", ...] = ()

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Number of values of each axis."""
        return tuple(len(axis) for axis in self.axes)

    @cached_property
    def _axis_of(self) -> dict[str, Axis]:
        """The axis of each parameter that varies."""
        return {name: axis for axis in self.axes for name in axis.parameters}

    @property
    def points(self) -> int:
        """Number of points of the grid."""
        return math.prod(self.shape)

    @property
    def nuisance_points(self) -> int:
        """Number of nuisance points that each point is profiled over, the truth among them."""
        return math.prod(form.length for form in self.profile) + 1 if self.profile else 1

    @property
    def triggers(self) -> tuple[float, ...]:
        """Trigger energies in eV of observables that count events; none for the others."""
        return tuple(self.values["trigger_eV"]) if self.observable in COUNTING else ()

    @property
    def axis_names(self) -> tuple[str, ...]:
        """Names of the axes."""
        return tuple(axis.name for axis in self.axes)

    @cached_property
    def leading(self) -> "Scan":
        """The scan as kernels for one interaction see it: itself, or the leading interaction with `others`."""
        if not self.interactions:
            return self
        alone = [
            replace(self, values=each.values, axes=each.axes, interactions={}) for each in self.interactions.values()
        ]
        number = list(self.interactions).index(self.limit_on or self.innermost)
        return replace(alone[number], others=(*alone[:number], *alone[number + 1 :]))

    @property
    def parameters(self) -> dict[str, Any]:
        """Every parameter by name: its one value, or all values along its axis."""
        return dict(self.values) | {name: axis.along(name) for name, axis in self._axis_of.items()}

    def __repr__(self) -> str:
        return "\n".join(described(self))

    def __getstate__(self) -> dict[str, Any]:
        own = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: dict(value) if isinstance(value, MappingProxyType) else value for name, value in own.items()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name in ("values", "canonical"):
            state[name] = MappingProxyType(state[name])
        self.__dict__.update(state)

    @property
    def sought(self) -> str:
        """Name of the coupling that a limit is on."""
        return f"{self.limit_on}.coupling" if self.limit_on else "coupling"

    @property
    def coupling_unit(self) -> str:
        """Unit of the coupling, of several interactions that of the leading one."""
        if self.interactions:
            return self.leading.coupling_unit
        return coupling_unit(self.values["kind"], self.along("chirality"))

    def axis(self, name: str) -> Axis | None:
        """The axis along which a parameter varies, if there is one."""
        return self._axis_of.get(name)

    def along(self, name: str) -> tuple[Any, ...]:
        """All values that a parameter takes: those of its axis, or its one value, or none."""
        axis = self.axis(name)
        if axis is not None:
            return tuple(axis.along(name))
        return (self.values[name],) if name in self.values else ()


def seen_by(name: str, axes: Sequence[Axis]) -> tuple[Axis, ...]:
    """Axes of the whole as the interaction of that name knows them; nothing of it changes along those of others."""
    prefix = f"{name}."
    return tuple(
        replace(
            axis,
            name=axis.name.removeprefix(prefix),
            together={key.removeprefix(prefix): values for key, values in axis.together.items()},
        )
        for axis in axes
    )


def on_axes(scan: Scan, axes: tuple[Axis, ...]) -> Scan:
    """The scan, and its interactions, on axes in place of its own."""
    interactions = {name: replace(each, axes=seen_by(name, axes)) for name, each in scan.interactions.items()}
    return replace(scan, axes=axes, interactions=interactions)


def described(scan: Scan) -> Iterator[str]:
    """What a scan is, in a few lines: the observable, the axes, then every value by its table."""
    title = f" {scan.title!r}" if scan.title else ""
    yield f"<Scan{title}: {scan.observable} at {scan.points} points>"
    for axis in scan.axes:
        ends = (
            f"{axis.values[0]:g} to {axis.values[-1]:g} {axis.unit}"
            if axis.numeric
            else ", ".join(map(str, axis.values))
        )
        yield f"  along {axis.name} ({len(axis)}): {ends}"[:100]
    for form in scan.profile:
        yield f"  profiled over {form.name} ({form.length})"
    for table in TABLES:
        own = {name: value for name, value in scan.values.items() if PARAMETERS[name.rpartition(".")[2]].table == table}
        if own:
            yield f"  [{table}] " + ", ".join(f"{name} = {shown(value)}" for name, value in own.items())
