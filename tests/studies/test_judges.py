"""Verdicts on made-up data for which they are known."""

import numpy as np
import pytest

from renp_fast.studies.verdicts import (
    AGREES,
    DEPENDS,
    DISAGREES,
    OPEN,
    judge_gain,
    judge_majorana,
    judge_reach,
    judge_scalar,
    judge_scaling,
    judge_thresholds,
    judge_visible,
)

ENERGIES = np.linspace(0.9, 1.0, 200_001)
THRESHOLDS = {"33": 0.93, "11": 0.97}
MASSES = np.geomspace(1e-3, 1e3, 50)


def shares(power: float) -> np.ndarray:
    """A smooth spectrum and a share for each threshold that ends like a power."""
    return 2.0 - ENERGIES + sum(np.maximum(w - ENERGIES, 0.0) ** power for w in THRESHOLDS.values())


@pytest.mark.parametrize(("power", "verdict"), [(0.5, AGREES), (1.5, DISAGREES)])
def test_a_square_root_is_a_sudden_fall_and_a_smooth_end_is_none(power: float, verdict: str) -> None:
    claim = judge_thresholds({"made up": (ENERGIES, shares(power))}, THRESHOLDS, 1.0)
    assert claim.verdict == verdict
    assert claim.numbers["minima"] == 0
    # The slopes: 1 above, 1 + step^(power - 1) below
    step = 0.002 * (1.0 - 0.97)
    assert claim.numbers["slope_ratio_11"] == pytest.approx(1.0 + step ** (power - 1.0), rel=0.1)


def test_one_curve_without_a_fall_is_enough_to_disagree_and_minima_are_counted() -> None:
    both = {"falls": (ENERGIES, shares(0.5)), "smooth": (ENERGIES, 2.0 - ENERGIES)}
    assert judge_thresholds(both, THRESHOLDS, 1.0).verdict == DISAGREES
    valley = 1.0 + np.abs(ENERGIES - 0.93)
    claim = judge_thresholds({"valley": (ENERGIES, valley)}, {"33": 0.93}, 1.0)
    assert (claim.verdict, claim.numbers["minima"]) == (AGREES, 1)


@pytest.mark.parametrize(
    ("exponents", "verdict"), [((1, 2, 1), AGREES), ((1, 1, 1), DISAGREES), ((1, 2, 1.01), DISAGREES)]
)
def test_exponents_of_the_width(exponents: tuple[float, ...], verdict: str) -> None:
    V, n_a, n_gamma = (np.array([1.0, 2.0]) ** power for power in exponents)
    rates = np.einsum("i,j,k,w->ijkw", V, n_a, n_gamma, np.array([0.3, 0.7]))
    claim = judge_scaling(rates)
    assert claim.verdict == verdict
    assert [*claim.numbers.values()] == pytest.approx(exponents)


def test_a_majorana_term_must_be_there_and_for_majorana_neutrinos_alone() -> None:
    phases = np.linspace(0.0, np.pi, 5)[:, np.newaxis]
    dirac = np.ones((5, 3))
    majorana = 1.0 - 0.01 * np.cos(phases) * np.array([1.0, 2.0, 3.0])
    assert judge_majorana(dirac, majorana).verdict == AGREES
    assert judge_majorana(dirac, dirac).verdict == DISAGREES
    assert judge_majorana(majorana, majorana).verdict == DISAGREES
    assert judge_majorana(dirac, majorana).numbers["term"] == pytest.approx(-0.03)


def test_a_coupling_shows_from_a_tenth_on() -> None:
    assert judge_visible(1e-24, 0.11, {1.0: 1e-24}, [1.07]).verdict == AGREES
    claim = judge_visible(1e-24, 0.09, {1.0: 2e-24}, [1.07])
    assert claim.verdict == DISAGREES
    assert "2e-24 at M = 1 eV" in claim.found


def test_reach_is_compared_by_orders() -> None:
    published = {"light": 1e-26, "heavy": 1e-15}
    assert judge_reach({"light": 9e-26, "heavy": 1.2e-16}, published).verdict == AGREES
    assert judge_reach({"light": 1.1e-25, "heavy": 1e-15}, published).verdict == DISAGREES


@pytest.mark.parametrize(("orders", "verdict"), [(3.0, AGREES), (6.0, OPEN), (1.0, OPEN), (-1.0, DISAGREES)])
def test_gains_are_judged_by_the_weakest(orders: float, verdict: str) -> None:
    cases = {"all": {"X": np.full(50, 10.0**orders * 1e-20)}}
    claim = judge_gain("4b", "g", MASSES, np.full(50, 1e-20), cases)
    assert claim.verdict == verdict
    assert claim.numbers["least"] == pytest.approx(orders)


def test_the_strongest_bound_counts_and_where_it_overtakes_the_reach_is_found() -> None:
    limits = 1e-20 * MASSES
    bounds = {"wide": np.full(50, 1e-10), "strong": np.where(MASSES < 500.0, 1e-19, np.nan)}
    claim = judge_gain("4b", "g", MASSES, limits, {"all": bounds})
    assert claim.verdict == DISAGREES
    assert claim.numbers["bound_stronger_from_eV"] == MASSES[MASSES > 10.0].min()
    assert claim.numbers["bound_stronger_to_eV"] == MASSES[MASSES < 500.0].max()
    assert claim.numbers["most"] == pytest.approx(np.log10(1e-10 / (1e-20 * MASSES[MASSES >= 500.0].min())))
    assert judge_gain("4b", "g", MASSES, limits, {}).verdict == OPEN
    assert judge_gain("4b", "g", MASSES, limits, {"none": {}}).verdict == OPEN


def test_each_range_in_which_a_bound_overtakes_is_told_and_where_none_holds() -> None:
    valley = 1e-19 * 10.0 ** (2.0 - np.abs(np.log10(MASSES)))  # below 1e-19 beyond 0.01 and 100 eV
    bound = {"X": np.where(MASSES <= 800.0, valley, np.nan)}
    claim = judge_gain("4b", "g", MASSES, np.full(50, 1e-19), {"all": bound})
    low, high = MASSES[MASSES < 0.01].max(), MASSES[MASSES > 100.0].min()
    last, first_unknown = MASSES[MASSES <= 800.0].max(), MASSES[MASSES > 800.0].min()
    assert f"M = 0.001 to {low:.2g} eV and {float(f'{high:.2g}'):g} to {float(f'{last:.2g}'):g} eV" in claim.found
    assert f"none of which holds from M = {float(f'{first_unknown:.2g}'):g} eV on" in claim.found


def test_what_depends_on_the_coupling_of_neutrinos_is_said_to() -> None:
    limits, one, tiny = np.full(50, 1e-20), {"X": np.full(50, 1e-17)}, {"Y": np.full(50, 1e-22)}
    claim = judge_gain("4b", "g", MASSES, limits, {"coupling 1": one, "early universe": tiny, "none": {}})
    assert claim.verdict == DEPENDS
    assert claim.numbers["coupling 1: least"] == pytest.approx(3.0)
    assert claim.numbers["early universe: most"] == pytest.approx(-2.0)
    assert "coupling 1: 3.0 to 3.0 orders, median 3.0, against X" in claim.found
    assert judge_gain("4b", "g", MASSES, limits, {"coupling 1": one, "alike": one}).verdict == AGREES


@pytest.mark.parametrize(
    ("orders", "verdict", "longer"),
    [
        (5.0, AGREES, "unlike here"),
        (5.3, AGREES, "unlike here"),
        (6.5, DISAGREES, "as comes out here"),
        (6.9, DISAGREES, "as comes out here for the first"),
        (4.0, DISAGREES, "unlike here"),
    ],
)
def test_orders_between_scalar_and_vector(orders: float, verdict: str, longer: str) -> None:
    vector = 1e-26 * (1.0 + MASSES**2)
    vector[3] = np.nan
    cases = {
        "normal": (vector, vector * 10.0**orders),
        "inverted": (vector, vector * 10.0 ** (orders + 0.4 * np.arange(50.0) / 49.0)),
    }
    claim = judge_scalar(MASSES, cases, 5.7, 1.1)
    assert claim.verdict == verdict
    assert claim.numbers["median"] == pytest.approx(orders)
    assert claim.numbers["inverted: most"] == pytest.approx(orders + 0.4)
    assert claim.found.startswith(f"normal: {orders:.2f} orders in the median")
    assert f"inverted: {orders:.2f} to {orders + 0.4:.2f}" in claim.found
    assert f"implies 6 to 7 orders, {longer};" in claim.why
