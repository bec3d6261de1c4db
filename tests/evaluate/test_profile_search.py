"""The search between nuisance points, against global minima by SciPy and against dense grids."""

import math
from typing import Any

import numpy as np
import pytest
import search_reference as reference
from scipy.optimize import differential_evolution
from search_cases import drawn, scan_text
from test_profile import BASE, THRESHOLD, brute_force, events, result_of, scan_of

from renp_fast.errors import ScanError
from renp_fast.evaluate.limits import threshold
from renp_fast.scan_file.scan import Scan, parse_scan

COARSE = """
alpha21_deg = { linear = [0.0, 300.0], points = 3 }
alpha31_deg = { log = [20.0, 300.0], points = 2 }
theta12_deg = { mean = 33.68, sigma = 0.7, points = 3 }
"""
REFINED = COARSE + "refine = true\n"
# To which part of chi^2, and of the coupling, a search must find what is best
BOUND = 1e-7


def least(g: float) -> float:
    """Chi^2 plus the prior, minimised by SciPy's differential evolution."""

    def cost(x: np.ndarray) -> float:
        values = {"alpha21_deg": x[0], "alpha31_deg": math.exp(x[1]), "theta12_deg": x[2]}
        return brute_force(g, [(values, ((x[2] - 33.68) / 0.7) ** 2)])

    bounds = [(0.0, 300.0), (math.log(20.0), math.log(300.0)), (33.68 - 2.1, 33.68 + 2.1)]
    return float(differential_evolution(cost, bounds, seed=1, popsize=10, tol=1e-10, maxiter=200).fun)


@pytest.mark.parametrize("coupling", [9e-27, -1.5e-26])
def test_chi2_is_the_least_between_the_points(coupling: float) -> None:
    coarse, refined = (float(result_of(scan_of("chi2", p, coupling=coupling))["chi2"]) for p in (COARSE, REFINED))
    assert refined < coarse
    assert refined == pytest.approx(least(coupling), rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("side", [0, 1])
def test_chi2_at_the_limit_is_the_threshold_after_a_search(side: int) -> None:
    coarse, refined = (float(result_of(scan_of("limit", profile))["limit"][side]) for profile in (COARSE, REFINED))
    assert abs(refined) > abs(coarse)
    assert least(refined) == pytest.approx(THRESHOLD, rel=1e-5)


def test_limits_are_those_of_a_dense_grid() -> None:
    one = "theta12_deg = { mean = 33.68, sigma = 8.0, points = %d, sigmas = 2.0 }\n"
    refined = result_of(scan_of("limit", one % 2 + "refine = true"))["limit"]
    dense = result_of(scan_of("limit", one % 4001))["limit"]
    coarse = result_of(scan_of("limit", one % 2))["limit"]
    assert np.abs(refined) == pytest.approx(np.abs(dense), rel=1e-6)
    assert np.all(np.abs(refined) > np.abs(coarse) * 1.0001)


def test_lists_stay_lists() -> None:
    profile = "alpha21_deg = [0.0, 100.0]\nordering = ['normal', 'inverted']\n"
    plain, refined = (result_of(scan_of("limit", profile + extra)) for extra in ("", "refine = true"))
    for name, values in plain.items():
        assert values.tobytes() == refined[name].tobytes()


def test_separation_and_the_exposure_it_needs() -> None:
    prior = "theta12_deg = {{ mean = 33.68, sigma = 0.7, points = {} }}\n{}"
    refined, dense, coarse = (
        result_of(
            scan_of(
                "separation",
                profile=prior.format(points, refine),
                extra="[alternative]\nlightest_mass_eV = 0.03",
                coupling=1e-26,
            )
        )
        for points, refine in ((2, "refine = true"), (3001, ""), (2, ""))
    )
    for name in ("separation", "exposure_factor", "events_needed"):
        assert float(refined[name]) == pytest.approx(float(dense[name]), rel=1e-5)
    assert float(refined["separation"]) < float(coarse["separation"]) * 0.9999


def test_the_search_sees_its_own_point_alone() -> None:
    axes = "mediator_mass_eV = [1e-3, 2.0]\ndelta_cp_deg = [100.0, 212.0]"
    given: dict[str, Any] = {"mediator_mass_eV": None}
    whole = result_of(scan_of("limit", REFINED, axes, **given))["limit"]
    for i, mass in enumerate((1e-3, 2.0)):
        for j, delta in enumerate((100.0, 212.0)):
            alone = result_of(scan_of("limit", REFINED, "", mediator_mass_eV=mass, delta_cp_deg=delta))["limit"]
            assert alone.tobytes() == whole[i, j].tobytes()


def test_events_of_the_truth_stay() -> None:
    """The reference of this test: at no coupling nothing can be better than the truth."""
    assert float(result_of(scan_of("chi2", REFINED, coupling=0.0))["chi2"]) == pytest.approx(0.0, abs=1e-20)
    assert events(0.0).shape == (len(BASE["trigger_eV"]),)


BY_A_BOUND = """
observable = "limit"
confidence_level = 0.9
target = {{ gamma0_per_s = 0.022014791573152826 }}
interaction = {{ kind = "vector", chirality = "left", texture = "11", mediator_mass_eV = 0.027482217382798147 }}
neutrino.nature = "majorana"
neutrino.ordering = "normal"
neutrino.lightest_mass_eV = 0.04312659508210002
neutrino.alpha21_deg = 26.340222556475727
neutrino.alpha31_deg = 100.0
experiment.trigger_eV = [1.044062512812662, 1.0651633053899148]
experiment.exposure_days = [180.67087246903836, 91.30615654221157]
experiment.background_per_day = 0.4
profile.theta12_deg = {{ prior = "NuFIT-6.0", sigmas = 3.0, points = {points[0]} }}
profile.background_per_day = {{ mean = 0.4, sigma = 0.05, points = {points[1]} }}
profile.alpha21_deg = {{ linear = [0.0, 350.0], points = {points[2]} }}
profile.refine = true
"""


def by_a_bound(*points: int) -> Scan:
    return parse_scan(BY_A_BOUND.format(points=points))


def test_a_search_that_starts_on_a_bound_leaves_it_and_the_grid_does_not_matter() -> None:
    found = [result_of(by_a_bound(*points))["limit"] for points in ((9, 5, 15), (2, 2, 2), (3, 1, 40))]
    assert found[0][0] == pytest.approx(1.779452e-26, rel=3e-7)
    for other in found[1:]:
        np.testing.assert_allclose(other, found[0], rtol=BOUND)


@pytest.mark.parametrize(("texture", "nature", "turn"), [("33", "majorana", 360.0), ("13", "dirac", 720.0)])
def test_where_the_range_of_a_whole_period_begins_does_not_matter(texture: str, nature: str, turn: float) -> None:
    def limits(low: float, high: float, points: int) -> np.ndarray:
        profile = f"alpha31_deg = {{ linear = [{low}, {high}], points = {points} }}\nrefine = true"
        found: np.ndarray = result_of(scan_of("limit", profile, texture=texture, nature=nature, delta_cp_deg=61.0))[
            "limit"
        ]
        return found

    whole = limits(0.0, turn, 3)
    for low, points in ((-123.0, 2), (77.0, 4), (-1111.0, 7)):
        np.testing.assert_allclose(limits(low, low + turn, points), whole, rtol=BOUND)
    halves = np.array([limits(low, low + 0.5 * turn, 3) for low in (0.0, 0.5 * turn)])
    np.testing.assert_allclose(np.abs(halves).max(axis=0), np.abs(whole), rtol=BOUND)
    assert (np.abs(halves).min(axis=0) < 0.999 * np.abs(whole)).any()


def test_a_range_that_is_no_whole_period_keeps_its_bounds() -> None:
    """Just beyond its end chi^2 is less."""

    def chi2(low: float, high: float) -> float:
        profile = f"alpha21_deg = {{ linear = [{low}, {high}], points = 4 }}\nrefine = true"
        return float(result_of(scan_of("chi2", profile, coupling=9e-27, alpha21_deg=150.0))["chi2"])

    def at(alpha: float) -> float:
        return brute_force(9e-27, [({"alpha21_deg": alpha}, 0.0)], alpha21_deg=150.0)

    every = np.arange(0.0, 360.0, 3.0)
    best = float(every[int(np.argmin([at(alpha) for alpha in every]))])
    low, high = best - 340.0, best - 20.0
    assert chi2(low, high) == pytest.approx(min(at(low), at(high)), rel=BOUND)
    assert chi2(low, low + 360.0) < (1.0 - 1e-4) * chi2(low, high)


def test_every_entry_of_a_list_is_searched() -> None:
    """The grid is best for another entry than the search."""
    angle = "theta12_deg = {{ mean = 33.68, sigma = 9.0, points = {points}, sigmas = 1.0 }}\n"
    profile = angle + "lightest_mass_eV = {masses}\nordering = {orderings}\nrefine = {refine}"

    def chi2(points: int, masses: list[float], orderings: str, refine: str = "true") -> float:
        text = profile.format(points=points, masses=masses, orderings=orderings, refine=refine)
        return float(result_of(scan_of("chi2", text, coupling=4e-26, background_per_day=5.0))["chi2"])

    masses, both = [0.0005, 0.013, 0.03, 0.05], "['normal', 'inverted']"
    alone = [chi2(2, [mass], f"['{ordering}']") for mass in masses for ordering in ("normal", "inverted")]
    dense = [chi2(4001, [mass], f"['{ordering}']", "false") for mass in masses for ordering in ("normal", "inverted")]
    assert alone == pytest.approx(dense, rel=1e-5)
    assert chi2(2, masses, both) == pytest.approx(min(alone), rel=BOUND)


@pytest.mark.parametrize("seed", [*((5, seed) for seed in range(7)), (77, 4145), (77, 6029), (77, 10269)])
def test_chi2_of_random_scans_is_the_least_there_is(seed: tuple[int, int]) -> None:
    """1e-4 to 1e6 events; two in stiff valleys, by a bound and where widths change; one ordering allows none."""
    rng = np.random.default_rng(seed)
    case, profile, level = drawn(rng, masses=True)
    coupling = float(rng.choice([-1.0, 1.0])) * coupling_of(case, threshold(level) * rng.uniform(0.3, 4.0))
    found = float(result_of(parse_scan(scan_text(case, profile, "chi2", level, coupling=coupling)))["chi2"])
    right = reference.least(case, coupling, rng)
    assert found == pytest.approx(right, rel=BOUND, abs=1e-12)


@pytest.mark.parametrize("seed", range(2))
def test_nothing_is_allowed_beyond_the_limits_of_random_scans(seed: int) -> None:
    rng = np.random.default_rng([6, seed])
    case, profile, level = drawn(rng, masses=True)
    for limit in result_of(parse_scan(scan_text(case, profile, "limit", level)))["limit"].tolist():
        if math.isnan(limit):
            continue
        inside, outside = (reference.least(case, limit * (1.0 + s), rng) for s in (-BOUND, BOUND))
        assert inside < threshold(level) < outside


def coupling_of(case: reference.Case, chi2: float) -> float:
    """A coupling at which chi^2 of the truth reaches a value."""
    truth = reference.completed(case.values)
    expected, coupling = reference.events(truth, 0.0)[0], 1e-30
    while reference.deviances(expected, reference.events(truth, coupling))[0] < chi2:
        coupling *= 1.1
    return coupling


@pytest.mark.parametrize(("line", "message"), [("refine = 1", "[profile] refine: got 1; allowed: true or false")])
def test_what_is_refused(line: str, message: str) -> None:
    with pytest.raises(ScanError) as error:
        scan_of("limit", f"{COARSE}\n{line}")
    assert message in str(error.value)


def test_pseudo_experiments_are_not_refined() -> None:
    with pytest.raises(ScanError, match="refine: not for pseudo-experiments"):
        scan_of('limit"\nmethod = "toys', REFINED)
