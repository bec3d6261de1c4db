"""Averages over a laser's line as scans: observables through file and store, axes, blocks, what is reported."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import brentq

import renp_fast as rf
from renp_fast.cli.commands import main
from renp_fast.errors import ScanError
from renp_fast.evaluate.evaluate import Evaluator
from renp_fast.evaluate.limits import threshold
from renp_fast.physics.experiment import gamma0_per_s
from renp_fast.physics.targets import ATOMS
from renp_fast.scan_file.scan import Scan, parse_scan

NEUTRINO = {"nature": "majorana", "ordering": "inverted", "lightest_mass_eV": 0.02, "alpha21_deg": 40.0}
MEDIATOR = {"mediator_mass_eV": 0.3, "chirality": "left", "texture": "12", "mediator_width_eV": 1e-3}
VECTOR = rf.Vector(3e-25, **MEDIATOR)
TRIGGERS, DAYS, BACKGROUND = [1.0690, 1.0705, 1.0713], [10.0, 20.0, 30.0], 0.3
LINE = rf.Line(
    "voigt",
    gaussian_width_eV=2e-5,
    lorentzian_width_eV=1e-5,
    jitter_eV=3e-6,
    temperature_K=900.0,
    momentum_spread_eV=4e-6,
    acceptance=[[1.0, 0.3], [1.2, 0.8]],
)
LINE_TEXT = """
target.temperature_K = 900.0
line = { shape = "voigt", gaussian_width_eV = 2e-5, lorentzian_width_eV = 1e-5, jitter_eV = 3e-6, \
momentum_spread_eV = 4e-6, acceptance = [[1.0, 0.3], [1.2, 0.8]] }
"""
TEXT = """
neutrino = { nature = "majorana", ordering = "inverted", lightest_mass_eV = 0.02, alpha21_deg = 40.0 }
interaction = { kind = "vector", coupling = 3e-25, mediator_mass_eV = 0.3, chirality = "left", texture = "12", \
mediator_width_eV = 1e-3 }
"""
COUNTING = f"experiment = {{ trigger_eV = {TRIGGERS}, exposure_days = {DAYS}, background_per_day = {BACKGROUND} }}\n"


def run(observable: str, tmp_path: Path, rest: str = "", line: str = LINE_TEXT) -> Any:
    """The dataset of a scan."""
    file = tmp_path / "scan.toml"
    file.write_text(f'observable = "{observable}"\n{TEXT}{line}{rest}')
    return rf.run(file, tmp_path / "result.zarr", threads=1).load()


def averaged(coupling: float, w: Any = TRIGGERS, line: rf.Line = LINE) -> Any:
    interaction = rf.Vector(coupling, **MEDIATOR)
    return rf.spectral_function(w, interaction=interaction, line=line, **NEUTRINO)


def events(coupling: float) -> Any:
    yb = ATOMS["Yb"]
    gamma0 = gamma0_per_s(100.0, 1e21, 1e21, yb.gamma_vg_per_s, yb.spin_factor, yb.E_eg_eV, yb.E_vg_eV)
    return (86400.0 * gamma0 * averaged(coupling) + BACKGROUND) * DAYS


def chi2(coupling: float) -> float:
    N, N0 = events(coupling), events(0.0)
    return float(np.sum(2.0 * (N - N0 + N0 * np.log(N0 / N))))


def all_found(data: Any) -> bool:
    return bool((data.quadrature_status == 1).all())


def test_a_spectral_function(tmp_path: Path) -> None:
    data = run("spectral_function", tmp_path, f"[axes]\ncoupling = [3e-25, 0.0]\nphoton_energy_eV = {TRIGGERS}")
    expected = np.array([averaged(3e-25), averaged(0.0)])
    assert data.spectral_function.values == pytest.approx(expected, rel=1e-13)
    errors = data.spectral_function_error.values
    assert errors.shape == (2, 3)
    assert (errors > 0.0).all()
    assert (errors < 2e-9 * expected).all()
    assert all_found(data)
    assert data.attrs["line"]["shape"] == "voigt"
    assert data.attrs["line"]["temperature_K"] == 900.0


def test_a_rate_over_detunings(tmp_path: Path) -> None:
    detunings = [0.5 * 2.14349 - w for w in TRIGGERS]
    data = run("rate", tmp_path, f"target.gamma0_per_s = 0.002\n[axes]\ndetuning_eV = {detunings}")
    assert data.rate.values == pytest.approx(0.002 * averaged(3e-25), rel=1e-12)
    assert (data.rate_error < 2e-9 * data.rate).all()


def test_events(tmp_path: Path) -> None:
    data = run("events", tmp_path, COUNTING)
    assert data.events.values == pytest.approx(events(3e-25), rel=1e-12)
    assert data.events_error.dims == ("trigger",)
    assert (data.events_error < 2e-9 * data.events).all()


def test_chi2(tmp_path: Path) -> None:
    data = run("chi2", tmp_path, f"{COUNTING}[axes]\ncoupling = [1e-25, 3e-25, 0.0]")
    assert data.chi2.values[:2] == pytest.approx([chi2(1e-25), chi2(3e-25)], rel=1e-7)
    assert data.chi2.values[2] == 0.0
    assert 0.0 < data.quadrature_error.max() < 1e-9


def test_limits(tmp_path: Path) -> None:
    data = run("limit", tmp_path, COUNTING)
    for side, sign in enumerate((1.0, -1.0)):
        end = brentq(lambda g, sign=sign: chi2(sign * g) - threshold(0.9), 1e-27, 2e-24, rtol=1e-13)
        assert data.limit.values[side] == pytest.approx(sign * end, rel=1e-7)
    assert data.limit_status.values.tolist() == [1, 1]
    assert all_found(data)


def test_separations(tmp_path: Path) -> None:
    """Of vector events from those of the other texture, the line being that of both."""
    data = run("separation", tmp_path, f'{COUNTING}[alternative]\ntexture = "33"\ncoupling = 1e-25')
    other = rf.Vector(1e-25, **(MEDIATOR | {"texture": "33"}))
    truth = events(3e-25)
    signal = rf.spectral_function(TRIGGERS, interaction=other, line=LINE, **NEUTRINO)
    N = (truth - np.multiply(BACKGROUND, DAYS)) / averaged(3e-25) * signal + np.multiply(BACKGROUND, DAYS)
    assert data.separation.item() == pytest.approx(np.sum(2.0 * (N - truth + truth * np.log(truth / N))), rel=1e-7)
    assert 0.0 < data.quadrature_error < 1e-9


def test_nuisances_are_averaged_too(tmp_path: Path) -> None:
    """The jitter is one of them."""
    profile = "[profile]\njitter_eV = { mean = 3e-6, sigma = 1e-6, points = 3 }\ntheta12_deg = [31.0, 35.0]"
    data = run("chi2", tmp_path, COUNTING + profile)
    costs = []
    for theta12 in (None, 31.0, 35.0):
        for pull in (0.0,) if theta12 is None else (-3.0, 0.0, 3.0):
            widths = {"gaussian_width_eV": 2e-5, "lorentzian_width_eV": 1e-5, "jitter_eV": 3e-6 + pull * 1e-6}
            line = rf.Line("voigt", temperature_K=900.0, momentum_spread_eV=4e-6, acceptance=LINE.acceptance, **widths)
            own = {} if theta12 is None else {"theta12_deg": theta12}
            I = rf.spectral_function(TRIGGERS, interaction=VECTOR, line=line, **NEUTRINO, **own)  # noqa: E741
            background, N0 = np.multiply(BACKGROUND, DAYS), events(0.0)
            N = (N0 - background) / averaged(0.0) * I + background
            costs.append(float(np.sum(2.0 * (N - N0 + N0 * np.log(N0 / N)))) + pull * pull)
    assert data.chi2.item() == pytest.approx(min(costs), rel=1e-6)
    assert min(costs) < costs[0]
    assert all_found(data)


def test_pseudo_experiments(tmp_path: Path) -> None:
    data = run("limit", tmp_path, COUNTING, 'method = "toys"\ntoys = 50\n' + LINE_TEXT)
    assert data.limit_status.values.tolist() == [1, 1]
    assert all_found(data)


def result(text: str) -> dict[str, np.ndarray]:
    scan = parse_scan(text)
    return Evaluator(scan)(whole(scan))


def whole(scan: Scan) -> tuple[slice, ...]:
    return tuple(slice(0, n) for n in scan.shape)


AXES = """
[axes]
coupling = [1e-25, 3e-25]
shape = ["top_hat", "gaussian", "lorentzian"]
mediator_mass_eV = [1e-3, 0.4]
width_eV = [0.0, 1e-5, 1e-3]
temperature_K = [0.0, 500.0]
photon_energy_eV = { thresholds = [1.068, 1.0717], points = 12 }
"""


def test_every_axis_and_every_block_agree_with_single_points() -> None:
    text = f'observable = "spectral_function"\n{TEXT}{AXES}'.replace("mediator_mass_eV = 0.3, ", "")
    scan = parse_scan(text.replace("coupling = 3e-25, ", ""))
    evaluate = Evaluator(scan)
    together = evaluate(whole(scan))["spectral_function"]
    rng = np.random.default_rng(3)
    for _ in range(30):
        place = tuple(int(rng.integers(n)) for n in scan.shape)
        box = tuple(slice(k, k + 1) for k in place)
        assert evaluate(box)["spectral_function"].item() == together[place]
        at = {axis.name: axis.values[k] for axis, k in zip(scan.axes, place, strict=True)}
        interaction = rf.Vector(at["coupling"], **(MEDIATOR | {"mediator_mass_eV": at["mediator_mass_eV"]}))
        line = rf.Line(at["shape"], at["width_eV"], temperature_K=at["temperature_K"])
        expected = rf.spectral_function(at["photon_energy_eV"], interaction=interaction, line=line, **NEUTRINO)
        assert together[place] == pytest.approx(float(expected), rel=1e-13)


def test_zero_widths_are_the_sharp_scan_bit_by_bit() -> None:
    axes = "[axes]\nlightest_mass_eV = [0.0, 0.01]\nphoton_energy_eV = { thresholds = [1.06, 1.0717], points = 300 }\n"
    text = f'observable = "spectral_function"\n{TEXT}{axes}'.replace("lightest_mass_eV = 0.02, ", "")
    sharp = result(text)
    no_line = '[line]\nshape = "lorentzian"\nwidth_eV = 0.0\njitter_eV = 0.0\nmomentum_spread_eV = 0.0\n'
    same = result(text + no_line)
    assert sharp.keys() == same.keys() == {"spectral_function"}
    assert sharp["spectral_function"].tobytes() == same["spectral_function"].tobytes()
    axis = result(text.replace("[axes]", "[axes]\njitter_eV = [0.0, 1e-5]") + no_line.replace("jitter_eV = 0.0\n", ""))
    np.testing.assert_allclose(axis["spectral_function"][0], sharp["spectral_function"], rtol=1e-12)
    assert (axis["spectral_function_error"][0] == 0.0).all()


SHARP_POLE = 'interaction = { kind = "vector", coupling = 3e-25, mediator_mass_eV = %s, chirality = "left" }\n'
PLAIN = 'neutrino = { nature = "dirac", ordering = "normal", lightest_mass_eV = 0.01 }\n'
WIDE = 'line = { shape = "gaussian", width_eV = 1e-5 }\n'


@pytest.mark.parametrize("profile", ["", "[profile]\ntheta12_deg = [33.0, 34.0]"])
def test_a_pole_within_the_line_has_no_limit(profile: str) -> None:
    mass = math.sqrt(2.14349 * (2.14349 - 2.0 * 1.0700001))
    text = f'observable = "limit"\n{PLAIN}{WIDE}{COUNTING}{SHARP_POLE % mass}{profile}'.replace("1.0705", "1.07")
    found = result(text)
    assert found["limit_status"].tolist() == [3, 3]
    assert found["quadrature_status"].item() == 3
    assert np.isnan(found["limit"]).all()
    closed = result(text.replace("exposure_days = [10.0, 20.0, 30.0]", "exposure_days = [10.0, 0.0, 30.0]"))
    assert closed["limit_status"].tolist() == [1, 1]
    numbers = result(text.replace(profile, "").replace('"limit"', '"events"'))["events"]
    assert np.isinf(numbers).tolist() == [False, True, False]


def test_what_does_not_converge_is_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    interaction = SHARP_POLE.replace("}", ", mediator_width_eV = 1e-22 }") % 0.3
    axes = "[axes]\nphoton_energy_eV = [1.050751, 1.06, 1.071]"
    file, store = tmp_path / "scan.toml", tmp_path / "scan.zarr"
    file.write_text(f'observable = "spectral_function"\n{PLAIN}{WIDE}{interaction}{axes}')
    assert main(["run", str(file), "-o", str(store)]) == 0
    words = "have an average over the line that did not converge: see quadrature_status"
    assert f"1 of the points {words}" in capsys.readouterr().err
    assert main(["status", str(store)]) == 0
    assert f"unsure   1 points {words}" in capsys.readouterr().out
    assert main(["status", str(store), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["unconverged"] == 1
    assert rf.open_result(store).quadrature_status.values.tolist() == [4, 1, 1]


def test_several_interactions_are_refused() -> None:
    several = TEXT.replace("interaction = {", "interaction = [{ name = 'one',").replace("1e-3 }", "1e-3 }]")
    axes = "[axes]\nphoton_energy_eV = [1.07]"
    parse_scan(f'observable = "spectral_function"\n{several}{axes}')
    with pytest.raises(ScanError, match=r"\[line\]: averages .* not for several interactions; allowed: with one"):
        parse_scan(f'observable = "spectral_function"\n{several}{WIDE}{axes}')
    with pytest.raises(ValueError, match="line: got one with 2 interactions; allowed: with one"):
        rf.spectral_function(1.07, interaction=[VECTOR, rf.Dipole(1e-11)], line=LINE, **NEUTRINO)
