"""What a scan file may not ask of the physics, and the thresholds of a whole scan."""

import itertools
import math
from collections.abc import Iterable
from typing import Any

from renp_fast.physics.interactions import SCALES, checked_texture
from renp_fast.physics.neutrinos import check_mass_differences
from renp_fast.physics.oscillation import OSCILLATION_NAMES, best_fit
from renp_fast.scan_file.axes import AxisForm
from renp_fast.scan_file.line_checks import check_line
from renp_fast.scan_file.profile import ProfileForm
from renp_fast.scan_file.ranges import Extent
from renp_fast.scan_file.schema import COUNTING, TABLE_OF

MASS_NAMES = ("ordering", "oscillation", "dm21_eV2", "dm3l_eV2", "lightest_mass_eV")
MOST_VALUES = 10**15
# They are held in memory, about 100 bytes each for three triggers
MOST_NUISANCES = 20_000_000


def check_physics(observable: str, values: dict[str, Any], forms: dict[str, AxisForm]) -> list[str]:
    """All faults of a scan whose keys are all there and in their domain."""
    extent = Extent(values, forms)
    return [
        *_check_levels(observable, extent),
        *_check_masses(extent),
        *_check_interaction(extent),
        *_check_energies(observable, extent),
        *_check_triggers(observable, extent),
        *check_line(extent),
        *check_size(form.points for form in forms.values()),
    ]


def _check_levels(observable: str, extent: Extent) -> list[str]:
    low, high = max(extent.level("E_eg_eV")), min(extent.level("E_vg_eV"))
    faults = []
    if low >= high:
        where = extent.where("E_eg_eV", "target")
        faults.append(f"{where}: got {low!r} with E_vg_eV {high!r}; allowed: E_eg_eV below E_vg_eV")
    if observable != "spectral_function" and not extent("gamma0_per_s"):
        faults += [
            f"[target] gamma0_per_s: missing: {name} of {extent.values['atom']} is not known; "
            "allowed: set gamma0_per_s, or give all four levels"
            for name in ("gamma_vg_per_s", "spin_factor")
            if not extent.level(name)
        ]
    return faults


def _check_masses(extent: Extent) -> list[str]:
    orderings = extent("ordering")
    if extent("dm3l_eV2") and "ordering" in extent.forms:
        where = extent.where("dm3l_eV2", "neutrino")
        return [f"{where}: together with an axis of ordering; allowed: one ordering, whose sign dm3l_eV2 has"]
    faults = []
    for ordering, preset in itertools.product(orderings, extent("oscillation")):
        default = best_fit(preset, ordering)
        for dm21, dm3l in itertools.product(
            extent("dm21_eV2") or [default["dm21_eV2"]], extent("dm3l_eV2") or [default["dm3l_eV2"]]
        ):
            try:
                check_mass_differences(ordering, dm21, dm3l)
            except ValueError as error:
                name = str(error).partition(":")[0]
                faults.append(f"{extent.where(name, 'neutrino').removesuffix(name)}{error}")
    return list(dict.fromkeys(faults))


def _check_interaction(extent: Extent) -> list[str]:
    kind = extent.values["kind"]
    chiralities = extent("chirality") or ["none"]
    faults = [
        f"{extent.where('chirality', 'interaction')}: got {chirality!r}; allowed for {kind}: {', '.join(SCALES[kind])}"
        for chirality in chiralities
        if chirality not in SCALES[kind]
    ]
    if faults:
        return faults
    textures = extent("texture") or ["universal"]
    for nature, chirality, texture in itertools.product(extent("nature"), chiralities, textures):
        try:
            checked_texture(kind, chirality, texture, nature)
        except ValueError as error:
            faults.append(f"{extent.where('texture', 'interaction').removesuffix('texture')}{error}")
    if "on" in extent("longitudinal") and 0.0 in extent("mediator_mass_eV"):
        where = extent.where("mediator_mass_eV", "interaction")
        faults.append(f"{where}: got 0.0; allowed with the longitudinal part of the propagator: above 0")
    return list(dict.fromkeys(faults))


def _check_energies(observable: str, extent: Extent) -> list[str]:
    E_eg, E_vg = extent.level("E_eg_eV"), min(extent.level("E_vg_eV"))
    faults = []
    photon = extent("photon_energy_eV")
    if photon and not (min(photon) >= 0.0 and max(photon) <= E_vg):
        bad = min(photon) if min(photon) < 0.0 else max(photon)
        faults.append(f"[axes] photon_energy_eV: got {bad!r}; allowed: from 0 to E_vg_eV = {E_vg!r}")
    detuning = extent("detuning_eV")
    lowest, highest = 0.5 * max(E_eg) - E_vg, 0.5 * min(E_eg)
    if detuning and not (min(detuning) >= lowest and max(detuning) <= highest):
        bad = min(detuning) if min(detuning) < lowest else max(detuning)
        faults.append(
            f"[axes] detuning_eV: got {bad!r}; "
            f"allowed: from E_eg_eV/2 - E_vg_eV = {lowest!r} to E_eg_eV/2 = {highest!r}"
        )
    if observable in COUNTING:
        faults += [
            f"[experiment] trigger_eV: got {trigger!r}; allowed: from 0 to E_vg_eV = {E_vg!r}"
            for trigger in extent.values["trigger_eV"]
            if trigger > E_vg
        ]
    return faults


def _check_triggers(observable: str, extent: Extent) -> list[str]:
    if observable not in COUNTING:
        return []
    triggers = extent.values["trigger_eV"]
    faults = []
    if len(set(triggers)) < len(triggers):
        faults.append(f"[experiment] trigger_eV: got {triggers!r}; allowed: different energies")
    for name in ("exposure_days", "background_per_day"):
        given = extent.values.get(name)
        if isinstance(given, list) and len(given) != len(triggers):
            faults.append(
                f"[experiment] {name}: got {len(given)} entries; allowed: one number, or {len(triggers)}, one for each "
                "trigger"
            )
    return faults


def check_size(lengths: Iterable[int]) -> list[str]:
    """The fault of a grid of these lengths, if it is too large."""
    product = math.prod(lengths)
    if product > MOST_VALUES:
        return [f"[axes] the grid has {product:.3g} points; allowed: at most {MOST_VALUES:.0e}"]
    return []


def check_profile(
    observable: str, values: dict[str, Any], forms: dict[str, AxisForm], profile: dict[str, ProfileForm]
) -> list[str]:
    """All faults of a scan at its nuisance points, as if they were axes."""
    if not profile:
        return []
    nuisances = {}
    orderings: list[Any] = Extent(values, forms)("ordering")
    for name, form in profile.items():
        if form.flat is not None:
            nuisances[name] = form.flat
        else:
            entries = tuple(value for ordering in orderings for value, _ in form.entries(ordering))
            nuisances[name] = AxisForm(name, "values", entries, len(entries))
    kept = {name: value for name, value in values.items() if name not in profile}
    faults = [fault.replace("[axes]", "[profile]", 1) for fault in check_physics(observable, kept, forms | nuisances)]
    faults += [
        f"[profile] {name}: has a prior but no true value; allowed: give it in [{TABLE_OF[name]}]"
        for name, form in profile.items()
        if form.flat is None and name not in values and name not in OSCILLATION_NAMES
    ]
    faults += [
        f"[profile] {name}: one number for all triggers, but [{TABLE_OF[name]}] has one for each; allowed: one of both"
        for name in profile
        if isinstance(values.get(name), list) and name != "texture"
    ]
    points = math.prod(form.length for form in profile.values())
    if points > MOST_NUISANCES:
        faults.append(f"[profile] {points} nuisance points; allowed: at most {MOST_NUISANCES}")
    return faults
