"""How good averages over a laser's line are, as variables that are stored beside the observable."""

from typing import Any

import numpy as np

from renp_fast.evaluate import line_averages
from renp_fast.evaluate.event_forms import tile_boxes
from renp_fast.evaluate.nuisance_points import at_point, hypotheses, whole
from renp_fast.evaluate.parameter_tables import Couplings, Tables
from renp_fast.kernels.types import Array
from renp_fast.scan_file.grid import Box
from renp_fast.scan_file.scan import Scan
from renp_fast.scan_file.schema import LINEAR


class Quality:
    """Errors and statuses of the averages at the points of a box; filled tile by tile.

    Attributes
    ----------
    errors, statuses : ndarray
        Shapes of the observable and of the box.
    """

    def __init__(self, scan: Scan, box: Box) -> None:
        self.linear = scan.observable in LINEAR
        self.name = f"{scan.observable}_error" if self.linear else "quadrature_error"
        self.box = box
        shape = [part.stop - part.start for part in box]
        self.errors = np.zeros([*shape, len(scan.triggers)] if scan.observable == "events" else shape)
        self.statuses = np.zeros(shape)

    def take(self, tile: Box, tables: Tables, found: line_averages.Averages) -> None:
        """Note those of a tile."""
        place = tuple(slice(t.start - b.start, t.stop - b.start) for t, b in zip(tile, self.box, strict=True))
        errors = line_averages.absolute_errors if self.linear else line_averages.relative_errors
        self.errors[place] = errors(tables, found)
        self.statuses[place] = line_averages.statuses(tables, found)

    def look(self, scan: Scan) -> None:
        """Note the worst of all that the points of a scan are compared with: its nuisance points, its alternative."""
        for hypothesis in filter(None, (scan, scan.alternative)):
            for tile, place in tile_boxes(hypothesis, self.box):
                parts = [_worst(hypothesis, tile)]
                if hypothesis.profile:
                    every = hypotheses(at_point(hypothesis, tile))
                    parts += [tuple(array.max() for array in _worst(other, whole(other))) for other, _ in every]
                for error, status in parts:
                    self.errors[place] = np.maximum(self.errors[place], error)
                    self.statuses[place] = np.maximum(self.statuses[place], status)

    def variables(self) -> tuple[dict[str, Array], dict[str, Array]]:
        """The stored variables: numbers, and whole numbers."""
        return {self.name: self.errors}, {"quadrature_status": self.statuses}


def _worst(scan: Scan, box: Box) -> tuple[Any, Any]:
    """Relative errors and statuses at the points of a box, the worst of all triggers."""
    tables = Tables(scan, Couplings(scan), box)
    found = line_averages.averages_of(tables, 1 if scan.values["kind"] == "standard_model" else 3)
    return line_averages.relative_errors(tables, found), line_averages.statuses(tables, found)
