"""Verdicts on moments, on made-up event numbers for which they are known."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from scipy.optimize import minimize_scalar
from scipy.stats import chi2

from renp_fast.runs.execute import run_scan
from renp_fast.scan_file.scan import load_scan
from renp_fast.studies.moments import exposure_for, judge_exposure, judge_mixing, judge_separation
from renp_fast.studies.reproduce import scan_file
from renp_fast.studies.verdicts import AGREES, DISAGREES, OPEN, Claim

EVENTS = np.array([5e6, 4e6, 3e6])
LABELS = [("mu", "11"), ("mu", "22"), ("eps", "11"), ("eps", "22")]
DAYS = np.geomspace(1.0, 1e4, 9)
DIFFERENT = np.array([[3.0, 2.0, 1.0], [3.0, 1.0, 0.0], [2.0, 2.0, 1.0], [1.0, 2.0, 0.0]])


def poisson_chi2(there: np.ndarray, other: np.ndarray) -> float:
    excess = (other - there) / there
    return float(2.0 * np.sum(there * (excess - np.log1p(excess))))


def best_fit(events: np.ndarray, truth: np.ndarray, pattern: np.ndarray) -> float:
    """chi^2 of the best fit of a pattern of any size to events with another one."""
    most = 20.0 * truth.sum() / pattern.max()
    fit = minimize_scalar(
        lambda size: poisson_chi2(events + truth, events + size * pattern),
        bounds=(0.0, most),
        options={"xatol": 1e-9 * most},
    )
    return float(fit.fun)


def judged(patterns: np.ndarray, labels: list[tuple[str, str]] = LABELS) -> list[Claim]:
    alone = np.array([poisson_chi2(EVENTS + pattern, EVENTS) for pattern in patterns])
    scaled = patterns / np.sqrt(EVENTS)  # at high counts chi^2 is the distance in the metric 1/N
    unit = scaled / np.linalg.norm(scaled, axis=1, keepdims=True)
    rest = scaled[:, np.newaxis, :] - np.einsum("ik,jk->ij", scaled, unit)[:, :, np.newaxis] * unit
    table = (rest**2).sum(axis=-1)
    table[table < 1e-12 * alone[:, np.newaxis]] = 0.0
    return judge_separation(labels, patterns, alone, table)


def test_elements_that_add_alike_are_not_separate() -> None:
    assert [claim.verdict for claim in judged(DIFFERENT)] == [AGREES, AGREES]
    alike = DIFFERENT.copy()
    alike[3] = 7.0 * alike[1]  # mu 22 and eps 22
    elements, kinds = judged(alike)
    assert (elements.verdict, kinds.verdict) == (AGREES, DISAGREES)
    assert "mu 22 looks like eps 22 whatever the exposure" in kinds.found
    assert "mu 11 looks like" not in kinds.found
    alike = DIFFERENT.copy()
    alike[1] = 0.1 * alike[0]  # mu 11 and mu 22
    elements, kinds = judged(alike)
    assert (elements.verdict, kinds.verdict) == (DISAGREES, AGREES)
    assert "fix 1 of 2 mu, 2 of 2 eps" in elements.found


def test_the_signal_that_it_takes_is_that_of_the_angle() -> None:
    patterns = DIFFERENT[:2]
    _, kinds = judged(patterns, [("mu", "11"), ("eps", "11")])
    scaled = patterns / np.sqrt(EVENTS)
    cosine = scaled[0] @ scaled[1] / np.prod(np.linalg.norm(scaled, axis=1))
    sigmas = np.sqrt(chi2.ppf(0.9, 1) / (1.0 - cosine**2))
    assert [*kinds.numbers.values()] == pytest.approx([sigmas, sigmas], rel=1e-5)


def test_the_scan_of_separations_is_the_best_fit_to_the_scan_of_events(tmp_path: Path) -> None:
    for name in ("claims-moments", "moments-apart"):
        run_scan(load_scan(scan_file(name)), tmp_path / name)
    events = xr.open_zarr(tmp_path / "claims-moments").events.values.reshape(12, 2, 6)
    table = xr.open_zarr(tmp_path / "moments-apart").separation.values.reshape(12, 12)
    standard, patterns = events[0, 0], events[:, 1] - events[:, 0]
    expected = np.array([[best_fit(standard, truth, other) for other in patterns] for truth in patterns])
    np.testing.assert_allclose(table, expected, rtol=1e-6, atol=1e-10)
    assert table[5, 11] == table[11, 5] == 0.0  # 33 is open at one trigger alone


def test_exposure_for_a_bound_is_read_off_in_logarithms() -> None:
    limits = 1e-10 * DAYS**-0.25
    assert exposure_for(DAYS, limits, 1e-10 * 37.0**-0.25) == pytest.approx(37.0)
    assert exposure_for(DAYS, limits, 2e-10) == 1.0
    assert exposure_for(DAYS, limits, 1e-12) == np.inf


def test_exposures_are_judged_by_the_slowest_and_the_quickest_element() -> None:
    limits = {"mu 11": 1e-10 * DAYS**-0.25, "eps 33": 4e-10 * DAYS**-0.25}
    # 2e-11 takes 625 and more than 1e4 days, 6e-11 takes 7.7 and 1975
    coherent, detectors = judge_exposure(DAYS, limits, {"X": 2e-11}, {})
    assert (coherent.verdict, detectors.verdict) == (OPEN, AGREES)
    assert "620 to more than 10000 days" in detectors.found
    coherent, detectors = judge_exposure(DAYS, limits, {"X": 2e-11, "Y": 6e-11}, {"Z": 6e-11})
    assert (coherent.verdict, detectors.verdict) == (DISAGREES, DISAGREES)
    quick = {"mu 11": limits["mu 11"]}
    assert judge_exposure(DAYS, quick, {"X": 2e-11}, {"Z": 6e-11})[0].verdict == AGREES


def test_bounds_mix_if_what_a_moment_adds_depends_on_the_mixing() -> None:
    varying = np.array([[0.30, 0.68, 0.02], [0.33, 0.65, 0.02]])
    fixed = np.full((2, 4), 3.0)
    assert judge_mixing(fixed, varying, varying, {}, {}).verdict == AGREES
    assert judge_mixing(varying, varying, varying, {}, {}).verdict == DISAGREES
    assert judge_mixing(fixed, varying, varying, {}, {}).numbers["weights"] == pytest.approx(0.03 / 0.33)


def test_others_that_bound_single_elements_do_not_mix_either() -> None:
    varying = np.array([[0.30, 0.68, 0.02], [0.33, 0.65, 0.02]])
    reach, others = {"12": 2e-11, "13": 1e-11}, {"X": 3e-11, "Y": 5e-11}
    claim = judge_mixing(np.full((2, 4), 3.0), varying, varying, reach, others)
    assert claim.verdict == DISAGREES
    assert (claim.numbers["gain_least"], claim.numbers["gain_most"]) == (pytest.approx(1.5), pytest.approx(5.0))
    assert "X: 3e-11, Y: 5e-11 mu_B" in claim.found
    assert claim.why.startswith("its first half agrees, its second one not")
