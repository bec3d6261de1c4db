"""Fisher information of event numbers about any parameters of a scan."""

import dataclasses
import math
from typing import NamedTuple

import numpy as np

from renp_fast.errors import InputError
from renp_fast.kernels.types import Array
from renp_fast.physics.oscillation import best_fit
from renp_fast.scan_file.scan import Scan
from renp_fast.scan_file.schema import AXIS_NAMES, ENERGY_AXES, TABLE_OF, numeric
from renp_fast.studies.counts import counts, with_values
from renp_fast.studies.division import Cuts, Division, best_division
from renp_fast.studies.goals import Achieved

STEP = 1e-5  # of a parameter, to each side; twice that for the error
IDLE = 1e-9  # relative change of the events by a change of the parameter by itself, below which it is rounding
SINGULAR = 1e-12  # smallest eigenvalue of the correlations of parameters that can be told apart


class Slopes(NamedTuple):
    """Events of one day and their derivatives.

    Attributes
    ----------
    events : ndarray (points, energies)
    derivatives : ndarray (points, parameters, energies)
        By each parameter.
    error : float
        Estimate of the largest error of a derivative, as a part of the largest one by the same parameter.
    """

    events: Array
    derivatives: Array
    error: float


class Information:
    """The determinant of the Fisher matrix of some parameters; its root, of as many as there are, counts."""

    unit = "1"

    def __init__(self, scan: Scan, parameters: tuple[str, ...]) -> None:
        self.scan = scan
        self.parameters = parameters
        self.name = f"determinant of the Fisher matrix of {', '.join(parameters)}"
        self.values = tuple(_value(scan, name) for name in parameters)

    def table(self, energies: Array) -> Slopes:
        """Events of one day and their derivatives."""
        events = _events(self.scan, energies, {})
        pairs = [
            self._derivative(name, value, energies) for name, value in zip(self.parameters, self.values, strict=True)
        ]
        derivatives = np.stack([derivative for derivative, _ in pairs], axis=1)
        for name, value, slope in zip(self.parameters, self.values, derivatives.swapaxes(0, 1), strict=True):
            if np.abs(slope).max() * (abs(value) or 1.0) <= IDLE * events.max():
                raise InputError(f"--parameters: the events do not change with {name}; allowed: one they depend on")
        return Slopes(events, derivatives, max(error for _, error in pairs))

    def merit(self, table: Slopes, days: Array) -> float:
        """The least root of the determinant of all points."""
        return self.cuts(table, days).value

    def divide(self, table: Slopes, days: Array) -> Division:
        """The best division (D-optimal)."""
        even = np.full(days.size, days.sum() / days.size)
        return best_division(lambda query: self.cuts(table, query), float(days.sum()), even)

    def achieved(self, table: Slopes, days: Array) -> Achieved:
        """The least determinant, and the standard deviation of each parameter with all others unknown."""
        matrices = self.matrices(table, days)
        worst = int(np.argmin(np.linalg.det(matrices)))
        regular = self.merit(table, days) > 0.0
        variances = np.diagonal(np.linalg.inv(matrices[worst])) if regular else np.full(len(self.parameters), math.inf)
        sigmas = {f"sigma_{name}": float(np.sqrt(s)) for name, s in zip(self.parameters, variances, strict=True)}
        determinant = float(np.linalg.det(matrices[worst])) if regular else 0.0
        return Achieved(determinant, sigmas | {"derivative_error": table.error})

    def matrices(self, table: Slopes, days: Array) -> Array:
        """Fisher matrices (points, parameters, parameters): sum of days/events times the product of derivatives."""
        used = table.events > 0.0
        weights = np.where(used, days / np.where(used, table.events, 1.0), 0.0)
        result: Array = np.einsum("pak,pbk,pk->pab", table.derivatives, table.derivatives, weights)
        return result

    def cuts(self, table: Slopes, days: Array) -> Cuts:
        """The root of the determinant, and its slopes: it is concave and grows with the exposure."""
        count = len(self.parameters)
        matrices = self.matrices(table, days)
        scales = np.sqrt(np.diagonal(matrices, axis1=1, axis2=2))
        nothing = Cuts(0.0, np.empty(0), np.empty((0, days.size)))
        if not (scales > 0.0).all():
            return nothing
        correlations = matrices / (scales[:, :, np.newaxis] * scales[:, np.newaxis, :])
        if np.linalg.eigvalsh(correlations).min() < SINGULAR:
            return nothing
        logs = np.linalg.slogdet(correlations)[1] + 2.0 * np.log(scales).sum(axis=1)
        values = np.exp(logs / count)
        inverse = np.linalg.inv(correlations)
        scaled = table.derivatives / scales[:, :, np.newaxis]
        used = table.events > 0.0
        gains = np.einsum("pak,pab,pbk->pk", scaled, inverse, scaled) / np.where(used, table.events, 1.0)
        slopes = values[:, np.newaxis] / count * np.where(used, gains, 0.0)
        return Cuts(float(values.min()), np.zeros(values.size), slopes)

    def _derivative(self, name: str, value: float, energies: Array) -> tuple[Array, float]:
        """Derivative of the events by a parameter (points, energies), and an estimate of its relative error."""
        owner, _, key = name.rpartition(".")
        if key == "coupling":
            scan = dataclasses.replace(self.scan, innermost=owner, limit_on="")
            _, linear, square = _polynomials(scan, energies, {})
            return linear + 2.0 * value * square, 0.0
        step = STEP * (abs(value) or 1.0)
        near, far = (
            (_events(self.scan, energies, {name: value + h}) - _events(self.scan, energies, {name: value - h}))
            / (2.0 * h)
            for h in (step, 2.0 * step)
        )
        largest = float(np.abs(near).max())
        return (4.0 * near - far) / 3.0, float(np.abs(near - far).max()) / (3.0 * largest) if largest else 0.0


def _value(scan: Scan, name: str) -> float:
    """The value of a parameter of the scan at which derivatives are taken."""
    numbers = [key for key in AXIS_NAMES if key not in ENERGY_AXES and numeric(key)]
    own = [key for key in numbers if scan.interactions and TABLE_OF[key] == "interaction"]
    allowed = [key for key in numbers if key not in (*own, "exposure_days")]
    allowed += [f"{interaction}.{key}" for interaction in scan.interactions for key in own]
    if name not in allowed:
        raise InputError(f"--parameters: got {name!r}; allowed: {', '.join(allowed)}")
    key = name.rpartition(".")[2]
    if scan.axis(name) is not None:
        raise InputError(f"--parameters: {name} is an axis; allowed: a value in [{TABLE_OF[key]}]")
    known = best_fit(scan.values["oscillation"], scan.along("ordering")[0]) | {scan.sought: 0.0} | dict(scan.values)
    if name not in known:
        raise InputError(f"--parameters: {name} has no value in the scan; allowed: one in [{TABLE_OF[key]}]")
    value = float(known[name])
    if value == 0.0 and key in ("lightest_mass_eV", "mediator_mass_eV", "mediator_width_eV"):
        raise InputError(f"--parameters: {name} is 0, where it has no derivative; allowed: a value above 0")
    return value


def _polynomials(scan: Scan, energies: Array, changes: dict[str, float]) -> Array:
    """Events of one day as polynomials in the coupling: constant, linear and square (3, points, energies)."""
    terms = counts(with_values(scan, changes), energies).terms[:, 0]
    return np.stack([terms[..., 0] + terms[..., 1], terms[..., 2], terms[..., 3]])


def _events(scan: Scan, energies: Array, changes: dict[str, float]) -> Array:
    """Events of one day (points, energies)."""
    couplings = np.array(counts(with_values(scan, changes), energies[:1]).couplings)[:, np.newaxis]
    constant, linear, square = _polynomials(scan, energies, changes)
    events: Array = constant + couplings * (linear + couplings * square)
    return events
