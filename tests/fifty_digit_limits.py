"""Allowed couplings with 50 digits: events as quadratics from section 4 of the physics contract, and all intervals.

Nothing is of the package: amplitudes as published, the turning points of chi^2 as roots of a polynomial, edges by
bisection.
"""

import itertools
import math
from typing import Any

import mpmath
import numpy as np

mp = mpmath.MPContext()
mp.dps = 50
Number = Any
# Below this part of its terms the least of an event number is none: 50 digits are not enough to say more
NONE = mp.mpf("1e-40")
G_F, M_E = mp.mpf("1.1663788e-23"), mp.mpf("510998.95069")
# NuFIT 6.0: theta12, theta13, delta_cp, dm21, dm3l
NUFIT = {"normal": (33.68, 8.56, 212.0, 7.49e-5, 2.513e-3), "inverted": (33.68, 8.59, 274.0, 7.49e-5, -2.484e-3)}
E_EG, E_VG = mp.mpf(2.14349), mp.mpf(2.23072)


def masses(ordering: str, lightest: float) -> list[Number]:
    m0, dm21, dm3l = mp.mpf(lightest), mp.mpf(NUFIT[ordering][3]), mp.mpf(NUFIT[ordering][4])
    if ordering == "normal":
        return [m0, mp.sqrt(m0**2 + dm21), mp.sqrt(m0**2 + dm3l)]
    return [mp.sqrt(m0**2 - dm3l - dm21), mp.sqrt(m0**2 - dm3l), m0]


def axial_couplings(case: dict[str, Any]) -> list[list[Number]]:
    t12, t13, delta = (mp.mpf(v) * mp.pi / 180 for v in NUFIT[case["ordering"]][:3])
    phases = [mp.mpf(0), *(mp.mpf(case.get(name, 0.0)) * mp.pi / 360 for name in ("alpha21_deg", "alpha31_deg"))]
    row = [mp.cos(t12) * mp.cos(t13), mp.sin(t12) * mp.cos(t13), mp.sin(t13) * mp.expj(-delta)]
    row = [u * mp.expj(phase) for u, phase in zip(row, phases, strict=True)]
    return [[mp.conj(row[i]) * row[j] - (mp.mpf(1) / 2 if i == j else 0) for j in range(3)] for i in range(3)]


def texture(entry: dict[str, Any]) -> list[list[Number]]:
    given = entry.get("texture", "universal")
    if given == "universal":
        return [[mp.mpf(i == j) for j in range(3)] for i in range(3)]
    if isinstance(given, str):
        own = {(int(given[0]) - 1, int(given[1]) - 1), (int(given[1]) - 1, int(given[0]) - 1)}
        return [[mp.mpf((i, j) in own) for j in range(3)] for i in range(3)]
    return [[mp.mpc(*e) if isinstance(e, list) else mp.mpf(e) for e in row] for row in given]


def new_amplitudes(entry: dict[str, Any], s: Number, i: int, j: int, majorana: bool) -> tuple[Number, ...]:
    """(aL, aR, CyS, CyP) for coupling 1."""
    M, T = mp.mpf(entry["mediator_mass_eV"]), texture(entry)
    width = mp.mpf(entry.get("mediator_width_eV", 0.0))
    by = 1 / (s - M * M + (mp.mpc(0, 1) * M * width if width else 0))
    zero = mp.mpf(0)
    if entry["kind"] == "scalar":
        y = T[i][j] * by / M_E
        return (zero, zero, y, zero) if entry["chirality"] == "scalar" else (zero, zero, zero, y)
    left, right = {"left": (1, 0), "right": (0, 1), "vector": (1, 1), "axial": (-1, 1)}[entry["chirality"]]
    size = by / (mp.sqrt(2) * G_F)
    L, R = left * T[i][j] * size, right * T[i][j] * size
    if majorana:
        L, R = L - right * T[j][i] * size, R - left * T[j][i] * size
    return L, R, zero, zero


def bilinear(a: Any, b: Any, s: Number, w: Number, m_i: Number, m_j: Number) -> Number:
    """The symmetric form whose diagonal is T_ij of section 4."""
    S, D, d = (m_i + m_j) ** 2, (m_i - m_j) ** 2, m_i**2 - m_j**2
    I_ij = (s + w**2 / 2 - w**2 * (s - S) * (s - D) / s**2 / 6 - (m_i**2 + m_j**2) / 2) / 3
    I_ij -= (E_EG - w) ** 2 * d**2 / (2 * s**2) / 3
    aL, aR, yS, yP = a
    bL, bR, zS, zP = b
    T = mp.re(aL * mp.conj(bL) + aR * mp.conj(bR)) * I_ij
    T += mp.re(aL * mp.conj(bR) + bL * mp.conj(aR)) * m_i * m_j
    T += w**2 / (24 * G_F**2) * (mp.re(yS * mp.conj(zS)) * (s - S) + mp.re(yP * mp.conj(zP)) * (s - D))
    mixed = mp.im(mp.conj(yS) * (bL + bR) + mp.conj(zS) * (aL + aR)) * (m_i - m_j) * (1 - S / s)
    mixed += mp.re(mp.conj(yP) * (bL - bR) + mp.conj(zP) * (aL - aR)) * (m_i + m_j) * (1 - D / s)
    return T + mp.sqrt(2) * w**2 / (24 * G_F) * mixed


def quadratics(case: dict[str, Any]) -> list[tuple[Number, ...]]:
    """(N0, A, B, C, least) of each trigger: Standard Model, and A + B g + C g^2 in the coupling of the leading entry.

    ``case``: [neutrino] keys, triggers, days, backgrounds, gamma0 and ``entries``, the leading one first.
    """
    m, a = masses(case["ordering"], case["lightest_mass_eV"]), axial_couplings(case)
    majorana, rows = case["nature"] == "majorana", []
    for trigger, days, background in zip(case["triggers"], case["days"], case["backgrounds"], strict=True):
        w = mp.mpf(trigger)
        s = E_EG * (E_EG - 2 * w)
        sums = [mp.mpf(0)] * 4
        for i, j in itertools.product(range(3), range(3)):
            S, D = (m[i] + m[j]) ** 2, (m[i] - m[j]) ** 2
            if not s > S:
                continue
            standard = (a[i][j], -a[j][i] if majorana else mp.mpf(0), mp.mpf(0), mp.mpf(0))
            own = new_amplitudes(case["entries"][0], s, i, j, majorana)
            others = standard
            for entry in case["entries"][1:]:
                one = new_amplitudes(entry, s, i, j, majorana)
                others = tuple(x + mp.mpf(entry["coupling"]) * y for x, y in zip(others, one, strict=True))
            Delta = mp.sqrt((s - S) * (s - D)) / s
            pairs = ((standard, standard), (others, others), (others, own), (own, own))
            for k, (x, y) in enumerate(pairs):
                sums[k] += Delta * bilinear(x, y, s, w, m[i], m[j])
        factor = w / (E_EG * (E_VG - w) ** 2) * 86400 * mp.mpf(case["gamma0"]) * mp.mpf(days)
        factor *= mp.mpf(0.5) if majorana else 1
        offset = mp.mpf(background) * mp.mpf(days)
        N0, A, half, C = (factor * x for x in sums)
        least = A - half**2 / C if C > 0 else A
        least = mp.mpf(0) if least < NONE * A else least
        rows.append((N0 + offset, A + offset, 2 * half, C, least + offset))
    return rows


def events(row: tuple[Number, ...], g: Number) -> Number:
    _, A, B, C, least = row
    return least + C * (g + B / (2 * C)) ** 2 if C > 0 else A


def chi2(rows: list[tuple[Number, ...]], g: Number) -> Number:
    total = mp.mpf(0)
    for row in rows:
        N0, N = row[0], events(row, g)
        if N <= 0 < N0:
            return mp.inf
        total += 2 * (N - N0 + (N0 * mp.log(N0 / N) if N0 > 0 else 0))
    return total


def product(a: list[Number], b: list[Number]) -> list[Number]:
    """Of polynomials, highest power first."""
    out = [mp.mpf(0)] * (len(a) + len(b) - 1)
    for i, j in itertools.product(range(len(a)), range(len(b))):
        out[i + j] += a[i] * b[j]
    return out


def turning_points(rows: list[tuple[Number, ...]]) -> list[Number]:
    """Where the slope of chi^2 changes sign or has a pole: the sum of N' (N - N0)/N, put over one denominator."""
    rows = [row for row in rows if row[3] > 0]
    if not rows:
        return []
    unit = max(mp.sqrt((N0 + 1) / C) + abs(B / (2 * C)) for N0, _, B, C, _ in rows)
    tops, bottoms, zeros = [], [], []
    for N0, _, B, C, least in rows:
        v = -B / (2 * C) / unit
        c = C * unit**2
        if least == 0:  # N'/N is 2/(g - v)
            tops.append([2 * c, -4 * c * v, 2 * (c * v * v - N0)])
            bottoms.append([mp.mpf(1), -v])
            zeros.append(-B / (2 * C))
            continue
        N = [c, -2 * c * v, c * v * v + least]
        tops.append(product([2 * c, -2 * c * v], [*N[:2], N[2] - N0]))
        bottoms.append(N)
    total = [mp.mpf(0)]
    for k, top in enumerate(tops):
        for other, bottom in enumerate(bottoms):
            top = product(top, bottom) if other != k else top
        total = [mp.mpf(0)] * (len(top) - len(total)) + total
        top = [mp.mpf(0)] * (len(total) - len(top)) + top
        total = [x + y for x, y in zip(total, top, strict=True)]
    size = max(abs(x) for x in total)
    while abs(total[0]) < size * mp.mpf("1e-100"):
        total = total[1:]
    roots = mp.polyroots(total[::-1], maxsteps=400, extraprec=400, asc=True)
    real = [mp.re(r) * unit for r in roots if abs(mp.im(r)) < mp.mpf("1e-12") * (abs(r) + mp.mpf("1e-30"))]
    return sorted([*real, *zeros])


def bisected(rows: list[tuple[Number, ...]], target: Number, low: Number, high: Number) -> Number:
    inside = chi2(rows, low) <= target
    for _ in range(70):
        middle = (low + high) / 2
        if (chi2(rows, middle) <= target) == inside:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def intervals(rows: list[tuple[Number, ...]], target: Number) -> list[tuple[Number, Number]]:
    """All allowed intervals, in increasing order."""
    points = turning_points(rows)
    if not points:
        return [(-mp.inf, mp.inf)] if chi2(rows, mp.mpf(0)) <= target else []
    sizes = [mp.sqrt((row[0] + target + 1) / row[3]) for row in rows if row[3] > 0]
    step = max(abs(points[0]), abs(points[-1]), *sizes)
    while chi2(rows, points[0] - step) <= target or chi2(rows, points[-1] + step) <= target:
        step *= 2
    points = [points[0] - step, *points, points[-1] + step]
    inside = [chi2(rows, g) <= target for g in points]
    edges = [
        bisected(rows, target, points[k], points[k + 1]) for k in range(len(points) - 1) if inside[k] != inside[k + 1]
    ]
    return list(zip(edges[::2], edges[1::2], strict=True))


def threshold(confidence_level: float) -> Number:
    """Chi^2 of one degree of freedom."""
    return 2 * mp.erfinv(mp.mpf(confidence_level)) ** 2


SIGMAS = (0.5, 5.0)


def random_case(seed: int, others: int = 0) -> dict[str, Any]:
    """A case that prefers amplitudes which cancel, with 1e-4 to 1e6 events in all, and others that exclude 0."""
    rng = np.random.default_rng([4177, others, seed])
    nature, count = str(rng.choice(["dirac", "majorana"])), int(rng.integers(1, 7))
    case: dict[str, Any] = {
        "nature": nature,
        "ordering": str(rng.choice(["normal", "inverted"], p=[0.8, 0.2])),
        "lightest_mass_eV": float(rng.choice([0.01, 10.0 ** rng.uniform(-3.0, -1.5)])),
        "alpha21_deg": float(rng.uniform(0.0, 720.0)),
        "alpha31_deg": float(rng.uniform(0.0, 720.0)),
        "gamma0": float(10.0 ** rng.uniform(-4.0, -1.0)),
        "confidence_level": math.erf(float(rng.uniform(*SIGMAS)) / math.sqrt(2.0)),
    }
    mass = [float(m) for m in masses(case["ordering"], case["lightest_mass_eV"])]
    lightest, next_one = 0.0, 0.0
    opened = sorted((mass[i] + mass[j]) ** 2 / (2.0 * 2.14349) for i in range(3) for j in range(i, 3))
    lightest, next_one = opened[0], opened[1]
    triggers = []
    for _ in range(count):
        if rng.random() < 0.7:  # between the first and the second threshold one pair is open
            x = lightest + (next_one - lightest) * rng.uniform(0.05, 0.95)
        else:
            x = lightest + 10.0 ** rng.uniform(-4.5, -0.5)
        triggers.append(float(2.14349 / 2.0 - x))
    case["triggers"] = triggers
    kind = "vector" if rng.random() < 0.8 else "scalar"
    names = ["left", "axial"] if rng.random() < 0.7 or nature == "majorana" else ["right", "vector"]
    case["entries"] = []
    scale = 0.0
    for number in range(1 + others):
        entry: dict[str, Any] = {"name": "abc"[number], "kind": "vector", "chirality": str(rng.choice(names))}
        if kind == "scalar" and (number == 0 or rng.random() < 0.5):
            entry |= {"kind": "scalar", "chirality": str(rng.choice(["scalar", "pseudoscalar"]))}
        entry["texture"] = str(rng.choice(["universal", "11", "12", "22", "13"], p=[0.4, 0.3, 0.1, 0.1, 0.1]))
        entry["mediator_mass_eV"] = float(10.0 ** rng.uniform(-4.0, 4.0))
        if number and rng.random() < 0.5:  # what is alike but for the mass can balance the leading one
            keys = ("kind", "chirality", "texture")
            entry |= {key: case["entries"][0][key] for key in keys}
        s = 2.14349 * (2.14349 - 2.0 * triggers[0])
        scale = abs(s - entry["mediator_mass_eV"] ** 2) * 1.65e-23
        if entry["kind"] == "scalar":
            scale *= M_E_FLOAT / math.sqrt(s)
        if number:
            entry["coupling"] = float(rng.choice([-1.0, 1.0]) * scale * 10.0 ** rng.uniform(-1.0, 3.0))
        case["entries"].append(entry)
    N0 = float(10.0 ** rng.uniform(-4.0, 6.0))
    case["backgrounds"] = [0.0] * count
    case["days"] = [1.0] * count
    ones = [float(row[0]) for row in quadratics(case)]
    shares = 10.0 ** rng.uniform(-1.0, 0.0, count)
    case["days"] = [float(N0 * share / max(one, 1e-300)) for share, one in zip(shares, ones, strict=True)]
    if rng.random() < 0.3:
        case["backgrounds"] = [float(one * 10.0 ** rng.uniform(-18.0, 0.0)) for one in ones]
    return case


M_E_FLOAT = float(M_E)


def scan_text(case: dict[str, Any], observable: str, more: str = "", **changes: Any) -> str:
    """The scan file of a case; the leading entry has no coupling but that of ``changes``."""
    lines = [f'observable = "{observable}"', f"confidence_level = {case['confidence_level']!r}", more]
    lines += [f"target.gamma0_per_s = {case['gamma0']!r}"]
    for name in ("nature", "ordering"):
        lines.append(f'neutrino.{name} = "{case[name]}"')
    for name in ("lightest_mass_eV", "alpha21_deg", "alpha31_deg"):
        lines.append(f"neutrino.{name} = {case[name]!r}")
    lines += [f"experiment.trigger_eV = {case['triggers']}", f"experiment.exposure_days = {case['days']}"]
    lines += [f"experiment.background_per_day = {case['backgrounds']}"]
    several = len(case["entries"]) > 1
    if several and observable == "limit":
        lines.insert(1, f'limit_on = "{case["entries"][0]["name"]}"')
    axis = ""
    for number, entry in enumerate(case["entries"]):
        lines.append("[[interaction]]" if several else "[interaction]")
        lines += [f"{key} = {value!r}" for key, value in entry.items() if several or key != "name"]
        if number == 0 and "couplings" in changes:
            axis = f"{entry['name']}.coupling" if several else "coupling"
    if axis:
        lines += ["[axes]", f'"{axis}" = {changes["couplings"]}']
    return "\n".join(lines)
