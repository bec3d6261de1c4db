"""The natural figure of an observable, from one or several stores."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from renp_fast.errors import InputError
from renp_fast.plots.curves import open_source, picture_of
from renp_fast.store.files import write_whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw_stores", "plot_stores"]

SUFFIXES = (".png", ".pdf", ".svg")


def plot_stores(paths: Sequence[Path], output: Path, band: str | None = None) -> list[str]:
    """Draw the natural figure of the observable of some stores, overlaid, into a file.

    Curves over the photon energy for spectral functions and rates, numbers at each trigger energy for events, curves
    or a map with contours for chi2, curves over the longest numeric axis for limits, or bars if there is none.
    Separations are curves or maps as chi2 is, or, between labels, a table of exposures.
    Adaptive scans are maps of their two axes, with their contours and the cells that were refined.
    Half-done stores are drawn as far as they go. The same stores give the same file, byte by byte.

    Parameters
    ----------
    paths : sequence of Path
        Stores of one observable.
    output : Path
        The file, .png, .pdf or .svg; it is replaced if it is there.
    band : str, optional
        Axis over which limits are drawn as bands, from the least to the largest.

    Returns
    -------
    list of str
        What the user should know: which values of a long axis are drawn, and how many points are not computed or
        infinite, or have no limit.

    Raises
    ------
    InputError
        If something is wrong with the stores or the output: the message names it and what is allowed.
    """
    suffix = output.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(f"{output}: unknown suffix {output.suffix!r}; allowed: {', '.join(SUFFIXES)}")
    figure, notes = draw_stores(paths, band)
    from renp_fast.plots.sheet import file_bytes

    try:
        write_whole(output, file_bytes(figure, suffix[1:]))
    except OSError as error:
        raise InputError(
            f"{output}: cannot write: {error.strerror}; allowed: a file in a folder that is there"
        ) from error
    return notes


def draw_stores(paths: Sequence[Path], band: str | None = None) -> "tuple[Figure, list[str]]":
    """Draw as `plot_stores` does, and return the figure and the notes.

    Raises
    ------
    InputError
        If something is wrong with the stores, or matplotlib is missing.
    """
    try:
        from renp_fast.plots.drawing import figure_of
        from renp_fast.plots.matrix import matrix_axes, matrix_of
        from renp_fast.plots.refined import refined_figure
    except ModuleNotFoundError as error:
        if error.name != "matplotlib":
            raise
        raise InputError("matplotlib is missing, and figures need it: pip install renp-fast[plot]") from None
    for place, path in enumerate(paths):
        if path.resolve() in [other.resolve() for other in paths[:place]]:
            raise InputError(f"{path}: named twice; allowed: each store once")
    sources = [open_source(path) for path in paths]
    if any(source.refinement is not None for source in sources):
        return refined_figure(sources, band)
    source = sources[0] if len(sources) == 1 else None
    if source is not None and source.scan.observable == "separation" and matrix_axes(source.scan):
        return matrix_of(source)
    picture = picture_of(paths, band)
    return figure_of(picture), picture.notes
