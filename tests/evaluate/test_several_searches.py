"""Separations of several interactions, and searches for their couplings however the grid is cut."""

from typing import Any

import numpy as np
import pytest
from several_cases import MU, R2, Entry, Z, deviance, events_of, scan_of, stored

from renp_fast.evaluate.evaluate import Evaluator
from renp_fast.scan_file.grid import Grid
from renp_fast.scan_file.scan import parse_scan


def separation_of(entries: list[Entry], axes: dict[str, Any], alternative: str, more: str = "") -> dict[str, Any]:
    return stored(scan_of("separation", entries, axes, f"{alternative}\n{more}"))


def test_a_separation_is_the_deviance_from_the_events_of_the_truth() -> None:
    """Each hypothesis with both interactions; one axis is of the truth, one of the alternative, one of both."""
    axes = {"mu.texture": ["33", "13"], "lightest_mass_eV": [0.0, 0.02], "alternative.r2.coupling": [-8e-25, 3e-25]}
    fixed = 'alternative.mu.coupling = 1e-11\nalternative.ordering = "inverted"'
    found = separation_of([MU, R2 | {"coupling": 5e-25}], axes, fixed)["separation"]
    for i, j, k in np.ndindex(2, 2, 2):
        changes = {"mu.texture": axes["mu.texture"][i], "lightest_mass_eV": axes["lightest_mass_eV"][j]}
        truth = events_of([MU, R2 | {"coupling": 5e-25}], changes)
        other = {"mu.coupling": 1e-11, "ordering": "inverted", "r2.coupling": axes["alternative.r2.coupling"][k]}
        right = deviance(truth, events_of([MU, R2], changes | other))
        assert found[i, j, k] == pytest.approx(right, rel=1e-9)


def test_a_free_coupling_describes_the_truth_as_well_as_it_can() -> None:
    found = separation_of([MU, R2], {"lightest_mass_eV": [0.0, 0.01]}, 'alternative.mu.coupling = "free"', "")
    assert found["separation"] == pytest.approx([0.0, 0.0], abs=1e-9)
    found = separation_of([MU, R2], {}, 'alternative.mu.coupling = "free"\nalternative.r2.coupling = 0.0')
    truth, nodes = events_of([MU, R2], {}), np.array([-1e-10, 0.0, 1e-10])
    counts = [events_of([MU, R2], {"r2.coupling": 0.0, "mu.coupling": g}) for g in nodes]
    p = np.polyfit(nodes / 1e-10, np.array(counts), 2)
    values = [deviance(truth, p[0] * x * x + p[1] * x + p[2]) for x in np.linspace(-2.0, 2.0, 801)]
    assert found["separation"] <= min(values) * (1.0 + 1e-9)
    assert found["separation"] == pytest.approx(min(values), rel=1e-3)
    assert found["exposure_factor"] == pytest.approx(2.705543454095404 / found["separation"], rel=1e-9)


def test_what_a_free_coupling_takes_over_from_another_of_its_kind_cannot_be_told_apart() -> None:
    """Profiled or not, and whichever of the two is free."""
    other = MU | {"name": "other", "coupling": 3e-11}
    for more in ("", "profile.alpha21_deg = [0.0, 90.0]"):
        for free, none in (("mu", "other"), ("other", "mu")):
            alternative = f'alternative.{free}.coupling = "free"\nalternative.{none}.coupling = 0.0'
            found = separation_of([MU, other], {"exposure_days": [100.0]}, alternative, more)
            assert found["separation"] == pytest.approx([0.0], abs=1e-9)
            assert found["separation_status"].tolist() == [1]


def test_separations_are_the_same_however_the_axes_are_written() -> None:
    axes = {"alternative.mu.coupling": [1e-11, 2e-11], "mu.texture": ["33", "13"]}
    quoted = scan_of("separation", [MU, R2], axes)
    bare = parse_scan(quoted.text.replace('"alternative.mu.coupling"', "alternative.mu.coupling"))
    assert bare.canonical == quoted.canonical
    assert bare.axis_names == ("alternative.mu.coupling", "mu.texture")
    free = [scan_of("separation", [MU, R2], {}, f'alternative.{name}.coupling = "free"') for name in ("mu", "r2")]
    assert free[0].canonical != free[1].canonical


@pytest.mark.parametrize("observable", ["limit", "separation"])
@pytest.mark.parametrize("more", ["", "profile.alpha21_deg = [0.0, 100.0]"])
def test_bits_of_searches_do_not_depend_on_how_the_grid_is_cut(observable: str, more: str) -> None:
    axes = {"lightest_mass_eV": [0.0, 0.02], "Z_1.mediator_mass_eV": [0.1, 0.4], "r2.coupling": [0.0, 1e-26, 2e-26]}
    first = 'limit_on = "Z_1"' if observable == "limit" else 'alternative.Z_1.coupling = "free"'
    scan = scan_of(observable, [MU | {"coupling": 1e-12}, R2, Z], axes, f"{first}\n{more}")
    right, pieces = stored(scan), Grid(scan.shape, (1, 2, 2))
    evaluator = Evaluator(scan)
    for box in map(pieces.box, range(pieces.blocks)):
        for name, values in evaluator(box).items():
            assert values.tobytes() == right[name][box].tobytes()


def test_a_refined_profile_is_as_good_as_a_dense_one() -> None:
    """Of a separation whose free coupling cannot make up for the other interaction."""
    free = 'alternative.mu.coupling = "free"\nalternative.r2.coupling = 0.0'
    profile = "profile.gamma0_per_s = {{ mean = 0.002, sigma = 0.0003, points = {points} }}\nprofile.refine = {refine}"
    coarse, refined, dense = (
        separation_of([MU, R2 | {"coupling": -2e-25}], {}, free, profile.format(points=points, refine=refine))[
            "separation"
        ]
        for points, refine in ((3, "false"), (3, "true"), (201, "false"))
    )
    assert refined < 0.99 * coarse
    assert refined <= dense * (1.0 + 1e-9)
    assert refined == pytest.approx(dense, rel=2e-3)
