"""Profiled chi^2 of a vector mediator, computed with NumPy alone and minimised by SciPy.

The rate is the published form's, of Majorana and Dirac neutrinos, for many nuisance points at once (`events`). The
least over the nuisances (`least`) is the best of a thousand points in each combination of lists, after L-BFGS-B from
the best of them.
"""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import xlogy

from renp_fast.kernels.types import Array
from renp_fast.physics.constants import G_F
from renp_fast.physics.oscillation import PRIORS, best_fit
from renp_fast.physics.targets import ATOMS
from renp_fast.physics.textures import texture_matrix

E_EG, E_VG = ATOMS["Yb"].E_eg_eV, ATOMS["Yb"].E_vg_eV
Point = dict[str, Any]


@dataclass
class Range:
    """A nuisance parameter with a range of a coordinate: its value there, and the coordinate of a value.

    The prior costs the square of the coordinate, if there is one.
    """

    low: float
    high: float
    value: Callable[[Array, str], Array]
    pull: Callable[[float, str], float]
    prior: bool


@dataclass
class Case:
    """Values of the truth, by the names of the scan file, triggers, and nuisances: lists and ranges."""

    values: Point
    lists: dict[str, list[Any]] = field(default_factory=dict)
    ranges: dict[str, Range] = field(default_factory=dict)


def flat(low: float, high: float) -> Range:
    return Range(low, high, lambda x, _: x, lambda value, _: value, False)


def gaussian(mean: float, sigma: float, sigmas: float) -> Range:
    return Range(-sigmas, sigmas, lambda x, _: mean + sigma * x, lambda value, _: (value - mean) / sigma, True)


def nufit(name: str, sigmas: float) -> Range:
    sine = name.startswith("theta")

    def value(x: Array, ordering: str) -> Array:
        prior = PRIORS["NuFIT-6.0"][ordering][name]  # type: ignore[index]
        own = prior.centre + x * np.where(x > 0.0, prior.sigma_above, prior.sigma_below)
        return np.degrees(np.arcsin(np.sqrt(own))) if sine else own

    def pull(value: float, ordering: str) -> float:
        prior = PRIORS["NuFIT-6.0"][ordering][name]  # type: ignore[index]
        shift = (math.sin(math.radians(value)) ** 2 if sine else value) - prior.centre
        return shift / (prior.sigma_above if shift > 0.0 else prior.sigma_below)

    return Range(-sigmas, sigmas, value, pull, True)


def completed(values: Point) -> Point:
    return {**best_fit("NuFIT-6.0", values["ordering"]), "alpha21_deg": 0.0, "alpha31_deg": 0.0} | values


def spectra(values: Point, strengths: Array) -> Array:
    """I at the triggers (points, triggers), for strengths of the new interaction (triggers,) and columns of points."""

    def column(name: str) -> Array:
        return np.asarray(values[name], dtype=float).reshape(-1, 1)

    light, dm21, dm3l = column("lightest_mass_eV") ** 2, column("dm21_eV2"), column("dm3l_eV2")
    if values["ordering"] == "normal":
        squares = (light, light + dm21, light + dm3l)
    else:
        squares = (light - dm3l - dm21, light - dm3l, light)
    m = [np.sqrt(square) for square in squares]
    theta12, theta13 = np.radians(column("theta12_deg")), np.radians(column("theta13_deg"))
    phase2 = np.radians(column("alpha21_deg")) / 2.0
    phase3 = np.radians(column("alpha31_deg")) / 2.0 - np.radians(column("delta_cp_deg"))
    U = (
        np.cos(theta12) * np.cos(theta13) + 0j,
        np.sin(theta12) * np.cos(theta13) * np.exp(1j * phase2),
        np.sin(theta13) * np.exp(1j * phase3),
    )
    texture = texture_matrix(values["texture"], "vector", values["chirality"], values["nature"])
    of_left, of_right = {"left": (1, 0), "right": (0, 1), "vector": (1, 1), "axial": (-1, 1)}[values["chirality"]]
    x = strengths / (math.sqrt(2.0) * float(G_F))
    w = np.array(values["trigger_eV"])
    s = E_EG * (E_EG - 2.0 * w)
    majorana, total = values["nature"] == "majorana", 0.0
    for i, j in itertools.combinations_with_replacement(range(3), 2):
        both, apart = m[i] + m[j], m[i] - m[j]
        S, D = both**2, apart**2
        weak, turned = np.conj(U[i]) * U[j] - 0.5 * (i == j), np.conj(U[j]) * U[i] - 0.5 * (i == j)
        left, right = weak + of_left * x * texture[i, j], of_right * x * texture[i, j]
        if majorana:
            other_left, other_right = turned + of_left * x * texture[j, i], of_right * x * texture[j, i]
            left, right = left - other_right, right - other_left
        v, a = np.abs(0.5 * (left + right)) ** 2, np.abs(0.5 * (right - left)) ** 2
        R = 2.0 / (3.0 * s) * (v * (2.0 * s + S) * (s - D) + a * (2.0 * s + D) * (s - S))
        rest = v * D / s**2 * (s - S) + a * S / s**2 * (s - D)
        space = np.sqrt(np.maximum((s - S) * (s - D), 0.0)) / s
        total = total + (2.0 - (i == j)) * np.where(s > S, space, 0.0) * (
            (3.0 + w**2 / s) / 6.0 * R + w**2 / 3.0 * rest
        )
    return w / (E_EG * (E_VG - w) ** 2) * total * (0.5 if majorana else 1.0)


def events(values: Point, g: float) -> Array:
    """Numbers of events (points, triggers)."""

    def column(name: str) -> Array:
        given = np.asarray(values[name], dtype=float)
        return given if given.ndim == 1 and given.size == w.size and name != "gamma0_per_s" else given.reshape(-1, 1)

    w = np.array(values["trigger_eV"])
    strengths = g / (E_EG * (E_EG - 2.0 * w) - values["mediator_mass_eV"] ** 2)
    exposure = np.array(values["exposure_days"])
    background = np.asarray(values["background_per_day"], dtype=float).reshape(-1, 1)
    return exposure * (86400.0 * column("gamma0_per_s") * spectra(values, strengths) + background)


def deviances(expected: Array, found: Array) -> Array:
    """Poisson chi^2; the series where the difference nearly cancels."""
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (found - expected) / expected
        excess = np.where(np.abs(t) < 1e-4, t * t * (0.5 - t * (1 / 3 - t * (0.25 - 0.2 * t))), t - np.log1p(t))
        whole = np.where(expected > 0.0, 2.0 * expected * excess, 2.0 * found + xlogy(0.0, 1.0))
    return np.where(np.isnan(whole), np.inf, whole).sum(axis=-1)


def cost(case: Case, combination: Point, x: Array, expected: Array, g: float, factor: float = 1.0) -> Array:
    """Chi^2 and priors at coordinates (points, ranges)."""
    values = completed(case.values | combination)
    priors = np.zeros(len(x))
    for name, nuisance, own in zip(case.ranges, case.ranges.values(), x.T, strict=True):
        values[name] = nuisance.value(own, values["ordering"])
        priors += own**2 if nuisance.prior else 0.0
    return factor * deviances(expected, events(values, g)) + priors


def combinations(case: Case) -> list[Point]:
    return [dict(zip(case.lists, entry, strict=True)) for entry in itertools.product(*case.lists.values())]


def least(case: Case, g: float, rng: np.random.Generator, points: int = 1000, polished: int = 5) -> float:
    """The least cost at a coupling: of the truth, which has to pay for its priors, and of all nuisances."""
    truth = completed(case.values)
    expected = events(truth, 0.0)[0]
    best = float(deviances(expected, events(truth, g))[0]) + truth_cost(case, truth)
    low, high = (np.array([getattr(each, end) for each in case.ranges.values()]) for end in ("low", "high"))
    starts: list[tuple[float, Array, Point]] = []
    for combination in combinations(case):
        x = low + (high - low) * spread(points, low.size, rng)
        f = cost(case, combination, x, expected, g)
        chosen: list[int] = []
        for k in np.argsort(f)[:200]:
            if all(np.abs((x[k] - x[c]) / (high - low)).max() > 0.12 for c in chosen):
                chosen.append(int(k))
        starts += [(float(f[k]), x[k], combination) for k in chosen[:polished] if np.isfinite(f[k])]
    for _, start, combination in sorted(starts, key=lambda each: each[0])[:polished]:
        best = min(best, bottom(case, combination, start, (low, high), expected, g))
    return best


def spread(points: int, n: int, rng: np.random.Generator) -> Array:
    """Points of the unit cube, a quarter of them on its faces, and its corners."""
    inside = rng.random((points, n))
    faces = np.where(rng.random((points // 4, n)) < 0.4, np.round(inside[: points // 4]), inside[: points // 4])
    return np.concatenate([inside[points // 4 :], faces, list(itertools.product((0.0, 1.0), repeat=n))])


def bottom(case: Case, combination: Point, start: Array, ends: tuple[Array, Array], expected: Array, g: float) -> float:
    """The least cost found by L-BFGS-B from a start, in coordinates from 0 to 1."""
    (low, high), n, h = ends, start.size, 1e-6

    def at(u: Array) -> tuple[float, Array]:
        middle = np.clip(u, h, 1.0 - h)
        tried = np.concatenate([u[None], middle + h * np.eye(n), middle - h * np.eye(n)])
        f = cost(case, combination, low + (high - low) * tried, expected, g)
        return float(f[0]), (f[1 : n + 1] - f[n + 1 :]) / (2.0 * h)

    options = {"maxiter": 200, "ftol": 1e-14, "gtol": 1e-10}
    unit = (start - low) / (high - low)
    return float(minimize(at, unit, jac=True, method="L-BFGS-B", bounds=[(0.0, 1.0)] * n, options=options).fun)


def truth_cost(case: Case, truth: Point) -> float:
    ordering = truth["ordering"]
    return sum(each.pull(truth[name], ordering) ** 2 for name, each in case.ranges.items() if each.prior)
