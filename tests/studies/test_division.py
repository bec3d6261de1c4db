"""Divisions that are known in closed form, and Fisher matrices by second derivatives of chi^2."""

import itertools

import numpy as np
import pytest

import renp_fast as rf
from renp_fast.scan_file.scan import parse_scan
from renp_fast.studies.design import design
from renp_fast.studies.division import Cuts, best_division
from renp_fast.studies.fisher import Information, Slopes
from renp_fast.studies.reproduce import scan_file

W = np.array([1.069, 1.07, 1.0708, 1.0712, 1.0716, 1.07164])
TEXT = scan_file("design-vector-limit").read_text()
EVENTS = TEXT.replace('"limit"', '"events"').replace("confidence_level = 0.90", "") + "\n[storage]\n"


def scan_with(**values: float):
    lines = "\n".join(f"{name} = {value!r}" for name, value in values.items())
    return parse_scan(EVENTS.replace("mediator_mass_eV = 1e-3", f"mediator_mass_eV = 1e-3\n{lines}"))


def linear(*rows: list[float]):
    """The least of linear functions."""

    def merit(days: np.ndarray) -> Cuts:
        values = np.array(rows) @ days
        worst = int(np.argmin(values))
        return Cuts(float(values[worst]), np.zeros(1), np.array(rows)[worst : worst + 1])

    return merit


def test_one_goal_takes_the_best_candidate_alone() -> None:
    found = best_division(linear([1.0, 3.0, 2.0]), 10.0, np.full(3, 10.0 / 3.0))
    np.testing.assert_allclose(found.days, [0.0, 10.0, 0.0], atol=1e-9)
    assert found.value == found.bound == pytest.approx(30.0)
    np.testing.assert_allclose(found.sensitivity, [1.0 / 3.0, 1.0, 2.0 / 3.0], rtol=1e-7)


def test_two_goals_are_served_alike() -> None:
    """The least of a d1 and b d2 is largest where they are equal; a poor compromise is not used."""
    found = best_division(linear([5.0, 0.0, 1.0], [0.0, 20.0, 1.0]), 100.0, np.full(3, 100.0 / 3.0))
    np.testing.assert_allclose(found.days, [80.0, 20.0, 0.0], atol=1e-6)
    assert found.value == pytest.approx(400.0)


@pytest.mark.parametrize("degree", [1, 2, 3])
def test_determinants_of_polynomials_have_their_known_optimum(degree: int) -> None:
    """The D-optimal design on [-1, 1] is even on the ends and the extrema of the Legendre polynomial (Fedorov 1972)."""
    x = np.unique(np.append(np.linspace(-1.0, 1.0, 201), [-np.sqrt(0.2), np.sqrt(0.2)]))
    information = Information.__new__(Information)
    information.parameters = tuple("abcd"[: degree + 1])
    table = Slopes(np.ones((1, x.size)), (x ** np.arange(degree + 1)[:, np.newaxis])[np.newaxis], 0.0)
    found = information.divide(table, np.full(x.size, 7.0 / x.size))
    inner = {1: [], 2: [0.0], 3: [-np.sqrt(0.2), np.sqrt(0.2)]}[degree]
    support = [np.argmin(np.abs(x - place)) for place in [-1.0, *inner, 1.0]]
    np.testing.assert_allclose(found.days[support], 7.0 / (degree + 1), rtol=2e-3)
    assert found.days.sum() == pytest.approx(7.0)
    assert found.value == pytest.approx(found.bound, rel=2e-7)
    matrix = np.polynomial.polynomial.polyvander(np.array([-1.0, *inner, 1.0]), degree)
    best = abs(np.linalg.det(matrix)) ** (2.0 / (degree + 1)) * 7.0 / (degree + 1)
    assert found.value == pytest.approx(best, rel=2e-7)


def test_fisher_matrix_is_half_the_second_derivative_of_chi2() -> None:
    names = ("coupling", "lightest_mass_eV", "theta12_deg", "gamma0_per_s")
    centre = np.array([4e-28, 0.01, 33.68, 0.002])
    information = Information(scan_with(coupling=4e-28), names)
    days = np.array([100.0, 50.0, 200.0, 30.0, 80.0, 10.0])
    (found,) = information.matrices(information.table(W), days)

    def events(values: np.ndarray) -> np.ndarray:
        g, m, theta, gamma0 = values
        spectrum = rf.spectral_function(
            W,
            interaction=rf.Vector(coupling=g, mediator_mass_eV=1e-3),
            nature="dirac",
            ordering="normal",
            lightest_mass_eV=m,
            theta12_deg=theta,
        )
        return 86400.0 * gamma0 * days * spectrum

    truth = events(centre)

    def chi2(values: np.ndarray) -> float:
        t = (events(values) - truth) / truth
        return float((2.0 * truth * (t - np.log1p(t))).sum())

    def second(a: int, b: int, scale: float) -> float:
        steps = np.diag(scale * np.array([1e-3, 1e-4, 1e-3, 1e-3]) * centre)
        signs = itertools.product((1.0, -1.0), repeat=2)
        total = sum(i * j * chi2(centre + i * steps[a] + j * steps[b]) for i, j in signs)
        return total / (4.0 * steps[a, a] * steps[b, b])

    for a, b in itertools.product(range(4), repeat=2):
        # The error of the central difference falls as the square of the step
        half = (4.0 * second(a, b, 1.0) - second(a, b, 2.0)) / 3.0 / 2.0
        assert found[a, b] == pytest.approx(half, rel=1e-5, abs=1e-5 * np.sqrt(found[a, a] * found[b, b]))


def test_the_designed_determinant_and_deviations_are_those_of_the_matrix() -> None:
    names = ("coupling", "lightest_mass_eV")
    scan = scan_with(coupling=4e-28)
    made = design(scan, names)
    information = Information(scan, names)
    for experiment in (made.reference, made.best):
        (matrix,) = information.matrices(information.table(experiment.energies), experiment.days)
        assert experiment.achieved.figure == pytest.approx(np.linalg.det(matrix), rel=1e-9)
        sigmas = np.sqrt(np.diagonal(np.linalg.inv(matrix)))
        told = [experiment.achieved.others[f"sigma_{name}"] for name in names]
        np.testing.assert_allclose(told, sigmas, rtol=1e-9)
        assert experiment.achieved.others["derivative_error"] < 1e-4
    assert made.gain == pytest.approx((made.best.achieved.figure / made.reference.achieved.figure) ** 0.5, rel=1e-9)
    assert made.gain > 1.0
    assert made.best.energies.size >= 2
    assert made.accuracy < 1e-6
    # Kiefer and Wolfowitz: no energy adds more than the chosen ones, which add what there are parameters
    w = np.sort(np.concatenate([np.linspace(1.0, 1.07165, 400), 1.071651 - np.geomspace(1e-6, 1e-3, 200)]))
    table = information.table(w)
    (inverse,) = np.linalg.inv(information.matrices(information.table(made.best.energies), made.best.days))[np.newaxis]
    gains = (
        made.best.days.sum()
        * np.einsum("ak,ab,bk->k", table.derivatives[0], inverse.reshape(2, 2), table.derivatives[0])
        / table.events[0]
    )
    thresholds = np.array([1.06930692, 1.07077930, 1.07087368, 1.07158181, 1.07161918, 1.07165169])
    free = np.abs(w[:, np.newaxis] - thresholds).min(axis=1) > 1e-6
    assert gains[free].max() < 2.0 * (1.0 + 1e-4)
    assert gains[free].max() > 1.5


def test_a_hypothesis_without_information_is_refused() -> None:
    with pytest.raises(ValueError, match="do not change with delta_cp_deg"):
        design(scan_with(coupling=4e-28), ("delta_cp_deg",))
