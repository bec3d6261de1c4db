"""The alternative hypothesis of a separation: a scan file that asks for two hypotheses, taken apart.

The alternative is the scan with the keys of [alternative] in place of those of [neutrino] and [interaction]; an axis
`alternative.KEY` varies such a key. So it is read and checked as any scan, and its axes follow those of the whole.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from renp_fast.engine.axes import Axis
from renp_fast.engine.reader import unknown_key
from renp_fast.engine.schema import NEVER_AXES, TABLE_OF, InteractionTable, NeutrinoTable

TABLE = "alternative"
PREFIX = f"{TABLE}."
FREE = "free"
KEYS = (*NeutrinoTable.model_fields, *InteractionTable.model_fields)
MEANING = f"a table with what differs from the truth, of {', '.join(KEYS)}"
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
    free_coupling : bool
        Whether the coupling of the alternative is whatever suits the truth best.
    faults : list of str
        What is wrong with the form of [alternative].
    """

    def __init__(self, document: Document) -> None:
        table, axes = document.get(TABLE, {}), document.get("axes", {})
        given = flat(axes) if isinstance(axes, dict) else {}
        self.axis_names = tuple(given)
        fixed = dict(table) if isinstance(table, dict) else {}
        varied = {name.removeprefix(PREFIX): form for name, form in given.items() if name.startswith(PREFIX)}
        own = {name: form for name, form in given.items() if not name.startswith(PREFIX)}
        self.faults = _faults(document, table, fixed, varied)
        fixed = {key: value for key, value in fixed.items() if key not in varied}
        self.free_coupling = fixed.get("coupling") == FREE
        if self.free_coupling:
            fixed["coupling"] = 0.0
        self.changed = (*fixed, *varied)
        if "kind" in fixed:  # another interaction: nothing of the truth's is taken over
            self.changed = tuple(dict.fromkeys((*self.changed, *InteractionTable.model_fields)))
        self.truth = {key: value for key, value in document.items() if key != TABLE}
        if isinstance(axes, dict):
            self.truth["axes"] = own
        self.alternative = dict(self.truth)
        self.alternative["axes"] = {name: form for name, form in own.items() if name not in self.changed} | varied
        for name in ("neutrino", "interaction"):
            truth = document.get(name, {})
            if isinstance(truth, dict):
                kept = {key: value for key, value in truth.items() if key not in self.changed}
                new = {key: value for key, value in fixed.items() if TABLE_OF.get(key) == name}
                self.alternative[name] = kept | new

    def named(self, faults: Sequence[str], known: Sequence[str]) -> list[str]:
        """Faults of the alternative's document that the truth's does not have, with keys named as they are written."""
        named = []
        for fault in faults:
            if fault in known:
                continue
            where, _, rest = fault.partition("] ")
            key = rest.partition(":")[0]
            if key in self.changed:
                varied = where == "[axes"
                fault = f"[axes] {PREFIX}{rest}" if varied else f"[{TABLE}] {rest.replace('here or as an axis', '')}"
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


def flat(axes: Mapping[str, Any]) -> dict[str, Any]:
    """Axes by name: `alternative.KEY = ...` is a table in a table for TOML."""
    flat: dict[str, Any] = {}
    for name, form in axes.items():
        if name == TABLE and isinstance(form, dict):
            flat |= {f"{PREFIX}{key}": value for key, value in form.items()}
        else:
            flat[name] = form
    return flat


def _faults(document: Document, table: Any, fixed: Document, varied: Document) -> list[str]:
    if not isinstance(table, dict):
        return [f"{TABLE}: got {table!r}; allowed: {MEANING}"]
    faults = [f"[{TABLE}] {unknown_key(key, KEYS)}" for key in fixed if key not in KEYS]
    axes = [key for key in KEYS if key not in NEVER_AXES]
    faults += [f"[axes] {PREFIX}{unknown_key(key, axes)}" for key in varied if key not in axes]
    if not fixed and not varied:
        faults.append(f"[{TABLE}]: missing; allowed: {MEANING}, or an axis {PREFIX}KEY")
    profile = document.get("profile", {})
    nuisances = profile if isinstance(profile, dict) else {}
    faults += [
        f"[profile] {key}: the alternative has it too; allowed: one of the two"
        for key in (*fixed, *varied)
        if key in nuisances
    ]
    return faults
