"""What a published claim comes to: a verdict, the numbers it rests on, and why. Pure functions of arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from renp_fast.kernels.types import Array

AGREES, DISAGREES, OPEN = "agrees", "disagrees", "cannot be judged"
DEPENDS = "depends on the neutrino coupling"
WINDOW = 0.002  # of a threshold's distance to E_eg/2: how far on each side of it a slope is taken
FALL = 1.5  # how many times steeper below a threshold than above it a curve must fall
VISIBLE = 0.1  # a relative change that an eye sees
CLOSE = 1.0  # orders of magnitude within which numbers that are given as powers of ten agree
EXACT = 1e-12  # relative changes below which are rounding
GAIN = (2.0, 4.0)  # orders: "2 to 3" in the text, "3 to 4" in the abstract
SCALAR_WEAKER = 5.0  # orders
LONGER, LONGER_PAPER = (6.0, 7.0), "arXiv:2110.03510"  # 1e-9 against 1e-15, 1e-19 against 1e-26
ENDS = ("least", "most")


@dataclass(frozen=True)
class Claim:
    """A claim and what was found of it.

    Attributes
    ----------
    number : str
        Of the claim, with a letter where it has parts.
    claim : str
        What is claimed, in a few words.
    verdict : {"agrees", "disagrees", "cannot be judged", "depends on the neutrino coupling"}
    found : str
        What came out, with the numbers.
    why : str
        Why this is the verdict.
    numbers : dict
        The numbers by name.
    """

    number: str
    claim: str
    verdict: str
    found: str
    why: str
    numbers: dict[str, float] = field(default_factory=dict)


def about(value: float) -> str:
    """A number to two digits."""
    return f"{float(f'{value:.2g}'):g}"


def unless_rounding(value: float, exact: float) -> str:
    """A number to two digits, or that it is below ``exact``, where it is rounding that differs between machines."""
    return about(value) if value >= exact else f"less than {exact:g}"


def judge_thresholds(
    curves: Mapping[str, tuple[Array, Array]], thresholds: Mapping[str, float], half_eV: float
) -> Claim:
    """Claim 1: whether curves (photon energies, values) fall suddenly at the thresholds, and have minima there.

    ``half_eV`` is E_eg/2, the end of all spectra.
    """
    ratios, minima = {}, 0
    for name, (x, y) in curves.items():
        for pair, w in thresholds.items():
            step = WINDOW * (half_eV - w)
            below, at, above = np.interp([w - step, w, w + step], x, y)
            ratios[name, pair] = (below - at) / (at - above) if at > above else np.inf if below > at else 0.0
            minima += int(above > at > 0.0)
    steepest = {pair: min(ratio for (_, at), ratio in ratios.items() if at == pair) for pair in thresholds}
    falls = [pair for pair, ratio in steepest.items() if ratio > FALL]
    named = ", ".join(f"{pair}: {ratio:.2g}" for pair, ratio in steepest.items())
    return Claim(
        "1",
        "the spectral function dips at the six thresholds",
        AGREES if len(falls) == len(thresholds) else DISAGREES,
        f"sudden falls at {len(falls)} of {len(thresholds)} thresholds in all {len(curves)} curves: just below "
        f"they fall more steeply than just above by the factors {named}; local minima: {minima}",
        "a dip is a sudden fall here: each pair's share ends like a square root, a kink; none is a minimum"
        if not minima
        else "some thresholds are minima",
        {f"slope_ratio_{pair}": float(ratio) for pair, ratio in steepest.items()} | {"minima": float(minima)},
    )


def judge_scaling(rates: Array) -> Claim:
    """Claim 2, first part: exponents of volume, atom and photon density, of rates (2, 2, 2, n) that double each."""
    doubled = (rates[1, 0, 0], rates[0, 1, 0], rates[0, 0, 1])
    exponents = [np.log2(each / rates[0, 0, 0]) for each in doubled]
    wanted = (1.0, 2.0, 1.0)
    good = all(np.allclose(found, want, rtol=0.0, atol=1e-9) for found, want in zip(exponents, wanted, strict=True))
    V, n_a, n_gamma = (float(np.mean(found)) for found in exponents)
    return Claim(
        "2a",
        "the width scales as V n_a^2 n_gamma",
        AGREES if good else DISAGREES,
        f"exponents {V:.6g}, {n_a:.6g} and {n_gamma:.6g}",
        f"from rates at {rates.shape[-1]} photon energies with each of the three doubled",
        {"volume": V, "atom_density": n_a, "photon_density": n_gamma},
    )


def judge_majorana(dirac: Array, majorana: Array) -> Claim:
    """Claim 2, second part: spectra over Majorana phases (phases..., photon energies), the first ones zero."""
    origin = (0,) * (dirac.ndim - 1)
    axes = tuple(range(dirac.ndim - 1))
    spread = {
        name: float(np.max(np.ptp(values, axis=axes) / values[origin]))
        for name, values in (("dirac", dirac), ("majorana", majorana))
    }
    term = majorana[origin] / dirac[origin] - 1.0
    found = spread["majorana"] > 1e-6 and np.all(np.abs(term) > 1e-6)
    return Claim(
        "2b",
        "a further term for Majorana neutrinos alone",
        AGREES if found and spread["dirac"] < EXACT else DISAGREES,
        f"Majorana spectra change by up to {about(spread['majorana'])} with the Majorana phases, Dirac ones by "
        f"{unless_rounding(spread['dirac'], EXACT)}; Majorana/Dirac - 1 without phases is {about(term.min())} to "
        f"{about(term.max())}",
        "nothing but that term depends on the phases",
        {f"spread_{name}": value for name, value in spread.items()} | {"term": float(term.min())},
    )


def judge_visible(drawn: float, change: float, visible: Mapping[float, float], triggers: Sequence[float]) -> Claim:
    """Claim 3: a coupling, its largest relative change, and by mass in eV the couplings just visible at a trigger."""
    masses = "; ".join(f"{about(g)} at M = {about(M)} eV" for M, g in visible.items())
    return Claim(
        "3",
        "a tiny coupling to a light vector mediator shows in the spectrum",
        AGREES if change >= VISIBLE else DISAGREES,
        f"g_e g_nu = {about(drawn)} changes the Standard Model's spectrum by up to {about(100.0 * change)} %; "
        f"{100.0 * VISIBLE:.0f} % at one of the energies {', '.join(f'{w:g}' for w in triggers)} eV takes {masses}",
        "the paper's own coupling is lost from its text; these are ours",
        {"drawn": drawn, "change": change} | {f"visible_at_{M:g}_eV": g for M, g in visible.items()},
    )


def judge_reach(found: Mapping[str, float], published: Mapping[str, float]) -> Claim:
    """Claim 4, first part: limits at both ends of the masses against the powers of ten that are published."""
    orders = {name: float(np.log10(value / published[name])) for name, value in found.items()}
    worst = max(abs(order) for order in orders.values())
    each = "; ".join(f"{name}: {about(value)}, published {about(published[name])}" for name, value in found.items())
    return Claim(
        "4a",
        "reach of g_e g_nu 1e-26 to 1e-15 and y_e y_nu 1e-19 to 1e-9, from meV to 10 keV",
        AGREES if worst < CLOSE else DISAGREES,
        each,
        f"all within a factor of {10.0**worst:.2g} of the published powers of ten",
        {name.replace(" ", "_"): value for name, value in found.items()},
    )


def judge_gain(
    number: str, coupling: str, masses: Array, limits: Array, cases: Mapping[str, Mapping[str, Array]]
) -> Claim:
    """Claim 4, other parts: orders by which limits are below the strongest of the bounds at each mass in eV.

    What is not judged has bounds that the paper may have compared with and that are not known here. ``cases`` has
    bounds by name for each assumption on the coupling of neutrinos: where the verdicts differ, it depends on that.
    """
    claim = f"existing bounds on {coupling} improved by 2 to 3 (text) or 3 to 4 (abstract) orders, meV to keV"
    judged = {case: _judge_gain(masses, limits, bounds) for case, bounds in cases.items() if bounds}
    if not judged:
        return Claim(
            number, claim, OPEN, "no published bound is known here", "the paper's own are lost with its figure"
        )
    if len(judged) == 1:
        (gain,) = judged.values()
        return Claim(number, claim, gain.verdict, gain.found, gain.why, gain.numbers)
    verdicts = {gain.verdict for gain in judged.values()}
    numbers = {f"{case}: {name}": value for case, gain in judged.items() for name, value in gain.numbers.items()}
    found = "; ".join(f"{case}: {gain.found}" for case, gain in judged.items())
    why = "; ".join(f"{case}: {gain.why}" for case, gain in judged.items())
    return Claim(number, claim, verdicts.pop() if len(verdicts) == 1 else DEPENDS, found, why, numbers)


class Gain(NamedTuple):
    """What limits gain over bounds, and what to make of it."""

    verdict: str
    found: str
    why: str
    numbers: dict[str, float]


def _judge_gain(masses: Array, limits: Array, bounds: Mapping[str, Array]) -> Gain:
    """The gain over the strongest of some bounds by name."""
    every = np.array(list(bounds.values()))
    strongest = np.where(np.isfinite(every), every, np.inf).min(axis=0)
    gain = np.log10(np.where(np.isfinite(strongest), strongest, np.nan) / limits)
    known = np.isfinite(gain)
    least, most, middle = float(gain[known].min()), float(gain[known].max()), float(np.median(gain[known]))
    numbers = {"least": least, "most": most, "median": middle}
    found = f"{least:.1f} to {most:.1f} orders, median {middle:.1f}, against {' and '.join(bounds)}"
    if known.size and (unknown := masses[~np.isfinite(strongest)]).size:
        found += f", none of which holds from M = {about(unknown[0])} eV on"
    if least < 0.0:
        ranges = _ranges(masses[known], gain[known] < 0.0)
        words = " and ".join(f"{about(first)} to {about(last)} eV" for first, last in ranges)
        return Gain(
            DISAGREES,
            f"{found}, and from M = {words} a bound is the stronger one",
            "a published bound is stronger than the reach in a part of the range",
            numbers | {"bound_stronger_from_eV": ranges[0][0], "bound_stronger_to_eV": ranges[-1][1]},
        )
    if GAIN[0] <= least and most <= GAIN[1]:
        return Gain(AGREES, found, "within both of the paper's numbers", numbers)
    why = "the bounds that the paper compares with, which may be stronger ones, are lost with its figure"
    return Gain(OPEN, found, why, numbers)


def _ranges(masses: Array, chosen: NDArray[np.bool_]) -> list[tuple[float, float]]:
    """First and last mass of each run of chosen ones."""
    steps = np.diff(np.concatenate([[0], chosen.astype(np.int64), [0]]))
    pairs = zip(np.flatnonzero(steps > 0), np.flatnonzero(steps < 0), strict=True)
    return [(float(masses[first]), float(masses[end - 1])) for first, end in pairs]


def judge_scalar(masses: Array, cases: Mapping[str, tuple[Array, Array]], electron: float, pair: float) -> Claim:
    """Claim 5: orders between limits on scalar and vector mediators of the same masses in eV.

    ``cases`` has limits on vector and scalar mediators by what they are of; the first one is judged. ``electron`` is
    log10(m_e/omega), what a pseudoscalar coupling to an electron at rest costs, ``pair`` is log10(omega/sqrt(s)), what
    the scalar current of the neutrinos costs.
    """
    orders = {case: np.log10(scalar / vector) for case, (vector, scalar) in cases.items()}
    first = next(iter(orders))
    known = np.isfinite(orders[first])
    spans = {case: (float(np.nanmin(each)), float(np.nanmax(each))) for case, each in orders.items()}
    (least, most), middle = spans[first], float(np.median(orders[first][known]))
    lightest = float(orders[first][known][np.argmin(masses[known])])
    others = "; ".join(f"{case}: {low:.2f} to {high:.2f}" for case, (low, high) in spans.items() if case != first)
    low, high = LONGER
    inside = [low <= least and most <= high for least, most in spans.values()]
    here = "as comes out here" if all(inside) else "as comes out here for the first" if inside[0] else "unlike here"
    longer = f"the abstract of the longer paper ({LONGER_PAPER}) implies {low:g} to {high:g} orders"
    return Claim(
        "5",
        "the scalar reach is five orders weaker than the vector one",
        AGREES if abs(middle - SCALAR_WEAKER) < 0.5 else DISAGREES,
        f"{first}: {middle:.2f} orders in the median, {lightest:.2f} at the lightest masses, {least:.2f} to {most:.2f} "
        f"in all{'; ' * bool(others)}{others}",
        f"the sources disagree: {longer}, {here}; the electron's pseudoscalar coupling costs omega/m_e, "
        f"{electron:.1f} orders; the scalar current of the neutrinos costs sqrt(s)/omega, {pair:.1f} more",
        {"median": middle, "least": least, "most": most, "lightest": lightest}
        | {f"{case}: {end}": value for case, span in spans.items() for end, value in zip(ENDS, span, strict=True)},
    )
