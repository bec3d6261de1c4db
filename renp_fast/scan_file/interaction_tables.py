"""Several interactions in one scan file, `[[interaction]]` with a `name` each: taken apart into a scan for each.

Each interaction by itself makes a document with one [interaction], which is read and checked as any scan; an axis
`NAME.KEY` varies a key of the interaction of that name. The amplitudes of all add.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from renp_fast.scan_file.advice import WHOLE_TURN
from renp_fast.scan_file.axes import Axis
from renp_fast.scan_file.reader import TOP_KEYS, TOP_TABLES, unknown_key
from renp_fast.scan_file.schema import AXIS_NAMES, NEVER_AXES, InteractionTable

TABLE = "interaction"
KEYS = tuple(InteractionTable.model_fields)
VARIED = tuple(key for key in KEYS if key not in NEVER_AXES)
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
TAKEN = {*TOP_KEYS, *TOP_TABLES, *AXIS_NAMES, *KEYS}
NAMES_MEANING = "a name of letters, digits and underscores, which is no key or table of the file; different for each"
# Of limits alone; for the interactions whose coupling is not sought the scan is read as one of chi2
OF_LIMITS = ("method", "toys", "seed")
Document = dict[str, Any]


class Named:
    """The documents of all interactions.

    Attributes
    ----------
    names : tuple of str
        Of the interactions, in the order of the file.
    documents : dict
        For each name, a document with that interaction alone.
    axis_names : tuple of str
        Axes of the whole in their order, `NAME.KEY` for those of interactions.
    limit_on : str
        The interaction whose coupling is sought, or none.
    faults : list of str
        What is wrong with the names, with `limit_on` and with axes.
    """

    def __init__(self, document: Document) -> None:
        entries = document[TABLE]
        self.documents: dict[str, Document] = {}
        self.names: tuple[str, ...] = ()
        self.axis_names: tuple[str, ...] = ()
        self.limit_on = ""
        self.faults = name_faults(document)
        if self.faults:
            return
        self.names = tuple(entry["name"] for entry in entries)
        self.limit_on = self._limit_on(document)
        common = {key: value for key, value in document.items() if key not in (TABLE, "limit_on")}
        axes = self._axes(document.get("axes", {}))
        self.axis_names = tuple(axes)
        for name, entry in zip(self.names, entries, strict=True):
            alone = common | {TABLE: {key: value for key, value in entry.items() if key != "name"}}
            if isinstance(document.get("axes"), dict):
                of_others = tuple(f"{other}." for other in self.names if other != name)
                alone["axes"] = {
                    axis.removeprefix(f"{name}."): form for axis, form in axes.items() if not axis.startswith(of_others)
                }
            if self.limit_on and name != self.limit_on:
                alone = {key: value for key, value in alone.items() if key not in OF_LIMITS} | {"observable": "chi2"}
            self.documents[name] = alone

    def _axes(self, axes: Any) -> dict[str, Any]:
        """Axes by name: `NAME.KEY = ...` is a table in a table for TOML. What cannot be an axis is a fault."""
        flat: dict[str, Any] = {}
        for name, form in axes.items() if isinstance(axes, dict) else ():
            if isinstance(form, dict) and (name in self.names or {*form} & {*KEYS}):
                flat |= {f"{name}.{key}": value for key, value in form.items()}
            else:
                flat[name] = form
        allowed = [f"{name}.{key}" for name in self.names for key in VARIED]
        known = {}
        for name, form in flat.items():
            if name in KEYS:
                own = [each for each in allowed if each.endswith(f".{name}")]
                self.faults.append(f"[axes] {name}: of which interaction; allowed: {', '.join(own or allowed)}")
            elif "." in name and name not in allowed:
                self.faults.append(f"[axes] {unknown_key(name, allowed)}")
            else:
                known[name] = form
        return known

    def _limit_on(self, document: Document) -> str:
        given, names = document.get("limit_on"), ", ".join(self.names)
        if document.get("observable") != "limit":
            if given is not None:
                self.faults.append(f"limit_on: {document.get('observable')} has none; allowed: for limit alone")
            return ""
        if given is None and len(self.names) == 1:
            return self.names[0]
        if given is None:
            self.faults.append(f"limit_on: missing; allowed: the interaction whose coupling is sought, of {names}")
        elif given not in self.names:
            self.faults.append(f"limit_on: got {given!r}; allowed: {names}")
        return str(given) if given in self.names else ""

    @property
    def innermost(self) -> str:
        """The interaction whose coupling, or else mediator, is the last of such axes; or the first interaction."""
        owners = [name.partition(".") for name in self.axis_names if "." in name]
        last = {key: owner for owner, _, key in owners if key in ("coupling", "mediator_mass_eV")}
        return last.get("coupling") or last.get("mediator_mass_eV") or self.names[0]

    def named(self, name: str, text: str) -> str:
        """A fault or note on the document of an interaction, with its keys as they are written."""
        if self.limit_on:  # the others are read as of chi2
            text = text.replace(": chi2 ", ": limit ")
        where, _, rest = text.partition("] ")
        key = rest.partition(":")[0]
        if where == f"[{TABLE}":
            return f"[[{TABLE}]] {name}: {rest}"
        return f"{where}] {name}.{rest}" if where in ("[axes", "[profile") and key in KEYS else text

    def all_faults(self, faults: Mapping[str, Sequence[str]]) -> list[str]:
        """Those of the form and of all documents, those in common once: unknown keys first, missing ones last."""
        every = self.faults + [self.named(name, fault) for name, own in faults.items() for fault in own]
        return sorted(dict.fromkeys(every), key=lambda fault: (": missing" in fault) - (": unknown key" in fault))

    def notes(self, notes: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        """Notes on single interactions, and those that hold for all of them."""
        every = {self.named(name, note): note for name, own in notes.items() for note in own}
        return tuple(
            text
            for text, note in every.items()
            if text != note or WHOLE_TURN in note or all(note in own for own in notes.values())
        )

    def axes(self, axes: Mapping[str, Sequence[Axis]]) -> tuple[Axis, ...]:
        """Axes of the whole, from those of each document."""
        by_name = {name: {axis.name: axis for axis in own} for name, own in axes.items()}
        whole = []
        for written in self.axis_names:
            owner, _, key = written.partition(".")
            if key:
                axis = by_name[owner][key]
                whole.append(replace(axis, name=written, long_name=f"{axis.long_name} of {owner}"))
            else:
                whole.append(by_name[self.names[0]][written])
        return tuple(whole)

    def values(self, values: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        """Values of the whole, `NAME.KEY` for those of interactions."""
        common = {key: value for key, value in values[self.names[0]].items() if key not in KEYS}
        own = {f"{name}.{key}": value for name in self.names for key, value in values[name].items() if key in KEYS}
        return common | own

    def canonical(self, canonical: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        """The canonical form of the whole."""
        leading = canonical[self.limit_on or self.names[0]]
        plain = {key: value for key, value in leading.items() if key.rpartition(".")[2] not in KEYS}
        plain |= {"axes": list(self.axis_names), "interactions": list(self.names), "limit_on": self.limit_on}
        for name in self.names:
            for key, value in canonical[name].items():
                table, _, own = key.rpartition(".")
                if own in KEYS:
                    plain[f"{table}.{name}.{own}"] = value
        return plain


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


def unnamed(document: Document) -> Document:
    """The document with a lone [[interaction]] without a name as [interaction]."""
    entries = document.get(TABLE)
    if isinstance(entries, list) and len(entries) == 1 and isinstance(entries[0], dict) and "name" not in entries[0]:
        return document | {TABLE: entries[0]}
    return document


def _is_name(entry: Document) -> bool:
    name = entry.get("name")
    return isinstance(name, str) and NAME.fullmatch(name) is not None and name not in TAKEN


def name_faults(document: Document) -> list[str]:
    """What is wrong with a list of interactions and their names; none if there is no list."""
    entries = document.get(TABLE)
    if not isinstance(entries, list):
        return []
    if not entries or not all(isinstance(entry, dict) for entry in entries):
        return [f"{TABLE}: got {entries!r}; allowed: a table, [{TABLE}], or several, [[{TABLE}]]"]
    faults = []
    for number, entry in enumerate(entries, 1):
        where, name = f"[[{TABLE}]] number {number}, name", entry.get("name")
        if name is None:
            faults.append(f"{where}: missing; allowed: {NAMES_MEANING}")
        elif not _is_name(entry) or name in [earlier.get("name") for earlier in entries[: number - 1]]:
            faults.append(f"{where}: got {name!r}; allowed: {NAMES_MEANING}")
        elif entry.get("kind") == "standard_model":
            faults.append(
                f"[[{TABLE}]] {name}: kind: standard_model adds nothing; allowed: vector, scalar, dipole, form_factor"
            )
    return faults
