"""What the user should know of a scan, though it is no error."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from renp_fast.physics.parameters import EVERY
from renp_fast.physics.phases import HALF_TURN, TURN, TURNED, phase_periods
from renp_fast.physics.textures import Texture, texture_matrix
from renp_fast.scan_file.faults import Fault
from renp_fast.scan_file.hypotheses import Hypothesis
from renp_fast.scan_file.reader import Reader
from renp_fast.scan_file.schema import COUNTING, INTERACTION_KEYS, PARAMETERS, PREFIX, PROFILED

NORMALISATION = ("volume_cm3", "atom_density_cm3", "photon_density_cm3", "gamma_vg_per_s", "spin_factor")


def notes_on(reader: Reader, truth: Sequence[Hypothesis], alternative: Sequence[Hypothesis]) -> list[Fault]:
    """Axes and nuisances along which nothing changes, and what is given but not used."""
    notes = _on_all(reader, truth)
    if alternative:
        of_both = _on_all(reader, alternative)
        notes = [note for note in notes if note in of_both]
    halves = dict.fromkeys(note for scan in (*truth, *alternative) for note in _half_turns(reader, scan))
    return [*notes, *halves, *_unused(reader)]


def _on_all(reader: Reader, scans: Sequence[Hypothesis]) -> list[Fault]:
    """What is so for every interaction, and what concerns a parameter of one."""
    every = [dict(_notes(reader, scan)) for scan in scans]
    told = {note: key for notes in every for note, key in notes.items()}
    return [note for note, key in told.items() if key in INTERACTION_KEYS or all(note in notes for notes in every)]


def _notes(reader: Reader, scan: Hypothesis) -> Iterator[tuple[Fault, str]]:
    """Notes on one hypothesis, and the key that each is on."""
    idle = _without_effect(reader, scan)
    for key in filter(idle.__contains__, scan.forms):
        yield Fault(scan.path(key), f"nothing changes along it: {idle[key]}"), key
    for key in filter(idle.__contains__, reader.profile):
        yield Fault(("profile", key), f"nothing changes with it: {idle[key]}"), key
    if scan.ignored_coupling:
        yield Fault(scan.path("coupling"), "ignored, since a limit is what is asked for"), "coupling"
    for key in filter(idle.__contains__, reader.fixed):
        # Levels are given all four or not at all
        optional = PARAMETERS[key].table == "target" and PARAMETERS[key].observables != EVERY
        if optional and key not in scan.forms:
            yield Fault(scan.path(key), f"ignored: {idle[key]}"), key
    if scan.values.get("longitudinal") == "on" and "longitudinal" in idle:
        yield Fault(scan.path("longitudinal"), f"ignored: {idle['longitudinal']}"), "longitudinal"


def _half_turns(reader: Reader, scan: Hypothesis) -> Iterator[Fault]:
    """Phases that go once round, where it takes 720 degrees until everything is as before: of one hypothesis each."""
    idle = _without_effect(reader, scan)
    flat = {name: form.flat for name, form in reader.profile.items() if form.flat is not None}
    for table, given in (("axes", scan.forms), ("profile", flat)):
        for name in TURNED:
            if name not in given or name in idle:
                continue
            degrees = np.unique(np.array(given[name].entries, dtype=np.float64))
            count = len(degrees) if given[name].rule == "values" else given[name].points
            span = degrees[-1] - degrees[0]
            closed = span + span / max(count - 1, 1)  # the first point would come after the last again
            if span >= 0.75 * HALF_TURN and HALF_TURN <= closed < TURN and _period(reader, scan, name) == TURN:
                text = f"goes over {span:g} of the 720 degrees of its period, beside what is not diagonal"
                yield Fault(scan.path(name) if table == "axes" else (table, name), text)


def _period(reader: Reader, scan: Hypothesis, name: str) -> float:
    """The longest period of a phase among all points and nuisances."""
    usual = {"chirality": "none", "texture": "universal", "nature": "", "spin_average": "", "longitudinal": "off"}
    every = [list(_every(reader, scan, key)) or [default] for key, default in usual.items()]
    periods = [HALF_TURN]
    for chirality, texture, nature, spin_average, longitudinal in itertools.product(*every):
        on = longitudinal == "on"
        periods.append(phase_periods(scan.values["kind"], chirality, texture, nature, spin_average, on)[name])
    return max(periods)


def _unused(reader: Reader) -> Iterator[Fault]:
    """What the file gives and nothing uses."""
    for key, given in reader.fixed.items():
        if key in reader.varied:
            yield Fault(given.path, "ignored, since [axes] has it")
    for key, given in reader.alternative.items():
        if f"{PREFIX}{key}" in reader.varied:
            yield Fault(given.path, f"ignored, since [axes] has {PREFIX}{key}")
    if reader.table("experiment") and reader.observable not in COUNTING:
        yield Fault(("experiment", ""), f"ignored, since {reader.observable} is for the energies of an axis")
    if "confidence_level" in reader.document and reader.observable not in PROFILED:
        yield Fault(("confidence_level",), f"ignored, since {reader.observable} has none")
    if reader.refine and not reader.profile:
        yield Fault(("profile", "refine"), "ignored, since there are no nuisances")


def _without_effect(reader: Reader, scan: Hypothesis) -> dict[str, str]:
    """Why nothing depends on a key, for those of which that is so."""
    observable, profile = reader.observable, reader.profile
    idle = {"theta23_deg": "only the electron row of the mixing matrix enters"}
    idle |= {
        key.name: f"{observable} does not depend on it"
        for key in PARAMETERS.values()
        if observable not in key.observables
    }
    if scan.values["kind"] not in ("dipole", "form_factor"):
        idle["magnetic_factor"] = "only photon exchange has it"
    if not any("temperature_K" in given for given in (scan.values, scan.forms, profile)):
        idle["atom_mass_u"] = "only the motion of atoms of some temperature_K depends on it"
    if {*_every(reader, scan, "spin_average")} == {"polarised"}:
        idle["longitudinal"] = "polarised spins do not feel that part"
    if {*_every(reader, scan, "nature")} == {"dirac"} and all(map(_is_diagonal, _every(reader, scan, "texture"))):
        phases = "Dirac neutrinos feel it with textures alone that are not diagonal"
        idle |= dict.fromkeys(("alpha21_deg", "alpha31_deg"), phases)
    if observable == "spectral_function":
        idle |= dict.fromkeys((*NORMALISATION, "gamma0_per_s"), "a spectral function has no normalisation")
    elif scan("gamma0_per_s"):
        idle |= dict.fromkeys(NORMALISATION, "gamma0_per_s replaces the derived normalisation")
    if scan.sought:
        idle["coupling"] = "a limit is what is asked for"
    return idle


def _every(reader: Reader, scan: Hypothesis, key: str) -> Iterator[Any]:
    """The truth's values of a parameter that is no number, and those it is profiled over."""
    yield from scan(key)
    flat = reader.profile[key].flat if key in reader.profile else None
    yield from flat.entries if flat else ()


def _is_diagonal(texture: Texture) -> bool:
    matrix = texture_matrix(texture, "", "", "dirac")
    return not (matrix - np.diag(np.diag(matrix))).any()
