"""The scans that come with the package: all are valid, and the small one is right."""

import re
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import renp_fast as rf
from renp_fast.physics.targets import ATOMS
from renp_fast.runs.execute import run_scan
from renp_fast.scan_file.scan import Scan, load_scan

FOLDER = Path(__file__).parents[1] / "scans"
FILES = sorted(FOLDER.glob("*.toml"))
# The trigger energies of the seed paper, one below each threshold
TRIGGERS = [1.069, 1.07, 1.0708, 1.0712, 1.0716, 1.07164]
FIGURE_NEUTRINO = {"nature": "dirac", "ordering": "normal", "lightest_mass_eV": 0.01}


def interaction(scan: Scan) -> rf.Vector | rf.Scalar:
    kind = {"vector": rf.Vector, "scalar": rf.Scalar}[scan.values["kind"]]
    (coupling,), (mass,) = scan.along("coupling"), scan.along("mediator_mass_eV")
    return kind(coupling=coupling, mediator_mass_eV=mass, chirality=scan.values["chirality"])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_scan_is_valid_and_explained(file: Path) -> None:
    scan = load_scan(file)
    assert scan.title
    assert not scan.notes
    assert scan.text.startswith("# ")


def test_the_readme_lists_every_scan_and_no_other() -> None:
    text = (FOLDER / "README.md").read_text()
    assert set(re.findall(r"^\| `(\S+\.toml)`", text, re.MULTILINE)) == {file.name for file in FILES}


def test_the_readme_shows_pictures_that_are_there() -> None:
    pictures = re.findall(r"!\[.*\]\((\S+)\)", (FOLDER / "README.md").read_text())
    assert len(pictures) > 3
    for picture in pictures:
        assert (FOLDER / picture).stat().st_size < 200 * 1024


def test_smoke_agrees_with_the_python_function(tmp_path: Path) -> None:
    scan = load_scan(FOLDER / "smoke.toml")
    assert 5e4 <= scan.points <= 2e5
    outcome = run_scan(scan, tmp_path / "smoke.zarr")
    assert outcome.done == outcome.blocks
    data = xr.open_zarr(tmp_path / "smoke.zarr").spectral_function
    assert not np.isnan(data.values).any()
    for nature, ordering, m, M in [
        ("dirac", "normal", 0, 1),
        ("majorana", "inverted", 1, 5),
        ("dirac", "inverted", 4, 3),
        ("majorana", "normal", 2, 9),
    ]:
        part = data.sel(nature=nature, ordering=ordering).isel(lightest_mass_eV=m, mediator_mass_eV=M)
        expected = rf.spectral_function(
            part.photon_energy_eV.values,
            interaction=rf.Vector(coupling=3e-24, mediator_mass_eV=float(part.mediator_mass_eV)),
            nature=nature,
            ordering=ordering,
            lightest_mass_eV=float(part.lightest_mass_eV),
        )
        np.testing.assert_allclose(part.values, expected, rtol=1e-10)


def test_thresholds_is_large_and_covers_both_orderings_and_natures() -> None:
    scan = load_scan(FOLDER / "thresholds.toml")
    assert scan.points >= 1e7
    assert scan.along("ordering") == ("normal", "inverted")
    assert scan.along("nature") == ("dirac", "majorana")


@pytest.mark.parametrize("name", ["fig1-left-vector", "fig1-left-scalar"])
def test_mediators_of_figure_1_show_beside_the_standard_model(name: str) -> None:
    scan = load_scan(FOLDER / f"{name}.toml")
    w = np.array([1.06, *TRIGGERS])
    standard_model = rf.spectral_function(w, **FIGURE_NEUTRINO)
    change = rf.spectral_function(w, interaction=interaction(scan), **FIGURE_NEUTRINO) / standard_model - 1.0
    assert 0.5 < change[0] < 2.0
    assert change[1] > 0.1


@pytest.mark.parametrize("name", ["fig2-left-electric", "fig2-middle-magnetic"])
def test_figure_2_has_each_element_by_itself(name: str) -> None:
    scan = load_scan(FOLDER / f"{name}.toml")
    assert scan.along("texture") == ("11", "12", "13", "22", "23", "33")
    assert scan.values["chirality"] in name


def test_targets_differ_in_the_atom_alone_and_name_its_source() -> None:
    scans = {name: load_scan(FOLDER / f"targets-{name}.toml") for name in ATOMS}
    assert {name: scan.values["atom"] for name, scan in scans.items()} == {name: name for name in ATOMS}
    shared = [{key: v for key, v in scan.canonical.items() if key != "target.atom"} for scan in scans.values()]
    assert all(each == shared[0] for each in shared)
    for name, scan in scans.items():
        (source,) = (each for each in ("arXiv:1209.4808", "NIST Atomic Spectra Database") if each in ATOMS[name].source)
        assert source in scan.text.replace("\n# ", " ")
