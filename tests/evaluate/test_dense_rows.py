"""Scans of many photon energies: the same bits in any order, however they are cut, and of each by itself."""

import itertools

import numpy as np
import pytest

from renp_fast.evaluate.evaluate import Evaluator
from renp_fast.kernels.types import Array
from renp_fast.scan_file.grid import Grid
from renp_fast.scan_file.scan import Scan, parse_scan

# In no order, on both sides of all thresholds; 1 eV is E_eg/2, where nothing is open
ENERGIES = np.random.default_rng(6).permutation(np.concatenate([np.linspace(0.3, 0.999, 299), [1.0, 0.99995, 1.003]]))
MATRIX = "[[0.4, [0.3, -0.7], 0.1], [[0.3, 0.7], -0.9, [0.0, 0.2]], [0.1, [0.0, -0.2], 1.1]]"
VECTOR = f'kind = "vector", chirality = "left", texture = {MATRIX}'
LONGITUDINAL = f'kind = "vector", chirality = "axial", texture = {MATRIX}, longitudinal = "on"'
DIPOLE = 'kind = "dipole", chirality = "magnetic", texture = "12"'
SCALAR = 'kind = "scalar", chirality = "pseudoscalar"'
RADIUS = 'kind = "form_factor", chirality = "charge_radius", texture = "13", coupling = 2e-31'
# s = 0.5625 eV^2 at one of the photon energies
POLE = "mediator_mass_eV = 0.75"
INTERACTIONS = {
    "vector": (f"{VECTOR}, mediator_mass_eV = 0.6", "1e-24, -7e-25"),
    "vector with a pole": (f"{VECTOR}, {POLE}", "1e-24, -7e-25"),
    "vector with a width": (f"{VECTOR}, mediator_mass_eV = 0.6, mediator_width_eV = 0.1", "1e-24, -7e-25"),
    "longitudinal": (f"{LONGITUDINAL}, mediator_mass_eV = 0.6", "1e-24, -7e-25"),
    "longitudinal with a width": (
        f"{LONGITUDINAL}, mediator_mass_eV = 0.6, mediator_width_eV = 0.1",
        "1e-24, -7e-25",
    ),
    "dipole": (DIPOLE, "1e-11, 3e-11"),
    "scalar": (f"{SCALAR}, mediator_mass_eV = 0.6", "1e-17, 0.0"),
    "scalar with a width": (f"{SCALAR}, texture = {MATRIX}, mediator_mass_eV = 0.6, mediator_width_eV = 0.1", "1e-17"),
}
OTHERS = {
    "and a vector with a pole": f"{VECTOR}, {POLE}, coupling = 3e-25",
    "and a scalar": f'{SCALAR}, texture = "33", mediator_mass_eV = 0.5, coupling = 1e-18',
    "and a charge radius": RADIUS,
}
CASES = [(name, ()) for name in INTERACTIONS]
CASES += [(name, (other,)) for name in ("vector", "dipole", "scalar") for other in OTHERS]
CASES += [("vector", tuple(OTHERS)), ("vector with a width", ("and a scalar",))]


def scan_of(name: str, others: tuple[str, ...], order: tuple[int, ...] = (0, 1, 2), coupling: str = "") -> Scan:
    """A scan over masses, couplings (but one if it is given) and photon energies, in some order."""
    (text, couplings), prefix = INTERACTIONS[name], ""
    if coupling:
        text = f"{text}, coupling = {coupling}"
    if others:
        prefix = "a."
        entries = [f'name = "a", {text}', *(f'name = "b{k}", {OTHERS[other]}' for k, other in enumerate(others))]
        interactions = "interaction = [" + ", ".join(f"{{ {entry} }}" for entry in entries) + "]"
    else:
        interactions = f"interaction = {{ {text} }}"
    energies = np.append(ENERGIES, 1.0 - 0.5625 / 4.0).tolist()
    axes = ["lightest_mass_eV = [0.03, 0.0]", f'"{prefix}coupling" = [{couplings}]', f"photon_energy_eV = {energies}"]
    chosen = [axes[k] for k in order if not (coupling and k == 1)]
    return parse_scan(
        "\n".join(
            [
                'observable = "rate"',
                "target = { E_eg_eV = 2.0, E_vg_eV = 2.25, gamma_vg_per_s = 1e6, spin_factor = 1.0, gamma0_per_s = 7 }",
                'neutrino = { nature = "dirac", ordering = "normal", alpha21_deg = 50.0 }',
                interactions,
                "[axes]",
                *chosen,
            ]
        )
    )


def whole(scan: Scan) -> Array:
    return Evaluator(scan).observable(tuple(slice(0, n) for n in scan.shape))


@pytest.mark.parametrize(("name", "others"), CASES, ids=[" ".join((name, *others)) for name, others in CASES])
def test_bits_do_not_depend_on_order_or_cuts(name: str, others: tuple[str, ...]) -> None:
    """Nor on whether a row goes by way of quadratic forms, which many couplings share."""
    scan = scan_of(name, others)
    right = whole(scan)
    for order in itertools.permutations(range(3)):
        assert whole(scan_of(name, others, order)).tobytes() == right.transpose(order).tobytes()
    for k, coupling in enumerate(INTERACTIONS[name][1].split(", ")):
        lone = scan_of(name, others, coupling=coupling)
        assert whole(lone).tobytes() == right[:, k].tobytes()
        blocks, evaluator = Grid(lone.shape, (1, 59)), Evaluator(lone)
        pieces = np.full(lone.shape, np.nan)
        for block in range(blocks.blocks):
            pieces[blocks.box(block)] = evaluator.observable(blocks.box(block))
        assert pieces.tobytes() == right[:, k].tobytes()
        single = [evaluator.observable((slice(0, 2), slice(e, e + 1))) for e in range(0, right.shape[2], 7)]
        assert np.concatenate(single, axis=1).tobytes() == right[:, k, ::7].tobytes()
    assert ("with a pole" in " ".join((name, *others))) == np.isinf(right).any()
    assert 0.9 < (right != 0.0).mean() < 1.0
