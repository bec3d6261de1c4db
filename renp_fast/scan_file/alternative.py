"""The alternative hypothesis of a separation: a scan file that asks for two hypotheses, taken apart.

The alternative is the scan with the keys of [alternative] in place of those of [neutrino] and [interaction]; an axis
`alternative.KEY` varies such a key, `alternative.NAME.KEY` one of several interactions. So it is read and checked as
any scan, and its axes follow those of the whole.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from renp_fast.scan_file.axes import Axis
from renp_fast.scan_file.reader import unknown_key
from renp_fast.scan_file.schema import NEVER_AXES, InteractionTable, NeutrinoTable

TABLE = "alternative"
PREFIX = f"{TABLE}."
FREE = "free"
NEUTRINO, INTERACTION = tuple(NeutrinoTable.model_fields), tuple(InteractionTable.model_fields)
Document = dict[str, Any]


class Hypotheses:
    """The documents of truth and alternative.

    Attributes
    ----------
    truth, alternative : dict
        Documents of their own.
    axis_names : tuple of str
        Axes of the whole in their order, those of the alternative with their prefix.
    changed : tuple of str
        Keys that the alternative does not take over from the truth.
    varies : bool
        Whether axes vary the alternative alone.
    free_coupling : bool
        Whether the coupling of the alternative is whatever suits the truth best.
    free_on : str
        Of several interactions, the one whose coupling that is.
    faults, notes : list of str
        What is wrong with the form of [alternative], and what is ignored of it.
    """

    def __init__(self, document: Document) -> None:
        table, axes = document.get(TABLE, {}), document.get("axes", {})
        entries = document.get("interaction", {})
        names = tuple(entry["name"] for entry in entries) if isinstance(entries, list) else ()
        own_keys = [f"{name}.{key}" for name in names for key in INTERACTION] or INTERACTION
        self.keys = (*NeutrinoTable.model_fields, *own_keys)
        given = flat(axes, (TABLE, *names)) if isinstance(axes, dict) else {}
        given = flat(given, tuple(f"{PREFIX}{name}" for name in names))
        self.axis_names = tuple(given)
        fixed = flat(table, names) if isinstance(table, dict) else {}
        varied = {name.removeprefix(PREFIX): form for name, form in given.items() if name.startswith(PREFIX)}
        own = {name: form for name, form in given.items() if not name.startswith(PREFIX)}
        fixed_keys = {key: value for key, value in fixed.items() if key not in varied}
        self.notes = [f"[{TABLE}] {key}: ignored, since [axes] has {PREFIX}{key}" for key in fixed if key in varied]
        free = [key for key in fixed_keys if key.rpartition(".")[2] == "coupling" and fixed_keys[key] == FREE]
        self.faults = self._faults(document, table, fixed, varied) + [
            f"[{TABLE}] {key}: free beside {free[0]}; allowed: one free coupling" for key in free[1:]
        ]
        fixed = fixed_keys | dict.fromkeys(free, 0.0)
        self.free_coupling, self.free_on = bool(free), free[0].rpartition(".")[0] if free else ""
        self.changed = (*fixed, *varied)
        self.varies = bool(varied)
        for kind in (key for key in fixed if key.rpartition(".")[2] == "kind"):
            # Another interaction: nothing of the truth's is taken over
            every = (kind.replace("kind", key) for key in INTERACTION)
            self.changed = tuple(dict.fromkeys((*self.changed, *every)))
        self.truth = {key: value for key, value in document.items() if key != TABLE}
        if isinstance(axes, dict):
            self.truth["axes"] = own
        self.alternative = dict(self.truth)
        self.alternative["axes"] = {name: form for name, form in own.items() if name not in self.changed} | varied
        self.alternative["neutrino"] = self._changed(document.get("neutrino", {}), "", NEUTRINO, fixed)
        if names:
            of_each = [self._changed(entry, f"{entry['name']}.", INTERACTION, fixed) for entry in entries]
            self.alternative["interaction"] = of_each
        else:
            self.alternative["interaction"] = self._changed(entries, "", INTERACTION, fixed)

    def _changed(self, table: Any, prefix: str, keys: Sequence[str], fixed: Document) -> Any:
        """A table of the truth as it is in the alternative."""
        if not isinstance(table, dict):
            return table
        kept = {key: value for key, value in table.items() if f"{prefix}{key}" not in self.changed}
        return kept | {key: fixed[f"{prefix}{key}"] for key in keys if f"{prefix}{key}" in fixed}

    def named(self, faults: Sequence[str], known: Sequence[str]) -> list[str]:
        """Faults of the alternative's document that the truth's does not have, with keys named as they are written."""
        named = []
        for fault in faults:
            if fault in known:
                continue
            where, _, rest = fault.partition("] ")
            if where == "[[interaction]":
                rest = rest.replace(": ", ".", 1)
            key = rest.partition(":")[0]
            if key in self.changed:
                varied = where == "[axes"
                fault = f"[axes] {PREFIX}{rest}" if varied else f"[{TABLE}] {rest.replace(', here or as an axis', '')}"
                if key.rpartition(".")[2] == "coupling" and "a finite number" in rest and not varied:
                    fault += f', or "{FREE}"'
            else:
                fault = f"[{TABLE}], with the rest of the scan: {fault}"
            named.append(fault)
        return named

    def axes(self, truth: Sequence[Axis], alternative: Sequence[Axis]) -> tuple[tuple[Axis, ...], tuple[Axis, ...]]:
        """Axes of the whole, and as the alternative sees them: one it does not know by that name changes nothing."""
        of_truth = {axis.name: axis for axis in truth}
        of_alternative = {axis.name: axis for axis in alternative}
        whole, seen = [], []
        for name in self.axis_names:
            key = name.removeprefix(PREFIX)
            if key != name:
                axis = of_alternative[key]
                whole.append(replace(axis, name=name, long_name=f"{axis.long_name} of the alternative"))
            else:
                whole.append(of_truth[name])
                idle = Axis(f"truth.{name}", np.arange(len(of_truth[name]), dtype=np.float64), "", "")
                axis = idle if name in self.changed else of_alternative[name]
            seen.append(axis)
        return tuple(whole), tuple(seen)

    def _faults(self, document: Document, table: Any, fixed: Document, varied: Document) -> list[str]:
        meaning = f"a table with what differs from the truth, of {', '.join(self.keys)}"
        if not isinstance(table, dict):
            return [f"{TABLE}: got {table!r}; allowed: {meaning}"]
        faults = [f"[{TABLE}] {unknown_key(key, self.keys)}" for key in fixed if key not in self.keys]
        axes = [key for key in self.keys if key.rpartition(".")[2] not in NEVER_AXES]
        faults += [f"[axes] {PREFIX}{unknown_key(key, axes)}" for key in varied if key not in axes]
        if not fixed and not varied:
            faults.append(f"[{TABLE}]: missing; allowed: {meaning}, or an axis {PREFIX}KEY")
        profile = document.get("profile", {})
        nuisances = profile if isinstance(profile, dict) else {}
        faults += [
            f"[profile] {key}: the alternative has it too; allowed: one of the two"
            for key in (*fixed, *varied)
            if key in nuisances
        ]
        return faults


def flat(table: Mapping[str, Any], names: Sequence[str] = (TABLE,)) -> dict[str, Any]:
    """Entries by name: `NAME.KEY = ...` is a table in a table for TOML."""
    flat: dict[str, Any] = {}
    for name, form in table.items():
        if name in names and isinstance(form, dict):
            flat |= {f"{name}.{key}": value for key, value in form.items()}
        else:
            flat[name] = form
    return flat
