"""Expected limits from pseudo-experiments: against a second implementation, in the limit of high counts, bit by bit."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from scipy.optimize import brentq

import renp_fast as rf
from renp_fast.cli.commands import main
from renp_fast.errors import ScanError
from renp_fast.evaluate.evaluate import Evaluator
from renp_fast.kernels.likelihood.pseudo_experiments import draw
from renp_fast.scan_file.scan import Scan, parse_scan
from renp_fast.scan_file.schema import TABLE_OF

THRESHOLD = 2.7055434540954146
QUANTILES = [0.025, 0.16, 0.5, 0.84, 0.975]
BASE: dict[str, Any] = {
    **{"gamma0_per_s": 0.002, "nature": "majorana", "ordering": "normal", "lightest_mass_eV": 0.01},
    **{"kind": "vector", "chirality": "left", "texture": "universal", "mediator_mass_eV": 1e-3},
    **{"trigger_eV": [1.069, 1.07, 1.0708], "exposure_days": [30.0, 50.0, 80.0], "background_per_day": [0.0, 0.1, 0.2]},
}
DIPOLE = {"kind": "dipole", "chirality": "magnetic", "texture": "12", "mediator_mass_eV": None, "nature": "dirac"}


def text_of(toys: int | None, axes: str = "", profile: str = "", seed: int = 5, **values: Any) -> str:
    given = {name: value for name, value in (BASE | values).items() if value is not None}
    lines = ['observable = "limit"']
    if toys is not None:
        lines += ['method = "toys"', f"toys = {toys}", f"seed = {seed}"]
    lines += [f"{TABLE_OF[name]}.{name} = {json.dumps(value)}" for name, value in given.items()]
    return "\n".join([*lines, "[axes]", axes, "[profile]", profile])


def result_of(scan: Scan) -> dict[str, Any]:
    return Evaluator(scan)(tuple(slice(0, n) for n in scan.shape))


def drawn(N0: np.ndarray, seed: int, count: int) -> np.ndarray:
    data = np.empty((count, N0.size))
    for experiment in range(count):
        draw(N0, seed, experiment, data[experiment])
    return data


def test_limits_of_a_moment_by_hand() -> None:
    """One trigger and N = N0 + c mu^2: the best fit is (n - N0)/c or zero, and the limit a root of one equation."""
    one = {"trigger_eV": [1.07], "exposure_days": 30.0, "background_per_day": 0.0}
    found = result_of(parse_scan(text_of(201, **DIPOLE | one)))
    per_I = 86400.0 * 0.002 * 30.0
    standard, new = (
        rf.spectral_function([1.07], interaction=interaction, nature="dirac", ordering="normal", lightest_mass_eV=0.01)[
            0
        ]
        for interaction in (rf.StandardModel(), rf.Dipole(1e-11, texture="12"))
    )
    N0, c = per_I * standard, per_I * (new - standard)

    def chi2(n: float, N: float) -> float:
        return 2.0 * (N - n + (n * math.log(n / N) if n > 0.0 else 0.0))

    sizes = []
    for (n,) in drawn(np.array([N0]), 5, 201):
        least = min(chi2(n, N0), chi2(n, max(n, N0)))
        end = brentq(lambda N, n=n, least=least: chi2(n, N) - least - THRESHOLD, max(n, N0), 50.0 * N0, xtol=1e-10)
        sizes.append(1e-11 * math.sqrt((end - N0) / c))
    expected = [sorted(sizes)[math.ceil(q * 201) - 1] for q in QUANTILES]
    assert found["limit_quantiles"][0] == pytest.approx(expected, rel=1e-8)
    assert found["limit_quantiles"][1] == pytest.approx([-size for size in expected], rel=1e-8)
    assert found["limit"].tolist() == [found["limit_quantiles"][0][2], found["limit_quantiles"][1][2]]
    assert found["limit_status"].tolist() == [1, 1]


def test_limits_of_a_vector_by_brute_force() -> None:
    """Chi^2 on a dense grid of couplings, its least value, and the ends of what lies below the threshold above it."""
    count, scale = 40, 1e-26
    found = result_of(parse_scan(text_of(count)))

    def events(g: float) -> np.ndarray:
        spectrum = rf.spectral_function(
            BASE["trigger_eV"],
            interaction=rf.Vector(g * scale, mediator_mass_eV=1e-3) if g else rf.StandardModel(),
            **{name: BASE[name] for name in ("nature", "ordering", "lightest_mass_eV")},
        )
        rate = 86400.0 * BASE["gamma0_per_s"] * spectrum + np.array(BASE["background_per_day"])
        return rate * np.array(BASE["exposure_days"])

    N0, plus, minus = events(0.0), events(1.0), events(-1.0)
    form = np.stack([N0, 0.5 * (plus - minus), 0.5 * (plus + minus) - N0])
    couplings = np.linspace(-20.0, 20.0, 400_001)
    N = form[0] + couplings[:, None] * (form[1] + couplings[:, None] * form[2])
    zero = couplings.size // 2
    sizes: dict[int, list[float]] = {1: [], -1: []}
    for n in drawn(N0, 5, count):
        chi2 = np.sum(2.0 * (N - n + n * np.log(np.where(n > 0.0, n, 1.0) / N)), axis=1)
        allowed = chi2 <= chi2.min() + THRESHOLD
        for sign in (1, -1):
            side = allowed[zero::sign]
            first = int(np.argmax(side)) if side.any() else 0
            length = int(np.argmin(side[first:])) if side.any() else 1
            sizes[sign].append(abs(couplings[zero + sign * (first + length - 1)]))
    for row, sign in enumerate((1, -1)):
        expected = [sign * scale * sorted(sizes[sign])[math.ceil(q * count) - 1] for q in QUANTILES]
        assert found["limit_quantiles"][row] == pytest.approx(expected, abs=2e-4 * scale)


@pytest.mark.parametrize("values", [{}, DIPOLE, {"mediator_mass_eV": 30.0, "chirality": "axial"}], ids=str)
def test_the_median_is_the_asimov_limit_at_high_counts(values: dict[str, Any]) -> None:
    """At 1e7 times the events the median of 2001 limits is within four of its standard errors of the Asimov limit."""
    long = {"exposure_days": [3e8, 5e8, 8e8], "background_per_day": 0.0}
    toys = result_of(parse_scan(text_of(2001, **values | long)))
    asimov = result_of(parse_scan(text_of(None, **values | long)))
    spread = np.abs(toys["limit_quantiles"][:, 3] - toys["limit_quantiles"][:, 1]) / 2.0
    error = 4.0 * 1.2533 * spread / math.sqrt(2001.0)
    assert np.all(np.abs(toys["limit"] - asimov["limit"]) < error)
    assert np.all(error < 0.1 * np.abs(asimov["limit"]))


AXES = "mediator_mass_eV = [1e-3, 2.0, 50.0]\nlightest_mass_eV = [0.0, 0.02]\nordering = ['normal', 'inverted']"


@pytest.mark.parametrize("profile", ["", "theta12_deg = { mean = 33.7, sigma = 0.7, points = 3 }"])
def test_a_point_alone_has_the_bits_it_has_among_others(profile: str) -> None:
    scan = parse_scan(text_of(9, axes=AXES, profile=profile, ordering=None, lightest_mass_eV=None))
    evaluate = Evaluator(scan)
    whole = evaluate(tuple(slice(0, n) for n in scan.shape))
    for place in np.ndindex(*scan.shape):
        point = evaluate(tuple(slice(i, i + 1) for i in place))
        for name, values in whole.items():
            assert values[place].tobytes() == point[name].tobytes()


def test_threads_and_block_sizes_change_no_bit(tmp_path: Path) -> None:
    stores = []
    for threads, points in ((1, 100), (2, 1), (2, 5)):
        path = tmp_path / f"{threads}-{points}.toml"
        path.write_text(text_of(9, axes=AXES) + f"\n[storage]\nblock_points = {points}\n")
        assert main(["run", str(path), "-o", f"{path}.zarr", "--threads", str(threads)]) == 0
        stores.append(xr.open_zarr(f"{path}.zarr").load())
    assert stores[0].limit_quantiles.dims == (*stores[0].limit.dims, "quantile")
    assert stores[0].coords["quantile"].values.tolist() == QUANTILES
    for store in stores[1:]:
        assert all(store[name].values.tobytes() == stores[0][name].values.tobytes() for name in stores[0].variables)


def test_seeds_differ_and_a_pole_is_told() -> None:
    one, other = (result_of(parse_scan(text_of(9, seed=seed)))["limit"].tolist() for seed in (1, 2))
    assert one != other
    levels = {"E_eg_eV": 2.0, "E_vg_eV": 2.25, "gamma_vg_per_s": 1e6, "spin_factor": 0.5}
    on_pole = {"trigger_eV": [0.984375], "mediator_mass_eV": 0.25}  # s = 2 E_eg (E_eg/2 - w) = 1/16
    pole = result_of(parse_scan(text_of(9, exposure_days=30.0, background_per_day=0.0, **levels, **on_pole)))
    assert pole["limit_status"].tolist() == [3, 3]
    assert np.isnan(pole["limit"]).all()
    assert np.isnan(pole["limit_quantiles"]).all()


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('method = "monte_carlo"', "method: got 'monte_carlo'; allowed: asimov, toys"),
        ("toys = 100", 'toys: of pseudo-experiments; allowed: with method = "toys" alone'),
        ('method = "asimov"\nseed = 1', 'seed: of pseudo-experiments; allowed: with method = "toys" alone'),
        ('method = "toys"\ntoys = 0', "toys: got 0; allowed: a whole number from 1 to 1000000"),
        ('method = "toys"\ntoys = 10.0', "toys: got 10.0; allowed: a whole number from 1 to 1000000"),
        ('method = "toys"\nseed = -1', "seed: got -1; allowed: a whole number from 0 to 9223372036854775807"),
    ],
)
def test_what_is_refused(lines: str, message: str) -> None:
    with pytest.raises(ScanError) as error:
        parse_scan(f"{lines}\n{text_of(None)}", "file.toml")
    assert f"file.toml: {message}" in str(error.value).splitlines()


def test_other_observables_have_no_method() -> None:
    text = text_of(None, coupling=1e-26).replace('"limit"', '"chi2"')
    with pytest.raises(ScanError, match="method: chi2 has none; allowed: for limit alone"):
        parse_scan(f'method = "toys"\n{text}')
