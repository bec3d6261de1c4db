"""The figures of Ge and Pasquini, Phys. Sci. Forum 8, 51 (2023), from their scans, and what comes of their claims."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from renp_fast.errors import InputError, StoreError
from renp_fast.physics.targets import ATOMS
from renp_fast.plots import plot_stores
from renp_fast.runs.execute import run_scan
from renp_fast.scan_file.scan import Scan, load_scan
from renp_fast.store.files import write_whole
from renp_fast.store.opened import open_result
from renp_fast.studies.evidence import CURVES, EVIDENCE, MEDIATORS, MOMENTS
from renp_fast.studies.report import experiment, markdown
from renp_fast.studies.verdicts import Claim

TABLE = "claims.md"
SEPARATIONS = ("linewidth-ordering", "linewidth-nature", "linewidth-moments")
FORM_FACTORS = ("charge-radius", "anapole", "millicharge")


@dataclass(frozen=True)
class Panel:
    """A panel of a figure: the scans that are drawn, in this order, and the claims that it bears on."""

    scans: tuple[str, ...]
    claims: tuple[str, ...]


PANELS = {
    "fig1-left": Panel(CURVES, ("1", "2", "3")),
    "fig1-middle": Panel(MEDIATORS[:1], ("4", "5")),
    "fig1-right": Panel(MEDIATORS[1:], ("4", "5")),
    "fig2-left": Panel((CURVES[0], "fig2-left-electric"), ("6",)),
    "fig2-middle": Panel((CURVES[0], "fig2-middle-magnetic"), ("6",)),
    "fig2-right": Panel(MOMENTS, ("7", "8")),
    "moments-apart": Panel(("moments-apart",), ("6",)),
    # After Ge and Pasquini, arXiv:2306.12953, element by element
    **{f"{name}-spectrum": Panel((CURVES[0], f"{name}-spectrum"), ()) for name in FORM_FACTORS},
    **{f"{name}-limit": Panel((f"{name}-limit",), ()) for name in FORM_FACTORS},
    "targets": Panel(tuple(f"targets-{atom}" for atom in ATOMS), ()),
    # Beyond the papers: lasers of some width
    "linewidth-spectrum": Panel(("linewidth-spectrum",), ()),
    "linewidth-separations": Panel(SEPARATIONS, ()),
}
GROUPS = {
    "form-factors": tuple(panel for panel in PANELS if panel.startswith(FORM_FACTORS)),
    "linewidth": ("linewidth-spectrum", "linewidth-separations"),
    "all": tuple(PANELS),
}
NAMES = (*PANELS, *GROUPS)


@dataclass(frozen=True)
class Reproduction:
    """What a reproduction came to.

    Attributes
    ----------
    figures : list of Path
        The pictures, each as .png and .pdf.
    claims : list of Claim
        In their order.
    experiments : list of str
        The experiments that the limits and events are for.
    table : Path or None
        The claims as a Markdown file, if there are any.
    """

    figures: list[Path]
    claims: list[Claim]
    experiments: list[str]
    table: Path | None


def reproduce(
    name: str, folder: Path, threads: int | None = None, say: Callable[[str], None] = lambda _: None
) -> Reproduction:
    """Run or go on with the scans of a panel, draw it, and judge the claims that it bears on.

    Parameters
    ----------
    name : str
        One of `NAMES`.
    folder : Path
        Where the stores lie, one for each scan, the pictures and the table of claims; made if it is not there.
    threads : int, optional
        All cores by default.
    say : callable
        Told how it gets on.

    Raises
    ------
    InputError
        If the name is unknown, the folder cannot be written to or matplotlib is missing.
    StoreError
        If a store is of other code, or could not be computed or written.
    """
    if name not in NAMES:
        raise InputError(f"reproduce: got {name!r}; allowed: {', '.join(NAMES)}")
    if find_spec("matplotlib") is None:
        raise InputError("matplotlib is missing, and figures need it: pip install renp-fast[plot]")
    panels = {panel: PANELS[panel] for panel in GROUPS.get(name, (name,))}
    numbers = sorted({number for panel in panels.values() for number in panel.claims})
    needed = [scan for panel in panels.values() for scan in panel.scans]
    needed += [scan for number in numbers for scan in EVIDENCE[number].scans]
    scans = {scan: load_scan(scan_file(scan)) for scan in dict.fromkeys(needed)}
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot make it: {error.strerror}; allowed: a folder to write to") from error
    for scan_name, scan in scans.items():
        _run(scan_name, scan, folder, threads, say)
    figures = [file for panel in panels for file in _draw(panel, folder, say)]
    stores = {scan: open_result(store_path(folder, scan)) for scan in scans}
    claims = [claim for number in numbers for claim in EVIDENCE[number].judge(stores)]
    experiments = list(dict.fromkeys(experiment(scan) for scan in scans.values() if scan.triggers))
    if numbers:
        write_whole(folder / TABLE, markdown(claims, experiments).encode())
    return Reproduction(figures, claims, experiments, folder / TABLE if numbers else None)


def scan_file(name: str) -> Path:
    """The scan file of that name: it comes with the package, or lies beside it in a checkout."""
    package = Path(str(files("renp_fast")))
    brought, beside = (folder / "scans" / f"{name}.toml" for folder in (package, package.parent))
    return brought if brought.is_file() else beside


def store_path(folder: Path, scan: str) -> Path:
    """Where the store of a scan lies."""
    return folder / f"{scan}.zarr"


def _run(name: str, scan: Scan, folder: Path, threads: int | None, say: Callable[[str], None]) -> None:
    path = store_path(folder, name)
    outcome = run_scan(scan, path, threads)
    say(f"{path}: {outcome.done} of {outcome.blocks} blocks done, {outcome.computed} of them now")
    if outcome.failed:
        block, reason = next(iter(outcome.failed.items()))
        raise StoreError(f"{path}: {len(outcome.failed)} blocks failed, the first of them block {block}: {reason}")


def _draw(panel: str, folder: Path, say: Callable[[str], None]) -> list[Path]:
    drawn = [folder / f"{panel}{suffix}" for suffix in (".png", ".pdf")]
    stores = [store_path(folder, scan) for scan in PANELS[panel].scans]
    for file in drawn:
        notes = _draw_linewidths(stores, file) if panel == "linewidth-separations" else plot_stores(stores, file)
    for note in notes:
        say(f"note: {note}")
    say(f"drew {drawn[0]} and {drawn[1].name}")
    return drawn


def _draw_linewidths(stores: list[Path], file: Path) -> list[str]:
    """Separations over the width of the laser's line: those without new interaction, and moments; and their table."""
    from renp_fast.plots.linewidth_figure import draw_linewidths
    from renp_fast.studies import linewidth

    write_whole(file.parent / linewidth.TABLE, linewidth.markdown(stores).encode())
    return draw_linewidths([stores[:2], stores[2:]], file)
