"""The loops over grid points against plain Python loops that call the spectral function point by point."""

import itertools
from typing import Any

import numpy as np
import pytest

import renp_fast as rf
from renp_fast.kernels.amplitude import propagator
from renp_fast.kernels.amplitude.masses_and_mixing import NEUTRINO_COLUMNS
from renp_fast.kernels.amplitude.models import MODEL_E_EG, MODEL_NUMBERS
from renp_fast.kernels.amplitude.pair import SCALES
from renp_fast.kernels.grid import loops as blocks
from renp_fast.kernels.likelihood import chi2_grid
from renp_fast.kernels.spectrum.forms import fill_forms
from renp_fast.kernels.types import Array

TARGET = rf.Target(2.14349, 2.23072)
HERMITIAN = [[0.4, [0.3, -0.7], 0.1], [[0.3, 0.7], -0.9, [0.0, 0.2]], [0.1, [0.0, -0.2], 1.1]]
NEUTRINOS = [
    {"nature": "dirac", "ordering": "normal", "lightest_mass_eV": 0.011, "alpha21_deg": 31.0, "delta_cp_deg": 100.0},
    {"nature": "majorana", "ordering": "inverted", "lightest_mass_eV": 0.023, "alpha31_deg": 131.0},
]
TRIGGERS = np.array([1.069, 1.0702, 1.0711])  # the last one above some thresholds
COUPLINGS = np.array([-3e-23, -1e-24, 0.0, 2e-24, 5e-23])
MASSES = np.array([0.0021, 0.37, 1.3, 6.0])
YIELDS = np.array([[1.7, 0.0], [2.9, 0.31]])  # factor and offset, one row for each model


def interaction(model: int, mass: float, coupling: float, width: float) -> rf.Vector:
    chirality, texture = [("left", HERMITIAN), ("axial", "23")][model]
    return rf.Vector(coupling, mass, chirality, texture, width)


def value(model: int, w: float, mass: float, coupling: float, width: float) -> float:
    chosen = interaction(model, mass, coupling, width)
    return float(rf.spectral_function(w, interaction=chosen, target=TARGET, **NEUTRINOS[model]))


def tables(energies: Array, detuned: bool, powers: int, width: float) -> dict[str, Array]:
    """What `fill_values` takes; the interactions lie in the tables in reverse order, so that an index counts."""
    models = np.empty((2, MODEL_NUMBERS + 2))
    textures, scales = np.empty((2, 3, 3), dtype=np.complex128), np.empty((2, SCALES))
    for m, keywords in enumerate(NEUTRINOS):
        models[m, :NEUTRINO_COLUMNS] = rf.Neutrinos(**keywords).row
        models[m, MODEL_E_EG], models[m, MODEL_NUMBERS] = TARGET.E_eg_eV, 1 - m
        textures[1 - m] = interaction(m, 1.0, 1.0, 0.0).matrix(keywords["nature"])
        scales[1 - m] = interaction(m, 1.0, 1.0, 0.0).scales()
        models[m, MODEL_NUMBERS + 1] = 0.0
    forms = np.full((2, powers, energies.size), np.nan)
    fill_forms(models, textures, scales, energies, detuned, forms)
    w = TARGET.E_eg_eV / 2 - energies if detuned else energies
    s = TARGET.E_eg_eV * (TARGET.E_eg_eV - 2.0 * w)
    levels = np.column_stack([s, w / (TARGET.E_eg_eV * (TARGET.E_vg_eV - w) ** 2)])
    mediators = np.array([(g, M, width, propagator.MEDIATOR) for M in MASSES for g in COUPLINGS])
    return {"forms": forms, "levels": levels, "mediators": mediators}


def strides(axes: list[str], shape: dict[str, int], steps: dict[int, dict[str, int]]) -> tuple[Any, Any]:
    """(shape, strides) of a box with these axes, rows in the order of the kernels."""
    rows = [[steps.get(row, {}).get(axis, 0) for axis in axes] for row in range(6)]
    return np.array([shape[axis] for axis in axes]), np.array(rows)


def steps_of_values() -> dict[int, dict[str, int]]:
    return {
        blocks.MODEL: {"model": 1},
        blocks.ENERGY: {"energy": 1},
        blocks.LEVELS: {"energy": 1},
        blocks.MEDIATOR_ROW: {"mass": COUPLINGS.size, "coupling": 1},
        blocks.YIELD: {"model": 1},
        blocks.OUT: {"model": 60, "energy": 20, "mass": 5, "coupling": 1},
    }


SHAPE = {"model": 2, "energy": 3, "mass": 4, "coupling": 5}
POINTS = list(itertools.product(*(range(n) for n in SHAPE.values())))


def filled(axes: list[str], energies: Array, detuned: bool = False, powers: int = 3, width: float = 0.0) -> Array:
    shape, stride = strides(axes, SHAPE, steps_of_values())
    values, table = np.full(120, np.nan), tables(energies, detuned, powers, width)
    columns = (table["forms"], table["levels"], table["mediators"], YIELDS)
    blocks.fill_values(shape, stride, *columns, values)
    return values


@pytest.mark.parametrize(("powers", "width"), [(3, 0.0), (4, 0.07)], ids=["no width", "width"])
def test_fill_values_is_a_loop_over_the_spectral_function(powers: int, width: float) -> None:
    """s of the levels is rounded here and there differently: some eps, magnified by s/|s - M^2| of about 10."""
    values = filled(list(SHAPE), TRIGGERS, powers=powers, width=width)
    right = [
        YIELDS[m, 0] * value(m, TRIGGERS[e], MASSES[i], COUPLINGS[g], width) + YIELDS[m, 1] for m, e, i, g in POINTS
    ]
    assert values == pytest.approx(np.array(right), rel=1e-12, abs=0.0)


@pytest.mark.parametrize("axes", list(itertools.permutations(SHAPE)), ids="-".join)
def test_order_of_axes_does_not_change_a_bit(axes: tuple[str, ...]) -> None:
    """The loop runs over the box in another order and writes to the same places."""
    assert np.array_equal(filled(list(axes), TRIGGERS), filled(list(SHAPE), TRIGGERS))


def test_detunings_instead_of_photon_energies() -> None:
    detuned = filled(list(SHAPE), TARGET.E_eg_eV / 2 - TRIGGERS, detuned=True)
    assert detuned == pytest.approx(filled(list(SHAPE), TRIGGERS), rel=1e-12, abs=0.0)


def test_one_axis_alone() -> None:
    """A box of one axis: the loop over all axes but the last still runs once. Each row says how x follows from g."""
    mediators = np.array(
        [
            (0.7e-3, 1.3, 0.0, propagator.MEDIATOR),
            (0.7e-3, 1.3, 0.4, propagator.MEDIATOR),
            (-3.3, 1.3, 0.4, propagator.CONTACT),
            (4.1, 0.0, 0.0, propagator.PHOTON_WITH_S),
        ]
    )
    s, level = 0.37, 1.9
    x = np.array([0.7e-3 / (s - 1.69), 0.7e-3 / (s - 1.69 + 0.52j), -3.3, 4.1 * s])
    forms = np.array([[[5.0], [7.0], [11.0], [13.0]]])
    stride = np.zeros((6, 1), dtype=np.int64)
    stride[[blocks.MEDIATOR_ROW, blocks.OUT], 0] = 1, 2
    values = np.full(8, np.nan)
    levels, yields = np.array([[s, level]]), np.array([[2.3, 0.6]])
    blocks.fill_values(np.array([4]), stride, forms, levels, mediators, yields, values)
    right = 2.3 * level * (5.0 + 7.0 * x.real + 11.0 * abs(x) ** 2 + 13.0 * x.imag) + 0.6
    assert values[::2] == pytest.approx(right, rel=1e-14)
    assert np.isnan(values[1::2]).all()


def chi2_filled(axes: list[str], yields: Array, width: float = 0.0) -> Array:
    shape, stride = strides(
        axes,
        {name: SHAPE[name] for name in axes},
        steps_of_values() | {blocks.OUT: {"model": 20, "mass": 5, "coupling": 1}, blocks.YIELD: {"model": 3}},
    )
    values, table = np.full(40, np.nan), tables(TRIGGERS, False, 4 if width else 3, width)
    columns = (table["forms"], table["levels"], table["mediators"], yields)
    chi2_grid.fill_chi2(shape, stride, *columns, values)
    return values


# (model, trigger): factor and background of each, all different
CHI2_YIELDS = np.array([[90.0, 0.2], [71.0, 0.0], [53.0, 1.3], [44.0, 0.7], [35.0, 0.4], [27.0, 0.0]])


@pytest.mark.parametrize("width", [0.0, 0.07])
def test_fill_chi2_is_a_loop_over_triggers(width: float) -> None:
    """The definition of chi^2 in float64 loses (N0/(N - N0))^2, at most 1e6 here."""
    right = []
    for m, mass, g in itertools.product(range(2), MASSES, COUPLINGS):
        chi2 = 0.0
        for trigger, w in enumerate(TRIGGERS):
            factor, background = CHI2_YIELDS[3 * m + trigger]
            N0 = factor * value(m, w, mass, 0.0, width) + background
            N = factor * value(m, w, mass, g, width) + background
            chi2 += 2.0 * (N - N0 + N0 * np.log(N0 / N))
        right.append(chi2)
    values = chi2_filled(["model", "mass", "coupling"], CHI2_YIELDS, width)
    assert (values[2::5] == 0.0).all()
    assert values == pytest.approx(np.array(right), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("axes", list(itertools.permutations(["model", "mass", "coupling"])), ids="-".join)
def test_order_of_axes_does_not_change_a_bit_of_chi2(axes: tuple[str, ...]) -> None:
    reference = chi2_filled(["model", "mass", "coupling"], CHI2_YIELDS)
    assert np.array_equal(chi2_filled(list(axes), CHI2_YIELDS), reference)


def test_nan_and_poles_are_kept_where_they_belong() -> None:
    """A NaN photon energy spoils its own points only, and a pole makes its own point infinite in value and chi^2."""
    with_nan = filled(list(SHAPE), np.array([TRIGGERS[0], np.nan, TRIGGERS[2]])).reshape(2, 3, 20)
    assert np.isnan(with_nan[:, 1]).all()
    assert np.array_equal(with_nan[:, [0, 2]], filled(list(SHAPE), TRIGGERS).reshape(2, 3, 20)[:, [0, 2]])

    table = tables(TRIGGERS, False, 3, 0.0)
    table["levels"][1, 0] = MASSES[1] * MASSES[1]  # the second trigger sits on the pole of the second mass
    columns = (table["forms"], table["levels"], table["mediators"])
    shape, stride = strides(list(SHAPE), SHAPE, steps_of_values())
    values = np.full(120, np.nan)
    blocks.fill_values(shape, stride, *columns, YIELDS, values)
    on_pole = np.zeros((2, 3, 4, 5), dtype=bool)
    on_pole[:, 1, 1, COUPLINGS != 0.0] = True
    assert np.array_equal(values.reshape(2, 3, 4, 5) == np.inf, on_pole)
    assert np.isfinite(values[~on_pole.ravel()]).all()
    axes = ["model", "mass", "coupling"]
    steps = steps_of_values() | {blocks.OUT: {"model": 20, "mass": 5, "coupling": 1}, blocks.YIELD: {"model": 3}}
    shape, stride = strides(axes, {name: SHAPE[name] for name in axes}, steps)
    chi2 = np.full(40, np.nan)
    chi2_grid.fill_chi2(shape, stride, *columns, CHI2_YIELDS, chi2)
    assert np.array_equal(chi2.reshape(2, 4, 5) == np.inf, on_pole[:, 1])


def test_couplings_of_another_axis_are_not_taken_for_those_of_the_last() -> None:
    """Two equal masses within each coupling; the couplings within each of two masses are what is looked for."""
    step = np.zeros(6, dtype=np.int64)
    step[[blocks.MEDIATOR_ROW, blocks.OUT]] = 1
    outside = np.array([[g, 0.7, 0.0, 0.0] for g in COUPLINGS for _ in range(2)])
    assert not blocks.only_coupling_varies(step, 2, outside)
    inside = np.array([[g, mass, 0.0, 0.0] for mass in (0.7, 0.9) for g in COUPLINGS])
    assert blocks.only_coupling_varies(step, COUPLINGS.size, inside)
