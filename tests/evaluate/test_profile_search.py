"""The search between nuisance points, against SciPy's minimiser over the package's spectra and against dense grids."""

import math
from typing import Any

import numpy as np
import pytest
from scipy.optimize import differential_evolution
from test_profile import BASE, THRESHOLD, brute_force, events, result_of, scan_of

from renp_fast.errors import ScanError

COARSE = """
alpha21_deg = { linear = [0.0, 300.0], points = 3 }
alpha31_deg = { log = [20.0, 300.0], points = 2 }
theta12_deg = { mean = 33.68, sigma = 0.7, points = 3 }
"""
REFINED = COARSE + "refine = true\n"


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


@pytest.mark.parametrize(("line", "message"), [("refine = 1", "[profile] refine: got 1; allowed: true or false")])
def test_what_is_refused(line: str, message: str) -> None:
    with pytest.raises(ScanError) as error:
        scan_of("limit", f"{COARSE}\n{line}")
    assert message in str(error.value)


def test_pseudo_experiments_are_not_refined() -> None:
    with pytest.raises(ScanError, match="refine: not for pseudo-experiments"):
        scan_of('limit"\nmethod = "toys', REFINED)
