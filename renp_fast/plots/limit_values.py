"""What is special about limits: they have two signs, a status, a confidence level, and poles."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from renp_fast.kernels.likelihood.crossings import FOUND, NOT_CONVERGED, POLE, UNREACHABLE
from renp_fast.kernels.types import Array
from renp_fast.physics.bounds import Bound, Product, products, published_bounds
from renp_fast.plots.picture import Series
from renp_fast.plots.symbols import MOST_TRIGGERS, TARGET, UNITS
from renp_fast.plots.words import Facts, against, coupling_symbol, owner, profiled
from renp_fast.scan_file.scan import Scan

# Why there is no limit, for each status but that of limits that were found
WORDS = {
    0: "are not computed",
    UNREACHABLE: "cannot reach the threshold",
    POLE: "are on a pole",
    NOT_CONVERGED: "have not converged",
}
OTHERS_EXCLUDED = "or the other interactions are excluded by themselves"  # of several interactions
EQUAL = 1e-9  # relative difference below which both signs are one curve
# What published bounds are on, for each kind of interaction, or form factor
BOUNDED = {
    "dipole": "magnetic moment",
    "vector": "vector coupling",
    "scalar": "scalar coupling",
    "millicharge": "electric charge",
}


def constant_facts(scan: Scan) -> dict[str, Any]:
    """The parameters that are the same all over a scan, as far as a figure tells them."""
    facts = dict(scan.values)
    if scan.observable == "spectral_function":
        facts = {name: value for name, value in facts.items() if name not in TARGET}
    elif scan.along("gamma0_per_s"):  # stands in for the others
        facts = {name: value for name, value in facts.items() if name not in TARGET[:-1]}
    if scan.observable == "events" or len(scan.triggers) > MOST_TRIGGERS:  # they are an axis, or too many to name
        facts.pop("trigger_eV", None)
    if scan.profile:
        facts["profile"] = profiled([form.name for form in scan.profile])
    if scan.alternative is not None:
        facts["confidence_level"] = scan.confidence_level
        own = scan.alternative
        other = {name: value for name, value in own.values.items() if own.axis(name) is None}
        free = scan.alternative.sought if scan.alternative.free_coupling else ""
        facts["against"] = against({**scan.values}, other, free)
    if scan.observable == "limit":
        facts.pop(scan.sought, None)
        if scan.limit_on:
            facts["limit_on"] = scan.limit_on
        facts["confidence_level"] = scan.confidence_level
    return facts


def by_sign(limits: Array, status: Array, several: bool = False) -> tuple[Array, Array | None, dict[str, int]]:
    """The absolute limits at positive couplings, and at negative ones if they differ; and how many are missing, why.

    Both arrays have the sign as their last dimension. What has not been found is NaN. With ``several`` interactions
    there is one more reason.
    """
    absolute = np.where((status == FOUND) & np.isfinite(limits), np.abs(limits), np.nan)
    words = WORDS | {UNREACHABLE: f"{WORDS[UNREACHABLE]}, {OTHERS_EXCLUDED}"} if several else WORDS
    missing = {why: int((status == code).sum()) for code, why in words.items()}
    positive, negative = absolute[..., 0], absolute[..., 1]
    equal = np.allclose(negative, positive, rtol=EQUAL, atol=0.0, equal_nan=True)
    return positive, None if equal else negative, missing


def sought(facts: Facts) -> Facts:
    """The parameters of the interaction whose coupling is limited."""
    return owner(facts, facts.get("limit_on", ""))


def limit_label(series: Sequence[Series], unit: str) -> str:
    """Label of an axis of absolute limits, with the symbols of the couplings."""
    symbols = sorted({coupling_symbol(sought(each.facts)) for each in series}, reverse=True)
    what = f"limit on {' or '.join(f'$|{symbol}|$' for symbol in symbols)}"
    unit = UNITS.get(unit, unit)
    return f"{what} [{unit}]" if unit else what


def pole_masses(series: Sequence[Series]) -> dict[float, float]:
    """Masses of the mediator in eV, by trigger energy, at which M^2 = s = E_eg (E_eg - 2 omega) at that trigger.

    None if the target is not the same for all series.
    """
    energies = {each.E_eg_eV for each in series}
    if len(energies) != 1:
        return {}
    (E_eg,) = energies
    triggers = sorted({w for each in series for w in each.triggers})
    return {w: math.sqrt(E_eg * (E_eg - 2.0 * w)) for w in triggers if 2.0 * w < E_eg}


def isolated(values: Array) -> list[int]:
    """Positions of values between two gaps, which a line alone would not show."""
    known = np.concatenate([[False], np.isfinite(values), [False]])
    return [int(i) for i in np.flatnonzero(known[1:-1] & ~known[:-2] & ~known[2:])]


def known_bounds(series: Sequence[Series], masses: Array | None = None) -> list[tuple[Bound | Product, Array]]:
    """Published bounds on the coupling of a figure, with their values at masses of the mediator, NaN beyond.

    Weakest first. Those that hold for one nature of neutrinos alone are left out where all series are of the other.
    Without ``masses`` they are those of the series. None if the series bound different things.
    """
    limited = [sought(each.facts) for each in series]
    quantities = {_bounded(facts) for facts in limited}
    natures = {each.facts.get("nature") for each in series}
    if masses is None:
        masses = np.array([facts.get("mediator_mass_eV", 0.0) for facts in limited])
    quantity = quantities.pop() if len(quantities) == 1 else ""
    every: list[Bound | Product] = [*published_bounds(quantity), *products(quantity)]
    holding = [bound for bound in every if not bound.nature or natures & {bound.nature, None}]
    found = [(bound, values) for bound in holding if np.isfinite(values := bound.at(masses)).any()]
    return sorted(found, key=lambda each: -float(np.nanmax(each[1])))


def _bounded(facts: Facts) -> str:
    """The quantity that published bounds on a coupling are on, if there are any."""
    kind = str(facts.get("kind"))
    return BOUNDED.get(kind, BOUNDED.get(str(facts.get("chirality")), ""))
