"""Event numbers and limits written from sections 3 to 6 of the physics contract, with nothing of the package.

The spectra come from the published arrangement of the formulas (I_ij with Delta), in numpy's extended precision; the
crossings from a dense scan of chi^2 in the coupling and Brent's method.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

Real = np.longdouble
Complex = np.clongdouble
Matrix = NDArray[Any]
PI = Real("3.14159265358979323846264338327950288")
G_F, M_E, HBAR_C = Real(1.1663788e-23), Real(510998.95069), Real(1.9732698045930252e-5)
E_CHARGE = np.sqrt(4 * PI * Real(7.2973525643e-3))
MU_B = E_CHARGE / (2 * M_E)
NAMES = ("aL", "aR", "CyS", "CyP", "mu", "eps", "fV", "fA")
# NuFIT 6.0: theta12, theta13, delta_cp, dm21, dm3l
NUFIT = {"normal": (33.68, 8.56, 212.0, 7.49e-5, 2.513e-3), "inverted": (33.68, 8.59, 274.0, 7.49e-5, -2.484e-3)}
GRID = 6000


def masses(ordering: str, lightest: float) -> list[Any]:
    m0, dm21, dm3l = Real(lightest), Real(NUFIT[ordering][3]), Real(NUFIT[ordering][4])
    if ordering == "normal":
        return [m0, np.sqrt(m0**2 + dm21), np.sqrt(m0**2 + dm3l)]
    return [np.sqrt(m0**2 - dm3l - dm21), np.sqrt(m0**2 - dm3l), m0]


def electron_row(case: dict[str, Any]) -> Matrix:
    """U_e1, U_e2, U_e3; the other rows of the mixing matrix do not enter."""
    t12, t13, delta = (Real(v) * PI / 180 for v in NUFIT[case["ordering"]][:3])
    phases = [Real(0), *(Real(case.get(name, 0.0)) * PI / 360 for name in ("alpha21_deg", "alpha31_deg"))]
    row = np.array([np.cos(t12) * np.cos(t13), np.sin(t12) * np.cos(t13), np.sin(t13) * np.exp(Complex(-1j) * delta)])
    return np.array([u * np.exp(Complex(1j) * phase) for u, phase in zip(row, phases, strict=True)])


def texture(case: dict[str, Any]) -> Matrix:
    given, T = case["texture"], np.zeros((3, 3), dtype=Complex)
    if not isinstance(given, str):
        return np.array([[complex(*e) if isinstance(e, list) else complex(e) for e in row] for row in given], Complex)
    if given == "universal":
        return np.eye(3, dtype=Complex)
    antisymmetric = case["kind"] == "dipole" or case["chirality"] in ("millicharge", "charge_radius", "vector")
    i, j = int(given[0]) - 1, int(given[1]) - 1
    T[i, j], T[j, i] = (1j, -1j) if case["nature"] == "majorana" and antisymmetric else (1, 1)
    return T


def new_physics(case: dict[str, Any], g: Any, s: Any) -> dict[str, Matrix]:
    """The matrices of section 3 that do not vanish, without the Standard Model."""
    chirality, gT = case["chirality"], g * texture(case)
    M, width = Real(case.get("mediator_mass_eV", 0.0)), Real(case.get("mediator_width_eV", 0.0))
    propagator = 1 / (s - M**2 + Complex(1j) * M * width)
    if case["kind"] == "vector":
        current = gT * propagator / (np.sqrt(Real(2)) * G_F)
        left, right = {"left": (1, 0), "right": (0, 1), "vector": (1, 1), "axial": (-1, 1)}[chirality]
        return {"aL": left * current, "aR": right * current}
    if case["kind"] == "scalar":
        return {"CyS" if chirality == "scalar" else "CyP": gT * propagator / M_E}
    if case["kind"] == "dipole":
        return {"mu" if chirality == "magnetic" else "eps": MU_B * gT}
    if chirality == "millicharge":
        return {"fV": E_CHARGE * gT}
    if chirality == "charge_radius":
        return {"fV": s * E_CHARGE * gT / 6 / HBAR_C**2}
    return {"fA": s * E_CHARGE * gT / HBAR_C**2}


def amplitudes(case: dict[str, Any], g: Any, s: Any) -> dict[str, Matrix]:
    """All couplings at g, as sections 3 and 5 put them into the formulas for Dirac neutrinos."""
    c = {name: np.zeros((3, 3), dtype=Complex) for name in NAMES}
    row = electron_row(case)
    c["aL"] = np.outer(row.conj(), row) - np.eye(3) / Real(2)
    for name, matrix in new_physics(case, g, s).items():
        c[name] = c[name] + matrix
    if case["nature"] == "dirac":
        return c
    changed = {"aL": c["aL"] - c["aR"].T, "aR": c["aR"] - c["aL"].T}
    return c | changed | {"fV": c["fV"] - c["fV"].T, "fA": c["fA"] + c["fA"].T}


def squared_amplitude(c: dict[str, Any], s: Any, w: Any, E_eg: Any, m_i: Any, m_j: Any) -> Any:
    """T_ij of section 4 in eV^2."""
    S, D, d = (m_i + m_j) ** 2, (m_i - m_j) ** 2, m_i**2 - m_j**2
    Delta2 = (s - S) * (s - D) / s**2
    I_ij = (s + w**2 / 2 - w**2 * Delta2 / 6 - (m_i**2 + m_j**2) / 2 - (E_eg - w) ** 2 * d**2 / (2 * s**2)) / 3
    aL, aR, yS, yP, mu, eps, fV, fA = (c[name] for name in NAMES)
    T = (abs(aL) ** 2 + abs(aR) ** 2) * I_ij + 2 * (aL * np.conj(aR)).real * m_i * m_j
    T += w**2 / (24 * G_F**2) * (abs(yS) ** 2 * (s - S) + abs(yP) ** 2 * (s - D))
    scalar = (np.conj(yS) * (aL + aR)).imag * (m_i - m_j) * (1 - S / s)
    scalar += (np.conj(yP) * (aL - aR)).real * (m_i + m_j) * (1 - D / s)
    T += np.sqrt(Real(2)) * w**2 / (12 * G_F) * scalar
    photon = E_CHARGE**2 * w**2 / (36 * G_F**2 * M_E**2)
    T += photon / s**2 * (abs(mu) ** 2 * (s - D) * (s + 2 * S) + abs(eps) ** 2 * (s - S) * (s + 2 * D))
    return T + photon / s**3 * (abs(fV) ** 2 * (s - D) * (2 * s + S) + abs(fA) ** 2 * (s - S) * (2 * s + D))


def spectrum(case: dict[str, Any], g: Any, photon_energy: float) -> Any:
    """I(w) of Yb."""
    E_eg, E_vg, w = Real(case.get("E_eg_eV", 2.14349)), Real(case.get("E_vg_eV", 2.23072)), Real(photon_energy)
    s, m = E_eg * (E_eg - 2 * w), masses(case["ordering"], case["lightest_mass_eV"])
    c, W = amplitudes(case, Real(g), s), Real(0)
    for i in range(3):
        for j in range(3):
            S, D = (m[i] + m[j]) ** 2, (m[i] - m[j]) ** 2
            if s > S:
                T = squared_amplitude({name: c[name][i, j] for name in NAMES}, s, w, E_eg, m[i], m[j])
                W += np.sqrt((s - S) * (s - D)) / s * T
    return W * (Real(0.5) if case["nature"] == "majorana" else 1) * w / (E_eg * (E_vg - w) ** 2)


def per_trigger(case: dict[str, Any], name: str) -> Matrix:
    return np.broadcast_to(np.array(case.get(name, 0.0), dtype=Real), len(case["trigger_eV"]))


def polynomials(case: dict[str, Any]) -> Matrix:
    """N0, b, c of N = N0 + b g + c g^2 at every trigger, from the spectra at couplings 0 and +-g."""
    exposures, backgrounds = per_trigger(case, "exposure_days"), per_trigger(case, "background_per_day")
    rows = []
    for w, days, background in zip(case["trigger_eV"], exposures, backgrounds, strict=True):
        none, scale = spectrum(case, 0, w), Real(1e-12)
        pure = max(spectrum(case, scale, w), spectrum(case, -scale, w))
        if pure > 0 and none > 0:  # a coupling that changes the spectrum by about its own size
            for _ in range(3):
                size = abs(spectrum(case, scale, w) + spectrum(case, -scale, w) - 2 * none) / none
                scale = scale / np.sqrt(size) if size > 0 else scale * Real(1e6)
        plus, minus = spectrum(case, scale, w), spectrum(case, -scale, w)
        factor = 86400 * Real(case["gamma0_per_s"]) * days
        square = ((plus - none) + (minus - none)) / 2
        N0 = factor * none + background * days
        rows.append([N0, factor * (plus - minus) / 2 / scale, factor * square / scale**2])
    return np.array(rows, dtype=Real)


def chi2(terms: Matrix, g: Any) -> Matrix:
    """Poisson chi^2 of section 6 at couplings g."""
    g = np.atleast_1d(np.asarray(g, dtype=Real))
    total = np.zeros(g.shape, dtype=Real)
    for N0, b, c in terms:
        change = g * (b + g * c)
        with np.errstate(divide="ignore", invalid="ignore"):
            t = change / N0 if N0 > 0 else change
            log = N0 * np.log1p(t) if N0 > 0 else 0
            total += 2 * np.where(t > -1, change - log, np.inf) if N0 > 0 else 2 * change
    return total


def crossings(terms: Matrix, threshold: float, sign: int) -> list[float]:
    """All couplings g > 0 at which chi^2 at sign * g crosses the threshold, in increasing order.

    Beyond ``top`` the deviance of one trigger alone exceeds it.
    """
    terms = terms * np.array([1, sign, 1])
    open_terms = [(N0, b, c) for N0, b, c in terms if c > 0]
    if not open_terms:
        return []
    tops = [
        (np.sqrt(N0) + np.sqrt(N0 + 3 * threshold + 5 * np.sqrt(N0 * threshold))) / np.sqrt(c)
        for N0, _, c in open_terms
    ]
    top = float(min(tops)) * 1.01
    turns = [float(-b / c * part) for _, b, c in open_terms for part in (0.5, 1.0) if 0 < -b / c * part < top]
    near = [turn * (1 + side * step) for turn in turns for side in (1, -1) for step in np.geomspace(1e-9, 0.3, 200)]
    grid = np.concatenate([[0.0], np.geomspace(top * 1e-9, top, GRID), np.linspace(0, top, GRID), turns, near])
    grid = np.unique(grid[grid <= top])
    beyond = chi2(terms, grid) > threshold

    def excess(g: float) -> float:
        return float(min(chi2(terms, g)[0], Real(1e300)) - Real(threshold))

    places = np.flatnonzero(beyond[1:] != beyond[:-1])
    return [brentq(excess, grid[k], grid[k + 1], xtol=1e-300, rtol=1e-14) for k in places]


def allowed(terms: Matrix, threshold: float) -> list[tuple[float, float]]:
    """All allowed intervals, in increasing order."""
    up, down = crossings(terms, threshold, 1), crossings(terms, threshold, -1)
    edges = sorted([*up, *(-g for g in down)])
    return list(zip(edges[::2], edges[1::2], strict=True))
