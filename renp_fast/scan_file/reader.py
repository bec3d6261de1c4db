"""One reading of a scan file: known keys, right types, values in their domain, each with its place in the file.

All faults are collected, since a misspelt key also makes another one missing.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from renp_fast.physics.domains import shown
from renp_fast.scan_file.axes import AxisForm, parse_form
from renp_fast.scan_file.document import Document
from renp_fast.scan_file.faults import Faults, Path
from renp_fast.scan_file.profile import ProfileForm, parse_profile
from renp_fast.scan_file.schema import (
    ALTERNATIVE_KEYS,
    AXIS_NAMES,
    ENERGY_AXES,
    INTERACTION_KEYS,
    KEYS_OF,
    NEVER_AXES,
    OBSERVABLES,
    PARAMETERS,
    PREFIX,
    PROFILE_NAMES,
    PROFILED,
    TABLE_OF,
    TABLES,
    TOP_KEYS,
    Key,
    Storage,
)

FREE = "free"
# Nuisance points are held in memory, about 100 bytes each for three triggers
MOST_NUISANCES = 20_000_000
FORM_KEYS = {"linear", "log", "thresholds", "points"}
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
TAKEN = {*TOP_KEYS, *TABLES, *AXIS_NAMES, *INTERACTION_KEYS}
NAMES_MEANING = "a name of letters, digits and underscores, which is no key or table of the file; different for each"


class Given(NamedTuple):
    """A parameter as the file gives it: its value or the form of its axis, and where."""

    path: Path
    value: Any


class Reader:
    """Reads one document.

    Parameters of one of several interactions are called `NAME.KEY`, axes of the alternative `alternative.KEY` or
    `alternative.NAME.KEY`.

    Attributes
    ----------
    faults : Faults
        What is wrong.
    top : dict
        Keys at the top of the file, their defaults filled in.
    names : tuple of str
        Of several interactions.
    fixed, alternative : dict of Given
        Values in tables, and in [alternative].
    varied : dict of Given
        Forms of axes, in the order of the file.
    mentioned : set of str
        Parameters that stand somewhere, rightly or wrongly.
    profile : dict of ProfileForm
    refine : bool
    storage : Storage
    adaptive : dict or None
        The keys of [adaptive].
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        self.faults = Faults()
        self.fixed: dict[str, Given] = {}
        self.alternative: dict[str, Given] = {}
        self.varied: dict[str, Given] = {}
        self.mentioned: set[str] = set()
        self.profile: dict[str, ProfileForm] = {}
        self.refine = False
        self.storage = Storage()
        self.adaptive: dict[str, Any] | None = None
        self.top: dict[str, Any] = {}
        self.names = self._names()
        if not self.faults:
            self._read()

    @property
    def observable(self) -> str:
        """What is computed; empty if that is not known."""
        return str(self.top.get("observable", ""))

    @property
    def separated(self) -> bool:
        """Whether there is an alternative."""
        return self.observable == "separation"

    @property
    def toys(self) -> int:
        """Number of pseudo-experiments, 0 without."""
        return int(self.top["toys"]) if self.top["method"] == "toys" else 0

    @property
    def limit_on(self) -> str:
        """Of several interactions, the one whose coupling is sought; else empty."""
        if self.observable != "limit" or not self.names:
            return ""
        return str(self.top.get("limit_on", self.names[0]))

    @property
    def interaction_keys(self) -> tuple[str, ...]:
        """Keys of the interaction, or of all."""
        return tuple(f"{name}.{key}" for name in self.names for key in INTERACTION_KEYS) or INTERACTION_KEYS

    def axis_names(self, alternative: bool) -> list[str]:
        """What may be an axis, of the alternative or of all else."""
        if not self.names and not alternative:
            return list(AXIS_NAMES)
        own = [name for name in self.interaction_keys if _plain(name) not in NEVER_AXES]
        if alternative:
            neutrino = [key for key in ALTERNATIVE_KEYS if TABLE_OF[key] == "neutrino"]
            return [f"{PREFIX}{name}" for name in (*neutrino, *own)] if self.separated else []
        return [name for name in AXIS_NAMES if TABLE_OF.get(name) != "interaction"] + own

    def table(self, name: str) -> dict[str, Any]:
        """A table as it is written, empty if it is none."""
        table = self.document.get(name, {})
        return table if isinstance(table, dict) else {}

    def _names(self) -> tuple[str, ...]:
        """Names of several interactions."""
        entries = self.document.get("interaction")
        if not isinstance(entries, list):
            return ()
        if len(entries) == 1 and isinstance(entries[0], dict) and "name" not in entries[0]:
            self.document = self.document | {"interaction": entries[0]}
            return ()
        if not entries or not all(isinstance(entry, dict) for entry in entries):
            allowed = "a table, [interaction], or several, [[interaction]]"
            self.faults.wrong("interaction", text=f"got {shown(entries)}; allowed: {allowed}")
            return ()
        names: list[str] = []
        for number, entry in enumerate(entries, 1):
            name = entry.get("name")
            if name is None:
                self.faults.missing("interaction", number, "name", text=NAMES_MEANING)
            elif not isinstance(name, str) or not NAME.fullmatch(name) or name in TAKEN or name in names:
                self.faults.wrong("interaction", number, "name", text=f"got {shown(name)}; allowed: {NAMES_MEANING}")
            elif entry.get("kind") == "standard_model":
                allowed = ", ".join(PARAMETERS["coupling"].kinds)
                self.faults.wrong("interaction", name, "kind", text=f"standard_model adds nothing; allowed: {allowed}")
            else:
                names.append(name)
        return tuple(names)

    def _read(self) -> None:
        self._top()
        for table in TABLES:
            if table == "interaction" and self.names:
                for name, entry in zip(self.names, self.document[table], strict=True):
                    own = {key: value for key, value in entry.items() if key != "name"}
                    self._parameters(table, own, (table, name), f"{name}.")
            elif table in TABLE_OF.values():
                self._parameters(table, self.table(table), (table,))
        self._storage()
        self._axes()
        self._alternative()
        self._profile()
        self._adaptive()

    def _top(self) -> None:
        keys = KEYS_OF[""]
        self.top = {key.name: key.default for key in keys.values() if key.default is not None}
        for key, value in self.document.items():
            if key in TABLES:
                if not isinstance(value, dict) and not (key == "interaction" and self.names):
                    self.faults.wrong(key, text=f"got {shown(value)}; allowed: a table, [{key}]")
            elif key not in keys:
                self.faults.unknown(key, allowed=(*TOP_KEYS, *TABLES))
            else:
                with self.faults.at(key):
                    self.top[key] = keys[key].check(value)
        if "observable" not in self.document:
            self.faults.missing("observable", text=", ".join(OBSERVABLES))
        for key in ("method", "limit_on"):
            if key in self.document and self.observable not in ("limit", ""):
                self.faults.wrong(key, text=f"{self.observable} has none; allowed: for limit alone")
        for key in ("toys", "seed"):
            if key in self.document and self.top["method"] != "toys":
                self.faults.wrong(key, text='of pseudo-experiments; allowed: with method = "toys" alone')
        self._limit_on()

    def _limit_on(self) -> None:
        given, names = self.top.get("limit_on"), ", ".join(self.names)
        if given is not None and not self.names:
            self.faults.wrong(
                "limit_on", text="of several interactions; allowed: with [[interaction]], each with a name"
            )
        elif self.observable == "limit" and len(self.names) > 1 and given is None:
            self.faults.missing("limit_on", text=f"the interaction whose coupling is sought, of {names}")
        elif self.observable == "limit" and given is not None and given not in self.names:
            self.faults.wrong("limit_on", text=f"got {shown(given)}; allowed: {names}")

    def _checked(self, table: str, given: Mapping[str, Any], path: Path) -> Iterator[tuple[str, Given]]:
        """Those keys of a table that are known and in their domain."""
        for name, value in given.items():
            if name not in KEYS_OF[table]:
                self.faults.unknown(*path, name, allowed=KEYS_OF[table])
                continue
            with self.faults.at(*path, name):
                yield name, Given((*path, name), KEYS_OF[table][name].check(value))

    def _parameters(self, table: str, given: Mapping[str, Any], path: Path, prefix: str = "") -> None:
        self.mentioned |= {f"{prefix}{name}" for name in given}
        self.fixed |= {f"{prefix}{name}": each for name, each in self._checked(table, given, path)}

    def _storage(self) -> None:
        valid = {name: each.value for name, each in self._checked("storage", self.table("storage"), ("storage",))}
        self.storage = Storage(**valid)
        bits = self.storage.significant_bits or 0
        if self.storage.dtype == "float32" and bits > 23:
            allowed = KEYS_OF["storage"]["significant_bits"].allowed
            self.faults.wrong("storage", "significant_bits", text=f"got {bits} for float32; allowed: {allowed}")

    def _axes(self) -> None:
        allowed = {*self.axis_names(False), *self.axis_names(True)}
        for name, form in flat(self.table("axes")):
            self.mentioned.add(name)
            own = [each for each in self.interaction_keys if each.endswith(f".{name}") and each in allowed]
            if name in allowed:
                with self.faults.at("axes", name):
                    self.varied[name] = Given(("axes", name), _axis(PARAMETERS[_plain(name)], form))
            elif self.names and name in INTERACTION_KEYS:
                which = ", ".join(own or (each for each in self.interaction_keys if each in allowed))
                self.faults.wrong("axes", name, text=f"of which interaction; allowed: {which}")
            elif name in NEVER_AXES:
                which = ", ".join(self.axis_names(False))
                self.faults.wrong("axes", name, text=f"cannot be an axis; allowed: {which}")
            else:
                every = self.axis_names(name.startswith(PREFIX) and self.separated)
                dotted = [each for each in every if "." in each] if "." in name else []
                self.faults.unknown("axes", name, allowed=dotted or every)

    def _alternative(self) -> None:
        if not self.separated:
            if "alternative" in self.document and self.observable:
                text = f"{self.observable} has none; allowed: for separation alone"
                self.faults.wrong("alternative", "", text=text)
            return
        neutrino = [key for key in ALTERNATIVE_KEYS if TABLE_OF[key] == "neutrino"]
        allowed = (*neutrino, *self.interaction_keys)
        free: list[str] = []
        for name, value in flat(self.table("alternative")):
            path, key = ("alternative", name), PARAMETERS.get(_plain(name))
            self.mentioned.add(f"{PREFIX}{name}")
            if name not in allowed or key is None:
                self.faults.unknown(*path, allowed=allowed)
            elif key.name == "coupling" and value == FREE:
                self.alternative[name] = Given(path, FREE)
                free += [name] if f"{PREFIX}{name}" not in self.varied else []
            else:
                with self.faults.at(*path):
                    try:
                        self.alternative[name] = Given(path, key.check(value))
                    except ValueError as error:
                        raise ValueError(f'{error}, or "{FREE}"' if key.name == "coupling" else error) from None
        for name in free[1:]:
            self.faults.wrong("alternative", name, text=f"free beside {free[0]}; allowed: one free coupling")
        if not any(name.startswith(PREFIX) for name in self.mentioned):
            meaning = f"a table with what differs from the truth, of {', '.join(allowed)}, or an axis {PREFIX}KEY"
            self.faults.missing("alternative", "", text=meaning)

    def _profile(self) -> None:
        given = dict(self.table("profile"))
        with self.faults.at("profile", "refine"):
            self.refine = KEYS_OF["profile"]["refine"].check(given.pop("refine", False))
            if self.refine and self.toys:
                raise ValueError('not for pseudo-experiments; allowed: method = "asimov"')
        if given and self.observable and self.observable not in PROFILED:
            text = f"{self.observable} has no nuisances; allowed: for {', '.join(PROFILED)} alone"
            self.faults.wrong("profile", "", text=text)
        for name, form in given.items():
            if name not in PROFILE_NAMES and name not in AXIS_NAMES:
                self.faults.unknown("profile", name, allowed=PROFILE_NAMES)
                continue
            with self.faults.at("profile", name):
                self.profile[name] = self._nuisance(name, form)
        points = math.prod(form.length for form in self.profile.values())
        if points > MOST_NUISANCES:
            self.faults.wrong("profile", "", text=f"{points} nuisance points; allowed: at most {MOST_NUISANCES}")

    def _nuisance(self, name: str, given: Any) -> ProfileForm:
        """A nuisance parameter, its entries or both ends of its prior checked against its domain."""
        if name not in PROFILE_NAMES:
            raise ValueError(f"cannot be a nuisance; allowed: {', '.join(PROFILE_NAMES)}")
        if name in dict(flat(self.table("axes"))):
            raise ValueError("stands in [axes] too; allowed: one of the two")
        if {name, f"{PREFIX}{name}"} & {*self.alternative, *self.varied}:
            raise ValueError("the alternative has it too; allowed: one of the two")
        key = PARAMETERS[name]
        form = parse_profile(name, given, bool(key.unit))
        if form.flat is not None:
            return replace(form, flat=_in_domain(key, form.flat))
        for end in (-form.sigmas, form.sigmas):
            value = form.of_prior(end, "normal")
            try:
                key.check(value)
            except ValueError:
                allowed = f"{key.allowed}; allowed are fewer sigmas, or a flat range"
                raise ValueError(f"reaches {value:g} at {end:+g} sigma, where the domain is {allowed}") from None
        return form

    def _adaptive(self) -> None:
        if not isinstance(self.document.get("adaptive"), dict):
            return
        keys, known = KEYS_OF["adaptive"], [name for name, _ in flat(self.table("axes"))]
        self.adaptive = {name: key.default for name, key in keys.items()}
        for name, each in self._checked("adaptive", self.table("adaptive"), ("adaptive",)):
            self.adaptive[name] = tuple(each.value) if isinstance(each.value, list) else each.value
            if name == "axes" and not {*each.value} <= {*known}:
                which = ", ".join(known) or "none"
                text = f"got {shown(list(each.value))}; allowed: {keys[name].allowed}: {which}"
                self.faults.wrong("adaptive", name, text=text)
        if "axes" not in self.table("adaptive"):
            self.faults.missing("adaptive", "axes", text=keys["axes"].allowed)


def flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Entries by name: `NAME.KEY = ...` is a table in a table for TOML."""
    for name, value in table.items():
        if isinstance(value, dict) and value and name not in AXIS_NAMES and not {*value} & FORM_KEYS:
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _plain(name: str) -> str:
    """The key of a parameter, without alternative and interaction."""
    return name.rpartition(".")[2]


def _axis(key: Key, given: Any) -> AxisForm:
    """The form of an axis, its entries checked against the domain of its key."""
    energies = key.name in ENERGY_AXES
    form = parse_form(key.name, given, bool(key.unit), energies)
    return _in_domain(key, form)


def _in_domain(key: Key, form: AxisForm) -> AxisForm:
    entries = []
    for value in form.entries:
        entries.append(key.check(value))
        if isinstance(value, list) and key.name != "texture":
            raise ValueError(f"got {shown(value)}; allowed: one number for all triggers")
    if form.rule == "values":
        seen: set[str] = set()
        for entry in entries:
            text = repr(entry + 0.0) if isinstance(entry, float) else repr(entry)
            if text in seen:
                raise ValueError(f"{shown(entry)} stands in the list more than once; allowed: different values")
            seen.add(text)
    return replace(form, entries=tuple(entries))
