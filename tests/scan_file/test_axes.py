"""Values of the axes: ends, number, order, and refinement at the thresholds of the whole scan."""

import itertools
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renp_fast.errors import ScanError
from renp_fast.kernels.types import Array
from renp_fast.scan_file.axes import AxisForm, axis_values, parse_form, refined
from renp_fast.scan_file.scan import parse_scan

E_EG = 2.14349  # of Yb
DM21 = 7.49e-5  # NuFIT 6.0
DM3L = {"normal": 2.513e-3, "inverted": -2.484e-3}


def scan_axis(name: str, form: str, *others: str) -> Array:
    """Values of an axis of a scan with that form and some more lines in [axes]."""
    lines = [f"{name} = {form}", *others]
    given_names = {line.partition(" ")[0] for line in lines}
    neutrino = {"nature": '"dirac"', "ordering": '"normal"', "lightest_mass_eV": "0.01"}
    text = 'observable = "spectral_function"\ninteraction.kind = "standard_model"\n'
    text += "".join(f"neutrino.{key} = {value}\n" for key, value in neutrino.items() if key not in given_names)
    if "E_eg_eV" in given_names:
        text += "target = { E_vg_eV = 2.3, gamma_vg_per_s = 1e6, spin_factor = 0.5 }\n"
    if not given_names & {"photon_energy_eV", "detuning_eV"}:
        lines.append("photon_energy_eV = [1.0]")
    axis = parse_scan(text + "[axes]\n" + "\n".join(lines)).axis(name)
    assert axis is not None
    assert isinstance(axis.values, np.ndarray)
    return axis.values


def values_of(rule: str, low: float, high: float, points: int) -> Array:
    form = parse_form("coupling", {rule: [low, high], "points": points}, numeric=True, energies=False)
    return axis_values(form)


def masses(ordering: str, lightest: float, dm21: float = DM21) -> list[float]:
    if ordering == "normal":
        return [lightest, (lightest**2 + dm21) ** 0.5, (lightest**2 + DM3L[ordering]) ** 0.5]
    second = lightest**2 - DM3L[ordering]
    return [(second - dm21) ** 0.5, second**0.5, lightest]


def detunings(mass: list[float], E_eg: float = E_EG) -> list[float]:
    """Thresholds as E_eg/2 - w_ij = (m_i + m_j)^2/(2 E_eg)."""
    return [(a + b) ** 2 / (2.0 * E_eg) for a, b in itertools.combinations_with_replacement(mass, 2)]


def assert_axis(values: Array, low: float, high: float, points: int) -> None:
    assert values.dtype == np.float64
    assert values.shape == (points,)
    assert (values[0], values[-1]) == (low, high)
    assert (np.diff(values) > 0.0).all()


@settings(deadline=None)
@given(low=st.floats(-1e6, 1e6), width=st.floats(1e-3, 1e6), points=st.integers(2, 300))
def test_linear(low: float, width: float, points: int) -> None:
    high = low + width
    values = values_of("linear", low, high, points)
    assert_axis(values, low, high, points)
    step = (Fraction(high) - Fraction(low)) / (points - 1)
    rounding = Fraction(4 * np.spacing(max(abs(low), abs(high))))
    assert all(abs(Fraction(float(x)) - Fraction(low) - k * step) <= rounding for k, x in enumerate(values))


@settings(deadline=None, max_examples=50)
@given(low=st.floats(-20.0, 20.0), decades=st.floats(1e-3, 20.0), points=st.integers(2, 100))
def test_log(low: float, decades: float, points: int) -> None:
    """Equal ratios, to what rounding of the exponents 10^x leaves."""
    a, b = 10.0**low, 10.0 ** (low + decades)
    values = values_of("log", a, b, points)
    assert_axis(values, a, b, points)
    with mpmath.workdps(30):
        exact = [
            mpmath.mpf(a) * (mpmath.mpf(b) / mpmath.mpf(a)) ** (mpmath.mpf(k) / (points - 1)) for k in range(points)
        ]
        assert max(abs(x / y - 1) for x, y in zip(values.tolist(), exact, strict=True)) < 1e-13


def test_lists_stay_as_they_are() -> None:
    assert scan_axis("lightest_mass_eV", "[0.03, 0.0, 1, 0.01]").tolist() == [0.03, 0.0, 1.0, 0.01]
    assert scan_axis("photon_energy_eV", "[1.07, 0, 1.0]").tolist() == [1.07, 0.0, 1.0]


@pytest.mark.parametrize("form", ["[0.5]", "{ linear = [0.5, 0.9], points = 1 }", "{ log = [0.5, 0.9], points = 1 }"])
def test_one_point_is_the_first(form: str) -> None:
    assert scan_axis("lightest_mass_eV", form).tolist() == [0.5]
    assert scan_axis("photon_energy_eV", form.replace("log", "thresholds")).tolist() == [0.5]


def test_one_point_may_have_equal_ends() -> None:
    assert scan_axis("lightest_mass_eV", "{ linear = [0.5, 0.5], points = 1 }").tolist() == [0.5]


@pytest.mark.parametrize("rule", ["linear", "log", "thresholds"])
@pytest.mark.parametrize("centre", [1.0, E_EG / 2 - 0.1**2 / E_EG * 2], ids=["no threshold", "around a threshold"])
def test_a_range_too_narrow_for_its_points_is_refused(rule: str, centre: float) -> None:
    """Equal coordinates would make points that no one can tell apart, as in a list that repeats a value."""
    low, high = centre - 4.0 * np.spacing(centre), centre + 4.0 * np.spacing(centre)
    with pytest.raises(ScanError, match=r"\[axes\] photon_energy_eV"):
        scan_axis("photon_energy_eV", f"{{ {rule} = [{low}, {high}], points = 20 }}", "lightest_mass_eV = [0.1]")


@settings(deadline=None, max_examples=60)
@given(
    low=st.floats(0.0, 3.0),
    width=st.floats(1e-6, 3.0),
    points=st.integers(2, 2000),
    fractions=st.lists(st.floats(-0.5, 1.5), max_size=40),
)
def test_refined_axes_keep_ends_number_and_order(low: float, width: float, points: int, fractions: list[float]) -> None:
    """Whatever the thresholds: none, outside, at the ends, equal, or closer to each other than float64 tells."""
    high = low + width
    thresholds = np.array([low + width * fraction for fraction in [0.0, 1.0, *fractions, *fractions[:3]]])
    assert_axis(refined(low, high, points, thresholds), low, high, points)


def gap_around(values: Array, x: float) -> float:
    above = int(np.searchsorted(values, x))
    return float(values[above] - values[above - 1])


def assert_refined(values: Array, thresholds: list[float]) -> None:
    """Ten times denser than even at each threshold, and denser than half-way to its neighbours."""
    inside = sorted(t for t in thresholds if values[0] < t < values[-1])
    assert inside
    even = (values[-1] - values[0]) / (len(values) - 1)
    assert max(gap_around(values, t) for t in inside) < 0.1 * even
    for below, above in itertools.pairwise(inside):
        at_them = max(gap_around(values, below), gap_around(values, above))
        if above - below > 10.0 * at_them:  # else both lie in one dense stretch
            assert gap_around(values, 0.5 * (below + above)) > at_them


@pytest.mark.parametrize("points", [1000, 20_000])
def test_refined_at_every_threshold_of_masses_and_orderings(points: int) -> None:
    values = scan_axis(
        "photon_energy_eV",
        f"{{ thresholds = [1.06, 1.0725], points = {points} }}",
        'ordering = ["normal", "inverted"]',
        "lightest_mass_eV = [0.0, 0.02, 0.05]",
    )
    assert_axis(values, 1.06, 1.0725, points)
    every = [masses(ordering, m0) for ordering in DM3L for m0 in (0.0, 0.02, 0.05)]
    assert_refined(values, [E_EG / 2 - t for mass in every for t in detunings(mass)])


CASES: dict[str, tuple[str, str, list[float]]] = {
    "all points of a mass range, not its ends alone": (
        "[1.04, 1.072]",
        "lightest_mass_eV = { linear = [0.01, 0.09], points = 5 }",
        [t for m0 in (0.01, 0.03, 0.05, 0.07, 0.09) for t in detunings(masses("normal", m0))],
    ),
    "mass differences": (
        "[1.0685, 1.072]",
        "dm21_eV2 = [7.0e-5, 7.49e-5, 8.0e-5]",
        [t for dm21 in (7.0e-5, 7.49e-5, 8.0e-5) for t in detunings(masses("normal", 0.01, dm21))],
    ),
    "one mass": ("[1.0685, 1.072]", "nature = ['dirac']", detunings(masses("normal", 0.01))),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("axis", ["photon_energy_eV", "detuning_eV"])
def test_refined_along(name: str, axis: str) -> None:
    ends, other, thresholds = CASES[name]
    low, high = (float(end) for end in ends.strip("[]").split(","))
    if axis == "detuning_eV":
        low, high = E_EG / 2 - high, E_EG / 2 - low
    values = scan_axis(axis, f"{{ thresholds = [{low!r}, {high!r}], points = 20000 }}", other)
    assert_axis(values, low, high, 20_000)
    assert_refined(values, thresholds if axis == "detuning_eV" else [E_EG / 2 - t for t in thresholds])


def test_refined_for_every_target() -> None:
    values = scan_axis("photon_energy_eV", "{ thresholds = [0.99, 1.06], points = 20000 }", "E_eg_eV = [2.0, 2.1]")
    assert_refined(values, [E / 2 - t for E in (2.0, 2.1) for t in detunings(masses("normal", 0.01), E)])


def test_thousands_of_thresholds_stay_one_axis() -> None:
    """Too many to be told apart: the axis is about even where they lie, and still in order."""
    values = scan_axis(
        "photon_energy_eV",
        "{ thresholds = [1.0, 1.072], points = 5000 }",
        "lightest_mass_eV = { linear = [0.0, 0.1], points = 2000 }",
    )
    assert_axis(values, 1.0, 1.072, 5000)


def test_units_and_names_of_axes() -> None:
    text = """
    observable = "spectral_function"
    neutrino = { ordering = "normal", lightest_mass_eV = 0.01 }
    interaction = { kind = "dipole", chirality = "magnetic", texture = "12" }
    [axes]
    detuning_eV = [0.01]
    coupling = [1e-9]
    nature = ["majorana", "dirac"]
    """
    about: dict[str, Any] = {axis.name: (axis.unit, axis.numeric, len(axis)) for axis in parse_scan(text).axes}
    assert about == {
        "detuning_eV": ("eV", True, 1),
        "coupling": ("Bohr magneton", True, 1),
        "nature": ("", False, 2),
    }
    assert all(axis.long_name for axis in parse_scan(text).axes)


@pytest.mark.parametrize(
    ("rule", "entries", "points", "canonical"),
    [
        ("values", (1.0, 2.0), 2, [1.0, 2.0]),
        ("linear", (1.0, 2.0), 5, {"linear": [1.0, 2.0], "points": 5}),
        ("thresholds", (1.0, 2.0), 5, {"thresholds": [1.0, 2.0], "points": 5}),
    ],
)
def test_what_is_remembered_of_an_axis(rule: str, entries: tuple[float, ...], points: int, canonical: Any) -> None:
    assert AxisForm("coupling", rule, entries, points).canonical() == canonical
