"""Hypotheses: the parameters of one interaction, for the truth or for the alternative of a separation.

A scan has one hypothesis, or for each of several interactions one, and as many of its alternative. The alternative has
the truth's parameters but for those of [alternative] and the axes `alternative.KEY`; with another kind of interaction
it takes over none of that interaction's.
"""

from collections.abc import Mapping
from typing import Any

from renp_fast.physics.parameters import EVERY, LEVELS
from renp_fast.physics.targets import ATOMS
from renp_fast.scan_file.axes import AxisForm
from renp_fast.scan_file.faults import Faults, Path
from renp_fast.scan_file.reader import FREE, Given, Reader
from renp_fast.scan_file.schema import ENERGY_AXES, INTERACTION_KEYS, NEVER_AXES, PARAMETERS, PREFIX, TABLE_OF, Key


class Hypothesis:
    """The parameters of one interaction.

    Attributes
    ----------
    name : str
        Of the interaction, if there are several.
    values : dict
        Values that are the same at all points, by key.
    forms : dict of AxisForm
        Axes by key, in the order of the file.
    changed : set of str
        Of an alternative, keys that it does not take over from the truth.
    free : bool
        Whether the coupling is whatever suits best.
    ignored_coupling : bool
        Whether the file gives a coupling that a limit has no use for.
    """

    def __init__(self, reader: Reader, name: str = "", alternative: bool = False) -> None:
        self.reader, self.name, self.alternative = reader, name, alternative
        self.changed: set[str] = set()
        fixed, varied = self._own(reader.fixed), self._own(reader.varied)
        if alternative:
            new, new_varied = self._own(reader.alternative), self._own(reader.varied, PREFIX)
            self.changed = {*new, *new_varied}
            if "kind" in self.changed:
                self.changed |= {*INTERACTION_KEYS}
            fixed = {key: given for key, given in fixed.items() if key not in self.changed} | new
            varied = {key: given for key, given in varied.items() if key not in self.changed} | new_varied
        self.forms: dict[str, AxisForm] = {key: given.value for key, given in varied.items()}
        self.values: dict[str, Any] = {key: given.value for key, given in fixed.items() if key not in varied}
        self._paths = {key: given.path for key, given in (fixed | varied).items()}
        self.free = self.values.get("coupling") == FREE
        if self.free:
            self.values["coupling"] = 0.0
        self.sought = reader.observable == "limit" and name in ("", reader.limit_on)
        self.ignored_coupling = self.sought and self.values.pop("coupling", None) is not None

    def _own(self, given: Mapping[str, Given], prefix: str = "") -> dict[str, Given]:
        """Those of all interactions and of this one, by key."""
        every = {name.removeprefix(prefix): each for name, each in given.items() if name.startswith(prefix)}
        own = f"{self.name}."
        return {name.removeprefix(own): each for name, each in every.items() if "." not in name or name.startswith(own)}

    def __call__(self, key: str) -> list[Any]:
        """The values that matter of a parameter: all of a list, the two ends of a range, or the one value."""
        if key in self.forms:
            return list(self.forms[key].entries)
        return [self.values[key]] if key in self.values else []

    def level(self, key: str) -> list[float]:
        """The values that matter of a level, width or mass of the target, from its atom if need be."""
        if "atom" in self.values:
            value = getattr(ATOMS[self.values["atom"]], key)
            return [] if value is None else [value]
        return self(key)

    def own_name(self, key: str) -> str:
        """The name of a parameter in the whole scan."""
        return f"{self.name}.{key}" if self.name and key in INTERACTION_KEYS else key

    def path(self, key: str) -> Path:
        """Where a parameter stands, or should."""
        if key in self._paths:
            return self._paths[key]
        own = self.own_name(key)
        if key in self.changed:
            return ("alternative", own)
        return ("interaction", self.name, key) if own != key else (TABLE_OF.get(key, "axes"), key)

    def with_nuisances(self, forms: Mapping[str, AxisForm]) -> "Hypothesis":
        """The hypothesis with its nuisance parameters as further axes."""
        other = object.__new__(Hypothesis)
        other.__dict__.update(self.__dict__)
        other.forms = self.forms | dict(forms)
        other.values = {key: value for key, value in self.values.items() if key not in forms}
        other._paths = self._paths | {key: ("profile", key) for key in forms}
        return other

    def takes(self, key: Key) -> bool:
        """Whether its interaction takes a key."""
        return self.values.get("kind") in key.kinds

    def complete(self, faults: Faults) -> None:
        """Fill in the defaults, and note what is missing or does not belong."""
        levels = [key for key in LEVELS if self._stands(key)]
        for key in PARAMETERS.values():
            if key.table == "interaction" and not self.takes(key):
                if self.values.get("kind") and (key.name in self.values or key.name in self.forms):
                    text = f"{self.values['kind']} takes no {key.name}; allowed: leave it out"
                    faults.wrong(*self.path(key.name), text=text)
                elif key.name == "kind" and not self._stands("kind"):
                    self._miss(key.name, faults)
            elif self._stands(key.name):
                continue
            elif self._is_needed(key) or (levels and key.name in LEVELS):
                self._miss(key.name, faults)
            elif key.default is not None and not (key.name == "atom" and levels):
                self.values[key.name] = key.default
        if levels and "atom" in self.values:
            allowed = f"an atom, or {', '.join(LEVELS)}"
            faults.wrong("target", "atom", text=f"given beside levels; allowed: {allowed}")
        if self.sought and self.values.get("kind") == "standard_model":
            text = "standard_model has no coupling; allowed for a limit: the others"
            faults.wrong(*self.path("kind"), text=text)
        self._energies(faults)

    def _stands(self, key: str) -> bool:
        """Whether the file has a parameter, rightly or wrongly."""
        own, mentioned = self.own_name(key), self.reader.mentioned
        of_alternative = self.alternative and f"{PREFIX}{own}" in mentioned
        return of_alternative or (own in mentioned and key not in self.changed)

    def _is_needed(self, key: Key) -> bool:
        used = key.observables == EVERY or self.reader.observable in key.observables
        return key.needed and used and not (key.name == "coupling" and self.sought)

    def _miss(self, key: str, faults: Faults) -> None:
        path = self.path(key)
        elsewhere = "" if key in NEVER_AXES else ", here or as an axis"
        if path[0] == "alternative":
            elsewhere = f', or "{FREE}"' if key == "coupling" else ""
        faults.missing(*path, text=f"{PARAMETERS[key].allowed}{elsewhere}")

    def _energies(self, faults: Faults) -> None:
        given, observable = [name for name in ENERGY_AXES if self._stands(name)], self.reader.observable
        if not observable:
            return
        if observable in PARAMETERS[ENERGY_AXES[0]].observables:
            if not given:
                faults.missing("axes", ", ".join(ENERGY_AXES), text="one of them as an axis")
            elif len(given) > 1:
                text = "both given; allowed: one of them as an axis"
                faults.wrong("axes", ", ".join(ENERGY_AXES), text=text)
        else:
            for name in given:
                faults.wrong("axes", name, text=f"{observable} is for the energies [experiment] trigger_eV alone")
