"""What the user should know of a scan, though it is no error."""

import itertools
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from renp_fast.physics.phases import HALF_TURN, TURN, TURNED, phase_periods
from renp_fast.physics.textures import Texture, texture_matrix
from renp_fast.scan_file.axes import AxisForm
from renp_fast.scan_file.reader import Reader
from renp_fast.scan_file.schema import COUNTING, TABLES

NORMALISATION = ("volume_cm3", "atom_density_cm3", "photon_density_cm3", "gamma_vg_per_s", "spin_factor")
# Those of [target] that no scan needs to give: levels are given all four or not at all
OPTIONAL = ("volume_cm3", "atom_density_cm3", "photon_density_cm3", "gamma0_per_s")
AXIS_HAS_IT = "ignored, since [axes] has it"
# A note with these words counts for the whole of several interactions or hypotheses, though it is that of one
WHOLE_TURN = "the 720 degrees of its period"
WITH_LEVEL = ("chi2", "limit", "separation")


def notes_on(reader: Reader, values: dict[str, Any], forms: dict[str, AxisForm]) -> list[str]:
    """Axes and nuisances along which nothing changes, and what is given but not used."""
    idle = _without_effect(reader, values, forms)
    return [
        *(f"[axes] {name}: nothing changes along it: {idle[name]}" for name in forms if name in idle),
        *(f"[profile] {name}: nothing changes with it: {idle[name]}" for name in reader.profile if name in idle),
        *_halves(reader, values, forms, idle),
        *_ignored(reader, values, forms, idle),
    ]


def _halves(reader: Reader, values: dict[str, Any], forms: dict[str, AxisForm], idle: dict[str, str]) -> Iterator[str]:
    """Phases that go once round, where it takes 720 degrees until everything is as before."""
    flat = {name: form.flat for name, form in reader.profile.items() if form.flat is not None}
    for table, given in (("axes", forms), ("profile", flat)):
        for name in TURNED:
            if name not in given or name in idle:
                continue
            degrees = np.unique(np.array(given[name].entries, dtype=np.float64))
            count = len(degrees) if given[name].rule == "values" else given[name].points
            span = degrees[-1] - degrees[0]
            closed = span + span / max(count - 1, 1)  # the first point would come after the last again
            if span >= 0.75 * HALF_TURN and HALF_TURN <= closed < TURN and _period(reader, values, forms, name) == TURN:
                yield f"[{table}] {name}: goes over {span:g} of {WHOLE_TURN}, beside what is not diagonal"


def _period(reader: Reader, values: dict[str, Any], forms: dict[str, AxisForm], name: str) -> float:
    """The longest period of a phase among all points and nuisances."""
    names = ("chirality", "texture", "nature", "spin_average", "longitudinal")
    usual = {"texture": "universal", "spin_average": "isotropic", "longitudinal": "off", "chirality": "none"}
    every = [all_values(reader, values, forms, name) or [usual[name]] for name in names]
    periods = [HALF_TURN]
    for chirality, texture, nature, spin_average, longitudinal in itertools.product(*every):
        on = longitudinal == "on"
        periods.append(phase_periods(values["kind"], chirality, texture, nature, spin_average, on)[name])
    return max(periods)


def all_values(reader: Reader, values: dict[str, Any], forms: dict[str, AxisForm], name: str) -> list[Any]:
    """All values that a key takes, at all points and nuisances."""
    flat = reader.profile[name].flat if name in reader.profile else None
    ranges = [form.entries for form in (forms.get(name), flat) if form is not None]
    return [*([values[name]] if name in values else []), *(entry for entries in ranges for entry in entries)]


def _ignored(reader: Reader, values: dict[str, Any], forms: dict[str, AxisForm], idle: dict[str, str]) -> list[str]:
    """What the tables hold and the scan does not use."""
    observable, target = reader.observable, reader.given("target")
    notes = [f"[{table}] {name}: {AXIS_HAS_IT}" for table in TABLES for name in reader.given(table) if name in forms]
    if reader.ignored_coupling is not None:
        notes.append("[interaction] coupling: ignored, since a limit is what is asked for")
    notes += [
        f"[target] {name}: ignored: {idle[name]}"
        for name in OPTIONAL
        if name in target and name in idle and name not in forms
    ]
    if values.get("longitudinal") == "on" and "longitudinal" in idle:
        notes.append(f"[interaction] longitudinal: ignored: {idle['longitudinal']}")
    if reader.given("experiment") and observable not in COUNTING:
        notes.append(f"[experiment]: ignored, since {observable} is for the energies of an axis")
    if "confidence_level" in reader.document and observable not in WITH_LEVEL:
        notes.append(f"confidence_level: ignored, since {observable} has none")
    if reader.refine and not reader.profile:
        notes.append("[profile] refine: ignored, since there are no nuisances")
    return notes


def _without_effect(reader: Reader, values: dict[str, Any], forms: dict[str, AxisForm]) -> dict[str, str]:
    """Why nothing depends on a key, for those of which that is so."""
    observable = reader.observable
    idle = {"theta23_deg": "only the electron row of the mixing matrix enters"}
    if values["kind"] not in ("dipole", "form_factor"):
        idle["magnetic_factor"] = "only photon exchange has it"
    if not any("temperature_K" in given for given in (values, forms, reader.profile)):
        idle["atom_mass_u"] = "only the motion of atoms of some temperature_K depends on it"

    every = partial(all_values, reader, values, forms)
    if {*every("spin_average")} == {"polarised"}:
        idle["longitudinal"] = "polarised spins do not feel that part"
    if {*every("nature")} == {"dirac"} and all(map(_is_diagonal, every("texture"))):
        phases = "Dirac neutrinos feel it with textures alone that are not diagonal"
        idle |= dict.fromkeys(("alpha21_deg", "alpha31_deg"), phases)
    if "gamma0_per_s" in values or "gamma0_per_s" in forms:
        idle |= dict.fromkeys(NORMALISATION, "gamma0_per_s replaces the derived normalisation")
    if observable == "spectral_function":
        idle |= dict.fromkeys((*NORMALISATION, "gamma0_per_s"), "a spectral function has no normalisation")
    if observable == "limit":
        idle["coupling"] = "a limit is what is asked for"
    if observable in ("spectral_function", "rate"):
        idle |= dict.fromkeys(("exposure_days", "background_per_day"), f"{observable} does not depend on it")
    return idle


def _is_diagonal(texture: Texture) -> bool:
    matrix = texture_matrix(texture, "", "", "dirac")
    return not (matrix - np.diag(np.diag(matrix))).any()
