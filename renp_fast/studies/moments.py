"""Claims on neutrino moments: whether they can be told apart, what exposure they need, whether they mix."""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.stats import chi2 as chi2_distribution

from renp_fast.kernels.types import Array
from renp_fast.studies.verdicts import AGREES, DISAGREES, OPEN, Claim, about, unless_rounding

TOLD = float(chi2_distribution.ppf(0.9, 1))  # chi^2 from which on another moment is excluded
NEVER = 1e4  # standard deviations from which on the patterns are the same but for rounding
LONG, SHORT = 100.0, 10.0  # days: "more than a hundred", "a few"
EXACT = 1e-9  # relative change below which nothing depends on the mixing


def judge_separation(labels: Sequence[tuple[str, str]], patterns: Array, alone: Array, table: Array) -> list[Claim]:
    """Claim 6: which of the moments, (kind, element), look like which others at the triggers.

    Parameters
    ----------
    labels : sequence of (str, str)
        Kind and element of each moment.
    patterns : ndarray (moments, triggers)
        Events that each adds.
    alone : ndarray (moments,)
        chi^2 of none where each is there.
    table : ndarray (moments, moments)
        chi^2 of the best fit of the second where the first is there.
    """
    # chi^2 grows as the exposure: the significance at which a moment shows alone when it is told from another
    with np.errstate(divide="ignore"):
        sigmas = np.sqrt(TOLD * alone[:, np.newaxis] / table)
    every = range(len(labels))
    kinds = list(dict.fromkeys(kind for kind, _ in labels))
    ranks = {kind: _rank(patterns[[i for i in every if labels[i][0] == kind]]) for kind in kinds}
    sizes = {kind: sum(label[0] == kind for label in labels) for kind in kinds}
    same_kind = [(i, j) for i in every for j in every if i != j and labels[i][0] == labels[j][0]]
    same_element = [(i, j) for i in every for j in every if i != j and labels[i][1] == labels[j][1]]
    fixed = ", ".join(f"{ranks[kind]} of {sizes[kind]} {kind}" for kind in kinds)
    apart, hard = _apart(labels, sigmas, same_kind)
    first = Claim(
        "6a",
        "each element of mu and eps shows separately with six triggers",
        AGREES if apart and ranks == sizes else DISAGREES,
        f"{patterns.shape[1]} event numbers fix {fixed} if there is one kind; {hard}",
        f"both kinds at once have {len(labels)} elements, of which {_rank(patterns)} are fixed; hardest pairs are "
        "those whose thresholds lie close together",
        _numbers(labels, sigmas, same_kind),
    )
    apart, hard = _apart(labels, sigmas, same_element)
    second = Claim(
        "6b",
        "mu separates from eps, for each element, with six triggers",
        AGREES if apart else DISAGREES,
        hard,
        "an element that is open at one trigger alone gives one number, which both kinds can make; a second trigger "
        "below its threshold tells them apart",
        _numbers(labels, sigmas, same_element),
    )
    return [first, second]


def _rank(patterns: Array) -> int:
    return int(np.linalg.matrix_rank(patterns / patterns.max(axis=1, keepdims=True)))


def _apart(labels: Sequence[tuple[str, str]], sigmas: Array, pairs: Sequence[tuple[int, int]]) -> tuple[bool, str]:
    """Whether all pairs can be told apart, and in words which cannot, and how strong a signal the others take."""
    same = [(i, j) for i, j in pairs if sigmas[i, j] > NEVER]
    words = [f"{_name(labels[i])} looks like {_name(labels[j])} whatever the exposure" for i, j in same]
    others = sorted((pair for pair in pairs if pair not in same), key=lambda pair: sigmas[pair])
    if others:
        i, j = others[-1]
        words.append(
            f"telling apart at 90 % CL takes a moment that by itself shows at {about(sigmas[others[0]])} to "
            f"{about(sigmas[i, j])} sigma, most for {_name(labels[i])} against {_name(labels[j])}"
        )
    return not same, "; ".join(words)


def _name(label: tuple[str, str]) -> str:
    return f"{label[0]} {label[1]}"


def _numbers(labels: Sequence[tuple[str, str]], sigmas: Array, pairs: Sequence[tuple[int, int]]) -> dict[str, float]:
    return {f"{_name(labels[i])} as {_name(labels[j])}": float(sigmas[i, j]) for i, j in pairs}


def exposure_for(days: Array, limits: Array, bound: float) -> float:
    """Exposure in days at which falling limits reach a bound, straight in logarithms; infinite if they do not."""
    if limits[0] <= bound:
        return float(days[0])
    if not limits[-1] <= bound:
        return float("inf")
    return float(np.exp(np.interp(-np.log(bound), -np.log(limits), np.log(days))))


def judge_exposure(
    days: Array, limits: Mapping[str, Array], detectors: Mapping[str, float], coherent: Mapping[str, float]
) -> list[Claim]:
    """Claim 7: exposures in days for limits on moments, by element, as strong as published bounds by name."""
    numbers = {
        f"{element} as {name}": exposure_for(days, values, bound)
        for name, bound in {**coherent, **detectors}.items()
        for element, values in limits.items()
    }
    spans = {name: [numbers[f"{element} as {name}"] for element in limits] for name in (*coherent, *detectors)}
    told = {
        name: f"{name} ({about(bound)} mu_B) takes {_span(spans[name], days)} days"
        for name, bound in (*coherent.items(), *detectors.items())
    }
    early = {element: float(np.exp(np.interp(np.log(SHORT), np.log(days), np.log(v)))) for element, v in limits.items()}
    reached = f"{SHORT:g} days at each trigger reach {about(min(early.values()))} to {about(max(early.values()))} mu_B"
    claim = "bounds on moments like those of coherent scattering within days"
    if coherent:
        quick = all(max(spans[name]) <= SHORT for name in coherent)
        first = Claim("7a", claim, AGREES if quick else DISAGREES, "; ".join(told[name] for name in coherent), reached)
    else:
        first = Claim(
            "7a",
            claim,
            OPEN,
            reached,
            "the bound is lost from the paper's text, and none of coherent scattering could be sourced",
        )
    slow = all(min(spans[name]) > LONG for name in detectors)
    second = Claim(
        "7b",
        "more than a hundred days for bounds like those of dark-matter detectors",
        AGREES if slow else DISAGREES,
        "; ".join(told[name] for name in detectors),
        "shortest and longest of all elements, magnetic and electric, days at each trigger; they go as 1/Gamma_0",
        numbers,
    )
    return [first, second]


def _span(values: Sequence[float], days: Array) -> str:
    least, most = min(values), max(values)
    largest = f"{about(most)}" if np.isfinite(most) else f"more than {about(float(days[-1]))}"
    return f"{about(least)} to {largest}" if np.isfinite(least) else largest


def judge_mixing(
    moments: Array, weights: Array, mediators: Array, reach: Mapping[str, float], transitions: Mapping[str, float]
) -> Claim:
    """Claim 8: what varies with the mixing angles, and whether others bound single elements too.

    Parameters
    ----------
    moments : ndarray (mixings, ...)
        Events that single moments add.
    weights : ndarray (mixings, 3)
        |U_ei|^2, by which the same moments enter elastic scattering of electron neutrinos.
    mediators : ndarray (mixings, ...)
        Events that single couplings of a vector mediator add.
    reach : mapping
        Limits on single transition moments of Majorana neutrinos, by element.
    transitions : mapping
        Published bounds on such, by name: it need not be known which element is which.
    """
    spread = {
        name: float(np.max(np.ptp(values, axis=0) / np.abs(values).max(axis=0)))
        for name, values in (("moments", moments), ("weights", weights), ("mediators", mediators))
    }
    small = unless_rounding(spread["moments"], EXACT)
    found = (
        f"over the ranges of the mixing angles, what a moment adds changes by {small} of it, its "
        f"weight |U_ei|^2 in scattering of electron neutrinos by up to {about(spread['weights'])}"
    )
    if transitions:
        own = ", ".join(f"{element}: {about(limit)}" for element, limit in reach.items())
        others = ", ".join(f"{name}: {about(bound)}" for name, bound in transitions.items())
        least, most = (
            minimum(transitions.values()) / maximum(reach.values()) for minimum, maximum in ((min, max), (max, min))
        )
        found += (
            f"; but others bound transition moments of Majorana neutrinos between mass eigenstates ({others} mu_B), "
            f"than which limits here ({own} mu_B) are {about(least)} to {about(most)} times stronger, whichever is "
            "which"
        )
        spread |= {"gain_least": least, "gain_most": most}
    unmixed = spread["moments"] < EXACT
    return Claim(
        "8",
        "bounds of RENP do not mix elements of the mixing matrix, those of others do",
        AGREES if unmixed and not transitions and spread["weights"] > EXACT else DISAGREES,
        found,
        f"{'its first half agrees, its second one not: ' if unmixed and transitions else ''}"
        "each moment is one between mass eigenstates and adds by itself; couplings to a vector mediator are so too, "
        f"but interfere with the Standard Model, and what they add changes by up to {about(spread['mediators'])}",
        spread,
    )
