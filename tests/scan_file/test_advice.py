"""Notes: what is ignored or changes nothing is said, what counts is not, and the numbers agree."""

from typing import Any

import numpy as np
import pytest

from renp_fast.evaluate.evaluate import Evaluator
from renp_fast.scan_file.scan import Scan, parse_scan

EVENTS = {
    "observable": '"events"',
    "neutrino": '{ nature = "dirac", ordering = "normal", lightest_mass_eV = 0.013 }',
    "interaction": '{ kind = "vector", chirality = "axial", coupling = 4e-24, mediator_mass_eV = 0.7 }',
    "experiment": "{ trigger_eV = [1.069, 1.0702], exposure_days = 1e5 }",
}
CHI2 = EVENTS | {"observable": '"chi2"'}
SPECTRUM = {key: text for key, text in EVENTS.items() if key != "experiment"} | {
    "observable": '"spectral_function"',
    "axes.photon_energy_eV": "[1.03, 1.0702]",
}
LEVELS = "E_eg_eV = 2.1, E_vg_eV = 2.25, gamma_vg_per_s = 1.1e6, spin_factor = 0.6"
SEPARATION = EVENTS | {"observable": '"separation"'}


def scan_of(base: dict[str, str], *changes: str) -> Scan:
    lines = dict(base)
    for change in changes:
        key, _, text = change.partition(" = ")
        lines[key] = text
    return parse_scan("\n".join(f"{key} = {text}" for key, text in lines.items()))


def with_keys(table: str, base: dict[str, str], keys: str) -> str:
    return f"{table} = {base[table].removesuffix(' }')}, {keys} }}"


LONGITUDINAL = with_keys("interaction", EVENTS, 'longitudinal = "on"')
OFF_DIAGONAL = with_keys("interaction", EVENTS, 'texture = "12"')
MATRIX = with_keys("interaction", EVENTS, "texture = [[1, 0, 0], [0, -2, 0], [0, 0, 0.5]]")
MAJORANA = EVENTS["neutrino"].replace("dirac", "majorana")
POLARISED = 'target = { spin_average = "polarised" }'
SIGMA = "{ mean = 50.0, sigma = 9.0, points = 3 }"


@pytest.mark.parametrize(
    ("base", "changes", "note"),
    [
        (SPECTRUM, ['axes.ordering = ["normal"]'], "[neutrino] ordering: ignored, since [axes] has it"),
        (EVENTS, ["axes.exposure_days = [1.0, 2.0]"], "[experiment] exposure_days: ignored, since [axes] has it"),
        (EVENTS, ["target = { volume_cm3 = 3.0, gamma0_per_s = 0.002 }"], "[target] volume_cm3: ignored: gamma0_per_s"),
        (EVENTS, [f"target = {{ {LEVELS}, gamma0_per_s = 0.002 }}"], ""),
        (EVENTS, ["target = { volume_cm3 = 3.0 }"], ""),
        (SPECTRUM, ["target = { gamma0_per_s = 0.002 }"], "[target] gamma0_per_s: ignored: a spectral function has no"),
        (SPECTRUM, [f"experiment = {EVENTS['experiment']}"], "[experiment]: ignored, since spectral_function is for"),
        (EVENTS, ["confidence_level = 0.95"], "confidence_level: ignored, since events has none"),
        (CHI2, ["confidence_level = 0.95"], ""),
        (CHI2, ["profile.refine = true"], "[profile] refine: ignored, since there are no nuisances"),
        (CHI2, ["profile.refine = true", f"profile.theta12_deg = {SIGMA}"], ""),
        (CHI2, [f"profile.theta23_deg = {SIGMA}"], "[profile] theta23_deg: nothing changes with it: only the electron"),
        (CHI2, [f"profile.alpha31_deg = {SIGMA}"], "[profile] alpha31_deg: nothing changes with it: Dirac neutrinos"),
        (CHI2, [f"profile.alpha31_deg = {SIGMA}", OFF_DIAGONAL], ""),
        (CHI2, [f"profile.alpha31_deg = {SIGMA}", 'profile.nature = ["majorana"]'], ""),
        (EVENTS, [LONGITUDINAL, POLARISED], "[interaction] longitudinal: ignored: polarised spins"),
        (EVENTS, [LONGITUDINAL], ""),
        (EVENTS, [LONGITUDINAL, 'axes.spin_average = ["polarised", "isotropic"]'], ""),
        (SEPARATION, ['alternative.ordering = "normal"'], "[alternative]: nothing differs from the truth"),
        (SEPARATION, ['alternative.ordering = "inverted"'], ""),
        (SEPARATION, ['alternative.coupling = "free"'], ""),
        (SEPARATION, ["axes.coupling = [1e-24, 2e-24]", "axes.alternative.coupling = [1e-24, 2e-24]"], None),
        (
            SEPARATION,
            ["alternative.coupling = 1e-24", "axes.alternative.coupling = [1e-24, 2e-24]"],
            "[alternative] coupling: ignored, since [axes] has alternative.coupling",
        ),
        (
            SEPARATION,
            ['alternative.coupling = "free"', "axes.alternative.coupling = [1e-24, 2e-24]"],
            "[alternative] coupling: ignored, since [axes] has alternative.coupling",
        ),
        (
            SEPARATION,
            ['axes.ordering = ["normal", "inverted"]', 'axes.alternative.ordering = ["normal"]'],
            "[neutrino] ordering: ignored, since [axes] has it",
        ),
        (
            SEPARATION,
            ['axes.ordering = ["normal", "inverted"]', 'alternative.ordering = "normal"'],
            "[neutrino] ordering: ignored, since [axes] has it",
        ),
        (SEPARATION, ["axes.alpha21_deg = [0.0, 9.0]", 'alternative.nature = "majorana"'], ""),
        (SEPARATION, ["axes.alpha21_deg = [0.0, 9.0]", "alternative.coupling = 0.0"], "[axes] alpha21_deg: nothing"),
    ],
)
def test_what_is_not_used_is_noted_and_nothing_else(base: dict[str, str], changes: list[str], note: str | None) -> None:
    notes = scan_of(base, *changes).notes
    if note is None:
        assert not any(each.startswith("[alternative]") for each in notes)
    elif note:
        (only,) = notes
        assert only.startswith(note)
    else:
        assert not notes


def test_a_phase_that_goes_round_half_way_is_noted() -> None:
    half = "{ linear = [0.0, 345.0], points = 24 }"
    note = "[profile] alpha21_deg: goes over 345 of the 720 degrees of its period"
    noted = [
        [OFF_DIAGONAL],
        [OFF_DIAGONAL, f"neutrino = {MAJORANA}"],
        [f"neutrino = {MAJORANA}", 'axes.texture = ["11", "23"]'],
    ]
    for changes in noted:
        (only,) = scan_of(CHI2, f"profile.alpha21_deg = {half}", *changes).notes
        assert only.startswith(note)
        (only,) = scan_of(CHI2, f"axes.alpha21_deg = {half}", *changes).notes
        assert only.startswith(note.replace("profile", "axes"))
    whole = "{ linear = [-90.0, 615.0], points = 48 }"
    part = "{ linear = [0.0, 340.0], points = 24 }"
    for given in (whole, part, "[0.0, 180.0]", SIGMA, "[20.0]"):
        assert not scan_of(CHI2, f"profile.alpha21_deg = {given}", OFF_DIAGONAL).notes
    texture13 = OFF_DIAGONAL.replace('"12"', '"13"')
    photon = "interaction = { kind = 'dipole', chirality = 'magnetic', texture = '12', coupling = 1e-11 }"
    for changes in ([texture13], [photon], []):
        assert not scan_of(CHI2, f"profile.alpha21_deg = {half}", f"neutrino = {MAJORANA}", *changes).notes


def test_a_phase_that_goes_round_half_way_is_noted_for_one_hypothesis_or_interaction_too() -> None:
    half = "{ linear = [0.0, 345.0], points = 24 }"
    note = "[profile] alpha21_deg: goes over 345 of the 720 degrees of its period"
    base = SEPARATION | {"neutrino": MAJORANA, "profile.alpha21_deg": half}
    (only,) = scan_of(base, 'alternative.texture = "23"').notes
    assert only.startswith(note)
    assert not scan_of(base, 'alternative.texture = "13"').notes
    vector = "kind = 'vector', chirality = 'left', coupling = 4e-24, mediator_mass_eV = 0.7"
    for texture, notes in (("universal", 0), ("12", 1)):
        both = f"[{{ name = 'one', {vector} }}, {{ name = 'two', {vector}, texture = '{texture}' }}]"
        found = scan_of(CHI2 | {"neutrino": MAJORANA, "interaction": both, "profile.alpha21_deg": half}).notes
        assert [each.startswith(note) for each in found] == [True] * notes


PHASES = ["axes.alpha21_deg = [0.0, 71.0]", "axes.alpha31_deg = [0.0, 203.0]"]


@pytest.mark.parametrize(
    ("changes", "varied"),
    [
        (PHASES, ()),
        ([*PHASES, MATRIX], ()),
        ([*PHASES, 'interaction = { kind = "standard_model" }'], ()),
        ([*PHASES[:1], OFF_DIAGONAL], ("alpha21_deg",)),
        ([*PHASES, f"neutrino = {MAJORANA}"], ("alpha21_deg", "alpha31_deg")),
        (['axes.longitudinal = ["off", "on"]', POLARISED], ()),
        (['axes.longitudinal = ["off", "on"]', MATRIX], ("longitudinal",)),
        (["axes.theta23_deg = [40.0, 50.0]", "axes.theta12_deg = [33.0, 34.0]"], ("theta12_deg",)),
    ],
)
def test_nothing_changes_along_what_is_noted_and_something_along_the_rest(
    changes: list[str], varied: tuple[str, ...]
) -> None:
    scan = scan_of(EVENTS, *changes)
    values: Any = Evaluator(scan).observable(tuple(slice(0, n) for n in scan.shape))
    for number, name in enumerate(scan.axis_names):
        along = np.moveaxis(values, number, 0)
        change = np.abs(along[1] / along[0] - 1.0).max()
        assert change > 1e-6 if name in varied else change < 1e-14
        assert any(note.startswith(f"[axes] {name}: nothing changes") for note in scan.notes) == (name not in varied)


TWO = """
[[interaction]]
name = "a"
kind = "vector"
chirality = "axial"
coupling = 4e-24
mediator_mass_eV = 0.7
[[interaction]]
name = "mu"
kind = "dipole"
chirality = "magnetic"
coupling = 3e-11
"""


@pytest.mark.parametrize(
    ("observable", "top", "axes", "notes"),
    [
        ("events", "", "mu.coupling = [1e-11]", ["[[interaction]] mu: coupling: ignored, since [axes] has it"]),
        (
            "separation",
            "alternative.mu.coupling = 2e-11\n",
            "alternative.mu.coupling = [1e-11]",
            ["[alternative] mu.coupling: ignored, since [axes] has alternative.mu.coupling"],
        ),
        ("separation", "alternative.mu.coupling = 2e-11\n", "alternative.a.coupling = [1e-24]", []),
    ],
)
def test_keys_beside_their_axes_are_noted_of_several_interactions_too(
    observable: str, top: str, axes: str, notes: list[str]
) -> None:
    common = "".join(f"{key} = {EVENTS[key]}\n" for key in ("neutrino", "experiment"))
    scan = parse_scan(f'observable = "{observable}"\n{top}{common}{TWO}[axes]\n{axes}\n')
    assert [*scan.notes] == notes
