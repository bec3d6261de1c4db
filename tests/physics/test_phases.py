"""Periods of the Majorana phases: whether the rate is as before after 360 degrees, for every kind of coupling."""

import itertools
from typing import Any

import numpy as np
import pytest

import renp_fast as rf
from renp_fast.physics.interactions import SCALES, checked_texture
from renp_fast.physics.phases import phase_periods

OMEGA = np.array([1.031, 1.0606, 1.0693, 1.0708])
NEUTRINO: dict[str, Any] = {
    **{"ordering": "inverted", "lightest_mass_eV": 0.0123, "delta_cp_deg": 197.0},
    **{"alpha21_deg": 35.0, "alpha31_deg": 81.0},
}
MATRICES = (
    [[1.0, 0.0, 0.5], [0.0, -0.7, 0.0], [0.5, 0.0, 0.2]],
    [[0.0, [0.3, 0.4], 0.0], [[0.3, -0.4], 0.9, 0.0], [0.0, 0.0, 0.0]],
    [[0.0, 0.0, [0.0, 0.6]], [0.0, 0.0, 0.0], [[0.0, -0.6], 0.0, 0.0]],
)
TEXTURES = ("universal", "22", "12", "13", "23", *MATRICES)
KINDS = [(kind, chirality) for kind in SCALES if kind != "standard_model" for chirality in SCALES[kind]]
CLASSES = {"vector": rf.Vector, "scalar": rf.Scalar, "dipole": rf.Dipole, "form_factor": rf.FormFactor}


def coupling_of(kind: str, chirality: str) -> float:
    """One whose interference is no rounding."""
    photon = {"magnetic": 1e-11, "electric": 1e-11, "millicharge": 1e-12, "charge_radius": 1e-29, "anapole": 1e-29}
    return photon.get(chirality, 1e-24 if kind == "vector" else 1e-18)


@pytest.mark.parametrize(("kind", "chirality"), KINDS)
@pytest.mark.parametrize("nature", ["dirac", "majorana"])
def test_the_period_is_where_the_rate_comes_back(kind: str, chirality: str, nature: str) -> None:
    for texture, spin, longitudinal in itertools.product(TEXTURES, ("isotropic", "polarised"), ("off", "on")):
        if longitudinal == "on" and kind != "vector":
            continue
        try:
            checked_texture(kind, chirality, texture, nature)
        except ValueError:
            continue
        more = {} if kind in ("dipole", "form_factor") else {"mediator_mass_eV": 0.31, "mediator_width_eV": 0.2}
        if kind == "vector":
            more["longitudinal"] = longitudinal
        interaction = CLASSES[kind](coupling_of(kind, chirality), chirality=chirality, texture=texture, **more)
        periods = phase_periods(kind, chirality, texture, nature, spin, longitudinal == "on")
        base = NEUTRINO | {"interaction": interaction, "nature": nature, "spin_average": spin}
        for name, period in periods.items():
            turned = [rf.spectral_function(OMEGA, **base | {name: base[name] + turn}) for turn in (0.0, 360.0, 720.0)]
            half, whole = (np.abs(each / turned[0] - 1.0).max() for each in turned[1:])
            assert whole < 1e-12
            assert (half < 1e-12) == (period == 360.0), (texture, spin, longitudinal, name, half)


def test_the_period_of_the_standard_model_is_360_degrees() -> None:
    periods = phase_periods("standard_model", "none", "universal", "majorana", "isotropic", False)
    assert set(periods.values()) == {360.0}
