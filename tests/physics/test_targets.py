"""Atoms by name, and the levels that a target may have."""

import math

import pytest
import scipy.constants

import renp_fast as rf
from renp_fast.physics.targets import ATOMS, target

PER_CM_IN_EV = scipy.constants.h * scipy.constants.c * 100.0 / scipy.constants.e


def test_ytterbium_is_that_of_the_contract() -> None:
    yb = target("Yb")
    assert (yb.E_eg_eV, yb.E_vg_eV, yb.gamma_vg_per_s, yb.spin_factor) == (2.14349, 2.23072, 1.15e6, 2.0 / 3.0)
    assert 1e9 / yb.gamma_vg_per_s == pytest.approx(870.0, rel=1e-3)  # lifetime of 3P1 in ns


@pytest.mark.parametrize(("name", "e_per_cm", "v_per_cm"), [("Xe", 67067.547, 68045.156), ("Sr", 14317.507, 14504.334)])
def test_levels_are_the_wave_numbers_of_their_source(name: str, e_per_cm: float, v_per_cm: float) -> None:
    """To half a unit of the last digit in the table, 1e-6 eV."""
    atom = target(name)
    assert atom.E_eg_eV == pytest.approx(e_per_cm * PER_CM_IN_EV, abs=1e-6)
    assert atom.E_vg_eV == pytest.approx(v_per_cm * PER_CM_IN_EV, abs=1e-6)


def test_strontium_rate_is_its_linewidth() -> None:
    """7.5 kHz times 2 pi."""
    assert target("Sr").gamma_vg_per_s == pytest.approx(2.0 * math.pi * 7.5e3, rel=5e-3)


@pytest.mark.parametrize("name", ATOMS)
def test_every_atom_names_its_source(name: str) -> None:
    assert any(source in target(name).source for source in ("arXiv", "NIST"))


def test_a_target_is_passed_through() -> None:
    given = rf.Target(2.0, 2.1)
    assert target(given) is given
    assert given.gamma_vg_per_s is None
    assert given.spin_factor is None


@pytest.mark.parametrize("name", ["yb", "Cs", ""])
def test_unknown_atom(name: str) -> None:
    with pytest.raises(ValueError, match=f"target: unknown atom '{name}'; allowed: Yb, Xe, Sr, or a Target"):
        target(name)


@pytest.mark.parametrize(
    ("E_eg", "E_vg"), [(2.2, 2.1), (2.1, 2.1), (0.0, 2.1), (-1.0, 2.1), (math.nan, 2.1), (2.0, math.nan)]
)
def test_levels_out_of_order(E_eg: float, E_vg: float) -> None:
    with pytest.raises(ValueError, match=r"levels must be 0 < E_eg_eV < E_vg_eV, got "):
        rf.Target(E_eg, E_vg)
