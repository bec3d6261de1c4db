"""What a scan file may not ask of the physics."""

import itertools
import math
from collections.abc import Iterable, Mapping
from typing import Any

from renp_fast.errors import MOST_TOLD
from renp_fast.physics.domains import shown
from renp_fast.physics.interactions import checked_texture
from renp_fast.physics.line import LARGEST_SPREAD, acceptance_segments
from renp_fast.physics.neutrinos import check_mass_differences
from renp_fast.physics.oscillation import OSCILLATION_NAMES, best_fit
from renp_fast.physics.parameters import CHIRALITIES, SPREADING, WIDTHS
from renp_fast.scan_file.axes import AxisForm
from renp_fast.scan_file.faults import Faults
from renp_fast.scan_file.hypotheses import Hypothesis
from renp_fast.scan_file.profile import ProfileForm
from renp_fast.scan_file.schema import COUNTING, PARAMETERS, PROFILED, TABLE_OF

MASS_NAMES = ("ordering", "oscillation", "dm21_eV2", "dm3l_eV2", "lightest_mass_eV")
WIDTH_NAMES = ("width_eV", "gaussian_width_eV", "lorentzian_width_eV")
MOST_VALUES = 10**15


def check_physics(observable: str, scan: Hypothesis) -> Faults:
    """All faults of a hypothesis whose keys are all there and in their domain."""
    faults = Faults()
    _check_levels(observable, scan, faults)
    _check_masses(scan, faults)
    _check_interaction(scan, faults)
    _check_energies(observable, scan, faults)
    _check_triggers(observable, scan, faults)
    _check_line(scan, faults)
    return faults


def is_averaged(scan: Hypothesis, profile: Mapping[str, ProfileForm]) -> bool:
    """Whether any result is an average: a width that is not 0 all over, or a detector's acceptance."""
    return "acceptance" in scan.values or any(name in profile or any(scan(name)) for name in SPREADING)


def check_size(lengths: Iterable[int], faults: Faults) -> None:
    """Refuse a grid of these lengths if it is too large."""
    product = math.prod(lengths)
    if product > MOST_VALUES:
        faults.wrong("axes", "", text=f"the grid has {product:.3g} points; allowed: at most {MOST_VALUES:.0e}")


def check_profile(observable: str, scan: Hypothesis, profile: Mapping[str, ProfileForm]) -> Faults:
    """All faults of a hypothesis at its nuisance points, as if they were axes."""
    if not profile or observable not in PROFILED:
        return Faults()
    flat = profile["ordering"].flat if "ordering" in profile else None
    orderings: list[Any] = [*scan("ordering"), *(flat.entries if flat else ())]
    nuisances = {}
    for name, form in profile.items():
        ends = list(dict.fromkeys(end for ordering in orderings for end in form.ends(ordering)))
        nuisances[name] = form.flat or AxisForm(name, "values", tuple(ends), len(ends))
    faults = check_physics(observable, scan.with_nuisances(nuisances))
    for name, form in profile.items():
        if form.flat is None and name not in scan.values and name not in OSCILLATION_NAMES:
            text = f"has a prior but no true value; allowed: give it in [{TABLE_OF[name]}]"
            faults.wrong("profile", name, text=text)
        if isinstance(scan.values.get(name), list) and name != "texture":
            text = f"one number for all triggers, but [{TABLE_OF[name]}] has one for each; allowed: one of both"
            faults.wrong("profile", name, text=text)
    return faults


def _check_levels(observable: str, scan: Hypothesis, faults: Faults) -> None:
    low, high = max(scan.level("E_eg_eV")), min(scan.level("E_vg_eV"))
    if low >= high:
        text = f"got {low!r} with E_vg_eV {high!r}; allowed: E_eg_eV below E_vg_eV"
        faults.wrong(*scan.path("E_eg_eV"), text=text)
    if observable != "spectral_function" and not scan("gamma0_per_s"):
        for name in ("gamma_vg_per_s", "spin_factor"):
            if not scan.level(name):
                what = f"{name} of {scan.values['atom']} is not known"
                text = f"missing: {what}; allowed: set gamma0_per_s, or give all four levels"
                faults.wrong("target", "gamma0_per_s", text=text)


def _check_masses(scan: Hypothesis, faults: Faults) -> None:
    if scan("dm3l_eV2") and "ordering" in scan.forms:
        text = "together with an axis of ordering; allowed: one ordering, whose sign dm3l_eV2 has"
        faults.wrong(*scan.path("dm3l_eV2"), text=text)
        return
    for ordering, preset in itertools.product(scan("ordering"), scan("oscillation")):
        default = best_fit(preset, ordering)
        dm21 = max(scan("dm21_eV2") or [default["dm21_eV2"]])
        every = scan("dm3l_eV2") or [default["dm3l_eV2"]]
        try:
            check_mass_differences(ordering, dm21, min(every) if ordering == "normal" else max(every))
        except ValueError as error:
            name, _, text = str(error).partition(": ")
            faults.wrong(*scan.path(name), text=text)


def _check_interaction(scan: Hypothesis, faults: Faults) -> None:
    kind = scan.values["kind"]
    known = CHIRALITIES.get(kind, ("none",))
    for chirality in scan("chirality"):
        if chirality not in known:
            text = f"got {chirality!r}; allowed for {kind}: {', '.join(known)}"
            faults.wrong(*scan.path("chirality"), text=text)
    if faults:
        return
    every = itertools.product(scan("nature"), scan("chirality") or known[:1], scan("texture") or ["universal"])
    for nature, chirality, texture in every:
        if len(faults) > MOST_TOLD:
            return
        try:
            checked_texture(kind, chirality, texture, nature)
        except ValueError as error:
            faults.wrong(*scan.path("texture"), text=str(error).removeprefix("texture: "))
    if "on" in scan("longitudinal") and 0.0 in scan("mediator_mass_eV"):
        text = "got 0.0; allowed with the longitudinal part of the propagator: above 0"
        faults.wrong(*scan.path("mediator_mass_eV"), text=text)


def _check_energies(observable: str, scan: Hypothesis, faults: Faults) -> None:
    E_eg, E_vg = scan.level("E_eg_eV"), min(scan.level("E_vg_eV"))
    photon, detuning = scan("photon_energy_eV"), scan("detuning_eV")
    if photon and not (min(photon) >= 0.0 and max(photon) <= E_vg):
        bad = min(photon) if min(photon) < 0.0 else max(photon)
        faults.wrong("axes", "photon_energy_eV", text=f"got {bad!r}; allowed: from 0 to E_vg_eV = {E_vg!r}")
    lowest, highest = 0.5 * max(E_eg) - E_vg, 0.5 * min(E_eg)
    if detuning and not (min(detuning) >= lowest and max(detuning) <= highest):
        bad = min(detuning) if min(detuning) < lowest else max(detuning)
        allowed = f"from E_eg_eV/2 - E_vg_eV = {lowest!r} to E_eg_eV/2 = {highest!r}"
        faults.wrong("axes", "detuning_eV", text=f"got {bad!r}; allowed: {allowed}")
    if observable in COUNTING:
        for trigger in scan.values["trigger_eV"]:
            if trigger > E_vg:
                text = f"got {trigger!r}; allowed: from 0 to E_vg_eV = {E_vg!r}"
                faults.wrong("experiment", "trigger_eV", text=text)


def _check_triggers(observable: str, scan: Hypothesis, faults: Faults) -> None:
    if observable not in COUNTING:
        return
    triggers = scan.values["trigger_eV"]
    if len(set(triggers)) < len(triggers):
        faults.wrong("experiment", "trigger_eV", text=f"got {shown(triggers)}; allowed: different energies")
    for name in ("exposure_days", "background_per_day"):
        given = scan.values.get(name)
        if isinstance(given, list) and len(given) != len(triggers):
            allowed = f"one number, or {len(triggers)}, one for each trigger"
            faults.wrong("experiment", name, text=f"got {len(given)} entries; allowed: {allowed}")


def _check_line(scan: Hypothesis, faults: Faults) -> None:
    """Of [line], and of the temperature."""
    shapes = scan("shape")
    given = [name for name in WIDTH_NAMES if scan(name)]
    if given and not shapes:
        faults.missing("line", "shape", text=PARAMETERS["shape"].allowed)
    for shape in shapes:
        for name in filter(None, WIDTHS[shape]):
            if name not in given:
                text = f"missing: a {shape} line has it; allowed: {PARAMETERS[name].allowed}"
                faults.wrong("line", name, text=text)
    for name in given if shapes else ():
        if not any(name in WIDTHS[shape] for shape in shapes):
            faults.wrong(*scan.path(name), text=f"a {shapes[0]} line takes no {name}; allowed: leave it out")
    if any(scan("temperature_K")) and not (scan("atom_mass_u") or "atom" in scan.values):
        text = f"missing, which temperature_K needs; allowed: {PARAMETERS['atom_mass_u'].allowed}"
        faults.wrong("target", "atom_mass_u", text=text)
    largest = LARGEST_SPREAD * min(scan.level("E_eg_eV"))
    if (spread := max(scan("momentum_spread_eV"), default=0.0)) > largest:
        text = f"got {spread!r}; allowed: at most E_eg_eV/100 = {largest:g}"
        faults.wrong(*scan.path("momentum_spread_eV"), text=text)
    with faults.at("line", "acceptance"):
        try:
            acceptance_segments(scan.values.get("acceptance"))
        except ValueError as error:
            raise ValueError(str(error).removeprefix("acceptance: ")) from None
