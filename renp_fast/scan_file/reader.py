"""The form of a scan file: known keys, right types, values in their domain, defaults, nothing missing.

All faults are collected, unknown keys first, since a misspelt key also makes another one missing.
"""

import difflib
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from renp_fast.scan_file.axes import AxisForm, is_number, parse_form
from renp_fast.scan_file.profile import ProfileForm, parse_profile
from renp_fast.scan_file.requirements import DEFAULTS, FORBIDDEN, LEVELS, NEEDED
from renp_fast.scan_file.schema import (
    AXIS_NAMES,
    ENERGY_AXES,
    NEVER_AXES,
    OBSERVABLES,
    TABLE_OF,
    TABLES,
    StorageTable,
    Table,
)

# Of these keys every number is from 0 to the largest
NOT_NEGATIVE = ("exposure_days", "background_per_day", "trigger_eV")
LARGEST = 1e60
METHODS = ("asimov", "toys")
USUAL_TOYS, MOST_TOYS, LARGEST_SEED = 1000, 1_000_000, 2**63 - 1
TOP_KEYS = ("title", "observable", "confidence_level", "method", "toys", "seed", "limit_on")
HOMES = TABLE_OF | dict.fromkeys(StorageTable.model_fields, "storage") | dict.fromkeys(ENERGY_AXES, "axes")
TOP_TABLES = (*TABLES, "alternative", "axes", "adaptive", "profile", "storage")
PROFILED = ("chi2", "limit", "separation")
PROFILE_NAMES = tuple(name for name in AXIS_NAMES if TABLE_OF.get(name) in ("target", "neutrino", "experiment", "line"))


class Reader:
    """Reads one parsed TOML document; `faults` holds what is wrong with it afterwards."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.unknown: list[str] = []
        self.wrong: list[str] = []
        self.missing: list[str] = []
        self.title = ""
        self.observable = ""
        self.confidence_level = 0.9
        self.toys = self.seed = 0
        self.refine = False
        self.storage = StorageTable()
        self.profile: dict[str, ProfileForm] = {}
        self.ignored_coupling: float | None = None

    @property
    def faults(self) -> list[str]:
        """All faults, unknown keys first, missing ones last."""
        return self.unknown + self.wrong + self.missing

    def read(self) -> tuple[dict[str, Any], dict[str, AxisForm]]:
        """Values by name, defaults filled in, and axis forms by name; neither is complete if there are faults."""
        self._top_level()
        values: dict[str, Any] = {}
        for name, table in TABLES.items():
            values |= self._table(name, table)
        storage = self._table("storage", StorageTable)
        self.storage = StorageTable(**storage)
        bits = self.storage.significant_bits or 0
        if self.storage.dtype == "float32" and bits > 23:
            allowed = StorageTable.about("significant_bits", "allowed")
            self.wrong.append(f"[storage] significant_bits: got {bits} for float32; allowed: {allowed}")
        forms = self._axes()
        self._profile()
        values = {name: value for name, value in values.items() if name not in forms}
        given = {*values, *forms, *self.given("axes")}
        self._complete(values, given)
        return values, forms

    def _top_level(self) -> None:
        for key, value in self.document.items():
            if key not in (*TOP_KEYS, *TOP_TABLES):
                self.unknown.append(unknown_key(key, (*TOP_KEYS, *TOP_TABLES)))
            elif key in TOP_TABLES and not isinstance(value, dict):
                self.wrong.append(f"{key}: got {value!r}; allowed: a table, [{key}]")
        if "limit_on" in self.document:  # that of several has been taken out
            self.wrong.append("limit_on: of several interactions; allowed: with [[interaction]], each with a name")
        title = self.document.get("title", "")
        if isinstance(title, str):
            self.title = title
        else:
            self.wrong.append(f"title: got {title!r}; allowed: a string")
        level = self.document.get("confidence_level", 0.9)
        if isinstance(level, float) and 0.0 < level < 1.0:
            self.confidence_level = level
        else:
            self.wrong.append(f"confidence_level: got {level!r}; allowed: a number above 0 and below 1")
        observable = self.document.get("observable")
        if observable is None:
            self.missing.append(f"observable: missing; allowed: {', '.join(OBSERVABLES)}")
        elif not isinstance(observable, str) or observable not in OBSERVABLES:
            self.wrong.append(f"observable: got {observable!r}; allowed: {', '.join(OBSERVABLES)}")
        else:
            self.observable = observable
            if "alternative" in self.document:  # that of a separation has been taken out
                self.wrong.append(f"[alternative]: {observable} has none; allowed: for separation alone")

        self._method()

    def _method(self) -> None:
        """How limits are found: from the expected events, or from pseudo-experiments."""
        method = self.document.get("method", "asimov")
        if method not in METHODS:
            self.wrong.append(f"method: got {method!r}; allowed: {', '.join(METHODS)}")
        elif "method" in self.document and self.observable not in ("limit", ""):
            self.wrong.append(f"method: {self.observable} has none; allowed: for limit alone")
        ranges = {"toys": (1, MOST_TOYS), "seed": (0, LARGEST_SEED)}
        for key in ranges.keys() & self.document.keys() if method != "toys" else ():
            self.wrong.append(f'{key}: of pseudo-experiments; allowed: with method = "toys" alone')
        if method != "toys":
            return
        given = {"toys": USUAL_TOYS, "seed": 0} | {key: self.document[key] for key in ranges if key in self.document}
        for key, (low, high) in ranges.items():
            if isinstance(given[key], bool) or not isinstance(given[key], int) or not low <= given[key] <= high:
                self.wrong.append(f"{key}: got {given[key]!r}; allowed: a whole number from {low} to {high}")
        self.toys, self.seed = given["toys"], given["seed"]

    def given(self, name: str) -> dict[str, Any]:
        """A table as it is written, empty if it is none."""
        table = self.document.get(name, {})
        return table if isinstance(table, dict) else {}

    def _table(self, name: str, table: type[Table]) -> dict[str, Any]:
        """The valid part of a table, without absent keys."""
        given = self.given(name)
        valid = {}
        for key, value in given.items():
            if key not in table.model_fields:
                self.unknown.append(f"[{name}] {unknown_key(key, table.model_fields)}")
                continue
            try:
                valid[key] = in_domain(table, key, value)
            except ValueError:
                self.wrong.append(f"[{name}] {key}: got {shown(value)}; allowed: {table.about(key, 'allowed')}")
        return valid

    def _axes(self) -> dict[str, AxisForm]:
        forms = {}
        for name, given in self.given("axes").items():
            if name in NEVER_AXES:
                self.wrong.append(f"[axes] {name}: cannot be an axis; allowed: {', '.join(AXIS_NAMES)}")
            elif name not in AXIS_NAMES:
                self.unknown.append(f"[axes] {unknown_key(name, AXIS_NAMES)}")
            else:
                try:
                    forms[name] = self._axis(name, given)
                except ValueError as error:
                    self.wrong.append(f"[axes] {name}: {error}")
        return forms

    def _profile(self) -> None:
        given = dict(self.given("profile"))
        refine = given.pop("refine", False)
        if not isinstance(refine, bool):
            self.wrong.append(f"[profile] refine: got {refine!r}; allowed: true or false")
        elif refine and self.toys:
            self.wrong.append('[profile] refine: not for pseudo-experiments; allowed: method = "asimov"')
        else:
            self.refine = refine
        if given and self.observable and self.observable not in PROFILED:
            self.wrong.append(
                f"[profile]: {self.observable} has no nuisances; allowed: for {', '.join(PROFILED)} alone"
            )
        for name, value in given.items():
            if name not in PROFILE_NAMES and name not in AXIS_NAMES:
                self.unknown.append(f"[profile] {unknown_key(name, PROFILE_NAMES)}")
            elif name not in PROFILE_NAMES:
                self.wrong.append(f"[profile] {name}: cannot be a nuisance; allowed: {', '.join(PROFILE_NAMES)}")
            elif name in self.given("axes"):
                self.wrong.append(f"[profile] {name}: stands in [axes] too; allowed: one of the two")
            else:
                try:
                    form = parse_profile(name, value, bool(TABLES[TABLE_OF[name]].about(name, "unit")))
                    self.profile[name] = self._checked_profile(form)
                except ValueError as error:
                    self.wrong.append(f"[profile] {name}: {error}")

    def _checked_profile(self, form: ProfileForm) -> ProfileForm:
        """The form with its entries, or both ends of its prior, checked against the domain of the key."""
        if form.flat is not None:
            return replace(form, flat=self._checked(form.flat))
        table = TABLES[TABLE_OF[form.name]]
        for end in form.coordinates:
            (value,) = form.values(np.array([end]), "normal").tolist()
            try:
                in_domain(table, form.name, value)
            except ValueError:
                allowed = f"{table.about(form.name, 'allowed')}; allowed are fewer sigmas, or a flat range"
                raise ValueError(f"reaches {value:g} at {end:+g} sigma, where the domain is {allowed}") from None
        return form

    def _axis(self, name: str, given: Any) -> AxisForm:
        if name in ENERGY_AXES:
            form = parse_form(name, given, numeric=True, energies=True)
            for value in form.entries:
                if not is_number(value):
                    raise ValueError(f"got {value!r}; allowed: finite numbers, in eV")
            return distinct(form, tuple(float(value) for value in form.entries))
        numeric = bool(TABLES[TABLE_OF[name]].about(name, "unit"))
        return self._checked(parse_form(name, given, numeric, energies=False))

    def _checked(self, form: AxisForm) -> AxisForm:
        """The form with its entries checked one by one against the domain of the key."""
        name, table = form.name, TABLES[TABLE_OF[form.name]]
        entries = []
        for value in form.entries:
            try:
                entries.append(in_domain(table, name, value))
            except ValueError:
                raise ValueError(f"got {shown(value)}; allowed: {table.about(name, 'allowed')}") from None
            if isinstance(value, list) and name != "texture":
                raise ValueError(f"got {value!r}; allowed: one number for all triggers")
        return distinct(form, tuple(entries))

    def _complete(self, values: dict[str, Any], given: set[str]) -> None:
        """Fill in the defaults, and note what is missing or does not belong."""
        values |= {name: default for name, default in DEFAULTS.items() if name not in given}
        self._need("neutrino", given, "nature", "ordering", "lightest_mass_eV")
        kind = values.get("kind")
        if kind is None and "kind" not in self.given("interaction"):
            self._need("interaction", given, "kind")
        if kind is not None:
            needed = NEEDED[kind]
            if self.observable == "limit":
                self.ignored_coupling = values.pop("coupling", None)
                needed = tuple(name for name in needed if name != "coupling")
                if kind == "standard_model":
                    self.wrong.append(
                        "[interaction] kind: standard_model has no coupling; allowed for a limit: the others"
                    )
            self._need("interaction", given, *needed)
            for name in FORBIDDEN.get(kind, ()):
                if name in given:
                    where = "axes" if name in self.given("axes") else "interaction"
                    self.wrong.append(f"[{where}] {name}: {kind} takes no {name}; allowed: leave it out")
            if kind != "standard_model" and "texture" not in given:
                values["texture"] = "universal"
            if kind in ("vector", "scalar") and "mediator_width_eV" not in given:
                values["mediator_width_eV"] = 0.0
            if kind == "vector" and "longitudinal" not in given:
                values["longitudinal"] = "off"
        if given & set(LEVELS):
            if "atom" in given:
                self.wrong.append(f"[target] atom: given beside levels; allowed: an atom, or {', '.join(LEVELS)}")
            self._need("target", given, *LEVELS)
        elif "atom" not in given:
            values["atom"] = "Yb"
        self._need_energies(given)

    def _need_energies(self, given: set[str]) -> None:
        energies = [name for name in ENERGY_AXES if name in given]
        if self.observable in ("spectral_function", "rate"):
            if len(energies) != 1:
                what = "missing" if not energies else "both given"
                self.missing.append(f"[axes] photon_energy_eV, detuning_eV: {what}; allowed: one of them as an axis")
        elif self.observable:
            for name in energies:
                self.wrong.append(f"[axes] {name}: {self.observable} is for the energies [experiment] trigger_eV alone")
            self._need("experiment", given, "trigger_eV", "exposure_days")

    def _need(self, table: str, given: set[str], *names: str) -> None:
        written = self.given(table)
        for name in names:
            if name not in given and name not in written:
                allowed = TABLES[table].about(name, "allowed")
                where = "" if name in NEVER_AXES else ", here or as an axis"
                self.missing.append(f"[{table}] {name}: missing; allowed: {allowed}{where}")


def in_domain(table: type[Table], key: str, value: Any) -> Any:
    """The value of a key as its table has it; ValueError if it lies outside of the key's domain."""
    checked = getattr(table(**{key: value}), key)
    if key in NOT_NEGATIVE and not all(0.0 <= number <= LARGEST for number in as_list(checked)):
        raise ValueError(key)
    return checked


def unknown_key(key: str, allowed: Iterable[str]) -> str:
    """What to say of an unknown key: where it belongs, if it is one, or else what it could be meant to be."""
    names = list(allowed)
    close = difflib.get_close_matches(key, names, 1, 0.6)
    hint = f", did you mean {close[0]}?" if close else ""
    if key in TOP_KEYS:
        hint = " here, it stands at the top of the file, before all tables"
    elif key in HOMES and not any(name.endswith(f".{key}") for name in names):
        hint = f" here, it belongs in [{HOMES[key]}]"
    return f"{key}: unknown key{hint}; allowed: {', '.join(names)}"


def distinct(form: AxisForm, entries: tuple[Any, ...]) -> AxisForm:
    """The form with these entries, refused if a list repeats one."""
    if form.rule == "values":
        keys = [repr(entry + 0.0) if isinstance(entry, float) else repr(entry) for entry in entries]
        if len(set(keys)) < len(keys):
            repeated = next(entry for entry, key in zip(entries, keys, strict=True) if keys.count(key) > 1)
            raise ValueError(f"{shown(repeated)} stands in the list more than once; allowed: different values")
    return AxisForm(form.name, form.rule, entries, form.points)


def as_list(value: Any) -> list[Any]:
    """A list of the value, or the value if it is one."""
    return list(value) if isinstance(value, list) else [value]


def shown(value: Any) -> str:
    """A value in a message, cut where it is long."""
    text = repr(value)
    return text if len(text) <= 120 else text[:100] + "..."
