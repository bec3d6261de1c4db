"""Event numbers of one day at any trigger energies, as polynomials in the coupling: they grow with the exposure."""

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from renp_fast.errors import InputError
from renp_fast.evaluate.evaluate import Evaluator
from renp_fast.evaluate.event_forms import share_rows, tiles
from renp_fast.evaluate.nuisance_points import whole
from renp_fast.evaluate.parameter_tables import Couplings
from renp_fast.evaluate.separation import POWERS, POWERS_WITH_WIDTH
from renp_fast.kernels.likelihood import profiles
from renp_fast.kernels.likelihood.crossings import TERMS, deviance
from renp_fast.kernels.types import Array
from renp_fast.scan_file.scan import Scan

ON_POLE = "a trigger energy lies on the pole of a mediator; allowed: a mediator_width_eV above 0"


class Counts(NamedTuple):
    """Events of one day at each energy.

    Attributes
    ----------
    terms : ndarray (points, rows, energies, 5)
        Events of the truth, and the constant, linear and square change with the coupling, and the least events
        (`likelihood.crossings`). There is a row for each nuisance point.
    priors, couplings : ndarray (points, rows), (points,)
    """

    terms: Array
    priors: Array
    couplings: Array


def with_values(scan: Scan, changes: Mapping[str, Any]) -> Scan:
    """The scan, its interactions and its alternative, with other values of parameters."""
    alternative = None if scan.alternative is None else with_values(scan.alternative, changes)
    interactions = {
        name: with_values(each, {key.removeprefix(f"{name}."): value for key, value in changes.items()})
        for name, each in scan.interactions.items()
    }
    values = MappingProxyType({**scan.values, **changes})
    return dataclasses.replace(scan, values=values, alternative=alternative, interactions=interactions)


def counts(scan: Scan, energies: Array) -> Counts:
    """Events of one day at these energies in eV, of the scan or, of a separation, its alternative.

    Of several interactions they are polynomials in the coupling of the leading one.

    Raises
    ------
    InputError
        If an energy lies on the pole of a mediator.
    """
    daily = with_values(scan, {"trigger_eV": energies.tolist(), "exposure_days": 1.0})
    expected = _truth(daily)
    hypothesis = (daily.alternative or daily).leading
    powers = POWERS_WITH_WIDTH if any(hypothesis.along("mediator_width_eV")) else POWERS
    terms, priors, couplings = [], [], []
    for _, place, rows in tiles(hypothesis, Couplings(hypothesis), powers, whole(hypothesis)):
        there = None if expected is None else expected[place].reshape(-1, energies.size)
        for point, mediator in enumerate(rows.mediators):
            own = slice(None) if share_rows(hypothesis) else slice(point, point + 1)
            tables = (rows.forms[own], rows.levels[own], rows.yields[own])
            truth = _standard(tables) if there is None else there[point]
            if hypothesis.others:  # the first row is the Standard Model, and no hypothesis
                own = slice(1, None)
                if not np.isfinite(rows.priors[own]).all():
                    raise InputError(ON_POLE)
            terms.append(_terms((rows.forms[own], rows.levels[own], rows.yields[own]), mediator, truth))
            priors.append(rows.priors[own])
            couplings.append(mediator[0])
    return Counts(np.array(terms), np.array(priors), np.array(couplings))


def deviances(terms: Array, coupling: float) -> Array:
    """Deviance of one day at each energy; ``terms`` (energies, 5)."""
    return np.array([deviance(terms, k, coupling) for k in range(len(terms))])


def _truth(daily: Scan) -> Array | None:
    """Events of the truth of a separation."""
    if daily.alternative is None:
        return None
    truth = dataclasses.replace(daily, observable="events", profile=(), alternative=None)
    return Evaluator(truth).observable(whole(truth))


def _standard(tables: tuple[Array, Array, Array]) -> Array:
    forms, levels, yields = tables
    expected = np.empty(forms.shape[2])
    profiles.expected_events(forms[0], levels[0], yields[0], expected)
    return expected


def _terms(tables: tuple[Array, Array, Array], mediator: Array, truth: Array) -> Array:
    terms = np.empty((len(tables[0]), truth.size, TERMS))
    for row, (form, level, gain) in enumerate(zip(*tables, strict=True)):
        if not profiles.event_terms(form, level, gain, mediator, truth, 1.0, terms[row]):
            raise InputError(ON_POLE)
    return terms
