"""Intervals of the coupling against 50-digit arithmetic, where amplitudes cancel and where others are excluded."""

import math
from typing import Any

import fifty_digit_limits as reference
import mpmath
import numpy as np
import pytest
from fifty_digit_limits import mp

from renp_fast.evaluate.evaluate import Evaluator
from renp_fast.kernels.likelihood.crossings import FOUND, POLE, UNREACHABLE
from renp_fast.scan_file.scan import parse_scan

EPS = mp.mpf(2) ** -52


def stored(text: str) -> dict[str, Any]:
    scan = parse_scan(text)
    return Evaluator(scan)(tuple(slice(0, n) for n in scan.shape))


def assert_chi2(rows: list[Any], couplings: list[float], values: Any) -> None:
    """Chi^2 to 1e-9, for couplings known to some 16 roundings; next to a cancellation that says nothing."""
    for g, value in zip(couplings, values, strict=True):
        step = 16 * EPS * mp.mpf(g)
        if any(row[3] > 0 and abs(mp.mpf(g) + row[1 + 1] / (2 * row[3])) <= 2 * abs(step) for row in rows):
            continue
        around = [reference.chi2(rows, mp.mpf(g) + side * step) for side in (-1, 0, 1)]
        assert min(around) * (1 - mp.mpf("1e-9")) - mp.mpf("1e-12") <= mp.mpf(float(value))
        assert mp.mpf(float(value)) <= max(around) * (1 + mp.mpf("1e-9")) + mp.mpf("1e-12")


def assert_right(case: dict[str, Any]) -> int:
    """Limits, intervals and chi^2 at their edges; how many intervals there are."""
    rows, target = reference.quadratics(case), reference.threshold(case["confidence_level"])
    right, found = reference.intervals(rows, target), stored(reference.scan_text(case, "limit"))
    assert found["interval_count"] == len(right)
    intervals = found["allowed_intervals"][: len(right)]
    np.testing.assert_allclose(intervals, np.array(right, dtype=float).reshape(-1, 2), rtol=1e-8)
    around_zero = [(start, end) for start, end in intervals.tolist() if start <= 0.0 <= end]
    for side, sign in enumerate((1.0, -1.0)):
        limit = around_zero[0][1 - side] if around_zero else math.inf
        assert found["limit_status"][side] == (FOUND if math.isfinite(limit) else UNREACHABLE)
        assert np.isnan(found["limit"][side]) if math.isinf(limit) else found["limit"][side] == limit
        assert not around_zero or sign * limit >= 0.0
    couplings = [g for g in np.ravel(intervals[np.isfinite(intervals)]).tolist() if g != 0.0]
    if couplings:
        values = stored(reference.scan_text(case, "chi2", couplings=couplings))["chi2"]
        assert_chi2(rows, couplings, values)
    return len(right)


@pytest.mark.parametrize(("others", "first"), [*((0, n) for n in range(0, 50, 10)), (1, 0), (1, 10), (2, 0), (2, 10)])
def test_random_cases(others: int, first: int) -> None:
    counts = [assert_right(reference.random_case(seed, others)) for seed in range(first, first + 10)]
    assert any(counts)


ONE_PAIR: dict[str, Any] = {
    **{"nature": "dirac", "ordering": "normal", "lightest_mass_eV": 0.01, "alpha21_deg": 0.0, "alpha31_deg": 0.0},
    **{"gamma0": 3.567e-4, "confidence_level": 0.9973, "triggers": [1.07164], "backgrounds": [0.0]},
    "entries": [
        {"name": "a", "kind": "vector", "chirality": "left", "texture": "universal", "mediator_mass_eV": 1e-3},
    ],
}


@pytest.mark.parametrize("days", [0.5, 5.0, 8.0, 9.0, 10.0, 20.0, 1e3])
def test_one_pair_and_one_chirality_have_a_closed_form(days: float) -> None:
    case = ONE_PAIR | {"days": [days]}
    N0, _, B, C, least = reference.quadratics(case)[0]
    v = -B / (2 * C)
    assert least == 0
    argument = -mp.exp(-1 - reference.threshold(0.9973) / (2 * N0))
    far, near = (mp.sqrt(-mp.re(mp.lambertw(argument, branch))) for branch in (-1, 0))
    right = [v * (1 + far), v * (1 + near), v * (1 - near), v * (1 - far)]
    found = stored(reference.scan_text(case, "limit"))
    assert found["interval_count"] == 2
    np.testing.assert_allclose(found["allowed_intervals"].ravel(), np.array(right, dtype=float), rtol=1e-13)
    assert found["limit"].tolist() == found["allowed_intervals"][1, ::-1].tolist()
    assert_right(case)


def test_gaps_that_are_too_narrow_for_float64_stay_gaps() -> None:
    """The far edge is that of the interval beyond, and both other edges lie next to where the amplitude cancels."""
    found = stored(reference.scan_text(ONE_PAIR | {"days": [0.5]}, "limit"))
    (far, near), (limit, _) = found["allowed_intervals"]
    seen = set()
    assert limit == found["limit"][1]
    assert near < limit <= near * (1.0 - 1e-15)
    assert far < 2.0 * near
    for background in (1e-30, 1e-120, 1e-200, 1e-300):
        case = ONE_PAIR | {"days": [0.5], "backgrounds": [background]}
        N0, least = float(reference.quadratics(case)[0][0]), 0.5 * background
        top = 2.0 * (least - N0 + N0 * math.log(N0 / least))
        enough = top > reference.threshold(0.9973)
        assert stored(reference.scan_text(case, "limit"))["interval_count"] == (2 if enough else 1)
        seen.add(enough)
    assert len(seen) == 2


@pytest.mark.parametrize("days", [0.5, 200.0])
def test_a_profile_keeps_the_gaps_that_all_its_points_have(days: float) -> None:
    case = ONE_PAIR | {"days": [days]}
    alone = stored(reference.scan_text(case, "limit"))
    same = stored(reference.scan_text(case, "limit", "profile.delta_cp_deg = [10.0, 200.0]"))
    np.testing.assert_allclose(same["allowed_intervals"], alone["allowed_intervals"], rtol=1e-13)
    assert same["interval_count"] == alone["interval_count"] == 2
    wide = "profile.theta12_deg = { linear = [31.0, 36.0], points = 5 }"  # each point has its gap elsewhere
    merged = stored(reference.scan_text(case, "limit", wide))
    assert merged["interval_count"] == (1 if days == 0.5 else 2)
    assert merged["limit"][0] >= alone["limit"][0]
    couplings = merged["allowed_intervals"][: int(merged["interval_count"])].ravel().tolist()
    values = stored(reference.scan_text(case, "chi2", wide, couplings=couplings))["chi2"]
    np.testing.assert_allclose(values, float(reference.threshold(0.9973)), rtol=1e-6)


def test_expected_limits_know_gaps_too() -> None:
    """Pseudo-experiments see the Standard Model's one event or none; with one, both sides of the gap are allowed."""
    case = ONE_PAIR | {"days": [20.0]}
    found = stored(reference.scan_text(case, "limit", 'method = "toys"\ntoys = 50\nseed = 3'))
    N0, _, B, C, _ = reference.quadratics(case)[0]
    v = float(-B / (2 * C))
    sizes = []
    for events in range(7):
        row = [(mp.mpf(events), N0, B, C, mp.mpf(0))]
        edges = [edge for pair in reference.intervals(row, reference.threshold(0.9973)) for edge in pair]
        around = [g for g in edges if g < 0]
        sizes.append(float(-max(around)))
    assert found["limit_status"].tolist() == [FOUND, FOUND]
    quantiles = -found["limit_quantiles"][1]
    assert all(np.isclose(sizes, q, rtol=1e-8).any() for q in quantiles.tolist()), (quantiles, sizes, v)


OTHERS = """
target.gamma0_per_s = 0.002
neutrino = {{ nature = "dirac", ordering = "normal", lightest_mass_eV = 0.01 }}
experiment = {{ trigger_eV = [1.03, 1.0655, 1.069], exposure_days = 100.0 }}
interaction = [
{{ name = "a", kind = "vector", chirality = "left", coupling = {a}, mediator_mass_eV = 1e-3 }},
{{ name = "b", kind = "vector", chirality = "left", {b} mediator_mass_eV = 2e-3 }},
]
"""


def test_a_coupling_that_makes_up_for_excluded_others_is_found() -> None:
    found = stored('observable = "limit"\nlimit_on = "b"' + OTHERS.format(a=3e-26, b=""))
    assert found["limit_status"].tolist() == [UNREACHABLE, UNREACHABLE]
    assert np.isnan(found["limit"]).all()
    assert found["interval_count"] == 1
    np.testing.assert_allclose(found["allowed_intervals"][0], [-4.1547e-26, -8.220e-27], rtol=1e-4)
    for g in found["allowed_intervals"][0].tolist():
        chi2 = stored('observable = "chi2"' + OTHERS.format(a=3e-26, b=f"coupling = {g!r},"))["chi2"]
        assert chi2 == pytest.approx(2.705543454095404, rel=1e-10)
    profiled = 'observable = "limit"\nlimit_on = "b"\nprofile.alpha21_deg = [0.0, 90.0]'
    again = stored(profiled + OTHERS.format(a=3e-26, b=""))
    assert again["limit_status"].tolist() == [UNREACHABLE, UNREACHABLE]
    np.testing.assert_allclose(again["allowed_intervals"][0], found["allowed_intervals"][0], rtol=1e-9)


@pytest.mark.parametrize("size", [1e-23, 1e-19])
def test_huge_couplings_that_balance_leave_what_one_alone_would(size: float) -> None:
    """Both have the same mediator: the sum of the couplings is what counts, and its intervals are those of one."""
    same = OTHERS.replace("2e-3", "1e-3")
    found = stored('observable = "limit"\nlimit_on = "b"' + same.format(a=size, b=""))
    alone = stored('observable = "limit"\nlimit_on = "b"' + same.format(a=0.0, b=""))
    assert found["interval_count"] == alone["interval_count"]
    shifted = found["allowed_intervals"] + size
    scale = float(np.nanmax(np.abs(alone["allowed_intervals"])))
    # The couplings themselves are rounded to 1e-16 of their size
    np.testing.assert_allclose(shifted, alone["allowed_intervals"], atol=8e-16 * size + 1e-9 * scale)


LEVELS = "E_eg_eV = 2.0\nE_vg_eV = 2.25\ngamma_vg_per_s = 1e6\nspin_factor = 0.6\ngamma0_per_s = 0.002"
AT_POLE = f"""
neutrino = {{{{ nature = "dirac", ordering = "normal", lightest_mass_eV = 0.01 }}}}
{{experiment}}
[target]
{LEVELS}
"""


def at_pole(observable: str, couplings: dict[str, float], **entries: dict[str, Any]) -> Any:
    """With s = 1 eV^2 at 0.75 eV, and mediators of 1 eV unless ``entries`` say otherwise."""
    spectrum = observable == "spectral_function"
    experiment = "" if spectrum else "experiment = { trigger_eV = [0.75, 0.6], exposure_days = 100.0 }"
    text = f'observable = "{observable}"\n' + AT_POLE.format(experiment=experiment)
    for name, coupling in couplings.items():
        values = {"kind": "vector", "chirality": "left", "mediator_mass_eV": 1.0} | entries.get(name, {})
        text += f'[[interaction]]\nname = "{name}"\ncoupling = {coupling!r}\n'
        text += "".join(f"{key} = {value!r}\n" for key, value in values.items())
    if spectrum:
        text += "[axes]\nphoton_energy_eV = [0.6, 0.75, 0.8]\n"
    return stored(text)[observable]


@pytest.mark.parametrize("observable", ["events", "chi2", "spectral_function"])
def test_opposite_couplings_cancel_on_their_pole(observable: str) -> None:
    without = at_pole(observable, {"a": 0.0, "b": 0.0})
    far = {"c": {"mediator_mass_eV": 0.3}}
    alone = at_pole(observable, {"c": 2e-25, "a": 0.0}, **far)
    for couplings in ({"a": 3e-26, "b": -3e-26}, {"a": 2.0**-86, "b": 2.0**-85, "d": -3.0 * 2.0**-86}):
        found = at_pole(observable, couplings)
        np.testing.assert_allclose(found, without, rtol=1e-12, atol=1e-25)
        for names in (["c", *couplings], [*couplings, "c"]):  # whichever of them is the leading one
            found = at_pole(
                observable, {"c": 2e-25, **couplings} if names[0] == "c" else {**couplings, "c": 2e-25}, **far
            )
            np.testing.assert_allclose(found, alone, rtol=1e-12)
    nearly = {"a": 3e-26, "b": -3e-26 * (1.0 + 1e-12)}
    assert np.isinf(at_pole(observable, nearly)).any()
    assert np.isinf(at_pole(observable, {"c": 2e-25, **nearly}, **far)).any()
    right = {"b": {"chirality": "right"}}
    assert np.isinf(at_pole(observable, {"a": 3e-26, "b": -3e-26}, **right)).any()
    both = {"b": {"chirality": "right"}, "d": {"chirality": "vector"}}
    found = at_pole(observable, {"c": 2e-25, "a": 3e-26, "b": 3e-26, "d": -3e-26}, **both, **far)
    np.testing.assert_allclose(found, alone, rtol=1e-12)


def separation(truth: float, alternative: str, mass: float = 1.0) -> dict[str, Any]:
    experiment = "experiment = { trigger_eV = [0.75, 0.6], exposure_days = 100.0 }"
    text = 'observable = "separation"\n' + AT_POLE.format(experiment=experiment)
    text += f'[interaction]\nkind = "vector"\nchirality = "left"\ncoupling = {truth!r}\nmediator_mass_eV = 1.0\n'
    return stored(f"{text}[alternative]\nmediator_mass_eV = {mass!r}\n{alternative}\n")


def test_a_truth_on_a_pole_is_told_from_what_is_not() -> None:
    for alternative, mass in (("coupling = 0.0", 1.0), ("coupling = 3e-26", 0.5), ('coupling = "free"', 0.5)):
        found = separation(3e-26, alternative, mass)
        assert found["separation"] == math.inf
        assert found["exposure_factor"] == found["events_needed"] == 0.0
        assert found["separation_status"] == FOUND
    for alternative in ("coupling = 2e-26", 'coupling = "free"'):
        found = separation(3e-26, alternative)
        assert all(np.isnan(found[name]) for name in ("separation", "exposure_factor", "events_needed"))
        assert found["separation_status"] == POLE
    assert np.isfinite(separation(0.0, 'coupling = "free"')["separation"])


def test_thresholds_are_those_of_mpmath() -> None:
    with mpmath.workdps(30):
        assert float(2 * mpmath.erfinv(0.9) ** 2) == pytest.approx(2.7055434540954146, rel=1e-15)
    assert float(reference.threshold(0.9)) == pytest.approx(2.7055434540954146, rel=1e-14)
