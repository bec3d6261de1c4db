"""A scan file: read, checked and frozen."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from renp_fast.errors import ScanError
from renp_fast.scan_file.advice import AXIS_HAS_IT, WHOLE_TURN, notes_on
from renp_fast.scan_file.alternative import Hypotheses
from renp_fast.scan_file.axes import Axis
from renp_fast.scan_file.checks import check_physics, check_profile, check_size
from renp_fast.scan_file.comparison import canonical_scan
from renp_fast.scan_file.dimensions import axis_of, coupling_unit
from renp_fast.scan_file.interaction_tables import Named, name_faults, seen_by, unnamed
from renp_fast.scan_file.line_checks import is_averaged
from renp_fast.scan_file.profile import ProfileForm
from renp_fast.scan_file.reader import Reader
from renp_fast.scan_file.refined_axes import TABLE as ADAPTIVE
from renp_fast.scan_file.refined_axes import Adaptive, adaptive_scan
from renp_fast.scan_file.schema import (
    COUNTING,
    StorageTable,
)


@dataclass(frozen=True)
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
    storage : StorageTable
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
    storage: StorageTable
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


def load_scan(path: str | Path) -> Scan:
    """Read a scan file.

    Raises
    ------
    ScanError
        If the file cannot be read or anything in it is wrong; nothing has been computed or written then.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")  # some editors begin a file with a mark
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise ScanError(str(path), [f"cannot read the scan file: {reason}"]) from None
    return parse_scan(text, str(path))


def parse_scan(text: str, file: str = "scan") -> Scan:
    """Read a scan from the text of a scan file; ``file`` names it in errors.

    Raises
    ------
    ScanError
        If anything in it is wrong.
    """
    try:
        document = tomllib.loads(text)
    except ValueError as error:  # TOMLDecodeError, or a number too long for Python
        raise ScanError(file, [f"not valid TOML: {error}"]) from None
    document = unnamed(document)
    separated = document.get("observable") == "separation" and not name_faults(document)
    parse = _parse_separation if separated else _parse_any
    if isinstance(document.get(ADAPTIVE), dict):
        return adaptive_scan(parse, document, text, file)
    return parse(document, text, file)


def _parse_any(document: dict[str, Any], text: str, file: str) -> Scan:
    """A document of one interaction, or of several."""
    if isinstance(document.get("interaction"), list):
        return _parse_several(document, text, file)
    return _parse(document, text, file)


def _parse_several(document: dict[str, Any], text: str, file: str) -> Scan:
    """The scans of all interactions, put together."""
    named = Named(document)
    scans, faults = {}, {}
    for name, alone in named.documents.items():
        try:
            scans[name] = _parse(alone, text, file)
        except ScanError as error:
            faults[name] = error.faults
    if every := named.all_faults(faults):
        raise ScanError(file, every)
    if any(scan.averaged for scan in scans.values()):
        what = "averages over it or over the motion of atoms are not for several interactions"
        raise ScanError(file, [f"[line]: {what}; allowed: with one [interaction]"])
    axes = named.axes({name: scan.axes for name, scan in scans.items()})
    if too_many := check_size(map(len, axes)):
        raise ScanError(file, too_many)
    return replace(
        scans[named.limit_on or named.names[0]],
        values=MappingProxyType(named.values({name: scan.values for name, scan in scans.items()})),
        axes=axes,
        notes=named.notes({name: scan.notes for name, scan in scans.items()}),
        canonical=MappingProxyType(named.canonical({name: scan.canonical for name, scan in scans.items()})),
        interactions={name: replace(scan, axes=seen_by(name, axes)) for name, scan in scans.items()},
        limit_on=named.limit_on,
        innermost=named.innermost,
    )


def _parse_separation(document: dict[str, Any], text: str, file: str) -> Scan:
    """Truth and alternative, and what has been got wrong in either."""
    hypotheses = Hypotheses(document)
    scans: list[Scan] = []
    faults = [*hypotheses.faults]
    try:
        scans.append(_parse_any(hypotheses.truth, text, file))
    except ScanError as error:
        faults += error.faults
    if not hypotheses.faults:
        try:
            scans.append(_parse_any(hypotheses.alternative, text, file))
        except ScanError as error:
            faults += hypotheses.named(error.faults, faults)
    if faults:
        raise ScanError(file, faults)
    truth, alternative = scans
    axes, seen = hypotheses.axes(truth.axes, alternative.axes)
    if too_many := check_size(map(len, axes)):
        raise ScanError(file, too_many)
    free = hypotheses.free_on or hypotheses.free_coupling
    canonical = dict(truth.canonical) | {"axes": list(hypotheses.axis_names), "free_coupling": free}
    canonical |= {f"alternative.{key}": value for key, value in alternative.canonical.items()}
    # What holds for one hypothesis alone is no note; but a key beside its axis is of no use in the file, and a Majorana
    # phase over half of its period counts in either
    either = (AXIS_HAS_IT, WHOLE_TURN)
    notes = [note for note in truth.notes if note in alternative.notes or any(words in note for words in either)]
    notes += [note for note in alternative.notes if WHOLE_TURN in note and note not in notes]
    notes += hypotheses.notes
    if truth.canonical == alternative.canonical and not free and not hypotheses.varies:
        notes.append("[alternative]: nothing differs from the truth, so that the separation is 0")
    alternative = replace(alternative, free_coupling=hypotheses.free_coupling, limit_on=hypotheses.free_on)
    return replace(
        on_axes(truth, axes),
        canonical=MappingProxyType(canonical),
        alternative=on_axes(alternative, seen),
        notes=tuple(notes),
    )


def on_axes(scan: Scan, axes: tuple[Axis, ...]) -> Scan:
    """The scan, and its interactions, on axes in place of its own."""
    interactions = {name: replace(each, axes=seen_by(name, axes)) for name, each in scan.interactions.items()}
    return replace(scan, axes=axes, interactions=interactions)


def _parse(document: dict[str, Any], text: str, file: str) -> Scan:
    reader = Reader(document)
    values, forms = reader.read()
    if reader.faults:
        raise ScanError(file, reader.faults)
    faults = check_physics(reader.observable, values, forms) or check_profile(
        reader.observable, values, forms, reader.profile
    )
    averaged = is_averaged(values, forms, reader.profile)
    if averaged and reader.refine:
        faults.append("[profile] refine: not for averages over a line; allowed: false")
    if faults:
        raise ScanError(file, faults)
    try:
        axes = tuple(axis_of(form, values, forms) for form in forms.values())
    except ValueError as error:
        raise ScanError(file, [f"[axes] {error}"]) from None
    return Scan(
        file=file,
        text=text,
        title=reader.title,
        observable=reader.observable,
        values=MappingProxyType(values),
        axes=axes,
        storage=reader.storage,
        notes=tuple(notes_on(reader, values, forms)),
        canonical=MappingProxyType(canonical_scan(reader, values, forms)),
        confidence_level=reader.confidence_level,
        profile=tuple(reader.profile.values()),
        refine=reader.refine,
        averaged=averaged,
        toys=reader.toys,
        seed=reader.seed,
    )
