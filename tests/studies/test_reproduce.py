"""`renp-fast reproduce`: a figure from scans to claims, gone on with after an interruption."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from conftest import call

import renp_fast as rf
from renp_fast.cli.parser import FIGURES
from renp_fast.runs.execute import run_scan
from renp_fast.scan_file.scan import load_scan
from renp_fast.studies.evidence import EVIDENCE
from renp_fast.studies.reproduce import NAMES, PANELS, Reproduction, reproduce, scan_file, store_path
from renp_fast.studies.verdicts import DEPENDS

SIX = (1.069, 1.07, 1.0708, 1.0712, 1.0716, 1.07164)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reproduce")


@pytest.fixture(scope="module")
def found(folder: Path) -> Reproduction:
    return reproduce("fig1-middle", folder)


def verdicts(found: Reproduction) -> dict[str, str]:
    return {claim.number: claim.verdict for claim in found.claims}


def test_a_figure_comes_with_its_stores_pictures_and_claims(folder: Path, found: Reproduction) -> None:
    assert [file.name for file in found.figures] == ["fig1-middle.png", "fig1-middle.pdf"]
    assert found.figures[0].read_bytes().startswith(b"\x89PNG")
    assert found.figures[1].read_bytes().startswith(b"%PDF")
    assert verdicts(found) == {"4a": "agrees", "4b": DEPENDS, "4c": DEPENDS, "5": "disagrees"}
    table = (folder / "claims.md").read_text()
    assert found.table == folder / "claims.md"
    for claim in found.claims:
        assert f"| {claim.number} |" in table
    assert "Gamma\\_0 = 0.002/s" in table


def test_what_bears_on_no_claim_leaves_the_table_alone(folder: Path, found: Reproduction) -> None:
    before = (folder / "claims.md").read_bytes()
    again = reproduce("millicharge-limit", folder)
    assert (again.table, again.claims) == (None, [])
    assert [file.name for file in again.figures] == ["millicharge-limit.png", "millicharge-limit.pdf"]
    assert (folder / "claims.md").read_bytes() == before
    assert found.table is not None


@pytest.mark.parametrize(("name", "chirality"), [("charge-radius", "charge_radius"), ("anapole", "anapole")])
def test_form_factors_are_limited_as_chi2_says(name: str, chirality: str, tmp_path: Path) -> None:
    """By an own chi^2 from the spectral function, at one exposure and element."""
    path = store_path(tmp_path, name)
    run_scan(load_scan(scan_file(f"{name}-limit")), path)
    limit = xr.open_zarr(path).limit.sel(texture="13", sign="positive").isel(exposure_days=40)
    w, neutrino = list(SIX), {"nature": "dirac", "ordering": "normal", "lightest_mass_eV": 0.01}
    there = rf.FormFactor(coupling=float(limit), chirality=chirality, texture="13")
    events = 86400.0 * 0.002 * float(limit.exposure_days)
    standard = events * rf.spectral_function(w, **neutrino)
    t = events * rf.spectral_function(w, interaction=there, **neutrino) / standard - 1.0
    assert float((2.0 * standard * (t - np.log1p(t))).sum()) == pytest.approx(2.7055434541, rel=1e-7)


def test_numbers_are_those_of_the_stores(folder: Path, found: Reproduction) -> None:
    vector, scalar = (xr.open_zarr(store_path(folder, f"fig1-{kind}-limit")).limit for kind in ("vector", "scalar"))
    ratio = abs(scalar.sel(ordering="normal", chirality="scalar", sign="positive")) / abs(
        vector.sel(ordering="normal")
    ).max("sign")
    (five,) = (claim for claim in found.claims if claim.number == "5")
    assert five.numbers["lightest"] == pytest.approx(float(np.log10(ratio[0])))
    (reach,) = (claim for claim in found.claims if claim.number == "4a")
    assert reach.numbers["g_e_g_nu_at_0.001_eV"] == pytest.approx(9.684202e-27, rel=1e-6)  # of an independent code


def test_events_of_the_experiment_are_those_of_the_standard_model(found: Reproduction) -> None:
    (experiment,) = found.experiments
    neutrino = {"nature": "dirac", "ordering": "normal", "lightest_mass_eV": 0.01}
    events = 86400.0 * 0.002 * 100.0 * rf.spectral_function([1.069, 1.07, 1.0708], **neutrino)
    assert f"100 days give {', '.join(f'{n:.4g}' for n in events)} events" in experiment


def test_it_goes_on_where_it_was(folder: Path, found: Reproduction, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    shutil.rmtree(store_path(copy, "fig1-scalar-limit"))
    (copy / "fig1-middle.png").unlink()
    said: list[str] = []
    again = reproduce("fig1-middle", copy, say=said.append)
    assert f"{store_path(copy, 'fig1-vector-limit')}: 1 of 1 blocks done, 0 of them now" in said
    assert f"{store_path(copy, 'fig1-scalar-limit')}: 1 of 1 blocks done, 1 of them now" in said
    assert again.claims == found.claims
    assert (copy / "fig1-middle.png").read_bytes() == found.figures[0].read_bytes()


def test_a_store_of_another_scan_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = store_path(tmp_path, "fig1-vector-limit")
    run_scan(load_scan(scan_file("smoke")), path)
    before = (path / "zarr.json").read_bytes()
    result = call("reproduce", "fig1-middle", "-o", tmp_path)
    assert result.returncode == 2
    assert str(path) in result.stderr
    assert (path / "zarr.json").read_bytes() == before


def test_json_is_all_that_stdout_has(folder: Path, found: Reproduction) -> None:
    result = call("reproduce", "fig1-middle", "-o", folder, "--json")
    assert result.returncode == 0, result.stderr
    told = json.loads(result.stdout)
    assert [claim["verdict"] for claim in told["claims"]] == [claim.verdict for claim in found.claims]
    assert told["figures"] == [str(file) for file in found.figures]
    assert told["experiments"] == found.experiments


def test_an_unknown_figure_is_wrong_input(tmp_path: Path) -> None:
    result = call("reproduce", "fig3", "-o", tmp_path / "none")
    assert result.returncode == 2
    assert "fig3" in result.stderr
    assert "fig2-right" in result.stderr
    assert not (tmp_path / "none").exists()
    with pytest.raises(ValueError, match=r"got 'fig3'; allowed: fig1-left, .*, all"):
        reproduce("fig3", tmp_path / "none")


def test_a_folder_that_cannot_be_made_is_wrong_input(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match=r"file/none: cannot make it: .*; allowed: a folder"):
        reproduce("fig1-middle", tmp_path / "file" / "none")


def test_all_figures_bear_on_all_eight_claims_and_their_scans_are_there() -> None:
    assert FIGURES == NAMES
    assert {number for panel in PANELS.values() for number in panel.claims} == {*"12345678"} == {*EVIDENCE}
    for panel in PANELS.values():
        for name in (*panel.scans, *(scan for number in panel.claims for scan in EVIDENCE[number].scans)):
            assert scan_file(name).is_file()
