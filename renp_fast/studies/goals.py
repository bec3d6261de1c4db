"""What an experiment can be designed for: a limit, or the separation of hypotheses."""

import math
from typing import Any, NamedTuple, Protocol

import numpy as np

from renp_fast.errors import InputError, KernelError
from renp_fast.evaluate.limits import threshold
from renp_fast.kernels.likelihood.crossings import LINEAR_CHANGE, chi2_at, fill_edges
from renp_fast.kernels.likelihood.minimum import least_over_coupling
from renp_fast.kernels.likelihood.separations import ROUNDING
from renp_fast.kernels.types import Array
from renp_fast.scan_file.scan import Scan
from renp_fast.studies.counts import Counts, counts, deviances
from renp_fast.studies.division import Cuts, Division, best_division

CLOSE = 1e-9  # relative change of a limit from which on it stays
MOST_LEVELS = 50


class Achieved(NamedTuple):
    """What an experiment achieves: the figure that counts, and others by name."""

    figure: float
    others: dict[str, float]


class Goal(Protocol):
    """Something that an experiment can be good at; at several points of a scan, the worst of them counts.

    Attributes
    ----------
    name, unit : str
        Of the figure that counts.
    """

    name: str
    unit: str

    def table(self, energies: Array) -> Any:
        """What is needed of each energy in eV, for one day."""

    def merit(self, table: Any, days: Array) -> float:
        """How good exposures are at the figure: larger is better, and 0 that it is not reached at all.

        As one over the figure that is shown, or as its root if that is a determinant, up to a constant.
        """

    def divide(self, table: Any, days: Array) -> Division:
        """The best division of the sum of ``days``, from which the search begins."""

    def achieved(self, table: Any, days: Array) -> Achieved:
        """The figure."""


class Separation:
    """The exposure that excludes every description of the alternative, whatever its nuisances and free coupling.

    Chi^2 of a row is its prior, which no exposure changes, and a part that grows as the exposure. So a row is excluded
    at the exposure that lifts that part to the threshold less the prior, and the row that takes longest counts. Of a
    row whose prior alone excludes it nothing is asked.
    """

    name, unit = "exposure needed", "days"

    def __init__(self, scan: Scan) -> None:
        assert scan.alternative is not None
        self.scan = scan
        self.free = scan.alternative.free_coupling
        self.threshold = threshold(scan.confidence_level)

    def table(self, energies: Array) -> Counts:
        """Events of one day."""
        return counts(self.scan, energies)

    def merit(self, table: Counts, days: Array) -> float:
        """The total exposure over the one that is needed."""
        return self.cuts(table, days).value

    def divide(self, table: Counts, days: Array) -> Division:
        """The best division."""
        return best_division(lambda query: self.cuts(table, query), float(days.sum()), days)

    def achieved(self, table: Counts, days: Array) -> Achieved:
        """The total exposure that is needed, and the least chi^2 at the given one."""
        merit = self.merit(table, days)
        least = min(
            prior + self._least(table, point, row, days)[0]
            for point, priors in enumerate(table.priors)
            for row, prior in enumerate(priors)
        )
        return Achieved(float(days.sum()) / merit if merit > 0.0 else math.inf, {"chi2": float(least)})

    def cuts(self, table: Counts, days: Array) -> Cuts:
        """The merit, with a bound from the row that takes longest at each point."""
        values, slopes = [], []
        for point, priors in enumerate(table.priors):
            asked = [int(row) for row in np.flatnonzero(priors < self.threshold)]
            found = {row: self._least(table, point, row, days) for row in asked}
            row = min(asked, key=lambda row: found[row][0] / (self.threshold - priors[row]))
            value, place = found[row]
            values.append(value / (self.threshold - priors[row]))
            slopes.append(deviances(table.terms[point, row], place) / (self.threshold - priors[row]))
        if not np.isfinite(slopes).all():
            raise InputError(
                "[experiment] background_per_day: got 0 where the alternative has no events and the truth has some, "
                "which one event would tell apart; allowed for a design: above 0"
            )
        return Cuts(min(values), np.zeros(len(values)), np.array(slopes))

    def _least(self, table: Counts, point: int, row: int, days: Array) -> tuple[float, float]:
        """Chi^2 without prior of a row, and the coupling."""
        used = days > 0.0
        scaled = table.terms[point, row, used] * days[used, np.newaxis]
        place = float(table.couplings[point])
        if self.free:
            value, place, ended = least_over_coupling(scaled)
            if not ended:
                raise KernelError("the least chi^2 over the coupling was not found; try fewer triggers")
        else:
            value = chi2_at(scaled, 0.0, place)
        return (0.0 if value < ROUNDING * scaled[:, 0].sum() else float(value)), float(place)


class Limit:
    """The coupling at which chi^2 against the Standard Model reaches the threshold: the weaker of both signs."""

    name = "limit"

    def __init__(self, scan: Scan) -> None:
        self.scan = scan
        self.unit = scan.coupling_unit
        self.threshold = threshold(scan.confidence_level)

    def table(self, energies: Array) -> Counts:
        """Events of one day."""
        return counts(self.scan, energies)

    def merit(self, table: Counts, days: Array) -> float:
        """The inverse of the largest limit."""
        return 1.0 / self.achieved(table, days).figure

    def achieved(self, table: Counts, days: Array) -> Achieved:
        """The largest limit of all points, of the weaker sign."""
        every = [
            self._limit(terms, priors, days, sign)
            for terms, priors in zip(table.terms, table.priors, strict=True)
            for sign in (1.0, -1.0)
        ]
        return Achieved(max(every), {"smallest": min(every)})

    def divide(self, table: Counts, days: Array) -> Division:
        """The best division: that of the largest chi^2 at the limit so far, again and again.

        Chi^2 at a given coupling is linear in the exposures, and the division that makes it largest has a limit no
        larger than that coupling.
        """
        total, level = float(days.sum()), self.achieved(table, days).figure
        if math.isinf(level):
            days = np.full(days.size, total / days.size)
            level = self.achieved(table, days).figure
        if math.isinf(level):
            raise InputError("no coupling reaches the threshold of the confidence level; allowed: a longer exposure")
        for _ in range(MOST_LEVELS):
            found = best_division(self._chi2_at(table, level), total, days)
            after = self.achieved(table, found.days).figure
            if not after < level * (1.0 - CLOSE):
                break
            level, days = after, found.days
        return found

    def _chi2_at(self, table: Counts, level: float) -> Any:
        """The least chi^2 of both signs of a coupling and of all points, as a function of the exposures."""
        daily = {
            (point, row, sign): deviances(terms, sign * level)
            for point, rows in enumerate(table.terms)
            for row, terms in enumerate(rows)
            for sign in (1.0, -1.0)
        }
        slopes = np.array(list(daily.values()))
        offsets = np.array([table.priors[point, row] for point, row, _ in daily])

        def merit(query: Array) -> Cuts:
            values = offsets + slopes @ query
            worst = np.argsort(values)[:MOST_LEVELS]
            return Cuts(float(values[worst[0]]), offsets[worst], slopes[worst])

        return merit

    def _limit(self, terms: Array, priors: Array, days: Array, sign: float) -> float:
        """The end of the interval around zero that any row allows; infinite if there is none."""
        used = days > 0.0
        rows = terms[:, used] * days[used, np.newaxis]
        rows[..., LINEAR_CHANGE] *= sign
        edges, intervals = np.empty(4 * (used.sum() + 4)), []
        for row, prior in zip(rows, priors, strict=True):
            if prior > self.threshold:
                continue
            count, ended = fill_edges(row, self.threshold - prior, edges)
            if not ended:
                raise KernelError("the limit on the coupling was not found; try fewer triggers")
            intervals += edges[:count].reshape(-1, 2).tolist()
        end = 0.0
        for start, further in sorted(intervals):
            if start < end or start <= 0.0 <= further:
                end = max(end, further)
        return end
