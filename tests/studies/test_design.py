"""Designs of experiments, against the engine, brute force and closed forms."""

import itertools
import json
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize, minimize_scalar

import renp_fast as rf
from renp_fast.cli.commands import main
from renp_fast.errors import InputError
from renp_fast.evaluate.evaluate import Evaluator
from renp_fast.physics.neutrinos import Neutrinos, thresholds_eV
from renp_fast.scan_file.scan import Scan, parse_scan
from renp_fast.studies.design import Design, design
from renp_fast.studies.designed import designed_text, points, toml
from renp_fast.studies.reproduce import scan_file

GAMMA0 = 0.002
SECONDS_PER_DAY = 86400.0
NEUTRINO: dict[str, Any] = {"nature": "dirac", "ordering": "normal", "lightest_mass_eV": 0.01}
LAST = 1.0716516  # just below the last threshold
ORDERINGS = ("normal", "inverted")
THRESHOLDS = np.array([1.06930692, 1.07077930, 1.07087368, 1.07158181, 1.07161918, 1.07165169])
PROFILE = "\n[profile]\ngamma0_per_s = { mean = 0.002, sigma = 0.0002, points = 5 }\n"
WIDE = "\n[profile]\ngamma0_per_s = { mean = 0.002, sigma = 0.0004, sigmas = 2.0, points = 9 }\n"
NAMES = ["design-vector-limit", "design-ordering", "design-moments"]


SIX = "experiment = { trigger_eV = [1.069, 1.07, 1.0708, 1.0712, 1.0716, 1.07164], exposure_days = 100.0 }\n"
MOMENT_AND_RADIUS = """
[[interaction]]
name = "mu"
kind = "dipole"
chirality = "magnetic"
texture = "33"
coupling = 3e-11
[[interaction]]
name = "r2"
kind = "form_factor"
chirality = "charge_radius"
texture = "13"
coupling = -2e-25
[axes]
"""
SEVERAL = {
    "chi2": "",
    "limit": 'limit_on = "mu"\n',
    "separation": 'alternative = { ordering = "inverted", mu.coupling = "free" }\n',
    "separation, profiled": 'alternative = { ordering = "inverted" }\n' + PROFILE.replace("\n[profile]\n", "profile."),
}


def of_several(observable: str, more: str = "lightest_mass_eV = [0.01, 0.02]\n") -> Scan:
    neutrino = 'neutrino = { nature = "dirac", ordering = "normal" }\ntarget.gamma0_per_s = 0.002\n'
    text = (
        f'observable = "{observable.partition(",")[0]}"\n{neutrino}{SEVERAL[observable]}{SIX}{MOMENT_AND_RADIUS}{more}'
    )
    return parse_scan(text)


@cache
def scan_of(name: str, more: str = "") -> Scan:
    return parse_scan(scan_file(name).read_text() + more, name)


@cache
def of_element(element: str) -> Scan:
    every = dict(points(scan_of("design-moments"), "moments"))
    return every[f"moments-{element}"]


@cache
def found(name: str, more: str = "") -> Design:
    return design(of_element(name) if name.isdecimal() else scan_of(name, more))


def by_engine(scan: Scan) -> float:
    """What the scan comes to, worst of its points: the limit of the weaker sign, or the total exposure needed."""
    values = Evaluator(scan)(tuple(slice(0, n) for n in scan.shape))
    if scan.observable == "limit":
        return float(np.abs(values["limit"]).max())
    days = np.broadcast_to(scan.values["exposure_days"], len(scan.triggers)).sum()
    return float(values["exposure_factor"].max() * days)


def events(w: Any, interaction: Any = None, **changes: Any) -> np.ndarray:
    """Events of a day."""
    return SECONDS_PER_DAY * GAMMA0 * rf.spectral_function(w, interaction=interaction, **NEUTRINO | changes)


def chi2(truth: np.ndarray, other: np.ndarray) -> np.ndarray:
    t = (other - truth) / truth
    return 2.0 * truth * (t - np.log1p(t))


@pytest.mark.parametrize(
    ("name", "more"),
    [
        *((name, "") for name in NAMES),
        ("22", ""),
        ("33", ""),
        ("design-vector-limit", PROFILE),
        ("design-ordering", PROFILE),
        ("design-ordering", WIDE),
    ],
)
def test_what_a_design_claims_is_what_the_engine_computes(name: str, more: str) -> None:
    made = found(name, more)
    scan = of_element(name) if name.isdecimal() else scan_of(name, more)
    written = parse_scan(designed_text(scan, made))
    assert made.reference.achieved.figure == pytest.approx(by_engine(scan), rel=1e-9)
    assert made.best.achieved.figure == pytest.approx(by_engine(written), rel=1e-9)
    assert made.best.days.sum() == pytest.approx(600.0, rel=1e-8)
    assert made.best.achieved.figure < made.reference.achieved.figure
    assert made.accuracy < 1e-6


@pytest.mark.parametrize("observable", ["separation", "separation, profiled"])
def test_a_design_for_several_interactions_is_what_the_engine_computes(observable: str) -> None:
    scan = of_several(observable)
    made = design(scan)
    assert made.reference.achieved.figure == pytest.approx(by_engine(scan), rel=1e-9)
    written = parse_scan(designed_text(scan, made))
    assert made.best.achieved.figure == pytest.approx(by_engine(written), rel=1e-9)
    assert made.best.achieved.figure < 0.9 * made.reference.achieved.figure
    assert made.accuracy < 1e-6


def test_the_information_on_two_couplings_is_that_of_their_derivatives() -> None:
    """By central differences of the public function; the error of both couplings takes two triggers."""
    scan = of_several("chi2", "lightest_mass_eV = [0.01]\n")
    made = design(scan, parameters=("mu.coupling", "r2.coupling"))
    assert made.best.energies.size == 2

    def interactions(mu: float, r2: float) -> list[Any]:
        first, second = np.zeros((3, 3)), np.zeros((3, 3))
        first[2, 2] = second[0, 2] = second[2, 0] = 1.0
        return [rf.Dipole(mu, texture=first), rf.FormFactor(r2, chirality="charge_radius", texture=second)]

    for experiment in (made.reference, made.best):
        w, days, fisher = experiment.energies, experiment.days, np.zeros((2, 2))
        at = np.array([3e-11, -2e-25])
        slopes = np.array(
            [
                (events(w, interactions(*(at + h))) - events(w, interactions(*(at - h)))) / (2.0 * h[k])
                for k, h in enumerate(np.diag(1e-4 * at))
            ]
        )
        fisher = np.einsum("ak,bk,k->ab", slopes, slopes, days / events(w, interactions(*at)))
        assert experiment.achieved.figure == pytest.approx(np.linalg.det(fisher), rel=1e-6)
    assert made.best.achieved.figure > 1.5 * made.reference.achieved.figure


@pytest.mark.parametrize("element", ["11", "12", "13", "22", "23", "33"])
def test_magnetic_and_electric_moments_are_told_apart_sooner_than_with_the_six(element: str) -> None:
    assert found(element).best.achieved.figure < 0.4 * by_engine(of_element(element))
    assert np.isinf(by_engine(of_element("33")))


def test_one_trigger_is_the_best_of_a_brute_force_scan() -> None:
    thresholds = np.array(
        [w for o in ORDERINGS for w in thresholds_eV(Neutrinos(**NEUTRINO | {"ordering": o}), 2.14349).values()]
    )
    beside = np.concatenate([thresholds - 1.001e-6, thresholds + 1.001e-6])
    w = np.concatenate([np.linspace(0.9, LAST, 3001), LAST - np.geomspace(1e-7, 0.1, 3001), beside])
    w = w[(np.abs(w[:, np.newaxis] - thresholds).min(axis=1) > 1e-6) & (w < LAST)]
    by_energy = 600.0 * chi2(events(w), events(w, ordering="inverted"))
    made = found("design-ordering")
    assert made.best.energies.size == 1
    assert made.best.achieved.others["chi2"] >= by_energy.max() * (1.0 - 1e-9)
    assert made.best.achieved.others["chi2"] == pytest.approx(by_energy.max(), rel=1e-6)
    assert made.best.energies[0] == pytest.approx(w[np.argmax(by_energy)], abs=1e-8)


def test_no_other_two_triggers_are_better() -> None:
    """By an own chi^2, its own best coupling, and a search that starts elsewhere."""
    made = found("22")

    def separation(places: np.ndarray) -> float:
        w, share = places[:2], places[2]
        if not (0.9 < w[0] < 1.0694 and 1.0709 < w[1] < 1.07158 and 0.0 < share < 1.0):
            return 0.0
        days = 600.0 * np.array([share, 1.0 - share])
        truth = days * events(w, rf.Dipole(3e-11, chirality="magnetic", texture="22"))
        standard = days * events(w)
        per_unit = days * events(w, rf.Dipole(1e-11, chirality="electric", texture="22")) - standard
        fit = minimize_scalar(
            lambda size: chi2(truth, standard + size * per_unit).sum(), bounds=(0.0, 100.0), options={"xatol": 1e-9}
        )
        return -float(fit.fun)

    other = minimize(
        separation, [1.05, 1.0712, 0.4], method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-10, "maxfev": 1500}
    )
    assert made.best.achieved.others["chi2"] >= -other.fun * (1.0 - 1e-7)
    # The best energy is as close to the threshold of 33 as it may be, where the other search went on to it
    assert made.best.achieved.others["chi2"] == pytest.approx(-other.fun, rel=1e-2)


def test_fewer_triggers_are_as_good_as_they_can_be() -> None:
    scan = parse_scan(
        scan_file("design-moments").read_text().replace('"11", "12", "13", "22", "23", "33"', '"22", "33"')
    )
    more, fewer = design(scan), design(scan, triggers=2)
    assert more.best.energies.size > fewer.best.energies.size == 2
    assert fewer.best.achieved.figure == pytest.approx(by_engine(parse_scan(designed_text(scan, fewer))), rel=1e-9)
    assert more.best.achieved.figure < fewer.best.achieved.figure

    def merit(energies: np.ndarray) -> float:
        table = fewer.goal.table(energies)
        return fewer.goal.merit(table, fewer.goal.divide(table, fewer.best.days).days)

    for k in range(2):  # a small step of any energy makes it worse
        for step in (-1e-4, 1e-4):
            assert merit(fewer.best.energies + step * np.eye(2)[k]) < merit(fewer.best.energies)


def test_triggers_keep_in_their_range_and_off_thresholds() -> None:
    scan = of_element("22")
    apart = design(scan, apart=1e-4)
    distances = np.abs(apart.best.energies[:, np.newaxis] - THRESHOLDS)
    assert distances.min() >= 1e-4 - 1e-8
    assert np.abs(found("22").best.energies[:, np.newaxis] - THRESHOLDS).min() < 1e-4
    low = design(scan, highest=1.06)
    assert low.best.energies.max() <= 1.06
    assert found("22").best.achieved.figure < apart.best.achieved.figure < low.best.achieved.figure


def test_a_nuisance_parameter_takes_another_trigger() -> None:
    assert found("design-ordering").best.energies.size == 1
    assert found("design-ordering", WIDE).best.energies.size > 1


@pytest.mark.parametrize(("more", "sigma", "reach", "steps"), [(PROFILE, 0.1, 3.0, 5), (WIDE, 0.2, 2.0, 9)])
def test_with_priors_too_it_is_the_exposure_shown_that_is_least(
    more: str, sigma: float, reach: float, steps: int
) -> None:
    """Against all single triggers, each with its own exposure until the last strength is excluded."""
    scan = parse_scan(scan_file("design-ordering").read_text() + more)
    thresholds = np.concatenate(
        [[*thresholds_eV(Neutrinos(**NEUTRINO | {"ordering": o}), 2.14349).values()] for o in ORDERINGS]
    )
    beside = [thresholds - 1.001e-6, thresholds + 1.001e-6]
    w = np.concatenate([np.linspace(1.0, LAST, 2001), np.linspace(1.07, LAST, 3001), *beside])
    w = w[(np.abs(w[:, np.newaxis] - thresholds).min(axis=1) > 1e-6) & (w < LAST)]
    truth, inverted = events(w), events(w, ordering="inverted")
    needed = np.zeros(w.size)
    for pull in np.linspace(-reach, reach, steps):
        if (rest := 2.705543454095404 - pull**2) > 0.0:
            needed = np.maximum(needed, rest / chi2(truth, (1.0 + sigma * pull) * inverted))
    one = design(scan, triggers=1)
    assert one.best.achieved.figure == pytest.approx(needed.min(), rel=1e-6)
    assert found("design-ordering", more).best.achieved.figure <= needed.min() * (1.0 + 1e-7)


@pytest.mark.parametrize(("name", "more"), [*itertools.product(NAMES[:2], ("", WIDE)), ("22", "")])
def test_the_gain_is_the_ratio_of_the_figures_that_are_shown(name: str, more: str) -> None:
    made = found(name, more)
    assert made.gain == pytest.approx(made.reference.achieved.figure / made.best.achieved.figure, rel=1e-9)
    assert made.gain > 1.0


def test_the_command_writes_scans_that_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["design", str(scan_file("design-vector-limit")), "-o", str(tmp_path / "d"), "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert told["gain"] > 2.0
    written = tmp_path / "d" / "design-vector-limit.toml"
    assert told["designed"] == str(written)
    assert main(["run", str(written), "-o", str(tmp_path / "s.zarr")]) == 0
    with rf.open_result(tmp_path / "s.zarr") as data:
        assert float(np.abs(data.limit).max()) == pytest.approx(told["experiments"]["designed"]["value"], rel=1e-12)
    assert (tmp_path / "d" / "design-vector-limit.png").read_bytes().startswith(b"\x89PNG")
    assert "2.44" in (tmp_path / "d" / "design.md").read_text()


def test_a_scan_for_each_point() -> None:
    every = points(scan_of("design-moments"), "m")
    assert [name for name, _ in every] == [f"m-{element}" for element in ("11", "12", "13", "22", "23", "33")]
    assert [scan.along("texture") for _, scan in every] == [(name[2:],) for name, _ in every]
    whole = Evaluator(scan_of("design-moments"))((slice(0, 6),))["separation"]
    parts = [Evaluator(scan)((slice(0, 1),))["separation"][0] for _, scan in every]
    np.testing.assert_array_equal(parts, whole)


@pytest.mark.parametrize("file", sorted(scan_file("smoke").parent.glob("*.toml")), ids=lambda file: file.stem)
def test_a_document_that_is_written_is_read_the_same(file: Path) -> None:
    document = tomllib.loads(file.read_text())
    assert tomllib.loads(toml(document)) == document


@pytest.mark.parametrize(
    ("replacements", "options", "words"),
    [
        (
            {'"limit"': '"chi2"', "mediator_mass_eV = 1e-3": "mediator_mass_eV = 1e-3\ncoupling = 1e-26"},
            [],
            "observable: got 'chi2'",
        ),
        ({"confidence_level = 0.90": 'method = "toys"'}, [], "method: got toys"),
        ({"exposure_days = 100.0": "exposure_days = 0.0"}, [], "[experiment] exposure_days: got 0"),
        (
            {"exposure_days = 100.0": "background_per_day = [1, 2, 3, 4, 5, 6]\nexposure_days = 1.0"},
            [],
            "background_per_day: got 6",
        ),
        (
            {"exposure_days = 100.0  # at each trigger": "[axes]\nexposure_days = [1.0]"},
            [],
            "[axes] exposure_days: got an axis",
        ),
        ({"mediator_mass_eV = 1e-3": "mediator_mass_eV = 1.0"}, [], "mediator_width_eV: got 0 with the pole"),
        ({}, ["--parameters", "theta23_deg"], "do not change with theta23_deg"),
        ({}, ["--parameters", "theta"], "--parameters: got 'theta'; allowed: "),
        ({"0.01": "0.0"}, ["--parameters", "lightest_mass_eV"], "lightest_mass_eV is 0"),
        ({}, ["--lowest", "1.1"], "--lowest, --highest: got 1.1"),
    ],
)
def test_what_cannot_be_designed(
    replacements: dict[str, str],
    options: list[str],
    words: str,
    write_scan: Callable[..., Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = write_scan(scan_file("design-vector-limit").read_text(), **replacements)
    assert main(["design", str(file), "-o", str(tmp_path / "d"), *options]) == 2
    assert words in capsys.readouterr().err
    assert not list((tmp_path / "d").glob("*.toml"))


def test_a_limit_beside_other_interactions_is_no_goal() -> None:
    with pytest.raises(InputError, match="observable: got limit, but the best experiment"):
        design(of_several("limit"))


def test_what_no_exposure_tells_apart_is_refused() -> None:
    alike = parse_scan(scan_file("design-ordering").read_text().replace('"inverted"', '"normal"'))
    with pytest.raises(ValueError, match="no exposure reaches the goal"):
        design(alike)
