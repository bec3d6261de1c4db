"""Limits: the values to meet, an independent reference, mirror solutions, and what a limit cannot be."""

import json
import math
from pathlib import Path
from typing import Any

import limit_reference as reference
import numpy as np
import pytest
from scipy.special import lambertw
from scipy.stats import chi2 as chi2_distribution

import renp_fast as rf
from renp_fast.evaluate.evaluate import Evaluator
from renp_fast.evaluate.limits import threshold
from renp_fast.scan_file.scan import Scan, parse_scan
from renp_fast.scan_file.schema import TABLE_OF

BASE: dict[str, Any] = {
    **{"gamma0_per_s": 0.002, "nature": "dirac", "ordering": "normal", "lightest_mass_eV": 0.01},
    **{"kind": "vector", "chirality": "left", "texture": "universal"},
    **{"trigger_eV": [1.069, 1.07, 1.0708], "exposure_days": 100.0},
}
KINDS = {
    "vector": ("left", "right", "vector", "axial"),
    "scalar": ("scalar", "pseudoscalar"),
    "dipole": ("magnetic", "electric"),
    "form_factor": ("millicharge", "charge_radius", "anapole"),
}
COMBINATIONS = [
    (kind, chirality, nature)
    for kind, chiralities in KINDS.items()
    for chirality in chiralities
    for nature in ("dirac", "majorana")
]
FOUND, UNREACHABLE, POLE = 1, 2, 3
AT_90 = 2.7055434540954146
Limits = dict[str, np.ndarray]


def scan_of(axes: str = "", confidence_level: float = 0.90, **values: Any) -> Scan:
    """A scan of a limit, with values replaced, or removed if they are None."""
    given = {name: value for name, value in (BASE | values).items() if value is not None}
    lines = ['observable = "limit"', f"confidence_level = {confidence_level}"]
    lines += [f"{TABLE_OF[name]}.{name} = {json.dumps(value)}" for name, value in given.items()]
    return parse_scan("\n".join([*lines, "[axes]", axes]))


def limits_of(scan: Scan) -> Limits:
    return Evaluator(scan)(tuple(slice(0, n) for n in scan.shape))


def limits(**values: Any) -> Limits:
    return limits_of(scan_of(**values))


@pytest.mark.parametrize(
    ("values", "side", "expected"),
    [
        ({"mediator_mass_eV": 1e-3}, 0, 9.684202e-27),
        ({"mediator_mass_eV": 1e-3}, 1, -7.892595e-27),
        ({"mediator_mass_eV": 1.0}, 0, 1.051971e-24),
        ({"mediator_mass_eV": 1e2}, 0, 1.063231e-20),
        ({"mediator_mass_eV": 1e4}, 0, 1.063232e-16),
        ({"kind": "scalar", "chirality": "scalar", "mediator_mass_eV": 1e-3}, 0, 8.976972e-20),
        ({"kind": "scalar", "chirality": "scalar", "mediator_mass_eV": 1e-3}, 1, -8.976972e-20),
        ({"kind": "scalar", "chirality": "pseudoscalar", "mediator_mass_eV": 1e-3}, 1, -6.99418e-20),
        ({"kind": "scalar", "chirality": "pseudoscalar", "mediator_mass_eV": 1e-3}, 0, 9.24030e-20),
        ({"kind": "dipole", "chirality": "magnetic"}, 0, 1.3166128e-11),
        ({"kind": "dipole", "chirality": "electric"}, 0, 1.580440e-11),
    ],
)
def test_the_values_to_meet(values: dict[str, Any], side: int, expected: float) -> None:
    found = limits(**values)
    assert found["limit"][side] == pytest.approx(expected, rel=1e-6)
    assert found["limit_status"].tolist() == [FOUND, FOUND]


def random_texture(rng: np.random.Generator, kind: str, chirality: str, nature: str) -> Any:
    antisymmetric = nature == "majorana" and (kind == "dipole" or chirality in (*KINDS["form_factor"][:2], "vector"))
    if rng.random() < 0.5:
        names = ("12", "13", "23") if antisymmetric else ("universal", "11", "12", "13", "22", "23", "33")
        return str(rng.choice(names))
    half = rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3))
    matrix = half + half.conj().T
    if nature == "majorana" and kind in ("scalar", "dipole"):
        matrix = matrix.real + 0j if kind == "scalar" else 1j * matrix.imag
    return [[[float(e.real), float(e.imag)] for e in row] for row in matrix]


def random_case(seed: int) -> dict[str, Any]:
    rng = np.random.default_rng([20250, seed])
    kind, chirality, nature = COMBINATIONS[seed % len(COMBINATIONS)]
    triggers = int(rng.integers(1, 7))
    case: dict[str, Any] = {
        **{"kind": kind, "chirality": chirality, "nature": nature, "gamma0_per_s": 10.0 ** rng.uniform(-4, -2)},
        "texture": random_texture(rng, kind, chirality, nature),
        "ordering": str(rng.choice(["normal", "inverted"])),
        "lightest_mass_eV": float(rng.choice([0.0, 10.0 ** rng.uniform(-4, -1)])),
        "alpha21_deg": rng.uniform(0.0, 360.0),
        "alpha31_deg": rng.uniform(0.0, 360.0),
        "trigger_eV": [1.0717 - 10.0 ** rng.uniform(-4.5, -0.5) for _ in range(triggers)],
        "exposure_days": (10.0 ** rng.uniform(0, 5, triggers)).tolist(),
        "background_per_day": (10.0 ** rng.uniform(-4, 1, triggers) * (rng.random(triggers) < 0.5)).tolist(),
    }
    if kind in ("vector", "scalar"):
        case["mediator_mass_eV"] = float(10.0 ** rng.uniform(-3, 4))
        case["mediator_width_eV"] = case["mediator_mass_eV"] * float(rng.choice([0.0, 1e-3, 0.3]))
    return case


@pytest.mark.parametrize("first", range(0, 200, 20))
def test_limits_and_intervals_agree_with_the_reference(first: int) -> None:
    seen = set()
    for seed in range(first, first + 20):
        case, level = random_case(seed), float(np.random.default_rng(seed).choice([0.68, 0.90, 0.95, 0.997]))
        found = limits(confidence_level=level, **case)
        size = float(chi2_distribution.ppf(level, 1))
        terms = reference.polynomials(case)
        for side, sign in enumerate((1, -1)):
            roots = reference.crossings(terms, size, sign)
            status = FOUND if roots else UNREACHABLE
            assert found["limit_status"][side] == status, (seed, case)
            if roots:
                assert found["limit"][side] == pytest.approx(sign * roots[0], rel=1e-8), (seed, case)
                assert len(roots) % 2 == 1
            else:
                assert math.isnan(found["limit"][side])
            seen.add(status)
        if roots:
            expected = np.array(reference.allowed(terms, size))
            assert found["allowed_intervals"].shape == (len(case["trigger_eV"]) + 1, 2)
            intervals = found["allowed_intervals"][: len(expected)]
            np.testing.assert_allclose(intervals, expected, rtol=1e-8, err_msg=str((seed, case)))
            assert np.isnan(found["allowed_intervals"][len(expected) :]).all(), (seed, case)
    assert FOUND in seen


@pytest.mark.parametrize("chirality", ["left", "right", "axial"])
@pytest.mark.parametrize("exposure", [1.0, 10.0, 1e3])
@pytest.mark.parametrize("texture", ["universal", "33", "12"])
def test_one_trigger_has_a_closed_form(chirality: str, exposure: float, texture: str) -> None:
    case = BASE | {
        **{"chirality": chirality, "texture": texture, "mediator_mass_eV": 0.1},
        **{"trigger_eV": [1.06], "exposure_days": exposure},
    }
    N0, b, c = (float(v) for v in reference.polynomials(case)[0])
    argument = -math.exp(-1.0 - AT_90 / (2.0 * N0))
    edges = [N0 * (-1.0 - float(lambertw(argument, branch).real)) for branch in (-1, 0)]
    roots = np.concatenate([np.roots([c, b, -change]) for change in edges])
    real = np.sort(roots[np.abs(roots.imag) < 1e-9 * np.abs(roots)].real)
    found = limits(**case)
    expected = [real[real > 0.0][0], real[real < 0.0][-1]]
    np.testing.assert_allclose(found["limit"], expected, rtol=1e-9)
    intervals = found["allowed_intervals"]
    np.testing.assert_allclose(intervals[np.isfinite(intervals)], real, rtol=1e-9)


def test_mirror_solutions_are_reported(tmp_path: Path) -> None:
    scan = scan_of("mediator_mass_eV = [1e-3, 1e-2]\nordering = ['normal']", texture="33", ordering=None)
    dataset = rf.run(scan, tmp_path / "limit.zarr")
    assert dataset["limit"].dims == ("mediator_mass_eV", "ordering", "sign")
    assert dataset["limit"].sign.values.tolist() == ["positive", "negative"]
    assert dataset["limit_status"].dims == dataset["limit"].dims
    assert dataset["allowed_intervals"].dims == ("mediator_mass_eV", "ordering", "interval", "edge")
    assert dataset["allowed_intervals"].shape == (2, 1, 4, 2)
    intervals = dataset["allowed_intervals"].values[0, 0]
    np.testing.assert_allclose(intervals[:2], [[-1.79e-26, 2.11e-26], [1.64e-25, 2.03e-25]], rtol=5e-3)
    assert np.isnan(intervals[2:]).all()
    np.testing.assert_array_equal(dataset["limit"].values[0, 0], [intervals[0, 1], intervals[0, 0]])
    case = BASE | {"texture": "33", "mediator_mass_eV": 1e-3}
    np.testing.assert_allclose(intervals[:2], reference.allowed(reference.polynomials(case), AT_90), rtol=1e-9)


@pytest.mark.parametrize(
    "values",
    [
        {"texture": "33", "trigger_eV": [1.07, 1.0708, 1.0712]},
        {"exposure_days": 0.0},
        {"trigger_eV": [1.0718]},
        {"trigger_eV": [1.0718], "background_per_day": 2.0},
    ],
)
def test_what_cannot_reach_the_threshold(values: dict[str, Any]) -> None:
    found = limits(mediator_mass_eV=1e-3, **values)
    assert found["limit_status"].tolist() == [UNREACHABLE, UNREACHABLE]
    assert np.isnan(found["limit"]).all()


LEVELS: dict[str, Any] = {"E_eg_eV": 2.0, "E_vg_eV": 2.25, "gamma_vg_per_s": 1e6, "spin_factor": 0.6}


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"mediator_mass_eV": 0.5}, POLE),  # s = 0.25 eV^2 exactly
        ({"mediator_mass_eV": 0.5, "kind": "scalar", "chirality": "scalar"}, POLE),
        ({"mediator_mass_eV": 0.5, "mediator_width_eV": 0.1}, FOUND),
        ({"mediator_mass_eV": 0.25}, FOUND),
        ({"mediator_mass_eV": 0.5, "exposure_days": [100.0, 0.0]}, FOUND),  # the pole's trigger does not run
    ],
)
def test_a_pole_is_reported(values: dict[str, Any], status: int) -> None:
    found = limits(**LEVELS | {"trigger_eV": [0.875, 0.9375]} | values)
    assert found["limit_status"].tolist() == [status, status]
    assert np.isfinite(found["limit"]).all() == (status == FOUND)
    assert np.isfinite(found["allowed_intervals"]).any() == (status == FOUND)


def test_a_coupling_is_not_needed_and_is_noted_when_given() -> None:
    without, given = scan_of(mediator_mass_eV=1.0), scan_of(mediator_mass_eV=1.0, coupling=1e-20)
    assert without.notes == ()
    assert [note for note in given.notes if "coupling" in note and "ignored" in note]
    np.testing.assert_array_equal(limits_of(without)["limit"], limits_of(given)["limit"])


def test_the_threshold_is_not_rounded() -> None:
    assert threshold(0.90) == float(chi2_distribution.ppf(0.90, 1)) == pytest.approx(2.7055434540954146, rel=1e-14)
    assert threshold(0.95) == float(chi2_distribution.ppf(0.95, 1)) == pytest.approx(3.841458820694124, rel=1e-14)
    terms = reference.polynomials(BASE | {"mediator_mass_eV": 1.0})
    found = limits(mediator_mass_eV=1.0, confidence_level=0.95)["limit"]
    expected = [sign * reference.crossings(terms, 3.841458820694124, sign)[0] for sign in (1, -1)]
    np.testing.assert_allclose(found, expected, rtol=1e-11)
    assert parse_scan(scan_of(mediator_mass_eV=1.0).text.replace("confidence_level", "#")).confidence_level == 0.90
