"""From what the user gives to a scan: read, checked, frozen."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from renp_fast.errors import ScanError
from renp_fast.scan_file.advice import notes_on
from renp_fast.scan_file.axes import Axis
from renp_fast.scan_file.checks import check_physics, check_profile, check_size, is_averaged
from renp_fast.scan_file.comparison import canonical_scan
from renp_fast.scan_file.definition import Scan as Scan
from renp_fast.scan_file.definition import on_axes as on_axes
from renp_fast.scan_file.dimensions import axis_of
from renp_fast.scan_file.document import Document, check_depth, document_of, plain, read_text, text_of
from renp_fast.scan_file.faults import Fault, Faults
from renp_fast.scan_file.hypotheses import Hypothesis
from renp_fast.scan_file.reader import Reader
from renp_fast.scan_file.refined_axes import Adaptive, check_axes, check_plane
from renp_fast.scan_file.schema import INTERACTION_KEYS, PREFIX
from renp_fast.scan_file.variables import variables_of


def load_scan(path: str | Path) -> Scan:
    """Read a scan file.

    Raises
    ------
    ScanError
        If the file cannot be read or anything in it is wrong; nothing has been computed or written then.
    """
    return parse_scan(read_text(path), str(path))


def parse_scan(text: str, file: str = "scan") -> Scan:
    """Read a scan from the text of a scan file; ``file`` names it in errors.

    Raises
    ------
    ScanError
        If anything in it is wrong.
    """
    return _Scans(Reader(document_of(text, file)), text, file).scan()


def scan(document: Mapping[str, Any]) -> Scan:
    """A scan from nested dictionaries, with the tables and keys of a scan file; numbers and lists may be NumPy's.

    Raises
    ------
    ScanError
        If anything in it is wrong.
    """
    check_depth(document, "scan")
    own: Document = plain(document)
    return _Scans(Reader(own), text_of(own), "scan").scan()


class _Scans:
    """Truth and alternative of what has been read, put together; an interaction each for several of them."""

    def __init__(self, reader: Reader, text: str, file: str) -> None:
        self.reader, self.text, self.file, self.faults = reader, text, file, reader.faults
        if not reader.top:  # without the names of interactions nothing else can be told
            self._refuse()
        names = reader.names or ("",)
        self.truth = [Hypothesis(reader, name) for name in names]
        self.alternative = [Hypothesis(reader, name, True) for name in names] if reader.separated else []
        self._collect(lambda scan, faults: scan.complete(faults))
        self._refuse()
        self._collect(lambda scan, faults: faults.extend(self._physics(scan)))
        self.averaged = any(is_averaged(scan, reader.profile) for scan in (*self.truth, *self.alternative))
        if self.averaged and reader.refine:
            self.faults.wrong("profile", "refine", text="not for averages over a line; allowed: false")
        if self.averaged and reader.names:
            what = "averages over it or over the motion of atoms are not for several interactions"
            self.faults.wrong("line", "", text=f"{what}; allowed: with one [interaction]")
        check_size((given.value.points for given in reader.varied.values()), self.faults)
        self._refuse()

    def scan(self) -> Scan:
        """All of it."""
        reader = self.reader
        whole = self._of(self.truth, [name for name in reader.varied if not name.startswith(PREFIX)])
        if reader.adaptive:  # before its axes are made
            lengths = [reader.varied[name].value.points for name in reader.adaptive["axes"]]
            check_plane(lengths, sum(variable.bytes_per_point for variable in variables_of(whole)), self.faults)
            self._refuse()
        axes = self._axes()
        notes = notes_on(reader, self.truth, self.alternative)
        whole = on_axes(whole, axes)
        if reader.separated:
            whole, more = self._separated(whole, axes)
            notes += more
        if reader.adaptive:
            adaptive = Adaptive(**reader.adaptive)
            check_axes(adaptive, axes, self.faults)
            self._refuse()
            canonical = {**whole.canonical, "confidence_level": whole.confidence_level} | adaptive.canonical()
            whole = replace(whole, adaptive=adaptive, canonical=MappingProxyType(canonical))
        return replace(whole, notes=tuple(map(str, notes)))

    def _refuse(self) -> None:
        """Raise what has been found."""
        if self.faults:
            raise ScanError(self.file, self.faults.told())

    def _physics(self, scan: Hypothesis) -> Faults:
        observable = self.reader.observable
        return check_physics(observable, scan) or check_profile(observable, scan, self.reader.profile)

    def _collect(self, check: Callable[[Hypothesis, Faults], None]) -> None:
        """Check all hypotheses; of the alternative's faults those count that the truth does not have."""
        for scan in self.truth:
            check(scan, self.faults)
        of_alternative = Faults()
        for scan in self.alternative:
            check(scan, of_alternative)
        for fault in of_alternative:
            if fault not in self.faults:
                elsewhere = fault.path[0] != "alternative" and not str(fault.path[-1]).startswith(PREFIX)
                self.faults.append(fault._replace(of_alternative=elsewhere))

    def _axes(self) -> tuple[Axis, ...]:
        """The stored dimensions."""
        scans = {(scan.alternative, scan.name): scan for scan in (*self.truth, *self.alternative)}
        axes = []
        for name in self.reader.varied:
            of_alternative = name.startswith(PREFIX)
            owner, _, key = name.removeprefix(PREFIX).rpartition(".")
            with self.faults.at("axes", name):
                axis = axis_of(key, scans[of_alternative, owner or self.truth[0].name])
                whose = f" of {owner}" * bool(owner) + " of the alternative" * of_alternative
                axes.append(replace(axis, name=name, long_name=f"{axis.long_name}{whose}"))
        self._refuse()
        return tuple(axes)

    def _of(self, scans: Sequence[Hypothesis], axis_names: Sequence[str]) -> Scan:
        """The scan of truth or alternative, without its axes yet."""
        reader, first = self.reader, scans[0]
        whole = Scan(
            file=self.file,
            text=self.text,
            title=reader.top["title"],
            observable=reader.observable,
            values=MappingProxyType(first.values),
            axes=(),
            storage=reader.storage,
            notes=(),
            canonical=MappingProxyType(canonical_scan(reader, scans, axis_names)),
            confidence_level=reader.top["confidence_level"],
            profile=tuple(reader.profile.values()),
            free_coupling=any(scan.free for scan in scans),
            refine=reader.refine,
            averaged=self.averaged,
            toys=reader.toys,
            seed=reader.top["seed"] if reader.toys else 0,
        )
        if not reader.names:
            return whole
        values = {key: value for key, value in first.values.items() if key not in INTERACTION_KEYS}
        for scan in scans:
            values |= {f"{scan.name}.{key}": value for key, value in scan.values.items() if key in INTERACTION_KEYS}
        return replace(
            whole,
            values=MappingProxyType(values),
            interactions={scan.name: replace(whole, values=MappingProxyType(scan.values)) for scan in scans},
            limit_on=reader.limit_on or next((scan.name for scan in scans if scan.free), ""),
            innermost=_innermost(axis_names) or first.name,
        )

    def _separated(self, truth: Scan, axes: tuple[Axis, ...]) -> tuple[Scan, list[Fault]]:
        """The truth with its alternative, and what is to be noted of them."""
        names = list(self.reader.varied)
        changed = {scan.own_name(key) for scan in self.alternative for key in scan.changed}
        own = [name for name in names if not name.startswith(PREFIX) and name not in changed]
        varied = [name.removeprefix(PREFIX) for name in names if name.startswith(PREFIX)]
        alternative = self._of(self.alternative, own + varied)
        free = alternative.free_coupling and (alternative.limit_on or True)
        canonical = dict(truth.canonical) | {"axes": names, "free_coupling": free}
        canonical |= {f"{PREFIX}{key}": value for key, value in alternative.canonical.items()}
        same = truth.canonical == alternative.canonical and not free and not varied
        notes = [Fault(("alternative", ""), "nothing differs from the truth, so that the separation is 0")] * same
        seen = [_seen_by_alternative(axis, changed) for axis in axes]
        alternative = on_axes(alternative, tuple(seen))
        return replace(truth, alternative=alternative, canonical=MappingProxyType(canonical)), notes


def _seen_by_alternative(axis: Axis, changed: set[str]) -> Axis:
    """An axis as the alternative knows it: along one of a parameter that it has otherwise, nothing changes."""
    if axis.name in changed:
        return Axis(f"truth.{axis.name}", np.arange(len(axis), dtype=np.float64), "", "")
    return replace(axis, name=axis.name.removeprefix(PREFIX))


def _innermost(axis_names: Sequence[str]) -> str:
    """The interaction whose coupling, or else mediator, is the last of such axes."""
    owners = [name.partition(".") for name in axis_names if "." in name]
    last = {key: owner for owner, _, key in owners if key in ("coupling", "mediator_mass_eV")}
    return last.get("coupling") or last.get("mediator_mass_eV") or ""
