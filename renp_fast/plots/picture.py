"""What is to be drawn, before there is any figure: stores, curves, and the picture they make."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import xarray as xr

from renp_fast.kernels.types import Array
from renp_fast.physics.neutrinos import Neutrinos, thresholds_eV
from renp_fast.physics.targets import ATOMS
from renp_fast.plots.words import differing, phrases, shared
from renp_fast.scan_file.checks import MASS_NAMES
from renp_fast.scan_file.scan import Scan

PALETTE = 8  # colours
QUANTILE = "quantile"  # dimension of the quantiles of pseudo-experiments


@dataclass(frozen=True)
class Source:
    """A store to be drawn."""

    path: Path
    scan: Scan
    data: xr.DataArray
    status: xr.DataArray | None = None  # of limits
    quantiles: xr.DataArray | None = None  # of limits from pseudo-experiments
    factors: xr.DataArray | None = None  # of separations
    refinement: xr.DataArray | None = None  # of adaptive scans

    def with_quantiles(self) -> "Source":
        """The middle 68 % of the pseudo-experiments in the place of their median."""
        assert self.quantiles is not None
        assert self.status is not None
        middle = self.quantiles.sel({QUANTILE: slice(0.16, 0.84)}).transpose(..., QUANTILE, "sign")
        status = self.status.expand_dims({QUANTILE: middle[QUANTILE]}).transpose(*middle.dims)
        middle.attrs = self.data.attrs
        return replace(self, data=middle, status=status)

    def varying(self, drawn: Sequence[str]) -> dict[str, int]:
        """Lengths of the axes that tell curves apart: all but the ``drawn`` ones."""
        return {str(name): n for name, n in self.data.sizes.items() if name not in (*drawn, "sign")}


@dataclass(frozen=True)
class Series:
    """A curve or a map.

    Attributes
    ----------
    facts : dict
        Every parameter of it by name.
    axes : set of str
        The parameters among them that are axes of its store.
    coordinates : tuple of ndarray
        Values of the drawn axes.
    values : ndarray
        The observable, along the drawn axes; of limits the absolute values, NaN where there is none.
    negative : ndarray or None
        Of limits, the absolute values at negative couplings, if they differ from those at positive ones.
    triggers : tuple of float
        Of limits, the trigger energies in eV.
    upper, negative_upper : ndarray or None
        Of a band, the upper edges; ``values`` and ``negative`` are the lower ones then.
    store, place : int
        Which of the stores it is from, and which of the curves of that store it is.
    """

    facts: dict[str, Any]
    axes: set[str]
    coordinates: tuple[Array, ...]
    values: Array
    negative: Array | None = None
    triggers: tuple[float, ...] = ()
    upper: Array | None = None
    negative_upper: Array | None = None
    store: int = 0
    place: int = 0

    @property
    def E_eg_eV(self) -> float:
        """Energy of the excited state of the target."""
        return ATOMS[self.facts["atom"]].E_eg_eV if "atom" in self.facts else float(self.facts["E_eg_eV"])

    def thresholds(self) -> dict[str, float]:
        """Thresholds of the six pairs in eV."""
        masses = {name: self.facts[name] for name in MASS_NAMES if name in self.facts}
        return thresholds_eV(Neutrinos(nature="dirac", **masses), self.E_eg_eV)


@dataclass
class Picture:
    """What is to be drawn.

    Attributes
    ----------
    observable, title : str
    drawn : tuple of str
        Names of the drawn axes: one for curves, two (across, up) for maps, none for bars.
    attributes : dict
        Those of the observable and of the drawn axes, by name.
    series : list of Series
    notes : list of str
        What the user should know.
    paths : sequence of Path
        The stores.
    """

    observable: str
    title: str
    drawn: tuple[str, ...]
    attributes: dict[str, dict[Any, Any]]
    series: list[Series] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    paths: Sequence[Path] = ()

    @property
    def paired(self) -> bool:
        """Whether colours tell apart the curves of a store, and dashes the stores.

        So they do where there are more curves than colours, and none of the dashes tells signs apart.
        """
        return len(self.series) > PALETTE and all(series.negative is None for series in self.series)

    @cached_property
    def labels(self) -> list[str]:
        """What the legend says of each series: the parameters that differ, and its store where they are the same."""
        different = differing([series.facts for series in self.series]) - {*self.drawn}
        words = [phrases(series.facts, different) for series in self.series]
        several = len({series.store for series in self.series}) > 1
        if several and len({*map(tuple, words)}) < len(words):
            files = [str(self.paths[series.store]).replace("$", r"\$") for series in self.series]
            words = [[file, *own] for file, own in zip(files, words, strict=True)]
        return [", ".join(own) for own in words]

    @cached_property
    def shared(self) -> list[str]:
        """What all series have in common, in words."""
        return shared(
            [series.facts for series in self.series], {name for series in self.series for name in series.axes}
        )
