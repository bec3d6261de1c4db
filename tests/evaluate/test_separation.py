"""Separation of two hypotheses, by brute force from the package's spectra, and what is refused."""

import itertools
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from scipy.optimize import minimize_scalar

import renp_fast as rf
from renp_fast.cli.commands import main
from renp_fast.errors import ScanError
from renp_fast.evaluate.evaluate import Evaluator
from renp_fast.scan_file.scan import Scan, parse_scan
from renp_fast.scan_file.schema import TABLE_OF

THRESHOLD = 2.7055434540954146
GAMMA0 = 0.002
TRIGGERS, EXPOSURES, BACKGROUNDS = [1.069, 1.07, 1.0708], [30.0, 50.0, 80.0], [0.0, 0.1, 0.2]
BASE: dict[str, Any] = {
    **{"gamma0_per_s": GAMMA0, "nature": "majorana", "ordering": "normal", "lightest_mass_eV": 0.01},
    **{"kind": "vector", "chirality": "left", "texture": "universal", "mediator_mass_eV": 1e-3, "coupling": 4e-26},
    **{"trigger_eV": TRIGGERS, "exposure_days": EXPOSURES, "background_per_day": BACKGROUNDS},
}


def scan_of(alternative: str, axes: str = "", profile: str = "", **values: Any) -> Scan:
    given = {name: value for name, value in (BASE | values).items() if value is not None}
    lines = ['observable = "separation"']
    lines += [f"{TABLE_OF[name]}.{name} = {json.dumps(value)}" for name, value in given.items()]
    return parse_scan("\n".join([*lines, "[alternative]", alternative, "[axes]", axes, "[profile]", profile]))


def result_of(scan: Scan) -> dict[str, Any]:
    return Evaluator(scan)(tuple(slice(0, n) for n in scan.shape))


def events(**changes: Any) -> np.ndarray:
    values = BASE | changes
    kinds = {"vector": rf.Vector, "dipole": rf.Dipole, "scalar": rf.Scalar}
    interaction = None
    if values["kind"] != "standard_model":
        options = {name: values[name] for name in ("chirality", "texture")}
        if values["kind"] != "dipole":
            options["mediator_mass_eV"] = values["mediator_mass_eV"]
        interaction = kinds[values["kind"]](values["coupling"], **options)
    names = {"nature", "ordering", "lightest_mass_eV", "alpha21_deg", "alpha31_deg", "theta12_deg"}
    neutrino = {name: value for name, value in values.items() if name in names}
    spectrum = rf.spectral_function(TRIGGERS, interaction=interaction or rf.StandardModel(), **neutrino)
    return (86400.0 * GAMMA0 * spectrum + np.array(BACKGROUNDS)) * np.array(EXPOSURES)


def chi2(N0: np.ndarray, N: np.ndarray) -> float:
    t = (N - N0) / N0
    return float((2.0 * N0 * (t - np.log1p(t))).sum())


@pytest.mark.parametrize(
    "changes",
    [
        {"ordering": "inverted"},
        {"nature": "dirac", "lightest_mass_eV": 0.03},
        {"coupling": -1e-26},
        {"mediator_mass_eV": 2.0, "chirality": "right"},
        {"texture": "12", "alpha21_deg": 100.0},
        {"kind": "standard_model"},
        {"kind": "scalar", "chirality": "scalar", "texture": "universal", "coupling": 1e-19, "mediator_mass_eV": 3.0},
    ],
    ids=str,
)
def test_chi2_of_the_alternative_against_the_events_of_the_truth(changes: dict[str, Any]) -> None:
    text = "\n".join(f"{name} = {json.dumps(value)}" for name, value in changes.items())
    found = result_of(scan_of(text))
    N0 = events()
    expected = chi2(N0, events(**changes))
    assert found["separation"] == pytest.approx(expected, rel=1e-9)
    assert found["exposure_factor"] == pytest.approx(THRESHOLD / expected, rel=1e-9)
    assert found["events_needed"] == pytest.approx(N0.sum() * THRESHOLD / expected, rel=1e-9)
    assert found["separation_status"] == 1


def test_truth_and_alternative_swapped_differ_by_more_than_the_order_of_subtraction() -> None:
    one = result_of(scan_of('ordering = "inverted"'))["separation"]
    other = result_of(scan_of('ordering = "normal"', ordering="inverted"))["separation"]
    assert other == pytest.approx(chi2(events(ordering="inverted"), events()), rel=1e-9)
    assert one != other


def test_the_exposure_factor_brings_chi2_to_the_threshold() -> None:
    factor = float(result_of(scan_of('ordering = "inverted"'))["exposure_factor"])
    longer = scan_of('ordering = "inverted"', exposure_days=[factor * days for days in EXPOSURES])
    assert result_of(longer)["separation"] == pytest.approx(THRESHOLD, rel=1e-12)


def test_the_exposure_factor_with_priors() -> None:
    profile = "theta12_deg = { mean = 33.68, sigma = 0.7, points = 9 }"
    factor = float(result_of(scan_of("lightest_mass_eV = 0.03", profile=profile))["exposure_factor"])
    found = [
        float(
            result_of(
                scan_of("lightest_mass_eV = 0.03", profile=profile, exposure_days=[x * factor * d for d in EXPOSURES])
            )["separation"]
        )
        for x in (0.99, 1.0, 1.01)
    ]
    assert found[0] < THRESHOLD < found[2]
    assert found[1] == pytest.approx(THRESHOLD, rel=1e-12)


def test_a_hypothesis_is_never_told_from_itself() -> None:
    found = result_of(scan_of('coupling = "free"'))
    assert (found["separation"], found["exposure_factor"], found["events_needed"]) == (0.0, math.inf, math.inf)


def test_a_free_coupling_is_the_one_that_suits_best() -> None:
    truth = {"kind": "dipole", "chirality": "magnetic", "texture": "12", "coupling": 6e-11, "mediator_mass_eV": None}
    found = result_of(scan_of('chirality = "electric"\ntexture = "13"\ncoupling = "free"', **truth))["separation"]
    N0 = events(**truth)

    def at(coupling: float) -> float:
        return chi2(N0, events(**truth | {"chirality": "electric", "texture": "13", "coupling": coupling * 1e-11}))

    best = minimize_scalar(at, bounds=(0.0, 40.0), method="bounded", options={"xatol": 1e-10})
    assert found == pytest.approx(best.fun, rel=1e-9)
    assert 0.0 < found < at(6.0)


def test_the_profile_is_minimised_over_for_the_alternative_alone() -> None:
    profile = "alpha21_deg = [0.0, 90.0, 200.0]\ntheta12_deg = { mean = 33.68, sigma = 0.7, points = 3 }"
    scan = scan_of('ordering = "inverted"', axes="coupling = [1e-26, -3e-26]", profile=profile)
    thetas = [(33.68 + k * 0.7 * 3.0, 9.0 * k * k) for k in (-1, 0, 1)]
    for place, coupling in enumerate([1e-26, -3e-26]):
        N0 = events(coupling=coupling)
        expected = min(
            chi2(N0, events(coupling=coupling, ordering="inverted", alpha21_deg=a, theta12_deg=t)) + cost
            for a, (t, cost) in itertools.product((0.0, 90.0, 200.0), thetas)
        )
        assert result_of(scan)["separation"][place] == pytest.approx(expected, rel=1e-9)


def test_axes_of_both_hypotheses() -> None:
    axes = """
    lightest_mass_eV = [0.01, 0.03]
    alternative.lightest_mass_eV = [0.02, 0.03, 0.05]
    coupling = [1e-26, 5e-26]
    alternative.coupling = [2e-26]
    """
    scan = scan_of("", axes=axes)
    # To TOML the axes of the alternative are a table of their own, which stands where its first one does
    assert scan.axis_names == (
        "lightest_mass_eV",
        "alternative.lightest_mass_eV",
        "alternative.coupling",
        "coupling",
    )
    found = xr.DataArray(result_of(scan)["separation"], dims=scan.axis_names)
    for (i, m), (j, n), (k, g) in itertools.product(
        enumerate([0.01, 0.03]), enumerate([0.02, 0.03, 0.05]), enumerate([1e-26, 5e-26])
    ):
        at = {"lightest_mass_eV": i, "alternative.lightest_mass_eV": j, "coupling": k, "alternative.coupling": 0}
        expected = chi2(events(lightest_mass_eV=m, coupling=g), events(lightest_mass_eV=n, coupling=2e-26))
        assert float(found.isel(at)) == pytest.approx(expected, rel=1e-8)


def test_blocks_of_any_shape_hold_the_same_bits() -> None:
    axes = 'lightest_mass_eV = [0.01, 0.02, 0.03]\nalternative.texture = ["11", "12", "23"]\ncoupling = [1e-26, 4e-26]'
    for profile in ("", "theta12_deg = [33.0, 34.0]"):
        scan = scan_of('coupling = "free"', axes=axes, profile=profile)
        evaluate = Evaluator(scan)
        whole = evaluate(tuple(slice(0, n) for n in scan.shape))
        for place in np.ndindex(*scan.shape):
            point = evaluate(tuple(slice(i, i + 1) for i in place))
            for name, values in whole.items():
                assert values[place].tobytes() == point[name].tobytes()


def test_through_the_store(tmp_path: Path) -> None:
    path = tmp_path / "separation.toml"
    lines = ['observable = "separation"\nconfidence_level = 0.95']
    lines += [f"{TABLE_OF[name]}.{name} = {json.dumps(value)}" for name, value in BASE.items()]
    lines += ['[alternative]\nnature = "dirac"\n[axes]\nalternative.texture = ["11", "23"]\nordering = ["inverted"]']
    path.write_text("\n".join(lines))
    assert main(["run", str(path), "-o", str(tmp_path / "s.zarr")]) == 0
    with xr.open_zarr(tmp_path / "s.zarr") as found:
        assert found.separation.dims == ("alternative.texture", "ordering")
        assert found.attrs["confidence_level"] == 0.95
        N0 = events(ordering="inverted")
        for texture in ("11", "23"):
            expected = chi2(N0, events(ordering="inverted", nature="dirac", texture=texture))
            point = found.sel({"alternative.texture": texture, "ordering": "inverted"})
            assert float(point.separation) == pytest.approx(expected, rel=1e-9)
            assert float(point.exposure_factor) == pytest.approx(3.841458820694124 / expected, rel=1e-9)


@pytest.mark.parametrize(
    ("alternative", "axes", "profile", "words"),
    [
        ("", "", "", ("[alternative]: missing", "ordering")),
        ('orderin = "inverted"', "", "", ("[alternative] orderin: unknown key", "mean ordering?")),
        ('ordering = "up"', "", "", ("[alternative] ordering", "normal, inverted")),
        ('texture = "14"', "", "", ("[alternative] texture", "allowed")),
        ('kind = "scalar"', "", "", ("[alternative] coupling: missing", "[alternative] chirality: missing")),
        ('kind = "standard_model"\ncoupling = "free"', "", "", ("[alternative] coupling", "leave it out")),
        ('coupling = "Free"', "", "", ("[alternative] coupling: got 'Free'", "a finite number", ', or "free"')),
        ("trigger_eV = [1.0]", "", "", ("[alternative] trigger_eV: unknown key",)),
        ("", "alternative.kind = ['vector']", "", ("[axes] alternative.kind",)),
        ("", "alternative.lightest_mass_eV = [-1.0]", "", ("[axes] alternative.lightest_mass_eV", "at least 0")),
        ("", "alternative.masses = [1.0]", "", ("[axes] alternative.masses: unknown key",)),
        ("lightest_mass_eV = 0.02", "", "lightest_mass_eV = [0.03]", ("[profile] lightest_mass_eV", "one of the two")),
    ],
)
def test_what_is_refused(alternative: str, axes: str, profile: str, words: tuple[str, ...]) -> None:
    with pytest.raises(ScanError) as error:
        scan_of(alternative, axes=axes, profile=profile)
    for word in words:
        assert any(line.startswith("scan: ") and word in line for line in str(error.value).splitlines()), error.value


def test_an_alternative_is_for_separations_alone() -> None:
    with pytest.raises(ScanError, match=r"\[alternative\]: chi2 has none; allowed: for separation alone"):
        parse_scan('observable = "chi2"\n[alternative]\nordering = "inverted"')
