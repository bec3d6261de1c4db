"""Random lines with scales of their own far below their width, and what the package says of them."""

import dataclasses
import math
from typing import Any

import numpy as np
from line_dense import E_EG, YB, Spectrum, widths

import renp_fast as rf
from renp_fast.kernels.line import averages
from renp_fast.physics.interactions import Interaction
from renp_fast.physics.line import Line, acceptance_segments
from renp_fast.physics.neutrinos import Neutrinos
from renp_fast.physics.parameters import WIDTHS

HALF = 0.5 * float(E_EG)


def power(rng: np.random.Generator, low: float, high: float) -> float:
    """A number whose logarithm is uniform."""
    return float(10.0 ** rng.uniform(low, high))


def random_line(rng: np.random.Generator) -> dict[str, Any]:
    """A shape, and widths at ratios from 1e-8 to 1."""
    shape, width, ratio = str(rng.choice(tuple(WIDTHS))), power(rng, -7, -2), power(rng, -8, 0)
    line: dict[str, Any] = {"shape": shape}
    if shape == "voigt":
        widths_of = [width, ratio * width]
        rng.shuffle(widths_of)
        line |= {"gaussian_width_eV": widths_of[0], "lorentzian_width_eV": widths_of[1]}
    else:
        line["width_eV"] = width
    if shape == "top_hat" or rng.random() < 0.3:
        line["jitter_eV"] = ratio * width if rng.random() < 0.9 else width / ratio if ratio > 1e-3 else 0.0
    if rng.random() < 0.2:
        line["temperature_K"] = power(rng, -3, 3)
    return line


def random_interaction(rng: np.random.Generator, nature: str, w: float, scale: float) -> Interaction:
    """The Standard Model, a mediator whose narrow resonance lies near a photon energy, or photon exchange."""
    kind = rng.choice(["standard", "mediator", "light", "photon"], p=[0.4, 0.35, 0.1, 0.15])
    texture = str(rng.choice(["12", "13", "23"]))
    if kind == "standard":
        return rf.StandardModel()
    if kind == "mediator":
        u = scale * float(rng.normal()) * power(rng, -1, 0.5)
        mass = math.sqrt(max(float(E_EG) * (float(E_EG) - 2.0 * (w + u)), 1e-8))
        half_width = max(scale * power(rng, -8, 0), 4e-7 * mass * mass)
        width = 2.0 * float(E_EG) * half_width / mass
        g = power(rng, -2, 2) * 1e-23 * half_width / 1e-4
        if rng.random() < 0.5:
            return rf.Vector(g, mass, str(rng.choice(["left", "right", "axial"])), texture, mediator_width_eV=width)
        return rf.Scalar(g * 1e8, mass, str(rng.choice(["scalar", "pseudoscalar"])), texture, mediator_width_eV=width)
    if kind == "light":
        return rf.Vector(power(rng, -29, -25), power(rng, -6, -2), "left", texture)
    if nature == "dirac" and rng.random() < 0.5:
        return rf.FormFactor(power(rng, -14, -11), "millicharge", "11")
    return rf.Dipole(power(rng, -12, -10), str(rng.choice(["magnetic", "electric"])), texture)


def random_case(rng: np.random.Generator) -> tuple[Spectrum, Line, float]:
    """A spectral function, a line, and a detuning."""
    neutrino = {
        "nature": str(rng.choice(["dirac", "majorana"])),
        "ordering": str(rng.choice(["normal", "inverted"])),
        "lightest_mass_eV": 0.0 if rng.random() < 0.05 else power(rng, -7, -1),
        "alpha21_deg": 40.0,
        "alpha31_deg": 110.0,
    }
    given = random_line(rng)
    sigma, gamma, flat = widths(Line(**given), 0.0)
    scale = 3.0 * sigma + gamma + 0.5 * flat
    opens = Spectrum(rf.StandardModel(), **neutrino).centres(0.0)[int(rng.integers(6))]
    if rng.random() < 0.75:  # a threshold near the centre, or near an edge of a top-hat
        u = rng.choice([-1.0, 1.0]) * power(rng, -6, 1) * scale
        if flat > 0.0 and rng.random() < 0.6:
            u = rng.choice([-0.5, 0.5]) * flat + rng.normal() * 3.0 * (sigma or 1e-3 * flat)
        detuning = float(u - opens)
    else:
        detuning = power(rng, -6, 0)
    detuning = min(max(detuning, -scale), HALF - 0.01)
    w0 = HALF - detuning
    interaction = random_interaction(rng, str(neutrino["nature"]), w0, scale)
    if rng.random() < 0.3:
        count = int(rng.choice([2, 2, 3, 4]))
        edges = sorted({w0 + rng.choice([-1.0, 1.0]) * power(rng, -5, 1) * scale for _ in range(count)})
        edges = [float(e) for e in edges if e >= 0.0]
        if len(edges) == 2:
            given["acceptance"] = edges
        elif len(edges) > 2:
            given["acceptance"] = [[e, float(rng.random())] for e in edges]
    return Spectrum(interaction, **neutrino), Line(**given), detuning


def spread_case(rng: np.random.Generator, sharp: bool) -> tuple[Spectrum, Line, float]:
    """As `random_case`, with a spread of momenta; a sharp line, or a top-hat of its own width."""
    spectrum, line, detuning = random_case(rng)
    scale = sum(widths(line, detuning))
    spread = min(scale * power(rng, -2, 0.5), 0.02)
    if sharp:
        return spectrum, Line(acceptance=line.acceptance, momentum_spread_eV=spread), detuning
    return spectrum, dataclasses.replace(line, momentum_spread_eV=spread), detuning


def package_average(spectrum: Spectrum, line: Line, detuning: float) -> tuple[float, float, int]:
    """What the package says: the average, the estimate of its error, and its status."""
    interaction, neutrinos = spectrum.interaction, Neutrinos(**spectrum.neutrino)
    mediator = [interaction.mediator_mass_eV, interaction.mediator_width_eV, interaction.exchange]
    scales, g = interaction.scales(), interaction.coupling
    row = [*neutrinos.row, YB.E_eg_eV, 0.0, scales[10], YB.E_vg_eV, *mediator, *line.row(YB.atom_mass_u)]
    forms, estimates = np.empty((1, 1 if g == 0.0 else 3, 1)), np.empty((1, averages.ESTIMATES, 1))
    textures, acceptance = interaction.matrix(neutrinos.nature)[np.newaxis], acceptance_segments(line.acceptance)
    rows, energies = np.array([row], dtype=np.float64), np.array([detuning])
    averages.fill_averages(rows, textures, scales[np.newaxis], energies, True, acceptance, forms, estimates)
    error, status = estimates[0, :3, 0], int(estimates[0, averages.STATUS, 0])
    if g == 0.0:
        return float(forms[0, 0, 0]), float(error[0]), status
    value = forms[0, 0, 0] + g * (forms[0, 1, 0] + g * forms[0, 2, 0])
    return float(value), float(error[0] + abs(g) * (error[1] + abs(g) * error[2])), status
