"""Verdicts on moments, on made-up event numbers for which they are known."""

import numpy as np
import pytest
from scipy.stats import chi2

from renp_fast.studies.claims import AGREES, DISAGREES, OPEN
from renp_fast.studies.moments import exposure_for, judge_exposure, judge_mixing, judge_separation, mimicry

EVENTS = np.array([5e6, 4e6, 3e6])
LABELS = [("mu", "11"), ("mu", "22"), ("eps", "11"), ("eps", "22")]
DAYS = np.geomspace(1.0, 1e4, 9)


def test_mimicry_at_high_counts_is_the_angle_between_patterns() -> None:
    """chi^2 is 25 sin^2 of the angle, in the metric 1/N of many events."""
    patterns = np.array([[3.0, 2.0, 1.0], [1.0, 1.0, 0.0], [6.0, 4.0, 2.0]])
    table = mimicry(EVENTS, patterns)
    scaled = patterns / np.sqrt(EVENTS)
    unit = scaled / np.linalg.norm(scaled, axis=1, keepdims=True)
    np.testing.assert_allclose(table, 25.0 * (1.0 - (unit @ unit.T) ** 2), rtol=2e-2, atol=1e-6)
    assert table[0, 2] < 1e-9


def test_a_moment_cannot_stand_in_for_one_that_adds_elsewhere() -> None:
    table = mimicry(EVENTS, np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]))
    np.testing.assert_allclose(table, [[0.0, 25.0], [25.0, 0.0]], atol=1e-5)


def test_elements_that_add_alike_are_not_separate() -> None:
    different = np.array([[3.0, 2.0, 1.0], [3.0, 1.0, 0.0], [2.0, 2.0, 1.0], [1.0, 2.0, 0.0]])
    assert [claim.verdict for claim in judge_separation(LABELS, EVENTS, different)] == [AGREES, AGREES]
    alike = different.copy()
    alike[3] = 7.0 * alike[1]  # mu 22 and eps 22
    elements, kinds = judge_separation(LABELS, EVENTS, alike)
    assert (elements.verdict, kinds.verdict) == (AGREES, DISAGREES)
    assert "mu 22 looks like eps 22 whatever the exposure" in kinds.found
    assert "mu 11 looks like" not in kinds.found
    alike = different.copy()
    alike[1] = 0.1 * alike[0]  # mu 11 and mu 22
    elements, kinds = judge_separation(LABELS, EVENTS, alike)
    assert (elements.verdict, kinds.verdict) == (DISAGREES, AGREES)
    assert "fix 1 of 2 mu, 2 of 2 eps" in elements.found


def test_the_signal_that_it_takes_is_that_of_the_angle() -> None:
    patterns = np.array([[3.0, 2.0, 1.0], [1.0, 1.0, 0.0]])
    _, kinds = judge_separation([("mu", "11"), ("eps", "11")], EVENTS, patterns)
    scaled = patterns / np.sqrt(EVENTS)
    cosine = scaled[0] @ scaled[1] / np.prod(np.linalg.norm(scaled, axis=1))
    sigmas = np.sqrt(chi2.ppf(0.9, 1) / (1.0 - cosine**2))
    assert f"shows at {float(f'{sigmas:.2g}'):g} to" in kinds.found


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
    assert judge_mixing(fixed, varying, varying).verdict == AGREES
    assert judge_mixing(varying, varying, varying).verdict == DISAGREES
    assert judge_mixing(fixed, varying, varying).numbers["weights"] == pytest.approx(0.03 / 0.33)
