"""Polarised spins, magnetic factor and longitudinal part as keys and axes of a scan."""

import itertools

import numpy as np
import pytest

import renp_fast as rf
from renp_fast.errors import ScanError
from renp_fast.evaluate.evaluate import Evaluator
from renp_fast.scan_file.scan import parse_scan

NEUTRINO = {"nature": "majorana", "ordering": "normal", "lightest_mass_eV": 0.01, "alpha21_deg": 40.0}
TEXT = """
neutrino = { nature = "majorana", ordering = "normal", lightest_mass_eV = 0.01, alpha21_deg = 40.0 }
"""
AXES = {
    "spin_average": ["isotropic", "polarised"],
    "mediator_mass_eV": [0.02, 0.1],
    "longitudinal": ["on", "off"],
    "magnetic_factor": [0.5, 1.0],
}
W = [1.069, 1.07, 1.0716]


def result(text: str, name: str) -> np.ndarray:
    scan = parse_scan(text)
    return Evaluator(scan)(tuple(slice(0, n) for n in scan.shape))[name]


@pytest.mark.parametrize("order", [list(AXES), list(reversed(AXES))], ids=str)
def test_as_axes_of_a_spectrum(order: list[str]) -> None:
    axes = "\n".join(f"{name} = {AXES[name]}" for name in order)
    vector = 'interaction = { kind = "vector", chirality = "axial", texture = "12", coupling = 3e-26 }'
    values = result(
        f'observable = "spectral_function"{TEXT}{vector}\n[axes]\n{axes}\nphoton_energy_eV = {W}', "spectral_function"
    )
    for place in itertools.product(*(range(2) for _ in order)):
        at = {name: AXES[name][i] for name, i in zip(order, place, strict=True)}
        interaction = rf.Vector(3e-26, at["mediator_mass_eV"], "axial", "12", longitudinal=at["longitudinal"])
        chain = {"spin_average": at["spin_average"], "magnetic_factor": at["magnetic_factor"]}
        expected = rf.spectral_function(W, interaction=interaction, **chain, **NEUTRINO)
        assert values[place] == pytest.approx(expected, rel=1e-12)


DIPOLE = 'interaction = { kind = "dipole", chirality = "magnetic", texture = "12" }\n'
COUNTING = "target.gamma0_per_s = 0.002\nexperiment = { trigger_eV = [1.069, 1.07], exposure_days = 100.0 }\n"


def test_half_the_magnetic_factor_doubles_the_limit() -> None:
    text = f'observable = "limit"{TEXT}{DIPOLE}{COUNTING}[axes]\nmagnetic_factor = [0.5, 1.0]'
    limits = result(text, "limit")
    assert limits[0] == pytest.approx(2.0 * limits[1], rel=1e-9)


@pytest.mark.parametrize("profile", ["", "[profile]\ntheta12_deg = [33.0, 34.0]"])
def test_masses_do_not_share_forms_with_a_longitudinal_part(profile: str) -> None:
    """Each mass alone has the bits that it has among others, searched through a profile or not."""
    vector = 'interaction = { kind = "vector", chirality = "axial", longitudinal = "on" }\n'
    text = f'observable = "limit"{TEXT}{vector}{COUNTING}[axes]\nmediator_mass_eV = %s\n{profile}'
    together = result(text % "[0.003, 0.02, 5.0]", "limit")
    alone = [result(text % f"[{mass}]", "limit")[0] for mass in (0.003, 0.02, 5.0)]
    assert together.tobytes() == np.array(alone).tobytes()
    off = result(text.replace('"on"', '"off"') % "[0.003, 0.02, 5.0]", "limit")
    assert np.all(np.abs(together[0]) < 0.2 * np.abs(off[0]))


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('target.spin_average = "circular"', "[target] spin_average: got 'circular'; allowed: isotropic, polarised"),
        ("target.magnetic_factor = -0.5", "[target] magnetic_factor: got -0.5; allowed: a finite number at least 0"),
        ('interaction.longitudinal = "on"', "[interaction] longitudinal: dipole takes no longitudinal"),
    ],
)
def test_what_is_refused(lines: str, words: str) -> None:
    dipole = 'interaction.kind = "dipole"\ninteraction.chirality = "magnetic"\n'
    with pytest.raises(ScanError) as error:
        parse_scan(f'observable = "limit"{TEXT}{dipole}{COUNTING}{lines}')
    assert words in str(error.value)


def test_a_longitudinal_part_of_a_massless_vector_is_refused() -> None:
    vector = 'interaction = { kind = "vector", chirality = "axial", longitudinal = "on", mediator_mass_eV = 0.0 }\n'
    with pytest.raises(ScanError, match=r"\[interaction\] mediator_mass_eV: got 0.0; allowed with the longitudinal"):
        parse_scan(f'observable = "limit"{TEXT}{vector}{COUNTING}')
