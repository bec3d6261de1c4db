"""Profiling: the least over all nuisance points, by brute force from the package's spectra, and what is refused.

The spectra are those of `rf.spectral_function` (others test them), so that chi^2 and limits must agree to 1e-12.
"""

import itertools
import json
import math
from pathlib import Path
from typing import Any

import limit_reference as reference
import numpy as np
import pytest
from scipy.optimize import brentq

import renp_fast as rf
from renp_fast.evaluate.evaluate import Evaluator
from renp_fast.scan_file.profile import parse_profile
from renp_fast.scan_file.scan import Scan, parse_scan
from renp_fast.scan_file.schema import TABLE_OF

THRESHOLD = 2.7055434540954146
GAMMA0 = 0.002
SINE, BELOW, ABOVE = math.sin(math.radians(33.68)) ** 2, 0.011, 0.012  # theta12 of NuFIT 6.0
BASE: dict[str, Any] = {
    **{"gamma0_per_s": GAMMA0, "nature": "majorana", "ordering": "normal", "lightest_mass_eV": 0.01},
    **{"kind": "vector", "chirality": "left", "texture": "universal", "mediator_mass_eV": 1e-3},
    **{"trigger_eV": [1.069, 1.07, 1.0708], "exposure_days": [30.0, 50.0, 80.0], "background_per_day": [0.0, 0.1, 0.2]},
}
PROFILE = """
alpha21_deg = { linear = [0.0, 270.0], points = 4 }
alpha31_deg = [0.0, 100.0]
lightest_mass_eV = [0.005, 0.01, 0.012]
theta12_deg = { prior = "NuFIT-6.0", sigmas = 2.0, points = 5 }
"""
Nuisance = tuple[dict[str, Any], float]
THETA12 = [
    (math.degrees(math.asin(math.sqrt(SINE + k * (ABOVE if k > 0 else BELOW)))), float(k * k)) for k in range(-2, 3)
]
NUISANCES: list[Nuisance] = [({}, 0.0)] + [
    ({"alpha21_deg": a21, "alpha31_deg": a31, "lightest_mass_eV": m, "theta12_deg": t12}, cost)
    for a21, a31, m, (t12, cost) in itertools.product(
        (0.0, 90.0, 180.0, 270.0), (0.0, 100.0), (0.005, 0.01, 0.012), THETA12
    )
]


def scan_of(observable: str, profile: str = "", axes: str = "", extra: str = "", **values: Any) -> Scan:
    given = {name: value for name, value in (BASE | values).items() if value is not None}
    lines = [f'observable = "{observable}"']
    lines += [f"{TABLE_OF[name]}.{name} = {json.dumps(value)}" for name, value in given.items()]
    return parse_scan("\n".join([*lines, "[axes]", axes, "[profile]", profile, extra]))


def result_of(scan: Scan) -> dict[str, Any]:
    return Evaluator(scan)(tuple(slice(0, n) for n in scan.shape))


def events(g: float, **changes: Any) -> np.ndarray:
    values = BASE | changes
    names = {"nature", "ordering", "lightest_mass_eV", "alpha21_deg", "alpha31_deg", "theta12_deg"}
    interaction = rf.Vector(
        g, mediator_mass_eV=values["mediator_mass_eV"], chirality=values["chirality"], texture=values["texture"]
    )
    neutrino = {name: value for name, value in values.items() if name in names}
    spectrum = rf.spectral_function(values["trigger_eV"], interaction=interaction, **neutrino)
    rate = 86400.0 * values["gamma0_per_s"] * spectrum + np.array(values["background_per_day"])
    return rate * np.array(values["exposure_days"])


def brute_force(g: float, nuisances: list[Nuisance], **values: Any) -> float:
    """Chi^2 plus the priors' costs at every nuisance point, and the least of them."""
    N0 = events(0.0, **values)
    N = np.array([events(g, **values | changes) for changes, _ in nuisances])
    t = (N - N0) / N0
    return float(np.min((2.0 * N0 * (t - np.log1p(t))).sum(axis=1) + [cost for _, cost in nuisances]))


@pytest.mark.parametrize("coupling", [-3e-26, -6e-27, 0.0, 4e-27, 1.3e-26, 2e-25])
def test_profiled_chi2_is_the_least_of_all(coupling: float) -> None:
    scan = scan_of("chi2", PROFILE, coupling=coupling)
    assert scan.nuisance_points == len(NUISANCES) == 121
    assert float(result_of(scan)["chi2"]) == pytest.approx(brute_force(coupling, NUISANCES), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("values", [{}, {"chirality": "axial", "texture": "12"}, {"alpha21_deg": 33.0}])
def test_profiled_limits_are_those_of_brute_force(values: dict[str, Any]) -> None:
    found = result_of(scan_of("limit", PROFILE, **values))
    alone = result_of(scan_of("limit", **values))["limit"]
    assert found["limit_status"].tolist() == [1, 1]
    for limit, unprofiled in zip(found["limit"].tolist(), alone.tolist(), strict=True):
        assert limit / unprofiled >= 1.0
        inside = [brute_force(part * limit, NUISANCES, **values) for part in np.linspace(0.0, 0.999, 25)]
        assert max(inside) < THRESHOLD  # the first crossing, not a later one
        expected = brentq(
            lambda g: brute_force(g, NUISANCES, **values) - THRESHOLD,
            limit * 0.9999,
            limit * 1.0001,
            xtol=1e-300,
            rtol=1e-14,
        )
        assert limit == pytest.approx(expected, rel=1e-12)
        assert brute_force(limit, NUISANCES, **values) == pytest.approx(THRESHOLD, rel=1e-12)


def test_chi2_that_is_nearly_flat_just_below_the_threshold_does_not_end_the_search() -> None:
    values: dict[str, Any] = {
        **{"lightest_mass_eV": 0.001 + 6 * 0.008 / 7, "mediator_mass_eV": 1e-3 * 10.0 ** (10.0 / 11.0)},
        **{"alpha21_deg": 50.0, "exposure_days": 100.0, "background_per_day": None},
        "trigger_eV": [1.069, 1.07, 1.0708, 1.0712, 1.0716, 1.07164],
    }
    profile = "alpha21_deg = { linear = [0.0, 330.0], points = 24 }\n"
    profile += "theta12_deg = { prior = 'NuFIT-6.0', sigmas = 3.0, points = 9 }"
    found = result_of(scan_of("limit", profile, **values))
    assert found["limit_status"].tolist() == [1, 1]
    limit = float(found["limit"][1])
    couplings = [share * limit for share in (0.2, 0.4, 0.6, 0.8, 0.9, 0.99, 0.999999, 1.000001)]
    chi2 = scan_of("chi2", profile, f"coupling = {couplings}", **values)
    assert (result_of(chi2)["chi2"] <= THRESHOLD).tolist() == [True] * 7 + [False]


@pytest.mark.parametrize("sign", [0, 1])
@pytest.mark.parametrize("seed", range(10))
def test_a_profiled_limit_is_never_stronger(seed: int, sign: int) -> None:
    rng = np.random.default_rng(seed)
    values = {
        "ordering": str(rng.choice(["normal", "inverted"])),
        "nature": str(rng.choice(["dirac", "majorana"])),
        "lightest_mass_eV": rng.uniform(0.0, 0.05),
        "mediator_mass_eV": 10.0 ** rng.uniform(-3, 3),
        "chirality": str(rng.choice(["left", "right", "axial"])),
        "texture": str(rng.choice(["universal", "12", "13", "22", "33"])),
        "exposure_days": float(10.0 ** rng.uniform(0.0, 4.0)),
        "trigger_eV": rng.uniform(1.0, 1.0690, 3).tolist(),
    }
    alone, profiled = (result_of(scan_of("limit", text, **values)) for text in ("", PROFILE))
    assert alone["limit_status"][sign] == 1
    if profiled["limit_status"][sign] == 1:
        assert profiled["limit"][sign] / alone["limit"][sign] >= 1.0 - 1e-13
    for low, high in alone["allowed_intervals"][np.isfinite(alone["allowed_intervals"][:, 0])]:
        union = profiled["allowed_intervals"]
        inside = (union[:, 0] <= low + 1e-12 * abs(low)) & (high - 1e-12 * abs(high) <= union[:, 1])
        assert inside.any(), (low, high, union)


def test_allowed_intervals_are_the_union_of_those_of_all_points() -> None:
    values = {"texture": "33", "nature": "dirac", "exposure_days": 100.0, "background_per_day": 0.0}
    found = result_of(scan_of("limit", "lightest_mass_eV = [0.008, 0.012]", **values))
    edges = found["allowed_intervals"][np.isfinite(found["allowed_intervals"])]
    nuisances: list[Nuisance] = [({"lightest_mass_eV": m}, 0.0) for m in (0.01, 0.008, 0.012)]
    values |= {"background_per_day": [0.0] * 3, "exposure_days": [100.0] * 3}
    grid = np.linspace(-5e-25, 5e-25, 4001)
    inside = np.array([brute_force(g, nuisances, **values) <= THRESHOLD for g in grid])
    brute = grid[np.flatnonzero(inside[1:] != inside[:-1])]
    np.testing.assert_allclose(edges, brute, atol=3e-28)


def test_orderings_and_natures_may_be_nuisances() -> None:
    profile = 'ordering = ["normal", "inverted"]\nnature = ["dirac", "majorana"]'
    choices = itertools.product(("normal", "inverted"), ("dirac", "majorana"))
    nuisances: list[Nuisance] = [({}, 0.0), *(({"ordering": o, "nature": n}, 0.0) for o, n in choices)]
    for coupling in (5e-27, -4e-26):
        found = float(result_of(scan_of("chi2", profile, coupling=coupling))["chi2"])
        assert found == pytest.approx(brute_force(coupling, nuisances), rel=1e-12)
    found = result_of(scan_of("limit", profile, ordering="inverted"))["limit"]
    for limit in found:
        assert brute_force(limit, nuisances, ordering="inverted") == pytest.approx(THRESHOLD, rel=1e-12)


def test_points_of_a_prior_are_even_in_sigmas() -> None:
    entries = parse_profile("theta12_deg", {"prior": "NuFIT-6.0", "sigmas": 3.0, "points": 7}, True).entries("normal")
    for k, (value, cost) in zip(range(-3, 4), entries, strict=True):
        assert cost == pytest.approx(k * k, rel=1e-14)
        assert math.sin(math.radians(value)) ** 2 == pytest.approx(SINE + k * (ABOVE if k > 0 else BELOW), rel=1e-13)
    form = parse_profile("lightest_mass_eV", {"mean": 0.02, "sigma": 0.004, "sigmas": 2.0, "points": 5}, True)
    assert [value for value, _ in form.entries("normal")] == pytest.approx([0.012, 0.016, 0.02, 0.024, 0.028])
    assert [cost for _, cost in form.entries("normal")] == pytest.approx([4.0, 1.0, 0.0, 1.0, 4.0])


def test_a_truth_off_the_centre_of_a_prior_pays_for_it() -> None:
    profile = "lightest_mass_eV = { mean = 0.02, sigma = 0.004, sigmas = 2.0, points = 1 }"
    nuisances: list[Nuisance] = [({}, 6.25), ({"lightest_mass_eV": 0.02}, 0.0)]
    for coupling in (0.0, 1e-26):
        found = float(result_of(scan_of("chi2", profile, coupling=coupling))["chi2"])
        assert found == pytest.approx(brute_force(coupling, nuisances), rel=1e-12)


@pytest.mark.parametrize(
    ("profile", "axes", "observable", "message"),
    [
        ("alpha21_deg = [0.0]", "alpha21_deg = [0.0, 1.0]", "limit", "alpha21_deg: stands in [axes] too"),
        ("alpha_deg = [0.0]", "", "limit", "alpha_deg"),
        ('kind = ["vector"]', "", "limit", "kind"),
        ("coupling = [1e-26]", "", "limit", "coupling"),
        ("mediator_mass_eV = [1.0]", "", "limit", "mediator_mass_eV"),
        ('theta12_deg = { prior = "NuFIT-9", sigmas = 1.0, points = 3 }', "", "limit", "NuFIT-9"),
        ('alpha21_deg = { prior = "NuFIT-6.0", sigmas = 1.0, points = 3 }', "", "limit", "alpha21_deg: prior"),
        ("theta12_deg = { mean = 33.0, sigma = 0.0, points = 3 }", "", "limit", "sigma"),
        ("alpha21_deg = [0.0]", "photon_energy_eV = [1.0]", "spectral_function", "[profile]"),
        ("alpha21_deg = [0.0]", "", "events", "[profile]"),
    ],
)
def test_what_a_profile_may_not_say(profile: str, axes: str, observable: str, message: str) -> None:
    counting = observable in ("limit", "events")
    given = {"trigger_eV": BASE["trigger_eV"] if counting else None, "exposure_days": 1.0 if counting else None}
    with pytest.raises(rf.ScanError) as error:
        scan_of(observable, profile, axes, coupling=1e-26, background_per_day=None, **given)
    assert any("[profile]" in fault and message in fault for fault in str(error.value).splitlines())


@pytest.mark.parametrize("observable", ["limit", "chi2"])
def test_bits_depend_neither_on_blocks_nor_on_threads(tmp_path: Path, observable: str) -> None:
    axes = "mediator_mass_eV = { log = [1e-3, 10.0], points = 7 }\n"
    axes += "ordering = ['normal', 'inverted']\ntexture = ['33', '12']"
    removed: dict[str, Any] = dict.fromkeys(("mediator_mass_eV", "ordering", "texture"))
    results = []
    for block_points, threads in ((1, 3), (4, 1), (1000, 2)):
        extra = f"[storage]\nblock_points = {block_points}"
        scan = scan_of(observable, PROFILE, axes, extra, coupling=1e-25, **removed)
        dataset = rf.run(scan, tmp_path / f"{block_points}.zarr", threads=threads).load()
        assert dataset[observable].dims[:3] == ("mediator_mass_eV", "ordering", "texture")
        results.append(dataset)
    for other in results[1:]:
        for name in results[0].data_vars:
            assert results[0][name].values.tobytes() == other[name].values.tobytes(), name


def test_without_nuisances_the_reference_agrees() -> None:
    terms = reference.polynomials(BASE)
    expected = [sign * reference.crossings(terms, THRESHOLD, sign)[0] for sign in (1, -1)]
    profiled = result_of(scan_of("limit", "alpha21_deg = [0.0]"))["limit"]
    np.testing.assert_allclose(profiled, expected, rtol=1e-10)


def test_more_intervals_than_there_is_room_for_are_counted_and_the_nearest_kept(tmp_path: Path) -> None:
    """A heavier neutrino fits at two couplings around zero and at two mirrors of these; one trigger has two slots."""
    text = """
    observable = "limit"
    target.gamma0_per_s = 0.002
    neutrino = { nature = "dirac", ordering = "normal", lightest_mass_eV = 0.01 }
    interaction = { kind = "vector", chirality = "left", texture = "33", mediator_mass_eV = 1e-3 }
    experiment = { trigger_eV = [1.06], exposure_days = 3e5 }
    profile.lightest_mass_eV = [0.03]
    """
    ds = rf.run(parse_scan(text), tmp_path / "limit.zarr").load()
    assert ds["interval_count"].item() == 4
    (low, high), (negative, positive) = ds["allowed_intervals"].values
    assert low < high < negative < 0.0 < positive
    np.testing.assert_array_equal(ds["limit"].values, [positive, negative])
    edges = [1.001 * low, 0.999 * low, 1.001 * high, 0.999 * high, 1.001 * negative, 0.0, 7.94e-25, 8.01e-25]
    chi2 = text.replace('"limit"', '"chi2"') + f"\n    axes.coupling = {[float(edge) for edge in edges]}"
    found = rf.run(parse_scan(chi2), tmp_path / "chi2.zarr")["chi2"].values
    assert list(found <= THRESHOLD) == [False, True, True, False, False, True, True, True]


def test_sets_that_differ_in_yields_alone() -> None:
    profile = "alpha21_deg = [0.0, 120.0, 240.0]"
    together = result_of(scan_of("limit", profile, "exposure_days = [30.0, 60.0]", exposure_days=None))["limit"]
    for exposure, limits in zip((30.0, 60.0), together, strict=True):
        alone = result_of(scan_of("limit", profile, exposure_days=exposure))["limit"]
        np.testing.assert_allclose(limits, alone, rtol=1e-14)


def test_sets_of_nuisance_points_together_are_those_of_each_alone() -> None:
    profile = "alpha21_deg = { linear = [0.0, 330.0], points = 13 }\n"
    profile += "background_per_day = { mean = 0.1, sigma = 0.05, sigmas = 1.0, points = 3 }"
    axes = {
        "exposure_days": [30.0, 60.0],
        "mediator_mass_eV": [1e-3, 0.05],
        "alpha31_deg": [0.0, 50.0, 90.0],
        "ordering": ["normal", "inverted"],
        "lightest_mass_eV": [0.005, 0.01],
    }
    removed: dict[str, Any] = dict.fromkeys(axes)
    text = "\n".join(f"{name} = {json.dumps(values)}" for name, values in axes.items())
    evaluate = Evaluator(scan_of("limit", profile, text, background_per_day=0.1, **removed))
    together = evaluate(tuple(slice(0, len(values)) for values in axes.values()))["limit"]
    for place in itertools.product(*(range(len(values)) for values in axes.values())):
        alone = evaluate(tuple(slice(i, i + 1) for i in place))["limit"]
        assert alone.tobytes() == together[place].tobytes()
    for place in [(0, 0, 0, 0, 0), (1, 0, 2, 1, 1), (1, 1, 1, 0, 1)]:
        values = {name: values[i] for (name, values), i in zip(axes.items(), place, strict=True)}
        alone = result_of(scan_of("limit", profile, background_per_day=0.1, **values))["limit"]
        np.testing.assert_allclose(together[place], alone, rtol=1e-14)


def test_sets_that_differ_in_what_nuisances_differ_in_too() -> None:
    """Both choose among the matrices of couplings."""
    profile = 'nature = ["dirac", "majorana"]\nspin_average = ["isotropic", "polarised"]\n'
    profile += "alpha21_deg = { linear = [0.0, 330.0], points = 13 }"
    axes = {"chirality": ["left", "axial"], "lightest_mass_eV": [0.005, 0.01], "texture": ["33", "12"]}
    removed: dict[str, Any] = dict.fromkeys(axes)
    text = "\n".join(f"{name} = {json.dumps(values)}" for name, values in axes.items())
    together = result_of(scan_of("limit", profile, text, **removed))["limit"]
    for place in itertools.product(range(2), repeat=3):
        values = {name: values[i] for (name, values), i in zip(axes.items(), place, strict=True)}
        alone = result_of(scan_of("limit", profile, **values))["limit"]
        assert alone.tobytes() == together[place].tobytes()
