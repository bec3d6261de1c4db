"""Cases of the independent code through a scan file and its store."""

import json
from pathlib import Path
from typing import Any

import pytest

import renp_fast as rf

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "reference" / "spectral_function.json").read_text()
)["cases"]
# The first case of every kind, chirality and nature: 24 of the 160
FIRST = list({(case["kind"], case.get("chirality"), case["nature"]): case for case in reversed(CASES)}.values())
TABLES = {
    "interaction": ("kind", "chirality", "texture", "coupling", "mediator_mass_eV"),
    "target": ("E_eg_eV", "E_vg_eV", "gamma_vg_per_s", "spin_factor"),
}


def scan_text(case: dict[str, Any]) -> str:
    """The case as a scan file with an axis of one photon energy."""
    values = {key: value for key, value in case.items() if key not in ("photon_energy_eV", "spectral_function")}
    if "E_eg_eV" in values:
        values |= {"gamma_vg_per_s": 1e6, "spin_factor": 1.0}
    table_of = {key: table for table, keys in TABLES.items() for key in keys}
    lines = ['observable = "spectral_function"', f"axes.photon_energy_eV = [{case['photon_energy_eV']!r}]"]
    lines += [f"{table_of.get(key, 'neutrino')}.{key} = {json.dumps(value)}" for key, value in values.items()]
    return "\n".join(lines)


@pytest.mark.parametrize("case", FIRST, ids=lambda case: f"{case['kind']}-{case.get('chirality')}-{case['nature']}")
def test_store_holds_the_reference_value(case: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "case.toml"
    path.write_text(scan_text(case))
    value = float(rf.run(path, store=tmp_path / "case.zarr")["spectral_function"][0])
    assert value == pytest.approx(case["spectral_function"], rel=1e-10, abs=0.0)
