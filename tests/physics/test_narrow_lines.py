"""Averages where a line, a resonance or a pole is much narrower than the range: none is off by more than it says."""

import numpy as np
import pytest
from line_cases import package_average, random_case, spread_case
from line_dense import Mesh, Spectrum, average, spread_average, widths
from line_reference import E_EG, Reference, mp, relative, smeared_top_hat

import renp_fast as rf
from renp_fast.kernels.line.convolution import POLE, UNFINISHED

NORMAL = {"nature": "dirac", "ordering": "normal", "lightest_mass_eV": 0.01}
# What the sums of the reference round
NOISE = 1e-14


def test_a_top_hat_with_slightly_smeared_edges() -> None:
    """Both edges are 1e-4 of the width wide; by mpmath, cut around each, and by the other reference."""
    width, jitter, detuning = 1e-3, 1e-7, 3e-4
    sigma, flat, w0 = mp.mpf(jitter), mp.mpf(width), E_EG / 2 - mp.mpf(detuning)
    points = [w0 + side * flat / 2 + k * sigma for side in (-1, 1) for k in (-11, -5, -2, 0, 2, 5, 11)]
    expected = Reference(rf.StandardModel(), **NORMAL).average(smeared_top_hat(sigma, flat), w0, points)
    line = rf.Line("top_hat", width, jitter_eV=jitter)
    value, error, status = package_average(Spectrum(rf.StandardModel(), **NORMAL), line, detuning)
    assert float(expected) == pytest.approx(0.0140134978788, rel=1e-11)
    assert relative(value, expected) < 1e-13
    assert abs(value - float(expected)) <= error < 2e-10 * value
    assert status == 1
    assert rf.spectral_function(detuning_eV=detuning, line=line, **NORMAL) == value
    assert relative(average(Spectrum(rf.StandardModel(), **NORMAL), line, detuning), expected) < NOISE


def test_no_average_is_off_by_more_than_it_says() -> None:
    """Of random lines of every shape, with ratios of their widths from 1e-8 to 1, across everything that is narrow."""
    rng, narrow, smeared = np.random.default_rng(29), 0, 0
    for n in range(150):
        case = spectrum, line, detuning = random_case(rng)
        value, error, status = package_average(*case)
        if status in (POLE, UNFINISHED):
            continue
        expected, again = average(*case), average(*case, Mesh(nodes=20))
        assert abs(value - expected) <= error + abs(again - expected) + NOISE * abs(expected), (n, line, detuning)
        assert error < 1e-6 * expected or expected == 0.0, (n, line, detuning)
        sigma, gamma, flat = widths(line, detuning)
        narrow += spectrum.interaction.mediator_width_eV > 0.0
        smeared += 0.0 < sigma < 1e-3 * max(flat, gamma) or 0.0 < gamma < 1e-3 * sigma
    assert narrow > 30
    assert smeared > 30


def test_no_average_over_momenta_is_off_by_more_than_it_says() -> None:
    """Of a sharp line, at random; and of narrow top-hats, whose edges a threshold passes as the momentum changes."""
    rng = np.random.default_rng(31)
    for n in range(60):
        case = spread_case(rng, sharp=True)
        value, error, status = package_average(*case)
        if status in (POLE, UNFINISHED):
            continue
        expected = spread_average(*case, Mesh())
        assert abs(value - expected) <= error + 5.0 * NOISE * abs(expected), (n, case[1:])
    spectrum = Spectrum(rf.StandardModel(), **NORMAL)
    detuning = -float(spectrum.centres(0.0)[1]) + 3e-7
    for jitter in (0.0, 1e-10):
        line = rf.Line("top_hat", 1e-7, jitter_eV=jitter, momentum_spread_eV=2e-6)
        value, error, status = package_average(spectrum, line, detuning)
        expected = spread_average(spectrum, line, detuning, Mesh(8, 12, 0.2), Mesh(8, 12, 0.2))
        assert status == 1
        assert abs(value - expected) <= error + 1e-11 * expected
        assert error < 1e-9 * value


def test_a_narrow_resonance_under_a_wide_spread_of_momenta() -> None:
    """The resonance holds most of the average, on 1e-6 of the range."""
    mass, half_width, detuning = 0.05, 2e-9, 6e-4
    vector = rf.Vector(1e-27, mass, "left", "11", mediator_width_eV=2.0 * float(E_EG) * half_width / mass)
    spectrum, line = Spectrum(vector, **NORMAL), rf.Line(momentum_spread_eV=2e-4)
    value, error, status = package_average(spectrum, line, detuning)
    expected = spread_average(spectrum, line, detuning, Mesh())
    assert status in (1, UNFINISHED)
    assert abs(value - expected) <= error + NOISE * expected
    assert value > 3.0 * rf.spectral_function(detuning_eV=detuning, line=line, **NORMAL)


def test_an_edge_of_the_acceptance_counts_as_it_is_given() -> None:
    """Windows of the detector narrower than any photon energy is precise: what rounds is E_eg/2 - w."""
    for window in (1e-7, 1e-9, 1e-11):
        line = rf.Line("gaussian", 1e-6, acceptance=[1.07, 1.07 + window])
        spectrum = Spectrum(rf.StandardModel(), **NORMAL)
        value, error, status = package_average(spectrum, line, 0.5 * float(E_EG) - 1.07 - 2e-7)
        expected = average(spectrum, line, 0.5 * float(E_EG) - 1.07 - 2e-7)
        assert status == 1
        assert abs(value - expected) <= error
        assert relative(value, mp.mpf(expected)) < 1e-16 * 2e-3 / window + 1e-13


def test_an_acceptance_of_many_pieces() -> None:
    """More of them under the line than intervals would otherwise be kept of; all of one straight line."""
    ends = np.linspace(1.0685, 1.0715, 701)
    parts = 0.2 + 0.6 * (ends - ends[0]) / (ends[-1] - ends[0])
    spectrum, detuning = Spectrum(rf.StandardModel(), **NORMAL), 0.5 * float(E_EG) - 1.07
    for shape in ("gaussian", "lorentzian"):
        many = rf.Line(shape, 1e-3, acceptance=np.stack([ends, parts], axis=1).tolist())
        one = rf.Line(shape, 1e-3, acceptance=[[ends[0], parts[0]], [ends[-1], parts[-1]]])
        values = [package_average(spectrum, line, detuning) for line in (many, one)]
        assert values[0][0] == pytest.approx(values[1][0], rel=1e-12)
        assert values[0][2] == values[1][2] == 1


def test_masses_that_all_but_vanish() -> None:
    """However close above a threshold s vanishes."""
    for mass in (0.0, 1e-160, 1e-40, 1e-12, 1e-9, 1e-7):
        spectrum = Spectrum(rf.Dipole(1e-10, "magnetic", "12"), **(NORMAL | {"lightest_mass_eV": mass}))
        line, detuning = rf.Line("gaussian", 1e-4), 2e-5
        value, error, status = package_average(spectrum, line, detuning)
        expected = average(spectrum, line, detuning)
        assert status == 1
        assert abs(value - expected) <= error + NOISE * expected
